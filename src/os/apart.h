/* What has to be read before rights can be given up is read by a child that has none. */
#ifndef OS_APART_H
#define OS_APART_H

#include <stdbool.h>
#include <stddef.h>

#include "confine.h"

/* Has `function` fill the `size` bytes of `result`, in a child that has given up all privileges and is confined as
 * `kind`, and waits for it. `before` (NULL: nothing) runs in the child while it still has them. The bytes are data from
 * a process that may have been taken over: whoever uses them checks them. False where the child did not end well, or
 * one of the two returned false. */
bool apart(enum process_kind kind, bool (*before)(void *result), bool (*function)(void *result), void *result,
           size_t size);

#endif
