#include "descriptors.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MOST_DESCRIPTORS 65536 /* looked at one by one, where the kernel (before 5.11) cannot do it at once */

static bool by_kernel(unsigned first, unsigned last, unsigned flags)
{
    return first > last || syscall(SYS_close_range, first, last, flags) == 0;
}

static int most(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > MOST_DESCRIPTORS)
        return MOST_DESCRIPTORS;
    return (int)limit.rlim_cur;
}

bool descriptors_fill_standard(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == STDIN_FILENO ? O_RDONLY : O_WRONLY) != fd)
            return false;
    return true;
}

void descriptors_close_on_exec(void)
{
    if (by_kernel(STDERR_FILENO + 1, UINT_MAX, CLOSE_RANGE_CLOEXEC))
        return;
    for (int fd = STDERR_FILENO + 1, end = most(); fd < end; fd++)
        (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
}

void descriptors_hold(bool held[DESCRIPTORS_HELD])
{
    for (int fd = 0; fd < DESCRIPTORS_HELD; fd++)
        held[fd] = false;
    for (int fd; (fd = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0;) {
        if (fd >= DESCRIPTORS_HELD) {
            close(fd);
            return;
        }
        held[fd] = true;
    }
}

void descriptors_let_go(const bool held[DESCRIPTORS_HELD])
{
    for (int fd = 0; fd < DESCRIPTORS_HELD; fd++)
        if (held[fd])
            close(fd);
}

void descriptors_close_others(int first, int kept)
{
    bool done = kept < first
                    ? by_kernel((unsigned)first, UINT_MAX, 0)
                    : by_kernel((unsigned)first, (unsigned)kept - 1, 0) && by_kernel((unsigned)kept + 1, UINT_MAX, 0);
    for (int fd = first, end = done ? 0 : most(); fd < end; fd++)
        if (fd != kept)
            close(fd);
}
