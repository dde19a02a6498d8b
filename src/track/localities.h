/* Which addresses are the capturing machine's own, and which are surely other machines': learned from the direction in
 * which packets cross it (Linux cooked captures). A machine's own packets leave it without having come in, and with
 * the TTL that a stack begins with; what it forwards came in before. A packet that leaves is for somebody else.
 *
 * Captures without directions teach nothing here, and cost nothing. */
#ifndef TRACK_LOCALITIES_H
#define TRACK_LOCALITIES_H

#include <sshsniff/host.h>
#include <sshsniff/packet.h>

#include "base/hash_index.h"
#include "base/keyed_hash.h"
#include "base/list.h"
#include "base/pool.h"

enum { OWN_NETWORKS = 16 };

struct localities {
    uint32_t *failures; /* how often memory was out: the tracker's count */
    struct pool pool;   /* made with the first packet that has a direction */
    struct index index;
    struct list senders, others; /* whether any packet was sent from here by it; the oldest first */
    const struct hash_key *hash_key;
    /* Addresses of this machine, of different networks, and an interface by which a packet of each left. */
    struct {
        struct address address;
        uint32_t interface;
    } own[OWN_NETWORKS];
    uint32_t own_used;
    uint32_t most; /* that are kept */
    bool made;
    uint64_t forwards_number; /* the latest packet that came in and left with a TTL one less and the same addresses; 0:
                                 none */
};

/* What one of them takes, without its places in the index. */
size_t localities_bytes_of_one(void);

void localities_init(struct localities *localities, uint32_t most, const struct hash_key *hash_key, uint32_t *failures);
void localities_destroy(struct localities *localities);

/* hash_address of a packet's addresses, with the key of localities_init. */
struct address_hashes {
    uint32_t src, dst;
};

/* A packet of any kind but PACKET_NOT_IP. */
void localities_learn(struct localities *localities, const struct packet *packet, const struct address_hashes *hashes);

enum locality localities_of(const struct localities *localities, const struct address *address);

/* An address from which this machine speaks on that interface, of another network than `address` and the same family.
 * NULL where none is known, or where one in the same network is: a machine may have several there. `interface` is 0
 * where the capture does not tell interfaces apart. */
const struct address *localities_other(const struct localities *localities, const struct address *address,
                                       uint32_t interface);

#endif
