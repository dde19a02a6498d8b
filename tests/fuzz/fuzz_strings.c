/* libFuzzer harness for hostile strings on their way out: whatever a peer said, JSON stays JSON in UTF-8, and no
 * control character reaches a terminal. */
#include <stdlib.h>
#include <string.h>

#include "report/json_writer.h"
#include "report/text_writer.h"
#include "report/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct buffer *b, bool is_json)
{
    if (b->failed)
        return;
    for (size_t i = 0; i < b->length; i++)
        if ((uint8_t)b->data[i] < ' ' || (uint8_t)b->data[i] == 0x7f)
            abort();
    if (is_json && (b->length < 2 || b->data[0] != '"' || b->data[b->length - 1] != '"'))
        abort();
    for (size_t i = 1; is_json && i + 1 < b->length; i++) {
        if (b->data[i] == '"')
            abort();
        i += b->data[i] == '\\';
        if (i + 1 >= b->length)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buffer json = {0}, text = {0};
    char *copy = malloc(size + 1);
    if (copy == NULL)
        return 0;
    memcpy(copy, data, size);
    copy[size] = '\0';
    json_text(&json, copy);
    check(&json, true);
    text_clean(&text, copy);
    check(&text, false);
    buffer_free(&json);
    buffer_free(&text);
    free(copy);
    return 0;
}
