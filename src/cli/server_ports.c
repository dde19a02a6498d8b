#include "server_ports.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/listeners.h"
#include "config_ports.h"

/* Programs that speak SSH on every port on which they listen. Those that need another to listen for them (tinysshd
 * behind tcpserver, dropbear -i behind inetd) stand in its command line. */
static const char *const servers[] = {"sshd",     "dropbear",  "tinysshd", "lshd",
                                      "wolfsshd", "sshpiperd", "sshesame", "endlessh"};

struct search {
    const struct listener *listener;
    size_t count;
    struct port_set *ports;
    bool refused; /* the descriptors of one process could not be read */
};

static bool is_server(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    for (size_t i = 0; i < sizeof servers / sizeof servers[0]; i++)
        if (strcmp(name, servers[i]) == 0)
            return true;
    return false;
}

/* The file's bytes up to `size`, ended by a NUL; -1 where it cannot be read. */
static ssize_t read_text(const char *process, const char *name, char *out, size_t size)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%.16s/%s", process, name);
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return -1;
    ssize_t length = read(descriptor, out, size - 1);
    close(descriptor);
    out[length > 0 ? length : 0] = '\0';
    return length;
}

static bool bears_name(const char *process)
{
    char comm[32];
    if (read_text(process, "comm", comm, sizeof comm) < 0)
        return false;
    comm[strcspn(comm, "\n")] = '\0';
    return is_server(comm);
}

static bool names_server(const char *process)
{
    char words[4096];
    ssize_t length = read_text(process, "cmdline", words, sizeof words);
    for (ssize_t at = 0; at < length; at += (ssize_t)strlen(words + at) + 1)
        if (is_server(words + at))
            return true;
    return false;
}

/* The fourth field of /proc/PID/stat; the second may hold blanks and brackets. */
static bool parent_bears_name(const char *process)
{
    char stat[512], parent[16];
    int id;
    if (read_text(process, "stat", stat, sizeof stat) < 0)
        return false;
    const char *after = strrchr(stat, ')');
    if (after == NULL || sscanf(after + 1, " %*c %d", &id) != 1)
        return false;
    snprintf(parent, sizeof parent, "%d", id);
    return bears_name(parent);
}

static int by_inode(const void *key, const void *member)
{
    uint32_t inode = *(const uint32_t *)key;
    const struct listener *listener = member;
    return inode < listener->inode ? -1 : inode > listener->inode;
}

static void add_socket(struct search *search, int folder, const char *name)
{
    char link[64];
    unsigned inode;
    ssize_t length = readlinkat(folder, name, link, sizeof link - 1);
    if (length <= 0)
        return;
    link[length] = '\0';
    if (sscanf(link, "socket:[%u]", &inode) != 1)
        return;
    const struct listener *found = bsearch(&inode, search->listener, search->count, sizeof *search->listener, by_inode);
    if (found != NULL)
        port_set_add(search->ports, found->port);
}

static void add_sockets(struct search *search, const char *process)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%.16s/fd", process);
    DIR *folder = opendir(path);
    if (folder == NULL) {
        search->refused = search->refused || errno == EACCES || errno == EPERM;
        return;
    }
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
        if (isdigit((unsigned char)entry->d_name[0]))
            add_socket(search, dirfd(folder), entry->d_name);
    closedir(folder);
}

/* What a server's child listens on are ports that a user forwards, not the server's own. */
static void look_at_process(struct search *search, const char *process)
{
    if ((bears_name(process) || names_server(process)) && !parent_bears_name(process))
        add_sockets(search, process);
}

static void look_at_processes(struct search *search)
{
    DIR *folder = opendir("/proc");
    if (folder == NULL)
        return;
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
        if (isdigit((unsigned char)entry->d_name[0]))
            look_at_process(search, entry->d_name);
    closedir(folder);
}

/* A unit may be there and not in use: its ports count where something listens on them. */
static void add_units(struct search *search)
{
    struct port_set named = {{0}};
    config_ports_of_units(&named);
    for (size_t i = 0; i < search->count; i++)
        if (port_set_has(&named, search->listener[i].port))
            port_set_add(search->ports, search->listener[i].port);
}

bool server_ports_find(struct port_set *ports)
{
    struct search search = {.ports = ports};
    struct listener *all = listeners_list(&search.count);
    search.listener = all;
    if (search.count > 0) {
        look_at_processes(&search);
        add_units(&search);
    }
    config_ports_of_server(ports);
    free(all);
    return !search.refused;
}
