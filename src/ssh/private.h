/* What the SSH parsers share among themselves. */
#ifndef SSH_PRIVATE_H
#define SSH_PRIVATE_H

#include <sshsniff/ssh.h>

/* OpenSSH's limits on what may come before a version string (kex.h), and one of ours on the whole, so that a server
 * that drips lines without end costs a bounded buffer.
 */
#define SSH_LINE_MAX    8192
#define SSH_LINES_MAX   1024
#define SSH_OPENING_MAX 65536

/* One line at the head of some bytes. */
struct ssh_line {
    size_t length; /* without its CRs and LF */
    size_t end;    /* offset of the first byte after it */
    bool whole;    /* its LF is there */
    bool valid;    /* no NUL, and its CRs are at its end: OpenSSH hangs up on others */
    bool text;     /* nothing in it that text cannot hold */
};

struct ssh_line ssh_read_line(const uint8_t *bytes, size_t length);
bool ssh_is_text(const uint8_t *bytes, size_t length);
bool ssh_has_prefix(const uint8_t *bytes, size_t length, const char *prefix);

/* Steps through the names of a list: false after the last one. `cursor` starts at 0. */
bool ssh_next_name(const struct ssh_name_list *list, uint32_t *cursor, struct ssh_name_list *name);
bool ssh_name_equals(const struct ssh_name_list *name, const char *text);
bool ssh_list_has(const struct ssh_name_list *list, const char *name);

/* Authenticated encryption, which needs no MAC algorithm beside it. */
bool ssh_cipher_is_aead(const char *cipher);

#endif
