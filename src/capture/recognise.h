/* What to say of a file that is not a capture we read. */
#ifndef CAPTURE_RECOGNISE_H
#define CAPTURE_RECOGNISE_H

#include <stddef.h>
#include <stdint.h>

/* One line: what the bytes seem to be, and what to do. */
const char *recognise_other(const uint8_t *bytes, size_t size);

/* The same of a format that is known and not read; NULL where it is none. */
const char *recognise_packed(const uint8_t *bytes, size_t size);

#endif
