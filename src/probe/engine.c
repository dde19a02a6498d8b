/* One loop: shots go out at the rate, frames come in, and both go on until nothing more can be learned. */
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sshsniff/capture.h>
#include <sshsniff/packet.h>
#include <sshsniff/tracker.h>

#include "banners.h"
#include "craft.h"
#include "probe_packets.h"
#include "sockets.h"
#include "sockets_probe.h"
#include "sweep.h"
#include "talk.h"

#define WAIT_MS       2
#define ASK_KERNEL_US 900000
/* How long an open port among all is waited for: it need not be SSH. */
#define SWEPT_BANNER_US 2000000

struct engine {
    const struct probe_options *options;
    struct probe_facts *facts;
    struct probe_route route;
    uint32_t scope;
    struct sender *sender;
    struct source *source;
    struct decoder *decoder;
    struct tracker *tracker;
    struct talk *talk[PLAN_TALKS];
    unsigned talks;
    struct sweep *sweep;     /* NULL: not asked for */
    struct banners *banners; /* of what the sweep finds */
    bool asked;              /* the plan is through: only the sweep goes on */
    bool banner_check_begun;
    bool patient;               /* fragments are on their way */
    uint16_t banner_check_port; /* the local port of that connection */
    int64_t token_us;           /* the next packet may leave then */
    uint16_t principal_port; /* whose attempt is the principal one; 0: a search for a neighbour that never answered */
    bool told;
    probe_handler handler;
    void *context;
    struct verdict *passive;
    struct probe_verdict *verdict;
};

static bool open_source(struct engine *e, char *error)
{
    char text[ADDRESS_TEXT_SIZE], own[80] = "", filter[256], reason[SOURCE_ERROR_SIZE];
    unsigned port = e->sweep != NULL ? sweep_first_port(e->sweep) : 0, last = port + SWEEP_PORTS - 1;
    if (port != 0) /* 65,535 SYNs on their way out would fill the buffer, and say nothing */
        snprintf(own, sizeof own, " and (dst portrange %u-%u or not src portrange %u-%u)", port, last, port, last);
    snprintf(filter, sizeof filter, "(tcp and host %s%s) or icmp or icmp6 or arp",
             address_text(&e->facts->target, text), own);
    struct live_options live = {
        .interface = e->route.interface,
        .filter = filter,
        .snaplen = 512,
        .no_promiscuous = true,
        .read_timeout_ms = WAIT_MS,
        .hold_back_ms = WAIT_MS,
        .buffer_bytes = e->sweep != NULL ? 12 << 20 : 4 << 20,
    };
    e->source = source_open_live(&live, reason);
    if (e->source == NULL)
        snprintf(error, PROBE_ERROR_SIZE, "%.300s", reason);
    return e->source != NULL;
}

/* The tracker's handler: of all that the probe caused, one attempt is the one that the verdict is about. */
static void on_case(void *context, const struct case_file *file)
{
    struct engine *e = context;
    const struct attempt *a = file->attempt;
    bool wanted = a->lookup == NULL ? a->key.client_port == e->principal_port && e->principal_port != 0
                                    : e->principal_port == 0 && a->lookup->name[0] == '\0';
    if (e->told || !wanted || !address_equal(&a->key.server, &e->facts->target))
        return;
    e->told = true;
    diagnose(file, e->passive);
    probe_judge(e->facts, e->passive, e->verdict);
    e->handler(e->context, e->facts, file, e->verdict, e->route.interface);
}

static bool open_tracker(struct engine *e)
{
    struct port_set ports;
    char text[8];
    snprintf(text, sizeof text, "%u", e->facts->port);
    if (!port_set_parse(&ports, text))
        return false;
    struct tracker_options options = {
        .ports = &ports, .local = &e->route.source, .local_count = 1, .traces_itself = true};
    e->tracker = tracker_new(&options, on_case, e);
    e->decoder = decoder_new();
    return e->tracker != NULL && e->decoder != NULL;
}

/* ---- Sending ---- */

static struct probe_packet *next_due(struct probe_facts *facts, int64_t now_us)
{
    struct probe_packet *best = NULL;
    for (unsigned i = 0; i < facts->packets; i++) {
        struct probe_packet *probe_packet = &facts->probe_packet[i];
        if (probe_packet->reply.kind != REPLY_NONE || probe_packet->sends >= probe_packet->max_sends ||
            probe_packet->next_us > now_us)
            continue;
        if (best == NULL || probe_packet->next_us < best->next_us)
            best = probe_packet;
    }
    return best;
}

static unsigned host_hop_so_far(const struct probe_facts *facts)
{
    unsigned hop = 0;
    for (unsigned i = 0; i < facts->packets; i++) {
        const struct probe_packet *probe_packet = &facts->probe_packet[i];
        bool sweep = probe_packet->kind == ASK_CONTROL_SWEEP || probe_packet->kind == ASK_PING_SWEEP;
        if (sweep && reply_is_targets(facts, &probe_packet->reply) && (hop == 0 || probe_packet->ttl < hop))
            hop = probe_packet->ttl;
    }
    return hop;
}

static void fire(struct engine *e, struct probe_packet *probe_packet, int64_t now_us)
{
    struct probe_facts *facts = e->facts;
    if (!sender_send(e->sender, probe_packet, (unsigned)(probe_packet - facts->probe_packet), host_hop_so_far(facts)) &&
        errno != ENOBUFS)
        facts->send_error = errno;
    if (probe_packet->sends++ == 0)
        probe_packet->first_us = now_us;
    probe_packet->last_us = now_us;
    probe_packet->next_us = now_us + probe_style(probe_packet->kind)->again_ms * INT64_C(1000);
    facts->packets_sent++;
}

static void fire_due(struct engine *e)
{
    int64_t now_us = probe_now_us(), gap_us = 1000000 / (int64_t)e->options->rate;
    struct probe_packet *probe_packet;
    if (e->token_us < now_us - 2 * WAIT_MS * 1000) /* a late turn may catch up, a long pause may not */
        e->token_us = now_us - 2 * WAIT_MS * 1000;
    while (e->token_us <= now_us && (probe_packet = next_due(e->facts, now_us)) != NULL) {
        fire(e, probe_packet, now_us);
        e->token_us += gap_us;
    }
}

/* ---- Receiving ---- */

/* Once the plan is through, its facts are what they are, however long the sweep may go on. */
static void take(struct engine *e, const struct frame *frame, const struct packet *packet)
{
    if (sweep_take(e->sweep, packet) || e->asked)
        return;
    if (match_packet(e->facts, packet)) {
        sweep_learn(e->sweep, frame, packet, source_descriptor(e->source));
        sender_learn(e->sender, frame, source_descriptor(e->source));
    }
    (void)tracker_packet(e->tracker, packet);
}

static bool receive(struct engine *e, char *error)
{
    struct frame frame;
    struct packet packet;
    for (unsigned i = 0; i < 256; i++) {
        switch (source_next(e->source, &frame)) {
        case SOURCE_FRAME:
            if (decode_frame(e->decoder, &frame, &packet) != DECODE_UNKNOWN_LINKTYPE)
                take(e, &frame, &packet);
            break;
        case SOURCE_IDLE:
        case SOURCE_END:
            return true;
        case SOURCE_ERROR:
            snprintf(error, PROBE_ERROR_SIZE, "%.300s", source_error(e->source));
            return false;
        }
    }
    return true;
}

/* ---- Connections ---- */

/* Returns the local port; 0 where there is no connection. */
static uint16_t begin_talk(struct engine *e, uint16_t port, struct probe_service *service)
{
    struct talk *talk = e->talks < PLAN_TALKS ? calloc(1, sizeof *talk) : NULL;
    if (talk == NULL)
        return 0;
    uint16_t local = (uint16_t)(e->facts->base_port + PROBE_PACKETS + e->talks);
    if (talk_start(talk, &e->facts->target, e->scope, port, local, e->options->banner_us, service, probe_now_us())) {
        e->talk[e->talks++] = talk;
        return talk->local_port;
    }
    free(talk);
    return 0;
}

static bool has_service(const struct probe_facts *facts, uint16_t port)
{
    for (unsigned i = 0; i < facts->services; i++)
        if (facts->service[i].port == port)
            return true;
    return false;
}

static void begin_talks(struct engine *e)
{
    struct probe_facts *facts = e->facts;
    for (unsigned i = 0; i < facts->packets; i++) {
        const struct probe_packet *probe_packet = &facts->probe_packet[i];
        if (probe_packet->reply.kind != REPLY_SYNACK)
            continue;
        if (probe_packet->port == facts->port && probe_packet->kind <= ASK_PLAIN && !e->banner_check_begun) {
            e->banner_check_begun = true;
            e->banner_check_port = begin_talk(e, facts->port, &facts->banner_check);
        } else if (probe_packet->kind == ASK_OTHER_PORT && e->banners != NULL)
            banners_add(e->banners, probe_packet->port);
        else if (probe_packet->kind == ASK_OTHER_PORT && !has_service(facts, probe_packet->port) &&
                 facts->services < PROBE_SERVICES)
            (void)begin_talk(e, probe_packet->port, &facts->service[facts->services++]);
    }
}

/* Where answers may come in by another interface, the kernel knows of them though the capture does not. */
static void ask_the_kernel(struct engine *e, int64_t now_us)
{
    struct probe_facts *facts = e->facts;
    if (!e->banner_check_begun && e->route.others && !facts->near && now_us - facts->started_us > ASK_KERNEL_US &&
        !plan_heard_target(facts)) {
        e->banner_check_begun = true;
        e->banner_check_port = begin_talk(e, facts->port, &facts->banner_check);
    }
    facts->elsewhere = (facts->banner_check.accepted || facts->banner_check.refused) && !plan_heard_target(facts);
}

static bool step_talks(struct engine *e)
{
    bool active = false;
    for (unsigned i = 0; i < e->talks; i++)
        active |= talk_step(e->talk[i], probe_now_us());
    return active;
}

/* ---- All ports ---- */

/* Where answers are rationed, the sweep must not take them from the plan's questions; and of two that send, together
 * they may not send more than asked for. */
static bool may_sweep(const struct engine *e, int64_t now_us)
{
    return e->asked || (!e->options->sweep_last && plan_leaves_room(e->facts, now_us));
}

static bool step_sweep(struct engine *e, int64_t now_us, char *error)
{
    if (e->sweep == NULL)
        return true;
    if (may_sweep(e, now_us) && !sweep_begin(e->sweep, plan_shortest_trip(e->facts), error))
        return false;
    if (!sweep_step(e->sweep, error))
        return false;
    for (uint16_t port; (port = sweep_next_open(e->sweep)) != 0;)
        if (port != e->facts->port)
            banners_add(e->banners, port);
    if (!sweep_has_the_floor(e->sweep)) /* once it is over, the banners hide what the capture takes to close, too */
        (void)banners_step(e->banners, false, now_us);
    return true;
}

/* ---- The whole ---- */

/* Where the verdict would leave open what a minute's wait can settle. */
static bool has_patience(struct engine *e, int64_t now_us)
{
    if (!e->options->patient)
        return false;
    if (!e->patient) {
        probe_judge(e->facts, NULL, e->verdict);
        e->patient = e->verdict->patience_settles;
        if (e->patient)
            plan_be_patient(e->facts, now_us);
    }
    return e->patient && !plan_fragments_done(e->facts, now_us);
}

static bool step_plan(struct engine *e, int64_t now_us)
{
    struct probe_facts *facts = e->facts;
    plan_grow(facts, now_us);
    begin_talks(e);
    ask_the_kernel(e, now_us);
    bool talking = step_talks(e);
    bool late = now_us - facts->started_us > e->options->deadline_us;
    if (late || (!talking && plan_done(facts, now_us) && !has_patience(e, now_us)))
        facts->ended_us = now_us;
    return facts->ended_us == 0;
}

static void *put_away(void *source)
{
    source_close(source);
    return NULL;
}

/* The kernel takes its time to close a capture: it does so while the last banners are on their way. */
static void hear_the_rest(struct engine *e)
{
    pthread_t closing;
    bool apart;
    if (e->banners == NULL)
        return;
    if (sweep_saw_loss(e->sweep))
        banners_distrust(e->banners);
    sweep_close(e->sweep);
    e->sweep = NULL;
    apart = pthread_create(&closing, NULL, put_away, e->source) == 0;
    if (apart)
        e->source = NULL;
    while (banners_step(e->banners, true, probe_now_us()))
        usleep(WAIT_MS * 1000);
    if (apart)
        pthread_join(closing, NULL);
}

static bool run(struct engine *e, char *error)
{
    struct probe_facts *facts = e->facts;
    facts->started_us = probe_now_us();
    plan_first(facts, facts->started_us);
    while (!e->asked || !sweep_is_over(e->sweep)) {
        int64_t now_us = probe_now_us();
        if (!e->asked)
            fire_due(e);
        if (!receive(e, error) || !step_sweep(e, now_us, error))
            return false;
        if (e->asked || step_plan(e, now_us))
            continue;
        if (!receive(e, error)) /* what the closed connections have left */
            return false;
        e->asked = true;
    }
    hear_the_rest(e);
    banners_merge(e->banners, facts);
    return true;
}

static uint16_t principal_port(const struct engine *e)
{
    static const enum probe_kind kinds[] = {ASK_MARKED, ASK_OTHER_MARK, ASK_PLAIN};
    const struct probe_facts *facts = e->facts;
    if (facts->banner_check.accepted)
        return e->banner_check_port;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const struct probe_packet *probe_packet = probe_answered(facts, kinds[i]);
        if (probe_packet != NULL)
            return probe_packet->source_port;
    }
    return facts->probe_packet[0].on_wire ? facts->probe_packet[0].source_port : 0;
}

/* Where no packet of the probe was ever seen, there is still something to say. */
static void report_without_case(struct engine *e)
{
    struct capture_facts capture = {.first_us = e->facts->started_us, .last_us = e->facts->ended_us, .live = true};
    struct attempt attempt = {
        .key = {e->facts->source, e->facts->target, e->facts->probe_packet[0].source_port, e->facts->port},
        .syn = {.ts_us = e->facts->started_us},
        .last_us = e->facts->ended_us,
        .syns = e->facts->probe_packet[0].sends,
    };
    struct case_file file = {.attempt = &attempt, .capture = &capture, .observed_until_us = e->facts->ended_us};
    probe_judge(e->facts, NULL, e->verdict);
    e->handler(e->context, e->facts, &file, e->verdict, e->route.interface);
}

static bool allocate(struct engine *e, char *error)
{
    e->facts = calloc(1, sizeof *e->facts);
    e->passive = calloc(1, sizeof *e->passive);
    e->verdict = calloc(1, sizeof *e->verdict);
    if (e->facts == NULL || e->passive == NULL || e->verdict == NULL)
        snprintf(error, PROBE_ERROR_SIZE, "out of memory");
    return e->facts != NULL && e->passive != NULL && e->verdict != NULL;
}

static void release(struct engine *e)
{
    sweep_close(e->sweep);
    banners_free(e->banners);
    for (unsigned i = 0; i < e->talks; i++)
        free(e->talk[i]);
    sender_close(e->sender);
    if (e->source != NULL)
        source_close(e->source);
    tracker_free(e->tracker);
    decoder_free(e->decoder);
    free(e->facts);
    free(e->passive);
    free(e->verdict);
}

static bool open_sweep(struct engine *e, char *error)
{
    if (e->options->no_privilege) {
        snprintf(error, PROBE_ERROR_SIZE,
                 "--all-ports needs a raw socket, and --sockets rules it out; give one of them");
        return false;
    }
    e->banners = banners_new(&e->facts->target, e->scope, SWEPT_BANNER_US);
    e->sweep = sweep_open(&e->facts->target, e->scope, &e->route, e->options->sweep_rate, e->options->sweep, error);
    return e->banners != NULL && e->sweep != NULL;
}

static bool work(struct engine *e, char *error)
{
    bool denied = false;
    if (!e->options->no_privilege) {
        e->sender = sender_open(&e->facts->source, &e->facts->target, e->scope, &denied, error);
        if (e->sender == NULL && !denied)
            return false;
    }
    if (e->options->sweep != NULL && !open_sweep(e, error))
        return false;
    e->facts->sockets_only = e->sender == NULL;
    if (e->facts->sockets_only) {
        sockets_probe(e->facts, e->scope, e->options);
        probe_hops(e->facts);
        report_without_case(e);
        return true;
    }
    if (!open_source(e, error) || !open_tracker(e))
        return false;
    if ((e->options->opened != NULL && !e->options->opened(error)) || !run(e, error))
        return false;
    probe_hops(e->facts);
    e->principal_port = principal_port(e);
    tracker_finish(e->tracker, false);
    if (!e->told)
        report_without_case(e);
    return true;
}

/* A client without a route needs no packets to be told so; what else may be wrong with the way is an error. */
static bool tell_no_route(struct engine *e, const char *error)
{
    struct capture_facts capture = {.live = true};
    struct attempt attempt = {.key = {e->facts->source, e->facts->target, 0, e->facts->port}, .facts = FACT_NO_SYN};
    struct case_file file = {.attempt = &attempt, .capture = &capture};
    if (!route_is_missing(errno))
        return false;
    if (address_is_ipv4(&e->facts->target))
        attempt.key.client = address_from_ipv4("\0\0\0\0");
    attempt.syn.ts_us = attempt.last_us = e->facts->started_us = e->facts->ended_us = probe_now_us();
    e->verdict->verdict = (struct verdict){.cause = CAUSE_NETWORK_UNREACHABLE,
                                           .where = WHERE_CLIENT,
                                           .confidence = 0.99,
                                           .where_confidence = 0.99,
                                           .stage = STAGE_NO_ANSWER};
    snprintf(e->verdict->note, sizeof e->verdict->note, "%.255s", error);
    e->handler(e->context, e->facts, &file, e->verdict, "none");
    return true;
}

bool probe_run(const struct address *target, uint32_t scope, uint16_t port, const struct probe_options *options,
               probe_handler handler, void *context, char error[PROBE_ERROR_SIZE])
{
    struct engine e = {.options = options, .scope = scope, .handler = handler, .context = context};
    char text[ADDRESS_TEXT_SIZE];
    const char *refused = probe_refuses(target);
    error[0] = '\0';
    if (refused != NULL) {
        snprintf(error, PROBE_ERROR_SIZE, "%s: %s; give one host", address_text(target, text), refused);
        return false;
    }
    bool ok = allocate(&e, error);
    if (ok) {
        e.facts->target = *target;
        e.facts->port = port;
    }
    if (ok && !probe_route_find(target, scope, &e.route, error))
        ok = tell_no_route(&e, error);
    else if (ok) {
        e.facts->source = e.route.source;
        e.facts->near = e.route.near;
        e.facts->local = e.route.local;
        e.facts->base_port = plan_base_port(options);
        ok = work(&e, error);
    }
    release(&e);
    return ok;
}
