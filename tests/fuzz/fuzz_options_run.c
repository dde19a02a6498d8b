/* libFuzzer harness for the command line of `sshsniff run`: words separated by NUL bytes. */
#include "words.h"

/* Its parser is the command's own: it is taken in here under another name. */
#define run_main run_main_here
#include "cli/run_command.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct words words;
    static struct run run;
    words_take(&words, data, size);
    memset(&run, 0, sizeof run);
    if (parse(words.count, words.word, &run) < 0 && (run.command == NULL || run.command[0] == NULL))
        abort();
    if (run.command != NULL)
        (void)choose_ports(&run);
    words_free(&words);
    return 0;
}
