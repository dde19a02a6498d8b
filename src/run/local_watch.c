#include "local_watch.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sshsniff/protocol_numbers.h>

#include "base/clock.h"
#include "kept_case.h"
#include "local_asks.h"
#include "local_judgement.h"
#include "syn_log.h"

/* How long a verdict waits at most. */
enum { WAIT_US = 300000 };
enum { WAITING = 32, AT_START = UINT32_MAX };

struct waiting {
    struct kept_case kept;
    int64_t until_us; /* monotonic; 0: free */
    uint32_t number;  /* of its slow question; 0: none, or it was answered */
    bool has_slow;
    struct local_facts slow;
};

struct local_watch {
    struct local_asks asks;
    struct syn_log syns;
    struct waiting waiting[WAITING];
    unsigned used;
    bool told_lost;
    uint32_t last_number;
    uint64_t ours, others; /* attempts with an end here; without */
    const struct address *local;
    size_t local_count;
    const struct port_set *ports;
    local_handler handler;
    void *context;
    struct local_facts facts; /* scratch */
    struct local_evidence evidence;
};

struct local_watch *local_watch_start(const char *user, char error[HELPER_ERROR_SIZE])
{
    struct local_watch *watch = calloc(1, sizeof *watch);
    if (watch == NULL)
        snprintf(error, HELPER_ERROR_SIZE, "--local: out of memory");
    else if (local_asks_begin(&watch->asks, user, error))
        return watch;
    local_watch_end(watch);
    return NULL;
}

void local_watch_end(struct local_watch *watch)
{
    if (watch == NULL)
        return;
    local_asks_end(&watch->asks);
    free(watch);
}

int local_watch_channel(const struct local_watch *watch, unsigned n)
{
    return watch == NULL ? -1 : n == 0 ? watch->asks.quick.channel : watch->asks.slow.channel;
}

/* The first readings are those from before all attempts. */
static void ask_at_start(struct local_watch *watch)
{
    enum { FIRST_PORTS = 8 };
    struct flow_key key = {.server_port = 0};
    unsigned asked = 0;
    (void)local_asks_slow(&watch->asks, &key, 0, LOCAL_PART_SERVICE | LOCAL_PART_SETTINGS | LOCAL_PART_SOCKETS,
                          (uint32_t)AT_START);
    for (uint32_t port = 1; port <= UINT16_MAX && asked < FIRST_PORTS; port++) {
        if (!port_set_has(watch->ports, (uint16_t)port))
            continue;
        key.server_port = (uint16_t)port;
        asked += local_asks_quick(&watch->asks, &key, LOCAL_ROLE_TARGET, 0, wall_clock_us()) != 0;
    }
}

void local_watch_begin(struct local_watch *watch, const struct address *local, size_t count,
                       const struct port_set *ports, const char *interface, local_handler handler, void *context)
{
    if (watch == NULL)
        return;
    watch->local = local;
    watch->local_count = count;
    watch->ports = ports;
    watch->handler = handler;
    watch->context = context;
    if (interface != NULL && strcmp(interface, "any") != 0)
        local_asks_one_interface(&watch->asks, interface);
    syn_log_begin(&watch->syns, wall_clock_us());
    ask_at_start(watch);
}

/* ---- Packets ---- */

static bool is_here(const struct local_watch *watch, const struct address *address)
{
    for (size_t i = 0; i < watch->local_count; i++)
        if (address_equal(&watch->local[i], address))
            return true;
    return false;
}

static enum local_role role_of_key(const struct local_watch *watch, const struct flow_key *key)
{
    return is_here(watch, &key->server)   ? LOCAL_ROLE_TARGET
           : is_here(watch, &key->client) ? LOCAL_ROLE_CLIENT
                                          : LOCAL_ROLE_NONE;
}

/* A SYN that is sent again has failed so far. */
static void take_syn(struct local_watch *watch, const struct packet *packet, int64_t ts_us)
{
    const struct flow_key key = {packet->src, packet->dst, packet->tcp.src_port, packet->tcp.dst_port};
    const enum local_role role = role_of_key(watch, &key);
    if (role == LOCAL_ROLE_NONE || !port_set_has(watch->ports, key.server_port))
        return;
    const bool again = syn_log_has(&watch->syns, &key);
    if (syn_log_note(&watch->syns, &key, ts_us) && again)
        local_asks_soon(&watch->asks, &key, role, packet->interface, ts_us);
}

void local_watch_packet(struct local_watch *watch, const struct packet *packet, int64_t ts_us)
{
    if (watch == NULL)
        return;
    if (packet->kind == PACKET_ICMP_ERROR && packet->icmp.has_quote && packet->icmp.quote.is_tcp) {
        const struct flow_key key = {packet->icmp.quote.src, packet->icmp.quote.dst, packet->icmp.quote.src_port,
                                     packet->icmp.quote.dst_port};
        const enum local_role role = role_of_key(watch, &key);
        if (role != LOCAL_ROLE_NONE && port_set_has(watch->ports, key.server_port))
            local_asks_soon(&watch->asks, &key, role, packet->interface, ts_us);
        return;
    }
    if (packet->kind != PACKET_TCP)
        return;
    const uint8_t flags = packet->tcp.flags & (TCP_SYN | TCP_ACK | TCP_RST);
    if (flags == TCP_SYN)
        take_syn(watch, packet, ts_us);
    else if (flags == (TCP_RST | TCP_ACK) && port_set_has(watch->ports, packet->tcp.src_port)) {
        const struct flow_key key = {packet->dst, packet->src, packet->tcp.dst_port, packet->tcp.src_port};
        const enum local_role role = role_of_key(watch, &key);
        if (role != LOCAL_ROLE_NONE)
            local_asks_soon(&watch->asks, &key, role, packet->interface, ts_us);
    }
}

/* ---- Attempts that wait ---- */

static uint32_t slow_parts(const struct case_file *file, const struct verdict *verdict)
{
    switch (verdict->stage) {
    case STAGE_NAME:
        return 0;
    case STAGE_NO_ANSWER:
        return LOCAL_PART_WAY_BACK;
    case STAGE_REFUSED:
        return LOCAL_PART_SERVICE | LOCAL_PART_SOCKETS;
    case STAGE_REJECTED:
        return 0;
    case STAGE_ACCEPTED:
        return file->attempt->answer && file->attempt->answer->connection
                   ? LOCAL_PART_ROOM | LOCAL_PART_SETTINGS | LOCAL_PART_LOG
                   : LOCAL_PART_WAY_BACK;
    case STAGE_BANNER:
    case STAGE_KEX:
    case STAGE_AUTH:
    case STAGE_SESSION:
        break;
    }
    return LOCAL_PART_LOG;
}

static struct waiting *free_place(struct local_watch *watch)
{
    for (unsigned i = 0; i < WAITING; i++)
        if (watch->waiting[i].until_us == 0)
            return &watch->waiting[i];
    return NULL;
}

static const struct local_sighting *answer_for(struct local_watch *watch, const struct case_file *file)
{
    return local_asks_answer(&watch->asks, &file->attempt->key, local_decided_us(file));
}

/* Of a failure, and of what the packets alone leave open. */
static bool is_worth_asking(const struct verdict *verdict)
{
    return cause_is_failure(verdict->cause) || verdict->cause == CAUSE_UNDETERMINED;
}

/* Has the machine asked about it. False: too many were, so that no answer will come. */
static bool ask_about(struct local_watch *watch, struct waiting *place, const struct verdict *verdict)
{
    const struct case_file *file = &place->kept.file;
    const struct flow_key *key = &file->attempt->key;
    const enum local_role role = local_role_of(file);
    const uint32_t interface = file->attempt->syn.interface;
    const uint32_t number = watch->last_number = watch->last_number % (UINT32_MAX / 2) + 1;
    const uint32_t parts = role == LOCAL_ROLE_TARGET ? slow_parts(file, verdict) : 0;
    const bool asked = local_asks_asked(&watch->asks, key, local_decided_us(file)) ||
                       local_asks_quick(&watch->asks, key, role, interface, wall_clock_us()) != 0;
    place->has_slow = false;
    place->number = parts != 0 && local_asks_slow(&watch->asks, key, interface, parts, number) ? number : 0;
    return asked || place->number != 0;
}

bool local_watch_keeps(struct local_watch *watch, const struct case_file *file, const struct verdict *verdict)
{
    if (watch == NULL || file->attempt->lookup != NULL)
        return false;
    const enum local_role role = local_role_of(file);
    watch->ours += role != LOCAL_ROLE_NONE;
    watch->others += role == LOCAL_ROLE_NONE;
    struct waiting *place = role != LOCAL_ROLE_NONE && is_worth_asking(verdict) ? free_place(watch) : NULL;
    if (place == NULL || !kept_case_take(&place->kept, file))
        return false;
    if (!ask_about(watch, place, verdict)) {
        kept_case_free(&place->kept);
        return false;
    }
    place->until_us = monotonic_us() + WAIT_US;
    watch->used++;
    return true;
}

/* Its own slow answer, and for what that does not speak of, what was said last. */
static const struct local_facts *slow_facts(struct local_watch *watch, struct waiting *w)
{
    const struct local_facts *general = &watch->asks.general;
    if (!w->has_slow)
        return general;
    if (w->slow.service.state == LOCAL_NOT_ASKED)
        w->slow.service = general->service;
    if (w->slow.settings.state == LOCAL_NOT_ASKED)
        w->slow.settings = general->settings;
    if (w->slow.sockets.state == LOCAL_NOT_ASKED)
        w->slow.sockets = general->sockets;
    return &w->slow;
}

static void hand_over(struct local_watch *watch, struct waiting *w)
{
    const struct local_heard heard = {
        .quick = answer_for(watch, &w->kept.file), .slow = slow_facts(watch, w), .syns = &watch->syns};
    local_judge(&w->kept.file, &heard, &watch->facts, &watch->evidence);
    w->kept.file.local = &watch->evidence;
    w->until_us = 0;
    watch->used--;
    watch->handler(watch->context, &w->kept.file);
    kept_case_free(&w->kept);
}

static void take_slow(struct local_watch *watch, uint32_t number)
{
    for (unsigned i = 0; i < WAITING; i++) {
        struct waiting *w = &watch->waiting[i];
        if (w->until_us == 0 || w->number != number)
            continue;
        w->slow = watch->asks.heard;
        w->has_slow = true;
        w->number = 0;
    }
}

/* An attempt without a packet: a rule of this machine stops its SYNs before they are captured. */
static void take_unsent(struct local_watch *watch)
{
    static const struct capture_facts capture = {.live = true, .memory_out_us = INT64_MIN};
    const int64_t now_us = wall_clock_us();
    const struct flow_key *key = &watch->asks.unsent.key;
    watch->asks.has_unsent = false;
    if (syn_log_has(&watch->syns, key) || role_of_key(watch, key) != LOCAL_ROLE_CLIENT)
        return; /* they do leave */
    const struct attempt attempt = {
        .key = *key, .facts = FACT_SSH_PORT, .syn = {.ts_us = now_us}, .last_syn_us = now_us, .last_us = now_us};
    struct case_file file = {.attempt = &attempt,
                             .capture = &capture,
                             .capturer = {.client = LOCALITY_HERE, .server = LOCALITY_ELSEWHERE},
                             .observed_until_us = now_us};
    struct local_sighting *seen = &watch->asks.unsent.seen;
    seen->walk.checked_us = now_us + 1000000; /* the socket is still there, so the rule holds now */
    const struct local_heard heard = {.quick = seen, .slow = &watch->asks.general, .syns = &watch->syns};
    local_judge(&file, &heard, &watch->facts, &watch->evidence);
    file.local = &watch->evidence;
    watch->ours++;
    watch->handler(watch->context, &file);
}

static void hear(struct local_watch *watch)
{
    uint32_t number;
    while (local_asks_hear(&watch->asks, wall_clock_us(), &number)) {
        if (number != 0)
            take_slow(watch, number);
        if (watch->asks.has_unsent)
            take_unsent(watch);
    }
}

static void hand_over_ready(struct local_watch *watch, bool all)
{
    const int64_t now_us = monotonic_us();
    for (unsigned i = 0; i < WAITING && watch->used > 0; i++) {
        struct waiting *w = &watch->waiting[i];
        if (w->until_us != 0 &&
            (all || now_us >= w->until_us || (w->number == 0 && answer_for(watch, &w->kept.file) != NULL)))
            hand_over(watch, w);
    }
}

void local_watch_advance(struct local_watch *watch)
{
    if (watch == NULL)
        return;
    hear(watch);
    if (watch->used > 0)
        hand_over_ready(watch, false);
}

void local_watch_finish(struct local_watch *watch)
{
    if (watch == NULL)
        return;
    const int64_t until_us = monotonic_us() + WAIT_US;
    while (watch->used > 0 && monotonic_us() < until_us) {
        struct pollfd wait[2] = {{.fd = watch->asks.quick.channel, .events = POLLIN},
                                 {.fd = watch->asks.slow.channel, .events = POLLIN}};
        (void)poll(wait, 2, 10);
        local_watch_advance(watch);
    }
    hand_over_ready(watch, true);
}

bool local_watch_is_lost(struct local_watch *watch)
{
    if (watch == NULL || !watch->asks.is_lost || watch->told_lost)
        return false;
    watch->told_lost = true;
    return true;
}

bool local_watch_saw_none(const struct local_watch *watch, uint64_t *others)
{
    *others = watch != NULL ? watch->others : 0;
    return watch != NULL && watch->ours == 0 && watch->others > 0;
}
