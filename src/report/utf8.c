#include <string.h>

#include "utf8.h"

/* Lead bytes and what they carry (RFC 3629 section 4); overlong forms and surrogates are invalid. */
static const struct {
    uint8_t mask, lead, length;
    uint32_t least;
} forms[] = {{0x80, 0x00, 1, 0}, {0xe0, 0xc0, 2, 0x80}, {0xf0, 0xe0, 3, 0x800}, {0xf8, 0xf0, 4, 0x10000}};

uint32_t utf8_read(const char *text, size_t length, size_t *used)
{
    const uint8_t *bytes = (const uint8_t *)text;
    *used = 1;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if ((bytes[0] & forms[i].mask) != forms[i].lead)
            continue;
        if (forms[i].length > length)
            return UTF8_INVALID;
        uint32_t character = bytes[0] & (uint8_t)~forms[i].mask;
        for (size_t k = 1; k < forms[i].length; k++) {
            if ((bytes[k] & 0xc0) != 0x80)
                return UTF8_INVALID;
            character = character << 6 | (bytes[k] & 0x3f);
        }
        if (character < forms[i].least || character > 0x10ffff || (character >= 0xd800 && character <= 0xdfff))
            return UTF8_INVALID;
        *used = forms[i].length;
        return character;
    }
    return UTF8_INVALID;
}

bool utf8_is_unsafe(uint32_t character)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {{0, 0x1f},        {0x7f, 0x9f},     {0x61c, 0x61c},   {0x200b, 0x200f},  {0x2028, 0x202e},
                  {0x2060, 0x206f}, {0xfeff, 0xfeff}, {0xfff0, 0xfffb}, {0xe0000, 0xe0fff}};
    if (character < 0x7f)
        return character < 0x20;
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        if (character >= ranges[i].first && character <= ranges[i].last)
            return true;
    return false;
}

void utf8_make_safe(char *text)
{
    size_t used, left = strlen(text);
    for (; left > 0; text += used, left -= used) {
        const uint32_t character = utf8_read(text, left, &used);
        if (character == UTF8_INVALID || utf8_is_unsafe(character))
            memset(text, '?', used);
    }
}
