/* A capture rebuilt from text, as pcapng, whose comment says so: what the text did not print is 0 in it. */
#ifndef REPORT_TEXT_CAPTURE_H
#define REPORT_TEXT_CAPTURE_H

#include <stdbool.h>
#include <stdio.h>

#include <sshsniff/capture.h>

struct text_capture;

/* `file` is closed at the end, unless it is standard output. NULL when memory is out; it stays the caller's then. */
struct text_capture *text_capture_begin(FILE *file);
/* Frames that are not IP are left out: the link type is raw IP. */
bool text_capture_frame(struct text_capture *capture, const struct frame *frame);
bool text_capture_close(struct text_capture *capture);

#endif
