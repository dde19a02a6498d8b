/* --anonymize: frames whose addresses, MAC addresses and names are others, the same for the same, before anything is
 * made of them. So whatever is said and saved of a capture holds none of them.
 *
 * The key is drawn anew for each run and kept nowhere: what was mapped cannot be mapped back. Two addresses of one
 * network stay in one network, and a private, link-local or global address stays what it is, for verdicts rest on that.
 * What is not understood whole cannot be cleaned, and is left out: tunnels, other protocols, later fragments. */
#ifndef RUN_ANONYMOUS_H
#define RUN_ANONYMOUS_H

#include <stdbool.h>
#include <stddef.h>

#include <sshsniff/address.h>
#include <sshsniff/frame.h>

struct anonymous; /* opaque */

/* NULL when memory is out. */
struct anonymous *anonymous_new(void);
void anonymous_free(struct anonymous *anonymous);

/* `out` is `in` with other names; what it points to is valid until the next call. False: it is to be left out. */
bool anonymous_frame(struct anonymous *anonymous, const struct frame *in, struct frame *out);

struct address anonymous_address(struct anonymous *anonymous, const struct address *address);

/* ---- For the parts of it ---- */

/* In place. */
void anonymous_ipv4(struct anonymous *anonymous, uint8_t four[4]);
void anonymous_ipv6(struct anonymous *anonymous, uint8_t sixteen[16]);
void anonymous_mac(struct anonymous *anonymous, uint8_t six[6]);
/* Letters for letters, digits for digits; well-known labels stay. */
void anonymous_label(struct anonymous *anonymous, uint8_t *label, size_t length);

/* A DNS message, as far as it was captured. */
void anonymous_dns(struct anonymous *anonymous, uint8_t *message, size_t length);
/* What a TCP segment says in the clear. */
void anonymous_speech(uint8_t *payload, size_t length);

#endif
