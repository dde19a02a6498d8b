/* All messages, and what a log says beside them. */
#include "messages.h"

/* clang-format off */
static const struct message *const lists[] = {
    messages_openssh, messages_server, messages_putty, messages_python, messages_libraries, messages_system,
};

/* sshconnect.c, kex.c, sshconnect2.c, clientloop.c; the order is that of a login. */
const struct log_mark log_marks[] = {
    {"debug1: Connecting to ", LOG_CONNECTING},
    {"debug1: Connection established", LOG_CONNECTED},
    {"debug1: Remote protocol version", LOG_VERSIONS},
    {"debug1: SSH2_MSG_KEXINIT sent", LOG_KEX},
    {"debug1: expecting SSH2_MSG_KEX", LOG_KEX},
    {"debug1: SSH2_MSG_SERVICE_ACCEPT received", LOG_LOGIN},
    {"debug1: Authentications that can continue", LOG_LOGIN},
    {"debug1: Next authentication method", LOG_LOGIN},
    {"Authenticated to ", LOG_SESSION},
    {"debug1: Authentication succeeded", LOG_SESSION},
    {"Looking up host \"", LOG_CONNECTING},                /* PuTTY's event log, and those below */
    {"Connecting to * port ", LOG_CONNECTING},
    {"We claim version: SSH-2.0-", LOG_CONNECTED},
    {"Remote version: SSH-", LOG_VERSIONS},
    {"Doing * key exchange", LOG_KEX},
    {"Doing * Diffie-Hellman", LOG_KEX},
    {"Using username \"", LOG_LOGIN},
    {"Access granted", LOG_SESSION},
    {NULL, LOG_UNKNOWN},
};

const struct log_end log_ends[LOG_STAGES] = {
    [LOG_CONNECTING] = {"The log ends while the client waits for an answer to its SYN.",
                        CAUSES(CAUSE_SILENT_DROP, CAUSE_FAIL2BAN_BAN, CAUSE_RETURN_PATH_LOSS, CAUSE_MISADDRESSED_REPLY,
                               CAUSE_REPLY_IGNORED, CAUSE_STALE_CONNECTION)},
    [LOG_CONNECTED] = {"The log ends while the client waits for the server's version string.",
                       CAUSES(CAUSE_NO_BANNER, CAUSE_LISTEN_OVERFLOW, CAUSE_TARPIT, CAUSE_NOT_SSH, CAUSE_INTERCEPTED,
                              CAUSE_MTU_BLACKHOLE)},
    [LOG_VERSIONS] = {"The log ends after the version strings, before the key exchange.",
                      CAUSES(CAUSE_SERVER_STALLED, CAUSE_MTU_BLACKHOLE, CAUSE_INTERCEPTED)},
    [LOG_KEX] = {"The log ends in the key exchange: the first large packets are lost, or the server does not answer them.",
                 CAUSES(CAUSE_MTU_BLACKHOLE, CAUSE_SERVER_STALLED, CAUSE_IDLE_DROP, CAUSE_CLIENT_ABORT)},
    [LOG_LOGIN] = {"The log ends in the login, with no word of a refusal.",
                   CAUSES(CAUSE_SERVER_STALLED, CAUSE_CLIENT_ABORT, CAUSE_IDLE_DROP, CAUSE_LOGIN_TIMEOUT)},
    [LOG_SESSION] = {"The log ends after the login went through.",
                     CAUSES(CAUSE_IDLE_DROP, CAUSE_MTU_BLACKHOLE, CAUSE_SESSION_REFUSED, CAUSE_ADDRESS_CONFLICT)},
};

const char *const server_patterns[] = {
    "connect to host %h port %p:",
    "connect to address %h port %p:",
    "Connecting to %h [*] port %p",
    "Could not resolve hostname %h:",
    "Failed to resolve hostname %h",
    "connect to port %p on %h", /* Paramiko */
    "Connection closed by %h port %p",
    "Connection reset by %h port %p",
    "Received disconnect from %h port %p",
    "Connection to %h port %p",
    "negotiate with %h port %p",
    "Connection to %h closed by remote host",
    "Authenticated to %h ([",
    "Disconnected from %h port %p",
    "port %p on %h",
    "dial tcp %h:%p",              /* Go */
    "dial tcp: lookup %h:",
    "dial tcp: lookup %h on",
    "lookup %h on",
    "ECONNREFUSED %h:%p",          /* Node */
    "ETIMEDOUT %h:%p",
    "EHOSTUNREACH %h:%p",
    "ENETUNREACH %h:%p",
    "getaddrinfo ENOTFOUND %h",
    "UnknownHostException: %h",    /* Java */
    "Connecting to %h port %p",    /* PuTTY's event log */
    "Unable to connect to %h:",
    NULL,
};
/* clang-format on */

const struct message *message_at(size_t index)
{
    for (size_t list = 0; list < sizeof lists / sizeof lists[0]; list++)
        for (const struct message *row = lists[list]; row->text != NULL; row++)
            if (index-- == 0)
                return row;
    return NULL;
}
