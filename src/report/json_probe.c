/* {"type":"probe",…}: the keys of an attempt, then where it fails, the name, the way there and the ports. */
#include "json_lines.h"
#include "json_writer.h"
#include "port_states.h"
#include "probe_outcome.h"

static void name_asked(struct buffer *line, const struct probe_name *name)
{
    BUFFER_LITERAL(line, ",\"name\":{\"hostname\":");
    json_text(line, name->hostname);
    JSON_KEY(line, "proxy_jump");
    json_string_or_null(line, name->jump);
    JSON_KEY(line, "wanted");
    json_string_or_null(line, name->wanted);
    JSON_KEY(line, "ipv4");
    buffer_u64(line, name->ipv4);
    JSON_KEY(line, "ipv4_ms");
    json_ms(line, name->time4_us);
    JSON_KEY(line, "ipv6");
    buffer_u64(line, name->ipv6);
    JSON_KEY(line, "ipv6_ms");
    json_ms(line, name->time6_us);
    JSON_KEY(line, "addresses");
    buffer_char(line, '[');
    for (unsigned i = 0; i < name->addresses; i++) {
        if (i > 0)
            buffer_char(line, ',');
        json_address(line, &name->address[i]);
    }
    BUFFER_LITERAL(line, "]}");
}

static void address_or_null(struct buffer *line, const struct address *address)
{
    if (address_is_none(address))
        BUFFER_LITERAL(line, "null");
    else
        json_address(line, address);
}

static void hops(struct buffer *line, const struct probe_facts *facts)
{
    BUFFER_LITERAL(line, ",\"hops\":[");
    for (unsigned i = 0; i < facts->hops; i++) {
        const struct probe_hop *hop = &facts->hop[i];
        if (i > 0)
            buffer_char(line, ',');
        BUFFER_LITERAL(line, "{\"ttl\":");
        buffer_u64(line, hop->ttl);
        JSON_KEY(line, "address");
        address_or_null(line, &hop->address);
        JSON_KEY(line, "name");
        json_string_or_null(line, hop->name);
        JSON_KEY(line, "rtt_ms");
        if (hop->rtt_us > 0)
            json_ms(line, hop->rtt_us);
        else
            BUFFER_LITERAL(line, "null");
        JSON_KEY(line, "target");
        json_bool(line, hop->target);
        buffer_char(line, '}');
    }
    buffer_char(line, ']');
}

static void one_service(struct buffer *line, const struct probe_service *service)
{
    json_port(line, service->port, PORT_OPEN);
    JSON_KEY(line, "ssh");
    json_bool(line, service->is_ssh);
    JSON_KEY(line, "banner");
    json_string_or_null(line, service->banner);
    buffer_char(line, '}');
}

static void ports(struct buffer *line, const struct probe_outcome *outcome)
{
    const struct probe_facts *facts = outcome->facts;
    bool any = false;
    BUFFER_LITERAL(line, ",\"ports\":[");
    for (unsigned i = 0; i < facts->services; i++) {
        if (!facts->service[i].accepted)
            continue;
        if (any)
            buffer_char(line, ',');
        one_service(line, &facts->service[i]);
        any = true;
    }
    buffer_char(line, ']');
    if (outcome->sweep == NULL)
        return;
    BUFFER_LITERAL(line, ",\"all_ports\":{\"open\":");
    buffer_u64(line, outcome->sweep->open_count);
    JSON_KEY(line, "closed");
    buffer_u64(line, outcome->sweep->closed_count);
    JSON_KEY(line, "rejected");
    buffer_u64(line, outcome->sweep->rejected_count);
    JSON_KEY(line, "took_ms");
    json_ms(line, outcome->sweep->took_us);
    buffer_char(line, '}');
}

static void place(struct buffer *line, const struct probe_outcome *outcome)
{
    static const char *const echoes[] = {"unknown", "works", "rewritten", "unusable"};
    const struct probe_verdict *v = outcome->verdict;
    JSON_KEY(line, "hop");
    if (v->hop != 0)
        buffer_u64(line, v->hop);
    else
        BUFFER_LITERAL(line, "null");
    JSON_KEY(line, "hop_address");
    address_or_null(line, &v->hop_address);
    JSON_KEY(line, "host_hop");
    if (v->host_hop != 0)
        buffer_u64(line, v->host_hop);
    else
        BUFFER_LITERAL(line, "null");
    JSON_KEY(line, "tos_echo");
    json_text(line, echoes[v->echo]);
    JSON_KEY(line, "note");
    json_string_or_null(line, v->note);
    JSON_KEY(line, "privileged");
    json_bool(line, !outcome->facts->sockets_only);
    JSON_KEY(line, "probes_sent");
    buffer_u64(line, outcome->facts->packets_sent);
    JSON_KEY(line, "took_ms");
    json_ms(line, outcome->took_us);
}

/* An attempt's object, with another type and more at its end. */
void json_probe(struct buffer *line, const struct probe_outcome *outcome)
{
    static const char attempt_begins[] = JSON_OBJECT("attempt"), begins[] = JSON_OBJECT("probe");
    struct buffer attempt = {0};
    struct verdict verdict;
    probe_outcome_verdict(outcome, &verdict);
    json_attempt(&attempt, outcome->file, &verdict, outcome->interface);
    if (attempt.failed) {
        line->failed = true;
        buffer_free(&attempt);
        return;
    }
    size_t from = sizeof attempt_begins - 1, until = attempt.length - 2; /* "}\n" */
    buffer_text(line, begins);
    buffer_bytes(line, attempt.data + from, until - from);
    buffer_free(&attempt);
    place(line, outcome);
    if (outcome->name != NULL)
        name_asked(line, outcome->name);
    hops(line, outcome->facts);
    ports(line, outcome);
    const struct probe_service *found = probe_outcome_elsewhere(outcome);
    JSON_KEY(line, "ssh_port_found");
    if (found != NULL)
        buffer_u64(line, found->port);
    else
        BUFFER_LITERAL(line, "null");
    BUFFER_LITERAL(line, "}\n");
}
