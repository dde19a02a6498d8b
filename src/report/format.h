/* A format: how attempts, hosts, a probe's answer and the summary are written.
 *
 * To add one, write format_NAME.c, which defines `const struct report_format format_NAME`, and add its line to
 * formats.h. Nothing else has to know: --format finds it by its name, in all commands.
 *
 * report.c calls a format in this order: begin, then attempts, groups, folds, notes and probes as they come, the hosts
 * when a source has been read, the summary, end. Only what was asked for comes: with -q the summary alone, and nothing
 * at all, not even begin, where no source could be opened. Each callback appends to out->line, and report.c writes that
 * out.
 */
#ifndef REPORT_FORMAT_H
#define REPORT_FORMAT_H

#include <sshsniff/report.h>

#include "buffer.h"
#include "names.h"
#include "tally.h"

struct format_output {
    struct buffer *line;       /* what is appended here is written out after the call */
    const struct names *names; /* for addresses; NULL: none are wanted or known */
    bool colour;
    unsigned verbose; /* how many -v */
    size_t width;     /* columns that a line may take; 0: not known */
    enum time_style time_style;
    bool brief;         /* one line for each attempt */
    bool names_sources; /* a person is told which of several sources an attempt is of */
    void *state;        /* the format's own: state_size bytes, all zero before the first call */
};

struct report_format {
    const char *name, *help; /* one word for --format; one line for --format help */

    /* What differs from the plainest format: one that wants none of these leaves them out. */
    bool colour;               /* can use a terminal's colours */
    bool names;                /* shows names in the place of addresses, without -n */
    bool greets;               /* a person is reading: a live capture begins with a word on standard error */
    bool counts_hosts;         /* its summary reads the tally's hosts */
    unsigned hosts_verbosity;  /* how many -v the host lines need */
    unsigned trails_verbosity; /* how many -v until it shows packets (struct trail); 0: it never does */
    size_t state_size;

    /* NULL where the format has nothing to write there; only `attempt` must be. */
    void (*begin)(struct format_output *out);
    void (*attempt)(struct format_output *out, const struct case_file *file, const struct verdict *verdict,
                    const char *source);
    void (*group)(struct format_output *out, const struct attempt_group *group, const char *source);
    /* Text folds: a format for people tells the repeats of an attempt in one line. NULL: each attempt is told. */
    void (*fold)(struct format_output *out, const struct folded_attempts *folded);
    void (*note)(struct format_output *out, const char *text); /* `text`: one line without its end */
    /* Live, for whoever wants to know that the program runs. */
    void (*pulse)(struct format_output *out, const struct report_pulse *pulse, const char *source);
    void (*host)(struct format_output *out, const struct host *host, const char *source);
    void (*summary)(struct format_output *out, const struct tally *tally, const struct report_totals *totals);
    void (*end)(struct format_output *out);

    /* NULL: `attempt` gets the probe's verdict. */
    void (*probe)(struct format_output *out, const struct probe_outcome *outcome);

    /* For speed: under a flood of attempts that are alike, their lines are made from a template instead of by
     * `attempt`, and must be the same. Both NULL: there is no such way. See report_template. */
    bool (*make_template)(const struct case_file *file, const struct verdict *verdict, const char *source,
                          struct line_template *out);
    void (*from_template)(struct format_output *out, const struct line_template *template,
                          const struct attempt_summary *summary);
};

#endif
