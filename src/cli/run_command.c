/* sshsniff run: a command, watched from its first packet to its last, and the verdicts on the connections that it made.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sshsniff/capture.h>
#include <sshsniff/probe.h>
#include <sshsniff/report.h>

#include "base/clock.h"
#include "complain.h"
#include "exit_status.h"
#include "format_option.h"
#include "kernel_filter.h"
#include "option_table.h"
#include "options.h"
#include "os/privilege.h"
#include "os/terminal.h"
#include "rights.h"
#include "run/page_output.h"
#include "run_ask.h"
#include "run_child.h"
#include "run_command.h"
#include "run_end.h"
#include "run_target.h"
#include "sensor_name.h"

#define READ_TIMEOUT_MS 10
#define LAST_PACKETS_US 250000 /* after the command has ended: closing segments are still on their way */

#define PAGE_BYTES ((size_t)10 << 20)

enum { LONG_FORMAT = 256, LONG_JSON, LONG_HTML };

struct run {
    char **command;
    struct run_target target;
    unsigned verbose, shown;
    struct run_login login;
    bool numeric;
    const struct report_format *format; /* NULL: only their list was asked for */
    const char *ports_text;
    struct port_set ports;
    struct source *source; /* NULL: not allowed to capture */
    struct tracker *tracker;
    struct report *report;
    struct page_output page;
    struct verdict *verdict;
    char no_route[PROBE_ERROR_SIZE]; /* why nothing reaches the command's host; "": there is a way */
};

static bool choose_ports(struct run *run)
{
    if (!port_set_parse(&run->ports, run->ports_text))
        return false;
    if (run->target.name.port != 0)
        run->ports.bits[run->target.name.port >> 6] |= 1ULL << (run->target.name.port & 63);
    return true;
}

/* ---- Watching ---- */

static void on_case(void *context, const struct case_file *file)
{
    struct run *run = context;
    if (!run_target_fits(&run->target, file))
        return;
    diagnose(file, run->verdict);
    report_to_page(run->report, file, run->verdict, source_name(run->source));
    report_verdict(run->report, file, run->verdict, source_name(run->source));
    run->shown++;
    run_end_note(&run->login, run->verdict);
}

static bool open_capture(struct run *run)
{
    char error[SOURCE_ERROR_SIZE] = "out of memory", *filter = kernel_filter(&run->ports, NULL, false);
    struct live_options live = {.interface = run->target.interface,
                                .filter = filter,
                                .no_promiscuous = true,
                                .read_timeout_ms = READ_TIMEOUT_MS};
    run->source = filter != NULL ? source_open_live(&live, error) : NULL;
    free(filter);
    if (run->source == NULL)
        complain("run", "no packets can be watched, the command runs all the same: %s", error);
    return run->source != NULL;
}

/* The page's file, as the one who called. False where it cannot be written. */
static bool open_page(struct run *run)
{
    char error[SOURCE_ERROR_SIZE] = "out of memory";
    const struct page_options wanted = {.most_bytes = PAGE_BYTES, .numeric = run->numeric, .version = SSHSNIFF_VERSION};
    if (run->page.path == NULL)
        return true;
    run->page.page = page_new(&wanted);
    if (run->page.page != NULL && page_output_open(&run->page, error))
        return true;
    complain("run", "%s", error);
    return false;
}

static void write_page(struct run *run)
{
    char error[SOURCE_ERROR_SIZE];
    struct source_stats stats;
    struct tracker_stats tracked;
    source_stats(run->source, &stats);
    tracker_stats(run->tracker, &tracked);
    const struct report_totals totals = {.frames = stats.frames_read,
                                         .undecodable = tracked.undecodable,
                                         .kernel_dropped = stats.kernel_dropped,
                                         .interface_dropped = stats.interface_dropped,
                                         .evicted = tracked.evicted};
    report_finish_page(run->report, &totals);
    if (!page_output_end(&run->page, error))
        complain("run", "%s", error);
}

static bool prepare(struct run *run)
{
    struct tracker_options tracking = {.ports = &run->ports, .of_command = true};
    struct address *local = source_local_addresses(&tracking.local_count);
    tracking.local = local;
    struct report_options reporting = {
        .format = run->format,
        .out = stderr, /* standard output is the command's */
        .colour = terminal_colours(STDERR_FILENO, COLOUR_AUTO),
        .width = terminal_width(STDERR_FILENO),
        .numeric = run->numeric,
        .verbose = run->verbose,
        .flush = true,
        .page = run->page.page,
    };
    run->report = report_new(&reporting);
    tracking.trails = run->report != NULL && report_wants_trails(run->report);
    run->tracker = tracker_new(&tracking, on_case, run);
    free(local);
    run->verdict = calloc(1, sizeof *run->verdict);
    return run->tracker != NULL && run->report != NULL && run->verdict != NULL;
}

static void watch(struct run *run)
{
    int64_t ended_us = 0, looked_us = 0;
    for (bool capturing = true; ended_us == 0 || monotonic_us() - ended_us < LAST_PACKETS_US;) {
        enum tracker_result read = capturing ? tracker_read(run->tracker, run->source) : TRACKER_END;
        capturing = read == TRACKER_GOES_ON || read == TRACKER_IDLE;
        if (!capturing) { /* the capture is over, the command is not */
            complain("run", "%s; the capture ends early", source_error(run->source));
            if (ended_us == 0)
                (void)run_child_has_ended(true);
            break;
        }
        if (ended_us == 0 && monotonic_us() - looked_us > READ_TIMEOUT_MS * 1000) {
            looked_us = monotonic_us();
            ended_us = run_child_has_ended(false) ? looked_us : 0;
        }
    }
    tracker_finish(run->tracker, false);
    write_page(run);
}

/* ---- After ---- */

/* Nothing is known of the packets of ssh itself: what the port answers a moment later is the next best. */
static void ask_instead(const struct run *run)
{
    char error[PROBE_ERROR_SIZE];
    complain(
        "run",
        "ssh ended with 255: the connection or the login failed, not the remote command; its packets could not be "
        "watched, so port %u is asked once more with ordinary sockets (sudo sshsniff run -- … would have seen why)",
        run->target.name.port);
    if (!run_ask(&run->target.name, run->format, run->verbose, error))
        complain("run", "%s", error);
}

/* ssh ran, and no packet of it was there to see. */
static void say_why_unseen(const struct run *run)
{
    if (run->target.master_was_there)
        complain("run", "no new connection: ssh reused the master connection at %s", run->target.name.control_path);
    else if (run->no_route[0] != '\0')
        complain("run", "no connection was seen: %s", run->no_route);
    else
        complain("run", "no connection was seen%s",
                 run->target.is_ssh ? ": ssh ended before it made one, or it took another way" : "");
}

/* What there is to say beside the verdicts. */
static void conclude(const struct run *run)
{
    bool failed = run_child_status() == RUN_SSH_FAILED;
    if (run->target.name.jump[0] != '\0')
        complain(
            "run",
            "ProxyJump %s: the connection to %s goes through it, encrypted; what is seen is the one to the first hop",
            run->target.name.jump, run->target.name.wanted);
    if (run->target.proxied)
        complain(
            "run",
            "ProxyCommand %s: what makes the connection is that command; shown is what began on this machine meanwhile",
            run->target.name.proxy_command);
    if (run->target.is_ssh && !run->target.proxied && run->target.name.addresses == 0)
        complain("run", "%s does not resolve: %s", run->target.name.hostname, run->target.name.failure);
    else if (run->source != NULL && run->shown == 0)
        say_why_unseen(run);
    else if (run->source == NULL && failed && run->target.is_ssh && !run->target.proxied)
        ask_instead(run);
    if (run->target.is_ssh)
        run_end_say(&run->target, &run->login, run_child_status());
}

/* ---- Options ---- */

static const struct option_row table[] = {
    {'P', "ports", "PORTS", "further SSH ports; default " DEFAULT_PORTS},
    {'n', "numeric", NULL, "no names for addresses"},
    {'v', "verbose", NULL, "versions, algorithms, times and weights too"},
    FORMAT_OPTION_ROW(LONG_FORMAT),
    JSON_OPTION_ROW(LONG_JSON),
    {LONG_HTML, "html", "FILE", "write one page for a browser too: the packets, and what to do"},
    {'h', "help", NULL, "print this and exit"},
};

#define OPTIONS (sizeof table / sizeof table[0])

static int help(void)
{
    puts("Usage: sshsniff run [-v] [-n] [-P PORTS] [--format NAME] [--html FILE] -- COMMAND [ARGUMENT…]\n"
         "\n"
         "Runs COMMAND (as in: sudo sshsniff run -- ssh user@host) as the user who called, watches the connections "
         "that it makes,\n"
         "and says on standard error why each that failed did. The exit status is the command's.\n");
    option_table_print(table, OPTIONS);
    return 0;
}

static int parse(int argc, char **argv, struct run *run)
{
    char error[FORMAT_OPTION_ERROR_SIZE];
    struct option_forms forms;
    run->ports_text = DEFAULT_PORTS;
    run->page.descriptor = -1;
    run->format = report_format_at(0);
    option_table_begin(table, OPTIONS, "+:", &forms);
    for (int letter; (letter = getopt_long(argc, argv, forms.letters, forms.longs, NULL)) != -1;) {
        switch (letter) {
        case 'P':
            run->ports_text = optarg;
            break;
        case 'n':
            run->numeric = true;
            break;
        case 'v':
            run->verbose++;
            break;
        case LONG_FORMAT:
        case LONG_JSON:
            if (!format_option(letter == LONG_JSON ? "json" : optarg, &run->format, error)) {
                complain("run", "%s", error);
                return EXIT_USAGE;
            }
            break;
        case LONG_HTML:
            run->page.path = optarg;
            break;
        case 'h':
            return help();
        default:
            complain("run", "%s: unknown option, or its value is missing; the command comes after --",
                     argv[optind - 1]);
            return EXIT_USAGE;
        }
    }
    if (run->format == NULL) {
        format_option_list();
        return EXIT_USAGE;
    }
    if (optind == argc) {
        complain("run", "no command; give one: sshsniff run -- ssh user@host");
        return EXIT_USAGE;
    }
    run->command = argv + optind;
    return -1;
}

static void look_for_route(struct run *run)
{
    char error[PROBE_ERROR_SIZE] = "";
    if (run->target.is_ssh && !run->target.proxied && !run_target_has_route(&run->target, error))
        memcpy(run->no_route, error, sizeof error);
}

/* Where nothing is watched, nothing is read but what the port says afterwards: run_ask sees to that. */
static bool give_up_rights(const struct run *run)
{
    struct privilege now;
    char folder[64], error[PRIVILEGE_ERROR_SIZE];
    snprintf(folder, sizeof folder, "/sys/class/net/%.16s/statistics", run->target.interface);
    const struct confinement wanted = {.kind = PROCESS_LIVE,
                                       .folder = {folder},
                                       .output = -1,
                                       .further_output = run->page.descriptor > 0 ? run->page.descriptor : 0,
                                       .channel = run_child_channel()};
    if (run->source != NULL)
        return rights_give_up(NULL, &wanted, false, run->verbose > 0) == EXIT_DONE;
    bool dropped = privilege_drop(NULL, &now, error);
    if (!dropped)
        complain("run", "%s", error);
    return dropped;
}

static int execute(struct run *run)
{
    if (!run_child_prepare(run->command) || !open_page(run))
        return EXIT_TROUBLE;
    bool capture = prepare(run) && open_capture(run);
    look_for_route(run);
    /* What cannot be watched without a right is not run either. */
    if (!give_up_rights(run) || !run_child_start())
        return EXIT_TROUBLE;
    if (capture)
        watch(run);
    else {
        (void)run_child_has_ended(true);
        if (run->page.path != NULL)
            complain("run", "--html %s: left empty, for no packets could be watched", run->page.path);
    }
    conclude(run);
    return run_child_status();
}

int run_main(int argc, char **argv)
{
    struct run *run = calloc(1, sizeof *run);
    if (run == NULL)
        return EXIT_TROUBLE;
    int status = parse(argc, argv, run);
    if (status < 0) {
        sensor_name_set(NULL, true);
        run_target_find(&run->target, run->command, argc - optind);
        status = EXIT_USAGE;
        if (choose_ports(run))
            status = execute(run);
        else
            complain("run", "-P %s: not a list of ports; give for example 22,2222", run->ports_text);
    }
    run_child_forget();
    if (run->source != NULL)
        source_close(run->source);
    tracker_free(run->tracker);
    if (run->report != NULL)
        (void)report_close(run->report);
    page_free(run->page.page);
    free(run->verdict);
    free(run);
    return status;
}
