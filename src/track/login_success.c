/* Whether a login went through, by sizes and by what follows. */
#include "login_walk.h"

/* Bulk that no login moves: many bytes in large segments. A client that tries passwords without end moves many small
 * ones. */
enum { SESSION_BYTES = 20000, SESSION_MEAN = 200 };

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

bool login_succeeds(const struct walk *w, uint32_t at)
{
    return is_success(w, at) || holds_success(w, at) || holds_banner_and_success(w, at);
}

/* What both sides said after success: whether a session began. */
void login_read_after(const struct dialogue *d, uint32_t at, struct login_reading *out)
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

/* The most bytes that a side said at a stretch, from the client's third turn on: before it comes the service, and the
 * answer to the first request, which holds the login banner. */
static void most_at_a_stretch(const struct dialogue *d, uint64_t most[2], uint64_t *kept)
{
    uint64_t stretch = 0;
    unsigned turns = 0;
    for (uint32_t i = 0; i < d->events; i++) {
        const struct login_event *event = &d->event[i];
        const bool changes = i == 0 || d->event[i - 1].side != event->side;
        turns += changes && event->side == SIDE_CLIENT;
        stretch = (changes ? 0 : stretch) + event->size;
        if (turns >= 3 && stretch > most[event->side])
            most[event->side] = stretch;
        kept[event->side] += event->size;
    }
}

/* Bulk that only a session moves: what PAM says to each try is long only in all. Where sizes are known and none was
 * success, that outweighs bulk, unless not all of them were kept. */
bool login_moves_bulk(const struct walk *w)
{
    const struct dialogue *d = w->d;
    uint64_t most[2] = {0}, kept[2] = {0};
    if (w->e.success && d->events < LOGIN_EVENTS)
        return false;
    most_at_a_stretch(d, most, kept);
    for (int side = 0; side < 2; side++) {
        const uint64_t later = d->encrypted_bytes[side] - kept[side];
        if (most[side] + later > SESSION_BYTES && d->encrypted_bytes[side] / d->encrypted_packets[side] > SESSION_MEAN)
            return true;
    }
    return false;
}
