/* Signs of who sent the RST that answers a SYN: tests for the rows of that chapter. */
#ifndef DIAGNOSE_REFUSED_H
#define DIAGNOSE_REFUSED_H

#include "evidence.h"

static inline const struct mark *rst(const struct view *v)
{
    return &v->answer->refusal;
}

/* refused_marks.c: its TOS and flow label, and those of the same host's other RSTs */
bool rst_echoes_tos(const struct view *v, struct finding *f);
bool rst_tos_zero(const struct view *v, struct finding *f);
bool rst_tos_of_bsd(const struct view *v, struct finding *f);
bool rst_tos_rewritten(const struct view *v, struct finding *f);
bool port_echoed(const struct view *v, struct finding *f);
bool port_did_not_echo(const struct view *v, struct finding *f);
bool echoes_elsewhere(const struct view *v, struct finding *f);
bool rst_flow_label(const struct view *v, struct finding *f);
bool rst_no_flow_label(const struct view *v, struct finding *f);
bool labels_elsewhere(const struct view *v, struct finding *f);

#endif
