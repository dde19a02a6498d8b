#include "json_valid.h"

#include <stdint.h>
#include <string.h>

enum { DEEPEST = 16 };

struct reader {
    const unsigned char *at, *end;
};

static bool value(struct reader *r, int depth);

static void skip_space(struct reader *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\t'))
        r->at++;
}

static bool take(struct reader *r, char c)
{
    skip_space(r);
    if (r->at == r->end || *r->at != (unsigned char)c)
        return false;
    r->at++;
    return true;
}

/* One character of UTF-8 that is neither overlong nor a surrogate (RFC 3629). */
static bool utf8(struct reader *r)
{
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    unsigned char first = *r->at++;
    int more = first < 0x80                    ? 0
               : first >= 0xc2 && first < 0xe0 ? 1
               : first >= 0xe0 && first < 0xf0 ? 2
               : first >= 0xf0 && first < 0xf5 ? 3
                                               : -1;
    uint32_t code = first & (more <= 0 ? 0x7f : 0x3f >> more);
    if (more < 0 || r->end - r->at < more)
        return false;
    for (int i = 0; i < more; i++, r->at++) {
        if ((*r->at & 0xc0) != 0x80)
            return false;
        code = code << 6 | (*r->at & 0x3f);
    }
    return code >= least[more] && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
}

static bool hex4(struct reader *r)
{
    for (int i = 0; i < 4; i++, r->at++)
        if (r->at == r->end || !strchr("0123456789abcdefABCDEF", *r->at) || *r->at == 0)
            return false;
    return true;
}

static bool string(struct reader *r)
{
    if (!take(r, '"'))
        return false;
    while (r->at < r->end && *r->at != '"') {
        if (*r->at < 0x20)
            return false;
        if (*r->at != '\\') {
            if (!utf8(r))
                return false;
            continue;
        }
        r->at++;
        if (r->at == r->end || *r->at == 0 || !strchr("\"\\/bfnrtu", *r->at))
            return false;
        if (*r->at++ == 'u' && !hex4(r))
            return false;
    }
    if (r->at == r->end)
        return false;
    r->at++;
    return true;
}

static bool digits(struct reader *r)
{
    const unsigned char *from = r->at;
    while (r->at < r->end && *r->at >= '0' && *r->at <= '9')
        r->at++;
    return r->at > from;
}

static bool number(struct reader *r)
{
    take(r, '-');
    const unsigned char *first = r->at;
    if (!digits(r) || (*first == '0' && r->at - first > 1))
        return false;
    if (r->at < r->end && *r->at == '.') {
        r->at++;
        if (!digits(r))
            return false;
    }
    if (r->at < r->end && (*r->at == 'e' || *r->at == 'E')) {
        r->at++;
        if (r->at < r->end && (*r->at == '+' || *r->at == '-'))
            r->at++;
        return digits(r);
    }
    return true;
}

static bool word(struct reader *r, const char *text)
{
    size_t n = strlen(text);
    if ((size_t)(r->end - r->at) < n || memcmp(r->at, text, n) != 0)
        return false;
    r->at += n;
    return true;
}

static bool members(struct reader *r, char close, bool named, int depth)
{
    if (take(r, close))
        return true;
    do {
        if (named && !(string(r) && take(r, ':')))
            return false;
        if (!value(r, depth + 1))
            return false;
    } while (take(r, ','));
    return take(r, close);
}

static bool value(struct reader *r, int depth)
{
    skip_space(r);
    if (r->at == r->end || depth > DEEPEST)
        return false;
    switch (*r->at) {
    case '{':
        r->at++;
        return members(r, '}', true, depth);
    case '[':
        r->at++;
        return members(r, ']', false, depth);
    case '"':
        return string(r);
    case 't':
        return word(r, "true");
    case 'f':
        return word(r, "false");
    case 'n':
        return word(r, "null");
    default:
        return number(r);
    }
}

bool json_object_valid(const char *text, size_t length)
{
    struct reader r = {(const unsigned char *)text, (const unsigned char *)text + length};
    if (length == 0 || text[0] != '{' || !value(&r, 0))
        return false;
    skip_space(&r);
    return r.at == r.end;
}
