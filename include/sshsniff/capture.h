/* source: where frames come from, an interface or a file. It knows clocks, link types and drops; it knows no TCP.
 *
 * Two kinds behind one handle: files are read in large blocks by readers of our own (pcap, pcapng, either byte order,
 * gzip or zstd around them, or a pipe); interfaces, filter expressions and their kernel programs are libpcap's.
 *
 * File formats: draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng.
 */
#ifndef SSHSNIFF_CAPTURE_H
#define SSHSNIFF_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sshsniff/address.h>
#include <sshsniff/frame.h>

#define SOURCE_ERROR_SIZE 512

struct source_stats {
    uint64_t frames;            /* handed over, after any filter */
    uint64_t frames_read;       /* read, before any filter expression */
    uint64_t bytes_read;        /* of frames' data */
    uint64_t kernel_dropped;    /* live: ps_drop; pcapng: the interface statistics block's count */
    uint64_t interface_dropped; /* live: ps_ifdrop */
    uint64_t lines_passed_over; /* of a text: those that belong to no packet */
    uint32_t snaplen;           /* smallest snaplen that the capture declares; 0 if unlimited or unknown */
};

enum source_result {
    SOURCE_FRAME = 1,  /* *out holds a frame */
    SOURCE_END = 0,    /* end of file, stopped, or count reached */
    SOURCE_ERROR = -1, /* see source_error(); frames handed over before it stay good */
    SOURCE_IDLE = 2    /* live only: no frame within the read timeout; let timers run */
};

struct live_options {
    const char *interface; /* NULL: "any" */
    const char *filter;    /* the whole kernel filter, already composed; NULL: none */
    uint32_t snaplen;      /* bytes; 0: 262144 */
    bool no_promiscuous;   /* tcpdump -p */
    bool outgoing_only;    /* what this machine sends; nothing on the loopback interface */
    int read_timeout_ms;   /* how long source_next may wait before SOURCE_IDLE */
    int hold_back_ms;      /* how long the kernel may gather frames before it hands them over; 0: 10 */
    size_t buffer_bytes;   /* kernel ring; 0: a default fit for bursts */
};

struct source; /* opaque */
struct filter; /* opaque */

/* Opens a capture file; "-" is standard input. Format and compression are recognised by content, not by name.
 * `filter` (NULL: none) is a libpcap expression applied to each frame for its own link type.
 * Returns NULL on error with one line in `error` (what, where, what to do). Free with source_close. */
struct source *source_open_file(const char *path, const char *filter, char error[SOURCE_ERROR_SIZE]);

/* What a compressed file may take of so much memory (bytes) is a share of it; what wants more is refused. Without, it
 * is 128 MB. */
void source_limit_memory(size_t bytes);

/* The same in two steps: the first only opens, which may need a right that reading must not have. -1 with errno; "-" is
 * standard input. */
int source_file_descriptor(const char *path);

/* A filter expression for any number of files, compiled for these link types (which may ask the resolver) before any of
 * them is read. NULL when out of memory. It outlives the sources that use it. */
struct filter *source_filter_new(const char *expression, const int *linktypes, size_t count);
void source_filter_free(struct filter *filter);

/* The second step. The descriptor stays the caller's, and may be read from its start by several sources, side by side,
 * where it is a regular file. `filter`: NULL for none. As source_open_file otherwise. */
struct source *source_open_descriptor(int descriptor, const char *name, struct filter *filter,
                                      char error[SOURCE_ERROR_SIZE]);

/* A file that is still being written, a ring of such files, or a pipe. */
struct followed; /* opaque */

/* With whatever rights there are: looks for its writer, and opens its folder. Owns the descriptor. NULL when out of
 * memory. */
struct followed *source_follow(int descriptor, const char *path);
void source_unfollow(struct followed *file);

/* The folder below which all that follows is opened. */
void source_followed_folder(const char *path, char *out, size_t size);

/* Reads it from its start, and goes on with what is added and with the files that come after it; waits at most 200 ms,
 * then SOURCE_IDLE. Owns `file` in any case. `filter`: NULL for none. NULL when out of memory. */
struct source *source_open_followed(struct followed *file, struct filter *filter, char error[SOURCE_ERROR_SIZE]);

/* At SOURCE_IDLE: up to when nothing was sent that is still to come, in the time of the frames. It stands while the
 * writer holds frames back or has left. INT64_MIN before the first frame. */
int64_t source_silent_until(const struct source *source);

/* What was lost on the way, since it was asked last; "" if nothing was. */
void source_take_loss(struct source *source, char out[SOURCE_ERROR_SIZE]);

/* Opens an interface for capture and activates it. Without privilege, the error names the setcap command that would
 * help. */
struct source *source_open_live(const struct live_options *options, char error[SOURCE_ERROR_SIZE]);

/* Another filter for a live source, as whole an expression as live_options.filter. No frame that both filters take is
 * lost. False with one line in `error`: the filter is then the one before. */
bool source_set_filter(struct source *source, const char *expression, char error[SOURCE_ERROR_SIZE]);

enum source_result source_next(struct source *source, struct frame *out);

/* The same, and as many of the frames that follow as are at hand, up to `max` in all: `*count` of them, of which all
 * are valid until the next call. `*count` is 0 where the result is not SOURCE_FRAME. */
enum source_result source_next_few(struct source *source, struct frame *out, size_t max, size_t *count);

/* True where source_next will hand over no more, whether it has said so yet or not. */
bool source_has_ended(const struct source *source);

/* What went wrong, one line; "" if nothing did. A truncated file's error says at which frame and byte offset. */
const char *source_error(const struct source *source);

void source_stats(struct source *source, struct source_stats *out);

/* What the frames are called in output: the file's path as given, or the interface's name. */
const char *source_name(const struct source *source);

/* LINKTYPE_ of a live source, or of a file's first interface; -1 before any is known. */
int source_linktype(const struct source *source);

/* Makes the current or next source_next return SOURCE_END. Async-signal-safe. */
void source_stop(struct source *source);

/* A live source's file descriptor that becomes readable, or -1. */
int source_descriptor(const struct source *source);

/* Reading a file with two threads, each with a handle of its own. */

/* True for an uncompressed file that has a name and is no pipe, without a filter. */
bool source_can_jump(const struct source *source);

/* Bytes from the file's start: where the next record begins, and all of it. */
uint64_t source_offset(const struct source *source);
uint64_t source_size(const struct source *source);

/* Another handle on the file, which knows what this one has read so far of interfaces. It hands over only frames with a
 * time of their own, and ends before anything else. NULL where that cannot be. */
struct source *source_open_again(const struct source *source);

/* False once `source` has met interfaces that `again` does not know: what that hands over is then no longer good. */
bool source_knows_as_much(const struct source *again, const struct source *source);

/* Goes on at `offset`, where a record begins. What was passed over is counted as read; the last frame in it had this
 * time. False where the file cannot be read there. */
bool source_jump(struct source *source, uint64_t offset, const struct source_stats *passed_over, int64_t last_us);

/* Where the record of a frame begins that is valid still, of a handle that source_open_again gave. */
uint64_t source_offset_of(const struct source *source, const struct frame *frame);

/* Fills `out` from the record that begins there, by a handle that is used for nothing else; valid until the next call.
 * False where it cannot be read. */
bool source_reread(struct source *source, uint64_t offset, struct frame *out);

/* Goes on where from `offset` on records seem to begin, at source_offset. That may be wrong: who has read the file up
 * to there knows. False where none are found. */
bool source_guess(struct source *source, uint64_t offset);

void source_close(struct source *source);

/* Prints the interfaces that can be captured on, one a line, as tcpdump -D does. Returns 0, or -1 with `error` set. */
int source_print_interfaces(char error[SOURCE_ERROR_SIZE]);

/* The addresses of this machine, `*count` of them, however many there are. Free with free(). NULL and a count of 0
 * where there are none, or they cannot be read. */
struct address *source_local_addresses(size_t *count);

/* The name of a link type ("EN10MB"), or NULL. */
const char *source_linktype_name(int linktype);

#endif
