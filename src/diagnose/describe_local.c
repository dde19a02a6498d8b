/* What this machine itself says, in words for a person, and the command that mends it. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "local.h"

__attribute__((format(printf, 3, 4))) static void add(char *out, size_t size, const char *format, ...)
{
    const size_t used = strlen(out);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(out + used, size - used, format, arguments);
    va_end(arguments);
}

/* ---- The rule ---- */

static const char *const done[] = {
    [LOCAL_PASSES] = "passed",         [LOCAL_DROPS] = "dropped",         [LOCAL_REJECTS_RST] = "answered with a reset",
    [LOCAL_REJECTS_ICMP] = "rejected", [LOCAL_LIMITS] = "held to a rate", [LOCAL_LOGS] = "logged",
    [LOCAL_FATE_UNKNOWN] = "stopped",  [LOCAL_SENT_ON] = "sent on",       [LOCAL_CLOSES] = "closed on"};
static const char *const does[] = {[LOCAL_PASSES] = "passes it",
                                   [LOCAL_DROPS] = "drops it",
                                   [LOCAL_REJECTS_RST] = "answers it with a reset",
                                   [LOCAL_REJECTS_ICMP] = "rejects it",
                                   [LOCAL_LIMITS] = "holds it to a rate",
                                   [LOCAL_LOGS] = "logs it",
                                   [LOCAL_FATE_UNKNOWN] = "stops it",
                                   [LOCAL_SENT_ON] = "sends it on",
                                   [LOCAL_CLOSES] = "closes on it"};

/* "nft rule 12 in inet filter input, `ufw-user-input`" */
static void name_rule(char *out, size_t size, const struct local_rule *rule)
{
    const char *tool = rule->by == LOCAL_BY_NFT ? "nft" : "iptables";
    const char *base = rule->called_from[0] ? rule->called_from : rule->chain;
    if (rule->is_policy)
        add(out, size, "the policy of %s chain %s %s %s", tool, rule->family, rule->table, rule->chain);
    else
        add(out, size, "%s rule %" PRIu32 " in %s %s %s", tool, rule->number, rule->family, rule->table, base);
    if (rule->called_from[0] && strcmp(rule->called_from, rule->chain) != 0)
        add(out, size, ", `%s`", rule->chain);
    if (rule->comment[0])
        add(out, size, ", \"%s\"", rule->comment);
}

static void add_set(char *out, size_t size, const struct local_rule *rule)
{
    if (!rule->set[0])
        return;
    add(out, size, "; its set `%s` holds %s", rule->set, rule->element[0] ? rule->element : "the client");
    if (rule->set_expires_s > 0)
        add(out, size, ", for another %" PRId64 " s", rule->set_expires_s);
}

/* A counter that rose by these SYNs alone proves the rule; without, its conditions tell that it would match. */
static void describe_match(char *text, size_t size, const struct local_evidence *local, const struct local_rule *rule)
{
    const char *what = rule->outgoing ? "the answer" : "such a SYN";
    add(text, size, "%s", text[0] ? "; " : "");
    if (local_count_is_own(&local->rule)) {
        add(text, size, "%s%s by ", rule->outgoing ? "the answer is " : "", done[rule->fate]);
        name_rule(text, size, rule);
        add(text, size, ": its counter rose from %" PRIu64 " to %" PRIu64 " with these SYNs", local->rule.before,
            local->rule.after);
    } else if (rule->is_policy) {
        name_rule(text, size, rule);
        add(text, size, " drops %s, which no rule lets in", what);
    } else {
        name_rule(text, size, rule);
        add(text, size, " %s match %s, and %s", local_rule_is_proved(local) ? "would" : "may", what, does[rule->fate]);
    }
}

static void describe_rule(const struct local_evidence *local, const struct local_rule *rule, struct verdict *out)
{
    char *text = out->detail;
    const size_t size = sizeof out->detail;
    describe_match(text, size, local, rule);
    add_set(text, size, rule);
    if (rule->log_prefix[0])
        add(text, size, "; it logs as \"%s\"", rule->log_prefix);
    snprintf(out->local_command, sizeof out->local_command, "%s", rule->command);
    out->local_command_at_client = local->role == LOCAL_ROLE_CLIENT;
}

/* ---- The listener ---- */

static const char *const runs[] = {[LOCAL_RUNNING] = "runs",
                                   [LOCAL_STOPPED] = "is stopped",
                                   [LOCAL_FAILED] = "has failed",
                                   [LOCAL_START_LIMIT] = "was started too often, and is left alone",
                                   [LOCAL_TRIGGER_LIMIT] = "lost its socket: too many connections too quickly",
                                   [LOCAL_STARTING] = "is starting",
                                   [LOCAL_SOCKET_WAITS] = "waits behind its socket"};

static bool is_up(enum local_run run)
{
    return run == LOCAL_RUNNING || run == LOCAL_STARTING || run == LOCAL_SOCKET_WAITS;
}

/* Where SSH is to be had instead; NULL: nowhere. */
static const struct local_listener *ssh_elsewhere(const struct local_sockets *sockets, uint16_t port, bool same_port)
{
    for (unsigned i = 0; i < sockets->listeners && i < LOCAL_LISTENERS; i++) {
        const struct local_listener *l = &sockets->listener[i];
        if ((l->port == port) == same_port && (same_port || l->is_ssh))
            return l;
    }
    return NULL;
}

static void service_command(const struct local_service *service, struct verdict *out)
{
    char *text = out->local_command;
    const size_t size = sizeof out->local_command;
    const bool limited = service->run == LOCAL_START_LIMIT || service->run == LOCAL_TRIGGER_LIMIT;
    if (service->config_error[0])
        snprintf(text, size, "sudo sshd -t");
    else if (service->manager != LOCAL_SYSTEMD || !service->unit[0])
        return;
    else if (limited)
        snprintf(text, size, "sudo systemctl reset-failed %.60s; sudo systemctl start %.60s", service->unit,
                 service->unit);
    else
        snprintf(text, size, "sudo systemctl %s %.60s", service->enabled == LOCAL_DISABLED ? "enable --now" : "start",
                 service->unit);
}

static void describe_service(const struct local_service *service, struct verdict *out)
{
    char *text = out->detail;
    const size_t size = sizeof out->detail;
    const char *unit = service->unit[0] ? service->unit : "sshd";
    if (service->state != LOCAL_KNOWN)
        return;
    if (service->server == LOCAL_NO_SERVER) {
        add(text, size, ": no SSH server is installed");
        snprintf(out->local_command, sizeof out->local_command, "%s", service->install_command);
        return;
    }
    if (service->run == LOCAL_RUN_UNKNOWN || is_up(service->run))
        return;
    add(text, size, ": %s %s%s", unit, runs[service->run],
        service->enabled == LOCAL_DISABLED ? ", and is not enabled at boot" : "");
    if (service->config_error[0])
        add(text, size, "; sshd -t: %s", service->config_error);
    else if (service->last_line[0] && service->run == LOCAL_FAILED)
        add(text, size, "; its last line: %s", service->last_line);
    service_command(service, out);
}

static void describe_nobody(const struct view *v, const struct local_evidence *local, struct verdict *out)
{
    char address[ADDRESS_TEXT_SIZE];
    const struct flow_key *key = &v->attempt->key;
    const struct local_sockets *sockets = &local->facts->sockets;
    const struct local_listener *here = ssh_elsewhere(sockets, key->server_port, true);
    const struct local_listener *there = ssh_elsewhere(sockets, key->server_port, false);
    char *text = out->detail;
    const size_t size = sizeof out->detail;
    add(text, size, "%sthis machine says that nothing listens for %s on port %u", text[0] ? "; " : "",
        address_text(&key->server, address), key->server_port);
    if (here) {
        add(text, size, ": %s listens on that port at %s only", here->program[0] ? here->program : "a program",
            address_is_none(&here->address) ? "IPv6 addresses" : address_text(&here->address, address));
        snprintf(out->local_command, sizeof out->local_command, "sudo sshd -T | grep -i listenaddress");
    } else if (there) {
        add(text, size, ": %s listens on port %u", there->program[0] ? there->program : "sshd", there->port);
        snprintf(out->local_command, sizeof out->local_command, "ssh -p %u %s", there->port,
                 address_text(&key->server, address));
        out->local_command_at_client = true;
    } else if (holds(&local->service))
        describe_service(&local->facts->service, out);
}

/* ---- All else ---- */

static void describe_way_back(const struct view *v, const struct local_evidence *local, struct verdict *out)
{
    char client[ADDRESS_TEXT_SIZE];
    const struct local_way_back *way = &local->facts->way_back;
    add(out->detail, sizeof out->detail, "%sthis machine's answers to %s go astray: %s", out->detail[0] ? "; " : "",
        address_text(&v->attempt->key.client, client), local_way_back_fault(local));
    if (way->client_is_behind_bridge && way->bridge[0])
        add(out->detail, sizeof out->detail, " (%s)", way->bridge);
    else if (way->route[0])
        add(out->detail, sizeof out->detail, " (%s)", way->route);
    snprintf(out->local_command, sizeof out->local_command, "ip route get %s; ip route; ip -br addr", client);
}

static void describe_hosts(const struct local_rule *rule, struct verdict *out)
{
    add(out->detail, sizeof out->detail, "%srefused by line %" PRIu32 " of %s: %s", out->detail[0] ? "; " : "",
        rule->number, rule->chain[0] ? rule->chain : "/etc/hosts.deny", rule->text);
    snprintf(out->local_command, sizeof out->local_command, "%s", rule->command);
}

static void describe_startups(const struct local_evidence *local, struct verdict *out)
{
    const struct local_settings *settings = &local->facts->settings;
    const struct local_room *room = &local->facts->room;
    if (!holds(&local->room) || room->state != LOCAL_KNOWN || !room->not_logged_in_known ||
        settings->state != LOCAL_KNOWN || !settings->max_startups_begin)
        return;
    add(out->detail, sizeof out->detail, "%s%u connections have not logged in; MaxStartups is %u:%u:%u",
        out->detail[0] ? "; " : "", room->not_logged_in, settings->max_startups_begin, settings->max_startups_rate,
        settings->max_startups_full);
}

static void describe_queue(const struct view *v, const struct local_evidence *local, struct verdict *out)
{
    const struct flow_key *key = &v->attempt->key;
    const struct local_listener *l = local_listener_for(&local->facts->sockets, &key->server, key->server_port);
    if (l && local_queue_is_full(local, key))
        add(out->detail, sizeof out->detail, "%s%s takes no connections from its queue: %u wait, %u may",
            out->detail[0] ? "; " : "", l->program[0] ? l->program : "the server", l->queue, l->queue_limit);
}

static bool is_stop(enum cause cause)
{
    return cause == CAUSE_SILENT_DROP || cause == CAUSE_FIREWALL_RST || cause == CAUSE_FIREWALL_ICMP ||
           cause == CAUSE_FAIL2BAN_BAN || cause == CAUSE_REPLY_IGNORED;
}

/* Of a verdict that the machine's word bears out; what contradicts it stands among its evidence. */
static void describe_role(const struct view *v, const struct local_evidence *local, struct verdict *out)
{
    const struct local_rule *rule = local_stopping_rule(local);
    const bool target = local->role == LOCAL_ROLE_TARGET;
    if (rule && is_stop(out->cause))
        describe_rule(local, rule, out);
    else if (target && out->cause == CAUSE_KERNEL_RST && local_nobody_listens(local, &v->attempt->key))
        describe_nobody(v, local, out);
    else if (target && out->cause == CAUSE_CLOSED_BEFORE_BANNER && local_hosts_denial(local))
        describe_hosts(local_hosts_denial(local), out);
    else if (target && out->cause == CAUSE_MAXSTARTUPS)
        describe_startups(local, out);
    else if (target && out->cause == CAUSE_LISTEN_OVERFLOW)
        describe_queue(v, local, out);
    else if (target && (out->cause == CAUSE_SILENT_DROP || out->cause == CAUSE_RETURN_PATH_LOSS) &&
             local_way_back_fault(local))
        describe_way_back(v, local, out);
}

void describe_local(const struct view *v, struct verdict *out)
{
    const struct local_evidence *local = local_of(v);
    out->local_command_at_client = false;
    if (local)
        describe_role(v, local, out);
}
