#include "counts.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TEXT_SIZE = 32768 };

static bool read_text(const char *path, char text[TEXT_SIZE])
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t length = 0;
    ssize_t size = fd >= 0 ? 1 : -1;
    while (size > 0 && length < TEXT_SIZE - 1) {
        size = read(fd, text + length, TEXT_SIZE - 1 - length);
        length += size > 0 ? (size_t)size : 0;
    }
    if (fd >= 0)
        close(fd);
    text[length] = '\0';
    return size >= 0 && length > 0;
}

/* Which word of a line of names it is; -1: none of the first line's. */
static int word_at(const char *line, const char *name)
{
    const size_t length = strlen(name);
    for (int n = 0; *line && *line != '\n'; n++) {
        line += strspn(line, " ");
        const size_t word = strcspn(line, " \n");
        if (word == length && strncmp(line, name, length) == 0)
            return n;
        line += word;
    }
    return -1;
}

static bool number_at(const char *line, int n, int base, uint64_t *out)
{
    for (; n > 0; n--) {
        line += strspn(line, " ");
        line += strcspn(line, " \n");
    }
    line += strspn(line, " ");
    char *end;
    *out = strtoull(line, &end, base);
    return end != line && (*end == ' ' || *end == '\n' || *end == '\0');
}

static const char *next_line(const char *text)
{
    const char *end = strchr(text, '\n');
    return end ? end + 1 : text + strlen(text);
}

/* Two lines each: names, then values, both begin with the same word. */
bool local_counts_netstat(const char *text, const char *name, uint64_t *out)
{
    for (const char *names = text; *names; names = next_line(next_line(names))) {
        const int n = word_at(names, name);
        if (n > 0)
            return number_at(next_line(names), n, 10, out);
    }
    return false;
}

/* One line of names, and one of values for each processor. */
bool local_counts_column(const char *text, const char *name, uint64_t *out)
{
    const int n = word_at(text, name);
    uint64_t value;
    *out = 0;
    if (n < 0)
        return false;
    for (const char *line = next_line(text); *line; line = next_line(line)) {
        if (!number_at(line, n, 16, &value))
            return false;
        *out += value;
    }
    return true;
}

static uint64_t number_of(const char *path)
{
    static char text[TEXT_SIZE];
    uint64_t value;
    return read_text(path, text) && number_at(text, 0, 10, &value) ? value : 0;
}

void local_counts_read(struct local_counts *out)
{
    static char text[TEXT_SIZE];
    memset(out, 0, sizeof *out);
    out->overflows_known =
        read_text("/proc/net/netstat", text) && local_counts_netstat(text, "ListenOverflows", &out->overflows);
    out->drops_known =
        read_text("/proc/net/stat/nf_conntrack", text) && local_counts_column(text, "drop", &out->conntrack_drops);
    out->conntrack = number_of("/proc/sys/net/netfilter/nf_conntrack_count");
    out->conntrack_max = number_of("/proc/sys/net/netfilter/nf_conntrack_max");
}
