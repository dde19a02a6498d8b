/* What sizes, counts and times of encrypted packets tell of a login.
 *
 * RFC 4252: the client asks for the service, then tries methods, most clients `none` first; each refusal is
 * SSH_MSG_USERAUTH_FAILURE with the list of methods left, so refusals of one connection have one size; success is one
 * byte of payload, so the server's smallest message. Its exact size follows from the negotiated cipher and MAC where
 * the server pads as little as it must (OpenSSH, AsyncSSH); others pad more, but success stays below refusals. */
#include <string.h>

#include <sshsniff/tracker.h>

#include "login_walk.h"

/* `none` is refused at once; a password costs the server a hash and, when wrong, PAM's delay of about 2 s. */
enum { CONSIDERED_US = 700000 };

/* No key is chosen so slowly: a request that late after the server's last word was typed. */
enum { TYPED_US = 300000 };

/* OpenSSH pads password requests to a multiple of 64 bytes, to hide the length (sshconnect2.c userauth_passwd). */
enum { PASSWORD_PADDING = 64 };

/* A client that closes this soon after its last message does not wait for an answer: it was SSH_MSG_DISCONNECT. */
enum { GOODBYE_US = 50000 };

static uint32_t outside_of_blocks(const struct walk *w)
{
    return w->e.c2s.tag + (w->e.c2s.length_excluded ? 4u : 0u);
}

/* The request in hand has the size of OpenSSH's password requests. */
static bool is_padded(const struct walk *w)
{
    uint32_t outside = outside_of_blocks(w);
    return w->e.openssh_client && w->e.c2s.known && w->asked_size > outside &&
           (w->asked_size - outside) % PASSWORD_PADDING == 0;
}

/* With 16-byte blocks a padded password and an Ed25519 key question are equally long; then time tells. */
static void judge_request(struct walk *w, int64_t answered_us)
{
    if (!w->e.openssh_client || !w->e.c2s.known || w->asked_size <= outside_of_blocks(w) || !w->refusal)
        return;
    bool padded = is_padded(w);
    bool slow = answered_us - w->asked_us > CONSIDERED_US || w->asked_after_us > TYPED_US;
    if (padded && (slow || w->e.c2s.block == 8))
        w->out->password_tries++;
    else if (w->asked_size > 2 * PASSWORD_PADDING)
        w->out->key_tries++;
}

static void take_request(struct walk *w, const struct login_event *event)
{
    w->asked_after_us = w->out->last_answer_us ? event->ts_us - w->out->last_answer_us : 0;
    w->asked_us = event->ts_us;
    w->asked_size = event->size;
    w->out->waiting = true;
    if (w->asked_after_us > w->out->waits.client_us) {
        w->out->waits.client_us = w->asked_after_us;
        w->out->waits.client_typed = is_padded(w);
    }
}

static bool fits_grant(const struct walk *w, uint32_t size)
{
    return !w->e.service || (size >= w->e.service && size <= w->e.service + EXTRA_PADDING);
}

/* Who asks for the service and for a login in one go (Dropbear) may get both answers in one segment: how much of it is
 * the second. 0: it is SSH_MSG_EXT_INFO, and the grant is still to come. */
static uint32_t behind_grant(const struct walk *w, uint32_t at)
{
    const struct dialogue *d = w->d;
    uint32_t size = d->event[at].size;
    if (w->lossy || !w->e.service || !w->e.success || size < w->e.service + w->e.success ||
        size > w->e.service + LONGEST_REFUSAL)
        return 0;
    for (uint32_t i = at + 1; i < d->events && d->event[i].side == SIDE_SERVER; i++)
        if (fits_grant(w, d->event[i].size))
            return 0;
    return size - w->e.service;
}

/* Bytes on the wire of the word that grants the service, with any cipher and MAC: more than that, and it shares its
 * segment with SSH_MSG_EXT_INFO. */
enum { LONGEST_GRANT = 100 };

/* False until the service was granted: SSH_MSG_EXT_INFO comes unasked, before or after the client's first words (RFC
 * 8308). */
static bool service_granted(struct walk *w, uint32_t at)
{
    const struct login_event *event = &w->d->event[at];
    w->size = event->size;
    if (w->served && !w->e.service && !w->out->waiting && !w->out->answers) {
        if (event->size < w->granted)
            w->granted = event->size; /* what came before it was SSH_MSG_EXT_INFO */
        return false;
    }
    if (w->served)
        return true;
    bool fits = fits_grant(w, event->size);
    uint32_t rest = fits ? 0 : behind_grant(w, at);
    w->served = w->asked_us && (fits || rest);
    if (!w->served)
        return false;
    w->out->waits.service_us = event->ts_us - w->asked_us;
    w->granted = !w->e.service && event->size > LONGEST_GRANT ? 0 : event->size - rest;
    w->size = rest;
    w->out->waiting = rest > 0;
    return rest > 0;
}

/* Refusals of one connection have one size, but the first may have come with a login banner: then the smaller ones
 * that follow show it. */
static void count_refusal(struct walk *w, bool was_waiting)
{
    struct login_reading *out = w->out;
    const bool first = !w->refusal || (!was_waiting && out->answers == 2 && !out->failures);
    if (first) {
        w->refusal = w->size;
        w->bannered = w->size > LONGEST_REFUSAL;
        return;
    }
    if (w->bannered && w->size < w->refusal) {
        w->refusal = w->size;
        out->failures = out->typed_refusals = 0;
    }
    if (w->size == w->refusal) {
        out->failures++;
        out->typed_refusals += w->waited_us > CONSIDERED_US || w->asked_after_us > TYPED_US;
    }
}

static void note_wait(struct walk *w, int64_t answered_us)
{
    struct login_waits *waits = &w->out->waits;
    w->waited_us = answered_us - w->asked_us;
    if (!waits->first_us)
        waits->first_us = w->waited_us;
    else if (w->waited_us > waits->check_us)
        waits->check_us = w->waited_us;
    if (w->waited_us > w->slowest_us)
        w->slowest_us = w->waited_us;
}

/* True where the login went through. */
static bool take_answer(struct walk *w, uint32_t at)
{
    const struct login_event *event = &w->d->event[at];
    struct login_reading *out = w->out;
    if (!service_granted(w, at))
        return false;
    const bool was_waiting = out->waiting;
    if (was_waiting) {
        judge_request(w, event->ts_us);
        note_wait(w, event->ts_us);
    }
    bool through = login_succeeds(w, at);
    out->waiting = false;
    if (through) {
        out->success = true;
        out->success_us = event->ts_us;
        out->success_number = event->number;
        return true;
    }
    out->answers++;
    count_refusal(w, was_waiting);
    out->too_many = w->e.too_many && w->size == w->e.too_many && w->size != w->refusal;
    out->last_answer_us = event->ts_us;
    out->last_answer_number = event->number;
    return false;
}

static bool is_ignore(struct walk *w, const struct login_event *event)
{
    /* Where the cipher is not known, the first one shows their size; only SSH_MSG_EXT_INFO comes before. */
    if (w->e.ignores[event->side] && !w->e.ignore && (event->side == SIDE_CLIENT || w->asked_us))
        w->e.ignore = event->size;
    bool skip = w->e.ignores[event->side] && event->size == w->e.ignore && !w->skipped[event->side];
    w->skipped[event->side] = skip;
    return skip;
}

static void read_events(struct walk *w)
{
    const struct dialogue *d = w->d;
    for (uint32_t i = 0; i < d->events; i++) {
        if (is_ignore(w, &d->event[i]))
            continue;
        if (d->event[i].side == SIDE_CLIENT)
            take_request(w, &d->event[i]);
        else if (take_answer(w, i)) {
            login_read_after(w->d, i, w->out);
            return;
        }
    }
    struct login_reading *out = w->out;
    const struct login_event *last = d->events ? &d->event[d->events - 1] : NULL;
    if (last && out->answers > 1 && last->side == SIDE_SERVER && last->size != w->refusal) {
        out->failures++; /* the last answer before the end is a refusal whatever its size: a message came with it */
        out->typed_refusals += out->last_answer_us - w->asked_us > CONSIDERED_US || w->asked_after_us > TYPED_US;
    }
    if (out->answers == 1 && w->slowest_us > CONSIDERED_US)
        out->failures = out->typed_refusals = 1; /* not to `none`: the server took its time over this one */
}

static bool said_goodbye(const struct connection *connection, const struct dialogue *d)
{
    const struct flow_side *client = &connection->side[SIDE_CLIENT];
    int64_t left = client->fin.number ? client->fin.ts_us : client->rst.number ? client->rst.ts_us : 0;
    const struct login_event *last = d->events ? &d->event[d->events - 1] : NULL;
    return left && last && last->side == SIDE_CLIENT && left - last->ts_us < GOODBYE_US;
}

/* The farewell is not the first thing that the server leaves without an answer. */
static bool request_before_goodbye(const struct walk *w)
{
    const struct dialogue *d = w->d;
    return !w->e.ignores[SIDE_CLIENT] && d->events > 1 && d->event[d->events - 2].side == SIDE_CLIENT;
}

void login_read(const struct connection *connection, struct login_reading *out)
{
    memset(out, 0, sizeof *out);
    const struct dialogue *d = connection ? connection->dialogue : NULL;
    if (!d || !d->encrypted_packets[SIDE_CLIENT] || !d->encrypted_packets[SIDE_SERVER])
        return;
    out->readable = true;
    const struct flow_side *side = connection->side;
    struct walk w = {.d = d,
                     .e = login_expect(d),
                     .out = out,
                     .lossy = side[SIDE_CLIENT].hole_bytes || side[SIDE_SERVER].hole_bytes};
    out->exact = w.e.success != 0;
    read_events(&w);
    if (d->events == LOGIN_EVENTS) { /* the end is not among the events kept */
        out->waiting = false;
        out->last_answer_us = connection->side[SIDE_SERVER].last_payload_us;
    }
    if (out->waiting && out->answers && said_goodbye(connection, d) && !request_before_goodbye(&w))
        out->waiting = false;
    if (!out->success && login_moves_bulk(&w))
        out->success = out->exact = true;
}
