#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format_option.h"
#include "mistaken.h"
#include "numbers.h"
#include "option_table.h"
#include "options.h"
#include "report/utf8.h"
#include "run/saving.h"
#include "shown_options.h"

_Static_assert(MISTAKEN_ERROR_SIZE <= OPTIONS_ERROR_SIZE, "an error of the one is an error of the other");

#define DEFAULT_FLOOD       10000
#define DEFAULT_HEARTBEAT_S 60
#define DAY_S               86400
#define SNAPLEN_MAX         262144 /* as tcpdump's */

/* Options without a letter. */
enum {
    LONG_FORMAT = 256,
    LONG_JSON,
    LONG_FAIL_ON_FAILURE,
    LONG_CONFIRM,
    LONG_FOLLOW,
    LONG_FLOOD,
    LONG_MAX_MEMORY,
    LONG_HTML,
    LONG_HTML_SIZE,
    LONG_HEARTBEAT,
    LONG_SENSOR,
    LONG_METRICS,
    LONG_LOCAL,
    LONG_WRITE_FORMAT,
    LONG_COLOUR,
    LONG_ANONYMIZE,
    LONG_BRIEF,
    LONG_CAUSE,
    LONG_CLIENT,
    LONG_HOST,
    LONG_SINCE,
    LONG_UNTIL,
    LONG_FAILED,
    LONG_VERSION
};

/* One row is one option: what getopt needs and what --help prints. */
static const struct option_row table[] = {
    {'i', "interface", "NAME", "listen on this interface; without -i and -r: any"},
    {'r', "read", "FILE", "read a capture (pcap or pcapng, gzip or zstd too; - is standard input); may be repeated"},
    {'w', "write", "FILE",
     "save the packets of the attempts (- is standard output): as pcap, or FILE.pcapng with what was found as "
     "comments"},
    {LONG_WRITE_FORMAT, "write-format", "FORMAT", "that file's format, pcap or pcapng, whatever its name is"},
    {'D', "list-interfaces", NULL, "print the interfaces and exit"},
    {'P', "ports", "PORTS", "the SSH ports, as in 22,2222,22000-22100; default " DEFAULT_PORTS},
    {'c', "count", "COUNT", "stop after COUNT frames"},
    {'s', "snapshot-length", "BYTES", "capture no more of each frame; 0 and default: 262144"},
    {'p', "no-promiscuous-mode", NULL, "do not put the interface into promiscuous mode"},
    {'Z', "relinquish-privileges", "USER",
     "become USER once all is open; default: who called sudo, or sshsniff; root: keep the uid, without its rights"},
    {'n', "numeric", NULL, "no names for addresses"},
    {'t', "time", NULL,
     "no times; -tt: seconds since 1970, -ttt: since the one before, -tttt: date and time, -ttttt: since the start"},
    {LONG_COLOUR, "color", "WHEN", "always, never, or auto: on a terminal, unless NO_COLOR is set; the default"},
    {'q', "quiet", NULL, "the summary only"},
    {'v', "verbose", NULL,
     "each attempt in full, with versions, algorithms, times and weights; twice: what was learned of each host"},
    {LONG_ANONYMIZE, "anonymize", NULL,
     "with -r: other addresses and names in all that is written, the same for the same, under a key that nobody keeps"},
    {LONG_BRIEF, "brief", NULL, "one line for each attempt"},
    {LONG_CAUSE, "cause", "CAUSES", "show only attempts of these causes: kernel-rst,auth-failed; explain lists them"},
    {LONG_CLIENT, "client", "ADDRESSES", "show only attempts from there: an address or a network, 10.7.0.0/16"},
    {LONG_HOST, "host", "HOSTS", "show only attempts with one of these ends, or to a name that did not resolve"},
    {LONG_SINCE, "since", "TIME", "show only attempts begun then or later: 2026-11-22T09:30, 09:30; Z at its end: UTC"},
    {LONG_UNTIL, "until", "TIME", "show only attempts begun then or earlier"},
    {LONG_FAILED, "failed", NULL, "show only attempts that failed"},
    FORMAT_OPTION_ROW(LONG_FORMAT),
    JSON_OPTION_ROW(LONG_JSON),
    {LONG_HTML, "html", "FILE", "write one page for a browser too: all attempts, their packets and what to do"},
    {LONG_HTML_SIZE, "html-size", "SIZE", "let that page be no larger: 500K, 20M; default 10M"},
    {LONG_CONFIRM, "confirm", NULL, "probe the target of an attempt from here where the packets leave its cause open"},
    {LONG_FOLLOW, "follow", NULL,
     "go on with the -r FILE as it is written, and with the files after it of tcpdump's -C and -W"},
    {LONG_LOCAL, "local", NULL, "live: ask this machine itself why its SSH fails: sockets, rules, queues, logs"},
    {LONG_FLOOD, "flood", "COUNT",
     "live: report more than COUNT alike in a second in one line; default 10000, 0: each by itself"},
    {LONG_MAX_MEMORY, "max-memory", "SIZE", "take no more memory than this: 64M, 1G; at least 32M"},
    {LONG_HEARTBEAT, "heartbeat", "SECONDS",
     "live: how often JSON says that it still runs, with drops and lag; default 60, 0: never"},
    {LONG_SENSOR, "sensor", "NAME", "who watches, in the results for programs; default live: this host's name"},
    {LONG_METRICS, "metrics", "FILE",
     "keep counts in FILE for Prometheus (node_exporter's textfile collector): every 15 s live, and at the end"},
    {LONG_FAIL_ON_FAILURE, "fail-on-failure", NULL, "exit with 3 where any attempt failed"},
    {'h', "help", NULL, "print this and exit"},
    {LONG_VERSION, "version", NULL, "print the version and exit"},
};

#define OPTIONS (sizeof table / sizeof table[0])

enum { LEAST_MEMORY_MB = 32, LEAST_PAGE_KB = 256 };
#define USUAL_PAGE_BYTES ((size_t)10 << 20)
#define PAGE_OF_MEMORY   4 /* a page may take a quarter of --max-memory */

__attribute__((format(printf, 2, 3))) static bool bad(char *error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error, OPTIONS_ERROR_SIZE, format, arguments);
    va_end(arguments);
    utf8_make_safe(error);
    return false;
}

static bool take_number(int letter, const char *text, struct options *out, char *error)
{
    uint64_t value = 0;
    if (letter == 'c') {
        if (!whole_number(text, 1, UINT64_MAX, &out->count))
            return bad(error, "-c %s: not a count of frames; give a number from 1 on", text);
        return true;
    }
    if (letter == LONG_FLOOD) {
        if (!whole_number(text, 0, UINT64_MAX, &out->flood))
            return bad(error, "--flood %s: not a count of attempts; give a number from 0 on", text);
        return true;
    }
    if (letter == LONG_HEARTBEAT) {
        if (!whole_number(text, 0, DAY_S, &value))
            return bad(error, "--heartbeat %s: not a number of seconds; give one from 0 to %d", text, DAY_S);
        out->heartbeat_s = (unsigned)value;
        return true;
    }
    if (!whole_number(text, 0, SNAPLEN_MAX, &value))
        return bad(error, "-s %s: not a snapshot length; give a number from 0 to 262144", text);
    out->snaplen = (uint32_t)value;
    return true;
}

static bool take_interface(const char *text, struct options *out, char *error)
{
    if (out->interface != NULL)
        return bad(error, "-i %s: one interface at a time; -i any listens on all", text);
    if (text[0] == '\0')
        return bad(error, "-i: the interface's name is empty; -D lists them");
    out->interface = text;
    return true;
}

static bool take_memory(const char *text, struct options *out, char *error)
{
    return bytes_of(text, (size_t)LEAST_MEMORY_MB << 20, &out->max_memory) ||
           bad(error, "--max-memory %s: not a size; give for example 64M or 1G, at least %dM", text, LEAST_MEMORY_MB);
}

static bool take_page_size(const char *text, struct options *out, char *error)
{
    return bytes_of(text, (size_t)LEAST_PAGE_KB << 10, &out->html_size) ||
           bad(error, "--html-size %s: not a size; give for example 500K or 20M, at least %dK", text, LEAST_PAGE_KB);
}

/* What it is by its name, unless it was said. */
static bool agree_on_saving(struct options *out, char *error)
{
    const char *format = out->save_format;
    if (format != NULL && strcmp(format, "pcap") != 0 && strcmp(format, "pcapng") != 0)
        return bad(error, "--write-format %s: no such format; give pcap or pcapng", format);
    if (format != NULL && out->save == NULL)
        return bad(error, "--write-format: of which file? -w FILE names it");
    out->save_commented =
        format != NULL ? strcmp(format, "pcapng") == 0 : out->save != NULL && saving_is_pcapng(out->save);
    return true;
}

static bool take_format(const char *name, struct options *out, char *error)
{
    if (!format_option(name, &out->format, error))
        return false;
    if (out->format == NULL)
        out->action = ACTION_LIST_FORMATS;
    return true;
}

/* Flags: options that only set something. */
static void take_flag(int letter, struct options *out)
{
    switch (letter) {
    case 'D':
        out->action = ACTION_LIST_INTERFACES;
        break;
    case 'h':
        out->action = ACTION_HELP;
        break;
    case LONG_VERSION:
        out->action = ACTION_VERSION;
        break;
    case 'p':
        out->no_promiscuous = true;
        break;
    case 'n':
        out->numeric = true;
        break;
    case 'q':
        out->quiet = true;
        break;
    case 't':
        out->time_style += out->time_style < TIME_SINCE_START;
        break;
    case 'v':
        out->verbose++;
        break;
    case LONG_CONFIRM:
        out->confirm = true;
        break;
    case LONG_ANONYMIZE:
        out->anonymize = true;
        break;
    case LONG_BRIEF:
        out->brief = true;
        break;
    case LONG_FAILED:
        out->shown.failed = true;
        break;
    case LONG_FOLLOW:
        out->follow = true;
        break;
    case LONG_LOCAL:
        out->local = true;
        break;
    case LONG_FAIL_ON_FAILURE:
        out->fail_on_failure = true;
        break;
    default:
        break;
    }
}

/* Options of which attempts are shown. */
static bool take_shown(int letter, const char *argument, struct options *out, char *error)
{
    char text[SHOWN_ERROR_SIZE] = "";
    bool taken = true;
    switch (letter) {
    case LONG_CAUSE:
        taken = shown_option_cause(argument, &out->shown, text);
        break;
    case LONG_CLIENT:
        taken = shown_option_client(argument, &out->shown, text);
        break;
    case LONG_HOST:
        taken = shown_option_host(argument, &out->shown, text);
        break;
    case LONG_SINCE:
        taken = shown_option_moment("--since", argument, &out->shown.since, text);
        break;
    default:
        taken = shown_option_moment("--until", argument, &out->shown.until, text);
        break;
    }
    return taken || bad(error, "%s", text);
}

static bool take(int letter, const char *argument, struct options *out, char *error)
{
    switch (letter) {
    case 'i':
        return take_interface(argument, out, error);
    case 'r':
        out->files[out->file_count++] = argument;
        return true;
    case 'w':
        out->save = argument;
        return true;
    case 'Z':
        out->user = argument;
        return true;
    case 'P':
        out->ports_text = argument;
        return port_set_parse(&out->ports, argument) ||
               bad(error, "-P %s: not a list of ports; give for example 22,2222,22000-22100", argument);
    case LONG_SENSOR:
        out->sensor = argument;
        return argument[0] != '\0' || bad(error, "--sensor: the name is empty; leave it out for this host's own");
    case LONG_METRICS:
        out->metrics = argument;
        return true;
    case LONG_WRITE_FORMAT:
        out->save_format = argument;
        return true;
    case LONG_CAUSE:
    case LONG_CLIENT:
    case LONG_HOST:
    case LONG_SINCE:
    case LONG_UNTIL:
        return take_shown(letter, argument, out, error);
    case LONG_FORMAT:
        return take_format(argument, out, error);
    case LONG_JSON:
        return take_format("json", out, error);
    case LONG_COLOUR:
        return terminal_colour_named(argument, &out->colour) ||
               bad(error, "--color %s: give auto, always or never", argument);
    case LONG_HTML:
        out->html = argument;
        return true;
    case LONG_HTML_SIZE:
        return take_page_size(argument, out, error);
    case LONG_MAX_MEMORY:
        return take_memory(argument, out, error);
    case 'c':
    case 's':
    case LONG_HEARTBEAT:
    case LONG_FLOOD:
        return take_number(letter, argument, out, error);
    default:
        take_flag(letter, out);
        return true;
    }
}

/* getopt's own words name the option but not what to do next. */
static bool refuse(int result, char **argv, char *error)
{
    char name[64];
    if (optopt > 0 && optopt < 256)
        snprintf(name, sizeof name, "-%c", optopt);
    else
        snprintf(name, sizeof name, "%.60s", argv[optind - 1]);
    return bad(error, "%s %s; --help lists the options", result == ':' ? "a value is missing after" : "unknown option",
               name);
}

static char *join(char **words, int count)
{
    size_t length = 1;
    for (int i = 0; i < count; i++)
        length += strlen(words[i]) + 1;
    char *text = calloc(length, 1);
    if (text == NULL)
        return NULL;
    char *at = text;
    for (int i = 0; i < count; i++) {
        size_t size = strlen(words[i]);
        if (i > 0)
            *at++ = ' ';
        memcpy(at, words[i], size);
        at += size;
    }
    return text;
}

/* Of a small memory the page gets no more than its part, unless it was given more. */
static bool agree_on_page(struct options *out, char *error)
{
    const size_t part = out->max_memory / PAGE_OF_MEMORY;
    if (out->html_size && !out->html)
        return bad(error, "--html-size: of which page? --html FILE names it");
    if (out->html && (out->html[0] == '\0' || strcmp(out->html, "-") == 0))
        return bad(error, "--html %s: give the name of a file; standard output is for the verdicts", out->html);
    if (out->html_size && part && out->html_size > part)
        return bad(error, "--html-size: more than a quarter of --max-memory; give one of them another size");
    if (!out->html_size)
        out->html_size = part && part < USUAL_PAGE_BYTES ? part : USUAL_PAGE_BYTES;
    return true;
}

static bool agree(const struct options *out, char *error)
{
    if (out->interface != NULL && out->file_count > 0)
        return bad(error, "-i and -r %s: an interface or files, not both", out->files[0]);
    if (out->brief && strcmp(report_format_name(out->format), "text") != 0)
        return bad(error, "--brief and --format %s: lines for people; leave one out", report_format_name(out->format));
    if (out->anonymize && (out->file_count == 0 || out->follow))
        return bad(error, "--anonymize: save a capture with tcpdump, and give it with -r");
    if (out->confirm && out->file_count > 0)
        return bad(error, "--confirm and -r %s: only what happens now can be probed", out->files[0]);
    if (out->follow && out->file_count != 1)
        return bad(error, "--follow: give one -r FILE, the one that is being written");
    if (out->local && out->file_count > 0)
        return bad(error, "--local and -r %s: this machine says what is now, and a capture is of then; leave one out",
                   out->files[0]);
    return true;
}

int options_first_word(int argc, char **argv)
{
    struct option_forms forms;
    int letter;
    option_table_begin(table, OPTIONS, "+:", &forms);
    while ((letter = getopt_long(argc, argv, forms.letters, forms.longs, NULL)) != -1)
        if (letter == '?' || letter == ':')
            return argc;
    return optind;
}

bool options_parse(int argc, char **argv, struct options *out, char error[OPTIONS_ERROR_SIZE])
{
    struct option_forms forms;
    memset(out, 0, sizeof *out);
    error[0] = '\0';
    option_table_begin(table, OPTIONS, ":", &forms);
    out->ports_text = DEFAULT_PORTS;
    out->flood = DEFAULT_FLOOD;
    out->heartbeat_s = DEFAULT_HEARTBEAT_S;
    out->format = report_format_at(0);
    out->files = calloc((size_t)argc + 1, sizeof *out->files);
    if (out->files == NULL || !port_set_parse(&out->ports, DEFAULT_PORTS))
        return bad(error, "out of memory");

    for (int letter; (letter = getopt_long(argc, argv, forms.letters, forms.longs, NULL)) != -1;) {
        if (letter == '?' || letter == ':')
            return refuse(letter, argv, error);
        if (!take(letter, optarg, out, error))
            return false;
    }
    if (mistaken_file(argc - optind, argv + optind, error))
        return false;
    if (optind < argc && (out->filter = join(argv + optind, argc - optind)) == NULL)
        return bad(error, "out of memory");
    return agree(out, error) && agree_on_page(out, error) && agree_on_saving(out, error);
}

void options_free(struct options *options)
{
    free(options->files);
    free(options->filter);
    options->files = NULL;
    options->filter = NULL;
}

void options_help(void)
{
    option_table_print(table, OPTIONS);
}
