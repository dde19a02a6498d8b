/* The ladder: an attempt's packets between the client, what stands between, and the server; what each is, and which
 * evidence rests on it. Made once, for text and for the page. */
#ifndef REPORT_LADDER_H
#define REPORT_LADDER_H

#include <sshsniff/verdict.h>

#include "buffer.h"

enum ladder_column { LADDER_CLIENT = 0, LADDER_BETWEEN, LADDER_SERVER };

/* Those kept, and a line for those that are not. */
enum { LADDER_LINES = TRAIL_PACKETS + 1, LADDER_BETWEEN_SIZE = 64 };

struct ladder_line {
    const struct packet_outline *packet; /* the first of those that it stands for; NULL: none of them is kept */
    uint64_t count;                      /* of packets that it stands for */
    uint64_t bytes;                      /* of payload in them */
    int64_t after_us;                    /* since the first packet */
    uint8_t from, to;                    /* enum ladder_column; of one packet */
    bool decides;                        /* it is the verdict's deciding packet */
    bool forged;                         /* by the verdict its sender is not whom it names */
};

struct ladder {
    size_t lines;
    bool has_between;
    char between[LADDER_BETWEEN_SIZE]; /* who stands there */
    struct ladder_line line[LADDER_LINES];
};

/* False where no packet was kept. The result points into the file's trail. */
bool ladder_make(const struct case_file *file, const struct verdict *verdict, struct ladder *out);

/* What a line is: "SYN", "SYN, ACK", "KEXINIT, 1080 bytes", "ICMP port unreachable (3/3) from 10.7.2.2". Bytes of the
 * wire are in it: whoever writes it out makes them harmless. */
void ladder_words(const struct case_file *file, const struct ladder_line *line, struct buffer *out);

/* "0.254 ms", "12.034 s". */
void ladder_time(int64_t us, struct buffer *out);

/* Of the verdict's evidence, the next that rests on this line, from index `from` on; evidence_count: there is none. */
size_t ladder_evidence(const struct verdict *verdict, const struct ladder_line *line, size_t from);

#endif
