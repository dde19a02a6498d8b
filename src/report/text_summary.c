#include <stdio.h>

#include "cause_words.h"
#include "port_states.h"
#include "text_verdict.h"

/* All of it fits a terminal of 24 lines, from 80 columns on. */
#define CAUSE_LINES   8
#define HOST_ROWS     4
#define ROOM_FOR_ROWS 80 /* columns: with less, a host takes several lines */
#define COUNT_WIDTH   8
#define NAME_WIDTH    22
#define WORDS_LEAST   24 /* columns: with less, further lines begin under the name */
#define PROSE_MARGIN  2
#define HOST_MARGIN   4
#define MORE_WIDTH    3 /* ", …" */

static void plural(struct buffer *out, uint64_t count, const char *one, const char *many)
{
    buffer_u64(out, count);
    buffer_char(out, ' ');
    buffer_text(out, count == 1 ? one : many);
}

static size_t lines_from(const struct buffer *out, size_t start)
{
    size_t lines = 0;
    for (size_t at = start; at < out->length; at++)
        lines += out->data[at] == '\n';
    return lines;
}

/* Whether the line in hand, and `more` columns, still are one. */
static bool is_one_line(const struct text_context *context, size_t more)
{
    const struct buffer *out = context->writer.out;
    const size_t start = text_line_start(out);
    return text_columns(out->data + start, out->length - start) + more <= text_width(&context->writer);
}

/* Right-aligned in `width` columns. */
static void column(struct buffer *out, uint64_t value, size_t width)
{
    size_t start = out->length;
    buffer_u64(out, value);
    size_t digits = out->length - start;
    if (digits >= width || !buffer_reserve(out, width - digits))
        return;
    memmove(out->data + start + width - digits, out->data + start, digits);
    memset(out->data + start, ' ', width - digits);
    out->length = start + width;
}

/* The cause that comes next: the most frequent of those that are not done. CAUSE_COUNT: there is none. */
static int next_cause(const uint64_t count[CAUSE_COUNT], bool done[CAUSE_COUNT])
{
    int most = CAUSE_COUNT;
    for (int cause = 0; cause < CAUSE_COUNT; cause++)
        if (!done[cause] && count[cause] > 0 && (most == CAUSE_COUNT || count[cause] > count[most]))
            most = cause;
    if (most != CAUSE_COUNT)
        done[most] = true;
    return most;
}

static void one_cause(struct text_context *context, uint64_t count, const char *name, const char *words)
{
    struct buffer *out = context->writer.out;
    const size_t under_words = COUNT_WIDTH + 2 + NAME_WIDTH, under_name = COUNT_WIDTH + 2;
    column(out, count, COUNT_WIDTH);
    buffer_padding(out, 2);
    buffer_text(out, name);
    buffer_padding(out, strlen(name) < NAME_WIDTH ? NAME_WIDTH - strlen(name) : 1);
    if (under_words + WORDS_LEAST <= text_width(&context->writer)) {
        text_wrapped(&context->writer, words, under_words);
        return;
    }
    text_end_line(&context->writer, under_name);
    buffer_padding(out, under_name);
    text_wrapped(&context->writer, words, under_name);
}

/* The last row stands for all that are left, if they are more than one. */
static void by_cause(struct text_context *context, const struct tally *tally)
{
    bool done[CAUSE_COUNT] = {false};
    struct buffer *out = context->writer.out;
    size_t kinds = 0, shown = 0, start;
    uint64_t left = tally->attempts;
    for (int cause = 0; cause < CAUSE_COUNT; cause++)
        kinds += tally->causes[cause] > 0;
    text_styled(&context->writer, STYLE_STRONG, "by cause");
    buffer_char(out, '\n');
    start = out->length;
    for (; shown < kinds && lines_from(out, start) + (shown + 1 < kinds) < CAUSE_LINES; shown++) {
        const int cause = next_cause(tally->causes, done);
        left -= tally->causes[cause];
        one_cause(context, tally->causes[cause], cause_name((enum cause)cause), cause_words((enum cause)cause));
    }
    if (shown < kinds)
        one_cause(context, left, "others", "of less frequent causes");
}

/* As many as fit, the most frequent first. */
static void host_causes(struct text_context *context, const struct tally_hosts *hosts, const struct tally_host *host)
{
    struct buffer *out = context->writer.out;
    uint64_t count[CAUSE_COUNT];
    bool done[CAUSE_COUNT] = {false};
    for (int cause = 0; cause < CAUSE_COUNT; cause++)
        count[cause] = cause_is_failure((enum cause)cause) ? tally_of_host(hosts, host, (enum cause)cause) : 0;
    size_t shown = 0;
    for (int cause; (cause = next_cause(count, done)) != CAUSE_COUNT; shown++) {
        const size_t before = out->length;
        buffer_text(out, shown == 0 ? "  " : ", ");
        buffer_text(out, cause_name((enum cause)cause));
        buffer_char(out, ' ');
        buffer_u64(out, count[cause]);
        if (shown > 0 && !is_one_line(context, MORE_WIDTH)) {
            out->length = before;
            BUFFER_LITERAL(out, ", …");
            return;
        }
    }
}

static void host_row(struct text_context *context, const struct tally_hosts *hosts, const struct tally_host *host)
{
    struct buffer *out = context->writer.out;
    column(out, host->failures, COUNT_WIDTH);
    BUFFER_LITERAL(out, " of ");
    buffer_u64(out, host->attempts);
    BUFFER_LITERAL(out, " failed  ");
    const size_t start = out->length;
    buffer_address(out, host->address);
    const size_t width = out->length - start;
    buffer_padding(out, width < 15 ? 15 - width : 0);
    host_causes(context, hosts, host);
    if (host->error > 0) {
        BUFFER_LITERAL(out, " (at most ");
        buffer_u64(out, host->error);
        BUFFER_LITERAL(out, " more)");
    }
    text_end_line(&context->writer, COUNT_WIDTH + 2);
}

/* Of more hosts than there are rows, only those that surely stand out: of the others little is known. */
static size_t sure_ones(const struct tally_host *host, size_t count)
{
    size_t sure = 0;
    while (sure < count && host[sure].failures > host[sure].error)
        sure++;
    return sure;
}

static void by_host(struct text_context *context, const struct tally_hosts *hosts, const char *heading, size_t rows)
{
    struct tally_host top[HOST_ROWS];
    struct buffer *out = context->writer.out;
    const size_t found = tally_top(hosts, true, top, rows), failed = tally_hosts_failed(hosts);
    if (found == 0)
        return;
    const size_t shown = sure_ones(top, found);
    text_styled(&context->writer, STYLE_STRONG, heading);
    if (hosts->hitters.full) {
        BUFFER_LITERAL(out, " (of more than ");
        buffer_u64(out, HITTERS);
        buffer_text(out, shown > 0 ? ")" : "; none stands out)");
    } else if (shown < failed) {
        BUFFER_LITERAL(out, " (");
        buffer_u64(out, shown);
        BUFFER_LITERAL(out, " of ");
        buffer_u64(out, failed);
        BUFFER_LITERAL(out, " with failures)");
    }
    text_end_line(&context->writer, PROSE_MARGIN);
    for (size_t i = 0; i < shown; i++)
        host_row(context, hosts, &top[i]);
}

static void frames(struct text_context *context, const struct report_totals *totals)
{
    struct buffer *out = context->writer.out;
    plural(out, totals->frames, "frame", "frames");
    BUFFER_LITERAL(out, " read, ");
    buffer_u64(out, totals->undecodable);
    BUFFER_LITERAL(out, " undecodable, ");
    buffer_u64(out, totals->kernel_dropped);
    BUFFER_LITERAL(out, " dropped by the kernel");
    if (totals->interface_dropped > 0) {
        BUFFER_LITERAL(out, ", ");
        buffer_u64(out, totals->interface_dropped);
        BUFFER_LITERAL(out, " by the interface");
    }
    if (totals->lines_passed_over > 0) {
        BUFFER_LITERAL(out, "; ");
        plural(out, totals->lines_passed_over, "line", "lines");
        BUFFER_LITERAL(out, " passed over");
    }
    if (totals->left_out > 0) {
        BUFFER_LITERAL(out, "; ");
        plural(out, totals->left_out, "frame", "frames");
        BUFFER_LITERAL(out, " left out, which could not be cleaned of names");
    }
    if (totals->evicted > 0) {
        BUFFER_LITERAL(out, "; ");
        plural(out, totals->evicted, "attempt", "attempts");
        BUFFER_LITERAL(out, " evicted before their end (too many at once)");
    }
    text_end_line(&context->writer, PROSE_MARGIN);
}

/* One of a list, of which only what fits the line is shown. False: it was not. */
static bool listed(struct text_context *context, uint32_t index, const char *name, const struct address *address)
{
    struct buffer *out = context->writer.out;
    const size_t before = out->length;
    buffer_text(out, index > 0 ? ", " : "");
    if (name != NULL)
        text_clean(out, name);
    else
        buffer_address(out, address);
    if (is_one_line(context, MORE_WIDTH))
        return true;
    out->length = before;
    return false;
}

/* As in "12 other names did not resolve: a, b, …". */
static void other_names(struct text_context *context, const struct other_lookups *others)
{
    struct buffer *out = context->writer.out;
    uint32_t shown = 0;
    if (others->names == 0)
        return;
    plural(out, others->names, "other name", "other names");
    BUFFER_LITERAL(out, " did not resolve: ");
    while (shown < others->names_kept && listed(context, shown, others->name[shown], NULL))
        shown++;
    buffer_text(out, others->names == shown ? "" : shown > 0 ? ", …" : "…");
    text_end_line(&context->writer, PROSE_MARGIN);
}

static void other_neighbours(struct text_context *context, const struct other_lookups *others)
{
    struct buffer *out = context->writer.out;
    uint32_t shown = 0;
    if (others->neighbours == 0)
        return;
    plural(out, others->neighbours, "address", "addresses");
    BUFFER_LITERAL(out, " did not answer ARP or neighbour solicitations: ");
    while (shown < others->neighbours_kept && listed(context, shown, NULL, &others->neighbour[shown]))
        shown++;
    buffer_text(out, others->neighbours == shown ? "" : shown > 0 ? ", …" : "…");
    text_end_line(&context->writer, PROSE_MARGIN);
}

static void not_shown(struct buffer *out, const struct report_totals *totals)
{
    if (!totals->filtered)
        return;
    BUFFER_LITERAL(out, "; ");
    buffer_u64(out, totals->not_shown);
    buffer_text(out, totals->not_shown == 1 ? " more is not shown" : " more are not shown");
}

/* Less where each takes several lines, and where more follows. */
static size_t host_rows(const struct text_context *context, const struct report_totals *totals)
{
    const bool more = totals->other_lookups.names > 0 || totals->other_lookups.neighbours > 0;
    return (text_width(&context->writer) < ROOM_FOR_ROWS ? HOST_ROWS / 2 : HOST_ROWS) - more;
}

void text_summary(struct text_context *context, const struct tally *tally, const struct report_totals *totals)
{
    struct buffer *out = context->writer.out;
    plural(out, tally->attempts, "attempt", "attempts");
    if (tally->attempts > 0) {
        BUFFER_LITERAL(out, ": ");
        buffer_u64(out, tally->failures);
        BUFFER_LITERAL(out, " failed, ");
        buffer_u64(out, tally->causes[CAUSE_NONE]);
        BUFFER_LITERAL(out, " logged in, ");
        if (tally->scanned > 0) {
            buffer_u64(out, tally->scanned);
            BUFFER_LITERAL(out, " scanned, ");
        }
        buffer_u64(out, tally->causes[CAUSE_UNDETERMINED]);
        BUFFER_LITERAL(out, " undetermined");
        not_shown(out, totals);
        text_end_line(&context->writer, PROSE_MARGIN);
        by_cause(context, tally);
        by_host(context, &tally->servers, "by server", host_rows(context, totals));
        by_host(context, &tally->clients, "by client", host_rows(context, totals));
    } else {
        not_shown(out, totals);
        text_end_line(&context->writer, PROSE_MARGIN);
    }
    other_names(context, &totals->other_lookups);
    other_neighbours(context, &totals->other_lookups);
    frames(context, totals);
}

void text_host(struct text_context *context, const struct host *host)
{
    struct buffer *out = context->writer.out;
    BUFFER_LITERAL(out, "host ");
    buffer_address(out, &host->address);
    buffer_text(out, host->local ? " (this machine): " : ": ");
    plural(out, host->packets, "packet", "packets");
    if (host->own.number != 0) {
        BUFFER_LITERAL(out, ", TTL ");
        buffer_u64(out, host->own.ttl);
    }
    if (host->rtt_us != 0) {
        BUFFER_LITERAL(out, ", answers in ");
        buffer_fixed(out, host->rtt_us, 3);
        BUFFER_LITERAL(out, " ms");
    }
    for (size_t i = 0; i < host->ports_used && i < HOST_PORTS; i++) {
        buffer_text(out, i == 0 ? ", ports " : ", ");
        buffer_u64(out, host->ports[i].port);
        buffer_char(out, ' ');
        buffer_text(out, port_state_name(host->ports[i].state));
    }
    text_end_line(&context->writer, HOST_MARGIN);
}
