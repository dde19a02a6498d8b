/* report: verdicts to a reader, in a format of their choice, with a summary at the end; packets to a file.
 *
 * The fields of the JSON format are a contract: fields may be added, never renamed.
 */
#ifndef SSHSNIFF_REPORT_H
#define SSHSNIFF_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <sshsniff/capture.h>
#include <sshsniff/tracker.h>
#include <sshsniff/verdict.h>

/* ---- Formats ---- */

struct report_format; /* one way to write results; src/report/format.h says what it is made of */

/* The format at `index` in the order in which they are listed, the default first; NULL beyond the last. */
const struct report_format *report_format_at(size_t index);

/* NULL: no format is called so. */
const struct report_format *report_format_named(const char *name);

const char *report_format_name(const struct report_format *format);
/* One line for a person who has to choose. */
const char *report_format_help(const struct report_format *format);

/* Whether somebody who reads it wants to be told on standard error that a live capture has begun. */
bool report_format_greets(const struct report_format *format);

/* ---- A page ---- */

/* One HTML file of all verdicts with their packets. It is made in memory, and bounded: what does not fit is left out,
 * and the page says so. */
struct page; /* opaque */

struct page_options {
    size_t most_bytes;   /* of the file */
    bool numeric;        /* no names for addresses */
    const char *version; /* of this program */
};

/* NULL when memory is out. */
struct page *page_new(const struct page_options *options);
/* After report_summary or report_finish_page: all of it, valid until page_free; of length 0 where it was never made.
 * NULL: memory was out. */
const char *page_text(const struct page *page, size_t *length);
void page_free(struct page *page);

/* ---- A report ---- */

/* How times are written for people: tcpdump's -t, -tt and so on. */
enum time_style {
    TIME_DATE = 0,   /* date and time of day */
    TIME_NONE,       /* -t */
    TIME_EPOCH,      /* -tt: seconds since 1970 */
    TIME_SINCE_LAST, /* -ttt: since the one before */
    TIME_DATE_TOO,   /* -tttt: what is the default here */
    TIME_SINCE_START /* -ttttt: since the capture began */
};

struct report_options {
    const struct report_format *format; /* NULL: the default */
    FILE *out;                          /* not closed by report */
    bool colour;      /* the caller has looked at isatty and NO_COLOR; formats without colours ignore it */
    bool numeric;     /* -n: no names for addresses */
    bool quiet;       /* -q: summary only */
    unsigned verbose; /* -v: count */
    bool flush;       /* live: each verdict is written out at once */
    size_t width;     /* of the terminal, in columns; 0: not known */
    enum time_style time_style;
    bool brief;         /* text: one line for each attempt */
    bool names_sources; /* several captures are read: people must be told which a packet's number is of */
    struct page *page;  /* gets all that the report gets; NULL: none is wanted */
    /* Called before anything is written to `out`: what stands in the terminal's last line has to go. May be NULL. */
    void (*before_write)(void *context);
    void *before_context;
    bool part; /* it goes into the midst of another report's output: no beginning and no end of its own */
};

struct report_totals {
    uint64_t frames, undecodable, kernel_dropped, interface_dropped, evicted;
    uint64_t lines_passed_over; /* of texts: those that belong to no packet */
    uint64_t left_out;          /* frames that could not be cleaned of names: --anonymize */
    bool filtered;              /* only some attempts were to be shown */
    uint64_t not_shown;         /* the others, which are not in the counts by cause and host either */
    struct other_lookups other_lookups;
};

struct report; /* opaque */

struct report *report_new(const struct report_options *options);

/* Writes one verdict. `source` is the file's or interface's name. */
void report_verdict(struct report *report, const struct case_file *file, const struct verdict *verdict,
                    const char *source);

/* The page's part of it, told or not. Before report_verdict or report_count. */
void report_to_page(struct report *report, const struct case_file *file, const struct verdict *verdict,
                    const char *source);

/* A verdict will be counted soon: may be left out. */
void report_count_soon(const struct report *report, const struct flow_key *key);

/* Counts a verdict for the summary without writing it. */
void report_count(struct report *report, const struct flow_key *key, enum cause cause);

/* Attempts of which the packets say the same differ in their line by addresses, times and counts alone. A template is
 * the rest of that line, made once, so that under a flood of such attempts it need not be made again for each. */
#define TEMPLATE_SIZE 3200
enum { TEMPLATE_HOLES = 16 };
struct line_template {
    size_t middle, tail; /* lengths of the two parts, one after the other in `text` */
    /* where in `text` the number of the SYN's frame belongs, or the server's address, in order */
    struct {
        size_t at;
        bool address;
    } hole[TEMPLATE_HOLES];
    size_t holes;
    char text[TEMPLATE_SIZE];
};

/* Whether this report's format has templates and writes attempts at all. */
bool report_has_templates(const struct report *report);

/* False where there is no template: the report has none, or the line says more of the attempt than a summary holds. */
bool report_template(const struct report *report, const struct case_file *file, const struct verdict *verdict,
                     const char *source, struct line_template *out);

/* As report_verdict does, of an attempt like the one that the template was made of. */
void report_from_template(struct report *report, const struct line_template *template,
                          const struct attempt_summary *summary, enum cause cause);

/* Attempts alike that are reported together: more of them than anybody could read came within a second. */
struct attempt_group {
    uint64_t count;
    struct address server; /* none: several */
    uint16_t server_port;
    enum cause cause;
    int64_t first_us, last_us; /* the first one's SYN, the last one's last packet */
};
/* They were counted already. */
void report_group(struct report *report, const struct attempt_group *group, const char *source);

/* Attempts that are like one that was told in full before: same cause, and same server and client unless those are
 * none. */
struct folded_attempts {
    enum cause cause;
    struct address server, client; /* none: several */
    uint16_t server_port;          /* 0: several, or none */
    const char *name;              /* that did not resolve; "" where there is a server */
    const char *source;            /* the file's or interface's name; NULL: there is but one */
    uint64_t count;
    uint64_t clients;          /* how many of them; 0 where `client` is given */
    bool more_clients;         /* than that: there were too many to tell apart */
    int64_t first_us, last_us; /* when the first and the last of them began */
};

/* Whether the packets of attempts are to be shown: tracker_options.trails. */
bool report_wants_trails(const struct report *report);

/* Whether repeats are to be folded: this report's format is for people, and they did not ask for all (-v). */
bool report_folds(const struct report *report);

/* Only where report_folds. They were counted already. */
void report_fold(struct report *report, const struct folded_attempts *folded);

/* How a live capture is doing. */
struct report_pulse {
    int64_t ts_us; /* wall clock */
    uint64_t frames, kernel_dropped, interface_dropped;
    uint64_t attempts, failures; /* so far; report_pulse fills them in */
    uint64_t evicted;
    size_t attempts_open; /* now in the table */
    size_t table_bytes;
    int64_t lag_us; /* from the latest moment whose packets were all taken until now */
};
/* Writes it where the format has a way to. */
void report_pulse(struct report *report, const struct report_pulse *pulse, const char *source);

/* One line of explanation for a person, without its end; formats for programs leave it out. */
void report_note(struct report *report, const char *text);

/* What a probe found; <sshsniff/probe.h> has the parts. */
struct probe_outcome {
    const struct probe_name *name; /* NULL: the address was given by a program */
    const struct probe_facts *facts;
    const struct case_file *file;
    const struct probe_verdict *verdict;
    const struct probe_sweep *sweep; /* NULL: --all-ports was not asked for */
    const char *interface;
    const char *host; /* as the user wrote it; for ssh_config lines */
    int64_t took_us;
};

/* Writes it; it is not counted. */
void report_probe(struct report *report, const struct probe_outcome *outcome);

/* Writes out what has been gathered: for whoever follows along. */
void report_flush(struct report *report);

/* Writes what was learned of an address; some formats do so only with -v. */
void report_host(struct report *report, const struct host *host, const char *source);

/* Makes the page, where one is wanted, of all that came. report_summary does it, too: one of the two is called, once.
 */
void report_finish_page(struct report *report, const struct report_totals *totals);

/* Writes the summary. Call it once, last. */
void report_summary(struct report *report, const struct report_totals *totals);

/* Attempts that failed so far. */
uint64_t report_failures(const struct report *report);

/* What was counted so far. */
struct report_counts {
    uint64_t attempts, failures;
    uint64_t causes[CAUSE_COUNT];
};
void report_counts(const struct report *report, struct report_counts *out);

/* Flushes; false where writing failed (disk full, closed pipe). Frees the report. */
/* The same, but what it holds stays; and how many verdicts have been written to the end, each in a line of its own. */
bool report_complete(struct report *report);
uint64_t report_written(const struct report *report);
/* Why it could not be written: an errno; 0: not known, or it could. */
int report_why(const struct report *report);
bool report_close(struct report *report);

/* What `ssh` prints for a verdict ("Connection refused"), or NULL; fits the ICMP code and family of the attempt. */
const char *report_client_error(const struct case_file *file, const struct verdict *verdict);

/* Up to `max` commands or settings that help, most useful first, written into `out`; returns how many. */
#define ADVICE_SIZE 640
size_t report_advice(const struct case_file *file, const struct verdict *verdict, char out[][ADVICE_SIZE], size_t max);

/* Community ID v1 (https://github.com/corelight/community-id-spec), seed 0, TCP. `out` holds at least 31 bytes. */
void report_community_id(const struct flow_key *key, char out[32]);

/* Saves frames as pcap. NULL with one line in `error` on failure. "-" is standard output. */
struct capture_writer;
struct capture_writer *capture_writer_open(const char *path, int linktype, uint32_t snaplen,
                                           char error[SOURCE_ERROR_SIZE]);
/* The same to a file that is open, from its start on; the descriptor is the writer's from then on. */
struct capture_writer *capture_writer_open_descriptor(int descriptor, const char *path, int linktype, uint32_t snaplen,
                                                      char error[SOURCE_ERROR_SIZE]);
bool capture_writer_frame(struct capture_writer *writer, const struct frame *frame);
bool capture_writer_close(struct capture_writer *writer);

#endif
