/* source_names: how the source that is being read names packets and hosts. A capture numbers its frames, and has
 * addresses; a text has lines, and often names in the place of addresses.
 *
 * A name is given an address that nobody has (of 0.0.0.0/8, RFC 1122, or of 100::/64, RFC 6666), so that tables need
 * one kind of key, and is shown again wherever that address would be. There is one such table, the current source's. */
#ifndef SSHSNIFF_SOURCE_NAMES_H
#define SSHSNIFF_SOURCE_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include <sshsniff/address.h>

#define SOURCE_NAME_SIZE 128 /* of a host, with its NUL; what is longer is cut */

/* Forgets all names. `by_line`: packets are named by lines from now on. */
void source_names_begin(bool by_line);
bool source_names_by_line(void);

/* The address that stands for `name`, the first `size` bytes; false where the table is full or memory is out. */
bool source_name_address(const char *name, size_t size, bool ipv6, struct address *out);

/* The host that `stand_in_address` stands for has this address. */
void source_name_beside(const struct address *stand_in_address, const struct address *address);

/* The name that `address` stands for, or that its host has beside it; NULL: none. */
const char *source_name_of(const struct address *address);

/* Is it an address that may stand for a name? No packet has one. */
static inline bool address_is_stand_in(const struct address *a)
{
    static const uint8_t discard[8] = {1};
    return address_is_ipv4(a) ? a->bytes[12] == 0 && (a->bytes[13] | a->bytes[14] | a->bytes[15]) != 0
                              : memcmp(a->bytes, discard, sizeof discard) == 0;
}

#endif
