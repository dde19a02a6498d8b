#include "host_key.h"

#include <string.h>

#include "base/span.h"

/* Replies of RFC 4253 section 8 and RFC 5656 (31), and of group exchange (RFC 4419, 33): the host key comes first. */
enum { KEX_REPLY = 31, GROUP_EXCHANGE_REPLY = 33 };

enum { LONGEST_NAME = 64 };

static uint32_t hash_bytes(const uint8_t *bytes, uint32_t size)
{
    uint32_t h = 2166136261u; /* FNV-1a: nobody gains by a collision */
    for (uint32_t i = 0; i < size; i++)
        h = (h ^ bytes[i]) * 16777619u;
    return h ? h : 1;
}

/* In group exchange 31 brings a prime: what it begins with is no name. */
static bool is_name(const uint8_t *bytes, uint32_t size)
{
    if (size == 0 || size > LONGEST_NAME)
        return false;
    for (uint32_t i = 0; i < size; i++)
        if (bytes[i] <= ' ' || bytes[i] > '~')
            return false;
    return true;
}

void host_key_note(struct dialogue *d, const struct ssh_packet_view *message)
{
    enum { LENGTH = 4 };
    const uint8_t *bytes = message->payload;
    const uint32_t have = message->payload_len;
    if ((message->message != KEX_REPLY && message->message != GROUP_EXCHANGE_REPLY) || d->host_key || have < 2 * LENGTH)
        return;
    const uint32_t blob = load32(bytes), name = load32(bytes + LENGTH);
    if (blob < LENGTH || blob > have - LENGTH || name > blob - LENGTH || !is_name(bytes + (size_t)2 * LENGTH, name))
        return;
    d->host_key = hash_bytes(bytes + LENGTH, blob);
    d->host_key_type = hash_bytes(bytes + (size_t)2 * LENGTH, name);
}
