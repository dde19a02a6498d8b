/* Data in a RST: RFC 9293 section 3.5.3 lets it tell why (RFC 1122 section 4.2.2.12), and some stacks and firewalls do.
 */
#ifndef TRACK_RST_TEXT_H
#define TRACK_RST_TEXT_H

#include <sshsniff/attempt.h>

/* `out` is "" where there is none, or no text. Bytes that are not printable become dots. */
void rst_text_read(char out[RST_TEXT_SIZE], const struct tcp_view *rst);

#endif
