/* The options that choose which attempts are shown. */
#ifndef CLI_SHOWN_OPTIONS_H
#define CLI_SHOWN_OPTIONS_H

#include "run/shown.h"

#define SHOWN_ERROR_SIZE 256

/* Each adds to `out` what one option's value says, which may be a list with commas; names stay in `text`. False, with
 * one line in `error`, where it is wrong. */
bool shown_option_cause(const char *text, struct shown *out, char error[SHOWN_ERROR_SIZE]);
bool shown_option_client(const char *text, struct shown *out, char error[SHOWN_ERROR_SIZE]);
bool shown_option_host(const char *text, struct shown *out, char error[SHOWN_ERROR_SIZE]);

/* `name`: of the option. ISO 8601, or HH:MM[:SS]; local time unless it ends with Z or an offset. */
bool shown_option_moment(const char *name, const char *text, struct shown_moment *out, char error[SHOWN_ERROR_SIZE]);

#endif
