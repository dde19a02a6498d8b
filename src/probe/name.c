/* The name step: what ssh makes of a host, by asking ssh itself, and what it resolves to. */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sshsniff/probe.h>

#include "base/clock.h"
#include "os/descriptors.h"
#include "os/identity.h"
#include "sockets.h"

#define CONFIG_SIZE 65536

static void in_child(char *const argv[], int out)
{
    int nothing = open("/dev/null", O_RDWR);
    if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 || dup2(nothing, STDERR_FILENO) < 0 ||
        dup2(out, STDOUT_FILENO) < 0 || !identity_become_asker())
        _exit(126);
    descriptors_close_others(STDERR_FILENO + 1, -1);
    execvp(argv[0], argv);
    _exit(127);
}

/* The program's standard output, at most CONFIG_SIZE bytes of it. NULL where it could not be run or said no. */
static char *output_of(char *const argv[])
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return NULL;
    pid_t child = fork();
    if (child == 0)
        in_child(argv, ends[1]);
    close(ends[1]);
    char *text = calloc(1, CONFIG_SIZE + 1);
    size_t length = 0;
    for (ssize_t n;
         text != NULL && length < CONFIG_SIZE && (n = read(ends[0], text + length, CONFIG_SIZE - length)) > 0;)
        length += (size_t)n;
    close(ends[0]);
    int status = 1;
    if (child > 0)
        while (waitpid(child, &status, 0) < 0 && errno == EINTR)
            ;
    if (status != 0) {
        free(text);
        return NULL;
    }
    return text;
}

static void copy(char *to, size_t size, const char *from)
{
    snprintf(to, size, "%.*s", (int)size - 1, strcmp(from, "none") == 0 ? "" : from);
}

static void take_line(struct probe_name *name, char *line)
{
    char *value = strchr(line, ' ');
    if (value == NULL)
        return;
    *value++ = '\0';
    if (strcmp(line, "hostname") == 0)
        copy(name->hostname, sizeof name->hostname, value);
    else if (strcmp(line, "user") == 0)
        copy(name->user, sizeof name->user, value);
    else if (strcmp(line, "port") == 0)
        name->port = (uint16_t)strtoul(value, NULL, 10);
    else if (strcmp(line, "proxyjump") == 0)
        copy(name->jump, sizeof name->jump, value);
    else if (strcmp(line, "proxycommand") == 0)
        copy(name->proxy_command, sizeof name->proxy_command, value);
    else if (strcmp(line, "addressfamily") == 0)
        name->family = strcmp(value, "inet") == 0 ? 4 : strcmp(value, "inet6") == 0 ? 6 : 0;
    else if (strcmp(line, "controlpath") == 0)
        copy(name->control_path, sizeof name->control_path, value);
}

bool probe_ask_ssh(char *const argv[], struct probe_name *out)
{
    char *text = output_of(argv), *rest = text;
    if (text == NULL)
        return false;
    for (char *line; (line = strsep(&rest, "\n")) != NULL;)
        take_line(out, line);
    free(text);
    out->config_read = out->hostname[0] != '\0';
    return out->config_read;
}

/* The first of several hops, which is what this machine connects to; it may be an alias of ssh_config's too. */
static void follow_jump(struct probe_name *name)
{
    struct probe_target hop;
    char first[PROBE_NAME_SIZE], error[PROBE_ERROR_SIZE];
    snprintf(first, sizeof first, "%.*s", (int)strcspn(name->jump, ","), name->jump);
    const char *host = strrchr(first, '@') != NULL ? strrchr(first, '@') + 1 : first;
    if (strncmp(host, "ssh://", 6) == 0)
        host += 6;
    if (!probe_target_parse(host, &hop, error))
        return;
    char program[] = "ssh", option[] = "-G", *argv[] = {program, option, hop.host, NULL};
    struct probe_name jump = {.port = 22};
    memcpy(name->wanted, name->hostname, sizeof name->wanted);
    if (!probe_ask_ssh(argv, &jump))
        memcpy(jump.hostname, hop.host, sizeof jump.hostname);
    memcpy(name->hostname, jump.hostname, sizeof name->hostname);
    name->port = hop.port != 0 ? hop.port : jump.port;
    name->family = jump.family;
}

static void add_address(struct probe_name *name, const struct sockaddr *from)
{
    struct address address = probe_address(from);
    for (unsigned i = 0; i < name->addresses; i++)
        if (address_equal(&name->address[i], &address))
            return;
    if (name->addresses == PROBE_ADDRESSES || address_is_none(&address))
        return;
    if (from->sa_family == AF_INET6)
        name->scope[name->addresses] = ((const struct sockaddr_in6 *)from)->sin6_scope_id;
    name->address[name->addresses++] = address;
}

static unsigned resolve(const struct probe_name *name, int family, struct probe_name *into, int *error)
{
    struct addrinfo hints = {.ai_family = family, .ai_socktype = SOCK_STREAM}, *list = NULL;
    unsigned count = 0;
    *error = getaddrinfo(name->hostname, NULL, &hints, &list);
    if (*error != 0)
        return 0;
    for (const struct addrinfo *at = list; at != NULL; at = at->ai_next, count++)
        if (into != NULL)
            add_address(into, at->ai_addr);
    freeaddrinfo(list);
    return count;
}

/* Each family alone for its time, then both at once, for only that gives the order in which ssh would try them (RFC
 * 6724). */
static void resolve_all(struct probe_name *name, int family)
{
    int error4 = 0, error6 = 0, error = 0;
    int64_t start = monotonic_us();
    if (family != 6)
        name->ipv4 = resolve(name, AF_INET, NULL, &error4);
    name->time4_us = monotonic_us() - start;
    start = monotonic_us();
    if (family != 4)
        name->ipv6 = resolve(name, AF_INET6, NULL, &error6);
    name->time6_us = monotonic_us() - start;
    if (name->ipv4 + name->ipv6 > 0)
        resolve(name, family == 4 ? AF_INET : family == 6 ? AF_INET6 : AF_UNSPEC, name, &error);
    else
        snprintf(name->failure, sizeof name->failure, "%s",
                 gai_strerror(family == 6   ? error6
                              : error4 != 0 ? error4
                                            : error6));
}

void probe_name_configured(const struct probe_target *target, struct probe_name *out)
{
    char program[] = "ssh", option[] = "-G", end[] = "--", host[PROBE_NAME_SIZE];
    char *argv[] = {program, option, end, host, NULL};
    memset(out, 0, sizeof *out);
    snprintf(host, sizeof host, "%s", target->host);
    out->port = 22;
    if (!probe_ask_ssh(argv, out))
        snprintf(out->hostname, sizeof out->hostname, "%s", target->host);
    if (target->port != 0)
        out->port = target->port;
    if (out->jump[0] != '\0')
        follow_jump(out);
}

void probe_name_resolve(struct probe_name *name, int family)
{
    resolve_all(name, family != 0 ? family : name->family);
}

void probe_name_check(struct probe_name *name)
{
    char *const texts[] = {name->hostname, name->jump, name->wanted, name->proxy_command, name->control_path};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        texts[i][PROBE_NAME_SIZE - 1] = '\0';
    name->user[sizeof name->user - 1] = name->failure[sizeof name->failure - 1] = '\0';
    if (name->addresses > PROBE_ADDRESSES)
        name->addresses = PROBE_ADDRESSES;
}
