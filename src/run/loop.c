#include "loop.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

/* How often due attempts are looked for while frames keep coming (packet time). */
#define ADVANCE_EVERY_US 20000
#define LOCAL_ADDRESSES  64
#define FRAMES_AHEAD     64 /* few enough to stay in the first cache */
#define GROUP            16 /* of them, parsed at together: enough to hide the memory's latency */

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
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGPIPE, &ignore, NULL); /* `| head` must not cost the capture of -w its end */
}

bool watch_is_stopped(void)
{
    return stop_asked != 0;
}

void watch_complain(struct watch *watch, const char *text)
{
    fprintf(stderr, "sshsniff: %s\n", text);
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

static void on_case(void *context, const struct case_file *file)
{
    struct watch *watch = context;
    watch->cases++;
    diagnose(file, watch->verdict);
    if (file->evidence_key)
        verdict_cache_add(watch->cache, file, watch->verdict, watch->report, watch->source_name);
    if (file->attempt->facts & FACT_DECIDED && !cause_is_failure(watch->verdict->cause))
        return; /* told before, and nothing broke after all */
    report_verdict(watch->report, file, watch->verdict, watch->source_name);
    confirm_consider(watch->confirm, file, watch->verdict);
    look_for_reader(watch);
}

/* For a summary alone the cause is enough, and for a line of some formats what those alike have in common. */
static enum cache_answer on_evidence_key(void *context, const struct evidence_key *evidence_key,
                                         const struct attempt_summary *summary)
{
    struct watch *watch = context;
    const struct cached_verdict *known = verdict_cache_find(watch->cache, evidence_key);
    if (known == NULL)
        return CACHE_UNKNOWN;
    size_t slot = (size_t)(known - watch->cache->slot);
    bool crowd = watch->live && rate_limit_takes(watch->rate_limit, slot, summary, known->cause);
    if (!crowd && !watch->options->quiet && !known->has_template)
        return CACHE_UNKNOWN;
    watch->cases++;
    if (crowd || watch->options->quiet)
        report_count(watch->report, &summary->key.server, known->cause);
    else {
        report_from_template(watch->report, &known->template, summary, known->cause);
        look_for_reader(watch);
    }
    return crowd ? CACHE_KNOWN_FORGET : CACHE_KNOWN;
}

static void on_host(void *context, const struct host *host)
{
    struct watch *watch = context;
    report_host(watch->report, host, watch->source_name);
}

static void unknown_linktype(struct watch *watch, int linktype)
{
    char text[SOURCE_ERROR_SIZE];
    const char *name = source_linktype_name(linktype);
    if (watch->odd_linktype == linktype)
        return;
    watch->odd_linktype = linktype;
    snprintf(text, sizeof text,
             "%.300s: cannot read link type %d (%s); capture on another interface, or convert the file",
             watch->source_name, linktype, name != NULL ? name : "unknown");
    watch_complain(watch, text);
}

static void write_out(struct watch *watch, const struct frame *frame)
{
    char error[SOURCE_ERROR_SIZE];
    if (!saving_frame(&watch->saving, frame, watch->options->snaplen, error))
        watch_complain(watch, error);
}

/* Most captures are not saved: then no frame pays for more than this question. */
static inline void save(struct watch *watch, const struct frame *frame)
{
    if (watch->saving.path != NULL)
        write_out(watch, frame);
}

static bool take_quick(struct watch *watch, const struct parsed_frame *parsed_frame, const struct frame *frame)
{
    if (!parsed_frame->parsed || (parsed_frame->quick.opening && watch->confirm)) /* it may be one of our own */
        return false;
    enum quick_result result = tracker_quick(watch->tracker, parsed_frame, frame);
    if (result == QUICK_TAKEN)
        save(watch, frame);
    return result != QUICK_NEEDS_DECODE;
}

/* Apart, so that the frames that need no more than a glance pay nothing for it. */
static __attribute__((noinline)) void take_whole(struct watch *watch, const struct frame *frame)
{
    struct packet packet;
    switch (decode_frame(watch->decoder, frame, &packet)) {
    case DECODE_UNKNOWN_LINKTYPE:
        watch->totals.undecodable++;
        unknown_linktype(watch, frame->linktype);
        return;
    case DECODE_TRUNCATED:
        watch->totals.undecodable++;
        break;
    case DECODE_OK:
        break;
    }
    if (confirm_is_own(watch->confirm, &packet))
        return;
    /* What could be read of a cut frame is still worth having. */
    if (tracker_packet(watch->tracker, &packet))
        save(watch, frame);
}

static void take_frame(struct watch *watch, const struct parsed_frame *parsed_frame, const struct frame *frame)
{
    if (!take_quick(watch, parsed_frame, frame))
        take_whole(watch, frame);
}

static int64_t wall_clock_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void advance(struct watch *watch, int64_t now_us)
{
    const int64_t since_us = now_us - watch->advanced_us;
    /* It lies in the future where the clock was set back. */
    if (watch->live && (since_us >= ADVANCE_EVERY_US || since_us < -ADVANCE_EVERY_US)) {
        watch->advanced_us = now_us;
        tracker_advance(watch->tracker, now_us);
        rate_limit_report(watch->rate_limit, now_us, false, watch->report, watch->source_name);
        report_flush(watch->report); /* not for each verdict: under a flood there are many in one go */
        look_for_reader(watch);
    }
}

/* Before anything was told, a file found to be out of order is read again, sorted. */
static bool in_order(struct watch *watch, int64_t ts_us)
{
    if (watch->may_sort && ts_us < watch->latest_us - DISORDER_US && watch->cases == 0) {
        watch->disordered = true;
        return false;
    }
    if (ts_us > watch->latest_us)
        watch->latest_us = ts_us;
    return true;
}

static size_t size_of_group(size_t group, size_t frames)
{
    return frames - group * GROUP < GROUP ? frames - group * GROUP : GROUP;
}

static void look_ahead(struct watch *watch, const struct frame *frame, struct parsed_frame *parsed_frame, size_t count)
{
    for (size_t i = 0; i < count; i++)
        parsed_frame[i].parsed = quick_parse(&frame[i], &parsed_frame[i].quick);
    tracker_hash_ahead(watch->tracker, parsed_frame, count);
}

/* False where the file has to be sorted first. */
static bool take_group(struct watch *watch, const struct frame *frame, const struct parsed_frame *parsed_frame,
                       size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!in_order(watch, frame[i].ts_us))
            return false;
        take_frame(watch, &parsed_frame[i], &frame[i]);
        advance(watch, frame[i].ts_us);
    }
    return true;
}

/* While one group is taken, what the next one needs is on its way from memory, and where to find what the one after it
 * needs. False where the file has to be sorted first. */
static bool take_frames(struct watch *watch, const struct frame *frame, size_t count)
{
    enum { STAGES = 3 };
    struct parsed_frame parsed_frame[STAGES][GROUP];
    const size_t groups = (count + GROUP - 1) / GROUP;
    for (size_t i = 0; i < groups + STAGES - 1; i++) {
        if (i < groups)
            look_ahead(watch, frame + i * GROUP, parsed_frame[i % STAGES], size_of_group(i, count));
        if (i >= 1 && i - 1 < groups)
            tracker_prefetch(watch->tracker, parsed_frame[(i - 1) % STAGES], size_of_group(i - 1, count));
        if (i >= 2 &&
            !take_group(watch, frame + (i - 2) * GROUP, parsed_frame[(i - 2) % STAGES], size_of_group(i - 2, count)))
            return false;
    }
    return true;
}

/* A frame of a stretch that has to be looked at. `kept` is NULL where the scout did not think so. False where it cannot
 * be read. */
static bool take_from_chunk(struct watch *watch, const struct skipped_frame *skipped_frame, const struct frame *kept,
                            uint64_t number)
{
    struct frame frame;
    if (kept)
        frame = *kept;
    else if (!read_ahead_reread(watch->read_ahead, skipped_frame, &frame))
        return false;
    frame.number = number;
    take_frames(watch, &frame, 1);
    return true;
}

static bool take_classified(struct watch *watch, const struct skipped_frame *skipped_frame,
                            const struct steady_frame *steady_frame, uint64_t number)
{
    switch (skipped_frame->frame_class) {
    case CLASS_SKIP:
        return tracker_skip(watch->tracker, skipped_frame);
    case CLASS_STEADY:
        return tracker_steady(watch->tracker, skipped_frame, steady_frame, number);
    default:
        return false;
    }
}

/* Takes the frames of a stretch until one cannot be; returns how many were. `number` is that of the frame before it. */
static size_t take_skipped(struct watch *watch, const struct chunk *s, uint64_t number)
{
    const struct frame *other = s->other;
    const struct steady_frame *steady_frame = s->steady_frame;
    for (size_t i = 0; i < s->count; i++) {
        const struct skipped_frame *skipped_frame = &s->skipped_frame[i];
        if (i % GROUP == 0)
            tracker_prefetch_skipped(watch->tracker, skipped_frame, s->count - i < GROUP ? s->count - i : GROUP);
        if (!in_order(watch, skipped_frame->ts_us))
            return i;
        if (!take_classified(watch, skipped_frame, steady_frame, number + 1 + i) &&
            !take_from_chunk(watch, skipped_frame, skipped_frame->frame_class == CLASS_WHOLE ? other++ : NULL,
                             number + 1 + i))
            return i;
        steady_frame += skipped_frame->frame_class == CLASS_STEADY;
    }
    return s->count;
}

/* True until the source has ended, or the file has to be sorted first. */
static bool take_chunk(struct watch *watch, struct source *source, const struct chunk *s)
{
    struct source_stats stats;
    source_stats(source, &stats);
    const size_t taken = take_skipped(watch, s, stats.frames_read);
    if (watch->disordered)
        return false;
    const struct source_stats passed = {.frames = taken, .frames_read = taken, .bytes_read = s->bytes_read};
    const uint64_t next = taken == s->count ? s->ends : s->begins + s->skipped_frame[taken].place;
    return source_jump(source, next, &passed, taken ? s->skipped_frame[taken - 1].ts_us : 0);
}

static size_t frames_wanted(const struct watch *watch, const struct source *source)
{
    if (watch->options->count > 0)
        return watch->frames_left < FRAMES_AHEAD ? (size_t)watch->frames_left : FRAMES_AHEAD;
    return watch->read_ahead ? read_ahead_wanted(source_offset(source), watch->alone_until, FRAMES_AHEAD)
                             : FRAMES_AHEAD;
}

/* True until the source has ended. While frames wait to be read, their own time is the time: the wall clock may be
 * ahead of an answer that is still in the kernel's ring. */
static bool step(struct watch *watch, struct source *source)
{
    struct frame frame[FRAMES_AHEAD];
    size_t wanted = frames_wanted(watch, source), count;
    if (wanted == 0)
        return false;
    switch (source_next_few(source, frame, wanted, &count)) {
    case SOURCE_FRAME:
        watch->frames_left -= count;
        return take_frames(watch, frame, count);
    case SOURCE_IDLE:
        advance(watch, wall_clock_us() - READ_TIMEOUT_MS * 1000);
        return true;
    case SOURCE_ERROR:
        watch_complain(watch, source_error(source));
        return false;
    case SOURCE_END:
        break;
    }
    return false;
}

static bool most_pass(const struct watch *watch, struct source *source)
{
    struct source_stats read;
    struct tracker_stats tracked;
    source_stats(source, &read);
    tracker_stats(watch->tracker, &tracked);
    return read_ahead_pays(read.frames_read, read.frames_read - tracked.ignored - tracked.went_on);
}

/* What is saved or counted has to be read by this thread. */
static bool may_read_ahead(const struct watch *watch)
{
    return !watch->live && !watch->saving.path && !watch->options->count;
}

static void consider_read_ahead(struct watch *watch, struct source *source)
{
    if (watch->chunk_size || most_pass(watch, source)) {
        watch->read_ahead = read_ahead_begin(source, watch->tracker, watch->chunk_size);
        watch->alone_until = watch->read_ahead ? source_offset(source) : UINT64_MAX;
    } else
        watch->alone_until = 2 * source_offset(source);
}

/* With a scout, where there is one. */
static bool step_together(struct watch *watch, struct source *source)
{
    if (source_offset(source) < watch->alone_until)
        return step(watch, source);
    if (!watch->read_ahead)
        consider_read_ahead(watch, source);
    const struct chunk *chunk =
        watch->read_ahead ? read_ahead_take(watch->read_ahead, source, &watch->alone_until) : NULL;
    if (!chunk)
        return step(watch, source);
    const bool goes_on = take_chunk(watch, source, chunk);
    read_ahead_give(watch->read_ahead);
    return goes_on;
}

static void add_totals(struct watch *watch, struct source *source)
{
    struct source_stats stats;
    struct tracker_stats tracked;
    source_stats(source, &stats);
    tracker_stats(watch->tracker, &tracked);
    watch->totals.frames += stats.frames_read;
    watch->totals.kernel_dropped += stats.kernel_dropped;
    watch->totals.interface_dropped += stats.interface_dropped;
    watch->totals.evicted += tracked.evicted;
}

static void read_frames(struct watch *watch, struct source *source)
{
    enum { SOON = 2 << 20 }; /* bytes, after which it shows what the file is like */
    running = source;
    bool goes_on = !stop_asked && step(watch, source); /* beyond the interfaces that a scout has to know */
    watch->alone_until = watch->chunk_size ? 0 : SOON;
    const bool together = may_read_ahead(watch);
    while (goes_on && !stop_asked)
        goes_on = together ? step_together(watch, source) : step(watch, source);
    running = NULL;
    read_ahead_end(watch->read_ahead);
    watch->read_ahead = NULL;
}

static void read_sorted(struct watch *watch, const struct sorted_frames *sorted)
{
    size_t count = sorted->count;
    if (watch->options->count > 0 && count > watch->options->count)
        count = watch->options->count;
    for (size_t i = 0; i < count && !stop_asked; i++) {
        struct parsed_frame parsed_frame;
        look_ahead(watch, &sorted->frame[i], &parsed_frame, 1);
        take_frame(watch, &parsed_frame, &sorted->frame[i]);
    }
}

void watch_source(struct watch *watch, struct source *source, const struct sorted_frames *sorted)
{
    struct address local[LOCAL_ADDRESSES];
    struct source_stats stats;
    source_stats(source, &stats);
    struct tracker_options options = {
        .ports = &watch->options->ports,
        .live = watch->live,
        .local = local,
        .local_count = watch->live ? source_local_addresses(local, LOCAL_ADDRESSES) : 0,
        .snaplen = watch->live ? watch->options->snaplen : stats.snaplen,
        .known = (watch->options->quiet || report_has_templates(watch->report) || watch->live) && !watch->confirm
                     ? on_evidence_key
                     : NULL,
    };
    watch->rate_limit->most = watch->options->flood;
    verdict_cache_clear(watch->cache); /* its phrases name their source */
    watch->decoder = decoder_new();
    watch->tracker = tracker_new(&options, on_case, watch);
    watch->source_name = source_name(source);
    watch->odd_linktype = -1;
    if (watch->decoder == NULL || watch->tracker == NULL)
        watch_complain(watch, "out of memory");
    else {
        watch->opened = true;
        if (sorted)
            read_sorted(watch, sorted);
        else
            read_frames(watch, source);
        if (!watch->disordered)
            tracker_finish(watch->tracker, source_error(source)[0] != '\0');
        rate_limit_report(watch->rate_limit, 0, true, watch->report, watch->source_name);
        if (!watch->disordered) {
            tracker_hosts(watch->tracker, on_host, watch);
            add_totals(watch, source);
        }
    }
    tracker_free(watch->tracker);
    decoder_free(watch->decoder);
    watch->tracker = NULL;
    watch->decoder = NULL;
}
