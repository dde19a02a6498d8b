/* Frames that wait to be written until what they belong to is judged, for only then is it known what to say of them.
 *
 * All of it is bounded: where there is no room for another frame, or for a comment, the oldest goes out as it is.
 * Memory is taken once. What is held is found by a frame's number, and by its connection. */
#ifndef RUN_HELD_FRAMES_H
#define RUN_HELD_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sshsniff/frame.h>

#define HELD_BYTES ((size_t)16 << 20) /* of all that is held, tables and comments included */

enum { HELD_COMMENTS = 64, HELD_TEXT = 12288 }; /* the most on one frame, and their bytes with a zero byte each */

/* `comments`: `count` of them, valid during the call as the frame is. */
typedef void (*held_writer)(void *context, const struct frame *frame, const char *const *comments, size_t count);

struct held_options {
    size_t bytes; /* that it may take, up to HELD_BYTES; 0: these */
    /* Live: each frame is written as soon as its own connection is judged, whatever still waits before it, for somebody
     * looks on. Else they are written in their order. */
    bool at_once;
    held_writer write;
    void *context;
};

struct held_frames;

/* NULL when memory is out. */
struct held_frames *held_frames_new(const struct held_options *options);
void held_frames_free(struct held_frames *held); /* what is held is not written */

/* Which connection a frame belongs to: a hash of its addresses and ports; 0: to none. A SYN with another sequence
 * number than that of the attempt that was judged begins another. */
struct held_flow {
    uint32_t hash;
    bool is_syn;
    uint32_t seq;
};

/* The frame is copied. Numbers go up. */
void held_frames_add(struct held_frames *held, const struct frame *frame, const struct held_flow *flow);

/* A verdict was given: its frames may go out, those to come as well. Not `wanted`: they are not written at all. */
void held_frames_judged(struct held_frames *held, const struct held_flow *flow, bool wanted);

/* One more comment on the frame with this number, as long as it is held; none that it has already. */
void held_frames_comment(struct held_frames *held, uint64_t number, const char *text);

/* Whether the frame with this number is held, so that it can get comments. */
bool held_frames_has(const struct held_frames *held, uint64_t number);

/* The connection that the frame with this number belongs to; 0: none, or it is held no more. */
uint32_t held_frames_flow(const struct held_frames *held, uint64_t number);

/* For the writer: where the frame that was read with this number stands in what is written, counted from 1; 0 where
 * that is not known. */
uint64_t held_frames_number(const struct held_frames *held, uint64_t number);

/* Live: what has waited long enough by `now_us`, in the frames' time, goes out. */
void held_frames_advance(struct held_frames *held, int64_t now_us);

/* All goes out, and what was judged is forgotten: the source has ended. */
void held_frames_flush(struct held_frames *held);

struct held_stats {
    uint64_t given_up;      /* frames that went out before they were judged, for want of room */
    uint64_t comments_lost; /* comments on frames that went out before, or for which there was no room */
};
void held_frames_stats(const struct held_frames *held, struct held_stats *out);

#endif
