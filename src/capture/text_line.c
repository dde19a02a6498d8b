#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "text_line.h"

static const struct {
    const char *from, *to;
} written_otherwise[] = {
    {"&gt;", ">"},         {"&lt;", "<"},         {"&amp;gt;", ">"}, {"&amp;", "&"},   {"&quot;", "\""},
    {"&nbsp;", " "},       {"&#62;", ">"},        {"&#60;", "<"},    {"&#39;", "'"},   {"&rarr;", "→"},
    {"&#x27;", "'"},       {"&#039;", "'"},       {"&apos;", "'"},   {"&#x3e;", ">"},  {"&#x3c;", "<"},
    {"\\t", " "},          {"\\n", ""},           {"\\u2192", "→"},  {"\\u003e", ">"}, {"\\u003c", "<"},
    {"\xe2\x80\xba", ">"}, {"\xef\xbc\x9e", ">"}, {"\xc2\xa0", " "}, {"=3D", "="},     {"=E2=86=92", "→"},
    {"\xe2\x80\x8b", ""},  {"\xef\xbb\xbf", ""},
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
    size_t indent = 0;
    while (indent < size && (line[indent] == ' ' || line[indent] == '\t'))
        indent++;
    const char *words = line + indent;
    const bool is_dump = size - indent > 2 && memcmp(words, "0x", 2) == 0; /* a tab ends the bytes in it */
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
        const bool amid = c == '\t' && out > words && !is_dump;
        *out++ = odd || amid ? ' ' : c;
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

/* ---- Prefixes ---- */

static size_t digits(const char *p)
{
    return strspn(p, "0123456789");
}

/* "host program[123]: ", "gw kernel: " */
static const char *behind_program(const char *p)
{
    enum { LONGEST = 90 };
    const char *colon = strstr(p, ": ");
    return colon && colon - p < LONGEST && !strchr("0123456789", colon[-1]) ? colon + 2 : p;
}

/* "2026-11-30T12:01:02.123456+0000 gw tcpdump[123]: ", and of containers " stdout F " */
static const char *behind_moment(const char *p)
{
    if (digits(p) != 4 || p[4] != '-' || digits(p + 5) != 2 || p[7] != '-' || (p[10] != 'T' && p[10] != ' '))
        return p;
    const char *end = p + 11 + strcspn(p + 11, " ");
    if (*end != ' ')
        return p;
    end++;
    if (strncmp(end, "stdout F ", 9) == 0 || strncmp(end, "stderr F ", 9) == 0)
        return end + 9;
    return behind_program(end);
}

/* "Nov 30 12:01:02 gw tcpdump[123]: " */
static const char *behind_syslog(const char *p)
{
    enum { STAMP = 16 };
    if (strnlen(p, STAMP) < STAMP || p[3] != ' ' || p[6] != ' ' || p[9] != ':' || p[12] != ':' || p[15] != ' ')
        return p;
    return behind_program(p + STAMP);
}

/* "12: ", "12. ", "12) ", "  12  ", "file.txt:12:" */
static const char *behind_number(const char *p)
{
    const char *start = p + strspn(p, " ");
    const size_t count = digits(start);
    const char *end = start + count;
    if (count && count < 7 && *end && strchr(":.)", *end) && end[1] == ' ')
        return end + 2;
    if (count && count < 7 && *end == ':' && !digits(end + 1))
        return end + 1;
    if (count && count < 7 && strncmp(end, "  ", 2) == 0)
        return end + 2;
    const size_t word = strcspn(p, " :");
    if (word && p[word] == ':' && digits(p + word + 1) && p[word + 1 + digits(p + word + 1)] == ':')
        return p + word + 2 + digits(p + word + 1);
    return p;
}

const char *text_line_unprefixed(const char *line)
{
    static const char docker[] = "{\"log\":\"";
    if (strncmp(line, docker, sizeof docker - 1) == 0)
        return line + sizeof docker - 1;
    if (*line == '[' && digits(line + 1)) {
        const char *end = strstr(line, "] ");
        return end ? end + 2 : line;
    }
    if ((line[0] == '-' || line[0] == '*') && line[1] == ' ')
        return line + 2;
    const char *behind = behind_moment(line);
    if (behind == line)
        behind = behind_syslog(line);
    return behind == line ? behind_number(line) : behind;
}
