/* The tables' limits, from how much memory they may take. */
#ifndef TRACK_LIMITS_H
#define TRACK_LIMITS_H

#include "table_limits.h"

/* `max_memory`: bytes that all tables together may come to in the worst case; 0: no limit but the usual ones, which
 * come to some 700 MB if every table fills with the largest that it can hold. `max_attempts`: 0, or instead of the
 * usual. */
void table_limits_of(size_t max_memory, size_t max_attempts, struct table_limits *out);

/* Of the memory given, what the packets' outlines may take where they are kept; the tables share the rest. */
size_t trail_bytes_of(size_t max_memory);

#endif
