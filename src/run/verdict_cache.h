/* The same evidence gives the same verdict: what was found, and what is written of it, by the evidence_key of what it
 * was found for. */
#ifndef RUN_VERDICT_CACHE_H
#define RUN_VERDICT_CACHE_H

#include <sshsniff/report.h>
#include <sshsniff/tracker.h>
#include <sshsniff/verdict.h>

struct cached_verdict {
    struct evidence_key evidence_key;
    bool used;
    enum cause cause;
    bool has_template; /* `template` is set */
    struct line_template template;
};

enum { CACHED_VERDICTS = 256 };

/* All zero: nothing is cached_verdict. A newer one takes the place of an older one. */
struct cache {
    bool used; /* something is */
    struct cached_verdict slot[CACHED_VERDICTS];
};

/* NULL where it is not cached_verdict. */
const struct cached_verdict *verdict_cache_find(const struct cache *cache, const struct evidence_key *evidence_key);
/* `report` and `source` as in report_template, the same for all that one cache is asked for. */
void verdict_cache_add(struct cache *cache, const struct case_file *file, const struct verdict *verdict,
                       const struct report *report, const char *source);
/* Most captures leave nothing in it: then its pages are not touched, which costs more than a small capture. */
void verdict_cache_clear(struct cache *cache);

#endif
