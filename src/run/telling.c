#include "telling.h"

#include <stdio.h>

#include <sshsniff/source_names.h>

#include "base/steady_clock.h"
#include "report/moment.h"

static void on_fold(void *context, const struct folded_attempts *folded)
{
    struct watch *watch = context;
    struct folded_attempts named = *folded;
    named.source = watch->source_name;
    report_fold(watch->report, &named);
    watch_look_for_reader(watch);
}

/* From a file all verdicts come at its end: then an attempt's own time has to do. */
static int64_t verdict_time(const struct watch *watch, int64_t last_us)
{
    return watch->advanced_us > last_us ? watch->advanced_us : last_us;
}

/* True where a line will tell of it together with others. */
static bool folds(struct watch *watch, const struct attempt *attempt, enum cause cause)
{
    if (watch->fold == NULL)
        return false;
    const int64_t last_us = attempt->lookup != NULL ? attempt->lookup->last_us : attempt->last_us;
    const struct fold_item item = fold_item_of_attempt(attempt, cause, verdict_time(watch, last_us));
    return fold_takes(watch->fold, &item);
}

static bool goes_on_with_fold(struct watch *watch, const struct attempt_summary *summary, enum cause cause)
{
    if (watch->fold == NULL)
        return false;
    const struct fold_item item = fold_item_of_summary(summary, cause, verdict_time(watch, summary->last_us));
    return fold_goes_on(watch->fold, &item);
}

void telling_begin(struct watch *watch, const struct address *local, size_t local_count)
{
    if (!report_folds(watch->report) || (watch->fold = fold_new(on_fold, watch)) == NULL)
        return;
    if (!fold_own_addresses(watch->fold, local, local_count) ||
        !fold_own_addresses(watch->fold, &watch->caller, !address_is_none(&watch->caller)))
        watch_complain(watch, "out of memory");
}

void telling_end(struct watch *watch)
{
    if (watch->fold != NULL)
        fold_finish(watch->fold);
    fold_free(watch->fold);
    watch->fold = NULL;
}

/* What is said of its packets in the capture that is saved; `shown`: they are to be saved at all. */
static void tell_in_capture(struct watch *watch, const struct case_file *file, bool shown)
{
    char error[SOURCE_ERROR_SIZE];
    if (!saving_verdict(&watch->saving, file, watch->verdict, shown, error))
        watch_complain(watch, error);
}

/* It is counted where it is not: once, though a session may be handed over twice. */
static bool is_shown(struct watch *watch, bool shows, bool again)
{
    watch->totals.not_shown += !shows && !again;
    return shows;
}

static bool shows_ends(struct watch *watch, const struct flow_key *key, const char *name, int64_t start_us)
{
    if (!watch->shown.begun) {
        struct tracker_stats stats;
        tracker_stats(watch->tracker, &stats);
        shown_begin(&watch->shown, steady_to_wall(stats.first_us), source_names_by_line());
    }
    return shown_by_ends(&watch->shown, key, name, steady_to_wall(start_us));
}

static bool shows_attempt(struct watch *watch, const struct attempt *attempt)
{
    if (!watch->filters)
        return true;
    const char *name = attempt->lookup != NULL ? attempt->lookup->name : NULL;
    return is_shown(watch, shows_ends(watch, &attempt->key, name, moment_start(attempt)),
                    attempt->facts & FACT_DECIDED);
}

static void tell(struct watch *watch, const struct case_file *file)
{
    if (file->evidence_key)
        verdict_cache_add(watch->cache, file, watch->verdict, watch->report, watch->source_name);
    if (file->attempt->facts & FACT_DECIDED && !cause_is_failure(watch->verdict->cause))
        return; /* reported before, and nothing broke after all */
    const bool shown = !watch->filters || is_shown(watch, shown_by_cause(&watch->shown, watch->verdict->cause),
                                                   file->attempt->facts & FACT_DECIDED);
    tell_in_capture(watch, file, shown);
    if (!shown)
        return;
    report_to_page(watch->report, file, watch->verdict, watch->source_name);
    const bool told_in_group = watch->live && file->attempt->lookup == NULL &&
                               rate_limit_takes_other(watch->rate_limit, file->attempt, watch->verdict->cause);
    if (told_in_group || folds(watch, file->attempt, watch->verdict->cause)) {
        report_count(watch->report, &file->attempt->key, watch->verdict->cause);
        return;
    }
    report_verdict(watch->report, file, watch->verdict, watch->source_name);
    confirm_consider(watch->confirm, file, watch->verdict);
    watch_look_for_reader(watch);
}

void telling_case(void *context, const struct case_file *file)
{
    struct watch *watch = context;
    if (!shows_attempt(watch, file->attempt)) {
        tell_in_capture(watch, file, false);
        return;
    }
    diagnose(file, watch->verdict);
    if (!local_watch_keeps(watch->local_watch, file, watch->verdict))
        tell(watch, file);
}

/* What this machine says of it has come, or nothing came in time. */
void telling_local(void *context, const struct case_file *file)
{
    struct watch *watch = context;
    diagnose(file, watch->verdict);
    tell(watch, file);
}

/* For a summary alone the cause is enough, and for a line of some formats what those alike have in common. */
static enum cache_answer tell_known(struct watch *watch, const struct cached_verdict *known,
                                    const struct attempt_summary *summary)
{
    size_t slot = (size_t)(known - watch->cache->slot);
    if (goes_on_with_fold(watch, summary, known->cause)) {
        report_count(watch->report, &summary->key, known->cause);
        return rate_limit_exceeded(watch->rate_limit, slot) ? CACHE_KNOWN_FORGET : CACHE_KNOWN;
    }
    bool alike = watch->live && rate_limit_takes(watch->rate_limit, slot, summary, known->cause);
    if (!alike && !watch->asked.quiet && !known->has_template)
        return CACHE_UNKNOWN;
    if (alike || watch->asked.quiet)
        report_count(watch->report, &summary->key, known->cause);
    else {
        report_from_template(watch->report, &known->template, summary, known->cause);
        watch_look_for_reader(watch);
    }
    return alike ? CACHE_KNOWN_FORGET : CACHE_KNOWN;
}

enum cache_answer telling_known(void *context, const struct evidence_key *evidence_key,
                                const struct attempt_summary *summary)
{
    struct watch *watch = context;
    if (watch->filters && !is_shown(watch, shows_ends(watch, &summary->key, NULL, summary->first_us), false))
        return CACHE_KNOWN;
    report_count_soon(watch->report, &summary->key);
    const struct cached_verdict *known = verdict_cache_find(watch->cache, evidence_key);
    if (known == NULL)
        return CACHE_UNKNOWN;
    if (watch->filters && !is_shown(watch, shown_by_cause(&watch->shown, known->cause), false))
        return CACHE_KNOWN;
    return tell_known(watch, known, summary);
}

void telling_host(void *context, const struct host *host)
{
    struct watch *watch = context;
    report_host(watch->report, host, watch->source_name);
}
