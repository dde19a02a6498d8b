/* What could not be read, and what would allow it. */
#ifndef LOCAL_LACKS_H
#define LOCAL_LACKS_H

#include <sshsniff/local.h>

/* Notes what could not be read, and what would allow it; each only once, and no more than there is room for. */
__attribute__((format(printf, 3, 4))) void local_lacks(struct local_facts *facts, const char *what, const char *remedy,
                                                       ...);

#endif
