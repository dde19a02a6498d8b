#include <errno.h>
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

/* What it was, and what to do. */
static const char *write_failure(int why)
{
    return why == ENOSPC || why == EDQUOT ? "the disk is full: make room, or name a file in another folder"
           : why != 0                     ? strerror(why)
                                          : "writing failed: is the disk full?";
}

bool saving_frame(struct saving *saving, const struct frame *frame, uint32_t snaplen, char error[SOURCE_ERROR_SIZE])
{
    if (saving->path == NULL || saving->failed)
        return true;
    if (!saving_begin(saving, frame->linktype, snaplen, error))
        return false;
    errno = 0; /* it stays so where the link type is another */
    if (capture_writer_frame(saving->writer, frame))
        return true;
    const int why = errno;
    saving->failed = true;
    snprintf(error, SOURCE_ERROR_SIZE, "-w %.200s: frame %llu could not be saved, nor those behind it: %s",
             saving->path, (unsigned long long)frame->number,
             why != 0 ? write_failure(why) : "its link type is not the file's; read such captures one at a time");
    return false;
}

bool saving_end(struct saving *saving, char error[SOURCE_ERROR_SIZE])
{
    errno = 0;
    bool good = capture_writer_close(saving->writer) || saving->failed;
    const int why = errno;
    saving->writer = NULL;
    if (!good)
        snprintf(error, SOURCE_ERROR_SIZE, "-w %.200s: not saved whole: %s", saving->path, write_failure(why));
    return good;
}
