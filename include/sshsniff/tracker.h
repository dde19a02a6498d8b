/* tracker: packets to attempts. It keeps one struct attempt for each connection attempt and one struct host for each
 * address. It records facts and draws no conclusion. All tables are bounded; time is packet time (microseconds). */
#ifndef SSHSNIFF_TRACKER_H
#define SSHSNIFF_TRACKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sshsniff/attempt.h>
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

struct tracker_options {
    const struct port_set *ports; /* SSH ports; copied */
    bool live;                    /* hand attempts over as soon as they are due, not at the end */
    size_t max_attempts;          /* bound of the table; 0: the default */
    const struct address *local;  /* addresses of this machine (live); may be NULL */
    size_t local_count;
    uint32_t snaplen;
    cache_handler known;           /* NULL: every attempt goes to the case handler */
    other_port_handler other_port; /* may be NULL */
};

struct tracker_stats {
    uint64_t attempts, evicted;
    uint64_t ignored, went_on; /* packets of no attempt, and such as only go on with a session */
    size_t attempts_now, hosts_now, bytes;
};

struct tracker; /* opaque */

/* `handler` is called once for each attempt: when it is due (live), when the table is full, or from tracker_finish.
 * Live, it is called a second time for a session that had been handed over and broke later (attempt->facts has
 * FACT_DECIDED). NULL when memory is out. */
struct tracker *tracker_new(const struct tracker_options *options, case_handler handler, void *context);
void tracker_free(struct tracker *tracker);

/* Takes one packet. True where the packet belongs to an SSH attempt (or helps to judge one): worth saving. */
bool tracker_packet(struct tracker *tracker, const struct packet *packet);

enum quick_result {
    QUICK_NEEDS_DECODE = 0, /* nothing was done: the packet has to be decoded whole */
    QUICK_IGNORED,          /* taken; it belongs to no SSH attempt */
    QUICK_TAKEN             /* taken; it belongs to one: worth saving */
};

/* A glance, and where it leads in the tracker's tables. */
struct parsed_frame {
    struct quick quick;
    bool parsed; /* quick_parse was true; what follows is the tracker's */
    uint64_t src_hash, dst_hash;
    uint32_t flow_hash;
};

/* A segment that may be one of many that only go on with a session: all that is read of one then. */
struct steady_segment {
    uint32_t interface;
    uint32_t seq, ack, payload_len, flow_label;
    uint16_t src_port, dst_port, window, ip_id;
    uint16_t bits; /* enum mark_bits */
    uint8_t ttl, tos, flags;
};

/* What a sieve makes of a frame. */
enum frame_class {
    CLASS_WHOLE = 0, /* it has to be looked at */
    CLASS_SKIP,      /* a glance shows nothing else, and neither port is an SSH port */
    CLASS_STEADY     /* it may go on with a session that does nothing else */
};

/* What is needed of a frame that perhaps only passes. */
struct skipped_frame {
    struct address src;
    uint64_t src_hash;
    int64_t ts_us;
    uint32_t flow_hash;
    uint32_t place; /* for whoever sieves: where the frame is found again */
    uint8_t src_mac[6];
    bool is_tcp;
    uint8_t frame_class; /* enum sieved. Where it has to be looked at, only the time counts beside */
};

/* And of one that perhaps cruises, beside. */
struct steady_frame {
    struct address dst;
    struct steady_segment segment;
};

/* What of a tracker decides that: a copy is for a thread of its own. All but which sessions cruise never changes. */
struct classifier {
    struct port_set ports;
    uint64_t salt;
    const struct steady_hints *hints; /* the tracker's */
};
void tracker_classifier(const struct tracker *tracker, struct classifier *out);
/* `steady_frame` is written only where it is CLASS_STEADY. */
void classify_frame(const struct classifier *classifier, const struct frame *frame, struct skipped_frame *out,
                    struct steady_frame *steady_frame);

/* Looks ahead for passers, of which most do pass. */
void tracker_prefetch_skipped(const struct tracker *tracker, const struct skipped_frame *skipped_frame, size_t count);

/* Takes one that is CLASS_SKIP. False, and nothing is done, where its frame has to be looked at, for it may belong
 * to an attempt. */
bool tracker_skip(struct tracker *tracker, const struct skipped_frame *skipped_frame);

/* The same for one that is CLASS_STEADY, with its frame's number: false where it does not. */
bool tracker_steady(struct tracker *tracker, const struct skipped_frame *skipped_frame,
                    const struct steady_frame *steady_frame, uint64_t number);

/* Looks ahead: finds the places of several glances, and has the processor fetch them. */
void tracker_hash_ahead(const struct tracker *tracker, struct parsed_frame *parsed_frames, size_t count);

/* Of glances foreseen some time ago, has it fetch what those places lead to, so that nothing is waited for when their
 * turn comes. May be left out. */
void tracker_prefetch(const struct tracker *tracker, const struct parsed_frame *parsed_frames, size_t count);

/* Takes a frame by the little that a glance showed, once foreseen. */
enum quick_result tracker_quick(struct tracker *tracker, const struct parsed_frame *parsed_frame,
                                const struct frame *frame);

/* From now on connections to this port are SSH's too, whatever they begin with. Live only: whoever reads ahead in a
 * file has a copy of the ports. */
void tracker_watch_port(struct tracker *tracker, uint16_t port);

/* Live: hands over what has become due by `now_us` (packet time scale). */
void tracker_advance(struct tracker *tracker, int64_t now_us);

/* Hands over all that is left. */
void tracker_finish(struct tracker *tracker, bool file_broken);

/* Calls `handler` for each host that had a part in an attempt. */
void tracker_hosts(const struct tracker *tracker, host_handler handler, void *context);

void tracker_stats(const struct tracker *tracker, struct tracker_stats *out);

#endif
