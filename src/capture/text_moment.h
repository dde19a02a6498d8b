/* When a line's packet was seen, for a text may have no date, times since a start, or none. */
#ifndef CAPTURE_TEXT_MOMENT_H
#define CAPTURE_TEXT_MOMENT_H

#include "text_packet.h"

struct text_moment {
    int64_t last_us;
    int64_t day_us;   /* the day of times without a date */
    int64_t start_us; /* what times since a start count from */
    int64_t of_before_us;
    bool any, differences; /* each counts from the line before (-ttt) */
    bool small;            /* all so far are within a minute of midnight */
};

void text_moment_begin(struct text_moment *moment);

/* Microseconds since 1970. */
int64_t text_moment_of(struct text_moment *moment, const struct text_packet *packet);

/* Does the line begin with a time? */
bool text_moment_is_there(const char *line, enum text_clock *clock, int64_t *us);

#endif
