#include "run_say.h"

#include <stdarg.h>
#include <stdio.h>

#include "report/utf8.h"

/* What a name or an argument holds must not steer the terminal. */
void run_say(const char *format, ...)
{
    char text[2048];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    utf8_make_safe(text);
    fprintf(stderr, "sshsniff run: %s\n", text);
}
