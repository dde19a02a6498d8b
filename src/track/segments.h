/* TCP segments to facts. */
#ifndef TRACK_SEGMENTS_H
#define TRACK_SEGMENTS_H

#include "life.h"

/* Records a PACKET_TCP on its attempt, which begins with it where there is none. */
struct recorded record_segment(struct tracker *t, const struct packet *packet);

#endif
