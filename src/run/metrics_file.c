#include "metrics_file.h"

#include <errno.h>
#include <stdio.h>

#include "os/privilege.h"

bool metrics_file_open(struct metrics_file *file, const char *user, char *error, size_t size)
{
    char why[512];
    struct identity owner;
    file->due = (struct heartbeat){.every_us = METRICS_EVERY_US};
    if (file->path == NULL)
        return true;
    file->is_open =
        privilege_whom(user, &owner, why) && exchanged_file_open(&file->file, file->path, &owner, why, sizeof why);
    if (!file->is_open)
        snprintf(error, size, "--metrics %.350s; its folder must be that user's to write (-Z names another user)", why);
    return file->is_open;
}

bool metrics_file_is_due(struct metrics_file *file, int64_t now_us)
{
    return file->is_open && heartbeat_is_due(&file->due, now_us);
}

bool metrics_file_write(struct metrics_file *file, struct metrics *metrics, char *error, size_t size)
{
    if (!file->is_open || file->failed)
        return true;
    file->text.length = 0;
    metrics->source = file->source;
    metrics->version = file->version;
    metrics_text(&file->text, metrics);
    errno = ENOMEM;
    if (!file->text.failed && exchanged_file_write(&file->file, file->text.data, file->text.length))
        return true;
    file->failed = true;
    snprintf(error, size, "--metrics %.200s: %s; it is no longer kept", file->path, strerror(errno));
    return false;
}

void metrics_file_close(struct metrics_file *file)
{
    if (file->is_open)
        exchanged_file_close(&file->file);
    file->is_open = false;
    buffer_free(&file->text);
}
