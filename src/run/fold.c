#include "fold.h"

#include <stdlib.h>

#include "base/hash_index.h"
#include "base/keyed_hash.h"
#include "fold_clients.h"

#define SECOND_US 1000000

/* A line is told when nothing has come for QUIET_US, or MINUTE_US after the first that it stands for. Each further line
 * of a fold waits twice as long: an hour of noise is a handful of lines. After LONGEST_US without any, the fold is
 * over, and the next attempt is told in full again. */
#define QUIET_US   (20 * (int64_t)SECOND_US)
#define MINUTE_US  (60 * (int64_t)SECOND_US)
#define LONGEST_US (600 * (int64_t)SECOND_US)
#define LOOK_US    (SECOND_US / 4) /* how often lines that may be due are looked for */

enum { OPEN_FOLDS = 256, WATCHED_KINDS = 64 };

struct open_fold {
    bool used;
    bool of_clients; /* of all clients, not of one */
    uint32_t key;
    enum cause cause;
    struct fold_place place; /* a fold of scans is of all places, and this is where the counted ones were, if at one */
    struct address client;   /* none where of_clients */
    uint64_t count;          /* not told yet */
    int64_t first_us;        /* when the first of those began */
    int64_t last_us;         /* and the last */
    int64_t count_since_us;  /* when the first of those was seen */
    int64_t seen_us;         /* the last of all */
    unsigned lines;          /* told */
    struct counted_clients *clients; /* of those not told yet; NULL where it is not of clients, or memory was out */
};

/* Who met a cause at a place lately: whether they are many. */
struct watched_kind {
    bool used;
    enum cause cause;
    struct fold_place place;
    int64_t seen_us;
    struct recent_clients clients;
};

struct fold {
    fold_handler handler;
    void *context;
    int64_t now_us, looked_us;
    struct hash_key hash_key;
    struct open_fold *latest; /* that something was added to: under a flood it is the next one too */
    struct index index;       /* of the open ones, by their keys */
    struct open_fold open[OPEN_FOLDS];
    struct watched_kind watched[WATCHED_KINDS];
    struct known_clients logged_in;
    struct address *own; /* sorted */
    size_t own_count;
};

/* ---- Clients that stay by themselves ---- */

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct address));
}

bool fold_own_addresses(struct fold *fold, const struct address *address, size_t count)
{
    if (count == 0)
        return true;
    struct address *own = realloc(fold->own, (fold->own_count + count) * sizeof *own);
    if (own == NULL)
        return false;
    memcpy(own + fold->own_count, address, count * sizeof *own);
    fold->own = own;
    fold->own_count += count;
    qsort(own, fold->own_count, sizeof *own, by_bytes);
    return true;
}

static bool stays_alone(const struct fold *fold, const struct address *client)
{
    return known_clients_has(&fold->logged_in, client) ||
           (fold->own_count > 0 && bsearch(client, fold->own, fold->own_count, sizeof *client, by_bytes) != NULL);
}

/* ---- Open folds ---- */

static void tell(struct fold *fold, struct open_fold *open)
{
    if (open->count == 0)
        return;
    const struct folded_attempts folded = {
        .cause = open->cause,
        .server = open->place.server,
        .client = open->client,
        .server_port = open->place.port,
        .name = open->place.name,
        .count = open->count,
        .clients = open->clients != NULL ? open->clients->count : 0,
        .more_clients = open->clients != NULL && open->clients->more,
        .first_us = open->first_us,
        .last_us = open->last_us,
    };
    fold->handler(fold->context, &folded);
    open->count = 0;
    open->lines++;
    if (open->clients != NULL)
        counted_clients_clear(open->clients);
}

static void close_fold(struct fold *fold, struct open_fold *open)
{
    tell(fold, open);
    free(open->clients);
    if (open->used)
        index_remove(&fold->index, open->key, (uint32_t)(open - fold->open));
    *open = (struct open_fold){0};
}

static int64_t longer(int64_t wait_us, unsigned lines)
{
    for (; lines > 0 && wait_us < LONGEST_US; lines--)
        wait_us *= 2;
    return wait_us < LONGEST_US ? wait_us : LONGEST_US;
}

static bool line_is_due(const struct open_fold *open, int64_t now_us)
{
    return open->count > 0 && (now_us - open->seen_us >= longer(QUIET_US, open->lines) ||
                               now_us - open->count_since_us >= longer(MINUTE_US, open->lines));
}

/* Folds of one kind have the same key, and others seldom do. */
static uint32_t key_of(const struct fold *fold, const struct fold_item *item, bool of_clients)
{
    const struct hash_key *key = &fold->hash_key;
    const uint32_t client = item->scan || of_clients ? 0 : hash_address(&item->client, key);
    const uint32_t server = item->scan ? 0 : hash_address(&item->server, key);
    const uint16_t port = item->scan ? 0 : item->server_port;
    return hash_flow(client, (uint16_t)(item->cause << 1 | of_clients), server, port, key);
}

/* The one that something was added to longest ago makes room. */
static struct open_fold *empty_fold(struct fold *fold)
{
    struct open_fold *oldest = &fold->open[0];
    for (size_t i = 0; i < OPEN_FOLDS; i++) {
        if (!fold->open[i].used)
            return &fold->open[i];
        if (fold->open[i].seen_us < oldest->seen_us)
            oldest = &fold->open[i];
    }
    close_fold(fold, oldest);
    return oldest;
}

static struct open_fold *open_fold(struct fold *fold, const struct fold_item *item, bool of_clients)
{
    struct open_fold *open = empty_fold(fold);
    open->used = true;
    open->of_clients = of_clients;
    open->cause = item->cause;
    fold_set_place(&open->place, item);
    open->seen_us = fold->now_us;
    if (!of_clients)
        open->client = item->client;
    else if ((open->clients = calloc(1, sizeof *open->clients)) != NULL)
        open->clients->hash_key = &fold->hash_key;
    open->key = key_of(fold, item, of_clients);
    (void)index_insert(&fold->index, open->key, (uint32_t)(open - fold->open)); /* else it is not found, and told */
    fold->latest = open;
    return open;
}

static bool is_of(const struct open_fold *open, const struct fold_item *item, bool of_clients)
{
    if (!open->used || open->cause != item->cause || open->of_clients != of_clients)
        return false;
    if (of_clients && item->scan)
        return true;
    return fold_same_place(&open->place, item) && (of_clients || address_equal(&open->client, &item->client));
}

static struct open_fold *find(struct fold *fold, const struct fold_item *item, bool of_clients)
{
    if (fold->latest != NULL && is_of(fold->latest, item, of_clients))
        return fold->latest;
    const uint32_t key = key_of(fold, item, of_clients);
    uint32_t cursor = key & fold->index.mask, id;
    while ((id = index_next(&fold->index, key, &cursor)) != POOL_NONE)
        if (is_of(&fold->open[id], item, of_clients))
            return &fold->open[id];
    return NULL;
}

static void add(struct fold *fold, struct open_fold *open, const struct fold_item *item)
{
    fold->latest = open;
    open->seen_us = fold->now_us;
    if (open->count++ == 0) {
        open->count_since_us = fold->now_us;
        open->first_us = open->last_us = item->began_us;
        fold_set_place(&open->place, item);
    }
    if (item->began_us < open->first_us)
        open->first_us = item->began_us;
    if (item->began_us > open->last_us)
        open->last_us = item->began_us;
    fold_narrow_place(&open->place, item);
    if (open->clients != NULL)
        counted_clients_add(open->clients, &item->client);
}

/* ---- Many clients ---- */

static struct watched_kind *watched_of(struct fold *fold, const struct fold_item *item)
{
    struct watched_kind *place = &fold->watched[0];
    for (size_t i = 0; i < WATCHED_KINDS; i++) {
        struct watched_kind *kind = &fold->watched[i];
        if (kind->used && kind->cause == item->cause && fold_same_place(&kind->place, item))
            return kind;
        if (place->used && (!kind->used || kind->seen_us < place->seen_us))
            place = kind;
    }
    *place = (struct watched_kind){.used = true, .cause = item->cause};
    fold_set_place(&place->place, item);
    return place;
}

/* Whether this one belongs to a crowd: more than a few clients within a minute. */
static bool is_crowd(struct fold *fold, const struct fold_item *item)
{
    if (address_is_none(&item->client) || stays_alone(fold, &item->client))
        return false;
    struct watched_kind *kind = watched_of(fold, item);
    kind->seen_us = fold->now_us;
    return recent_clients_add(&kind->clients, &item->client, fold->now_us);
}

/* ---- All together ---- */

static void pass_time(struct fold *fold, int64_t now_us)
{
    if (now_us > fold->now_us)
        fold->now_us = now_us;
}

bool fold_goes_on(struct fold *fold, const struct fold_item *item)
{
    if (item->cause == CAUSE_NONE)
        return false;
    pass_time(fold, item->seen_us);
    struct open_fold *open = NULL;
    if (item->scan || !stays_alone(fold, &item->client))
        open = find(fold, item, true);
    if (open == NULL && !item->scan)
        open = find(fold, item, false);
    if (open == NULL)
        return false;
    add(fold, open, item);
    return true;
}

/* What failed before this login is over. */
static void login(struct fold *fold, const struct fold_item *item)
{
    known_clients_add(&fold->logged_in, &item->client);
    for (size_t i = 0; i < OPEN_FOLDS; i++) {
        struct open_fold *open = &fold->open[i];
        if (open->used && !open->of_clients && address_equal(&open->client, &item->client) &&
            fold_same_place(&open->place, item))
            close_fold(fold, open);
    }
}

bool fold_takes(struct fold *fold, const struct fold_item *item)
{
    fold_advance(fold, item->seen_us);
    if (item->cause == CAUSE_NONE) {
        login(fold, item);
        return false;
    }
    const bool scan = item->scan;
    const bool crowd = !scan && is_crowd(fold, item);
    if (fold_goes_on(fold, item))
        return true;
    struct open_fold *open = open_fold(fold, item, scan || crowd);
    if (crowd)
        add(fold, open, item);
    return crowd;
}

void fold_advance(struct fold *fold, int64_t now_us)
{
    pass_time(fold, now_us);
    if (fold->now_us - fold->looked_us < LOOK_US)
        return;
    fold->looked_us = fold->now_us;
    for (size_t i = 0; i < OPEN_FOLDS; i++) {
        struct open_fold *open = &fold->open[i];
        if (open->used && fold->now_us - open->seen_us > LONGEST_US)
            close_fold(fold, open);
        else if (line_is_due(open, fold->now_us))
            tell(fold, open);
    }
}

void fold_finish(struct fold *fold)
{
    for (size_t i = 0; i < OPEN_FOLDS; i++)
        close_fold(fold, &fold->open[i]);
}

struct fold *fold_new(fold_handler handler, void *context)
{
    struct fold *fold = calloc(1, sizeof *fold);
    if (fold == NULL || !index_init(&fold->index)) {
        free(fold);
        return NULL;
    }
    fold->handler = handler;
    fold->context = context;
    fold->now_us = fold->looked_us = INT64_MIN / 2;
    hash_key_draw(&fold->hash_key);
    return fold;
}

void fold_free(struct fold *fold)
{
    if (fold == NULL)
        return;
    for (size_t i = 0; i < OPEN_FOLDS; i++)
        free(fold->open[i].clients);
    free(fold->own);
    index_destroy(&fold->index);
    free(fold);
}
