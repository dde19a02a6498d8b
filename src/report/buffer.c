#include <stdlib.h>

#include "buffer.h"

#define FIRST_CAPACITY 4096
#define U64_DIGITS     20

void buffer_free(struct buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct buffer){0};
}

bool buffer_grow(struct buffer *buffer, size_t more)
{
    size_t capacity = buffer->capacity == 0 ? FIRST_CAPACITY : buffer->capacity;
    while (capacity - buffer->length < more)
        capacity *= 2;
    char *data = realloc(buffer->data, capacity);
    if (data == NULL) {
        buffer->failed = true;
        return false;
    }
    buffer->data = data;
    buffer->capacity = capacity;
    return true;
}

void buffer_u64(struct buffer *buffer, uint64_t value)
{
    char digits[U64_DIGITS];
    size_t at = sizeof digits;
    for (; value > UINT32_MAX; value /= 10)
        digits[--at] = (char)('0' + value % 10);
    uint32_t rest = (uint32_t)value; /* most numbers are small, and their divisions cheaper */
    do
        digits[--at] = (char)('0' + rest % 10);
    while ((rest /= 10) != 0);
    buffer_bytes(buffer, digits + at, sizeof digits - at);
}

void buffer_padding(struct buffer *buffer, size_t count)
{
    while (count-- > 0)
        buffer_char(buffer, ' ');
}

void buffer_digits(struct buffer *buffer, uint64_t value, unsigned digits)
{
    char text[U64_DIGITS];
    for (unsigned i = digits; i > 0; i--) {
        text[i - 1] = (char)('0' + value % 10);
        value /= 10;
    }
    buffer_bytes(buffer, text, digits);
}

void buffer_fixed(struct buffer *buffer, int64_t value, unsigned decimals)
{
    uint64_t scale = 1;
    for (unsigned i = 0; i < decimals; i++)
        scale *= 10;
    uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    if (value < 0)
        buffer_char(buffer, '-');
    buffer_u64(buffer, magnitude / scale);
    uint64_t fraction = magnitude % scale;
    if (fraction == 0)
        return;
    /* 0.98, not 0.9800: shorter lines, and the same number to every reader. */
    for (; fraction % 10 == 0; fraction /= 10)
        decimals--;
    buffer_char(buffer, '.');
    buffer_digits(buffer, fraction, decimals);
}

static void ipv4(struct buffer *buffer, const uint8_t *bytes)
{
    for (int i = 0; i < 4; i++) {
        if (i > 0)
            buffer_char(buffer, '.');
        buffer_u64(buffer, bytes[i]);
    }
}

static void hex_group(struct buffer *buffer, unsigned value)
{
    static const char digits[] = "0123456789abcdef";
    for (int shift = value > 0xfff ? 12 : value > 0xff ? 8 : value > 0xf ? 4 : 0; shift >= 0; shift -= 4)
        buffer_char(buffer, digits[value >> shift & 0xf]);
}

/* RFC 5952 section 4.2: the longest run of two or more zero groups is left out, the first where two are equal. */
static void ipv6(struct buffer *buffer, const uint8_t *bytes)
{
    unsigned group[8];
    int best = -1, best_length = 1;
    for (int i = 0; i < 8; i++)
        group[i] = (unsigned)bytes[2 * i] << 8 | bytes[2 * i + 1];
    for (int i = 0, run = 0; i < 8; i++) {
        run = group[i] == 0 ? run + 1 : 0;
        if (run > best_length) {
            best_length = run;
            best = i - run + 1;
        }
    }
    for (int i = 0; i < 8; i++) {
        if (i == best) {
            BUFFER_LITERAL(buffer, "::");
            i += best_length - 1;
            continue;
        }
        if (i > 0 && (best < 0 || i != best + best_length))
            buffer_char(buffer, ':');
        hex_group(buffer, group[i]);
    }
}

void buffer_address(struct buffer *buffer, const struct address *address)
{
    if (address_is_ipv4(address))
        ipv4(buffer, address->bytes + 12);
    else
        ipv6(buffer, address->bytes);
}
