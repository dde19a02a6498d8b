/* What the line of an attempt is made of, and that line. */
#include "text_lines.h"

#include <stdio.h>
#include <time.h>

#include <sshsniff/source_names.h>

#include "base/steady_clock.h"
#include "cause_words.h"
#include "moment.h"

enum { HEADLINE_SIZE = 1024, DURATION_SIZE = 48 };

/* Local time, as tcpdump shows it, with the date: captures are read on other days than they were made. A text's times
 * are shown as they are written, and it may have no dates (see capture/text_moment.h). */
static bool moment_text(time_t when, char *out, size_t size)
{
    const time_t first_date = 86400 * 1000;
    struct tm moment;
    if (source_names_by_line())
        return gmtime_r(&when, &moment) != NULL &&
               strftime(out, size, when < first_date ? "%T" : "%F %T", &moment) != 0;
    return localtime_r(&when, &moment) != NULL && strftime(out, size, "%F %T", &moment) != 0;
}

static void date_and_time(struct text_context *context, int64_t ts_us)
{
    int64_t second = ts_us / 1000000 - (ts_us % 1000000 < 0);
    if (context->clock_text[0] == '\0' || context->clock_second != second) {
        if (!moment_text((time_t)second, context->clock_text, sizeof context->clock_text))
            snprintf(context->clock_text, sizeof context->clock_text, "%s", "(time unknown)");
        context->clock_second = second;
    }
    buffer_text(context->writer.out, context->clock_text);
    buffer_char(context->writer.out, '.');
    buffer_digits(context->writer.out, (uint64_t)(ts_us - second * 1000000) / 1000, 3);
}

/* Seconds, which may be below zero: an attempt that began earlier may be told later. */
static void seconds(struct buffer *out, int64_t us)
{
    if (us < 0)
        buffer_char(out, '-');
    buffer_fixed(out, us < 0 ? -us : us, 6);
}

void shown_time(struct text_context *context, int64_t steady_us)
{
    struct buffer *out = context->writer.out;
    switch (context->time_style) {
    case TIME_NONE:
        return;
    case TIME_EPOCH:
        seconds(out, steady_to_wall(steady_us));
        break;
    case TIME_SINCE_LAST:
        seconds(out, context->before_us != 0 ? steady_us - context->before_us : 0);
        break;
    case TIME_SINCE_START:
        seconds(out, context->start_us != 0 ? steady_us - context->start_us : 0);
        break;
    case TIME_DATE:
    case TIME_DATE_TOO:
        date_and_time(context, steady_to_wall(steady_us));
    }
    context->before_us = steady_us;
}

void shown_endpoint(struct text_context *context, const struct address *address, uint16_t port)
{
    struct buffer *out = context->writer.out;
    const char *name = context->names != NULL ? names_find(context->names, address) : NULL;
    bool brackets = name == NULL && port != 0 && !address_is_ipv4(address);
    if (brackets)
        buffer_char(out, '[');
    if (name != NULL)
        text_clean(out, name);
    else
        buffer_address(out, address);
    if (brackets)
        buffer_char(out, ']');
    if (port != 0) {
        buffer_char(out, ':');
        buffer_u64(out, port);
    }
}

void shown_source(struct text_context *context, const char *source)
{
    if (!context->names_sources || source == NULL)
        return;
    BUFFER_LITERAL(context->writer.out, " in ");
    text_clean(context->writer.out, source);
}

void text_duration(char *out, size_t size, int64_t us)
{
    if (us < 10000)
        snprintf(out, size, "%lld.%02lld" TEXT_NBSP "ms", (long long)(us / 1000), (long long)(us / 10 % 100));
    else if (us < 1000000)
        snprintf(out, size, "%lld" TEXT_NBSP "ms", (long long)(us / 1000));
    else
        snprintf(out, size, "%lld.%lld" TEXT_NBSP "s", (long long)(us / 1000000), (long long)(us / 100000 % 10));
}

static void how_long(struct buffer *out, const struct attempt *attempt)
{
    char text[DURATION_SIZE];
    const int64_t us = moment_duration(attempt);
    if (us <= 0)
        return;
    text_duration(text, sizeof text, us);
    BUFFER_LITERAL(out, " for ");
    buffer_text(out, text);
}

void shown_ends(struct text_context *context, const struct attempt *attempt)
{
    struct buffer *out = context->writer.out;
    shown_endpoint(context, &attempt->key.client, attempt->lookup == NULL ? attempt->key.client_port : 0);
    BUFFER_LITERAL(out, " → ");
    if (attempt->lookup != NULL && attempt->lookup->name[0] != '\0')
        text_clean(out, attempt->lookup->name);
    else
        shown_endpoint(context, &attempt->key.server, attempt->lookup == NULL ? attempt->key.server_port : 0);
}

enum text_style text_style_of(enum cause cause)
{
    return cause == CAUSE_NONE           ? STYLE_GOOD
           : cause_is_scan(cause)        ? STYLE_FAINT
           : cause == CAUSE_UNDETERMINED ? STYLE_UNSURE
                                         : STYLE_BAD;
}

void text_header(struct text_context *context, const struct case_file *file, const struct verdict *verdict,
                 const char *source)
{
    struct buffer *out = context->writer.out;
    const size_t start = out->length;
    char headline[HEADLINE_SIZE];
    context->start_us = file->capture != NULL ? file->capture->first_us : 0;
    shown_time(context, moment_start(file->attempt));
    how_long(out, file->attempt);
    shown_source(context, source);
    buffer_padding(out, out->length > start ? 2 : 0);
    shown_ends(context, file->attempt);
    buffer_padding(out, 2);
    cause_headline(file, verdict, headline, sizeof headline);
    text_styled(&context->writer, text_style_of(verdict->cause), headline);
}
