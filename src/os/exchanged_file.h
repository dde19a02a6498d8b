/* A file that is replaced as a whole again and again, by a process that may open nothing any more: two files are open
 * from the start, one under the name and one beside it (NAME.new). The one beside it is written, and then the two
 * exchange names (renameat2(2)): whoever reads the name finds all of the old or all of the new. */
#ifndef OS_EXCHANGED_FILE_H
#define OS_EXCHANGED_FILE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "identity.h"

struct exchanged_file {
    int folder;        /* it is renamed and removed in there, and nowhere else */
    int descriptor[2]; /* the first is written next */
    char name[NAME_MAX + 1], beside[NAME_MAX + 1];
};

/* Opens both as `owner`, who goes on to exchange them, and readable for everybody; what stands under the name stays
 * until the first write. False with one line in `error`, and nothing is open. */
bool exchanged_file_open(struct exchanged_file *file, const char *path, const struct identity *owner, char *error,
                         size_t size);

/* False with errno. */
bool exchanged_file_write(struct exchanged_file *file, const char *bytes, size_t length);

/* Removes the one beside it, and closes. */
void exchanged_file_close(struct exchanged_file *file);

#endif
