/* sshsniff local: the service, its sockets, rules and room, and one client's way in and back; read-only, and at once.
 */
#include "local_command.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "complain.h"
#include "exit_status.h"
#include "format_option.h"
#include "helper/local.h"
#include "local/page.h"
#include "numbers.h"
#include "option_table.h"
#include "os/terminal.h"
#include "rights.h"

#define BUDGET_MS 4000
#define WAIT_MS   6000
#define HOSTS     "/etc/hosts"

enum { LONG_FORMAT = 256, LONG_JSON, LONG_USER, LONG_FAIL };

/* One row is one option: what getopt needs and what --help prints. */
static const struct option_row table[] = {
    {'p', "port", "PORT", "the port that the client asks for; default: those of sshd's settings"},
    {LONG_USER, "user", "NAME", "who wants to log in: says whether sshd's settings let them"},
    {'v', "verbose", NULL, "further advice for each finding"},
    FORMAT_OPTION_ROW(LONG_FORMAT),
    JSON_OPTION_ROW(LONG_JSON),
    {LONG_FAIL, "fail-on-failure", NULL, "exit with 3 where something keeps SSH from working"},
    {'h', "help", NULL, "print this and exit"},
};

#define OPTIONS (sizeof table / sizeof table[0])

struct command {
    struct local_request request;
    const struct report_format *format; /* NULL: only their list was asked for */
    bool verbose, help, fail_on_failure, colour;
    size_t width; /* of the terminal */
};

/* ---- The command line ---- */

static bool usage(const char *what, const char *value, const char *instead)
{
    return complain_usage("local", what, value, instead);
}

static bool take_port(struct command *c, const char *text)
{
    uint64_t port;
    if (!whole_number(text, 1, UINT16_MAX, &port))
        return usage("-p", text, "give a port from 1 to 65535");
    c->request.question.port = (uint16_t)port;
    return true;
}

static bool take_format(struct command *c, const char *name)
{
    char error[FORMAT_OPTION_ERROR_SIZE];
    if (!format_option(name, &c->format, error)) {
        complain("local", "%s", error);
        return false;
    }
    if (c->format == NULL || strcmp(name, "text") == 0 || strcmp(name, "json") == 0)
        return true;
    return usage("--format", name, "local writes text or json");
}

static bool take_user(struct command *c, const char *name)
{
    struct local_question *q = &c->request.question;
    if (name[0] == '\0' || snprintf(q->user, sizeof q->user, "%s", name) >= (int)sizeof q->user ||
        !local_request_is_sound(&c->request))
        return usage("--user", name, "give the name of a user");
    return true;
}

static bool take(struct command *c, int letter, const char *argument)
{
    switch (letter) {
    case 'p':
        return take_port(c, argument);
    case LONG_USER:
        return take_user(c, argument);
    case LONG_FORMAT:
        return take_format(c, argument);
    case LONG_JSON:
        return take_format(c, "json");
    default:
        break;
    }
    c->verbose |= letter == 'v';
    c->help |= letter == 'h';
    c->fail_on_failure |= letter == LONG_FAIL;
    return true;
}

/* ---- The client ---- */

static bool read_address(const char *text, struct address *out)
{
    uint8_t four[4], sixteen[16];
    if (inet_pton(AF_INET, text, four) == 1)
        *out = address_from_ipv4(four);
    else if (inet_pton(AF_INET6, text, sixteen) == 1)
        *out = address_from_ipv6(sixteen);
    else
        return false;
    return true;
}

/* One line of the hosts file: an address, and its names. */
static bool line_names(char *line, const char *name, struct address *out)
{
    static const char blanks[] = " \t\r\n";
    char *rest;
    line[strcspn(line, "#")] = '\0';
    const char *address = strtok_r(line, blanks, &rest), *word;
    while (address != NULL && (word = strtok_r(NULL, blanks, &rest)) != NULL)
        if (strcmp(word, name) == 0)
            return read_address(address, out);
    return false;
}

/* No name server is asked: nothing is sent. */
static bool find_name(const char *name, struct address *out)
{
    char line[1024];
    bool found = false;
    FILE *hosts = fopen(HOSTS, "re");
    while (hosts != NULL && !found && fgets(line, sizeof line, hosts) != NULL)
        found = line_names(line, name, out);
    if (hosts != NULL)
        fclose(hosts);
    return found;
}

static bool take_client(struct command *c, const char *word)
{
    struct address *client = &c->request.question.client;
    if (!read_address(word, client) && !find_name(word, client))
        return usage(word, "", "not an address, and " HOSTS " does not name it; give the client's address");
    if (local_is_any_address(client) || address_is_group(client))
        return usage(word, "", "no single host has that address; give the client's");
    return true;
}

static bool parse(int argc, char **argv, struct command *c)
{
    struct option_forms forms;
    option_table_begin(table, OPTIONS, ":", &forms);
    for (int letter; (letter = getopt_long(argc, argv, forms.letters, forms.longs, NULL)) != -1;) {
        if (letter == '?' || letter == ':')
            return usage(letter == ':' ? "a value is missing after" : "unknown option", argv[optind - 1],
                         "--help lists the options");
        if (!take(c, letter, optarg))
            return false;
    }
    if (c->help || c->format == NULL || optind == argc)
        return true;
    if (optind + 1 < argc)
        return usage("more than one client", "", "give one: sshsniff local CLIENT");
    return take_client(c, argv[optind]);
}

static int help(void)
{
    puts("Usage: sshsniff local [options] [CLIENT]\n"
         "\n"
         "Says what this machine itself knows of its SSH service, and of CLIENT's way in: whether the server is "
         "installed\n"
         "and runs, who listens where, its settings, room, rules, and the way back. CLIENT is an address, or a name "
         "of\n" HOSTS
         ". Nothing is changed, and nothing is sent. Root sees most; others are told what they may not see.\n");
    option_table_print(table, OPTIONS);
    puts("\nExit status: 0 done, 1 an error while working, 2 usage, 3 something keeps SSH from working (with "
         "--fail-on-failure).");
    return EXIT_DONE;
}

/* ---- To ask, and to tell ---- */

static bool stops(const struct local_finding *findings, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (findings[i].stops)
            return true;
    return false;
}

static int print(const struct command *c, const struct local_facts *facts)
{
    static struct local_finding findings[LOCAL_FINDINGS];
    struct buffer out = {NULL, 0, 0, false};
    const unsigned count = local_find(facts, findings);
    if (strcmp(report_format_name(c->format), "json") == 0)
        local_json(&out, facts, findings, count);
    else
        local_page(&out, c->colour, c->width, c->verbose, facts, findings, count);
    const bool written = !out.failed && fwrite(out.data, 1, out.length, stdout) == out.length && fflush(stdout) == 0;
    if (!written)
        complain("local", "standard output: %s", out.failed ? "out of memory" : strerror(errno));
    buffer_free(&out);
    return !written ? EXIT_TROUBLE : c->fail_on_failure && stops(findings, count) ? EXIT_FAILED : EXIT_DONE;
}

static int ask(const struct command *c, const struct helper *helper)
{
    static struct local_facts facts;
    struct local_request asked;
    const struct confinement wanted = {.kind = PROCESS_PRINT, .output = -1, .channel = helper->channel, .capture = -1};
    int status = rights_give_up(NULL, &wanted, false, c->verbose);
    if (status != EXIT_DONE)
        return status;
    if (!local_ask(helper, &c->request) || local_hear(helper, WAIT_MS, &asked, &facts) != 1) {
        complain("local", "the process that looks at this machine ended, or did not answer in %d s; try again",
                 WAIT_MS / 1000);
        return EXIT_TROUBLE;
    }
    return print(c, &facts);
}

static int run(const struct command *c)
{
    struct helper helper;
    char error[HELPER_ERROR_SIZE];
    if (!local_start(&helper, NULL, error)) {
        complain("local", "%s", error);
        return EXIT_TROUBLE;
    }
    int status = ask(c, &helper);
    helper_end(&helper);
    return status;
}

int local_main(int argc, char **argv)
{
    struct command c = {.request = {.number = 1, .parts = LOCAL_PARTS_ALL, .budget_ms = BUDGET_MS}};
    c.format = report_format_at(0);
    c.colour = terminal_colours(STDOUT_FILENO, COLOUR_AUTO);
    c.width = terminal_width(STDOUT_FILENO);
    if (!parse(argc, argv, &c))
        return EXIT_USAGE;
    if (c.help)
        return help();
    if (c.format == NULL) {
        format_option_list();
        return EXIT_USAGE;
    }
    return run(&c);
}
