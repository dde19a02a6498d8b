/* What a harness does with attempts: judges them, keeps verdicts as the program does, and writes them. */
#ifndef TESTS_FUZZ_JUDGING_H
#define TESTS_FUZZ_JUDGING_H

#include <stdlib.h>

#include <sshsniff/report.h>
#include <sshsniff/tracker.h>
#include <sshsniff/verdict.h>

#include "run/verdict_cache.h"

struct judging {
    struct tracker *tracker;
    struct report *report;
    struct verdict verdict;
    struct verdict_cache cache;
};

/* A case_handler's: `context` is a struct judging. */
static inline void judge_case(void *context, const struct case_file *file)
{
    struct judging *j = context;
    diagnose(file, &j->verdict);
    if (!(j->verdict.confidence >= 0 && j->verdict.confidence <= EVIDENCE_SUREST))
        abort();
    if (j->verdict.not_all_kept && j->verdict.confidence > EVIDENCE_NOT_ALL_KEPT)
        abort();
    if (file->evidence_key)
        verdict_cache_add(&j->cache, file, &j->verdict, j->report, "fuzz");
    report_verdict(j->report, file, &j->verdict, "fuzz");
}

/* False where the attempt has to be judged. */
static inline bool judge_from_cache(struct judging *j, const struct evidence_key *key,
                                    const struct attempt_summary *summary)
{
    const struct cached_verdict *known = verdict_cache_find(&j->cache, key);
    if (known == NULL || !known->has_template)
        return false;
    report_from_template(j->report, &known->template, summary, known->cause);
    return true;
}

#endif
