#include <string.h>

#include "text_hex.h"
#include "text_words.h"

enum { LINE_BYTES = 16 };

void text_hex_begin(struct text_hex *hex)
{
    hex->size = 0;
    hex->broken = false;
}

const uint8_t *text_hex_bytes(const struct text_hex *hex)
{
    return hex->size ? hex->bytes : NULL;
}

/* Groups of two or four digits with one blank between them; two blanks end them, for the ASCII column follows. */
static size_t read_groups(const char *p, uint8_t *out)
{
    size_t count = 0;
    while (count < LINE_BYTES) {
        uint64_t value;
        const char *end;
        if (!text_hex_number(p, UINT16_MAX, &value, &end) || (*end && *end != ' ' && *end != '\t') || p[1] == 'x')
            break;
        if (end - p == 4)
            out[count++] = (uint8_t)(value >> 8);
        else if (end - p != 2)
            break;
        out[count++] = (uint8_t)value;
        if (end[0] != ' ' || end[1] == ' ' || end[1] == '\t')
            break;
        p = end + 1;
    }
    return count;
}

bool text_hex_take(struct text_hex *hex, const char *line)
{
    uint8_t bytes[LINE_BYTES + 2];
    uint64_t offset = hex->size;
    const char *p = line + strspn(line, " \t"), *end = p;
    bool numbered = p[0] == '0' && p[1] == 'x' && text_hex_number(p, UINT16_MAX, &offset, &end) &&
                    (*end == ':' || *end == ' ' || *end == '\t');
    /* Wireshark: "0010   00 3c 12 34 …"; only where the bytes go on, for any number may stand in a text */
    if (!numbered && strspn(p, "0123456789abcdef") == 4 && strncmp(p + 4, "  ", 2) == 0)
        numbered =
            text_hex_number(p, UINT16_MAX, &offset, &end) && (offset == hex->size || offset == 0) && text_is_digit(*p);
    if (numbered)
        p = end + (*end == ':') + strspn(end + (*end == ':'), " \t");
    else if (p == line)
        return false; /* 3.x -x: no offsets, but indented */
    const size_t count = read_groups(p, bytes);
    if (count < (numbered ? 1 : 2) || (!numbered && count < LINE_BYTES && strspn(p, "0123456789abcdef ") != strlen(p)))
        return false;
    if (numbered && offset == 0) /* the one before was of an option (-vv) */
        text_hex_begin(hex);
    hex->broken = hex->broken || offset != hex->size;
    if (!hex->broken && hex->size + count <= sizeof hex->bytes) {
        memcpy(hex->bytes + hex->size, bytes, count);
        hex->size += count;
    }
    return true;
}
