#include "sockets.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "lacks.h"
#include "os/netlink.h"

/* ---- What the kernel sends ---- */

static bool take_listener(void *context, uint16_t type, const uint8_t *payload, size_t length)
{
    struct local_scene *scene = context;
    struct inet_diag_msg message;
    if (type != SOCK_DIAG_BY_FAMILY || length < sizeof message)
        return true;
    memcpy(&message, payload, sizeof message);
    if (message.idiag_state != TCP_LISTEN)
        return true;
    if (scene->sockets == LISTENERS_MOST)
        return false;
    struct local_socket *socket = &scene->socket[scene->sockets++];
    const bool v4 = message.idiag_family == AF_INET;
    static const uint8_t all[16];
    *socket = (struct local_socket){.inode = message.idiag_inode};
    socket->listener.port = ntohs(message.id.idiag_sport);
    socket->listener.queue = message.idiag_rqueue;
    socket->listener.queue_limit = message.idiag_wqueue;
    /* 0.0.0.0 keeps its family: it takes no IPv6. */
    socket->listener.address = v4 ? address_from_ipv4(message.id.idiag_src) : address_from_ipv6(message.id.idiag_src);
    socket->listener.v6_only =
        !v4 && (netlink_tcp_v6_only(payload + sizeof message, length - sizeof message) ||
                (memcmp(message.id.idiag_src, all, sizeof all) != 0 && !address_is_ipv4(&socket->listener.address)));
    return true;
}

bool sockets_take(struct local_scene *scene, const void *bytes, size_t length)
{
    return netlink_walk(bytes, length, take_listener, scene);
}

static enum local_state list(struct local_scene *scene)
{
    static const uint8_t families[] = {AF_INET, AF_INET6};
    int netlink = netlink_open(NETLINK_SOCK_DIAG, 1000);
    if (netlink < 0)
        return LOCAL_ABSENT;
    enum local_state state = LOCAL_KNOWN;
    for (size_t i = 0; i < sizeof families; i++)
        if (netlink_list_tcp(netlink, families[i], TCP_LISTEN, take_listener, scene) == NETLINK_SILENT)
            state = LOCAL_TIMED_OUT;
    close(netlink);
    return state;
}

/* ---- Whose they are ---- */

static void name_owners(struct local_scene *scene)
{
    static struct proc_owner owners[LISTENERS_MOST];
    for (unsigned i = 0; i < scene->sockets; i++)
        owners[i] = (struct proc_owner){.inode = scene->socket[i].inode};
    scene->owners_known = proc_find_owners(owners, scene->sockets);
    for (unsigned i = 0; i < scene->sockets; i++) {
        struct local_listener *listener = &scene->socket[i].listener;
        listener->pid = owners[i].pid;
        snprintf(listener->program, sizeof listener->program, "%s", owners[i].program);
        listener->is_ssh = proc_is_ssh_server(listener->program);
    }
}

/* What a server's child listens on are ports that a user forwards, not the server's own. */
static bool is_child_of_server(uint32_t pid)
{
    struct proc_process process, parent;
    return proc_process(pid, &process) && proc_process(process.parent, &parent) && proc_is_ssh_server(parent.program);
}

static void find_server(struct local_scene *scene)
{
    for (unsigned i = 0; i < scene->sockets; i++) {
        struct local_listener *listener = &scene->socket[i].listener;
        if (!listener->is_ssh)
            continue;
        if (is_child_of_server(listener->pid))
            listener->is_ssh = false;
        else if (scene->server.pid == 0)
            (void)proc_process(listener->pid, &scene->server);
    }
}

/* For who may not look into other users' processes: sshd's title is there for all to read. */
static bool listens_by_title(void *context, const struct proc_process *process)
{
    struct local_scene *scene = context;
    if (!proc_is_ssh_server(process->program) ||
        (strcmp(process->program, "sshd") == 0 && strstr(process->title, "[listener]") == NULL))
        return true;
    scene->server = *process;
    scene->server_by_title = true;
    return false;
}

void local_find_sockets(struct local_scene *scene)
{
    scene->sockets = 0;
    scene->server = (struct proc_process){.pid = 0};
    scene->server_by_title = false;
    scene->sockets_state = list(scene);
    name_owners(scene);
    find_server(scene);
    if (scene->server.pid == 0 && !scene->owners_known)
        proc_each(listens_by_title, scene);
}

/* ---- Those that matter ---- */

static bool is_asked_for(const struct local_facts *facts, uint16_t port)
{
    if (facts->question.port != 0)
        return port == facts->question.port;
    for (unsigned i = 0; i < facts->settings.ports; i++)
        if (facts->settings.port[i] == port)
            return true;
    return port == 22; /* whoever is not told another port asks for this one */
}

/* A port that sshd's settings name, and nobody is seen to have: the server's that is seen to run. If there is none such
 * here, that server listens in another network namespace. */
void local_match_server(struct local_scene *scene, const struct local_facts *facts)
{
    bool found = false;
    for (unsigned i = 0; i < scene->sockets && scene->server_by_title; i++) {
        struct local_listener *listener = &scene->socket[i].listener;
        if (listener->pid != 0 || !is_asked_for(facts, listener->port))
            continue;
        listener->is_ssh = found = true;
        snprintf(listener->program, sizeof listener->program, "%s", scene->server.program);
    }
    if (scene->server_by_title && !found)
        scene->server = (struct proc_process){.pid = 0};
}

static bool has_unnamed(const struct local_sockets *sockets)
{
    for (unsigned i = 0; i < sockets->listeners; i++)
        if (sockets->listener[i].program[0] == '\0')
            return true;
    return false;
}

static void keep(struct local_sockets *sockets, const struct local_listener *listener)
{
    if (sockets->listeners == LOCAL_LISTENERS)
        sockets->more = true;
    else
        sockets->listener[sockets->listeners++] = *listener;
}

void local_keep_sockets(const struct local_scene *scene, struct local_facts *facts)
{
    struct local_sockets *sockets = &facts->sockets;
    sockets->state = scene->sockets_state;
    sockets->read_us = wall_clock_us();
    sockets->more = scene->sockets == LISTENERS_MOST;
    for (unsigned i = 0; i < scene->sockets; i++)
        if (is_asked_for(facts, scene->socket[i].listener.port))
            keep(sockets, &scene->socket[i].listener);
    for (unsigned i = 0; i < scene->sockets; i++)
        if (scene->socket[i].listener.is_ssh && !is_asked_for(facts, scene->socket[i].listener.port))
            keep(sockets, &scene->socket[i].listener);
    if (!scene->owners_known && has_unnamed(sockets))
        local_lacks(facts, "programs that listen", "sudo: other users' processes can be looked into by root only");
}
