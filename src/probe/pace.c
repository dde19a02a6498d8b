#include <string.h>

#include "pace.h"

#define BLIND_RATE 30000 /* packets a second towards a host that answers nothing */
#define PATIENCE_US                                                                                                    \
    120000 /* beyond the round trip, before a SYN counts as lost: a busy machine hands frames over late */
#define WINDOW_FIRST 1024 /* SYNs under way before anything is known: 64 kB */
#define WINDOW_LEAST 64
#define NOTE_US      2000

void pace_init(struct pace *pace, unsigned rate, unsigned burst)
{
    memset(pace, 0, sizeof *pace);
    pace->rate = rate;
    pace->burst = burst;
    pthread_mutex_init(&pace->lock, NULL);
}

void pace_begin(struct pace *pace, int64_t now_us, int64_t rtt_us)
{
    pace->gone = pace->answers = 0;
    pace->noted = pace->seen = 0;
    pace->settled = pace->answers_seen = pace->lost_judged = pace->settled_judged = 0;
    pace->begun_us = pace->judged_us = now_us;
    pace->patience_us = PATIENCE_US + 2 * rtt_us;
    if (!pace->careful)
        pace->window = WINDOW_FIRST;
}

/* What was sent longer ago than the patience lasts is answered, lost, or never will be answered: it is not under way
 * any more. */
static uint64_t under_way(struct pace *p, int64_t now_us)
{
    while (p->seen != p->noted && now_us - p->note[p->seen % PACE_NOTES].at_us > p->patience_us)
        p->settled = p->note[p->seen++ % PACE_NOTES].gone;
    if (p->noted == 0 || now_us - p->note[(p->noted - 1) % PACE_NOTES].at_us >= NOTE_US) {
        if (p->noted - p->seen == PACE_NOTES)
            p->settled = p->note[p->seen++ % PACE_NOTES].gone;
        p->note[p->noted++ % PACE_NOTES] = (struct pace_note){now_us, p->gone};
    }
    uint64_t answers = p->answers, done = answers > p->settled ? answers : p->settled;
    return p->gone > done ? p->gone - done : 0;
}

/* Each answer widens the window by two, so it triples in a round trip; a loss halves it, and from then on it grows by a
 * little in each (RFC 5681's way). Mute ports look like losses: towards them the blind rate is what remains. */
static void adapt(struct pace *p, int64_t now_us)
{
    uint64_t answers = p->answers, fresh = answers - p->answers_seen;
    uint64_t lost = p->settled > answers ? p->settled - answers : 0;
    p->answers_seen = answers;
    p->window += p->careful ? 8 * (double)fresh / p->window : 2 * (double)fresh;
    if (now_us - p->judged_us < p->patience_us || p->settled <= p->settled_judged)
        return;
    if (lost > p->lost_judged + (p->settled - p->settled_judged) / 50) {
        p->window /= 2;
        p->careful = true;
    }
    p->judged_us = now_us;
    p->lost_judged = lost;
    p->settled_judged = p->settled;
    if (p->window < WINDOW_LEAST)
        p->window = WINDOW_LEAST;
}

bool pace_may_send(struct pace *p, int64_t now_us)
{
    uint64_t elapsed = (uint64_t)(now_us - p->begun_us), blind = p->rate < BLIND_RATE ? p->rate : BLIND_RATE;
    pthread_mutex_lock(&p->lock);
    uint64_t flying = under_way(p, now_us);
    adapt(p, now_us);
    bool room = flying < (uint64_t)p->window;
    pthread_mutex_unlock(&p->lock);
    return p->gone <= p->burst + elapsed * p->rate / 1000000 && (room || p->gone <= elapsed * blind / 1000000);
}
