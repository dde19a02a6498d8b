/* RSTs without ACK that answer a SYN: no refusal. */
#ifndef DIAGNOSE_BARE_RST_H
#define DIAGNOSE_BARE_RST_H

#include "evidence.h"

/* They are passt's, which translates a refusal beyond it. */
bool bare_rst_of_passt(const struct view *v);

extern const struct evidence_rows bare_rst_rows;

#endif
