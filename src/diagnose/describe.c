/* What a person wants to know beside the cause: what would settle a close call, what exactly failed, how far the login
 * got. */
#include "describe.h"
#include "evidence.h"
#include "local.h"

static const struct settler {
    enum cause cause, rival;
    const char *how;
} settlers[] = {
    {CAUSE_KERNEL_RST, CAUSE_FIREWALL_RST,
     "on the server: sudo ss -ltn (is anything listening?) and sudo nft list ruleset | grep -n reject"},
    {CAUSE_FIREWALL_RST, CAUSE_FAIL2BAN_BAN, "on the server: sudo fail2ban-client status sshd"},
    {CAUSE_FIREWALL_ICMP, CAUSE_FAIL2BAN_BAN, "on the server: sudo fail2ban-client status sshd"},
    {CAUSE_SILENT_DROP, CAUSE_FAIL2BAN_BAN, "on the server: sudo fail2ban-client status sshd"},
    {CAUSE_SILENT_DROP, CAUSE_HOST_UNREACHABLE,
     "ping the host, or look at its neighbour entry on the last router: ip neigh"},
    {CAUSE_MAXSTARTUPS, CAUSE_SOURCE_PENALTY,
     "on the server: sudo journalctl -u ssh -u sshd | grep -E 'MaxStartups|penalty'"},
    {CAUSE_MAXSTARTUPS, CAUSE_CLOSED_BEFORE_BANNER,
     "on the server: sudo journalctl -u ssh -u sshd | grep -E 'MaxStartups|refused connect'"},
    {CAUSE_NO_BANNER, CAUSE_LISTEN_OVERFLOW, "on the server: ss -ltn (Recv-Q above Send-Q means a full accept queue)"},
    {CAUSE_ADDRESS_CONFLICT, CAUSE_KERNEL_RST,
     "on the server's network: arping -c 5 to the address; two MAC addresses answer where two machines have it"},
    {CAUSE_INTERCEPTED, CAUSE_CLOSED_BEFORE_BANNER,
     "a login from another network, or the host key's fingerprint asked of whoever runs the server"},
    {CAUSE_RETURN_PATH_LOSS, CAUSE_REPLY_IGNORED, "a capture on the client itself: do the SYN-ACKs arrive there?"},
    {CAUSE_RETURN_PATH_LOSS, CAUSE_MISADDRESSED_REPLY,
     "a capture on the client itself: which address did it ask, and which one answers?"},
    {CAUSE_SILENT_DROP, CAUSE_MISADDRESSED_REPLY,
     "a capture on the client itself: does an answer come, from another address?"},
    {CAUSE_CLOSED_BEFORE_BANNER, CAUSE_INJECTED_RST, "a capture on the server: does it send that RST?"},
};

/* A rival that is less likely than this is no close call. Judgement. */
static const double close_call = 0.05;

static const char *what_settles(const struct verdict *out)
{
    if (!out->alternatives_count || out->alternatives[0].confidence < close_call)
        return NULL;
    enum cause rival = out->alternatives[0].cause;
    for (size_t i = 0; i < sizeof settlers / sizeof *settlers; i++) {
        const struct settler *s = &settlers[i];
        if ((s->cause == out->cause && s->rival == rival) || (s->cause == rival && s->rival == out->cause))
            return s->how;
    }
    return NULL;
}

/* What exactly failed, where the cause has something to say of that. */
static void describe_failure(const struct view *v, struct verdict *out)
{
    const struct cause_row *cause = cause_row(out->cause);
    if (cause->describe)
        cause->describe(v, out);
}

void describe(const struct view *v, struct verdict *out)
{
    out->settle = what_settles(out);
    describe_failure(v, out);
    describe_refusal(v, out);
    describe_multipath(v, out);
    describe_disputed_address(v, out);
    describe_local(v, out);
    describe_login(v, &out->ssh);
}
