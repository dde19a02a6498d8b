/* A file that lives in memory and can be cut and changed in place. */
#ifndef HOSTILE_FILE_AT_HAND_H
#define HOSTILE_FILE_AT_HAND_H

#include <stddef.h>
#include <stdint.h>

struct file_at_hand {
    int fd;
    char path[32];
};

void file_make(struct file_at_hand *file);
void file_fill(struct file_at_hand *file, const uint8_t *bytes, size_t size);
void file_cut(struct file_at_hand *file, size_t size);
void file_change(struct file_at_hand *file, size_t at, uint8_t byte);
void file_close(struct file_at_hand *file);

#endif
