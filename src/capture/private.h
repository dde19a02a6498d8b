/* What the files of this room share: the handle behind `struct source`, and how its parts report trouble. */
#ifndef CAPTURE_PRIVATE_H
#define CAPTURE_PRIVATE_H

#include <stdatomic.h>

#include <sshsniff/capture.h>

#include "live.h"
#include "pcap_reader.h"
#include "pcapng_reader.h"
#include "stream.h"

enum source_kind { SOURCE_KIND_PCAP, SOURCE_KIND_PCAPNG, SOURCE_KIND_LIVE };

/* No program writes frames longer than this; a longer one in a file is a damaged length field. */
#define SOURCE_USUAL_FRAME_LIMIT    262144u
#define SOURCE_GREATEST_FRAME_LIMIT (1u << 20)

struct source {
    enum source_kind kind;
    atomic_bool stopped;
    int stop_descriptor; /* an eventfd, readable once stopped: wakes whatever polls */
    bool ended;
    bool timed_frames_only; /* it ends before whatever else is met: that is for another handle to read */
    uint64_t number;        /* of the last frame read */
    uint64_t frames;
    uint64_t bytes_read;
    uint32_t snaplen;
    int linktype;
    struct stream *stream; /* files only */
    struct filter *filter; /* files only: the kernel has a live source's */
    union {
        struct pcap_reader pcap;
        struct pcapng_reader pcapng;
        struct live *live;
    };
    char *name;
    char error[SOURCE_ERROR_SIZE];
};

static inline bool source_is_stopped(const struct source *source)
{
    return atomic_load_explicit(&source->stopped, memory_order_relaxed);
}

/* Sets the source's error, prefixed with its name, and returns SOURCE_ERROR. */
enum source_result source_fail(struct source *source, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The file makes no sense from `offset` on. Returns SOURCE_ERROR. */
enum source_result source_broken(struct source *source, uint64_t offset, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The stream holds no further whole frame: the end if it ended where a frame could begin, an error if not. */
enum source_result source_ran_out(struct source *source);

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
