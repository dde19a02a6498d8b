/* The raw bytes of a file, a pipe or standard input, with the first few available twice: once to recognise them. */
#ifndef CAPTURE_INPUT_H
#define CAPTURE_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define INPUT_FIRST_SIZE  8
#define INPUT_PATIENCE_MS 200

struct input {
    int descriptor;
    int stop_descriptor; /* readable: give up waiting */
    bool has_offset;     /* a regular file, read from a place of our own: descriptors of it may share the kernel's */
    uint64_t offset;
    bool may_wait; /* a pipe or terminal: its writer decides when bytes come */
    uint8_t first[INPUT_FIRST_SIZE];
    size_t first_size;
    bool first_given;
    uint64_t given; /* bytes, so far */
    size_t most;    /* bytes that are read at once; 0: as many as are asked for */
    bool follows;   /* a pipe is waited for no longer than INPUT_PATIENCE_MS at once */
    bool closed;    /* a pipe whose writer has left */
};

/* Opens `path` ("-": standard input); -1 with errno. A pipe that nobody has opened yet is not waited for. */
int input_descriptor(const char *path);

/* Reads the first bytes of what is open, and owns the descriptor from then on. Returns 0 or an errno. */
int input_open(struct input *input, int descriptor, int stop_descriptor);

/* Reads up to `size` bytes, more than INPUT_FIRST_SIZE. Returns their number, 0 at the end or when stopped, -1 with
 * errno. */
ssize_t input_read(struct input *input, uint8_t *out, size_t size);

/* Of a regular file. */
bool input_seek(struct input *input, uint64_t offset);

void input_close(struct input *input);

#endif
