#include "file_at_hand.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static void must(int good)
{
    if (!good) {
        perror("hostile: file in memory");
        exit(2);
    }
}

void file_make(struct file_at_hand *file)
{
    file->fd = memfd_create("capture", 0);
    must(file->fd >= 0);
    snprintf(file->path, sizeof file->path, "/proc/self/fd/%d", file->fd);
}

void file_fill(struct file_at_hand *file, const uint8_t *bytes, size_t size)
{
    must(ftruncate(file->fd, 0) == 0);
    for (size_t done = 0; done < size;) {
        ssize_t n = pwrite(file->fd, bytes + done, size - done, (off_t)done);
        must(n > 0);
        done += (size_t)n;
    }
}

void file_cut(struct file_at_hand *file, size_t size)
{
    must(ftruncate(file->fd, (off_t)size) == 0);
}

void file_change(struct file_at_hand *file, size_t at, uint8_t byte)
{
    must(pwrite(file->fd, &byte, 1, (off_t)at) == 1);
}

void file_close(struct file_at_hand *file)
{
    close(file->fd);
}
