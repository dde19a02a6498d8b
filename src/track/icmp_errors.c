/* ICMP errors find their attempt by the packet that they quote. */
#include "mark.h"
#include "state.h"

static bool same_kind(const struct icmp_mark *mark, const struct packet *packet)
{
    return mark->type == packet->icmp.type && mark->code == packet->icmp.code &&
           address_equal(&mark->sender, &packet->src);
}

/* A rejected SYN whose own frame is not in the capture: a rule in the sender's output chain leaves only the error. */
static struct entry *begin_from_quote(struct tracker *t, const struct packet *packet)
{
    const struct icmp_quote *quote = &packet->icmp.quote;
    if (!port_set_has(&t->ports, quote->dst_port) || port_set_has(&t->ports, quote->src_port))
        return NULL;
    struct flow_key key = {quote->src, quote->dst, quote->src_port, quote->dst_port};
    struct entry *entry = attempts_new(t, &key, packet);
    if (!entry)
        return NULL;
    entry->attempt.facts |= FACT_NO_SYN;
    struct host *server = hosts_get(&t->hosts, &key.server, packet->ts_us);
    if (server)
        server->syns_received++; /* the quote is as good as the SYN */
    return entry;
}

static void learn_rejection(struct tracker *t, const struct entry *entry)
{
    const struct attempt *attempt = &entry->attempt;
    struct host *server = hosts_get(&t->hosts, &attempt->key.server, attempt->last_us);
    if (server)
        host_learn_port(server, attempt->key.server_port, PORT_REJECTS, attempt->syn.tos, NULL);
}

/* A SYN is never too big. */
static bool says_too_big(const struct packet *packet)
{
    return packet->ip_version == 4 ? packet->icmp.type == 3 && packet->icmp.code == 4 : packet->icmp.type == 2;
}

static bool ends_attempt(const struct answer *answer, const struct packet *packet)
{
    return !says_too_big(packet) && !mark_seen(&answer->synack);
}

bool track_icmp_error(struct tracker *t, const struct packet *packet)
{
    const struct icmp_quote *quote = &packet->icmp.quote;
    if (!packet->icmp.has_quote) {
        struct host *receiver = hosts_find(&t->hosts, &packet->dst);
        if (!receiver)
            return false;
        t->unreadable_errors = true;
        receiver->unreadable_errors++;
        receiver->unreadable_us = packet->ts_us;
        return true;
    }
    if (quote->is_udp)
        return track_dns_error(t, packet);
    if (!quote->is_tcp)
        return false;
    struct flow_key key = {quote->src, quote->dst, quote->src_port, quote->dst_port};
    struct entry *entry = attempts_find_key(t, &key);
    if (!entry) {
        struct flow_key reverse = {quote->dst, quote->src, quote->dst_port, quote->src_port};
        entry = attempts_find_key(t, &reverse);
    }
    if (!entry)
        entry = begin_from_quote(t, packet);
    if (!entry)
        return false;
    struct attempt *attempt = &entry->attempt;
    struct answer *answer = attempts_answer(t, entry);
    if (!answer)
        return false;
    attempt->packets++;
    if (packet->ts_us > attempt->last_us)
        attempt->last_us = packet->ts_us;
    bool quotes_syn = !mark_seen(&attempt->syn) || ((quote->seq == attempt->syn.seq || !quote->has_seq) &&
                                                    quote->src_port == attempt->key.client_port);
    if (says_too_big(packet) && answer->connection)
        quotes_syn = false;
    if (quotes_syn && !answer->icmp.number)
        mark_icmp(&answer->icmp, packet);
    else if (answer->icmp.number && same_kind(&answer->icmp, packet))
        answer->icmp.count++;
    else if (!answer->icmp_later.number)
        mark_icmp(&answer->icmp_later, packet);
    else
        answer->icmp_later.count++;
    if (ends_attempt(answer, packet)) {
        learn_rejection(t, entry);
        if (attempt_is_ssh(attempt))
            load_count(t, entry, packet->number);
        attempts_close(t, &entry->queued, attempt->facts & FACT_DECIDED, packet->ts_us);
    }
    bool ssh = attempt_is_ssh(attempt);
    if (!ssh && !mark_seen(&answer->synack))
        attempts_drop(t, entry);
    return ssh;
}
