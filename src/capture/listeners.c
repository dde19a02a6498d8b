#include "listeners.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "os/netlink.h"

/* No machine has more; one that had would only be watched less well. */
#define LISTENERS_MAX ((size_t)1 << 16)

struct found {
    struct listener *all;
    size_t count, room;
};

static bool add(void *context, uint16_t type, const uint8_t *payload, size_t length)
{
    struct found *found = context;
    struct inet_diag_msg message;
    if (type != SOCK_DIAG_BY_FAMILY || length < sizeof message)
        return true;
    memcpy(&message, payload, sizeof message);
    if (found->count == found->room) {
        size_t room = found->room ? 2 * found->room : 64;
        struct listener *all = room <= LISTENERS_MAX ? realloc(found->all, room * sizeof *all) : NULL;
        if (all == NULL)
            return false;
        found->all = all;
        found->room = room;
    }
    found->all[found->count++] = (struct listener){message.idiag_inode, ntohs(message.id.idiag_sport)};
    return true;
}

static int by_inode(const void *a, const void *b)
{
    const struct listener *x = a, *y = b;
    return x->inode < y->inode ? -1 : x->inode > y->inode;
}

struct listener *listeners_list(size_t *count)
{
    static const uint8_t families[] = {AF_INET, AF_INET6};
    struct found found = {0};
    int netlink = netlink_open(NETLINK_SOCK_DIAG, 2000);
    for (size_t i = 0; netlink >= 0 && i < sizeof families; i++)
        (void)netlink_list_tcp(netlink, families[i], TCP_LISTEN, add, &found);
    if (netlink >= 0)
        close(netlink);
    if (found.count > 0)
        qsort(found.all, found.count, sizeof *found.all, by_inode);
    *count = found.count;
    return found.all;
}
