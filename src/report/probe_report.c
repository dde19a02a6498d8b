/* What a probe found: the verdict as for any attempt, then the name, the way there, and the ports. */
#include <string.h>

#include <sshsniff/probe.h>

#include "json_lines.h"
#include "json_writer.h"
#include "port_states.h"
#include "text_verdict.h"

#define LINE_SIZE 1024

/* A probe's own capture is not kept, so frame numbers would point nowhere. */
static void without_frames(const struct probe_outcome *outcome, struct verdict *out)
{
    *out = outcome->verdict->verdict;
    out->deciding_packet = 0;
    for (unsigned i = 0; i < out->evidence_count; i++)
        out->evidence[i].packet = 0;
}

/* ---- Text ---- */

static void milliseconds(char *out, size_t size, int64_t us)
{
    snprintf(out, size, "%lld.%02lld ms", (long long)us / 1000, (long long)us / 10 % 100);
}

static void text_name(struct text_writer *writer, const struct probe_name *name)
{
    char line[LINE_SIZE], text[ADDRESS_TEXT_SIZE], took4[32], took6[32];
    milliseconds(took4, sizeof took4, name->time4_us);
    milliseconds(took6, sizeof took6, name->time6_us);
    if (name->jump[0] != '\0') {
        snprintf(line, sizeof line, "ProxyJump %s: ssh connects to the first hop, so that is what was probed, not %s",
                 name->jump, name->wanted);
        text_field(writer, "jump", line);
    } else if (name->proxy_command[0] != '\0') {
        snprintf(line, sizeof line, "ssh would use ProxyCommand %s; the host itself was probed", name->proxy_command);
        text_field(writer, "proxy", line);
    }
    if (name->addresses == 0)
        snprintf(line, sizeof line, "%s does not resolve: %s", name->hostname, name->failure);
    else
        snprintf(line, sizeof line, "%s: %u IPv4 (%s), %u IPv6 (%s); ssh tries %s first%s%s", name->hostname,
                 name->ipv4, took4, name->ipv6, took6, address_text(&name->address[0], text),
                 name->addresses > 1 ? ", and the others after it: only the first was probed" : "",
                 name->config_read ? "" : " (ssh_config was not read: ssh -G failed)");
    text_field(writer, "name", line);
}

static void text_where(struct text_writer *writer, const struct probe_outcome *outcome)
{
    const struct probe_verdict *v = outcome->verdict;
    char line[LINE_SIZE], text[ADDRESS_TEXT_SIZE];
    if (v->hop != 0 && v->verdict.where != WHERE_NULL) {
        const struct probe_hop *hop = v->hop <= outcome->facts->hops ? &outcome->facts->hop[v->hop - 1] : NULL;
        bool known = !address_is_none(&v->hop_address);
        snprintf(line, sizeof line, "%s %u%s%s%s%s%s", v->verdict.where == WHERE_UNKNOWN ? "after hop" : "hop", v->hop,
                 known ? ", " : "", known ? address_text(&v->hop_address, text) : "",
                 hop != NULL && hop->name[0] != '\0' ? " (" : "", hop != NULL ? hop->name : "",
                 hop != NULL && hop->name[0] != '\0' ? ")" : "");
        text_field(writer, "where", line);
    }
    if (v->note[0] != '\0')
        text_field(writer, "note", v->note);
    if (v->patience_settles)
        text_field(writer, "to settle", v->verdict.settle);
}

static void text_hops(struct text_writer *writer, const struct probe_facts *facts)
{
    for (unsigned i = 0; i < facts->hops; i++) {
        const struct probe_hop *hop = &facts->hop[i];
        char line[LINE_SIZE], text[ADDRESS_TEXT_SIZE], took[32] = "";
        if (hop->rtt_us > 0)
            milliseconds(took, sizeof took, hop->rtt_us);
        snprintf(line, sizeof line, "%2u  %s%s%s%s  %s%s", hop->ttl,
                 address_is_none(&hop->address) ? "*" : address_text(&hop->address, text),
                 hop->name[0] != '\0' ? " (" : "", hop->name, hop->name[0] != '\0' ? ")" : "", took,
                 hop->target ? " the host" : "");
        text_line(writer, i == 0 ? "hops" : "", line);
    }
}

static const char *said(const struct probe_service *service)
{
    return service->banner[0] != '\0' ? service->banner : service->closed ? "closed without a word" : "no banner";
}

static void text_ports(struct text_writer *writer, const struct probe_outcome *outcome)
{
    const struct probe_facts *facts = outcome->facts;
    char line[LINE_SIZE];
    if (outcome->sweep != NULL) {
        const struct probe_sweep *s = outcome->sweep;
        snprintf(line, sizeof line, "all 65535 in %lld.%01lld s: %u open, %u closed, %u rejected, %u silent",
                 (long long)s->took_us / 1000000, (long long)s->took_us / 100000 % 10, s->open_count, s->closed_count,
                 s->rejected_count, 65535 - s->open_count - s->closed_count - s->rejected_count);
        text_field(writer, "ports", line);
    }
    for (unsigned i = 0; i < facts->services; i++) {
        if (!facts->service[i].accepted)
            continue;
        snprintf(line, sizeof line, "port %u is open: %s", facts->service[i].port, said(&facts->service[i]));
        text_field(writer, i == 0 && outcome->sweep == NULL ? "ports" : "", line);
    }
}

/* SSH on another port while the one asked for does not do: the lines to paste. */
static const struct probe_service *ssh_elsewhere(const struct probe_outcome *outcome)
{
    const struct probe_facts *facts = outcome->facts;
    if (outcome->verdict->verdict.cause == CAUSE_NONE)
        return NULL;
    for (unsigned i = 0; i < facts->services; i++)
        if (facts->service[i].is_ssh && facts->service[i].port != facts->port)
            return &facts->service[i];
    return NULL;
}

static void text_elsewhere(struct text_writer *writer, const struct probe_outcome *outcome)
{
    const struct probe_service *found = ssh_elsewhere(outcome);
    char line[LINE_SIZE];
    if (found == NULL)
        return;
    snprintf(line, sizeof line, "SSH answers on port %u (%s): ssh -p %u %s; or in ~/.ssh/config:", found->port,
             found->banner, found->port, outcome->host);
    text_field(writer, "found", line);
    snprintf(line, sizeof line, "Host %s", outcome->host);
    text_line(writer, "", line);
    snprintf(line, sizeof line, "    Port %u", found->port);
    text_line(writer, "", line);
}

static void text_answers(struct text_writer *writer, const struct probe_outcome *outcome)
{
    char line[LINE_SIZE], text[ADDRESS_TEXT_SIZE], took[32];
    milliseconds(took, sizeof took, outcome->facts->banner_check.banner_us);
    snprintf(line, sizeof line, "%s port %u: SSH answers, nothing is wrong as far as the banner\n",
             address_text(&outcome->facts->target, text), outcome->facts->port);
    buffer_text(writer->out, line);
    snprintf(line, sizeof line, "%s, %s after the handshake", outcome->facts->banner_check.banner, took);
    text_field(writer, "banner", line);
}

void report_probe_text(FILE *out, const struct probe_outcome *outcome, unsigned verbose)
{
    struct buffer line = {0};
    struct text_context context = {.writer = {.out = &line}, .verbose = verbose};
    struct verdict verdict;
    char text[LINE_SIZE];
    without_frames(outcome, &verdict);
    if (outcome->verdict->patience_settles)
        verdict.settle = NULL; /* it is said where the note is */
    if (verdict.cause == CAUSE_NONE)
        text_answers(&context.writer, outcome); /* an attempt would be said to have logged in */
    else
        text_verdict(&context, outcome->file, &verdict);
    if (line.length > 1 && line.data[line.length - 1] == '\n' && line.data[line.length - 2] == '\n')
        line.length--; /* the blank line belongs after what follows */
    text_where(&context.writer, outcome);
    if (outcome->name != NULL)
        text_name(&context.writer, outcome->name);
    text_hops(&context.writer, outcome->facts);
    text_ports(&context.writer, outcome);
    text_elsewhere(&context.writer, outcome);
    if (outcome->facts->sockets_only)
        text_field(&context.writer, "limits",
                   "without CAP_NET_RAW no packet could be crafted or read: no TOS, no TTL of replies, no "
                   "malformed SYNs; run it with sudo for a surer verdict");
    snprintf(text, sizeof text, "%u packets in %lld.%02lld s by way of %s", outcome->facts->packets_sent,
             (long long)outcome->took_us / 1000000, (long long)outcome->took_us / 10000 % 100, outcome->interface);
    text_field(&context.writer, "probed", text);
    buffer_char(&line, '\n');
    fwrite(line.data, 1, line.length, out);
    buffer_free(&line);
}

/* ---- JSON ---- */

static void json_name(struct buffer *line, const struct probe_name *name)
{
    BUFFER_LITERAL(line, ",\"name\":{\"hostname\":");
    json_string(line, name->hostname);
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

static void json_address_or_null(struct buffer *line, const struct address *address)
{
    if (address_is_none(address))
        BUFFER_LITERAL(line, "null");
    else
        json_address(line, address);
}

static void json_hops(struct buffer *line, const struct probe_facts *facts)
{
    BUFFER_LITERAL(line, ",\"hops\":[");
    for (unsigned i = 0; i < facts->hops; i++) {
        const struct probe_hop *hop = &facts->hop[i];
        if (i > 0)
            buffer_char(line, ',');
        BUFFER_LITERAL(line, "{\"ttl\":");
        buffer_u64(line, hop->ttl);
        JSON_KEY(line, "address");
        json_address_or_null(line, &hop->address);
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

static void json_service(struct buffer *line, const struct probe_service *service)
{
    json_port(line, service->port, PORT_OPEN);
    JSON_KEY(line, "ssh");
    json_bool(line, service->is_ssh);
    JSON_KEY(line, "banner");
    json_string_or_null(line, service->banner);
    buffer_char(line, '}');
}

static void json_ports(struct buffer *line, const struct probe_outcome *outcome)
{
    const struct probe_facts *facts = outcome->facts;
    bool any = false;
    BUFFER_LITERAL(line, ",\"ports\":[");
    for (unsigned i = 0; i < facts->services; i++) {
        if (!facts->service[i].accepted)
            continue;
        if (any)
            buffer_char(line, ',');
        json_service(line, &facts->service[i]);
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

static void json_place(struct buffer *line, const struct probe_outcome *outcome)
{
    static const char *const echoes[] = {"unknown", "works", "rewritten", "unusable"};
    const struct probe_verdict *v = outcome->verdict;
    JSON_KEY(line, "hop");
    if (v->hop != 0)
        buffer_u64(line, v->hop);
    else
        BUFFER_LITERAL(line, "null");
    JSON_KEY(line, "hop_address");
    json_address_or_null(line, &v->hop_address);
    JSON_KEY(line, "host_hop");
    if (v->host_hop != 0)
        buffer_u64(line, v->host_hop);
    else
        BUFFER_LITERAL(line, "null");
    JSON_KEY(line, "tos_echo");
    json_string(line, echoes[v->echo]);
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
void report_probe_json(FILE *out, const struct probe_outcome *outcome)
{
    static const char attempt_begins[] = "{\"type\":\"attempt\"", begins[] = "{\"type\":\"probe\"";
    struct buffer attempt = {0}, line = {0};
    struct verdict verdict;
    without_frames(outcome, &verdict);
    json_attempt(&attempt, outcome->file, &verdict, outcome->interface);
    size_t from = sizeof attempt_begins - 1, until = attempt.length - 2; /* "}\n" */
    buffer_text(&line, begins);
    buffer_bytes(&line, attempt.data + from, until - from);
    json_place(&line, outcome);
    if (outcome->name != NULL)
        json_name(&line, outcome->name);
    json_hops(&line, outcome->facts);
    json_ports(&line, outcome);
    const struct probe_service *found = ssh_elsewhere(outcome);
    JSON_KEY(&line, "ssh_port_found");
    if (found != NULL)
        buffer_u64(&line, found->port);
    else
        BUFFER_LITERAL(&line, "null");
    BUFFER_LITERAL(&line, "}\n");
    fwrite(line.data, 1, line.length, out);
    buffer_free(&attempt);
    buffer_free(&line);
}
