/* What the rules look at: the case file with short names, and a few facts that many of them need, worked out once. */
#ifndef DIAGNOSE_VIEW_H
#define DIAGNOSE_VIEW_H

#include <sshsniff/answer_facts.h>
#include <sshsniff/header_fields.h>
#include <sshsniff/verdict.h>

struct view {
    const struct case_file *file;
    const struct attempt *attempt;
    const struct mark *syn;
    const struct answer *answer;                  /* NULL: nothing came back */
    const struct connection *connection;          /* NULL: no more than a SYN-ACK */
    const struct dialogue *dialogue;              /* NULL: no payload */
    const struct flow_side *client, *server;      /* NULL without a connection */
    const struct host *server_host, *client_host; /* NULL: nothing known */
    const struct history *history;
    const struct server_load *load; /* all zero where nothing came back */
    struct login_reading login;
    struct answer_facts refusal; /* of the RST that answers the SYN, if one does: rows read these, not the fields */
    enum stage stage;
    enum vantage vantage;
    uint32_t unknown; /* enum header_field: see lacks */
    bool ipv6;
    bool shaken;       /* the three-way handshake was completed */
    bool banner[2];    /* by side: the version string was seen */
    int64_t waited_us; /* from the last SYN to the end of observation */
};

/* view_make.c */
void view_make(const struct case_file *file, struct view *out);

static inline bool seen(const struct mark *mark)
{
    return mark && mark->number != 0;
}

/* One of these fields (enum header_field) was not told of the attempt's packets, or of the server's others: a row that
 * reads it abstains. False of all captures. */
static inline bool lacks(const struct view *v, uint32_t fields)
{
    return (v->unknown & fields) != 0;
}

/* DSCP: the upper six bits; the lower two are ECN and change on the way (RFC 3168). */
static inline unsigned dscp(uint8_t tos)
{
    return tos >> 2;
}

/* The TTL that a sender most likely began with: 32, 64, 128 or 255. */
static inline unsigned ttl_start(unsigned ttl)
{
    return ttl <= 32 ? 32 : ttl <= 64 ? 64 : ttl <= 128 ? 128 : 255;
}

static inline unsigned hops_from_start(unsigned ttl)
{
    return ttl_start(ttl) - ttl;
}

/* The TTL of the target's own packets as seen here, or 0 where none was seen. `excluding_synack`: one that may be a
 * proxy's. */
unsigned own_ttl(const struct view *v);
/* The mark behind own_ttl. */
const struct mark *own_mark(const struct view *v);

/* From the SYN that it answers to a reply, microseconds; negative where the capture's order is in doubt. */
int64_t reply_delay_us(const struct view *v, int64_t reply_us);

/* When the connection was accepted: the SYN-ACK, or where it was not captured the first packet that shows it,
 * microseconds. */
int64_t accepted_us(const struct view *v);

/* Since when the client waits for a first byte of the server, microseconds. */
int64_t mute_from_us(const struct view *v);

/* When the server stopped being silent or the client stopped waiting: how long the client waited for a first byte
 * (microseconds). */
int64_t mute_us(const struct view *v);

/* The last time before `before_us` that either side sent payload, microseconds; 0: none is known. */
int64_t last_word_us(const struct view *v, int64_t before_us);

/* Bytes of this side were sent and never came here, and whoever should acknowledge them does not: lost on the way, not
 * by the capture. */
bool gap_stays(const struct view *v, enum side side);

/* Bytes were sent by this side that are not in the capture, and not because they were lost on the way: the capture
 * begins late, frames of it were lost, or a filter left them out. */
bool lacks_bytes(const struct view *v, enum side side);

/* The capture begins after this connection did, and holds none of its beginning: not what the server said first, nor
 * what refused it. */
bool begins_midway(const struct view *v);

/* The server spoke, its first words were lost in capturing, and what it said later explains nothing. */
bool first_words_lost(const struct view *v);

/* The client's RST answers the SYN-ACK: its kernel has no socket that asked for one, or a program leaves before the
 * handshake is over. Such a RST has its kernel's own TTL, ID and options, whatever the SYN has. */
bool resets_synack(const struct view *v);

/* The TTL of the RST that answers the SYN, as the target's own packets show theirs: on a router, as it came in. */
unsigned refusal_ttl(const struct view *v);

/* A RST of the target's for another port, with a lower TTL of the same start than this attempt's RST: whoever sent that
 * one is further away. NULL: none is known. */
const struct port_reply *further_refusal(const struct view *v);

/* The target is behind a router, so nothing of its own can come here with `ttl`, the full one of a stack: whoever sent
 * that is on this side of the router, or is the router. What it says of itself rules it out: then false. */
bool full_ttl_from_afar(const struct view *v, unsigned ttl);

/* The server's MAC address was asked for in vain, and because of this attempt: not for the sake of a later one. */
bool neighbour_searched(const struct view *v);

/* How far this client's failed logins speak for a ban, 0 to 1: a single one seldom brings it, and who got in since was
 * not banned for them. 0: none failed. */
float ban_history(const struct view *v);

/* The part of a weight that a difference of two TTLs deserves, 0 to 1. */
float ttl_gap_part(unsigned a, unsigned b);

/* The RST that answers the SYN came over the loopback interface: the client's own firewall forged it in the output
 * chain. */
bool refusal_on_loopback(const struct view *v);

/* What is known of the server's port, beside this attempt; NULL: nothing. */
const struct port_fact *server_port_fact(const struct view *v);

/* vantage.c; for view_make. */
enum vantage vantage_of(const struct view *v);

#endif
