/* A finding's sentence, with its values put in. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <sshsniff/source_names.h>
#include <sshsniff/verdict.h>

struct text {
    char *out;
    size_t size, length;
};

static void add(struct text *text, const char *bytes, size_t n)
{
    if (n > text->size - 1 - text->length)
        n = text->size - 1 - text->length;
    memcpy(text->out + text->length, bytes, n);
    text->length += n;
    text->out[text->length] = '\0';
}

static void add_milliseconds(struct text *text, uint64_t us)
{
    char digits[40];
    if (us < 10000)
        snprintf(digits, sizeof digits, "%" PRIu64 ".%02" PRIu64 " ms", us / 1000, us / 10 % 100);
    else if (us < 2000000)
        snprintf(digits, sizeof digits, "%" PRIu64 " ms", us / 1000);
    else
        snprintf(digits, sizeof digits, "%" PRIu64 ".%" PRIu64 " s", us / 1000000, us / 100000 % 10);
    add(text, digits, strlen(digits));
}

static void add_mac(struct text *text, uint64_t value)
{
    char digits[3 * 6];
    for (int i = 0; i < 6; i++)
        snprintf(digits + (size_t)3 * i, 4, i < 5 ? "%02x:" : "%02x", (unsigned)(value >> (40 - 8 * i) & 0xff));
    add(text, digits, strlen(digits));
}

/* `slot` begins after the brace. Returns the characters of the slot up to and with its closing brace; 0 where it is
 * none. */
static size_t add_slot(struct text *text, const struct evidence *e, const char *slot)
{
    char digits[40];
    if (slot[0] == 'a' && slot[1] == '}') {
        char address[ADDRESS_TEXT_SIZE] = "?";
        if (e->address)
            address_text(e->address, address);
        add(text, address, strlen(address));
        return 2;
    }
    if (slot[0] == 'w' && slot[1] == '}') {
        const char *word = e->word ? e->word : "?";
        add(text, word, strlen(word));
        return 2;
    }
    if (slot[0] < '0' || slot[0] >= '0' + EVIDENCE_VALUES)
        return 0;
    uint64_t value = e->value[slot[0] - '0'];
    if (slot[1] == 't' && slot[2] == '}') {
        add_milliseconds(text, value);
        return 3;
    }
    if (slot[1] == 'm' && slot[2] == '}') {
        add_mac(text, value);
        return 3;
    }
    bool hex = slot[1] == 'x' && slot[2] == '}';
    if (!hex && slot[1] != '}')
        return 0;
    snprintf(digits, sizeof digits, hex ? "0x%02" PRIx64 : "%" PRIu64, value);
    add(text, digits, strlen(digits));
    return hex ? 3 : 2;
}

size_t evidence_text(const struct evidence *evidence, char *out, size_t size)
{
    struct text text = {out, size, 0};
    out[0] = '\0';
    for (const char *p = evidence->sentence; *p;) {
        size_t taken = *p == '{' ? add_slot(&text, evidence, p + 1) : 0;
        if (taken) {
            p += taken + 1;
            continue;
        }
        if (*p == '#' && p[1] == '{' && source_names_by_line()) {
            add(&text, "line ", strlen("line "));
            p++;
            continue;
        }
        add(&text, p++, 1);
    }
    return text.length;
}
