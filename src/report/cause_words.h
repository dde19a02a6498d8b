/* Causes in plain words. */
#ifndef REPORT_CAUSE_WORDS_H
#define REPORT_CAUSE_WORDS_H

#include <sshsniff/verdict.h>

/* "refused: nothing listens there", for a list of causes. */
const char *cause_words(enum cause cause);

/* The same for one verdict, with what is special about it, into `out`. */
void cause_headline(const struct case_file *file, const struct verdict *verdict, char *out, size_t size);

/* Where it failed, in a phrase: "at the host itself", "on the path, at 10.7.1.1". */
void where_words(const struct case_file *file, const struct verdict *verdict, char *out, size_t size);

/* How sure: "certain (98 %)", "likely (80 %)", "a guess between kernel-rst (55 %) and firewall-rst (40 %)". */
void confidence_words(const struct verdict *verdict, char *out, size_t size);

/* In whole per cent: 100 only for what is certain, 0 only for what is out of the question. */
int confidence_percent(double confidence);

#endif
