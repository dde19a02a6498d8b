/* One handle for every kind of source: opening, the errors' wording, and handing over. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "filter.h"
#include "private.h"
#include "recognise.h"

#define NAME_SHOWN 200 /* of a long path, so that the error behind it is not lost */

enum source_result source_fail(struct source *source, const char *format, ...)
{
    const char *name = strcmp(source->name, "-") == 0 ? "standard input" : source->name;
    int prefix = snprintf(source->error, sizeof source->error, "%.*s: ", NAME_SHOWN, name);
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

enum source_result source_ran_out(struct source *source)
{
    const struct stream *stream = source->stream;

    if (source_is_stopped(source))
        return SOURCE_END;
    if (stream_available(stream) == 0 && stream->error[0] == '\0')
        return SOURCE_END;
    return fail_at(source, "truncated", stream_offset(stream), stream->error);
}

static struct source *create(const char *name)
{
    struct source *source = calloc(1, sizeof *source);
    if (source == NULL)
        return NULL;
    source->linktype = -1;
    source->name = strdup(name);
    source->stop_descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (source->name == NULL || source->stop_descriptor < 0) {
        source_close(source);
        return NULL;
    }
    return source;
}

static enum source_result open_reader(struct source *source)
{
    static const uint8_t nothing[4];
    struct stream *stream = source->stream;
    bool long_enough = stream_has(stream, sizeof nothing);

    if (!long_enough && stream->error[0] != '\0')
        return source_fail(source, "%s", stream->error);
    const uint8_t *magic = long_enough ? stream->pos : nothing;
    if (pcap_reader_recognises(magic)) {
        source->kind = SOURCE_KIND_PCAP;
        return pcap_reader_open(source);
    }
    if (pcapng_reader_recognises(magic)) {
        source->kind = SOURCE_KIND_PCAPNG;
        return pcapng_reader_open(source);
    }
    return source_fail(source, "%s", recognise_other(stream->pos, stream_available(stream)));
}

static enum source_result open_file(struct source *source, const char *path, const char *filter)
{
    char error[STREAM_ERROR_SIZE];

    if (filter != NULL && *filter != '\0' && (source->filter = filter_create(filter)) == NULL)
        return source_fail(source, "out of memory");
    source->stream = stream_open(path, source->stop_descriptor, error);
    if (source->stream == NULL)
        return source_fail(source, "%s", error);
    return open_reader(source);
}

/* Hands `source` over if it opened; if not, its error and NULL. */
static struct source *finish_open(struct source *source, enum source_result result, char error[SOURCE_ERROR_SIZE])
{
    if (result != SOURCE_ERROR)
        return source;
    memcpy(error, source->error, SOURCE_ERROR_SIZE);
    source_close(source);
    return NULL;
}

struct source *source_open_file(const char *path, const char *filter, char error[SOURCE_ERROR_SIZE])
{
    struct source *source = create(path);
    if (source == NULL) {
        snprintf(error, SOURCE_ERROR_SIZE, "%.*s: %s", NAME_SHOWN, path, strerror(errno));
        return NULL;
    }
    return finish_open(source, open_file(source, path, filter), error);
}

struct source *source_open_live(const struct live_options *options, char error[SOURCE_ERROR_SIZE])
{
    struct source *source = create(options->interface == NULL ? "any" : options->interface);
    if (source == NULL) {
        snprintf(error, SOURCE_ERROR_SIZE, "%s", strerror(errno));
        return NULL;
    }
    source->kind = SOURCE_KIND_LIVE;
    return finish_open(source, live_open(source, options), error);
}

bool source_set_filter(struct source *source, const char *expression, char error[SOURCE_ERROR_SIZE])
{
    if (source->kind == SOURCE_KIND_LIVE)
        return live_set_filter(source->live, expression, error);
    snprintf(error, SOURCE_ERROR_SIZE, "only a live source's filter can be exchanged");
    return false;
}

static enum source_result next(struct source *source, struct frame *out)
{
    switch (source->kind) {
    case SOURCE_KIND_PCAP:
        return pcap_reader_next(source, out);
    case SOURCE_KIND_PCAPNG:
        return pcapng_reader_next(source, out);
    case SOURCE_KIND_LIVE:
        return live_next(source, out);
    }
    return SOURCE_ERROR;
}

enum source_result source_next(struct source *source, struct frame *out)
{
    if (source->ended)
        return source->error[0] == '\0' ? SOURCE_END : SOURCE_ERROR;
    enum source_result result = next(source, out);
    source->ended = result == SOURCE_END || result == SOURCE_ERROR;
    return result;
}

/* Is the next frame whole in the window, so that reading it leaves the ones before where they are? */
static bool is_at_hand(const struct source *source)
{
    return source->kind == SOURCE_KIND_PCAPNG ? pcapng_reader_is_at_hand(source) : live_is_at_hand(source->live);
}

enum source_result source_next_few(struct source *source, struct frame *out, size_t max, size_t *count)
{
    enum source_result result = source_next(source, out);
    *count = result == SOURCE_FRAME;
    if (result != SOURCE_FRAME || source->filter != NULL) /* it may reject a frame, and then more is read */
        return result;
    if (source->kind == SOURCE_KIND_PCAP)
        *count += pcap_reader_next_few(source, out + 1, max - 1);
    else
        while (*count < max && is_at_hand(source) && source_next(source, &out[*count]) == SOURCE_FRAME)
            ++*count;
    return result;
}

const char *source_error(const struct source *source)
{
    return source->error;
}

void source_stats(struct source *source, struct source_stats *out)
{
    *out = (struct source_stats){.frames = source->frames,
                                 .frames_read = source->number,
                                 .bytes_read = source->bytes_read,
                                 .snaplen = source->snaplen};
    if (source->kind == SOURCE_KIND_PCAPNG)
        out->kernel_dropped = source->pcapng.dropped;
    if (source->kind == SOURCE_KIND_LIVE)
        live_stats(source->live, out);
}

const char *source_name(const struct source *source)
{
    return source->name;
}

int source_linktype(const struct source *source)
{
    return source->linktype;
}

void source_stop(struct source *source)
{
    const uint64_t one = 1;
    int saved = errno;

    atomic_store(&source->stopped, true);
    if (source->kind == SOURCE_KIND_LIVE)
        live_break(source->live);
    /* Fails only when the counter is full, that is, when it is readable already. */
    if (write(source->stop_descriptor, &one, sizeof one) < 0)
        errno = saved;
    errno = saved;
}

int source_descriptor(const struct source *source)
{
    return source->kind == SOURCE_KIND_LIVE ? live_descriptor(source->live) : -1;
}

void source_close(struct source *source)
{
    if (source == NULL)
        return;
    if (source->stop_descriptor >= 0 && source->kind != SOURCE_KIND_LIVE)
        source_stop(source); /* a thread may be waiting for a pipe */
    if (source->kind == SOURCE_KIND_LIVE)
        live_close(source->live);
    if (source->kind == SOURCE_KIND_PCAPNG)
        pcapng_reader_close(&source->pcapng);
    stream_close(source->stream);
    filter_free(source->filter);
    if (source->stop_descriptor >= 0)
        close(source->stop_descriptor);
    free(source->name);
    free(source);
}
