/* Lines that were one, and lines that belong together. */
#include <stdlib.h>
#include <string.h>

#include "text_gather.h"
#include "text_moment.h"

void text_gather_begin(struct text_gather *r, const struct text_input *in, const char *line,
                       const struct text_packet *packet)
{
    struct gathered *g = &r->now;
    g->there = true;
    g->is_packet = packet != NULL;
    g->line = in->number;
    g->joined = 0;
    g->lines = 1;
    g->width = in->size;
    g->quotes = false;
    if (packet)
        g->packet = *packet;
    g->text_size = strlen(line);
    memcpy(g->text, line, g->text_size + 1);
    text_hex_begin(&g->hex);
}

static bool is_better(const struct gathered *g, const struct text_packet *joined)
{
    if (!g->is_packet || g->packet.awaits_body)
        return !joined->awaits_body || joined->understood > g->packet.understood;
    return (joined->kind == g->packet.kind || g->packet.kind == TEXT_OTHER) &&
           joined->understood > g->packet.understood;
}

/* What the gathered lines and this one say together; false where that is no more than without it. */
static bool try_joined(struct text_gather *r, const char *more, bool blank, struct text_packet *out)
{
    const struct gathered *g = &r->now;
    memcpy(r->trial, g->text, g->text_size);
    r->trial[g->text_size] = ' ';
    memcpy(r->trial + g->text_size + blank, more, strlen(more) + 1);
    return text_read(r->trial, out) && is_better(g, out);
}

/* Terminals break lines at such a width, amid a word or a number; mails do it at blanks. */
static bool is_terminals(size_t width)
{
    static const size_t widths[] = {80, 100, 120, 132, 160};
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++)
        if (width == widths[i])
            return true;
    return false;
}

/* Is the gathered packet the better for this line? Then it belongs to it. */
static bool join(struct text_gather *r, const struct text_input *in, const char *line)
{
    struct gathered *g = &r->now;
    const char *more = line + strspn(line, " \t");
    const size_t size = strlen(more);
    if (g->joined >= TEXT_JOINED_MAX || size == 0 || g->text_size + size + 2 > sizeof g->text)
        return false;
    bool blank = try_joined(r, more, true, &r->joined);
    const bool tight = is_terminals(g->width) && more == line && try_joined(r, more, false, &r->tight) &&
                       (!blank || r->tight.understood >= r->joined.understood);
    if (!blank && !tight)
        return false;
    g->packet = tight ? r->tight : r->joined;
    blank = !tight;
    g->is_packet = true;
    memcpy(g->text + g->text_size + blank, more, size + 1);
    if (blank)
        g->text[g->text_size] = ' ';
    g->text_size += blank + size;
    g->width = in->size;
    g->joined++;
    return true;
}

bool text_may_begin(const char *line)
{
    enum text_clock clock;
    int64_t us;
    const bool begins = strstr(line, " IP") || strstr(line, " ip") || strstr(line, " → ") || strstr(line, " -> ") ||
                        strstr(line, "\",\"") || strstr(line, " > ") || (line[0] && line[strlen(line) - 1] == '>');
    return begins && text_moment_is_there(line, &clock, &us);
}

/* A line that makes no packet yet of one that was broken, and may with the next. */
static bool hold(struct text_gather *r, const struct text_input *in, const char *line)
{
    enum { HELD_MAX = 3, BROKEN = 50 }; /* no shorter line was broken for its length */
    struct gathered *g = &r->now;
    const char *more = line + strspn(line, " \t");
    const size_t size = strlen(more), blank = !is_terminals(g->width) || more != line;
    if ((g->is_packet && !g->packet.awaits_body) || g->joined >= HELD_MAX || g->width < BROKEN || size == 0 ||
        g->text_size + size + 2 > sizeof g->text || text_may_begin(line))
        return false;
    g->text[g->text_size] = ' ';
    memcpy(g->text + g->text_size + blank, more, size + 1);
    g->text_size += blank + size;
    g->width = in->size;
    g->joined++;
    return true;
}

/* -v prints behind an ICMP error what it quotes: indented, and without a time. */
static bool text_begins_quote(const char *p)
{
    static const char *const heads[] = {"IP (", "IP6 (", "(tos ", "(flowlabel ", "(class ", "(hlim "};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        if (strncmp(p, heads[i], strlen(heads[i])) == 0)
            return true;
    return false;
}

static bool is_quote(const struct gathered *g, const char *line)
{
    const char *p = line + strspn(line, " \t");
    return g->is_packet && g->packet.kind == TEXT_ICMP && text_begins_quote(p);
}

static void hold_quote(struct gathered *g, const char *line)
{
    const char *more = line + strspn(line, " \t");
    const size_t size = strlen(more);
    if (g->text_size + size + 2 > sizeof g->text)
        return;
    g->text[g->text_size++] = ' ';
    memcpy(g->text + g->text_size, more, size + 1);
    g->text_size += size;
    g->packet.ended = false;
    g->packet.awaits_body = false;
    g->quotes = true;
}

static bool holds_quote(const struct gathered *g)
{
    return g->is_packet && g->packet.kind == TEXT_ICMP && g->quotes && !g->packet.icmp.quoted;
}

bool text_gather_takes(struct text_gather *r, const struct text_input *in, const char *line,
                       const struct text_packet *packet)
{
    struct gathered *g = &r->now;
    const bool is_packet = packet != NULL;
    if (!g->there)
        return false;
    if (g->is_packet && text_hex_take(&g->hex, line))
        return true;
    if (is_quote(g, line)) {
        hold_quote(g, line);
        return true;
    }
    if (g->is_packet && !g->packet.awaits_body && is_packet && !(holds_quote(g) && packet->clock == TEXT_NO_TIME))
        return false;
    if (g->is_packet && g->packet.ended)
        return false;
    if (is_packet && packet->clock != TEXT_NO_TIME)
        return false;
    return join(r, in, line) || (line != in->line && join(r, in, in->line)) || (!is_packet && hold(r, in, line));
}
