/* --follow: a file that is still being written. */
#include "watch_follow.h"

#include <limits.h>
#include <stdio.h>

#include "options.h"
#include "report/utf8.h"
#include "run/loop.h"
#include "watch_steps.h"

static void greet_follower(const struct watch *watch)
{
    char name[SOURCE_ERROR_SIZE];
    if (!report_format_greets(watch->options->format) || watch->options->quiet)
        return;
    snprintf(name, sizeof name, "%.300s", watch->options->files[0]);
    utf8_make_safe(name);
    fprintf(stderr, "following %s, ports %s: Ctrl-C to stop\n", name, watch->options->ports_text);
}

/* Owns `file`. */
static void follow_opened(struct watch *watch, struct followed *file, struct filter *filter)
{
    char error[SOURCE_ERROR_SIZE];
    struct source *source = source_open_followed(file, filter, error);
    if (source == NULL) {
        watch_complain(watch, error);
        return;
    }
    if (watch_begin_saving(watch, source)) {
        greet_follower(watch);
        watch_source(watch, source, NULL);
    }
    source_close(source);
}

/* What its writer goes on to is opened later, below the same folder and with the rights that are left. */
void watch_follow(struct watch *watch, const struct opened_file *opened, struct filter *filter)
{
    char folder[PATH_MAX], error[SOURCE_ERROR_SIZE];
    if (opened->descriptor < 0) {
        (void)opened_file_source(opened, filter, error);
        watch_complain(watch, error);
        return;
    }
    struct followed *file = source_follow(opened->descriptor, opened->path);
    source_followed_folder(opened->path, folder, sizeof folder);
    if (file == NULL)
        watch_complain(watch, "out of memory");
    else if (watch_open_outputs(watch) &&
             watch_give_up_rights(watch, PROCESS_FILES, opened_file_is_regular(opened) ? folder : NULL))
        follow_opened(watch, file, filter);
    else
        source_unfollow(file);
}
