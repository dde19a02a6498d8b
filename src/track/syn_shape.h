/* What a SYN's options tell of who wrote it. */
#ifndef TRACK_SYN_SHAPE_H
#define TRACK_SYN_SHAPE_H

#include <sshsniff/attempt.h>

/* `syn`: a PACKET_TCP. */
void syn_shape_read(struct syn_shape *out, const struct packet *syn);

#endif
