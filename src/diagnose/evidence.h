/* The tables of evidence on an attempt: one for each stage that an attempt can have reached. */
#ifndef DIAGNOSE_EVIDENCE_H
#define DIAGNOSE_EVIDENCE_H

#include "view.h"

/* The test of a row, which looks at a view. */
#define VIEW_TEST(function) EVIDENCE_TEST(function, struct view)

/* The causes that can end an attempt at a stage, with the rows that weigh them. */
extern const struct evidence_table stage_unsent, stage_silent, stage_refused, stage_rejected, stage_accepted,
    stage_greeted, stage_login, stage_midway, stage_protocol_1;

/* The table for the stage that an attempt has reached. */
const struct evidence_table *stage_table_for(const struct view *v);

/* Asks a row's test of a view, for the engine. */
evidence_ask ask_view;

/* Fills cause, confidence, alternatives, evidence and the deciding packet. */
void weigh(const struct view *v, struct verdict *out);

/* Something that the capture lacks, so that it allows no verdict. */
struct gap {
    bool (*test)(const struct view *v);
    const char *reason;  /* for a person; true of the packets that there are */
    const char *decides; /* what the lacking packets would have shown */
    enum capture_side (*again)(const struct view *v);
    double confidence;  /* that no verdict is possible */
    const char *source; /* of that number */
};

/* In the order in which they are asked. */
extern const struct gap gaps[];
extern const size_t gap_count;

/* Where the capture lacks what a verdict needs: fills out with undetermined, the reason, what would have decided and
 * where to capture that, and returns true. */
bool gaps_found(const struct view *v, struct verdict *out);

/* Fills detail, fix and ssh for attempts that got as far as payload; settle for close calls. */
void describe(const struct view *v, struct verdict *out);

/* Of pasted text: fills text_lacks where the verdict is not sure. */
void describe_text(const struct view *v, struct verdict *out);

#endif
