/* Verdicts that serve more than one attempt, found by the key of all that they rest on: the same key gives the same
 * verdict (track/fast/evidence_key.h), so it is found once and, in JSON, written once. */
#ifndef RUN_VERDICT_CACHE_H
#define RUN_VERDICT_CACHE_H

#include <sshsniff/report.h>
#include <sshsniff/tracker.h>
#include <sshsniff/verdict.h>

struct cached_verdict {
    struct evidence_key key;
    bool used;
    enum cause cause;
    bool has_template; /* `template` is set */
    struct line_template template;
};

enum { CACHED_VERDICTS = 256 };

/* All zero: it is empty. A newer verdict takes the place of an older one. */
struct verdict_cache {
    bool used; /* something is */
    struct cached_verdict slot[CACHED_VERDICTS];
};

/* NULL where there is none. */
const struct cached_verdict *verdict_cache_find(const struct verdict_cache *cache, const struct evidence_key *key);
/* `report` and `source` as in report_template, the same for all verdicts of one cache. */
void verdict_cache_add(struct verdict_cache *cache, const struct case_file *file, const struct verdict *verdict,
                       const struct report *report, const char *source);
/* Most captures leave nothing in it: then its pages are not touched, which costs more than a small capture. */
void verdict_cache_clear(struct verdict_cache *cache);

#endif
