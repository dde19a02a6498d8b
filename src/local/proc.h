/* What /proc says of processes, and small files of text. */
#ifndef LOCAL_PROC_H
#define LOCAL_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { PROC_PROGRAM = 32, PROC_TITLE = 512 };

/* The file's first bytes, no more than size - 1, and a NUL; only a plain file, or one of /proc and /sys. -1 with errno
 * where it cannot be read. */
ssize_t proc_text(const char *path, char *out, size_t size);

/* The last bytes of a file, in the same way. */
ssize_t proc_tail(const char *path, char *out, size_t size);

/* The number behind a word at the beginning of a line, as in "MemAvailable:  12 kB". False where there is none. */
bool proc_number(const char *text, const char *word, uint64_t *out);

/* The value of a column in a table of two lines, names and numbers, that begin with the same word: /proc/net/netstat.
 */
bool proc_column(const char *text, const char *row, const char *column, uint64_t *out);

/* A process. */
struct proc_process {
    uint32_t pid, parent;
    uint32_t uid;
    char state;                 /* as in /proc/PID/status: S, R, T, … */
    char program[PROC_PROGRAM]; /* its name for the kernel, at most 15 characters */
    char title[PROC_TITLE];     /* its command line, or what it wrote over it; words are parted by blanks */
};

/* False where there is no such process. */
bool proc_process(uint32_t pid, struct proc_process *out);

/* Calls `each` for every process until it returns false. No more than PROC_MOST are looked at. */
enum { PROC_MOST = 65536 };
void proc_each(bool (*each)(void *context, const struct proc_process *process), void *context);

/* Who holds the sockets of these inodes. A socket that several hold is said to be the one's that is no service manager.
 */
struct proc_owner {
    uint32_t inode;
    uint32_t pid; /* 0: not found */
    char program[PROC_PROGRAM];
};

/* Fills in pid and program. False where not all processes could be looked into. */
bool proc_find_owners(struct proc_owner *owners, size_t count);

/* How many descriptors a process has open. False where that may not be seen. */
bool proc_count_descriptors(uint32_t pid, uint64_t *out);

/* The soft limit of a process on what `word` says in /proc/PID/limits ("Max open files"). False: none, or unlimited. */
bool proc_limit(uint32_t pid, const char *word, uint64_t *out);

/* A program that speaks SSH on every port on which it listens, by its name. */
bool proc_is_ssh_server(const char *program);

#endif
