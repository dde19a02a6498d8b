#include "multipath.h"

#include <nettle/sha1.h>
#include <nettle/sha2.h>

/* What a sub-flow names its session by: the first 32 bits of a hash of the key of the side that it calls (RFC 8684
 * section 3.2; version 0, RFC 6824, took SHA-1). */
static uint32_t token_of(const uint8_t key[8], bool version_0)
{
    uint8_t digest[4];
    if (version_0) {
        struct sha1_ctx sha1;
        sha1_init(&sha1);
        sha1_update(&sha1, 8, key);
        sha1_digest(&sha1, sizeof digest, digest);
    } else {
        struct sha256_ctx sha256;
        sha256_init(&sha256);
        sha256_update(&sha256, 8, key);
        sha256_digest(&sha256, sizeof digest, digest);
    }
    return (uint32_t)digest[0] << 24 | (uint32_t)digest[1] << 16 | (uint32_t)digest[2] << 8 | digest[3];
}

void multipath_agree(struct tracker *t, struct entry *entry, const struct packet *synack)
{
    const struct multipath_view *m = &synack->tcp.multipath;
    if (m->subtype != MULTIPATH_CAPABLE || !m->has_key || entry->attempt.facts & FACT_MULTIPATH)
        return;
    entry->attempt.facts |= FACT_MULTIPATH;
    struct multipath_token *latest = &t->multipath[t->multipath_next++ % MULTIPATH_TOKENS];
    *latest = (struct multipath_token){.token = token_of(m->key, m->version == 0), .entry = entry->queued.id + 1};
}

/* NULL where it is not known. */
static struct entry *joined(const struct tracker *t, const struct entry *subflow)
{
    if (!subflow->session || subflow->session > t->entries.used)
        return NULL;
    /* Its place may have been given to another attempt since. */
    struct entry *session = pool_at(&t->entries, subflow->session - 1);
    return session->queued.hash && session->attempt.facts & FACT_MULTIPATH ? session : NULL;
}

void multipath_join(struct tracker *t, struct entry *entry, const struct packet *syn)
{
    const struct multipath_view *m = &syn->tcp.multipath;
    if (m->subtype != MULTIPATH_JOIN || entry->attempt.facts & FACT_SUBFLOW)
        return;
    entry->attempt.facts |= FACT_SUBFLOW;
    for (size_t i = 0; i < MULTIPATH_TOKENS; i++)
        if (t->multipath[i].entry && t->multipath[i].token == m->token)
            entry->session = t->multipath[i].entry;
    struct entry *session = joined(t, entry);
    if (session && session->connection_id)
        add16(&session->attempt.answer->connection->subflows);
}

struct entry *multipath_session(struct tracker *t, struct entry *entry)
{
    if (!(entry->attempt.facts & FACT_SUBFLOW))
        return entry;
    struct entry *session = joined(t, entry);
    return session && session->dialogue_id ? session : NULL;
}

/* Where the segment's first byte lies in the session's stream of that side. False where no mapping tells. */
static bool place_of(struct dialogue_entry *session, struct entry *flow, enum side side, const struct packet *packet,
                     uint32_t *offset)
{
    const struct multipath_view *m = &packet->tcp.multipath;
    const uint32_t isn = flow->attempt.answer->connection->side[side].isn, at = packet->tcp.seq - (isn + 1);
    if (m->subtype == MULTIPATH_DATA && m->has_mapping && m->mapping_len) {
        const uint32_t number = m->data_seq + (at + 1 - m->subflow_seq);
        if (!session->data_based[side]) {
            /* What the first connection carried before that needs no mapping (RFC 8684 section 3.1). */
            if (!(flow->attempt.facts & FACT_SUBFLOW))
                session->data_end[side] = at;
            session->data_base[side] = number - session->data_end[side];
            session->data_based[side] = true;
        }
        flow->ahead[side] = number - session->data_base[side] - at;
        flow->is_mapped[side] = true;
    }
    *offset = at + flow->ahead[side]; /* one mapping may be for several segments */
    return flow->is_mapped[side];
}

bool multipath_place(struct dialogue_entry *session, struct entry *flow, enum side side, uint32_t isn,
                     struct packet *packet)
{
    uint32_t offset;
    if (!place_of(session, flow, side, packet, &offset) && flow->attempt.facts & FACT_SUBFLOW)
        return false;
    packet->tcp.seq = isn + 1 + offset;
    uint32_t end = offset + packet->tcp.payload_len, *next = &session->data_end[side];
    struct dialogue *d = &session->dialogue;
    if ((int32_t)(offset - *next) > 0)
        d->elsewhere[side] += offset - *next;
    else if ((int32_t)(end - *next) <= 0 && d->elsewhere[side] >= packet->tcp.payload_len)
        d->elsewhere[side] -= packet->tcp.payload_len; /* it came later, by a slower path */
    if ((int32_t)(end - *next) > 0)
        *next = end;
    return true;
}
