/* What a message means that a program printed when a login failed: which causes print it, the likeliest first. */
#ifndef REPORT_EXPLAIN_H
#define REPORT_EXPLAIN_H

#include <stdbool.h>

#include "messages.h"
#include "slots.h"

/* Longer lines are cut: no message of a client is as long. */
#define EXPLAIN_LINE 1024
#define EXPLAIN_HOST 254

enum { MESSAGES_HEARD = 8 }; /* of one log; the weakest make room */

struct heard_message {
    const struct message *message;
    char line[EXPLAIN_LINE];
};

/* A log as it is read, line by line; all zero before the first. */
struct log_reading {
    struct heard_message heard[MESSAGES_HEARD]; /* strongest first */
    size_t heard_count;
    bool printed_by[CAUSE_COUNT]; /* causes whose own row has a text that stands in the log */
    char line[EXPLAIN_LINE];      /* the last that stands in such a row */
    enum log_stage stage;
    char host[EXPLAIN_HOST]; /* "": unknown */
    unsigned port;           /* 0: unknown */
};

/* One line, any bytes, without its end. */
void explain_line(struct log_reading *log, const char *bytes, size_t length);

struct explanation {
    const char *line;    /* that was believed; NULL: what tells is where the log ends */
    const char *program; /* that prints it; NULL: unknown */
    const char *says;    /* a sentence; NULL: there is none */
    enum log_stage stage;
    struct known_server server;
    enum cause causes[CAUSE_COUNT]; /* likeliest first */
    size_t count;
};

/* What the log means, as far as it was read; points into `log`. False where nothing in it is known. */
bool explain_log(const struct log_reading *log, struct explanation *out);

/* "kex", for programs; NULL: unknown. */
const char *log_stage_name(enum log_stage stage);

#endif
