#include "json_lines.h"
#include "json_writer.h"
#include "sensor.h"

#define TOP_HOSTS 10

static void sensor(struct buffer *line)
{
    JSON_KEY(line, "sensor");
    json_text(line, report_sensor());
}

void json_group(struct buffer *line, const struct attempt_group *group, const char *source)
{
    BUFFER_LITERAL(line, JSON_OBJECT("flood") ",\"ts\":");
    json_timestamp(line, group->first_us);
    JSON_KEY(line, "until");
    json_timestamp(line, group->last_us);
    JSON_KEY(line, "dst_ip");
    if (address_is_none(&group->server))
        BUFFER_LITERAL(line, "null");
    else
        json_address(line, &group->server);
    JSON_KEY(line, "dst_port");
    buffer_u64(line, group->server_port);
    JSON_KEY(line, "cause");
    json_text(line, cause_name(group->cause));
    JSON_KEY(line, "attempts");
    buffer_u64(line, group->count);
    JSON_KEY(line, "source");
    json_text(line, source);
    sensor(line);
    BUFFER_LITERAL(line, "}\n");
}

void json_pulse(struct buffer *line, const struct report_pulse *pulse, const char *source)
{
    BUFFER_LITERAL(line, JSON_OBJECT("heartbeat") ",\"ts\":");
    json_timestamp(line, pulse->ts_us);
    JSON_KEY(line, "frames");
    buffer_u64(line, pulse->frames);
    JSON_KEY(line, "frames_dropped");
    buffer_u64(line, pulse->kernel_dropped);
    JSON_KEY(line, "frames_dropped_by_interface");
    buffer_u64(line, pulse->interface_dropped);
    JSON_KEY(line, "attempts");
    buffer_u64(line, pulse->attempts);
    JSON_KEY(line, "attempts_failed");
    buffer_u64(line, pulse->failures);
    JSON_KEY(line, "attempts_evicted");
    buffer_u64(line, pulse->evicted);
    JSON_KEY(line, "attempts_open");
    buffer_u64(line, pulse->attempts_open);
    JSON_KEY(line, "table_bytes");
    buffer_u64(line, pulse->table_bytes);
    JSON_KEY(line, "lag_ms");
    json_ms(line, pulse->lag_us);
    JSON_KEY(line, "source");
    json_text(line, source);
    sensor(line);
    BUFFER_LITERAL(line, "}\n");
}

static void causes(struct buffer *line, const uint64_t count[CAUSE_COUNT])
{
    BUFFER_LITERAL(line, ",\"by_cause\":{");
    bool first = true;
    for (int cause = 0; cause < CAUSE_COUNT; cause++) {
        if (count[cause] == 0)
            continue;
        if (!first)
            buffer_char(line, ',');
        first = false;
        json_text(line, cause_name((enum cause)cause));
        buffer_char(line, ':');
        buffer_u64(line, count[cause]);
    }
    buffer_char(line, '}');
}

static void one_host(struct buffer *line, const struct tally_hosts *hosts, const struct tally_host *host)
{
    uint64_t count[CAUSE_COUNT];
    for (int cause = 0; cause < CAUSE_COUNT; cause++)
        count[cause] = tally_of_host(hosts, host, (enum cause)cause);
    BUFFER_LITERAL(line, "{\"address\":");
    json_address(line, host->address);
    JSON_KEY(line, "attempts");
    buffer_u64(line, host->attempts);
    JSON_KEY(line, "failures");
    buffer_u64(line, host->failures);
    causes(line, count);
    JSON_KEY(line, "error");
    buffer_u64(line, host->error);
    buffer_char(line, '}');
}

static void hosts(struct buffer *line, const struct tally_hosts *all)
{
    struct tally_host top[TOP_HOSTS];
    size_t count = tally_top(all, false, top, TOP_HOSTS);
    buffer_char(line, '[');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buffer_char(line, ',');
        one_host(line, all, &top[i]);
    }
    buffer_char(line, ']');
}

void json_summary(struct buffer *line, const struct tally *tally, const struct report_totals *totals)
{
    BUFFER_LITERAL(line, JSON_OBJECT("summary") ",\"frames\":");
    buffer_u64(line, totals->frames);
    JSON_KEY(line, "frames_undecodable");
    buffer_u64(line, totals->undecodable);
    JSON_KEY(line, "frames_dropped");
    buffer_u64(line, totals->kernel_dropped);
    JSON_KEY(line, "attempts");
    buffer_u64(line, tally->attempts);
    causes(line, tally->causes);
    JSON_KEY(line, "attempts_evicted");
    buffer_u64(line, totals->evicted);
    JSON_KEY(line, "attempts_failed");
    buffer_u64(line, tally->failures);
    JSON_KEY(line, "attempts_scanned");
    buffer_u64(line, tally->causes[CAUSE_SCAN]);
    JSON_KEY(line, "frames_dropped_by_interface");
    buffer_u64(line, totals->interface_dropped);
    JSON_KEY(line, "names_failed_other");
    buffer_u64(line, totals->other_lookups.names);
    JSON_KEY(line, "neighbours_silent_other");
    buffer_u64(line, totals->other_lookups.neighbours);
    sensor(line);
    if (totals->left_out > 0) {
        JSON_KEY(line, "frames_left_out");
        buffer_u64(line, totals->left_out);
    }
    if (totals->filtered) {
        JSON_KEY(line, "attempts_not_shown");
        buffer_u64(line, totals->not_shown);
    }
    if (totals->lines_passed_over > 0) {
        JSON_KEY(line, "lines_passed_over");
        buffer_u64(line, totals->lines_passed_over);
    }
    if (!tally->without_hosts) {
        JSON_KEY(line, "servers");
        hosts(line, &tally->servers);
        JSON_KEY(line, "clients");
        hosts(line, &tally->clients);
    }
    BUFFER_LITERAL(line, "}\n");
}
