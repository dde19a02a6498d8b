/* Units, as `systemctl show` describes them. */
#ifndef LOCAL_SYSTEMD_H
#define LOCAL_SYSTEMD_H

#include <sshsniff/local.h>

enum { SYSTEMD_UNITS = 12, SYSTEMD_WORD = 32 };

struct systemd_unit {
    char id[LOCAL_NAME];
    char load[SYSTEMD_WORD], active[SYSTEMD_WORD], sub[SYSTEMD_WORD], file[SYSTEMD_WORD], result[SYSTEMD_WORD];
    int exit_code;         /* 1: it ended by itself, 2: by a signal, 3: with a core (waitid's si_code) */
    int exit_status;       /* of its main process */
    int before_status;     /* of what runs before it, where that failed */
    bool condition_fails;  /* a condition of the unit's keeps it from starting */
    uint64_t changed_us;   /* since boot; 0: never */
    uint64_t condition_us; /* when the conditions were looked at; 0: never */
    uint32_t restarts;
    uint64_t tasks, tasks_most; /* 0: not known, or without a bound */
    uint16_t port[LOCAL_PORTS]; /* of a socket */
    unsigned ports;
};

/* The units of `text`, blocks of NAME=VALUE parted by empty lines; those that are not there are left out. How many. */
unsigned systemd_take(const char *text, struct systemd_unit units[SYSTEMD_UNITS]);

/* Asks systemd for the SSH servers' services and sockets. */
enum local_state systemd_ask(struct systemd_unit units[SYSTEMD_UNITS], unsigned *count);

/* What a service and the socket that starts it (either may be NULL) make of the server. */
void systemd_judge(const struct systemd_unit *service, const struct systemd_unit *socket, struct local_service *out);

bool systemd_is_socket(const struct systemd_unit *unit);

#endif
