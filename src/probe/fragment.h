/* Fragments without their rest: whoever gathers them says so when the time for the rest is over. */
#ifndef PROBE_FRAGMENT_H
#define PROBE_FRAGMENT_H

#include <stddef.h>

#include <sshsniff/probe.h>

enum { FRAGMENT_MAX = 320 };

/* The packet of a ASK_FRAGMENT, ASK_CONTROL_FRAGMENT or ASK_FAR_FRAGMENT from its IP header on; 0 where it has no
 * room. */
size_t fragment_make(const struct address *from, const struct address *to, const struct probe_packet *probe_packet,
                     unsigned index, uint8_t out[FRAGMENT_MAX]);

static inline bool is_fragment(enum probe_kind kind)
{
    return kind == ASK_FRAGMENT || kind == ASK_CONTROL_FRAGMENT || kind == ASK_FAR_FRAGMENT;
}

#endif
