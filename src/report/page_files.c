#include "page_files.h"

#include <nettle/base64.h>
#include <nettle/sha2.h>

#include "page_files_made.h"

static const char *const slot_names[SLOT_COUNT] = {
    [SLOT_STYLE] = "STYLE",       [SLOT_STYLE_HASH] = "STYLE_HASH",
    [SLOT_SCRIPT] = "SCRIPT",     [SLOT_SCRIPT_HASH] = "SCRIPT_HASH",
    [SLOT_TITLE] = "TITLE",       [SLOT_HEADING] = "HEADING",
    [SLOT_SUBTITLE] = "SUBTITLE", [SLOT_SUMMARY] = "SUMMARY",
    [SLOT_TIMELINE] = "TIMELINE", [SLOT_CAUSES] = "CAUSES",
    [SLOT_HOSTS] = "HOSTS",       [SLOT_FAILURES] = "FAILURES",
    [SLOT_VERSION] = "VERSION",   [SLOT_TIMES] = "TIMES",
    [SLOT_LEFT_OUT] = "LEFT_OUT", [SLOT_DATA] = "DATA",
};

struct filling {
    slot_filler fill;
    void *context;
    const struct buffer *rules;
};

/* As a Content-Security-Policy names what it allows: the bytes between the tags, to the last. `more` may be NULL. */
static void hash_of(const unsigned char *bytes, size_t length, const struct buffer *more, struct buffer *out)
{
    struct sha256_ctx context;
    uint8_t digest[SHA256_DIGEST_SIZE];
    char text[BASE64_ENCODE_RAW_LENGTH(SHA256_DIGEST_SIZE)];
    sha256_init(&context);
    sha256_update(&context, length, bytes);
    if (more)
        sha256_update(&context, more->length, (const uint8_t *)more->data);
    sha256_digest(&context, sizeof digest, digest);
    base64_encode_raw(text, sizeof digest, digest);
    BUFFER_LITERAL(out, "sha256-");
    buffer_bytes(out, text, sizeof text);
}

static void fill_slot(enum page_slot slot, const struct filling *filling, struct buffer *out)
{
    switch (slot) {
    case SLOT_STYLE:
        buffer_bytes(out, page_css, sizeof page_css);
        buffer_bytes(out, filling->rules->data, filling->rules->length);
        break;
    case SLOT_SCRIPT:
        buffer_bytes(out, page_js, sizeof page_js);
        break;
    case SLOT_STYLE_HASH:
        hash_of(page_css, sizeof page_css, filling->rules, out);
        break;
    case SLOT_SCRIPT_HASH:
        hash_of(page_js, sizeof page_js, NULL, out);
        break;
    default:
        filling->fill(filling->context, slot, out);
    }
}

/* A slot is written as @NAME@. SLOT_COUNT: that is none. */
static enum page_slot slot_named(const char *name, size_t length)
{
    int slot = 0;
    while (slot < SLOT_COUNT &&
           (length == 0 || strlen(slot_names[slot]) != length || memcmp(slot_names[slot], name, length) != 0))
        slot++;
    return (enum page_slot)slot;
}

void page_files_write(slot_filler fill, void *context, const struct buffer *rules, struct buffer *out)
{
    const struct filling filling = {fill, context, rules};
    const char *words = (const char *)page_html;
    size_t left = sizeof page_html;
    while (left > 0) {
        const char *sign = memchr(words, '@', left);
        const size_t before = sign ? (size_t)(sign - words) : left, behind = left - before;
        const char *close = behind > 1 ? memchr(words + before + 1, '@', behind - 1) : NULL;
        const size_t length = close ? (size_t)(close - words) - before - 1 : 0;
        const enum page_slot slot = slot_named(words + before + 1, length);
        buffer_bytes(out, words, before);
        if (slot != SLOT_COUNT)
            fill_slot(slot, &filling, out);
        else if (behind > 0)
            buffer_char(out, '@');
        const size_t used = before + (slot != SLOT_COUNT ? length + 2 : behind > 0);
        words += used;
        left -= used;
    }
}

size_t page_files_size(void)
{
    return sizeof page_html + sizeof page_css + sizeof page_js;
}
