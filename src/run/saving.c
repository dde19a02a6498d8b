#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "saving.h"

static bool status_of(const char *path, int standard, struct stat *out)
{
    return (strcmp(path, "-") == 0 ? fstat(standard, out) : stat(path, out)) == 0;
}

/* Links lead to one device and inode. Only a regular file has contents to lose. */
const char *saving_would_destroy(const char *save, const char *const *files, size_t count)
{
    struct stat written, read;
    if (save == NULL || !status_of(save, STDOUT_FILENO, &written) || !S_ISREG(written.st_mode))
        return NULL;
    for (size_t i = 0; i < count; i++)
        if (status_of(files[i], STDIN_FILENO, &read) && read.st_dev == written.st_dev && read.st_ino == written.st_ino)
            return files[i];
    return NULL;
}

bool saving_begin(struct saving *saving, int linktype, uint32_t snaplen, char error[SOURCE_ERROR_SIZE])
{
    if (saving->path == NULL || saving->writer != NULL || saving->failed || linktype < 0)
        return true;
    if (saving->is_open)
        saving->writer = capture_writer_open_descriptor(saving->descriptor, saving->path, linktype, snaplen, error);
    else
        saving->writer = capture_writer_open(saving->path, linktype, snaplen, error);
    saving->is_open = false;
    saving->failed = saving->writer == NULL;
    return !saving->failed;
}

bool saving_frame(struct saving *saving, const struct frame *frame, uint32_t snaplen, char error[SOURCE_ERROR_SIZE])
{
    if (saving->path == NULL || saving->failed)
        return true;
    if (!saving_begin(saving, frame->linktype, snaplen, error))
        return false;
    if (capture_writer_frame(saving->writer, frame))
        return true;
    saving->failed = true;
    snprintf(error, SOURCE_ERROR_SIZE,
             "%.300s: frame %llu could not be saved: the disk is full, or its link type is not the file's",
             saving->path, (unsigned long long)frame->number);
    return false;
}

bool saving_end(struct saving *saving, char error[SOURCE_ERROR_SIZE])
{
    bool good = capture_writer_close(saving->writer) || saving->failed;
    saving->writer = NULL;
    if (!good)
        snprintf(error, SOURCE_ERROR_SIZE, "%.300s: not saved whole: is the disk full?", saving->path);
    return good;
}
