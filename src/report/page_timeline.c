#include "page_timeline.h"

/* ---- Counting ---- */

enum { FIRST_WIDTH_US = 1000 };

static bool is_empty(const struct page_timeline *t, size_t bin)
{
    for (size_t cause = 0; cause < CAUSE_COUNT; cause++)
        if (t->count[bin][cause])
            return false;
    return true;
}

static size_t bins_used(const struct page_timeline *t)
{
    size_t used = TIMELINE_BINS;
    while (used && is_empty(t, used - 1))
        used--;
    return used;
}

static uint32_t sum(uint32_t a, uint32_t b)
{
    return a > UINT32_MAX - b ? UINT32_MAX : a + b;
}

/* Each two bins become one. */
static void widen(struct page_timeline *t)
{
    for (size_t bin = 0; bin < TIMELINE_BINS / 2; bin++)
        for (size_t cause = 0; cause < CAUSE_COUNT; cause++)
            t->count[bin][cause] = sum(t->count[2 * bin][cause], t->count[2 * bin + 1][cause]);
    memset(t->count[TIMELINE_BINS / 2], 0, sizeof t->count / 2);
    t->width_us *= 2;
}

/* Bins before the first, for a time before the origin. */
static void reach_back(struct page_timeline *t, int64_t ts_us)
{
    uint64_t more;
    while ((more = ((uint64_t)t->origin_us - (uint64_t)ts_us + (uint64_t)t->width_us - 1) / (uint64_t)t->width_us) +
               bins_used(t) >
           TIMELINE_BINS)
        widen(t);
    memmove(t->count[more], t->count[0], (TIMELINE_BINS - more) * sizeof t->count[0]);
    memset(t->count[0], 0, more * sizeof t->count[0]);
    t->origin_us -= (int64_t)more * t->width_us;
}

void timeline_add(struct page_timeline *t, int64_t ts_us, enum cause cause)
{
    if (!t->width_us) {
        t->origin_us = t->first_us = t->last_us = ts_us;
        t->width_us = FIRST_WIDTH_US;
    }
    t->first_us = ts_us < t->first_us ? ts_us : t->first_us;
    t->last_us = ts_us > t->last_us ? ts_us : t->last_us;
    if (ts_us < t->origin_us)
        reach_back(t, ts_us);
    while (((uint64_t)ts_us - (uint64_t)t->origin_us) / (uint64_t)t->width_us >= TIMELINE_BINS)
        widen(t);
    uint32_t *count = &t->count[((uint64_t)ts_us - (uint64_t)t->origin_us) / (uint64_t)t->width_us][cause];
    *count = sum(*count, 1);
}

/* ---- Drawing ---- */

enum { WIDTH = 1100, TOP = 18, HEIGHT = 130, BASE = TOP + HEIGHT, ALL = BASE + 24, LEFT = 52, BAR_MOST = 28 };

static uint64_t total_of(const struct page_timeline *t, size_t bin)
{
    uint64_t total = 0;
    for (size_t cause = 0; cause < CAUSE_COUNT; cause++)
        total += t->count[bin][cause];
    return total;
}

static void rectangle(struct buffer *out, const char *cause, int64_t x, int64_t width, int64_t y, int64_t height)
{
    BUFFER_LITERAL(out, "<rect class=\"c-");
    buffer_text(out, cause);
    BUFFER_LITERAL(out, "\" x=\"");
    buffer_fixed(out, x, 1);
    BUFFER_LITERAL(out, "\" y=\"");
    buffer_fixed(out, y, 1);
    BUFFER_LITERAL(out, "\" width=\"");
    buffer_fixed(out, width, 1);
    BUFFER_LITERAL(out, "\" height=\"");
    buffer_fixed(out, height, 1);
    BUFFER_LITERAL(out, "\"/>");
}

struct scale {
    uint64_t most;
    size_t bins;
};

/* Tenths of a unit. */
static void bar(const struct page_timeline *t, const enum cause order[CAUSE_COUNT], const struct scale *scale,
                size_t bin, struct buffer *out)
{
    const int64_t step = (int64_t)(WIDTH - LEFT) * 10 / (int64_t)scale->bins;
    const int64_t gap = step > 60 ? 20 : 10, width = step - gap < BAR_MOST * 10 ? step - gap : BAR_MOST * 10;
    const int64_t x = LEFT * 10 + (int64_t)bin * step + (step - width) / 2;
    uint64_t below = 0;
    for (size_t i = 0; i < CAUSE_COUNT; i++) {
        const int64_t from = (int64_t)(below * HEIGHT * 10 / scale->most);
        below += t->count[bin][order[i]];
        const int64_t to = (int64_t)(below * HEIGHT * 10 / scale->most);
        if (to > from)
            rectangle(out, cause_name(order[i]), x, width, BASE * 10 - to, to - from);
    }
}

static void label(struct buffer *out, unsigned x, unsigned y, const char *anchor)
{
    BUFFER_LITERAL(out, "<text x=\"");
    buffer_u64(out, x);
    BUFFER_LITERAL(out, "\" y=\"");
    buffer_u64(out, y);
    BUFFER_LITERAL(out, "\" text-anchor=\"");
    buffer_text(out, anchor);
    BUFFER_LITERAL(out, "\">");
}

static void axes(const struct page_timeline *t, const struct scale *scale, struct page_clock *clock, struct buffer *out)
{
    BUFFER_LITERAL(out, "<path class=\"axis\" fill=\"none\" d=\"M52 148.5H1100\"/>");
    label(out, LEFT - 8, TOP + 10, "end");
    page_count(out, scale->most);
    BUFFER_LITERAL(out, "</text>");
    label(out, LEFT - 8, BASE, "end");
    BUFFER_LITERAL(out, "0</text>");
    label(out, LEFT, ALL - 6, "start");
    page_moment(out, clock, t->origin_us);
    BUFFER_LITERAL(out, "</text>");
    if (scale->bins > 1) {
        label(out, WIDTH, ALL - 6, "end");
        page_moment(out, clock, t->origin_us + (int64_t)scale->bins * t->width_us);
        BUFFER_LITERAL(out, "</text>");
    }
}

void timeline_write(const struct page_timeline *t, const enum cause order[CAUSE_COUNT], struct page_clock *clock,
                    struct buffer *out)
{
    struct scale scale = {1, t->width_us ? bins_used(t) : 0};
    for (size_t bin = 0; bin < scale.bins; bin++)
        scale.most = total_of(t, bin) > scale.most ? total_of(t, bin) : scale.most;
    if (!scale.bins)
        return;
    BUFFER_LITERAL(out, "<div class=\"chart-box\" tabindex=\"0\" role=\"group\" aria-label=\"Attempts over time\"><svg "
                        "class=\"chart\" viewBox=\"0 0 1100 172\" role=\"img\" aria-label=\"Attempts over time; "
                        "the most within ");
    page_duration(out, t->width_us);
    BUFFER_LITERAL(out, ": ");
    page_count(out, scale.most);
    BUFFER_LITERAL(out, "\">");
    for (size_t bin = 0; bin < scale.bins; bin++)
        bar(t, order, &scale, bin, out);
    axes(t, &scale, clock, out);
    BUFFER_LITERAL(out, "</svg></div>\n");
}
