/* Was a RST after the handshake forged? */
#include "reset.h"

/* Differences from what the flow itself shows (Weaver, Sommer, Paxson, NDSS 2009; Cloudflare, SIGCOMM 2023). */

enum side ending_rst_side(const struct view *v)
{
    bool server = v->connection && seen(&v->server->rst), client = v->connection && seen(&v->client->rst);
    if (server && client)
        return v->client->rst.ts_us < v->server->rst.ts_us ? SIDE_CLIENT : SIDE_SERVER;
    return client ? SIDE_CLIENT : SIDE_SERVER;
}

const struct mark *ending_rst(const struct view *v)
{
    if (!v->connection)
        return NULL;
    const struct flow_side *side = &v->connection->side[ending_rst_side(v)];
    if (!seen(&side->rst) || (seen(&side->fin) && side->fin.ts_us <= side->rst.ts_us))
        return NULL; /* after its sender's own FIN a RST answers late segments, and ends nothing */
    return &side->rst;
}

/* The sender's own segments to compare with: data if there was any, else its SYN or SYN-ACK. */
static const struct mark *reference(const struct view *v)
{
    enum side side = ending_rst_side(v);
    const struct flow_side *flow = &v->connection->side[side];
    if (seen(&flow->last))
        return &flow->last;
    if (seen(&flow->first_payload))
        return &flow->first_payload;
    const struct mark *opening = side == SIDE_SERVER ? &v->answer->synack : v->syn;
    return seen(opening) ? opening : NULL;
}

bool reset_ttl_differs(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_TTL))
        return false;
    const struct mark *rst = ending_rst(v), *own = rst ? reference(v) : NULL;
    if (!own || own->ttl == rst->ttl || resets_synack(v))
        return false;
    f->packet = rst->number;
    f->value[0] = rst->ttl;
    f->value[1] = own->ttl;
    f->value[2] = own->number;
    f->scale = ttl_gap_part(own->ttl, rst->ttl);
    return true;
}

bool reset_other_mac(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_MAC))
        return false;
    const struct mark *rst = ending_rst(v), *own = rst ? reference(v) : NULL;
    if (!own || !(rst->bits & own->bits & MARK_MAC) || memcmp(rst->mac, own->mac, 6) == 0)
        return false;
    f->packet = rst->number;
    f->value[0] = own->number;
    return true;
}

/* The client's kernel resets a SYN-ACK that came once more: it has no such connection any more, though it had one. */
static bool answers_repeated_synack(const struct view *v)
{
    return v->answer->synacks > 1 && ending_rst_side(v) == SIDE_CLIENT && v->client->rst.seq == v->answer->synack.ack;
}

/* A RST of a kernel that has no socket is built from the segment it answers: bare, sequence number = that segment's
 * ack. */
static bool is_bare(const struct view *v, const struct mark *rst)
{
    if (lacks(v, FIELD_SEQ | FIELD_WINDOW))
        return false;
    const struct flow_side *other = &v->connection->side[!ending_rst_side(v)];
    if (rst->flags & TCP_ACK || rst->window != 0)
        return false;
    /* Of segments that were not captured it is not known what they acknowledged. */
    return rst->seq == other->acked || resets_synack(v) || answers_repeated_synack(v) ||
           (lacks_bytes(v, ending_rst_side(v)) && (int32_t)(other->acked - rst->seq) > 0);
}

static bool client_spoke_and_was_heard(const struct view *v)
{
    return v->client->payload_bytes && (int32_t)(v->server->acked - v->client->isn - 1) > 0;
}

/* Its sender had the connection: it spoke, or heard the client. A half-open scan, and a server whose queue is full,
 * never had one; they are told by other rows. */
static bool had_connection(const struct view *v, enum side side)
{
    const struct flow_side *flow = &v->connection->side[side];
    return v->shaken && (flow->payload_bytes || side == SIDE_CLIENT || client_spoke_and_was_heard(v));
}

/* A socket that lives sends a RST with ACK when its program leaves it, or says FIN; a bare RST is a kernel's that knows
 * no such connection. It knew one not long ago: then the connection was taken away from it, or the RST is not its own.
 */
static const float long_since = 0.7f;    /* a machine may have been started anew meanwhile. Judgement. */
static const float after_goodbye = 0.4f; /* all was said, and its peer had left: the RST ended little. Judgement. */

bool reset_from_nowhere(const struct view *v, struct finding *f)
{
    enum { MOMENT_US = 5000000, WHILE_US = 60000000 };
    const struct mark *rst = ending_rst(v);
    if (!rst || rst->flags & TCP_ACK || !had_connection(v, ending_rst_side(v)) || answers_repeated_synack(v))
        return false;
    /* Its peer acknowledged more than is here: its FIN may be among that, and a RST after a FIN is nothing odd. */
    if (lacks_bytes(v, ending_rst_side(v)))
        return false;
    const struct mark *last = &v->connection->side[ending_rst_side(v)].last;
    int64_t since_us = last->ts_us <= rst->ts_us ? rst->ts_us - last->ts_us : 0;
    if (!seen(last) || since_us > WHILE_US)
        return false;
    f->packet = rst->number;
    f->value[0] = (uint64_t)since_us;
    f->scale = since_us < MOMENT_US ? 1 : long_since;
    const struct mark *farewell = &v->connection->side[!ending_rst_side(v)].fin;
    if (seen(farewell) && farewell->ts_us <= rst->ts_us && v->connection->side[ending_rst_side(v)].payload_bytes)
        f->scale = after_goodbye;
    return true;
}

bool reset_is_foreign(const struct view *v)
{
    struct finding ignored = {0};
    return reset_ttl_differs(v, &ignored) || reset_other_mac(v, &ignored) || reset_lacks_timestamps(v, &ignored) ||
           reset_from_nowhere(v, &ignored);
}

bool reset_lacks_timestamps(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_OPTIONS))
        return false;
    const struct mark *rst = ending_rst(v), *own = rst ? reference(v) : NULL;
    if (!own || !(own->bits & MARK_TIMESTAMPS) || rst->bits & MARK_TIMESTAMPS || is_bare(v, rst))
        return false;
    f->packet = rst->number;
    f->value[0] = own->number;
    return true;
}

static bool reset_odd_ip_id(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_IP_ID))
        return false;
    const struct mark *rst = ending_rst(v), *own = rst ? reference(v) : NULL;
    if (!own || v->ipv6 || own->ip_id == 0 || is_bare(v, rst))
        return false;
    uint16_t ahead = (uint16_t)(rst->ip_id - own->ip_id);
    if (ahead > 0 && ahead < 64)
        return false;
    f->packet = rst->number;
    f->value[0] = rst->ip_id;
    f->value[1] = own->ip_id;
    f->value[2] = own->number;
    return true;
}

/* A box that throws a packet back as a RST leaves in it what its sender had put there. A kernel copies the TOS alone;
 * an IP ID of its own that is the same is one chance in 65,536. */
bool reset_copies_peer(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_IP_ID | FIELD_TTL | FIELD_TOS))
        return false;
    const struct mark *rst = ending_rst(v), *own = rst ? reference(v) : NULL;
    const struct mark *asked = rst ? &v->connection->side[!ending_rst_side(v)].last : NULL;
    if (!own || v->ipv6 || !seen(asked) || rst->ip_id == 0 || rst->ip_id != asked->ip_id || rst->tos != asked->tos)
        return false;
    f->packet = rst->number;
    f->value[0] = rst->ip_id;
    f->value[1] = rst->tos;
    f->value[2] = asked->number;
    return rst->ttl != own->ttl || rst->tos != own->tos;
}

/* A live socket's RST carries the window it last offered; a bare one 0. */
static bool reset_odd_window(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_WINDOW))
        return false;
    const struct mark *rst = ending_rst(v);
    if (!rst)
        return false;
    bool acked = rst->flags & TCP_ACK;
    if (acked ? rst->window != 0 : rst->window == 0)
        return false;
    f->packet = rst->number;
    f->value[0] = rst->window;
    return true;
}

/* A socket that is gone answers each late segment with a RST of its own: those follow the acks it was sent.
 * net/ipv4/tcp_ipv4.c tcp_v4_send_reset; judgement. */
static const float several_bare = 0.3f;

static bool reset_several(const struct view *v, struct finding *f)
{
    const struct mark *rst = ending_rst(v);
    if (!rst)
        return false;
    const struct mark *other = &v->connection->side[ending_rst_side(v)].rst_other;
    if (!seen(other) || other->ts_us - rst->ts_us > 1000000)
        return false;
    f->packet = other->number;
    f->value[0] = rst->number;
    f->scale = is_bare(v, rst) ? several_bare : 1;
    return true;
}

static bool reset_then_data(const struct view *v, struct finding *f)
{
    const struct mark *rst = ending_rst(v);
    if (!rst)
        return false;
    const struct mark *after = &v->connection->side[ending_rst_side(v)].after_rst;
    f->packet = after->number;
    f->value[0] = rst->number;
    return seen(after);
}

/* The TOS of the last segment that this RST may answer. */
static const struct mark *answered(const struct view *v)
{
    const struct flow_side *other = &v->connection->side[!ending_rst_side(v)];
    return seen(&other->last) ? &other->last : NULL;
}

static bool reset_tos_zero(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_TOS))
        return false;
    const struct mark *rst = ending_rst(v), *asked = rst ? answered(v) : NULL;
    if (!asked || !is_bare(v, rst) || dscp(asked->tos) == 0 || dscp(rst->tos) != 0)
        return false;
    f->packet = rst->number;
    f->value[0] = asked->tos;
    f->value[1] = asked->number;
    return true;
}

static bool reset_tos_echo(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_TOS))
        return false;
    const struct mark *rst = ending_rst(v), *asked = rst ? answered(v) : NULL;
    struct finding nowhere = {0};
    if (!asked || !is_bare(v, rst) || dscp(asked->tos) == 0 || dscp(rst->tos) != dscp(asked->tos) ||
        reset_from_nowhere(v, &nowhere))
        return false; /* its kernel's own, but somebody else has taken the connection from it */
    f->packet = rst->number;
    f->value[0] = rst->tos;
    f->value[1] = asked->number;
    return true;
}

static bool reset_sum_partial(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_SUM))
        return false;
    const struct mark *rst = ending_rst(v);
    if (!rst || v->ipv6 || !is_bare(v, rst) ||
        !(rst->bits & MARK_SUM_PARTIAL)) /* in IPv6 it is the kernel that leaves it */
        return false;
    f->packet = rst->number;
    return true;
}

bool reset_by_owner(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_IP_ID | FIELD_TTL | FIELD_WINDOW | FIELD_OPTIONS | FIELD_SEQ))
        return false;
    const struct mark *rst = ending_rst(v), *own = rst ? reference(v) : NULL;
    struct finding ignored = {0};
    if (!own || rst->ttl != own->ttl || is_bare(v, rst) || !(rst->flags & TCP_ACK))
        return false;
    if (reset_odd_ip_id(v, &ignored) || reset_lacks_timestamps(v, &ignored) || reset_other_mac(v, &ignored))
        return false;
    /* A socket's RST offers the window that it offered last; a forger seldom knows it. */
    bool window = rst->window && rst->window == own->window && rst->seq == v->connection->side[ending_rst_side(v)].next;
    if (!(rst->bits & MARK_TIMESTAMPS) && (v->ipv6 || own->ip_id == 0) && !window)
        return false; /* nothing positive to go by */
    f->packet = rst->number;
    f->value[0] = own->number;
    return true;
}

bool reset_ignored(const struct view *v, struct finding *f)
{
    const struct mark *rst = ending_rst(v);
    if (!rst)
        return false;
    const struct flow_side *receiver = &v->connection->side[!ending_rst_side(v)];
    const struct flow_side *sender = &v->connection->side[ending_rst_side(v)];
    /* Of several, the last may have been the one that hit. */
    if (receiver->last.ts_us <= sender->last_rst_us || sender->last.ts_us <= sender->last_rst_us)
        return false;
    f->packet = receiver->last.number;
    f->value[0] = rst->number;
    return true;
}

/* Inside the window but not at the next byte it draws a challenge ACK, and ends nothing. */
static bool reset_off_sequence(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_SEQ))
        return false;
    const struct mark *rst = ending_rst(v);
    if (!rst)
        return false;
    enum side side = ending_rst_side(v);
    const struct flow_side *sender = &v->connection->side[side], *receiver = &v->connection->side[!side];
    if (!receiver->acked || rst->seq == receiver->acked || rst->seq == sender->next || sender->rsts > 1)
        return false;
    f->packet = rst->number;
    return true;
}

static const struct evidence_row rows[] = {
    {"rst-ttl-differs",
     VIEW_TEST(reset_ttl_differs),
     {{CAUSE_INJECTED_RST, 4.0f}},
     "the RST has TTL {0}, the sender's own packets (#{2}) have {1}",
     "Weaver, Sommer, Paxson, NDSS 2009; lab"},
    {"rst-other-mac",
     VIEW_TEST(reset_other_mac),
     {{CAUSE_INJECTED_RST, 4.0f}},
     "the RST came from another MAC address than the flow's other packets (#{0})",
     "public captures of forged resets; lab"},
    {"rst-from-nowhere",
     VIEW_TEST(reset_from_nowhere),
     {{CAUSE_INJECTED_RST, 4.5f}},
     "{0t} after its sender's last word comes a RST without ACK: a program that leaves sends a FIN, or a RST with ACK",
     "net/ipv4/tcp.c tcp_close, tcp_output.c tcp_send_active_reset; lab"},
    {"rst-no-timestamps",
     VIEW_TEST(reset_lacks_timestamps),
     {{CAUSE_INJECTED_RST, 3.0f}},
     "the RST lacks the timestamps option that the sender's segments carry (#{0})",
     "RFC 7323 section 3.2; lab"},
    {"rst-odd-ip-id",
     VIEW_TEST(reset_odd_ip_id),
     {{CAUSE_INJECTED_RST, 2.5f}},
     "the RST's IP ID {0} does not follow the flow's {1} (#{2})",
     "net/ipv4/ip_output.c; lab"},
    {"rst-copies-peer",
     VIEW_TEST(reset_copies_peer),
     {{CAUSE_INJECTED_RST, 5.0f}},
     "the RST has the IP ID {0} and the TOS {1x} of the other side's last segment (#{2}): a box on the path threw that "
     "packet back",
     "Weaver, Sommer, Paxson, NDSS 2009; public captures"},
    {"rst-odd-window",
     VIEW_TEST(reset_odd_window),
     {{CAUSE_INJECTED_RST, 2.0f}},
     "the RST's window {0} is none that a socket sends",
     "tcp_send_active_reset; lab"},
    {"several-rsts",
     VIEW_TEST(reset_several),
     {{CAUSE_INJECTED_RST, 4.0f}},
     "another RST with another sequence number follows #{0}",
     "Weaver, Sommer, Paxson, NDSS 2009; lab"},
    {"data-after-rst",
     VIEW_TEST(reset_then_data),
     {{CAUSE_INJECTED_RST, 4.0f}},
     "the sender goes on after its RST #{0}: it does not know of it",
     "Weaver, Sommer, Paxson, NDSS 2009; lab"},
    {"rst-tos-zero",
     VIEW_TEST(reset_tos_zero),
     {{CAUSE_INJECTED_RST, 3.5f}},
     "the RST has TOS 0, the segment that it answers (#{1}) {0x}: a kernel would copy it",
     "nf_reject_ipv4.c; lab"},
    {"rst-tos-echo",
     VIEW_TEST(reset_tos_echo),
     {{CAUSE_INJECTED_RST, -4.0f}},
     "the RST carries TOS {0x} of the segment that it answers (#{1}): its kernel's own",
     "net/ipv4/tcp_ipv4.c; lab"},
    {"rst-sum-partial",
     VIEW_TEST(reset_sum_partial),
     {{CAUSE_INJECTED_RST, 3.5f}},
     "the RST's checksum was left for the network interface: netfilter's forged one, not the kernel's",
     "nf_reject_ipv4.c; lab"},
    {"rst-own",
     VIEW_TEST(reset_by_owner),
     {{CAUSE_INJECTED_RST, -5.0f}},
     "the RST fits its sender's own flow (#{0}): TTL, options and IP ID agree",
     "lab"},
    {"rst-off-sequence",
     VIEW_TEST(reset_off_sequence),
     {{CAUSE_INJECTED_RST, -4.0f}},
     "the RST is not at the next expected byte: its receiver answers it with an ACK and goes on",
     "RFC 5961 section 3"},
};

const struct evidence_rows reset_rows = EVIDENCE_ROWS(rows);
