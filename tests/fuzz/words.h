/* A command line out of an input: words separated by NUL bytes. What its parser says is kept and
 * looked at. */
#ifndef TESTS_FUZZ_WORDS_H
#define TESTS_FUZZ_WORDS_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "output.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { WORDS = 24 };

struct words {
    char *word[WORDS + 2], *bytes;
    int count;
    FILE *out, *error;
    struct output said;
};

static inline void words_take(struct words *words, const uint8_t *data, size_t size)
{
    static char name[] = "sshsniff";
    *words = (struct words){.bytes = calloc(size + 1, 1), .out = stdout, .error = stderr};
    if (words->bytes == NULL)
        exit(2);
    stdout = stderr = output_open(&words->said);
    if (size)
        memcpy(words->bytes, data, size);
    words->word[words->count++] = name;
    for (size_t at = 0; at < size && words->count <= WORDS; at += strlen(words->bytes + at) + 1)
        words->word[words->count++] = words->bytes + at;
}

static inline void words_free(struct words *words)
{
    stdout = words->out;
    stderr = words->error;
    output_check(&words->said, false);
    free(words->bytes);
}

#endif
