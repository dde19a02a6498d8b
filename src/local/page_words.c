/* Names of values, and the advice of the causes' table. */
#include <stdio.h>
#include <string.h>

#include <sshsniff/report.h>
#include <sshsniff/tracker.h>
#include <sshsniff/verdict.h>

#include "page.h"
#include "report/advice.h"

#define NAME_OF(value, ...)                                                                                            \
    static const char *const names[] = {__VA_ARGS__};                                                                  \
    return (size_t)(value) < sizeof names / sizeof names[0] ? names[value] : names[0]

const char *local_state_name(enum local_state state)
{
    NAME_OF(state, "not-asked", "known", "absent", "not-allowed", "timed-out", "unreadable");
}

const char *local_run_name(enum local_run run)
{
    NAME_OF(run, "unknown", "running", "stopped", "failed", "start-limit", "trigger-limit", "starting", "socket-waits");
}

const char *local_server_word(enum local_server server)
{
    NAME_OF(server, "none", "OpenSSH", "dropbear", "tinysshd", "other");
}

const char *local_manager_name(enum local_manager manager)
{
    NAME_OF(manager, "none", "systemd", "OpenRC");
}

const char *local_enabled_name(enum local_enabled enabled)
{
    NAME_OF(enabled, "unknown", "enabled", "disabled", "masked");
}

/* The table speaks of systemd where it does not know the platform; here it is known whether there is one. */
static bool is_of_no_use(const struct local_facts *facts, const char *line)
{
    if (facts->service.server != LOCAL_NO_SERVER && strstr(line, " install ") != NULL)
        return true;
    return facts->service.manager != LOCAL_SYSTEMD && strstr(line, "systemctl") != NULL;
}

/* As if an attempt of the client's had been seen here, at its end. */
unsigned local_advice(const struct local_facts *facts, const struct local_finding *finding,
                      char out[LOCAL_ADVICE][LOCAL_ADVICE_SIZE])
{
    static struct attempt attempt;
    char lines[LOCAL_ADVICE * 3][ADVICE_SIZE];
    enum advice_place places[LOCAL_ADVICE * 3];
    struct capture_facts capture = {.live = true};
    struct case_file file = {.attempt = &attempt, .capture = &capture};
    struct verdict verdict = {.cause = finding->cause, .where = WHERE_HOST, .confidence = 0.99};
    unsigned count = 0;
    if (finding->cause == CAUSE_NONE)
        return 0;
    memset(&attempt, 0, sizeof attempt);
    attempt.key.client = facts->question.client;
    attempt.key.server = facts->question.server;
    attempt.key.server_port = local_port(facts);
    const size_t found = advice_select(&file, &verdict, lines, places, LOCAL_ADVICE * 3);
    for (size_t i = 0; i < found && count < LOCAL_ADVICE; i++)
        if (places[i] == ADVISE_SERVER && strcmp(lines[i], finding->mend) != 0 &&
            strcmp(lines[i], finding->check) != 0 && !is_of_no_use(facts, lines[i]))
            snprintf(out[count++], LOCAL_ADVICE_SIZE, "%.*s", LOCAL_ADVICE_SIZE - 1, lines[i]);
    return count;
}
