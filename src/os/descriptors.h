/* Which descriptors are open, and which of them others get. */
#ifndef OS_DESCRIPTORS_H
#define OS_DESCRIPTORS_H

#include <stdbool.h>

/* Descriptors 0 to 2 are open from now on: /dev/null stands in where the caller closed one, so that nothing that is
 * opened later is written to as if it were standard output. */
bool descriptors_fill_standard(void);

/* What the caller has left open beside those three, and all that was opened so far, is closed by exec. */
void descriptors_close_on_exec(void);

/* In a child: closes everything from `first` on but `kept` (-1: nothing is kept). */
void descriptors_close_others(int first, int kept);

/* What is opened while numbers are held gets one from DESCRIPTORS_HELD on: so a number is not given out again that a
 * list of system calls speaks of. */
#define DESCRIPTORS_HELD 64
void descriptors_hold(bool held[DESCRIPTORS_HELD]);
void descriptors_let_go(const bool held[DESCRIPTORS_HELD]);

#endif
