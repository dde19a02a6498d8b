/* identity: whether one machine answers for an address: which MAC addresses claim it on its own link, and what the
 * connections looked like that were accepted in its name. Facts only. Units and ownership as in attempt.h. */
#ifndef SSHSNIFF_IDENTITY_H
#define SSHSNIFF_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>

#include <sshsniff/address.h>

enum { IDENTITY_CLAIMS = 4, IDENTITY_LOOKS = 6, LOOK_BANNER = 64, MAC_SIZE = 6 };

/* A MAC address that claims the address: in ARP or neighbour discovery it answers for it, announces it, or asks others
 * from it. */
struct mac_claim {
    uint8_t mac[MAC_SIZE];
    uint32_t interface;
    uint32_t count;
    int64_t last_us;
    uint64_t first_number, last_number;
};

/* How accepted connections to one of its ports looked; those that look alike share one. */
struct server_look {
    uint16_t port;
    uint8_t ttl;          /* of the SYN-ACK */
    uint16_t window, mss; /* of the SYN-ACK; the window unscaled */
    bool spoke;           /* the server said something */
    bool has_mac;         /* mac is set */
    bool has_asked_mac;   /* asked_mac is set */
    uint8_t mac[MAC_SIZE];
    uint8_t asked_mac[MAC_SIZE]; /* to which the client's SYN went */
    uint32_t interface;
    uint32_t rtt_us;                  /* least time from SYN to SYN-ACK; 0: not known */
    char banner[LOOK_BANNER];         /* the beginning of the server's version string; "": none came */
    uint32_t host_key, host_key_type; /* as in struct dialogue; 0: none was seen */
    uint32_t count;                   /* connections */
    int64_t first_us, last_us;        /* of their SYN-ACKs */
    uint64_t first_number, last_number;
};

/* How often something was seen, and when. */
struct sightings {
    uint32_t count;
    int64_t first_us, last_us;
};

struct server_identity {
    struct address address;
    struct mac_claim claim[IDENTITY_CLAIMS];
    uint8_t claims_used;
    uint8_t latest_claim; /* index of the one that spoke last */
    /* Requests of one asker that two MAC addresses answered, and the answers to the latest. */
    struct sightings answered_twice;
    uint64_t answer_number[2];
    uint8_t answer_claim[2];
    /* How often one spoke again as if nothing had happened, after another had claimed the address; the latest time: its
     * own packet before, the other's claim, and its packet after. */
    struct sightings spoke_again;
    uint64_t again_number[2];
    uint8_t again_claim[2]; /* the other's, its own */
    /* The latest answer to a SYN that came from another MAC address than the SYN went to; number 0: there was none. */
    uint8_t crossed_asked[MAC_SIZE], crossed_mac[MAC_SIZE];
    uint64_t crossed_number;
    struct sightings turns; /* how often one came back after another, whether it announced that or not */
    struct server_look look[IDENTITY_LOOKS];
    uint8_t looks_used;
};

#endif
