/* The words of the JSON contract. */
#include <sshsniff/verdict.h>

static const char *const cause_names[CAUSE_COUNT] = {
    [CAUSE_KERNEL_RST] = "kernel-rst",
    [CAUSE_FIREWALL_RST] = "firewall-rst",
    [CAUSE_FIREWALL_ICMP] = "firewall-icmp",
    [CAUSE_SILENT_DROP] = "silent-drop",
    [CAUSE_FAIL2BAN_BAN] = "fail2ban-ban",
    [CAUSE_HOST_UNREACHABLE] = "host-unreachable",
    [CAUSE_NETWORK_UNREACHABLE] = "network-unreachable",
    [CAUSE_ROUTING_LOOP] = "routing-loop",
    [CAUSE_NAME_FAILURE] = "name-failure",
    [CAUSE_MAXSTARTUPS] = "maxstartups",
    [CAUSE_SOURCE_PENALTY] = "source-penalty",
    [CAUSE_CLOSED_BEFORE_BANNER] = "closed-before-banner",
    [CAUSE_NO_BANNER] = "no-banner",
    [CAUSE_TARPIT] = "tarpit",
    [CAUSE_NOT_SSH] = "not-ssh",
    [CAUSE_PROTOCOL_MISMATCH] = "protocol-mismatch",
    [CAUSE_KEX_MISMATCH] = "kex-mismatch",
    [CAUSE_HOSTKEY_REJECTED] = "hostkey-rejected",
    [CAUSE_AUTH_FAILED] = "auth-failed",
    [CAUSE_LOGIN_TIMEOUT] = "login-timeout",
    [CAUSE_INJECTED_RST] = "injected-rst",
    [CAUSE_MTU_BLACKHOLE] = "mtu-blackhole",
    [CAUSE_LISTEN_OVERFLOW] = "listen-overflow",
    [CAUSE_RETURN_PATH_LOSS] = "return-path-loss",
    [CAUSE_CLIENT_ABORT] = "client-abort",
    [CAUSE_IDLE_DROP] = "idle-drop",
    [CAUSE_NONE] = "none",
    [CAUSE_UNDETERMINED] = "undetermined",
};

static const char *const where_names[WHERE_COUNT] = {"host", "path", "client", "unknown", NULL};

static const char *const stage_names[] = {
    [STAGE_NAME] = "name",         [STAGE_NO_ANSWER] = "no-answer", [STAGE_REFUSED] = "refused",
    [STAGE_REJECTED] = "rejected", [STAGE_ACCEPTED] = "accepted",   [STAGE_BANNER] = "banner",
    [STAGE_KEX] = "kex",           [STAGE_AUTH] = "auth",           [STAGE_SESSION] = "session",
};

static const char *const vantage_names[] = {"unknown", "client", "server", "between"};

const char *cause_name(enum cause cause)
{
    return cause_names[cause];
}

const char *where_name(enum where where)
{
    return where_names[where];
}

const char *stage_name(enum stage stage)
{
    return stage_names[stage];
}

const char *vantage_name(enum vantage vantage)
{
    return vantage_names[vantage];
}

bool cause_is_failure(enum cause cause)
{
    return cause != CAUSE_NONE && cause != CAUSE_UNDETERMINED;
}
