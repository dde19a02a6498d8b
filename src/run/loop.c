#include "loop.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/steady_clock.h"
#include "periodic.h"
#include "report/utf8.h"
#include "telling.h"

static void on_other_port(void *context, enum other_port_news news, uint16_t port, int64_t ts_us)
{
    struct watch *watch = context;
    if (!watched_ports_note(watch->watched, news, port, ts_us))
        return;
    tracker_watch_port(watch->tracker, port);
    if (!watch->asked.verbose)
        return;
    watch_clear_status(watch);
    fprintf(stderr, "sshsniff: an SSH server speaks on port %u: watched from now on\n", port);
}

static void unknown_linktype(struct watch *watch, int linktype)
{
    char text[SOURCE_ERROR_SIZE], names[SOURCE_ERROR_SIZE / 2];
    const char *name = source_linktype_name(linktype);
    if (watch->odd_linktype == linktype)
        return;
    watch->odd_linktype = linktype;
    decode_linktype_names(names, sizeof names);
    snprintf(text, sizeof text, "%.150s: cannot read link type %d (%s); what is read: %s", watch->source_name, linktype,
             name != NULL ? name : "unknown", names);
    watch_complain(watch, text);
}

/* No trouble of ours, so the exit status stays; but who wonders where the attempts are should know. */
static void protected_frame(struct watch *watch)
{
    char name[SOURCE_ERROR_SIZE];
    if (watch->protected_reported)
        return;
    watch_clear_status(watch);
    snprintf(name, sizeof name, "%.300s", watch->source_name);
    utf8_make_safe(name);
    fprintf(stderr,
            "sshsniff: %s: encrypted 802.11 frames are not read: capture on the client's own interface, or decrypt "
            "them first (airdecap-ng)\n",
            name);
    watch->protected_reported = true;
}

static void on_protected(void *context)
{
    protected_frame(context);
}

static void on_unknown_linktype(void *context, int linktype)
{
    unknown_linktype(context, linktype);
}

static void save(void *context, const struct frame *frame)
{
    struct watch *watch = context;
    char error[SOURCE_ERROR_SIZE];
    if (!saving_frame(&watch->saving, frame, watch->asked.snaplen, error))
        watch_complain(watch, error);
}

/* Packets of our own probes, and about them, are no attempts of anybody's. */
static bool is_wanted(void *context, const struct frame *frame, const struct packet *packet)
{
    const struct watch *watch = context;
    if (confirm_is_own(watch->confirm, packet))
        return false;
    local_watch_packet(watch->local_watch, packet, frame->ts_us);
    return true;
}

static void advance_capture(struct watch *watch, int64_t now_us)
{
    char error[SOURCE_ERROR_SIZE];
    if (watch->live && !saving_advance(&watch->saving, now_us, error))
        watch_complain(watch, error);
    if (saving_has_lost_reader(&watch->saving))
        watch_stop_running();
}

/* Not for each verdict: under a flood there are many in one go. */
static void on_advanced(void *context, int64_t now_us)
{
    struct watch *watch = context;
    if (watch->live)
        watch->advanced_us = now_us;
    rate_limit_report(watch->rate_limit, now_us, false, watch->report, watch->source_name);
    if (watch->fold != NULL)
        fold_advance(watch->fold, now_us);
    confirm_look(watch->confirm);
    advance_capture(watch, now_us);
    report_flush(watch->report);
    watch_look_for_reader(watch);
}

/* While frames wait to be read, their own time is the time: the wall clock may be ahead of an answer that is still in
 * the kernel's ring. */
static int64_t idle_time(const struct watch *watch, const struct source *source)
{
    return watch->follows ? source_silent_until(source) : steady_now_us() - READ_TIMEOUT_MS * 1000;
}

static void tell_loss(struct watch *watch, struct source *source)
{
    char text[SOURCE_ERROR_SIZE];
    source_take_loss(source, text);
    if (text[0] != '\0')
        watch_complain(watch, text);
}

static void on_idle(struct watch *watch, struct source *source)
{
    const int64_t now_us = idle_time(watch, source);
    if (watch->follows)
        tell_loss(watch, source);
    if (now_us == INT64_MIN)
        return;
    tracker_advance(watch->tracker, now_us);
    on_advanced(watch, now_us);
}

static void add_totals(struct watch *watch, struct source *source)
{
    struct source_stats stats;
    struct tracker_stats tracked;
    source_stats(source, &stats);
    tracker_stats(watch->tracker, &tracked);
    watch->totals.frames += stats.frames_read;
    watch->totals.undecodable += tracked.undecodable;
    watch->totals.kernel_dropped += stats.kernel_dropped;
    watch->totals.lines_passed_over += stats.lines_passed_over;
    watch->totals.interface_dropped += stats.interface_dropped;
    watch->totals.evicted += tracked.evicted;
    other_lookups_add(&watch->totals.other_lookups, tracker_other_lookups(watch->tracker));
}

/* Between a few frames and the next: what follows a banner comes within milliseconds. */
static void refresh_ports(struct watch *watch, struct source *source)
{
    struct port_set ports;
    if (watch->watched && watched_ports_filter(watch->watched, steady_now_us(), &ports))
        watch->set_ports(watch, source, &ports);
}

static void note_frames(struct watch *watch, struct source *source)
{
    struct source_stats stats;
    source_stats(source, &stats);
    watch->frames_left -= stats.frames < watch->frames_left ? stats.frames : watch->frames_left;
}

static bool is_enough(const struct watch *watch)
{
    return watch_is_stopped() || (watch->asked.count > 0 && watch->frames_left == 0);
}

/* The next frame with other names in it; those that cannot be cleaned are left out. */
static enum source_result next_anonymous(struct watch *watch, struct source *source, struct frame *out)
{
    struct frame frame;
    enum source_result result;
    while ((result = source_next(source, &frame)) == SOURCE_FRAME && !watch_is_stopped()) {
        if (anonymous_frame(watch->anonymous, &frame, out))
            return SOURCE_FRAME;
        watch->totals.left_out++;
    }
    return watch_is_stopped() ? SOURCE_END : result;
}

static enum tracker_result read_anonymous(struct watch *watch, struct source *source)
{
    struct frame frame;
    const enum source_result result = next_anonymous(watch, source, &frame);
    if (result == SOURCE_FRAME)
        return tracker_frames(watch->tracker, &frame, 1);
    return result == SOURCE_ERROR ? TRACKER_ERROR : TRACKER_END;
}

static enum tracker_result read_frames(struct watch *watch, struct source *source)
{
    enum tracker_result result = TRACKER_GOES_ON;
    watch_running(source);
    while (!is_enough(watch) && (result == TRACKER_GOES_ON || result == TRACKER_IDLE)) {
        result = watch->anonymous != NULL ? read_anonymous(watch, source) : tracker_read(watch->tracker, source);
        if (result == TRACKER_IDLE)
            on_idle(watch, source);
        local_watch_advance(watch->local_watch);
        if (local_watch_is_lost(watch->local_watch))
            watch_complain(watch, "--local: a process that looks at this machine has ended: from now on the packets "
                                  "alone tell; start anew");
        refresh_ports(watch, source);
        periodic(watch, source);
    }
    watch_clear_status(watch);
    watch_running(NULL);
    note_frames(watch, source);
    if (result == TRACKER_ERROR)
        watch_complain(watch, source_error(source));
    return result;
}

static void take_sorted(struct watch *watch, const struct sorted_frames *sorted)
{
    enum { AT_ONCE = 64 };
    struct frame frame;
    for (size_t i = 0; watch->anonymous != NULL && i < sorted->count && !watch_is_stopped(); i++)
        if (!anonymous_frame(watch->anonymous, &sorted->frame[i], &frame))
            watch->totals.left_out++;
        else if (tracker_frames(watch->tracker, &frame, 1) != TRACKER_GOES_ON)
            return;
    for (size_t i = 0; watch->anonymous == NULL && i < sorted->count && !watch_is_stopped(); i += AT_ONCE) {
        const size_t left = sorted->count - i;
        if (tracker_frames(watch->tracker, sorted->frame + i, left < AT_ONCE ? left : AT_ONCE) != TRACKER_GOES_ON)
            break;
    }
}

static bool may_use_cache(const struct watch *watch)
{
    return (watch->asked.quiet || report_has_templates(watch->report) || watch->live || watch->filters) &&
           !watch->confirm && !watch->saving.commented && !watch->saving.selects && /* each is told of in the capture */
           !watch->local_watch; /* what the machine says is in no key */
}

static struct tracker *make_tracker(struct watch *watch, struct source *source)
{
    struct source_stats stats;
    source_stats(source, &stats);
    struct tracker_options options = {
        .ports = watch->watched ? &watch->watched->ports : watch->asked.ports,
        .other_port = watch->watched ? on_other_port : NULL,
        .live = watch->live,
        .local = watch->local,
        .local_count = watch->local_count,
        .max_memory = watch->asked.max_memory ? watch->asked.max_memory - MEMORY_BESIDE_TABLES -
                                                    watch->asked.page_bytes - watch->saving.held_bytes
                                              : 0,
        .snaplen = watch->live && !watch->follows ? watch->asked.snaplen : stats.snaplen,
        .most_frames = watch->frames_left,
        .max_disorder_us = watch->may_sort ? DISORDER_US : 0,
        .known = may_use_cache(watch) ? telling_known : NULL,
        .wanted = watch->confirm || watch->local_watch ? is_wanted : NULL,
        .belongs = watch->saving.path ? save : NULL,
        .unknown_linktype = on_unknown_linktype,
        .protected_frame = on_protected,
        .advanced = on_advanced,
        .trails = report_wants_trails(watch->report),
        .chunk_size = watch->chunk_size,
    };
    saving_source(&watch->saving, watch->source_name, watch->live && !watch->follows, options.snaplen);
    telling_begin(watch, watch->local, watch->local_count);
    return tracker_new(&options, telling_case, watch);
}

static void complain_of_memory(struct watch *watch)
{
    char text[SOURCE_ERROR_SIZE];
    if (watch->disordered || !tracker_memory_was_out(watch->tracker))
        return;
    snprintf(text, sizeof text, "%.300s: memory was out for a while: attempts may be missing, or lack what was seen",
             watch->source_name);
    watch_complain(watch, text);
}

static void end_capture(struct watch *watch)
{
    char error[SOURCE_ERROR_SIZE];
    if (!saving_source_ended(&watch->saving, error))
        watch_complain(watch, error);
}

static void finish(struct watch *watch, struct source *source)
{
    if (!watch->disordered)
        tracker_finish(watch->tracker, source_error(source)[0] != '\0');
    local_watch_finish(watch->local_watch);
    end_capture(watch);
    rate_limit_report(watch->rate_limit, 0, true, watch->report, watch->source_name);
    telling_end(watch);
    if (!watch->disordered) {
        tracker_hosts(watch->tracker, telling_host, watch);
        complain_of_memory(watch);
        add_totals(watch, source);
    }
}

void watch_source(struct watch *watch, struct source *source, const struct sorted_frames *sorted)
{
    watch->rate_limit->most = watch->asked.flood;
    watch->heartbeat = (struct heartbeat){.every_us = (int64_t)watch->asked.heartbeat_s * 1000000};
    verdict_cache_clear(watch->cache); /* its templates name their source */
    watch->source_name = source_name(source);
    watch->odd_linktype = -1;
    watch->protected_reported = false;
    watch->disordered = false;
    watch->advanced_us = 0;
    watch->shown.begun = false;
    watch->totals.filtered = watch->filters;
    watch->tracker = make_tracker(watch, source);
    if (watch->tracker == NULL) {
        watch_complain(watch, "out of memory");
        telling_end(watch);
        return;
    }
    watch->opened = true;
    local_watch_begin(watch->local_watch, watch->local, watch->local_count,
                      watch->watched ? &watch->watched->ports : watch->asked.ports, watch->interface, telling_local,
                      watch);
    if (sorted)
        take_sorted(watch, sorted);
    else
        watch->disordered = read_frames(watch, source) == TRACKER_DISORDER;
    finish(watch, source);
    tracker_free(watch->tracker);
    watch->tracker = NULL;
}
