/* The clear part of the SSH protocol: version strings, the binary packet frame, KEXINIT, and what two KEXINITs agree
 * on. Pure functions on bytes; nothing here allocates or keeps state.
 *
 * RFC 4253 sections 4.2 (version exchange), 6 (binary packets), 7.1 (algorithm negotiation); HASSH:
 * https://github.com/salesforce/hassh (MD5 over "kex;enc;mac;comp" of the side's own direction).
 */
#ifndef SSHSNIFF_SSH_H
#define SSHSNIFF_SSH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SSH_BANNER_MAX  255                  /* RFC 4253 4.2: characters of the version line, with CR LF */
#define SSH_BANNER_SIZE (SSH_BANNER_MAX + 1) /* with a NUL */
#define SSH_PACKET_MAX  262144               /* OpenSSH's PACKET_MAX_SIZE, packet.c: longer is a lie */

enum ssh_message {
    SSH_MSG_DISCONNECT = 1,
    SSH_MSG_KEXINIT = 20,
    SSH_MSG_NEWKEYS = 21,
    SSH_MSG_KEX_FIRST = 30,
    SSH_MSG_KEX_LAST = 49
};

/* What a stream's first bytes are. */
enum ssh_opening {
    SSH_OPENING_INCOMPLETE = 0, /* too few bytes to say */
    SSH_OPENING_BANNER,         /* "SSH-…" line found, whole */
    SSH_OPENING_LINES,          /* only other text lines so far: allowed from a server before its banner */
    SSH_OPENING_OTHER           /* cannot be SSH */
};

struct ssh_banner {
    char text[SSH_BANNER_SIZE]; /* the line without CR LF, unprintable bytes as '?'; its beginning where it is longer */
    size_t end;                 /* offset of the first byte after the line's LF */
    uint32_t lines_before;      /* text lines that came first */
    bool protocol_2;            /* "SSH-2.x-" or "SSH-1.99-" */
    bool too_long;              /* over RFC 4253's 255 characters; OpenSSH takes 8192, others hang up */
};

/* Looks for the version string at the start of a stream. `from_server`: other lines may come first (RFC 4253 4.2), up
 * to OpenSSH's own limits on their number and length. Lines of another protocol are LINES too: ssh_spoken_protocol
 * names it.
 */
enum ssh_opening ssh_find_banner(const uint8_t *bytes, size_t length, bool from_server, struct ssh_banner *out);

/* What speaks, judged by a stream's first bytes, where it is not SSH. */
enum spoken_protocol {
    SPOKEN_UNKNOWN = 0,
    SPOKEN_SSH,
    SPOKEN_HTTP,
    SPOKEN_TLS,
    SPOKEN_SMTP,
    SPOKEN_FTP,
    SPOKEN_POP3,
    SPOKEN_IMAP,
    SPOKEN_TELNET,
    SPOKEN_RDP,
    SPOKEN_VNC,
    SPOKEN_MYSQL,
    SPOKEN_PROXY, /* PROXY protocol v1 or v2 */
    SPOKEN_REDIS,
    SPOKEN_TEXT, /* printable lines of no known kind */
    SPOKEN_BINARY
};
enum spoken_protocol ssh_spoken_protocol(const uint8_t *bytes, size_t length);
const char *ssh_spoken_name(enum spoken_protocol protocol); /* "HTTP", "TLS", … */

/* Text that a server sends instead of its banner when it turns a client away. */
enum ssh_refusal_text {
    SSH_REFUSAL_NONE = 0,
    SSH_REFUSAL_MAXSTARTUPS,   /* "Exceeded MaxStartups" (OpenSSH 8.2 to 9.7) */
    SSH_REFUSAL_NOT_ALLOWED,   /* "Not allowed at this time" (OpenSSH 9.8 on: MaxStartups or PerSourcePenalties) */
    SSH_REFUSAL_INVALID_IDENT, /* "Invalid SSH identification string.", before OpenSSH 7.7 "Protocol mismatch." */
    SSH_REFUSAL_PROTOCOL,      /* "Protocol major versions differ." */
    SSH_REFUSAL_OTHER_TEXT     /* some other line of text */
};
/* Looks at the text lines that a server's stream begins with, and at those right after its version string. */
enum ssh_refusal_text ssh_refusal_text(const uint8_t *bytes, size_t length);

/* The same of a line of which only the beginning is there: `present` bytes of `length`, the line's end counted. NONE
 * where too little is there to tell. */
enum ssh_refusal_text ssh_refusal_beginning(const uint8_t *bytes, size_t present, size_t length);

/* One unencrypted binary packet at the head of `bytes`. */
struct ssh_packet_view {
    uint8_t message;        /* the payload's first byte */
    const uint8_t *payload; /* after the message byte; points into the caller's bytes */
    uint32_t payload_len;   /* bytes declared at `payload`, padding excluded */
    uint32_t total;         /* the whole packet, its length field included */
};
enum ssh_frame_result { SSH_FRAME_OK = 0, SSH_FRAME_INCOMPLETE, SSH_FRAME_INVALID };
/* Where the packet is not whole yet, `total` and `message` are set as soon as their bytes are there. */
enum ssh_frame_result ssh_read_packet(const uint8_t *bytes, size_t length, struct ssh_packet_view *out);

/* The ten name-lists of a KEXINIT in RFC 4253's order. */
enum ssh_list {
    SSH_LIST_KEX = 0,
    SSH_LIST_HOST_KEY,
    SSH_LIST_CIPHER_C2S,
    SSH_LIST_CIPHER_S2C,
    SSH_LIST_MAC_C2S,
    SSH_LIST_MAC_S2C,
    SSH_LIST_COMPRESSION_C2S,
    SSH_LIST_COMPRESSION_S2C,
    SSH_LIST_LANGUAGE_C2S,
    SSH_LIST_LANGUAGE_S2C,
    SSH_LIST_COUNT
};

struct ssh_name_list {
    const uint8_t *names; /* comma-separated, not NUL-terminated; points into the caller's bytes */
    uint32_t length;
};

#define SSH_COOKIE_LENGTH 16 /* random bytes: no two KEXINITs have the same */

struct ssh_kexinit {
    const uint8_t *cookie; /* SSH_COOKIE_LENGTH bytes; points into the caller's bytes */
    struct ssh_name_list lists[SSH_LIST_COUNT];
    bool first_kex_packet_follows;
};

/* Parses a KEXINIT's payload (after the message byte). False where any length disagrees with the bytes, or where a list
 * holds a byte that is not printable ASCII (RFC 4251 section 6): names that pass may be printed.
 */
bool ssh_parse_kexinit(const uint8_t *payload, size_t length, struct ssh_kexinit *out);

#define SSH_ALGORITHM_SIZE 65  /* RFC 4251 section 6: at most 64 characters, and a NUL */
#define SSH_NAMES_MAX      256 /* names of one list that are looked at; OpenSSH looks at 40 */

struct ssh_negotiation {
    /* "" where nothing is common or (MACs) the cipher brings its own */
    char chosen[SSH_LIST_COMPRESSION_S2C + 1][SSH_ALGORITHM_SIZE];
    uint32_t failed;   /* bit (1u << enum ssh_list) for each list with nothing in common */
    bool post_quantum; /* the chosen key exchange is post-quantum (sntrup761, mlkem768, …) */
    bool strict_kex;   /* both announced strict key exchange */
};

/* Negotiates as RFC 4253 7.1 does: the client's first name that the server has too; MAC lists are not consulted for
 * AEAD ciphers. */
void ssh_negotiate(const struct ssh_kexinit *client, const struct ssh_kexinit *server, struct ssh_negotiation *out);

/* What one side would have to enable for a list that has nothing in common. OpenSSH's own words and versions. */
struct ssh_remedy {
    /* the strongest that the other side offers; NULL where it offers none that may be suggested */
    const char *algorithm;
    const char *option; /* "KexAlgorithms", …: the same word in ssh_config, after -o, and in sshd_config */
    /* what to set it to: "+ssh-rsa", or "yes" and "no" for Compression; "" where there is no algorithm */
    char value[SSH_ALGORITHM_SIZE + 1];
    const char *also; /* a second option that is often needed with it, or NULL */
    uint16_t since;   /* first OpenSSH that has it, major * 100 + minor; 0 for longer than anyone remembers */
    uint16_t removed; /* first OpenSSH without it; 0 where it is still there */
    bool weak;        /* left out of OpenSSH's defaults because it is weak */
};

struct ssh_suggestion {
    struct ssh_remedy client; /* enable in the client what the server offers */
    struct ssh_remedy server; /* enable in the server what the client offers */
};

/* How to make `list` agree, with the strongest that the other side offers. What is broken, or gone from OpenSSH, is
 * never suggested, and to a server nothing that is off by default because it is weak: it would be open to all. */
struct ssh_suggestion ssh_suggest_algorithm(enum ssh_list list, const struct ssh_kexinit *client,
                                            const struct ssh_kexinit *server);

/* Why one side offers nothing of a list that the other side has. */
enum ssh_offer {
    SSH_OFFER_UNKNOWN = 0,
    SSH_OFFER_OLD,       /* it is too old to know what the other side offers */
    SSH_OFFER_RESTRICTED /* its version knows, and offers by default, what its own settings left out */
};
/* `version`: of each side's OpenSSH, major * 100 + minor, 0 where it is another program; both by enum side. */
void ssh_judge_offers(enum ssh_list list, const struct ssh_kexinit *client, const struct ssh_kexinit *server,
                      const uint16_t version[2], enum ssh_offer out[2]);

/* How old a client may be, and how new, that finds something in an offer: in key exchanges, host keys and ciphers. */
struct ssh_offer_age {
    uint16_t needs; /* first OpenSSH that could talk with it, major * 100 + minor; 0: any */
    bool weak_only; /* one of its lists holds nothing that is in OpenSSH's defaults today */
};
struct ssh_offer_age ssh_offer_age(const struct ssh_kexinit *offer);

/* HASSH of a client's KEXINIT, or HASSHServer of a server's, as 32 lower-case hex digits and a NUL. */
void ssh_hassh(const struct ssh_kexinit *kexinit, bool from_server, char out[33]);

/* How large encrypted packets of a cipher and MAC are, to read sizes with: per-packet overhead and the block that
 * lengths are rounded to. */
struct ssh_sizes {
    uint8_t block;        /* the packet length is a multiple of this (bytes) */
    uint8_t tag;          /* MAC or AEAD tag bytes after it */
    bool length_excluded; /* the 4-byte length is outside the rounding (AEAD, etm) */
    bool known;
};
struct ssh_sizes ssh_packet_sizes(const char *cipher, const char *mac);

/* Bytes on the wire of an encrypted packet whose payload has `payload_len` bytes, with OpenSSH's minimal padding. */
uint32_t ssh_wire_size(const struct ssh_sizes *sizes, uint32_t payload_len);

#endif
