/* The client leaves on reading the server's offer, before it makes its own: some programs send theirs only after they
 * have found something in the server's. How likely that was the reason tell its version and the offer. */
#include "spoken.h"

#include <string.h>

#include "describe.h"
#include "scan.h"

/* What programs call themselves, and the OpenSSH that had the same algorithms. They begin with the newest of a name.
 * Release notes of each; judgement. */
static const struct program {
    const char *begins;
    uint16_t like; /* OpenSSH, major * 100 + minor */
} programs[] = {
    {"libssh_0.5", 510},        {"libssh-0.5", 510},        {"libssh_0.6", 605},        {"libssh-0.6", 605},
    {"libssh_0.7", 702},        {"libssh_0.", 800},         {"libssh2_1.10", 800},      {"libssh2_1.11", 900},
    {"libssh2_1.9", 800},       {"libssh2_1.", 510},        {"JSCH-0.1.", 600},         {"JSCH-0.2.", 900},
    {"paramiko_1.", 510},       {"paramiko_2.", 704},       {"paramiko_3.", 900},       {"PuTTY_Release_0.5", 400},
    {"PuTTY_Release_0.6", 600}, {"PuTTY_Release_0.7", 800}, {"PuTTY_Release_0.8", 909}, {"Cisco-1.25", 500},
    {"Granados", 510},          {"dropbear_0.", 500},       {"dropbear_2012", 510},     {"dropbear_2013", 510},
    {"dropbear_20", 704},
};

/* Programs that send their offer without waiting for the server's. */
static const char *const unasked[] = {"OpenSSH", "SSH-2.0-Go", "AsyncSSH", "paramiko_2", "paramiko_3"};

static uint16_t like_openssh(const char *banner)
{
    const unsigned version = openssh_version(banner);
    if (version)
        return (uint16_t)version;
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
        if (strstr(banner, programs[i].begins))
            return programs[i].like;
    return 0;
}

static bool offers_unasked(const char *banner)
{
    for (size_t i = 0; i < sizeof unasked / sizeof *unasked; i++)
        if (strstr(banner, unasked[i]))
            return true;
    return false;
}

/* How likely it is that they have nothing in common, 0 to 1. Judgement. */
static float surely_apart(const struct ssh_offer_age *age, uint16_t client)
{
    enum { MODERN = 808, NOT_OLD = 605 };
    if (client && age->needs > client)
        return 1;
    if (age->weak_only)
        return !client || client >= MODERN ? 0.9f : 0.3f;
    return !client && age->needs >= NOT_OLD ? 0.5f : 0.2f;
}

static bool left_at_offer(const struct view *v, struct finding *f)
{
    struct ssh_kexinit offer;
    const struct dialogue *d = v->dialogue;
    if (!v->banner[SIDE_CLIENT] || !v->banner[SIDE_SERVER] || !client_ends(v) || d->clock.kexinit_us[SIDE_CLIENT] ||
        is_known_scanner(v, NULL) || lacks_bytes(v, SIDE_CLIENT) || !kexinit_of(v, SIDE_SERVER, &offer))
        return false;
    const struct mark *left = seen(&v->client->fin) ? &v->client->fin : &v->client->rst;
    const int64_t after = left->ts_us - d->clock.kexinit_us[SIDE_SERVER];
    if (after < 0 || after > PERSON_US)
        return false;
    const char *name = d->banner[SIDE_CLIENT].text;
    const struct ssh_offer_age age = ssh_offer_age(&offer);
    f->packet = left->number;
    f->value[0] = (uint64_t)after;
    f->value[1] = d->clock.kexinit_number[SIDE_SERVER];
    f->word = name;
    f->scale = surely_apart(&age, like_openssh(name)) * (offers_unasked(name) ? 0.3f : 1);
    return true;
}

bool left_on_offer(const struct view *v)
{
    struct finding f = {.scale = 1};
    return left_at_offer(v, &f);
}

static const struct evidence_row rows[] = {
    {"left-at-offer",
     VIEW_TEST(left_at_offer),
     {{CAUSE_KEX_MISMATCH, 4.0f}},
     "{0t} after the server's offer (#{1}) the client left without one of its own; it is {w}",
     "RFC 4253 section 7.1; libssh client.c; judgement"},
};

const struct evidence_rows offer_rows = EVIDENCE_ROWS(rows);
