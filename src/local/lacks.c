#include "lacks.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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
