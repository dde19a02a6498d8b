/* Sets of clients, for folding: who had logged in, and how many different ones a line stands for. All bounded. */
#ifndef RUN_FOLD_CLIENTS_H
#define RUN_FOLD_CLIENTS_H

#include <stdbool.h>
#include <stdint.h>

#include <sshsniff/address.h>

#include "base/keyed_hash.h"

/* ---- Clients that had logged in: the latest of them, a few thousand ---- */

enum { KNOWN_SETS = 1024, KNOWN_WAYS = 4 };

/* All zero: empty. In a full set the one that came first makes room. */
struct known_clients {
    struct address client[KNOWN_SETS][KNOWN_WAYS];
    uint8_t next[KNOWN_SETS];
};

void known_clients_add(struct known_clients *known, const struct address *client);
bool known_clients_has(const struct known_clients *known, const struct address *client);

/* ---- How many different clients ---- */

enum { COUNTED_CLIENTS = 2048, COUNTED_SLOTS = 2 * COUNTED_CLIENTS };

/* All zero but for `hash_key`: empty. */
struct counted_clients {
    const struct hash_key *hash_key;
    uint32_t count; /* different ones */
    bool more;      /* than COUNTED_CLIENTS came */
    struct address slot[COUNTED_SLOTS];
};

void counted_clients_add(struct counted_clients *counted, const struct address *client);
void counted_clients_clear(struct counted_clients *counted);

/* ---- Whether many clients came within a minute ---- */

enum { FEW_CLIENTS = 5, CROWD_WITHIN_US = 60 * 1000000 };

/* The latest different ones, with the time of each. All zero: none. */
struct recent_clients {
    struct address client[FEW_CLIENTS + 1];
    int64_t seen_us[FEW_CLIENTS + 1];
    uint32_t count;
};

/* Adds one; true where more than FEW_CLIENTS have come within CROWD_WITHIN_US up to now. */
bool recent_clients_add(struct recent_clients *recent, const struct address *client, int64_t now_us);

#endif
