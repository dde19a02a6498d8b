#include "complain.h"

#include <stdarg.h>
#include <stdio.h>

#include "report/utf8.h"

void complain(const char *command, const char *format, ...)
{
    char text[2048];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    utf8_make_safe(text);
    fprintf(stderr, "sshsniff %s: %s\n", command, text);
}

bool complain_usage(const char *command, const char *what, const char *value, const char *instead)
{
    complain(command, "%s%s%s; %s", what, value[0] != '\0' ? " " : "", value, instead);
    return false;
}
