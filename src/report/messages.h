/* What programs print when a login fails, and which causes make them print it. */
#ifndef REPORT_MESSAGES_H
#define REPORT_MESSAGES_H

#include <stddef.h>

#include <sshsniff/cause.h>

/* How far a client's own log says that it came. */
enum log_stage {
    LOG_UNKNOWN = 0,
    LOG_CONNECTING,
    LOG_CONNECTED, /* no word of the server yet */
    LOG_VERSIONS,
    LOG_KEX,
    LOG_LOGIN,
    LOG_SESSION,
    LOG_STAGES
};

/* How much a message says: of several in one log, the strongest is believed, and of those the last. */
enum strength {
    SAYS_THAT = 1, /* that it failed; some other line says why */
    SAYS_HOW,      /* how it failed */
    SAYS_WHY,      /* why, or exactly where in the login */
};

struct message {
    /* Pieces that stand in one line in this order, "*" between them; letters' case does not matter. */
    const char *text;
    const char *program; /* which prints it, first of all */
    const char *says;    /* what it says, in a sentence */
    enum strength strength;
    enum log_stage from, to;  /* only where the log says that it came so far; LOG_UNKNOWN: wherever */
    const enum cause *causes; /* likeliest first; CAUSE_COUNT ends them */
};

/* All of them, file by file; NULL beyond the last. */
const struct message *message_at(size_t index);

/* The lists of messages_*.c; each ends with a row without text. */
extern const struct message messages_openssh[], messages_server[], messages_putty[], messages_python[],
    messages_libraries[], messages_system[];

/* What a line of ssh -v says of how far it came: the last that stands in the log counts. */
struct log_mark {
    const char *text;
    enum log_stage stage;
};
extern const struct log_mark log_marks[]; /* ends with a row without text */

/* Where the log ends there without any message: what says so, and what keeps a login there. */
struct log_end {
    const char *says;
    const enum cause *causes;
};
extern const struct log_end log_ends[LOG_STAGES];

/* How messages name the server: %h and %p stand for host and port, * for what lies between. Ends with NULL. */
extern const char *const server_patterns[];

#define CAUSES(...) ((const enum cause[]){__VA_ARGS__, CAUSE_COUNT})

#endif
