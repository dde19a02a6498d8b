#include <stdlib.h>

#include <sshsniff/source_names.h>

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

/* Two digits at a time: half the divisions. */
static const char two_digits[] = "00010203040506070809101112131415161718192021222324"
                                 "25262728293031323334353637383940414243444546474849"
                                 "50515253545556575859606162636465666768697071727374"
                                 "75767778798081828384858687888990919293949596979899";

static char *put_pair(char *out, uint32_t value)
{
    memcpy(out, two_digits + 2 * (size_t)value, 2);
    return out + 2;
}

void buffer_u64(struct buffer *buffer, uint64_t value)
{
    char digits[U64_DIGITS];
    char *at = digits + sizeof digits;
    for (; value > UINT32_MAX; value /= 100)
        put_pair(at -= 2, (uint32_t)(value % 100));
    uint32_t rest = (uint32_t)value; /* most numbers are small, and their divisions cheaper */
    for (; rest >= 10; rest /= 100)
        put_pair(at -= 2, rest % 100);
    if (rest > 0 || at == digits + sizeof digits)
        *--at = (char)('0' + rest);
    buffer_bytes(buffer, at, (size_t)(digits + sizeof digits - at));
}

void buffer_padding(struct buffer *buffer, size_t count)
{
    while (count-- > 0)
        buffer_char(buffer, ' ');
}

void buffer_digits(struct buffer *buffer, uint64_t value, unsigned digits)
{
    char text[U64_DIGITS];
    unsigned left = digits;
    for (; left >= 2; left -= 2, value /= 100)
        put_pair(text + left - 2, (uint32_t)(value % 100));
    if (left > 0)
        text[0] = (char)('0' + value % 10);
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
    char text[16], *out = text;
    for (int i = 0; i < 4; i++) {
        uint32_t value = bytes[i];
        if (value >= 100) {
            *out++ = (char)('0' + value / 100);
            out = put_pair(out, value % 100);
        } else if (value >= 10)
            out = put_pair(out, value);
        else
            *out++ = (char)('0' + value);
        *out++ = '.';
    }
    buffer_bytes(buffer, text, (size_t)(out - text) - 1); /* but for the last dot */
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

void buffer_number_address(struct buffer *buffer, const struct address *address)
{
    if (address_is_ipv4(address))
        ipv4(buffer, address->bytes + 12);
    else
        ipv6(buffer, address->bytes);
}

void buffer_address(struct buffer *buffer, const struct address *address)
{
    const char *name = source_name_of(address);
    if (name)
        buffer_bytes(buffer, name, strnlen(name, ADDRESS_TEXT_SIZE - 1));
    else
        buffer_number_address(buffer, address);
}
