/* What a report writes, kept in memory and checked: what steers a terminal or turns text around never comes out, and
 * JSON is JSON, whole objects one a line. */
#ifndef TESTS_FUZZ_OUTPUT_H
#define TESTS_FUZZ_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/utf8.h"

struct output {
    FILE *file;
    char *text;
    size_t size;
};

static inline FILE *output_open(struct output *output)
{
    *output = (struct output){0};
    output->file = open_memstream(&output->text, &output->size);
    if (output->file == NULL)
        exit(2);
    return output->file;
}

/* Strings end where they should, and brackets in pairs. */
static inline bool is_json_line(const char *line, size_t size)
{
    int depth = 0;
    bool quoted = false;
    for (size_t i = 0; i < size; i++) {
        if (quoted && line[i] == '\\')
            i++;
        else if (line[i] == '"')
            quoted = !quoted;
        else if (!quoted)
            depth += (line[i] == '{' || line[i] == '[') - (line[i] == '}' || line[i] == ']');
        if (depth == 0 && i + 1 < size)
            return false; /* something behind the object */
    }
    return size > 1 && line[0] == '{' && depth == 0 && !quoted;
}

static inline void output_check(struct output *output, bool json)
{
    fclose(output->file);
    for (size_t at = 0, used = 1; at < output->size; at += used) {
        const uint32_t character = utf8_read(output->text + at, output->size - at, &used);
        if (character == UTF8_INVALID || (character != '\n' && utf8_is_unsafe(character)))
            abort();
    }
    for (size_t at = 0; json && at < output->size;) {
        const char *end = memchr(output->text + at, '\n', output->size - at);
        if (end == NULL || !is_json_line(output->text + at, (size_t)(end - output->text) - at))
            abort();
        at = (size_t)(end - output->text) + 1;
    }
    free(output->text);
}

#endif
