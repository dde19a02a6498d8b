/* What the capturing machine itself does to SYNs that come in: as a router it drops or rejects what is not for it. */
#ifndef DIAGNOSE_GATEWAY_H
#define DIAGNOSE_GATEWAY_H

#include "evidence.h"

/* The SYN came in at this machine and left by none of its interfaces, and what answered it, if anything did, began
 * here: this machine dropped, rejected or refused it. */
bool kept_here(const struct case_file *file);

/* Evidence of it, for SYNs that nothing answers and for those that a RST does. */
extern const struct evidence_rows kept_syn_rows, kept_refused_rows;

#endif
