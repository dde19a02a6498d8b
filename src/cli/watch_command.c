/* The passive command: which sources, one after the other, and what is said when all is over. */
#include "watch_command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exit_status.h"
#include "format_option.h"
#include "kernel_filter.h"
#include "privilege.h"
#include "run/loop.h"

#define OUTPUT_BUFFER  ((size_t)256 << 10)
#define SORTABLE_BYTES ((size_t)64 << 20) /* a larger file that is out of order is taken as it comes */

/* False where -w cannot be written: then nothing is worth starting. */
static bool begin_saving(struct watch *watch, const struct source *source)
{
    char error[SOURCE_ERROR_SIZE];
    if (saving_begin(&watch->saving, source_linktype(source), watch->options->snaplen, error))
        return true;
    watch_complain(watch, error);
    return false;
}

/* The same file from its start, in order of time; as it comes where it is too large to be held. */
static void watch_again(struct watch *watch, const char *path)
{
    char error[SOURCE_ERROR_SIZE];
    struct sorted_frames sorted;
    watch->may_sort = watch->disordered = false;
    struct source *source = source_open_file(path, watch->options->filter, error);
    if (source && sorted_frames_load(&sorted, source, SORTABLE_BYTES)) {
        if (source_error(source)[0])
            watch_complain(watch, source_error(source));
        watch_source(watch, source, &sorted);
        sorted_frames_free(&sorted);
    } else if (source) {
        source_close(source);
        source = source_open_file(path, watch->options->filter, error);
        if (source)
            watch_source(watch, source, NULL);
    }
    if (!source)
        watch_complain(watch, error);
    source_close(source);
}

static void watch_file(struct watch *watch, struct source *source, const char *path)
{
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
            watch_complain(watch, error);
            continue; /* the other files may still tell something */
        }
        if ((go_on = begin_saving(watch, source)))
            watch_file(watch, source, options->files[i]);
        source_close(source);
        go_on = go_on && !watch_is_stopped() && !watch->reader_gone;
    }
}

/* NFLOG: a rule of the firewall chooses what is captured, and libpcap has no kernel filter for it. */
static bool chosen_by_rule(const struct options *options)
{
    return options->interface != NULL && strncmp(options->interface, "nflog", 5) == 0 && options->filter == NULL;
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
            .filter = chosen_by_rule(options) ? NULL : filter,
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
    if (!report_format_greets(options->format) || options->quiet)
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
        watch_complain(watch, error);
        return;
    }
    if (watch->options->confirm) {
        watch->confirm = confirm_start(watch->options->format, watch->options->verbose, error);
        if (watch->confirm == NULL)
            watch_complain(watch, error);
    }
    /* Before the first packet, and before -w: the file is then the user's own, as with tcpdump. */
    if (!privilege_drop(watch->options->user, denied))
        watch_complain(watch, denied);
    else if (begin_saving(watch, source)) {
        greet(watch->options, source);
        watch_source(watch, source, NULL);
    }
    confirm_end(watch->confirm);
    watch->confirm = NULL;
    source_close(source);
}

static bool use_colour(void)
{
    const char *no_colour = getenv("NO_COLOR"), *terminal = getenv("TERM");
    return isatty(STDOUT_FILENO) && (no_colour == NULL || no_colour[0] == '\0') &&
           (terminal == NULL || strcmp(terminal, "dumb") != 0);
}

static void finish(struct watch *watch, uint64_t *failures)
{
    char error[SOURCE_ERROR_SIZE];
    if (!saving_end(&watch->saving, error))
        watch_complain(watch, error);
    if (watch->totals.kernel_dropped > 0)
        fprintf(stderr,
                "sshsniff: the kernel dropped %llu frames: verdicts may lack packets; narrow the filter or the ports\n",
                (unsigned long long)watch->totals.kernel_dropped);
    if (watch->opened) /* a summary of nothing would only hide the error */
        report_summary(watch->report, &watch->totals);
    *failures = report_failures(watch->report);
    if (!report_close(watch->report) && !watch_reader_has_left())
        watch_complain(watch, "standard output: writing failed: is the disk full?");
}

static int watch_run(const struct options *options)
{
    struct report_options reporting = {
        .format = options->format,
        /* With -w - standard output is the capture's. */
        .out = options->save != NULL && strcmp(options->save, "-") == 0 ? stderr : stdout,
        .colour = use_colour(),
        .numeric = options->numeric,
        .quiet = options->quiet,
        .verbose = options->verbose,
    };
    struct watch watch = {
        .options = options,
        .report = report_new(&reporting),
        .verdict = calloc(1, sizeof *watch.verdict),
        .cache = calloc(1, sizeof *watch.cache),
        .rate_limit = calloc(1, sizeof *watch.rate_limit),
        .saving = {.path = options->save},
        .frames_left = options->count,
        .live = options->file_count == 0,
    };
    uint64_t failures = 0;
    static char output[OUTPUT_BUFFER]; /* without one of ours, glibc takes 4096 bytes whatever size is asked for */
    if (!isatty(STDOUT_FILENO))
        setvbuf(stdout, output, _IOFBF, sizeof output);
    if (watch.report == NULL || watch.verdict == NULL || watch.cache == NULL || watch.rate_limit == NULL)
        watch_complain(&watch, "out of memory");
    else {
        if (watch.live)
            watch_live(&watch);
        else
            watch_files(&watch);
        finish(&watch, &failures);
    }
    free(watch.verdict);
    free(watch.cache);
    free(watch.rate_limit);
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

/* Before anything is opened: what -w opens is empty from then on. */
static bool may_save(const struct options *options)
{
    const char *read = saving_would_destroy(options->save, options->files, options->file_count);
    if (read != NULL)
        fprintf(stderr,
                "sshsniff: -w %s: that is the capture which -r %s reads, and writing would destroy it; give another "
                "name\n",
                options->save, read);
    return read == NULL;
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
    if (!may_save(options))
        return EXIT_USAGE;
    watch_handle_signals();
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
