/* Priors times evidence, to a probability for each cause on the list. */
#include <math.h>
#include <string.h>

#include "evidence.h"

/* Rows are not quite independent, and no table is complete: no verdict is surer than this. */
static const double surest = 0.995;

/* Sizes of encrypted messages whose cipher is not known, because the capture lacks the KEXINITs, are only a hint. */
static const double surest_by_hints = 0.85;

struct fired {
    const struct row *row;
    struct finding finding;
};

enum { MAX_FIRED = 40 };

static size_t gather_rows(const struct row *rows, size_t row_count, const struct view *v, struct fired *fired,
                          size_t count)
{
    for (size_t i = 0; i < row_count && count < MAX_FIRED; i++) {
        struct fired *slot = &fired[count];
        slot->finding = (struct finding){.scale = 1};
        slot->row = &rows[i];
        if (slot->row->test(v, &slot->finding))
            count++;
    }
    return count;
}

static size_t gather(const struct stage_table *stage_table, const struct view *v, struct fired *fired)
{
    size_t count = gather_rows(stage_table->rows, stage_table->row_count, v, fired, 0);
    return gather_rows(stage_table->shared_rows, stage_table->shared_count, v, fired, count);
}

static double row_weight(const struct fired *fired, enum cause cause)
{
    for (int i = 0; i < ROW_WEIGHTS && fired->row->weights[i].log_ratio != 0; i++)
        if (fired->row->weights[i].cause == cause)
            return (double)fired->row->weights[i].log_ratio * (double)fired->finding.scale;
    return 0;
}

static size_t score(const struct stage_table *stage_table, const struct fired *fired, size_t count,
                    struct alternative *out)
{
    size_t n = 0;
    double highest = -HUGE_VAL, total = 0;
    for (; n < PRIORS && stage_table->priors[n].probability > 0; n++) {
        double sum = log((double)stage_table->priors[n].probability);
        for (size_t i = 0; i < count; i++)
            sum += row_weight(&fired[i], stage_table->priors[n].cause);
        out[n] = (struct alternative){stage_table->priors[n].cause, sum};
        if (sum > highest)
            highest = sum;
    }
    for (size_t i = 0; i < n; i++)
        total += out[i].confidence = exp(out[i].confidence - highest);
    for (size_t i = 0; i < n; i++)
        out[i].confidence /= total;
    return n;
}

static void sort_likeliest_first(struct alternative *list, size_t n)
{
    for (size_t i = 1; i < n; i++)
        for (size_t j = i; j > 0 && list[j].confidence > list[j - 1].confidence; j--) {
            struct alternative swap = list[j];
            list[j] = list[j - 1];
            list[j - 1] = swap;
        }
}

/* What no single packet shows is pointed to by the attempt's first one. */
static uint64_t first_packet(const struct view *v)
{
    const struct attempt *a = v->attempt;
    if (seen(&a->syn))
        return a->syn.number;
    if (a->lookup)
        return a->lookup->first_number;
    return a->answer && a->answer->icmp.number ? a->answer->icmp.number : 0;
}

static struct evidence to_evidence(const struct fired *fired, enum cause cause, enum cause rival)
{
    struct evidence e = {
        .id = fired->row->id,
        .packet = fired->finding.packet,
        .weight = (float)(row_weight(fired, cause) - row_weight(fired, rival)),
        .sentence = fired->row->sentence,
        .address = fired->finding.address,
        .word = fired->finding.word,
    };
    memcpy(e.value, fired->finding.value, sizeof e.value);
    for (int i = 0; i < ROW_WEIGHTS && fired->row->weights[i].log_ratio != 0; i++)
        if (fired->row->weights[i].log_ratio > 0 && e.favours_count < VERDICT_FAVOURS)
            e.favours[e.favours_count++] = fired->row->weights[i].cause;
    return e;
}

static void list_evidence(const struct fired *fired, size_t count, enum cause rival, struct verdict *out)
{
    for (size_t i = 0; i < count; i++) {
        struct evidence e = to_evidence(&fired[i], out->cause, rival);
        size_t at = out->evidence_count < VERDICT_EVIDENCE ? out->evidence_count++ : VERDICT_EVIDENCE - 1;
        if (at == VERDICT_EVIDENCE - 1 && out->evidence_count == VERDICT_EVIDENCE && out->evidence[at].id &&
            fabsf(out->evidence[at].weight) >= fabsf(e.weight))
            continue;
        for (; at > 0 && fabsf(out->evidence[at - 1].weight) < fabsf(e.weight); at--)
            out->evidence[at] = out->evidence[at - 1];
        out->evidence[at] = e;
    }
    for (size_t i = 0; i < out->evidence_count && !out->deciding_packet; i++)
        if (out->evidence[i].weight > 0)
            out->deciding_packet = out->evidence[i].packet;
}

void weigh(const struct stage_table *stage_table, const struct view *v, struct verdict *out)
{
    struct fired fired[MAX_FIRED];
    struct alternative list[PRIORS] = {{CAUSE_UNDETERMINED, 0}};
    size_t count = gather(stage_table, v, fired);
    size_t n = score(stage_table, fired, count, list);
    sort_likeliest_first(list, n);
    out->cause = list[0].cause;
    double most = v->login.readable && !v->login.exact ? surest_by_hints : surest;
    out->confidence = list[0].confidence > most ? most : list[0].confidence;
    for (size_t i = 1; i < n && out->alternatives_count < VERDICT_ALTERNATIVES; i++)
        if (list[i].confidence >= 0.01)
            out->alternatives[out->alternatives_count++] = list[i];
    list_evidence(fired, count, n > 1 ? list[1].cause : list[0].cause, out);
    for (size_t i = 0; i < out->evidence_count; i++)
        if (!out->evidence[i].packet)
            out->evidence[i].packet = first_packet(v);
}
