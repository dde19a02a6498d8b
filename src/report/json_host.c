#include "json_lines.h"
#include "json_writer.h"
#include "port_states.h"

static void mac(struct buffer *line, const uint8_t *bytes)
{
    static const char digits[] = "0123456789abcdef";
    buffer_char(line, '"');
    for (int i = 0; i < 6; i++) {
        if (i > 0)
            buffer_char(line, ':');
        buffer_char(line, digits[bytes[i] >> 4]);
        buffer_char(line, digits[bytes[i] & 15]);
    }
    buffer_char(line, '"');
}

static void macs(struct buffer *line, const struct host *host)
{
    BUFFER_LITERAL(line, ",\"macs\":[");
    for (size_t i = 0; i < host->macs_used && i < HOST_MACS; i++) {
        if (i > 0)
            buffer_char(line, ',');
        mac(line, host->macs[i]);
    }
    buffer_char(line, ']');
}

static void ports(struct buffer *line, const struct host *host)
{
    BUFFER_LITERAL(line, ",\"ports\":[");
    for (size_t i = 0; i < host->ports_used && i < HOST_PORTS; i++) {
        if (i > 0)
            buffer_char(line, ',');
        json_port(line, host->ports[i].port, host->ports[i].state);
        buffer_char(line, '}');
    }
    buffer_char(line, ']');
}

/* null where none of its packets is surely its own. */
static void own_ttl(struct buffer *line, const struct host *host)
{
    JSON_KEY(line, "ttl");
    if (host->own.number == 0) {
        BUFFER_LITERAL(line, "null");
        return;
    }
    buffer_u64(line, host->own.ttl);
}

static void counters(struct buffer *line, const struct host *host)
{
    JSON_KEY(line, "echoing_rsts");
    buffer_u64(line, host->echoing_rsts);
    JSON_KEY(line, "zeroing_rsts");
    buffer_u64(line, host->zeroing_rsts);
    JSON_KEY(line, "accepted");
    buffer_u64(line, host->accepted);
    JSON_KEY(line, "bannered");
    buffer_u64(line, host->bannered);
    JSON_KEY(line, "sessions");
    buffer_u64(line, host->sessions);
}

void json_host(struct buffer *line, const struct host *host, const char *source)
{
    line->length = 0;
    BUFFER_LITERAL(line, "{\"type\":\"host\",\"address\":");
    json_address(line, &host->address);
    JSON_KEY(line, "packets");
    buffer_u64(line, host->packets);
    own_ttl(line, host);
    JSON_KEY(line, "rtt_ms");
    if (host->rtt_us == 0)
        BUFFER_LITERAL(line, "null");
    else
        json_ms(line, host->rtt_us);
    macs(line, host);
    ports(line, host);
    counters(line, host);
    JSON_KEY(line, "local");
    json_bool(line, host->local);
    JSON_KEY(line, "source");
    json_string(line, source);
    BUFFER_LITERAL(line, "}\n");
}

void json_group(struct buffer *line, const struct attempt_group *attempt_group, const char *source)
{
    line->length = 0;
    BUFFER_LITERAL(line, "{\"type\":\"flood\",\"ts\":");
    json_timestamp(line, attempt_group->first_us);
    JSON_KEY(line, "until");
    json_timestamp(line, attempt_group->last_us);
    JSON_KEY(line, "dst_ip");
    if (address_is_none(&attempt_group->server))
        BUFFER_LITERAL(line, "null");
    else
        json_address(line, &attempt_group->server);
    JSON_KEY(line, "dst_port");
    buffer_u64(line, attempt_group->server_port);
    JSON_KEY(line, "cause");
    json_string(line, cause_name(attempt_group->cause));
    JSON_KEY(line, "attempts");
    buffer_u64(line, attempt_group->count);
    JSON_KEY(line, "source");
    json_string(line, source);
    BUFFER_LITERAL(line, "}\n");
}

void json_summary(struct buffer *line, const struct tally *tally, const struct report_totals *totals)
{
    line->length = 0;
    BUFFER_LITERAL(line, "{\"type\":\"summary\",\"frames\":");
    buffer_u64(line, totals->frames);
    JSON_KEY(line, "frames_undecodable");
    buffer_u64(line, totals->undecodable);
    JSON_KEY(line, "frames_dropped");
    buffer_u64(line, totals->kernel_dropped);
    JSON_KEY(line, "attempts");
    buffer_u64(line, tally->attempts);
    BUFFER_LITERAL(line, ",\"by_cause\":{");
    bool first = true;
    for (int cause = 0; cause < CAUSE_COUNT; cause++) {
        if (tally->causes[cause] == 0)
            continue;
        if (!first)
            buffer_char(line, ',');
        first = false;
        json_string(line, cause_name((enum cause)cause));
        buffer_char(line, ':');
        buffer_u64(line, tally->causes[cause]);
    }
    buffer_char(line, '}');
    JSON_KEY(line, "attempts_evicted");
    buffer_u64(line, totals->evicted);
    JSON_KEY(line, "attempts_failed");
    buffer_u64(line, tally->failures);
    JSON_KEY(line, "frames_dropped_by_interface");
    buffer_u64(line, totals->interface_dropped);
    BUFFER_LITERAL(line, "}\n");
}
