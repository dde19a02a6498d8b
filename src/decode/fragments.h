/* Reassembly of fragmented datagrams (RFC 791 section 3.2, RFC 8200 section 4.5) in a fixed table.
 *
 * Whatever arrives, the table's size stays: the oldest datagram gives way. Fragments that overlap spoil their datagram,
 * as RFC 5722 asks, because two readers would disagree on what it says.
 */
#ifndef DECODE_FRAGMENTS_H
#define DECODE_FRAGMENTS_H

#include <sshsniff/address.h>

#include "base/span.h"

struct fragments; /* the table, about 2 MB, of which only what is used is ever touched */

struct fragment_key {
    struct address src, dst;
    uint32_t id;
    uint8_t version;
    uint8_t protocol; /* IPv4 only */
};

struct datagram_header {
    uint8_t ttl, tos;
    bool df;
    uint32_t flow_label;
    uint8_t protocol; /* what the first fragment says follows */
};

struct fragment {
    struct fragment_key key;
    struct datagram_header header;
    uint32_t offset; /* bytes from the datagram's start */
    bool more;       /* not the last */
    struct span bytes;
    int64_t ts_us;
};

/* Adds one fragment; `table` is allocated at the first. True where it completes a datagram: then `header` is the first
 * fragment's, and `whole` is the datagram, valid until the next call. */
bool fragments_add(struct fragments **table, const struct fragment *piece, struct datagram_header *header,
                   struct span *whole);

void fragments_free(struct fragments *table);

#endif
