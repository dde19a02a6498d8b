/* What the key exchange shows: the two offers, and who left after what. */
#include "spoken.h"

#include <string.h>

#include "describe.h"

static bool negotiated(const struct view *v, struct ssh_negotiation *agreed)
{
    struct ssh_kexinit client, server;
    if (!kexinit_of(v, SIDE_CLIENT, &client) || !kexinit_of(v, SIDE_SERVER, &server))
        return false;
    ssh_negotiate(&client, &server, agreed);
    return true;
}

static const char *const list_names[] = {
    [SSH_LIST_KEX] = "key exchange",
    [SSH_LIST_HOST_KEY] = "host key",
    [SSH_LIST_CIPHER_C2S] = "cipher (client to server)",
    [SSH_LIST_CIPHER_S2C] = "cipher (server to client)",
    [SSH_LIST_MAC_C2S] = "MAC (client to server)",
    [SSH_LIST_MAC_S2C] = "MAC (server to client)",
    [SSH_LIST_COMPRESSION_C2S] = "compression (client to server)",
    [SSH_LIST_COMPRESSION_S2C] = "compression (server to client)",
};

static bool nothing_common(const struct view *v, struct finding *f)
{
    struct ssh_negotiation agreed;
    if (!negotiated(v, &agreed) || !agreed.failed)
        return false;
    for (unsigned i = 0; i < sizeof list_names / sizeof *list_names; i++)
        if (agreed.failed & 1u << i) {
            f->word = list_names[i];
            break;
        }
    f->packet = v->dialogue->clock.kexinit_number[SIDE_SERVER];
    f->value[0] = v->dialogue->clock.kexinit_number[SIDE_CLIENT];
    return true;
}

static bool something_common(const struct view *v, struct finding *f)
{
    struct ssh_negotiation agreed;
    f->packet = v->dialogue ? v->dialogue->clock.kexinit_number[SIDE_SERVER] : 0;
    return negotiated(v, &agreed) && !agreed.failed;
}

/* A cookie is 16 random bytes; a program that left it empty has none to tell it by. */
static bool echoed(const struct view *v, struct finding *f)
{
    static const uint8_t empty[SSH_COOKIE_LENGTH];
    struct ssh_kexinit client, server;
    if (!kexinit_of(v, SIDE_CLIENT, &client) || !kexinit_of(v, SIDE_SERVER, &server))
        return false;
    f->packet = v->dialogue->clock.kexinit_number[SIDE_SERVER];
    f->value[0] = v->dialogue->clock.kexinit_number[SIDE_CLIENT];
    return memcmp(client.cookie, server.cookie, SSH_COOKIE_LENGTH) == 0 &&
           memcmp(client.cookie, empty, SSH_COOKIE_LENGTH) != 0;
}

/* Where the snaplen left no cookie to read: what came back is as long as what was sent, down to the byte, although a
 * server's part of a key exchange holds its key and a signature. */
static bool echoed_all(const struct view *v, struct finding *f)
{
    const struct dialogue *d = v->dialogue;
    struct ssh_kexinit both;
    if (kexinit_of(v, SIDE_CLIENT, &both) && kexinit_of(v, SIDE_SERVER, &both))
        return false; /* their cookies tell */
    if (!d || !d->clock.kex_us[SIDE_CLIENT] || !d->clock.kex_us[SIDE_SERVER] || !d->clock.kexinit_us[SIDE_CLIENT] ||
        !d->clock.kexinit_us[SIDE_SERVER])
        return false;
    f->packet = d->clock.kex_number[SIDE_SERVER];
    f->value[0] = v->server->payload_bytes;
    return v->client->payload_bytes == v->server->payload_bytes &&
           strcmp(d->banner[SIDE_CLIENT].text, d->banner[SIDE_SERVER].text) == 0;
}

/* It was seen, or something as long that the snaplen cut. */
static bool may_have_offered(const struct view *v, enum side side)
{
    const bool cut = v->attempt->facts & FACT_CUT && v->connection->side[side].payload_bytes > SSH_BANNER_MAX;
    return v->dialogue->clock.kexinit_us[side] || cut;
}

static bool no_kexinit(const struct view *v, struct finding *f)
{
    (void)f;
    return v->dialogue && !v->login.readable && !left_on_offer(v) &&
           !(may_have_offered(v, SIDE_CLIENT) && may_have_offered(v, SIDE_SERVER));
}

/* Where the lists cannot be read: both sides made their offer, and one left at once, without a key exchange. */
static bool offers_without_more(const struct view *v, struct finding *f)
{
    const struct dialogue *d = v->dialogue;
    struct ssh_negotiation agreed;
    if (!d || !d->clock.kexinit_us[SIDE_CLIENT] || !d->clock.kexinit_us[SIDE_SERVER] || d->clock.kex_us[SIDE_CLIENT] ||
        d->clock.kex_us[SIDE_SERVER] || d->encrypted[SIDE_CLIENT] || negotiated(v, &agreed))
        return false;
    enum side later = d->clock.kexinit_us[SIDE_CLIENT] > d->clock.kexinit_us[SIDE_SERVER] ? SIDE_CLIENT : SIDE_SERVER;
    const struct mark *left = seen(&v->client->fin) ? &v->client->fin : &v->client->rst;
    if (!seen(left) || (seen(&v->server->fin) && v->server->fin.ts_us < left->ts_us))
        left = &v->server->fin;
    f->packet = d->clock.kexinit_number[later];
    f->value[0] = (uint64_t)(left->ts_us - d->clock.kexinit_us[later]);
    /* Who had left before the other's offer came did not leave for it. */
    return seen(left) && left->ts_us >= d->clock.kexinit_us[later] &&
           left->ts_us - d->clock.kexinit_us[later] < PERSON_US;
}

static bool key_shown_then_gone(const struct view *v, struct finding *f)
{
    const struct dialogue *d = v->dialogue;
    if (!d || !d->clock.kex_us[SIDE_SERVER] || d->clock.newkeys_us[SIDE_CLIENT] || d->encrypted_packets[SIDE_CLIENT] ||
        !client_ends(v))
        return false;
    const struct mark *left = seen(&v->client->fin) ? &v->client->fin : &v->client->rst;
    f->packet = d->clock.kex_number[SIDE_SERVER];
    return seen(left) && left->ts_us >= d->clock.kex_us[SIDE_SERVER]; /* else it never was shown */
}

/* After NEWKEYS the client said nothing, or one thing, and left as soon as it might: a disconnect, or a request for the
 * service with nothing to follow. */
static bool asked_for_no_login(const struct view *v, int64_t left_us)
{
    enum { AT_ONCE_US = 100000 };
    const struct dialogue *d = v->dialogue;
    if (d->encrypted_packets[SIDE_CLIENT] == 0)
        return true;
    return d->encrypted_packets[SIDE_CLIENT] == 1 && d->encrypted_packets[SIDE_SERVER] <= 1 && d->events &&
           left_us - d->event[d->events - 1].ts_us < AT_ONCE_US;
}

/* Paramiko, libssh2 and others send NEWKEYS, or more, before they look at the host key; no person is asked then, so
 * they leave at once. */
static bool left_after_newkeys(const struct view *v, struct finding *f)
{
    const struct dialogue *d = v->dialogue;
    if (!d || !d->clock.newkeys_us[SIDE_CLIENT] || !client_ends(v))
        return false;
    int64_t left_us = seen(&v->client->fin) ? v->client->fin.ts_us : v->client->rst.ts_us;
    f->packet = d->clock.newkeys_number[SIDE_CLIENT];
    return left_us - d->clock.newkeys_us[SIDE_CLIENT] < PERSON_US && asked_for_no_login(v, left_us);
}

static const struct evidence_row rows[] = {
    {"nothing-common",
     VIEW_TEST(nothing_common),
     {{CAUSE_KEX_MISMATCH, 9.0f}},
     "the two KEXINITs (#{0}) have no {w} algorithm in common",
     "RFC 4253 section 7.1"},
    {"algorithms-agree",
     VIEW_TEST(something_common),
     {{CAUSE_KEX_MISMATCH, -9.0f}},
     "the two KEXINITs agree on every algorithm",
     "RFC 4253 section 7.1"},
    {"offers-without-more",
     VIEW_TEST(offers_without_more),
     {{CAUSE_KEX_MISMATCH, 4.5f}},
     "both sides offered their algorithms (cut by the snaplen), and {0t} later one of them closed, without a key "
     "exchange",
     "RFC 4253 section 7.1; lab"},
    {"echoed",
     VIEW_TEST(echoed),
     {{CAUSE_NOT_SSH, 18.0f}},
     "the server's KEXINIT is the client's own (#{0}), random cookie and all: an echo service answers",
     "RFC 4253 section 7.1; RFC 862"},
    {"echoed-all",
     VIEW_TEST(echoed_all),
     {{CAUSE_NOT_SSH, 14.0f}},
     "the server's version string is the client's own, and so is the length of all that it said ({0} bytes): an echo "
     "service answers",
     "RFC 862; lab"},
    {"no-kexinit",
     VIEW_TEST(no_kexinit),
     {{CAUSE_KEX_MISMATCH, -5.0f}, {CAUSE_HOSTKEY_REJECTED, -5.0f}},
     "it ended before both sides had offered their algorithms",
     "RFC 4253 section 7.1"},
    {"key-refused",
     VIEW_TEST(key_shown_then_gone),
     {{CAUSE_HOSTKEY_REJECTED, 5.5f}},
     "the client hung up after it was shown the host key, without NEWKEYS",
     "RFC 4253 section 8; lab"},
    {"left-after-newkeys",
     VIEW_TEST(left_after_newkeys),
     {{CAUSE_HOSTKEY_REJECTED, 5.0f}},
     "the client left after the key exchange, before it asked for a login: it did not like the host key",
     "lab"},
};

const struct evidence_rows kex_rows = EVIDENCE_ROWS(rows);
