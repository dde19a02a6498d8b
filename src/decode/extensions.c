/* IPv6's extension headers (RFC 8200 section 4) and the authentication header (RFC 4302). */
#include "layers.h"

static bool is_extension(uint8_t next)
{
    return next == PROTOCOL_HOP_BY_HOP || next == PROTOCOL_ROUTING || next == PROTOCOL_DESTINATION_OPTIONS ||
           next == PROTOCOL_AUTHENTICATION;
}

bool extensions_skip(struct extensions *at)
{
    while (is_extension(at->next)) {
        if (at->count++ == EXTENSIONS_MAX || at->rest.captured < 8)
            return false;
        const uint8_t *h = at->rest.data;
        /* The authentication header counts in words of four bytes, all others in eight. */
        uint32_t len = at->next == PROTOCOL_AUTHENTICATION ? (h[1] + 2u) * 4 : (h[1] + 1u) * 8;
        if (!span_take(&at->rest, len))
            return false;
        if (at->next == PROTOCOL_ROUTING && h[3] != 0)
            at->en_route = true;
        at->next = h[0];
    }
    return true;
}

bool extensions_take_fragment(struct extensions *at, struct fragment_place *place)
{
    if (at->count++ == EXTENSIONS_MAX)
        return false;
    const uint8_t *h = span_take(&at->rest, 8);
    if (!h)
        return false;
    place->offset = load16(h + 2) & 0xfff8u;
    place->more = h[3] & 1;
    place->id = load32(h + 4);
    at->next = h[0];
    return true;
}
