/* The probe's tables of evidence, one for each way in which the SSH port answers a SYN; and what the files of its
 * judgement share. */
#ifndef PROBE_JUDGE_ROWS_H
#define PROBE_JUDGE_ROWS_H

#include "reading.h"

/* The test of a row, which looks at a reading. */
#define READING_TEST(function) EVIDENCE_TEST(function, struct reading)

/* Judged with the priors that stand in them where no passive verdict helps. Rows speak of what a passive eye cannot
 * see: other ports, other marks, other TTLs, malformed SYNs. */
extern const struct evidence_table probe_silent, probe_refused, probe_rejected;

/* Rows of probe_refused: whose TCP/IP wrote the RST (judge_stack.c). */
extern const struct evidence_rows probe_rows_of_stacks;

/* Where a RST looks as netfilter and some stacks write it, and nothing else tells them apart. */
bool refusal_is_nobodys(const struct reading *r);

/* The table for the answer that came. */
const struct evidence_table *probe_table_for(const struct reading *r);

/* Asks a row's test of a reading, for the engine. */
evidence_ask ask_reading;

/* What the one connection tells, where the port accepts (judge_open) or where nothing else is known
 * (judge_elsewhere). Fill the verdict, its place and the note. */
void judge_open(const struct reading *r, struct probe_verdict *out);
void judge_elsewhere(const struct reading *r, struct probe_verdict *out);

/* Tells of several machines that have the target's address. */
void judge_conflict(const struct reading *r, struct probe_verdict *out);

/* Fills where, the hop and the note (locate.c). */
void judge_locate(const struct reading *r, struct probe_verdict *out);

#endif
