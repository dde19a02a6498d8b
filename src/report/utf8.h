/* Reads UTF-8 that may be hostile. */
#ifndef REPORT_UTF8_H
#define REPORT_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UTF8_INVALID 0xffffffffu

/* The character at `text` (`length` > 0 bytes left) and its bytes in *used; UTF8_INVALID, with *used 1, where it is
 * none. */
uint32_t utf8_read(const char *text, size_t length, size_t *used);

/* True for characters that steer a terminal or turn the text around: C0 and C1 controls, DEL, line separators, bidi
 * marks. */
bool utf8_is_unsafe(uint32_t character);

/* Writes a question mark over each byte of such a character, or of what is none: for a name or a path that was given by
 * somebody, in an error of one line. */
void utf8_make_safe(char *text);

#endif
