/* header_fields: which fields of a packet's headers are known. All of them are in a capture; text that somebody pasted
 * prints some. What is not known is not zero: a row of evidence that reads such a field abstains (lacks, in
 * diagnose/view.h). */
#ifndef SSHSNIFF_HEADER_FIELDS_H
#define SSHSNIFF_HEADER_FIELDS_H

#include <stdint.h>

/* Bits of `unknown` in a packet, an attempt and a host. */
enum header_field {
    FIELD_TTL = 1,
    FIELD_TOS = 2,
    FIELD_IP_ID = 4,
    FIELD_DF = 8,
    FIELD_LABEL = 16,
    FIELD_WINDOW = 32,
    FIELD_OPTIONS = 64, /* which there are, or in which order */
    FIELD_SEQ = 128,    /* absolute numbers; how they differ within a connection may be known all the same */
    FIELD_ACK = 256,
    FIELD_SUM = 512,
    FIELD_LENGTH = 1024, /* of the payload */
    FIELD_FLAGS = 2048,
    FIELD_QUOTE = 4096,    /* of the packet that an ICMP error quotes: its TTL, TOS, ID */
    FIELD_TIME = 8192,     /* the time of day, or any */
    FIELD_MAC = 16384,     /* the MAC addresses */
    FIELD_OF_TEXT = 65536, /* no field: the frame was made from text */
    FIELD_PAYLOAD = 32768  /* what was said: of no row a reason to abstain, for no bytes are there to be read */
};

/* ---- Values that some of them have ---- */

enum tcp_flags {
    TCP_FIN = 1,
    TCP_SYN = 2,
    TCP_RST = 4,
    TCP_PSH = 8,
    TCP_ACK = 16,
    TCP_URG = 32,
    TCP_ECE = 64,
    TCP_CWR = 128
};

/* Which way the frame crossed the capturing machine, where the link type tells it (Linux cooked, NFLOG). */
enum packet_direction { DIRECTION_UNKNOWN = 0, DIRECTION_IN, DIRECTION_OUT };

/* Where in netfilter a rule logged the packet (NFLOG). What no rule logs is not in such a capture. */
enum packet_hook {
    HOOK_NONE = 0, /* no NFLOG */
    HOOK_UNKNOWN,
    HOOK_PREROUTING,
    HOOK_INPUT, /* it is for this machine itself */
    HOOK_FORWARD,
    HOOK_OUTPUT,
    HOOK_POSTROUTING
};

/* Whom a frame was sent to on its link: one machine, or a group of them (broadcast, multicast). */
enum link_receiver { RECEIVER_UNKNOWN = 0, RECEIVER_ONE, RECEIVER_GROUP };

/* ---- Frames from text ---- */

/* The link type of frames that were made from text. No file can claim it: theirs have 16 bits. A frame begins with
 * struct text_link, in the byte order of this machine, and IP or ARP follows. */
#define LINKTYPE_OF_TEXT 0x10001

struct text_link {
    uint32_t unknown; /* enum header_field */
    uint16_t type;    /* the EtherType of what follows */
    uint8_t direction, hook;
    uint8_t has_src_mac, has_dst_mac;
    uint8_t src_mac[6], dst_mac[6];
    uint8_t receiver; /* enum link_receiver */
    uint8_t fill;
};

#endif
