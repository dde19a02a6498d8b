/* evidence: what a row of a table is, and how rows and priors become a verdict. One engine for passive verdicts
 * (src/diagnose) and for the probe (src/probe).
 *
 * A row is a sign that may be there: {id, test, weights, sentence, source}. Weights are natural logs of likelihood
 * ratios: how much likelier the sign is under a cause than under a cause that the row does not list. Log prior plus the
 * weights of all rows whose test says yes, normalised over the causes of the table, gives each cause its probability.
 *
 * The engine knows nothing of what a test looks at: it hands `facts` on. Nothing here allocates; all is pure.
 */
#ifndef SSHSNIFF_EVIDENCE_H
#define SSHSNIFF_EVIDENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sshsniff/address.h>
#include <sshsniff/cause.h>

#define EVIDENCE_TEXT_SIZE   400
#define EVIDENCE_VALUES      4
#define VERDICT_EVIDENCE     16
#define VERDICT_ALTERNATIVES 4
#define VERDICT_FAVOURS      4

struct verdict;

/* ---- What comes out ---- */

/* A row whose test said yes, and what its sentence speaks of. Text is made once somebody reads it. */
struct evidence {
    const char *id;  /* static */
    uint64_t packet; /* frame number that shows it; 0: the whole attempt */
    enum cause favours[VERDICT_FAVOURS];
    uint8_t favours_count;
    /* Natural log of the likelihood ratio, for the verdict against its best rival, or where that has the same, against
     * the likeliest cause that has not. */
    float weight;
    const char *sentence; /* static, with {0} {1} … for value[], {0x} in hex, {0t} as milliseconds, {0m} as a MAC
                           * address, {a} and {w} */
    uint64_t value[EVIDENCE_VALUES];
    const struct address *address; /* {a}; points into the facts */
    const char *word;              /* {w}; points into the facts or is static */
    bool by_syn;                   /* as in struct finding */
};

/* One sentence for a person, into `out`; returns its length. */
size_t evidence_text(const struct evidence *evidence, char *out, size_t size);

struct alternative {
    enum cause cause;
    double confidence;
};

/* ---- The tables ---- */

/* What a test found: the packet that shows it, and what the sentence speaks of. The engine gives it to the test empty
 * but for `scale`, which is 1; what a test leaves in it when it says no is not looked at. */
struct finding {
    uint64_t packet; /* 0: none alone */
    uint64_t value[EVIDENCE_VALUES];
    const struct address *address;
    const char *word;
    float scale; /* 0 to 1: the part of the row's weights that counts, where the sign is weaker than usual */
    /* The packet is the SYN, and the sentence rests on its headers alone: but for that packet's number it is the same
     * for all attempts alike. */
    bool by_syn;
};

/* A row's test, whose real type is bool (*)(const FACTS *, struct finding *). Each room has a macro over EVIDENCE_TEST
 * that compiles only for functions on its own facts, and one function, an evidence_ask, that calls them. */
typedef void (*evidence_test)(void);
typedef bool evidence_ask(evidence_test test, const void *facts, struct finding *f);

#define EVIDENCE_TEST(function, facts_type)                                                                            \
    ((evidence_test) _Generic((function), bool (*)(const facts_type *, struct finding *) : (function)))

struct weight {
    enum cause cause;
    float log_ratio; /* 0 ends the list */
};

enum { ROW_WEIGHTS = 6 };

struct evidence_row {
    const char *id;
    evidence_test test;
    struct weight weights[ROW_WEIGHTS];
    const char *sentence;
    const char *source; /* where the weights are from: a kernel file, an RFC, a paper, a count from the lab */
};

/* Rows that are kept in one file. */
struct evidence_rows {
    const struct evidence_row *row;
    size_t count;
};

#define EVIDENCE_ROWS(array)                                                                                           \
    {                                                                                                                  \
        (array), sizeof(array) / sizeof *(array)                                                                       \
    }

struct prior {
    enum cause cause;
    double probability; /* 0 ends the list */
};

enum { TABLE_PRIORS = 24, TABLE_LISTS = 16 };

/* The causes that can have ended what is judged, and the rows that weigh them. */
struct evidence_table {
    struct prior priors[TABLE_PRIORS];
    const struct evidence_rows *lists[TABLE_LISTS]; /* asked in this order; NULL ends them */
};

/* ---- Weighing ---- */

/* Rows are not quite independent, and no table is complete: no verdict is surer than this. Judgement. */
#define EVIDENCE_SUREST 0.995

/* Nor this, where something of the attempt was seen and could not be kept. Judgement. */
#define EVIDENCE_NOT_ALL_KEPT 0.8

/* A rival below this is not named. */
#define EVIDENCE_NAMED 0.01

/* Fills cause, confidence (at most `surest`) and alternatives of `out`, and adds to its evidence, heaviest first; what
 * evidence it held stays. The rest of `out` is left alone. Evidence points into `facts` and into the rows. */
void evidence_weigh(const struct evidence_table *table, evidence_ask *ask, const void *facts, double surest,
                    struct verdict *out);

#endif
