/* What the files of this room share: the handle behind `struct source`, what a kind of source brings, and how its parts
 * report trouble. This file includes none of the kinds: they include it, and only source.c knows them all. */
#ifndef CAPTURE_PRIVATE_H
#define CAPTURE_PRIVATE_H

#include <stdatomic.h>

#include <sshsniff/capture.h>

#include "stream.h"

#define SOURCE_NAME_SHOWN 200 /* of a long path, so that the error behind it is not lost */

/* No program writes frames longer than this; a longer one in a file is a damaged length field. */
#define SOURCE_USUAL_FRAME_LIMIT    262144u
#define SOURCE_GREATEST_FRAME_LIMIT (1u << 20)

/* What only a file format can do. */
struct file_format {
    /* Do these four bytes begin such a file? */
    bool (*recognises)(const uint8_t magic[4]);

    /* Reads the file header, and allocates source->state. SOURCE_ERROR, or SOURCE_FRAME for success. */
    enum source_result (*open)(struct source *source);

    /* Bytes of a record before its frame. */
    uint32_t (*record_header_size)(const struct source *source);

    /* The first place in these bytes, of which the first is at `offset` in the file, where several records seem to
     * begin, one after the other; NULL: none. */
    const uint8_t *(*guess)(const struct source *source, uint64_t offset, const uint8_t *start, const uint8_t *end);

    /* Makes `again`, a reader of the same file, know what `source` has read so far. False when memory is out. NULL:
     * there is nothing but the file header, which both have read. */
    bool (*copy)(struct source *again, const struct source *source);
};

/* A kind of source: an interface, or a file format. What is NULL does nothing. */
struct source_kind {
    enum source_result (*next)(struct source *source, struct frame *out);

    /* One of two ways to have several frames at once, for sources without a filter. Up to `max` more, as many as are
     * whole in memory and ordinary: what is not is left to `next`. */
    size_t (*next_few)(struct source *source, struct frame *out, size_t max);
    /* The other: can `next` do without fetching more, so that the frames before stay where they are? */
    bool (*is_at_hand)(const struct source *source);

    /* Fills in what was lost before it came here. */
    void (*stats)(const struct source *source, struct source_stats *out);
    /* Wakes whatever waits for a frame. Async-signal-safe. */
    void (*stop)(const struct source *source);
    /* See source_set_filter; NULL: it cannot be exchanged. */
    bool (*set_filter)(struct source *source, const char *expression, char error[SOURCE_ERROR_SIZE]);
    /* Readable when frames are there. */
    int (*descriptor)(const struct source *source);
    /* Frees source->state, which is NULL where opening failed early. */
    void (*close)(struct source *source);

    const struct file_format *file; /* NULL: an interface */
};

struct source {
    const struct source_kind *kind; /* NULL: a file that was not recognised yet */
    void *state;                    /* the kind's */
    atomic_bool stopped;
    int stop_descriptor; /* an eventfd, readable once stopped: wakes whatever polls */
    bool ended;
    bool follows;           /* a file that is still written: its end is not the end */
    bool timed_frames_only; /* it ends before whatever else is met: that is for another handle to read */
    uint64_t number;        /* of the last frame read */
    uint64_t frames;
    uint64_t bytes_read;
    uint64_t dropped; /* as a file says */
    uint32_t snaplen;
    int linktype;
    unsigned learned;      /* descriptions in a file of what the frames after them are: sections and interfaces */
    int64_t last_ts_us;    /* of a file whose frames may have no time of their own */
    struct stream *stream; /* files only */
    struct filter *filter; /* files only: the kernel has a live source's */
    bool owns_filter;
    char *name;
    char error[SOURCE_ERROR_SIZE];
};

static inline bool source_is_stopped(const struct source *source)
{
    return atomic_load_explicit(&source->stopped, memory_order_relaxed);
}

/* source_error.c */

/* Sets the source's error, prefixed with its name, and returns SOURCE_ERROR. */
enum source_result source_fail(struct source *source, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The file makes no sense from `offset` on. Returns SOURCE_ERROR. */
enum source_result source_broken(struct source *source, uint64_t offset, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The stream holds no further whole frame: the end if it ended where a frame could begin, an error if not; SOURCE_IDLE
 * where more may still be written. */
enum source_result source_ran_out(struct source *source);

/* The headers of a file that is still written need not be there yet: then SOURCE_IDLE, else the error. */
enum source_result source_lacks_header(struct source *source, const char *error);

/* source.c: a handle without a state yet. NULL when out of memory. */
struct source *source_new(const char *name, const struct source_kind *kind);

/* source.c: opens a file that is still written, whose end is then SOURCE_IDLE. NULL and "" in `error` where its headers
 * are not whole yet. The descriptor stays the caller's. */
struct source *source_open_growing(int descriptor, const char *name, struct filter *filter,
                                   char error[SOURCE_ERROR_SIZE]);

/* The longest frame to believe in, given the snaplen that the capture declares. */
static inline uint32_t source_frame_limit(uint32_t snaplen)
{
    if (snaplen <= SOURCE_USUAL_FRAME_LIMIT)
        return SOURCE_USUAL_FRAME_LIMIT;
    return snaplen < SOURCE_GREATEST_FRAME_LIMIT ? snaplen : SOURCE_GREATEST_FRAME_LIMIT;
}

/* A snaplen of 0 means "no limit", as does one beyond any frame. */
static inline uint32_t source_smaller_snaplen(uint32_t a, uint32_t b)
{
    if (a == 0 || b == 0)
        return a | b;
    return a < b ? a : b;
}

#endif
