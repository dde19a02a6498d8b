#include "proc.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Links that are followed to find sockets' owners, of all processes together. */
#define LINKS_MOST 262144

bool proc_is_ssh_server(const char *program)
{
    static const char *const servers[] = {"sshd", "dropbear", "tinysshd", "lshd", "wolfsshd", "endlessh", "sshpiperd"};
    for (size_t i = 0; i < sizeof servers / sizeof servers[0]; i++)
        if (strcmp(program, servers[i]) == 0)
            return true;
    return false;
}

/* ---- Files of text ---- */

/* A pipe would wait for whoever writes to it. */
static int open_plain(const char *path)
{
    struct stat status;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file >= 0 && (fstat(file, &status) != 0 || !S_ISREG(status.st_mode))) {
        close(file);
        errno = EINVAL;
        return -1;
    }
    return file;
}

static ssize_t read_all(int file, char *out, size_t size)
{
    size_t length = 0;
    while (length + 1 < size) {
        ssize_t got = read(file, out + length, size - 1 - length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        length += (size_t)got;
    }
    out[length] = '\0';
    return (ssize_t)length;
}

ssize_t proc_text(const char *path, char *out, size_t size)
{
    int file = open_plain(path);
    out[0] = '\0';
    if (file < 0)
        return -1;
    ssize_t length = read_all(file, out, size);
    close(file);
    return length;
}

ssize_t proc_tail(const char *path, char *out, size_t size)
{
    int file = open_plain(path);
    out[0] = '\0';
    if (file < 0)
        return -1;
    if (lseek(file, -(off_t)(size - 1), SEEK_END) < 0)
        (void)lseek(file, 0, SEEK_SET);
    ssize_t length = read_all(file, out, size);
    close(file);
    return length;
}

/* ---- Numbers in them ---- */

bool proc_number(const char *text, const char *word, uint64_t *out)
{
    const size_t length = strlen(word);
    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, word, length) != 0)
            continue;
        const char *value = line + length;
        value += strspn(value, ": \t");
        if (!isdigit((unsigned char)*value))
            return false;
        *out = strtoull(value, NULL, 10);
        return true;
    }
    return false;
}

/* The line that begins with `row`, after `text`. */
static const char *find_row(const char *text, const char *row)
{
    const size_t length = strlen(row);
    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, row, length) == 0)
            return line + length;
    }
    return NULL;
}

static const char *next_field(const char *at, size_t *length)
{
    at += strspn(at, ": \t");
    *length = strcspn(at, " \t\n");
    return at;
}

bool proc_column(const char *text, const char *row, const char *column, uint64_t *out)
{
    const char *name = find_row(text, row), *value = name != NULL ? find_row(name, row) : NULL;
    size_t name_length, value_length;
    while (name != NULL && value != NULL) {
        name = next_field(name, &name_length);
        value = next_field(value, &value_length);
        if (name_length == 0 || value_length == 0)
            return false;
        if (name_length == strlen(column) && strncmp(name, column, name_length) == 0) {
            *out = strtoull(value, NULL, 10);
            return isdigit((unsigned char)*value);
        }
        name += name_length;
        value += value_length;
    }
    return false;
}

/* ---- Processes ---- */

static ssize_t text_of(uint32_t pid, const char *name, char *out, size_t size)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%u/%s", (unsigned)pid, name);
    return proc_text(path, out, size);
}

static void words_to_line(char *text, ssize_t length)
{
    while (length > 0 && text[length - 1] == '\0')
        length--;
    for (ssize_t i = 0; i < length; i++)
        if (text[i] == '\0' || text[i] == '\n')
            text[i] = ' ';
}

bool proc_process(uint32_t pid, struct proc_process *out)
{
    char status[2048];
    uint64_t parent = 0, uid = 0;
    *out = (struct proc_process){.pid = pid};
    if (text_of(pid, "status", status, sizeof status) <= 0)
        return false;
    /* The name stands first, with its line feeds escaped. */
    if (sscanf(status, "Name:\t%31[^\n]", out->program) != 1)
        return false;
    const char *state = strstr(status, "\nState:\t");
    out->state = state != NULL ? state[8] : '\0';
    (void)proc_number(status, "PPid", &parent);
    (void)proc_number(status, "Uid", &uid);
    out->parent = (uint32_t)parent;
    out->uid = (uint32_t)uid;
    words_to_line(out->title, text_of(pid, "cmdline", out->title, sizeof out->title));
    return true;
}

static bool is_number(const char *name)
{
    return name[0] != '\0' && name[strspn(name, "0123456789")] == '\0';
}

/* Calls for the number of each process until it returns false. */
static void each_number(bool (*each)(void *context, uint32_t pid), void *context)
{
    DIR *folder = opendir("/proc");
    unsigned seen = 0;
    bool goes_on = folder != NULL;
    for (const struct dirent *entry; goes_on && seen < PROC_MOST && (entry = readdir(folder)) != NULL;)
        if (is_number(entry->d_name)) {
            seen++;
            goes_on = each(context, (uint32_t)strtoul(entry->d_name, NULL, 10));
        }
    if (folder != NULL)
        closedir(folder);
}

struct visit {
    bool (*each)(void *context, const struct proc_process *process);
    void *context;
};

static bool visit(void *context, uint32_t pid)
{
    struct proc_process process;
    const struct visit *v = context;
    return !proc_process(pid, &process) || v->each(v->context, &process);
}

void proc_each(bool (*each)(void *context, const struct proc_process *process), void *context)
{
    struct visit v = {each, context};
    each_number(visit, &v);
}

/* ---- Descriptors ---- */

struct search {
    struct proc_owner *owners;
    size_t count;
    unsigned links;
    bool refused;
};

/* systemd and inetd hold sockets for others, and hand them on. */
static bool holds_for_others(const char *program)
{
    return strcmp(program, "systemd") == 0 || strcmp(program, "init") == 0;
}

static void take_owner(struct proc_owner *owner, uint32_t pid)
{
    struct proc_process process;
    if (owner->pid != 0 && !holds_for_others(owner->program))
        return;
    if (!proc_process(pid, &process))
        return;
    owner->pid = pid;
    snprintf(owner->program, sizeof owner->program, "%s", process.program);
}

static void take_link(struct search *search, int folder, const char *name, uint32_t pid)
{
    char link[64];
    unsigned inode;
    ssize_t length = readlinkat(folder, name, link, sizeof link - 1);
    search->links++;
    if (length <= 0)
        return;
    link[length] = '\0';
    if (sscanf(link, "socket:[%u]", &inode) != 1)
        return;
    for (size_t i = 0; i < search->count; i++)
        if (search->owners[i].inode == inode)
            take_owner(&search->owners[i], pid);
}

static DIR *descriptors_of(uint32_t pid)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%u/fd", (unsigned)pid);
    return opendir(path);
}

static bool take_process(void *context, uint32_t pid)
{
    struct search *search = context;
    DIR *folder = descriptors_of(pid);
    if (folder == NULL) {
        search->refused = search->refused || errno == EACCES || errno == EPERM;
        return true;
    }
    for (const struct dirent *entry; search->links < LINKS_MOST && (entry = readdir(folder)) != NULL;)
        if (is_number(entry->d_name))
            take_link(search, dirfd(folder), entry->d_name, pid);
    closedir(folder);
    return search->links < LINKS_MOST;
}

bool proc_find_owners(struct proc_owner *owners, size_t count)
{
    struct search search = {.owners = owners, .count = count};
    if (count > 0)
        each_number(take_process, &search);
    return !search.refused && search.links < LINKS_MOST;
}

bool proc_count_descriptors(uint32_t pid, uint64_t *out)
{
    DIR *folder = descriptors_of(pid);
    if (folder == NULL)
        return false;
    *out = 0;
    for (const struct dirent *entry; *out < LINKS_MOST && (entry = readdir(folder)) != NULL;)
        *out += is_number(entry->d_name);
    closedir(folder);
    return true;
}

bool proc_limit(uint32_t pid, const char *word, uint64_t *out)
{
    char text[4096];
    return text_of(pid, "limits", text, sizeof text) > 0 && proc_number(text, word, out);
}
