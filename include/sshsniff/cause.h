/* cause: why a login failed. */
#ifndef SSHSNIFF_CAUSE_H
#define SSHSNIFF_CAUSE_H

#include <stdbool.h>

enum cause {
    CAUSE_KERNEL_RST = 0,
    CAUSE_FIREWALL_RST,
    CAUSE_FIREWALL_ICMP,
    CAUSE_SILENT_DROP,
    CAUSE_FAIL2BAN_BAN,
    CAUSE_HOST_UNREACHABLE,
    CAUSE_NETWORK_UNREACHABLE,
    CAUSE_ROUTING_LOOP,
    CAUSE_NAME_FAILURE,
    CAUSE_MAXSTARTUPS,
    CAUSE_SOURCE_PENALTY,
    CAUSE_CLOSED_BEFORE_BANNER,
    CAUSE_NO_BANNER,
    CAUSE_TARPIT,
    CAUSE_NOT_SSH,
    CAUSE_PROTOCOL_MISMATCH,
    CAUSE_KEX_MISMATCH,
    CAUSE_HOSTKEY_REJECTED,
    CAUSE_AUTH_FAILED,
    CAUSE_LOGIN_TIMEOUT,
    CAUSE_INJECTED_RST,
    CAUSE_MTU_BLACKHOLE,
    CAUSE_LISTEN_OVERFLOW,
    CAUSE_RETURN_PATH_LOSS,
    CAUSE_CLIENT_ABORT,
    CAUSE_IDLE_DROP,
    CAUSE_NONE,
    CAUSE_UNDETERMINED,
    CAUSE_COUNT
};

/* "kernel-rst" and so on; the names of the JSON contract. */
const char *cause_name(enum cause cause);
/* True for a cause that means the login failed (not none, not undetermined). */
bool cause_is_failure(enum cause cause);

#endif
