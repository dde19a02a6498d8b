#include "handover.h"

#include "attempt_facts.h"
#include "fast/compact_syn.h"
#include "history.h"
#include "memory_out.h"
#include "rivals.h"

static enum locality locality_of(const struct tracker *t, const struct host *host, const struct address *address)
{
    if (host && host->local)
        return LOCALITY_HERE;
    const enum locality learned = localities_of(&t->localities, address);
    return learned == LOCALITY_UNKNOWN && t->knows_itself ? LOCALITY_ELSEWHERE : learned;
}

static struct capturer capturer_of(const struct tracker *t, const struct case_file *file)
{
    const struct flow_key *key = &file->attempt->key;
    return (struct capturer){
        .client = locality_of(t, file->client, &key->client),
        .server = locality_of(t, file->server, &key->server),
        .other_network = localities_other(&t->localities, &key->server, file->attempt->syn.interface),
        .forwards_number = t->localities.forwards_number,
    };
}

/* `entry`: NULL of a compact SYN record. */
static void report(struct tracker *t, const struct attempt *attempt, const struct entry *entry,
                   const struct evidence_key *evidence_key, int64_t until_us)
{
    hosts_trim(&t->hosts);
    memory_out_note(t);
    const struct leg_set *legs = entry ? legs_of(&t->legs, entry->legs_id, attempt) : NULL;
    struct case_file file = {
        .attempt = attempt,
        .client = hosts_look(&t->hosts, &attempt->key.client),
        .server = hosts_look(&t->hosts, &attempt->key.server),
        .identity = identities_of(&t->identities, &attempt->key.server),
        .capture = &t->capture,
        .legs = legs ? legs->leg : NULL,
        .leg_count = legs ? legs->count : 0,
        .observed_until_us = until_us,
        .evidence_key = evidence_key,
        .trail = entry ? trail_of(&t->trails, entry->trail_id, attempt) : NULL,
    };
    file.capturer = capturer_of(t, &file);
    if (!attempt->lookup && resolved_may_have(&t->resolved, hash_address(&attempt->key.server, &t->hash_key))) {
        file.other_count = name_tries_others(&t->name_tries, &t->resolved, &t->hosts, attempt);
        file.others = t->name_tries.found;
    }
    if (attempt->answer && attempt->answer->icmp.number)
        file.icmp_sender = hosts_look(&t->hosts, &attempt->answer->icmp.sender);
    t->handler(t->context, &file);
}

static void report_whole(struct tracker *t, const struct entry *entry, int64_t until_us)
{
    report(t, &entry->attempt, entry, NULL, until_us);
    trail_told(&t->trails, entry->trail_id);
}

static void report_entry(struct tracker *t, struct entry *entry, int64_t until_us)
{
    history_end(t, entry);
    if (entry->attempt.facts & FACT_DECIDED || !attempt_is_ssh(&entry->attempt) || !rivals_settle(t, entry))
        return;
    t->stats.attempts++;
    if (traces_same_tool(&t->traces, &entry->attempt))
        entry->attempt.facts |= FACT_TRACE;
    report_whole(t, entry, until_us);
    entry->attempt.facts |= FACT_DECIDED;
}

static void report_compact(struct tracker *t, struct compact_syn *c, int64_t until_us)
{
    if (c->reported)
        return;
    t->stats.attempts++;
    struct evidence_key evidence_key;
    struct attempt_summary summary = compact_summary(t, c);
    /* What its client traces is in no header. */
    memory_out_note(t);
    bool alike = t->known && !memory_out_concerns(t, summary.first_us) && !traces_known(&t->traces, &summary.key) &&
                 compact_evidence_key(t, c, &summary.key, until_us, &evidence_key);
    enum cache_answer cached = alike ? t->known(t->context, &evidence_key, &summary) : CACHE_UNKNOWN;
    if (cached == CACHE_UNKNOWN) {
        struct attempt attempt = {.answer = NULL};
        compact_to_attempt(t, c, &attempt, &t->compact_answer);
        if (traces_same_tool(&t->traces, &attempt))
            attempt.facts |= FACT_TRACE;
        report(t, &attempt, NULL, alike ? &evidence_key : NULL, until_us);
    }
    c->forget = cached == CACHE_KNOWN_FORGET;
    c->reported = true;
}

void handover_once(struct tracker *t, struct queued *q, int64_t until_us)
{
    if (is_compact(q))
        report_compact(t, compact_of(q), until_us);
    else
        report_entry(t, entry_of(q), until_us);
}

void handover_again(struct tracker *t, struct queued *q, int64_t until_us)
{
    if (is_compact(q) || !(entry_of(q)->attempt.facts & FACT_DECIDED))
        handover_once(t, q, until_us);
    else if (attempt_is_ssh(&entry_of(q)->attempt))
        report_whole(t, entry_of(q), until_us);
}
