#include "reset_texts.h"

#include <string.h>

/* Text, not the bytes of a session that some stacks leave in a RST. */
enum { LEAST_LETTERS = 3 };

static bool is_printable(uint8_t byte)
{
    return byte >= 0x20 && byte < 0x7f;
}

/* False where the bytes are no text. A line's end, and a NUL, end it. */
static bool copy_text(char out[RESET_TEXT_SIZE], const uint8_t *bytes, uint32_t length)
{
    size_t n = 0;
    while (n < length && n < RESET_TEXT_SIZE - 1 && is_printable(bytes[n])) {
        out[n] = (char)bytes[n];
        n++;
    }
    out[n] = '\0';
    const bool ended = n == length || n == RESET_TEXT_SIZE - 1 || bytes[n] == '\r' || bytes[n] == '\n' || !bytes[n];
    return ended && n >= LEAST_LETTERS;
}

void reset_text_note(struct reset_texts *texts, struct attempt *attempt, const struct packet *packet)
{
    const struct tcp_view *tcp = &packet->tcp;
    char text[RESET_TEXT_SIZE];
    if (!(tcp->flags & TCP_RST) || !tcp->payload_captured || attempt->reset_text ||
        !copy_text(text, tcp->payload, tcp->payload_captured))
        return;
    for (unsigned i = 0; i < texts->count && !attempt->reset_text; i++)
        if (strcmp(texts->text[i], text) == 0)
            attempt->reset_text = texts->text[i];
    if (attempt->reset_text || texts->count == RESET_TEXTS)
        return;
    attempt->reset_text = memcpy(texts->text[texts->count++], text, sizeof text);
}
