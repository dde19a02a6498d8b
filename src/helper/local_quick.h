/* --local beside -i: the process that reads, again and again while attempts fail, what is quick to read of this machine
 * (listening sockets, rules, counts), and remembers what it was before.
 *
 * Beside the one of helper/local.h, which takes its time: a verdict waits for this one only a moment. */
#ifndef HELPER_LOCAL_QUICK_H
#define HELPER_LOCAL_QUICK_H

#include <sshsniff/local_evidence.h>

#include "local/trail.h"
#include "os/helper.h"

/* What was asked comes back with the answer. */
struct local_quick_request {
    uint32_t number; /* the caller's own; 0: nobody waits for an answer, and none is sent */
    uint32_t role;   /* enum local_role: whose way through the rules is asked for, the SYN's in or its way out */
    struct local_question question;
    uint16_t client_port; /* of the client's socket, by which its user is found */
    uint16_t unused[3];
};

/* The number of an answer that nobody asked for: a socket of this machine sends SYNs to a watched port, and a rule of
 * its own stops them. The question is that socket's. */
enum { LOCAL_QUICK_UNASKED = -1 };

/* As local_start, local_ask and local_hear. */
bool local_quick_start(struct helper *helper, const char *user, char error[HELPER_ERROR_SIZE]);
bool local_quick_ask(const struct helper *helper, const struct local_quick_request *request);
int local_quick_hear(const struct helper *helper, int wait_ms, struct local_quick_request *asked,
                     struct local_sighting *out);

#endif
