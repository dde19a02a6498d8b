/* Words: a client's first line that is no version of SSH, and text of the server where a binary packet is due. */
#include "spoken.h"

static const char *name_of_opening(const struct dialogue *d)
{
    enum spoken_protocol spoken = d->spoken[SIDE_CLIENT];
    bool named = spoken != SPOKEN_UNKNOWN && spoken != SPOKEN_TEXT && spoken != SPOKEN_BINARY && spoken != SPOKEN_SSH;
    if (named)
        return ssh_spoken_name(spoken);
    return d->first_line[SIDE_CLIENT][0] ? d->first_line[SIDE_CLIENT] : "an empty line";
}

static bool client_not_ssh(const struct view *v, struct finding *f)
{
    if (!client_is_no_ssh(v))
        return false;
    f->packet = v->client->first_payload.number;
    f->word = name_of_opening(v->dialogue);
    return true;
}

static bool no_version_came(const struct view *v, struct finding *f)
{
    if (!told_no_version(v))
        return false;
    f->packet = v->dialogue->refusal_number;
    f->value[0] = v->dialogue->clock.banner_number[SIDE_CLIENT];
    f->word = words_of_server(v) ? words_of_server(v) : "Invalid SSH identification string.";
    return true;
}

/* The client's own first line is not here. */
static bool no_version_read(const struct view *v, struct finding *f)
{
    const struct dialogue *d = v->dialogue;
    if (!d || d->refusal != SSH_REFUSAL_INVALID_IDENT || v->banner[SIDE_CLIENT] || client_is_no_ssh(v))
        return false;
    f->packet = d->refusal_number;
    return true;
}

static bool told_in_words(const struct view *v, struct finding *f)
{
    if (!words_of_server(v) || !hung_up(v))
        return false;
    f->packet = v->dialogue->words_number;
    f->word = words_of_server(v);
    return true;
}

/* RFC 4253 section 11.1 */
enum { KEY_EXCHANGE_FAILED = 3, VERSION_NOT_SUPPORTED = 8, HOST_KEY_NOT_VERIFIABLE = 9 };

static bool disconnected(const struct view *v, enum side side, uint32_t reason, struct finding *f)
{
    const struct dialogue *d = v->dialogue;
    if (!d || !d->disconnect_clear[side] || d->disconnect_reason[side] != reason)
        return false;
    f->packet = d->disconnect_number[side];
    f->word = d->disconnect_text[side];
    return true;
}

static bool exchange_failed(const struct view *v, struct finding *f)
{
    struct ssh_kexinit client, server;
    const struct dialogue *d = v->dialogue;
    if (!d || (dialogue_kexinit(d, SIDE_CLIENT, &client) && dialogue_kexinit(d, SIDE_SERVER, &server)))
        return false; /* the lists themselves tell */
    return disconnected(v, SIDE_SERVER, KEY_EXCHANGE_FAILED, f) || disconnected(v, SIDE_CLIENT, KEY_EXCHANGE_FAILED, f);
}

static bool version_refused(const struct view *v, struct finding *f)
{
    return disconnected(v, SIDE_SERVER, VERSION_NOT_SUPPORTED, f) ||
           disconnected(v, SIDE_CLIENT, VERSION_NOT_SUPPORTED, f);
}

static bool key_not_verified(const struct view *v, struct finding *f)
{
    return v->dialogue && v->dialogue->clock.kex_us[SIDE_SERVER] &&
           disconnected(v, SIDE_CLIENT, HOST_KEY_NOT_VERIFIABLE, f);
}

static const struct evidence_row rows[] = {
    {"client-not-ssh",
     VIEW_TEST(client_not_ssh),
     {{CAUSE_PROTOCOL_MISMATCH, 9.0f}, {CAUSE_LOGIN_TIMEOUT, -2.0f}},
     "what the client says first is no version of SSH: {w}",
     "RFC 4253 section 4.2; lab"},
    {"told-no-version",
     VIEW_TEST(no_version_came),
     {{CAUSE_PROTOCOL_MISMATCH, 9.0f}},
     "the server answers \"{w}\" although the client sent its version (#{0}): something before the server put other "
     "bytes in front of it",
     "OpenSSH kex.c kex_exchange_identification; HAProxy's send-proxy; lab"},
    {"no-version-read",
     VIEW_TEST(no_version_read),
     {{CAUSE_PROTOCOL_MISMATCH, 8.0f}},
     "the server says that what came to it was no version of SSH",
     "OpenSSH kex.c kex_exchange_identification"},
    {"told-in-words",
     VIEW_TEST(told_in_words),
     {{CAUSE_SERVER_HANGUP, 7.0f}, {CAUSE_LOGIN_TIMEOUT, -4.0f}},
     "where a binary packet was due the server says in words \"{w}\", and closes",
     "RFC 4253 section 6; lab"},
    {"told-kex-failed",
     VIEW_TEST(exchange_failed),
     {{CAUSE_KEX_MISMATCH, 5.0f}},
     "it ends with a disconnect for a failed key exchange: \"{w}\"",
     "RFC 4253 section 11.1"},
    {"told-version",
     VIEW_TEST(version_refused),
     {{CAUSE_PROTOCOL_MISMATCH, 5.0f}},
     "it ends with a disconnect for a version that is not supported: \"{w}\"",
     "RFC 4253 section 11.1"},
    {"told-host-key",
     VIEW_TEST(key_not_verified),
     {{CAUSE_HOSTKEY_REJECTED, 5.0f}},
     "the client disconnects because it cannot verify the host key: \"{w}\"",
     "RFC 4253 section 11.1"},
};

const struct evidence_rows word_rows = EVIDENCE_ROWS(rows);
