/* What is said of a rule of this machine, in one word of the JSON contract each. */
#ifndef REPORT_LOCAL_WORDS_H
#define REPORT_LOCAL_WORDS_H

#include <sshsniff/local.h>

const char *local_fate_name(enum local_fate fate);
const char *local_owner_name(enum local_owner owner);
const char *local_by_name(enum local_rules_by by);

#endif
