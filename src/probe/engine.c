/* One loop: probe packets go out at the rate, frames come in, and both go on until nothing more can be learned. */
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
#include "base/steady_clock.h"
#include "connections.h"
#include "os/descriptors.h"
#include "probe_packets.h"
#include "sender.h"
#include "sockets.h"
#include "sockets_probe.h"
#include "sweep.h"

#define WAIT_MS 2
/* How long an open port among all is waited for: it need not be SSH. */
#define SWEPT_BANNER_US 2000000

struct engine {
    const struct probe_options *options;
    struct probe_facts *facts;
    struct probe_route route;
    uint32_t scope;
    struct sender *sender;
    struct source *source;
    struct tracker *tracker;
    struct connections connections;
    struct sweep *sweep;     /* NULL: not asked for */
    struct banners *banners; /* of what the sweep finds */
    bool plan_over;          /* only the sweep goes on */
    bool patient;            /* fragments are on their way */
    uint16_t principal_port; /* whose attempt is the principal one; 0: a search for a neighbour that never answered */
    bool reported;
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
    bool held[DESCRIPTORS_HELD];
    descriptors_hold(held);
    e->source = source_open_live(&live, reason);
    descriptors_let_go(held);
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
    if (e->reported || !wanted || !address_equal(&a->key.server, &e->facts->target))
        return;
    e->reported = true;
    diagnose(file, e->passive);
    probe_judge(e->facts, e->passive, e->verdict);
    e->handler(e->context, e->facts, file, e->verdict, e->route.interface);
}

static bool is_wanted(void *context, const struct frame *frame, const struct packet *packet);

static bool open_tracker(struct engine *e)
{
    struct port_set ports;
    char text[8];
    snprintf(text, sizeof text, "%u", e->facts->port);
    if (!port_set_parse(&ports, text))
        return false;
    struct tracker_options options = {
        .ports = &ports, .local = &e->route.source, .local_count = 1, .wanted = is_wanted, .traces_itself = true};
    e->tracker = tracker_new(&options, on_case, e);
    return e->tracker != NULL;
}

/* ---- Receiving ---- */

/* Once the plan is through, its facts are what they are, however long the sweep may go on. */
static bool is_wanted(void *context, const struct frame *frame, const struct packet *packet)
{
    struct engine *e = context;
    if (sweep_take(e->sweep, packet) || e->plan_over)
        return false;
    if (match_packet(e->facts, packet)) {
        sweep_learn(e->sweep, frame, packet);
        sender_learn(e->sender, frame);
    }
    return true;
}

static bool receive(struct engine *e, char *error)
{
    enum { READS = 4 }; /* of at most 64 frames: then it is time to send again */
    for (unsigned i = 0; i < READS; i++) {
        switch (tracker_read(e->tracker, e->source)) {
        case TRACKER_GOES_ON:
            break;
        case TRACKER_IDLE:
        case TRACKER_END:
        case TRACKER_DISORDER:
            return true;
        case TRACKER_ERROR:
            snprintf(error, PROBE_ERROR_SIZE, "%.300s", source_error(e->source));
            return false;
        }
    }
    return true;
}

/* ---- All ports ---- */

/* Where answers are rationed, the sweep must not take them from the plan's questions; and of two that send, together
 * they may not send more than asked for. */
static bool may_sweep(const struct engine *e, int64_t now_us)
{
    return e->plan_over || (!e->options->sweep_last && plan_needs_no_icmp_error(e->facts, now_us));
}

static bool step_sweep(struct engine *e, int64_t now_us, char *error)
{
    if (e->sweep == NULL)
        return true;
    if (may_sweep(e, now_us) && !sweep_begin(e->sweep, plan_shortest_rtt(e->facts), error))
        return false;
    if (!sweep_step(e->sweep, error))
        return false;
    for (uint16_t port; (port = sweep_next_open(e->sweep)) != 0;)
        if (port != e->facts->port)
            banners_add(e->banners, port);
    if (!sweep_goes_first(e->sweep)) /* once it is over, the banners hide what the capture takes to close, too */
        (void)banners_step(e->banners, false, now_us);
    return true;
}

/* ---- The whole ---- */

/* Where the verdict would leave open what a minute's wait can settle. */
static bool fragments_are_pending(struct engine *e, int64_t now_us)
{
    if (!e->options->patient)
        return false;
    if (!e->patient) {
        probe_judge(e->facts, NULL, e->verdict);
        e->patient = e->verdict->patience_settles;
        if (e->patient)
            plan_add_fragments(e->facts, now_us);
    }
    return e->patient && !patience_done(e->facts, now_us);
}

static bool step_plan(struct engine *e, int64_t now_us)
{
    struct probe_facts *facts = e->facts;
    plan_grow(facts, now_us);
    connections_begin(&e->connections, e->banners);
    connections_look_elsewhere(&e->connections, now_us);
    bool connected = connections_step(&e->connections, steady_now_us());
    bool late = now_us - facts->started_us > e->options->deadline_us;
    if (late || (!connected && plan_done(facts, now_us) && !fragments_are_pending(e, now_us)))
        facts->ended_us = now_us;
    return facts->ended_us == 0;
}

static void *close_source(void *source)
{
    source_close(source);
    return NULL;
}

/* The kernel takes its time to close a capture: it does so while the last banners are on their way. */
static void finish_banners(struct engine *e)
{
    pthread_t closing;
    bool apart;
    if (e->banners == NULL)
        return;
    if (sweep_saw_loss(e->sweep))
        banners_expect_loss(e->banners);
    sweep_close(e->sweep);
    e->sweep = NULL;
    apart = pthread_create(&closing, NULL, close_source, e->source) == 0;
    if (apart)
        e->source = NULL;
    while (banners_step(e->banners, true, steady_now_us()))
        usleep(WAIT_MS * 1000);
    if (apart)
        pthread_join(closing, NULL);
}

static bool run(struct engine *e, char *error)
{
    struct probe_facts *facts = e->facts;
    facts->started_us = steady_now_us();
    plan_first(facts, facts->started_us);
    while (!e->plan_over || !sweep_is_over(e->sweep)) {
        int64_t now_us = steady_now_us();
        if (!e->plan_over)
            sender_send_due(e->sender, facts, e->options->rate);
        sender_ask_neighbour(e->sender, facts, now_us);
        if (!receive(e, error) || !step_sweep(e, now_us, error))
            return false;
        if (e->plan_over || step_plan(e, now_us))
            continue;
        if (!receive(e, error)) /* what the closed connections have left */
            return false;
        e->plan_over = true;
    }
    finish_banners(e);
    banners_merge(e->banners, facts);
    return true;
}

static uint16_t principal_port(const struct engine *e)
{
    static const enum probe_kind kinds[] = {ASK_MARKED, ASK_OTHER_MARK, ASK_PLAIN};
    const struct probe_facts *facts = e->facts;
    if (facts->banner_check.accepted)
        return e->connections.check_port;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const struct probe_packet *probe = probe_answered(facts, kinds[i]);
        if (probe != NULL)
            return probe->source_port;
    }
    return facts->packet[0].on_wire ? facts->packet[0].source_port : 0;
}

/* Where no packet of the probe was ever seen, there is still something to say. */
static void report_without_case(struct engine *e)
{
    struct capture_facts capture = {.first_us = e->facts->started_us, .last_us = e->facts->ended_us, .live = true};
    struct attempt attempt = {
        .key = {e->facts->source, e->facts->target, e->facts->packet[0].source_port, e->facts->port},
        .syn = {.ts_us = e->facts->started_us},
        .last_us = e->facts->ended_us,
        .syns = e->facts->packet[0].sends,
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
    connections_free(&e->connections);
    sender_close(e->sender);
    if (e->source != NULL)
        source_close(e->source);
    tracker_free(e->tracker);
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

/* Before anything is sent, and so before anything comes back. */
static bool give_up_rights(const struct engine *e, char *error)
{
    int capture = e->source != NULL ? source_descriptor(e->source) : -1;
    return e->options->opened == NULL || e->options->opened(e->options->opened_context, capture, error);
}

static bool work(struct engine *e, char *error)
{
    bool denied = false;
    if (!e->options->no_privilege) {
        e->sender = sender_open(&e->route, &e->facts->target, e->scope, &denied, error);
        if (e->sender == NULL && !denied)
            return false;
    }
    if (e->options->sweep != NULL && !open_sweep(e, error))
        return false;
    e->facts->sockets_only = e->sender == NULL;
    if (e->facts->sockets_only) {
        if (!give_up_rights(e, error))
            return false;
        sockets_probe(e->facts, e->scope, e->options);
        probe_hops(e->facts);
        report_without_case(e);
        return true;
    }
    if (!open_source(e, error) || !open_tracker(e))
        return false;
    if (!give_up_rights(e, error) || !run(e, error))
        return false;
    probe_hops(e->facts);
    e->principal_port = principal_port(e);
    tracker_finish(e->tracker, false);
    if (!e->reported)
        report_without_case(e);
    return true;
}

/* A client without a route needs no packets to be told so; what else may be wrong with the way is an error. */
static bool report_no_route(struct engine *e, const char *error)
{
    struct capture_facts capture = {.live = true};
    struct attempt attempt = {.key = {e->facts->source, e->facts->target, 0, e->facts->port}, .facts = FACT_NO_SYN};
    struct case_file file = {.attempt = &attempt, .capture = &capture};
    if (!route_is_missing(errno))
        return false;
    if (address_is_ipv4(&e->facts->target))
        attempt.key.client = address_from_ipv4("\0\0\0\0");
    attempt.syn.ts_us = attempt.last_us = e->facts->started_us = e->facts->ended_us = steady_now_us();
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
        ok = report_no_route(&e, error);
    else if (ok) {
        e.facts->source = e.route.source;
        e.facts->near = e.route.near;
        e.facts->local = e.route.local;
        e.facts->base_port = plan_base_port(options);
        e.connections = (struct connections){
            .facts = e.facts, .scope = scope, .banner_us = options->banner_us, .other_ways = e.route.others};
        ok = work(&e, error);
    }
    release(&e);
    return ok;
}
