/* Which SSH server is installed, what starts it, and whether it runs. */
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "command.h"
#include "distribution.h"
#include "lacks.h"
#include "logs.h"
#include "parts.h"
#include "systemd.h"

#define NOT_STARTED "it was not started since this machine was"
#define FORBIDDEN   "/etc/ssh/sshd_not_to_be_run"

#define DPKG_MS 500

enum { LOG_SIZE = 65536 };

/* ---- What is installed ---- */

static const struct known_server {
    enum local_server server;
    const char *program, *package;
} known[] = {
    {LOCAL_OPENSSH, "sshd", NULL},
    {LOCAL_DROPBEAR, "dropbear", "dropbear"},
    {LOCAL_TINYSSH, "tinysshd", "tinysshd"},
};

/* The one that runs; or else the first that is there. */
static const struct known_server *find_server(const struct local_scene *scene)
{
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(scene->server.program, known[i].program) == 0)
            return &known[i];
    for (size_t i = 0; scene->server.pid == 0 && i < sizeof known / sizeof known[0]; i++)
        if (command_exists(known[i].program))
            return &known[i];
    return NULL;
}

/* Elsewhere than on Debian and its kind the distribution's own name has to do. */
static bool dpkg_lacks(const char *package)
{
    char bytes[32];
    struct command_output out = {.bytes = bytes, .room = sizeof bytes};
    const char *const argv[] = {"dpkg-query", "-W", "-f", "${db:Status-Status}", package, NULL};
    return command_run(argv, DPKG_MS, &out) == COMMAND_DONE && strcmp(bytes, "installed") != 0;
}

static void name_package(const struct known_server *server, struct local_service *out)
{
    const struct distribution *here = distribution_here();
    const char *package = server->package != NULL ? server->package : here != NULL ? here->package : "";
    if (package[0] != '\0' && dpkg_lacks(package))
        package = "";
    snprintf(out->package, sizeof out->package, "%s", package);
}

static void find_installed(const struct local_scene *scene, struct local_service *out)
{
    const struct distribution *here = distribution_here();
    const struct known_server *server = find_server(scene);
    if (server != NULL) {
        out->server = server->server;
        name_package(server, out);
    } else if (scene->server.pid != 0)
        out->server = LOCAL_OTHER_SERVER;
    else if (here != NULL)
        snprintf(out->install_command, sizeof out->install_command, "%s", here->install);
}

/* ---- systemd ---- */

static bool is_of(const struct systemd_unit *unit, enum local_server server)
{
    const bool dropbear = strncmp(unit->id, "dropbear", 8) == 0, tiny = strncmp(unit->id, "tinysshd", 8) == 0;
    return server == LOCAL_DROPBEAR ? dropbear : server == LOCAL_TINYSSH ? tiny : !dropbear && !tiny;
}

/* The one that runs before one that is only there. */
static const struct systemd_unit *choose(const struct systemd_unit *units, unsigned count, bool sockets,
                                         enum local_server server)
{
    const struct systemd_unit *chosen = NULL;
    for (unsigned i = 0; i < count; i++)
        if (systemd_is_socket(&units[i]) == sockets && is_of(&units[i], server) &&
            (chosen == NULL || strcmp(units[i].active, "active") == 0))
            chosen = &units[i];
    return chosen;
}

static void explain(struct local_facts *facts, const char *service, const char *socket)
{
    static char bytes[LOG_SIZE];
    struct command_output out = {.bytes = bytes, .room = sizeof bytes};
    struct local_service *s = &facts->service;
    enum local_state state = logs_of_unit(service, socket, &out);
    if (state == LOCAL_NOT_ALLOWED)
        local_lacks(facts, "the service's journal", "sudo, or the group systemd-journal or adm");
    else if (state == LOCAL_TIMED_OUT)
        local_lacks(facts, "the service's journal", "journalctl -u %.64s  # it did not end in time here", service);
    if (state != LOCAL_KNOWN || s->last_line[0] != '\0')
        return;
    logs_reason(bytes, s->last_line, sizeof s->last_line);
    /* systemd forgets a unit that is stopped and that nothing wants; its journal does not. */
    if (s->since_us == 0)
        s->since_us = logs_last_stop(bytes, s->read_us);
    if (s->since_us == 0 && s->run == LOCAL_STOPPED)
        snprintf(s->last_line, sizeof s->last_line, NOT_STARTED);
    if (s->run == LOCAL_FAILED && strstr(bytes, "Start request repeated too quickly") != NULL)
        s->run = LOCAL_START_LIMIT;
}

/* The manager holds the socket until the first connection comes. */
static void mark_sockets(struct local_scene *scene, const struct systemd_unit *socket)
{
    for (unsigned i = 0; i < scene->sockets; i++) {
        struct local_listener *listener = &scene->socket[i].listener;
        const bool is_managers = listener->pid <= 1 || strcmp(listener->program, "systemd") == 0;
        for (unsigned p = 0; p < socket->ports; p++)
            listener->is_ssh = listener->is_ssh || (is_managers && listener->port == socket->port[p]);
    }
}

static bool is_down(enum local_run run)
{
    return run == LOCAL_STOPPED || run == LOCAL_FAILED || run == LOCAL_START_LIMIT || run == LOCAL_TRIGGER_LIMIT ||
           run == LOCAL_STARTING;
}

static void ask_systemd(struct local_scene *scene, struct local_facts *facts)
{
    static struct systemd_unit units[SYSTEMD_UNITS];
    struct local_service *s = &facts->service;
    unsigned count;
    enum local_state state = systemd_ask(units, &count);
    s->manager = LOCAL_SYSTEMD;
    if (state != LOCAL_KNOWN) {
        local_lacks(facts, "systemd's word on its units",
                    state == LOCAL_TIMED_OUT ? "systemctl status ssh sshd  # it did not answer in time here"
                                             : "D-Bus: without it systemd tells its units to root only");
        return;
    }
    if (access(FORBIDDEN, F_OK) == 0)
        snprintf(s->last_line, sizeof s->last_line, "%s exists, so it may not start", FORBIDDEN);
    const struct systemd_unit *service = choose(units, count, false, s->server),
                              *socket = choose(units, count, true, s->server);
    systemd_judge(service, socket, s);
    if (socket != NULL && strcmp(socket->active, "active") == 0)
        mark_sockets(scene, socket);
    if (s->unit[0] == '\0' && socket != NULL)
        snprintf(s->unit, sizeof s->unit, "%s", socket->id);
    if (service != NULL && service->tasks != 0 && service->tasks_most != 0) {
        facts->room.processes = service->tasks;
        facts->room.processes_limit = service->tasks_most;
        facts->room.processes_of_unit = true;
    }
    if (is_down(s->run) && s->unit[0] != '\0')
        explain(facts, service != NULL ? service->id : s->unit, socket != NULL ? socket->id : "");
}

/* ---- OpenRC, and none ---- */

static bool exists(const char *folder, const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return access(path, F_OK) == 0;
}

static void ask_openrc(struct local_service *s)
{
    const char *name = s->server == LOCAL_DROPBEAR ? "dropbear" : "sshd";
    s->manager = LOCAL_OPENRC;
    snprintf(s->unit, sizeof s->unit, "%s", name);
    s->enabled =
        exists("/etc/runlevels/default", name) || exists("/etc/runlevels/boot", name) ? LOCAL_ENABLED : LOCAL_DISABLED;
    s->run = exists("/run/openrc/started", name)    ? LOCAL_RUNNING
             : exists("/run/openrc/failed", name)   ? LOCAL_FAILED
             : exists("/run/openrc/starting", name) ? LOCAL_STARTING
                                                    : LOCAL_STOPPED;
}

static void ask_init_scripts(struct local_service *s)
{
    const char *name = s->server == LOCAL_DROPBEAR ? "dropbear" : "ssh";
    glob_t found;
    char pattern[64];
    if (!exists("/etc/init.d", name))
        return;
    snprintf(s->unit, sizeof s->unit, "%s", name);
    snprintf(pattern, sizeof pattern, "/etc/rc[2-5].d/S[0-9][0-9]%s", name);
    s->enabled = glob(pattern, 0, NULL, &found) == 0 ? LOCAL_ENABLED : LOCAL_DISABLED;
    globfree(&found);
}

static void explain_by_file(struct local_facts *facts)
{
    static char bytes[LOG_SIZE];
    struct command_output out = {.bytes = bytes, .room = sizeof bytes};
    const char *file;
    enum local_state state = logs_of_servers(&out, &file);
    if (state == LOCAL_NOT_ALLOWED)
        local_lacks(facts, "the server's log", "sudo, or the group adm");
    if (state == LOCAL_KNOWN)
        logs_reason(bytes, facts->service.last_line, sizeof facts->service.last_line);
}

/* ---- All of it ---- */

void local_read_service(struct local_scene *scene, struct local_facts *facts)
{
    struct local_service *s = &facts->service;
    s->read_us = wall_clock_us();
    s->state = LOCAL_KNOWN;
    find_installed(scene, s);
    if (access("/run/systemd/system", F_OK) == 0)
        ask_systemd(scene, facts);
    else if (access("/run/openrc/softlevel", F_OK) == 0)
        ask_openrc(s);
    else
        ask_init_scripts(s);
    s->suspended = scene->server.state == 'T';
    /* What listens runs, whoever started it. */
    if (scene->server.pid != 0 && s->run != LOCAL_SOCKET_WAITS)
        s->run = LOCAL_RUNNING;
    else if (s->manager == LOCAL_NO_MANAGER && s->server != LOCAL_NO_SERVER && scene->owners_known)
        s->run = LOCAL_STOPPED;
    if (s->manager != LOCAL_SYSTEMD && is_down(s->run))
        explain_by_file(facts);
    if (s->server == LOCAL_NO_SERVER && s->run != LOCAL_RUNNING && s->run != LOCAL_SOCKET_WAITS)
        s->run = LOCAL_RUN_UNKNOWN;
}
