/* One handle for every kind of source: opening, handing over, closing. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <sshsniff/source_names.h>

#include "filter.h"
#include "live.h"
#include "pcap_reader.h"
#include "pcapng_reader.h"
#include "private.h"
#include "recognise.h"
#include "text_reader.h"

static const struct source_kind *const file_kinds[] = {&pcap_kind, &pcapng_kind, NULL};

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

struct source *source_new(const char *name, const struct source_kind *kind)
{
    struct source *source = create(name);
    if (source != NULL)
        source->kind = kind;
    return source;
}

static enum source_result open_reader(struct source *source)
{
    static const uint8_t nothing[4];
    struct stream *stream = source->stream;
    source_names_begin(false);
    bool long_enough = stream_has(stream, sizeof nothing);

    if (!long_enough && stream->error[0] != '\0')
        return source_fail(source, "%s", stream->error);
    if (source->follows && stream->kind->compression != NULL)
        return source_fail(
            source, "compressed with %s: --follow needs a capture as it is written; without it, it is read to its end",
            stream->kind->compression);
    const uint8_t *magic = long_enough ? stream->pos : nothing;
    for (const struct source_kind *const *kind = file_kinds; *kind; kind++)
        if ((*kind)->file->recognises(magic)) {
            source->kind = *kind;
            return source->kind->file->open(source);
        }
    if (source->follows)
        return long_enough ? source_fail(source, "%s", recognise_other(stream->pos, stream_available(stream)))
                           : SOURCE_IDLE;
    if (!recognise_packed(stream->pos, stream_available(stream)) && text_recognises(stream)) {
        source->kind = &text_kind;
        return source->kind->file->open(source);
    }
    return source_fail(source, "%s", recognise_other(stream->pos, stream_available(stream)));
}

/* errno tells why the descriptor is -1, where it is. */
static enum source_result open_file(struct source *source, int descriptor)
{
    char error[STREAM_ERROR_SIZE];

    source->stream = stream_open(descriptor, source->stop_descriptor, error);
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

static struct source *create_for_file(const char *name, char error[SOURCE_ERROR_SIZE])
{
    struct source *source = create(name);
    if (source == NULL)
        snprintf(error, SOURCE_ERROR_SIZE, "%.*s: %s", SOURCE_NAME_SHOWN, name, strerror(errno));
    return source;
}

struct source *source_open_file(const char *path, const char *filter, char error[SOURCE_ERROR_SIZE])
{
    struct source *source = create_for_file(path, error);
    if (source == NULL)
        return NULL;
    source->owns_filter = true;
    if (filter != NULL && *filter != '\0' && (source->filter = filter_create(filter)) == NULL)
        return finish_open(source, source_fail(source, "out of memory"), error);
    return finish_open(source, open_file(source, input_descriptor(path)), error);
}

int source_file_descriptor(const char *path)
{
    return input_descriptor(path);
}

struct source *source_open_descriptor(int descriptor, const char *name, struct filter *filter,
                                      char error[SOURCE_ERROR_SIZE])
{
    struct source *source = create_for_file(name, error);
    if (source == NULL)
        return NULL;
    source->filter = filter;
    /* Standard input stays where it is: its place in a file is the caller's. */
    int own = descriptor == STDIN_FILENO ? descriptor : fcntl(descriptor, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    return finish_open(source, open_file(source, own), error);
}

/* From a pipe the headers are waited for; a file is opened again once it has grown. */
struct source *source_open_growing(int descriptor, const char *name, struct filter *filter,
                                   char error[SOURCE_ERROR_SIZE])
{
    struct source *source = create_for_file(name, error);
    if (source == NULL)
        return NULL;
    source->filter = filter;
    source->follows = true;
    const int own = descriptor == STDIN_FILENO ? descriptor : fcntl(descriptor, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    const enum source_result result = open_file(source, own);
    if (result == SOURCE_IDLE) {
        error[0] = '\0';
        source_close(source);
        return NULL;
    }
    if (result != SOURCE_ERROR)
        source->stream->input.follows = source->stream->input.may_wait;
    return finish_open(source, result, error);
}

struct source *source_open_live(const struct live_options *options, char error[SOURCE_ERROR_SIZE])
{
    struct source *source = create(options->interface == NULL ? "any" : options->interface);
    if (source == NULL) {
        snprintf(error, SOURCE_ERROR_SIZE, "%s", strerror(errno));
        return NULL;
    }
    return finish_open(source, live_open(source, options), error);
}

bool source_set_filter(struct source *source, const char *expression, char error[SOURCE_ERROR_SIZE])
{
    if (source->kind->set_filter)
        return source->kind->set_filter(source, expression, error);
    snprintf(error, SOURCE_ERROR_SIZE, "only a live source's filter can be exchanged");
    return false;
}

enum source_result source_next(struct source *source, struct frame *out)
{
    if (source->ended)
        return source->error[0] == '\0' ? SOURCE_END : SOURCE_ERROR;
    enum source_result result = source->kind->next(source, out);
    source->ended = result == SOURCE_END || result == SOURCE_ERROR;
    return result;
}

enum source_result source_next_few(struct source *source, struct frame *out, size_t max, size_t *count)
{
    enum source_result result = source_next(source, out);
    *count = result == SOURCE_FRAME;
    if (result != SOURCE_FRAME || source->filter != NULL) /* it may reject a frame, and then more is read */
        return result;
    const struct source_kind *kind = source->kind;
    if (kind->next_few != NULL)
        *count += kind->next_few(source, out + 1, max - 1);
    else
        while (*count < max && kind->is_at_hand(source) && source_next(source, &out[*count]) == SOURCE_FRAME)
            ++*count;
    return result;
}

bool source_has_ended(const struct source *source)
{
    return source->ended;
}

void source_stats(struct source *source, struct source_stats *out)
{
    *out = (struct source_stats){.frames = source->frames,
                                 .frames_read = source->number,
                                 .bytes_read = source->bytes_read,
                                 .kernel_dropped = source->dropped,
                                 .snaplen = source->snaplen};
    if (source->kind->stats != NULL)
        source->kind->stats(source, out);
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
    if (source->kind != NULL && source->kind->stop != NULL)
        source->kind->stop(source);
    /* Fails only when the counter is full, that is, when it is readable already. */
    if (write(source->stop_descriptor, &one, sizeof one) < 0)
        errno = saved;
    errno = saved;
}

int source_descriptor(const struct source *source)
{
    return source->kind->descriptor != NULL ? source->kind->descriptor(source) : -1;
}

void source_close(struct source *source)
{
    if (source == NULL)
        return;
    if (source->stream != NULL)
        source_stop(source); /* a thread may be waiting for a pipe */
    if (source->kind != NULL)
        source->kind->close(source);
    stream_close(source->stream);
    if (source->owns_filter)
        filter_free(source->filter);
    if (source->stop_descriptor >= 0)
        close(source->stop_descriptor);
    free(source->name);
    free(source);
}
