/* {"type":"attempt",…}: the keys up to "source" are the contract, in its order; those after it are additions. */
#include <sshsniff/source_names.h>

#include "advice.h"
#include "json_lines.h"
#include "json_writer.h"
#include "moment.h"
#include "port_states.h"
#include "slots.h"

#define JSON_ADVICE 6

/* The four-tuple's four keys, without a comma before the first. */
static void four_tuple(struct buffer *line, const struct flow_key *key)
{
    BUFFER_LITERAL(line, "\"src_ip\":");
    json_address(line, &key->client);
    JSON_KEY(line, "src_port");
    buffer_u64(line, key->client_port);
    JSON_KEY(line, "dst_ip");
    json_address(line, &key->server);
    JSON_KEY(line, "dst_port");
    buffer_u64(line, key->server_port);
}

static void endpoints(struct buffer *line, const struct flow_key *key)
{
    buffer_char(line, ',');
    four_tuple(line, key);
}

/* A look-up that failed: no port was ever tried, and for a name that did not resolve there is no address either. */
static void lookup_endpoints(struct buffer *line, const struct attempt *attempt)
{
    JSON_KEY(line, "src_ip");
    json_address(line, &attempt->key.client);
    BUFFER_LITERAL(line, ",\"src_port\":null,\"dst_ip\":");
    if (attempt->lookup->name[0] != '\0')
        BUFFER_LITERAL(line, "null");
    else
        json_address(line, &attempt->key.server);
    BUFFER_LITERAL(line, ",\"dst_port\":null");
}

static void finding(struct buffer *line, const struct verdict *verdict)
{
    JSON_KEY(line, "stage");
    json_word(line, stage_name(verdict->stage));
    JSON_KEY(line, "cause");
    json_word(line, cause_name(verdict->cause));
    JSON_KEY(line, "where");
    json_text(line, where_name(verdict->where));
    JSON_KEY(line, "confidence");
    json_probability(line, verdict->confidence);
    JSON_KEY(line, "alternatives");
    buffer_char(line, '[');
    for (size_t i = 0; i < verdict->alternatives_count; i++) {
        if (i > 0)
            buffer_char(line, ',');
        BUFFER_LITERAL(line, "{\"cause\":");
        json_word(line, cause_name(verdict->alternatives[i].cause));
        JSON_KEY(line, "confidence");
        json_probability(line, verdict->alternatives[i].confidence);
        buffer_char(line, '}');
    }
    buffer_char(line, ']');
}

/* A weight is a logarithm: two decimals, and no infinity (JSON has none). */
static void weight(struct buffer *line, float value)
{
    float bounded = value > 99 ? 99 : value > -99 ? value : -99;
    buffer_fixed(line, (int64_t)(bounded * 100 + (bounded < 0 ? -0.5f : 0.5f)), 2);
}

static void one_evidence(struct buffer *line, const struct evidence *evidence)
{
    BUFFER_LITERAL(line, "{\"id\":");
    json_word(line, evidence->id);
    JSON_KEY(line, "packet");
    if (evidence->packet != 0)
        buffer_u64(line, evidence->packet);
    else
        BUFFER_LITERAL(line, "null"); /* the whole attempt shows it, no packet alone */
    JSON_KEY(line, "text");
    char text[EVIDENCE_TEXT_SIZE];
    evidence_text(evidence, text, sizeof text);
    json_text(line, text);
    JSON_KEY(line, "favours");
    buffer_char(line, '[');
    for (size_t i = 0; i < evidence->favours_count; i++) {
        if (i > 0)
            buffer_char(line, ',');
        json_word(line, cause_name(evidence->favours[i]));
    }
    buffer_char(line, ']');
    JSON_KEY(line, "weight");
    weight(line, evidence->weight);
    buffer_char(line, '}');
}

static void evidence(struct buffer *line, const struct verdict *verdict)
{
    JSON_KEY(line, "evidence");
    buffer_char(line, '[');
    for (size_t i = 0; i < verdict->evidence_count; i++) {
        if (i > 0)
            buffer_char(line, ',');
        one_evidence(line, &verdict->evidence[i]);
    }
    buffer_char(line, ']');
}

static void help(struct buffer *line, const struct case_file *file, const struct verdict *verdict)
{
    char lines[JSON_ADVICE][ADVICE_SIZE];
    enum advice_place places[JSON_ADVICE];
    size_t count = advice_select(file, verdict, lines, places, JSON_ADVICE);
    JSON_KEY(line, "client_error");
    json_text(line, report_client_error(file, verdict));
    JSON_KEY(line, "advice");
    buffer_char(line, '[');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buffer_char(line, ',');
        json_text(line, lines[i]);
    }
    buffer_char(line, ']');
}

static void counts(struct buffer *line, uint16_t syns, uint32_t packets, int64_t duration_us)
{
    JSON_KEY(line, "syn_count");
    buffer_u64(line, syns);
    JSON_KEY(line, "packets");
    buffer_u64(line, packets);
    JSON_KEY(line, "duration_ms");
    json_ms(line, duration_us);
    JSON_KEY(line, "community_id");
}

static void community(struct buffer *line, const struct flow_key *key)
{
    char id[32];
    report_community_id(key, id);
    json_word(line, id);
}

/* What a text calls an end of the connection. */
static void name_of_end(struct buffer *line, const char *key, const struct address *end)
{
    const char *name = source_name_of(end);
    if (name == NULL)
        return;
    buffer_text(line, key);
    json_text(line, name);
}

static void additions(struct buffer *line, const struct case_file *file, const struct verdict *verdict,
                      const char *source)
{
    const struct lookup *lookup = file->attempt->lookup;
    JSON_KEY(line, "source");
    json_text(line, source);
    JSON_KEY(line, "vantage");
    json_word(line, vantage_name(verdict->vantage));
    JSON_KEY(line, "where_confidence");
    if (verdict->where == WHERE_NULL)
        BUFFER_LITERAL(line, "null");
    else
        json_probability(line, verdict->where_confidence);
    JSON_KEY(line, "deciding_packet");
    if (verdict->deciding_packet != 0)
        buffer_u64(line, verdict->deciding_packet);
    else
        BUFFER_LITERAL(line, "null");
    name_of_end(line, ",\"src_name\":", &file->attempt->key.client);
    if (lookup == NULL || lookup->name[0] == '\0')
        name_of_end(line, ",\"dst_name\":", &file->attempt->key.server);
    if (source_names_by_line())
        BUFFER_LITERAL(line, ",\"packets_are_lines\":true");
    if (lookup != NULL && lookup->name[0] != '\0') {
        JSON_KEY(line, "dst_name");
        json_text(line, lookup->name);
    }
    if (verdict->reason[0] != '\0') {
        JSON_KEY(line, "reason");
        json_text(line, verdict->reason);
    }
    if (verdict->would_decide != NULL) {
        JSON_KEY(line, "would_decide");
        json_text(line, verdict->would_decide);
    }
    if (verdict->detail[0] != '\0') {
        JSON_KEY(line, "detail");
        json_text(line, verdict->detail);
    }
    if (verdict->text_lacks[0] != '\0') {
        JSON_KEY(line, "text_lacks");
        json_text(line, verdict->text_lacks);
    }
    if (verdict->settle != NULL) {
        JSON_KEY(line, "settle");
        json_text(line, verdict->settle);
    }
    if (verdict->fix[0][0] != '\0' || verdict->fix[1][0] != '\0') {
        BUFFER_LITERAL(line, ",\"fix\":{\"client\":");
        json_string_or_null(line, verdict->fix[0]);
        JSON_KEY(line, "server");
        json_string_or_null(line, verdict->fix[1]);
        buffer_char(line, '}');
    }
}

static void same_name(struct buffer *line, const struct case_file *file)
{
    for (unsigned i = 0; i < file->other_count; i++) {
        const struct other_address *other = &file->others[i];
        buffer_text(line, i == 0 ? ",\"same_name\":[{\"ip\":\"" : ",{\"ip\":\"");
        buffer_address(line, &other->address);
        BUFFER_LITERAL(line, "\",\"port_state\":");
        json_word(line, port_state_name(other->state));
        JSON_KEY(line, "in_vain_ms");
        if (other->cost_us > 0)
            json_ms(line, other->cost_us);
        else
            BUFFER_LITERAL(line, "null");
        buffer_text(line, i + 1 == file->other_count ? "}]" : "}");
    }
}

static void begin(struct buffer *line, int64_t start_us)
{
    BUFFER_LITERAL(line, JSON_OBJECT("attempt") ",\"ts\":");
    json_timestamp(line, start_us);
}

/* Two parts of the line rest on the verdict, and where it says nothing of a packet, on it alone. */
static void middle(struct buffer *line, const struct case_file *file, const struct verdict *verdict)
{
    finding(line, verdict);
    evidence(line, verdict);
    help(line, file, verdict);
}

/* The same connection as it was seen behind address translation, the attempt's own four-tuple first. */
static void legs(struct buffer *line, const struct case_file *file)
{
    if (file->leg_count == 0)
        return;
    BUFFER_LITERAL(line, ",\"legs\":[");
    for (unsigned i = 0; i <= file->leg_count; i++) {
        const struct flow_key *key = i == 0 ? &file->attempt->key : &file->legs[i - 1];
        buffer_text(line, i == 0 ? "{" : ",{");
        four_tuple(line, key);
        buffer_char(line, '}');
    }
    buffer_char(line, ']');
}

static void slow(struct buffer *line, const struct case_file *file, const struct verdict *verdict)
{
    const struct slow_part *part = &verdict->ssh.slow;
    const struct judged_attempt judged = {file, verdict};
    char remedy[ADVICE_SIZE];
    BUFFER_LITERAL(line, ",\"slow\":{\"stage\":");
    json_text(line, part->name);
    JSON_KEY(line, "ms");
    json_ms(line, part->us);
    JSON_KEY(line, "causes");
    json_text(line, part->causes);
    JSON_KEY(line, "try");
    json_text(line, slots_fill(part->remedy, &judged, remedy, sizeof remedy) ? remedy : NULL);
    buffer_char(line, '}');
}

static void tail(struct buffer *line, const struct case_file *file, const struct verdict *verdict, const char *source)
{
    additions(line, file, verdict, source);
    if (verdict->ssh.present)
        json_ssh(line, &verdict->ssh);
    if (verdict->ssh.slow.name != NULL)
        slow(line, file, verdict);
    legs(line, file);
    same_name(line, file);
    if (file->attempt->misfits > 0) {
        JSON_KEY(line, "misfits");
        buffer_u64(line, file->attempt->misfits);
        JSON_KEY(line, "misfit_packet");
        buffer_u64(line, file->attempt->misfit_number);
    }
    if (verdict->not_all_kept)
        BUFFER_LITERAL(line, ",\"not_all_kept\":true");
    if (file->attempt->nflog_prefix) {
        JSON_KEY(line, "nflog_prefix");
        json_text(line, file->attempt->nflog_prefix);
    }
    if (file->attempt->reset_text != NULL) {
        JSON_KEY(line, "reset_text");
        json_text(line, file->attempt->reset_text);
    }
    json_local(line, file);
    BUFFER_LITERAL(line, "}\n");
}

void json_attempt(struct buffer *line, const struct case_file *file, const struct verdict *verdict, const char *source)
{
    const struct attempt *attempt = file->attempt;
    begin(line, moment_start(attempt));
    if (attempt->lookup == NULL)
        endpoints(line, &attempt->key);
    else
        lookup_endpoints(line, attempt);
    middle(line, file, verdict);
    counts(line, attempt->syns, attempt->packets, moment_duration(attempt));
    if (attempt->lookup == NULL)
        community(line, &attempt->key);
    else
        BUFFER_LITERAL(line, "null");
    tail(line, file, verdict, source);
}

/* Whether all that it says of packets is said of the SYN, by its headers. */
static bool rests_on_syn(const struct verdict *verdict, uint64_t syn_number)
{
    for (size_t i = 0; i < verdict->evidence_count; i++)
        if (!verdict->evidence[i].by_syn || verdict->evidence[i].packet != syn_number)
            return false;
    return verdict->deciding_packet == 0 || verdict->deciding_packet == syn_number;
}

/* A frame's number that no frame has, and its digits. */
#define NO_NUMBER       UINT64_MAX
#define NO_NUMBER_TEXT  "18446744073709551615"
#define NO_NUMBER_WIDTH (sizeof NO_NUMBER_TEXT - 1)

static void mark_numbers(struct verdict *verdict)
{
    for (size_t i = 0; i < verdict->evidence_count; i++)
        verdict->evidence[i].packet = NO_NUMBER;
    if (verdict->deciding_packet != 0)
        verdict->deciding_packet = NO_NUMBER;
}

/* An address of the server's family that stands for it in a template, and its text. Documentation has them (RFC 5737,
 * RFC 3849): nobody's line speaks of them but for this. */
static const struct any_server {
    struct address address;
    const char *text;
} any_server[2] = {
    {{{[10] = 0xff, [11] = 0xff, 198, 51, 100, 254}}, "198.51.100.254"},
    {{{0x20, 0x01, 0x0d, 0xb8, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe}},
     "2001:db8:fefe:fefe:fefe:fefe:fefe:fefe"},
};

/* The next marked number or address of the line, and its width. */
static char *next_mark(const struct buffer *line, size_t from, const char *server, size_t *width, bool *address)
{
    char *number = memmem(line->data + from, line->length - from, NO_NUMBER_TEXT, NO_NUMBER_WIDTH);
    char *host = memmem(line->data + from, line->length - from, server, strlen(server));
    *address = number == NULL || (host != NULL && host < number);
    *width = *address ? strlen(server) : NO_NUMBER_WIDTH;
    return *address ? host : number;
}

/* Takes the marks out of the line from here on, and notes where they were. False where they are too many. */
static bool take_marks_out(struct buffer *line, size_t from, const char *server, struct line_template *out)
{
    size_t width;
    bool address;
    char *at;
    while ((at = next_mark(line, from, server, &width, &address)) != NULL) {
        if (out->holes == TEMPLATE_HOLES)
            return false;
        size_t before = (size_t)(at - line->data);
        out->hole[out->holes].at = before;
        out->hole[out->holes++].address = address;
        line->length -= width;
        memmove(at, at + width, line->length - before);
    }
    return true;
}

bool json_template(const struct case_file *file, const struct verdict *verdict, const char *source,
                   struct line_template *out)
{
    const struct any_server *any = &any_server[address_is_ipv4(&file->attempt->key.server) ? 0 : 1];
    bool particular = file->attempt->lookup != NULL || file->local != NULL || file->attempt->nflog_prefix != NULL ||
                      file->attempt->reset_text != NULL || file->leg_count > 0 || file->other_count > 0 ||
                      !rests_on_syn(verdict, file->attempt->syn.number) || verdict->detail[0] != '\0' ||
                      verdict->fix[0][0] != '\0' || verdict->fix[1][0] != '\0' || verdict->ssh.present ||
                      !advice_is_general(file, verdict);
    if (particular || strstr(source, NO_NUMBER_TEXT) != NULL || strstr(source, any->text) != NULL)
        return false;
    struct buffer line = {0};
    struct verdict of_all = *verdict;
    struct attempt attempt = *file->attempt;
    struct case_file case_of_all = *file;
    mark_numbers(&of_all);
    attempt.key.server = any->address;
    case_of_all.attempt = &attempt;
    out->holes = 0;
    middle(&line, &case_of_all, &of_all);
    bool fits = !line.failed && take_marks_out(&line, 0, any->text, out);
    out->middle = line.length;
    tail(&line, &case_of_all, &of_all, source);
    fits =
        fits && !line.failed && take_marks_out(&line, out->middle, any->text, out) && line.length <= sizeof out->text;
    out->tail = line.length - out->middle;
    if (fits)
        memcpy(out->text, line.data, line.length);
    buffer_free(&line);
    return fits;
}

/* What of the template is from one place to another, with its holes filled. */
static void part_of_template(struct buffer *line, const struct line_template *template, size_t from, size_t to,
                             const struct attempt_summary *summary)
{
    for (size_t i = 0; i < template->holes; i++) {
        size_t at = template->hole[i].at;
        if (at < from || at >= to)
            continue;
        buffer_bytes(line, template->text + from, at - from);
        if (template->hole[i].address)
            buffer_address(line, &summary->key.server);
        else
            buffer_u64(line, summary->syn_number);
        from = at;
    }
    buffer_bytes(line, template->text + from, to - from);
}

void json_from_template(struct buffer *line, const struct line_template *template,
                        const struct attempt_summary *summary)
{
    const struct flow_key *key = &summary->key;
    begin(line, summary->first_us);
    endpoints(line, key);
    part_of_template(line, template, 0, template->middle, summary);
    counts(line, summary->syns, summary->packets, summary->last_us - summary->first_us);
    community(line, key);
    part_of_template(line, template, template->middle, template->middle + template->tail, summary);
}
