/* What a process is to be left with. */
#ifndef OS_CONFINEMENT_H
#define OS_CONFINEMENT_H

#include <stdbool.h>

#define CONFINE_FOLDERS 6

/* Each kind of process has its own list of system calls: syscalls.c. */
enum process_kind {
    PROCESS_FILES,   /* reads captures that are open */
    PROCESS_LIVE,    /* reads an interface that is open; may exchange its filter */
    PROCESS_PROBE,   /* sends to one host and reads what comes back */
    PROCESS_SENDER,  /* sends by sockets that are open, what it is told to */
    PROCESS_OPENER,  /* opens raw sockets for others, and reads nothing from the network */
    PROCESS_NAMES,   /* asks the resolver */
    PROCESS_COMMAND, /* starts the command of `run` and waits for it */
    PROCESS_LOCAL,   /* looks at this machine, by files and by tools that it runs, and at no packet */
    PROCESS_PRINT    /* prints what another process found */
};

struct confinement {
    enum process_kind kind;
    const char *folder[CONFINE_FOLDERS]; /* below these, files may be read; NULL: none further */
    int output;                          /* a file that was opened to be written; -1: none */
    int channel;                         /* to another process of ours; -1: none */
    int other_channel;                   /* to a second one; 0 (which is standard input): none */
    int third_channel;                   /* likewise */
    int capture;                         /* PROCESS_PROBE: by this socket nothing is sent, and it was opened while
                                            descriptors_hold held others; -1: there is none */
    bool looks_up;                       /* a filter expression may hold names: to ask for them is refused, not fatal */
};

#endif
