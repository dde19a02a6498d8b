/* Runs a fuzz harness without libFuzzer: over each file of some folders, and over random changes of them for some
 * seconds' worth of rounds. It is the harness's short form for `make check`, where no clang is.
 *
 *     HARNESS ROUNDS FOLDER… */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../random_frames.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUTS = 32768, SIZE = 65536 };

static struct input {
    uint8_t *bytes;
    size_t size;
} input[INPUTS];
static size_t inputs;

/* In memory of its own size, so that a read too far is seen. */
static void run(const uint8_t *bytes, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    if (copy == NULL)
        exit(2);
    memcpy(copy, bytes, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static void read_file(const char *folder, const char *name)
{
    static uint8_t bytes[SIZE];
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return;
    const size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    if (inputs == INPUTS || size == 0 || (input[inputs].bytes = malloc(size)) == NULL)
        return;
    memcpy(input[inputs].bytes, bytes, size);
    input[inputs++].size = size;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void read_folder(const char *folder)
{
    struct dirent **entry;
    const int count = scandir(folder, &entry, NULL, by_name); /* the same order each time */
    for (int i = 0; i < count; i++) {
        if (entry[i]->d_name[0] != '.')
            read_file(folder, entry[i]->d_name);
        free(entry[i]);
    }
    if (count >= 0)
        free(entry);
}

/* A few bytes changed, a piece cut out or doubled, or the end of another input behind it. */
static size_t change(struct dice *dice, uint8_t *bytes, size_t size)
{
    const struct input *other = &input[roll(dice, (uint32_t)inputs)];
    const size_t at = roll(dice, (uint32_t)size), length = roll(dice, 64) % (size - at) + 1;
    switch (roll(dice, 6)) {
    case 0:
        memmove(bytes + at, bytes + at + length, size - at - length);
        return size - length;
    case 1:
        if (size + length > SIZE)
            return size;
        memmove(bytes + at + length, bytes + at, size - at);
        return size + length;
    case 2:
        if (at + other->size > SIZE)
            return size;
        memcpy(bytes + at, other->bytes, other->size);
        return at + other->size;
    case 3:
        bytes[at] = (uint8_t)(roll(dice, 2) ? 0xff : 0);
        return size;
    default:
        bytes[at] ^= (uint8_t)(1u << roll(dice, 8));
        return size;
    }
}

static void vary(unsigned rounds)
{
    static uint8_t bytes[2 * SIZE];
    struct dice dice = {.state = 1};
    for (unsigned i = 0; i < rounds && inputs > 0; i++) {
        const struct input *from = &input[roll(&dice, (uint32_t)inputs)];
        size_t size = from->size;
        memcpy(bytes, from->bytes, size);
        for (uint32_t changes = roll(&dice, 6) + 1; changes > 0 && size > 1; changes--)
            size = change(&dice, bytes, size);
        run(bytes, size);
    }
}

int main(int argc, char **argv)
{
    const unsigned rounds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;
    for (int i = 2; i < argc; i++)
        read_folder(argv[i]);
    for (size_t i = 0; i < inputs; i++)
        run(input[i].bytes, input[i].size);
    vary(rounds);
    printf("%zu inputs, %u changed ones\n%d passed, 0 failed\n", inputs, rounds, 1);
    return inputs > 0 ? 0 : 1;
}
