/* The captures of -r: all are opened before rights are given up, and read after. */
#ifndef CLI_OPENED_FILES_H
#define CLI_OPENED_FILES_H

#include <stddef.h>

#include <sshsniff/capture.h>

struct opened_file {
    const char *path;
    int descriptor; /* -1: not opened */
    int why;        /* then: an errno */
};

/* One for each path; NULL when out of memory. Free with free(). */
struct opened_file *opened_files(const char *const *paths, size_t count);

/* It can be read from its start, again and again. */
bool opened_file_is_regular(const struct opened_file *file);

/* A source of it, from its start. NULL with one line in `error`. */
struct source *opened_file_source(const struct opened_file *file, struct filter *filter, char error[SOURCE_ERROR_SIZE]);

#endif
