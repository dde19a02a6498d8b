/* Findings on the way in and back: rules, bans, users, queues, routes, room. */
#include "finding_way_in.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- Rules ---- */

static const struct local_rule *deciding_rule(const struct local_facts *facts)
{
    const struct local_rules *r = &facts->rules;
    if (r->state != LOCAL_KNOWN || r->deciding < 0 || r->deciding >= (int)r->rules)
        return NULL;
    const struct local_rule *rule = &r->met[r->deciding];
    return rule->fate == LOCAL_PASSES || rule->fate == LOCAL_LOGS || rule->fate == LOCAL_FATE_UNKNOWN ? NULL : rule;
}

static bool is_banner(enum local_owner owner)
{
    return owner == LOCAL_FAIL2BAN || owner == LOCAL_SSHGUARD || owner == LOCAL_CROWDSEC;
}

static const char *owner_name(enum local_owner owner)
{
    static const char *const names[] = {
        [LOCAL_OWNER_NONE] = "",       [LOCAL_UFW] = "ufw",       [LOCAL_FIREWALLD] = "firewalld",
        [LOCAL_FAIL2BAN] = "fail2ban", [LOCAL_DOCKER] = "docker", [LOCAL_SSHGUARD] = "sshguard",
        [LOCAL_CROWDSEC] = "CrowdSec", [LOCAL_HOSTS_ACCESS] = "", [LOCAL_SSHD] = "sshd",
    };
    return names[owner];
}

static enum cause cause_of(enum local_fate fate)
{
    return fate == LOCAL_REJECTS_RST    ? CAUSE_FIREWALL_RST
           : fate == LOCAL_REJECTS_ICMP ? CAUSE_FIREWALL_ICMP
                                        : CAUSE_SILENT_DROP;
}

static const char *fate_word(enum local_fate fate)
{
    return fate == LOCAL_REJECTS_RST    ? "reset"
           : fate == LOCAL_REJECTS_ICMP ? "rejected"
           : fate == LOCAL_LIMITS       ? "held to a rate"
           : fate == LOCAL_SENT_ON      ? "sent on to another address or port"
                                        : "dropped";
}

static void say_rule(const struct local_facts *facts, const struct local_rule *rule, struct local_finding *out)
{
    const char *owner = owner_name(rule->owner);
    finding_add(out->text, "its %s %s %s by ", rule->outgoing ? "answer" : "SYN",
                rule->certain || rule->fate == LOCAL_LIMITS ? "is" : "would be", fate_word(rule->fate));
    if (rule->is_policy)
        finding_add(out->text, "the policy of chain %s", rule->chain);
    else if (rule->by == LOCAL_BY_NFT)
        finding_add(out->text, "nft rule %" PRIu64 " in %s %s %s", rule->handle, rule->family, rule->table,
                    rule->chain);
    else
        finding_add(out->text, "rule %u of %s's chain %s", rule->number, rule->family, rule->chain);
    if (owner[0] != '\0')
        finding_add(out->text, ", of %s", owner);
    if (rule->set[0] != '\0')
        finding_add(out->text, ", whose set %s holds it%s%s", rule->set, rule->element[0] != '\0' ? " as " : "",
                    rule->element);
    if (rule->set_expires_s > 0)
        finding_add(out->text, " for %" PRId64 " more seconds", rule->set_expires_s);
    if (rule->text[0] != '\0' && !rule->is_policy)
        finding_add(out->text, ": %s", rule->text);
    out->cause = rule->fate == LOCAL_SENT_ON ? CAUSE_NONE : cause_of(rule->fate);
    out->stops = rule->certain && rule->fate != LOCAL_SENT_ON;
    finding_add(out->mend, "%s", rule->command);
    if (rule->by == LOCAL_BY_NFT)
        finding_add(out->check, "sudo nft -a list chain %s %s %s", rule->family, rule->table, rule->chain);
    else
        finding_add(out->check, "sudo iptables-legacy -S %s", rule->chain);
    (void)facts;
}

bool finding_rule(const struct local_facts *facts, struct local_finding *out)
{
    const struct local_rule *rule = deciding_rule(facts);
    if (rule == NULL || is_banner(rule->owner) || rule->by == LOCAL_BY_FILE)
        return false;
    say_rule(facts, rule, out);
    return true;
}

bool finding_ban(const struct local_facts *facts, struct local_finding *out)
{
    const struct local_rule *rule = deciding_rule(facts);
    if (rule != NULL && is_banner(rule->owner)) {
        say_rule(facts, rule, out);
        out->cause = CAUSE_FAIL2BAN_BAN;
        return true;
    }
    if (facts->log.state != LOCAL_KNOWN || facts->log.penalty[0] == '\0')
        return false;
    finding_add(out->text, "sshd refuses this client for its earlier behaviour: %s", facts->log.penalty);
    out->cause = CAUSE_SOURCE_PENALTY;
    finding_add_control(facts, "restart", out->mend);
    finding_add(out->mend, "  # it forgets its penalties; PerSourcePenaltyExemptList keeps a client free of them");
    finding_add(out->check, "sudo journalctl -t sshd | grep -i penalty");
    return true;
}

bool finding_hosts_deny(const struct local_facts *facts, struct local_finding *out)
{
    const struct local_rule *rule = deciding_rule(facts);
    if (rule == NULL || rule->by != LOCAL_BY_FILE)
        return false;
    finding_add(out->text, "%s, line %u, has it closed without a word: %s", rule->chain, rule->number, rule->text);
    out->stops = rule->certain;
    finding_add(out->mend, "%s", rule->command);
    finding_add(out->check, "cat /etc/hosts.allow /etc/hosts.deny");
    return true;
}

/* ---- The user ---- */

bool finding_user(const struct local_facts *facts, struct local_finding *out)
{
    const char *user = facts->question.user, *why = facts->settings.refuses_user;
    if (facts->settings.state != LOCAL_KNOWN || why[0] == '\0')
        return false;
    finding_add(out->text, "sshd does not let %s in, whatever the key or password: %s", user, why);
    if (strncmp(why, "this machine", 12) == 0)
        finding_add(out->mend, "sudo useradd -m %s", user);
    else if (strncmp(why, "the shell", 9) == 0)
        finding_add(out->mend, "sudo usermod --shell /bin/sh %s", user);
    else if (strncmp(why, "/etc/nologin", 12) == 0)
        finding_add(out->mend, "sudo rm /etc/nologin");
    else {
        finding_add(out->mend, "sudoedit /etc/ssh/sshd_config && sudo sshd -t && ");
        finding_add_control(facts, "reload", out->mend);
    }
    finding_add(out->check, "sudo sshd -T | grep -i -E '^(allow|deny)(users|groups)|^permitrootlogin'; id %s", user);
    return true;
}

/* ---- Room ---- */

bool finding_startups(const struct local_facts *facts, struct local_finding *out)
{
    const struct local_settings *s = &facts->settings;
    const struct local_room *room = &facts->room;
    if (s->state != LOCAL_KNOWN || room->state != LOCAL_KNOWN || !room->not_logged_in_known ||
        s->max_startups_full == 0 || room->not_logged_in < s->max_startups_begin)
        return false;
    const bool all = room->not_logged_in >= s->max_startups_full;
    finding_add(out->text, "%u connections have not logged in: sshd drops %s", room->not_logged_in,
                all ? "every new one" : "some new ones");
    finding_add(out->text, " (MaxStartups %u:%u:%u)", s->max_startups_begin, s->max_startups_rate,
                s->max_startups_full);
    out->stops = all;
    finding_add(out->mend, "sudoedit /etc/ssh/sshd_config && ");
    finding_add_control(facts, "reload", out->mend);
    finding_add(out->mend, "  # raise MaxStartups, or lower LoginGraceTime (now %u s)", s->login_grace_s);
    finding_add(out->check, "ps -eo args | grep '[s]tartups'; sudo sshd -T | grep -i maxstartups");
    return true;
}

/* The kernel takes one more than the limit says. */
bool finding_queue(const struct local_facts *facts, struct local_finding *out)
{
    for (unsigned i = 0; i < facts->sockets.listeners; i++) {
        const struct local_listener *listener = &facts->sockets.listener[i];
        if (listener->queue <= listener->queue_limit || listener->queue == 0)
            continue;
        if (!listener->is_ssh && listener->port != local_port(facts))
            continue;
        finding_add(out->text,
                    "the accept queue of port %u is full: %u wait, and its limit is %u; %s takes none off, so it %s",
                    listener->port, listener->queue, listener->queue_limit,
                    listener->program[0] != '\0' ? listener->program : "its program",
                    facts->service.suspended ? "is suspended" : "hangs or is overloaded");
        if (facts->service.suspended && listener->pid != 0)
            finding_add(out->mend, "sudo kill -CONT %u", listener->pid);
        else
            finding_add_control(facts, "restart", out->mend);
        finding_add(out->check, "ss -ltn 'sport = :%u'  # Recv-Q above Send-Q; nstat -az TcpExtListenOverflows",
                    listener->port);
        return true;
    }
    return false;
}

bool finding_conntrack(const struct local_facts *facts, struct local_finding *out)
{
    const struct local_room *room = &facts->room;
    if (room->state != LOCAL_KNOWN || room->conntrack_max == 0 || room->conntrack < room->conntrack_max)
        return false;
    finding_add(out->text,
                "connection tracking is full: %" PRIu64 " of %" PRIu64 " entries, so the kernel drops new connections",
                room->conntrack, room->conntrack_max);
    finding_add(out->mend, "sudo sysctl -w net.netfilter.nf_conntrack_max=%" PRIu64, 2 * room->conntrack_max);
    finding_add(out->check, "sudo sysctl net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max");
    return true;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static void say_processes(const struct local_facts *facts, struct local_finding *out)
{
    const struct local_room *room = &facts->room;
    finding_add(out->text, "%" PRIu64 " of %" PRIu64 " processes and threads exist%s", room->processes,
                room->processes_limit, room->processes_of_unit ? " of the server's unit (TasksMax)" : "");
    if (room->processes_of_unit) {
        finding_add(out->mend, "sudo systemctl set-property %s TasksMax=%" PRIu64, facts->service.unit,
                    4 * room->processes_limit);
        finding_add(out->check, "systemctl show -p TasksCurrent -p TasksMax %s", facts->service.unit);
    } else {
        finding_add(out->mend, "sudo sysctl -w kernel.pid_max=%" PRIu64, 2 * room->processes_limit);
        finding_add(out->check, "cat /proc/loadavg; sysctl kernel.pid_max kernel.threads-max");
    }
}

bool finding_no_room(const struct local_facts *facts, struct local_finding *out)
{
    const struct local_room *room = &facts->room;
    const uint64_t few_files = least(8, room->files_limit / 8), few_processes = least(16, room->processes_limit / 8),
                   little_memory = UINT64_C(16) << 20;
    if (room->state != LOCAL_KNOWN)
        return false;
    if (room->files_limit != 0 && room->files + few_files > room->files_limit) {
        finding_add(out->text, "sshd has %" PRIu64 " of %" PRIu64 " files open", room->files, room->files_limit);
        finding_add(out->mend, "sudo systemctl edit %s  # LimitNOFILE=",
                    facts->service.unit[0] != '\0' ? facts->service.unit : "ssh");
        finding_add(out->check, "sudo prlimit --nofile --pid \"$(pgrep -o -x sshd)\"");
    } else if (room->processes_limit != 0 && room->processes + few_processes >= room->processes_limit) {
        say_processes(facts, out);
    } else if (room->memory_total != 0 && room->memory_free < little_memory) {
        finding_add(out->text, "memory is out: %" PRIu64 " MB are left of %" PRIu64 " MB", room->memory_free >> 20,
                    room->memory_total >> 20);
        finding_add(out->mend, "ps -eo rss,pid,args --sort=-rss | head  # and end what takes it");
        finding_add(out->check, "free -m");
    } else
        return false;
    out->stops = false;
    return true;
}

/* ---- The way back ---- */

static void say_unreachable(const struct local_way_back *w, const char *client, struct local_finding *out)
{
    finding_add(out->text, "answers to %s have no way back: %s", client, w->route);
    if (w->near_interface[0] != '\0')
        finding_add(out->mend, "sudo ip route replace %s dev %s", client, w->near_interface);
    else
        finding_add(out->mend, "sudo ip route replace %s via ROUTER  # ROUTER: by which it comes; or a default route",
                    client);
}

/* It may be a container that nobody has spoken with yet; one that was asked for, and is not there, is proof. */
static void say_bridge(const struct local_way_back *w, const char *client, struct local_finding *out)
{
    finding_add(out->text,
                "answers to %s go to the bridge %s, whose network holds that address, and no such host %s there",
                client, w->bridge, w->bridge_is_silent ? "answers" : "is known");
    out->stops = w->bridge_is_silent;
    if (w->near_interface[0] != '\0')
        finding_add(out->mend, "sudo ip route replace %s dev %s", client, w->near_interface);
    else
        finding_add(out->mend, "sudo ip route replace %s via ROUTER", client);
    finding_add(out->mend, "  # or give %s another network", w->bridge);
}

static void say_other_interface(const struct local_facts *facts, const char *client, struct local_finding *out)
{
    const struct local_way_back *w = &facts->way_back;
    finding_add(out->text, "its SYN comes on %s, and answers to %s leave by %s (%s)", facts->question.interface, client,
                w->interface, w->route);
    out->stops = w->rp_filter == 1;
    if (!out->stops) {
        finding_add(out->mend, "sudo ip route replace %s via ROUTER dev %s", client, facts->question.interface);
        return;
    }
    finding_add(out->text, "; rp_filter is 1 there, so the kernel drops the SYN without a word");
    finding_add(out->mend, "sudo sysctl -w net.ipv4.conf.%s.rp_filter=2 net.ipv4.conf.all.rp_filter=2",
                facts->question.interface);
    out->cause = CAUSE_SILENT_DROP;
}

/* Its SYNs come in, and the kernel has answered more than once: proof, whatever the route. */
static void say_unanswered(const struct local_facts *facts, const char *client, struct local_finding *out)
{
    const struct local_way_back *w = &facts->way_back;
    finding_add(out->text,
                "%u of %s's SYNs came to %s, and the SYN-ACKs that answer them, sent more than once (%s), are not "
                "acknowledged: they do not reach it, or its answers do not come back",
                w->unanswered, client, w->asked_at, w->route);
    if (w->near_interface[0] != '\0')
        finding_add(out->mend, "sudo ip route replace %s dev %s", client, w->near_interface);
    else
        finding_add(out->mend, "sudo ip route replace %s via ROUTER  # ROUTER: by which its SYNs come", client);
}

bool finding_way_back(const struct local_facts *facts, struct local_finding *out)
{
    const struct local_way_back *w = &facts->way_back;
    char client[ADDRESS_TEXT_SIZE];
    if (w->state != LOCAL_KNOWN)
        return false;
    (void)address_text(&facts->question.client, client);
    if (w->unreachable)
        say_unreachable(w, client, out);
    else if (w->client_is_behind_bridge)
        say_bridge(w, client, out);
    else if (w->unanswered > 0)
        say_unanswered(facts, client, out);
    else if (w->by_other_interface)
        say_other_interface(facts, client, out);
    else
        return false;
    finding_add(out->check, "ip route get %s%s", client, w->unanswered > 0 ? "; ss -tn state syn-recv" : "");
    return true;
}
