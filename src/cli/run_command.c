/* sshsniff run: a command, watched from its first packet to its last, and the verdicts on the connections that it made.
 */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <sshsniff/capture.h>
#include <sshsniff/probe.h>
#include <sshsniff/report.h>

#include "kernel_filter.h"
#include "option_table.h"
#include "options.h"
#include "privilege.h"
#include "run_ask.h"
#include "run_command.h"

#define EXIT_TROUBLE    1
#define EXIT_USAGE      2
#define EXIT_NOT_FOUND  127 /* as a shell's */
#define SSH_FAILED      255 /* ssh(1): an error of ssh itself, not of the remote command */
#define READ_TIMEOUT_MS 10
#define LAST_PACKETS_US 250000 /* after the command has ended: closing segments are still on their way */
#define DEFAULT_PORTS   "22,222,2222,8022,22022"
#define LOCAL_ADDRESSES 64

enum { LONG_JSON = 256 };

struct run {
    char **command;
    struct probe_name name;
    bool is_ssh;           /* the command is ssh itself, so ssh -G knows where it goes */
    bool proxied;          /* ssh runs a ProxyCommand, which makes the connection or does not */
    bool master_was_there; /* ControlPath led to a live master before the command ran */
    unsigned verbose, shown;
    bool json, numeric;
    const char *ports_text;
    struct port_set ports;
    char interface[16];
    struct source *source; /* NULL: not allowed to capture */
    struct tracker *tracker;
    struct report *report;
    struct verdict *verdict;
    int status; /* of the command, as waitpid gives it */
};

static volatile sig_atomic_t child_pid;

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("sshsniff run: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

/* ---- Before ---- */

static bool is_ssh(const char *program)
{
    const char *base = strrchr(program, '/');
    return strcmp(base != NULL ? base + 1 : program, "ssh") == 0;
}

/* ssh -G with the very arguments of the command: its options change where it goes. */
static void ask_ssh(struct run *run, int words)
{
    char option[] = "-G", **argv = calloc((size_t)words + 2, sizeof *argv);
    struct probe_target target = {.port = 0};
    if (argv == NULL)
        return;
    argv[0] = run->command[0];
    argv[1] = option;
    for (int i = 1; i < words; i++)
        argv[i + 1] = run->command[i];
    struct probe_name asked = {.port = 22};
    if (probe_ask_ssh(argv, &asked)) {
        const char *first = asked.jump[0] != '\0' ? asked.jump : asked.hostname;
        const char *host = strrchr(first, '@') != NULL ? strrchr(first, '@') + 1 : first;
        char error[PROBE_ERROR_SIZE], one[PROBE_NAME_SIZE];
        snprintf(one, sizeof one, "%.*s", (int)strcspn(host, ","), host);
        if (asked.jump[0] == '\0') { /* an address must not be read as host and port */
            memcpy(target.host, asked.hostname, sizeof target.host);
            target.port = asked.port;
        } else if (!probe_target_parse(one, &target, error))
            target.host[0] = '\0';
        if (target.host[0] != '\0')
            probe_name(&target, 0, &run->name);
        run->is_ssh = target.host[0] != '\0';
        run->proxied = asked.proxy_command[0] != '\0';
        memcpy(run->name.proxy_command, asked.proxy_command, sizeof run->name.proxy_command);
        memcpy(run->name.control_path, asked.control_path, sizeof run->name.control_path);
        if (asked.jump[0] != '\0') {
            memcpy(run->name.jump, asked.jump, sizeof run->name.jump);
            memcpy(run->name.wanted, asked.hostname, sizeof run->name.wanted);
        }
    }
    free(argv);
}

static void look_for_master(struct run *run)
{
    struct stat entry;
    run->master_was_there =
        run->name.control_path[0] != '\0' && stat(run->name.control_path, &entry) == 0 && S_ISSOCK(entry.st_mode);
}

/* One interface where all addresses go the same way; "any" otherwise, and for whatever is not ssh. */
static void choose_interface(struct run *run)
{
    char error[PROBE_ERROR_SIZE];
    strcpy(run->interface, "any");
    if (run->proxied)
        return;
    for (unsigned i = 0; i < run->name.addresses; i++) {
        struct probe_route route;
        if (!probe_route_find(&run->name.address[i], run->name.scope[i], &route, error))
            continue;
        if (strcmp(run->interface, "any") != 0 && strcmp(run->interface, route.interface) != 0) {
            strcpy(run->interface, "any");
            return;
        }
        memcpy(run->interface, route.interface, sizeof run->interface);
    }
}

static bool choose_ports(struct run *run)
{
    if (!port_set_parse(&run->ports, run->ports_text))
        return false;
    if (run->name.port != 0)
        run->ports.bits[run->name.port >> 6] |= 1ULL << (run->name.port & 63);
    return true;
}

/* ---- The command ---- */

static void pass_on(int number)
{
    if (child_pid > 0)
        (void)kill((pid_t)child_pid, number);
}

/* ^C and ^\ reach the command by its terminal: they are its own matter, and the verdict must survive them. */
static void handle_signals(void)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN}, pass = {.sa_handler = pass_on, .sa_flags = SA_RESTART};
    sigaction(SIGINT, &ignore, NULL);
    sigaction(SIGQUIT, &ignore, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
    sigaction(SIGTERM, &pass, NULL);
    sigaction(SIGHUP, &pass, NULL);
}

static void in_child(char **command, const struct sigaction old[2])
{
    static const int reset[] = {SIGPIPE, SIGTERM, SIGHUP};
    struct sigaction standard = {.sa_handler = SIG_DFL};
    sigaction(SIGINT, &old[0], NULL);
    sigaction(SIGQUIT, &old[1], NULL);
    for (size_t i = 0; i < sizeof reset / sizeof *reset; i++)
        sigaction(reset[i], &standard, NULL);
    if (!probe_become_caller()) {
        say("cannot become the user who called sudo; the command is not run as root");
        _exit(EXIT_TROUBLE);
    }
    execvp(command[0], command);
    say("%s: %s", command[0], strerror(errno));
    _exit(errno == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_FOUND - 1);
}

static bool start(struct run *run)
{
    struct sigaction old[2];
    sigaction(SIGINT, NULL, &old[0]);
    sigaction(SIGQUIT, NULL, &old[1]);
    handle_signals();
    pid_t child = fork();
    if (child == 0)
        in_child(run->command, old);
    child_pid = child;
    if (child < 0)
        say("cannot start %s: %s", run->command[0], strerror(errno));
    return child > 0;
}

static bool has_ended(struct run *run, int options)
{
    pid_t got;
    while ((got = waitpid((pid_t)child_pid, &run->status, options)) < 0 && errno == EINTR)
        ;
    return got != 0;
}

/* ---- Watching ---- */

/* Whose connection is it? For ssh, one to where it was to go; for other commands, any that began here. */
static bool is_ours(const struct run *run, const struct case_file *file)
{
    const struct attempt *a = file->attempt;
    if (a->lookup == NULL && a->facts & FACT_NO_SYN)
        return false; /* it was there before the command: a master connection, for one */
    if (a->lookup != NULL && a->lookup->name[0] != '\0')
        return !run->is_ssh || run->proxied ||
               strncasecmp(a->lookup->name, run->name.hostname, strlen(a->lookup->name)) == 0;
    if (!run->is_ssh || run->proxied)
        return file->client != NULL && file->client->local;
    for (unsigned i = 0; i < run->name.addresses; i++)
        if (address_equal(&run->name.address[i], &a->key.server))
            return a->lookup != NULL || a->key.server_port == run->name.port;
    return false;
}

static void on_case(void *context, const struct case_file *file)
{
    struct run *run = context;
    if (!is_ours(run, file))
        return;
    diagnose(file, run->verdict);
    report_verdict(run->report, file, run->verdict, source_name(run->source));
    run->shown++;
}

static bool open_capture(struct run *run)
{
    char error[SOURCE_ERROR_SIZE] = "out of memory", *filter = kernel_filter(&run->ports, NULL, false);
    struct live_options live = {
        .interface = run->interface, .filter = filter, .no_promiscuous = true, .read_timeout_ms = READ_TIMEOUT_MS};
    run->source = filter != NULL ? source_open_live(&live, error) : NULL;
    free(filter);
    if (run->source == NULL)
        say("no packets can be watched, the command runs all the same: %s", error);
    return run->source != NULL;
}

static bool prepare(struct run *run)
{
    struct address local[LOCAL_ADDRESSES];
    struct tracker_options tracking = {
        .ports = &run->ports, .local = local, .local_count = source_local_addresses(local, LOCAL_ADDRESSES)};
    struct report_options reporting = {
        .format = run->json ? REPORT_JSON : REPORT_TEXT,
        .out = stderr, /* standard output is the command's */
        .colour = !run->json && isatty(STDERR_FILENO) && getenv("NO_COLOR") == NULL,
        .numeric = run->numeric,
        .verbose = run->verbose,
        .flush = true,
    };
    run->tracker = tracker_new(&tracking, on_case, run);
    run->report = report_new(&reporting);
    run->verdict = calloc(1, sizeof *run->verdict);
    return run->tracker != NULL && run->report != NULL && run->verdict != NULL;
}

static void watch(struct run *run)
{
    int64_t ended_us = 0, looked_us = 0;
    for (bool capturing = true; ended_us == 0 || now_us() - ended_us < LAST_PACKETS_US;) {
        enum tracker_result read = capturing ? tracker_read(run->tracker, run->source) : TRACKER_END;
        capturing = read == TRACKER_GOES_ON || read == TRACKER_IDLE;
        if (!capturing) { /* the capture is over, the command is not */
            say("%s; the capture ends early", source_error(run->source));
            if (ended_us == 0)
                (void)has_ended(run, 0);
            break;
        }
        if (ended_us == 0 && now_us() - looked_us > READ_TIMEOUT_MS * 1000) {
            looked_us = now_us();
            ended_us = has_ended(run, WNOHANG) ? looked_us : 0;
        }
    }
    tracker_finish(run->tracker, false);
}

/* ---- After ---- */

static int exit_status(const struct run *run)
{
    return WIFSIGNALED(run->status) ? 128 + WTERMSIG(run->status) : WEXITSTATUS(run->status);
}

/* Nothing is known of the packets of ssh itself: what the port answers a moment later is the next best. */
static void ask_instead(const struct run *run)
{
    char error[PROBE_ERROR_SIZE];
    say("ssh ended with 255: the connection or the login failed, not the remote command; its packets could not be "
        "watched, so port %u is asked once more with ordinary sockets (sudo sshsniff run -- … would have seen why)",
        run->name.port);
    if (!run_ask(&run->name, run->json, run->verbose, error))
        say("%s", error);
}

static bool any_route(const struct run *run, char error[PROBE_ERROR_SIZE])
{
    for (unsigned i = 0; i < run->name.addresses; i++) {
        struct probe_route route;
        if (probe_route_find(&run->name.address[i], run->name.scope[i], &route, error))
            return true;
    }
    return false;
}

/* ssh ran, and no packet of it was there to see. */
static void say_why_unseen(const struct run *run)
{
    char error[PROBE_ERROR_SIZE];
    if (run->master_was_there)
        say("no new connection: ssh reused the master connection at %s", run->name.control_path);
    else if (run->is_ssh && !run->proxied && !any_route(run, error))
        say("no connection was seen: %s", error);
    else
        say("no connection was seen%s", run->is_ssh ? ": ssh ended before it made one, or it took another way" : "");
}

/* What there is to say beside the verdicts. */
static void conclude(const struct run *run)
{
    bool failed = exit_status(run) == SSH_FAILED;
    if (run->name.jump[0] != '\0')
        say("ProxyJump %s: the connection to %s goes through it, encrypted; what is seen is the one to the first hop",
            run->name.jump, run->name.wanted);
    if (run->proxied)
        say("ProxyCommand %s: what makes the connection is that command; shown is what began on this machine meanwhile",
            run->name.proxy_command);
    if (run->is_ssh && !run->proxied && run->name.addresses == 0)
        say("%s does not resolve: %s", run->name.hostname, run->name.failure);
    else if (run->source != NULL && run->shown == 0)
        say_why_unseen(run);
    else if (run->source == NULL && failed && run->is_ssh && !run->proxied)
        ask_instead(run);
}

/* ---- Options ---- */

static const struct option_row table[] = {
    {'P', "ports", "PORTS", "further SSH ports; default " DEFAULT_PORTS},
    {'n', "numeric", NULL, "no names for addresses"},
    {'v', "verbose", NULL, "versions, algorithms, times and weights too"},
    {LONG_JSON, "json", NULL, "one JSON object a line instead of text"},
    {'h', "help", NULL, "print this and exit"},
};

#define OPTIONS (sizeof table / sizeof table[0])

static int help(void)
{
    puts("Usage: sshsniff run [-v] [-n] [-P PORTS] [--json] -- COMMAND [ARGUMENT…]\n"
         "\n"
         "Runs COMMAND (as in: sudo sshsniff run -- ssh user@host) as the user who called, watches the connections "
         "that it makes,\n"
         "and says on standard error why each that failed did. The exit status is the command's.\n");
    option_table_print(table, OPTIONS);
    return 0;
}

static int parse(int argc, char **argv, struct run *run)
{
    struct option_forms forms;
    run->ports_text = DEFAULT_PORTS;
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
        case LONG_JSON:
            run->json = true;
            break;
        case 'h':
            return help();
        default:
            say("%s: unknown option, or its value is missing; the command comes after --", argv[optind - 1]);
            return EXIT_USAGE;
        }
    }
    if (optind == argc) {
        say("no command; give one: sshsniff run -- ssh user@host");
        return EXIT_USAGE;
    }
    run->command = argv + optind;
    return -1;
}

static int execute(struct run *run)
{
    char denied[PRIVILEGE_ERROR_SIZE];
    bool capture = prepare(run) && open_capture(run);
    if (!start(run))
        return EXIT_TROUBLE;
    if (!privilege_drop(NULL, denied))
        say("%s", denied); /* the command runs as its user all the same; what is left is the parser's risk */
    if (capture)
        watch(run);
    else
        (void)has_ended(run, 0);
    conclude(run);
    return exit_status(run);
}

int run_main(int argc, char **argv)
{
    struct run *run = calloc(1, sizeof *run);
    if (run == NULL)
        return EXIT_TROUBLE;
    int status = parse(argc, argv, run);
    if (status < 0) {
        if (is_ssh(run->command[0]))
            ask_ssh(run, argc - optind);
        look_for_master(run);
        choose_interface(run);
        status = EXIT_USAGE;
        if (choose_ports(run))
            status = execute(run);
        else
            say("-P %s: not a list of ports; give for example 22,2222", run->ports_text);
    }
    if (run->source != NULL)
        source_close(run->source);
    tracker_free(run->tracker);
    if (run->report != NULL)
        (void)report_close(run->report);
    free(run->verdict);
    free(run);
    return status;
}
