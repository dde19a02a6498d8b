#include "run_say.h"

#include <stdarg.h>
#include <stdio.h>

void run_say(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("sshsniff run: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}
