/* What the parts of the text format share while they write. */
#ifndef REPORT_TEXT_CONTEXT_H
#define REPORT_TEXT_CONTEXT_H

#include <sshsniff/report.h>

#include "names.h"
#include "text_writer.h"

struct text_context {
    struct text_writer writer;
    const struct names *names; /* NULL: addresses only */
    unsigned verbose;
    enum time_style time_style;
    bool names_sources;   /* several are read: whose packet numbers it are must be told */
    int64_t start_us;     /* of the capture that the attempt in hand is of */
    int64_t before_us;    /* the time that was written last; 0: none was */
    int64_t clock_second; /* the second that clock_text is of; local time is costly to ask for */
    char clock_text[32];
};

#endif
