#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "text_line.h"

static const struct {
    const char *from, *to;
} written_otherwise[] = {
    {"&gt;", ">"},    {"&lt;", "<"},      {"&amp;gt;", ">"},     {"&amp;", "&"},        {"&quot;", "\""},
    {"&nbsp;", " "},  {"&#62;", ">"},     {"&#60;", "<"},        {"&#39;", "'"},        {"&rarr;", "→"},
    {"\\u003e", ">"}, {"\\u003c", "<"},   {"\xe2\x80\xba", ">"}, {"\xef\xbc\x9e", ">"}, {"\xc2\xa0", " "},
    {"=3D", "="},     {"=E2=86=92", "→"}, {"\xe2\x80\x8b", ""},  {"\xef\xbb\xbf", ""},
};

/* A tag ends at its `>`; "<mss 1460" and "<SERVER>" are none of these. */
static const char *const tags[] = {"p",  "pre", "code", "br",         "br/", "div",    "li", "tt",
                                   "td", "tr",  "span", "blockquote", "em",  "strong", "b"};

static size_t tag_size(const char *p, size_t left)
{
    size_t at = 1 + (left > 1 && p[1] == '/');
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
        const size_t size = strlen(tags[i]);
        if (left <= at + size || strncasecmp(p + at, tags[i], size) != 0)
            continue;
        const char after = p[at + size];
        if (after == '>')
            return at + size + 1;
        const char *end =
            after == ' ' && strncmp(tags[i], "b", 2) != 0 ? memchr(p, '>', left < 200 ? left : 200) : NULL;
        if (end && memchr(p, '=', (size_t)(end - p)))
            return (size_t)(end - p) + 1;
    }
    return 0;
}

/* "ESC [ 31 m" and the like. */
static size_t escape_size(const char *p, size_t left)
{
    size_t size = 1;
    if (left < 2 || p[1] != '[')
        return 1;
    for (size = 2; size < left && size < 20 && !(p[size] >= '@' && p[size] <= '~'); size++)
        ;
    return size < left ? size + 1 : size;
}

static size_t replaced(const char *p, size_t left, char **out)
{
    for (size_t i = 0; i < sizeof written_otherwise / sizeof *written_otherwise; i++) {
        const size_t size = strlen(written_otherwise[i].from);
        if (size <= left && memcmp(p, written_otherwise[i].from, size) == 0) {
            const size_t by = strlen(written_otherwise[i].to);
            memcpy(*out, written_otherwise[i].to, by);
            *out += by;
            return size;
        }
    }
    return 0;
}

size_t text_line_clean(char *line, size_t size)
{
    char *out = line;
    for (size_t i = 0; i < size;) {
        const char c = line[i];
        size_t taken = 0;
        if (c == '\033')
            taken = escape_size(line + i, size - i);
        else if (c == '<')
            taken = tag_size(line + i, size - i);
        else if (c == '&' || c == '=' || c == '\\' || (unsigned char)c >= 0xc2)
            taken = replaced(line + i, size - i, &out);
        if (taken) {
            i += taken;
            continue;
        }
        const bool odd = ((unsigned char)c < ' ' && c != '\t') || c == '\x7f';
        *out++ = odd || (c == '\t' && i && line[i - 1] == ',') ? ' ' : c;
        i++;
    }
    while (out > line && (out[-1] == ' ' || out[-1] == '\t'))
        out--;
    *out = '\0';
    return (size_t)(out - line);
}

const char *text_line_unquoted(const char *line)
{
    for (;;) {
        const char *p = line + strspn(line, " \t");
        if (*p != '>' && *p != '|')
            return line;
        line = p + 1;
        if (*line == ' ')
            line++;
    }
}
