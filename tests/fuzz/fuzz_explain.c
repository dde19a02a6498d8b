/* Any bytes as a log of a client: what explains them is bounded, and holds nothing that steers a terminal; a host that
 * goes into commands is of harmless letters. */
#include <stdlib.h>
#include <string.h>

#include "report/explain_words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_at(const struct buffer *out)
{
    for (size_t i = 0; i < out->length; i++)
        if ((unsigned char)out->data[i] < 0x20 && out->data[i] != '\n')
            abort();
}

static void look_at_host(const char *host)
{
    static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:_";
    if (host != NULL && (host[0] == '-' || host[strspn(host, good)] != '\0' || strlen(host) >= EXPLAIN_HOST))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct log_reading log;
    struct explanation explanation;
    struct buffer out = {0};
    memset(&log, 0, sizeof log);
    for (size_t at = 0; at < size;) {
        const uint8_t *end = memchr(data + at, '\n', size - at);
        const size_t length = end != NULL ? (size_t)(end - data) - at : size - at;
        explain_line(&log, (const char *)data + at, length);
        at += length + 1;
    }
    if (!explain_log(&log, &explanation))
        return 0;
    if (explanation.count == 0 || explanation.count > CAUSE_COUNT || explanation.server.port > 65535)
        abort();
    look_at_host(explanation.server.host);
    explain_text(&out, &explanation, false, 0);
    explain_json(&out, &explanation);
    look_at(&out);
    buffer_free(&out);
    return 0;
}
