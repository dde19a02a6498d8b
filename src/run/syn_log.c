#include "syn_log.h"

/* The same frame, seen on a bridge and on its port, or sent again at once: no stack sends a SYN again so soon (RFC
 * 6298: after a second; Linux's thin streams after 200 ms). */
enum { SAME_US = 50000, LOOKED_BACK = 64 };

/* A reading takes its time, and the packet's time stamp is taken before the rules are met. */
enum { NEAR_US = 5000 };

/* FNV-1a: it need not be hard to collide with, for a collision only makes a count less sure. */
static uint64_t tuple_of(const struct flow_key *key)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    const uint8_t *const parts[] = {key->client.bytes, key->server.bytes};
    for (int p = 0; p < 2; p++)
        for (unsigned i = 0; i < sizeof key->client.bytes; i++)
            h = (h ^ parts[p][i]) * UINT64_C(0x100000001b3);
    h = (h ^ key->client_port) * UINT64_C(0x100000001b3);
    return (h ^ key->server_port) * UINT64_C(0x100000001b3);
}

static const struct syn_log_entry *back(const struct syn_log *log, uint64_t n)
{
    return &log->entry[(log->added - 1 - n) % SYN_LOG];
}

static uint64_t kept(const struct syn_log *log)
{
    return log->added < SYN_LOG ? log->added : SYN_LOG;
}

void syn_log_begin(struct syn_log *log, int64_t now_us)
{
    log->since_us = now_us;
}

bool syn_log_note(struct syn_log *log, const struct flow_key *key, int64_t ts_us)
{
    const uint64_t tuple = tuple_of(key);
    for (uint64_t n = 0; n < kept(log) && n < LOOKED_BACK; n++)
        if (back(log, n)->tuple == tuple && ts_us - back(log, n)->ts_us < SAME_US)
            return false;
    log->entry[log->added++ % SYN_LOG] = (struct syn_log_entry){ts_us, tuple};
    return true;
}

/* Among so many of the latest: a SYN is sent again within seconds. */
enum { LATELY = 1024 };

bool syn_log_has(const struct syn_log *log, const struct flow_key *key)
{
    const uint64_t tuple = tuple_of(key);
    for (uint64_t n = 0; n < kept(log) && n < LATELY; n++)
        if (back(log, n)->tuple == tuple)
            return true;
    return false;
}

bool syn_log_count(const struct syn_log *log, const struct flow_key *key, int64_t from_us, int64_t to_us, uint32_t *own,
                   uint32_t *others)
{
    const uint64_t tuple = tuple_of(key), count = kept(log);
    *own = *others = 0;
    if (!log->since_us || from_us < log->since_us || (count == SYN_LOG && back(log, count - 1)->ts_us >= from_us))
        return false;
    for (uint64_t n = 0; n < count; n++) {
        const struct syn_log_entry *e = back(log, n);
        if (e->ts_us <= from_us || e->ts_us > to_us)
            continue;
        *own += e->tuple == tuple;
        *others += e->tuple != tuple;
    }
    return true;
}

bool syn_log_is_near(const struct syn_log *log, int64_t at_us)
{
    for (uint64_t n = 0; n < kept(log); n++) {
        const int64_t apart = back(log, n)->ts_us - at_us;
        if (apart > -NEAR_US && apart < NEAR_US)
            return true;
    }
    return false;
}
