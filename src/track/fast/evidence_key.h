/* Evidence keys. Of a million refused SYNs most differ in nothing that tells anything: one verdict serves all of them.
 *
 * The key is all of the headers of SYN and RST, but for the fields that are never the same twice: MAC and IP addresses,
 * the client's port, sequence and acknowledgement numbers, IP IDs, flow labels, time stamps and checksums. In their
 * place stand the facts that rows may read of them (answer_facts.h). So a row may read any other field, and a cached
 * verdict is still the one that it would have given. */
#ifndef TRACK_FAST_EVIDENCE_KEY_H
#define TRACK_FAST_EVIDENCE_KEY_H

#include <sshsniff/tracker.h>

#include "raw_headers.h"

/* What is known of an attempt that is a compact SYN record, beside its host. */
struct key_source {
    const struct raw_headers *syn;
    const uint8_t *syn_tail;       /* what of the SYN's frame goes beyond raw_headers; NULL: nothing */
    const struct raw_headers *rst; /* the one that refuses the SYN; NULL: none came */
    const struct capture_facts *capture;
    int64_t last_syn_us; /* when the SYN was sent last */
    int64_t until_us;    /* packet time up to which it was watched */
    uint8_t syns;
    bool evicted; /* it had to make room */
    bool routed;  /* its server was seen to be behind a router */
    bool made_up; /* its server's address is one that only proxies give out */
};

/* The headers of both are those that a quick parse found to be whole. */
void evidence_key_make(const struct key_source *source, struct evidence_key *out);

#endif
