/* The lines of a log that speak of one client. */
#ifndef LOCAL_LOG_H
#define LOCAL_LOG_H

#include <sshsniff/local.h>

/* Takes the last line of SSH servers in `text` that names the address `client`, and the penalty that may hold it now.
 */
void log_take(const char *text, const char *client, int64_t now_us, struct local_log *out);

#endif
