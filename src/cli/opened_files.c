#include "opened_files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_SHOWN 200

static void allow_many(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

struct opened_file *opened_files(const char *const *paths, size_t count)
{
    enum { FEW = 200 };
    struct opened_file *all = calloc(count + 1, sizeof *all);
    if (count > FEW)
        allow_many();
    for (size_t i = 0; all != NULL && i < count; i++) {
        all[i] = (struct opened_file){.path = paths[i], .descriptor = source_file_descriptor(paths[i])};
        all[i].why = all[i].descriptor < 0 ? errno : 0;
    }
    return all;
}

bool opened_file_is_regular(const struct opened_file *file)
{
    struct stat status;
    return file->descriptor > STDIN_FILENO && fstat(file->descriptor, &status) == 0 && S_ISREG(status.st_mode);
}

struct source *opened_file_source(const struct opened_file *file, struct filter *filter, char error[SOURCE_ERROR_SIZE])
{
    if (file->descriptor >= 0)
        return source_open_descriptor(file->descriptor, file->path, filter, error);
    snprintf(error, SOURCE_ERROR_SIZE, "%.*s: %s", PATH_SHOWN, file->path, strerror(file->why));
    return NULL;
}
