/* A small process beside the one that reads packets. It does one thing, with the one right that this needs, and reads
 * nothing but requests of a fixed form from the process that started it; that one may have been taken over by what it
 * read, so each request is checked.
 *
 * One protocol for all helpers: a request and an answer are each one datagram of a fixed size. The first answer says
 * whether the helper is ready. */
#ifndef OS_HELPER_H
#define OS_HELPER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <sshsniff/address.h>

#define HELPER_ERROR_SIZE 256
#define HELPER_TEXT_SIZE  256
#define HELPER_LINK_SIZE  16 /* an Ethernet header, and two bytes of nothing */

enum helper_question {
    HELPER_READY = 0, /* the first answer */
    HELPER_PROBE,     /* address, scope, port: why does SSH there not answer? */
    HELPER_NAME,      /* address: what is its name? */
    HELPER_START,     /* the command that the helper knows of */
    HELPER_SIGNAL,    /* number: to that command */
    HELPER_SEND,      /* packet: to the target that the helper knows of */
    HELPER_NEIGHBOUR, /* who has the address of that target? Once more, to the link */
    HELPER_SWEEP,     /* packet's source_port: a SYN to each port of that target; the rest is in shared memory */
    HELPER_RESET,     /* packet's ports: a RST to that target; no answer */
    HELPER_LINK,      /* link_header: packets may go out behind it */
    HELPER_QUESTIONS
};

/* One packet of a probe, by what makes it differ from the others. */
struct helper_packet {
    uint32_t kind, index, host_hop, seq;
    uint16_t source_port, port;
    uint8_t tos, ttl, unused[2];
};

struct helper_request {
    uint32_t question; /* enum helper_question */
    uint32_t scope;
    struct address address;
    uint32_t port;
    int32_t number;
    struct helper_packet packet;
    uint8_t link_header[HELPER_LINK_SIZE];
};

struct helper_answer {
    uint32_t question;
    int32_t number;
    char text[HELPER_TEXT_SIZE]; /* ends with a NUL */
};

/* What a helper does. Both run in the new process, which holds standard descriptors and the channel, no others. */
struct helper_duty {
    const char *name; /* in messages */
    /* Gives up all rights but the one. False with one line in `error`. */
    bool (*begin)(void *context, int channel, char error[HELPER_ERROR_SIZE]);
    /* Until the channel is closed. */
    void (*serve)(void *context, int channel);
};

struct helper {
    int channel; /* -1: there is none */
    pid_t process;
};

/* Call it before anything is opened that the helper must not hold. Returns when the helper is ready; false with one
 * line in `error` where it is not. */
bool helper_start(struct helper *helper, const struct helper_duty *duty, void *context, char error[HELPER_ERROR_SIZE]);
/* Closes the channel and waits for the process. */
void helper_end(struct helper *helper);

/* The same, but waits no longer than that: somebody may have stopped it. False where it has not ended; it does once it
 * goes on. */
bool helper_end_within(struct helper *helper, int64_t most_us);

/* Does not wait, and may be called from a signal handler. False: not sent. */
bool helper_ask(const struct helper *helper, const struct helper_request *request);
/* 1: there is an answer; 0: not yet; -1: the helper is gone. */
int helper_hear(const struct helper *helper, bool wait, struct helper_answer *out);

/* The helper's side. False once the channel is closed. A datagram of another form is passed over. */
bool helper_listen(int channel, struct helper_request *out);
bool helper_tell(int channel, const struct helper_answer *answer);

#endif
