#include "page_detail.h"

#include <sshsniff/source_names.h>
#include <stdio.h>

#include "advice.h"
#include "cause_words.h"
#include "moment.h"
#include "page_ladder.h"

enum { PAGE_ADVICE = 6, WORDS = 1024 };

#define ALTERNATIVE_SHOWN 0.05

/* ---- What it was ---- */

static void fact(struct buffer *out, const char *name, const char *text)
{
    BUFFER_LITERAL(out, "<dt>");
    buffer_text(out, name);
    BUFFER_LITERAL(out, "</dt><dd>");
    html_text(out, text);
    BUFFER_LITERAL(out, "</dd>");
}

static void head(const struct detail_context *context, const struct case_file *file, const struct verdict *verdict,
                 const char *source, struct buffer *out)
{
    const struct attempt *attempt = file->attempt;
    struct buffer plain = {0};
    char headline[WORDS];
    cause_headline(file, verdict, headline, sizeof headline);
    BUFFER_LITERAL(out, "<h3>");
    html_text(out, headline);
    BUFFER_LITERAL(out, "</h3>\n<p class=\"who\">");
    page_moment(out, context->clock, moment_start(attempt));
    BUFFER_LITERAL(out, " · ");
    page_endpoint(&plain, context->names, &attempt->key.client, attempt->lookup ? 0 : attempt->key.client_port);
    buffer_text(&plain, " → ");
    if (attempt->lookup && attempt->lookup->name[0])
        page_plain(&plain, attempt->lookup->name);
    else
        page_endpoint(&plain, context->names, &attempt->key.server, attempt->lookup ? 0 : attempt->key.server_port);
    if (source) {
        buffer_text(&plain, " · ");
        page_plain(&plain, source);
    }
    html_bytes(out, plain.data, plain.length);
    out->failed |= plain.failed;
    BUFFER_LITERAL(out, "</p>\n");
    buffer_free(&plain);
}

static void judged(const struct case_file *file, const struct verdict *verdict, struct buffer *out)
{
    char sure[256], where[256];
    BUFFER_LITERAL(out, "<p class=\"judged\"><span class=\"badge\"><span class=\"dot c-");
    buffer_text(out, cause_name(verdict->cause));
    BUFFER_LITERAL(out, "\"></span>");
    buffer_text(out, cause_name(verdict->cause));
    BUFFER_LITERAL(out, "</span> ");
    if (verdict->cause != CAUSE_UNDETERMINED && verdict->cause != CAUSE_NONE) {
        confidence_words(verdict, sure, sizeof sure);
        where_words(file, verdict, where, sizeof where);
        html_text(out, sure);
        buffer_text(out, where[0] ? "; " : "");
        html_text(out, where);
    }
    BUFFER_LITERAL(out, "</p>\n");
}

static void alternatives(const struct verdict *verdict, struct buffer *out)
{
    bool any = false;
    for (size_t i = 0; i < verdict->alternatives_count; i++) {
        const struct alternative *other = &verdict->alternatives[i];
        char text[WORDS];
        if (other->confidence < ALTERNATIVE_SHOWN)
            continue;
        snprintf(text, sizeof text, "%s (%d\u00a0%%): %s", cause_name(other->cause),
                 (int)(other->confidence * 100 + 0.5), cause_words(other->cause));
        fact(out, any ? "" : "Or else", text);
        any = true;
    }
    if (any && verdict->settle)
        fact(out, "To settle", verdict->settle);
}

static void facts(const struct case_file *file, const struct verdict *verdict, struct buffer *out)
{
    const char *error = report_client_error(file, verdict);
    const char *shown = error ? error : cause_row(verdict->cause)->silence;
    const size_t start = out->length;
    BUFFER_LITERAL(out, "<dl class=\"facts\">");
    const size_t empty = out->length;
    if (verdict->reason[0])
        fact(out, "Why not told", verdict->reason);
    if (verdict->would_decide)
        fact(out, "Lacking", verdict->would_decide);
    if (verdict->detail[0])
        fact(out, "Found", verdict->detail);
    if (shown)
        fact(out, "ssh shows", shown);
    if (verdict->ssh.client_version)
        fact(out, "Client", verdict->ssh.client_version);
    if (verdict->ssh.server_version)
        fact(out, "Server", verdict->ssh.server_version);
    alternatives(verdict, out);
    if (verdict->text_lacks[0])
        fact(out, "Not shown", verdict->text_lacks);
    if (verdict->not_all_kept)
        fact(out, "Although", "a table was full or memory was out while it was watched: part of it was not kept");
    if (out->length == empty) {
        out->length = start; /* no empty list */
        return;
    }
    BUFFER_LITERAL(out, "</dl>\n");
}

/* ---- Why ---- */

static void sign(const struct evidence *item, struct buffer *out)
{
    char text[EVIDENCE_TEXT_SIZE];
    evidence_text(item, text, sizeof text);
    buffer_text(out, item->weight < 0 ? "<li class=\"against\">" : "<li>");
    html_text(out, text);
    BUFFER_LITERAL(out, " <small>");
    if (item->packet) {
        buffer_text(out, source_names_by_line() ? "line " : "#");
        buffer_u64(out, item->packet);
        BUFFER_LITERAL(out, " · ");
    }
    buffer_text(out, item->id);
    BUFFER_LITERAL(out, "</small></li>\n");
}

static void signs(const struct verdict *verdict, struct buffer *out)
{
    if (!verdict->evidence_count)
        return;
    BUFFER_LITERAL(out, "<h4>Evidence</h4>\n<ul class=\"signs\">");
    for (int against = 0; against < 2; against++)
        for (size_t i = 0; i < verdict->evidence_count; i++)
            if ((verdict->evidence[i].weight < 0) == against)
                sign(&verdict->evidence[i], out);
    BUFFER_LITERAL(out, "</ul>\n");
}

/* ---- What to do ---- */

/* A command may have a comment behind it, which is for the reader and not for the shell. */
static void command(const char *line, struct buffer *out)
{
    const char *comment = strstr(line, "  # ");
    BUFFER_LITERAL(out, "<div><code>");
    html_bytes(out, line, comment ? (size_t)(comment - line) : strlen(line));
    BUFFER_LITERAL(out, "</code>");
    if (comment) {
        BUFFER_LITERAL(out, "<p class=\"why\">");
        html_text(out, comment + strlen("  # "));
        BUFFER_LITERAL(out, "</p>");
    }
    BUFFER_LITERAL(out, "</div><button type=\"button\" class=\"copy\">Copy</button>");
}

static void advice(const struct case_file *file, const struct verdict *verdict, struct buffer *out)
{
    static const char *const places[] = {
        [ADVISE_SERVER] = "server", [ADVISE_CLIENT] = "client", [ADVISE_NETWORK] = "network", [ADVISE_ANYONE] = ""};
    char lines[PAGE_ADVICE][ADVICE_SIZE];
    enum advice_place place[PAGE_ADVICE];
    const size_t count = advice_select(file, verdict, lines, place, PAGE_ADVICE);
    if (!count)
        return;
    BUFFER_LITERAL(out, "<div class=\"title\"><h4>What to do</h4><button type=\"button\" class=\"copy all\">Copy "
                        "all</button></div>\n<ul class=\"todo\">");
    for (size_t i = 0; i < count; i++) {
        BUFFER_LITERAL(out, "<li><span class=\"at\">");
        buffer_text(out, places[place[i]]);
        BUFFER_LITERAL(out, "</span>");
        if (place[i] == ADVISE_SERVER || place[i] == ADVISE_CLIENT)
            command(lines[i], out);
        else {
            BUFFER_LITERAL(out, "<p>");
            html_text(out, lines[i]);
            BUFFER_LITERAL(out, "</p><span></span>");
        }
        BUFFER_LITERAL(out, "</li>\n");
    }
    BUFFER_LITERAL(out, "</ul>\n");
}

void page_detail(const struct detail_context *context, const struct case_file *file, const struct verdict *verdict,
                 const char *source, struct buffer *out)
{
    BUFFER_LITERAL(out, "<article class=\"detail\">\n");
    head(context, file, verdict, source, out);
    judged(file, verdict, out);
    facts(file, verdict, out);
    signs(verdict, out);
    advice(file, verdict, out);
    page_ladder(file, verdict, out);
    BUFFER_LITERAL(out, "</article>\n");
}
