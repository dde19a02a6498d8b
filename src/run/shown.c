#include "shown.h"

#include <strings.h>
#include <time.h>

_Static_assert(CAUSE_COUNT <= 64, "a bit for each cause");

#define DAY_US INT64_C(86400000000)

bool shown_is_all(const struct shown *shown)
{
    return shown->causes == 0 && !shown->failed && shown->clients.count == 0 && shown->hosts.count == 0 &&
           !shown->since.given && !shown->until.given;
}

/* The midnight before that moment. */
static int64_t day_of(int64_t us, bool is_utc)
{
    const time_t second = (time_t)(us / 1000000);
    struct tm day;
    if ((is_utc ? gmtime_r(&second, &day) : localtime_r(&second, &day)) == NULL)
        return us - us % DAY_US;
    day.tm_hour = day.tm_min = day.tm_sec = 0;
    day.tm_isdst = -1;
    return (int64_t)(is_utc ? timegm(&day) : mktime(&day)) * 1000000;
}

static int64_t moment_of(const struct shown_moment *moment, int64_t first_us, bool is_utc, int64_t without)
{
    if (!moment->given)
        return without;
    return moment->is_time_of_day ? day_of(first_us, is_utc || moment->is_utc) + moment->us : moment->us;
}

void shown_begin(struct shown *shown, int64_t first_us, bool is_utc)
{
    shown->begun = true;
    shown->since_us = moment_of(&shown->since, first_us, is_utc, INT64_MIN);
    shown->until_us = moment_of(&shown->until, first_us, is_utc, INT64_MAX);
    /* From 23:00 until 01:00: of the next day. */
    if (shown->since.is_time_of_day && shown->until.is_time_of_day && shown->until_us <= shown->since_us)
        shown->until_us += DAY_US;
}

static void map_ends(struct shown_ends *ends, struct anonymous *anonymous)
{
    for (size_t i = 0; i < ends->count; i++)
        if (ends->end[i].name == NULL)
            ends->end[i].address = anonymous_address(anonymous, &ends->end[i].address);
}

void shown_make_anonymous(struct shown *shown, struct anonymous *anonymous)
{
    map_ends(&shown->clients, anonymous);
    map_ends(&shown->hosts, anonymous);
}

static bool is_within(const struct shown_end *end, const struct address *address)
{
    const size_t bytes = end->bits / 8;
    const unsigned rest = end->bits % 8;
    if (end->name != NULL || memcmp(end->address.bytes, address->bytes, bytes) != 0)
        return false;
    return rest == 0 || (end->address.bytes[bytes] ^ address->bytes[bytes]) >> (8 - rest) == 0;
}

static bool any_is(const struct shown_ends *ends, const struct address *address)
{
    for (size_t i = 0; i < ends->count; i++)
        if (is_within(&ends->end[i], address))
            return true;
    return false;
}

static bool any_is_named(const struct shown_ends *ends, const char *name)
{
    for (size_t i = 0; name != NULL && i < ends->count; i++)
        if (ends->end[i].name != NULL && strlen(name) == ends->end[i].name_length &&
            strncasecmp(ends->end[i].name, name, ends->end[i].name_length) == 0)
            return true;
    return false;
}

bool shown_by_ends(const struct shown *shown, const struct flow_key *key, const char *name, int64_t start_us)
{
    if (start_us < shown->since_us || start_us > shown->until_us)
        return false;
    if (shown->clients.count > 0 && !any_is(&shown->clients, &key->client))
        return false;
    return shown->hosts.count == 0 || any_is(&shown->hosts, &key->client) || any_is(&shown->hosts, &key->server) ||
           any_is_named(&shown->hosts, name);
}

bool shown_by_cause(const struct shown *shown, enum cause cause)
{
    return (shown->causes == 0 || (shown->causes >> cause & 1) != 0) && (!shown->failed || cause_is_failure(cause));
}
