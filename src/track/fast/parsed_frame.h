/* A frame that was quickly parsed, and where its addresses and ports lead in the tracker's tables. */
#ifndef TRACK_FAST_PARSED_FRAME_H
#define TRACK_FAST_PARSED_FRAME_H

#include "quick_parse.h"

struct tracker;

enum quick_result {
    QUICK_NEEDS_DECODE = 0, /* nothing was done: the packet has to be decoded whole */
    QUICK_IGNORED,          /* taken; it belongs to no SSH attempt */
    QUICK_TAKEN             /* taken; it belongs to one: worth saving */
};

struct parsed_frame {
    struct quick quick;
    bool parsed; /* quick_parse was true; only then is anything else set */
    uint32_t src_hash, dst_hash;
    uint32_t flow_hash;
};

#endif
