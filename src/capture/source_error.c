/* What went wrong with a source, in one line. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "private.h"

enum source_result source_fail(struct source *source, const char *format, ...)
{
    const char *name = strcmp(source->name, "-") == 0 ? "standard input" : source->name;
    int prefix = snprintf(source->error, sizeof source->error, "%.*s: ", SOURCE_NAME_SHOWN, name);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(source->error + prefix, sizeof source->error - (size_t)prefix, format, arguments);
    va_end(arguments);
    for (char *c = source->error; *c != '\0'; c++)
        if (*c == '\n' || *c == '\r')
            *c = ' '; /* one line is promised, and a file's name can hold anything */
    return SOURCE_ERROR;
}

/* "damaged at frame 12, byte offset 3456: its block claims 7 bytes; what precedes it was read" */
static enum source_result fail_at(struct source *source, const char *how, uint64_t offset, const char *detail)
{
    const char *compression = source->stream->kind->compression;

    return source_fail(source, "%s at frame %" PRIu64 ", byte offset %" PRIu64 "%s%s%s: %s%swhat precedes it was read",
                       how, source->number + 1, offset, compression == NULL ? "" : " of the decompressed ",
                       compression == NULL ? "" : compression, compression == NULL ? "" : " data", detail,
                       *detail == '\0' ? "" : "; ");
}

enum source_result source_broken(struct source *source, uint64_t offset, const char *format, ...)
{
    char detail[SOURCE_ERROR_SIZE / 2];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(detail, sizeof detail, format, arguments);
    va_end(arguments);
    return fail_at(source, "damaged", offset, detail);
}

/* Its writer may still add to it. */
static bool goes_on(const struct source *source)
{
    const struct stream *stream = source->stream;
    return source->follows && !stream->input.closed && stream->error[0] == '\0';
}

enum source_result source_lacks_header(struct source *source, const char *error)
{
    return goes_on(source) ? SOURCE_IDLE : source_fail(source, "%s", error);
}

enum source_result source_ran_out(struct source *source)
{
    const struct stream *stream = source->stream;

    if (source_is_stopped(source))
        return SOURCE_END;
    if (goes_on(source)) {
        source->stream->ended = false;
        return SOURCE_IDLE;
    }
    if (stream_available(stream) == 0 && stream->error[0] == '\0')
        return SOURCE_END;
    return fail_at(source, "truncated", stream_offset(stream), stream->error);
}

const char *source_error(const struct source *source)
{
    return source->error;
}
