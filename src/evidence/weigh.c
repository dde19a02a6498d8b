/* Priors and rows to a probability for each cause. */
#include <math.h>
#include <string.h>

#include <sshsniff/verdict.h>

/* A row whose test said yes. */
struct fired {
    const struct evidence_row *row;
    struct finding finding;
};

enum { MAX_FIRED = 40 };

static size_t gather(const struct evidence_table *table, evidence_ask *ask, const void *facts, struct fired *fired)
{
    size_t count = 0;
    for (size_t l = 0; l < TABLE_LISTS && table->lists[l]; l++) {
        const struct evidence_rows *list = table->lists[l];
        for (size_t i = 0; i < list->count && count < MAX_FIRED; i++) {
            struct fired *slot = &fired[count];
            slot->finding = (struct finding){.scale = 1};
            slot->row = &list->row[i];
            count += ask(list->row[i].test, facts, &slot->finding);
        }
    }
    return count;
}

static double row_weight(const struct fired *fired, enum cause cause)
{
    for (int i = 0; i < ROW_WEIGHTS && fired->row->weights[i].log_ratio != 0; i++)
        if (fired->row->weights[i].cause == cause)
            return (double)fired->row->weights[i].log_ratio * (double)fired->finding.scale;
    return 0;
}

static size_t score(const struct prior *priors, const struct fired *fired, size_t count, struct alternative *out)
{
    size_t n = 0;
    double highest = -HUGE_VAL, total = 0;
    for (; n < TABLE_PRIORS && priors[n].probability > 0; n++) {
        double sum = log(priors[n].probability);
        for (size_t i = 0; i < count; i++)
            sum += row_weight(&fired[i], priors[n].cause);
        out[n] = (struct alternative){priors[n].cause, sum};
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

static struct evidence to_evidence(const struct fired *fired, enum cause cause, enum cause rival)
{
    struct evidence e = {
        .id = fired->row->id,
        .packet = fired->finding.packet,
        .weight = (float)(row_weight(fired, cause) - row_weight(fired, rival)),
        .sentence = fired->row->sentence,
        .address = fired->finding.address,
        .word = fired->finding.word,
        .by_syn = fired->finding.by_syn,
    };
    memcpy(e.value, fired->finding.value, sizeof e.value);
    for (int i = 0; i < ROW_WEIGHTS && fired->row->weights[i].log_ratio != 0; i++)
        if (fired->row->weights[i].log_ratio > 0 && e.favours_count < VERDICT_FAVOURS)
            e.favours[e.favours_count++] = fired->row->weights[i].cause;
    return e;
}

/* Keeps the list in order of weight; where it is full, the lightest falls off its end. */
static void add_evidence(struct verdict *out, const struct evidence *e)
{
    unsigned at = out->evidence_count;
    if (at == VERDICT_EVIDENCE) {
        if (fabsf(out->evidence[at - 1].weight) >= fabsf(e->weight))
            return;
        at--;
    } else
        out->evidence_count++;
    for (; at > 0 && fabsf(out->evidence[at - 1].weight) < fabsf(e->weight); at--)
        out->evidence[at] = out->evidence[at - 1];
    out->evidence[at] = *e;
}

void evidence_weigh(const struct evidence_table *table, evidence_ask *ask, const void *facts, double surest,
                    struct verdict *out)
{
    struct fired fired[MAX_FIRED];
    struct alternative list[TABLE_PRIORS] = {{CAUSE_UNDETERMINED, 0}};
    size_t count = gather(table, ask, facts, fired);
    size_t n = score(table->priors, fired, count, list);
    sort_likeliest_first(list, n);
    out->cause = list[0].cause;
    out->confidence = list[0].confidence > surest ? surest : list[0].confidence;
    out->alternatives_count = 0;
    for (size_t i = 1; i < n && out->alternatives_count < VERDICT_ALTERNATIVES; i++)
        if (list[i].confidence >= EVIDENCE_NAMED)
            out->alternatives[out->alternatives_count++] = list[i];
    enum cause rival = n > 1 ? list[1].cause : list[0].cause;
    for (size_t i = 0; i < count; i++) {
        struct evidence e = to_evidence(&fired[i], out->cause, rival);
        add_evidence(out, &e);
    }
}
