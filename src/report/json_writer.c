#include <sshsniff/source_names.h>

#include "base/steady_clock.h"

#include "json_writer.h"
#include "utf8.h"

static void escape(struct buffer *buffer, uint32_t character)
{
    static const char digits[] = "0123456789abcdef";
    BUFFER_LITERAL(buffer, "\\u");
    for (int shift = 12; shift >= 0; shift -= 4)
        buffer_char(buffer, digits[character >> shift & 0xf]);
}

/* One character that is not plain ASCII. Returns the bytes it took. */
static size_t special(struct buffer *buffer, const char *text, size_t length)
{
    size_t used;
    uint32_t character = utf8_read(text, length, &used);
    if (character == UTF8_INVALID)
        BUFFER_LITERAL(buffer, "\\ufffd");
    else if (character == '"' || character == '\\') {
        buffer_char(buffer, '\\');
        buffer_char(buffer, (char)character);
    } else if (utf8_is_unsafe(character) && character <= 0xffff)
        escape(buffer, character);
    else
        buffer_bytes(buffer, text, used);
    return used;
}

static bool plain(char c)
{
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

#define EACH_BYTE 0x0101010101010101ULL
#define HIGH_BITS 0x8080808080808080ULL

/* High bits set where a byte of `word` may be zero; a false alarm only costs time. */
static uint64_t zero_bytes(uint64_t word)
{
    return (word - EACH_BYTE) & ~word;
}

static bool eight_plain(const char *text)
{
    uint64_t word;
    memcpy(&word, text, sizeof word);
    uint64_t odd = word | ((word - EACH_BYTE * 0x20) & ~word) | zero_bytes(word ^ EACH_BYTE * '"') |
                   zero_bytes(word ^ EACH_BYTE * '\\') | zero_bytes(word ^ EACH_BYTE * 0x7f);
    return (odd & HIGH_BITS) == 0;
}

/* Bytes at `text` that go out as they are. Eight at a time, the last eight perhaps for the second time: nearly all text
 * is plain, and this is most of a line's cost. */
static size_t plain_run(const char *text, size_t length)
{
    size_t run = 0;
    while (length - run >= 8 && eight_plain(text + run))
        run += 8;
    if (run > 0 && length - run < 8 && eight_plain(text + length - 8))
        return length;
    while (run < length && plain(text[run]))
        run++;
    return run;
}

void json_word(struct buffer *buffer, const char *word)
{
    size_t length = strlen(word);
    if (!buffer_reserve(buffer, length + 2))
        return;
    char *out = buffer->data + buffer->length;
    out[0] = '"';
    memcpy(out + 1, word, length);
    out[length + 1] = '"';
    buffer->length += length + 2;
}

void json_text(struct buffer *buffer, const char *text)
{
    if (text == NULL) {
        BUFFER_LITERAL(buffer, "null");
        return;
    }
    size_t length = strlen(text);
    buffer_char(buffer, '"');
    for (size_t at = 0; at < length;) {
        size_t run = plain_run(text + at, length - at);
        buffer_bytes(buffer, text + at, run);
        at += run;
        if (at < length)
            at += special(buffer, text + at, length - at);
    }
    buffer_char(buffer, '"');
}

void json_string_or_null(struct buffer *buffer, const char *text)
{
    json_text(buffer, text == NULL || text[0] == '\0' ? NULL : text);
}

void json_bool(struct buffer *buffer, bool value)
{
    if (value)
        BUFFER_LITERAL(buffer, "true");
    else
        BUFFER_LITERAL(buffer, "false");
}

void json_address(struct buffer *buffer, const struct address *address)
{
    if (address_is_stand_in(address)) { /* a name stands there, which is told apart */
        BUFFER_LITERAL(buffer, "null");
        return;
    }
    buffer_char(buffer, '"');
    buffer_number_address(buffer, address);
    buffer_char(buffer, '"');
}

void json_probability(struct buffer *buffer, double value)
{
    /* NaN fails both comparisons and becomes 0. */
    int64_t scaled = value >= 1 ? 10000 : value > 0 ? (int64_t)(value * 10000 + 0.5) : 0;
    if (scaled == 10000 && value < 1)
        scaled = 9999;
    buffer_fixed(buffer, scaled, 4);
}

/* Days since 1970-01-01 to a date: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days. */
static void date(struct buffer *buffer, uint64_t days)
{
    uint64_t z = days + 719468, era = z / 146097, day_of_era = z - era * 146097;
    uint64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    uint64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    uint64_t shifted = (5 * day_of_year + 2) / 153, month = shifted < 10 ? shifted + 3 : shifted - 9;
    buffer_digits(buffer, year_of_era + era * 400 + (month <= 2), 4);
    buffer_char(buffer, '-');
    buffer_digits(buffer, month, 2);
    buffer_char(buffer, '-');
    buffer_digits(buffer, day_of_year - (153 * shifted + 2) / 5 + 1, 2);
}

void json_timestamp(struct buffer *buffer, int64_t ts_us)
{
    /* A capture file may claim any time; RFC 3339 has four digits for the year. */
    static const int64_t last = 253402300799999999;
    const int64_t wall_us = steady_to_wall(ts_us);
    uint64_t us = (uint64_t)(wall_us < 0 ? 0 : wall_us > last ? last : wall_us);
    uint64_t seconds = us / 1000000, of_day = seconds % 86400;
    buffer_char(buffer, '"');
    date(buffer, seconds / 86400);
    buffer_char(buffer, 'T');
    buffer_digits(buffer, of_day / 3600, 2);
    buffer_char(buffer, ':');
    buffer_digits(buffer, of_day / 60 % 60, 2);
    buffer_char(buffer, ':');
    buffer_digits(buffer, of_day % 60, 2);
    buffer_char(buffer, '.');
    buffer_digits(buffer, us % 1000000, 6);
    BUFFER_LITERAL(buffer, "Z\"");
}

void json_ms(struct buffer *buffer, int64_t us)
{
    buffer_fixed(buffer, us, 3);
}
