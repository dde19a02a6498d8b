/* Which attempts are shown, of those that were judged: --cause, --client, --host, --since, --until, --failed. */
#ifndef RUN_SHOWN_H
#define RUN_SHOWN_H

#include <sshsniff/attempt.h>
#include <sshsniff/cause.h>

#include "anonymous.h"
#include <stddef.h>

enum { SHOWN_ENDS = 16 };

/* A host, a network, or a name that did not resolve. */
struct shown_end {
    struct address address;
    unsigned bits;    /* of the 128 that count */
    const char *name; /* NULL: it is an address; `name_length` bytes */
    size_t name_length;
};

struct shown_ends {
    struct shown_end end[SHOWN_ENDS];
    size_t count; /* 0: all are shown */
};

/* The wall clock's, or a time of day, which is of the day on which the capture begins. */
struct shown_moment {
    bool given, is_time_of_day, is_utc;
    int64_t us; /* since 1970, or since midnight */
};

struct shown {
    uint64_t causes; /* one bit each; 0: all are shown */
    bool failed;     /* failures alone */
    struct shown_ends clients, hosts;
    struct shown_moment since, until;
    /* As the two come to in the capture in hand; see shown_begin. */
    bool begun;
    int64_t since_us, until_us;
};

/* True where nothing was asked: all attempts are shown. */
bool shown_is_all(const struct shown *shown);

/* Whoever asks knows the true addresses. */
void shown_make_anonymous(struct shown *shown, struct anonymous *anonymous);

/* `first_us`: when the capture began, by the wall clock; `is_utc`: its times have no zone. */
void shown_begin(struct shown *shown, int64_t first_us, bool is_utc);

/* By its ends, and when it began by the wall clock. `name`: that did not resolve; NULL: there is a server. */
bool shown_by_ends(const struct shown *shown, const struct flow_key *key, const char *name, int64_t start_us);
bool shown_by_cause(const struct shown *shown, enum cause cause);

#endif
