#include "metrics_text.h"

#include "sensor.h"
#include "utf8.h"

/* A label's value: any bytes, made UTF-8; the format escapes three characters. */
static void label(struct buffer *out, const char *name, const char *text)
{
    buffer_text(out, name);
    BUFFER_LITERAL(out, "=\"");
    for (size_t at = 0, used, length = strlen(text); at < length; at += used) {
        const uint32_t character = utf8_read(text + at, length - at, &used);
        if (character == UTF8_INVALID || utf8_is_unsafe(character))
            buffer_char(out, '?');
        else if (character == '"' || character == '\\') {
            buffer_char(out, '\\');
            buffer_char(out, (char)character);
        } else
            buffer_bytes(out, text + at, used);
    }
    buffer_char(out, '"');
}

static void begin(struct buffer *out, const char *name, const char *type, const char *help)
{
    BUFFER_LITERAL(out, "# HELP ");
    buffer_text(out, name);
    buffer_char(out, ' ');
    buffer_text(out, help);
    BUFFER_LITERAL(out, "\n# TYPE ");
    buffer_text(out, name);
    buffer_char(out, ' ');
    buffer_text(out, type);
    buffer_char(out, '\n');
}

static void value(struct buffer *out, uint64_t number)
{
    buffer_char(out, ' ');
    buffer_u64(out, number);
    buffer_char(out, '\n');
}

static void plain(struct buffer *out, const char *name, const char *type, const char *help, uint64_t number)
{
    begin(out, name, type, help);
    buffer_text(out, name);
    value(out, number);
}

static void labelled(struct buffer *out, const char *metric, const char *name, const char *text, uint64_t number)
{
    buffer_text(out, metric);
    buffer_char(out, '{');
    label(out, name, text);
    buffer_char(out, '}');
    value(out, number);
}

/* Each cause has its line from the start: a counter that only appears with its first event hides that event. */
static void by_cause(struct buffer *out, const struct metrics *m)
{
    static const char name[] = "sshsniff_attempts_total";
    begin(out, name, "counter", "Connection attempts judged, by cause.");
    for (int cause = 0; cause < CAUSE_COUNT; cause++)
        labelled(out, name, "cause", cause_name((enum cause)cause), m->counts.causes[cause]);
}

static void drops(struct buffer *out, const struct metrics *m)
{
    static const char name[] = "sshsniff_frames_dropped_total";
    begin(out, name, "counter", "Frames that were lost before they could be read.");
    labelled(out, name, "by", "kernel", m->kernel_dropped);
    labelled(out, name, "by", "interface", m->interface_dropped);
}

static void about(struct buffer *out, const struct metrics *m)
{
    begin(out, "sshsniff_info", "gauge", "Who watches, and what.");
    BUFFER_LITERAL(out, "sshsniff_info{");
    label(out, "version", m->version);
    buffer_char(out, ',');
    label(out, "source", m->source);
    buffer_char(out, ',');
    label(out, "sensor", report_sensor() != NULL ? report_sensor() : "");
    buffer_char(out, '}');
    value(out, 1);
}

void metrics_text(struct buffer *out, const struct metrics *m)
{
    about(out, m);
    by_cause(out, m);
    plain(out, "sshsniff_attempts_failed_total", "counter", "Attempts whose cause is a failure.", m->counts.failures);
    plain(out, "sshsniff_attempts_evicted_total", "counter", "Attempts that were judged early to make room.",
          m->evicted);
    plain(out, "sshsniff_frames_total", "counter", "Frames read.", m->frames);
    plain(out, "sshsniff_frames_undecodable_total", "counter", "Frames that could not be decoded.", m->undecodable);
    drops(out, m);
    plain(out, "sshsniff_attempts_open", "gauge", "Attempts that are followed now.", m->attempts_open);
    plain(out, "sshsniff_table_bytes", "gauge", "Memory that the tables hold.", m->table_bytes);
    begin(out, "sshsniff_lag_seconds", "gauge", "From the latest moment whose frames were all read until now.");
    BUFFER_LITERAL(out, "sshsniff_lag_seconds ");
    buffer_fixed(out, m->lag_us > 0 ? m->lag_us : 0, 6);
    buffer_char(out, '\n');
}
