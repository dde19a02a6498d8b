/* Where the command that `run` runs is going to connect, as far as that can be known beforehand. */
#ifndef CLI_RUN_TARGET_H
#define CLI_RUN_TARGET_H

#include <stdbool.h>

#include <sshsniff/probe.h>
#include <sshsniff/tracker.h>

struct run_target {
    struct probe_name name;
    bool is_ssh;           /* the command is ssh itself, so ssh -G knows where it goes */
    bool proxied;          /* ssh runs a ProxyCommand, which makes the connection or does not */
    uint16_t wanted_port;  /* with a jump: the port of the host behind it */
    bool master_was_there; /* ControlPath led to a live master before the command ran */
    char interface[16];    /* all its packets go through it; or "any" */
};

/* Fills in what `command` (`words` of them) shows. `target`: all zero. */
void run_target_find(struct run_target *target, char **command, int words);

/* Whether an attempt is the command's. For ssh, one to where it was to go; for others, any that began on this machine.
 */
bool run_target_fits(const struct run_target *target, const struct case_file *file);

/* Whether this machine has a route to any of its addresses. Where not, `error` says what is missing. */
bool run_target_has_route(const struct run_target *target, char error[PROBE_ERROR_SIZE]);

#endif
