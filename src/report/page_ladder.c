#include "page_ladder.h"

#include "ladder.h"
#include "page_html.h"

/* The classes of page.css that draw the arrow, and what a reader is told who does not see it. */
static const struct {
    const char *class, *words;
} ways[3][3] = {
    [LADDER_CLIENT] = {[LADDER_CLIENT] = {"", "client to itself"},
                       [LADDER_BETWEEN] = {"r cb", "client to the middle"},
                       [LADDER_SERVER] = {"r cs", "client to server"}},
    [LADDER_BETWEEN] = {[LADDER_CLIENT] = {"l bc", "from the middle to the client"},
                        [LADDER_BETWEEN] = {"", "in the middle"},
                        [LADDER_SERVER] = {"r bs", "from the middle to the server"}},
    [LADDER_SERVER] = {[LADDER_CLIENT] = {"l sc", "server to client"},
                       [LADDER_BETWEEN] = {"l sb", "server to the middle"},
                       [LADDER_SERVER] = {"", "server to itself"}},
};

static bool is_one(const struct ladder_line *line)
{
    return line->packet && line->count == 1;
}

static void way(const struct ladder_line *line, struct buffer *out)
{
    BUFFER_LITERAL(out, "<td class=\"way ");
    buffer_text(out, is_one(line) ? ways[line->from][line->to].class : "more");
    BUFFER_LITERAL(out, "\"><i></i><span class=\"vh\">");
    buffer_text(out, is_one(line) ? ways[line->from][line->to].words : "both ways");
    BUFFER_LITERAL(out, "</span></td>");
}

/* What the packet is, and below it the evidence that it gave. */
static void what(const struct case_file *file, const struct verdict *verdict, const struct ladder_line *line,
                 struct buffer *out)
{
    struct buffer words = {0};
    ladder_words(file, line, &words);
    BUFFER_LITERAL(out, "<td class=\"what\">");
    html_bytes(out, words.data, words.length);
    out->failed |= words.failed;
    buffer_free(&words);
    for (size_t i = ladder_evidence(verdict, line, 0); i < verdict->evidence_count;
         i = ladder_evidence(verdict, line, i + 1)) {
        char text[EVIDENCE_TEXT_SIZE];
        evidence_text(&verdict->evidence[i], text, sizeof text);
        BUFFER_LITERAL(out, "<small>");
        html_text(out, text);
        BUFFER_LITERAL(out, "</small>");
    }
    BUFFER_LITERAL(out, "</td>");
}

static void row(const struct case_file *file, const struct verdict *verdict, const struct ladder_line *line,
                struct buffer *out)
{
    const bool sign = line->packet && (line->decides || ladder_evidence(verdict, line, 0) < verdict->evidence_count);
    buffer_text(out, sign ? "<tr class=\"sign\"><td class=\"num\">" : "<tr><td class=\"num\">");
    if (line->packet)
        buffer_u64(out, line->packet->number);
    buffer_text(out, line->count > 1 ? " …</td><td class=\"num\">" : "</td><td class=\"num\">");
    if (line->packet && !(line->packet->unknown & FIELD_TIME))
        ladder_time(line->after_us, out);
    BUFFER_LITERAL(out, "</td>");
    way(line, out);
    what(file, verdict, line, out);
    BUFFER_LITERAL(out, "<td class=\"num\">");
    if (is_one(line) && !(line->packet->unknown & FIELD_TTL))
        buffer_u64(out, line->packet->ttl);
    BUFFER_LITERAL(out, "</td></tr>\n");
}

void page_ladder(const struct case_file *file, const struct verdict *verdict, struct buffer *out)
{
    struct ladder ladder;
    if (!ladder_make(file, verdict, &ladder))
        return;
    BUFFER_LITERAL(out, "<h4>Packets");
    if (ladder.has_between) {
        BUFFER_LITERAL(out, "; in the middle: ");
        html_text(out, ladder.between);
    }
    BUFFER_LITERAL(out, "</h4>\n<div class=\"ladder-box\" tabindex=\"0\" role=\"group\" aria-label=\"Packets\"><table "
                        "class=\"ladder\"><caption class=\"vh\">The packets of this attempt between client and "
                        "server</caption><thead><tr><th scope=\"col\" class=\"num\">No.</th><th scope=\"col\" "
                        "class=\"num\">Time</th><th scope=\"col\"><span class=\"ends\"><span>client</span> "
                        "<span>server</span></span></th><th scope=\"col\" class=\"what\">Packet</th><th scope=\"col\" "
                        "class=\"num\">TTL</th></tr></thead>\n");
    buffer_text(out, ladder.has_between ? "<tbody class=\"three\">" : "<tbody>");
    for (size_t i = 0; i < ladder.lines; i++)
        row(file, verdict, &ladder.line[i], out);
    BUFFER_LITERAL(out, "</tbody></table></div>\n");
}
