#include "loop.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <sshsniff/source_names.h>

#include "base/clock.h"
#include "base/steady_clock.h"
#include "report/moment.h"
#include "report/utf8.h"

static struct source *volatile running; /* for the signal handler */
static volatile sig_atomic_t stop_asked;

static void on_signal(int number)
{
    (void)number;
    stop_asked = 1;
    if (running != NULL)
        source_stop(running);
}

void watch_handle_signals(void)
{
    struct sigaction stop = {.sa_handler = on_signal};
    struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGTERM, &stop, NULL);
    /* The login by which it was started may be lost: what was found is not. nohup means that it goes on. */
    if (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
        sigaction(SIGHUP, &stop, NULL);
    sigaction(SIGPIPE, &ignore, NULL); /* `| head` must not cost the capture of -w its end */
}

bool watch_is_stopped(void)
{
    return stop_asked != 0;
}

void watch_clear_status(struct watch *watch)
{
    status_line_clear(&watch->status);
}

void watch_complain(struct watch *watch, const char *text)
{
    watch_clear_status(watch);
    char safe[SOURCE_ERROR_SIZE];
    snprintf(safe, sizeof safe, "%s", text);
    utf8_make_safe(safe);
    fprintf(stderr, "sshsniff: %s\n", safe);
    watch->trouble = true;
}

bool watch_reader_has_left(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
    return ferror(stdout) && poll(&out, 1, 0) == 1 && (out.revents & POLLERR) != 0;
}

static void look_for_reader(struct watch *watch)
{
    if (ferror(stdout) && running != NULL) {
        watch->reader_gone = true;
        source_stop(running);
    }
}

static void on_fold(void *context, const struct folded_attempts *folded)
{
    struct watch *watch = context;
    struct folded_attempts named = *folded;
    named.source = watch->source_name;
    report_fold(watch->report, &named);
    look_for_reader(watch);
}

/* From a file all verdicts come at its end: then an attempt's own time has to do. */
static int64_t verdict_time(const struct watch *watch, int64_t last_us)
{
    return watch->advanced_us > last_us ? watch->advanced_us : last_us;
}

/* True where a line will tell of it together with others. */
static bool folds(struct watch *watch, const struct attempt *attempt, enum cause cause)
{
    if (watch->fold == NULL)
        return false;
    const int64_t last_us = attempt->lookup != NULL ? attempt->lookup->last_us : attempt->last_us;
    const struct fold_item item = fold_item_of_attempt(attempt, cause, verdict_time(watch, last_us));
    return fold_takes(watch->fold, &item);
}

static bool goes_on_with_fold(struct watch *watch, const struct attempt_summary *summary, enum cause cause)
{
    if (watch->fold == NULL)
        return false;
    const struct fold_item item = fold_item_of_summary(summary, cause, verdict_time(watch, summary->last_us));
    return fold_goes_on(watch->fold, &item);
}

static void begin_fold(struct watch *watch, const struct address *local, size_t local_count)
{
    if (!report_folds(watch->report) || (watch->fold = fold_new(on_fold, watch)) == NULL)
        return;
    if (!fold_own_addresses(watch->fold, local, local_count) ||
        !fold_own_addresses(watch->fold, &watch->caller, !address_is_none(&watch->caller)))
        watch_complain(watch, "out of memory");
}

static void end_fold(struct watch *watch)
{
    if (watch->fold != NULL)
        fold_finish(watch->fold);
    fold_free(watch->fold);
    watch->fold = NULL;
}

/* What is said of its packets in the capture that is saved; `shown`: they are to be saved at all. */
static void tell_in_capture(struct watch *watch, const struct case_file *file, bool shown)
{
    char error[SOURCE_ERROR_SIZE];
    if (!saving_verdict(&watch->saving, file, watch->verdict, shown, error))
        watch_complain(watch, error);
}

/* It is counted where it is not: once, though a session may be handed over twice. */
static bool is_shown(struct watch *watch, bool shows, bool again)
{
    watch->totals.not_shown += !shows && !again;
    return shows;
}

static bool shows_ends(struct watch *watch, const struct flow_key *key, const char *name, int64_t start_us)
{
    if (!watch->shown.begun) {
        struct tracker_stats stats;
        tracker_stats(watch->tracker, &stats);
        shown_begin(&watch->shown, steady_to_wall(stats.first_us), source_names_by_line());
    }
    return shown_by_ends(&watch->shown, key, name, steady_to_wall(start_us));
}

static bool shows_attempt(struct watch *watch, const struct attempt *attempt)
{
    if (!watch->filters)
        return true;
    const char *name = attempt->lookup != NULL ? attempt->lookup->name : NULL;
    return is_shown(watch, shows_ends(watch, &attempt->key, name, moment_start(attempt)),
                    attempt->facts & FACT_DECIDED);
}

static void tell(struct watch *watch, const struct case_file *file)
{
    if (file->evidence_key)
        verdict_cache_add(watch->cache, file, watch->verdict, watch->report, watch->source_name);
    if (file->attempt->facts & FACT_DECIDED && !cause_is_failure(watch->verdict->cause))
        return; /* reported before, and nothing broke after all */
    const bool shown = !watch->filters || is_shown(watch, shown_by_cause(&watch->shown, watch->verdict->cause),
                                                   file->attempt->facts & FACT_DECIDED);
    tell_in_capture(watch, file, shown);
    if (!shown)
        return;
    report_to_page(watch->report, file, watch->verdict, watch->source_name);
    const bool told_in_group = watch->live && file->attempt->lookup == NULL &&
                               rate_limit_takes_other(watch->rate_limit, file->attempt, watch->verdict->cause);
    if (told_in_group || folds(watch, file->attempt, watch->verdict->cause)) {
        report_count(watch->report, &file->attempt->key, watch->verdict->cause);
        return;
    }
    report_verdict(watch->report, file, watch->verdict, watch->source_name);
    confirm_consider(watch->confirm, file, watch->verdict);
    look_for_reader(watch);
}

static void on_case(void *context, const struct case_file *file)
{
    struct watch *watch = context;
    if (!shows_attempt(watch, file->attempt)) {
        tell_in_capture(watch, file, false);
        return;
    }
    diagnose(file, watch->verdict);
    if (!local_watch_keeps(watch->local_watch, file, watch->verdict))
        tell(watch, file);
}

/* What this machine says of it has come, or nothing came in time. */
static void on_local(void *context, const struct case_file *file)
{
    struct watch *watch = context;
    diagnose(file, watch->verdict);
    tell(watch, file);
}

/* For a summary alone the cause is enough, and for a line of some formats what those alike have in common. */
static enum cache_answer tell_known(struct watch *watch, const struct cached_verdict *known,
                                    const struct attempt_summary *summary)
{
    size_t slot = (size_t)(known - watch->cache->slot);
    if (goes_on_with_fold(watch, summary, known->cause)) {
        report_count(watch->report, &summary->key, known->cause);
        return rate_limit_exceeded(watch->rate_limit, slot) ? CACHE_KNOWN_FORGET : CACHE_KNOWN;
    }
    bool alike = watch->live && rate_limit_takes(watch->rate_limit, slot, summary, known->cause);
    if (!alike && !watch->asked.quiet && !known->has_template)
        return CACHE_UNKNOWN;
    if (alike || watch->asked.quiet)
        report_count(watch->report, &summary->key, known->cause);
    else {
        report_from_template(watch->report, &known->template, summary, known->cause);
        look_for_reader(watch);
    }
    return alike ? CACHE_KNOWN_FORGET : CACHE_KNOWN;
}

static enum cache_answer on_evidence_key(void *context, const struct evidence_key *evidence_key,
                                         const struct attempt_summary *summary)
{
    struct watch *watch = context;
    if (watch->filters && !is_shown(watch, shows_ends(watch, &summary->key, NULL, summary->first_us), false))
        return CACHE_KNOWN;
    report_count_soon(watch->report, &summary->key);
    const struct cached_verdict *known = verdict_cache_find(watch->cache, evidence_key);
    if (known == NULL)
        return CACHE_UNKNOWN;
    if (watch->filters && !is_shown(watch, shown_by_cause(&watch->shown, known->cause), false))
        return CACHE_KNOWN;
    return tell_known(watch, known, summary);
}

static void on_host(void *context, const struct host *host)
{
    struct watch *watch = context;
    report_host(watch->report, host, watch->source_name);
}

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
    if (saving_has_lost_reader(&watch->saving) && running != NULL)
        source_stop(running);
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
    look_for_reader(watch);
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

static void beat(struct watch *watch, struct source *source)
{
    struct source_stats stats;
    struct tracker_stats tracked;
    if (!watch->live || !heartbeat_is_due(&watch->heartbeat, monotonic_us()))
        return;
    source_stats(source, &stats);
    tracker_stats(watch->tracker, &tracked);
    heartbeat_write(watch->report, &stats, &tracked, watch->advanced_us, steady_now_us(), watch->source_name);
}

static bool put_metrics(struct watch *watch, struct metrics *metrics)
{
    char error[SOURCE_ERROR_SIZE];
    report_counts(watch->report, &metrics->counts);
    if (metrics_file_write(&watch->metrics, metrics, error, sizeof error))
        return true;
    watch_complain(watch, error);
    return false;
}

bool watch_write_metrics(struct watch *watch)
{
    struct metrics metrics = {.frames = watch->totals.frames,
                              .undecodable = watch->totals.undecodable,
                              .kernel_dropped = watch->totals.kernel_dropped,
                              .interface_dropped = watch->totals.interface_dropped,
                              .evicted = watch->totals.evicted};
    return put_metrics(watch, &metrics);
}

static void keep_metrics(struct watch *watch, struct source *source)
{
    struct source_stats stats;
    struct tracker_stats tracked;
    if (!watch->live || !metrics_file_is_due(&watch->metrics, monotonic_us()))
        return;
    source_stats(source, &stats);
    tracker_stats(watch->tracker, &tracked);
    const int64_t wall_us = wall_clock_us();
    struct metrics metrics = {.frames = stats.frames_read,
                              .undecodable = tracked.undecodable,
                              .kernel_dropped = stats.kernel_dropped,
                              .interface_dropped = stats.interface_dropped,
                              .evicted = tracked.evicted,
                              .attempts_open = tracked.attempts_now,
                              .table_bytes = tracked.bytes,
                              .lag_us = watch->advanced_us > 0 ? wall_us - watch->advanced_us : 0};
    (void)put_metrics(watch, &metrics);
}

static void show_status(struct watch *watch, struct source *source)
{
    struct source_stats stats;
    struct report_counts counts;
    const int64_t now_us = watch->status.wanted ? monotonic_us() : 0;
    if (!status_line_is_due(&watch->status, now_us))
        return;
    source_stats(source, &stats);
    report_counts(watch->report, &counts);
    if (watch->live)
        status_line_live(&watch->status, &counts, &stats);
    else
        status_line_progress(&watch->status, &stats, now_us);
}

static bool is_enough(const struct watch *watch)
{
    return stop_asked || (watch->asked.count > 0 && watch->frames_left == 0);
}

/* The next frame with other names in it; those that cannot be cleaned are left out. */
static enum source_result next_anonymous(struct watch *watch, struct source *source, struct frame *out)
{
    struct frame frame;
    enum source_result result;
    while ((result = source_next(source, &frame)) == SOURCE_FRAME && !stop_asked) {
        if (anonymous_frame(watch->anonymous, &frame, out))
            return SOURCE_FRAME;
        watch->totals.left_out++;
    }
    return stop_asked ? SOURCE_END : result;
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
    running = source;
    while (!is_enough(watch) && (result == TRACKER_GOES_ON || result == TRACKER_IDLE)) {
        result = watch->anonymous != NULL ? read_anonymous(watch, source) : tracker_read(watch->tracker, source);
        if (result == TRACKER_IDLE)
            on_idle(watch, source);
        local_watch_advance(watch->local_watch);
        if (local_watch_is_lost(watch->local_watch))
            watch_complain(watch, "--local: a process that looks at this machine has ended: from now on the packets "
                                  "alone tell; start anew");
        refresh_ports(watch, source);
        beat(watch, source);
        keep_metrics(watch, source);
        show_status(watch, source);
    }
    watch_clear_status(watch);
    running = NULL;
    note_frames(watch, source);
    if (result == TRACKER_ERROR)
        watch_complain(watch, source_error(source));
    return result;
}

static void take_sorted(struct watch *watch, const struct sorted_frames *sorted)
{
    enum { AT_ONCE = 64 };
    struct frame frame;
    for (size_t i = 0; watch->anonymous != NULL && i < sorted->count && !stop_asked; i++)
        if (!anonymous_frame(watch->anonymous, &sorted->frame[i], &frame))
            watch->totals.left_out++;
        else if (tracker_frames(watch->tracker, &frame, 1) != TRACKER_GOES_ON)
            return;
    for (size_t i = 0; watch->anonymous == NULL && i < sorted->count && !stop_asked; i += AT_ONCE) {
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
        .known = may_use_cache(watch) ? on_evidence_key : NULL,
        .wanted = watch->confirm || watch->local_watch ? is_wanted : NULL,
        .belongs = watch->saving.path ? save : NULL,
        .unknown_linktype = on_unknown_linktype,
        .protected_frame = on_protected,
        .advanced = on_advanced,
        .trails = report_wants_trails(watch->report),
        .chunk_size = watch->chunk_size,
    };
    saving_source(&watch->saving, watch->source_name, watch->live && !watch->follows, options.snaplen);
    begin_fold(watch, watch->local, watch->local_count);
    return tracker_new(&options, on_case, watch);
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
    end_fold(watch);
    if (!watch->disordered) {
        tracker_hosts(watch->tracker, on_host, watch);
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
        end_fold(watch);
        return;
    }
    watch->opened = true;
    local_watch_begin(watch->local_watch, watch->local, watch->local_count,
                      watch->watched ? &watch->watched->ports : watch->asked.ports, watch->interface, on_local, watch);
    if (sorted)
        take_sorted(watch, sorted);
    else
        watch->disordered = read_frames(watch, source) == TRACKER_DISORDER;
    finish(watch, source);
    tracker_free(watch->tracker);
    watch->tracker = NULL;
}
