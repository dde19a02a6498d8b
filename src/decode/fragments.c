#include "fragments.h"

#include <stdlib.h>
#include <string.h>

#define DATAGRAMS     32
#define DATAGRAM_SIZE 65536
#define PIECES_MAX    128                     /* 64 KB over the smallest MTU that is met in practice */
#define LIFETIME_US   (30 * INT64_C(1000000)) /* as Linux's ipfrag_time */

struct piece {
    uint32_t start, end;
};

enum datagram_state {
    DATAGRAM_EMPTY = 0,
    DATAGRAM_GATHERING,
    DATAGRAM_COMPLETE, /* kept, so that a second copy of its fragments does not start it anew */
    DATAGRAM_SPOILED   /* kept, so that its remaining fragments do not start it anew */
};

struct datagram {
    enum datagram_state state;
    struct fragment_key key;
    struct datagram_header header;
    int64_t first_us;
    uint64_t order;    /* of arrival: the lowest is evicted; 0 in a slot that was never used */
    uint32_t received; /* bytes */
    uint32_t total;    /* bytes; 0 until the last fragment came */
    uint32_t captured; /* bytes from the start that no snaplen cut */
    uint32_t count;
    struct piece pieces[PIECES_MAX];
};

struct fragments {
    uint64_t arrivals;
    struct datagram datagrams[DATAGRAMS];
    uint8_t bytes[DATAGRAMS][DATAGRAM_SIZE];
};

void fragments_free(struct fragments *table)
{
    free(table);
}

static bool key_equal(const struct fragment_key *a, const struct fragment_key *b)
{
    return a->id == b->id && a->version == b->version && a->protocol == b->protocol &&
           address_equal(&a->src, &b->src) && address_equal(&a->dst, &b->dst);
}

/* Time may run backwards from one file to the next, or where frames are out of order. */
static bool expired(const struct datagram *g, int64_t now_us)
{
    uint64_t now = (uint64_t)now_us, then = (uint64_t)g->first_us;
    uint64_t age = now_us >= g->first_us ? now - then : then - now;
    return age > LIFETIME_US;
}

static void datagram_start(struct fragments *table, struct datagram *g, const struct fragment *piece)
{
    g->state = DATAGRAM_GATHERING;
    g->key = piece->key;
    g->first_us = piece->ts_us;
    g->order = ++table->arrivals;
    g->received = 0;
    g->total = 0;
    g->captured = DATAGRAM_SIZE;
    g->count = 0;
}

/* The piece's datagram, started or started anew where needed. */
static struct datagram *datagram_for(struct fragments *table, const struct fragment *piece)
{
    struct datagram *oldest = &table->datagrams[0];

    for (size_t i = 0; i < DATAGRAMS; i++) {
        struct datagram *g = &table->datagrams[i];
        if (g->state != DATAGRAM_EMPTY && key_equal(&g->key, &piece->key)) {
            if (expired(g, piece->ts_us))
                datagram_start(table, g, piece);
            return g;
        }
        if (g->order < oldest->order)
            oldest = g;
    }
    datagram_start(table, oldest, piece);
    return oldest;
}

/* The same bytes at the same place again, as a mirror port shows them, or a router's two interfaces. */
static bool is_duplicate(const struct datagram *g, const uint8_t *bytes, const struct fragment *piece, uint32_t end)
{
    for (uint32_t i = 0; i < g->count; i++) {
        if (g->pieces[i].start != piece->offset || g->pieces[i].end != end)
            continue;
        uint32_t known = g->captured > piece->offset ? g->captured - piece->offset : 0;
        uint32_t n = piece->bytes.captured < known ? piece->bytes.captured : known;
        return memcmp(bytes + piece->offset, piece->bytes.data, n) == 0;
    }
    return false;
}

/* Fits between the pieces that are there, and within the end that the last fragment set. */
static bool fits(const struct datagram *g, const struct fragment *piece, uint32_t end)
{
    if (g->count == PIECES_MAX || (g->total && (end > g->total || !piece->more)))
        return false;
    for (uint32_t i = 0; i < g->count; i++) {
        if (piece->offset < g->pieces[i].end && g->pieces[i].start < end)
            return false;
        if (!piece->more && g->pieces[i].end > end)
            return false;
    }
    return true;
}

static void piece_store(struct datagram *g, uint8_t *bytes, const struct fragment *piece, uint32_t end)
{
    memcpy(bytes + piece->offset, piece->bytes.data, piece->bytes.captured);
    if (piece->bytes.captured < piece->bytes.wire && piece->offset + piece->bytes.captured < g->captured)
        g->captured = piece->offset + piece->bytes.captured;
    g->pieces[g->count++] = (struct piece){piece->offset, end};
    g->received += piece->bytes.wire;
    if (piece->offset == 0)
        g->header = piece->header;
    if (!piece->more)
        g->total = end;
}

bool fragments_add(struct fragments **table, const struct fragment *piece, struct datagram_header *header,
                   struct span *whole)
{
    if (piece->bytes.wire == 0 || piece->bytes.wire > DATAGRAM_SIZE - 1 - piece->offset)
        return false;
    if (piece->more && piece->bytes.wire % 8)
        return false;
    if (!*table && !(*table = calloc(1, sizeof **table)))
        return false;

    uint32_t end = piece->offset + piece->bytes.wire;
    struct datagram *g = datagram_for(*table, piece);
    uint8_t *bytes = (*table)->bytes[g - (*table)->datagrams];
    if (g->state == DATAGRAM_SPOILED || is_duplicate(g, bytes, piece, end))
        return false;
    if (g->state == DATAGRAM_COMPLETE) /* another datagram, and the identification has come round */
        datagram_start(*table, g, piece);
    if (!fits(g, piece, end)) {
        g->state = DATAGRAM_SPOILED;
        return false;
    }
    piece_store(g, bytes, piece, end);
    if (g->received != g->total)
        return false;
    g->state = DATAGRAM_COMPLETE;
    *header = g->header;
    *whole = (struct span){bytes, g->captured < g->total ? g->captured : g->total, g->total};
    return true;
}
