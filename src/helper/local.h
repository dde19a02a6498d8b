/* The process that reads what this machine says of its SSH service (src/local), for one that has no rights.
 *
 * A question and an answer are each one datagram of a fixed size, as with the other helpers (os/helper.h), but larger.
 * The helper never sees a packet. It keeps the rights to look at what is others' (capabilities_keep_looking), as far as
 * there were any, and is no root: it can write nothing that matters. */
#ifndef HELPER_LOCAL_H
#define HELPER_LOCAL_H

#include <sshsniff/local.h>

#include "local/reading.h"
#include "os/helper.h"

/* What was asked comes back with the answer. */
struct local_request {
    uint32_t number; /* the caller's own, to tell answers apart */
    uint32_t parts;  /* of enum local_part */
    uint32_t budget_ms;
    struct local_question question;
};

/* Starts it as `user` (-Z's, or NULL). Call it before anything is opened that it must not hold, and before rights are
 * given up. False with one line in `error`. End it with helper_end. */
bool local_start(struct helper *helper, const char *user, char error[HELPER_ERROR_SIZE]);

/* How such a process gives up all that it does not need; `context`: the account to become, or NULL. For the helper that
 * reads the same facts beside -i (local_quick.h). */
bool local_begin(void *context, int channel, char error[HELPER_ERROR_SIZE]);

/* Does not wait. False: it was not sent, for the helper is gone or still busy with what was asked before. */
bool local_ask(const struct helper *helper, const struct local_request *request);

/* Waits up to `wait_ms` (0: not at all; -1: as long as it takes). 1: there is an answer; 0: not yet; -1: the helper is
 * gone, or what it says makes no sense. All texts in *out end, all counts fit; what they say is the helper's word. */
int local_hear(const struct helper *helper, int wait_ms, struct local_request *asked, struct local_facts *out);

/* Whether a request is one that the helper takes: the one who asks may have been taken over by what it read. */
bool local_request_is_sound(const struct local_request *request);

/* Makes any bytes safe to be read as facts: ends texts, bounds counts, and enumerations that are none become 0. */
void local_make_sound(struct local_facts *facts);

#endif
