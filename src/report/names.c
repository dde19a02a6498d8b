#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "names.h"

#define NAMES_MAX 512
#define NAME_SIZE 64

struct names {
    size_t count;
    struct {
        struct address address;
        char name[NAME_SIZE];
    } entries[NAMES_MAX];
};

/* hosts(5): an address, its canonical name, aliases; the first line for an address counts. */
static void take_line(struct names *names, char *line)
{
    struct address address;
    char *rest;
    line[strcspn(line, "#\n")] = '\0';
    const char *first = strtok_r(line, " \t\r", &rest);
    const char *name = first != NULL ? strtok_r(NULL, " \t\r", &rest) : NULL;
    if (name == NULL || !address_from_text(first, &address) || names_find(names, &address) != NULL)
        return;
    names->entries[names->count].address = address;
    snprintf(names->entries[names->count].name, NAME_SIZE, "%s", name);
    names->count++;
}

struct names *names_read(const char *path)
{
    char line[1024];
    FILE *file = fopen(path, "re");
    struct names *names = file != NULL ? calloc(1, sizeof *names) : NULL;
    while (names != NULL && names->count < NAMES_MAX && fgets(line, sizeof line, file) != NULL)
        take_line(names, line);
    if (file != NULL)
        fclose(file);
    if (names != NULL && names->count == 0) {
        free(names);
        return NULL;
    }
    return names;
}

const char *names_find(const struct names *names, const struct address *address)
{
    for (size_t i = 0; i < names->count; i++)
        if (address_equal(&names->entries[i].address, address))
            return names->entries[i].name;
    return NULL;
}

void names_free(struct names *names)
{
    free(names);
}
