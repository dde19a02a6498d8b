#include <string.h>

#include "pace.h"

#define BLIND_RATE 30000 /* packets a second towards a host that answers nothing */
#define PATIENCE_US                                                                                                    \
    30000 /* beyond two round trips, before a SYN counts as lost: a busy machine hands frames over late */
#define WINDOW_FIRST 1024 /* SYNs under way before anything is known: 64 kB */
#define WINDOW_NEAR  4096 /* the same where the round trip is a local network's: no narrow line is between */
#define NEAR_US      1500
#define BRIEF_US     250000 /* 65,535 ports in, at the pace of a machine that does nothing else */
#define WINDOW_LEAST 64
#define LOSS         20    /* of so many one: more is a sign that it goes too fast */
#define BACK_OFF     0.75  /* of the window is left then */
#define CAREFUL      16    /* the window grows by one such part in a round trip from then on; before, it doubles */
#define CATCH_UP_US  10000 /* what a sender may make up for after it had to wait for the processor */

void pace_init(struct pace *pace, unsigned rate)
{
    memset(pace, 0, sizeof *pace);
    pace->rate = rate;
    pthread_mutexattr_t shared; /* by processes, too */
    pthread_mutexattr_init(&shared);
    pthread_mutexattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(&pace->lock, &shared);
    pthread_mutexattr_destroy(&shared);
}

static bool is_near(int64_t rtt_us)
{
    return rtt_us > 0 && rtt_us < NEAR_US;
}

void pace_begin(struct pace *pace, int64_t now_us, int64_t rtt_us)
{
    memset(pace->span, 0, sizeof pace->span);
    pace->judged = pace->newest = pace->epoch = 0;
    pace->gone = pace->answers = pace->under_way = 0;
    pace->begun_us = pace->next_us = now_us;
    pace->rtt_us = rtt_us;
    if (!pace->careful)
        pace->window = is_near(rtt_us) ? WINDOW_NEAR : WINDOW_FIRST;
}

bool pace_is_brief(const struct pace *pace, int64_t now_us)
{
    return is_near(pace->rtt_us) && now_us - pace->begun_us < BRIEF_US;
}

/* One loss makes one step back: what was sent before that step tells nothing of the window after it. */
static void judge_span(struct pace *p, unsigned number)
{
    struct pace_span *span = &p->span[number];
    uint32_t lost = span->sent - span->answered;
    bool much = lost * LOSS > span->sent;
    p->under_way -= lost;
    span->sent = span->answered; /* another sender may be late with its share of this span: that counts anew */
    if (!much || number < p->epoch)
        return;
    p->window = p->window * BACK_OFF < WINDOW_LEAST ? WINDOW_LEAST : p->window * BACK_OFF;
    p->careful = true;
    p->epoch = p->newest + 1;
}

static void judge(struct pace *p, int64_t now_us)
{
    int64_t patience_us = PATIENCE_US + 2 * p->rtt_us;
    /* Another process writes here, too, and may have been taken over: no place is one outside of the table. */
    for (unsigned place = p->judged; place <= p->newest && place < PACE_SPANS; p->judged = ++place) {
        const struct pace_span *span = &p->span[place];
        if (span->answered < span->sent && now_us - span->sent_us < patience_us)
            break;
        judge_span(p, place);
    }
}

void pace_answered(struct pace *p, uint16_t place)
{
    pthread_mutex_lock(&p->lock);
    struct pace_span *span = &p->span[place / PACE_SPAN];
    p->answers++;
    p->window += p->careful ? 1.0 / CAREFUL : 1;
    if (span->answered < span->sent) {
        span->answered++;
        p->under_way--;
    }
    pthread_mutex_unlock(&p->lock);
}

static void count(struct pace *p, int64_t now_us, unsigned number, unsigned sent)
{
    p->span[number].sent += sent;
    p->span[number].sent_us = now_us;
    p->newest = number > p->newest ? number : p->newest;
    p->judged = number < p->judged ? number : p->judged;
    p->gone += sent;
    p->under_way += sent;
}

/* A window is spread over the round trip, so that it does not drown a queue on the way. */
static int64_t gap_us(const struct pace *p, unsigned sent)
{
    double answered = (double)p->rtt_us * sent / (1.5 * p->window), asked = 1e6 * sent / p->rate;
    return (int64_t)(answered > asked ? answered : asked);
}

/* Mute ports look like losses: towards them the blind rate is what remains. */
bool pace_may_send(struct pace *p, int64_t now_us, uint16_t place, unsigned sent)
{
    pthread_mutex_lock(&p->lock);
    uint64_t elapsed = (uint64_t)(now_us - p->begun_us), blind = p->rate < BLIND_RATE ? p->rate : BLIND_RATE;
    judge(p, now_us);
    bool room = p->under_way + sent <= (uint64_t)p->window && now_us >= p->next_us;
    bool allowed = p->gone <= elapsed * p->rate / 1000000;
    bool may = allowed && (room || p->gone <= elapsed * blind / 1000000);
    if (may) {
        count(p, now_us, place / PACE_SPAN, sent);
        if (p->next_us < now_us - CATCH_UP_US)
            p->next_us = now_us - CATCH_UP_US;
        p->next_us += gap_us(p, sent);
    }
    pthread_mutex_unlock(&p->lock);
    return may;
}
