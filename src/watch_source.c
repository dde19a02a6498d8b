#include "watch_source.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

/* How often due attempts are looked for while frames keep coming (packet time). */
#define ADVANCE_EVERY_US 20000
#define LOCAL_ADDRESSES  64
#define FRAMES_AHEAD     64 /* few enough to stay in the first cache */
#define GROUP            16 /* of them, glanced at together: enough to hide the memory's latency */

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
    if (file->likeness)
        memory_keep(watch->memory, file, watch->verdict, watch->options->quiet ? NULL : watch->source_name);
    if (file->attempt->facts & FACT_DECIDED && !cause_is_failure(watch->verdict->cause))
        return; /* told before, and nothing broke after all */
    report_verdict(watch->report, file, watch->verdict, watch->source_name);
    confirm_consider(watch->confirm, file, watch->verdict);
    look_for_reader(watch);
}

/* For a summary alone the cause is enough, and for a line of JSON what those alike have in common. */
static enum likeness_answer on_likeness(void *context, const struct likeness *likeness, const struct outline *outline)
{
    struct watch *watch = context;
    const struct remembered *known = memory_recall(watch->memory, likeness);
    if (known == NULL)
        return LIKENESS_UNKNOWN;
    size_t slot = (size_t)(known - watch->memory->slot);
    bool crowd = watch->live && flood_takes(watch->flood, slot, outline, known->cause);
    if (!crowd && !watch->options->quiet && !(watch->options->json && known->phrased))
        return LIKENESS_UNKNOWN;
    watch->cases++;
    if (crowd || watch->options->quiet)
        report_count(watch->report, &outline->key.server, known->cause);
    else {
        report_phrased(watch->report, &known->phrase, outline, known->cause);
        look_for_reader(watch);
    }
    return crowd ? LIKENESS_CROWD : LIKENESS_ENOUGH;
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

static bool take_glance(struct watch *watch, const struct sight *sight, const struct frame *frame)
{
    if (!sight->glanced || (sight->glance.opening && watch->confirm)) /* it may be one of our own */
        return false;
    enum glance_result result = tracker_glance(watch->tracker, sight, frame);
    if (result == GLANCE_TAKEN)
        save(watch, frame);
    return result != GLANCE_DECODE;
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

static void take_frame(struct watch *watch, const struct sight *sight, const struct frame *frame)
{
    if (!take_glance(watch, sight, frame))
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
    if (watch->live && now_us - watch->advanced_us >= ADVANCE_EVERY_US) {
        watch->advanced_us = now_us;
        tracker_advance(watch->tracker, now_us);
        flood_tell(watch->flood, now_us, false, watch->report, watch->source_name);
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

static void look_ahead(struct watch *watch, const struct frame *frame, struct sight *sight, size_t count)
{
    for (size_t i = 0; i < count; i++)
        sight[i].glanced = decode_glance(&frame[i], &sight[i].glance);
    tracker_foresee(watch->tracker, sight, count);
}

/* False where the file has to be sorted first. */
static bool take_group(struct watch *watch, const struct frame *frame, const struct sight *sight, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!in_order(watch, frame[i].ts_us))
            return false;
        take_frame(watch, &sight[i], &frame[i]);
        advance(watch, frame[i].ts_us);
    }
    return true;
}

/* While one group is taken, what the next one needs is on its way from memory, and where to find what the one after it
 * needs. False where the file has to be sorted first. */
static bool take_frames(struct watch *watch, const struct frame *frame, size_t count)
{
    enum { STAGES = 3 };
    struct sight sight[STAGES][GROUP];
    const size_t groups = (count + GROUP - 1) / GROUP;
    for (size_t i = 0; i < groups + STAGES - 1; i++) {
        if (i < groups)
            look_ahead(watch, frame + i * GROUP, sight[i % STAGES], size_of_group(i, count));
        if (i >= 1 && i - 1 < groups)
            tracker_fetch(watch->tracker, sight[(i - 1) % STAGES], size_of_group(i - 1, count));
        if (i >= 2 && !take_group(watch, frame + (i - 2) * GROUP, sight[(i - 2) % STAGES], size_of_group(i - 2, count)))
            return false;
    }
    return true;
}

/* A frame of a stretch that has to be looked at. `kept` is NULL where the scout did not think so. False where it cannot
 * be read. */
static bool take_from_stretch(struct watch *watch, const struct passer *passer, const struct frame *kept,
                              uint64_t number)
{
    struct frame frame;
    if (kept)
        frame = *kept;
    else if (!scout_reread(watch->scout, passer, &frame))
        return false;
    frame.number = number;
    take_frames(watch, &frame, 1);
    return true;
}

static bool take_sieved(struct watch *watch, const struct passer *passer, const struct cruiser *cruiser,
                        uint64_t number)
{
    switch (passer->sieved) {
    case SIEVED_PASSES:
        return tracker_pass(watch->tracker, passer);
    case SIEVED_CRUISES:
        return tracker_cruise(watch->tracker, passer, cruiser, number);
    default:
        return false;
    }
}

/* Takes the frames of a stretch until one cannot be; returns how many were. `number` is that of the frame before it. */
static size_t take_passers(struct watch *watch, const struct stretch *s, uint64_t number)
{
    const struct frame *other = s->other;
    const struct cruiser *cruiser = s->cruiser;
    for (size_t i = 0; i < s->count; i++) {
        const struct passer *passer = &s->passer[i];
        if (i % GROUP == 0)
            tracker_expect(watch->tracker, passer, s->count - i < GROUP ? s->count - i : GROUP);
        if (!in_order(watch, passer->ts_us))
            return i;
        if (!take_sieved(watch, passer, cruiser, number + 1 + i) &&
            !take_from_stretch(watch, passer, passer->sieved == SIEVED_WHOLE ? other++ : NULL, number + 1 + i))
            return i;
        cruiser += passer->sieved == SIEVED_CRUISES;
    }
    return s->count;
}

/* True until the source has ended, or the file has to be sorted first. */
static bool take_stretch(struct watch *watch, struct source *source, const struct stretch *s)
{
    struct source_stats stats;
    source_stats(source, &stats);
    const size_t taken = take_passers(watch, s, stats.frames_read);
    if (watch->disordered)
        return false;
    const struct source_stats passed = {.frames = taken, .frames_read = taken, .bytes_read = s->bytes_read};
    const uint64_t next = taken == s->count ? s->ends : s->begins + s->passer[taken].place;
    return source_jump(source, next, &passed, taken ? s->passer[taken - 1].ts_us : 0);
}

static size_t frames_wanted(const struct watch *watch, const struct source *source)
{
    if (watch->options->count > 0)
        return watch->frames_left < FRAMES_AHEAD ? (size_t)watch->frames_left : FRAMES_AHEAD;
    return watch->scout ? scout_wanted(source_offset(source), watch->alone_until, FRAMES_AHEAD) : FRAMES_AHEAD;
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
    return scout_pays(read.frames_read, read.frames_read - tracked.ignored - tracked.cruised);
}

/* What is saved or counted has to be read by this thread. */
static bool may_have_scout(const struct watch *watch)
{
    return !watch->live && !watch->saving.path && !watch->options->count;
}

static void consider_scout(struct watch *watch, struct source *source)
{
    if (watch->stretch_size || most_pass(watch, source)) {
        watch->scout = scout_begin(source, watch->tracker, watch->stretch_size);
        watch->alone_until = watch->scout ? source_offset(source) : UINT64_MAX;
    } else
        watch->alone_until = 2 * source_offset(source);
}

/* With a scout, where there is one. */
static bool step_together(struct watch *watch, struct source *source)
{
    if (source_offset(source) < watch->alone_until)
        return step(watch, source);
    if (!watch->scout)
        consider_scout(watch, source);
    const struct stretch *stretch = watch->scout ? scout_take(watch->scout, source, &watch->alone_until) : NULL;
    if (!stretch)
        return step(watch, source);
    const bool goes_on = take_stretch(watch, source, stretch);
    scout_give(watch->scout);
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
    watch->alone_until = watch->stretch_size ? 0 : SOON;
    const bool together = may_have_scout(watch);
    while (goes_on && !stop_asked)
        goes_on = together ? step_together(watch, source) : step(watch, source);
    running = NULL;
    scout_end(watch->scout);
    watch->scout = NULL;
}

static void read_sorted(struct watch *watch, const struct sorted_frames *sorted)
{
    size_t count = sorted->count;
    if (watch->options->count > 0 && count > watch->options->count)
        count = watch->options->count;
    for (size_t i = 0; i < count && !stop_asked; i++) {
        struct sight sight;
        look_ahead(watch, &sorted->frame[i], &sight, 1);
        take_frame(watch, &sight, &sorted->frame[i]);
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
        .known = (watch->options->quiet || watch->options->json || watch->live) && !watch->confirm ? on_likeness : NULL,
    };
    watch->flood->most = watch->options->flood;
    memory_forget(watch->memory); /* its phrases name their source */
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
        flood_tell(watch->flood, 0, true, watch->report, watch->source_name);
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
