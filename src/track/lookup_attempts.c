#include "lookup_attempts.h"

/* So that neither a name server's clients nor forged ARP requests crowd out the hosts of attempts. */
enum { ASKERS_MOST = 512 };

struct host *asker_meet(struct tracker *t, const struct address *asker, int64_t now_us)
{
    struct host *host = hosts_find(&t->hosts, asker);
    if (host || t->askers == ASKERS_MOST)
        return host;
    host = hosts_get(&t->hosts, asker, now_us);
    if (!host)
        return NULL;
    t->askers++;
    host->unknown_before = t->stats.ignored - t->ignored_aside;
    return host;
}

bool asker_is_quiet(const struct host *asker)
{
    return asker->packets == asker->ssh_or_lookup_packets && asker->unknown_before == 0;
}

void lookup_hand_over(struct tracker *t, const struct lookup *lookup, const struct address *client,
                      const struct address *server, int64_t until_us)
{
    struct attempt attempt = {.lookup = lookup, .last_us = lookup->last_us};
    attempt.key.client = *client;
    if (server)
        attempt.key.server = *server;
    attempt.packets = lookup->requests + (lookup->answer_number != 0);
    attempt.syn.ts_us = lookup->first_us;
    attempt.facts = FACT_NO_SYN;
    struct case_file file = {
        .attempt = &attempt,
        .client = hosts_look(&t->hosts, client),
        .server = server ? hosts_look(&t->hosts, server) : NULL,
        .capture = &t->capture,
        .observed_until_us = until_us,
    };
    t->stats.attempts++;
    t->handler(t->context, &file);
}
