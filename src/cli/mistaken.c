#include "mistaken.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <sshsniff/capture.h>

#include "os/apart.h"
#include "report/utf8.h"

#define WORD_SHOWN 80

/* A host's name goes on with one of these, and nothing else does. */
static bool goes_on(const char *next)
{
    static const char *const words[] = {"and", "or", "&&", "||"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (next != NULL && strcmp(next, words[i]) == 0)
            return true;
    return false;
}

/* One letter too many, too few or wrong, or two letters that changed places: most slips of the keyboard. Two such slips
 * would take too many names of hosts for commands. */
static bool one_slip_apart(const char *a, const char *b)
{
    size_t same = 0;
    while (a[same] != '\0' && a[same] == b[same])
        same++;
    a += same;
    b += same;
    if (*a == '\0' && *b == '\0')
        return false;
    if (*a != '\0' && *b != '\0') {
        if (strcmp(a + 1, b + 1) == 0)
            return true;
        if (a[0] == b[1] && a[1] == b[0] && strcmp(a + 2, b + 2) == 0)
            return true;
    }
    return (*a != '\0' && strcmp(a + 1, b) == 0) || (*b != '\0' && strcmp(a, b + 1) == 0);
}

static const char *find(const char *word, const char *const *commands, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(word, commands[i]) == 0)
            return commands[i];
    return NULL;
}

static const char *find_near(const char *word, const char *const *commands, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (one_slip_apart(word, commands[i]))
            return commands[i];
    return NULL;
}

bool mistaken_command(int argc, char **argv, int first, const char *const *commands, size_t count,
                      char error[MISTAKEN_ERROR_SIZE])
{
    const char *next = first + 1 < argc ? argv[first + 1] : NULL, *name;
    if (first >= argc || goes_on(next))
        return false;
    const char *word = argv[first];
    if (strcmp(word, "help") == 0) {
        const char *of = next != NULL ? find(next, commands, count) : NULL;
        snprintf(error, MISTAKEN_ERROR_SIZE, "help is an option: sshsniff %s%s--help", of != NULL ? of : "",
                 of != NULL ? " " : "");
    } else if ((name = find(word, commands, count)) != NULL)
        snprintf(error, MISTAKEN_ERROR_SIZE,
                 "a command comes first and its options after it: sshsniff %s … (a host of that name: host %s)", name,
                 name);
    else if (first == 1 && (name = find_near(word, commands, count)) != NULL)
        snprintf(error, MISTAKEN_ERROR_SIZE,
                 "there is no command %.*s; did you mean sshsniff %s? (a host of that name: host %.*s)", WORD_SHOWN,
                 word, name, WORD_SHOWN, word);
    else
        return false;
    utf8_make_safe(error);
    return true;
}

static bool is_address(const char *word)
{
    return word[strspn(word, "0123456789./")] == '\0';
}

struct suspect {
    const char *word;
    int descriptor;
};

static bool open_suspect(void *argument)
{
    struct suspect *suspect = argument;
    suspect->descriptor = source_file_descriptor(suspect->word);
    return suspect->descriptor >= 0;
}

static bool reads_as_capture(void *argument)
{
    char ignored[SOURCE_ERROR_SIZE];
    const struct suspect *suspect = argument;
    struct source *source = source_open_descriptor(suspect->descriptor, suspect->word, NULL, ignored);
    source_close(source);
    return source != NULL;
}

/* A keyword of the filter language has no dot and no slash: such a name has to be a capture by what it holds. */
static bool is_capture(const char *word)
{
    struct suspect suspect = {word, -1};
    if (strpbrk(word, "./") != NULL && !is_address(word))
        return true;
    return apart(PROCESS_FILES, open_suspect, reads_as_capture, &suspect, sizeof suspect);
}

bool mistaken_file(int count, char **words, char error[MISTAKEN_ERROR_SIZE])
{
    struct stat status;
    if (count == 0 || goes_on(count > 1 ? words[1] : NULL))
        return false;
    const char *word = words[0];
    const bool exists = stat(word, &status) == 0;
    if (exists && S_ISREG(status.st_mode) && is_capture(word))
        snprintf(error, MISTAKEN_ERROR_SIZE, "%.*s: did you mean -r %.*s? A word without -r is a filter expression",
                 WORD_SHOWN, word, WORD_SHOWN, word);
    else if (!exists && strstr(word, ".pcap") != NULL)
        snprintf(error, MISTAKEN_ERROR_SIZE, "%.*s: there is no such file; captures are read with -r FILE", WORD_SHOWN,
                 word);
    else
        return false;
    utf8_make_safe(error);
    return true;
}
