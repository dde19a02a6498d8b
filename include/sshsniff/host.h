/* host: what was learned of each address and of the capture as a whole, and the case that all of it makes for one
 * attempt. Units and ownership as in attempt.h. */
#ifndef SSHSNIFF_HOST_H
#define SSHSNIFF_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sshsniff/address.h>
#include <sshsniff/attempt.h>
#include <sshsniff/identity.h>
#include <sshsniff/local_evidence.h>
#include <sshsniff/platform.h>
#include <sshsniff/stack.h>
#include <sshsniff/trail.h>

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
    bool df;
    bool label_zero; /* no flow label; IPv4 has none */
    uint16_t ip_id, window;
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
    uint16_t accepted, bannered; /* SSH connections to it that were accepted; that got a banner */
    uint16_t left_early;         /* of the accepted: their client left before any server could have greeted it */
    uint16_t turns;              /* how often it accepted again within PORT_TURN_US although it had refused between */
    int64_t turned_us[2];        /* the first and the latest time that it did */
    int64_t accepted_us;         /* the latest SYN-ACK of it, to anybody; 0: none */
    int64_t closed_us;           /* the first RST of it that answered a SYN since then; 0: none */
};

/* Whoever refuses for less than this between two acceptances has not been closed, unless it was started anew. */
enum { PORT_TURN_US = 2000000 };

/* What the requests for a neighbour that does not answer say of who asks. */
enum search_mark {
    SEARCH_SENT_HERE = 1,  /* the capturing machine sent one (cooked capture) */
    SEARCH_ARRIVED = 2,    /* one came in there */
    SEARCH_PADDED = 4,     /* one came over a wire */
    SEARCH_OF_SEVERAL = 8, /* more than one machine asks */
    SEARCH_IRREGULAR = 16  /* not with the pauses of a kernel that waits for the answer */
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
    bool ssh_wanted;                /* one of them was for an SSH port */
    uint64_t ssh_or_lookup_packets; /* of `packets`: those of SSH, questions for names, searches for neighbours */
    /* an ARP reply or neighbour advertisement that shows the MAC address, to which a SYN for it went, to be a router's
     */
    uint64_t router_number;
    struct port_fact ports[HOST_PORTS]; /* latest state of ports, the SSH port of the attempt included */

    /* latest packet that is surely its own: a SYN-ACK of a connection that went on, data, an echo reply */
    struct mark own;
    uint32_t own_packets;
    uint32_t unknown; /* enum header_field: what one of its packets at least did not tell; 0 in captures */
    uint8_t own_ttl_min, own_ttl_max;
    bool own_is_synack; /* `own` is a SYN-ACK: its IP ID says nothing */
    uint8_t synack_tos; /* of its latest SYN-ACK that was taken up */
    struct host_stack stack;
    bool own_arrives; /* some of them came in at the capturing machine (cooked capture): it is another machine */
    uint32_t rtt_us;  /* least time between a SYN or data for it and its acknowledgement, as seen here; 0: never seen */
    uint64_t rtt_number; /* the reply of that */
    /* how many replies it is the least of: one alone may hold a neighbour search or a busy moment */
    uint32_t rtt_samples;
    int64_t rtt_first_us, rtt_last_us; /* when the first of them came, and the latest */
    uint32_t ack_rtt_us; /* as a client: least time between a SYN-ACK and its ACK as seen here; 0: never */
    uint32_t sums_partial, sums_whole; /* checksums of its own SYNs, SYN-ACKs */
    /* a RST of it, on any port, that carried its SYN's TOS, which was neither 0 nor what a BSD firewall writes */
    struct mark echo_tos;
    struct mark zero_tos; /* a RST of it that carried TOS 0 for a SYN whose TOS was not 0 */
    uint32_t echoing_rsts, zeroing_rsts;
    uint32_t marked_data; /* data segments of it whose DSCP was not 0: the path keeps DSCP */
    /* data segments of its OpenSSH server late in logins, which marks them unless IPQoS says none */
    uint32_t openssh_session_data;
    /* As a server of SSH. */
    uint8_t platform; /* enum platform, by its latest version string */
    uint32_t accepted, bannered, sessions;
    uint32_t half_open;  /* now: accepted, no login yet */
    uint32_t left_early; /* of the accepted: their client left before any server could have greeted it */
    /* As a client of SSH. */
    uint32_t banner_visits; /* connections that it left after both version strings, without a key exchange */
    /* As a neighbour. */
    uint32_t searches;            /* ARP requests or neighbour solicitations for it */
    uint32_t searches_unanswered; /* since the last answer */
    uint64_t search_number;       /* the latest unanswered one */
    int64_t search_first_us, search_last_us;
    struct address searcher;
    bool search_recheck;  /* the asker knew it before: traffic that flows already wants it, not a new attempt */
    bool search_reported; /* handed over as an attempt of its own, or counted among those that are none */
    uint8_t search_marks; /* enum search_mark, of the requests since the last answer */
    uint16_t searches_reported;
    uint64_t found_number; /* latest ARP reply or neighbour advertisement of it */
    int64_t found_us;
    /* As one who asks for names. */
    uint32_t names_asked;    /* different ones, those of a search list as one; not counted once they are many */
    uint64_t unknown_before; /* packets before its first question or search that may have been its own, too */
    /* The latest ICMP error for it whose quoted packet could not be read, and the latest of which no more could be read
     * than that what was sent to this host had failed; 0: none. */
    int64_t unreadable_us, unreadable_about_us;
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
    int64_t memory_out_us; /* packet time up to which memory was out at least once; INT64_MIN: never */
    bool cooked;           /* link type without both MACs */
};

/* Whether memory was out while an attempt was watched that began then, or shortly before: its SYN may be what is
 * missing. `first_us` is its SYN's time; INT64_MIN where none was seen. */
static inline bool capture_lacked_memory(const struct capture_facts *capture, int64_t first_us)
{
    enum { BEGUN_BEFORE_US = 60000000 };
    return capture->memory_out_us != INT64_MIN && first_us <= capture->memory_out_us + BEGUN_BEFORE_US;
}

/* Whose an address is. */
enum locality { LOCALITY_UNKNOWN = 0, LOCALITY_HERE, LOCALITY_ELSEWHERE };

/* What is known of the machine that captured, as it matters to one attempt. */
struct capturer {
    enum locality client, server; /* whether their addresses are its own */
    /* An address of its own, with which it speaks on the interface by which the SYN came, in another network than the
     * server's, where none in that one is known; NULL: not known. */
    const struct address *other_network;
    uint64_t forwards_number; /* a packet that it forwarded, another machine's; 0: none was seen */
};

/* Another address of the name that led the client to this one. */
struct other_address {
    struct address address;
    uint8_t state;   /* enum port_state of the attempt's port there */
    int64_t cost_us; /* how long the client tried it in vain, before it came here; 0: it did not */
};

enum { OTHER_ADDRESSES = 8 };

/* Everything that a verdict may rest on. Valid during the callback only; nothing in it is the callee's to free. */
struct case_file {
    const struct attempt *attempt;
    const struct host *client; /* NULL: nothing is known of it */
    const struct host *server;
    const struct host *icmp_sender;         /* host of the attempt's ICMP error, or NULL */
    const struct server_identity *identity; /* the server's; NULL: nothing is known of it */
    const struct capture_facts *capture;
    struct capturer capturer;
    const struct flow_key *legs;             /* the same connection on its way, behind address translation here */
    unsigned leg_count;                      /* of `legs`; 0: it was seen with one four-tuple only */
    const struct other_address *others;      /* further addresses of the name that the client looked up */
    unsigned other_count;                    /* of `others`, OTHER_ADDRESSES at most */
    int64_t observed_until_us;               /* packet time up to which the capture was watched for this attempt */
    const struct evidence_key *evidence_key; /* NULL where more is known */
    const struct trail *trail;               /* its packets; NULL where they are not kept */
    const struct local_evidence *local;      /* what this machine says of itself; NULL: it was not asked */
};

#endif
