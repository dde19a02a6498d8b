/* What a decoder remembers from frame to frame: nothing but fragments. */
#ifndef DECODE_DECODER_H
#define DECODE_DECODER_H

#include "fragments.h"

struct decoder {
    struct fragments *fragments; /* NULL until the first fragment is seen */
};

#endif
