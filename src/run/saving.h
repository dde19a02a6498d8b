/* -w: the packets of the attempts to a file. Plain pcap is written as the packets come. In pcapng they carry comments
 * that say what was found, so they wait until their attempt is judged (held_frames.h). */
#ifndef RUN_SAVING_H
#define RUN_SAVING_H

#include <sshsniff/packet.h>
#include <sshsniff/report.h>

#include "base/keyed_hash.h"
#include "held_frames.h"

struct saving {
    const char *path; /* NULL: nothing is saved */
    bool is_open;     /* `descriptor` is the file, and it is to be taken */
    int descriptor;
    struct capture_writer *writer; /* NULL: not begun, or it is pcapng */
    bool failed;                   /* complained about once; the verdicts go on */
    bool commented;                /* pcapng with comments */
    bool selects;       /* saving_verdict leaves some attempts out: their packets wait for it in plain pcap, too */
    bool is_all;        /* nothing else matters: saving_has_lost_reader */
    bool as_captured;   /* frames come as they are captured */
    const char *source; /* of the frames that come: see saving_source */
    bool live;
    uint32_t snaplen;
    const char *application;      /* what the file is said to be written by; NULL: not said */
    size_t held_bytes;            /* what may be held back; 0: HELD_BYTES */
    struct pcapng_writer *pcapng; /* NULL: not begun */
    struct held_frames *held;
    struct hash_key key;
    struct decoder *decoder; /* tells to which connection a frame belongs */
    char *text;              /* the comments of one frame as they are written */
    uint64_t failed_at;      /* the frame that could not be written; 0: none */
    int failed_why;          /* errno; 0: of another link type than the file */
};

/* Whether a file of this name is pcapng. */
bool saving_is_pcapng(const char *path);

/* Which of `files` ("-": standard input) is the file that `save` names ("-": standard output), by whatever path or
 * link; NULL: none. Writing would truncate what is to be read. */
const char *saving_would_destroy(const char *save, const char *const *files, size_t count);

/* What a source's frames are called, before the first of them; `snaplen` as it was captured with, 0 for unlimited. */
void saving_source(struct saving *saving, const char *name, bool live, uint32_t snaplen);

/* Creates the file, so that a bad path shows at once and not with the first attempt. `linktype` -1: not known yet, so
 * later. Those that return a bool return false with one line in `error`. */
bool saving_begin(struct saving *saving, int linktype, uint32_t snaplen, char error[SOURCE_ERROR_SIZE]);
bool saving_frame(struct saving *saving, const struct frame *frame, uint32_t snaplen, char error[SOURCE_ERROR_SIZE]);

/* A verdict was given. `wanted`: the attempt's packets are to be saved; without, those that are held back are left out,
 * and all that are still to come. Does nothing where packets are not held back. */
bool saving_verdict(struct saving *saving, const struct case_file *file, const struct verdict *verdict, bool wanted,
                    char error[SOURCE_ERROR_SIZE]);

/* Live: what is due by this time, of the frames', is written and flushed. */
bool saving_advance(struct saving *saving, int64_t now_us, char error[SOURCE_ERROR_SIZE]);

/* Whether whoever read the pipe has left, where that is all that matters: then there is nothing left to do. */
bool saving_has_lost_reader(const struct saving *saving);

/* The source has ended, and all its attempts are judged. */
bool saving_source_ended(struct saving *saving, char error[SOURCE_ERROR_SIZE]);

/* `counts`: of all that was judged, for the comment on the whole. */
bool saving_end(struct saving *saving, const struct report_counts *counts, char error[SOURCE_ERROR_SIZE]);

#endif
