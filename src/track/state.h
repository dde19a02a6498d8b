/* The tracker's own state, shared by the files of this room. */
#ifndef TRACK_STATE_H
#define TRACK_STATE_H

#include <sshsniff/tracker.h>

#include "base/hash_index.h"
#include "base/keyed_hash.h"
#include "base/list.h"
#include "base/pool.h"
#include "dialogue.h"
#include "dialogue_entry.h"
#include "fast/steady_segment.h"
#include "history_table.h"
#include "hosts.h"
#include "identities.h"
#include "legs.h"
#include "localities.h"
#include "name_tries.h"
#include "neighbours.h"
#include "others.h"
#include "queued.h"
#include "reset_texts.h"
#include "resolved_names.h"
#include "rule_prefixes.h"
#include "table_limits.h"
#include "traces.h"
#include "trail.h"

enum counted {
    COUNTED_ACCEPTED = 1,
    COUNTED_BANNER = 2,
    COUNTED_LOGIN = 4,
    COUNTED_HALF_OPEN = 8,
    COUNTED_SESSION = 16,
    COUNTED_VISIT = 32,
    COUNTED_LOOK = 64,
    COUNTED_FORGED = 128 /* noted as forged on its rival */
};

struct entry {
    struct queued queued;
    struct attempt attempt;
    int64_t decided_us;                             /* QUEUE_CLOSING: the deciding packet's time */
    uint32_t answer_id, connection_id, dialogue_id; /* id + 1; 0: none */
    uint32_t session; /* of a sub-flow: id + 1 of the attempt that it belongs to; 0: not known */
    /* Multipath TCP, by side: how far the session's stream is ahead of this connection's own bytes */
    uint32_t ahead[2];
    bool is_mapped[2];
    uint32_t legs_id;  /* 0: none */
    uint32_t trail_id; /* see trail.c */
    uint32_t rival;    /* id + 1 of another attempt of the same four-tuple: see rivals.h; 0: none */
    uint8_t counted;
    bool is_steady; /* as its last packet was taken: see fast/steady.h */
};

static inline struct entry *entry_of(const struct queued *q)
{
    return (struct entry *)((uint8_t *)q - offsetof(struct entry, queued));
}

/* A connection, and its place among those of its server. */
struct connection_entry {
    struct connection connection;
    struct entry *owner;
    struct list_link load;
};

/* By what the answer to a question is known (RFC 5452 section 9.1). */
struct dns_question {
    struct address server;
    uint16_t id, client_port;
};

/* Two families, asked of two servers, twice. */
enum { LOOKUP_QUESTIONS = 8 };

struct lookup_entry {
    struct lookup lookup;
    struct dns_question question[LOOKUP_QUESTIONS]; /* the latest */
    uint32_t questions;                             /* that were noted */
    struct address client;
    uint64_t first_hash, last_hash; /* of the names asked for first and last: see resolved_names.h */
    uint32_t open;                  /* questions without an answer yet */
    bool used, resolved, negative;
    bool of_resolver;      /* one question at least was no program's: see is_of_resolver */
    uint8_t asked, failed; /* enum address_family: asked for, answered that there is none */
};

/* A Multipath TCP session, by what its sub-flows call it. */
struct multipath_token {
    uint32_t token;
    uint32_t entry; /* id + 1; 0: none */
};

enum { LOOKUPS = 128, LOAD_BUCKETS = 1024, MULTIPATH_TOKENS = 32 };

struct tracker {
    struct tracker_options options; /* as given, but for what its pointers point to */
    struct decoder *decoder;
    struct port_set ports;
    bool live;
    bool knows_itself; /* the addresses of this machine were given */
    struct table_limits limits;
    struct stream_budget streams;
    case_handler handler;
    cache_handler known;
    void *context;
    struct hash_key hash_key;
    uint32_t src_hash, dst_hash; /* of the addresses of the packet in hand */
    struct pool entries, answers, connections, dialogues;
    struct pool compacts, refusals; /* struct compact_syn, and struct raw_headers of the RSTs that refuse them */
    struct pool tails;              /* by a compact SYN record's id: what of its SYN is too long for it */
    uint32_t syn_only_servers;      /* of the compacts, see fast/syn_only.h */
    struct index index;
    struct list queue[QUEUE_COUNT];
    uint8_t prefetched[QUEUE_COUNT]; /* of each queue's next, how many more the processor is fetching already */
    struct list load[LOAD_BUCKETS];  /* connections by the hash of their server, oldest first */
    struct hosts hosts;
    struct histories histories;
    struct neighbours neighbours;
    struct traces traces;
    struct trails trails;
    struct localities localities;
    struct identities identities;
    struct legs legs;
    struct rule_prefixes rule_prefixes;
    struct reset_texts reset_texts;
    struct answer compact_answer; /* of the compact SYN record in hand: only its refusal is ever set */
    struct capture_facts capture;
    struct tracker_stats stats;
    struct steady_hints hints;
    struct multipath_token multipath[MULTIPATH_TOKENS]; /* the latest sessions */
    uint32_t multipath_next;
    struct lookup_entry lookup[LOOKUPS];
    struct resolved_names resolved;
    struct name_tries name_tries;
    struct others others;
    uint32_t name_clients;  /* different ones that asked for a name, as far as they are remembered */
    uint32_t askers;        /* hosts that were made because they asked for a name or a neighbour */
    uint64_t ignored_aside; /* of the packets of no attempt, those that say nothing of anybody: see dispatch.c */
    uint32_t lookups_reported;
    uint32_t memory_failures, memory_failures_noted; /* of all tables; of them, those noted: see memory_out.h */
    bool unreadable_errors;                          /* an ICMP error came whose quoted packet could not be read */
    bool sums_are_good;     /* a SYN-ACK had a good checksum: no program rewrote the capture's addresses */
    int64_t last_lookup_us; /* 0: no name was ever asked for. Only soon after does a SYN need to look for its own */
    int64_t last_ts_us, scanned_us, advanced_us;
    int64_t latest_us;             /* of the frames so far, whatever was in them */
    uint64_t frames;               /* taken from whoever hands them over */
    struct read_ahead *read_ahead; /* of the source that is read; NULL: none */
    uint64_t alone_until;          /* the file's offset up to which this thread reads by itself */
    bool may_read_ahead;           /* of that source */
    bool reading;                  /* the first frames of the source were read */
};

/* Once for every packet, before anything else of it. */
static inline void tracker_note_time(struct tracker *t, int64_t ts_us)
{
    struct capture_facts *capture = &t->capture;
    hosts_trim(&t->hosts);
    capture->frames++;
    if (!capture->first_us)
        capture->first_us = ts_us;
    capture->out_of_order += ts_us < t->last_ts_us;
    t->last_ts_us = ts_us;
    if (ts_us > capture->last_us)
        capture->last_us = ts_us;
}

/* Counts that a hostile capture could run over stay at their most. */
static inline void add16(uint16_t *count)
{
    if (*count < UINT16_MAX)
        ++*count;
}

/* After so many encrypted segments of the server a login is settled, whether it was seen to be or not. */
enum { LOGIN_SETTLED = 60 };

#endif
