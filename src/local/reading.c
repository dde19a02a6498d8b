#include "reading.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"

void local_lacks(struct local_facts *facts, const char *what, const char *remedy, ...)
{
    struct local_lack *lack = &facts->lack[facts->lacks];
    for (unsigned i = 0; i < facts->lacks; i++)
        if (strcmp(facts->lack[i].what, what) == 0)
            return;
    if (facts->lacks == LOCAL_LACKS)
        return;
    facts->lacks++;
    snprintf(lack->what, sizeof lack->what, "%s", what);
    va_list arguments;
    va_start(arguments, remedy);
    vsnprintf(lack->remedy, sizeof lack->remedy, remedy, arguments);
    va_end(arguments);
}

void local_read(const struct local_question *question, uint32_t parts, unsigned budget_ms, struct local_facts *out)
{
    memset(out, 0, sizeof *out);
    out->question = *question;
    out->rules.deciding = -1;
    (void)gethostname(out->host_name, sizeof out->host_name - 1);
    command_budget(budget_ms);
    (void)parts;
}
