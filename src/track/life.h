/* The life of an attempt: how it begins, waits, is handed over and goes. Whoever records a packet on an attempt says
 * what that brought about; only here is an attempt moved for it from queue to queue, counted in its client's history
 * and its server's load, handed over, or dropped. */
#ifndef TRACK_LIFE_H
#define TRACK_LIFE_H

#include "state.h"

struct compact_syn;

/* What a packet brought about for its attempt. */
enum attempt_event {
    EVENT_BEGUN = 1,        /* its first SYN */
    EVENT_SYN_AGAIN = 2,    /* its SYN was sent again */
    EVENT_TURNED_AWAY = 4,  /* the server says or does something else than greet */
    EVENT_REFUSED = 8,      /* a RST answers the SYN */
    EVENT_REJECTED = 16,    /* an ICMP error answers the SYN */
    EVENT_ACCEPTED = 32,    /* the handshake is complete */
    EVENT_BANNER = 64,      /* the server's version string is there */
    EVENT_SESSION = 128,    /* the login is known to have gone through */
    EVENT_WENT_ON = 256,    /* another segment of its connection */
    EVENT_CLIENT_FIN = 512, /* the client has nothing more to say */
    EVENT_CLOSED = 1024,    /* the connection is over */
    EVENT_NOT_SSH = 2048,   /* it is nobody's SSH attempt after all */
    EVENT_CAME_UP = 4096    /* accepted, after earlier SYNs of it were refused */
};

/* A packet that was recorded. */
struct recorded {
    struct entry *entry; /* NULL: it belongs to no attempt */
    unsigned events;     /* enum attempt_event */
    bool related;        /* it belongs to an SSH attempt, or helps to judge one */
    bool unasked; /* nobody was seen to ask for it, or its numbers fit nothing: it teaches nothing of its sender */
};

/* Moves the attempt as the events of its latest packet ask for. The entry may be gone afterwards. */
void life_on_events(struct tracker *t, struct entry *entry, unsigned events, uint64_t number, int64_t now_us);
/* The same for a compact SYN record, to which only EVENT_SYN_AGAIN and EVENT_REFUSED happen. */
void life_on_compact_event(struct tracker *t, struct compact_syn *c, enum attempt_event event, int64_t now_us);

/* The attempt of a packet, or the one with this client and server; a compact SYN record becomes an entry. NULL: there
 * is none, or memory is out. */
struct entry *life_find(struct tracker *t, const struct packet *packet, enum side *side);
struct entry *life_find_key(struct tracker *t, const struct flow_key *key);

/* A new attempt, without a fact but that its server's port is an SSH port. NULL when memory is out. */
struct entry *life_new(struct tracker *t, const struct flow_key *key, int64_t now_us);

/* The parts of an attempt, made when first asked for, for which others may be evicted. NULL when memory is out. */
struct answer *life_answer(struct tracker *t, struct entry *entry);
struct connection *life_connection(struct tracker *t, struct entry *entry);
struct dialogue_entry *life_dialogue(struct tracker *t, struct entry *entry);

/* Live: hands over every attempt whose time has come by `now_us` (packet time), and forgets what is long over. */
void life_advance(struct tracker *t, int64_t now_us);
/* Hands over all that is left, in order of the latest packet. */
void life_finish(struct tracker *t);
/* Drops all without a word. */
void life_end(struct tracker *t);

#endif
