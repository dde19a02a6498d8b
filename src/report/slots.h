/* Slots in the texts of causes: "%h" becomes the server's address, and so on; the table in slots.c has all. */
#ifndef REPORT_SLOTS_H
#define REPORT_SLOTS_H

#include <sshsniff/report.h>

/* Writes `text` with its slots filled into `out`. False where it did not fit, or where something that came over the
 * network would not be safe in it: `out` then holds only a part. */
bool slots_fill(const char *text, const struct judged_attempt *judged, char *out, size_t size);

/* True where a slot of the text depends on more than the verdict, the server and its port. */
bool slots_name_somebody(const char *text);

/* The same text for a reader who has no attempt: "%h" becomes SERVER. False where it did not fit. */
bool slots_explain(const char *text, char *out, size_t size);

/* What is known of a server without an attempt; a message of a client may name it. */
struct known_server {
    const char *host; /* a name or an address, of letters, digits and . : - _ alone, no - at its start; NULL: unknown */
    unsigned port;    /* 0: unknown */
};

/* As slots_explain, with what is known in its place. */
bool slots_explain_for(const char *text, const struct known_server *known, char *out, size_t size);

#endif
