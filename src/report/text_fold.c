/* Attempts that are told together, in a line. */
#include <time.h>

#include "base/steady_clock.h"
#include "cause_words.h"
#include "text_lines.h"
#include "text_verdict.h"

void text_group(struct text_context *context, const struct attempt_group *group, const char *source)
{
    struct buffer *out = context->writer.out;
    shown_time(context, group->first_us);
    shown_source(context, source);
    BUFFER_LITERAL(out, "  and ");
    buffer_u64(out, group->count);
    BUFFER_LITERAL(out, " more alike within a second, to ");
    if (address_is_none(&group->server))
        BUFFER_LITERAL(out, "several hosts");
    else
        buffer_address(out, &group->server);
    BUFFER_LITERAL(out, ", port ");
    buffer_u64(out, group->server_port);
    BUFFER_LITERAL(out, ": ");
    buffer_text(out, cause_words(group->cause));
    text_end_line(&context->writer, HEADER_MARGIN);
    buffer_char(out, '\n');
}

/* The time of day, and the date where it is another than that of the line's beginning. */
static void last_at(struct buffer *out, int64_t first_us, int64_t last_us)
{
    const time_t first = (time_t)(steady_to_wall(first_us) / 1000000);
    const time_t last = (time_t)(steady_to_wall(last_us) / 1000000);
    struct tm began, ended;
    char text[32];
    if (localtime_r(&first, &began) == NULL || localtime_r(&last, &ended) == NULL)
        return;
    const bool same_day = began.tm_year == ended.tm_year && began.tm_yday == ended.tm_yday;
    if (strftime(text, sizeof text, same_day ? "%T" : "%F %T", &ended) == 0)
        return;
    BUFFER_LITERAL(out, ", last at ");
    buffer_text(out, text);
}

static void folded_server(struct text_context *context, const struct folded_attempts *folded)
{
    struct buffer *out = context->writer.out;
    if (folded->name[0] != '\0')
        text_clean(out, folded->name);
    else if (address_is_none(&folded->server))
        BUFFER_LITERAL(out, "several hosts");
    else
        shown_endpoint(context, &folded->server, folded->server_port);
}

static void folded_clients(struct buffer *out, const struct folded_attempts *folded)
{
    if (folded->clients == 0)
        return;
    BUFFER_LITERAL(out, " from ");
    if (folded->more_clients)
        BUFFER_LITERAL(out, "more than ");
    buffer_u64(out, folded->clients);
    buffer_text(out, folded->clients == 1 ? " client" : " clients");
}

void text_fold(struct text_context *context, const struct folded_attempts *folded)
{
    struct buffer *out = context->writer.out;
    const size_t start = out->length;
    shown_time(context, folded->first_us);
    shown_source(context, folded->source);
    buffer_padding(out, out->length > start ? 2 : 0);
    if (address_is_none(&folded->client))
        BUFFER_LITERAL(out, "several");
    else
        shown_endpoint(context, &folded->client, 0);
    BUFFER_LITERAL(out, " → ");
    folded_server(context, folded);
    buffer_padding(out, 2);
    buffer_text(out, cause_name(folded->cause));
    BUFFER_LITERAL(out, " × ");
    buffer_u64(out, folded->count);
    BUFFER_LITERAL(out, " more");
    folded_clients(out, folded);
    last_at(out, folded->first_us, folded->last_us);
    text_end_line(&context->writer, HEADER_MARGIN);
}
