#include "tally.h"

static size_t set_of(const struct address *address)
{
    uint64_t halves[2];
    memcpy(halves, address, sizeof halves);
    /* Fibonacci hashing; a capture that crowds one set only loses rows of its own summary. */
    return (size_t)(((halves[0] ^ (halves[1] * 0x9e3779b97f4a7c15ULL)) * 0x9e3779b97f4a7c15ULL) >> 32) % TALLY_SETS;
}

static struct tally_host *find(struct tally *tally, const struct address *address)
{
    struct tally_host *set = &tally->hosts[set_of(address) * TALLY_WAYS], *least = &set[0];
    for (size_t i = 0; i < TALLY_WAYS; i++) {
        if (set[i].attempts > 0 && address_equal(&set[i].address, address))
            return &set[i];
        if (set[i].attempts == 0 || (least->attempts > 0 && set[i].failures < least->failures))
            least = least->attempts == 0 ? least : &set[i];
    }
    if (least->attempts > 0)
        tally->hosts_left_out = true;
    *least = (struct tally_host){.address = *address};
    return least;
}

void tally_add(struct tally *tally, const struct address *server, enum cause cause)
{
    bool failure = cause_is_failure(cause);
    tally->attempts++;
    tally->failures += failure;
    tally->causes[cause]++;
    if (tally->without_hosts || address_is_none(server)) /* a name that never resolved leads to no host */
        return;
    struct tally_host *host = find(tally, server);
    struct tally_causes *of_host = &tally->of_hosts[host - tally->hosts];
    host->failures += failure;
    if (++host->attempts == 1) {
        of_host->first = (uint8_t)cause;
        return;
    }
    if (host->attempts == 2) {
        memset(of_host->counts, 0, sizeof of_host->counts);
        of_host->counts[of_host->first] = 1;
    }
    of_host->counts[cause]++;
}

uint32_t tally_of_host(const struct tally *tally, const struct tally_host *host, enum cause cause)
{
    const struct tally_causes *of_host = &tally->of_hosts[host - tally->hosts];
    return host->attempts == 1 ? of_host->first == (uint8_t)cause : of_host->counts[cause];
}

static bool before(const struct tally_host *a, const struct tally_host *b)
{
    if (a->failures != b->failures)
        return a->failures > b->failures;
    return memcmp(&a->address, &b->address, sizeof a->address) < 0;
}

size_t tally_top(const struct tally *tally, const struct tally_host **out, size_t max)
{
    const struct tally_host *first = tally->hosts;
    size_t count = 0;
    for (size_t i = 0; i < TALLY_SETS * TALLY_WAYS; i++) {
        const struct tally_host *host = first + i;
        if (host->failures == 0 || (count == max && !before(host, out[count - 1])))
            continue;
        size_t at = count < max ? count++ : count - 1;
        for (; at > 0 && before(host, out[at - 1]); at--)
            out[at] = out[at - 1];
        out[at] = host;
    }
    return count;
}
