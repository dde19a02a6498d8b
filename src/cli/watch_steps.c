#include "watch_steps.h"

#include <string.h>

#include "exit_status.h"
#include "options.h"
#include "os/identity.h"
#include "os/output_file.h"
#include "rights.h"
#include "run/periodic.h"

/* The file of -w, as the one who asked for it. */
static bool open_saved(struct watch *watch)
{
    char error[SOURCE_ERROR_SIZE];
    struct identity asker;
    const char *path = watch->saving.path;
    if (path == NULL || strcmp(path, "-") == 0)
        return true;
    identity_of_asker(&asker);
    watch->saving.descriptor = output_file_open(path, &asker, error, sizeof error);
    watch->saving.is_open = watch->saving.descriptor >= 0;
    if (!watch->saving.is_open)
        watch_complain(watch, error);
    return watch->saving.is_open;
}

/* The same of --metrics. */
static bool open_metrics(struct watch *watch)
{
    char error[SOURCE_ERROR_SIZE];
    const char *interface = watch->options->interface;
    watch->metrics.source = !watch->live || watch->follows ? "" : interface != NULL ? interface : "any";
    if (metrics_file_open(&watch->metrics, watch->options->user, error, sizeof error))
        return true;
    watch_complain(watch, error);
    return false;
}

bool watch_open_outputs(struct watch *watch)
{
    char error[SOURCE_ERROR_SIZE];
    if (!open_saved(watch) || !open_metrics(watch))
        return false;
    if (page_output_open(&watch->page, error))
        return true;
    watch_complain(watch, error);
    return false;
}

/* False where this must not go on. */
bool watch_give_up_rights(struct watch *watch, enum process_kind kind, const char *folder)
{
    const struct options *options = watch->options;
    const struct confinement wanted = {
        .kind = kind,
        .folder = {folder},
        .exchanged = watch->metrics.is_open ? &watch->metrics.file : NULL,
        .output = watch->saving.path != NULL ? watch->saving.descriptor : -1,
        .further_output = watch->page.descriptor > 0 ? watch->page.descriptor : 0,
        .channel = confirm_channel(watch->confirm),
        .other_channel = local_watch_channel(watch->local_watch, 0),
        .third_channel = local_watch_channel(watch->local_watch, 1),
        .looks_up = options->filter != NULL,
    };
    bool greets = watch->live && !watch->follows && report_format_greets(options->format) && !options->quiet;
    watch->refused = rights_give_up(options->user, &wanted, greets, options->verbose > 0);
    return watch->refused == EXIT_DONE && watch_write_metrics(watch);
}

/* False where -w cannot be written: then nothing is worth starting. */
bool watch_begin_saving(struct watch *watch, const struct source *source)
{
    char error[SOURCE_ERROR_SIZE];
    if (saving_begin(&watch->saving, source_linktype(source), watch->options->snaplen, error))
        return true;
    watch_complain(watch, error);
    return false;
}
