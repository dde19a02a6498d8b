#include "format_option.h"

#include <stdio.h>
#include <string.h>

#include "report/utf8.h"

bool format_option(const char *name, const struct report_format **out, char error[FORMAT_OPTION_ERROR_SIZE])
{
    *out = NULL;
    if (strcmp(name, "help") == 0)
        return true;
    *out = report_format_named(name);
    if (*out != NULL)
        return true;
    int length = snprintf(error, FORMAT_OPTION_ERROR_SIZE, "--format %.40s: no such format; choose from:", name);
    const struct report_format *format;
    for (size_t i = 0; (format = report_format_at(i)) != NULL && length < FORMAT_OPTION_ERROR_SIZE; i++)
        length += snprintf(error + length, (size_t)(FORMAT_OPTION_ERROR_SIZE - length), "%s %s", i > 0 ? "," : "",
                           report_format_name(format));
    utf8_make_safe(error);
    return false;
}

void format_option_list(void)
{
    const struct report_format *format;
    puts("Formats:");
    for (size_t i = 0; (format = report_format_at(i)) != NULL; i++)
        printf("  %-10s %s\n", report_format_name(format), report_format_help(format));
}
