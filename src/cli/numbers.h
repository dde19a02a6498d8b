/* Numbers as people write them on a command line or in a configuration: nothing before or behind them. */
#ifndef CLI_NUMBERS_H
#define CLI_NUMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* False where it is no whole number within those bounds. */
bool whole_number(const char *text, uint64_t least, uint64_t most, uint64_t *out);

/* A number of bytes, with K, M or G behind it for powers of 1024. */
bool bytes_of(const char *text, size_t least, size_t *out);

#endif
