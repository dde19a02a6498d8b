/* The server's journal, or the log file where there is none. */
#ifndef LOCAL_LOGS_H
#define LOCAL_LOGS_H

#include "command.h"

/* The last lines of this boot of a unit's journal, and of the socket's that starts it ("": none), the newest last. */
enum local_state logs_of_unit(const char *unit, const char *socket, struct command_output *out);

/* The last lines of SSH servers, with times, the newest last; no more than fit. `file`: set to the log file that they
 * come from, "" for the journal. */
enum local_state logs_of_servers(struct command_output *out, const char **file);

/* Of the lines of a service that failed, the one that says best why; "" where none does. */
void logs_reason(const char *text, char *line, size_t size);

/* When a line says that the unit stopped, the last time; 0: none does. */
int64_t logs_last_stop(const char *text, int64_t now_us);

/* The time at the beginning of a line, of the journal (seconds since 1970), of a file (RFC 3339, or as in
 * "Nov 30 02:13:00", then the latest such time before `now_us`); 0 where there is none. */
int64_t logs_time(const char *line, int64_t now_us);

/* The part of a line behind the time and the host's name: "sshd[12]: …". */
const char *logs_message(const char *line);

#endif
