/* libFuzzer harness for whole verdicts in words: every cause, with hostile strings wherever a string of the wire's may
 * stand, in text and in JSON, with hosts, groups, folds and the summary.
 *
 * The input: numbers, then the strings, apart by NUL bytes. */
#include <stdlib.h>
#include <string.h>

#include <sshsniff/attempt.h>
#include <sshsniff/report.h>
#include <sshsniff/verdict.h>

#include "output.h"
#include "report/page.h"
#include "report/page_detail.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NUMBERS = 24 };

/* Takes the strings one after the other; "" where there are no more. */
struct strings {
    const uint8_t *at, *end;
};

static void next_string(struct strings *s, char *out, size_t room)
{
    size_t n = 0;
    for (; s->at < s->end && *s->at != '\0'; s->at++)
        if (n + 1 < room)
            out[n++] = (char)*s->at;
    if (s->at < s->end)
        s->at++;
    out[n] = '\0';
}

struct parts {
    struct attempt attempt;
    struct lookup lookup;
    struct answer answer;
    struct connection connection;
    struct dialogue dialogue;
    struct capture_facts capture;
    struct host client, server;
    struct case_file file;
    struct verdict verdict;
    struct trail trail;
    char sentence[3][EVIDENCE_TEXT_SIZE], version[2][300], source[64];
};

static int64_t moment(uint8_t number)
{
    static const int64_t moments[] = {0, 1700000000000000, -1, (int64_t)1 << 61, -((int64_t)1 << 61), 999999};
    return moments[number % (sizeof moments / sizeof *moments)];
}

static struct address address_of(uint8_t number)
{
    static const char *const bytes[] = {"\0\0\0\0\0\0\0\0\0\0\377\377\12\7\2\2", "\375\7\0\0\0\0\0\2\0\0\0\0\0\0\0\2",
                                        "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "\376\200\0\0\0\0\0\0\2\0\0\377\376\0\0\1"};
    struct address address;
    memcpy(address.bytes, bytes[number % 4], sizeof address.bytes);
    return address;
}

static void fill_attempt(struct parts *p, const uint8_t *number, struct strings *strings)
{
    struct attempt *a = &p->attempt;
    a->key.client = address_of(number[3]);
    a->key.server = address_of(number[4]);
    a->key.client_port = number[5] ? 40000 : 0;
    a->key.server_port = number[5] & 1 ? 22 : 0;
    a->syn.ts_us = moment(number[6]);
    a->last_us = moment(number[7]);
    a->syns = number[5];
    a->facts = number[5] & 2 ? FACT_NO_SYN : 0;
    a->answer = number[8] & 1 ? &p->answer : NULL;
    p->answer.connection = number[8] & 2 ? &p->connection : NULL;
    p->connection.dialogue = number[8] & 8 ? &p->dialogue : NULL;
    next_string(strings, p->dialogue.words, sizeof p->dialogue.words);
    next_string(strings, p->answer.refusal_text, sizeof p->answer.refusal_text);
    a->lookup = number[8] & 4 ? &p->lookup : NULL;
    next_string(strings, p->lookup.name, sizeof p->lookup.name);
    p->lookup.rcode = number[9] & 1 ? -1 : number[9];
    p->lookup.first_us = moment(number[6]);
    p->capture.first_us = moment(number[10]);
    p->capture.last_us = moment(number[11]);
    p->capture.live = number[12] & 1;
    p->file.attempt = a;
    p->file.capture = &p->capture;
    p->file.client = number[12] & 2 ? &p->client : NULL;
    p->file.server = number[12] & 4 ? &p->server : NULL;
    p->file.observed_until_us = moment(number[11]);
    p->client.address = a->key.client;
    p->server.address = a->key.server;
}

static void fill_ssh(struct parts *p, const uint8_t *number, struct strings *strings)
{
    struct ssh_report *ssh = &p->verdict.ssh;
    next_string(strings, p->version[0], sizeof p->version[0]);
    next_string(strings, p->version[1], sizeof p->version[1]);
    ssh->present = number[13] & 1;
    ssh->client_version = number[13] & 2 ? p->version[0] : NULL;
    ssh->server_version = number[13] & 4 ? p->version[1] : NULL;
    ssh->negotiated = number[13] & 8;
    next_string(strings, ssh->hassh, sizeof ssh->hassh);
    for (int list = 0; list <= SSH_LIST_COMPRESSION_S2C; list++)
        next_string(strings, ssh->negotiation.chosen[list], sizeof ssh->negotiation.chosen[list]);
    ssh->tcp_us = number[14] & 1 ? -1 : moment(number[14]);
    ssh->banner_us = number[14] & 2 ? -1 : number[14] * 1000;
    ssh->kex_us = number[14] & 4 ? -1 : moment(number[15]);
    ssh->auth_us = number[14] & 8 ? -1 : 12345;
    ssh->name_us = number[14] & 16 ? -1 : 0;
    ssh->session_us = number[14] & 32 ? 0 : moment(number[16]);
    ssh->login_tries = number[16];
    ssh->login_method = number[13] & 16 ? "password" : NULL;
    if (number[13] & 32)
        ssh->slow = (struct slow_part){"banner", "a name that is looked up", "UseDNS no", 1234567};
}

static void fill_verdict(struct parts *p, const uint8_t *number, struct strings *strings)
{
    struct verdict *v = &p->verdict;
    v->cause = (enum cause)(number[1] % CAUSE_COUNT);
    v->where = (enum where)(number[2] % WHERE_COUNT);
    v->stage = (enum stage)(number[17] % (STAGE_SESSION + 1));
    v->vantage = (enum vantage)(number[17] % (VANTAGE_BETWEEN + 1));
    v->confidence = number[18] / 256.0;
    v->where_confidence = number[19] / 256.0;
    v->alternatives_count = number[20] % (VERDICT_ALTERNATIVES + 1);
    for (unsigned i = 0; i < v->alternatives_count; i++)
        v->alternatives[i] = (struct alternative){(enum cause)((number[1] + 1u + i) % CAUSE_COUNT), 0.1};
    v->evidence_count = number[20] & 3;
    for (unsigned i = 0; i < v->evidence_count; i++) {
        next_string(strings, p->sentence[i], sizeof p->sentence[i]);
        v->evidence[i] =
            (struct evidence){.id = "fuzz-row", .weight = (float)number[21] - 128, .sentence = p->sentence[i]};
    }
    v->not_all_kept = number[19] & 1;
    v->deciding_packet = number[22];
    v->capture_again = (enum capture_side)(number[22] % 3);
    v->would_decide = number[22] & 4 ? "the answer" : NULL;
    v->settle = number[22] & 8 ? "a capture on the host" : NULL;
    next_string(strings, v->reason, sizeof v->reason);
    next_string(strings, v->detail, sizeof v->detail);
    next_string(strings, v->fix[0], sizeof v->fix[0]);
    next_string(strings, v->fix[1], sizeof v->fix[1]);
}

/* So many servers and clients that not all can be told. */
static void count_many(struct report *report, const struct parts *p, unsigned many)
{
    struct flow_key key = p->attempt.key;
    for (unsigned i = 0; i < many; i++) {
        key.server.bytes[15] = (uint8_t)(i % 7 ? i : 0);
        key.server.bytes[14] = (uint8_t)(i >> 8);
        key.client.bytes[15] = (uint8_t)(i * 5);
        report_count(report, &key, (enum cause)(i % CAUSE_COUNT));
    }
}

static void report_others(struct report *report, const struct parts *p, const uint8_t *number)
{
    report_host(report, &p->client, p->source);
    report_group(report,
                 &(struct attempt_group){.count = number[18],
                                         .server = p->attempt.key.server,
                                         .server_port = p->attempt.key.server_port,
                                         .cause = p->verdict.cause,
                                         .first_us = p->attempt.syn.ts_us,
                                         .last_us = p->attempt.last_us},
                 p->source);
    if (report_folds(report))
        report_fold(report, &(struct folded_attempts){.cause = p->verdict.cause,
                                                      .server = p->attempt.key.server,
                                                      .client = p->attempt.key.client,
                                                      .server_port = p->attempt.key.server_port,
                                                      .name = p->lookup.name,
                                                      .count = number[18],
                                                      .clients = number[19],
                                                      .more_clients = number[20] & 1,
                                                      .first_us = p->attempt.syn.ts_us,
                                                      .last_us = p->attempt.last_us});
    report_pulse(report, &(struct report_pulse){.ts_us = p->attempt.last_us, .frames = number[18]}, p->source);
    report_note(report, p->verdict.detail);
    count_many(report, p, number[21] * 8u);
}

static void report_in(const char *format, struct parts *p, const uint8_t *number)
{
    static struct line_template template;
    struct output output;
    struct report_totals totals = {.frames = number[18], .undecodable = number[19] & 1, .kernel_dropped = number[20]};
    struct report *report = report_new(&(struct report_options){.format = report_format_named(format),
                                                                .out = output_open(&output),
                                                                .numeric = true,
                                                                .quiet = number[23] & 1,
                                                                .verbose = number[23] & 2,
                                                                .flush = number[23] & 4,
                                                                .part = number[23] & 8});
    if (report == NULL)
        exit(2);
    report_verdict(report, &p->file, &p->verdict, p->source);
    if (report_has_templates(report) && report_template(report, &p->file, &p->verdict, p->source, &template))
        report_from_template(report, &template,
                             &(struct attempt_summary){p->attempt.key, moment(number[6]), moment(number[7]), 1, 1, 7},
                             p->verdict.cause);
    report_others(report, p, number);
    totals.other_lookups.names = totals.other_lookups.names_kept = 1;
    memcpy(totals.other_lookups.name[0], p->lookup.name, sizeof totals.other_lookups.name[0]);
    report_summary(report, &totals);
    report_close(report);
    output_check(&output, strcmp(format, "text") != 0);
}

/* Packets of which nothing is as it should be. */
static void fill_trail(struct parts *p, const uint8_t *data, size_t size)
{
    struct trail *trail = &p->trail;
    trail->kept = data[22] % (TRAIL_PACKETS + 1);
    trail->before = trail->kept < TRAIL_FIRST ? trail->kept : TRAIL_FIRST;
    trail->seen = trail->kept + (trail->kept == TRAIL_PACKETS ? data[21] : 0);
    for (uint32_t i = 0; i < trail->kept; i++) {
        const uint8_t *at = data + i * 7 % (size - 8);
        trail->packet[i] = (struct packet_outline){
            .number = at[0] ? at[0] : 1,
            .ts_us = moment(at[1]),
            .address = address_of(at[2]),
            .payload_len = at[3] * 251u,
            .unknown = at[4] & 1 ? FIELD_TTL | FIELD_TIME : 0,
            .ip_version = at[5] & 1 ? 4 : 6,
            .sender = at[5] % 3,
            .receiver = at[6] & 1,
            .flags = at[6],
            .ttl = at[7],
            .content = at[4],
        };
    }
    p->file.trail = trail;
}

/* Of a page's markup, what the program writes and no other. */
static bool is_own_tag(const char *name, size_t length)
{
    static const char *const own[] = {"article", "h3",    "h4",    "p",    "span", "dl",     "dt",    "dd",
                                      "ul",      "li",    "small", "code", "div",  "button", "table", "caption",
                                      "thead",   "tbody", "tr",    "th",   "td",   "i"};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (strlen(own[i]) == length && memcmp(own[i], name, length) == 0)
            return true;
    return false;
}

static void check_markup(const struct buffer *html)
{
    size_t depth = 0;
    for (size_t at = 0; at < html->length; at++) {
        if (html->data[at] != '<')
            continue;
        const bool closes = at + 1 < html->length && html->data[at + 1] == '/';
        const char *name = html->data + at + 1 + closes, *end = memchr(name, '>', html->length - (at + 1 + closes));
        if (end == NULL || memchr(name, '<', (size_t)(end - name)) != NULL)
            abort();
        if (!is_own_tag(name, strcspn(name, " >")))
            abort();
        if (closes && depth == 0)
            abort();
        depth += closes ? -(size_t)1 : 1;
    }
    if (depth != 0)
        abort();
}

static void report_on_page(struct parts *p, const uint8_t *number)
{
    static struct tally tally;
    const struct report_totals totals = {.frames = number[18]};
    struct page_clock clock = {.set = false};
    const struct detail_context context = {NULL, &clock};
    struct buffer html = {0};
    page_detail(&context, &p->file, &p->verdict, p->source, &html);
    check_markup(&html);
    buffer_free(&html);
    struct page *page = page_new(&(struct page_options){.most_bytes = 256 << 10, .numeric = true, .version = "0"});
    if (page == NULL)
        exit(2);
    memset(&tally, 0, sizeof tally);
    for (unsigned i = 0; i < 3; i++) {
        tally_add(&tally, &p->attempt.key, p->verdict.cause);
        page_attempt(page, &p->file, &p->verdict, p->source);
        p->attempt.syn.ts_us = moment(number[i]);
    }
    page_finish(page, &tally, &totals);
    page_free(page);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct parts p;
    char advice[6][ADVICE_SIZE];
    if (size < NUMBERS)
        return 0;
    struct strings strings = {data + NUMBERS, data + size};
    memset(&p, 0, sizeof p);
    next_string(&strings, p.source, sizeof p.source);
    fill_attempt(&p, data, &strings);
    fill_ssh(&p, data, &strings);
    fill_verdict(&p, data, &strings);
    fill_trail(&p, data, size);
    report_in("json", &p, data);
    report_in("ecs", &p, data);
    report_in("text", &p, data);
    report_on_page(&p, data);
    report_client_error(&p.file, &p.verdict);
    const size_t count = report_advice(&p.file, &p.verdict, advice, 6);
    for (size_t i = 0; i < count; i++)
        if (memchr(advice[i], '\0', ADVICE_SIZE) == NULL)
            abort();
    return 0;
}
