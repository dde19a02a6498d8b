#include "flood.h"

#define SECOND_US 1000000

static void add(struct crowded *crowded, const struct outline *outline, enum cause cause)
{
    if (crowded->count++ == 0) {
        crowded->server = outline->key.server;
        crowded->server_port = outline->key.server_port;
        crowded->cause = cause;
        crowded->first_us = outline->first_us;
    } else if (!address_equal(&crowded->server, &outline->key.server))
        crowded->server = (struct address){{0}};
    crowded->last_us = outline->last_us;
}

bool flood_takes(struct flood *flood, size_t slot, const struct outline *outline, enum cause cause)
{
    struct flood_row *row = &flood->row[slot];
    if (flood->most == 0 || row->told++ < flood->most)
        return false;
    if (row->crowded.count > 0 && row->crowded.cause != cause)
        return false; /* another likeness has this slot now: the line that waits for it is of the one before */
    add(&row->crowded, outline, cause);
    return true;
}

void flood_tell(struct flood *flood, int64_t now_us, bool all, struct report *report, const char *source)
{
    if (flood->most == 0 || (now_us < flood->until_us && !all))
        return;
    flood->until_us = now_us + SECOND_US;
    for (size_t i = 0; i < REMEMBERED; i++) {
        struct flood_row *row = &flood->row[i];
        if (row->crowded.count > 0)
            report_crowded(report, &row->crowded, source);
        *row = (struct flood_row){0};
    }
}
