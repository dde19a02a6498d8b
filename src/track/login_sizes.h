/* How long the messages of a login are, by what the two sides agreed on and which programs they are. */
#ifndef TRACK_LOGIN_SIZES_H
#define TRACK_LOGIN_SIZES_H

#include <sshsniff/tracker.h>

struct login_sizes {
    struct ssh_sizes c2s;
    uint32_t success, service, ignore, too_many; /* bytes on the wire; 0: not known */
    bool exact;                                  /* the server pads no more than it must */
    bool ambiguous;  /* padded to this cipher's blocks, a refusal that lists no method is as long as success */
    bool compressed; /* from the first message on: sizes tell nothing, and what is said again gets shorter */
    bool openssh_client;
    /* the snaplen cut the version strings: most likely OpenSSH's, whose habits are taken for granted where that is safe
     */
    bool unknown_client, unknown_server;
    bool ignores[2]; /* this side sends SSH_MSG_IGNORE before every message, in a segment of its own (AsyncSSH) */
};

struct login_sizes login_expect(const struct dialogue *d);

#endif
