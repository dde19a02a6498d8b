#include "page_html.h"

#include <stdio.h>
#include <time.h>

#include <sshsniff/source_names.h>

#include "utf8.h"

static void character(struct buffer *out, const char *bytes, size_t length)
{
    switch (length == 1 ? bytes[0] : 0) {
    case '&':
        BUFFER_LITERAL(out, "&amp;");
        break;
    case '<':
        BUFFER_LITERAL(out, "&lt;");
        break;
    case '>':
        BUFFER_LITERAL(out, "&gt;");
        break;
    case '"':
        BUFFER_LITERAL(out, "&quot;");
        break;
    case '\'':
        BUFFER_LITERAL(out, "&#39;");
        break;
    default:
        buffer_bytes(out, bytes, length);
    }
}

void html_bytes(struct buffer *out, const char *text, size_t length)
{
    for (size_t at = 0, used; at < length; at += used) {
        const uint32_t read = utf8_read(text + at, length - at, &used);
        if (read == UTF8_INVALID || utf8_is_unsafe(read))
            buffer_char(out, '?');
        else
            character(out, text + at, used);
    }
}

void html_text(struct buffer *out, const char *text)
{
    html_bytes(out, text, strlen(text));
}

void page_plain(struct buffer *out, const char *text)
{
    const size_t length = strlen(text);
    for (size_t at = 0, used; at < length; at += used) {
        const uint32_t read = utf8_read(text + at, length - at, &used);
        if (read == UTF8_INVALID || utf8_is_unsafe(read))
            buffer_char(out, '?');
        else
            buffer_bytes(out, text + at, used);
    }
}

void page_count(struct buffer *out, uint64_t count)
{
    if (count < 1000) {
        buffer_u64(out, count);
        return;
    }
    page_count(out, count / 1000);
    buffer_char(out, ',');
    buffer_digits(out, count % 1000, 3);
}

void page_endpoint(struct buffer *out, const struct names *names, const struct address *address, uint16_t port)
{
    const char *name = names ? names_find(names, address) : NULL;
    const bool brackets = !name && port && !address_is_ipv4(address);
    if (brackets)
        buffer_char(out, '[');
    if (name)
        page_plain(out, name);
    else
        buffer_address(out, address);
    if (brackets)
        buffer_char(out, ']');
    if (port) {
        buffer_char(out, ':');
        buffer_u64(out, port);
    }
}

static void set_clock(struct page_clock *clock, time_t when)
{
    struct tm local;
    clock->set = true;
    clock->by_line = source_names_by_line();
    if (!clock->by_line && localtime_r(&when, &local))
        clock->offset_us = (int64_t)local.tm_gmtoff * 1000000;
}

void page_moment(struct buffer *out, struct page_clock *clock, int64_t ts_us)
{
    const int64_t first_date_us = INT64_C(86400000000) * 1000; /* see capture/text_moment.h */
    if (!clock->set)
        set_clock(clock, (time_t)(ts_us / 1000000));
    const int64_t shown_us = ts_us + clock->offset_us;
    const int64_t second = shown_us / 1000000 - (shown_us % 1000000 < 0);
    const time_t when = (time_t)second;
    struct tm moment;
    char text[32];
    if (!gmtime_r(&when, &moment) ||
        !strftime(text, sizeof text, clock->by_line && shown_us < first_date_us ? "%T" : "%F %T", &moment))
        snprintf(text, sizeof text, "%s", "(time unknown)");
    buffer_text(out, text);
    buffer_char(out, '.');
    buffer_digits(out, (uint64_t)(shown_us - second * 1000000) / 1000, 3);
}

static void two(struct buffer *out, uint64_t more, const char *large, uint64_t less, const char *small)
{
    buffer_u64(out, more);
    buffer_text(out, large);
    if (less) {
        buffer_char(out, ' ');
        buffer_u64(out, less);
        buffer_text(out, small);
    }
}

void page_duration(struct buffer *out, int64_t us)
{
    const uint64_t seconds = (uint64_t)us / 1000000;
    if (us < 10000) {
        buffer_fixed(out, us / 10, 2);
        BUFFER_LITERAL(out, " ms");
    } else if (us < 1000000) {
        buffer_u64(out, (uint64_t)us / 1000);
        BUFFER_LITERAL(out, " ms");
    } else if (seconds < 60) {
        buffer_fixed(out, us / 100000, 1);
        BUFFER_LITERAL(out, " s");
    } else if (seconds < 3600)
        two(out, seconds / 60, " min", seconds % 60, " s");
    else
        two(out, seconds / 3600, " h", seconds % 3600 / 60, " min");
}
