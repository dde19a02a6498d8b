#include "tally.h"

static void add_cause(struct tally_hosts *hosts, uint32_t place, enum cause cause)
{
    struct tally_row *row = &hosts->row[place];
    struct tally_causes *causes = &hosts->causes[place];
    if (row->attempts == 1) {
        row->first = (uint8_t)cause;
        return;
    }
    if (row->attempts == 2) {
        memset(causes, 0, sizeof *causes);
        causes->count[row->first] = 1;
    }
    causes->count[cause]++;
}

static void add_to_row(struct tally_hosts *hosts, struct hitter_place place, enum cause cause, bool failure)
{
    struct tally_row *row = &hosts->row[place.row];
    if (place.taken)
        row->attempts = row->failures = 0;
    row->attempts++;
    row->failures += failure;
    add_cause(hosts, place.row, cause);
}

static inline void add_to_host(struct tally_hosts *hosts, const struct address *address, enum cause cause, bool failure,
                               bool scan)
{
    const struct hitter_place place = hitters_add(&hosts->hitters, address, !scan);
    if (place.row != HITTER_NONE)
        add_to_row(hosts, place, cause, failure);
}

void tally_add(struct tally *tally, const struct flow_key *key, enum cause cause)
{
    const bool failure = cause_is_failure(cause), scan = cause_is_scan(cause);
    tally->attempts++;
    tally->failures += failure;
    tally->scanned += scan;
    tally->causes[cause]++;
    if (tally->without_hosts)
        return;
    add_to_host(&tally->servers, &key->server, cause, failure, scan);
    add_to_host(&tally->clients, &key->client, cause, failure, scan);
}

uint64_t tally_of_host(const struct tally_hosts *hosts, const struct tally_host *host, enum cause cause)
{
    const struct tally_row *row = &hosts->row[host->row];
    return row->attempts == 1 ? row->first == (uint8_t)cause : hosts->causes[host->row].count[cause];
}

static bool before(const struct tally_host *a, const struct tally_host *b)
{
    if (a->failures != b->failures)
        return a->failures > b->failures;
    if (a->attempts != b->attempts)
        return a->attempts > b->attempts;
    return memcmp(a->address, b->address, sizeof *a->address) < 0;
}

size_t tally_top(const struct tally_hosts *hosts, bool failed_only, struct tally_host *out, size_t max)
{
    size_t count = 0;
    for (uint32_t i = 0; i < hosts->hitters.used; i++) {
        const struct hitter *hitter = &hosts->hitters.row[i];
        const struct tally_host host = {&hitter->address, hosts->row[i].attempts, hosts->row[i].failures, hitter->error,
                                        i};
        if (address_is_none(host.address) || (failed_only && host.failures == 0) ||
            (count == max && !before(&host, &out[count - 1])))
            continue;
        size_t at = count < max ? count++ : count - 1;
        for (; at > 0 && before(&host, &out[at - 1]); at--)
            out[at] = out[at - 1];
        out[at] = host;
    }
    return count;
}

size_t tally_hosts_failed(const struct tally_hosts *hosts)
{
    size_t count = 0;
    for (uint32_t i = 0; i < hosts->hitters.used; i++)
        count += hosts->row[i].failures > 0 && !address_is_none(&hosts->hitters.row[i].address);
    return count;
}
