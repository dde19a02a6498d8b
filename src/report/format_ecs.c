/* Elastic Common Schema, one document a line: where a field of ECS says it, it is that field; all else is below
 * "sshsniff". ecs.elastic.co, version 9.4; fields without a value are left out. */
#include <stdio.h>

#include <sshsniff/source_names.h>

#include "advice.h"
#include "cause_words.h"
#include "ecs_writer.h"
#include "format.h"
#include "moment.h"
#include "sensor.h"

#define ECS_VERSION "9.4.0"
#define ECS_ADVICE  6
#define WORDS_SIZE  512

/* Of the format: hosts and the summary have no time of their own, and get that of the latest line before them. */
struct ecs_state {
    int64_t last_us;
};

static void begin_document(struct format_output *out, int64_t ts_us)
{
    struct ecs_state *state = out->state;
    if (ts_us > state->last_us)
        state->last_us = ts_us;
    buffer_char(out->line, '{');
    if (state->last_us > 0)
        ecs_time(out->line, "@timestamp", ts_us > 0 ? ts_us : state->last_us);
    ecs_open(out->line, "ecs");
    ecs_text(out->line, "version", ECS_VERSION);
    ecs_close(out->line);
    ecs_open(out->line, "observer");
    ecs_text(out->line, "hostname", report_sensor());
    ecs_text(out->line, "product", "sshsniff");
    ecs_text(out->line, "type", "sensor");
    ecs_close(out->line);
}

static void end_document(struct format_output *out)
{
    BUFFER_LITERAL(out->line, "}\n");
}

/* NULL is left out, wherever it stands. */
static void list_of_words(struct buffer *line, const char *key, const char *first, const char *second)
{
    ecs_key(line, key);
    buffer_char(line, '[');
    if (first != NULL)
        json_word(line, first);
    if (first != NULL && second != NULL)
        buffer_char(line, ',');
    if (second != NULL)
        json_word(line, second);
    buffer_char(line, ']');
}

/* The object stays open. */
static void begin_event(struct buffer *line, const char *kind, const char *category, const char *type,
                        const char *dataset)
{
    ecs_open(line, "event");
    ecs_text(line, "kind", kind);
    list_of_words(line, "category", "network", category);
    list_of_words(line, "type", type, strcmp(kind, "event") == 0 ? "connection" : NULL);
    ecs_text(line, "module", "sshsniff");
    ecs_text(line, "dataset", dataset);
}

/* ---- An attempt ---- */

/* Of event.type, beside "connection". */
static const char *type_of(const struct verdict *verdict)
{
    switch (cause_row(verdict->cause)->outcome) {
    case OUTCOME_LOGGED_IN:
        return "start";
    case OUTCOME_FAILED:
        return verdict->stage == STAGE_REFUSED || verdict->stage == STAGE_REJECTED ? "denied" : "end";
    case OUTCOME_SCANNED:
    case OUTCOME_UNDETERMINED:
        break;
    }
    return "info";
}

static const char *outcome_of(enum cause cause)
{
    switch (cause_row(cause)->outcome) {
    case OUTCOME_LOGGED_IN:
        return "success";
    case OUTCOME_FAILED:
        return "failure";
    case OUTCOME_SCANNED:
    case OUTCOME_UNDETERMINED:
        break;
    }
    return "unknown";
}

static void event_of(struct buffer *line, const struct case_file *file, const struct verdict *verdict,
                     const char *headline)
{
    const int64_t start_us = moment_start(file->attempt), took_us = moment_duration(file->attempt);
    begin_event(line, "event", verdict->stage >= STAGE_AUTH ? "authentication" : NULL, type_of(verdict),
                "sshsniff.attempt");
    ecs_text(line, "action", cause_name(verdict->cause));
    ecs_text(line, "outcome", outcome_of(verdict->cause));
    ecs_text(line, "reason", verdict->reason[0] != '\0' ? verdict->reason : headline);
    ecs_time(line, "start", start_us);
    ecs_time(line, "end", start_us + took_us);
    ecs_number(line, "duration", (uint64_t)(took_us > 0 ? took_us : 0) * 1000); /* nanoseconds */
    ecs_close(line);
}

/* Whom it is about, whichever side it was: what an analyst looks for. */
static void related(struct buffer *line, const struct address *client, const struct address *server)
{
    char text[2][ADDRESS_TEXT_SIZE];
    const struct address *const ends[2] = {client, server};
    const char *known[2] = {NULL, NULL};
    for (int i = 0; i < 2; i++)
        if (ends[i] != NULL && !address_is_none(ends[i]) && !address_is_stand_in(ends[i]))
            known[i] = address_text(ends[i], text[i]);
    if (known[0] == NULL && known[1] == NULL)
        return;
    ecs_open(line, "related");
    list_of_words(line, "ip", known[0], known[1]);
    ecs_close(line);
}

/* `name`: where a name stands in the place of the address, or beside it. */
static void end_of_connection(struct buffer *line, const char *key, const struct address *address, unsigned port,
                              const char *name)
{
    char text[ADDRESS_TEXT_SIZE];
    const bool known = !address_is_none(address) && !address_is_stand_in(address);
    if (!known && (name == NULL || name[0] == '\0'))
        return;
    ecs_open(line, key);
    if (known)
        address_text(address, text);
    ecs_text(line, "address", known ? text : name);
    if (known)
        ecs_text(line, "ip", text);
    ecs_text(line, "domain", name);
    if (port != 0)
        ecs_number(line, "port", port);
    ecs_close(line);
}

static void connection(struct buffer *line, const struct attempt *attempt)
{
    const struct lookup *lookup = attempt->lookup;
    const bool no_address = lookup != NULL && lookup->name[0] != '\0';
    char id[32];
    ecs_open(line, "network");
    ecs_text(line, "transport", "tcp");
    ecs_text(line, "protocol", "ssh");
    ecs_text(line, "type", address_is_ipv4(&attempt->key.client) ? "ipv4" : "ipv6");
    ecs_number(line, "packets", attempt->packets);
    if (lookup == NULL) {
        report_community_id(&attempt->key, id);
        ecs_text(line, "community_id", id);
    }
    ecs_close(line);
    end_of_connection(line, "source", &attempt->key.client, lookup == NULL ? attempt->key.client_port : 0,
                      source_name_of(&attempt->key.client));
    static const struct address none;
    end_of_connection(line, "destination", no_address ? &none : &attempt->key.server,
                      lookup == NULL ? attempt->key.server_port : 0,
                      no_address ? lookup->name : source_name_of(&attempt->key.server));
    related(line, &attempt->key.client, no_address ? NULL : &attempt->key.server);
}

static void alternatives(struct buffer *line, const struct verdict *verdict)
{
    if (verdict->alternatives_count == 0)
        return;
    ecs_key(line, "alternatives");
    buffer_char(line, '[');
    for (size_t i = 0; i < verdict->alternatives_count; i++) {
        buffer_text(line, i > 0 ? ",{" : "{");
        ecs_text(line, "cause", cause_name(verdict->alternatives[i].cause));
        ecs_probability(line, "confidence", verdict->alternatives[i].confidence);
        ecs_close(line);
    }
    buffer_char(line, ']');
}

static void evidence(struct buffer *line, const struct verdict *verdict)
{
    char text[EVIDENCE_TEXT_SIZE];
    if (verdict->evidence_count == 0)
        return;
    ecs_key(line, "evidence");
    buffer_char(line, '[');
    for (size_t i = 0; i < verdict->evidence_count; i++) {
        buffer_text(line, i > 0 ? ",{" : "{");
        ecs_text(line, "id", verdict->evidence[i].id);
        if (verdict->evidence[i].packet != 0)
            ecs_number(line, "packet", verdict->evidence[i].packet);
        evidence_text(&verdict->evidence[i], text, sizeof text);
        ecs_text(line, "text", text);
        ecs_close(line);
    }
    buffer_char(line, ']');
}

static void steps(struct buffer *line, const struct case_file *file, const struct verdict *verdict)
{
    char lines[ECS_ADVICE][ADVICE_SIZE];
    enum advice_place places[ECS_ADVICE];
    const size_t count = advice_select(file, verdict, lines, places, ECS_ADVICE);
    if (count == 0)
        return;
    ecs_key(line, "steps");
    buffer_char(line, '[');
    for (size_t i = 0; i < count; i++) {
        buffer_text(line, i > 0 ? ",{" : "{");
        ecs_text(line, "at", advice_place_name(places[i]));
        ecs_text(line, "do", lines[i]);
        ecs_close(line);
    }
    buffer_char(line, ']');
}

static void own_fields(struct buffer *line, const struct case_file *file, const struct verdict *verdict,
                       const char *source)
{
    ecs_open(line, "sshsniff");
    ecs_text(line, "cause", cause_name(verdict->cause));
    ecs_probability(line, "confidence", verdict->confidence);
    ecs_text(line, "stage", stage_name(verdict->stage));
    ecs_text(line, "where", where_name(verdict->where));
    if (verdict->where != WHERE_NULL)
        ecs_probability(line, "where_confidence", verdict->where_confidence);
    ecs_text(line, "vantage", vantage_name(verdict->vantage));
    alternatives(line, verdict);
    evidence(line, verdict);
    if (verdict->deciding_packet != 0)
        ecs_number(line, "deciding_packet", verdict->deciding_packet);
    ecs_text(line, "client_error", report_client_error(file, verdict));
    ecs_text(line, "detail", verdict->detail);
    ecs_text(line, "would_decide", verdict->would_decide);
    steps(line, file, verdict);
    ecs_number(line, "syn_count", file->attempt->syns);
    if (verdict->ssh.present) {
        ecs_text(line, "client_version", verdict->ssh.client_version);
        ecs_text(line, "server_version", verdict->ssh.server_version);
        ecs_text(line, "hassh", verdict->ssh.hassh);
        ecs_text(line, "hassh_server", verdict->ssh.hassh_server);
        ecs_text(line, "login_method", verdict->ssh.login_method);
    }
    ecs_text(line, "source", source);
    ecs_close(line);
}

static void attempt(struct format_output *out, const struct case_file *file, const struct verdict *verdict,
                    const char *source)
{
    char headline[WORDS_SIZE];
    cause_headline(file, verdict, headline, sizeof headline);
    begin_document(out, moment_start(file->attempt));
    event_of(out->line, file, verdict, headline);
    connection(out->line, file->attempt);
    ecs_open(out->line, "rule"); /* what the cause is, by the name that one looks for */
    ecs_text(out->line, "name", cause_name(verdict->cause));
    ecs_text(out->line, "description", cause_words(verdict->cause));
    ecs_text(out->line, "ruleset", "sshsniff causes");
    ecs_close(out->line);
    ecs_text(out->line, "message", headline);
    own_fields(out->line, file, verdict, source);
    end_document(out);
}

/* ---- What is not one attempt ---- */

static void group(struct format_output *out, const struct attempt_group *alike, const char *source)
{
    begin_document(out, alike->first_us);
    begin_event(out->line, "event", NULL, "info", "sshsniff.flood");
    ecs_text(out->line, "action", cause_name(alike->cause));
    ecs_time(out->line, "start", alike->first_us);
    ecs_time(out->line, "end", alike->last_us);
    ecs_close(out->line);
    end_of_connection(out->line, "destination", &alike->server, alike->server_port, NULL);
    ecs_open(out->line, "sshsniff");
    ecs_text(out->line, "cause", cause_name(alike->cause));
    ecs_number(out->line, "attempts", alike->count);
    ecs_text(out->line, "source", source);
    ecs_close(out->line);
    end_document(out);
}

static void pulse(struct format_output *out, const struct report_pulse *now, const char *source)
{
    begin_document(out, now->ts_us);
    begin_event(out->line, "metric", NULL, "info", "sshsniff.heartbeat");
    ecs_close(out->line);
    ecs_open(out->line, "sshsniff");
    ecs_number(out->line, "frames", now->frames);
    ecs_number(out->line, "frames_dropped", now->kernel_dropped);
    ecs_number(out->line, "frames_dropped_by_interface", now->interface_dropped);
    ecs_number(out->line, "attempts", now->attempts);
    ecs_number(out->line, "attempts_failed", now->failures);
    ecs_number(out->line, "attempts_evicted", now->evicted);
    ecs_number(out->line, "attempts_open", now->attempts_open);
    ecs_number(out->line, "table_bytes", now->table_bytes);
    ecs_key(out->line, "lag_ms");
    json_ms(out->line, now->lag_us);
    ecs_text(out->line, "source", source);
    ecs_close(out->line);
    end_document(out);
}

static void by_cause(struct buffer *line, const uint64_t count[CAUSE_COUNT])
{
    ecs_open(line, "by_cause");
    for (int cause = 0; cause < CAUSE_COUNT; cause++)
        if (count[cause] > 0)
            ecs_number(line, cause_name((enum cause)cause), count[cause]);
    ecs_close(line);
}

static void summary(struct format_output *out, const struct tally *tally, const struct report_totals *totals)
{
    begin_document(out, 0);
    begin_event(out->line, "metric", NULL, "info", "sshsniff.summary");
    ecs_close(out->line);
    ecs_open(out->line, "sshsniff");
    ecs_number(out->line, "frames", totals->frames);
    ecs_number(out->line, "frames_undecodable", totals->undecodable);
    ecs_number(out->line, "frames_dropped", totals->kernel_dropped);
    ecs_number(out->line, "frames_dropped_by_interface", totals->interface_dropped);
    ecs_number(out->line, "attempts", tally->attempts);
    ecs_number(out->line, "attempts_failed", tally->failures);
    ecs_number(out->line, "attempts_evicted", totals->evicted);
    by_cause(out->line, tally->causes);
    ecs_close(out->line);
    end_document(out);
}

const struct report_format format_ecs = {
    .name = "ecs",
    .help = "Elastic Common Schema " ECS_VERSION ", one document a line",
    .state_size = sizeof(struct ecs_state),
    .attempt = attempt,
    .group = group,
    .pulse = pulse,
    .summary = summary,
};
