/* What the server's log says of the client. */
#include "log.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "lacks.h"
#include "logs.h"
#include "parts.h"

#define PENALTY_MOST_US INT64_C(600000000) /* sshd's own bound (sshd_config(5), PerSourcePenalties max) */

enum { LOG_SIZE = 262144 };

/* The address as a whole: 10.0.0.1 does not stand in 10.0.0.12. */
static bool speaks_of(const char *line, const char *client)
{
    const size_t length = strlen(client);
    for (const char *at = line; (at = strstr(at, client)) != NULL; at++) {
        const char before = at == line ? ' ' : at[-1], after = at[length];
        const bool begins = !isalnum((unsigned char)before) && before != '.' && before != ':';
        const bool ends = !isalnum((unsigned char)after) && !(after == '.' && isdigit((unsigned char)at[length + 1])) &&
                          !(after == ':' && (isxdigit((unsigned char)at[length + 1]) || at[length + 1] == ':') &&
                            strchr(client, ':') != NULL);
        if (begins && ends)
            return true;
    }
    return false;
}

void log_take(const char *text, const char *client, int64_t now_us, struct local_log *out)
{
    char line[1024];
    for (const char *at = text; *at != '\0';) {
        const size_t length = strcspn(at, "\n");
        snprintf(line, sizeof line, "%.*s", (int)(length < sizeof line ? length : sizeof line - 1), at);
        at += length + (at[length] == '\n');
        const char *message = logs_message(line);
        if (message == line || !speaks_of(message, client))
            continue;
        out->line_us = logs_time(line, now_us);
        snprintf(out->line, sizeof out->line, "%s", message);
        if (strstr(message, "drop connection") == NULL || strstr(message, "penalty") == NULL) {
            out->penalty[0] = '\0'; /* it was let in since */
            continue;
        }
        if (out->line_us == 0 || now_us - out->line_us <= PENALTY_MOST_US)
            snprintf(out->penalty, sizeof out->penalty, "%s", message);
    }
}

void local_read_log(struct local_facts *facts)
{
    static char bytes[LOG_SIZE];
    struct command_output out = {.bytes = bytes, .room = sizeof bytes};
    struct local_log *log = &facts->log;
    char client[ADDRESS_TEXT_SIZE];
    const char *file;
    log->read_us = wall_clock_us();
    if (address_is_none(&facts->question.client))
        return;
    log->state = logs_of_servers(&out, &file);
    if (log->state == LOCAL_NOT_ALLOWED)
        local_lacks(facts, "the server's log", "sudo, or the group %s", file[0] != '\0' ? "adm" : "systemd-journal");
    else if (log->state == LOCAL_TIMED_OUT)
        local_lacks(facts, "the server's log", "journalctl -t sshd  # it did not end in time here");
    else if (log->state == LOCAL_ABSENT)
        local_lacks(facts, "the server's log", "systemd's journal or rsyslog: nothing here keeps one");
    if (log->state == LOCAL_KNOWN)
        log_take(bytes, address_text(&facts->question.client, client), log->read_us, log);
    if (log->line_us != 0 && log->line_us < facts->service.since_us)
        log->penalty[0] = '\0'; /* a server that was started since has forgotten it */
}
