/* sshsniff explain: no packet is read; what is pasted is read as somebody without rights. */
#include "explain_command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "complain.h"
#include "exit_status.h"
#include "format_option.h"
#include "option_table.h"
#include "os/terminal.h"
#include "report/explain_words.h"
#include "rights.h"

#define LOG_MOST ((size_t)4 << 20) /* bytes of standard input: ssh -vvv of a whole day is less */

enum { LONG_FORMAT = 256, LONG_JSON };

static const struct option_row table[] = {
    {LONG_FORMAT, "format", "NAME", "text or json"},
    {LONG_JSON, "json", NULL, "one JSON object a line instead of text: --format json"},
    {'h', "help", NULL, "print this and exit"},
};

#define OPTIONS (sizeof table / sizeof table[0])

struct explain {
    bool json, colour, help;
    size_t width;
    struct log_reading log;
    struct buffer out;
};

static bool take(struct explain *explain, int letter, char **argv)
{
    if (letter == LONG_FORMAT && strcmp(optarg, "json") != 0 && strcmp(optarg, "text") != 0) {
        complain("explain", "--format %.40s: no such format here; text or json", optarg);
        return false;
    }
    if (letter == '?' || letter == ':') {
        complain("explain", "%s %.60s; --help lists the options",
                 letter == ':' ? "a value is missing after" : "unknown option", argv[optind - 1]);
        return false;
    }
    explain->json = letter == LONG_JSON || letter == LONG_FORMAT ? letter == LONG_JSON || strcmp(optarg, "json") == 0
                                                                 : explain->json;
    explain->help = explain->help || letter == 'h';
    return true;
}

/* Options stand before the words: a line that is pasted may hold anything. */
static bool parse(struct explain *explain, int argc, char **argv)
{
    struct option_forms forms;
    option_table_begin(table, OPTIONS, "+:", &forms);
    for (int letter; (letter = getopt_long(argc, argv, forms.letters, forms.longs, NULL)) != -1;)
        if (!take(explain, letter, argv))
            return false;
    return true;
}

static int help(void)
{
    puts("Usage: sshsniff explain [options] [CAUSE | LINE | -]\n"
         "\n"
         "Says what a line means that ssh or another program printed when a login failed: which causes print it, the\n"
         "likeliest first, and what to type to tell them apart. - reads a whole log, as of ssh -v, from standard "
         "input.\n"
         "Of a cause: what it is, how it is recognised, how to prove it, and what to do. Without an argument: all "
         "causes.\n");
    option_table_print(table, OPTIONS);
    puts("\nExit status: 0 explained, 1 nothing in it is known, 2 usage.");
    return EXIT_DONE;
}

static int write_out(struct explain *explain)
{
    const struct buffer *out = &explain->out;
    if (out->failed)
        complain("explain", "out of memory");
    else if (fwrite(out->data, 1, out->length, stdout) == out->length && fflush(stdout) == 0)
        return EXIT_DONE;
    else
        complain("explain", "standard output: writing failed: is the disk full?");
    return EXIT_TROUBLE;
}

static int list(struct explain *explain)
{
    if (!explain->json)
        explain_causes_text(&explain->out, explain->colour, explain->width);
    for (int cause = 0; explain->json && cause < CAUSE_COUNT; cause++)
        explain_cause_json(&explain->out, (enum cause)cause);
    return write_out(explain);
}

/* "kernel-rst", "KERNEL_RST", "kernel rst". */
static bool cause_named(const char *words, enum cause *out)
{
    for (int cause = 0; cause < CAUSE_COUNT; cause++) {
        const char *id = cause_name((enum cause)cause), *at = words;
        while (*id != '\0' && (strncasecmp(id, at, 1) == 0 || (*id == '-' && (*at == '_' || *at == ' '))))
            id++, at++;
        if (*id == '\0' && *at == '\0') {
            *out = (enum cause)cause;
            return true;
        }
    }
    return false;
}

static int explain_log_read(struct explain *explain)
{
    struct explanation explanation;
    if (!explain_log(&explain->log, &explanation)) {
        complain("explain", "no message of an SSH client is known in that; sshsniff explain lists the causes, and sudo "
                            "sshsniff run -- ssh HOST finds out from the packets");
        return EXIT_TROUBLE;
    }
    if (explain->json)
        explain_json(&explain->out, &explanation);
    else
        explain_text(&explain->out, &explanation, explain->colour, explain->width);
    return write_out(explain);
}

/* Lines of words that were given at once, or of a log. */
static void take_lines(struct explain *explain, const char *text, size_t length)
{
    while (length > 0) {
        const char *end = memchr(text, '\n', length);
        const size_t line = end != NULL ? (size_t)(end - text) : length;
        explain_line(&explain->log, text, line);
        text += line + (end != NULL);
        length -= line + (end != NULL);
    }
}

static int standard_input(struct explain *explain)
{
    const struct confinement wanted = {.kind = PROCESS_FILES, .output = -1, .channel = -1};
    char *text = malloc(LOG_MOST);
    if (text == NULL) {
        complain("explain", "out of memory");
        return EXIT_TROUBLE;
    }
    int status = rights_give_up(NULL, &wanted, false, false);
    if (status == EXIT_DONE) {
        const size_t length = fread(text, 1, LOG_MOST, stdin);
        if (length == LOG_MOST && getchar() != EOF)
            complain("explain", "only the first 4 MB are read; give the end of the log: tail -c 4M");
        take_lines(explain, text, length);
        status = length == 0 ? list(explain) : explain_log_read(explain); /* a program has no terminal to ask from */
    }
    free(text);
    return status;
}

/* Words without quotes around them are one line. */
static int words(struct explain *explain, int count, char **argv)
{
    struct buffer line = {0};
    enum cause cause;
    int status;
    for (int i = 0; i < count; i++) {
        if (i > 0)
            buffer_char(&line, ' ');
        buffer_text(&line, argv[i]);
    }
    buffer_char(&line, '\0');
    if (line.failed) {
        complain("explain", "out of memory");
        status = EXIT_TROUBLE;
    } else if (cause_named(line.data, &cause)) {
        if (explain->json)
            explain_cause_json(&explain->out, cause);
        else
            explain_cause_text(&explain->out, cause, explain->colour, explain->width);
        status = write_out(explain);
    } else {
        take_lines(explain, line.data, line.length - 1);
        status = explain_log_read(explain);
    }
    buffer_free(&line);
    return status;
}

static int run(struct explain *explain, int argc, char **argv)
{
    if (!parse(explain, argc, argv))
        return EXIT_USAGE;
    if (explain->help)
        return help();
    const bool one = argc - optind == 1;
    if ((one && strcmp(argv[optind], "-") == 0) || (argc == optind && !isatty(STDIN_FILENO)))
        return standard_input(explain);
    return argc == optind ? list(explain) : words(explain, argc - optind, argv + optind);
}

int explain_main(int argc, char **argv)
{
    struct explain *explain = calloc(1, sizeof *explain);
    if (explain == NULL) {
        complain("explain", "out of memory");
        return EXIT_TROUBLE;
    }
    explain->colour = terminal_colours(STDOUT_FILENO, COLOUR_AUTO);
    explain->width = terminal_width(STDOUT_FILENO);
    const int status = run(explain, argc, argv);
    buffer_free(&explain->out);
    free(explain);
    return status;
}
