/* An explanation, and a cause, for a reader. Each appends to `out`. */
#ifndef REPORT_EXPLAIN_WORDS_H
#define REPORT_EXPLAIN_WORDS_H

#include "buffer.h"
#include "explain.h"

void explain_text(struct buffer *out, const struct explanation *explanation, bool colour, size_t width);
void explain_json(struct buffer *out, const struct explanation *explanation);

/* All that is said of a cause. */
void explain_cause_text(struct buffer *out, enum cause cause, bool colour, size_t width);
void explain_cause_json(struct buffer *out, enum cause cause);

/* The causes by name, one a line. */
void explain_causes_text(struct buffer *out, bool colour, size_t width);

/* What to type next where several causes are left, in order. A text of NULL ends them. */
extern const struct cause_advice explain_next[];

#endif
