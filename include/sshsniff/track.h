/* track: packets to attempts. One struct attempt for each connection attempt (a SYN, its retransmissions, and all that
 * follows on those addresses and ports) and one struct host for each address (what its own packets look like).
 *
 * It records facts and draws no conclusion. Marks are kept by what a segment is (its flags and sequence numbers), not
 * by when it was read, so that a capture out of order gives the same facts. All tables are bounded; time is packet
 * time.
 *
 * Ports and sequence numbers are in host byte order; times are microseconds since 1970; 0 means "not seen".
 */
#ifndef SSHSNIFF_TRACK_H
#define SSHSNIFF_TRACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sshsniff/address.h>
#include <sshsniff/decode.h>
#include <sshsniff/ssh.h>

/* How far an attempt got. */
enum stage {
    STAGE_NAME = 0,  /* the name never resolved, no SYN */
    STAGE_NO_ANSWER, /* SYNs, or only the search for the neighbour's MAC address, and no reply */
    STAGE_REFUSED,   /* a RST answers the SYN */
    STAGE_REJECTED,  /* an ICMP error answers the SYN */
    STAGE_ACCEPTED,  /* SYN-ACK seen */
    STAGE_BANNER,    /* the server's version string seen */
    STAGE_KEX,       /* a KEXINIT seen */
    STAGE_AUTH,      /* NEWKEYS or encrypted packets seen from both sides */
    STAGE_SESSION    /* the login went through: see login_result */
};

enum side { SIDE_CLIENT = 0, SIDE_SERVER = 1 };

enum mark_bits {
    MARK_DF = 1,
    MARK_OPTIONS = 2,    /* any TCP option */
    MARK_TIMESTAMPS = 4, /* the timestamps option */
    MARK_SUM_WHOLE = 8,
    MARK_SUM_PARTIAL = 16, /* checksum left for the sender's card: see enum checksum_state */
    MARK_SUM_BAD = 32,
    MARK_MAC = 64,  /* mac is set */
    MARK_OUT = 128, /* the capturing machine sent it (cooked capture) */
    MARK_IN = 256,  /* the capturing machine received it (cooked capture) */
    MARK_FRAGMENT = 512
};

/* One remembered segment: the fields that evidence compares. number == 0: not seen. */
struct mark {
    int64_t ts_us;
    uint64_t number;
    uint32_t seq, ack;
    uint32_t flow_label;
    uint32_t interface;
    uint16_t ip_id, window, bits;
    uint16_t payload_len; /* capped at 65535 */
    uint16_t mss;
    uint8_t ttl, tos, flags;
    uint8_t mac[6]; /* sender's */
};

/* One remembered ICMP error about this attempt. number == 0: not seen. */
struct icmp_mark {
    int64_t ts_us;
    uint64_t number;
    struct address sender;
    uint32_t mtu;
    uint32_t quoted_seq;
    uint16_t count; /* errors of this kind */
    uint8_t version, type, code;
    uint8_t ttl, tos; /* of the error itself */
    uint8_t quoted_ttl, quoted_tos;
    uint8_t bits; /* MARK_MAC, MARK_OUT */
    uint8_t mac[6];
};

struct flow_key {
    struct address client, server;
    uint16_t client_port, server_port;
};

/* What the same client had met at the same server before this attempt began. Nothing is remembered of a client that
 * was never accepted: a flood of SYNs has no history. */
struct history {
    int64_t last_failed_us;  /* end of the latest connection with failed tries */
    int64_t last_session_us; /* when the latest login went through */
    uint16_t accepted;       /* earlier attempts that the server's TCP accepted */
    uint16_t bannered;       /* of them, those that got a banner */
    uint16_t failed_logins;  /* earlier connections that reached authentication and ended without a session */
    uint16_t failed_tries;   /* what the server refused in them, the question for method `none` left out */
    uint16_t sessions;       /* earlier logins that went through */
};

/* What else was going on at the server when this attempt was accepted, or rejected with an ICMP error. */
struct crowd {
    uint16_t unauthenticated;      /* other accepted connections that had not logged in yet, from any client */
    uint16_t unauthenticated_same; /* of them, from this client */
    uint16_t turned_away;          /* others that the server closed before a banner in the 10 s before */
    uint16_t bannered_others;      /* banners that the server sent to others in the 10 s before */
};

enum attempt_facts {
    FACT_SSH_PORT = 1,          /* the server's port is one of the SSH ports */
    FACT_SSH_BYTES = 2,         /* a version string was seen */
    FACT_NO_SYN = 4,            /* the capture holds no SYN of it */
    FACT_DUPLICATES = 8,        /* frames were seen twice (mirror port, several interfaces) */
    FACT_TTL_STEP = 16,         /* the same SYN was seen with two TTLs: before and after a router */
    FACT_OUT_OF_ORDER = 32,     /* frames came with decreasing time stamps */
    FACT_CUT = 64,              /* frames of it were cut by the snaplen */
    FACT_CLIENT_WENT_ON = 128,  /* the client acknowledged or sent what only an answer explains */
    FACT_DECIDED = 512,         /* handed over already */
    FACT_EVICTED = 2048,        /* handed over because the table was full */
    FACT_SYN_AGAIN = 4096,      /* after a refusal the client tried again on the same four-tuple (Windows does) */
    FACT_SYN_OUT_OF_HOST = 8192 /* the second sighting of the SYN left this machine (it was forwarded) */
};

/* One direction of a connection that was accepted. */
struct flow_side {
    int64_t first_payload_us, last_payload_us, last_us;
    uint64_t payload_bytes; /* new bytes seen, retransmissions not counted */
    struct mark first_payload;
    struct mark last; /* last segment that is not a RST */
    struct mark fin;
    struct mark rst; /* first RST */
    int64_t last_rst_us;
    struct mark rst_other; /* first RST with another sequence number than `rst` */
    struct mark stalled;   /* the payload segment retransmitted last */
    /* first segment beyond bytes that never came: what lies between was sent, and lost before here */
    struct mark ahead;
    struct mark after_rst; /* first segment of this side with new data, a FIN or a SYN-ACK, later than its own RST */
    uint32_t isn;          /* sequence number of SYN or SYN-ACK, or of the first byte seen less one */
    uint32_t next;         /* next sequence number expected */
    uint32_t acked;        /* highest acknowledgement number that this side has sent */
    uint32_t packets;
    uint32_t retransmissions; /* payload segments sent again */
    uint32_t stalled_count;   /* how often `stalled` was sent again */
    /* A segment that was sent in vain time after time, and then in a smaller piece: its payload and the piece's (bytes)
     */
    struct {
        uint64_t number; /* the last frame of the whole one; 0: there was none */
        uint32_t seq, sends;
        uint16_t from, to;
    } shrunk;
    uint32_t largest_acked; /* largest payload (bytes) of a segment the other side has acknowledged */
    int64_t timed_us;       /* when the segment whose acknowledgement is timed was sent; 0: none is */
    uint32_t timed_end;     /* the sequence number after it */
    /* a larger one not acknowledged yet: its payload (bytes), the sequence number after it */
    uint32_t candidate_len, candidate_end;
    uint32_t hole_bytes; /* sequence space skipped over and not seen since */
    uint16_t rsts;
    uint16_t
        keepalives; /* TCP keep-alive probes: no new data, one byte before what comes next (RFC 9293 section 3.8.4) */
    bool isn_known;
    bool seen; /* any segment of this side */
    uint8_t payload_ttl_min, payload_ttl_max;
};

#define LOGIN_EVENTS 160

/* One encrypted segment, in order of arrival. */
struct login_event {
    int64_t ts_us;
    uint64_t number; /* its frame */
    uint32_t size;   /* payload bytes */
    uint8_t side;    /* enum side */
};

struct ssh_clock { /* when each step was first seen, by side; 0: not seen */
    int64_t banner_us[2], kexinit_us[2], kex_us[2], newkeys_us[2], encrypted_us[2];
    uint64_t banner_number[2], kexinit_number[2], kex_number[2], newkeys_number[2];
};

/* What was said on a connection, as far as it is in the clear. */
struct dialogue {
    struct ssh_clock clock;
    struct ssh_banner banner[2]; /* text "" until seen */
    enum ssh_opening opening[2];
    enum spoken_protocol spoken[2]; /* what the first bytes are where they are not SSH */
    enum ssh_refusal_text refusal;  /* a text sent by the server in place of, or before, its banner or its close */
    uint64_t refusal_number;
    char first_line[2][SSH_BANNER_SIZE]; /* the first line (or bytes) of each side, printable */
    uint8_t *stream[2];                  /* clear bytes in order from each side's first, owned by the tracker */
    uint32_t stream_len[2];              /* contiguous bytes held */
    /* where the KEXINIT payload (after its message byte) lies in stream; len 0: not whole */
    uint32_t kexinit_at[2], kexinit_len[2];
    uint32_t parsed[2];        /* stream bytes consumed as banner and packets */
    bool stream_full[2];       /* more clear bytes came than are kept */
    bool malformed[2];         /* a clear packet's length is a lie */
    bool encrypted[2];         /* NEWKEYS seen: what follows is encrypted */
    bool skimmed[2];           /* the snaplen cut its messages; of each the number was there all the same, so far */
    uint32_t pre_banner_lines; /* lines of the server before, or instead of, its banner */
    bool disconnect_clear[2];  /* SSH_MSG_DISCONNECT in the clear */
    char disconnect_text[2][SSH_BANNER_SIZE];
    /* After NEWKEYS. */
    uint32_t encrypted_packets[2]; /* segments with payload */
    uint64_t encrypted_bytes[2];
    uint32_t events; /* used entries of event[]; later ones are only counted */
    struct login_event event[LOGIN_EVENTS];
};

/* What came back for the SYN. Allocated when anything did. */
struct answer {
    struct mark synack;
    struct mark synack_again;    /* its last retransmission */
    struct mark refusal;         /* first RST that answers the SYN: its ack is the SYN's sequence number plus 1 */
    struct mark refusal_other;   /* a further RST that answers the SYN and differs in TTL, IP ID or sequence number */
    struct icmp_mark icmp;       /* first ICMP error that quotes the SYN */
    struct icmp_mark icmp_later; /* first one that quotes a later segment, or of another kind */
    struct crowd crowd;
    uint16_t synacks, refusals;
    struct connection *connection; /* NULL until more than a SYN-ACK was seen */
};

/* What followed an accepted SYN. */
struct connection {
    struct mark handshake_ack; /* the client's ACK of the SYN-ACK */
    struct flow_side side[2];
    struct dialogue *dialogue; /* NULL until the first payload byte, or if none could be kept */
    int64_t closed_us;
};

struct attempt {
    struct flow_key key;
    uint32_t facts;  /* enum attempt_facts */
    struct mark syn; /* the first SYN */
    int64_t last_syn_us;
    uint64_t last_syn_number;
    int64_t last_us; /* latest packet of any kind */
    uint32_t packets;
    uint16_t syns; /* distinct SYNs: duplicates of one frame count once */
    uint8_t syn_ttl_min, syn_ttl_max;
    uint32_t second_syn_gap_ms;
    uint32_t name_us;      /* how long the name lookup just before the SYN took; 0: none was seen */
    struct answer *answer; /* NULL: nothing came back */
    struct history history;
    /* For an attempt without a SYN: a name that never resolved, or a neighbour that never answered. */
    const struct lookup *lookup; /* NULL for ordinary attempts */
};

/* A name lookup that failed, or the search for a neighbour that never answered. */
struct lookup {
    char name[DNS_NAME_SIZE]; /* "" for a neighbour search */
    struct address resolver;  /* the DNS server asked; none for a neighbour search */
    int64_t first_us, last_us;
    uint64_t first_number, answer_number;
    uint64_t error_number; /* an ICMP error that answered a question, for nobody takes them there; 0: none */
    uint32_t requests;
    int rcode; /* -1: no answer at all */
    bool neighbour_ipv6;
};

/* State of a host's other ports, for comparison. */
enum port_state { PORT_UNKNOWN = 0, PORT_OPEN, PORT_REFUSES, PORT_SILENT, PORT_REJECTS };

#define HOST_PORTS 12
#define HOST_MACS  2

/* What is kept of a port's SYN-ACK or RST. */
struct port_reply {
    uint64_t number; /* 0: not seen */
    uint32_t interface;
    uint8_t ttl, tos;
    bool out; /* the capturing machine sent it (cooked capture) */
};

struct port_fact {
    uint16_t port;
    uint8_t state;   /* enum port_state */
    uint8_t syn_tos; /* of the SYN that was answered */
    /* While the port refuses: the SYN with a DSCP that was refused last, whatever came without one since. */
    uint8_t marked_syn_tos, marked_rst_tos;
    int64_t marked_us; /* 0: none was */
    uint64_t marked_number;
    struct port_reply reply;
};

/* What was learned of an address from all of its packets in the capture. */
struct host {
    /* What every packet of it touches: one cache line. */
    struct address address;
    uint64_t packets;           /* sent by it */
    uint8_t macs[HOST_MACS][6]; /* source MACs that its packets came with */
    uint8_t macs_used;
    bool more_macs;
    bool local; /* an address of the capturing machine */
    uint8_t ports_used;
    uint32_t syns_received;
    /* an ARP reply or neighbour advertisement that shows the card, to which a SYN for it went, to be a router's */
    uint64_t router_number;
    struct port_fact ports[HOST_PORTS]; /* latest state of ports, the SSH port of the attempt included */

    /* latest packet that is surely its own: a SYN-ACK of a connection that went on, data, an echo reply */
    struct mark own;
    uint32_t own_packets;
    uint8_t own_ttl_min, own_ttl_max;
    bool own_is_synack; /* `own` is a SYN-ACK: its IP ID says nothing */
    uint8_t synack_tos; /* of its latest SYN-ACK that was taken up */
    bool own_arrives;   /* some of them came in at the capturing machine (cooked capture): it is another machine */
    uint32_t rtt_us; /* least time between a SYN or data for it and its acknowledgement, as seen here; 0: never seen */
    uint64_t rtt_number; /* the reply of that */
    /* how many replies it is the least of: one alone may hold a neighbour search or a busy moment */
    uint32_t rtt_samples;
    uint32_t ack_rtt_us; /* as a client: least time between a SYN-ACK and its ACK as seen here; 0: never */
    uint32_t sums_partial, sums_whole; /* checksums of its own SYNs, SYN-ACKs */
    struct mark echo_tos;              /* a RST of it, on any port, that carried its SYN's TOS (not 0) */
    struct mark zero_tos;              /* a RST of it that carried TOS 0 for a SYN whose TOS was not 0 */
    uint32_t echoing_rsts, zeroing_rsts;
    uint32_t marked_data; /* data segments of it whose DSCP was not 0: the path keeps DSCP */
    /* data segments of its OpenSSH server late in logins, which marks them unless IPQoS says none */
    uint32_t openssh_session_data;
    /* As a server of SSH. */
    uint32_t accepted, bannered, sessions;
    uint32_t half_open; /* now: accepted, no login yet */
    /* As a neighbour. */
    uint32_t searches;            /* ARP requests or neighbour solicitations for it */
    uint32_t searches_unanswered; /* since the last answer */
    uint64_t search_number;       /* the latest unanswered one */
    int64_t search_first_us, search_last_us;
    struct address searcher;
    bool search_recheck; /* the asker knew it before: traffic that flows already wants it, not a new attempt */
    bool search_told;    /* handed over as an attempt of its own */
    uint16_t searches_told;
    uint64_t found_number; /* latest ARP reply or neighbour advertisement of it */
    int64_t found_us;
    uint32_t unreadable_errors; /* ICMP errors for it whose quoted packet could not be read */
    int64_t unreadable_us;      /* the latest */
};

/* What is true of the capture as a whole. */
struct capture_facts {
    int64_t first_us, last_us;
    uint64_t frames;
    uint32_t snaplen;
    uint64_t attempts;     /* so far */
    uint32_t duplicates;   /* frames seen twice */
    uint32_t out_of_order; /* frames with a time stamp before the one before */
    bool live;
    uint32_t cut_ipv6; /* IPv6 packets cut before it was known what they are: neighbour discovery may be among them */
    bool file_broken;
    bool cooked; /* link type without both MACs */
};

/* All that is known of an attempt of which nothing is known but one SYN, or SYNs and the RST that refuses them, and of
 * whose hosts nothing is known: save its addresses, times, packet numbers and sequence numbers, and the client's port.
 * Attempts alike in it have the same verdict. */
struct likeness {
    uint64_t word[2];
};

/* And what such attempts differ in, as far as it is written of each. */
struct outline {
    struct flow_key key;
    int64_t first_us, last_us;
    uint32_t packets;
    uint16_t syns;
};

/* Everything that a verdict may rest on. Valid during the callback only; nothing in it is the callee's to free. */
struct case_file {
    const struct attempt *attempt;
    const struct host *client; /* NULL: nothing is known of it */
    const struct host *server;
    const struct host *icmp_sender; /* host of the attempt's ICMP error, or NULL */
    const struct capture_facts *capture;
    int64_t observed_until_us;       /* packet time up to which the capture was watched for this attempt */
    const struct likeness *likeness; /* NULL where more is known */
};

typedef void (*case_handler)(void *context, const struct case_file *file);
enum likeness_answer {
    LIKENESS_UNKNOWN = 0, /* the case handler is called */
    LIKENESS_ENOUGH,      /* it is not */
    LIKENESS_CROWD        /* nor is the attempt worth remembering: one of very many */
};
/* Asked before the case handler is. */
typedef enum likeness_answer (*likeness_handler)(void *context, const struct likeness *likeness,
                                                 const struct outline *outline);
typedef void (*host_handler)(void *context, const struct host *host);

struct port_set {
    uint64_t bits[1024];
};
/* Reads "22,2222,22000-22100". False on bad syntax. */
bool port_set_parse(struct port_set *set, const char *text);
static inline bool port_set_has(const struct port_set *set, uint16_t port)
{
    return set->bits[port >> 6] >> (port & 63) & 1;
}

struct tracker_options {
    const struct port_set *ports; /* SSH ports; copied */
    bool live;                    /* hand attempts over as soon as they are due, not at the end */
    size_t max_attempts;          /* bound of the table; 0: the default */
    const struct address *local;  /* addresses of this machine (live); may be NULL */
    size_t local_count;
    uint32_t snaplen;
    likeness_handler known; /* NULL: every attempt goes to the case handler */
};

struct tracker_stats {
    uint64_t attempts, evicted;
    uint64_t ignored, cruised; /* packets of no attempt, and such as only go on with a session */
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

enum glance_result {
    GLANCE_DECODE = 0, /* nothing was done: the packet has to be decoded whole */
    GLANCE_IGNORED,    /* taken; it belongs to no SSH attempt */
    GLANCE_TAKEN       /* taken; it belongs to one: worth saving */
};

/* A glance, and where it leads in the tracker's tables. */
struct sight {
    struct glance glance;
    bool glanced; /* decode_glance was true; what follows is the tracker's */
    uint64_t src_hash, dst_hash;
    uint32_t flow_hash;
};

/* A segment that may be one of many that only go on with a session: all that is read of one then. */
struct cruise_segment {
    uint32_t interface;
    uint32_t seq, ack, payload_len, flow_label;
    uint16_t src_port, dst_port, window, ip_id;
    uint16_t bits; /* enum mark_bits */
    uint8_t ttl, tos, flags;
};

/* What a sieve makes of a frame. */
enum sieved {
    SIEVED_WHOLE = 0, /* it has to be looked at */
    SIEVED_PASSES,    /* a glance shows nothing else, and neither port is an SSH port */
    SIEVED_CRUISES    /* it may go on with a session that does nothing else */
};

/* What is needed of a frame that perhaps only passes. */
struct passer {
    struct address src;
    uint64_t src_hash;
    int64_t ts_us;
    uint32_t flow_hash;
    uint32_t place; /* for whoever sieves: where the frame is found again */
    uint8_t src_mac[6];
    bool is_tcp;
    uint8_t sieved; /* enum sieved. Where it has to be looked at, only the time counts beside */
};

/* And of one that perhaps cruises, beside. */
struct cruiser {
    struct address dst;
    struct cruise_segment segment;
};

/* What of a tracker decides that: a copy is for a thread of its own. All but which sessions cruise never changes. */
struct sieve {
    struct port_set ports;
    uint64_t salt;
    const struct cruise_hints *hints; /* the tracker's */
};
void tracker_sieve(const struct tracker *tracker, struct sieve *out);
/* `cruiser` is written only where it is SIEVED_CRUISES. */
void sieve_frame(const struct sieve *sieve, const struct frame *frame, struct passer *out, struct cruiser *cruiser);

/* Looks ahead for passers, of which most do pass. */
void tracker_expect(const struct tracker *tracker, const struct passer *passer, size_t count);

/* Takes one that is SIEVED_PASSES. False, and nothing is done, where its frame has to be looked at, for it may belong
 * to an attempt. */
bool tracker_pass(struct tracker *tracker, const struct passer *passer);

/* The same for one that is SIEVED_CRUISES, with its frame's number: false where it does not. */
bool tracker_cruise(struct tracker *tracker, const struct passer *passer, const struct cruiser *cruiser,
                    uint64_t number);

/* Looks ahead: finds the places of several glances, and has the processor fetch them. */
void tracker_foresee(const struct tracker *tracker, struct sight *sights, size_t count);

/* Of glances foreseen some time ago, has it fetch what those places lead to, so that nothing is waited for when their
 * turn comes. May be left out. */
void tracker_fetch(const struct tracker *tracker, const struct sight *sights, size_t count);

/* Takes a frame by the little that a glance showed, once foreseen. */
enum glance_result tracker_glance(struct tracker *tracker, const struct sight *sight, const struct frame *frame);

/* Live: hands over what has become due by `now_us` (packet time scale). */
void tracker_advance(struct tracker *tracker, int64_t now_us);

/* Hands over all that is left. */
void tracker_finish(struct tracker *tracker, bool file_broken);

/* Calls `handler` for each host that had a part in an attempt. */
void tracker_hosts(const struct tracker *tracker, host_handler handler, void *context);

void tracker_stats(const struct tracker *tracker, struct tracker_stats *out);

/* What sizes and counts of encrypted packets tell of a login. Zeek's SSH analyser reads them in the same spirit. */
struct login_reading {
    bool readable;      /* enough was seen to say anything */
    bool exact;         /* the cipher is known, so that sizes mean what they say */
    bool success;       /* the server's success message, or traffic that only a session has */
    int64_t success_us; /* when; 0 where only later traffic shows it */
    uint32_t answers;   /* the server's answers to login requests before success, the one to method `none` included */
    uint32_t failures;  /* refusals, the one to `none` not counted */
    uint32_t typed_refusals; /* of them, those to requests that took a person's time to send or a password's to check */
    bool waiting;            /* the client's last request has no answer */
    bool too_many;           /* the last answer has the size of SSH_MSG_DISCONNECT "Too many authentication failures" */
    int64_t last_answer_us;  /* when the server last answered */
    uint32_t password_tries, key_tries;          /* requests that are such by their size; 0 where sizes do not tell */
    uint64_t success_number, last_answer_number; /* their frames; 0: none */
};
void login_read(const struct connection *connection, struct login_reading *out);

/* The KEXINIT of one side; `out` points into the dialogue's stream. False where it was not seen whole, or lies about
 * its lengths. */
bool dialogue_kexinit(const struct dialogue *dialogue, enum side side, struct ssh_kexinit *out);

/* How far an attempt got, by its facts. STAGE_SESSION is left to diagnose: this returns STAGE_AUTH for encrypted
 * traffic. */
enum stage attempt_stage(const struct attempt *attempt);

#endif
