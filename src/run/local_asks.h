/* Questions to this machine about attempts that fail, and the answers to them: early, as soon as packets show that an
 * attempt fails, so that little can change before it is looked; and no more of them than cost next to nothing. */
#ifndef RUN_LOCAL_ASKS_H
#define RUN_LOCAL_ASKS_H

#include <sshsniff/attempt.h>
#include <sshsniff/local_evidence.h>

#include "helper/local.h"
#include "helper/local_quick.h"

enum { EARLY_ANSWERS = 64, ASKS_DUE = 64, INTERFACES = 64 };

/* A quick answer, kept for the attempt that it was asked for. */
struct early_answer {
    struct flow_key key;
    uint32_t number; /* 0: free */
    bool heard;
    int64_t asked_us; /* wall clock */
    struct local_sighting seen;
};

struct ask_due {
    struct flow_key key;
    enum local_role role;
    uint32_t interface; /* on which its packet was seen */
    int64_t due_us;     /* wall clock */
};

struct local_asks {
    struct helper quick, slow;
    /* This machine's interfaces when it began, for -i any; or the one that is listened on. */
    struct {
        uint32_t index;
        char name[16];
    } interface[INTERFACES];
    unsigned interfaces;
    bool one_interface;
    struct early_answer early[EARLY_ANSWERS];
    struct ask_due due[ASKS_DUE];
    unsigned next_early, dues;
    uint32_t last_number;
    unsigned slow_unheard;
    struct ask_budget {
        int64_t then_us; /* when it was asked last */
        double left;     /* questions that may be asked now */
    } quick_budget, slow_budget;
    struct local_facts general; /* what the slow answers said last, whoever was asked about */
    struct local_facts heard;   /* the latest slow answer */
    bool is_lost;               /* one of the two processes has ended */
    bool has_unsent;            /* `unsent` holds what nobody asked for: the taker clears it */
    struct early_answer unsent;
};

/* Both processes, as `user`. False with one line in `error`. */
bool local_asks_begin(struct local_asks *asks, const char *user, char error[HELPER_ERROR_SIZE]);
void local_asks_end(struct local_asks *asks);

/* Has the machine asked about this attempt a moment after `ts_us`, when the packet has met all rules. */
void local_asks_soon(struct local_asks *asks, const struct flow_key *key, enum local_role role, uint32_t interface,
                     int64_t ts_us);

/* All packets come by that interface. */
void local_asks_one_interface(struct local_asks *asks, const char *name);

/* Asks at once. The number of the question; 0: it was not asked, for too many were. */
uint32_t local_asks_quick(struct local_asks *asks, const struct flow_key *key, enum local_role role, uint32_t interface,
                          int64_t now_us);
bool local_asks_slow(struct local_asks *asks, const struct flow_key *key, uint32_t interface, uint32_t parts,
                     uint32_t number);

/* That attempt was asked about after `since_us`; the answer may not have come yet. */
bool local_asks_asked(const struct local_asks *asks, const struct flow_key *key, int64_t since_us);

/* Sends what is due, and takes what was answered. `slow_number`: the question of a slow answer, which is in
 * asks->heard then; 0: there was none. Call it until it returns false. */
bool local_asks_hear(struct local_asks *asks, int64_t now_us, uint32_t *slow_number);

/* The latest answer on that attempt that was read after `since_us`; NULL: there is none yet. */
const struct local_sighting *local_asks_answer(const struct local_asks *asks, const struct flow_key *key,
                                               int64_t since_us);

#endif
