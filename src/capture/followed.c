/* The files that a writer goes through: tcpdump's -C and -W number them, logrotate gives a name to another file. */
#include "followed.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/clock.h"

/* ---- Opening, with whatever rights there are ---- */

/* A lease is to be had only where nobody has the file open to write, and only by its owner or root. Where it cannot be
 * asked for, a file that was written lately is taken to have its writer still. */
static void ask_for_writer(struct followed *file)
{
    enum { LATELY_S = 10 };
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct sigaction before;
    sigaction(SIGIO, &ignore, &before); /* sent where somebody opens it to write just then */
    if (fcntl(file->descriptor, F_SETLEASE, F_RDLCK) == 0) {
        (void)fcntl(file->descriptor, F_SETLEASE, F_UNLCK);
        file->writer_known = true;
    } else if (errno == EAGAIN) {
        file->writer_known = file->has_writer = true;
    } else {
        file->has_writer = wall_clock_us() / 1000000 - file->status.st_mtim.tv_sec < LATELY_S;
    }
    sigaction(SIGIO, &before, NULL);
}

static void watch_folder(struct followed *file, const char *folder)
{
    file->watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (file->watch >= 0 && inotify_add_watch(file->watch, folder, IN_CLOSE_WRITE | IN_ONLYDIR) < 0) {
        close(file->watch);
        file->watch = -1;
    }
}

static void open_folder(struct followed *file, const char *path)
{
    char folder[PATH_MAX];
    source_followed_folder(path, folder, sizeof folder);
    const char *slash = strrchr(path, '/');
    snprintf(file->name, sizeof file->name, "%s", slash ? slash + 1 : path);
    file->folder = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (file->folder >= 0)
        watch_folder(file, folder);
}

void source_followed_folder(const char *path, char *out, size_t size)
{
    const char *slash = strrchr(path, '/');
    const size_t length = slash == NULL ? 0 : slash == path ? 1 : (size_t)(slash - path);
    snprintf(out, size, "%.*s", length ? (int)length : 1, length ? path : ".");
}

struct followed *source_follow(int descriptor, const char *path)
{
    struct followed *file = calloc(1, sizeof *file);
    if (file == NULL)
        return NULL;
    file->descriptor = descriptor;
    file->folder = file->watch = -1;
    snprintf(file->shown, sizeof file->shown, "%s", path);
    if (fstat(descriptor, &file->status) == 0 && S_ISREG(file->status.st_mode)) {
        ask_for_writer(file);
        open_folder(file, path);
        followed_begin_again(file);
    }
    return file;
}

void source_unfollow(struct followed *file)
{
    if (file == NULL)
        return;
    const int all[] = {file->descriptor, file->folder, file->watch};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i] > STDERR_FILENO)
            close(all[i]);
    free(file);
}

/* ---- The file that is read now ---- */

void followed_begin_again(struct followed *file)
{
    const ssize_t size = pread(file->descriptor, file->head, sizeof file->head, 0);
    file->head_size = size > 0 ? (size_t)size : 0;
    (void)fstat(file->descriptor, &file->status);
}

static bool is_of(const struct followed *file, const struct inotify_event *event)
{
    return event->len > 0 && strncmp(event->name, file->name, event->len) == 0;
}

/* Was it closed by who wrote it? */
static bool was_closed(const struct followed *file)
{
    _Alignas(struct inotify_event) char events[4096];
    bool closed = false;
    for (ssize_t size; file->watch >= 0 && (size = read(file->watch, events, sizeof events)) > 0;)
        for (const char *at = events; at < events + size;) {
            const struct inotify_event *event = (const struct inotify_event *)at;
            closed = closed || is_of(file, event);
            at += sizeof *event + event->len;
        }
    return closed;
}

static void note_writer(struct followed *file, bool closed, bool grew)
{
    if (grew && file->writer_known && !file->has_writer)
        file->closed_between = true;
    if (grew && !closed)
        file->writer_known = file->has_writer = true;
    if (closed) {
        file->writer_known = true;
        file->has_writer = false;
    }
}

static bool has_same_head(struct followed *file)
{
    uint8_t head[FOLLOWED_HEAD];
    const ssize_t size = pread(file->descriptor, head, sizeof head, 0);
    if (size < (ssize_t)file->head_size || memcmp(head, file->head, file->head_size) != 0)
        return false;
    memcpy(file->head, head, (size_t)size);
    file->head_size = (size_t)size;
    return true;
}

enum followed_change followed_look(struct followed *file, uint64_t read_to)
{
    struct stat now;
    const bool closed = was_closed(file);
    if (fstat(file->descriptor, &now) != 0)
        return FOLLOWED_SAME;
    if ((uint64_t)now.st_size < read_to || now.st_size < file->status.st_size || !has_same_head(file))
        return FOLLOWED_OVERWRITTEN;
    note_writer(file, closed, now.st_size > file->status.st_size);
    file->status = now;
    return (uint64_t)now.st_size > read_to ? FOLLOWED_GREW : FOLLOWED_SAME;
}

/* ---- The next one ---- */

enum { SAME_NAME, NEXT_NUMBER, FIRST_NUMBER };

bool followed_is_replacement(unsigned n)
{
    return n == SAME_NAME;
}

/* tcpdump -C: FILE, FILE1, FILE2 …; with -W 10: FILE0 to FILE9, with -W 100: FILE00 to FILE99, and the first again. */
static bool name_of(const struct followed *file, unsigned n, char out[NAME_MAX + 1])
{
    enum { MOST_DIGITS = 9 };
    size_t length = strlen(file->name), stem = length;
    while (stem > 0 && length - stem < MOST_DIGITS && file->name[stem - 1] >= '0' && file->name[stem - 1] <= '9')
        stem--;
    const int digits = (int)(length - stem);
    const unsigned long number = strtoul(file->name + stem, NULL, 10);
    if (n == SAME_NAME)
        return snprintf(out, NAME_MAX + 1, "%s", file->name) <= NAME_MAX;
    if (n == FIRST_NUMBER && (digits == 0 || number == 0))
        return false;
    return snprintf(out, NAME_MAX + 1, "%.*s%0*lu", (int)stem, file->name, digits, n == NEXT_NUMBER ? number + 1 : 0) <=
           NAME_MAX;
}

static bool is_earlier(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec != b->tv_sec ? a->tv_sec < b->tv_sec : a->tv_nsec < b->tv_nsec;
}

/* Written to since, so it is no file of the round before. */
static bool comes_after(const struct followed *file, unsigned n, const struct stat *status)
{
    if (!S_ISREG(status->st_mode) || (status->st_dev == file->status.st_dev && status->st_ino == file->status.st_ino))
        return false;
    return n == SAME_NAME || !is_earlier(&status->st_mtim, &file->status.st_mtim);
}

int followed_successor(struct followed *file, unsigned n, char name[NAME_MAX + 1])
{
    struct stat status;
    if (file->folder < 0 || !name_of(file, n, name) || fstatat(file->folder, name, &status, 0) != 0 ||
        !comes_after(file, n, &status))
        return -1;
    const int descriptor = openat(file->folder, name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    file->next_failure = descriptor < 0 ? errno : 0;
    if (descriptor >= 0 && fstat(descriptor, &status) == 0 && comes_after(file, n, &status))
        return descriptor;
    if (descriptor >= 0)
        close(descriptor);
    return -1;
}

void followed_shown(const struct followed *file, const char *name, char out[PATH_MAX])
{
    const char *slash = strrchr(file->shown, '/');
    snprintf(out, PATH_MAX, "%.*s%s", slash ? (int)(slash - file->shown) + 1 : 0, file->shown, name);
}

void followed_go_on(struct followed *file, int descriptor, const char *name)
{
    char shown[PATH_MAX];
    followed_shown(file, name, shown);
    memcpy(file->shown, shown, sizeof shown);
    if (file->descriptor > STDERR_FILENO)
        close(file->descriptor);
    file->descriptor = descriptor;
    snprintf(file->name, sizeof file->name, "%s", name);
    file->writer_known = file->has_writer = file->closed_between = false; /* it may be one of long ago */
    followed_begin_again(file);
}
