/* sshsniff probe: the name, the host, the port, the path, and where SSH really is. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sshsniff/probe.h>
#include <sshsniff/report.h>
#include <unistd.h>

#include "base/clock.h"
#include "complain.h"
#include "exit_status.h"
#include "format_option.h"
#include "helper/names.h"
#include "numbers.h"
#include "option_table.h"
#include "os/apart.h"
#include "os/terminal.h"
#include "probe_command.h"
#include "rights.h"
#include "sensor_name.h"

#define PLAN_RATE 300
/* The most, and only towards a host that answers as fast. */
#define SWEEP_RATE       1000000
#define PLAN_RATE_BESIDE 2000 /* of the plan, beside a sweep that is faster by far */

enum {
    LONG_FORMAT = 256,
    LONG_JSON,
    LONG_DRY_RUN,
    LONG_RATE,
    LONG_ALL_PORTS,
    LONG_TIMEOUT,
    LONG_BANNER,
    LONG_FAIL,
    LONG_SOCKETS,
    LONG_PATIENT
};

/* One row is one option: what getopt needs and what --help prints. */
static const struct option_row table[] = {
    {'p', "port", "PORT", "the SSH port; default: what ssh_config says, or 22"},
    {'4', "ipv4", NULL, "IPv4 only"},
    {'6', "ipv6", NULL, "IPv6 only"},
    {LONG_ALL_PORTS, "all-ports", NULL, "look for SSH on all 65535 ports"},
    {LONG_DRY_RUN, "dry-run", NULL, "print what would be sent, and send nothing"},
    {LONG_RATE, "rate", "N", "at most N packets a second; default 300 (--all-ports: as fast as answers come)"},
    {LONG_TIMEOUT, "timeout", "SECONDS", "give up after so long; default 4.8, or what the banner needs"},
    {LONG_BANNER, "banner-timeout", "SECONDS", "how long a banner is waited for; default 6"},
    {LONG_PATIENT, "patient", NULL,
     "up to 67 s more, where only that can tell a drop at the last router from one on the host"},
    {LONG_SOCKETS, "sockets", NULL, "only what ordinary sockets allow, as without privilege"},
    {'n', "numeric", NULL, "no names for addresses"},
    {'v', "verbose", NULL, "all evidence, with weights"},
    FORMAT_OPTION_ROW(LONG_FORMAT),
    JSON_OPTION_ROW(LONG_JSON),
    {LONG_FAIL, "fail-on-failure", NULL, "exit with 3 where the port is not a working SSH server"},
    {'h', "help", NULL, "print this and exit"},
};

#define OPTIONS (sizeof table / sizeof table[0])

struct command {
    struct probe_target target;
    struct probe_options options;
    struct probe_name name;
    struct probe_sweep *sweep; /* NULL: not asked for */
    unsigned rate_given, verbose;
    double timeout_s, banner_s;
    uint16_t port;
    int family;
    struct report *report;
    struct helper names;                /* who asks the resolver for names of hops */
    const struct report_format *format; /* NULL: only their list was asked for */
    bool dry_run, help, fail_on_failure, failed;
    const char *host;
    uint32_t scope;
    int64_t started_us;
};

static bool usage(const char *what, const char *value, const char *instead)
{
    return complain_usage("probe", what, value, instead);
}

static bool seconds(const char *option, const char *text, double *out)
{
    char *end;
    *out = strtod(text, &end);
    return (end != text && *end == '\0' && *out >= 0.1 && *out <= 300) ||
           usage(option, text, "give seconds from 0.1 to 300");
}

static bool take_format(struct command *c, const char *name)
{
    char error[FORMAT_OPTION_ERROR_SIZE];
    if (format_option(name, &c->format, error))
        return true;
    complain("probe", "%s", error);
    return false;
}

static bool take(struct command *c, int letter, const char *argument)
{
    uint64_t value = 0;
    switch (letter) {
    case 'p':
        if (!whole_number(argument, 1, 65535, &value))
            return usage("-p", argument, "give a port from 1 to 65535");
        c->port = (uint16_t)value;
        return true;
    case LONG_FORMAT:
        return take_format(c, argument);
    case LONG_JSON:
        return take_format(c, "json");
    case LONG_RATE:
        if (!whole_number(argument, 1, 1000000, &value))
            return usage("--rate", argument, "give packets a second from 1 to 1000000");
        c->rate_given = (unsigned)value;
        return true;
    case LONG_TIMEOUT:
        return seconds("--timeout", argument, &c->timeout_s);
    case LONG_BANNER:
        return seconds("--banner-timeout", argument, &c->banner_s);
    case '4':
    case '6':
        c->family = letter - '0';
        return true;
    case 'v':
        c->verbose++;
        return true;
    default:
        break;
    }
    c->dry_run |= letter == LONG_DRY_RUN;
    c->help |= letter == 'h';
    c->fail_on_failure |= letter == LONG_FAIL;
    c->options.all_ports |= letter == LONG_ALL_PORTS;
    c->options.patient |= letter == LONG_PATIENT;
    c->options.numeric |= letter == 'n';
    c->options.no_privilege |= letter == LONG_SOCKETS;
    return true;
}

static bool parse(int argc, char **argv, struct command *c)
{
    char error[PROBE_ERROR_SIZE];
    struct option_forms forms;
    option_table_begin(table, OPTIONS, ":", &forms);
    for (int letter; (letter = getopt_long(argc, argv, forms.letters, forms.longs, NULL)) != -1;) {
        if (letter == '?' || letter == ':')
            return usage(letter == ':' ? "a value is missing after" : "unknown option", argv[optind - 1],
                         "--help lists the options");
        if (!take(c, letter, optarg))
            return false;
    }
    if (c->help || c->format == NULL)
        return true;
    if (optind + 1 != argc)
        return usage(optind == argc ? "no host" : "more than one host", "", "give one: sshsniff probe HOST[:PORT]");
    c->host = argv[optind];
    if (!probe_target_parse(c->host, &c->target, error)) {
        complain("probe", "%s", error);
        return false;
    }
    if (c->port != 0)
        c->target.port = c->port;
    return true;
}

static int help(void)
{
    puts("Usage: sshsniff probe [options] HOST[:PORT]\n"
         "\n"
         "Finds out why SSH to HOST does not work, and where on the way, by asking with a few dozen packets. It sends "
         "to\n"
         "this one host only and never logs in. ssh_config is followed: an alias or a ProxyJump means what it means to "
         "ssh.\n");
    option_table_print(table, OPTIONS);
    puts("\nExit status: 0 done, 1 an error while working, 2 usage, 3 not a working SSH server (with "
         "--fail-on-failure).");
    return EXIT_DONE;
}

/* ---- The result ---- */

static void on_probe(void *context, const struct probe_facts *facts, const struct case_file *file,
                     const struct probe_verdict *verdict, const char *interface)
{
    struct command *c = context;
    struct probe_facts *own = malloc(sizeof *own);
    if (own == NULL)
        return;
    *own = *facts;
    if (!c->options.numeric)
        names_fill(&c->names, own);
    struct probe_outcome outcome = {
        .name = &c->name,
        .facts = own,
        .file = file,
        .verdict = verdict,
        .sweep = c->sweep,
        .interface = interface,
        .host = c->target.host,
        .took_us = monotonic_us() - c->started_us,
    };
    c->failed |= verdict->verdict.cause != CAUSE_NONE;
    report_probe(c->report, &outcome);
    free(own);
}

/* A name without an address is a verdict too. */
static void report_nameless(struct command *c)
{
    struct lookup lookup = {.rcode = -1};
    struct attempt attempt = {.lookup = &lookup, .facts = FACT_NO_SYN};
    struct capture_facts capture = {.live = true};
    struct case_file file = {.attempt = &attempt, .capture = &capture};
    struct probe_facts *facts = calloc(1, sizeof *facts);
    struct probe_verdict *verdict = calloc(1, sizeof *verdict);
    if (facts != NULL && verdict != NULL) {
        lookup.first_us = attempt.syn.ts_us = attempt.last_us = wall_clock_us();
        snprintf(lookup.name, sizeof lookup.name, "%.255s", c->name.hostname);
        verdict->verdict = (struct verdict){
            .cause = CAUSE_NAME_FAILURE, .where = WHERE_CLIENT, .confidence = 0.99, .where_confidence = 0.9};
        snprintf(verdict->verdict.detail, sizeof verdict->verdict.detail, "the resolver says: %s", c->name.failure);
        on_probe(c, facts, &file, verdict, "none");
    }
    free(facts);
    free(verdict);
}

/* The plan's few packets and the sweep's many go out side by side: together no faster than was asked for, so a low rate
 * has them one after the other. */
static bool set_rates(struct command *c)
{
    unsigned most = c->rate_given != 0 ? c->rate_given : SWEEP_RATE;
    c->options.rate = c->rate_given != 0 ? c->rate_given : PLAN_RATE;
    if (!c->options.all_ports)
        return true;
    c->options.sweep_last = most < 10 * PLAN_RATE_BESIDE;
    c->options.rate = c->options.sweep_last ? most : PLAN_RATE_BESIDE;
    c->options.sweep_rate = c->options.sweep_last ? most : most - PLAN_RATE_BESIDE;
    c->options.sweep = c->sweep = calloc(1, sizeof *c->sweep);
    return c->sweep != NULL;
}

/* All that needs a right is open, and nothing was read yet. */
static bool drop(void *context, int capture, char error[PROBE_ERROR_SIZE])
{
    const struct command *c = context;
    const struct confinement wanted = {
        .kind = PROCESS_PROBE, .output = -1, .channel = c->names.channel, .capture = capture};
    if (rights_give_up(NULL, &wanted, false, c->verbose > 0) == EXIT_DONE)
        return true;
    snprintf(error, PROBE_ERROR_SIZE, "nothing was sent");
    return false;
}

/* ---- The name, looked up by a child without rights ---- */

struct naming {
    const struct probe_target *target;
    int family;
    struct probe_name name;
};

static bool ask_ssh_apart(void *argument)
{
    struct naming *naming = argument;
    probe_name_configured(naming->target, &naming->name);
    return true;
}

static bool resolve_apart(void *argument)
{
    struct naming *naming = argument;
    probe_name_resolve(&naming->name, naming->family);
    return true;
}

static void find_name(struct command *c)
{
    struct naming naming = {.target = &c->target, .family = c->family};
    if (apart(PROCESS_NAMES, ask_ssh_apart, resolve_apart, &naming, sizeof naming))
        c->name = naming.name;
    else
        snprintf(c->name.failure, sizeof c->name.failure, "the process that asks it ended");
    probe_name_check(&c->name);
}

static void start_names(struct command *c)
{
    char error[HELPER_ERROR_SIZE];
    if (!c->options.numeric && !names_start(&c->names, error) && c->verbose > 0)
        complain("probe", "%s", error);
}

static int ask(struct command *c)
{
    char error[PROBE_ERROR_SIZE] = "";
    c->started_us = monotonic_us();
    find_name(c);
    if (c->name.addresses == 0) {
        report_nameless(c);
        return c->fail_on_failure ? EXIT_FAILED : EXIT_DONE;
    }
    const struct address *address = &c->name.address[0];
    c->scope = c->name.scope[0];
    c->options.banner_us = (int64_t)(c->banner_s * 1e6);
    c->options.deadline_us = (int64_t)(c->timeout_s > 0 ? c->timeout_s * 1e6 : c->options.patient ? 100e6 : 30e6);
    c->options.opened = drop;
    c->options.opened_context = c;
    const char *refused = probe_refuses(address);
    if (refused != NULL) {
        complain("probe", "%s: %s; give one host", c->host, refused);
        return EXIT_USAGE;
    }
    if (!set_rates(c)) {
        complain("probe", "out of memory");
        return EXIT_TROUBLE;
    }
    if (c->dry_run) {
        probe_print_plan(stdout, address, c->name.port, &c->options);
        return EXIT_DONE;
    }
    start_names(c);
    if (!probe_run(address, c->scope, c->name.port, &c->options, on_probe, c, error)) {
        complain("probe", "%s", error);
        return EXIT_TROUBLE;
    }
    return c->fail_on_failure && c->failed ? EXIT_FAILED : EXIT_DONE;
}

static int run(struct command *c)
{
    sensor_name_set(NULL, true);
    /* The hosts file says nothing here: the name was given, and the hops' names are looked up. */
    c->report = report_new(&(struct report_options){.format = c->format,
                                                    .out = stdout,
                                                    .colour = terminal_colours(STDOUT_FILENO, COLOUR_AUTO),
                                                    .width = terminal_width(STDOUT_FILENO),
                                                    .numeric = true,
                                                    .verbose = c->verbose});
    if (c->report == NULL) {
        complain("probe", "out of memory");
        return EXIT_TROUBLE;
    }
    int status = ask(c);
    errno = 0;
    if (!report_close(c->report)) {
        complain("probe", "standard output: %s", errno != 0 ? strerror(errno) : "writing failed");
        return EXIT_TROUBLE;
    }
    return status;
}

static int list_formats(void)
{
    format_option_list();
    return EXIT_USAGE;
}

int probe_main(int argc, char **argv)
{
    struct command *c = calloc(1, sizeof *c);
    int status = EXIT_USAGE;
    if (c == NULL)
        return EXIT_TROUBLE;
    c->banner_s = 6;
    c->names = (struct helper){-1, -1};
    c->format = report_format_at(0);
    if (parse(argc, argv, c))
        status = c->help ? help() : c->format == NULL ? list_formats() : run(c);
    helper_end(&c->names);
    free(c->sweep);
    free(c);
    return status;
}
