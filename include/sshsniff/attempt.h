/* attempt: the facts recorded of one connection attempt: a SYN, its retransmissions, and all that follows on those
 * addresses and ports. Facts only; what they mean is diagnose's to say.
 *
 * Marks are kept by what a segment is (its flags and sequence numbers), not by when it was read, so that a capture out
 * of order gives the same facts. Ports and sequence numbers are in host byte order; times are microseconds since 1970;
 * 0 means "not seen". All of it is owned by the tracker. */
#ifndef SSHSNIFF_ATTEMPT_H
#define SSHSNIFF_ATTEMPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sshsniff/address.h>
#include <sshsniff/packet.h>
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

/* What pf's return-rst and ipfw's reset write into each RST that they forge over IPv4, whatever the SYN has (pf.c
 * pf_send_tcp; ip_fw2.c ipfw_send_pkt). Debian's ssh sends its SYNs with the same. */
enum { TOS_LOWDELAY = 0x10 };

enum mark_bits {
    MARK_DF = 1,
    MARK_OPTIONS = 2,    /* any TCP option */
    MARK_TIMESTAMPS = 4, /* the timestamps option */
    MARK_SUM_WHOLE = 8,
    MARK_SUM_PARTIAL = 16, /* checksum left for the sender's hardware: see enum checksum_state */
    MARK_SUM_BAD = 32,
    MARK_MAC = 64,  /* mac is set */
    MARK_OUT = 128, /* the capturing machine sent it (cooked capture) */
    MARK_IN = 256,  /* the capturing machine received it (cooked capture) */
    MARK_FRAGMENT = 512,
    MARK_LOGGED = 1024 /* chosen by a rule that logs (NFLOG): what became of it is not in the capture */
};

/* One recorded segment: the fields that evidence compares. number == 0: not seen. */
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

/* One recorded ICMP error about this attempt. number == 0: not seen. */
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

/* Kinds of a SYN's options, as syn_shape lists them. */
enum syn_option {
    SYN_OPTION_NONE = 0,
    SYN_OPTION_NOP,
    SYN_OPTION_MSS,
    SYN_OPTION_SCALE,
    SYN_OPTION_SACK,
    SYN_OPTION_TIMESTAMPS,
    SYN_OPTION_END,
    SYN_OPTION_OTHER
};
enum { SYN_OPTION_BITS = 4 };

/* Every stack begins with a TTL of 64 or more (nmap-os-db, test T), and no path is so long that this is left of it: a
 * SYN with no more was sent with a small one. traceroute and mtr go up to it. */
enum { SMALL_TTL = 30 };

/* What of a SYN's options tells who wrote it: every stack has an order of its own. */
struct syn_shape {
    uint64_t options;    /* its kinds in their order, the last in the lowest four bits; sixteen at most */
    bool whole;          /* the snaplen left all options */
    uint32_t timestamp;  /* its time stamp's value (RFC 7323), where it has one */
    bool full_timestamp; /* its time stamp is the highest number there is */
};

static inline bool syn_shape_has(const struct syn_shape *shape, enum syn_option kind)
{
    for (uint64_t options = shape->options; options; options >>= SYN_OPTION_BITS)
        if ((options & ((1u << SYN_OPTION_BITS) - 1)) == (uint64_t)kind)
            return true;
    return false;
}

struct flow_key {
    struct address client, server;
    uint16_t client_port, server_port;
};

/* What the same client had met at the same port of the same server before this attempt began, as far as that was SSH.
 * Nothing is remembered of a client that was never accepted: a flood of SYNs has no history. */
struct history {
    int64_t last_failed_us;  /* end of the latest connection with failed tries */
    int64_t last_session_us; /* when the latest login went through */
    /* The latest SYN of the same address that this port accepted and that had a time stamp, before this attempt or
     * since; number 0: none had. */
    uint64_t accepted_number;
    int64_t accepted_us;
    uint32_t accepted_timestamp;
    bool one_clock;    /* it went on with the millisecond clock of the one accepted before: both are one machine's */
    uint16_t accepted; /* earlier attempts that the server's TCP accepted */
    uint16_t bannered; /* of them, those that got a banner */
    uint16_t failed_logins; /* earlier connections that reached authentication and ended without a session */
    uint16_t failed_tries;  /* what the server refused in them, the question for method `none` left out */
    uint16_t sessions;      /* earlier logins that went through */
    uint16_t unread_logins; /* earlier ones of which the capture lacks too much to tell how they went */
};

/* What else was going on at that port of the server when it turned this attempt away: with an ICMP error, or by what it
 * said or did after the handshake in place of its banner. */
struct server_load {
    uint64_t number;               /* the packet that turned it away; 0: none did, and nothing was counted */
    uint16_t unauthenticated;      /* other accepted connections that had not logged in yet, from any client */
    uint16_t unauthenticated_same; /* of them, from this client */
    uint16_t turned_away;          /* others that the server closed before a banner in the 10 s before */
    uint16_t bannered_others;      /* banners that the server sent to others in the 10 s before */
};

enum attempt_facts {
    FACT_SSH_PORT = 1,           /* the server's port is one of the SSH ports */
    FACT_SSH_BYTES = 2,          /* a version string was seen */
    FACT_NO_SYN = 4,             /* the capture holds no SYN of it */
    FACT_DUPLICATES = 8,         /* frames were seen twice (mirror port, several interfaces) */
    FACT_TTL_STEP = 16,          /* the same SYN was seen with two TTLs: before and after a router */
    FACT_OUT_OF_ORDER = 32,      /* frames came with decreasing time stamps */
    FACT_CUT = 64,               /* frames of it were cut by the snaplen */
    FACT_CLIENT_WENT_ON = 128,   /* the client acknowledged or sent what only an answer explains */
    FACT_TRACE = 256,            /* its client traces the path to this port, and this SYN is one of the trace */
    FACT_DECIDED = 512,          /* handed over already */
    FACT_ODD_FLAGS = 1024,       /* it begins with a segment whose flags no connection has */
    FACT_EVICTED = 2048,         /* handed over because the table was full */
    FACT_SYN_AGAIN = 4096,       /* after a refusal the client tried again on the same four-tuple (Windows does) */
    FACT_SYN_OUT_OF_HOST = 8192, /* the second sighting of the SYN left this machine (it was forwarded) */
    FACT_SUBFLOW = 16384,        /* a sub-flow of a Multipath TCP session: no attempt of its own */
    FACT_MULTIPATH = 32768,      /* Multipath TCP: other connections may carry part of the session */
    FACT_NOT_KEPT = 65536,       /* part of what was seen of it is not kept: a table was full, or memory was out */
    FACT_CONTESTED = 131072,     /* another SYN came for the same addresses and ports: either may be forged */
    /* This machine translated the server's address, and sent the SYN out by the interface by which it had come in, with
     * the client's address as it was */
    FACT_SENT_BACK = 1 << 24
};

/* A healthy sshd greets within a round trip and some 100 ms: who leaves sooner has not waited for it (microseconds). */
enum { EARLY_LEAVE_US = 700000 };

/* Payload of one side with one DSCP: whether any of it ever arrived tells whether the path lets that value through. */
enum { FLOW_MARKINGS = 4 };
struct flow_marking {
    uint32_t first_end; /* the sequence number after its first segment */
    uint16_t segments;
    uint8_t tos; /* ECN bits left out */
    bool passed; /* that segment was acknowledged */
};

/* One direction of a connection that was accepted. */
struct flow_side {
    int64_t first_payload_us, last_payload_us, last_us;
    int64_t before_pause_us; /* its payload before the last pause in what it said: what a farewell followed; 0: none */
    uint64_t payload_bytes;  /* new bytes seen, retransmissions not counted */
    struct mark first_payload;
    struct mark last; /* last segment that is not a RST */
    struct mark fin;
    struct mark rst; /* first RST */
    int64_t last_rst_us;
    struct mark rst_other; /* first RST with another sequence number than `rst` */
    struct mark stalled;   /* the payload segment retransmitted last */
    /* first segment beyond bytes that never came: what lies between was sent, and lost before here */
    struct mark beyond_gap;
    struct mark misfit;    /* the latest segment whose numbers fit nothing that was seen; it counts for nothing */
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
    /* SACK blocks of this side that lie nowhere near what it acknowledges: the last one, and how many */
    struct {
        uint64_t number;
        uint32_t left, ack;
        uint16_t count;
    } stray_sack;
    /* RFC 3168: segments with data that said ECT, and how many of them were sent again, as they must be, without */
    uint16_t ect_segments, ect_repeats;
    uint16_t repeats_of_acked; /* payload sent again that had been acknowledged: the acknowledgement did not arrive */
    struct flow_marking marking[FLOW_MARKINGS]; /* in the order of their first segments; later ones are left out */
    uint8_t markings;                           /* used entries of it */
    uint16_t
        keepalives; /* TCP keep-alive probes: no new data, one byte before what comes next (RFC 9293 section 3.8.4) */
    bool isn_known;
    bool seen; /* any segment of this side */
    uint8_t payload_ttl_min, payload_ttl_max;
};

#define LOGIN_EVENTS 160

/* One encrypted segment, or a run of full ones and what follows them at once, in order of arrival. */
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
    bool bytes_not_kept;                 /* memory was out, or all that streams may have was taken */
    /* where the KEXINIT payload (after its message byte) lies in stream; len 0: not whole */
    uint32_t kexinit_at[2], kexinit_len[2];
    uint32_t parsed[2];        /* stream bytes consumed as banner and packets */
    bool stream_full[2];       /* more clear bytes came than are kept */
    bool malformed[2];         /* a clear packet's length is a lie */
    bool encrypted[2];         /* NEWKEYS seen: what follows is encrypted */
    bool truncated[2];         /* the snaplen cut its messages; of each the number was there all the same, so far */
    uint32_t elsewhere[2];     /* Multipath TCP: bytes that went by sub-flows, and were not captured */
    uint32_t pre_banner_lines; /* lines of the server before, or instead of, its banner */
    bool disconnect_clear[2];  /* SSH_MSG_DISCONNECT in the clear */
    char disconnect_text[2][SSH_BANNER_SIZE];
    uint32_t disconnect_reason[2]; /* RFC 4253 section 11.1 */
    uint64_t disconnect_number[2];
    char words[SSH_BANNER_SIZE]; /* text of the server after its banner, where a binary packet was due; "": none */
    uint64_t words_number;
    /* After NEWKEYS. */
    uint32_t encrypted_packets[2]; /* segments with payload */
    uint64_t encrypted_bytes[2];
    uint16_t largest_segment[2]; /* payload bytes of one encrypted segment, at most; 65535: as many or more */
    bool full_segment;           /* the last one was full: more of what it began is to come */
    uint32_t events;             /* used entries of event[]; later ones are only counted */
    struct login_event event[LOGIN_EVENTS];
    uint32_t latest_ack[2]; /* what each side's latest event acknowledged */
    /* The host key that the server showed, and what kind of key it is: hashes; 0: none was seen. */
    uint32_t host_key, host_key_type;
};

enum { RST_TEXT_SIZE = 64 };
/* Answers to the SYN that its client cannot take: from another address than was asked, or with the numbers of another
 * connection. number == 0: there were none. */
struct useless_answer {
    uint64_t number; /* the first one's frame */
    int64_t ts_us;
    uint32_t ack;         /* the first one's acknowledgement number */
    uint16_t count;       /* how many came */
    uint16_t resets;      /* RSTs by which the client turned them away */
    uint64_t last_number; /* the latest one's frame */
    uint8_t flags, ttl;   /* the first one's */
    bool arrives;         /* the client has it: it goes to its MAC address, or the client reset it */
};

/* What came back for the SYN. Allocated when anything did. */
struct answer {
    struct mark synack;
    struct mark synack_again;    /* its last retransmission */
    struct mark refusal;         /* first RST that answers the SYN: its ack is the SYN's sequence number plus 1 */
    struct mark refusal_other;   /* a further RST that answers the SYN and differs in TTL, IP ID or sequence number */
    struct icmp_mark icmp;       /* first ICMP error that quotes the SYN */
    struct icmp_mark icmp_later; /* first one that quotes a later segment, or of another kind */
    struct server_load load;
    /* A RST without ACK, before anything else came: a client that waits for its SYN-ACK ignores it. First and number.
     */
    struct mark bare_rst;
    uint16_t bare_rsts;
    char refusal_text[RST_TEXT_SIZE];   /* the data of `refusal`, printable; "" where there is none */
    struct useless_answer misaddressed; /* from another address, though for this SYN by port and number */
    struct address misaddressed_from;   /* that address */
    uint16_t misaddressed_port;         /* and its port */
    struct useless_answer stale;        /* of an older connection with the same four-tuple */
    uint64_t refused_before;            /* a RST that answered an earlier SYN than the SYN-ACK did; 0: none */
    uint16_t refusals_before;           /* how many did */
    int64_t last_refusal_us;            /* when the latest RST came that answers a SYN */
    uint16_t synacks, refusals;
    struct connection *connection; /* NULL until more than a SYN-ACK was seen */
};

/* What followed an accepted SYN. */
struct connection {
    struct mark handshake_ack; /* the client's ACK of the SYN-ACK */
    struct flow_side side[2];
    struct dialogue *dialogue; /* NULL until the first payload byte, or if none could be kept */
    int64_t closed_us;
    uint16_t subflows; /* Multipath TCP: further connections of this session that were seen */
    bool has_asked_mac;
    uint8_t asked_mac[6]; /* to which the client's latest segment went, early in the connection */
};

#define RESET_TEXT_SIZE   81
#define NFLOG_PREFIX_SIZE 65 /* iptables takes 64 bytes, nftables 127: those are cut */

struct attempt {
    struct flow_key key;
    uint32_t facts;         /* enum attempt_facts */
    struct mark syn;        /* the first SYN */
    struct syn_shape shape; /* of it */
    int64_t last_syn_us;
    uint64_t last_syn_number;
    int64_t last_us; /* latest packet of any kind */
    uint32_t packets;
    uint16_t syns; /* distinct SYNs: duplicates of one frame count once */
    uint8_t syn_ttl_min, syn_ttl_max;
    uint32_t second_syn_gap_ms;
    uint32_t unknown; /* enum header_field: what one of its packets at least did not tell; 0 in captures */
    uint32_t name_us; /* how long the name lookup just before the SYN took; 0: none was seen */
    /* Packets in its name whose numbers fit nothing that was seen: how many, and the first one's frame. */
    uint32_t misfits;
    uint64_t misfit_number;
    struct answer *answer; /* NULL: nothing came back */
    struct history history;
    /* For an attempt without a SYN: a name that never resolved, or a neighbour that never answered. */
    const struct lookup *lookup; /* NULL for ordinary attempts */
    /* The first prefix of a firewall rule that logged a packet of it (NFLOG); NULL: none. Any bytes. */
    const char *nflog_prefix;
    /* What a RST of either side says in words; NULL: none does. Printable ASCII. */
    const char *reset_text;
    bool has_asked_mac;
    uint8_t asked_mac[6]; /* to which the SYN went */
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

/* Who waited for whom in the login (microseconds; 0: not seen). */
struct login_waits {
    int64_t service_us; /* from the request for the login service to its grant */
    int64_t first_us;   /* from the first request for a login, mostly method `none`, to its answer */
    int64_t check_us;   /* the longest wait for an answer to a later one */
    int64_t client_us;  /* the client's longest pause before a request */
    bool client_typed;  /* that request has the size of a password */
    int64_t opening_us; /* from success to the server's first answer to what the client asked then */
};

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
    /* After success: how often the client spoke and the server answered. The first answer is to the request for a
     * channel; before a second one there is no session. Counted up to 255. */
    uint8_t rounds_after;
    uint32_t said_after[2]; /* segments of each side after success */
    struct login_waits waits;
};
void login_read(const struct connection *connection, struct login_reading *out);

/* The KEXINIT of one side; `out` points into the dialogue's stream. False where it was not seen whole, or lies about
 * its lengths. */
bool dialogue_kexinit(const struct dialogue *dialogue, enum side side, struct ssh_kexinit *out);

/* The client's first segment after its SYN, which acknowledges the SYN-ACK and no more; NULL where the capture lacks
 * it, and the first one here is a later one. */
static inline const struct mark *attempt_first_ack(const struct attempt *attempt)
{
    const struct connection *c = attempt->answer ? attempt->answer->connection : NULL;
    const bool first = c && c->handshake_ack.number && attempt->syn.number &&
                       c->handshake_ack.seq - attempt->syn.seq - 1 <= attempt->syn.payload_len;
    return first ? &c->handshake_ack : NULL;
}

/* How far an attempt got, by its facts. STAGE_SESSION is left to diagnose: this returns STAGE_AUTH for encrypted
 * traffic. */
enum stage attempt_stage(const struct attempt *attempt);

#endif
