/* --local: attempts of this machine that failed wait a moment for what the machine itself says of them. */
#ifndef RUN_LOCAL_WATCH_H
#define RUN_LOCAL_WATCH_H

#include <sshsniff/port_set.h>
#include <sshsniff/tracker.h>
#include <sshsniff/verdict.h>

#include "os/helper.h"

struct local_watch; /* opaque; NULL stands for "not asked for" in all functions */

/* Gets each attempt that had to wait, with its file->local set. */
typedef void (*local_handler)(void *context, const struct case_file *file);

/* Starts the processes that look, as `user` (-Z's, or NULL). Call it before anything is opened. NULL with one line in
 * `error` on failure. */
struct local_watch *local_watch_start(const char *user, char error[HELPER_ERROR_SIZE]);
void local_watch_end(struct local_watch *watch);

/* The channels to them: -1 for none. */
int local_watch_channel(const struct local_watch *watch, unsigned n);

/* A capture begins. `local`: this machine's addresses, `interface`: what is listened on, or NULL; all are the caller's
 * and outlive the capture. */
void local_watch_begin(struct local_watch *watch, const struct address *local, size_t count,
                       const struct port_set *ports, const char *interface, local_handler handler, void *context);

/* Looks at each packet: which SYNs come, and what shows that an attempt fails. */
void local_watch_packet(struct local_watch *watch, const struct packet *packet, int64_t ts_us);

/* True where the attempt waits for what the machine says: the handler will get it. `verdict`: by its packets alone. */
bool local_watch_keeps(struct local_watch *watch, const struct case_file *file, const struct verdict *verdict);

/* Hands over what need not wait longer. */
void local_watch_advance(struct local_watch *watch);
/* The capture is over: waits for what is outstanding, a moment, and hands over all. */
void local_watch_finish(struct local_watch *watch);

/* True once, where a process that looks has ended: from then on the packets alone tell. */
bool local_watch_is_lost(struct local_watch *watch);

/* Attempts that were seen with neither end here. */
bool local_watch_saw_none(const struct local_watch *watch, uint64_t *others);

#endif
