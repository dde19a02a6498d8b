/* What sizes, counts and times of encrypted packets tell of a login.
 *
 * RFC 4252: the client asks for the service, then tries methods, most clients `none` first; each refusal is
 * SSH_MSG_USERAUTH_FAILURE with the list of methods left, so refusals of one connection have one size; success is one byte of
 * payload, so the server's smallest message. Its exact size follows from the negotiated cipher and MAC where the server pads as
 * little as it must (OpenSSH, AsyncSSH); others pad more, but success stays smaller than refusals. */
#include <string.h>

#include <sshsniff/track.h>

/* SSH_MSG_USERAUTH_SUCCESS has one byte of payload (RFC 4252 section 5.1). */
enum { SUCCESS_PAYLOAD = 1 };

/* Padding that servers add beyond the least (lab: dropbear 8 bytes, tinysshd 16, Paramiko up to 16). */
enum { EXTRA_PADDING = 24 };

/* `none` is refused at once; a password costs the server a hash and, when wrong, PAM's delay of about 2 s. */
enum { CONSIDERED_US = 700000 };

/* Beyond what any login moves before it succeeds, the messages before it and many keys included. */
enum { SESSION_BYTES = 20000, SESSION_PACKETS = 60 };

/* OpenSSH pads password requests to a multiple of 64 bytes, to hide the length (sshconnect2.c userauth_passwd). */
enum { PASSWORD_PADDING = 64 };

struct expectation {
    struct ssh_sizes c2s;
    uint32_t success; /* bytes on the wire; 0: not known */
    bool exact;       /* the server pads no more than it must */
    bool openssh_client;
};

static bool parse_side(const struct dialogue *d, enum side side, struct ssh_kexinit *out)
{
    return d->kexinit_len[side] && d->stream[side] &&
           ssh_parse_kexinit(d->stream[side] + d->kexinit_at[side], d->kexinit_len[side], out);
}

static struct expectation expect(const struct dialogue *d)
{
    struct expectation e = {.exact = strstr(d->banner[SIDE_SERVER].text, "OpenSSH") != NULL,
                            .openssh_client = strstr(d->banner[SIDE_CLIENT].text, "OpenSSH") != NULL};
    struct ssh_kexinit client, server;
    if (!parse_side(d, SIDE_CLIENT, &client) || !parse_side(d, SIDE_SERVER, &server))
        return e;
    struct ssh_negotiation agreed;
    ssh_negotiate(&client, &server, &agreed);
    struct ssh_sizes s2c = ssh_packet_sizes(agreed.chosen[SSH_LIST_CIPHER_S2C], agreed.chosen[SSH_LIST_MAC_S2C]);
    if (s2c.known)
        e.success = ssh_wire_size(&s2c, SUCCESS_PAYLOAD);
    e.c2s = ssh_packet_sizes(agreed.chosen[SSH_LIST_CIPHER_C2S], agreed.chosen[SSH_LIST_MAC_C2S]);
    return e;
}

static bool is_password(const struct expectation *e, uint32_t size)
{
    uint32_t outside = e->c2s.tag + (e->c2s.length_excluded ? 4u : 0u);
    return e->openssh_client && e->c2s.known && size > outside && (size - outside) % PASSWORD_PADDING == 0;
}

/* After success the client opens a channel and the server answers: at least one event of each side must follow. */
static bool goes_on(const struct dialogue *d, uint32_t from)
{
    bool client = false, server = false;
    for (uint32_t i = from; i < d->events; i++) {
        client = client || d->event[i].side == SIDE_CLIENT;
        server = server || (client && d->event[i].side == SIDE_SERVER);
    }
    return client && server;
}

/* `refusal`: the size of the first refusal, 0 before any. */
static bool is_success(const struct dialogue *d, const struct expectation *e, uint32_t at, uint32_t refusal)
{
    uint32_t size = d->event[at].size;
    if (e->success && e->exact)
        return size == e->success;
    if (e->success)
        return size >= e->success && size <= e->success + EXTRA_PADDING && (!refusal || size < refusal) && goes_on(d, at + 1);
    return refusal && size < refusal && goes_on(d, at + 1);
}

static void take_request(const struct expectation *e, const struct login_event *event, struct login_reading *out)
{
    out->waiting = true;
    if (is_password(e, event->size))
        out->password_tries++;
    else if (e->openssh_client && out->answers > 1 && event->size > 120)
        out->key_tries++;
}

static void read_events(const struct dialogue *d, const struct expectation *e, struct login_reading *out)
{
    uint32_t refusal = 0, service_answers = 0;
    int64_t asked_us = 0, slowest_us = 0;
    for (uint32_t i = 0; i < d->events; i++) {
        const struct login_event *event = &d->event[i];
        if (event->side == SIDE_CLIENT) {
            asked_us = event->ts_us;
            take_request(e, event, out);
            continue;
        }
        if (!asked_us)
            continue; /* SSH_MSG_EXT_INFO comes unasked (RFC 8308) */
        if (!service_answers++)
            goto answered; /* SSH_MSG_SERVICE_ACCEPT */
        if (is_success(d, e, i, refusal)) {
            out->success = true;
            out->success_us = event->ts_us;
            out->waiting = false;
            return;
        }
        out->answers++;
        if (!refusal)
            refusal = event->size;
        else if (event->size == refusal)
            out->failures++;
        if (event->ts_us - asked_us > slowest_us)
            slowest_us = event->ts_us - asked_us;
    answered:
        out->waiting = false;
        out->last_answer_us = event->ts_us;
    }
    bool last_is_refusal = out->answers && d->events && d->event[d->events - 1].side == SIDE_SERVER;
    if (last_is_refusal && out->answers > 1 && d->event[d->events - 1].size != refusal)
        out->failures++; /* the last answer before the end is a refusal whatever its size: a message came with it */
    if (out->answers == 1 && slowest_us > CONSIDERED_US)
        out->failures = 1; /* not `none`: the server took its time over this one */
}

void login_read(const struct connection *connection, struct login_reading *out)
{
    memset(out, 0, sizeof *out);
    const struct dialogue *d = connection ? connection->dialogue : NULL;
    if (!d || !d->encrypted_packets[SIDE_CLIENT] || !d->encrypted_packets[SIDE_SERVER])
        return;
    out->readable = true;
    struct expectation e = expect(d);
    read_events(d, &e, out);
    if (!out->success && (d->encrypted_bytes[SIDE_SERVER] > SESSION_BYTES || d->encrypted_bytes[SIDE_CLIENT] > SESSION_BYTES ||
                          d->encrypted_packets[SIDE_SERVER] > SESSION_PACKETS))
        out->success = true;
}
