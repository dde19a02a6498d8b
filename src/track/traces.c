#include "traces.h"

#include "base/keyed_hash.h"
#include "syn_shape.h"

/* From one SYN of a trace to the next, at most: traceroute waits 5 s for an answer, mtr sends every second. */
enum { TRACE_PAUSE_US = 10000000 };

static bool is_of(const struct trace *trace, const struct flow_key *key)
{
    return trace->server_port == key->server_port && address_equal(&trace->client, &key->client) &&
           address_equal(&trace->server, &key->server);
}

static bool was_sent(const struct trace *trace, int ttl)
{
    return ttl >= 0 && ttl <= UINT8_MAX && trace->ttls[ttl / 64] >> ttl % 64 & 1;
}

/* One neighbour may be another way through the network; two in a row were chosen. */
static bool is_in_series(const struct trace *trace, int ttl)
{
    enum { ENOUGH = 2 };
    return was_sent(trace, ttl - 2) + was_sent(trace, ttl - 1) + was_sent(trace, ttl + 1) + was_sent(trace, ttl + 2) >=
           ENOUGH;
}

/* Under the fixed key, for a file has to give the same twice; who wants to be forgotten need not send traces. */
static size_t place_of(const struct flow_key *key)
{
    return hash_address(&key->client, &hash_key_fixed) % TRACES;
}

void traces_init(struct traces *traces, bool ignored)
{
    traces->used = false;
    traces->noted_up_to = ignored ? -1 : SMALL_TTL;
}

bool traces_lists(const struct traces *traces, const struct flow_key *key)
{
    return is_of(&traces->place[place_of(key)], key);
}

bool traces_note(struct traces *traces, const struct flow_key *key, const struct packet *syn)
{
    struct trace *trace = &traces->place[place_of(key)];
    const uint8_t ttl = syn->ttl;
    if (!is_of(trace, key) || syn->ts_us - trace->last_us >= TRACE_PAUSE_US) {
        if (ttl > SMALL_TTL)
            return false;
        *trace = (struct trace){.client = key->client, .server = key->server, .server_port = key->server_port};
        traces->used = true;
        traces->noted_up_to = UINT8_MAX;
    }
    if (ttl <= SMALL_TTL) {
        trace->window = syn->tcp.window;
        syn_shape_read(&trace->shape, syn);
    }
    trace->last_us = syn->ts_us;
    trace->ttls[ttl / 64] |= UINT64_C(1) << ttl % 64;
    return is_in_series(trace, ttl);
}

bool traces_same_tool(const struct traces *traces, const struct attempt *attempt)
{
    const struct trace *trace = &traces->place[place_of(&attempt->key)];
    const int64_t apart_us = attempt->last_syn_us - trace->last_us;
    return traces_known(traces, &attempt->key) && apart_us < TRACE_PAUSE_US && apart_us > -TRACE_PAUSE_US &&
           !syn_shape_has(&attempt->shape, SYN_OPTION_SCALE) && attempt->syn.window == trace->window &&
           attempt->shape.options == trace->shape.options;
}
