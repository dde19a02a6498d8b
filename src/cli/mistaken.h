/* Words where a filter expression may stand that were meant as something else: a command, or a capture without -r.
 * libpcap takes any word for a host's name, so these would listen to an interface, or ask a name server. */
#ifndef CLI_MISTAKEN_H
#define CLI_MISTAKEN_H

#include <stdbool.h>
#include <stddef.h>

#define MISTAKEN_ERROR_SIZE 256

/* Was the word at `first` (the first that is no option, of `argc`) meant as one of the commands? Then one line in
 * `error` says how it is written. */
bool mistaken_command(int argc, char **argv, int first, const char *const *commands, size_t count,
                      char error[MISTAKEN_ERROR_SIZE]);

/* Was the first word of an expression meant as a file to read? Then one line in `error` says so. */
bool mistaken_file(int count, char **words, char error[MISTAKEN_ERROR_SIZE]);

#endif
