#include <stdlib.h>
#include <string.h>

#include "banner_grab.h"
#include "banners.h"

enum { AT_ONCE = 24, QUEUED = 512, RETRIES = 64, RETRIES_AT_ONCE = 6, TRIES = 3, KEPT = PROBE_SERVICES };

#define APART_US                                                                                                       \
    15000 /* for each time that a port turned us away: a server that has had enough needs time to let go               \
           */

struct banners {
    struct address target;
    uint32_t scope;
    int64_t wait_us;
    struct port_set known;
    uint16_t queue[QUEUED];
    struct {
        uint16_t port;
        unsigned tries;
        bool mute, closed;
    } retry[RETRIES];
    unsigned queued, begun, retries; /* retries: asked once more, few at once, when all others are done */
    int64_t ended_us;                /* the latest connection */
    struct banner_grab grab[AT_ONCE];
    struct probe_service result[AT_ONCE];
    bool busy[AT_ONCE];
    unsigned tries[AT_ONCE]; /* of the port, with this one */
    unsigned active;
    bool retries_begun, lossy;
    struct probe_service kept[KEPT];
    unsigned used;
};

struct banners *banners_new(const struct address *target, uint32_t scope, int64_t wait_us)
{
    struct banners *b = calloc(1, sizeof *b);
    if (b == NULL)
        return NULL;
    b->target = *target;
    b->scope = scope;
    b->wait_us = wait_us;
    return b;
}

void banners_free(struct banners *b)
{
    for (unsigned i = 0; b != NULL && i < AT_ONCE; i++)
        if (b->busy[i])
            grab_end(&b->grab[i]);
    free(b);
}

void banners_add(struct banners *b, uint16_t port)
{
    if (b == NULL || port_set_has(&b->known, port) || b->queued == QUEUED)
        return;
    b->known.bits[port >> 6] |= 1ULL << (port & 63);
    b->queue[b->queued++] = port;
}

/* Makes room for a port that speaks SSH by forgetting one that does not. */
static struct probe_service *place_for(struct probe_service *out, unsigned *used, unsigned max,
                                       const struct probe_service *found)
{
    for (unsigned i = 0; i < *used; i++)
        if (out[i].port == found->port)
            return found->is_ssh ? &out[i] : NULL;
    if (*used < max)
        return &out[(*used)++];
    for (unsigned i = 0; i < max && found->is_ssh; i++)
        if (!out[i].is_ssh)
            return &out[i];
    return NULL;
}

static void begin(struct banners *b, unsigned slot, uint16_t port, unsigned tries, int64_t now_us)
{
    b->tries[slot] = tries;
    b->busy[slot] = grab_start(&b->grab[slot], &b->target, b->scope, port, 0, b->wait_us, &b->result[slot], now_us);
    b->active += b->busy[slot];
}

/* A server that is asked on many ports at once may turn some of them away (MaxStartups), and a path that is busy with
 * the sweep may lose what a connection needs: neither is a word about what listens there. */
static void keep(struct banners *b, unsigned slot, int64_t now_us)
{
    const struct probe_service *result = &b->result[slot];
    unsigned most = result->closed ? TRIES : 2;
    bool mute = result->accepted && !result->closed && result->banner[0] == '\0';
    bool inconclusive = !result->is_ssh && (result->closed || !result->accepted || mute);
    b->busy[slot] = false;
    b->active--;
    b->ended_us = now_us;
    if (inconclusive && b->tries[slot] < most && b->retries < RETRIES) {
        b->retry[b->retries].tries = b->tries[slot];
        b->retry[b->retries].port = result->port;
        b->retry[b->retries].closed = result->closed;
        b->retry[b->retries++].mute = mute;
    }
    struct probe_service *place = result->accepted ? place_for(b->kept, &b->used, KEPT, result) : NULL;
    if (place != NULL)
        *place = *result;
}

/* The second attempts wait for all first ones, and one that was turned away comes alone. Silence costs long to ask for
 * again, so only on a path that loses. */
static void begin_next(struct banners *b, unsigned slot, bool sweep_over, int64_t now_us)
{
    while (sweep_over && !b->lossy && b->retries > 0 && b->retry[b->retries - 1].mute)
        b->retries--;
    bool turned_away = b->retries > 0 && b->retry[b->retries - 1].closed;
    unsigned most = turned_away ? 1 : RETRIES_AT_ONCE;
    if (b->begun < b->queued) {
        begin(b, slot, b->queue[b->begun++], 1, now_us);
        return;
    }
    if (!sweep_over || b->retries == 0 || (!b->retries_begun && b->active > 0) || b->active >= most)
        return;
    unsigned tries = b->retry[b->retries - 1].tries;
    if (turned_away && now_us - b->ended_us < APART_US * (int64_t)tries)
        return;
    b->retries_begun = true;
    begin(b, slot, b->retry[--b->retries].port, tries + 1, now_us);
}

void banners_expect_loss(struct banners *b)
{
    if (b != NULL)
        b->lossy = true;
}

bool banners_step(struct banners *b, bool sweep_over, int64_t now_us)
{
    if (b == NULL)
        return false;
    for (unsigned i = 0; i < AT_ONCE; i++) {
        if (!b->busy[i])
            begin_next(b, i, sweep_over, now_us);
        if (b->busy[i] && !grab_step(&b->grab[i], now_us))
            keep(b, i, now_us);
    }
    return b->active > 0 || b->begun < b->queued || b->retries > 0;
}

static int ssh_first(const void *a, const void *b)
{
    const struct probe_service *left = a, *right = b;
    if (left->is_ssh != right->is_ssh)
        return left->is_ssh ? -1 : 1;
    return (left->port > right->port) - (left->port < right->port);
}

void banners_merge(const struct banners *b, struct probe_facts *facts)
{
    if (b == NULL)
        return;
    for (unsigned i = 0; i < b->used; i++) {
        struct probe_service *place = place_for(facts->service, &facts->services, PROBE_SERVICES, &b->kept[i]);
        if (place != NULL)
            *place = b->kept[i];
    }
    qsort(facts->service, facts->services, sizeof *facts->service, ssh_first);
}
