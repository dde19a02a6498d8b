/* --confirm: settles an ambiguous verdict by probing its target, from a process of its own, so that the capture goes
 * on. */
#ifndef HELPER_CONFIRM_H
#define HELPER_CONFIRM_H

#include <sshsniff/packet.h>
#include <sshsniff/report.h>
#include <sshsniff/verdict.h>

struct confirm; /* opaque; NULL stands for "not asked for" in all functions */

/* Starts the process that may open what a probe needs, as `user` (-Z's, or NULL); the processes that it starts, one for
 * each probe, have no right left, and write what they found to standard output in `format`. Call it before anything is
 * opened. NULL with one line in `error` on failure. */
struct confirm *confirm_start(const struct report_format *format, unsigned verbose, const char *user, char error[256]);

/* With the rights of a capture, where frames of the interface do not say which way they went: has the kernel say what
 * is sent by it. False with one line in `error`: then nothing of what it captures is probed. */
bool confirm_watch(struct confirm *confirm, const char *interface, char error[256]);

/* To be called now and then. */
void confirm_look(struct confirm *confirm);

/* The channel to that process: -1 for none. */
int confirm_channel(const struct confirm *confirm);

/* Has the target of a failed attempt probed where a probe would settle what packets left open: at most once a minute
 * for each, and CONFIRM_A_MINUTE of them in all. Only of SYNs that left this machine: whoever sends it frames must not
 * have it probe others. */
void confirm_consider(struct confirm *confirm, const struct case_file *file, const struct verdict *verdict);

/* True for packets of a probe, or about one: they are no attempts of anybody's. */
bool confirm_is_own(const struct confirm *confirm, const struct packet *packet);

/* Waits for a probe under way, and ends the process. */
void confirm_end(struct confirm *confirm);

/* Who was asked, and when (packet time). */
#define CONFIRM_TARGETS  64
#define CONFIRM_A_MINUTE 12
struct confirm_asked {
    struct address target; /* none: free */
    uint16_t port;
    int64_t when_us;
};

/* Notes that a target is asked now. False where it was asked less than a minute ago, or CONFIRM_A_MINUTE others
 * were: then it must not be asked. */
bool confirm_note(struct confirm_asked table[CONFIRM_TARGETS], const struct address *target, uint16_t port,
                  int64_t now_us);

#endif
