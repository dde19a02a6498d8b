/* What the tables of places share. */
#include <stdarg.h>
#include <stdio.h>

#include "locate.h"

void place_note(struct probe_verdict *out, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(out->note, sizeof out->note, format, arguments);
    va_end(arguments);
}

bool place_always(const struct reading *r)
{
    (void)r;
    return true;
}

unsigned hop_of_host(const struct reading *r)
{
    return r->host_hop;
}
