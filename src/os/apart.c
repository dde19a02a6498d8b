#include "apart.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "privilege.h"

static const struct confinement unconfined = {.output = -1, .channel = -1};

static bool in_child(enum process_kind kind, bool (*before)(void *), bool (*function)(void *), void *shared)
{
    char error[PRIVILEGE_ERROR_SIZE];
    struct privilege now;
    struct confined got;
    struct confinement wanted = unconfined;
    wanted.kind = kind;
    if (kind == PROCESS_NAMES) {
        static const char *const folders[] = {"/etc", "/usr", "/lib", "/lib64", "/run", "/var"};
        memcpy(wanted.folder, folders, sizeof folders);
    }
    if (before != NULL && !before(shared))
        return false;
    if (!privilege_drop(NULL, &now, error) || !confine(&wanted, &got, error)) {
        fprintf(stderr, "sshsniff: %s\n", error);
        return false;
    }
    return function(shared);
}

bool apart(enum process_kind kind, bool (*before)(void *result), bool (*function)(void *result), void *result,
           size_t size)
{
    void *shared = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int status = -1;
    if (shared == MAP_FAILED)
        return false;
    memcpy(shared, result, size);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        _exit(in_child(kind, before, function, shared) ? 0 : 1);
    if (child > 0)
        while (waitpid(child, &status, 0) < 0 && errno == EINTR)
            ;
    bool good = child > 0 && status == 0;
    if (good)
        memcpy(result, shared, size);
    munmap(shared, size);
    return good;
}
