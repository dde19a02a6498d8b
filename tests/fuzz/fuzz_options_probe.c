/* libFuzzer harness for the command line of `sshsniff probe`: words separated by NUL bytes. */
#include "words.h"

/* Its parser is the command's own: it is taken in here under another name. */
#define probe_main probe_main_here
#include "cli/probe_command.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct words words;
    static struct command command;
    words_take(&words, data, size);
    memset(&command, 0, sizeof command);
    command.format = report_format_at(0);
    if (parse(words.count, words.word, &command) && !command.help && command.format != NULL &&
        (command.host == NULL || command.target.host[0] == '\0' || command.target.host[0] == '-'))
        abort(); /* a host that would be an option to ssh */
    words_free(&words);
    return 0;
}
