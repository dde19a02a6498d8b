#include "run_target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "os/apart.h"

static bool names_ssh(const char *program)
{
    const char *base = strrchr(program, '/');
    return strcmp(base != NULL ? base + 1 : program, "ssh") == 0;
}

/* A proxy or a jump host: ssh -G says so, and the rest of its answer is about what lies behind. */
static void note_detours(struct run_target *target, const struct probe_name *asked)
{
    target->proxied = asked->proxy_command[0] != '\0';
    memcpy(target->name.proxy_command, asked->proxy_command, sizeof target->name.proxy_command);
    memcpy(target->name.control_path, asked->control_path, sizeof target->name.control_path);
    if (asked->jump[0] != '\0') {
        memcpy(target->name.jump, asked->jump, sizeof target->name.jump);
        memcpy(target->name.wanted, asked->hostname, sizeof target->name.wanted);
        target->wanted_port = asked->port;
    }
}

/* The host that ssh connects to first: the jump host where there is one. An empty host: it cannot be told. */
static void first_hop(const struct probe_name *asked, struct probe_target *out)
{
    char error[PROBE_ERROR_SIZE], one[PROBE_NAME_SIZE];
    if (asked->jump[0] == '\0') { /* an address must not be read as host and port */
        memcpy(out->host, asked->hostname, sizeof out->host);
        out->port = asked->port;
        return;
    }
    const char *at = strrchr(asked->jump, '@'), *host = at != NULL ? at + 1 : asked->jump;
    snprintf(one, sizeof one, "%.*s", (int)strcspn(host, ","), host);
    if (!probe_target_parse(one, out, error))
        out->host[0] = '\0';
}

/* ssh -G with the very arguments of the command: its options change where it goes. */
static bool ask_ssh(struct run_target *target, char **command, int words)
{
    char option[] = "-G", **argv = calloc((size_t)words + 2, sizeof *argv);
    struct probe_target first = {.port = 0};
    struct probe_name asked = {.port = 22};
    if (argv == NULL)
        return false;
    argv[0] = command[0];
    argv[1] = option;
    for (int i = 1; i < words; i++)
        argv[i + 1] = command[i];
    if (probe_ask_ssh(argv, &asked)) {
        first_hop(&asked, &first);
        if (first.host[0] != '\0')
            probe_name_configured(&first, &target->name);
        target->is_ssh = first.host[0] != '\0';
        note_detours(target, &asked);
    }
    free(argv);
    return target->is_ssh;
}

/* What a child without rights fills in: the resolver's answers come from the network. */
struct search {
    struct run_target target;
    char **command;
    int words;
};

static bool ask_ssh_apart(void *argument)
{
    struct search *search = argument;
    return ask_ssh(&search->target, search->command, search->words);
}

static bool resolve_apart(void *argument)
{
    struct search *search = argument;
    probe_name_resolve(&search->target.name, 0);
    return true;
}

static void find_by_ssh(struct run_target *target, char **command, int words)
{
    struct search search = {.target = *target, .command = command, .words = words};
    if (!apart(PROCESS_NAMES, ask_ssh_apart, resolve_apart, &search, sizeof search))
        return;
    *target = search.target;
    probe_name_check(&target->name);
}

static void look_for_master(struct run_target *target)
{
    struct stat entry;
    target->master_was_there =
        target->name.control_path[0] != '\0' && stat(target->name.control_path, &entry) == 0 && S_ISSOCK(entry.st_mode);
}

/* One interface where all addresses go the same way; "any" otherwise, and for whatever is not ssh. */
static void choose_interface(struct run_target *target)
{
    char error[PROBE_ERROR_SIZE];
    strcpy(target->interface, "any");
    if (target->proxied)
        return;
    for (unsigned i = 0; i < target->name.addresses; i++) {
        struct probe_route route;
        if (!probe_route_find(&target->name.address[i], target->name.scope[i], &route, error))
            continue;
        if (strcmp(target->interface, "any") != 0 && strcmp(target->interface, route.interface) != 0) {
            strcpy(target->interface, "any");
            return;
        }
        memcpy(target->interface, route.interface, sizeof target->interface);
    }
}

void run_target_find(struct run_target *target, char **command, int words)
{
    if (names_ssh(command[0]))
        find_by_ssh(target, command, words);
    look_for_master(target);
    choose_interface(target);
}

bool run_target_fits(const struct run_target *target, const struct case_file *file)
{
    const struct attempt *a = file->attempt;
    if (a->lookup == NULL && a->facts & FACT_NO_SYN)
        return false; /* it was there before the command: a master connection, for one */
    if (a->lookup != NULL && a->lookup->name[0] != '\0')
        return !target->is_ssh || target->proxied ||
               strncasecmp(a->lookup->name, target->name.hostname, strlen(a->lookup->name)) == 0;
    if (!target->is_ssh || target->proxied)
        return file->client != NULL && file->client->local;
    for (unsigned i = 0; i < target->name.addresses; i++)
        if (address_equal(&target->name.address[i], &a->key.server))
            return a->lookup != NULL || a->key.server_port == target->name.port;
    return false;
}

bool run_target_has_route(const struct run_target *target, char error[PROBE_ERROR_SIZE])
{
    for (unsigned i = 0; i < target->name.addresses; i++) {
        struct probe_route route;
        if (probe_route_find(&target->name.address[i], target->name.scope[i], &route, error))
            return true;
    }
    return false;
}
