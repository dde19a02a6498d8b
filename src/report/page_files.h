/* The page's own files, which stand in src/report/page/ and are built into the program. */
#ifndef REPORT_PAGE_FILES_H
#define REPORT_PAGE_FILES_H

#include "buffer.h"

/* What is filled in between the template's words. */
enum page_slot {
    SLOT_STYLE,
    SLOT_STYLE_HASH,
    SLOT_SCRIPT,
    SLOT_SCRIPT_HASH,
    SLOT_TITLE,
    SLOT_HEADING,
    SLOT_SUBTITLE,
    SLOT_SUMMARY,
    SLOT_TIMELINE,
    SLOT_CAUSES,
    SLOT_HOSTS,
    SLOT_FAILURES,
    SLOT_VERSION,
    SLOT_TIMES,
    SLOT_LEFT_OUT,
    SLOT_DATA,
    SLOT_COUNT
};

typedef void (*slot_filler)(void *context, enum page_slot slot, struct buffer *out);

/* The template, with the files and their hashes in their slots; `fill` is called for all others. `rules`: behind those
 * of the style sheet. */
void page_files_write(slot_filler fill, void *context, const struct buffer *rules, struct buffer *out);

/* Bytes that the template and the files take. */
size_t page_files_size(void);

#endif
