/* Captures that are files: one after the other, and once more in order of time where one is not. */
#include "watch_files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "opened_files.h"
#include "options.h"
#include "run/loop.h"
#include "watch_follow.h"
#include "watch_steps.h"

#define SORTABLE_BYTES ((size_t)64 << 20) /* a larger file that is out of order is taken as it comes */

/* How much of a file that is out of order is held to be sorted. */
static size_t sortable_bytes(const struct options *options)
{
    const size_t half = options->max_memory / 2;
    return half && half < SORTABLE_BYTES ? half : SORTABLE_BYTES;
}

static void complain_of_order(struct watch *watch, const struct source *source)
{
    char text[SOURCE_ERROR_SIZE];
    snprintf(text, sizeof text, "%.300s: its frames are not in order of time, and memory is out to sort them",
             source_name(source));
    watch_complain(watch, text);
}

/* The same file from its start, in order of time; as it comes where it is too large to be held. */
static void watch_again(struct watch *watch, const struct opened_file *file, struct filter *filter)
{
    char error[SOURCE_ERROR_SIZE];
    struct sorted_frames sorted = {0};
    watch->may_sort = watch->disordered = false;
    struct source *source = opened_file_source(file, filter, error);
    const bool is_held = source && sorted_frames_load(&sorted, source, sortable_bytes(watch->options));
    if (sorted.memory_out)
        complain_of_order(watch, source);
    if (is_held) {
        if (source_error(source)[0])
            watch_complain(watch, source_error(source));
        watch_source(watch, source, &sorted);
        sorted_frames_free(&sorted);
    } else if (source) {
        source_close(source);
        source = opened_file_source(file, filter, error);
        if (source)
            watch_source(watch, source, NULL);
    }
    if (!source)
        watch_complain(watch, error);
    source_close(source);
}

static void watch_file(struct watch *watch, struct source *source, const struct opened_file *file,
                       struct filter *filter)
{
    /* A pipe cannot be read again, and what -w has written cannot be taken back. */
    status_line_source(&watch->status, file->descriptor);
    watch->may_sort = opened_file_is_regular(file) && !watch->options->save && !watch->options->count;
    watch_source(watch, source, NULL);
    if (watch->disordered)
        watch_again(watch, file, filter);
}

/* What follows was not read: a verdict on what was may lack its end. */
static void complain_of_interruption(struct watch *watch, struct source *source)
{
    char text[SOURCE_ERROR_SIZE];
    struct source_stats stats;
    source_stats(source, &stats);
    snprintf(text, sizeof text, "%.300s: interrupted after %llu frames; the rest was not read", source_name(source),
             (unsigned long long)stats.frames_read);
    watch_complain(watch, text);
}

static void read_files(struct watch *watch, const struct opened_file *files, size_t count, struct filter *filter)
{
    char error[SOURCE_ERROR_SIZE];
    bool go_on = true;
    for (size_t i = 0; i < count && go_on; i++) {
        struct source *source = opened_file_source(&files[i], filter, error);
        if (source == NULL) {
            watch_complain(watch, error);
            continue; /* the other files may still tell something */
        }
        if ((go_on = watch_begin_saving(watch, source)))
            watch_file(watch, source, &files[i], filter);
        if (watch_is_stopped())
            complain_of_interruption(watch, source);
        source_close(source);
        go_on = go_on && !watch_is_stopped() && !watch->reader_gone;
    }
}

/* Names in it are looked up here, while there still is a way to look. */
static struct filter *filter_for_files(const char *expression)
{
    enum { MOST = 32 };
    int linktypes[MOST];
    size_t count = 0;
    while (count < MOST && (linktypes[count] = decode_linktype_at(count)) >= 0)
        count++;
    return source_filter_new(expression, linktypes, count);
}

static bool any_opened(const struct opened_file *files, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (files[i].descriptor >= 0)
            return true;
    return false;
}

void watch_files(struct watch *watch)
{
    const struct options *options = watch->options;
    const bool filters = options->filter != NULL && options->filter[0] != '\0';
    struct filter *filter = filters ? filter_for_files(options->filter) : NULL;
    struct opened_file *files = opened_files(options->files, options->file_count);
    if (files == NULL || (filters && filter == NULL))
        watch_complain(watch, "out of memory");
    else if (options->follow)
        watch_follow(watch, &files[0], filter);
    else if ((!any_opened(files, options->file_count) || watch_open_outputs(watch)) &&
             watch_give_up_rights(watch, PROCESS_FILES, NULL))
        read_files(watch, files, options->file_count, filter);
    free(files);
    if (filters)
        source_filter_free(filter);
}
