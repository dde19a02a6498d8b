/* The table of evidence: how rows look, and how they are weighed. */
#ifndef DIAGNOSE_EVIDENCE_H
#define DIAGNOSE_EVIDENCE_H

#include "view.h"

/* What a test found: where it is to be seen, and what the sentence speaks of. */
struct finding {
    uint64_t packet;
    uint64_t value[EVIDENCE_VALUES];
    const struct address *address;
    const char *word;
    float scale; /* 0 to 1: how much of the row's weight counts; tests leave it at 1 where all of it does */
};

struct weight {
    enum cause cause;
    float
        log_ratio; /* natural log of how much likelier the finding is under this cause than under a cause not listed */
};

enum { ROW_WEIGHTS = 6 };

/* One row. `source` says where the numbers are from: a kernel file, an RFC, a paper, or a count from the lab. */
struct row {
    const char *id;
    bool (*test)(const struct view *v, struct finding *f);
    struct weight weights[ROW_WEIGHTS];
    const char *sentence;
    const char *source;
};

struct prior {
    enum cause cause;
    float probability;
};

enum { PRIORS = 14 };

/* Causes that can end an attempt at a stage, with the evidence that weighs them. */
struct stage_table {
    struct prior priors[PRIORS];
    const struct row *rows;
    size_t row_count;
    const struct row *shared_rows; /* rows that several chapters have; NULL: none */
    size_t shared_count;
};

/* The chapter for an attempt's stage. */
const struct stage_table *stage_table_for(const struct view *v);

extern const struct stage_table stage_unsent, stage_silent, stage_refused, stage_rejected, stage_accepted,
    stage_greeted, stage_login;

/* Fills cause, confidence, alternatives and evidence. */
void weigh(const struct stage_table *stage_table, const struct view *v, struct verdict *out);

/* Where the capture lacks what a verdict needs: fills out with undetermined and the reason, and returns true. */
bool gaps_found(const struct view *v, struct verdict *out);

/* Fills where and where_confidence for the cause found. */
void locate(const struct view *v, struct verdict *out);

/* Fills detail, fix and ssh for attempts that got as far as payload; settle for close calls. */
void describe(const struct view *v, struct verdict *out);

#endif
