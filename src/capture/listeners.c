#include "listeners.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* No machine has more; one that had would only be watched less well. */
#define LISTENERS_MAX ((size_t)1 << 16)

struct found {
    struct listener *all;
    size_t count, room;
};

static bool add(struct found *found, const struct inet_diag_msg *message)
{
    if (found->count == found->room) {
        size_t room = found->room ? 2 * found->room : 64;
        struct listener *all = room <= LISTENERS_MAX ? realloc(found->all, room * sizeof *all) : NULL;
        if (all == NULL)
            return false;
        found->all = all;
        found->room = room;
    }
    found->all[found->count++] = (struct listener){message->idiag_inode, ntohs(message->id.idiag_sport)};
    return true;
}

static bool ask(int descriptor, uint8_t family)
{
    struct {
        struct nlmsghdr header;
        struct inet_diag_req_v2 request;
    } message = {
        .header = {.nlmsg_len = sizeof message,
                   .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
        .request = {.sdiag_family = family, .sdiag_protocol = IPPROTO_TCP, .idiag_states = 1u << TCP_LISTEN},
    };
    return send(descriptor, &message, sizeof message, 0) == (ssize_t)sizeof message;
}

/* False once the answer has ended. */
static bool take(struct found *found, struct nlmsghdr *header, size_t length)
{
    for (; NLMSG_OK(header, length); header = NLMSG_NEXT(header, length)) {
        if (header->nlmsg_type == NLMSG_DONE || header->nlmsg_type == NLMSG_ERROR)
            return false;
        if (header->nlmsg_type == SOCK_DIAG_BY_FAMILY &&
            header->nlmsg_len >= NLMSG_LENGTH(sizeof(struct inet_diag_msg)))
            if (!add(found, NLMSG_DATA(header)))
                return false;
    }
    return true;
}

static void read_answer(int descriptor, struct found *found)
{
    _Alignas(struct nlmsghdr) uint8_t buffer[32768];
    for (;;) {
        ssize_t length = recv(descriptor, buffer, sizeof buffer, 0);
        if (length < 0 && errno == EINTR)
            continue;
        if (length <= 0 || !take(found, (struct nlmsghdr *)(void *)buffer, (size_t)length))
            return;
    }
}

static int by_inode(const void *a, const void *b)
{
    const struct listener *x = a, *y = b;
    return x->inode < y->inode ? -1 : x->inode > y->inode;
}

struct listener *listeners_list(size_t *count)
{
    static const uint8_t families[] = {AF_INET, AF_INET6};
    const struct timeval patience = {.tv_sec = 2};
    struct found found = {0};
    int descriptor = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (descriptor >= 0 && setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0)
        for (size_t i = 0; i < sizeof families; i++)
            if (ask(descriptor, families[i]))
                read_answer(descriptor, &found);
    if (descriptor >= 0)
        close(descriptor);
    if (found.count > 0)
        qsort(found.all, found.count, sizeof *found.all, by_inode);
    *count = found.count;
    return found.all;
}
