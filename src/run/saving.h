/* -w: the packets of the attempts to a file. */
#ifndef RUN_SAVING_H
#define RUN_SAVING_H

#include <sshsniff/report.h>

struct saving {
    const char *path; /* NULL: nothing is saved */
    bool is_open;     /* `descriptor` is the file, and it is to be taken */
    int descriptor;
    struct capture_writer *writer;
    bool failed; /* complained about once; the verdicts go on */
};

/* Which of `files` ("-": standard input) is the file that `save` names ("-": standard output), by whatever path or
 * link; NULL: none. Writing would truncate what is to be read. */
const char *saving_would_destroy(const char *save, const char *const *files, size_t count);

/* Creates the file, so that a bad path shows at once and not with the first attempt. `linktype` -1: not known yet, so
 * later. These three return false with one line in `error`. */
bool saving_begin(struct saving *saving, int linktype, uint32_t snaplen, char error[SOURCE_ERROR_SIZE]);
bool saving_frame(struct saving *saving, const struct frame *frame, uint32_t snaplen, char error[SOURCE_ERROR_SIZE]);
bool saving_end(struct saving *saving, char error[SOURCE_ERROR_SIZE]);

#endif
