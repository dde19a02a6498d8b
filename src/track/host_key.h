/* The host key that a server shows in the key exchange, in the clear: by it one machine is told from another. */
#ifndef TRACK_HOST_KEY_H
#define TRACK_HOST_KEY_H

#include <sshsniff/attempt.h>

/* Notes the key if this message of the server's shows one. */
void host_key_note(struct dialogue *d, const struct ssh_packet_view *message);

#endif
