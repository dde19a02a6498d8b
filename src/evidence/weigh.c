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

/* What would be printed as a weight of 0. */
static const float no_weight = 0.05f;

/* How much it speaks for the verdict against its best rival. */
static float against_rival(const struct fired *fired, const struct alternative *list, size_t n)
{
    return (float)(row_weight(fired, list[0].cause) - (n > 1 ? row_weight(fired, list[1].cause) : 0));
}

/* The same against the likeliest cause from which it separates the verdict: what the best rival shares may be what
 * ruled out the rest. 0: it separates it from none. */
static float against_another(const struct fired *fired, const struct alternative *list, size_t n)
{
    for (size_t i = 2; i < n; i++) {
        const double weight = row_weight(fired, list[0].cause) - row_weight(fired, list[i].cause);
        if (fabs(weight) >= (double)no_weight)
            return (float)weight;
    }
    return 0;
}

static struct evidence to_evidence(const struct fired *fired, float weight)
{
    struct evidence e = {
        .id = fired->row->id,
        .packet = fired->finding.packet,
        .weight = weight,
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

/* Keeps the list in order of weight from its item `first` on; where it is full, the lightest falls off its end. */
static void add_evidence(struct verdict *out, unsigned first, const struct evidence *e)
{
    unsigned at = out->evidence_count;
    if (at == VERDICT_EVIDENCE) {
        if (first == at || fabsf(out->evidence[at - 1].weight) >= fabsf(e->weight))
            return;
        at--;
    } else
        out->evidence_count++;
    for (; at > first && fabsf(out->evidence[at - 1].weight) < fabsf(e->weight); at--)
        out->evidence[at] = out->evidence[at - 1];
    out->evidence[at] = *e;
}

typedef float weight_function(const struct fired *fired, const struct alternative *list, size_t n);

/* What separates nothing is no reason. `but`: those with a weight of that kind are left out. */
static void add_all(struct verdict *out, const struct fired *fired, size_t count, const struct alternative *list,
                    size_t n, weight_function *weigh, weight_function *but)
{
    const unsigned first = but ? out->evidence_count : 0; /* those of the first pass go before */
    for (size_t i = 0; i < count; i++) {
        const float weight = weigh(&fired[i], list, n);
        if (fabsf(weight) < no_weight || (but && fabsf(but(&fired[i], list, n)) >= no_weight))
            continue;
        const struct evidence e = to_evidence(&fired[i], weight);
        add_evidence(out, first, &e);
    }
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
    add_all(out, fired, count, list, n, against_rival, NULL);
    add_all(out, fired, count, list, n, against_another, against_rival);
}
