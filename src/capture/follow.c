/* A capture while it is written: what is there is read, then more is waited for, and the writer is followed from file
 * to file. Each file is a source of its own behind this one.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "followed.h"
#include "private.h"

#define LEAST_HEADERS 24 /* of pcap; pcapng's are longer */

/* What was sent is in the file this much later at most: the kernel hands frames to tcpdump once a second. */
#define BEHIND_US INT64_C(1500000)
/* Where the writer may have left: what comes after the last frame closely would have come with it. */
#define CLOSELY_US INT64_C(500000)
/* A writer that holds frames back hands them over in blocks of this size. */
#define WRITTEN_BLOCK 4096

struct follow {
    struct followed *file;
    struct source *inner;       /* NULL: the headers of the file are not there yet */
    struct source_stats before; /* of the files that were read to their end */
    struct frame first;         /* of a file that was just gone on to */
    bool has_first;
    int64_t last_us, last_read_us; /* of the last frame: its time, and the monotonic clock's when it was read */
    int64_t waited_size;           /* of a file without headers, when it was looked at last */
    char loss[SOURCE_ERROR_SIZE];
};

/* ---- From one file to another ---- */

static void add_stats(struct source_stats *sum, struct source *inner)
{
    struct source_stats stats;
    if (inner == NULL)
        return;
    source_stats(inner, &stats);
    sum->frames += stats.frames;
    sum->frames_read += stats.frames_read;
    sum->bytes_read += stats.bytes_read;
    sum->kernel_dropped += stats.kernel_dropped;
    sum->interface_dropped += stats.interface_dropped;
    sum->snaplen = source_smaller_snaplen(sum->snaplen, stats.snaplen);
}

static void let_go(struct follow *follow)
{
    struct source *inner = follow->inner;
    follow->inner = NULL;
    atomic_signal_fence(memory_order_seq_cst); /* a signal handler may stop what is there */
    add_stats(&follow->before, inner);
    source_close(inner);
    follow->waited_size = -1;
}

static void lose(struct follow *follow, const char *what)
{
    snprintf(follow->loss, sizeof follow->loss, "%.300s: %s", follow->file->shown, what);
}

/* Its writer never ended what it had begun. */
static void note_rest(struct follow *follow)
{
    if (follow->inner != NULL && stream_available(follow->inner->stream) > 0)
        lose(follow, "its last frame was not written whole");
}

static uint64_t read_to(const struct follow *follow)
{
    return follow->inner != NULL ? follow->inner->stream->end_offset : 0;
}

/* Does it go on where this one ends? Two captures of the same time may have names that look like a ring's. */
static bool goes_on(struct follow *follow, struct source *next, unsigned n)
{
    enum { SECOND_US = 1000000 };
    const enum source_result result = source_next(next, &follow->first);
    follow->has_first = result == SOURCE_FRAME;
    if (followed_is_replacement(n) || (follow->file->writer_known && !follow->file->has_writer))
        return true;
    if (result == SOURCE_FRAME)
        return follow->first.ts_us >= follow->last_us - SECOND_US;
    return result == SOURCE_IDLE && next->number > 0; /* a filter wants none of it yet */
}

/* Are there frames of this one that were not read? Its writer may have added them before it went on. */
static bool has_grown(const struct follow *follow)
{
    struct stat status;
    return fstat(follow->file->descriptor, &status) == 0 && (uint64_t)status.st_size > read_to(follow);
}

static bool may_go_on(const struct follow *follow, unsigned n)
{
    return followed_is_replacement(n) || !(follow->file->writer_known && follow->file->has_writer);
}

static bool go_on_to(struct source *source, unsigned n, bool overwritten)
{
    struct follow *follow = source->state;
    char name[NAME_MAX + 1], error[SOURCE_ERROR_SIZE];
    const int descriptor = may_go_on(follow, n) || overwritten ? followed_successor(follow->file, n, name) : -1;
    if (descriptor < 0)
        return false;
    char shown[PATH_MAX];
    followed_shown(follow->file, name, shown);
    struct source *next = source_open_growing(descriptor, shown, source->filter, error);
    if (next == NULL || !goes_on(follow, next, n) || (!overwritten && has_grown(follow))) {
        follow->has_first = false;
        source_close(next);
        close(descriptor);
        return false;
    }
    if (!overwritten)
        note_rest(follow);
    let_go(follow);
    followed_go_on(follow->file, descriptor, name);
    follow->inner = next;
    return true;
}

static bool find_next(struct source *source, bool overwritten)
{
    for (unsigned n = 0; n < FOLLOWED_SUCCESSORS; n++)
        if (go_on_to(source, n, overwritten))
            return true;
    const struct follow *follow = source->state;
    if (follow->file->next_failure != 0 && follow->loss[0] == '\0')
        lose(source->state, "the next file cannot be opened: -Z names a user who may read it");
    return false;
}

/* It begins anew, or the ring came round before this one was read: then the others come first. */
static void begin_again(struct source *source, bool lost)
{
    struct follow *follow = source->state;
    if (lost)
        lose(follow, "overwritten before it was read to its end: frames are lost");
    if (find_next(source, true))
        return;
    let_go(follow);
    followed_begin_again(follow->file);
}

/* ---- One look when there is nothing to read ---- */

/* A file that was only just created. */
static bool find_headers(struct source *source, bool *failed)
{
    struct follow *follow = source->state;
    const int64_t size = follow->file->status.st_size;
    char error[SOURCE_ERROR_SIZE] = "";
    if (size < LEAST_HEADERS || size == follow->waited_size)
        return false;
    follow->waited_size = size;
    follow->inner = source_open_growing(follow->file->descriptor, follow->file->shown, source->filter, error);
    *failed = follow->inner == NULL && error[0] != '\0';
    if (*failed)
        memcpy(source->error, error, sizeof error);
    return follow->inner != NULL;
}

/* True where there is something to read now. */
static bool look(struct source *source, bool *failed)
{
    struct follow *follow = source->state;
    switch (followed_look(follow->file, read_to(follow))) {
    case FOLLOWED_OVERWRITTEN:
        begin_again(source, false);
        return true;
    case FOLLOWED_GREW:
        if (follow->inner != NULL)
            return true;
        break;
    case FOLLOWED_SAME:
        break;
    }
    if (follow->inner == NULL && find_headers(source, failed))
        return true;
    return !*failed && find_next(source, false);
}

static enum source_result wait_a_little(const struct source *source)
{
    struct pollfd stop = {.fd = source->stop_descriptor, .events = POLLIN};
    (void)poll(&stop, 1, INPUT_PATIENCE_MS);
    return source_is_stopped(source) ? SOURCE_END : SOURCE_IDLE;
}

/* ---- The kind ---- */

static void note_frame(struct source *source, struct frame *frame)
{
    struct follow *follow = source->state;
    frame->number += follow->before.frames_read;
    follow->last_us = frame->ts_us; /* and not the latest: the writer's clock may be set back */
    source->number = frame->number;
}

static bool is_pipe(const struct follow *follow)
{
    return follow->file->folder < 0 && follow->inner != NULL && follow->inner->stream->input.may_wait;
}

static enum source_result take_next(struct source *source, struct frame *out)
{
    struct follow *follow = source->state;
    if (follow->inner == NULL)
        return SOURCE_IDLE;
    if (follow->has_first)
        *out = follow->first;
    enum source_result result = follow->has_first ? SOURCE_FRAME : source_next(follow->inner, out);
    follow->has_first = false;
    if (result != SOURCE_FRAME)
        return result;
    note_frame(source, out);
    follow->last_read_us = monotonic_us();
    source->linktype = source->linktype < 0 ? out->linktype : source->linktype;
    return SOURCE_FRAME;
}

/* What was read may have been the end of one file and the middle of what was written over it. */
static bool was_overwritten(const struct source *source)
{
    struct follow *follow = source->state;
    return !is_pipe(follow) && followed_look(follow->file, read_to(follow)) == FOLLOWED_OVERWRITTEN;
}

static enum source_result next(struct source *source, struct frame *out)
{
    struct follow *follow = source->state;
    bool failed = false;
    while (!source_is_stopped(source)) {
        const enum source_result result = take_next(source, out);
        if (result == SOURCE_FRAME || (is_pipe(follow) && result != SOURCE_ERROR))
            return result;
        if (result == SOURCE_ERROR && was_overwritten(source)) {
            begin_again(source, true);
        } else if (result != SOURCE_IDLE) {
            memcpy(source->error, follow->inner->error, sizeof source->error);
            return result;
        } else if (!look(source, &failed)) {
            return failed ? SOURCE_ERROR : wait_a_little(source);
        }
    }
    return SOURCE_END;
}

static size_t next_few(struct source *source, struct frame *out, size_t max)
{
    struct follow *follow = source->state;
    struct source *inner = follow->inner;
    size_t count = 0;
    if (inner->kind->next_few != NULL)
        count = inner->kind->next_few(inner, out, max);
    else
        while (count < max && inner->kind->is_at_hand(inner) && source_next(inner, &out[count]) == SOURCE_FRAME)
            count++;
    for (size_t i = 0; i < count; i++)
        note_frame(source, &out[i]);
    return count;
}

static void stats(const struct source *source, struct source_stats *out)
{
    const struct follow *follow = source->state;
    *out = follow->before;
    add_stats(out, follow->inner);
}

static void stop(const struct source *source)
{
    const struct follow *follow = source->state;
    if (follow != NULL && follow->inner != NULL)
        source_stop(follow->inner);
}

static void close_follow(struct source *source)
{
    struct follow *follow = source->state;
    if (follow == NULL)
        return;
    source_close(follow->inner);
    source_unfollow(follow->file);
    free(follow);
}

static const struct source_kind follow_kind = {
    .next = next, .next_few = next_few, .stats = stats, .stop = stop, .close = close_follow};

/* ---- What a caller has to know beside the frames ---- */

/* Bytes at the end of the file of which the rest is yet to come, or a file that ends where a block does: its writer
 * gathers frames. */
static bool holds_back(const struct follow *follow)
{
    return follow->inner == NULL || stream_available(follow->inner->stream) > 0 ||
           follow->inner->stream->end_offset % WRITTEN_BLOCK == 0;
}

int64_t source_silent_until(const struct source *source)
{
    const struct follow *follow = source->state;
    if (follow->last_us == INT64_MIN)
        return INT64_MIN;
    const bool is_written = is_pipe(follow) || follow->file->has_writer || follow->file->closed_between;
    const int64_t passed_us = monotonic_us() - follow->last_read_us - BEHIND_US;
    int64_t most_us = is_written ? INT64_MAX : CLOSELY_US;
    if (holds_back(follow))
        most_us = 0;
    const int64_t silent_us = passed_us < most_us ? passed_us : most_us;
    return follow->last_us + (silent_us > 0 ? silent_us : 0);
}

void source_take_loss(struct source *source, char out[SOURCE_ERROR_SIZE])
{
    struct follow *follow = source->kind == &follow_kind ? source->state : NULL;
    out[0] = '\0';
    if (follow == NULL)
        return;
    memcpy(out, follow->loss, SOURCE_ERROR_SIZE);
    follow->loss[0] = '\0';
}

struct source *source_open_followed(struct followed *file, struct filter *filter, char error[SOURCE_ERROR_SIZE])
{
    struct source *source = source_new(file->shown, &follow_kind);
    struct follow *follow = source != NULL ? calloc(1, sizeof *follow) : NULL;
    if (follow == NULL) {
        snprintf(error, SOURCE_ERROR_SIZE, "out of memory");
        source_close(source);
        source_unfollow(file);
        return NULL;
    }
    *follow = (struct follow){.file = file, .last_us = INT64_MIN, .waited_size = -1};
    source->state = follow;
    source->filter = filter;
    if (file->folder >= 0)
        return source;
    follow->inner = source_open_growing(file->descriptor, file->shown, filter, error);
    if (follow->inner != NULL)
        return source;
    source_close(source);
    return NULL;
}
