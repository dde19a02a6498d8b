/* What is known of a file that is still being written, and of the files that its writer goes on to. */
#ifndef CAPTURE_FOLLOWED_H
#define CAPTURE_FOLLOWED_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include <sshsniff/capture.h>

/* source_follow, source_unfollow and source_followed_folder are this file's, too. */

#define FOLLOWED_HEAD 64 /* first bytes, by which a file is known again: its header and the time of its first frame */

struct followed {
    char name[NAME_MAX + 1]; /* in its folder */
    char shown[PATH_MAX];    /* as it is called in output: the folder as it was given, and the name */
    int descriptor;          /* of the file that is read now */
    int folder;              /* -1: a pipe, which has none */
    int watch;               /* inotify's, for the folder; -1: there is none */
    struct stat status;      /* of the file, when it was last looked at */
    uint8_t head[FOLLOWED_HEAD];
    size_t head_size;
    bool writer_known; /* whether it has one that has not closed it: `has_writer` says so */
    bool has_writer;
    bool closed_between; /* its writer opens it anew for each addition: that it is closed says nothing */
    int next_failure;    /* an errno: the next file of the ring is there and cannot be opened */
};

/* What has become of the file. */
enum followed_change { FOLLOWED_SAME, FOLLOWED_GREW, FOLLOWED_OVERWRITTEN };

/* Looks at the file, of which `read_to` bytes were read. */
enum followed_change followed_look(struct followed *file, uint64_t read_to);

/* Opens the n-th of the files that may come after this one: the same name again, the next of a ring, its first. -1
 * where there is none that was written since. The name goes to `name`. */
int followed_successor(struct followed *file, unsigned n, char name[NAME_MAX + 1]);
enum { FOLLOWED_SUCCESSORS = 3 };

/* True where the same name leads to another file now. */
bool followed_is_replacement(unsigned n);

/* What a file of its folder is called in output. */
void followed_shown(const struct followed *file, const char *name, char out[PATH_MAX]);

/* From now on that file is read. Owns the descriptor. */
void followed_go_on(struct followed *file, int descriptor, const char *name);

/* The file is as new. */
void followed_begin_again(struct followed *file);

#endif
