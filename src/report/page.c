#include "page.h"

#include <stdio.h>
#include <stdlib.h>

#include <sshsniff/source_names.h>

#include "base/keyed_hash.h"
#include "cause_words.h"
#include "moment.h"
#include "page_detail.h"
#include "page_files.h"
#include "page_store.h"
#include "page_summary.h"
#include "page_timeline.h"

#define HOSTS_FILE "/etc/hosts"

enum {
    FAILURES_SHOWN = 12, /* in plain HTML, with their packets */
    FAILURES_BYTES = 400000,
    SOURCES = 64, /* that are named */
    KINDS = 4096,
    SUMMARY_BYTES = 40000 /* of the summary's parts, all together, at most */
};

/* A failure that may stand on the page as it is: `number` tells which came first. */
struct shown {
    struct buffer html;
    uint64_t number;
};

struct page {
    struct page_options options;
    struct names *names;
    struct page_store store;
    struct page_timeline timeline;
    struct page_clock clock;
    struct buffer detail, row, whole;
    struct shown first[FAILURES_SHOWN], repeat[FAILURES_SHOWN]; /* of a kind, and what came of it later */
    unsigned firsts, repeats;
    uint64_t attempts;
    size_t failures_most; /* bytes */
    char *source[SOURCES];
    uint64_t sources;
    uint64_t of_cause[CAUSE_COUNT];
    uint32_t of_kind[KINDS];
    int64_t last_ts_us;
    const struct tally *tally; /* while the page is made */
    const struct report_totals *totals;
};

struct page *page_new(const struct page_options *options)
{
    struct page *page = calloc(1, sizeof *page);
    const size_t fixed = page_files_size() + SUMMARY_BYTES;
    if (!page)
        return NULL;
    page->options = *options;
    const size_t rest = options->most_bytes > fixed ? options->most_bytes - fixed : 0;
    page->failures_most = rest / 4 < FAILURES_BYTES ? rest / 4 : FAILURES_BYTES;
    if (!store_init(&page->store, rest - page->failures_most)) {
        free(page);
        return NULL;
    }
    page->names = options->numeric ? NULL : names_read(HOSTS_FILE);
    return page;
}

void page_free(struct page *page)
{
    if (!page)
        return;
    for (size_t i = 0; i < SOURCES; i++)
        free(page->source[i]);
    store_free(&page->store);
    for (size_t i = 0; i < FAILURES_SHOWN; i++) {
        buffer_free(&page->first[i].html);
        buffer_free(&page->repeat[i].html);
    }
    buffer_free(&page->detail);
    buffer_free(&page->row);
    buffer_free(&page->whole);
    names_free(page->names);
    free(page);
}

/* ---- Attempts ---- */

static uint64_t note_source(struct page *page, const char *source)
{
    const uint64_t last = page->sources ? page->sources - 1 : 0;
    if (page->sources && (last >= SOURCES || strcmp(page->source[last], source) == 0))
        return last < SOURCES ? last : SOURCES - 1;
    if (page->sources < SOURCES && !(page->source[page->sources] = strdup(source)))
        return last;
    return page->sources++;
}

/* Where an attempt stands among those like it: by cause, and by cause, client and server. The colliding ones of a small
 * table count together, which makes them tell less than they do. */
static unsigned rank_of(struct page *page, const struct flow_key *key, enum cause cause)
{
    struct flow_key kind = *key;
    kind.client_port = (uint16_t)cause;
    const uint32_t hash = hash_flow(hash_address(&kind.client, &hash_key_fixed), kind.client_port,
                                    hash_address(&kind.server, &hash_key_fixed), kind.server_port, &hash_key_fixed);
    const uint64_t of_kind = page->of_kind[hash % KINDS]++, of_cause = page->of_cause[cause]++;
    unsigned rank = 0;
    for (uint64_t left = of_cause; left > 3; left >>= 2)
        rank++;
    for (uint64_t left = of_kind; left; left >>= 1)
        rank++;
    return rank < PAGE_RANKS ? rank : PAGE_RANKS - 1;
}

static bool has_more_to_say(const struct verdict *verdict)
{
    return verdict->cause != CAUSE_NONE || verdict->ssh.slow.name;
}

/* The first few stand on the page as they are: of each kind of failure the first, and if there is room, what came after
 * or cannot be told. */
static void show_failure(struct page *page, unsigned rank, const struct verdict *verdict)
{
    const bool first = rank == 0 && cause_is_failure(verdict->cause);
    struct shown *shown = first ? page->first : page->repeat;
    unsigned *count = first ? &page->firsts : &page->repeats;
    if ((!cause_is_failure(verdict->cause) && verdict->cause != CAUSE_UNDETERMINED) || *count == FAILURES_SHOWN)
        return;
    shown[*count].number = page->attempts;
    struct buffer *html = &shown[(*count)++].html;
    buffer_bytes(html, page->detail.data, page->detail.length);
    page->store.failed |= html->failed;
}

static void keep_detail(struct page *page, unsigned rank, const struct case_file *file, const struct verdict *verdict,
                        const char *source)
{
    const struct detail_context context = {page->names, &page->clock};
    page->detail.length = 0;
    page->detail.failed = false;
    page_detail(&context, file, verdict, page->sources > 1 ? source : NULL, &page->detail);
    show_failure(page, rank, verdict);
    store_detail(&page->store, rank, &page->detail);
}

static void row_number(struct buffer *row, int64_t value)
{
    if (value < 0)
        buffer_char(row, '-');
    buffer_u64(row, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
    buffer_char(row, '\t');
}

/* What page.js reads as a row; COLUMNS there has the same order. */
static void keep_row(struct page *page, const struct case_file *file, const struct verdict *verdict, uint64_t source,
                     unsigned rank)
{
    const struct attempt *attempt = file->attempt;
    struct buffer *row = &page->row;
    char headline[512];
    row->length = 0;
    row_number(row, moment_start(attempt) - page->last_ts_us);
    page->last_ts_us = moment_start(attempt);
    page_endpoint(row, page->names, &attempt->key.client, 0);
    buffer_char(row, '\t');
    row_number(row, attempt->lookup ? 0 : attempt->key.client_port);
    if (attempt->lookup && attempt->lookup->name[0])
        page_plain(row, attempt->lookup->name);
    else
        page_endpoint(row, page->names, &attempt->key.server, 0);
    buffer_char(row, '\t');
    row_number(row, attempt->lookup ? 0 : attempt->key.server_port);
    row_number(row, verdict->cause);
    cause_headline(file, verdict, headline, sizeof headline);
    page_plain(row, headline);
    buffer_char(row, '\t');
    row_number(row, confidence_percent(verdict->confidence));
    row_number(row, moment_duration(attempt));
    row_number(row, (int64_t)source);
    row_number(row, rank == RANK_NONE ? -1 : (int64_t)rank);
    row->length--; /* the last tab */
    store_row(&page->store, row);
    row->failed = false;
}

void page_attempt(struct page *page, const struct case_file *file, const struct verdict *verdict, const char *source)
{
    const uint64_t source_number = note_source(page, source);
    page->attempts++;
    timeline_add(&page->timeline, moment_start(file->attempt), verdict->cause);
    unsigned rank = has_more_to_say(verdict) ? rank_of(page, &file->attempt->key, verdict->cause) : RANK_NONE;
    if (page->store.rows_left_out)
        rank = RANK_NONE; /* nobody could ask for it */
    if (rank != RANK_NONE && store_wants(&page->store, rank))
        keep_detail(page, rank, file, verdict, source);
    keep_row(page, file, verdict, source_number, rank);
}

/* ---- The whole ---- */

static void name_sources(const struct page *page, struct buffer *out)
{
    struct buffer plain = {0};
    if (page->sources == 1 && page->source[0])
        page_plain(&plain, page->source[0]);
    else if (page->sources) {
        page_count(&plain, page->sources);
        BUFFER_LITERAL(&plain, " captures");
    }
    html_bytes(out, plain.data, plain.length);
    out->failed |= plain.failed;
    buffer_free(&plain);
}

static void title(const struct page *page, struct buffer *out)
{
    BUFFER_LITERAL(out, "SSH logins");
    if (page->sources) {
        BUFFER_LITERAL(out, " in ");
        name_sources(page, out);
    }
}

static void subtitle(struct page *page, struct buffer *out)
{
    const struct page_timeline *timeline = &page->timeline;
    if (timeline->width_us) {
        page_moment(out, &page->clock, timeline->first_us);
        if (timeline->last_us > timeline->first_us) {
            BUFFER_LITERAL(out, " to ");
            page_moment(out, &page->clock, timeline->last_us);
        }
        BUFFER_LITERAL(out, " · ");
    }
    page_count(out, page->totals->frames);
    buffer_text(out, page->totals->frames == 1 ? " packet read" : " packets read");
}

/* How many of those kept fit: the first of each kind before all others. */
static void choose_failures(const struct page *page, unsigned *firsts, unsigned *repeats)
{
    size_t size = 0;
    for (*firsts = 0; *firsts < page->firsts; ++*firsts)
        if ((size += page->first[*firsts].html.length) > page->failures_most)
            break;
    for (*repeats = 0; *repeats < page->repeats && *firsts + *repeats < FAILURES_SHOWN; ++*repeats)
        if ((size += page->repeat[*repeats].html.length) > page->failures_most)
            break;
}

static void failures(const struct page *page, struct buffer *out)
{
    unsigned firsts, repeats;
    choose_failures(page, &firsts, &repeats);
    if (firsts + repeats == 0)
        return;
    BUFFER_LITERAL(out, "<section id=\"failures\" aria-labelledby=\"failures-title\">\n<h2 id=\"failures-title\">");
    const uint64_t open = page->tally->causes[CAUSE_UNDETERMINED], all = page->tally->failures + open;
    buffer_text(out, all > firsts + repeats       ? "Failures, the first of each kind"
                     : page->tally->failures == 0 ? "What cannot be told from here"
                     : open                       ? "The failures, and what cannot be told from here"
                                                  : "The failures");
    BUFFER_LITERAL(out, "</h2>\n");
    for (unsigned i = 0, k = 0; i < firsts || k < repeats;) {
        const bool first = k == repeats || (i < firsts && page->first[i].number < page->repeat[k].number);
        const struct buffer *html = first ? &page->first[i++].html : &page->repeat[k++].html;
        buffer_bytes(out, html->data, html->length);
    }
    BUFFER_LITERAL(out, "</section>\n");
}

static void times(const struct page *page, struct buffer *out)
{
    if (page->clock.by_line)
        BUFFER_LITERAL(out, "Times are as they are written in the text that was read.");
    else {
        const int64_t minutes = page->clock.offset_us / 60000000;
        const uint64_t absolute = (uint64_t)(minutes < 0 ? -minutes : minutes);
        buffer_text(out, minutes < 0 ? "Times are UTC−" : "Times are UTC+");
        buffer_digits(out, absolute / 60, 2);
        buffer_char(out, ':');
        buffer_digits(out, absolute % 60, 2);
        buffer_char(out, '.');
    }
}

static void left_out(const struct page *page, struct buffer *out)
{
    const struct page_store *store = &page->store;
    if (store->details_left_out || store->rows_left_out)
        BUFFER_LITERAL(out, "<p id=\"left-out\">To stay within ");
    else
        return;
    page_count(out, page->options.most_bytes);
    BUFFER_LITERAL(out, " bytes (--html-size) this page leaves out ");
    if (store->details_left_out) {
        BUFFER_LITERAL(out, "the packets and the advice of ");
        page_count(out, store->details_left_out);
        BUFFER_LITERAL(out, " attempts that are like others shown");
    }
    if (store->rows_left_out) {
        buffer_text(out, store->details_left_out ? ", and " : "");
        page_count(out, store->rows_left_out);
        BUFFER_LITERAL(out, " attempts from the table, the last ones; the counts above hold them all");
    }
    BUFFER_LITERAL(out, ".</p>\n");
}

/* What the script has to know beside the rows: lines of words, a tab between them. */
static void write_meta(const struct page *page, struct buffer *out)
{
    struct buffer raw = {0};
    BUFFER_LITERAL(&raw, "offset\t");
    row_number(&raw, page->clock.offset_us);
    row_number(&raw, page->clock.by_line);
    for (int cause = 0; cause < CAUSE_COUNT; cause++) {
        BUFFER_LITERAL(&raw, "\ncause\t");
        row_number(&raw, cause);
        buffer_text(&raw, cause_name((enum cause)cause));
        buffer_char(&raw, '\t');
        buffer_text(&raw, cause_words((enum cause)cause));
        buffer_char(&raw, '\t');
        row_number(&raw, cause_is_failure((enum cause)cause));
    }
    for (size_t i = 0; i < SOURCES && page->source[i]; i++) {
        BUFFER_LITERAL(&raw, "\nsource\t");
        page_plain(&raw, page->source[i]);
    }
    store_block("meta", &raw, out);
    buffer_free(&raw);
}

static void data(struct page *page, struct buffer *out)
{
    write_meta(page, out);
    store_write(&page->store, out);
}

static void fill(void *context, enum page_slot slot, struct buffer *out)
{
    struct page *page = context;
    switch (slot) {
    case SLOT_TITLE:
    case SLOT_HEADING:
        title(page, out);
        break;
    case SLOT_SUBTITLE:
        subtitle(page, out);
        break;
    case SLOT_SUMMARY:
        summary_tiles(page->tally, page->totals, out);
        break;
    case SLOT_TIMELINE:
        summary_timeline(page->tally, &page->timeline, &page->clock, out);
        break;
    case SLOT_CAUSES:
        summary_causes(page->tally, out);
        break;
    case SLOT_HOSTS:
        summary_hosts(page->tally, page->names, out);
        break;
    case SLOT_FAILURES:
        failures(page, out);
        break;
    case SLOT_VERSION:
        html_text(out, page->options.version);
        break;
    case SLOT_TIMES:
        times(page, out);
        break;
    case SLOT_LEFT_OUT:
        left_out(page, out);
        break;
    case SLOT_DATA:
        data(page, out);
        break;
    default: /* the files' own */
        break;
    }
}

void page_finish(struct page *page, const struct tally *tally, const struct report_totals *totals)
{
    struct buffer rules = {0};
    page->tally = tally;
    page->totals = totals;
    store_finish(&page->store);
    (void)buffer_reserve(&page->whole, page->options.most_bytes); /* at once, not by doubling */
    summary_style(tally, &rules);
    page->whole.failed |= rules.failed;
    page_files_write(fill, page, &rules, &page->whole);
    buffer_free(&rules);
    page->tally = NULL;
    page->totals = NULL;
}

const char *page_text(const struct page *page, size_t *length)
{
    *length = page->whole.length;
    return page->whole.failed || page->store.failed ? NULL : page->whole.data ? page->whole.data : "";
}
