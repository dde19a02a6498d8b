/* --html: the page of all verdicts, to a file that is opened before rights are given up and written at the end. */
#ifndef RUN_PAGE_OUTPUT_H
#define RUN_PAGE_OUTPUT_H

#include <sshsniff/report.h>

struct page_output {
    const char *path; /* NULL: none is wanted */
    int descriptor;   /* -1: not open */
    struct page *page;
};

/* Opens the file as the one who asked for it. These return false with one line in `error`. */
bool page_output_open(struct page_output *output, char error[SOURCE_ERROR_SIZE]);
/* After the summary. */
bool page_output_end(struct page_output *output, char error[SOURCE_ERROR_SIZE]);

#endif
