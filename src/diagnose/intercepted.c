/* Somebody on the way answers in the server's place: an inspecting firewall, a proxy, a captive portal. */
#include <string.h>

#include "identity.h"

/* What proxies that step in between call themselves. Gateways that people log in to by their own name (Teleport,
 * sshpiper, a firewall's own sshd) are no such. */
static const struct proxy {
    const char *banner; /* how the version string begins */
    const char *name;
    const char *source;
} proxies[] = {
    {"SSH-2.0-PaloAltoNetworks", "the SSH proxy of a Palo Alto Networks firewall", "public captures; PAN-OS SSH Proxy"},
    {"SSH-2.0-SSHMITM_", "SSH-MITM, a program that audits SSH connections", "SSH-MITM's manual, --banner-name"},
};

static const struct proxy *proxy_of(const struct view *v)
{
    for (size_t i = 0; v->banner[SIDE_SERVER] && i < sizeof proxies / sizeof *proxies; i++)
        if (strncmp(v->dialogue->banner[SIDE_SERVER].text, proxies[i].banner, strlen(proxies[i].banner)) == 0)
            return &proxies[i];
    return NULL;
}

static bool names_itself_proxy(const struct view *v, struct finding *f)
{
    const struct proxy *proxy = proxy_of(v);
    if (!proxy)
        return false;
    f->packet = v->dialogue->clock.banner_number[SIDE_SERVER];
    f->word = proxy->name;
    return true;
}

/* What says most of whom the client is connected to: the SYN-ACK may be a SYN proxy's, which hands the rest on. */
static const struct mark *speaker(const struct view *v)
{
    if (v->server && seen(&v->server->first_payload))
        return &v->server->first_payload;
    if (v->server && seen(&v->server->fin))
        return &v->server->fin;
    return v->answer && seen(&v->answer->synack) ? &v->answer->synack : NULL;
}

/* Microseconds from the SYN to the SYN-ACK; -1: it is not known which SYN was answered. */
static int64_t handshake_us(const struct view *v)
{
    if (!seen(v->syn) || !v->answer || !seen(&v->answer->synack) || v->attempt->syns != 1)
        return -1;
    const int64_t us = v->answer->synack.ts_us - v->syn->ts_us;
    return us >= 0 ? us : -1;
}

/* The same; where the handshake does not tell, the least round trip that anybody had who answers for this address. */
static int64_t near_us(const struct view *v)
{
    const int64_t us = handshake_us(v);
    return us >= 0 || !v->server_host || !v->server_host->rtt_samples ? us : (int64_t)v->server_host->rtt_us;
}

/* How much longer the way of another connection is. Servers of one site differ by far less; what a tenth tells for
 * sure, a third makes likely. Judgement. */
enum { LEAST_FAR_US = 8000, TIMES_LIKELY = 3, TIMES_SURE = 10 };
static const float likely_nearer = 0.8f;

/* A first SYN may have waited until a router had found the next. */
static int64_t times_of(const struct server_look *look)
{
    return look->count > 1 ? TIMES_LIKELY : TIMES_SURE;
}

/* Another connection to this address that went much further, and got a banner or none. */
static const struct server_look *farther_look(const struct view *v)
{
    const struct server_identity *i = v->file->identity;
    const struct mark *here = speaker(v);
    const int64_t us = near_us(v);
    for (int n = 0; i && here && us >= 0 && n < i->looks_used; n++) {
        const struct server_look *look = &i->look[n];
        if (look->ttl < here->ttl && ttl_start(look->ttl) == ttl_start(here->ttl) && look->rtt_us >= LEAST_FAR_US &&
            us * times_of(look) <= look->rtt_us && look->interface == here->interface)
            return look;
    }
    return NULL;
}

static bool nearer_than_others(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_TTL | FIELD_TIME))
        return false;
    const struct server_look *far = farther_look(v);
    if (!far)
        return false;
    f->packet = speaker(v)->number;
    f->value[0] = speaker(v)->ttl;
    f->value[1] = (uint64_t)near_us(v);
    f->value[2] = far->last_number;
    f->value[3] = far->rtt_us;
    f->scale = near_us(v) * TIMES_SURE <= far->rtt_us ? 1 : likely_nearer;
    return true;
}

/* Another machine than the one behind the farther connection: it has another key of the same kind. */
static bool other_host_key(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_TTL))
        return false;
    const struct server_identity *i = v->file->identity;
    const struct dialogue *d = v->dialogue;
    for (int n = 0; i && d && d->host_key && farther_look(v) && n < i->looks_used; n++) {
        const struct server_look *look = &i->look[n];
        if (look->port != v->attempt->key.server_port || look->host_key_type != d->host_key_type ||
            look->host_key == d->host_key || look->ttl >= speaker(v)->ttl)
            continue;
        f->packet = d->clock.kex_number[SIDE_SERVER];
        f->value[0] = look->last_number;
        return true;
    }
    return false;
}

/* The port speaks SSH where the connection goes further. */
static bool ssh_is_farther(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_TTL))
        return false;
    const struct server_identity *i = v->file->identity;
    for (int n = 0; i && v->stage == STAGE_ACCEPTED && farther_look(v) && n < i->looks_used; n++) {
        const struct server_look *look = &i->look[n];
        if (look->port != v->attempt->key.server_port || !look->banner[0] || look->ttl >= speaker(v)->ttl)
            continue;
        f->packet = speaker(v)->number;
        f->value[0] = look->last_number;
        f->word = look->banner;
        return true;
    }
    return false;
}

static bool other_banner_nearer(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_TTL))
        return false;
    const struct server_identity *i = v->file->identity;
    const struct mark *here = speaker(v);
    for (int n = 0; i && here && v->banner[SIDE_SERVER] && n < i->looks_used; n++) {
        const struct server_look *look = &i->look[n];
        if (look->port != v->attempt->key.server_port || !look->banner[0] || look->ttl >= here->ttl ||
            ttl_start(look->ttl) != ttl_start(here->ttl) || look->interface != here->interface ||
            strncmp(look->banner, v->dialogue->banner[SIDE_SERVER].text, LOOK_BANNER - 1) == 0)
            continue;
        f->packet = v->dialogue->clock.banner_number[SIDE_SERVER];
        f->value[0] = here->ttl;
        f->value[1] = look->ttl;
        f->value[2] = look->last_number;
        f->word = look->banner;
        return true;
    }
    return false;
}

/* Why the server is not on the client's link; NULL: it may be. */
static const char *beyond_the_link(const struct view *v)
{
    const struct host *h = v->server_host;
    if (h && h->found_number)
        return NULL;
    if (h && h->router_number)
        return "is behind the router that the SYN was sent to";
    return !v->ipv6 && address_is_private(&v->attempt->key.client) && !address_is_private(&v->attempt->key.server)
               ? "is a public address, and the client's a private one"
               : NULL;
}

static const float over_the_air = 0.7f; /* the part of the weight where a near network may be as quick. Judgement. */

/* The server is not on the client's link, and yet nothing routed its answer, which came as soon as from a neighbour. A
 * program that translates addresses for a virtual machine answers once its own connection stands, so no sooner than the
 * server. */
static bool answered_next_door(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_TTL | FIELD_TIME))
        return false;
    enum { NEXT_DOOR_US = 1000, NEAR_US = 5000 };
    const struct mark *here = speaker(v);
    const int64_t us = handshake_us(v);
    const char *beyond = beyond_the_link(v);
    if (!here || us < 0 || us > NEAR_US || hops_from_start(v->syn->ttl) || hops_from_start(here->ttl) ||
        v->syn->bits & MARK_IN || !beyond || v->file->capturer.server == LOCALITY_HERE)
        return false;
    f->packet = here->number;
    f->address = &v->attempt->key.server;
    f->value[0] = here->ttl;
    f->value[1] = (uint64_t)us;
    f->word = beyond;
    f->scale = us > NEXT_DOOR_US ? over_the_air : 1;
    return true;
}

/* The part of the weight where nobody accepts: the proxy program may be off, and others use these ranges in
 * laboratories. Judgement. */
static const float nobody_accepts = 0.75f;

static bool made_up_address(const struct view *v, struct finding *f)
{
    f->packet = v->syn->number;
    f->scale = v->stage < STAGE_ACCEPTED ? nobody_accepts : 1;
    return address_is_made_up(&v->attempt->key.server);
}

/* Other ports of the address were accepted, and none refused: whoever answers accepts first and looks later. */
static bool accepts_everything(const struct view *v, struct finding *f)
{
    enum { MANY = 3 };
    const struct host *h = v->server_host;
    unsigned open = 0;
    for (int n = 0; h && n < h->ports_used; n++) {
        if (h->ports[n].state == PORT_REFUSES || h->ports[n].state == PORT_SILENT)
            return false;
        open += h->ports[n].state == PORT_OPEN && h->ports[n].port != v->attempt->key.server_port &&
                h->ports[n].bannered == 0;
    }
    f->packet = v->answer && seen(&v->answer->synack) ? v->answer->synack.number : 0;
    f->value[0] = open;
    return open >= MANY && v->server && v->server->payload_bytes == 0;
}

/* The part of the weight of an HTTP answer that is not RFC 6585's own code for a portal, from next door: a redirect, or
 * any. Judgement. */
static const float redirect_next_door = 0.6f, http_next_door = 0.35f;

/* RFC 6585 section 6; RFC 8910 section 1: who intercepts HTTP to ask for a login takes other ports for it, too. */
static bool portal_answers(const struct view *v, struct finding *f)
{
    const struct dialogue *d = v->dialogue;
    struct finding near = {.scale = 1};
    if (!d || d->spoken[SIDE_SERVER] != SPOKEN_HTTP)
        return false;
    f->packet = v->server->first_payload.number;
    f->word = d->first_line[SIDE_SERVER];
    if (strstr(f->word, " 511 "))
        return true;
    f->scale = strstr(f->word, " 30") ? redirect_next_door : http_next_door;
    return answered_next_door(v, &near);
}

static const struct evidence_row rows[] = {
    {"known-proxy",
     VIEW_TEST(names_itself_proxy),
     {{CAUSE_INTERCEPTED, 12.0f}},
     "the server's version string is that of {w}, which answers in the place of the true server",
     "the table proxies of intercepted.c"},
    {"nearer-than-others",
     VIEW_TEST(nearer_than_others),
     {{CAUSE_INTERCEPTED, 12.5f}},
     "the answer came after {1t} with TTL {0}; another connection to this address (#{2}) took {3t} and came with a "
     "lower TTL: somebody nearer answers in the server's place",
     "no packet is faster than its path; RFC 791 section 3.2; lab"},
    {"other-banner-nearer",
     VIEW_TEST(other_banner_nearer),
     {{CAUSE_INTERCEPTED, 2.5f}},
     "what answers has TTL {0}; in another connection to this port (#{2}) the server had TTL {1} and said \"{w}\"",
     "RFC 791 section 3.2; a balancer's servers differ as well: judgement"},
    {"other-host-key",
     VIEW_TEST(other_host_key),
     {{CAUSE_INTERCEPTED, 5.0f}},
     "the host key is another one than in the connection that went further (#{0}), and of the same kind",
     "RFC 4253 section 8; lab"},
    {"ssh-is-farther",
     VIEW_TEST(ssh_is_farther),
     {{CAUSE_INTERCEPTED, 2.0f}},
     "where a connection to this port went further (#{0}), \"{w}\" greeted it",
     "lab; judgement"},
    {"answered-next-door",
     VIEW_TEST(answered_next_door),
     {{CAUSE_INTERCEPTED, 8.0f}},
     "{a} {w}, and the answer came after {1t} with the full TTL {0}: whoever answers is on the client's own network",
     "RFC 791 section 3.2; judgement"},
    {"made-up-address",
     VIEW_TEST(made_up_address),
     {{CAUSE_INTERCEPTED, 11.0f}},
     "the address is none of the Internet's (198.18.0.0/15, fc00::/18): a proxy program makes such addresses up for "
     "the names that it is asked for",
     "RFC 2544 appendix C.2.2; RFC 4193; defaults of Clash and sing-box; lab"},
    {"accepts-everything",
     VIEW_TEST(accepts_everything),
     {{CAUSE_INTERCEPTED, 2.0f}},
     "{0} other ports of this address were accepted, and none was refused: whoever answers accepts before it knows "
     "whether the server does",
     "lab; judgement"},
    {"portal-answers",
     VIEW_TEST(portal_answers),
     {{CAUSE_INTERCEPTED, 12.0f}},
     "the answer is \"{w}\": a network that wants a login first",
     "RFC 6585 section 6"},
};

const struct evidence_rows intercepted_rows = EVIDENCE_ROWS(rows);
