/* Answers that came, and that the client cannot take: silence is something else. */
#ifndef DIAGNOSE_USELESS_ANSWERS_H
#define DIAGNOSE_USELESS_ANSWERS_H

#include "evidence.h"

/* An answer came from another address than was asked, or with another connection's numbers. */
bool answered_in_vain(const struct view *v);
/* From another address: that decides, however few SYNs there are. */
bool answered_from_elsewhere(const struct view *v);

/* Where nothing else answers the SYN. */
extern const struct evidence_rows useless_answer_rows;

#endif
