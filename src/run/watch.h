/* What a run of the passive command has and counts, and how it is ended. */
#ifndef RUN_WATCH_H
#define RUN_WATCH_H

#include <sshsniff/capture.h>
#include <sshsniff/report.h>
#include <sshsniff/tracker.h>
#include <sshsniff/verdict.h>

#include "anonymous.h"
#include "fold.h"
#include "heartbeat.h"
#include "helper/confirm.h"
#include "local_watch.h"
#include "metrics_file.h"
#include "page_output.h"
#include "rate_limit.h"
#include "saving.h"
#include "shown.h"
#include "sorted_frames.h"
#include "status_line.h"
#include "verdict_cache.h"
#include "watched_ports.h"

struct options; /* the command line, which is cli's */

/* Of what the command line asks, what matters here. */
struct watch_asked {
    const struct port_set *ports;
    uint64_t count;       /* frames, of all sources together; 0: no limit */
    uint64_t flood;       /* struct rate_limit's `most` */
    unsigned heartbeat_s; /* live: seconds between heartbeats; 0: none */
    size_t max_memory;    /* bytes, of the whole process; 0: no limit but the usual ones */
    size_t page_bytes;    /* what of it a page may take */
    uint32_t snaplen;     /* 0: the default */
    bool quiet;
    bool verbose; /* say on standard error what is done beside */
};

struct watch {
    struct watch_asked asked;
    const struct options *options; /* for the caller: nothing in this room looks into it */
    struct report *report;
    struct saving saving;
    struct status_line status;
    struct anonymous *anonymous; /* NULL: no --anonymize */
    struct shown shown;          /* which attempts are */
    bool filters;                /* not all of them */
    struct page_output page;
    struct confirm *confirm;         /* NULL: no --confirm */
    struct local_watch *local_watch; /* NULL: no --local */
    const char *interface;           /* live: what is listened on; NULL: all */
    struct tracker *tracker;         /* of the current source */
    struct verdict_cache *cache;
    struct rate_limit *rate_limit;
    struct heartbeat heartbeat;
    struct metrics_file metrics;
    struct fold *fold;           /* of the current source; NULL: every attempt is told */
    const struct address *local; /* live: this machine's */
    size_t local_count;
    struct address caller;   /* from where the caller is logged in; none: not known */
    int64_t advanced_us;     /* live: up to when all that is due was reported, of the current source */
    struct verdict *verdict; /* scratch: too large for the stack of a callback */
    size_t chunk_size;       /* tests: see tracker_options */
    const char *source_name;
    struct report_totals totals;
    uint64_t frames_left;          /* -c, of all sources together */
    bool protected_reported;       /* of frames that the link encrypted, of the current source */
    int odd_linktype;              /* last link type that was complained about; -1: none */
    struct watched_ports *watched; /* NULL: a file, of which every port is there to read */
    /* Live: called where the filter has to let these ports through from now on. */
    void (*set_ports)(struct watch *watch, struct source *source, const struct port_set *ports);
    bool follows; /* a file as it is written: live, too */
    bool live, opened, trouble, reader_gone;
    int refused;     /* rights could not be given up: what to exit with; 0: they were */
    bool may_sort;   /* the current file can be read again from its start */
    bool disordered; /* it is to be */
};

/* SIGINT, SIGTERM and SIGHUP end what is being read, and what was found is reported. */
void watch_handle_signals(void);
bool watch_is_stopped(void);

/* Before a line of any kind is written where somebody sees the status line. */
void watch_clear_status(struct watch *watch);

/* One line to standard error; the exit status will show that there was trouble. */
void watch_complain(struct watch *watch, const char *text);

/* The source that a signal ends; NULL: none is being read. */
void watch_running(struct source *source);
void watch_stop_running(void);

/* Where standard output cannot be written to any more, what is being read ends. */
void watch_look_for_reader(struct watch *watch);

/* True where whoever read our output has left: nothing is wrong then, and nothing is left to do. */
bool watch_reader_has_left(void);

#endif
