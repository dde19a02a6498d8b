/* What sizes, counts and times of encrypted packets tell of a login.
 *
 * RFC 4252: the client asks for the service, then tries methods, most clients `none` first; each refusal is
 * SSH_MSG_USERAUTH_FAILURE with the list of methods left, so refusals of one connection have one size; success is one
 * byte of payload, so the server's smallest message. Its exact size follows from the negotiated cipher and MAC where
 * the server pads as little as it must (OpenSSH, AsyncSSH); others pad more, but success stays below refusals. */
#include <string.h>

#include <sshsniff/tracker.h>

/* Payload bytes of messages whose size is always the same (RFC 4252, RFC 4253 sections 10 and 11). */
enum {
    SUCCESS_PAYLOAD = 1,
    IGNORE_PAYLOAD = 5,
    SERVICE_PAYLOAD = 17,
    TOO_MANY_PAYLOAD = 45 /* OpenSSH's DISCONNECT "Too many authentication failures" */
};

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

/* Servers that pad no more than RFC 4253 section 6 asks (lab). */
static const char *const exact_servers[] = {"OpenSSH", "libssh", "AsyncSSH", "SSH-2.0-Go"};

struct expectation {
    struct ssh_sizes c2s;
    uint32_t success, service, ignore, too_many; /* bytes on the wire; 0: not known */
    bool exact;                                  /* the server pads no more than it must */
    bool openssh_client;
    bool ignores[2]; /* this side sends SSH_MSG_IGNORE before every message, in a segment of its own (AsyncSSH) */
};

/* The walk over the events. */
struct walk {
    const struct dialogue *d;
    struct expectation e;
    struct login_reading *out;
    uint32_t size;    /* of the answer in hand */
    uint32_t refusal; /* size of the first refusal; 0 before any */
    uint32_t granted; /* size of the server's word that grants the service; 0: not known */
    uint32_t asked_size;
    int64_t asked_us, asked_after_us, slowest_us;
    bool served, skipped[2];
};

static bool pads_exactly(const char *banner)
{
    for (size_t i = 0; i < sizeof exact_servers / sizeof *exact_servers; i++)
        if (strstr(banner, exact_servers[i]))
            return true;
    return false;
}

static struct expectation expect(const struct dialogue *d)
{
    const char *client_text = d->banner[SIDE_CLIENT].text, *server_text = d->banner[SIDE_SERVER].text;
    struct expectation e = {
        .exact = pads_exactly(server_text),
        .openssh_client = strstr(client_text, "OpenSSH") != NULL,
        .ignores = {strstr(client_text, "AsyncSSH") != NULL, strstr(server_text, "AsyncSSH") != NULL},
    };
    struct ssh_kexinit client, server;
    if (!dialogue_kexinit(d, SIDE_CLIENT, &client) || !dialogue_kexinit(d, SIDE_SERVER, &server))
        return e;
    struct ssh_negotiation agreed;
    ssh_negotiate(&client, &server, &agreed);
    struct ssh_sizes s2c = ssh_packet_sizes(agreed.chosen[SSH_LIST_CIPHER_S2C], agreed.chosen[SSH_LIST_MAC_S2C]);
    if (s2c.known) {
        e.success = ssh_wire_size(&s2c, SUCCESS_PAYLOAD);
        e.service = ssh_wire_size(&s2c, SERVICE_PAYLOAD);
        e.ignore = ssh_wire_size(&s2c, IGNORE_PAYLOAD);
        e.too_many = ssh_wire_size(&s2c, TOO_MANY_PAYLOAD);
    }
    e.c2s = ssh_packet_sizes(agreed.chosen[SSH_LIST_CIPHER_C2S], agreed.chosen[SSH_LIST_MAC_C2S]);
    return e;
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

/* Where the cipher is not known: the word that grants the service has 17 bytes of payload, and only success has fewer.
 * (A refusal can have two fewer, which seldom shows once both are padded, and never as 16 bytes. So whoever only tries
 * whether he is let in, and leaves, can be distinguished from one who was refused.) */
static bool is_small_answer(const struct walk *w, uint32_t at)
{
    enum { SURELY_FEWER = 16 };
    const bool fewer =
        (w->granted || w->refusal) && (!w->granted || w->size < w->granted) && (!w->refusal || w->size < w->refusal);
    const bool surely = w->granted && w->refusal && w->size + SURELY_FEWER <= w->granted;
    return w->out->waiting && fewer && (surely || goes_on(w->d, at + 1));
}

static bool is_success(const struct walk *w, uint32_t at)
{
    if (!w->e.success)
        return is_small_answer(w, at);
    if (w->e.exact || w->size == w->e.success)
        return w->size == w->e.success;
    return w->refusal && w->size < w->refusal && w->size > w->e.success && w->size <= w->e.success + EXTRA_PADDING &&
           goes_on(w->d, at + 1);
}

/* Sent again after a loss, the success message may share a segment with what the server says next (key options, its
 * host keys). Then nothing that follows has the size of a refusal or of success, and something is smaller than any
 * refusal. */
static bool holds_success(const struct walk *w, uint32_t at)
{
    enum { AND_MORE = 100, CREDENTIAL = 100 };
    const struct dialogue *d = w->d;
    if (!w->e.exact || !w->e.success || !w->refusal || w->asked_size < CREDENTIAL ||
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

/* With 16-byte blocks a padded password and an Ed25519 key question are equally long; then time tells. */
static void judge_request(struct walk *w, int64_t answered_us)
{
    uint32_t outside = w->e.c2s.tag + (w->e.c2s.length_excluded ? 4u : 0u);
    if (!w->e.openssh_client || !w->e.c2s.known || w->asked_size <= outside || !w->refusal)
        return;
    bool padded = (w->asked_size - outside) % PASSWORD_PADDING == 0;
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
}

static bool fits_grant(const struct walk *w, uint32_t size)
{
    return !w->e.service || (size >= w->e.service && size <= w->e.service + EXTRA_PADDING);
}

/* Who asks for the service and for a login in one go (Dropbear) may get both answers in one segment: how much of it is
 * the second. 0: it is SSH_MSG_EXT_INFO, and the grant is still to come. */
static uint32_t behind_grant(const struct walk *w, uint32_t at)
{
    enum { LONGEST_REFUSAL = 160 };
    const struct dialogue *d = w->d;
    uint32_t size = d->event[at].size;
    if (!w->e.service || !w->e.success || size < w->e.service + w->e.success || size > w->e.service + LONGEST_REFUSAL)
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
    w->granted = !w->e.service && event->size > LONGEST_GRANT ? 0 : event->size - rest;
    w->size = rest;
    w->out->waiting = rest > 0;
    return rest > 0;
}

/* True where the login went through. */
static bool take_answer(struct walk *w, uint32_t at)
{
    const struct login_event *event = &w->d->event[at];
    struct login_reading *out = w->out;
    if (!service_granted(w, at))
        return false;
    if (out->waiting)
        judge_request(w, event->ts_us);
    bool through = is_success(w, at) || holds_success(w, at);
    out->waiting = false;
    if (through) {
        out->success = true;
        out->success_us = event->ts_us;
        out->success_number = event->number;
        return true;
    }
    out->answers++;
    if (!w->refusal)
        w->refusal = w->size;
    else if (w->size == w->refusal) {
        out->failures++;
        out->typed_refusals += event->ts_us - w->asked_us > CONSIDERED_US || w->asked_after_us > TYPED_US;
    }
    if (event->ts_us - w->asked_us > w->slowest_us)
        w->slowest_us = event->ts_us - w->asked_us;
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
        else if (take_answer(w, i))
            return;
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
    struct walk w = {.d = d, .e = expect(d), .out = out};
    out->exact = w.e.success != 0;
    read_events(&w);
    if (d->events == LOGIN_EVENTS) { /* the end is not among the events kept */
        out->waiting = false;
        out->last_answer_us = connection->side[SIDE_SERVER].last_payload_us;
    }
    if (out->waiting && out->answers && said_goodbye(connection, d) && !request_before_goodbye(&w))
        out->waiting = false;
    for (int side = 0; side < 2; side++)
        if (d->encrypted_bytes[side] > SESSION_BYTES &&
            d->encrypted_bytes[side] / d->encrypted_packets[side] > SESSION_MEAN)
            out->success = out->exact = true;
}
