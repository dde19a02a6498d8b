/* Whoever only looks at a port: by the SYN, by how soon it leaves, by its name. */
#ifndef DIAGNOSE_SCAN_H
#define DIAGNOSE_SCAN_H

#include "evidence.h"

/* The SYN alone shows that no login is meant: a program put it together, or it traces the path. */
bool syn_only_looks(const struct view *v);

/* The version string is that of a program that never logs in, as far as this one came. `name`: NULL, or takes it. */
bool is_known_scanner(const struct view *v, const char **name);

/* The snaplen cut the client's version string, and what is left may be the beginning of such a program's. */
bool may_be_scanner(const struct view *v);

/* scan_syn.c: rows on the SYN. scan_visit.c: on what the client calls itself; on one that comes for the banner. */
extern const struct evidence_rows scan_syn_rows, scan_name_rows, scan_visit_rows;

#endif
