/* Two machines have one address on one link: which of them answers is chance. */
#include "conflict.h"

#include <string.h>

#include "reset.h"
#include "spoken.h"

/* One of the two marks of a kernel's own RST: the SYN's TOS, and a flow label. As in the rows on those. */
static const float one_mark = 0.5f;

/* The other machine claimed the address while this connection stood. */
static bool claimed_meanwhile(const struct view *v, const struct mac_claim *other)
{
    return seen(v->syn) && other->last_us >= v->syn->ts_us && other->last_us <= v->attempt->last_us;
}

/* Of the time of this attempt: not long over, and not begun long after. Addresses are leased anew, and a capture may be
 * long. */
static bool is_timely(const struct view *v, const struct sightings *s)
{
    enum { OVER_US = 900000000, YET_TO_COME_US = 60000000 };
    const int64_t began_us = seen(v->syn) ? v->syn->ts_us : v->attempt->last_us;
    return s->count && s->last_us >= began_us - OVER_US && s->first_us <= v->attempt->last_us + YET_TO_COME_US;
}

/* The two machines, each with the frame that shows it. */
static void name_both(const struct view *v, struct finding *f, const uint8_t *first, const uint8_t *second,
                      const uint64_t number[2])
{
    f->address = &v->attempt->key.server;
    f->value[0] = mac_value(first);
    f->value[1] = number[0];
    f->value[2] = mac_value(second);
    f->value[3] = number[1];
}

static bool two_answer(const struct view *v, struct finding *f)
{
    const struct server_identity *i = v->file->identity;
    if (!i || !is_timely(v, &i->answered_twice) || went_well(v))
        return false;
    const uint8_t *first = i->claim[i->answer_claim[0]].mac, *second = i->claim[i->answer_claim[1]].mac;
    f->packet = i->answer_number[1];
    name_both(v, f, first, second, i->answer_number);
    f->word = v->ipv6 ? "neighbour solicitation" : "ARP request";
    f->scale = part_of(v, first, second, false);
    return true;
}

static bool speaks_again(const struct view *v, struct finding *f)
{
    const struct server_identity *i = v->file->identity;
    if (!i || !is_timely(v, &i->spoke_again) || went_well(v))
        return false;
    const bool meanwhile = claimed_meanwhile(v, &i->claim[i->again_claim[0]]);
    if (is_timely(v, &i->answered_twice) && !meanwhile) /* that has been said */
        return false;
    const uint8_t *other = i->claim[i->again_claim[0]].mac, *own = i->claim[i->again_claim[1]].mac;
    f->packet = i->again_number[0];
    name_both(v, f, other, own, i->again_number);
    f->scale = part_of(v, other, own, meanwhile);
    return true;
}

/* Each announces the address anew, so that neither goes on as if nothing had happened. */
static bool take_turns(const struct view *v, struct finding *f)
{
    enum { OFTEN = 2 };
    const struct server_identity *i = v->file->identity;
    if (!i || i->spoke_again.count || i->answered_twice.count || i->turns.count < OFTEN || !is_timely(v, &i->turns) ||
        went_well(v))
        return false;
    f->packet = v->syn->number;
    f->address = &v->attempt->key.server;
    f->value[0] = mac_value(i->claim[0].mac);
    f->value[1] = mac_value(i->claim[1].mac);
    f->value[2] = i->turns.count;
    f->scale = part_of(v, i->claim[0].mac, i->claim[1].mac, false);
    return true;
}

static bool has_claim(const struct view *v, const uint8_t *mac)
{
    const struct server_identity *i = v->file->identity;
    for (int n = 0; i && n < i->claims_used; n++)
        if (memcmp(i->claim[n].mac, mac, MAC_SIZE) == 0)
            return true;
    return false;
}

/* Who sent the SYN-ACK, or the latest segment in the server's name that is no RST. */
static const struct mark *accepted_by(const struct view *v)
{
    if (v->server && seen(&v->server->last) && v->server->last.ts_us <= v->server->rst.ts_us)
        return &v->server->last;
    if (seen(&v->answer->synack))
        return &v->answer->synack;
    return v->server && seen(&v->server->first_payload) ? &v->server->first_payload : NULL;
}

/* The part of the weight where the first machine was not heard since: the second may have taken the address over, and
 * knows nothing of the other's connections. Judgement. */
static const float first_is_silent = 0.9f;

/* The part where the capture does not show to which MAC address the client's segments went (cooked captures), so that
 * it is only by its form that the RST is a kernel's answer to them. Judgement. */
static const float asked_is_not_known = 0.87f;

/* The client's segment reached a machine that knows of no such connection, and whose kernel says so. An injector
 * answers what was sent to another. */
static bool reset_by_other(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_IP_ID | FIELD_TTL | FIELD_WINDOW | FIELD_SEQ))
        return false;
    const struct mark *rst = v->server ? &v->server->rst : NULL;
    const struct mark *own = seen(rst) ? accepted_by(v) : NULL;
    if (!own || rst->flags & TCP_ACK || rst->window != 0 || !(rst->bits & own->bits & MARK_MAC) ||
        rst->interface != own->interface || memcmp(rst->mac, own->mac, MAC_SIZE) == 0 || hops_from_start(rst->ttl) ||
        hops_from_start(own->ttl))
        return false;
    const bool asked_known = v->connection->has_asked_mac;
    const bool asked = asked_known && memcmp(v->connection->asked_mac, rst->mac, MAC_SIZE) == 0;
    const bool answers_client = rst->seq == v->client->acked && rst->ip_id == 0;
    if (!asked && !has_claim(v, rst->mac) && (asked_known || !answers_client))
        return false;
    const struct mark *last = &v->server->last;
    const bool first_goes_on = last->ts_us > rst->ts_us && memcmp(last->mac, own->mac, MAC_SIZE) == 0;
    f->packet = rst->number;
    f->value[0] = mac_value(rst->mac);
    f->value[1] = own->number;
    f->value[2] = mac_value(own->mac);
    f->scale = first_goes_on || address_is_disputed(v, NULL) ? 1 : first_is_silent;
    if (!asked && !has_claim(v, rst->mac))
        f->scale = asked_is_not_known;
    return true;
}

/* Who writes like a kernel may be either machine's: what speaks for the port's own kernel speaks for the other's. */
static bool kernel_of_either(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_TOS | FIELD_LABEL))
        return false;
    struct finding ignored = {.scale = 1};
    const struct mark *rst = v->answer ? &v->answer->refusal : NULL;
    if (!seen(rst) ||
        !(two_answer(v, &ignored) || speaks_again(v, &ignored) || asks_other(v, &ignored) || asks_new(v, &ignored)))
        return false;
    const bool echoes = dscp(v->syn->tos) && dscp(rst->tos) == dscp(v->syn->tos);
    const bool labels = v->ipv6 && !v->refusal.label_zero;
    f->packet = rst->number;
    f->scale = echoes && labels ? 1 : one_mark;
    return echoes || labels;
}

/* Whoever rejects may be either machine's rule: what speaks for the port's own speaks for the other's. */
static bool rule_of_either(const struct view *v, struct finding *f)
{
    struct finding ignored = {.scale = 1};
    const struct icmp_mark *icmp = v->answer ? &v->answer->icmp : NULL;
    if (!icmp || !icmp->number || v->stage != STAGE_REJECTED ||
        !address_equal(&icmp->sender, &v->attempt->key.server) ||
        !(two_answer(v, &ignored) || speaks_again(v, &ignored) || asks_other(v, &ignored) || asks_new(v, &ignored)))
        return false;
    f->packet = icmp->number;
    return true;
}

/* What was sent to one of the two MAC addresses is answered from the other: one machine with two interfaces. */
static bool answers_from_other(const struct view *v, struct finding *f)
{
    const struct server_identity *i = v->file->identity;
    if (!i || !i->crossed_number || !has_claim(v, i->crossed_asked) || !has_claim(v, i->crossed_mac))
        return false;
    f->packet = i->crossed_number;
    f->value[0] = mac_value(i->crossed_asked);
    f->value[1] = mac_value(i->crossed_mac);
    return true;
}

bool refused_by_claimant(const struct view *v)
{
    const struct mark *rst = v->answer ? &v->answer->refusal : NULL;
    return seen(rst) && rst->bits & MARK_MAC && has_claim(v, rst->mac);
}

bool refused_from_new_mac(const struct view *v)
{
    const struct host *h = v->server_host;
    const struct mark *rst = v->answer ? &v->answer->refusal : NULL;
    if (!seen(rst) || !(rst->bits & MARK_MAC) || !h || !h->macs_used || h->more_macs)
        return false;
    if (rst->bits & MARK_OUT) /* this machine sent it, or passed it on: the MAC address is its own */
        return false;
    for (int i = 0; i < h->macs_used; i++)
        if (memcmp(h->macs[i], rst->mac, MAC_SIZE) == 0)
            return false;
    return true;
}

/* The RST came from another MAC address than the host's packets before, and that one answers for the address: a new
 * card, or the other of a pair, and no firewall on the way. */
static bool reset_by_claimant(const struct view *v, struct finding *f)
{
    if (!refused_by_claimant(v) || !refused_from_new_mac(v))
        return false;
    const struct mark *rst = &v->answer->refusal;
    f->packet = rst->number;
    f->address = &v->attempt->key.server;
    f->value[0] = mac_value(rst->mac);
    return true;
}

bool address_is_disputed(const struct view *v, const uint8_t *macs[2])
{
    const struct server_identity *i = v->file->identity;
    const uint8_t *found[2] = {NULL, NULL};
    if (i && is_timely(v, &i->answered_twice)) {
        found[0] = i->claim[i->answer_claim[0]].mac;
        found[1] = i->claim[i->answer_claim[1]].mac;
    } else if (i && is_timely(v, &i->spoke_again)) {
        found[0] = i->claim[i->again_claim[0]].mac;
        found[1] = i->claim[i->again_claim[1]].mac;
    }
    if (macs && found[0])
        memcpy(macs, found, sizeof found);
    return found[0] && !macs_are_neighbours(found[0], found[1]) && !answers_cross(v, found[0], found[1]);
}

/* So did the RST, and it came from this link. */
static bool refused_by_new(const struct view *v)
{
    return !lacks(v, FIELD_TTL) && refused_from_new_mac(v) && !hops_from_start(v->answer->refusal.ttl);
}

bool machine_is_new(const struct view *v)
{
    struct finding ignored = {.scale = 1};
    if (two_answer(v, &ignored) || speaks_again(v, &ignored) || asks_other(v, &ignored))
        return false; /* there are two: that is no doubt any more */
    return asks_new(v, &ignored) || take_turns(v, &ignored) || refused_by_new(v);
}

bool may_be_one_machine(const struct view *v)
{
    struct finding ignored = {.scale = 1};
    const struct server_identity *i = v->file->identity;
    if (!two_answer(v, &ignored) || speaks_again(v, &ignored))
        return false;
    for (int n = 0; n < i->looks_used; n++)
        if (i->look[n].spoke)
            return false;
    return true;
}

static const struct evidence_row rows[] = {
    {"two-answer",
     VIEW_TEST(two_answer),
     {{CAUSE_ADDRESS_CONFLICT, 16.0f}},
     "two machines answer one {w} for {a}: {0m} (#{1}) and {2m} (#{3})",
     "RFC 5227 section 1; RFC 4861 section 7.2.5; lab"},
    {"speaks-again",
     VIEW_TEST(speaks_again),
     {{CAUSE_ADDRESS_CONFLICT, 15.5f}},
     "{0m} claims {a} (#{1}), and {2m}, which had it, goes on as if it still had (#{3}): two machines use one address",
     "RFC 5227 section 2.4; RFC 9568 section 6.4.3: who hands an address over falls silent; lab"},
    {"rst-by-second",
     VIEW_TEST(reset_by_other),
     {{CAUSE_ADDRESS_CONFLICT, 14.5f}, {CAUSE_INJECTED_RST, -14.0f}},
     "the RST comes from {0m}, as a kernel's answer to a connection that it never saw; {2m} had accepted that "
     "connection (#{1})",
     "RFC 9293 section 3.10.7.1; lab"},
    {"asks-second",
     VIEW_TEST(asks_other),
     {{CAUSE_ADDRESS_CONFLICT, 11.5f}},
     "the SYN to {a} {w} {0m}; before and after it (#{2}, #{3}) {1m} took connections and greeted them",
     "RFC 826: one address, one MAC address; lab"},
    {"asks-new",
     VIEW_TEST(asks_new),
     {{CAUSE_ADDRESS_CONFLICT, 6.0f}},
     "the SYN to {a} {w} {0m}; in another connection (#{2}) {1m} greeted: a new network card, a fail-over, or two "
     "machines with one address",
     "RFC 826: one address, one MAC address; judgement"},
    {"second-kernel",
     VIEW_TEST(kernel_of_either),
     {{CAUSE_ADDRESS_CONFLICT, 8.0f}},
     "the RST is a kernel's own, and the kernel is that of the machine that the SYN went to",
     "net/ipv4/tcp_ipv4.c tcp_v4_send_reset; lab"},
    {"second-rule",
     VIEW_TEST(rule_of_either),
     {{CAUSE_ADDRESS_CONFLICT, 4.5f}},
     "the error comes from the server's own address, which the machine has that the SYN went to",
     "RFC 1812 section 5.2.7.1; lab"},
    {"second-host-key",
     VIEW_TEST(second_host_key),
     {{CAUSE_ADDRESS_CONFLICT, 8.0f}},
     "the host key is another one than that of {1m} (#{0}), and of the same kind",
     "RFC 4253 section 8; lab"},
    {"rst-by-claimant",
     VIEW_TEST(reset_by_claimant),
     {{CAUSE_FIREWALL_RST, -4.0f}},
     "{0m}, from which the RST came, claims {a} on this network: it has the address now",
     "RFC 826; RFC 4861 section 7.2; lab"},
    {"met-the-usual",
     VIEW_TEST(met_the_usual),
     {{CAUSE_ADDRESS_CONFLICT, -8.0f}},
     "this attempt met the machine ({0m}) that greeted others (#{1})",
     "judgement"},
    {"answers-from-other",
     VIEW_TEST(answers_from_other),
     {{CAUSE_ADDRESS_CONFLICT, -14.0f}},
     "what was sent to {0m} is answered from {1m}: two interfaces of one machine",
     "ip-sysctl arp_ignore; lab"},
    {"take-turns",
     VIEW_TEST(take_turns),
     {{CAUSE_ADDRESS_CONFLICT, 5.5f}},
     "{0m} and {1m} have claimed {a} by turns ({2} times one after the other): a pair that fails over again and again, "
     "or "
     "two machines with one address",
     "RFC 5227 section 2.4; judgement"},
};

const struct evidence_rows conflict_rows = EVIDENCE_ROWS(rows);
