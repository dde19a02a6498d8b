/* What a probe found, for a person: the verdict as for any attempt, then the place, the name, the way there, the ports.
 */
#include <stdio.h>
#include <string.h>

#include "probe_outcome.h"
#include "text_verdict.h"

#define LINE_SIZE 1024

static void milliseconds(char *out, size_t size, int64_t us)
{
    snprintf(out, size, "%lld.%02lld ms", (long long)us / 1000, (long long)us / 10 % 100);
}

static void name_lines(struct text_writer *writer, const struct probe_name *name)
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

static void place(struct text_writer *writer, const struct probe_outcome *outcome)
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

static void hops(struct text_writer *writer, const struct probe_facts *facts)
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

static void ports(struct text_writer *writer, const struct probe_outcome *outcome)
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

static void elsewhere(struct text_writer *writer, const struct probe_outcome *outcome)
{
    const struct probe_service *found = probe_outcome_elsewhere(outcome);
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

static void it_answers(struct text_writer *writer, const struct probe_outcome *outcome)
{
    char line[LINE_SIZE], text[ADDRESS_TEXT_SIZE], took[32];
    milliseconds(took, sizeof took, outcome->facts->banner_check.banner_us);
    snprintf(line, sizeof line, "%s port %u: SSH answers, nothing is wrong as far as the banner\n",
             address_text(&outcome->facts->target, text), outcome->facts->port);
    buffer_text(writer->out, line);
    snprintf(line, sizeof line, "%s, %s after the handshake", outcome->facts->banner_check.banner, took);
    text_field(writer, "banner", line);
}

/* The blank line after a verdict belongs after what follows here. */
static void join_verdict(struct buffer *line)
{
    if (line->length > 1 && line->data[line->length - 1] == '\n' && line->data[line->length - 2] == '\n')
        line->length--;
}

void text_probe(struct text_context *context, const struct probe_outcome *outcome)
{
    struct text_writer *writer = &context->writer;
    struct verdict verdict;
    char text[LINE_SIZE];
    probe_outcome_verdict(outcome, &verdict);
    if (outcome->verdict->patience_settles)
        verdict.settle = NULL; /* it is said where the note is */
    if (verdict.cause == CAUSE_NONE)
        it_answers(writer, outcome); /* an attempt would be said to have logged in */
    else
        text_verdict(context, outcome->file, &verdict, outcome->interface);
    join_verdict(writer->out);
    place(writer, outcome);
    if (outcome->name != NULL)
        name_lines(writer, outcome->name);
    hops(writer, outcome->facts);
    ports(writer, outcome);
    elsewhere(writer, outcome);
    if (outcome->facts->sockets_only)
        text_field(writer, "limits",
                   "without CAP_NET_RAW no packet could be crafted or read: no TOS, no TTL of replies, no "
                   "malformed SYNs; run it with sudo for a surer verdict");
    snprintf(text, sizeof text, "%u packets in %lld.%02lld s by way of %s", outcome->facts->packets_sent,
             (long long)outcome->took_us / 1000000, (long long)outcome->took_us / 10000 % 100, outcome->interface);
    text_field(writer, "probed", text);
    buffer_char(writer->out, '\n');
}
