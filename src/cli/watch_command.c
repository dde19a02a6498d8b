/* The passive command: which sources, one after the other, and what is said when all is over. */
#include "watch_command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "caller_address.h"
#include "config_ports.h"
#include "exit_status.h"
#include "format_option.h"
#include "kernel_filter.h"
#include "opened_files.h"
#include "options.h"
#include "os/identity.h"
#include "report/utf8.h"
#include "rights.h"
#include "run/loop.h"
#include "server_ports.h"
#include "watch_follow.h"
#include "watch_steps.h"

#define OUTPUT_BUFFER  ((size_t)256 << 10)
#define SORTABLE_BYTES ((size_t)64 << 20) /* a larger file that is out of order is taken as it comes */

/* How much of a file that is out of order is held to be sorted. */
static size_t sortable_bytes(const struct options *options)
{
    const size_t half = options->max_memory / 2;
    return half && half < SORTABLE_BYTES ? half : SORTABLE_BYTES;
}

static void complain_of_order(struct watch *watch, const struct source *source)
{
    char text[SOURCE_ERROR_SIZE];
    snprintf(text, sizeof text, "%.300s: its frames are not in order of time, and memory is out to sort them",
             source_name(source));
    watch_complain(watch, text);
}

/* The same file from its start, in order of time; as it comes where it is too large to be held. */
static void watch_again(struct watch *watch, const struct opened_file *file, struct filter *filter)
{
    char error[SOURCE_ERROR_SIZE];
    struct sorted_frames sorted = {0};
    watch->may_sort = watch->disordered = false;
    struct source *source = opened_file_source(file, filter, error);
    const bool is_held = source && sorted_frames_load(&sorted, source, sortable_bytes(watch->options));
    if (sorted.memory_out)
        complain_of_order(watch, source);
    if (is_held) {
        if (source_error(source)[0])
            watch_complain(watch, source_error(source));
        watch_source(watch, source, &sorted);
        sorted_frames_free(&sorted);
    } else if (source) {
        source_close(source);
        source = opened_file_source(file, filter, error);
        if (source)
            watch_source(watch, source, NULL);
    }
    if (!source)
        watch_complain(watch, error);
    source_close(source);
}

static void watch_file(struct watch *watch, struct source *source, const struct opened_file *file,
                       struct filter *filter)
{
    /* A pipe cannot be read again, and what -w has written cannot be taken back. */
    watch->may_sort = opened_file_is_regular(file) && !watch->options->save && !watch->options->count;
    watch_source(watch, source, NULL);
    if (watch->disordered)
        watch_again(watch, file, filter);
}

/* What follows was not read: a verdict on what was may lack its end. */
static void complain_of_interruption(struct watch *watch, struct source *source)
{
    char text[SOURCE_ERROR_SIZE];
    struct source_stats stats;
    source_stats(source, &stats);
    snprintf(text, sizeof text, "%.300s: interrupted after %llu frames; the rest was not read", source_name(source),
             (unsigned long long)stats.frames_read);
    watch_complain(watch, text);
}

static void read_files(struct watch *watch, const struct opened_file *files, size_t count, struct filter *filter)
{
    char error[SOURCE_ERROR_SIZE];
    bool go_on = true;
    for (size_t i = 0; i < count && go_on; i++) {
        struct source *source = opened_file_source(&files[i], filter, error);
        if (source == NULL) {
            watch_complain(watch, error);
            continue; /* the other files may still tell something */
        }
        if ((go_on = watch_begin_saving(watch, source)))
            watch_file(watch, source, &files[i], filter);
        if (watch_is_stopped())
            complain_of_interruption(watch, source);
        source_close(source);
        go_on = go_on && !watch_is_stopped() && !watch->reader_gone;
    }
}

/* Names in it are looked up here, while there still is a way to look. */
static struct filter *filter_for_files(const char *expression)
{
    enum { MOST = 32 };
    int linktypes[MOST];
    size_t count = 0;
    while (count < MOST && (linktypes[count] = decode_linktype_at(count)) >= 0)
        count++;
    return source_filter_new(expression, linktypes, count);
}

static bool any_opened(const struct opened_file *files, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (files[i].descriptor >= 0)
            return true;
    return false;
}

static void watch_files(struct watch *watch)
{
    const struct options *options = watch->options;
    const bool filters = options->filter != NULL && options->filter[0] != '\0';
    struct filter *filter = filters ? filter_for_files(options->filter) : NULL;
    struct opened_file *files = opened_files(options->files, options->file_count);
    if (files == NULL || (filters && filter == NULL))
        watch_complain(watch, "out of memory");
    else if (options->follow)
        watch_follow(watch, &files[0], filter);
    else if ((!any_opened(files, options->file_count) || watch_open_output(watch)) &&
             watch_give_up_rights(watch, PROCESS_FILES, NULL))
        read_files(watch, files, options->file_count, filter);
    free(files);
    if (filters)
        source_filter_free(filter);
}

/* NFLOG: a rule of the firewall chooses what is captured, and libpcap has no kernel filter for it. */
static bool chosen_by_rule(const struct options *options)
{
    return options->interface != NULL && strncmp(options->interface, "nflog", 5) == 0 && options->filter == NULL;
}

/* The link type is known only once the interface is open, and libpcap refuses `vlan` on some: so try with, then
 * without. */
static struct source *open_live(const struct options *options, const struct port_set *ports, char *error)
{
    bool any = options->interface == NULL || strcmp(options->interface, "any") == 0;
    for (int vlan = any ? 0 : 1; vlan >= 0; vlan--) {
        char *filter = kernel_filter(ports, options->filter, vlan != 0);
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

static void set_ports(struct watch *watch, struct source *source, const struct port_set *ports)
{
    char error[SOURCE_ERROR_SIZE] = "out of memory";
    bool done = false;
    for (int vlan = 1; vlan >= 0 && !done; vlan--) {
        char *filter = kernel_filter(ports, watch->options->filter, vlan != 0);
        done = filter != NULL && source_set_filter(source, filter, error);
        free(filter);
    }
    if (!done && watch->options->verbose)
        fprintf(stderr, "sshsniff: a further port cannot be watched: %s\n", error);
}

/* The ports that were found beside those of -P, as " and 2022,4422 (found here)". */
static void found_text(const struct watch *watch, char *out, size_t size)
{
    size_t at = 0;
    out[0] = '\0';
    for (uint32_t port = 1; port < 65536 && at + 32 < size; port++)
        if (port_set_has(&watch->watched->ports, (uint16_t)port) &&
            !port_set_has(&watch->options->ports, (uint16_t)port))
            at += (size_t)snprintf(out + at, size - at, "%s%u", at ? "," : " and ", port);
    if (at > 0)
        snprintf(out + at, size - at, " (found here)");
}

static void greet(const struct watch *watch, const struct source *source)
{
    char found[256];
    const struct options *options = watch->options;
    if (!report_format_greets(options->format) || options->quiet)
        return;
    const char *linktype = source_linktype_name(source_linktype(source));
    found_text(watch, found, sizeof found);
    fprintf(stderr, "listening on %s (%s), ports %s%s: Ctrl-C to stop\n", source_name(source),
            linktype != NULL ? linktype : "unknown link type", options->ports_text, found);
}

/* The caller's own files are read as the caller; all else as root. */
static void add_clients_ports(struct port_set *ports)
{
    struct identity asker;
    identity_of_asker(&asker);
    if (!identity_borrow(&asker))
        return;
    config_ports_of_client(ports);
    identity_return();
}

/* Rights are given up before the first packet is looked at. */
static void watch_opened(struct watch *watch, struct source *source)
{
    char folder[128];
    struct address *local = source_local_addresses(&watch->local_count);
    watch->local = local;
    watch->caller = caller_address();
    snprintf(folder, sizeof folder, "/sys/class/net/%.100s/statistics", source_name(source)); /* frames it dropped */
    if (watch_open_output(watch) && watch_begin_saving(watch, source) &&
        watch_give_up_rights(watch, PROCESS_LIVE, folder)) {
        greet(watch, source);
        watch_source(watch, source, NULL);
    }
    free(local);
    watch->local = NULL;
}

/* The helper is started first, so that it never holds what is opened here. */
static void start_confirm(struct watch *watch)
{
    char error[SOURCE_ERROR_SIZE];
    if (!watch->options->confirm)
        return;
    watch->confirm = confirm_start(watch->options->format, watch->options->verbose, watch->options->user, error);
    if (watch->confirm == NULL)
        watch_complain(watch, error);
}

static void watch_interface(struct watch *watch)
{
    char error[SOURCE_ERROR_SIZE];
    start_confirm(watch);
    struct source *source = open_live(watch->options, &watch->watched->ports, error);
    if (source == NULL || !confirm_watch(watch->confirm, source_name(source), error))
        watch_complain(watch, error);
    if (source != NULL)
        watch_opened(watch, source);
    confirm_end(watch->confirm);
    watch->confirm = NULL;
    source_close(source);
}

/* Nobody looks at what a port refuses that is not watched, and whoever calls there by mistake wonders. */
static void hint_at_refusals(const struct watch *watch)
{
    uint64_t count, others;
    uint16_t port = watched_ports_refused(watch->watched, &count, &others);
    char more[64] = "";
    if (port == 0 || !report_format_greets(watch->options->format))
        return;
    if (others > 0)
        snprintf(more, sizeof more, ", nor %llu to others", (unsigned long long)others);
    fprintf(stderr, "sshsniff: %llu refused SYN%s to port %u %s not looked at%s: -P %s,%u\n", (unsigned long long)count,
            count == 1 ? "" : "s", port, count == 1 ? "was" : "were", more, watch->options->ports_text, port);
}

static void watch_live(struct watch *watch)
{
    watch->watched = calloc(1, sizeof *watch->watched);
    watch->set_ports = set_ports;
    if (watch->watched == NULL) {
        watch_complain(watch, "out of memory");
        return;
    }
    watch->watched->ports = watch->options->ports;
    if (!server_ports_find(&watch->watched->ports) && watch->options->verbose)
        fputs("sshsniff: which program listens on which port only root may see: an SSH server on a port that is not "
              "among -P's is found once it is spoken to\n",
              stderr);
    add_clients_ports(&watch->watched->ports);
    watch_interface(watch);
    hint_at_refusals(watch);
    free(watch->watched);
    watch->watched = NULL;
}

static bool use_colour(void)
{
    const char *no_colour = getenv("NO_COLOR"), *terminal = getenv("TERM");
    return isatty(STDOUT_FILENO) && (no_colour == NULL || no_colour[0] == '\0') &&
           (terminal == NULL || strcmp(terminal, "dumb") != 0);
}

static void complain_of_output(struct watch *watch)
{
    char text[128];
    snprintf(text, sizeof text, "standard output: %s; at least %llu verdicts were written",
             watch_reader_has_left() ? "whoever read it has left" : "writing failed: is the disk full?",
             (unsigned long long)report_written(watch->report));
    watch_complain(watch, text);
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
    if (!report_complete(watch->report))
        complain_of_output(watch);
    (void)report_close(watch->report);
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
        .asked = {.ports = &options->ports,
                  .count = options->count,
                  .flood = options->flood,
                  .heartbeat_s = options->heartbeat_s,
                  .max_memory = options->max_memory,
                  .snaplen = options->snaplen,
                  .quiet = options->quiet,
                  .verbose = options->verbose > 0},
        .options = options,
        .report = report_new(&reporting),
        .verdict = calloc(1, sizeof *watch.verdict),
        .cache = calloc(1, sizeof *watch.cache),
        .rate_limit = calloc(1, sizeof *watch.rate_limit),
        .saving = {.path = options->save, .descriptor = -1},
        .frames_left = options->count,
        .live = options->file_count == 0 || options->follow,
        .follows = options->follow,
    };
    uint64_t failures = 0;
    static char output[OUTPUT_BUFFER]; /* without one of ours, glibc takes 4096 bytes whatever size is asked for */
    if (options->max_memory)
        source_limit_memory(options->max_memory);
    if (!isatty(STDOUT_FILENO))
        setvbuf(stdout, output, _IOFBF, sizeof output);
    if (watch.report == NULL || watch.verdict == NULL || watch.cache == NULL || watch.rate_limit == NULL)
        watch_complain(&watch, "out of memory");
    else {
        if (options->file_count == 0)
            watch_live(&watch);
        else
            watch_files(&watch);
        finish(&watch, &failures);
    }
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

/* Before anything is opened: what -w opens is empty from then on. */
static bool may_save(const struct options *options)
{
    const char *read = saving_would_destroy(options->save, options->files, options->file_count);
    char text[2 * SOURCE_ERROR_SIZE];
    if (read == NULL)
        return true;
    snprintf(text, sizeof text,
             "-w %.300s: that is the capture which -r %.300s reads, and writing would destroy it; give another name",
             options->save, read);
    utf8_make_safe(text);
    fprintf(stderr, "sshsniff: %s\n", text);
    return false;
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
    if (!may_save(options) || rights_check(options->user) != EXIT_DONE)
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
