/* A growing buffer of bytes, reused from line to line, and the few conversions that every line needs.
 *
 * printf is left out on purpose: it depends on the locale and costs more than all the rest of a line.
 */
#ifndef REPORT_BUFFER_H
#define REPORT_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <sshsniff/address.h>

struct buffer {
    char *data;
    size_t length, capacity;
    bool failed; /* memory ran out: what did not fit was left out */
};

void buffer_free(struct buffer *buffer);

/* Makes room for `more` bytes. False where memory is out. */
bool buffer_grow(struct buffer *buffer, size_t more);

static inline bool buffer_reserve(struct buffer *buffer, size_t more)
{
    return buffer->capacity - buffer->length >= more || buffer_grow(buffer, more);
}

static inline void buffer_bytes(struct buffer *buffer, const void *bytes, size_t length)
{
    if (length == 0 || !buffer_reserve(buffer, length))
        return;
    memcpy(buffer->data + buffer->length, bytes, length);
    buffer->length += length;
}

static inline void buffer_char(struct buffer *buffer, char c)
{
    if (buffer_reserve(buffer, 1))
        buffer->data[buffer->length++] = c;
}

static inline void buffer_text(struct buffer *buffer, const char *text)
{
    buffer_bytes(buffer, text, strlen(text));
}

/* For string literals: the length is known when compiling. */
#define BUFFER_LITERAL(buffer, literal) buffer_bytes((buffer), "" literal, sizeof(literal) - 1)

void buffer_u64(struct buffer *buffer, uint64_t value);
void buffer_padding(struct buffer *buffer, size_t count);

/* `value` in units of 1/10^decimals: buffer_fixed(b, 254, 3) writes 0.254. */
void buffer_fixed(struct buffer *buffer, int64_t value, unsigned decimals);

/* Two, or more, digits with leading zeros. */
void buffer_digits(struct buffer *buffer, uint64_t value, unsigned digits);

/* Dotted IPv4, or IPv6 as RFC 5952 wants it. */
void buffer_number_address(struct buffer *buffer, const struct address *address);
/* The same, or the name that a text gives that host. */
void buffer_address(struct buffer *buffer, const struct address *address);

#endif
