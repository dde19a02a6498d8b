#include "local_words.h"

#define WORD_OF(value, words) ((size_t)(value) < sizeof(words) / sizeof *(words) ? (words)[value] : (words)[0])

const char *local_fate_name(enum local_fate fate)
{
    static const char *const words[] = {
        [LOCAL_PASSES] = "passes",           [LOCAL_DROPS] = "drops",
        [LOCAL_REJECTS_RST] = "rejects-rst", [LOCAL_REJECTS_ICMP] = "rejects-icmp",
        [LOCAL_LIMITS] = "limits",           [LOCAL_LOGS] = "logs",
        [LOCAL_FATE_UNKNOWN] = "unknown",    [LOCAL_SENT_ON] = "sends-on",
        [LOCAL_CLOSES] = "closes",
    };
    return WORD_OF(fate, words);
}

const char *local_owner_name(enum local_owner owner)
{
    static const char *const words[] = {
        [LOCAL_OWNER_NONE] = "none",     [LOCAL_UFW] = "ufw",
        [LOCAL_FIREWALLD] = "firewalld", [LOCAL_FAIL2BAN] = "fail2ban",
        [LOCAL_DOCKER] = "docker",       [LOCAL_SSHGUARD] = "sshguard",
        [LOCAL_CROWDSEC] = "crowdsec",   [LOCAL_HOSTS_ACCESS] = "hosts-access",
        [LOCAL_SSHD] = "sshd",
    };
    return WORD_OF(owner, words);
}

const char *local_by_name(enum local_rules_by by)
{
    static const char *const words[] = {
        [LOCAL_BY_NFT] = "nft",
        [LOCAL_BY_IPTABLES_LEGACY] = "iptables-legacy",
        [LOCAL_BY_FILE] = "file",
    };
    return WORD_OF(by, words);
}
