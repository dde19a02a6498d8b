/* What folding knows of an attempt and its verdict, and where it happened. */
#ifndef RUN_FOLD_ITEM_H
#define RUN_FOLD_ITEM_H

#include <stdbool.h>
#include <stdint.h>

#include <sshsniff/cause.h>
#include <sshsniff/tracker.h>

struct fold_item {
    enum cause cause;
    bool scan;                     /* the cause is one of scans */
    struct address server, client; /* none: not known, or there is none */
    uint16_t server_port;          /* 0: none */
    const char *name;              /* that did not resolve; "" where there is a server */
    int64_t began_us;              /* its first packet */
    int64_t seen_us;               /* when its verdict came */
};

struct fold_item fold_item_of_attempt(const struct attempt *attempt, enum cause cause, int64_t seen_us);
struct fold_item fold_item_of_summary(const struct attempt_summary *summary, enum cause cause, int64_t seen_us);

/* The server's address and port, or the name that led to none. */
struct fold_place {
    struct address server;
    uint16_t port;
    char name[DNS_NAME_SIZE];
};

bool fold_same_place(const struct fold_place *place, const struct fold_item *item);
void fold_set_place(struct fold_place *place, const struct fold_item *item);
/* Leaves of it what is true of the item too: none of what differs. */
void fold_narrow_place(struct fold_place *place, const struct fold_item *item);

#endif
