#include <string.h>
#include <strings.h>

#include "text_input.h"
#include "text_line.h"

/* ---- Encoding ---- */

static enum text_encoding encoding_of(const uint8_t *p, size_t size)
{
    enum { LOOKED_AT = 32 };
    if (size >= 2 && p[0] == 0xff && p[1] == 0xfe)
        return ENCODING_UTF16_LE;
    if (size >= 2 && p[0] == 0xfe && p[1] == 0xff)
        return ENCODING_UTF16_BE;
    size_t zeros[2] = {0, 0};
    for (size_t i = 0; i < LOOKED_AT && i < size; i++)
        zeros[i & 1] += p[i] == 0;
    if (size >= LOOKED_AT && zeros[1] == LOOKED_AT / 2 && zeros[0] == 0)
        return ENCODING_UTF16_LE;
    if (size >= LOOKED_AT && zeros[0] == LOOKED_AT / 2 && zeros[1] == 0)
        return ENCODING_UTF16_BE;
    return ENCODING_BYTES;
}

static void put(struct text_input *in, char c)
{
    if (in->size < TEXT_PHYSICAL)
        in->line[in->size++] = c;
}

static void put_unit(struct text_input *in, unsigned unit)
{
    if (unit < 0x80 || in->encoding == ENCODING_BYTES)
        put(in, (char)unit);
    else if (unit < 0x800) {
        put(in, (char)(0xc0 | unit >> 6));
        put(in, (char)(0x80 | (unit & 0x3f)));
    } else if (unit != 0xfeff) {
        put(in, (char)(0xe0 | unit >> 12));
        put(in, (char)(0x80 | (unit >> 6 & 0x3f)));
        put(in, (char)(0x80 | (unit & 0x3f)));
    }
}

/* ---- Where a line ends ---- */

static bool ends_with(const struct text_input *in, const char *text)
{
    const size_t size = strlen(text);
    return in->size >= size && strncasecmp(in->line + in->size - size, text, size) == 0;
}

/* <br>, <br/>, <br /> */
static bool takes_tag(struct text_input *in)
{
    static const char *const tags[] = {"<br>", "<br/>", "<br />"};
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
        if (ends_with(in, tags[i])) {
            in->size -= strlen(tags[i]);
            return true;
        }
    return false;
}

static bool is_digits(const char *p, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (p[i] < '0' || p[i] > '9')
            return false;
    return true;
}

/* Behind a packet on the same line: "… length 0 09:01:02.345678 IP ". What begins the next packet is carried over. */
static bool begins_another(struct text_input *in)
{
    enum { TIME = 15 };
    static const char *const kinds[] = {" IP ", " IP6 ", " ARP, "};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const size_t kind = strlen(kinds[i]);
        if (!ends_with(in, kinds[i]) || in->size < TIME + kind + 1)
            continue;
        const char *time = in->line + in->size - kind - TIME;
        if (time[-1] != ' ' || time[2] != ':' || time[5] != ':' || time[8] != '.' || !is_digits(time, 2) ||
            !is_digits(time + 3, 2) || !is_digits(time + 6, 2) || !is_digits(time + 9, 6))
            return false;
        in->carry_size = TIME + kind;
        memcpy(in->carry, time, in->carry_size);
        in->size -= in->carry_size;
        return true;
    }
    return false;
}

/* Keeps for the next line what stands behind Scapy's arrow. */
static void cut_answer(struct text_input *in)
{
    char *arrow = strstr(in->line, " ==> ");
    if (!arrow)
        return;
    in->answer_size = strlen(arrow + 5);
    memcpy(in->answer, arrow + 5, in->answer_size);
    *arrow = '\0';
    in->size = (size_t)(arrow - in->line);
}

/* Quoted-printable breaks lines at 76 columns, with a sign that they go on. */
static bool goes_on(struct text_input *in, size_t since)
{
    enum { SHORTEST = 70, LONGEST = 80 };
    const size_t size = in->size - since;
    if (!in->size || in->line[in->size - 1] != '=' || size < SHORTEST || size > LONGEST)
        return false;
    in->size--;
    return true;
}

/* ---- Feeding ---- */

static void begin_line(struct text_input *in)
{
    in->size = 0;
    in->holds_packet = false;
    in->number += in->ended || in->number == 0;
    in->ended = false;
    memcpy(in->line, in->carry, in->carry_size);
    in->size = in->carry_size;
    in->carry_size = 0;
}

static bool whole(struct text_input *in)
{
    in->size = text_line_clean(in->line, in->size);
    cut_answer(in);
    return true;
}

/* One unit; true where it ends the line. */
static bool take(struct text_input *in, unsigned unit, size_t *since)
{
    if (unit == '\n' || unit == '\r') {
        in->after_return = unit == '\r';
        in->ended = true;
        if (!goes_on(in, *since))
            return true;
        in->number++;
        in->ended = false;
        *since = in->size;
        return false;
    }
    put_unit(in, unit);
    if (unit == '>' && takes_tag(in))
        return in->after_tag = in->ended = true; /* a line to whoever sees the page */
    in->holds_packet |= unit == ' ' && (ends_with(in, " > ") || ends_with(in, " &gt; "));
    return unit == ' ' && in->holds_packet && begins_another(in);
}

/* A line feed that belongs to what ended the line before. */
static bool is_second_end(struct text_input *in, unsigned unit)
{
    const bool second = unit == '\n' && (in->after_return || in->after_tag);
    in->after_return = in->after_tag = false;
    return second;
}

bool text_input_feed(struct text_input *in, const uint8_t **pos, const uint8_t *end)
{
    if (in->answer_size) {
        memcpy(in->line, in->answer, in->answer_size);
        in->line[in->size = in->answer_size] = '\0';
        in->answer_size = 0;
        return true;
    }
    if (in->encoding == ENCODING_NOT_LOOKED)
        in->encoding = encoding_of(*pos, (size_t)(end - *pos));
    if (!in->goes_on)
        begin_line(in);
    in->goes_on = true;
    const size_t step = in->encoding == ENCODING_BYTES ? 1 : 2;
    while ((size_t)(end - *pos) >= step) {
        const uint8_t *p = *pos;
        *pos += step;
        const unsigned unit = in->encoding == ENCODING_BYTES      ? p[0]
                              : in->encoding == ENCODING_UTF16_LE ? (unsigned)(p[0] | p[1] << 8)
                                                                  : (unsigned)(p[0] << 8 | p[1]);
        if (is_second_end(in, unit))
            continue;
        if (!take(in, unit, &in->since))
            continue;
        in->goes_on = false;
        in->since = 0;
        return whole(in);
    }
    return false;
}

bool text_input_finish(struct text_input *in)
{
    if (!in->goes_on || !in->size)
        return false;
    in->goes_on = false;
    return whole(in);
}
