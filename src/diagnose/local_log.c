/* sshd's own line on the connection: what its words mean. */
#include <stdio.h>
#include <string.h>

#include "local.h"

/* Words of OpenSSH's log, each a part of one line, the more particular first. */
static const struct saying {
    const char *words;
    enum cause cause;
} sayings[] = {
    {"penalty", CAUSE_SOURCE_PENALTY}, /* sshd.c: drop connection #… penalty: … */
    {"PerSourcePenalties", CAUSE_SOURCE_PENALTY},
    {"MaxStartups", CAUSE_MAXSTARTUPS}, /* sshd.c: drop connection … past MaxStartups */
    {"PerSourceMaxStartups", CAUSE_MAXSTARTUPS},
    {"refused connect from", CAUSE_CLOSED_BEFORE_BANNER}, /* libwrap */
    {"Timeout before authentication", CAUSE_LOGIN_TIMEOUT},
    {"Unable to negotiate", CAUSE_KEX_MISMATCH}, /* packet.c: no matching … found */
    {"no matching", CAUSE_KEX_MISMATCH},
    {"Protocol major versions differ", CAUSE_PROTOCOL_MISMATCH},
    {"Bad protocol version identification", CAUSE_PROTOCOL_MISMATCH},
    {"Too many authentication failures", CAUSE_AUTH_FAILED},
    {"maximum authentication attempts exceeded", CAUSE_AUTH_FAILED},
    {"Failed password", CAUSE_AUTH_FAILED},
    {"Failed publickey", CAUSE_AUTH_FAILED},
    {"Failed keyboard-interactive", CAUSE_AUTH_FAILED},
    {"Failed none", CAUSE_AUTH_FAILED},
    {"not allowed because", CAUSE_AUTH_FAILED}, /* auth.c allowed_user */
    {"Invalid user", CAUSE_AUTH_FAILED},
    {"by invalid user", CAUSE_AUTH_FAILED},
    {"by authenticating user", CAUSE_AUTH_FAILED},
};

/* The port stands behind "port " or, in a list of both ends, behind the address in brackets. */
static bool names_port(const char *line, uint16_t port)
{
    char forms[2][16];
    snprintf(forms[0], sizeof forms[0], "port %u", port);
    snprintf(forms[1], sizeof forms[1], "]:%u", port);
    for (int i = 0; i < 2; i++)
        for (const char *at = line; (at = strstr(at, forms[i])) != NULL; at++) {
            const char after = at[strlen(forms[i])];
            if (after < '0' || after > '9')
                return true;
        }
    return false;
}

/* A line without the port is this connection's only where it was written while the connection was there. */
enum { WRITTEN_BEFORE_US = 1000000, WRITTEN_AFTER_US = 3000000 };

static bool written_meanwhile(const struct view *v, int64_t line_us)
{
    return seen(v->syn) && line_us && line_us >= v->syn->ts_us - WRITTEN_BEFORE_US &&
           line_us <= v->attempt->last_us + WRITTEN_AFTER_US;
}

enum cause local_log_cause(const struct view *v, bool *by_port)
{
    const struct local_evidence *local = local_target(v);
    if (!local || !holds(&local->log) || local->facts->log.state != LOCAL_KNOWN || !local->facts->log.line[0])
        return CAUSE_UNDETERMINED;
    const struct local_log *log = &local->facts->log;
    *by_port = names_port(log->line, v->attempt->key.client_port);
    if (!*by_port && !written_meanwhile(v, log->line_us))
        return CAUSE_UNDETERMINED;
    for (size_t i = 0; i < sizeof sayings / sizeof *sayings; i++)
        if (strstr(log->line, sayings[i].words))
            return sayings[i].cause;
    return CAUSE_UNDETERMINED;
}

/* The part of the weight of a line that does not name the port: another connection of the client may be meant.
 * Judgement. */
static const float port_not_named = 0.6f;

static bool log_says(const struct view *v, struct finding *f, enum cause cause)
{
    bool by_port = false;
    if (v->stage < STAGE_ACCEPTED || local_log_cause(v, &by_port) != cause)
        return false;
    f->word = v->file->local->facts->log.line;
    f->scale = by_port ? 1 : port_not_named;
    return true;
}

static bool says_penalty(const struct view *v, struct finding *f)
{
    return log_says(v, f, CAUSE_SOURCE_PENALTY);
}

static bool says_startups(const struct view *v, struct finding *f)
{
    return log_says(v, f, CAUSE_MAXSTARTUPS);
}

static bool says_refused(const struct view *v, struct finding *f)
{
    return log_says(v, f, CAUSE_CLOSED_BEFORE_BANNER);
}

static bool says_timeout(const struct view *v, struct finding *f)
{
    return log_says(v, f, CAUSE_LOGIN_TIMEOUT);
}

static bool says_kex(const struct view *v, struct finding *f)
{
    return log_says(v, f, CAUSE_KEX_MISMATCH);
}

static bool says_version(const struct view *v, struct finding *f)
{
    return log_says(v, f, CAUSE_PROTOCOL_MISMATCH);
}

/* sshd writes a line for each try that fails; one that goes through at last is no failure. */
static bool says_denied(const struct view *v, struct finding *f)
{
    return !v->login.success && log_says(v, f, CAUSE_AUTH_FAILED);
}

#define SENTENCE "sshd's own log says: {w}"

static const struct evidence_row rows[] = {
    {"local-log-penalty",
     VIEW_TEST(says_penalty),
     {{CAUSE_SOURCE_PENALTY, 9.0f}},
     SENTENCE,
     "OpenSSH 9.8, sshd.c, srclimit.c"},
    {"local-log-startups", VIEW_TEST(says_startups), {{CAUSE_MAXSTARTUPS, 9.0f}}, SENTENCE, "OpenSSH sshd.c"},
    {"local-log-refused",
     VIEW_TEST(says_refused),
     {{CAUSE_CLOSED_BEFORE_BANNER, 9.0f}},
     SENTENCE,
     "hosts_access(5); libwrap refuse.c"},
    {"local-log-timeout",
     VIEW_TEST(says_timeout),
     {{CAUSE_LOGIN_TIMEOUT, 8.0f}},
     SENTENCE,
     "OpenSSH sshd.c grace_alarm_handler"},
    {"local-log-kex", VIEW_TEST(says_kex), {{CAUSE_KEX_MISMATCH, 8.0f}}, SENTENCE, "OpenSSH packet.c, kex.c"},
    {"local-log-version",
     VIEW_TEST(says_version),
     {{CAUSE_PROTOCOL_MISMATCH, 8.0f}},
     SENTENCE,
     "OpenSSH kex.c kex_exchange_identification"},
    {"local-log-denied",
     VIEW_TEST(says_denied),
     {{CAUSE_AUTH_FAILED, 5.0f}},
     SENTENCE,
     "OpenSSH auth.c auth_log, allowed_user"},
};

const struct evidence_rows local_log_rows = EVIDENCE_ROWS(rows);
