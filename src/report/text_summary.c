#include <stdio.h>

#include "cause_words.h"
#include "port_states.h"
#include "text_verdict.h"

#define TOP_HOSTS 10

static void plural(struct buffer *out, uint64_t count, const char *one, const char *many)
{
    buffer_u64(out, count);
    buffer_char(out, ' ');
    buffer_text(out, count == 1 ? one : many);
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

static void by_cause(struct text_context *context, const struct tally *tally)
{
    bool done[CAUSE_COUNT] = {false};
    struct buffer *out = context->writer.out;
    text_styled(&context->writer, STYLE_STRONG, "by cause");
    buffer_char(out, '\n');
    for (;;) {
        int most = -1;
        for (int cause = 0; cause < CAUSE_COUNT; cause++)
            if (!done[cause] && tally->causes[cause] > 0 && (most < 0 || tally->causes[cause] > tally->causes[most]))
                most = cause;
        if (most < 0)
            return;
        done[most] = true;
        column(out, tally->causes[most], 8);
        buffer_padding(out, 2);
        const char *name = cause_name((enum cause)most);
        buffer_text(out, name);
        buffer_padding(out, strlen(name) < 22 ? 22 - strlen(name) : 1);
        buffer_text(out, cause_words((enum cause)most));
        buffer_char(out, '\n');
    }
}

static void host_causes(struct buffer *out, const struct tally *tally, const struct tally_host *host)
{
    bool first = true;
    for (int cause = 0; cause < CAUSE_COUNT; cause++) {
        uint32_t count = tally_of_host(tally, host, (enum cause)cause);
        if (count == 0 || !cause_is_failure((enum cause)cause))
            continue;
        buffer_text(out, first ? "  " : ", ");
        first = false;
        buffer_text(out, cause_name((enum cause)cause));
        buffer_char(out, ' ');
        buffer_u64(out, count);
    }
}

static void by_host(struct text_context *context, const struct tally *tally)
{
    const struct tally_host *top[TOP_HOSTS];
    struct buffer *out = context->writer.out;
    size_t count = tally_top(tally, top, TOP_HOSTS);
    if (count == 0)
        return;
    text_styled(&context->writer, STYLE_STRONG, "by host");
    buffer_text(out, tally->hosts_left_out ? " (of a part of them: too many to keep)\n" : "\n");
    for (size_t i = 0; i < count; i++) {
        column(out, top[i]->failures, 8);
        BUFFER_LITERAL(out, " of ");
        buffer_u64(out, top[i]->attempts);
        BUFFER_LITERAL(out, " failed  ");
        size_t start = out->length;
        buffer_address(out, &top[i]->address);
        size_t width = out->length - start;
        buffer_padding(out, width < 15 ? 15 - width : 0);
        host_causes(out, tally, top[i]);
        buffer_char(out, '\n');
    }
}

static void frames(struct buffer *out, const struct report_totals *totals)
{
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
    if (totals->evicted > 0) {
        BUFFER_LITERAL(out, "; ");
        plural(out, totals->evicted, "attempt", "attempts");
        BUFFER_LITERAL(out, " evicted before their end (too many at once)");
    }
    buffer_char(out, '\n');
}

/* As in "12 other names did not resolve: a, b, …". */
static void other_names(struct buffer *out, const struct other_lookups *others)
{
    if (others->names == 0)
        return;
    plural(out, others->names, "other name", "other names");
    BUFFER_LITERAL(out, " did not resolve: ");
    for (uint32_t i = 0; i < others->names_kept; i++) {
        buffer_text(out, i > 0 ? ", " : "");
        buffer_text(out, others->name[i]);
    }
    buffer_text(out, others->names > others->names_kept ? ", …\n" : "\n");
}

static void other_neighbours(struct buffer *out, const struct other_lookups *others)
{
    if (others->neighbours == 0)
        return;
    plural(out, others->neighbours, "address", "addresses");
    BUFFER_LITERAL(out, " did not answer ARP or neighbour solicitations: ");
    for (uint32_t i = 0; i < others->neighbours_kept; i++) {
        buffer_text(out, i > 0 ? ", " : "");
        buffer_address(out, &others->neighbour[i]);
    }
    buffer_text(out, others->neighbours > others->neighbours_kept ? ", …\n" : "\n");
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
        buffer_u64(out, tally->causes[CAUSE_UNDETERMINED]);
        BUFFER_LITERAL(out, " undetermined\n");
        by_cause(context, tally);
        by_host(context, tally);
    } else
        buffer_char(out, '\n');
    other_names(out, &totals->other_lookups);
    other_neighbours(out, &totals->other_lookups);
    frames(out, totals);
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
    buffer_char(out, '\n');
}
