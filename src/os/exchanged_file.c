#include "exchanged_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BESIDE ".new"

/* A file of one's own, and no link: where everybody may put files, somebody else could have put one there. */
static int open_own(int folder, const char *name)
{
    struct stat status;
    const int fd = openat(folder, name, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC, 0644);
    if (fd < 0)
        return -1;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || status.st_uid != geteuid() || status.st_nlink != 1) {
        close(fd);
        errno = EEXIST;
        return -1;
    }
    (void)fchmod(fd, 0644); /* a collector is another user */
    return fd;
}

static bool split(struct exchanged_file *file, const char *path, char folder[PATH_MAX])
{
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    const size_t length = slash != NULL ? (size_t)(slash - path) + 1 : 1;
    if (length >= PATH_MAX || strlen(name) + sizeof BESIDE > sizeof file->beside) {
        errno = ENAMETOOLONG;
        return false;
    }
    if (name[0] == '\0') {
        errno = EISDIR;
        return false;
    }
    memcpy(folder, slash != NULL ? path : ".", length);
    folder[length] = '\0';
    memcpy(file->name, name, strlen(name) + 1);
    snprintf(file->beside, sizeof file->beside, "%.*s" BESIDE, (int)(sizeof file->beside - sizeof BESIDE), name);
    return true;
}

static bool exchange(const struct exchanged_file *file)
{
    return renameat2(file->folder, file->beside, file->folder, file->name, RENAME_EXCHANGE) == 0;
}

/* That the file system can exchange is seen while a message still can be given. */
static bool open_all(struct exchanged_file *file, const char *path)
{
    char folder[PATH_MAX];
    if (!split(file, path, folder))
        return false;
    file->folder = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    file->descriptor[0] = file->folder >= 0 ? open_own(file->folder, file->beside) : -1;
    file->descriptor[1] = file->descriptor[0] >= 0 ? open_own(file->folder, file->name) : -1;
    return file->descriptor[1] >= 0 && exchange(file) && exchange(file);
}

static const char *reason(void)
{
    return errno == EEXIST   ? "what stands there, or beside it as " BESIDE ", belongs to another user or is no file"
           : errno == EINVAL ? "this file system cannot exchange two files; choose a folder on another"
                             : strerror(errno);
}

bool exchanged_file_open(struct exchanged_file *file, const char *path, const struct identity *owner, char *error,
                         size_t size)
{
    bool opened = false;
    *file = (struct exchanged_file){.folder = -1, .descriptor = {-1, -1}};
    if (identity_borrow(owner)) {
        opened = open_all(file, path);
        const int why = errno;
        identity_return();
        errno = why;
    }
    if (opened)
        return true;
    snprintf(error, size, "%.200s: as user %.60s: %s", path, owner->name[0] != '\0' ? owner->name : "without a name",
             reason());
    exchanged_file_close(file);
    return false;
}

static bool write_all(int fd, const char *bytes, size_t length)
{
    if (ftruncate(fd, 0) != 0 || lseek(fd, 0, SEEK_SET) != 0)
        return false;
    while (length > 0) {
        const ssize_t written = write(fd, bytes, length);
        if (written < 0 && errno != EINTR)
            return false;
        bytes += written > 0 ? written : 0;
        length -= written > 0 ? (size_t)written : 0;
    }
    return true;
}

bool exchanged_file_write(struct exchanged_file *file, const char *bytes, size_t length)
{
    if (!write_all(file->descriptor[0], bytes, length) || !exchange(file))
        return false;
    const int written = file->descriptor[0];
    file->descriptor[0] = file->descriptor[1];
    file->descriptor[1] = written;
    return true;
}

void exchanged_file_close(struct exchanged_file *file)
{
    if (file->descriptor[0] >= 0)
        (void)unlinkat(file->folder, file->beside, 0);
    for (int i = 0; i < 2; i++)
        if (file->descriptor[i] >= 0)
            close(file->descriptor[i]);
    if (file->folder >= 0)
        close(file->folder);
    *file = (struct exchanged_file){.folder = -1, .descriptor = {-1, -1}};
}
