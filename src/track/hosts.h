/* The table of hosts: bounded, hosts of which little is known are forgotten first. */
#ifndef TRACK_HOSTS_H
#define TRACK_HOSTS_H

#include <sshsniff/tracker.h>

#include "base/hash_index.h"
#include "base/keyed_hash.h"
#include "base/list.h"
#include "base/pool.h"

struct host_entry {
    _Alignas(POOL_LINE) struct list_link link;
    uint32_t id, hash;
    int64_t joined_us; /* its queue */
    /* What lies behind its ports is cleared: put off until somebody asks, for most hosts of a flood are met once. */
    bool open;
    bool learned; /* and perhaps something was written there */
    _Alignas(POOL_LINE) struct host host;
};

#define NOBODY 0

/* In the index, the id of one that no host was made of yet. */
#define SYN_ONLY_ID UINT32_C(0x80000000)

/* Makes a host of the server of this compact SYN record and returns it, if it has this address. */
typedef struct host *(*syn_only_handler)(void *context, uint32_t id, const struct address *address);

struct hosts {
    struct pool pool; /* its first item, NOBODY, stands for whoever is not known */
    struct index index;
    struct list passive,
        active;      /* active: something of its own was seen; kept longer than one that was only spoken to */
    struct list own; /* the capturing machine's addresses: never forgotten */
    const struct hash_key *hash_key;
    uint32_t limit;
    syn_only_handler syn_only;
    void *context;
};

int hosts_init(struct hosts *hosts, uint32_t limit, const struct hash_key *hash_key, syn_only_handler syn_only,
               void *context);
void hosts_destroy(struct hosts *hosts);
struct host *hosts_find(const struct hosts *hosts, const struct address *address);
/* The same for who only reads. */
const struct host *hosts_look(const struct hosts *hosts, const struct address *address);
/* Forgets those over the limit. A pointer to a host is good until then; hosts_get and hosts_meet do it too. */
void hosts_forget(struct hosts *hosts);
static inline void hosts_trim(struct hosts *hosts)
{
    if (hosts->pool.in_use > hosts->limit)
        hosts_forget(hosts);
}

/* Finds or makes; NULL only when memory is out. */
struct host *hosts_get(struct hosts *hosts, const struct address *address, int64_t now_us);

/* The same two with the address's hash at hand, for whoever needs no more than what comes before struct host's `own`:
 * the rest may not be there. */
struct host *hosts_search(const struct hosts *hosts, const struct address *address, uint32_t hash);
static inline struct host *hosts_peek(const struct hosts *hosts, const struct address *address, uint32_t hash)
{
    return index_holds(&hosts->index, hash) ? hosts_search(hosts, address, hash) : NULL; /* most are unknown */
}
struct host *hosts_meet(struct hosts *hosts, const struct address *address, uint32_t hash, int64_t now_us);
/* One that is not there yet; NULL only when memory is out. None is forgotten for it. */
struct host *hosts_add(struct hosts *hosts, const struct address *address, uint32_t hash, int64_t now_us);
/* An address of the capturing machine, beside `limit` others; called before any of them. False when memory is out. */
bool hosts_add_local(struct hosts *hosts, const struct address *address);
/* For who will write there. */
void host_open(struct host *host);
/* False where all of it is as it was at first. */
bool host_is_learned(const struct host *host);

/* All of them, for the caller to free: those of which something of their own was seen first, and in order of time, for
 * one that was seen only as a SYN's target is in its queue only since it was asked for. NULL and 0 when memory is out.
 */
struct host **hosts_list(const struct hosts *hosts, size_t *count);

static inline bool host_has_mac(const struct host *host, const uint8_t *mac)
{
    uint32_t known, head;
    uint16_t known_rest, rest;
    memcpy(&known, host->macs[0], 4);
    memcpy(&known_rest, host->macs[0] + 4, 2);
    memcpy(&head, mac, 4);
    memcpy(&rest, mac + 4, 2);
    return !((known ^ head) | (uint32_t)(known_rest ^ rest));
}

/* What one packet shows of the host that sent it. `mac`: its source; NULL where that says nothing. */
void host_learn(struct hosts *hosts, struct host *host, int64_t ts_us, const uint8_t *mac);
/* The same of a packet's sender where it is known at all, for none is made of it: its host, or NULL. Here, for every
 * frame comes by. */
static inline struct host *hosts_learn_sender(struct hosts *hosts, const struct address *address, uint32_t hash,
                                              int64_t ts_us, const uint8_t *mac)
{
    struct host *sender = hosts_peek(hosts, address, hash);
    if (sender)
        host_learn(hosts, sender, ts_us, mac);
    return sender;
}

/* The host that this hash most likely leads to, or NOBODY. */
static inline struct host *hosts_likely(const struct hosts *hosts, uint32_t hash)
{
    const struct index_slot *slot = index_home(&hosts->index, hash);
    const bool here = (slot->hash == hash) & !(index_id(slot) & SYN_ONLY_ID); /* POOL_NONE has that bit, too */
    return &((struct host_entry *)pool_at(&hosts->pool, index_id(slot) & -(uint32_t)here))->host;
}

static inline bool hosts_is_nobody(const struct hosts *hosts, const struct host *host)
{
    return host == &((const struct host_entry *)pool_at(&hosts->pool, NOBODY))->host;
}

/* True where that is at once seen to be right. */
static inline bool hosts_is_right(const struct hosts *hosts, const struct address *address, uint32_t hash,
                                  const struct host *likely)
{
    return (int)(index_home(&hosts->index, hash)->place == 0) |
           ((int)!hosts_is_nobody(hosts, likely) & (int)address_equal(&likely->address, address));
}

/* hosts_learn_sender for a packet that shows no more: of no attempt, or of a session that goes on (`of_ssh`). Whether
 * its sender is known cannot be foreseen, so that a branch on it costs more than all the rest. */
static inline void hosts_note_sender(struct hosts *hosts, const struct address *address, uint32_t hash, int64_t ts_us,
                                     const uint8_t *mac, bool of_ssh)
{
    struct host *sender = hosts_likely(hosts, hash);
    if ((int)hosts_is_right(hosts, address, hash, sender) & (int)(sender->packets > 0) &
        ((int)hosts_is_nobody(hosts, sender) | (int)host_has_mac(sender, mac)))
        sender->packets++;
    else
        sender = hosts_learn_sender(hosts, address, hash, ts_us, mac);
    if (of_ssh && sender) /* known where this is compiled: a packet of no attempt pays nothing */
        sender->ssh_or_lookup_packets++;
}

/* A packet that is surely the host's own. */
void host_learn_own(struct host *host, const struct packet *packet);
/* The same of a data segment without a direction, by its mark; the host is open. */
void host_learn_data(struct host *host, const struct mark *mark);
/* A SYN-ACK whose SYN was not captured, by its mark, once the client has acknowledged it. */
void host_learn_synack(struct host *host, uint16_t port, const struct mark *synack);
/* State of one of its ports; the table keeps the latest few, and never forgets the answering ones for silent ones. */
/* `reply` is NULL where there is none of its own. */
void host_learn_port(struct host *host, uint16_t port, enum port_state state, uint8_t syn_tos,
                     const struct mark *reply);
/* A connection that one of its ports accepted; one that got a banner. */
void host_count_accepted(struct host *server, uint16_t port);
void host_count_bannered(struct host *server, uint16_t port);
void host_count_left_early(struct host *server, uint16_t port);
/* What a RST that refuses a SYN says of the server. */
void host_learn_refusal(struct host *server, uint16_t port, uint8_t syn_tos, const struct mark *refusal);
/* Who wrote its TCP, by a SYN-ACK that answers this SYN, and by its version string. The host is open. */
void host_learn_stack(struct host *server, const struct syn_shape *syn, const struct packet *synack);
void host_learn_version(struct host *server, const char *version, uint64_t number);
/* An ICMP error quotes a SYN for it that had been sent with this TOS. */
void host_learn_quoted_tos(struct host *server, uint8_t sent, const struct packet *error);
/* The server answered after so long, as frame `number` shows. */
void hosts_learn_rtt(struct hosts *hosts, const struct address *server, uint64_t number, int64_t ts_us, int64_t rtt_us);

#endif
