#include "systemd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "command.h"

#define LIMIT_MS 900

enum { OUTPUT_SIZE = 32768 };

/* ---- Its words ---- */

static void copy(char *to, size_t size, const char *value, size_t length)
{
    snprintf(to, size, "%.*s", (int)(length < size ? length : size - 1), value);
}

/* "{ path=/usr/sbin/sshd ; … ; code=exited ; status=255 }" */
static int status_within(const char *value, size_t length)
{
    static const char word[] = " status=";
    char text[1024];
    copy(text, sizeof text, value, length);
    const char *at = strstr(text, "code=exited ;");
    at = at != NULL ? strstr(at, word) : NULL;
    return at != NULL ? atoi(at + sizeof word - 1) : 0;
}

static bool is_named(const char *line, const char *name, const char **value)
{
    const size_t length = strlen(name);
    if (strncmp(line, name, length) != 0 || line[length] != '=')
        return false;
    *value = line + length + 1;
    return true;
}

/* "[::]:22 (Stream)", one line for each. */
static void take_listen(struct systemd_unit *unit, const char *value, size_t length)
{
    char text[128];
    copy(text, sizeof text, value, length);
    const char *colon = strrchr(text, ':');
    const unsigned long port =
        strstr(text, "(Stream)") != NULL ? strtoul(colon != NULL ? colon + 1 : text, NULL, 10) : 0;
    if (port > 0 && port <= UINT16_MAX && unit->ports < LOCAL_PORTS)
        unit->port[unit->ports++] = (uint16_t)port;
}

/* A number; "infinity" and "[not set]" are none, and so is the greatest that there is. */
static uint64_t tasks_of(const char *value)
{
    const uint64_t number = strtoull(value, NULL, 10);
    return number == UINT64_MAX ? 0 : number;
}

static void take_line(struct systemd_unit *unit, const char *line, size_t whole)
{
    const struct {
        const char *name;
        char *to;
        size_t size;
    } texts[] = {
        {"Id", unit->id, sizeof unit->id},
        {"LoadState", unit->load, sizeof unit->load},
        {"ActiveState", unit->active, sizeof unit->active},
        {"SubState", unit->sub, sizeof unit->sub},
        {"UnitFileState", unit->file, sizeof unit->file},
        {"Result", unit->result, sizeof unit->result},
    };
    const char *value;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (is_named(line, texts[i].name, &value))
            copy(texts[i].to, texts[i].size, value, whole - (size_t)(value - line));
    if (is_named(line, "ExecMainCode", &value))
        unit->exit_code = atoi(value);
    else if (is_named(line, "ExecMainStatus", &value))
        unit->exit_status = atoi(value);
    else if (is_named(line, "ExecStartPre", &value))
        unit->before_status = status_within(value, whole - (size_t)(value - line));
    else if (is_named(line, "ConditionResult", &value))
        unit->condition_fails = strncmp(value, "no", 2) == 0;
    else if (is_named(line, "ConditionTimestampMonotonic", &value))
        unit->condition_us = strtoull(value, NULL, 10);
    else if (is_named(line, "StateChangeTimestampMonotonic", &value))
        unit->changed_us = strtoull(value, NULL, 10);
    else if (is_named(line, "TasksCurrent", &value))
        unit->tasks = tasks_of(value);
    else if (is_named(line, "TasksMax", &value))
        unit->tasks_most = tasks_of(value);
    else if (is_named(line, "Listen", &value))
        take_listen(unit, value, whole - (size_t)(value - line));
    else if (is_named(line, "NRestarts", &value))
        unit->restarts = (uint32_t)strtoul(value, NULL, 10);
}

/* A unit that another name stands for comes twice. */
static bool is_new(const struct systemd_unit *units, unsigned count, const struct systemd_unit *unit)
{
    if (unit->id[0] == '\0' || strcmp(unit->load, "not-found") == 0)
        return false;
    for (unsigned i = 0; i < count; i++)
        if (strcmp(units[i].id, unit->id) == 0)
            return false;
    return true;
}

unsigned systemd_take(const char *text, struct systemd_unit units[SYSTEMD_UNITS])
{
    struct systemd_unit unit = {.id = ""};
    unsigned count = 0;
    for (const char *at = text;;) {
        const size_t length = strcspn(at, "\n");
        if (length > 0)
            take_line(&unit, at, length);
        if (length == 0 || at[length] == '\0') {
            if (count < SYSTEMD_UNITS && is_new(units, count, &unit))
                units[count++] = unit;
            unit = (struct systemd_unit){.id = ""};
        }
        if (at[length] == '\0')
            return count;
        at += length + 1;
    }
}

enum local_state systemd_ask(struct systemd_unit units[SYSTEMD_UNITS], unsigned *count)
{
    static const char *const argv[] = {
        "systemctl",
        "show",
        "-p",
        "Id,LoadState,ActiveState,SubState,UnitFileState,Result,ExecMainCode,ExecMainStatus,ExecStartPre,"
        "Listen,TasksCurrent,TasksMax,ConditionResult,ConditionTimestampMonotonic,StateChangeTimestampMonotonic,"
        "NRestarts",
        "ssh.service",
        "sshd.service",
        "ssh.socket",
        "sshd.socket",
        "dropbear.service",
        "dropbear.socket",
        "tinysshd.socket",
        NULL};
    static char bytes[OUTPUT_SIZE];
    struct command_output out = {.bytes = bytes, .room = sizeof bytes};
    enum local_state state = command_state(command_run(argv, LIMIT_MS, &out), &out);
    *count = state == LOCAL_KNOWN ? systemd_take(bytes, units) : 0;
    return state;
}

/* ---- What they mean ---- */

bool systemd_is_socket(const struct systemd_unit *unit)
{
    const size_t length = strlen(unit->id);
    return length > 7 && strcmp(unit->id + length - 7, ".socket") == 0;
}

static bool is(const char *word, const char *value)
{
    return strcmp(word, value) == 0;
}

static enum local_enabled enabled_of(const struct systemd_unit *unit)
{
    if (unit == NULL)
        return LOCAL_ENABLED_UNKNOWN;
    if (strncmp(unit->file, "masked", 6) == 0 || is(unit->load, "masked"))
        return LOCAL_MASKED;
    if (is(unit->file, "enabled") || is(unit->file, "enabled-runtime") || is(unit->file, "generated"))
        return LOCAL_ENABLED;
    return is(unit->file, "disabled") || is(unit->file, "indirect") ? LOCAL_DISABLED : LOCAL_ENABLED_UNKNOWN;
}

static enum local_run run_of_service(const struct systemd_unit *service)
{
    if (is(service->active, "active") || is(service->active, "reloading"))
        return LOCAL_RUNNING;
    if (is(service->active, "activating"))
        return LOCAL_STARTING;
    if (is(service->result, "start-limit-hit"))
        return LOCAL_START_LIMIT;
    if (is(service->active, "failed"))
        return LOCAL_FAILED;
    return is(service->active, "inactive") || is(service->active, "deactivating") ? LOCAL_STOPPED : LOCAL_RUN_UNKNOWN;
}

static void take_exit(const struct systemd_unit *service, struct local_service *out)
{
    if (out->run != LOCAL_FAILED && out->run != LOCAL_START_LIMIT && out->run != LOCAL_STARTING)
        return;
    if (service->exit_code == 2 || service->exit_code == 3)
        out->exit_signal = service->exit_status;
    else
        out->exit_status = service->exit_status != 0 ? service->exit_status : service->before_status;
}

static int64_t on_the_wall(uint64_t since_boot_us)
{
    return since_boot_us != 0 ? wall_clock_us() - monotonic_us() + (int64_t)since_boot_us : 0;
}

static void judge_socket(const struct systemd_unit *service, const struct systemd_unit *socket,
                         struct local_service *out)
{
    const bool listens = is(socket->active, "active");
    if (is(socket->result, "trigger-limit-hit") || is(socket->result, "service-start-limit-hit"))
        out->run = LOCAL_TRIGGER_LIMIT;
    else if (is(socket->active, "failed") && (service == NULL || is(service->active, "inactive")))
        out->run = LOCAL_FAILED;
    else if (listens && (service == NULL || !is(service->active, "failed")))
        out->run = LOCAL_SOCKET_WAITS;
    else
        return;
    snprintf(out->unit, sizeof out->unit, "%s", socket->id);
    out->since_us = on_the_wall(socket->changed_us);
}

void systemd_judge(const struct systemd_unit *service, const struct systemd_unit *socket, struct local_service *out)
{
    const enum local_enabled of_service = enabled_of(service), of_socket = enabled_of(socket);
    out->enabled = of_service == LOCAL_ENABLED || of_socket == LOCAL_ENABLED ? LOCAL_ENABLED
                   : of_service != LOCAL_ENABLED_UNKNOWN                     ? of_service
                                                                             : of_socket;
    if (service != NULL) {
        out->run = run_of_service(service);
        out->since_us = on_the_wall(service->changed_us);
        snprintf(out->unit, sizeof out->unit, "%s", service->id);
        take_exit(service, out);
        if (out->run == LOCAL_STOPPED && service->condition_us != 0 && service->condition_fails &&
            out->last_line[0] == '\0')
            snprintf(out->last_line, sizeof out->last_line,
                     "a condition of the unit keeps it from starting (ConditionResult=no)");
    }
    if (socket != NULL && out->run != LOCAL_RUNNING && out->run != LOCAL_STARTING)
        judge_socket(service, socket, out);
}
