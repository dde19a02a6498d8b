/* source → decode → track → diagnose → report, for one interface or for files one after the other. */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sshsniff/decode.h>
#include <sshsniff/diagnose.h>
#include <sshsniff/report.h>
#include <sshsniff/source.h>
#include <sshsniff/track.h>

#include "confirm.h"
#include "kernel_filter.h"
#include "memory.h"
#include "options.h"
#include "privilege.h"
#include "saving.h"
#include "sorted_frames.h"
#include "watch.h"

#define EXIT_DONE    0
#define EXIT_TROUBLE 1
#define EXIT_USAGE   2
#define EXIT_FAILED  3 /* with --fail-on-failure */

#define READ_TIMEOUT_MS 10
/* How often due attempts are looked for while frames keep coming (packet time). */
#define ADVANCE_EVERY_US 20000
#define LOCAL_ADDRESSES  64
#define FRAMES_AHEAD     32 /* enough to hide the memory's latency, few enough to stay in the first cache */
#define OUTPUT_BUFFER    ((size_t)256 << 10)
/* Captures on several queues or interfaces are out of order by microseconds, which the tracker bears. More than this,
 * in a file that fits, is worth sorting first. */
#define DISORDER_US    1000
#define SORTABLE_BYTES ((size_t)64 << 20)

struct watch {
    const struct options *options;
    struct report *report;
    struct saving saving;
    struct confirm *confirm; /* NULL: no --confirm */
    struct decoder *decoder;
    struct tracker *tracker; /* of the current source */
    struct memory *memory;
    struct verdict *verdict; /* scratch: too large for the stack of a callback */
    const char *source_name;
    struct report_totals totals;
    uint64_t frames_left; /* -c */
    int64_t advanced_us;
    int odd_linktype;            /* last link type that was complained about; -1: none */
    int64_t latest_us;           /* of the current file */
    uint64_t cases;              /* handed over from the current source */
    uint64_t undecodable_before; /* the current file */
    bool live, opened, trouble, reader_gone;
    bool may_sort;   /* the current file can be read again from its start */
    bool disordered; /* it is to be */
};

static struct source *volatile running; /* for the signal handler */
static volatile sig_atomic_t stop_asked;

static void on_signal(int number)
{
    (void)number;
    stop_asked = 1;
    if (running != NULL)
        source_stop(running);
}

static void handle_signals(void)
{
    struct sigaction stop = {.sa_handler = on_signal};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGPIPE, &ignore, NULL); /* `| head` must not cost the capture of -w its end */
}

static void complain(struct watch *watch, const char *text)
{
    fprintf(stderr, "sshsniff: %s\n", text);
    watch->trouble = true;
}

/* True where whoever read our output has left: nothing is wrong then, and nothing is left to do. */
static bool output_reader_gone(void)
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
static bool on_likeness(void *context, const struct likeness *likeness, const struct outline *outline)
{
    struct watch *watch = context;
    const struct remembered *known = memory_recall(watch->memory, likeness);
    if (known == NULL || (!watch->options->quiet && !known->phrased))
        return false;
    watch->cases++;
    if (watch->options->quiet)
        report_count(watch->report, &outline->key.server, known->cause);
    else
        report_phrased(watch->report, &known->phrase, outline, known->cause);
    look_for_reader(watch);
    return true;
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
    complain(watch, text);
}

static void save(struct watch *watch, const struct frame *frame)
{
    char error[SOURCE_ERROR_SIZE];
    if (!saving_frame(&watch->saving, frame, watch->options->snaplen, error))
        complain(watch, error);
}

static bool take_glance(struct watch *watch, const struct sight *sight, const struct frame *frame)
{
    if (!sight->glanced || (sight->glance.opening && watch->confirm)) /* it may be one of our own */
        return false;
    enum glance_result result = tracker_glance(watch->tracker, sight, frame);
    if (result == GLANCE_TAKEN && watch->saving.path != NULL)
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
        report_flush(watch->report); /* not for each verdict: under a flood there are many in one go */
        look_for_reader(watch);
    }
}

/* Before anything was told, a file found to be out of order is read again, sorted. */
static bool in_order(struct watch *watch, const struct frame *frame)
{
    if (watch->may_sort && frame->ts_us < watch->latest_us - DISORDER_US && watch->cases == 0) {
        watch->disordered = true;
        return false;
    }
    if (frame->ts_us > watch->latest_us)
        watch->latest_us = frame->ts_us;
    return true;
}

static void look_ahead(struct watch *watch, const struct frame *frame, struct sight *sight, size_t count)
{
    for (size_t i = 0; i < count; i++)
        sight[i].glanced = decode_glance(&frame[i], &sight[i].glance);
    tracker_foresee(watch->tracker, sight, count);
}

/* False where the file has to be sorted first. */
static bool take_frames(struct watch *watch, const struct frame *frame, size_t count)
{
    struct sight sight[FRAMES_AHEAD];
    look_ahead(watch, frame, sight, count);
    for (size_t i = 0; i < count; i++) {
        if (!in_order(watch, &frame[i]))
            return false;
        take_frame(watch, &sight[i], &frame[i]);
        advance(watch, frame[i].ts_us);
    }
    return true;
}

static size_t frames_wanted(const struct watch *watch)
{
    bool few = watch->options->count > 0 && watch->frames_left < FRAMES_AHEAD;
    return few ? (size_t)watch->frames_left : FRAMES_AHEAD;
}

/* True until the source has ended. While frames wait to be read, their own time is the time: the wall clock may be
 * ahead of an answer that is still in the kernel's ring. */
static bool step(struct watch *watch, struct source *source)
{
    struct frame frame[FRAMES_AHEAD];
    size_t wanted = frames_wanted(watch), count;
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
        complain(watch, source_error(source));
        return false;
    case SOURCE_END:
        break;
    }
    return false;
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
    running = source;
    while (!stop_asked && step(watch, source))
        ;
    running = NULL;
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

/* Runs over one source, with a tracker of its own: two captures share no connections. `sorted`: its frames, already
 * read. */
static void watch_source(struct watch *watch, struct source *source, const struct sorted_frames *sorted)
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
        .known = (watch->options->quiet || watch->options->json) && !watch->confirm ? on_likeness : NULL,
    };
    memset(watch->memory, 0, sizeof *watch->memory); /* its phrases name their source */
    watch->decoder = decoder_new();
    watch->tracker = tracker_new(&options, on_case, watch);
    watch->source_name = source_name(source);
    watch->odd_linktype = -1;
    if (watch->decoder == NULL || watch->tracker == NULL)
        complain(watch, "out of memory");
    else {
        watch->opened = true;
        if (sorted)
            read_sorted(watch, sorted);
        else
            read_frames(watch, source);
        if (!watch->disordered)
            tracker_finish(watch->tracker, source_error(source)[0] != '\0');
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

/* False where -w cannot be written: then nothing is worth starting. */
static bool begin_saving(struct watch *watch, const struct source *source)
{
    char error[SOURCE_ERROR_SIZE];
    if (saving_begin(&watch->saving, source_linktype(source), watch->options->snaplen, error))
        return true;
    complain(watch, error);
    return false;
}

/* The same file from its start, in order of time; as it comes where it is too large to be held. */
static void watch_again(struct watch *watch, const char *path)
{
    char error[SOURCE_ERROR_SIZE];
    struct sorted_frames sorted;
    watch->may_sort = watch->disordered = false;
    watch->totals.undecodable = watch->undecodable_before;
    watch->frames_left = watch->options->count;
    struct source *source = source_open_file(path, watch->options->filter, error);
    if (source && sorted_frames_load(&sorted, source, SORTABLE_BYTES)) {
        if (source_error(source)[0])
            complain(watch, source_error(source));
        watch_source(watch, source, &sorted);
        sorted_frames_free(&sorted);
    } else if (source) {
        source_close(source);
        source = source_open_file(path, watch->options->filter, error);
        if (source)
            watch_source(watch, source, NULL);
    }
    if (!source)
        complain(watch, error);
    source_close(source);
}

static void watch_file(struct watch *watch, struct source *source, const char *path)
{
    watch->cases = 0;
    watch->latest_us = INT64_MIN + DISORDER_US;
    watch->disordered = false;
    watch->undecodable_before = watch->totals.undecodable;
    /* Standard input cannot be read again, and what -w has written cannot be taken back. */
    watch->may_sort = strcmp(path, "-") != 0 && !watch->options->save && !watch->options->count;
    watch_source(watch, source, NULL);
    if (watch->disordered)
        watch_again(watch, path);
}

static void watch_files(struct watch *watch)
{
    const struct options *options = watch->options;
    char error[SOURCE_ERROR_SIZE];
    bool go_on = true;
    for (size_t i = 0; i < options->file_count && go_on; i++) {
        struct source *source = source_open_file(options->files[i], options->filter, error);
        if (source == NULL) {
            complain(watch, error);
            continue; /* the other files may still tell something */
        }
        if ((go_on = begin_saving(watch, source)))
            watch_file(watch, source, options->files[i]);
        source_close(source);
        go_on = go_on && !stop_asked && !watch->reader_gone;
    }
}

/* The link type is known only once the interface is open, and libpcap refuses `vlan` on some: so try with, then
 * without. */
static struct source *open_live(const struct options *options, char *error)
{
    bool any = options->interface == NULL || strcmp(options->interface, "any") == 0;
    for (int vlan = any ? 0 : 1; vlan >= 0; vlan--) {
        char *filter = kernel_filter(&options->ports, options->filter, vlan != 0);
        struct live_options live = {
            .interface = options->interface,
            .filter = filter,
            .snaplen = options->snaplen,
            .no_promiscuous = options->no_promiscuous,
            .read_timeout_ms = READ_TIMEOUT_MS,
        };
        struct source *source = filter != NULL ? source_open_live(&live, error) : NULL;
        if (filter == NULL)
            snprintf(error, SOURCE_ERROR_SIZE, "out of memory");
        free(filter);
        if (source != NULL)
            return source;
    }
    return NULL;
}

static void greet(const struct options *options, const struct source *source)
{
    if (options->json || options->quiet)
        return;
    const char *linktype = source_linktype_name(source_linktype(source));
    fprintf(stderr, "listening on %s (%s), ports %s: Ctrl-C to stop\n", source_name(source),
            linktype != NULL ? linktype : "unknown link type", options->ports_text);
}

static void watch_live(struct watch *watch)
{
    char error[SOURCE_ERROR_SIZE], denied[PRIVILEGE_ERROR_SIZE];
    struct source *source = open_live(watch->options, error);
    if (source == NULL) {
        complain(watch, error);
        return;
    }
    if (watch->options->confirm) {
        watch->confirm = confirm_start(watch->options->json, watch->options->numeric, watch->options->verbose, error);
        if (watch->confirm == NULL)
            complain(watch, error);
    }
    /* Before the first packet, and before -w: the file is then the user's own, as with tcpdump. */
    if (!privilege_drop(watch->options->user, denied))
        complain(watch, denied);
    else if (begin_saving(watch, source)) {
        greet(watch->options, source);
        watch_source(watch, source, NULL);
    }
    confirm_end(watch->confirm);
    watch->confirm = NULL;
    source_close(source);
}

static bool use_colour(const struct options *options)
{
    const char *no_colour = getenv("NO_COLOR"), *terminal = getenv("TERM");
    return !options->json && isatty(STDOUT_FILENO) && (no_colour == NULL || no_colour[0] == '\0') &&
           (terminal == NULL || strcmp(terminal, "dumb") != 0);
}

static void finish(struct watch *watch, uint64_t *failures)
{
    char error[SOURCE_ERROR_SIZE];
    if (!saving_end(&watch->saving, error))
        complain(watch, error);
    if (watch->totals.kernel_dropped > 0)
        fprintf(stderr,
                "sshsniff: the kernel dropped %llu frames: verdicts may lack packets; narrow the filter or the ports\n",
                (unsigned long long)watch->totals.kernel_dropped);
    if (watch->opened) /* a summary of nothing would only hide the error */
        report_summary(watch->report, &watch->totals);
    *failures = report_failures(watch->report);
    if (!report_close(watch->report) && !output_reader_gone())
        complain(watch, "standard output: writing failed: is the disk full?");
}

static int watch_run(const struct options *options)
{
    struct report_options reporting = {
        .format = options->json ? REPORT_JSON : REPORT_TEXT,
        /* With -w - standard output is the capture's. */
        .out = options->save != NULL && strcmp(options->save, "-") == 0 ? stderr : stdout,
        .colour = use_colour(options),
        .numeric = options->numeric,
        .quiet = options->quiet,
        .verbose = options->verbose,
    };
    struct watch watch = {
        .options = options,
        .report = report_new(&reporting),
        .verdict = calloc(1, sizeof *watch.verdict),
        .memory = calloc(1, sizeof *watch.memory),
        .saving = {.path = options->save},
        .frames_left = options->count,
        .live = options->file_count == 0,
    };
    uint64_t failures = 0;
    if (!isatty(STDOUT_FILENO))
        setvbuf(stdout, NULL, _IOFBF, OUTPUT_BUFFER);
    if (watch.report == NULL || watch.verdict == NULL || watch.memory == NULL)
        complain(&watch, "out of memory");
    else {
        if (watch.live)
            watch_live(&watch);
        else
            watch_files(&watch);
        finish(&watch, &failures);
    }
    free(watch.verdict);
    free(watch.memory);
    if (watch.trouble)
        return EXIT_TROUBLE;
    return options->fail_on_failure && failures > 0 ? EXIT_FAILED : EXIT_DONE;
}

static int list_interfaces(void)
{
    char error[SOURCE_ERROR_SIZE];
    if (source_print_interfaces(error) == 0)
        return EXIT_DONE;
    fprintf(stderr, "sshsniff: %s\n", error);
    return EXIT_TROUBLE;
}

static int help(void)
{
    puts("Usage: sshsniff [-i NAME | -r FILE …] [options] [filter expression]\n"
         "\n"
         "Watches SSH connections, live or in captures, and says of each that failed why, where, and what to do.\n");
    options_help();
    puts("\nThe filter expression is libpcap's (pcap-filter(7)) and narrows what is looked at.\n"
         "Exit status: 0 done, 1 an error while working, 2 usage, 3 an attempt failed (with --fail-on-failure).");
    return EXIT_DONE;
}

static int watch_action(const struct options *options)
{
    switch (options->action) {
    case ACTION_HELP:
        return help();
    case ACTION_VERSION:
        puts("sshsniff " SSHSNIFF_VERSION);
        return EXIT_DONE;
    case ACTION_LIST_INTERFACES:
        return list_interfaces();
    case ACTION_WATCH:
        break;
    }
    handle_signals();
    return watch_run(options);
}

int watch_main(int argc, char **argv)
{
    struct options options;
    char error[OPTIONS_ERROR_SIZE];
    int status = EXIT_USAGE;
    if (options_parse(argc, argv, &options, error))
        status = watch_action(&options);
    else
        fprintf(stderr, "sshsniff: %s\n", error);
    options_free(&options);
    return status;
}
