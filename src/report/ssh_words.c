/* strerror of the error that Linux makes of each ICMP code: net/ipv4/icmp.c icmp_err_convert, net/ipv6/icmp.c
 * icmpv6_err_convert. The negotiation: OpenSSH's kex.c and ssherr.c. */
#include "ssh_words.h"

#include <stdio.h>
#include <string.h>

static const char refused[] = "Connection refused";
static const char no_route[] = "No route to host";
static const char no_network[] = "Network is unreachable";
static const char denied[] = "Permission denied";

static const char *unreachable_v4(uint8_t code)
{
    static const char *const texts[] = {
        no_network, no_route,           "Protocol not available",
        refused,    "Message too long", "Operation not supported",
        no_network, "Host is down",     "Machine is not on the network",
        no_network, no_route,           no_network,
        no_route,   no_route,           no_route,
        no_route,
    };
    return code < sizeof texts / sizeof texts[0] ? texts[code] : no_route;
}

static const char *unreachable_v6(uint8_t code)
{
    static const char *const texts[] = {no_network, denied, no_route, no_route, refused, denied, denied};
    return code < sizeof texts / sizeof texts[0] ? texts[code] : "Protocol error";
}

const char *ssh_words_of_icmp(const struct icmp_mark *icmp)
{
    enum { V4_UNREACHABLE = 3, V4_TIME_EXCEEDED = 11, V6_UNREACHABLE = 1, V6_TIME_EXCEEDED = 3 };
    if (icmp->type == (icmp->version == 4 ? V4_TIME_EXCEEDED : V6_TIME_EXCEEDED))
        return no_route;
    if (icmp->type != (icmp->version == 4 ? V4_UNREACHABLE : V6_UNREACHABLE))
        return "Protocol error";
    return icmp->version == 4 ? unreachable_v4(icmp->code) : unreachable_v6(icmp->code);
}

static bool server_kexinit(const struct attempt *attempt, struct ssh_kexinit *out)
{
    const struct connection *connection = attempt->answer != NULL ? attempt->answer->connection : NULL;
    const struct dialogue *d = connection != NULL ? connection->dialogue : NULL;
    return d != NULL && d->kexinit_len[SIDE_SERVER] > 0 && d->stream[SIDE_SERVER] != NULL &&
           ssh_parse_kexinit(d->stream[SIDE_SERVER] + d->kexinit_at[SIDE_SERVER], d->kexinit_len[SIDE_SERVER], out);
}

const char *ssh_words_of_kex_failure(const struct judged_attempt *judged, char *out, size_t size)
{
    /* OpenSSH negotiates in this order and names the first list that fails, with what the server offers. */
    static const struct {
        enum ssh_list list;
        const char *text;
    } order[] = {
        {SSH_LIST_KEX, "no matching key exchange method found"},
        {SSH_LIST_HOST_KEY, "no matching host key type found"},
        {SSH_LIST_CIPHER_C2S, "no matching cipher found"},
        {SSH_LIST_MAC_C2S, "no matching MAC found"},
        {SSH_LIST_COMPRESSION_C2S, "no matching compression method found"},
        {SSH_LIST_CIPHER_S2C, "no matching cipher found"},
        {SSH_LIST_MAC_S2C, "no matching MAC found"},
        {SSH_LIST_COMPRESSION_S2C, "no matching compression method found"},
    };
    enum { OFFER_SHOWN = 400 };
    struct ssh_kexinit server;
    out[0] = '\0';
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        if ((judged->verdict->ssh.negotiation.failed >> order[i].list & 1) == 0)
            continue;
        int length = snprintf(out, size, ": %s", order[i].text);
        if (server_kexinit(judged->file->attempt, &server)) {
            const struct ssh_name_list *offer = &server.lists[order[i].list];
            snprintf(out + length, size - (size_t)length, ". Their offer: %.*s",
                     (int)(offer->length < OFFER_SHOWN ? offer->length : OFFER_SHOWN), (const char *)offer->names);
        }
        return out;
    }
    return out;
}
