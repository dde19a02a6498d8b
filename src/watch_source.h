/* One source from its first frame to its last: source → decode → track → diagnose → report. */
#ifndef WATCH_SOURCE_H
#define WATCH_SOURCE_H

#include <sshsniff/decode.h>
#include <sshsniff/diagnose.h>
#include <sshsniff/report.h>
#include <sshsniff/source.h>
#include <sshsniff/track.h>

#include "confirm.h"
#include "flood.h"
#include "memory.h"
#include "options.h"
#include "saving.h"
#include "scout.h"
#include "sorted_frames.h"

#define READ_TIMEOUT_MS 10
/* Captures on several queues or interfaces are out of order by microseconds, which the tracker bears. More than this,
 * in a file that fits, is worth sorting first. */
#define DISORDER_US 1000

struct watch {
    const struct options *options;
    struct report *report;
    struct saving saving;
    struct confirm *confirm; /* NULL: no --confirm */
    struct decoder *decoder;
    struct tracker *tracker; /* of the current source */
    struct memory *memory;
    struct flood *flood;
    struct verdict *verdict; /* scratch: too large for the stack of a callback */
    struct scout *scout;     /* of the current file; NULL: none */
    uint64_t alone_until;    /* the offset where to ask it next */
    size_t stretch_size;     /* for it; 0: as is good */
    const char *source_name;
    struct report_totals totals;
    uint64_t frames_left; /* -c */
    int64_t advanced_us;
    int odd_linktype;            /* last link type that was complained about; -1: none */
    int64_t latest_us;           /* of the current file */
    uint64_t cases;              /* handed over from the current source */
    uint64_t undecodable_before; /* the current file */
    bool live, opened, trouble, reader_gone;
    bool may_sort;   /* the current file can be read again from its start */
    bool disordered; /* it is to be */
};

/* SIGINT and SIGTERM end what is being read, and what was found is told. */
void watch_handle_signals(void);
bool watch_is_stopped(void);

/* One line to standard error; the exit status will tell of trouble. */
void watch_complain(struct watch *watch, const char *text);

/* True where whoever read our output has left: nothing is wrong then, and nothing is left to do. */
bool watch_reader_has_left(void);

/* Runs over one source, with a tracker of its own: two captures share no connections. `sorted`: its frames, already
 * read; NULL: read them. */
void watch_source(struct watch *watch, struct source *source, const struct sorted_frames *sorted);

#endif
