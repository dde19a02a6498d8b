#include "rules_news.h"

#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

bool rules_news_begin(struct rules_news *news)
{
    const int group = NFNLGRP_NFTABLES;
    const struct sockaddr_nl self = {.nl_family = AF_NETLINK};
    news->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_NETFILTER);
    if (news->fd >= 0 && (bind(news->fd, (const struct sockaddr *)&self, sizeof self) != 0 ||
                          setsockopt(news->fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) != 0)) {
        close(news->fd);
        news->fd = -1;
    }
    news->changed_us = news->heard_us = wall_clock_us();
    return news->fd >= 0;
}

/* A change is dated by when it is heard of: it was earlier than that. What overran the socket's buffer was one, too. */
bool rules_news_take(struct rules_news *news)
{
    char bytes[8192];
    bool changed = false;
    while (news->fd >= 0) {
        const ssize_t size = recv(news->fd, bytes, sizeof bytes, MSG_TRUNC);
        if (size > 0 || (size < 0 && errno == ENOBUFS)) {
            changed = true;
            continue;
        }
        if (size < 0 && errno == EINTR)
            continue;
        break;
    }
    news->heard_us = wall_clock_us();
    if (changed)
        news->changed_us = news->heard_us;
    return changed;
}

void rules_news_end(struct rules_news *news)
{
    if (news->fd >= 0)
        close(news->fd);
    news->fd = -1;
}
