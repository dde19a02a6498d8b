#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "input.h"

/* Waits for bytes or the end. Returns 1, 0 when stopped first or, of what is followed, out of patience, -1 with errno.
 */
static int wait_readable(const struct input *input)
{
    struct pollfd polled[] = {{.fd = input->descriptor, .events = POLLIN},
                              {.fd = input->stop_descriptor, .events = POLLIN}};
    const int ready = poll(polled, 2, input->follows ? INPUT_PATIENCE_MS : -1);
    if (ready <= 0)
        return ready;
    return polled[1].revents == 0;
}

static ssize_t read_once(struct input *input, uint8_t *out, size_t size)
{
    int ready = input->may_wait ? wait_readable(input) : 1;
    if (ready <= 0)
        return ready;
    if (!input->has_offset) {
        ssize_t got = read(input->descriptor, out, size);
        input->closed = got == 0 && input->may_wait;
        return got;
    }
    ssize_t n = pread(input->descriptor, out, size, (off_t)input->offset);
    input->offset += n > 0 ? (uint64_t)n : 0;
    return n;
}

static ssize_t read_patiently(struct input *input, uint8_t *out, size_t size)
{
    ssize_t n;
    do
        n = read_once(input, out, size);
    while (n < 0 && (errno == EINTR || errno == EAGAIN));
    return n;
}

/* Here a signal counts as a failure: until the source is open, nobody can stop it in any other way. */
static int read_first(struct input *input)
{
    while (input->first_size < sizeof input->first) {
        ssize_t n = read_once(input, input->first + input->first_size, sizeof input->first - input->first_size);
        if (n < 0 && errno == EAGAIN)
            continue;
        if (n < 0)
            return errno;
        if (n == 0)
            break;
        input->first_size += (size_t)n;
    }
    return 0;
}

int input_descriptor(const char *path)
{
    if (strcmp(path, "-") == 0)
        return STDIN_FILENO;
    return open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

int input_open(struct input *input, int descriptor, int stop_descriptor)
{
    struct stat status;

    *input = (struct input){.stop_descriptor = stop_descriptor, .descriptor = descriptor};
    if (input->descriptor < 0)
        return errno;
    if (fstat(input->descriptor, &status) == 0) {
        input->may_wait = !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
        input->has_offset = S_ISREG(status.st_mode) && descriptor != STDIN_FILENO;
    }
    if (!input->may_wait)
        posix_fadvise(input->descriptor, 0, 0, POSIX_FADV_SEQUENTIAL);
    int failure = read_first(input);
    if (failure != 0)
        input_close(input);
    return failure;
}

static ssize_t read_some(struct input *input, uint8_t *out, size_t size)
{
    if (input->first_given)
        return read_patiently(input, out, input->most != 0 && input->most < size ? input->most : size);
    input->first_given = true;
    memcpy(out, input->first, input->first_size);
    if (input->first_size < sizeof input->first)
        return (ssize_t)input->first_size;
    ssize_t n = read_patiently(input, out + input->first_size, size - input->first_size);
    return n < 0 ? n : n + (ssize_t)input->first_size;
}

ssize_t input_read(struct input *input, uint8_t *out, size_t size)
{
    const ssize_t n = read_some(input, out, size);
    input->given += n > 0 ? (uint64_t)n : 0;
    return n;
}

bool input_seek(struct input *input, uint64_t offset)
{
    input->first_given = true;
    input->offset = offset;
    return input->has_offset || lseek(input->descriptor, (off_t)offset, SEEK_SET) == (off_t)offset;
}

void input_close(struct input *input)
{
    if (input->descriptor > STDIN_FILENO)
        close(input->descriptor);
    input->descriptor = -1;
}
