#include "numbers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool whole_number(const char *text, uint64_t least, uint64_t most, uint64_t *out)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    *out = value;
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 && value >= least && value <= most;
}

bool bytes_of(const char *text, size_t least, size_t *out)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    const char *const units = "KMG", *unit = *end ? strchr(units, *end) : NULL;
    const unsigned shift = unit ? 10 * (unsigned)(unit - units + 1) : 0;
    const bool whole = text[0] >= '0' && text[0] <= '9' && errno == 0 && (*end == '\0' || (unit && end[1] == '\0'));
    *out = (size_t)(value << shift);
    return whole && value <= SIZE_MAX >> shift && *out >= least;
}
