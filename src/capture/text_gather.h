/* The lines of one packet, put together: broken ones, the second line of -v, what an error quotes, a hex dump. */
#ifndef CAPTURE_TEXT_GATHER_H
#define CAPTURE_TEXT_GATHER_H

#include "text_hex.h"
#include "text_input.h"
#include "text_packet.h"

enum { TEXT_JOINED_MAX = 8 }; /* lines that one packet may be wrapped to */

/* The packet whose lines are being read. */
struct gathered {
    bool there;
    bool is_packet; /* if not, it only looks like the beginning of one */
    uint64_t line;
    unsigned joined;
    uint64_t lines; /* that it was read from */
    size_t width;   /* of the last of them */
    bool quotes;    /* an ICMP error, and the head of what it quotes follows */
    struct text_packet packet;
    char text[TEXT_LINE_SIZE];
    size_t text_size;
    struct text_hex hex;
};

struct text_gather {
    struct gathered now;
    struct text_packet joined, tight; /* not on the stack, for they are large */
    char trial[TEXT_LINE_SIZE];
};

/* `packet` NULL: it only looks like the beginning of one. */
void text_gather_begin(struct text_gather *r, const struct text_input *in, const char *line,
                       const struct text_packet *packet);
/* Does `line`, which `in` read, belong to the packet before? Then it is taken. `packet`: what it is by itself; NULL: no
 * packet. */
bool text_gather_takes(struct text_gather *r, const struct text_input *in, const char *line,
                       const struct text_packet *packet);
/* Cut before it can be read: "09:01:02.3 IP a.example.51514 >". */
bool text_may_begin(const char *line);

#endif
