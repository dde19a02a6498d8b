/* A case file that outlives the tracker's callback: a copy of all that a verdict may rest on. */
#ifndef RUN_KEPT_CASE_H
#define RUN_KEPT_CASE_H

#include <sshsniff/host.h>
#include <sshsniff/tracker.h>

enum { KEPT_LEGS = 8 };

struct kept_case {
    struct case_file file; /* points into what follows */
    struct attempt attempt;
    struct answer answer;
    struct connection connection;
    struct dialogue dialogue;
    uint8_t *stream[2]; /* of the dialogue */
    struct host client, server, icmp_sender;
    struct server_identity identity;
    struct capture_facts capture;
    struct address other_network;
    struct flow_key legs[KEPT_LEGS];
    struct other_address others[OTHER_ADDRESSES];
    char nflog_prefix[NFLOG_PREFIX_SIZE], reset_text[RESET_TEXT_SIZE];
};

/* False where memory is out, or the case is one of a look-up: then nothing is kept. */
bool kept_case_take(struct kept_case *kept, const struct case_file *file);
void kept_case_free(struct kept_case *kept);

#endif
