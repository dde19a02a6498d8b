#include "local_judgement.h"

#include <stdio.h>
#include <string.h>

/* The clock of packets and that of readings are one, but a packet is stamped before it meets the rules, and a reading
 * takes a moment. */
enum { MARGIN_US = 5000 };

static bool seen_mark(const struct mark *mark)
{
    return mark->number != 0;
}

static int64_t close_us(const struct connection *c)
{
    const struct flow_side *server = &c->side[SIDE_SERVER];
    return seen_mark(&server->fin) ? server->fin.ts_us : seen_mark(&server->rst) ? server->rst.ts_us : 0;
}

int64_t local_decided_us(const struct case_file *file)
{
    const struct attempt *a = file->attempt;
    const struct answer *answer = a->answer;
    if (!answer)
        return a->last_syn_us;
    if (seen_mark(&answer->refusal))
        return answer->refusal.ts_us;
    if (answer->icmp.number)
        return answer->icmp.ts_us;
    return answer->connection && close_us(answer->connection) ? close_us(answer->connection) : a->last_syn_us;
}

/* A SYN that comes in for an address of another machine is not this one's to answer. On the loopback interface both
 * ends are here: then the server's side explains more. */
enum local_role local_role_of(const struct case_file *file)
{
    const struct attempt *a = file->attempt;
    if (a->lookup)
        return LOCAL_ROLE_NONE;
    if (file->capturer.server == LOCALITY_HERE)
        return LOCAL_ROLE_TARGET;
    return file->capturer.client == LOCALITY_HERE ? LOCAL_ROLE_CLIENT : LOCAL_ROLE_NONE;
}

/* ---- How far a reading holds ---- */

static struct local_age age_of_span(const struct local_span *span, int64_t packet_us)
{
    struct local_age age = {LOCAL_HOLDS_NOT, span->checked_us - packet_us};
    if (!packet_us || !span->checked_us || span->checked_us < packet_us + MARGIN_US)
        return age; /* what came after the last reading is not known */
    if (span->since_us + MARGIN_US <= packet_us)
        age.hold = LOCAL_HOLDS_STEADY;
    else if (!span->before_us)
        age.hold = LOCAL_HOLDS_AFTER;
    return age;
}

/* Of what has no history: it was read after the packet, and soon. */
static struct local_age age_of_reading(int64_t read_us, int64_t packet_us, int64_t steady_us)
{
    enum { TOO_OLD_US = 5000000 };
    struct local_age age = {LOCAL_HOLDS_NOT, read_us - packet_us};
    if (packet_us && read_us && age.after_us >= 0 && age.after_us <= TOO_OLD_US)
        age.hold = age.after_us <= steady_us ? LOCAL_HOLDS_STEADY : LOCAL_HOLDS_AFTER;
    return age;
}

/* ---- What was counted ---- */

/* Two readings, one after the other, between which SYNs of this attempt came: the pair with the fewest others. */
static struct local_count count_of(const struct local_trail *trail, const struct case_file *file,
                                   const struct syn_log *syns)
{
    struct local_count best = {.known = false};
    for (uint32_t i = 1; i < trail->count && i < LOCAL_TALLIES; i++) {
        const struct local_tally *a = &trail->at[i - 1], *b = &trail->at[i];
        struct local_count count = {.known = true, .before = a->value, .after = b->value};
        if (b->value < a->value || syn_log_is_near(syns, a->us) || syn_log_is_near(syns, b->us) ||
            !syn_log_count(syns, &file->attempt->key, a->us, b->us, &count.own, &count.others) || !count.own)
            continue;
        if (!best.known || count.others <= best.others)
            best = count;
    }
    return best;
}

/* ---- Sockets ---- */

static const struct local_listener *same_socket(const struct local_sockets *sockets, const struct local_listener *l)
{
    for (unsigned i = 0; i < sockets->listeners && i < LOCAL_LISTENERS; i++)
        if (sockets->listener[i].port == l->port && address_equal(&sockets->listener[i].address, &l->address))
            return &sockets->listener[i];
    return NULL;
}

/* The kernel's list says who listens; whose program that is, and where SSH is to be had instead, takes longer to find.
 */
static void name_programs(struct local_sockets *sockets, const struct local_sockets *slow, uint16_t port)
{
    if (slow->state != LOCAL_KNOWN)
        return;
    for (unsigned i = 0; i < sockets->listeners && i < LOCAL_LISTENERS; i++) {
        struct local_listener *l = &sockets->listener[i];
        const struct local_listener *named = same_socket(slow, l);
        if (named) {
            memcpy(l->program, named->program, sizeof l->program);
            l->is_ssh = named->is_ssh;
            l->pid = named->pid;
        }
    }
    for (unsigned i = 0; i < slow->listeners && i < LOCAL_LISTENERS && sockets->listeners < LOCAL_LISTENERS; i++)
        if (slow->listener[i].port != port && slow->listener[i].is_ssh)
            sockets->listener[sockets->listeners++] = slow->listener[i];
}

/* The state changed at some time between two readings, and the packet came between them too. */
static bool changed_about(const struct local_span *span, int64_t packet_us)
{
    return span->before_us && span->before_us - MARGIN_US <= packet_us && packet_us <= span->since_us + MARGIN_US;
}

static void judge_quick(const struct case_file *file, const struct local_heard *heard, struct local_facts *facts,
                        struct local_evidence *evidence)
{
    const struct local_sighting *quick = heard->quick;
    const int64_t packet_us = local_decided_us(file);
    facts->sockets = quick->sockets;
    if (heard->slow)
        name_programs(&facts->sockets, &heard->slow->sockets, file->attempt->key.server_port);
    evidence->sockets = age_of_span(&quick->listener, packet_us);
    evidence->listener_changed = changed_about(&quick->listener, packet_us);
    facts->rules = quick->rules;
    evidence->rules = age_of_span(&quick->walk, packet_us);
    evidence->rule = count_of(&quick->rule, file, heard->syns);
    evidence->overflows = count_of(&quick->overflows, file, heard->syns);
    evidence->conntrack = count_of(&quick->conntrack_drops, file, heard->syns);
    facts->room.conntrack = quick->conntrack;
    facts->room.conntrack_max = quick->conntrack_max;
}

/* ---- What takes longer ---- */

/* Logins take a while, so the number of those under way is much the same a moment later. Judgement. */
enum { STARTUPS_STEADY_US = 500000 };

static void judge_slow(const struct case_file *file, const struct local_facts *slow, struct local_facts *facts,
                       struct local_evidence *evidence)
{
    const int64_t packet_us = local_decided_us(file);
    facts->service = slow->service;
    facts->settings = slow->settings;
    facts->way_back = slow->way_back;
    facts->log = slow->log;
    if (slow->room.state != LOCAL_NOT_ASKED) {
        const uint64_t tracked = facts->room.conntrack, most = facts->room.conntrack_max;
        facts->room = slow->room;
        facts->room.conntrack = tracked ? tracked : slow->room.conntrack;
        facts->room.conntrack_max = most ? most : slow->room.conntrack_max;
    }
    memcpy(facts->host_name, slow->host_name, sizeof facts->host_name);
    evidence->service = age_of_reading(slow->service.read_us, packet_us, 0);
    if (evidence->service.hold == LOCAL_HOLDS_AFTER && slow->service.since_us && slow->service.since_us < packet_us)
        evidence->service.hold = LOCAL_HOLDS_STEADY;
    evidence->room = age_of_reading(slow->room.read_us, packet_us, STARTUPS_STEADY_US);
    evidence->way_back = age_of_reading(slow->way_back.read_us, packet_us, 0);
    evidence->log = age_of_reading(slow->log.read_us, packet_us, INT32_MAX); /* its lines have dates of their own */
}

/* Files are read by whoever reads rules, and of them no change is told. */
static void add_room_state(struct local_facts *facts, struct local_evidence *evidence, const struct local_heard *heard)
{
    if (facts->room.state == LOCAL_NOT_ASKED && facts->room.conntrack_max && heard->quick) {
        facts->room.state = LOCAL_KNOWN;
        evidence->room = evidence->sockets;
    }
}

void local_judge(const struct case_file *file, const struct local_heard *heard, struct local_facts *facts,
                 struct local_evidence *evidence)
{
    memset(facts, 0, sizeof *facts);
    memset(evidence, 0, sizeof *evidence);
    facts->rules.deciding = -1;
    evidence->facts = facts;
    evidence->role = local_role_of(file);
    if (heard->quick)
        judge_quick(file, heard, facts, evidence);
    if (heard->slow)
        judge_slow(file, heard->slow, facts, evidence);
    add_room_state(facts, evidence, heard);
}
