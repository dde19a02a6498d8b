/* From readings of this machine and one attempt's packets to evidence: which fact holds for the packet that decided. */
#ifndef RUN_LOCAL_JUDGEMENT_H
#define RUN_LOCAL_JUDGEMENT_H

#include <sshsniff/host.h>
#include <sshsniff/local_evidence.h>

#include "local/trail.h"
#include "syn_log.h"

/* What this machine said. The sockets and rules of `slow` are not looked at, but for names of programs. */
struct local_heard {
    const struct local_sighting *quick; /* NULL: nothing yet */
    const struct local_facts *slow;     /* NULL: nothing yet */
    const struct syn_log *syns;
};

/* The packet's time that facts must hold for. */
int64_t local_decided_us(const struct case_file *file);

/* Which end this machine is. */
enum local_role local_role_of(const struct case_file *file);

/* Fills both; `evidence` points to `facts`. */
void local_judge(const struct case_file *file, const struct local_heard *heard, struct local_facts *facts,
                 struct local_evidence *evidence);

#endif
