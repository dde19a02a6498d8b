#include <sshsniff/source_names.h>

#include "json_lines.h"
#include "json_writer.h"
#include "port_states.h"
#include "sensor.h"

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
    BUFFER_LITERAL(line, JSON_OBJECT("host") ",\"address\":");
    json_address(line, &host->address);
    if (source_name_of(&host->address) != NULL) {
        JSON_KEY(line, "name");
        json_text(line, source_name_of(&host->address));
    }
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
    json_text(line, source);
    JSON_KEY(line, "sensor");
    json_text(line, report_sensor());
    BUFFER_LITERAL(line, "}\n");
}
