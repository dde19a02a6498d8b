/* All formats, in the order in which --format help lists them; the first is the default. One line is one format. */
#ifndef REPORT_FORMATS_H
#define REPORT_FORMATS_H

#include "format.h"

#define REPORT_FORMATS(FORMAT)                                                                                         \
    FORMAT(text)                                                                                                       \
    FORMAT(json)                                                                                                       \
    FORMAT(ecs)                                                                                                        \
    /* the end of the list */

#define FORMAT_DECLARATION(NAME) extern const struct report_format format_##NAME;
REPORT_FORMATS(FORMAT_DECLARATION)
#undef FORMAT_DECLARATION

#endif
