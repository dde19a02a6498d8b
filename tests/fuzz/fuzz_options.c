/* libFuzzer harness for command lines: words separated by NUL bytes. */
#include <stdlib.h>
#include <string.h>

#include "cli/options.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { WORDS = 24 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *argv[WORDS + 2] = {NULL}, error[OPTIONS_ERROR_SIZE];
    char *copy = calloc(size + 1, 1);
    struct options options;
    int argc = 0;
    if (copy == NULL)
        return 0;
    memcpy(copy, data, size);
    argv[argc++] = (char[]){"sshsniff"};
    for (size_t at = 0; at < size && argc <= WORDS; at += strlen(copy + at) + 1)
        argv[argc++] = copy + at;
    const int first = options_first_word(argc, argv);
    if (first < 0 || first > argc)
        abort();
    const bool good = options_parse(argc, argv, &options, error);
    if (!good && (error[0] == '\0' || memchr(error, '\0', sizeof error) == NULL || strchr(error, '\n')))
        abort(); /* an error is one line, and says something */
    options_free(&options);
    free(copy);
    return 0;
}
