/* What the read-ahead thread found out about a frame. */
#ifndef TRACK_FAST_CLASSIFIED_FRAME_H
#define TRACK_FAST_CLASSIFIED_FRAME_H

#include "steady_segment.h"

enum frame_class {
    CLASS_WHOLE = 0, /* it has to be looked at by the first thread */
    CLASS_SKIP,      /* neither port is an SSH port, and it opens, refuses and begins nothing */
    CLASS_STEADY     /* it may be the next segment of a steady session */
};

/* What is needed of a frame that is skipped or steady; of others, only the time. */
struct skipped_frame {
    struct address src;
    uint32_t src_hash;
    int64_t ts_us;
    uint32_t flow_hash;
    uint32_t place; /* bytes from its chunk's begin: where the frame is found again */
    uint8_t src_mac[6];
    bool is_tcp;
    uint8_t frame_class; /* enum frame_class */
};

/* And of one that is steady, beside. */
struct steady_frame {
    struct address dst;
    struct steady_segment segment;
};

#endif
