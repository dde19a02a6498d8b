#include "formats.h"

#define FORMAT_ROW(NAME) &format_##NAME,
static const struct report_format *const formats[] = {REPORT_FORMATS(FORMAT_ROW)};
#undef FORMAT_ROW

#define FORMATS (sizeof formats / sizeof formats[0])

const struct report_format *report_format_at(size_t index)
{
    return index < FORMATS ? formats[index] : NULL;
}

const struct report_format *report_format_named(const char *name)
{
    for (size_t i = 0; i < FORMATS; i++)
        if (strcmp(formats[i]->name, name) == 0)
            return formats[i];
    return NULL;
}

const char *report_format_name(const struct report_format *format)
{
    return format->name;
}

const char *report_format_help(const struct report_format *format)
{
    return format->help;
}

bool report_format_greets(const struct report_format *format)
{
    return format->greets;
}
