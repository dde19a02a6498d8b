/* The command line of the passive command. Letters that tcpdump has keep tcpdump's meaning. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sshsniff/report.h>
#include <sshsniff/tracker.h>

#include "os/terminal.h"
#include "run/shown.h"

#define OPTIONS_ERROR_SIZE 256
#define DEFAULT_PORTS      "22,222,2222,8022,22022"
#define SSHSNIFF_VERSION   "0.1"

enum options_action { ACTION_WATCH = 0, ACTION_HELP, ACTION_VERSION, ACTION_LIST_INTERFACES, ACTION_LIST_FORMATS };

struct options {
    enum options_action action;
    const char *interface; /* -i; NULL: not given */
    const char **files;    /* -r, in order; points into argv */
    size_t file_count;
    const char *save;        /* -w; NULL: not given */
    const char *save_format; /* --write-format; NULL: not given */
    bool save_commented;     /* as pcapng, with comments: by its name, or --write-format */
    bool to_pipe;            /* set by the caller: see watch_to_pipe */
    const char *user;        /* -Z; NULL: not given */
    const char *ports_text;  /* -P as given, or the default */
    struct port_set ports;
    enum terminal_colour colour;        /* --color */
    enum time_style time_style;         /* -t, as often as it was given */
    uint64_t count;                     /* -c; 0: no limit */
    uint32_t snaplen;                   /* -s; 0: the default */
    unsigned verbose;                   /* -v */
    bool numeric;                       /* -n */
    bool quiet;                         /* -q */
    bool brief;                         /* --brief */
    bool anonymize;                     /* --anonymize */
    struct shown shown;                 /* --cause, --client and so on */
    bool no_promiscuous;                /* -p */
    const struct report_format *format; /* --format; NULL: only their list was asked for */
    bool fail_on_failure;
    bool follow;          /* --follow */
    bool confirm;         /* --confirm */
    bool local;           /* --local */
    uint64_t flood;       /* --flood: struct rate_limit's `most` */
    unsigned heartbeat_s; /* --heartbeat */
    const char *sensor;   /* --sensor; NULL: not given */
    const char *metrics;  /* --metrics; NULL: not given */
    size_t max_memory;    /* --max-memory, bytes; 0: not given */
    const char *html;     /* --html; NULL: not given */
    size_t html_size;     /* --html-size, bytes */
    char *filter;         /* the remaining arguments joined by blanks; NULL: none */
};

/* False on a usage error, with one line in `error`. Free with options_free in either case. */
bool options_parse(int argc, char **argv, struct options *out, char error[OPTIONS_ERROR_SIZE]);
void options_free(struct options *options);

/* The index of the first word that is neither an option nor an option's value; `argc` where there is none, or an option
 * before it is wrong. */
int options_first_word(int argc, char **argv);

/* Prints the options, one or two lines each. */
void options_help(void);

#endif
