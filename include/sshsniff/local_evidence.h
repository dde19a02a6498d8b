/* local_evidence: what this machine said of itself, as far as it explains one attempt.
 *
 * A fact of now explains a packet of a moment ago only where nothing changed between the two. So each group of facts
 * says how far it holds for the packet that decided the attempt (the RST, the ICMP error, the close; the last SYN where
 * nothing came). Made by src/run/local_judgement.c from readings before and after that packet; read by rows in
 * src/diagnose/local_*.c. Times are microseconds. All of it is valid as long as the case file that points to it.
 */
#ifndef SSHSNIFF_LOCAL_EVIDENCE_H
#define SSHSNIFF_LOCAL_EVIDENCE_H

#include <stdbool.h>
#include <stdint.h>

#include <sshsniff/local.h>

/* What this machine is to the attempt. */
enum local_role {
    LOCAL_ROLE_NONE = 0, /* neither end is here: its own facts explain nothing */
    LOCAL_ROLE_TARGET,   /* the SYN came in, and the address that it asked for is one of this machine's */
    LOCAL_ROLE_CLIENT    /* the SYN left here */
};

/* How far what was read holds for the packet. */
enum local_hold {
    LOCAL_HOLDS_NOT = 0, /* it was not read, or it changed, or may have, between packet and reading */
    LOCAL_HOLDS_AFTER,   /* it was read after the packet; what was before it is not known */
    LOCAL_HOLDS_STEADY   /* the same before the packet and after it, or the kernel tells of changes and told of none */
};

struct local_age {
    enum local_hold hold;
    int64_t after_us; /* from the packet to the reading that this rests on */
};

/* A count of the kernel's, read before the SYNs and after them. */
struct local_count {
    bool known;
    uint64_t before, after;
    uint32_t own;    /* SYNs of this attempt that came in between */
    uint32_t others; /* SYNs of others that did, as far as they may have been counted too */
};

struct local_evidence {
    const struct local_facts *facts; /* never NULL; a group counts only where its age holds */
    enum local_role role;
    struct local_age sockets, rules, room, way_back, log, service;
    /* Another socket listened there before the packet than after it, or one did only at one of the two readings. */
    bool listener_changed;
    struct local_count rule;      /* of the rule that decides */
    struct local_count overflows; /* ListenOverflows */
    struct local_count conntrack; /* connections that were not tracked for want of room */
};

/* Who takes SYNs for an address and port. NULL: nobody; also where `sockets` was not read. */
const struct local_listener *local_listener_for(const struct local_sockets *sockets, const struct address *address,
                                                uint16_t port);

/* The rule that decides on the SYN (or on its answer); NULL: none does, or it is not known. */
const struct local_rule *local_deciding_rule(const struct local_rules *rules);

/* It bans clients for failed logins: fail2ban's, or another program's of that kind. */
bool local_rule_bans(const struct local_rule *rule);

#endif
