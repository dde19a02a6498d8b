#include <string.h>

#include "text_moment.h"
#include "text_words.h"

#define SECOND ((int64_t)1000000)
#define DAY    (86400 * SECOND)

void text_moment_begin(struct text_moment *moment)
{
    *moment = (struct text_moment){.day_us = DAY, .start_us = DAY, .small = true};
}

bool text_moment_is_there(const char *line, enum text_clock *clock, int64_t *us)
{
    enum { BEGINNING = 120 };
    const size_t size = strlen(line);
    return text_time(line, size < BEGINNING ? size : BEGINNING, clock, us);
}

/* What is smaller than the line before within a minute of midnight was no time of day, but a difference. */
static bool is_difference(struct text_moment *m, int64_t us)
{
    m->small = m->small && us < 60 * SECOND;
    if (m->small && m->any && us < m->of_before_us)
        m->differences = true;
    m->of_before_us = us;
    return m->small && m->differences;
}

static int64_t of_day(struct text_moment *m, int64_t us)
{
    if (is_difference(m, us))
        return m->last_us + us;
    if (m->any && m->day_us + us < m->last_us - DAY / 2) /* past midnight */
        m->day_us += DAY;
    return m->day_us + us;
}

/* A second list in the same text begins anew. */
static int64_t of_start(struct text_moment *m, int64_t us)
{
    if (m->any && m->start_us + us < m->last_us - SECOND)
        m->start_us = m->last_us + 60 * SECOND - us;
    return m->start_us + us;
}

/* Without times their order is all there is. A SYN that is sent again comes a second later, as stacks have it. */
static int64_t of_order(const struct text_moment *m, const struct text_packet *packet)
{
    enum { STEP = 20000, SYN = 2, ACK = 16 };
    if (!m->any)
        return DAY;
    const bool syn = packet->kind == TEXT_TCP && (packet->tcp.flags & (SYN | ACK)) == SYN;
    return m->last_us + (syn ? SECOND : STEP);
}

int64_t text_moment_of(struct text_moment *m, const struct text_packet *packet)
{
    int64_t us = m->last_us;
    switch (packet->clock) {
    case TEXT_NO_TIME:
        us = of_order(m, packet);
        break;
    case TEXT_OF_EPOCH:
        us = packet->time_us;
        break;
    case TEXT_OF_START:
        us = of_start(m, packet->time_us);
        break;
    case TEXT_OF_BEFORE:
    case TEXT_OF_DAY:
        us = of_day(m, packet->time_us);
        break;
    }
    m->last_us = us;
    m->any = true;
    return us;
}
