#include "page_summary.h"

#include <stdio.h>

enum { COLOURED = 6, HOST_ROWS = 8 };

/* The most frequent first, of one outcome; CAUSE_COUNT: none is left. */
static int next_cause(const uint64_t count[CAUSE_COUNT], enum cause_outcome outcome, bool done[CAUSE_COUNT])
{
    int most = CAUSE_COUNT;
    for (int cause = 0; cause < CAUSE_COUNT; cause++)
        if (!done[cause] && count[cause] && cause_row((enum cause)cause)->outcome == outcome &&
            (most == CAUSE_COUNT || count[cause] > count[most]))
            most = cause;
    if (most != CAUSE_COUNT)
        done[most] = true;
    return most;
}

static void style_of(enum cause cause, const char *colour, struct buffer *out)
{
    BUFFER_LITERAL(out, ".c-");
    buffer_text(out, cause_name(cause));
    BUFFER_LITERAL(out, "{color:var(");
    buffer_text(out, colour);
    BUFFER_LITERAL(out, ");fill:var(");
    buffer_text(out, colour);
    BUFFER_LITERAL(out, ")}\n");
}

void summary_style(const struct tally *tally, struct buffer *out)
{
    static const char *const own[COLOURED] = {"--c0", "--c1", "--c2", "--c3", "--c4", "--c5"};
    static const char *const usual[] = {[OUTCOME_FAILED] = "--c6",
                                        [OUTCOME_LOGGED_IN] = "--c-good",
                                        [OUTCOME_SCANNED] = "--c-scan",
                                        [OUTCOME_UNDETERMINED] = "--c-open"};
    bool done[CAUSE_COUNT] = {false};
    for (int cause = 0; cause < CAUSE_COUNT; cause++)
        style_of((enum cause)cause, usual[cause_row((enum cause)cause)->outcome], out);
    for (int i = 0, cause; i < COLOURED && (cause = next_cause(tally->causes, OUTCOME_FAILED, done)) != CAUSE_COUNT;
         i++)
        style_of((enum cause)cause, own[i], out);
}

/* ---- Tiles ---- */

static void tile(struct buffer *out, const char *class, uint64_t count, const char *words)
{
    BUFFER_LITERAL(out, "<li class=\"");
    buffer_text(out, class);
    BUFFER_LITERAL(out, "\"><b>");
    page_count(out, count);
    BUFFER_LITERAL(out, "</b><span>");
    buffer_text(out, words);
    BUFFER_LITERAL(out, "</span></li>\n");
}

static void warning(struct buffer *out, uint64_t count, const char *words)
{
    if (!count)
        return;
    BUFFER_LITERAL(out, "<p class=\"warn\">");
    page_count(out, count);
    buffer_char(out, ' ');
    buffer_text(out, words);
    BUFFER_LITERAL(out, "</p>\n");
}

void summary_tiles(const struct tally *tally, const struct report_totals *totals, struct buffer *out)
{
    const uint64_t through = tally->causes[CAUSE_NONE], open = tally->causes[CAUSE_UNDETERMINED];
    BUFFER_LITERAL(out, "<ul class=\"tiles\">\n");
    tile(out, "", tally->attempts, tally->attempts == 1 ? "attempt" : "attempts");
    tile(out, tally->failures ? "bad" : "", tally->failures, "failed");
    tile(out, through ? "good" : "", through, "logged in");
    if (open)
        tile(out, "", open, "cannot be told from here");
    if (tally->scanned)
        tile(out, "", tally->scanned, "only looked at the port");
    BUFFER_LITERAL(out, "</ul>\n");
    warning(out, totals->kernel_dropped, "frames were dropped by the kernel: verdicts may lack packets.");
    warning(out, totals->interface_dropped, "frames were dropped by the interface: verdicts may lack packets.");
    warning(out, totals->evicted, "attempts were judged early, for the table was full.");
    warning(out, totals->undecodable, "frames could not be read whole.");
}

/* ---- Over time ---- */

static void legend_entry(struct buffer *out, const char *class, const char *words, uint64_t count)
{
    if (!count)
        return;
    BUFFER_LITERAL(out, "<li><span class=\"dot ");
    buffer_text(out, class);
    BUFFER_LITERAL(out, "\"></span>");
    buffer_text(out, words);
    buffer_char(out, ' ');
    page_count(out, count);
    BUFFER_LITERAL(out, "</li>\n");
}

static void legend(const struct tally *tally, struct buffer *out)
{
    bool done[CAUSE_COUNT] = {false};
    uint64_t rest = tally->failures;
    BUFFER_LITERAL(out, "<ul class=\"legend\">\n");
    for (int i = 0, cause; i < COLOURED && (cause = next_cause(tally->causes, OUTCOME_FAILED, done)) != CAUSE_COUNT;
         i++) {
        char class[40];
        snprintf(class, sizeof class, "c-%s", cause_name((enum cause)cause));
        legend_entry(out, class, cause_name((enum cause)cause), tally->causes[cause]);
        rest -= tally->causes[cause];
    }
    legend_entry(out, "k6", "other failures", rest);
    legend_entry(out, "kg", "logged in", tally->causes[CAUSE_NONE]);
    legend_entry(out, "ku", "undetermined", tally->causes[CAUSE_UNDETERMINED]);
    legend_entry(out, "ks", "scans", tally->scanned);
    BUFFER_LITERAL(out, "</ul>\n");
}

/* Failures first, the most frequent of them at the bottom. */
static void order_causes(const struct tally *tally, enum cause order[CAUSE_COUNT])
{
    static const enum cause_outcome outcomes[] = {OUTCOME_FAILED, OUTCOME_LOGGED_IN, OUTCOME_UNDETERMINED,
                                                  OUTCOME_SCANNED};
    bool done[CAUSE_COUNT] = {false};
    size_t count = 0;
    for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++)
        for (int cause; (cause = next_cause(tally->causes, outcomes[i], done)) != CAUSE_COUNT;)
            order[count++] = (enum cause)cause;
    for (int cause = 0; cause < CAUSE_COUNT; cause++)
        if (!done[cause])
            order[count++] = (enum cause)cause;
}

void summary_timeline(const struct tally *tally, const struct page_timeline *timeline, struct page_clock *clock,
                      struct buffer *out)
{
    enum cause order[CAUSE_COUNT];
    if (!tally->attempts)
        return;
    order_causes(tally, order);
    BUFFER_LITERAL(out, "<section aria-labelledby=\"timeline-title\">\n<h2 id=\"timeline-title\">Over time</h2>\n"
                        "<figure class=\"card\">\n");
    timeline_write(timeline, order, clock, out);
    legend(tally, out);
    BUFFER_LITERAL(out, "</figure>\n</section>\n");
}

/* ---- Causes ---- */

static void cause_line(const struct tally *tally, enum cause cause, struct buffer *out)
{
    const uint64_t count = tally->causes[cause];
    const char *words = cause_row(cause)->headline;
    BUFFER_LITERAL(out, "<tr><th scope=\"row\"><span class=\"dot c-");
    buffer_text(out, cause_name(cause));
    BUFFER_LITERAL(out, "\"></span><span class=\"mono\" data-cause=\"");
    buffer_text(out, cause_name(cause));
    BUFFER_LITERAL(out, "\">");
    buffer_text(out, cause_name(cause));
    BUFFER_LITERAL(out, "</span></th><td>");
    html_text(out, words);
    BUFFER_LITERAL(out, "</td><td class=\"num\">");
    page_count(out, count);
    BUFFER_LITERAL(out, "</td><td class=\"num\">");
    const uint64_t share = (count * 200 / tally->attempts + 1) / 2;
    buffer_text(out, share ? "" : "&lt;");
    buffer_u64(out, share ? share : 1);
    BUFFER_LITERAL(out, " %</td></tr>\n");
}

void summary_causes(const struct tally *tally, struct buffer *out)
{
    static const enum cause_outcome order[] = {OUTCOME_FAILED, OUTCOME_UNDETERMINED, OUTCOME_SCANNED,
                                               OUTCOME_LOGGED_IN};
    bool done[CAUSE_COUNT] = {false};
    if (!tally->attempts)
        return;
    BUFFER_LITERAL(out, "<section aria-labelledby=\"causes-title\">\n<h2 id=\"causes-title\">By cause</h2>\n<div "
                        "class=\"card\"><table class=\"list\"><caption class=\"vh\">Attempts by "
                        "cause</caption><thead><tr><th scope=\"col\">Cause</th><th scope=\"col\">What happened</th><th "
                        "scope=\"col\" class=\"num\">Attempts</th><th scope=\"col\" "
                        "class=\"num\">Share</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        for (int cause; (cause = next_cause(tally->causes, order[i], done)) != CAUSE_COUNT;)
            cause_line(tally, (enum cause)cause, out);
    BUFFER_LITERAL(out, "</tbody></table></div>\n</section>\n");
}

/* ---- Hosts ---- */

static void host_line(const struct tally_host *host, const char *filter, const struct names *names, struct buffer *out)
{
    struct buffer plain = {0};
    page_endpoint(&plain, names, host->address, 0);
    BUFFER_LITERAL(out, "<tr><th scope=\"row\"><span class=\"mono\" data-");
    buffer_text(out, filter);
    BUFFER_LITERAL(out, "=\"");
    html_bytes(out, plain.data, plain.length);
    BUFFER_LITERAL(out, "\">");
    html_bytes(out, plain.data, plain.length);
    out->failed |= plain.failed;
    buffer_free(&plain);
    BUFFER_LITERAL(out, "</span></th><td class=\"num\">");
    page_count(out, host->failures);
    BUFFER_LITERAL(out, "</td><td class=\"num\">");
    page_count(out, host->attempts);
    BUFFER_LITERAL(out, "</td></tr>\n");
}

static void host_table(const struct tally_hosts *hosts, const char *filter, const char *title, const char *column,
                       const struct names *names, struct buffer *out)
{
    struct tally_host top[HOST_ROWS];
    const size_t count = tally_top(hosts, true, top, HOST_ROWS);
    BUFFER_LITERAL(out, "<section aria-label=\"");
    buffer_text(out, title);
    BUFFER_LITERAL(out, "\">\n<h2>");
    buffer_text(out, title);
    BUFFER_LITERAL(out, "</h2>\n<div class=\"card\"><table class=\"list\"><caption class=\"vh\">");
    buffer_text(out, title);
    BUFFER_LITERAL(out, "</caption><thead><tr><th scope=\"col\">");
    buffer_text(out, column);
    BUFFER_LITERAL(out, "</th><th scope=\"col\" class=\"num\">Failed</th><th scope=\"col\" "
                        "class=\"num\">Attempts</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < count; i++)
        if (!address_is_none(top[i].address))
            host_line(&top[i], filter, names, out);
    BUFFER_LITERAL(out, "</tbody></table></div>\n</section>\n");
}

void summary_hosts(const struct tally *tally, const struct names *names, struct buffer *out)
{
    if (!tally->failures)
        return;
    BUFFER_LITERAL(out, "<div class=\"pair\">\n");
    host_table(&tally->servers, "host", "Where logins failed", "Host", names, out);
    host_table(&tally->clients, "client", "Whose logins failed", "Client", names, out);
    BUFFER_LITERAL(out, "</div>\n");
}
