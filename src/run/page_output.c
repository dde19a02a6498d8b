#include "page_output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/identity.h"
#include "os/output_file.h"

bool page_output_open(struct page_output *output, char error[SOURCE_ERROR_SIZE])
{
    struct identity asker;
    if (output->path == NULL)
        return true;
    identity_of_asker(&asker);
    output->descriptor = output_file_open_for("the page", output->path, &asker, error, SOURCE_ERROR_SIZE);
    return output->descriptor >= 0;
}

static bool fail(const char *path, int why, const char *consequence, char error[SOURCE_ERROR_SIZE])
{
    const char *words = why == ENOSPC || why == EDQUOT ? "the disk is full: make room, or name a file in another folder"
                                                       : strerror(why);
    snprintf(error, SOURCE_ERROR_SIZE, "--html %.300s: %s; %s", path, words, consequence);
    return false;
}

/* Room for all of it is made before the first byte is written over, so that on a full disk an older page stays. Not
 * every file system can, and a pipe need not. */
static bool make_room(int descriptor, size_t size)
{
    struct stat before;
    if (fstat(descriptor, &before) != 0 || !S_ISREG(before.st_mode) || fallocate(descriptor, 0, 0, (off_t)size) == 0 ||
        (errno != ENOSPC && errno != EDQUOT))
        return true;
    const int why = errno;
    (void)!ftruncate(descriptor, before.st_size);
    errno = why;
    return false;
}

static bool write_page(const struct page *page, int descriptor, const char *path, char error[SOURCE_ERROR_SIZE])
{
    size_t length;
    const char *text = page_text(page, &length);
    if (text == NULL)
        return fail(path, ENOMEM, "no page was written: give a smaller --html-size", error);
    if (length == 0)
        return true; /* it never came to that, and whoever stopped it has said why: an older page stays */
    if (!make_room(descriptor, length))
        return fail(path, errno, "no page was written", error);
    for (size_t at = 0; at < length;) {
        const ssize_t written = write(descriptor, text + at, length - at);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return fail(path, errno, "the page is not whole", error);
        at += (size_t)written;
    }
    (void)!ftruncate(descriptor, (off_t)length); /* what an older page had beyond; a pipe has nothing to cut */
    return true;
}

bool page_output_end(struct page_output *output, char error[SOURCE_ERROR_SIZE])
{
    bool good = true;
    if (output->descriptor >= 0) {
        good = write_page(output->page, output->descriptor, output->path, error);
        if (close(output->descriptor) != 0 && good) {
            snprintf(error, SOURCE_ERROR_SIZE, "--html %.300s: %s; the page may not be whole", output->path,
                     strerror(errno));
            good = false;
        }
        output->descriptor = -1;
    }
    page_free(output->page);
    output->page = NULL;
    return good;
}
