/* Whether there is room for one more connection. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "lacks.h"
#include "parts.h"
#include "room.h"

enum { TEXT_SIZE = 16384 };

bool room_startups(const char *title, uint32_t *startups, uint32_t *begin, uint32_t *full)
{
    const char *at = strstr(title, "[listener] ");
    unsigned now, from, to;
    if (at == NULL || sscanf(at, "[listener] %9u of %9u-%9u startups", &now, &from, &to) != 3)
        return false;
    *startups = now;
    *begin = from;
    *full = to;
    return true;
}

/* ---- Connections that have not logged in ---- */

bool room_is_before_login(const char *title)
{
    /* "sshd: [accepted]", "sshd: alice [preauth]", "sshd: [net]": the child that speaks before a login. One process
     * with rights stands beside it as "[priv]". */
    static const char *const marks[] = {"[accepted]", "[preauth]", "[net]"};
    if (strncmp(title, "sshd", 4) != 0)
        return false;
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        if (strstr(title, marks[i]) != NULL)
            return true;
    return false;
}

static bool count_one(void *context, const struct proc_process *process)
{
    uint32_t *count = context;
    const bool server = strncmp(process->program, "sshd", 4) == 0;
    *count += server && room_is_before_login(process->title) && strstr(process->title, "[accepted]") == NULL;
    return true;
}

/* sshd counts them itself, in its title. */
static void count_startups(const struct local_scene *scene, struct local_room *room)
{
    uint32_t begin, full;
    if (scene->server.pid == 0)
        return;
    room->not_logged_in_known = true;
    if (room_startups(scene->server.title, &room->not_logged_in, &begin, &full))
        return;
    if (strcmp(scene->server.program, "sshd") == 0)
        proc_each(count_one, &room->not_logged_in);
    else
        room->not_logged_in_known = false;
}

/* ---- The kernel's counts ---- */

static uint64_t number_in(const char *path)
{
    char text[64];
    return proc_text(path, text, sizeof text) > 0 ? strtoull(text, NULL, 10) : 0;
}

/* A line of hexadecimal numbers for each processor, below the names of their columns. */
uint64_t room_conntrack_drops(const char *text)
{
    uint64_t sum = 0;
    unsigned column = 0, drop = 0;
    const char *at = text;
    size_t end = strcspn(text, "\n");
    for (const char *name = text; name < text + end && drop == 0; column++) {
        name += strspn(name, " ");
        const size_t length = strcspn(name, " \n");
        if (length == 4 && strncmp(name, "drop", 4) == 0)
            drop = column;
        name += length;
        if (length == 0)
            break;
    }
    while (drop != 0 && *(at += strcspn(at, "\n")) != '\0' && *++at != '\0') {
        const char *field = at;
        for (unsigned i = 0; i < drop; i++) {
            field += strcspn(field, " \n");
            field += strspn(field, " ");
        }
        sum += strtoull(field, NULL, 16);
    }
    return sum;
}

static void read_conntrack(struct local_room *room)
{
    char text[TEXT_SIZE];
    room->conntrack = number_in("/proc/sys/net/netfilter/nf_conntrack_count");
    room->conntrack_max = number_in("/proc/sys/net/netfilter/nf_conntrack_max");
    if (room->conntrack_max != 0 && proc_text("/proc/net/stat/nf_conntrack", text, sizeof text) > 0)
        room->conntrack_drops = room_conntrack_drops(text);
}

static void read_kernel(struct local_room *room)
{
    char text[TEXT_SIZE];
    uint64_t kilobytes;
    if (proc_text("/proc/net/netstat", text, sizeof text) > 0) {
        (void)proc_column(text, "TcpExt:", "ListenOverflows", &room->listen_overflows);
        (void)proc_column(text, "TcpExt:", "ListenDrops", &room->listen_drops);
    }
    if (proc_text("/proc/meminfo", text, sizeof text) > 0) {
        if (proc_number(text, "MemAvailable", &kilobytes))
            room->memory_free = kilobytes * 1024;
        if (proc_number(text, "MemTotal", &kilobytes))
            room->memory_total = kilobytes * 1024;
    }
    read_conntrack(room);
}

/* ---- The server's process, and all ---- */

/* Those of the whole machine, unless the unit's own are nearer to their bound. */
static void read_all_processes(struct local_room *room)
{
    char text[256];
    const char *slash;
    uint64_t most = number_in("/proc/sys/kernel/pid_max"), now = 0;
    const uint64_t threads = number_in("/proc/sys/kernel/threads-max");
    if (threads != 0 && (most == 0 || threads < most))
        most = threads;
    /* "0.01 0.02 0.00 2/345 678": of how many, how many run. */
    if (proc_text("/proc/loadavg", text, sizeof text) > 0 && (slash = strchr(text, '/')) != NULL)
        now = strtoull(slash + 1, NULL, 10);
    if (room->processes_of_unit && (most == 0 || room->processes * most >= now * room->processes_limit))
        return;
    room->processes = now;
    room->processes_limit = most;
    room->processes_of_unit = false;
}

static void read_processes(const struct local_scene *scene, struct local_facts *facts)
{
    struct local_room *room = &facts->room;
    read_all_processes(room);
    if (scene->server.pid == 0)
        return;
    if (!proc_count_descriptors(scene->server.pid, &room->files))
        local_lacks(facts, "the server's open files", "sudo");
    else
        (void)proc_limit(scene->server.pid, "Max open files", &room->files_limit);
}

void local_read_room(const struct local_scene *scene, struct local_facts *facts)
{
    struct local_room *room = &facts->room;
    room->read_us = wall_clock_us();
    room->state = LOCAL_KNOWN;
    read_kernel(room);
    read_processes(scene, facts);
    count_startups(scene, room);
}
