/* libFuzzer harness for the command line of `sshsniff local`: words separated by NUL bytes. */
#include "words.h"

/* Its parser is the command's own: it is taken in here under another name. */
#define local_main local_main_here
#include "cli/local_command.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct words words;
    struct command command = {.request = {.number = 1, .parts = LOCAL_PARTS_ALL, .budget_ms = BUDGET_MS}};
    words_take(&words, data, size);
    command.format = report_format_at(0);
    if (parse(words.count, words.word, &command) && !command.help && command.format != NULL &&
        !local_request_is_sound(&command.request))
        abort(); /* a question that the helper would not take */
    words_free(&words);
    return 0;
}
