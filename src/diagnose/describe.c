/* What a person wants to know beside the cause: versions, algorithms, times, and what would settle a close call. */
#include <stdio.h>

#include "evidence.h"

static const struct settler {
    enum cause cause, rival;
    const char *how;
} settlers[] = {
    {CAUSE_KERNEL_RST, CAUSE_FIREWALL_RST, "on the server: sudo ss -ltn (is anything listening?) and sudo nft list ruleset | grep -n reject"},
    {CAUSE_FIREWALL_RST, CAUSE_FAIL2BAN_BAN, "on the server: sudo fail2ban-client status sshd"},
    {CAUSE_FIREWALL_ICMP, CAUSE_FAIL2BAN_BAN, "on the server: sudo fail2ban-client status sshd"},
    {CAUSE_SILENT_DROP, CAUSE_FAIL2BAN_BAN, "on the server: sudo fail2ban-client status sshd"},
    {CAUSE_SILENT_DROP, CAUSE_HOST_UNREACHABLE, "ping the host, or look at its neighbour entry on the last router: ip neigh"},
    {CAUSE_MAXSTARTUPS, CAUSE_SOURCE_PENALTY, "on the server: journalctl -u ssh | grep -E 'MaxStartups|penalty'"},
    {CAUSE_MAXSTARTUPS, CAUSE_CLOSED_BEFORE_BANNER, "on the server: journalctl -u ssh | grep -E 'MaxStartups|refused connect'"},
    {CAUSE_NO_BANNER, CAUSE_LISTEN_OVERFLOW, "on the server: ss -ltn (Recv-Q above Send-Q means a full accept queue)"},
    {CAUSE_CLOSED_BEFORE_BANNER, CAUSE_INJECTED_RST, "a capture on the server: does it send that RST?"},
};

static const char *what_settles(const struct verdict *out)
{
    if (!out->alternatives_count || out->alternatives[0].confidence < 0.05)
        return NULL;
    enum cause rival = out->alternatives[0].cause;
    for (size_t i = 0; i < sizeof settlers / sizeof *settlers; i++) {
        const struct settler *s = &settlers[i];
        if ((s->cause == out->cause && s->rival == rival) || (s->cause == rival && s->rival == out->cause))
            return s->how;
    }
    return NULL;
}

static int64_t between(int64_t from, int64_t to)
{
    return from && to && to >= from ? to - from : -1;
}

static void describe_stages(const struct view *v, struct ssh_report *ssh)
{
    const struct ssh_clock *clock = &v->dialogue->clock;
    int64_t shaken = v->connection->handshake_ack.ts_us;
    int64_t newkeys = clock->newkeys_us[SIDE_CLIENT];
    ssh->name_us = -1;
    ssh->tcp_us = between(v->syn->ts_us, shaken);
    ssh->banner_us = between(shaken, clock->banner_us[SIDE_SERVER]);
    ssh->kex_us = between(clock->banner_us[SIDE_SERVER], newkeys);
    ssh->auth_us = between(newkeys, v->login.success_us);
}

static void describe_algorithms(const struct view *v, struct ssh_report *ssh)
{
    struct ssh_kexinit k[2];
    const struct dialogue *d = v->dialogue;
    bool have[2];
    for (int side = 0; side < 2; side++)
        have[side] = d->kexinit_len[side] &&
                     ssh_parse_kexinit(d->stream[side] + d->kexinit_at[side], d->kexinit_len[side], &k[side]);
    if (have[SIDE_CLIENT])
        ssh_hassh(&k[SIDE_CLIENT], false, ssh->hassh);
    if (have[SIDE_SERVER])
        ssh_hassh(&k[SIDE_SERVER], true, ssh->hassh_server);
    if (have[SIDE_CLIENT] && have[SIDE_SERVER]) {
        ssh_negotiate(&k[SIDE_CLIENT], &k[SIDE_SERVER], &ssh->negotiation);
        ssh->negotiated = true;
    }
}

void describe(const struct view *v, struct verdict *out)
{
    out->settle = what_settles(out);
    const struct dialogue *d = v->dialogue;
    if (!d || !(v->banner[SIDE_CLIENT] || v->banner[SIDE_SERVER]))
        return;
    struct ssh_report *ssh = &out->ssh;
    ssh->present = true;
    ssh->client_version = v->banner[SIDE_CLIENT] ? d->banner[SIDE_CLIENT].text : NULL;
    ssh->server_version = v->banner[SIDE_SERVER] ? d->banner[SIDE_SERVER].text : NULL;
    ssh->login_tries = v->login.failures;
    describe_stages(v, ssh);
    describe_algorithms(v, ssh);
}
