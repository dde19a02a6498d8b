#include <stdio.h>

#include "cause_words.h"

const char *cause_words(enum cause cause)
{
    static const char *const words[CAUSE_COUNT] = {
        [CAUSE_KERNEL_RST] = "refused: nothing listens on that port",
        [CAUSE_FIREWALL_RST] = "refused: a firewall answers with a forged reset",
        [CAUSE_FIREWALL_ICMP] = "rejected: a firewall answers with an ICMP error",
        [CAUSE_SILENT_DROP] = "no answer: the SYNs are dropped without a word",
        [CAUSE_FAIL2BAN_BAN] = "banned: the address is blocked after failed logins",
        [CAUSE_HOST_UNREACHABLE] = "host unreachable: it is down, or not on its network",
        [CAUSE_NETWORK_UNREACHABLE] = "network unreachable: a router has no route",
        [CAUSE_ROUTING_LOOP] = "routing loop: packets run in a circle until they die",
        [CAUSE_NAME_FAILURE] = "the name does not resolve",
        [CAUSE_MAXSTARTUPS] = "turned away: sshd has too many connections that are not logged in (MaxStartups)",
        [CAUSE_SOURCE_PENALTY] = "turned away: sshd penalises this address for what it did before",
        [CAUSE_CLOSED_BEFORE_BANNER] = "accepted, then closed before a word was said",
        [CAUSE_NO_BANNER] = "accepted, then silence: the server never sends its banner",
        [CAUSE_TARPIT] = "a tarpit: it drips lines without end to hold clients up",
        [CAUSE_NOT_SSH] = "this is not SSH",
        [CAUSE_PROTOCOL_MISMATCH] = "the two sides speak different versions of the SSH protocol",
        [CAUSE_KEX_MISMATCH] = "the two sides have no algorithm in common",
        [CAUSE_HOSTKEY_REJECTED] = "the client hung up on seeing the server's host key",
        [CAUSE_AUTH_FAILED] = "the login was refused",
        [CAUSE_LOGIN_TIMEOUT] = "the login took too long: LoginGraceTime ran out",
        [CAUSE_INJECTED_RST] = "cut off: a third party forged a reset",
        [CAUSE_MTU_BLACKHOLE] = "hangs: large packets vanish, small ones pass (MTU)",
        [CAUSE_LISTEN_OVERFLOW] = "the server's accept queue is full",
        [CAUSE_RETURN_PATH_LOSS] = "the server's answers do not reach the client",
        [CAUSE_CLIENT_ABORT] = "the client gave up by itself",
        [CAUSE_IDLE_DROP] = "an established session went dead",
        [CAUSE_NONE] = "logged in",
        [CAUSE_UNDETERMINED] = "undetermined: the capture does not hold enough to tell",
    };
    return words[cause];
}

static const struct icmp_mark *icmp_of(const struct attempt *attempt)
{
    return attempt->answer != NULL && attempt->answer->icmp.number != 0 ? &attempt->answer->icmp : NULL;
}

void cause_headline(const struct case_file *file, const struct verdict *verdict, char *out, size_t size)
{
    const struct attempt *attempt = file->attempt;
    unsigned port = attempt->key.server_port;
    switch (verdict->cause) {
    case CAUSE_KERNEL_RST:
        snprintf(out, size, "refused: nothing listens on port %u", port);
        return;
    case CAUSE_NOT_SSH:
        snprintf(out, size, "this is not SSH: something else answers on port %u", port);
        return;
    case CAUSE_HOST_UNREACHABLE:
        if (icmp_of(attempt) == NULL)
            snprintf(out, size, "host unreachable: no machine answers for this address on its network");
        else
            snprintf(out, size, "%s", cause_words(verdict->cause));
        return;
    case CAUSE_NAME_FAILURE:
        if (attempt->lookup != NULL && attempt->lookup->rcode < 0)
            snprintf(out, size, "the name does not resolve: the name server does not answer");
        else
            snprintf(out, size, "%s", cause_words(verdict->cause));
        return;
    case CAUSE_UNDETERMINED:
        snprintf(out, size, "undetermined");
        return;
    default:
        snprintf(out, size, "%s", cause_words(verdict->cause));
        return;
    }
}

void where_words(const struct case_file *file, const struct verdict *verdict, char *out, size_t size)
{
    const struct icmp_mark *icmp = icmp_of(file->attempt);
    char address[ADDRESS_TEXT_SIZE];
    switch (verdict->where) {
    case WHERE_HOST:
        snprintf(out, size, "at the server itself");
        break;
    case WHERE_PATH:
        if (icmp != NULL && !address_equal(&icmp->sender, &file->attempt->key.server))
            snprintf(out, size, "on the path, at %s", address_text(&icmp->sender, address));
        else
            snprintf(out, size, "on the path, between client and server");
        break;
    case WHERE_CLIENT:
        snprintf(out, size, "at the client");
        break;
    case WHERE_UNKNOWN:
        snprintf(out, size, "where cannot be told from here");
        break;
    case WHERE_NULL:
    case WHERE_COUNT:
        out[0] = '\0';
        break;
    }
}

/* 100 only for what is certain, 0 only for what is out of the question. */
static int percent(double confidence)
{
    int value = (int)(confidence * 100 + 0.5);
    return value >= 100 && confidence < 1 ? 99 : value <= 0 && confidence > 0 ? 1 : value;
}

void confidence_words(const struct verdict *verdict, char *out, size_t size)
{
    int sure = percent(verdict->confidence);
    if (verdict->confidence >= 0.95 || verdict->alternatives_count == 0)
        snprintf(out, size, "%s (%d\u00a0%%)",
                 verdict->confidence >= 0.95  ? "certain"
                 : verdict->confidence >= 0.7 ? "likely"
                                              : "a guess",
                 sure);
    else if (verdict->confidence >= 0.7)
        snprintf(out, size, "likely (%d\u00a0%%)", sure);
    else
        snprintf(out, size, "a guess between %s (%d\u00a0%%) and %s (%d\u00a0%%)", cause_name(verdict->cause), sure,
                 cause_name(verdict->alternatives[0].cause), percent(verdict->alternatives[0].confidence));
}
