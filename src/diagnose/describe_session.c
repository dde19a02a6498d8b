/* What there is to say of a login that went through: how it began, if slowly, and how soon it ended. */
#include <stdio.h>

#include "describe.h"
#include "spoken.h"

/* A login that takes longer is slow. Judgement. */
enum { SLOW_US = 3000000 };

/* The parts of a login that someone can have to wait for, what usually makes each slow, and what to do. */
static const struct part {
    const char *name, *causes, *remedy;
} parts[] = {
    [PART_NAME] = {"the name lookup",
                   "a name server that is slow or does not answer, or one of two questions (A, AAAA)",
                   "client: resolvectl status; grep nameserver /etc/resolv.conf; ssh -4 %o%h"},
    [PART_TCP] = {"connecting", "a SYN that was lost, or a long path", "client: sudo sshsniff probe -p %p %h"},
    [PART_BANNER] =
        {"the server's banner",
         "sshd under load, started for each connection (inetd, ssh.socket), or a reverse name lookup before "
         "the banner (tcp wrappers)",
         "server: time getent hosts %c; grep -v '^#' /etc/hosts.allow /etc/hosts.deny; uptime"},
    [PART_KEX] = {"the key exchange", "a slow or busy machine, lost packets, or a large Diffie-Hellman group",
                  "client: ssh -o KexAlgorithms=curve25519-sha256 %o%h"},
    [PART_FIRST] = {"authentication, before anything is checked",
                    "a reverse name lookup of the client (UseDNS), or a directory that looks up the user (LDAP, sssd)",
                    "server: time getent hosts %c; time id USER; UseDNS no in /etc/ssh/sshd_config"},
    [PART_CHECK] = {"authentication, at the server",
                    "PAM modules, a directory or AuthorizedKeysCommand, a home folder on a slow network disk; after a "
                    "wrong password PAM waits 2 s",
                    "server: grep -n auth /etc/pam.d/sshd /etc/pam.d/common-auth; sudo sshd -T | grep -i -e "
                    "authorizedkeyscommand -e usedns"},
    [PART_TYPED] = {"authentication, at the client", "a person who types a password",
                    "client: ssh-copy-id %o%h  # a key needs no typing"},
    [PART_CLIENT] = {"authentication, at the client",
                     "GSSAPI (Kerberos asks name servers and its KDC), an agent or token that is slow, the passphrase "
                     "of a key",
                     "client: ssh -v -o GSSAPIAuthentication=no %o%h"},
    [PART_OPENING] = {"opening the session",
                      "PAM's session modules: systemd-logind that does not answer, the scripts of the message of the "
                      "day, mounting a home folder",
                      "server: time run-parts /etc/update-motd.d; systemctl status systemd-logind; grep -n session "
                      "/etc/pam.d/sshd /etc/pam.d/common-session"},
};

/* Authentication is told by whom the longest wait was for. */
static enum login_part slowest_of_authentication(const struct login_waits *w)
{
    int64_t server = w->check_us > w->first_us ? w->check_us : w->first_us;
    if (w->client_us > server)
        return w->client_typed ? PART_TYPED : PART_CLIENT;
    return w->check_us > w->first_us || w->service_us > w->first_us ? PART_CHECK : PART_FIRST;
}

static int64_t part_us(const struct view *v, const struct ssh_report *out, enum login_part part)
{
    const struct login_waits *w = &v->login.waits;
    switch (part) {
    case PART_NAME:
        return out->name_us;
    case PART_TCP:
        return out->tcp_us;
    case PART_BANNER:
        return out->banner_us;
    case PART_KEX:
        return out->kex_us;
    case PART_FIRST:
        return w->first_us;
    case PART_CHECK:
        return w->check_us > w->service_us ? w->check_us : w->service_us;
    case PART_TYPED:
    case PART_CLIENT:
        return w->client_us;
    case PART_OPENING:
        return out->opening_us;
    case PART_COUNT:
        break;
    }
    return -1;
}

static void describe_slow_part(const struct view *v, struct verdict *out)
{
    struct ssh_report *ssh = &out->ssh;
    const struct {
        enum login_part part;
        int64_t us;
    } stage[] = {
        {PART_NAME, ssh->name_us},
        {PART_TCP, ssh->tcp_us},
        {PART_BANNER, ssh->banner_us},
        {PART_KEX, ssh->kex_us},
        {slowest_of_authentication(&v->login.waits), ssh->auth_us},
        /* else it is the forwarding that was asked for that took so long */
        {PART_OPENING, ssh->left_at_first_answer ? 0 : ssh->opening_us},
    };
    size_t slowest = 0;
    int64_t total = 0;
    for (size_t i = 0; i < sizeof stage / sizeof *stage; i++) {
        total += stage[i].us > 0 ? stage[i].us : 0;
        slowest = stage[i].us > stage[slowest].us ? i : slowest;
    }
    if (total <= SLOW_US)
        return;
    const struct part *part = &parts[stage[slowest].part];
    const int64_t us = part_us(v, ssh, stage[slowest].part);
    ssh->slow = (struct slow_part){part->name, part->causes, part->remedy, us};
    snprintf(out->detail, sizeof out->detail, "slow: %.1f s in all, of which %s took %.1f s; usual causes: %s",
             (double)total / 1e6, part->name, (double)us / 1e6, part->causes);
}

/* The client asks for one thing after the login, hears one answer and leaves. */
static bool left_at_first_answer(const struct view *v)
{
    enum { AT_ONCE_US = 300000 };
    const struct mark *fin = &v->client->fin;
    return client_ends(v) && seen(fin) && v->login.rounds_after == 1 &&
           fin->ts_us - v->server->last_payload_us < AT_ONCE_US;
}

void describe_session(const struct view *v, struct verdict *out)
{
    describe_login(v, &out->ssh);
    if (!out->ssh.present)
        return;
    out->ssh.left_at_first_answer = left_at_first_answer(v);
    if (describe_loss(v, out))
        return;
    describe_slow_part(v, out);
    if (!out->detail[0] && out->ssh.left_at_first_answer)
        snprintf(out->detail, sizeof out->detail,
                 "the session ended within a round trip: the client left at the first answer after the login, as it "
                 "does where a forwarding or a channel is refused (a jump host's AllowTcpForwarding or PermitOpen, or "
                 "its way to the next host; MaxSessions)");
}
