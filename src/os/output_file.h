/* A file that is created or overwritten on behalf of whoever asked. */
#ifndef OS_OUTPUT_FILE_H
#define OS_OUTPUT_FILE_H

#include <stddef.h>

#include "identity.h"

/* Opens `path` for writing as `asker`, and creates it where it is not there; what it holds stays until it is truncated.
 * No link of another user's is followed, root's excepted, and no file of another's behind a second name is taken. The
 * descriptor, or -1 with one line in `error`. */
/* `what`: as in "the capture", for the error. */
int output_file_open_for(const char *what, const char *path, const struct identity *asker, char *error, size_t size);
/* The same of a capture. */
int output_file_open(const char *path, const struct identity *asker, char *error, size_t size);

#endif
