/* The tracker's own state, shared by the files of this room. */
#ifndef TRACK_STATE_H
#define TRACK_STATE_H

#include <sshsniff/tracker.h>

#include "base/hash_index.h"
#include "base/list.h"
#include "base/pool.h"
#include "dialogue.h"
#include "history_table.h"
#include "hosts.h"
#include "neighbours.h"
#include "queues.h"
#include "track/fast/steady.h"

enum counted {
    COUNTED_ACCEPTED = 1,
    COUNTED_BANNER = 2,
    COUNTED_LOGIN = 4,
    COUNTED_HALF_OPEN = 8,
    COUNTED_SESSION = 16
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
    uint8_t counted;
    bool is_steady; /* as its last packet was taken: see cruise.h */
};

static inline struct entry *entry_of(const struct queued *w)
{
    return (struct entry *)((uint8_t *)w - offsetof(struct entry, queued));
}

/* A connection, and its place among those of its server. */
struct connection_entry {
    struct connection connection;
    struct entry *owner;
    struct list_link load;
};

struct lookup_entry {
    struct lookup lookup;
    struct address client;
    uint32_t open; /* questions without an answer yet */
    bool used, resolved, negative;
    bool asked_ipv4, asked_ipv6;
};

/* A Multipath TCP session, by what its sub-flows call it. */
struct multipath_token {
    uint32_t token;
    uint32_t entry; /* id + 1; 0: none */
};

enum { LOOKUPS = 128, LOAD_BUCKETS = 1024, MULTIPATH_TOKENS = 32 };

struct tracker {
    struct port_set ports;
    bool live;
    bool knows_itself; /* the addresses of this machine were given */
    uint32_t held_limit;
    case_handler handler;
    cache_handler known;
    void *context;
    uint64_t salt;
    uint64_t src_hash, dst_hash; /* of the addresses of the packet in hand */
    struct pool entries, answers, connections, dialogues;
    struct pool compacts, refusals; /* struct brief, and struct raw_headers of the RSTs that refuse them */
    struct pool tails;              /* by a brief's id: what of its SYN is too long for it */
    struct prefault prefault;       /* for those that become large under a flood */
    uint32_t max_attempts;          /* entries and compacts */
    uint32_t syn_only_servers;      /* of the compacts, see syn_only_servers.h */
    struct index index;
    struct list queue[QUEUE_COUNT];
    uint8_t prefetched[QUEUE_COUNT]; /* of each queue's next, how many more the processor was told to fetch */
    struct list load[LOAD_BUCKETS];  /* connections by the hash of their server, oldest first */
    struct hosts hosts;
    struct histories histories;
    struct neighbours neighbours;
    struct answer compact_answer; /* of the brief being told of: only its refusal is ever set */
    struct capture_facts capture;
    struct tracker_stats stats;
    struct steady_hints hints;
    struct multipath_token multipath[MULTIPATH_TOKENS]; /* the latest sessions */
    uint32_t multipath_next;
    struct lookup_entry lookup[LOOKUPS];
    uint32_t lookups_reported;
    bool unreadable_errors; /* an ICMP error came whose quoted packet could not be read */
    bool sums_are_good;     /* a SYN-ACK had a good checksum: no program rewrote the capture's addresses */
    int64_t last_lookup_us; /* 0: no name was ever asked for. Only soon after does a SYN need to look for its own */
    int64_t last_ts_us, scanned_us;
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

/* Of both ends' hash_address and ports. The same for both directions, so that one probe serves a packet whichever way
 * it goes. */
static inline uint32_t flow_hash(uint64_t a, uint16_t a_port, uint64_t b, uint16_t b_port)
{
    return (uint32_t)hash_fold(a ^ (uint64_t)a_port << 24, b ^ (uint64_t)b_port << 24);
}

/* Two SYNs alike within this time are one frame seen twice: no stack retransmits a SYN sooner (RFC 6298: 1 s; ports of
 * tcp_syn_linear_timeouts: 1 s; Windows: 0.5 s after a RST). */
enum { SAME_SYN_US = 200000 };

/* Counts that a hostile capture could run over stay at their most. */
static inline void add16(uint16_t *count)
{
    if (*count < UINT16_MAX)
        ++*count;
}

/* attempts.c: the table of attempts */
uint32_t attempts_hash(const struct tracker *t, const struct flow_key *key);
/* By the hash of its four-tuple: whichever it is, of the side that sent. */
struct queued *attempts_peek(struct tracker *t, uint32_t hash, const struct address *src, uint16_t src_port,
                             const struct address *dst, uint16_t dst_port, enum side *side);
/* These two make an entry of what was kept in brief. */
struct entry *attempts_find(struct tracker *t, const struct packet *packet, enum side *side);
struct entry *attempts_find_key(struct tracker *t, const struct flow_key *key);
struct entry *attempts_new(struct tracker *t, const struct flow_key *key, const struct packet *packet);
/* Before one more is made: forgets what is too old, and what there is no room for. */
void attempts_make_room(struct tracker *t);
/* An item of a pool for an attempt that exists; evicts others for it. POOL_NONE when memory is out. */
uint32_t attempts_take(struct tracker *t, struct pool *pool);
struct answer *attempts_answer(struct tracker *t, struct entry *entry);
struct connection *attempts_connection(struct tracker *t, struct entry *entry);
struct dialogue_entry *attempts_dialogue(struct tracker *t, struct entry *entry);
/* Hands the attempt to the handler, unless that was done or it is not SSH. */
void attempts_report_once(struct tracker *t, struct entry *entry, int64_t until_us);
/* Live: hands over once more a session that was told of as logged in, and broke. */
void attempts_report_again(struct tracker *t, struct entry *entry, int64_t until_us);
void attempts_drop(struct tracker *t, struct entry *entry);
/* Tells the handler, whatever was told before. `evidence_key` may be NULL. */
void attempts_report(struct tracker *t, const struct attempt *attempt, const struct evidence_key *evidence_key,
                     int64_t until_us);
/* Its SYN came again. */
void attempts_syn_repeated(struct tracker *t, struct queued *w);
/* What decides it was seen: over at once in a file, soon when live. `told`: nothing is left to tell of it. */
void attempts_close(struct tracker *t, struct queued *w, bool reported, int64_t now_us);
bool attempt_is_ssh(const struct attempt *attempt);
/* What a first SYN says. */
void attempt_begin(struct attempt *attempt, const struct packet *syn);
/* A SYN goes to `server` by this card: that may show a router before it. */
void learn_router(struct tracker *t, struct host *server, const uint8_t mac[6]);
/* What a RST that refuses a SYN says of the server. */
void learn_refusal(struct host *server, uint16_t port, uint8_t syn_tos, const struct mark *refusal);

/* credits.c: what an attempt adds to its pair's and its server's history, once for each */
void history_start(struct tracker *t, struct entry *entry);
/* `what`: COUNTED_ACCEPTED or COUNTED_BANNER. */
void history_count(struct tracker *t, struct entry *entry, enum counted what);
/* True once the login went through; asked while it goes on. */
bool history_session(struct tracker *t, struct entry *entry);
/* Asked when the connection is over, or when its client comes again: without a session it was a failed login. */
void history_login(struct tracker *t, struct entry *entry);
void history_end(struct tracker *t, struct entry *entry);

/* crowd.c: the connections of one server. Join with a connection, leave before it goes. */
void load_join(struct tracker *t, struct entry *entry);
void load_leave(struct tracker *t, struct entry *entry);
/* `number`: the packet by which the server turns the attempt away; counts at the first. */
void load_count(struct tracker *t, struct entry *entry, uint64_t number);

/* After so many encrypted segments of the server a login is settled, whether it was seen to be or not. */
enum { LOGIN_SETTLED = 60 };

/* segments.c */
/* `server` answered after so long, as frame `number` shows. */
void learn_rtt(struct tracker *t, const struct address *server, uint64_t number, int64_t rtt_us);

/* segments.c, errors.c, lookups.c, due.c: one kind of packet each, and live's timers */
bool track_segment(struct tracker *t, const struct packet *packet);
bool track_icmp_error(struct tracker *t, const struct packet *packet);
bool track_dns(struct tracker *t, const struct packet *packet);
/* An ICMP error that quotes UDP: true where it answers a question for a name. */
bool track_dns_error(struct tracker *t, const struct packet *packet);
bool track_neighbour(struct tracker *t, const struct packet *packet);
/* How long the client's name lookup that ended just before `syn_us` took, microseconds; 0: none was seen. */
uint32_t lookup_before(const struct tracker *t, const struct address *client, int64_t syn_us);
void lookups_finish(struct tracker *t, int64_t now_us, bool all);

#endif
