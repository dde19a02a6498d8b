/* What anonymous.h keeps. */
#ifndef RUN_ANONYMOUS_STATE_H
#define RUN_ANONYMOUS_STATE_H

#include <nettle/hmac.h>

#include <sshsniff/address.h>

enum { MAPPED = 4096, ANONYMOUS_FRAME_SIZE = 262144 };

struct mapped {
    struct address from, to;
    bool used;
};

struct anonymous {
    struct hmac_sha256_ctx keyed;
    struct mapped mapped[MAPPED];
    uint8_t frame[ANONYMOUS_FRAME_SIZE];
};

#endif
