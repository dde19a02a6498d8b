/* A capture file in memory: its bytes without compression, where its frames lie, and its labels. */
#ifndef HOSTILE_CAPTURE_H
#define HOSTILE_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sshsniff/capture.h>

struct placed_frame {
    struct frame frame; /* data is owned */
    size_t record_at;   /* of its record or block in `bytes` */
    size_t data_at;     /* of its first byte */
};

struct label {
    char src[64], dst[64], cause[32];
    int src_port, dst_port;
};

struct capture {
    char path[512], name[256];
    uint8_t *bytes;
    size_t size;
    struct placed_frame *frames;
    size_t count;
    struct label *labels;
    size_t label_count;
};

/* Dies with a message where the file cannot be read: these are the project's own captures. */
void capture_load(struct capture *capture, const char *folder, const char *name);
void capture_free(struct capture *capture);

#endif
