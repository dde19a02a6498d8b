/* Which machines answer for one address, in words. */
#include <stdio.h>
#include <string.h>

#include "describe.h"
#include "identity.h"

enum { MAC_WORDS = 80 };

/* A MAC address with what its first three bytes tell: the maker, or that a program made it up (IEEE 802, section 8). */
static const char *mac_words(const uint8_t *mac, char *out)
{
    enum { LOCALLY_ADMINISTERED = 2 };
    if (mac[0] & LOCALLY_ADMINISTERED)
        snprintf(out, MAC_WORDS, "%02x:%02x:%02x:%02x:%02x:%02x (set by software: a virtual machine or a container)",
                 mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
    else
        snprintf(out, MAC_WORDS, "%02x:%02x:%02x:%02x:%02x:%02x (maker's prefix %02x:%02x:%02x)", mac[0], mac[1],
                 mac[2], mac[3], mac[4], mac[5], mac[0], mac[1], mac[2]);
    return out;
}

/* Of the connection alone, where no ARP shows it. */
static bool macs_of_connection(const struct view *v, const uint8_t *macs[2])
{
    const struct mark *rst = v->server ? &v->server->rst : NULL;
    if (!seen(rst) || !seen(&v->answer->synack) || !(rst->bits & v->answer->synack.bits & MARK_MAC) ||
        memcmp(rst->mac, v->answer->synack.mac, MAC_SIZE) == 0)
        return false;
    macs[0] = v->answer->synack.mac;
    macs[1] = rst->mac;
    return true;
}

static bool macs_of_others(const struct view *v, const uint8_t *macs[2])
{
    const struct server_identity *i = v->file->identity;
    for (int n = 0; i && v->attempt->has_asked_mac && n < i->looks_used; n++)
        if (i->look[n].has_asked_mac && memcmp(i->look[n].asked_mac, v->attempt->asked_mac, MAC_SIZE) != 0) {
            macs[0] = i->look[n].asked_mac;
            macs[1] = v->attempt->asked_mac;
            return true;
        }
    return false;
}

void describe_conflict(const struct view *v, struct verdict *out)
{
    const uint8_t *macs[2];
    char one[MAC_WORDS], other[MAC_WORDS], address[ADDRESS_TEXT_SIZE];
    if (!address_is_disputed(v, macs) && !macs_of_connection(v, macs) && !macs_of_others(v, macs))
        return;
    snprintf(out->detail, sizeof out->detail, "%s is used by %s and by %s",
             address_text(&v->attempt->key.server, address), mac_words(macs[0], one), mac_words(macs[1], other));
}

void describe_disputed_address(const struct view *v, struct verdict *out)
{
    const uint8_t *macs[2];
    char one[MAC_WORDS], other[MAC_WORDS];
    const size_t used = strlen(out->detail);
    if (out->cause == CAUSE_ADDRESS_CONFLICT || out->cause == CAUSE_SCAN || !address_is_disputed(v, macs))
        return;
    snprintf(out->detail + used, sizeof out->detail - used, "%stwo machines use the server's address: %s and %s",
             used ? "; " : "", mac_words(macs[0], one), mac_words(macs[1], other));
}

void describe_interception(const struct view *v, struct verdict *out)
{
    const struct dialogue *d = v->dialogue;
    if (d && v->banner[SIDE_SERVER])
        snprintf(out->detail, sizeof out->detail, "what answers calls itself \"%.120s\"", d->banner[SIDE_SERVER].text);
    else if (d && d->first_line[SIDE_SERVER][0])
        snprintf(out->detail, sizeof out->detail, "what answers says \"%.120s\"", d->first_line[SIDE_SERVER]);
}
