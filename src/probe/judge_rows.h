/* The judge's table: how a row looks. */
#ifndef PROBE_JUDGE_ROWS_H
#define PROBE_JUDGE_ROWS_H

#include "reading.h"

struct probe_finding {
    uint64_t packet;
    uint64_t value[EVIDENCE_VALUES];
    const struct address *address;
    const char *word;
    float scale; /* 0 to 1: how much of the row's weight counts */
};

enum { PROBE_ROW_WEIGHTS = 4 };

struct probe_row {
    const char *id;
    enum reply_kind answer; /* of the SSH port, for which the row speaks */
    bool (*test)(const struct reading *r, struct probe_finding *f);
    struct {
        enum cause cause;
        float
            log_ratio; /* natural log of how much likelier the finding is under this cause than under one not listed */
    } weights[PROBE_ROW_WEIGHTS];
    const char *sentence;
    const char *source; /* where the number is from */
};

extern const struct probe_row probe_rows[], probe_silent_rows[];
extern const size_t probe_row_count, probe_silent_row_count;

#endif
