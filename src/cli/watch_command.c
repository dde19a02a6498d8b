/* The passive command: what it is told on its command line, and what is said when all is over. */
#include "watch_command.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exit_status.h"
#include "format_option.h"
#include "options.h"
#include "os/terminal.h"
#include "report/utf8.h"
#include "rights.h"
#include "run/periodic.h"
#include "run/watch.h"
#include "sensor_name.h"
#include "watch_files.h"
#include "watch_live.h"

#define OUTPUT_BUFFER  ((size_t)256 << 10)
#define HELD_OF_MEMORY 8 /* what is held back to be saved may take an eighth of --max-memory */

static void complain_of_output(struct watch *watch)
{
    char text[192];
    const int why = report_why(watch->report);
    snprintf(text, sizeof text, "standard output: %s; at least %llu verdicts were written",
             watch_reader_has_left()          ? "whoever read it has left"
             : why == ENOSPC || why == EDQUOT ? "the disk is full: make room, or write to another"
             : why != 0                       ? strerror(why)
                                              : "writing failed: is the disk full?",
             (unsigned long long)report_written(watch->report));
    watch_complain(watch, text);
}

static void finish(struct watch *watch, uint64_t *failures)
{
    char error[SOURCE_ERROR_SIZE];
    struct report_counts counts;
    report_counts(watch->report, &counts);
    if (!saving_end(&watch->saving, &counts, error))
        watch_complain(watch, error);
    if (watch->totals.kernel_dropped > 0)
        fprintf(stderr,
                "sshsniff: the kernel dropped %llu frames: verdicts may lack packets; narrow the filter or the ports\n",
                (unsigned long long)watch->totals.kernel_dropped);
    if (watch->opened) /* a summary of nothing would only hide the error */
        report_summary(watch->report, &watch->totals);
    *failures = report_failures(watch->report);
    if (watch->opened)
        (void)watch_write_metrics(watch);
    metrics_file_close(&watch->metrics);
    if (!page_output_end(&watch->page, error))
        watch_complain(watch, error);
    if (!report_complete(watch->report))
        complain_of_output(watch);
    (void)report_close(watch->report);
}

static struct page *page_for(const struct options *options)
{
    const struct page_options wanted = {.most_bytes = options->html_size,
                                        .numeric = options->numeric || options->anonymize,
                                        .version = SSHSNIFF_VERSION};
    return options->html != NULL ? page_new(&wanted) : NULL;
}

/* Of a small memory, what waits to be saved gets no more than its part. */
static size_t held_bytes(const struct options *options)
{
    const size_t part = options->max_memory / HELD_OF_MEMORY;
    return part < HELD_BYTES ? part : 0;
}

static void before_write(void *context)
{
    status_line_clear(context);
}

static int watch_run(const struct options *options)
{
    struct page *page = page_for(options);
    /* With -w - standard output is the capture's. */
    FILE *const out = options->save != NULL && strcmp(options->save, "-") == 0 ? stderr : stdout;
    struct report_options reporting = {
        .format = options->format,
        .out = out,
        .colour = terminal_colours(fileno(out), options->colour),
        .width = terminal_width(fileno(out)),
        .time_style = options->time_style,
        .names_sources = options->file_count > 1,
        .brief = options->brief,
        .numeric = options->numeric || options->anonymize, /* the hosts file knows other hosts */
        .quiet = options->quiet,
        .verbose = options->verbose,
        .page = page,
        .before_write = before_write,
    };
    struct watch watch = {
        .asked = {.ports = &options->ports,
                  .count = options->count,
                  .flood = options->flood,
                  .heartbeat_s = options->heartbeat_s,
                  .max_memory = options->max_memory,
                  .page_bytes = options->html != NULL ? options->html_size : 0,
                  .snaplen = options->snaplen,
                  .quiet = options->quiet,
                  .verbose = options->verbose > 0},
        .options = options,
        .shown = options->shown,
        .filters = !shown_is_all(&options->shown),
        .anonymous = options->anonymize ? anonymous_new() : NULL,
        .verdict = calloc(1, sizeof *watch.verdict),
        .cache = calloc(1, sizeof *watch.cache),
        .rate_limit = calloc(1, sizeof *watch.rate_limit),
        .saving = {.path = options->save,
                   .descriptor = -1,
                   .commented = options->save_commented,
                   .selects = !shown_is_all(&options->shown),
                   .application = "sshsniff " SSHSNIFF_VERSION,
                   .as_captured = options->file_count == 0 || options->follow,
                   .is_all = options->to_pipe,
                   .held_bytes = held_bytes(options)},
        .metrics = {.path = options->metrics, .version = SSHSNIFF_VERSION},
        .page = {.path = options->html, .descriptor = -1, .page = page},
        .frames_left = options->count,
        .live = options->file_count == 0 || options->follow,
        .follows = options->follow,
    };
    uint64_t failures = 0;
    reporting.before_context = &watch.status;
    watch.report = report_new(&reporting);
    if (!options->confirm) /* its probes write there, too */
        status_line_begin(&watch.status);
    if (watch.anonymous != NULL)
        shown_make_anonymous(&watch.shown, watch.anonymous);
    sensor_name_set(options->sensor, watch.live && !watch.follows);
    static char output[OUTPUT_BUFFER]; /* without one of ours, glibc takes 4096 bytes whatever size is asked for */
    if (options->max_memory)
        source_limit_memory(options->max_memory);
    if (!isatty(STDOUT_FILENO))
        setvbuf(stdout, output, _IOFBF, sizeof output);
    if (watch.report == NULL || watch.verdict == NULL || (options->html != NULL && page == NULL) ||
        (options->anonymize && watch.anonymous == NULL) || watch.cache == NULL || watch.rate_limit == NULL)
        watch_complain(&watch, "out of memory");
    else {
        if (options->file_count == 0)
            watch_live(&watch);
        else
            watch_files(&watch);
        finish(&watch, &failures);
    }
    anonymous_free(watch.anonymous);
    free(watch.verdict);
    free(watch.cache);
    free(watch.rate_limit);
    if (watch.refused != EXIT_DONE)
        return watch.refused;
    if (watch.trouble)
        return EXIT_TROUBLE;
    return options->fail_on_failure && failures > 0 ? EXIT_FAILED : EXIT_DONE;
}

static int list_interfaces(void)
{
    char error[SOURCE_ERROR_SIZE];
    if (source_print_interfaces(error) == 0) {
        if (fflush(stdout) == 0 && !ferror(stdout))
            return EXIT_DONE;
        snprintf(error, sizeof error, "standard output: %s", strerror(errno));
    }
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

/* The same of --html, which must not be what -w writes either. */
/* One line, in which the names of files steer no terminal. Always false. */
__attribute__((format(printf, 1, 2))) static bool refuse(const char *format, ...)
{
    char text[2 * SOURCE_ERROR_SIZE];
    va_list values;
    va_start(values, format);
    vsnprintf(text, sizeof text, format, values);
    va_end(values);
    utf8_make_safe(text);
    fprintf(stderr, "sshsniff: %s\n", text);
    return false;
}

static bool may_write_page(const struct options *options)
{
    const char *const saved[] = {options->save};
    const char *read = saving_would_destroy(options->html, options->files, options->file_count);
    if (read == NULL && options->html != NULL && options->save != NULL && strcmp(options->save, "-") != 0 &&
        (strcmp(options->html, options->save) == 0 || saving_would_destroy(options->html, saved, 1) != NULL))
        read = options->save;
    if (read == NULL)
        return true;
    return refuse("--html %.300s: that is the capture that %s; give another name", options->html,
                  read == options->save ? "-w writes" : "-r reads");
}

/* Before anything is opened: what -w opens is empty from then on. */
static bool may_save(const struct options *options)
{
    const char *read = saving_would_destroy(options->save, options->files, options->file_count);
    if (read == NULL)
        return true;
    return refuse(
        "-w %.300s: that is the capture which -r %.300s reads, and writing would destroy it; give another name",
        options->save, read);
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
    case ACTION_LIST_FORMATS:
        format_option_list();
        return EXIT_USAGE;
    case ACTION_WATCH:
        break;
    }
    if (!may_save(options) || !may_write_page(options) || rights_check(options->user) != EXIT_DONE)
        return EXIT_USAGE;
    watch_handle_signals();
    return watch_run(options);
}

static int watch_words(int argc, char **argv, bool to_pipe)
{
    struct options options;
    char error[OPTIONS_ERROR_SIZE];
    int status = EXIT_USAGE;
    if (options_parse(argc, argv, &options, error)) {
        options.to_pipe = to_pipe;
        status = watch_action(&options);
    } else
        fprintf(stderr, "sshsniff: %s\n", error);
    options_free(&options);
    return status;
}

int watch_main(int argc, char **argv)
{
    return watch_words(argc, argv, false);
}

int watch_to_pipe(int argc, char **argv)
{
    return watch_words(argc, argv, true);
}
