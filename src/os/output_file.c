/* The path is walked name by name, so that what is looked at is what is opened: whoever may write to a folder on the
 * way could exchange a name between two looks. */
#include "output_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { LINKS_MOST = 40 }; /* as the kernel's */

struct walk {
    char rest[PATH_MAX]; /* from `folder` on */
    int folder;
    uid_t asker;
    unsigned links;
    const char *refused; /* why, where it is not an errno */
};

static bool enter(struct walk *w, int folder)
{
    if (folder < 0)
        return false;
    if (w->folder >= 0)
        close(w->folder);
    w->folder = folder;
    return true;
}

static bool is_of_proc(int fd)
{
    struct statfs status;
    return fstatfs(fd, &status) == 0 && status.f_type == PROC_SUPER_MAGIC;
}

/* Puts what the link says in front of the rest. */
static bool take_link(struct walk *w, int link, const char *after)
{
    char text[PATH_MAX], joined[2 * PATH_MAX];
    ssize_t length = readlinkat(link, "", text, sizeof text - 1);
    if (length < 0)
        return false;
    text[length] = '\0';
    int needed = snprintf(joined, sizeof joined, "%s%s%s", text, *after != '\0' ? "/" : "", after);
    if (needed >= (int)sizeof w->rest || ++w->links > LINKS_MOST) {
        errno = w->links > LINKS_MOST ? ELOOP : ENAMETOOLONG;
        return false;
    }
    memcpy(w->rest, joined, (size_t)needed + 1);
    return true;
}

/* `name` in the folder is a link. Returns the descriptor of a file that is open behind it, -1 to walk on, -2: failed.
 */
static int follow(struct walk *w, const char *name, const char *after)
{
    struct stat status;
    int link = openat(w->folder, name, O_PATH | O_NOFOLLOW | O_CLOEXEC), opened = -2;
    if (link < 0 || fstat(link, &status) != 0)
        opened = -2;
    else if (!S_ISLNK(status.st_mode))
        errno = EAGAIN;                          /* it was one a moment ago */
    else if (*after == '\0' && is_of_proc(link)) /* /dev/stdout, /dev/fd/63: no path, but a file that is open here */
        opened = openat(w->folder, name, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    else if (status.st_uid != w->asker && status.st_uid != 0)
        w->refused = "a link on the way belongs to another user";
    else if (take_link(w, link, after))
        opened = -1;
    int error = errno;
    if (link >= 0)
        close(link);
    errno = error;
    return opened;
}

/* Where everybody may put files, the kernel denies another's link rather than say that it is one. */
static bool is_a_link(int folder, const char *name, int fd, bool last)
{
    const int error = errno;
    struct stat status;
    bool link = false;
    if (fd >= 0)
        link = !last && fstat(fd, &status) == 0 && S_ISLNK(status.st_mode);
    else if (errno == ELOOP || errno == EACCES)
        link = fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(status.st_mode);
    errno = error;
    return link;
}

/* One name further. As follow. */
static int step(struct walk *w)
{
    const char *name = w->rest + strspn(w->rest, "/");
    char one[NAME_MAX + 1];
    size_t length = strcspn(name, "/");
    if (name != w->rest && w->rest[0] == '/' && !enter(w, open("/", O_PATH | O_CLOEXEC)))
        return -2;
    if (length > NAME_MAX || length == 0) {
        errno = length == 0 ? EISDIR : ENAMETOOLONG;
        return -2;
    }
    memcpy(one, name, length);
    one[length] = '\0';
    const char *after = name + length + strspn(name + length, "/");
    bool last = *after == '\0' && name[length] == '\0';
    int flags = last ? O_WRONLY | O_CREAT | O_NOCTTY : O_PATH;
    int fd = openat(w->folder, one, flags | O_NOFOLLOW | O_CLOEXEC, 0666);
    bool is_link = is_a_link(w->folder, one, fd, last);
    if (is_link) {
        char rest[PATH_MAX];
        snprintf(rest, sizeof rest, "%s", after);
        if (fd >= 0)
            close(fd);
        return follow(w, one, rest);
    }
    if (last || fd < 0)
        return fd >= 0 ? fd : -2;
    memmove(w->rest, after, strlen(after) + 1);
    return enter(w, fd) ? -1 : -2;
}

/* A second name of another's file, or another's file where everybody may put files: not what was meant. */
static bool is_anothers(const struct walk *w, int fd)
{
    struct stat file, folder;
    if (fstat(fd, &file) != 0 || fstat(w->folder, &folder) != 0 || !S_ISREG(file.st_mode) || file.st_uid == w->asker)
        return false;
    return file.st_nlink > 1 || (folder.st_mode & (S_ISVTX | S_IWOTH)) == (S_ISVTX | S_IWOTH);
}

static int walk(struct walk *w)
{
    int fd = -1;
    while (fd == -1)
        fd = step(w);
    if (fd >= 0 && is_anothers(w, fd)) {
        w->refused = "the file belongs to another user";
        close(fd);
        fd = -2;
    }
    return fd;
}

/* Rights are borrowed from whoever asked: a path that root could write to may be refused. */
static void complain(const struct walk *w, const char *what, const char *path, const struct identity *asker,
                     char *error, size_t size)
{
    const int why = errno;
    if (w->refused == NULL && (why == EACCES || why == EPERM) && asker->uid != 0)
        snprintf(error, size,
                 "cannot write %s: %.200s: user %.64s may not, as whom files are written, whatever rights sudo gave; "
                 "name a file in a folder of theirs",
                 what, path, asker->name[0] != '\0' ? asker->name : "who asked");
    else if (w->refused == NULL && (why == ENOSPC || why == EDQUOT))
        snprintf(error, size, "cannot write %s: %.200s: the disk is full: make room, or name a file in another folder",
                 what, path);
    else
        snprintf(error, size, "cannot write %s: %.200s: %s", what, path,
                 w->refused != NULL ? w->refused : strerror(why));
}

int output_file_open_for(const char *what, const char *path, const struct identity *asker, char *error, size_t size)
{
    struct walk w = {.folder = -1, .asker = asker->uid};
    int fd = -2;
    if (strlen(path) >= sizeof w.rest)
        errno = ENAMETOOLONG;
    else if (identity_borrow(asker)) {
        memcpy(w.rest, path, strlen(path) + 1);
        w.folder = open(".", O_PATH | O_CLOEXEC);
        fd = walk(&w);
        int why = errno;
        identity_return();
        errno = why;
    }
    if (fd < 0)
        complain(&w, what, path, asker, error, size);
    if (w.folder >= 0)
        close(w.folder);
    return fd < 0 ? -1 : fd;
}

int output_file_open(const char *path, const struct identity *asker, char *error, size_t size)
{
    return output_file_open_for("the capture", path, asker, error, size);
}
