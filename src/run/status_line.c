#include "status_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/terminal.h"

enum { TEXT_SIZE = 512, CAUSES_SHOWN = 4, RECORD_HEADER = 16, LEAST_WIDTH = 20, USUAL_WIDTH = 80 };

#define FIRST_US 1000000
#define EVERY_US 500000

void status_line_begin(struct status_line *line)
{
    const char *terminal = getenv("TERM");
    line->wanted = isatty(STDERR_FILENO) && (terminal == NULL || strcmp(terminal, "dumb") != 0);
    line->width = terminal_width(STDERR_FILENO);
}

/* What is compressed tells its size at its end alone. */
static bool is_compressed(int descriptor)
{
    uint8_t head[4] = {0};
    const bool read = pread(descriptor, head, sizeof head, 0) == (ssize_t)sizeof head;
    return !read || (head[0] == 0x1f && head[1] == 0x8b) || memcmp(head, "\x28\xb5\x2f\xfd", sizeof head) == 0;
}

void status_line_source(struct status_line *line, int descriptor)
{
    struct stat status;
    line->began_us = 0;
    line->all_bytes = 0;
    if (line->wanted && descriptor >= 0 && fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) &&
        !is_compressed(descriptor))
        line->all_bytes = (uint64_t)status.st_size;
}

bool status_line_is_due(struct status_line *line, int64_t now_us)
{
    if (!line->wanted)
        return false;
    if (line->began_us == 0) {
        line->began_us = now_us;
        line->next_us = now_us + FIRST_US;
    }
    if (now_us < line->next_us)
        return false;
    line->next_us = now_us + EVERY_US;
    return true;
}

/* Cut where the terminal ends: a line that goes on in the next could not be cleared. */
static void draw(struct status_line *line, const char *text)
{
    const size_t width = line->width > LEAST_WIDTH ? line->width : USUAL_WIDTH;
    fprintf(stderr, "\r%.*s\033[K", (int)(width - 1), text);
    fflush(stderr);
    line->stands = true;
}

void status_line_progress(struct status_line *line, const struct source_stats *stats, int64_t now_us)
{
    char text[TEXT_SIZE], part[64] = "", left[64] = "";
    const double seconds = (double)(now_us - line->began_us) / 1e6;
    const uint64_t done = stats->bytes_read + RECORD_HEADER * stats->frames_read;
    if (line->all_bytes > 0 && done > 0) {
        const double share = done < line->all_bytes ? (double)done / (double)line->all_bytes : 1;
        snprintf(part, sizeof part, "%d %%, ", share < 0.99 ? (int)(share * 100) : 99);
        snprintf(left, sizeof left, ", %.0f s left", seconds / share - seconds);
    }
    snprintf(text, sizeof text, "reading: %s%llu frames, %.0f a second%s", part, (unsigned long long)stats->frames_read,
             (double)stats->frames_read / seconds, left);
    draw(line, text);
}

static int most_frequent(const struct report_counts *counts, const bool done[CAUSE_COUNT])
{
    int most = -1;
    for (int cause = 0; cause < CAUSE_COUNT; cause++)
        if (!done[cause] && counts->causes[cause] > 0 && (most < 0 || counts->causes[cause] > counts->causes[most]))
            most = cause;
    return most;
}

void status_line_live(struct status_line *line, const struct report_counts *counts, const struct source_stats *stats)
{
    char text[TEXT_SIZE];
    bool done[CAUSE_COUNT] = {false};
    int length = snprintf(text, sizeof text, "%llu attempts", (unsigned long long)counts->attempts);
    int cause;
    for (int shown = 0; shown < CAUSES_SHOWN && (cause = most_frequent(counts, done)) >= 0; shown++) {
        done[cause] = true;
        length += snprintf(text + length, sizeof text - (size_t)length, "%s %s %llu", shown == 0 ? ":" : ",",
                           cause == CAUSE_NONE ? "logged in" : cause_name((enum cause)cause),
                           (unsigned long long)counts->causes[cause]);
    }
    snprintf(text + length, sizeof text - (size_t)length, "%s; %llu frames dropped",
             most_frequent(counts, done) >= 0 ? ", …" : "",
             (unsigned long long)(stats->kernel_dropped + stats->interface_dropped));
    draw(line, text);
}

void status_line_clear(struct status_line *line)
{
    if (!line->stands)
        return;
    fputs("\r\033[K", stderr);
    fflush(stderr);
    line->stands = false;
}
