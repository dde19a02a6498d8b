/* The table of hosts: bounded, hosts of which little is known are forgotten first. */
#ifndef TRACK_HOSTS_H
#define TRACK_HOSTS_H

#include <sshsniff/track.h>

#include "index.h"
#include "pool.h"
#include "queue.h"

struct host_entry {
    _Alignas(POOL_LINE) struct link link;
    uint32_t id, hash;
    /* What lies behind its ports is cleared: put off until somebody asks, for most hosts of a flood are met once. */
    bool open;
    bool learned; /* and perhaps something was written there */
    _Alignas(POOL_LINE) struct host host;
};

struct hosts {
    struct pool pool;
    struct index index;
    struct queue poor, rich; /* rich: something of its own was seen; kept longer than one that was only spoken to */
    uint64_t salt;
};

int hosts_init(struct hosts *hosts, uint32_t limit, uint64_t salt);
void hosts_destroy(struct hosts *hosts);
struct host *hosts_find(const struct hosts *hosts, const struct address *address);
/* The same for who only reads. */
const struct host *hosts_look(const struct hosts *hosts, const struct address *address);
/* Finds or makes; NULL only when memory is out. The pointer is good until the next hosts_get or hosts_meet. */
struct host *hosts_get(struct hosts *hosts, const struct address *address, int64_t now_us);

/* The same two with the address's hash at hand, for whoever needs no more than what comes before struct host's `own`:
 * the rest may not be there. */
struct host *hosts_glimpse(const struct hosts *hosts, const struct address *address, uint64_t hash);
struct host *hosts_meet(struct hosts *hosts, const struct address *address, uint64_t hash, int64_t now_us);
/* For who will write there. */
void host_open(struct host *host);
/* False where all of it is as it was at first. */
bool host_is_learned(const struct host *host);

/* What one packet tells of the host that sent it. `mac`: the card that it came from; NULL where that says nothing. */
void host_learn(struct hosts *hosts, struct host *host, int64_t ts_us, const uint8_t *mac);
/* The same of a packet's two ends, where they are known at all: strangers are not met in passing. The sender's host, or
 * NULL. Here, for every frame that passes comes by. */
static inline struct host *hosts_learn_sender(struct hosts *hosts, const struct address *address, uint64_t hash,
                                              int64_t ts_us, const uint8_t *mac)
{
    struct host *sender = hosts_glimpse(hosts, address, hash);
    if (sender)
        host_learn(hosts, sender, ts_us, mac);
    return sender;
}

static inline void hosts_learn_receiver(struct hosts *hosts, const struct address *address, uint64_t hash)
{
    struct host *receiver = hosts_glimpse(hosts, address, hash);
    if (receiver)
        receiver->received++;
}

/* A packet that is surely the host's own. */
void host_learn_own(struct host *host, const struct packet *packet);
/* State of one of its ports; the table keeps the latest few, and never forgets the answering ones for silent ones. */
/* `reply` is NULL where there is none of its own. */
void host_learn_port(struct host *host, uint16_t port, enum port_state state, uint8_t syn_tos,
                     const struct mark *reply);

#endif
