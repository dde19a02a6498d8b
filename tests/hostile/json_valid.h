/* Is a line one JSON object (RFC 8259), in valid UTF-8? */
#ifndef HOSTILE_JSON_VALID_H
#define HOSTILE_JSON_VALID_H

#include <stdbool.h>
#include <stddef.h>

bool json_object_valid(const char *text, size_t length);

#endif
