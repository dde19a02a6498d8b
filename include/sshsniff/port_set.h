/* A set of TCP ports, a bit for each. */
#ifndef SSHSNIFF_PORT_SET_H
#define SSHSNIFF_PORT_SET_H

#include <stdbool.h>
#include <stdint.h>

struct port_set {
    uint64_t bits[1024];
};
/* Reads "22,2222,22000-22100". False on bad syntax. */
bool port_set_parse(struct port_set *set, const char *text);
static inline bool port_set_has(const struct port_set *set, uint16_t port)
{
    return set->bits[port >> 6] >> (port & 63) & 1;
}

static inline void port_set_add(struct port_set *set, uint16_t port)
{
    set->bits[port >> 6] |= UINT64_C(1) << (port & 63);
}

#endif
