/* report: verdicts to a reader: text for a person, JSON lines for programs, a summary at the end; packets to a file.
 *
 * The JSON fields are a contract (README lists them): fields may be added, never renamed.
 */
#ifndef SSHSNIFF_REPORT_H
#define SSHSNIFF_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include <sshsniff/capture.h>
#include <sshsniff/tracker.h>
#include <sshsniff/verdict.h>

enum report_format { REPORT_TEXT = 0, REPORT_JSON };

struct report_options {
    enum report_format format;
    FILE *out;        /* not closed by report */
    bool colour;      /* the caller has looked at isatty and NO_COLOR */
    bool numeric;     /* -n: no names for addresses */
    bool quiet;       /* -q: summary only */
    unsigned verbose; /* -v: count */
    bool flush;       /* live: each verdict is written out at once */
};

struct report_totals {
    uint64_t frames, undecodable, kernel_dropped, interface_dropped, evicted;
};

struct report; /* opaque */

struct report *report_new(const struct report_options *options);

/* Writes one verdict. `source` is the file's or interface's name. */
void report_verdict(struct report *report, const struct case_file *file, const struct verdict *verdict,
                    const char *source);

/* Counts a verdict for the summary without writing it. */
void report_count(struct report *report, const struct address *server, enum cause cause);

/* What the JSON lines of attempts that are alike have in common. */
#define TEMPLATE_SIZE 1600
struct template
{
    size_t middle, tail; /* lengths of the two parts, one after the other in `text` */
    char text[TEMPLATE_SIZE];
};

/* False where the line says more of the attempt than an outline does. */
bool report_template(const struct case_file *file, const struct verdict *verdict, const char *source,
                     struct template *out);

/* As report_verdict does in JSON, of an attempt like the one that the phrase is of. */
void report_from_template(struct report *report, const struct template *template, const struct attempt_summary *summary,
                          enum cause cause);

/* Attempts alike that are told of together: more of them than anybody could read came within a second. */
struct attempt_group {
    uint64_t count;
    struct address server; /* none: several */
    uint16_t server_port;
    enum cause cause;
    int64_t first_us, last_us; /* the first one's SYN, the last one's last packet */
};
/* They were counted already. */
void report_group(struct report *report, const struct attempt_group *attempt_group, const char *source);

/* Writes out what has been gathered: for whoever follows along. */
void report_flush(struct report *report);

/* Writes what was learned of an address (JSON "host" lines; text with -v). */
void report_host(struct report *report, const struct host *host, const char *source);

/* Writes the summary. Call it once, last. */
void report_summary(struct report *report, const struct report_totals *totals);

/* Attempts that failed so far. */
uint64_t report_failures(const struct report *report);

/* Flushes; false where writing failed (disk full, closed pipe). Frees the report. */
bool report_close(struct report *report);

/* What `ssh` prints for a verdict ("Connection refused"), or NULL; fits the ICMP code and family of the attempt. */
const char *report_client_error(const struct case_file *file, const struct verdict *verdict);

/* Up to `max` commands or settings that help, most useful first, written into `out`; returns how many. */
#define ADVICE_SIZE 256
size_t report_advice(const struct case_file *file, const struct verdict *verdict, char out[][ADVICE_SIZE], size_t max);

/* Community ID v1 (https://github.com/corelight/community-id-spec), seed 0, TCP. `out` holds at least 31 bytes. */
void report_community_id(const struct flow_key *key, char out[32]);

/* Saves frames as pcap. NULL with one line in `error` on failure. "-" is standard output. */
struct capture_writer;
struct capture_writer *capture_writer_open(const char *path, int linktype, uint32_t snaplen,
                                           char error[SOURCE_ERROR_SIZE]);
bool capture_writer_frame(struct capture_writer *writer, const struct frame *frame);
bool capture_writer_close(struct capture_writer *writer);

#endif
