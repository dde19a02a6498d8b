/* What sizes, counts and times of encrypted packets tell of a login.
 *
 * RFC 4252: the client asks for the service, then tries methods, most clients `none` first; each refusal is
 * SSH_MSG_USERAUTH_FAILURE with the list of methods left, so refusals of one connection have one size; success is one
 * byte of payload, so the server's smallest message. Its exact size follows from the negotiated cipher and MAC where
 * the server pads as little as it must (OpenSSH, AsyncSSH); others pad more, but success stays below refusals. */
#include <string.h>

#include <sshsniff/tracker.h>

#include "login_sizes.h"

/* Padding that servers add beyond the least (lab: dropbear 8 bytes, tinysshd up to 16). */
enum { EXTRA_PADDING = 24 };

/* `none` is refused at once; a password costs the server a hash and, when wrong, PAM's delay of about 2 s. */
enum { CONSIDERED_US = 700000 };

/* No key is chosen so slowly: a request that late after the server's last word was typed. */
enum { TYPED_US = 300000 };

/* Bulk that no login moves: many bytes in large segments. A client that tries passwords without end moves many small
 * ones. */
enum { SESSION_BYTES = 20000, SESSION_MEAN = 200 };

/* OpenSSH pads password requests to a multiple of 64 bytes, to hide the length (sshconnect2.c userauth_passwd). */
enum { PASSWORD_PADDING = 64 };

/* A client that closes this soon after its last message does not wait for an answer: it was SSH_MSG_DISCONNECT. */
enum { GOODBYE_US = 50000 };

/* Bytes on the wire of a refusal with any list of methods that servers have (judgement); more than that, and it came
 * with something else. */
enum { LONGEST_REFUSAL = 160 };

/* The walk over the events. */
struct walk {
    const struct dialogue *d;
    struct login_sizes e;
    struct login_reading *out;
    uint32_t size;    /* of the answer in hand */
    uint32_t refusal; /* size of the first refusal; 0 before any */
    uint32_t granted; /* size of the server's word that grants the service; 0: not known */
    uint32_t asked_size;
    int64_t asked_us, asked_after_us, waited_us, slowest_us;
    bool served, skipped[2];
    bool lossy;    /* segments are missing: whose turn it was is not known */
    bool bannered; /* the first answer held a login banner, so its size is no refusal's */
};

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

/* The server's next message after event `at`, or NULL. */
static const struct login_event *next_of_server(const struct dialogue *d, uint32_t at)
{
    for (uint32_t i = at + 1; i < d->events; i++)
        if (d->event[i].side == SIDE_SERVER)
            return &d->event[i];
    return NULL;
}

/* Refusals are followed by refusals. What a server says first after success (its host keys, the answer to the request
 * for a channel) has 17 bytes of payload and more, so it is longer than success with any cipher, where
 * the server pads no more than it must. */
static bool refused_again(const struct walk *w, uint32_t at)
{
    const struct login_event *next = next_of_server(w->d, at);
    if (!next || !(w->e.exact || w->e.unknown_server) || w->e.ignores[SIDE_SERVER])
        return false;
    return next->size == w->size;
}

/* Where the server pads more than it must, what follows success can be as long as it. But one answer to each request,
 * and all alike, are refusals: the first one was longer, for a login banner came with it. */
static bool only_the_same_follows(const struct walk *w, uint32_t at)
{
    const struct dialogue *d = w->d;
    uint32_t same = 0;
    for (uint32_t i = at + 1; i < d->events; i++) {
        if (d->event[i].side == SIDE_CLIENT)
            continue;
        if (d->event[i].size != w->size || d->event[i - 1].side == SIDE_SERVER)
            return false;
        same++;
    }
    return same > 0;
}

/* A refusal that lists no method, or success? After success the client asks for a channel. OpenSSH's client asks for
 * method `none` first, which no server grants but to an account without a password. */
static bool may_be_bare_refusal(const struct walk *w, uint32_t at)
{
    if (!w->e.ambiguous)
        return false;
    if (w->refusal == w->size || refused_again(w, at))
        return true;
    if (goes_on(w->d, at + 1))
        return false;
    const bool ends_here = at + 1 == w->d->events, refusal_known = w->refusal && !w->bannered;
    return (w->e.openssh_client && (ends_here || !w->out->answers)) || (ends_here && !refusal_known);
}

/* Where the cipher is not known: the word that grants the service has 17 bytes of payload, and only success has fewer.
 * (A refusal can have two fewer, which seldom shows once both are padded, and never as 16 bytes. So whoever only tries
 * whether he is let in, and leaves, can be distinguished from one who was refused.) */
static bool is_small_answer(const struct walk *w, uint32_t at)
{
    enum { SURELY_FEWER = 16 };
    const bool fewer =
        (w->granted || w->refusal) && (!w->granted || w->size < w->granted) && (!w->refusal || w->size < w->refusal);
    const bool surely = w->granted && w->refusal && w->size + SURELY_FEWER <= w->granted;
    /* OpenSSH's client goes on where it was let in, so it was refused by a server that lists no method. */
    const bool leaves_here = at + 1 == w->d->events, goes_on_always = w->e.openssh_client || w->e.unknown_client;
    return w->out->waiting && fewer && !w->e.compressed && !refused_again(w, at) &&
           ((surely && !(leaves_here && goes_on_always)) || goes_on(w->d, at + 1));
}

static bool is_success(const struct walk *w, uint32_t at)
{
    if (!w->e.success)
        return is_small_answer(w, at);
    if (w->e.exact || w->size == w->e.success)
        return w->size == w->e.success && !may_be_bare_refusal(w, at);
    return w->refusal && !w->lossy && !only_the_same_follows(w, at) && w->size < w->refusal && w->size > w->e.success &&
           w->size <= w->e.success + EXTRA_PADDING && goes_on(w->d, at + 1);
}

/* Sent again after a loss, the success message may share a segment with what the server says next (key options, its
 * host keys). Then nothing that follows has the size of a refusal or of success, and something is smaller than any
 * refusal. */
static bool holds_success(const struct walk *w, uint32_t at)
{
    enum { AND_MORE = 100, CREDENTIAL = 100 };
    const struct dialogue *d = w->d;
    if (!w->e.exact || !w->e.success || !w->refusal || w->refusal > LONGEST_REFUSAL || w->asked_size < CREDENTIAL ||
        w->size < w->e.success + AND_MORE || w->size == w->refusal)
        return false;
    uint32_t answers = 0, small = 0;
    for (uint32_t i = at + 1; i < d->events; i++) {
        if (d->event[i].side != SIDE_SERVER)
            continue;
        if (d->event[i].size == w->refusal || d->event[i].size == w->e.success)
            return false;
        answers++;
        small += d->event[i].size < w->refusal;
    }
    return answers >= 2 && small && goes_on(d, at + 1);
}

/* A client that asks with its key or password at once gets banner and success in one segment. Then a session follows:
 * to one of its messages the server says several things, which it never does in a login. */
static bool holds_banner_and_success(const struct walk *w, uint32_t at)
{
    enum { CREDENTIAL = 100 };
    const struct dialogue *d = w->d;
    if (w->lossy || w->e.openssh_client)
        return false;
    if (!w->e.exact || !w->e.success || w->out->answers || !w->out->waiting || w->asked_size < CREDENTIAL ||
        w->size < 2 * w->e.success)
        return false;
    uint32_t answered = 0, at_once = 0;
    bool several = false, asked = false;
    for (uint32_t i = at + 1; i < d->events; i++) {
        const bool client = d->event[i].side == SIDE_CLIENT;
        at_once = client ? 0 : at_once + 1;
        answered += !client && asked;
        several = several || (answered && at_once >= 2);
        asked = client;
    }
    return answered >= 2 && several;
}

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
    bool through = is_success(w, at) || holds_success(w, at) || holds_banner_and_success(w, at);
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

/* What both sides said after success: whether a session began. */
static void read_after_success(const struct dialogue *d, uint32_t at, struct login_reading *out)
{
    bool asked = false;
    for (uint32_t i = at + 1; i < d->events; i++) {
        const struct login_event *event = &d->event[i];
        out->said_after[event->side]++;
        if (event->side == SIDE_CLIENT)
            asked = true;
        else if (asked) {
            out->rounds_after += out->rounds_after < UINT8_MAX;
            if (!out->waits.opening_us)
                out->waits.opening_us = event->ts_us - out->success_us;
            asked = false;
        }
    }
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
            read_after_success(w->d, i, w->out);
            return;
        }
    }
    struct login_reading *out = w->out;
    const struct login_event *last = d->events ? &d->event[d->events - 1] : NULL;
    if (last && out->answers > 1 && last->side == SIDE_SERVER && last->size != w->refusal)
        out->failures++; /* the last answer before the end is a refusal whatever its size: a message came with it */
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

/* Bulk that only a session moves. A login banner is bulk too: the server sends it once, with its answer to the first
 * request. Where sizes are known and none was success, that outweighs bulk, unless not all of them were kept. */
static bool moves_bulk(const struct walk *w)
{
    enum { SEGMENT = 1000 };
    const struct dialogue *d = w->d;
    if (w->e.success && d->events < LOGIN_EVENTS)
        return false;
    uint64_t turns = 0, banner = 0;
    for (uint32_t i = 0; i < d->events && turns < 3; i++) {
        if (d->event[i].side == SIDE_SERVER)
            banner += d->event[i].size;
        else
            turns += i == 0 || d->event[i - 1].side == SIDE_SERVER;
    }
    if (turns < 3)
        return false;
    for (int side = 0; side < 2; side++) {
        uint64_t bytes = d->encrypted_bytes[side] - (side == SIDE_SERVER ? banner : 0);
        uint64_t packets = d->encrypted_packets[side] - (side == SIDE_SERVER ? banner / SEGMENT : 0);
        if (bytes > SESSION_BYTES && bytes / (packets ? packets : 1) > SESSION_MEAN)
            return true;
    }
    return false;
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
    if (out->waiting && out->answers && said_goodbye(connection, d))
        out->waiting = false;
    if (!out->success && moves_bulk(&w))
        out->success = out->exact = true;
}
