/* Findings on the server itself: is it there, and does it run? */
#include "finding_service.h"

#include <stdio.h>
#include <string.h>

#include "finding_listeners.h"

#define CONFIG "/etc/ssh/sshd_config"

static bool may_be_served(const struct local_facts *facts)
{
    return finding_any_ssh(facts) != NULL || finding_is_unnamed(finding_listener(facts, local_port(facts), false));
}

/* ---- Not installed ---- */

bool finding_not_installed(const struct local_facts *facts, struct local_finding *out)
{
    const struct local_service *s = &facts->service;
    if (!finding_is_known(s->state) || !finding_is_known(facts->sockets.state) || s->server != LOCAL_NO_SERVER ||
        may_be_served(facts))
        return false;
    finding_add(out->text, "no SSH server is installed");
    finding_add(out->mend, "%s", s->install_command);
    finding_add(out->check, "command -v sshd dropbear tinysshd");
    return true;
}

/* ---- Not running ---- */

/* "ssh", as systemctl takes it. */
static const char *short_unit(const struct local_service *s, char out[LOCAL_NAME])
{
    snprintf(out, LOCAL_NAME, "%s", s->unit);
    char *dot = strstr(out, ".service");
    if (dot != NULL)
        *dot = '\0';
    return out;
}

static void add_since(const struct local_service *s, char *text, const char *verb)
{
    char moment[MOMENT_SIZE];
    finding_add(text, " %s", verb);
    if (s->since_us > 0)
        finding_add(text, " at %s", local_moment(s->since_us, s->read_us, moment));
}

static void add_exit(const struct local_service *s, char *text)
{
    if (s->exit_signal != 0)
        finding_add(text, " (killed by signal %d)", s->exit_signal);
    else if (s->exit_status != 0)
        finding_add(text, " (exit status %d)", s->exit_status);
}

static void say_state(const struct local_facts *facts, char *text)
{
    const struct local_service *s = &facts->service;
    const char *name = local_server_name(facts);
    char moment[MOMENT_SIZE];
    switch (s->run) {
    case LOCAL_FAILED:
        finding_add(text, "%s is not running: it", name);
        add_since(s, text, "failed");
        add_exit(s, text);
        break;
    case LOCAL_START_LIMIT:
        finding_add(text, "%s is not running: it failed too often, and %s gave it up;", name,
                    s->manager == LOCAL_SYSTEMD ? "systemd" : "its manager");
        finding_add(text, " the last time");
        add_since(s, text, "was");
        add_exit(s, text);
        break;
    case LOCAL_TRIGGER_LIMIT:
        finding_add(text, "%s is closed: too many connections came within too short a time, and systemd", s->unit);
        add_since(s, text, "stopped listening");
        break;
    case LOCAL_STARTING:
        if (s->exit_status == 0 && s->exit_signal == 0 && s->config_error[0] == '\0' && s->last_line[0] == '\0')
            finding_add(text, "%s is just being started", name);
        else
            finding_add(text, "%s is not running: it failed each time it was started, and systemd tries again", name);
        add_exit(s, text);
        break;
    default:
        finding_add(text, "%s is not running", name);
        if (s->since_us > 0)
            finding_add(text, ": it was stopped at %s", local_moment(s->since_us, s->read_us, moment));
        break;
    }
}

/* Of a server that somebody stopped, its last words ("Received signal 15") say nothing more. */
static bool says_more(const struct local_service *s)
{
    static const char *const beginnings[] = {"it was not started", "a condition", "/etc/ssh/"};
    for (size_t i = 0; i < sizeof beginnings / sizeof beginnings[0]; i++)
        if (strncmp(s->last_line, beginnings[i], strlen(beginnings[i])) == 0)
            return true;
    return s->run != LOCAL_STOPPED && s->last_line[0] != '\0';
}

static void say_why(const struct local_service *s, char *text)
{
    if (s->config_error[0] != '\0')
        finding_add(text, ": %s", s->config_error);
    else if (says_more(s))
        finding_add(text, ": %s", s->last_line);
    if (s->enabled == LOCAL_DISABLED)
        finding_add(text, "; not enabled at boot");
    else if (s->enabled == LOCAL_MASKED)
        finding_add(text, "; masked, so nothing may start it");
}

/* Another program that has the port. */
static const struct local_listener *find_holder(const struct local_facts *facts)
{
    const struct local_listener *other = finding_listener(facts, local_port(facts), false);
    return other != NULL && other->pid > 1 ? other : NULL;
}

/* What its log or sshd -t says, and the first half of the command that puts it right. */
static const struct known_trouble {
    const char *words, *command;
} troubles[] = {
    {"Permissions 0", "sudo chmod 600 /etc/ssh/ssh_host_*_key && "},
    {"no hostkeys available", "sudo ssh-keygen -A && "},
    {"Privilege separation user", "sudo useradd --system --home-dir /run/sshd --shell /usr/sbin/nologin sshd && "},
    {"Cannot assign requested address", "sudoedit " CONFIG " && sudo sshd -t && "},
    {"sshd_not_to_be_run", "sudo rm /etc/ssh/sshd_not_to_be_run && "},
};

/* "/etc/ssh/sshd_config.d/x.conf: line 3: …", "/etc/ssh/sshd_config line 3: …": the file that sshd complains of. */
static void edit_file(const char *complaint, char *mend)
{
    const size_t length = complaint[0] == '/' ? strcspn(complaint, ": ") : 0;
    if (length > 0)
        finding_add(mend, "sudoedit %.*s && sudo sshd -t && ", (int)length, complaint);
    else
        finding_add(mend, "sudoedit " CONFIG " && sudo sshd -t && ");
}

static bool mend_first(const struct local_facts *facts, char *mend)
{
    const struct local_service *s = &facts->service;
    for (size_t i = 0; i < sizeof troubles / sizeof troubles[0]; i++)
        if (strstr(s->last_line, troubles[i].words) != NULL || strstr(s->config_error, troubles[i].words) != NULL) {
            finding_add(mend, "%s", troubles[i].command);
            return true;
        }
    if (s->config_error[0] != '\0' && strstr(s->config_error, "privilege separation") == NULL)
        edit_file(s->config_error, mend);
    else if (strstr(s->last_line, "Failed to queue service startup job") != NULL ||
             strstr(s->last_line, "Failed to load connection service unit") != NULL)
        finding_add(mend, "sudo systemctl disable --now %s && sudo systemctl enable --now ssh", s->unit);
    else if (strstr(s->last_line, "Bind to port") != NULL && strstr(s->last_line, "ermission denied") != NULL)
        finding_add(mend, "sudo semanage port -a -t ssh_port_t -p tcp %u && ", local_port(facts));
    else
        return false;
    return true;
}

static bool mend_cause(const struct local_facts *facts, char *mend)
{
    const struct local_listener *holder = find_holder(facts);
    if (!mend_first(facts, mend) && holder != NULL) {
        finding_free_port(facts, holder, mend);
        return true;
    }
    if (mend[0] == '\0' || strstr(mend, "enable --now") != NULL)
        return mend[0] != '\0';
    /* It may have failed too often by now, or do so at this start. */
    if (facts->service.manager == LOCAL_SYSTEMD && facts->service.run != LOCAL_STOPPED) {
        finding_add_control(facts, "reset-failed", mend);
        finding_add(mend, " && ");
    }
    finding_add_control(facts, "restart", mend);
    return true;
}

static void mend_by_systemd(const struct local_service *s, const char *unit, char *mend)
{
    if (s->enabled == LOCAL_MASKED)
        finding_add(mend, "sudo systemctl unmask %s && ", unit);
    if (s->run == LOCAL_TRIGGER_LIMIT || s->run == LOCAL_START_LIMIT)
        finding_add(mend, "sudo systemctl reset-failed %s && sudo systemctl start %s", unit, unit);
    else
        finding_add(mend, "sudo systemctl %s %s", s->enabled == LOCAL_ENABLED ? "start" : "enable --now", unit);
}

static void say_mend(const struct local_facts *facts, const char *unit, struct local_finding *out)
{
    const struct local_service *s = &facts->service;
    if (mend_cause(facts, out->mend))
        return;
    if (s->manager == LOCAL_SYSTEMD && unit[0] != '\0')
        mend_by_systemd(s, unit, out->mend);
    else if (s->manager == LOCAL_OPENRC)
        finding_add(out->mend, "sudo rc-service %s start%s%s", unit,
                    s->enabled == LOCAL_DISABLED ? " && sudo rc-update add " : "",
                    s->enabled == LOCAL_DISABLED ? unit : "");
    else if (unit[0] != '\0')
        finding_add(out->mend, "sudo service %s start", unit);
    else if (s->server == LOCAL_OPENSSH)
        finding_add(out->mend, "sudo mkdir -p /run/sshd && sudo \"$(command -v sshd)\"");
    else
        finding_add(out->mend, "sudo %s", s->server == LOCAL_DROPBEAR ? "dropbear" : "tinysshd");
}

static void say_check(const struct local_facts *facts, const char *unit, char *check)
{
    const struct local_service *s = &facts->service;
    if (s->manager == LOCAL_SYSTEMD && unit[0] != '\0')
        finding_add(check, "systemctl status %s; journalctl -u %s -n 20", unit, unit);
    else if (s->manager == LOCAL_OPENRC)
        finding_add(check, "rc-service %s status", unit);
    else
        finding_add(check, "ps -C %s; sudo ss -ltnp 'sport = :%u'", local_server_name(facts), local_port(facts));
}

static bool is_down(enum local_run run)
{
    return run == LOCAL_STOPPED || run == LOCAL_FAILED || run == LOCAL_START_LIMIT || run == LOCAL_TRIGGER_LIMIT ||
           run == LOCAL_STARTING;
}

/* A process that a signal or a freezer has stopped listens on, and accepts nothing. */
static bool is_suspended(const struct local_facts *facts, struct local_finding *out)
{
    const struct local_listener *ssh = finding_any_ssh(facts);
    if (!facts->service.suspended || ssh == NULL || ssh->queue > ssh->queue_limit)
        return false; /* a full queue is told by itself */
    finding_add(out->text, "%s (process %u) is suspended, so it takes no connection, though the kernel accepts them",
                local_server_name(facts), ssh->pid);
    finding_add(out->mend, "sudo kill -CONT %u", ssh->pid);
    finding_add(out->check, "ps -o stat,args -p %u  # T: stopped by a signal", ssh->pid);
    out->cause = CAUSE_NO_BANNER;
    return true;
}

bool finding_not_running(const struct local_facts *facts, struct local_finding *out)
{
    const struct local_service *s = &facts->service;
    char unit[LOCAL_NAME];
    if (is_suspended(facts, out))
        return true;
    if (!finding_is_known(s->state) || !finding_is_known(facts->sockets.state) || s->server == LOCAL_NO_SERVER ||
        may_be_served(facts))
        return false;
    short_unit(s, unit);
    if (is_down(s->run)) {
        say_state(facts, out->text);
        say_why(s, out->text);
    } else if (s->run == LOCAL_RUNNING || finding_listener(facts, local_port(facts), false) != NULL)
        return false; /* it listens elsewhere, or another program has the port: told by themselves */
    else {
        finding_add(out->text, "nothing listens on port %u, and no %s is seen to listen elsewhere", local_port(facts),
                    local_server_name(facts));
        say_why(s, out->text);
    }
    say_mend(facts, unit, out);
    say_check(facts, unit, out->check);
    return true;
}
