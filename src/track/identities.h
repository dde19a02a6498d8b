/* Whether one machine answers for an address: a bounded table of servers, by address, with the MAC addresses that claim
 * them and the looks of their accepted connections. Those that were not heard of for longest are forgotten first. */
#ifndef TRACK_IDENTITIES_H
#define TRACK_IDENTITIES_H

#include <sshsniff/host.h>
#include <sshsniff/packet.h>

#include "base/hash_index.h"
#include "base/keyed_hash.h"
#include "base/list.h"
#include "base/pool.h"

struct identities {
    struct pool pool; /* made with the first that is learned */
    struct index index;
    struct list order; /* oldest first */
    const struct hash_key *hash_key;
    uint32_t *failures; /* how often memory was out: the tracker's count */
    uint32_t most;      /* that are kept */
    bool made;
};

/* What one of them takes, without its places in the index. */
size_t identities_bytes_of_one(void);

void identities_init(struct identities *identities, uint32_t most, const struct hash_key *hash_key, uint32_t *failures);
void identities_destroy(struct identities *identities);

/* A PACKET_ARP: who claims an address on its own link. */
void identities_note_neighbour(struct identities *identities, const struct packet *packet);

/* A segment of a server's: the MAC address that sent it still speaks for the address, if it ever claimed it. */
void identities_note_segment(struct identities *identities, const struct packet *packet);

/* A SYN to this server that went to the MAC address `asked` was answered from `mac`, in frame `number`. */
void identities_note_answer(struct identities *identities, const struct address *server, const uint8_t *asked,
                            const uint8_t *mac, uint64_t number);

/* A connection that was accepted, once its banner came or it ended without. */
void identities_note_accepted(struct identities *identities, const struct attempt *attempt);

/* NULL: nothing is known. */
const struct server_identity *identities_of(const struct identities *identities, const struct address *address);

/* More than one MAC address claims it, so that rows read those of single packets. */
bool identities_disputed(const struct identities *identities, const struct address *address);

#endif
