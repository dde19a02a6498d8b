/* What is said of single packets, for a capture that others read: each comment is one line of one fixed form, so that a
 * display filter and a script find what they look for.
 *
 *     sshsniff: cause=firewall-rst where=path confidence=0.97 ; refused by a firewall …
 *     sshsniff: evidence=rst-ttl for=firewall-rst ; the RST's TTL is …
 *
 * What stands before " ; " is the program's own. What stands behind it is for a person and may hold words that were on
 * the wire: in it nothing looks like a field. */
#ifndef REPORT_PACKET_COMMENTS_H
#define REPORT_PACKET_COMMENTS_H

#include <sshsniff/report.h>

#define COMMENT_SIZE 1024 /* of one, with its end */

typedef void (*comment_handler)(void *context, uint64_t packet, const char *text);

/* The verdict, on `packet`, and on each packet that is evidence its sentence. What no packet shows alone goes with the
 * verdict. Numbers are those of the frames that were read; 0: none is known. Pure, but for what the handler does. */
void packet_comments(const struct case_file *file, const struct verdict *verdict, uint64_t packet,
                     comment_handler handler, void *context);

/* The attempt's own packet that says most of how it ended, where none of its own decides alone; 0: none is known. */
uint64_t packet_of_attempt(const struct attempt *attempt);

/* Where a frame stands in what is written; 0: that is not known. */
typedef uint64_t (*frame_place)(const void *context, uint64_t number);

/* What a comment says of other packets ("(#5)") by their place in what is written. Into `out`, cut where `size` is too
 * small; returns the bytes, with the end. */
size_t comment_renumber(const char *text, frame_place place, const void *context, char *out, size_t size);

/* The whole capture in one comment: how many attempts, and of which causes, the most frequent first. */
void capture_comment(const struct report_counts *counts, char *out, size_t size);

#endif
