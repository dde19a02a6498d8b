/* What the tables of causes are written with. */
#ifndef DIAGNOSE_CAUSES_H
#define DIAGNOSE_CAUSES_H

#include <stddef.h>

#include <sshsniff/cause.h>

#include "causes_when.h"

/* The rows, in the files causes_*.c; one that is missing does not link. */
#define CAUSE_ROW_DECLARATION(upper, lower) extern const struct cause_row cause_##lower;
CAUSE_LIST(CAUSE_ROW_DECLARATION)

/* Lists inside a row. */
#define TEXTS(...)  ((const struct cause_text[]){__VA_ARGS__, {ALWAYS, NULL}})
#define ADVICE(...) ((const struct cause_advice[]){__VA_ARGS__, {ALWAYS, ADVISE_ANYONE, NULL}})

/* Conditions of a text: those of causes_when.h by their names. */
/* clang-format off */
#define ALWAYS                    {NULL}
#define WHEN(one)                 {&when_##one}
#define WHEN_BOTH(one, two)       {&when_##one, &when_##two}
#define WHEN_ALL(one, two, three) {&when_##one, &when_##two, &when_##three}
/* clang-format on */

#define SERVER  ADVISE_SERVER
#define CLIENT  ADVISE_CLIENT
#define NETWORK ADVISE_NETWORK
#define ANYONE  ADVISE_ANYONE

/* Words of OpenSSH's client that several causes make it print (sshconnect.c, kex.c, packet.c), and of strerror. */
#define SSH_REFUSED          "Connection refused"
#define SSH_TIMED_OUT        "Connection timed out"
#define SSH_NO_ROUTE         "No route to host"
#define SSH_BANNER_TIMED_OUT "Connection timed out during banner exchange"
#define SSH_CLOSED_EARLY     "kex_exchange_identification: Connection closed by remote host"
#define SSH_RESET_EARLY      "kex_exchange_identification: read: Connection reset by peer"

#define WHEN_CONNECT_GIVES_UP "after ConnectTimeout, or about two minutes without it (tcp_syn_retries)"

#endif
