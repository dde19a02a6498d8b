/* answer_facts: what may be read of the header fields that differ from one attempt to the next.
 *
 * Addresses, the client's port, sequence numbers, IP IDs, flow labels and times are never the same twice. A row of
 * evidence on a refused or unanswered SYN reads none of them itself: it reads the facts here, of which there are few,
 * so that attempts with the same facts and otherwise the same headers have the same verdict. A verdict that is kept for
 * attempts alike (see evidence_key.h) rests on that, and a test holds rows to it.
 */
#ifndef SSHSNIFF_ANSWER_FACTS_H
#define SSHSNIFF_ANSWER_FACTS_H

#include <stdbool.h>
#include <stdint.h>

/* How long something took, as far as rows tell lengths apart. A row that needs another bound adds it here. */
enum delay_class {
    DELAY_NEGATIVE = 0, /* the capture's order is in doubt */
    DELAY_NEAR,         /* under 15 ms: a machine on this network, or a router next to it */
    DELAY_USUAL,        /* under 0.5 s */
    DELAY_LONG,         /* under 0.9 s: longer than nearly any round trip */
    DELAY_SECOND,       /* under 3.2 s: a SYN sent again may have been answered */
    DELAY_SECONDS,      /* under 4.2 s: a router may still be looking for the host (three requests, a second apart) */
    DELAY_OVER
};

/* `us`: microseconds. */
static inline enum delay_class delay_class_of(int64_t us)
{
    if (us < 15000)
        return us < 0 ? DELAY_NEGATIVE : DELAY_NEAR;
    if (us < 900000)
        return us < 500000 ? DELAY_USUAL : DELAY_LONG;
    return us < 3200000 ? DELAY_SECOND : us < 4200000 ? DELAY_SECONDS : DELAY_OVER;
}

/* The fields of one segment that differ from attempt to attempt; numbers in host byte order. */
struct passing_fields {
    uint32_t seq, ack, flow_label; /* 0 in IPv4 */
    uint16_t ip_id;                /* 0 in IPv6 */
    const uint8_t *mac;            /* the sender's, 6 bytes; NULL: not known */
};

struct answer_facts {
    bool seq_zero, id_zero, label_zero;
    bool id_of_syn; /* the same IP ID as the SYN's */
    bool acks_isn;  /* acknowledges the SYN's sequence number plus 1 */
    bool mac_none;  /* came with a MAC address of zeros: over a loopback interface */
};

static inline struct answer_facts answer_facts_of(const struct passing_fields *syn, const struct passing_fields *answer)
{
    return (struct answer_facts){
        .seq_zero = answer->seq == 0,
        .id_zero = answer->ip_id == 0,
        .label_zero = answer->flow_label == 0,
        .id_of_syn = answer->ip_id == syn->ip_id,
        .acks_isn = answer->ack == syn->seq + 1,
        .mac_none = answer->mac && !(answer->mac[0] | answer->mac[1] | answer->mac[2] | answer->mac[3] |
                                     answer->mac[4] | answer->mac[5]),
    };
}

#endif
