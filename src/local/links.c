#include "links.h"

#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

#include "os/netlink.h"

/* A text of the kernel's, which ends with a NUL or with its attribute. */
static void copy(char *to, size_t size, const uint8_t *value, size_t length)
{
    const size_t kept = length < size - 1 ? length : size - 1;
    memcpy(to, value, kept);
    to[kept] = '\0';
}

/* Calls for each attribute of `length` bytes. */
static void each_attribute(struct link *link, const uint8_t *at, size_t length,
                           void (*take)(struct link *link, unsigned type, const uint8_t *value, size_t length))
{
    struct rtattr attribute;
    while (length >= sizeof attribute) {
        memcpy(&attribute, at, sizeof attribute);
        if (attribute.rta_len < sizeof attribute || attribute.rta_len > length)
            return;
        take(link, attribute.rta_type & NLA_TYPE_MASK, at + sizeof attribute, attribute.rta_len - sizeof attribute);
        const size_t step = RTA_ALIGN(attribute.rta_len) < length ? RTA_ALIGN(attribute.rta_len) : length;
        at += step;
        length -= step;
    }
}

static void take_info(struct link *link, unsigned type, const uint8_t *value, size_t length)
{
    if (type == IFLA_INFO_KIND)
        copy(link->kind, sizeof link->kind, value, length);
}

static void take_attribute(struct link *link, unsigned type, const uint8_t *value, size_t length)
{
    if (type == IFLA_IFNAME)
        copy(link->name, sizeof link->name, value, length);
    else if (type == IFLA_MTU && length == sizeof link->mtu)
        memcpy(&link->mtu, value, length);
    else if (type == IFLA_MASTER && length == sizeof link->master)
        memcpy(&link->master, value, length);
    else if (type == IFLA_LINKINFO)
        each_attribute(link, value, length, take_info);
}

bool links_take_one(void *context, uint16_t type, const uint8_t *payload, size_t length)
{
    struct links *links = context;
    struct ifinfomsg message;
    if (type != RTM_NEWLINK || length < sizeof message)
        return true;
    if (links->count == LINKS_KEPT)
        return false;
    memcpy(&message, payload, sizeof message);
    struct link *link = &links->link[links->count++];
    *link = (struct link){.index = (uint32_t)message.ifi_index};
    const size_t skip = NLMSG_ALIGN(sizeof message);
    if (length > skip)
        each_attribute(link, payload + skip, length - skip, take_attribute);
    return true;
}

bool links_take(struct links *links, const void *bytes, size_t length)
{
    return netlink_walk(bytes, length, links_take_one, links);
}

const struct link *links_find(const struct links *links, uint32_t index)
{
    for (unsigned i = 0; i < links->count; i++)
        if (links->link[i].index == index)
            return &links->link[i];
    return NULL;
}

bool links_is_virtual_bridge(const struct links *links, const struct link *bridge)
{
    if (strcmp(bridge->kind, "bridge") != 0)
        return false;
    for (unsigned i = 0; i < links->count; i++)
        if (links->link[i].master == bridge->index && links->link[i].kind[0] == '\0')
            return false;
    return true;
}
