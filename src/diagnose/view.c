#include "view.h"

const struct mark *own_mark(const struct view *v)
{
    const struct host *h = v->server_host;
    if (v->server && seen(&v->server->first_payload))
        return &v->server->first_payload;
    if (h && h->own_packets)
        return &h->own;
    if (v->answer && seen(&v->answer->synack))
        return &v->answer->synack;
    return NULL;
}

unsigned own_ttl(const struct view *v)
{
    const struct mark *own = own_mark(v);
    return own && !lacks(v, FIELD_TTL) ? own->ttl : 0;
}

int64_t reply_delay_us(const struct view *v, int64_t reply_us)
{
    /* A host whose round trip is near the second after which a SYN is sent again may be answering the first one. */
    enum { CLEARLY_SOONER_US = 500000 };
    bool far = v->server_host && v->server_host->rtt_us > CLEARLY_SOONER_US;
    int64_t since_last = reply_us - v->attempt->last_syn_us;
    return since_last >= 0 && !far ? since_last : reply_us - v->syn->ts_us;
}

int64_t accepted_us(const struct view *v)
{
    if (v->answer && seen(&v->answer->synack))
        return v->answer->synack.ts_us;
    if (!v->connection)
        return v->attempt->last_syn_us;
    if (seen(&v->connection->handshake_ack))
        return v->connection->handshake_ack.ts_us;
    return v->server->first_payload_us ? v->server->first_payload_us : v->attempt->last_us;
}

int64_t mute_from_us(const struct view *v)
{
    const struct mark *first_ack = attempt_first_ack(v->attempt); /* a later one was not sent at once */
    return first_ack ? first_ack->ts_us : accepted_us(v);
}

int64_t mute_us(const struct view *v)
{
    if (!v->connection)
        return 0;
    int64_t from = mute_from_us(v);
    int64_t until = v->file->observed_until_us;
    if (v->server->first_payload_us)
        until = v->server->first_payload_us;
    else if (v->connection->closed_us)
        until = v->connection->closed_us;
    if (seen(&v->client->fin) && v->client->fin.ts_us < until)
        until = v->client->fin.ts_us;
    if (seen(&v->server->fin) && v->server->fin.ts_us < until)
        until = v->server->fin.ts_us;
    return until - from;
}

bool refusal_on_loopback(const struct view *v)
{
    if (!v->answer || !seen(&v->answer->refusal) || !v->refusal.mac_none)
        return false;
    /* A connection to an address of one's own goes over loopback by right; then its SYN is there too. */
    return !seen(v->syn) || v->attempt->facts & FACT_NO_SYN;
}

bool neighbour_searched(const struct view *v)
{
    /* A neighbour that was known, and died, is asked again some 5 s after the SYN (delay_first_probe_time), first by
     * three requests to its old MAC address, a second apart. */
    enum { STALE_US = 9000000 };
    const struct host *h = v->server_host;
    return h && h->searches_unanswered >= 2 && h->search_last_us >= v->syn->ts_us - STALE_US &&
           h->search_first_us <= v->attempt->last_syn_us + STALE_US;
}

/* How far failed tries speak for a ban, by their number: fail2ban's maxretry is 5 by default and often set lower
 * (jail.conf); the steps are judgement. */
static const float ban_by_tries[] = {0, 0.5f, 0.8f, 1};

/* Who got in since had not been banned for them. Judgement. */
static const float banned_though_let_in = 0.5f;

float ban_history(const struct view *v)
{
    const struct history *h = v->history;
    float part = ban_by_tries[h->failed_tries < 3 ? h->failed_tries : 3];
    return h->last_session_us > h->last_failed_us ? banned_though_let_in * part : part;
}

/* One hop more or less may be another way through the network (RFC 2992). Judgement. */
static const float one_hop_apart = 0.7f;

float ttl_gap_part(unsigned a, unsigned b)
{
    return (a > b ? a - b : b - a) >= 2 ? 1 : one_hop_apart;
}

unsigned refusal_ttl(const struct view *v)
{
    const struct mark *rst = &v->answer->refusal;
    bool forwarded = rst->bits & MARK_OUT && v->server_host && v->server_host->own_arrives;
    return rst->ttl + (forwarded && hops_from_start(rst->ttl) > 0);
}

const struct port_reply *further_refusal(const struct view *v)
{
    if (lacks(v, FIELD_TTL))
        return NULL;
    const struct host *h = v->server_host;
    const struct mark *rst = v->answer ? &v->answer->refusal : NULL;
    if (!h || !seen(rst))
        return NULL;
    for (int i = 0; i < h->ports_used; i++) {
        const struct port_reply *other = &h->ports[i].reply;
        if (h->ports[i].state == PORT_REFUSES && h->ports[i].port != v->attempt->key.server_port && other->number &&
            other->interface == rst->interface && other->out == ((rst->bits & MARK_OUT) != 0) &&
            other->ttl < rst->ttl && ttl_start(other->ttl) == ttl_start(rst->ttl))
            return other;
    }
    return NULL;
}

static void later_of(int64_t *latest, int64_t candidate, int64_t before_us)
{
    if (candidate < before_us && candidate > *latest)
        *latest = candidate;
}

int64_t last_word_us(const struct view *v, int64_t before_us)
{
    const struct dialogue *d = v->dialogue;
    int64_t latest = 0;
    if (!d)
        return 0;
    for (int side = 0; side < 2; side++) {
        const struct ssh_clock *c = &d->clock;
        later_of(&latest, v->connection->side[side].first_payload_us, before_us);
        later_of(&latest, v->connection->side[side].last_payload_us, before_us);
        later_of(&latest, c->banner_us[side], before_us);
        later_of(&latest, c->kexinit_us[side], before_us);
        later_of(&latest, c->kex_us[side], before_us);
        later_of(&latest, c->newkeys_us[side], before_us);
    }
    for (uint32_t i = 0; i < d->events; i++)
        later_of(&latest, d->event[i].ts_us, before_us);
    return latest;
}

bool resets_synack(const struct view *v)
{
    return !v->shaken && v->connection && seen(&v->client->rst) && seen(&v->answer->synack) &&
           v->client->rst.seq == v->answer->synack.ack;
}

bool gap_stays(const struct view *v, enum side side)
{
    if (!v->connection)
        return false;
    const struct flow_side *sender = &v->connection->side[side], *receiver = &v->connection->side[!side];
    if (!seen(&sender->beyond_gap) || !receiver->seen)
        return false;
    return (int32_t)(receiver->acked - sender->beyond_gap.seq) < 0;
}

static uint32_t later(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) > 0 ? a : b;
}

/* A RST at another place than the next byte's ends nothing: its receiver says so (RFC 5961 section 3.2). Where it says
 * no more, that was the place. A forger who does not know the place tries several, or makes one up. */
static bool rst_is_in_place(const struct view *v, enum side side, uint32_t start)
{
    enum { MOST = 1 << 24 }; /* that a connection says before a RST, and its words are not here */
    const struct flow_side *sender = &v->connection->side[side], *receiver = &v->connection->side[!side];
    if (!seen(&sender->rst) || (side == SIDE_SERVER && seen(&sender->rst_other)))
        return false;
    return receiver->last.ts_us <= sender->rst.ts_us && (int32_t)(sender->rst.seq - start) < MOST;
}

/* How far a side's bytes went at least, by whatever names a sequence number: its own FIN or RST, and what the other
 * side has acknowledged. `start` is the number of its first byte. */
static uint32_t sent_at_least(const struct view *v, enum side side, uint32_t start)
{
    const struct flow_side *sender = &v->connection->side[side], *receiver = &v->connection->side[!side];
    uint32_t end = start, acked = receiver->acked ? later(start, receiver->acked) : start;
    if (seen(&receiver->rst) && receiver->rst.flags & TCP_ACK)
        acked = later(acked, receiver->rst.ack);
    if (seen(&sender->fin)) { /* which takes a number of its own, and ends all that can be acknowledged */
        end = sender->fin.seq + sender->fin.payload_len;
        return later(start, end);
    }
    if (rst_is_in_place(v, side, start))
        end = later(end, sender->rst.seq);
    return later(end, acked);
}

/* The other side has not spoken since a hole showed, so that its silence about it means nothing. */
static bool hole_unanswered(const struct view *v, enum side side)
{
    const struct mark *beyond = &v->connection->side[side].beyond_gap;
    return seen(beyond) && v->connection->side[!side].last.ts_us <= beyond->ts_us;
}

/* The other side acknowledged bytes beyond all that came here. */
static bool more_is_acked(const struct flow_side *sender, const struct flow_side *receiver)
{
    if (!receiver->acked)
        return false;
    if (!sender->seen)
        return sender->isn_known && (int32_t)(receiver->acked - sender->isn) > 1;
    return (int32_t)(receiver->acked - sender->next) > 0;
}

/* A filter on flags or ports keeps no more than SYN, FIN and RST: their numbers tell. */
bool lacks_bytes(const struct view *v, enum side side)
{
    if (!v->connection)
        return false;
    const struct flow_side *sender = &v->connection->side[side];
    const struct mark *opening = side == SIDE_CLIENT ? v->syn : &v->answer->synack;
    if (more_is_acked(sender, &v->connection->side[!side]))
        return true;
    if (gap_stays(v, side) && !hole_unanswered(v, side))
        return false;
    if (sender->hole_bytes || !seen(opening))
        return sender->hole_bytes > 0;
    const uint32_t start = opening->seq + 1 + opening->payload_len;
    return (int32_t)(sent_at_least(v, side, start) - start - (uint32_t)sender->payload_bytes) > 0;
}

/* The version strings of both are here, or a text in place of the server's. */
static bool greeting_told(const struct view *v)
{
    const struct dialogue *d = v->dialogue;
    return d && ((v->banner[SIDE_SERVER] && v->banner[SIDE_CLIENT]) || d->refusal == SSH_REFUSAL_MAXSTARTUPS ||
                 d->refusal == SSH_REFUSAL_NOT_ALLOWED || d->refusal == SSH_REFUSAL_PROTOCOL ||
                 d->refusal == SSH_REFUSAL_INVALID_IDENT);
}

/* The conversation is here from its first word: the SYN-ACK numbers the first bytes of both, or they are read. */
static bool greeting_read(const struct view *v)
{
    bool numbered =
        seen(&v->answer->synack) && seen(&v->connection->handshake_ack) && v->client->isn + 1 == v->answer->synack.ack;
    return numbered || greeting_told(v);
}

bool begins_midway(const struct view *v)
{
    return v->attempt->facts & FACT_NO_SYN && !(v->attempt->facts & FACT_ODD_FLAGS) && v->connection &&
           !v->attempt->lookup && !seen(&v->answer->refusal) && !greeting_read(v);
}

bool first_words_lost(const struct view *v)
{
    return v->stage == STAGE_ACCEPTED && v->connection && v->server->payload_bytes && lacks_bytes(v, SIDE_SERVER) &&
           !greeting_told(v);
}

bool full_ttl_from_afar(const struct view *v, unsigned ttl)
{
    if (lacks(v, FIELD_TTL))
        return false;
    const struct host *h = v->server_host;
    unsigned own = own_ttl(v);
    return v->vantage == VANTAGE_CLIENT && h && h->router_number && !h->found_number && hops_from_start(ttl) == 0 &&
           (!own || hops_from_start(own) > 0);
}

const struct port_fact *server_port_fact(const struct view *v)
{
    const struct host *h = v->server_host;
    for (int i = 0; h && i < h->ports_used; i++)
        if (h->ports[i].port == v->attempt->key.server_port)
            return &h->ports[i];
    return NULL;
}
