/* ICMP errors find their attempt by the packet that they quote. */
#include "icmp_errors.h"

#include "attempt_facts.h"
#include "credible.h"
#include "lookups.h"
#include "mark.h"
#include "rivals.h"

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
    struct entry *entry = life_new(t, &key, packet->ts_us);
    if (!entry)
        return NULL;
    entry->attempt.facts |= FACT_NO_SYN;
    struct host *server = hosts_get(&t->hosts, &key.server, packet->ts_us);
    if (server) { /* the quote is as good as the SYN */
        server->syns_received++;
        server->ssh_wanted = true;
    }
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

/* An error that quotes nothing readable may be about anything that its receiver sent; one that was cut before the
 * ports, about anything that was sent to that address. */
static bool note_unreadable(struct tracker *t, const struct packet *packet)
{
    const struct icmp_quote *quote = &packet->icmp.quote;
    const bool addressee_told = packet->icmp.has_quote && address_equal(&quote->src, &packet->dst);
    struct host *host =
        addressee_told ? hosts_get(&t->hosts, &quote->dst, packet->ts_us) : hosts_find(&t->hosts, &packet->dst);
    if (!host)
        return false;
    t->unreadable_errors = true;
    if (addressee_told)
        host->unreadable_about_us = packet->ts_us;
    else
        host->unreadable_us = packet->ts_us;
    return true;
}

static struct entry *find_quoted(struct tracker *t, const struct packet *packet)
{
    const struct icmp_quote *quote = &packet->icmp.quote;
    struct flow_key key = {quote->src, quote->dst, quote->src_port, quote->dst_port};
    struct flow_key reverse = {quote->dst, quote->src, quote->dst_port, quote->src_port};
    struct entry *entry = life_find_key(t, &key);
    if (!entry)
        entry = life_find_key(t, &reverse);
    entry = rivals_of_quote(t, entry, packet);
    if (entry || legs_find(&t->legs, &key))
        return entry;
    return begin_from_quote(t, packet);
}

static void mark_error(const struct attempt *attempt, struct answer *answer, const struct packet *packet)
{
    const struct icmp_quote *quote = &packet->icmp.quote;
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
}

/* Whether the path keeps DSCP. */
static void learn_quoted_tos(struct tracker *t, const struct attempt *attempt, const struct packet *packet)
{
    if (!mark_seen(&attempt->syn) || packet->icmp.quote.seq != attempt->syn.seq || !packet->icmp.quote.has_seq)
        return;
    struct host *server = hosts_get(&t->hosts, &attempt->key.server, packet->ts_us);
    if (server)
        host_learn_quoted_tos(server, attempt->syn.tos, packet);
}

static struct recorded record_quoted(struct tracker *t, const struct packet *packet)
{
    struct recorded out = {.entry = find_quoted(t, packet)};
    struct answer *answer = out.entry ? life_answer(t, out.entry) : NULL;
    if (!answer)
        return (struct recorded){.entry = NULL};
    struct attempt *attempt = &out.entry->attempt;
    attempt->packets++;
    if (packet->ts_us > attempt->last_us)
        attempt->last_us = packet->ts_us;
    out.related = attempt_is_ssh(attempt);
    if (!quote_is_credible(attempt, packet))
        return out;
    mark_error(attempt, answer, packet);
    learn_quoted_tos(t, attempt, packet);
    if (ends_attempt(answer, packet)) {
        learn_rejection(t, out.entry);
        out.events |= EVENT_REJECTED;
    }
    if (!out.related && !mark_seen(&answer->synack)) {
        out.events |= EVENT_NOT_SSH;
        if (out.events & EVENT_REJECTED && t->options.other_port)
            t->options.other_port(t->context, OTHER_PORT_REFUSED, attempt->key.server_port, packet->ts_us);
    }
    return out;
}

struct recorded record_icmp_error(struct tracker *t, const struct packet *packet)
{
    const struct icmp_quote *quote = &packet->icmp.quote;
    if (!packet->icmp.has_quote || quote->lacks_ports)
        return (struct recorded){.related = note_unreadable(t, packet)};
    if (quote->is_udp)
        return (struct recorded){.related = track_dns_error(t, packet)};
    return quote->is_tcp ? record_quoted(t, packet) : (struct recorded){.entry = NULL};
}
