/* The bytes that one layer may read, and checked ways to read them. Nothing in this room reads a byte otherwise. */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stddef.h>
#include <stdint.h>

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

/* Sixteen bytes, so that it travels in two registers. */
struct span {
    const uint8_t *data;
    uint32_t captured; /* bytes present at data */
    uint32_t wire;     /* bytes that there were; at least `captured` */
};

/* The next `n` bytes, and the span moves past them; NULL, and it stays, where they were not captured. */
static inline const uint8_t *span_take(struct span *s, uint32_t n)
{
    if (unlikely(s->captured < n))
        return NULL;
    const uint8_t *taken = s->data;
    s->data += n;
    s->captured -= n;
    s->wire -= n;
    return taken;
}

/* What a layer's own length field declares is its length: what follows is padding or a trailer.
 * A length beyond the wire is kept as declared; nothing more can be read for it. */
static inline struct span span_declare(struct span s, uint32_t declared)
{
    s.wire = declared;
    if (s.captured > declared)
        s.captured = declared;
    return s;
}

/* As span_declare, for lengths that may shorten and are not believed further. */
static inline struct span span_limit(struct span s, uint32_t declared)
{
    return declared < s.wire ? span_declare(s, declared) : s;
}

static inline uint16_t load16(const uint8_t *p)
{
    uint16_t v;
    __builtin_memcpy(&v, p, sizeof v);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    v = __builtin_bswap16(v);
#endif
    return v;
}

static inline uint32_t load32(const uint8_t *p)
{
    uint32_t v;
    __builtin_memcpy(&v, p, sizeof v);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    v = __builtin_bswap32(v);
#endif
    return v;
}

#endif
