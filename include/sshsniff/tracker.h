/* tracker: packets to attempts. It keeps one struct attempt for each connection attempt and one struct host for each
 * address. It records facts and draws no conclusion. All tables are bounded; time is packet time (microseconds). */
#ifndef SSHSNIFF_TRACKER_H
#define SSHSNIFF_TRACKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sshsniff/attempt.h>
#include <sshsniff/capture.h>
#include <sshsniff/host.h>
#include <sshsniff/packet.h>
#include <sshsniff/port_set.h>

/* All that a verdict can rest on of an attempt of which nothing is known but its SYNs and perhaps the RST that refuses
 * them, and of whose hosts nothing is known. Attempts with the same key have the same verdict. See
 * src/track/fast/evidence_key.h. */
enum { EVIDENCE_KEY_WORDS = 1 + 2 * (3 + 5) }; /* of each segment its headers, what is known of it, its options */
struct evidence_key {
    uint64_t hash;  /* of the words */
    uint32_t count; /* words in use */
    uint64_t word[EVIDENCE_KEY_WORDS];
};

/* And what such attempts differ in, as far as it is written of each. */
struct attempt_summary {
    struct flow_key key;
    int64_t first_us, last_us;
    uint32_t packets;
    uint16_t syns;
    uint64_t syn_number; /* the first one's frame */
};

typedef void (*case_handler)(void *context, const struct case_file *file);
enum cache_answer {
    CACHE_UNKNOWN = 0, /* the case handler is called */
    CACHE_KNOWN,       /* it is not */
    CACHE_KNOWN_FORGET /* nor is the attempt worth remembering: one of very many */
};
/* Asked before the case handler is. */
typedef enum cache_answer (*cache_handler)(void *context, const struct evidence_key *evidence_key,
                                           const struct attempt_summary *summary);
typedef void (*host_handler)(void *context, const struct host *host);

/* What was seen at a port that is none of the SSH ports. */
enum other_port_news {
    OTHER_PORT_CLIENT_SPOKE, /* a client, once accepted, said "SSH-" */
    OTHER_PORT_SERVER_SPOKE, /* a server did */
    OTHER_PORT_REFUSED       /* a RST or an ICMP error answered a SYN */
};
/* `port` is the server's, `ts_us` the packet's time. */
typedef void (*other_port_handler)(void *context, enum other_port_news news, uint16_t port, int64_t ts_us);

/* Asked of each packet before it is taken: false passes it over, as if it had never been seen. */
typedef bool (*packet_filter)(void *context, const struct frame *frame, const struct packet *packet);
typedef void (*frame_handler)(void *context, const struct frame *frame);
typedef void (*linktype_handler)(void *context, int linktype);
typedef void (*notice_handler)(void *context);
typedef void (*time_handler)(void *context, int64_t now_us);

/* Handlers may be NULL; all get the context of tracker_new. */
struct tracker_options {
    const struct port_set *ports; /* SSH ports; copied */
    bool live;                    /* hand attempts over as soon as they are due, not at the end */
    /* A command is watched: whatever name its machine asks for in vain, and whatever neighbour, is the command's. */
    bool of_command;
    size_t max_memory;           /* bytes that all tables may come to; 0: the usual bounds */
    size_t max_attempts;         /* bound of the table; 0: the default */
    const struct address *local; /* addresses of this machine (live); may be NULL; copied */
    size_t local_count;
    uint32_t snaplen;     /* bytes; 0: unlimited or unknown */
    uint64_t most_frames; /* no more are taken; 0: no limit */
    /* Ends with TRACKER_DISORDER, as long as nothing was handed over, at a frame that is older than another before it
     * by more than this. 0: such frames are taken as they come. */
    int64_t max_disorder_us;
    bool trails;         /* keep an outline of each packet, see <sshsniff/trail.h>; every frame is decoded whole then */
    bool traces_itself;  /* the caller sends SYNs with small TTLs: they make no trace of the others that it sends */
    cache_handler known; /* NULL: every attempt goes to the case handler */
    packet_filter wanted;              /* where it is set, every frame is decoded whole */
    frame_handler belongs;             /* a frame belongs to an SSH attempt, or helps to judge one: worth saving */
    linktype_handler unknown_linktype; /* a frame of a link type that decode_frame does not read */
    notice_handler protected_frame;    /* a frame that the link encrypted */
    time_handler advanced;             /* live: what was due by then (packet time) has been handed over */
    other_port_handler other_port;     /* live: see tracker_watch_port */
    /* For tests. */
    bool decode_all;   /* every frame is decoded whole, which must change nothing */
    size_t chunk_size; /* bytes that the read-ahead thread takes at a time, however small the file; 0: as is good */
};

struct tracker_stats {
    uint64_t attempts, evicted;
    int64_t first_us;          /* of the first frame; 0: there was none */
    uint64_t undecodable;      /* frames cut within a header, or of an unknown link type */
    uint64_t decoded;          /* frames that were decoded whole */
    uint64_t ignored, went_on; /* packets of no attempt, and such as only go on with a steady session */
    size_t attempts_now, hosts_now, bytes;
};

/* Names that did not resolve and neighbours that did not answer, and that nothing ties to SSH: no attempts. Each is
 * counted once, as long as there are not too many to remember; the first few are kept. */
enum { OTHERS_KEPT = 6 };
struct other_lookups {
    uint64_t names, neighbours;
    uint32_t names_kept, neighbours_kept;
    char name[OTHERS_KEPT][DNS_NAME_SIZE];
    struct address neighbour[OTHERS_KEPT];
};

struct tracker; /* opaque */

/* `handler` is called once for each attempt: when it is due (live), when the table is full, or from tracker_finish.
 * Live, it is called a second time for a session that had been handed over and broke later (attempt->facts has
 * FACT_DECIDED). NULL when memory is out. */
struct tracker *tracker_new(const struct tracker_options *options, case_handler handler, void *context);
void tracker_free(struct tracker *tracker);

enum tracker_result {
    TRACKER_GOES_ON = 0,
    TRACKER_IDLE,    /* live: no frame within the read timeout; let timers run */
    TRACKER_END,     /* of the source, or of `most_frames` */
    TRACKER_ERROR,   /* see source_error(); what was read before it stays good */
    TRACKER_DISORDER /* see `max_disorder_us`: the frames have to be sorted, for another tracker */
};

/* Takes frames in the order in which they were captured; decoding is part of it. What they point to need not outlive
 * the call. Returns TRACKER_GOES_ON, TRACKER_END or TRACKER_DISORDER. */
enum tracker_result tracker_frames(struct tracker *tracker, const struct frame *frames, size_t count);

/* Reads some frames of `source`, as many as are good to take at a time, and takes them. A tracker reads one source. */
enum tracker_result tracker_read(struct tracker *tracker, struct source *source);

/* From now on connections to this port are SSH's too, whatever they begin with. Live only: whoever reads ahead in a
 * file has a copy of the ports. */
void tracker_watch_port(struct tracker *tracker, uint16_t port);

/* Live: hands over what has become due by `now_us` (packet time scale). */
void tracker_advance(struct tracker *tracker, int64_t now_us);

/* Hands over all that is left. */
void tracker_finish(struct tracker *tracker, bool file_broken);

/* Calls `handler` for each host that had a part in an attempt. */
void tracker_hosts(const struct tracker *tracker, host_handler handler, void *context);

/* Whether memory was out at any time: then attempts may be missing, or lack something. */
bool tracker_memory_was_out(const struct tracker *tracker);

/* Complete only after tracker_finish; valid until tracker_free. */
const struct other_lookups *tracker_other_lookups(const struct tracker *tracker);

/* Adds `more` to `sum`: of another source. */
void other_lookups_add(struct other_lookups *sum, const struct other_lookups *more);

void tracker_stats(const struct tracker *tracker, struct tracker_stats *out);

#endif
