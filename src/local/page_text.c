/* One page: the finding first, then what was read, each with the command that a person types to see it. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "page.h"
#include "report/text_writer.h"

#define TITLE_MARGIN 4

struct page {
    struct text_writer writer;
    const struct local_facts *facts;
};

static void command(struct page *page, const char *text)
{
    char line[FINDING_TEXT + 8];
    if (text[0] == '\0')
        return;
    snprintf(line, sizeof line, "$ %.*s", FINDING_TEXT, text);
    text_command(&page->writer, "", "", line, 2);
}

/* ---- What was asked, and what was found ---- */

static void title(struct page *page)
{
    const struct local_question *q = &page->facts->question;
    char line[512], address[ADDRESS_TEXT_SIZE];
    int length = snprintf(line, sizeof line, "SSH on %s, port %u", page->facts->host_name, local_port(page->facts));
    if (!address_is_none(&q->client))
        length += snprintf(line + length, sizeof line - (size_t)length, ", for %s", address_text(&q->client, address));
    if (q->user[0] != '\0')
        snprintf(line + length, sizeof line - (size_t)length, ", user %s", q->user);
    text_styled(&page->writer, STYLE_STRONG, line);
    text_end_line(&page->writer, TITLE_MARGIN);
}

static void finding(struct page *page, const struct local_finding *found, bool first, bool verbose)
{
    char advice[LOCAL_ADVICE][LOCAL_ADVICE_SIZE];
    char line[FINDING_TEXT + 8];
    text_field(&page->writer, first ? "finding" : "also", found->text);
    if (found->mend[0] != '\0') {
        snprintf(line, sizeof line, "$ %s", found->mend);
        text_command(&page->writer, "mend", "", line, 2);
    }
    if (found->check[0] != '\0') {
        snprintf(line, sizeof line, "$ %s", found->check);
        text_command(&page->writer, "check", "", line, 2);
    }
    const unsigned count = first || verbose ? local_advice(page->facts, found, advice) : 0;
    for (unsigned i = 0; i < (verbose ? count : count > 2 ? 2 : count); i++) {
        snprintf(line, sizeof line, "$ %.*s", LOCAL_ADVICE_SIZE - 1, advice[i]);
        text_command(&page->writer, i == 0 ? "advice" : "", "", line, 2);
    }
}

/* ---- The service ---- */

static const char *run_words(const struct local_service *s)
{
    switch (s->run) {
    case LOCAL_RUNNING:
        return "runs";
    case LOCAL_STOPPED:
        return "is stopped";
    case LOCAL_FAILED:
        return "failed";
    case LOCAL_START_LIMIT:
        return "failed too often";
    case LOCAL_TRIGGER_LIMIT:
        return "was closed at its trigger limit";
    case LOCAL_STARTING:
        return "is being started";
    case LOCAL_SOCKET_WAITS:
        return "is started by its socket, which listens";
    case LOCAL_RUN_UNKNOWN:
        break;
    }
    return "is in a state that is not known";
}

static const char *enabled_words(const struct local_service *s)
{
    return s->enabled == LOCAL_ENABLED    ? ", enabled at boot"
           : s->enabled == LOCAL_DISABLED ? ", not enabled at boot"
           : s->enabled == LOCAL_MASKED   ? ", masked"
                                          : "";
}

static void service(struct page *page)
{
    const struct local_service *s = &page->facts->service;
    char line[1024], moment[MOMENT_SIZE];
    const bool by_manager = s->manager != LOCAL_NO_MANAGER && s->unit[0] != '\0';
    if (s->state != LOCAL_KNOWN)
        return;
    int length = 0;
    if (s->server == LOCAL_NO_SERVER)
        length = snprintf(line, sizeof line, "no SSH server is installed");
    else
        length = snprintf(line, sizeof line, "%s%s%s%s", local_server_word(s->server),
                          s->package[0] != '\0' ? " (" : "", s->package, s->package[0] != '\0' ? ")" : "");
    if (s->server != LOCAL_NO_SERVER || s->run != LOCAL_RUN_UNKNOWN)
        length += snprintf(line + length, sizeof line - (size_t)length, " %s%s%s", run_words(s),
                           by_manager ? " as " : "", by_manager ? s->unit : "");
    if (s->since_us > 0)
        length += snprintf(line + length, sizeof line - (size_t)length, " since %s",
                           local_moment(s->since_us, s->read_us, moment));
    snprintf(line + length, sizeof line - (size_t)length, "%s", enabled_words(s));
    text_field(&page->writer, "service", line);
    if (s->last_line[0] != '\0') {
        snprintf(line, sizeof line, "its log: %s", s->last_line);
        text_field(&page->writer, "", line);
    }
    if (s->config_error[0] != '\0') {
        snprintf(line, sizeof line, "sshd -t: %s", s->config_error);
        text_field(&page->writer, "", line);
    }
    snprintf(line, sizeof line, "systemctl status %s", s->unit[0] != '\0' ? s->unit : "ssh sshd");
    command(page, s->manager == LOCAL_SYSTEMD  ? line
                  : s->manager == LOCAL_OPENRC ? "rc-status -a"
                                               : "ps -ef | grep sshd");
}

/* ---- Who listens ---- */

static void listener(struct page *page, const struct local_listener *l, bool first)
{
    char line[256], address[ADDRESS_TEXT_SIZE];
    const bool v4 = address_is_ipv4(&l->address), any = local_is_any_address(&l->address);
    const char *text = !any ? address_text(&l->address, address) : v4 ? "0.0.0.0" : "::";
    int length = snprintf(line, sizeof line, v4 ? "%s:%u" : "[%s]:%u", text, l->port);
    length += snprintf(line + length, sizeof line - (size_t)length, "%s by ", l->v6_only && any ? " (IPv6 only)" : "");
    if (l->program[0] == '\0')
        length += snprintf(line + length, sizeof line - (size_t)length, "a program that is not known");
    else
        length += snprintf(line + length, sizeof line - (size_t)length, "%s", l->program);
    if (l->pid != 0)
        length += snprintf(line + length, sizeof line - (size_t)length, " (process %u)", l->pid);
    snprintf(line + length, sizeof line - (size_t)length, ", %u of %u wait%s", l->queue, l->queue_limit,
             l->is_ssh ? "" : ": no SSH server that is known");
    text_field(&page->writer, first ? "listens" : "", line);
}

static void sockets(struct page *page)
{
    const struct local_sockets *s = &page->facts->sockets;
    if (s->state == LOCAL_NOT_ASKED)
        return;
    for (unsigned i = 0; i < s->listeners; i++)
        listener(page, &s->listener[i], i == 0);
    if (s->listeners == 0)
        text_field(&page->writer, "listens", "nobody, on this port; and no SSH server on another");
    if (s->more)
        text_field(&page->writer, "", "and others");
    command(page, "sudo ss -ltnp");
}

/* ---- Settings, room ---- */

static void settings(struct page *page)
{
    const struct local_settings *s = &page->facts->settings;
    char line[1024];
    if (s->state != LOCAL_KNOWN)
        return;
    int length = snprintf(line, sizeof line, "Port");
    for (unsigned i = 0; i < s->ports; i++)
        length += snprintf(line + length, sizeof line - (size_t)length, " %u", s->port[i]);
    if (s->listen[0] != '\0')
        length += snprintf(line + length, sizeof line - (size_t)length, "; ListenAddress %s", s->listen);
    if (s->max_startups_full != 0)
        length += snprintf(line + length, sizeof line - (size_t)length, "; MaxStartups %u:%u:%u", s->max_startups_begin,
                           s->max_startups_rate, s->max_startups_full);
    if (s->per_source_max_startups != 0)
        length += snprintf(line + length, sizeof line - (size_t)length, ", PerSourceMaxStartups %u",
                           s->per_source_max_startups);
    if (s->login_grace_s != 0)
        length += snprintf(line + length, sizeof line - (size_t)length, "; LoginGraceTime %u s", s->login_grace_s);
    if (s->methods[0] != '\0')
        snprintf(line + length, sizeof line - (size_t)length, "; login by %s", s->methods);
    text_field(&page->writer, "settings", line);
    command(page, "sudo sshd -T");
}

static void counted(char *line, size_t size, const char *what, uint64_t now, uint64_t limit)
{
    const size_t length = strlen(line);
    if (limit != 0)
        snprintf(line + length, size - length, "%s%s %" PRIu64 " of %" PRIu64, length > 0 ? "; " : "", what, now,
                 limit);
}

static void room(struct page *page)
{
    const struct local_room *r = &page->facts->room;
    char line[512] = "";
    if (r->state != LOCAL_KNOWN)
        return;
    if (r->not_logged_in_known)
        counted(line, sizeof line, "not logged in:", r->not_logged_in, page->facts->settings.max_startups_full);
    counted(line, sizeof line, "open files", r->files, r->files_limit);
    counted(line, sizeof line, "processes", r->processes, r->processes_limit);
    counted(line, sizeof line, "MB of memory left", r->memory_free >> 20, r->memory_total >> 20);
    counted(line, sizeof line, "tracked connections", r->conntrack, r->conntrack_max);
    text_field(&page->writer, "room", line);
    snprintf(line, sizeof line, "since boot, all listeners: %" PRIu64 " overflows, %" PRIu64 " dropped%s",
             r->listen_overflows, r->listen_drops, r->conntrack_drops != 0 ? "; by connection tracking " : "");
    if (r->conntrack_drops != 0)
        snprintf(line + strlen(line), sizeof line - strlen(line), "%" PRIu64, r->conntrack_drops);
    text_field(&page->writer, "", line);
    command(page, "nstat -az TcpExtListenOverflows TcpExtListenDrops");
}

/* ---- Rules, way back, log ---- */

static void rule(struct page *page, const struct local_rule *r, bool first, bool decides)
{
    char line[1024];
    int length;
    if (r->by == LOCAL_BY_FILE)
        length = snprintf(line, sizeof line, "%s line %u", r->table, r->number);
    else
        length = snprintf(line, sizeof line, "%s %s %s", r->family, r->table, r->chain);
    if (r->handle != 0 && r->by == LOCAL_BY_NFT)
        length += snprintf(line + length, sizeof line - (size_t)length, " handle %" PRIu64, r->handle);
    length += snprintf(line + length, sizeof line - (size_t)length, ": %s%s", r->is_policy ? "policy " : "",
                       r->text[0] != '\0' ? r->text : local_fate_name(r->fate));
    if (r->has_counter)
        length += snprintf(line + length, sizeof line - (size_t)length, " (%" PRIu64 " packets)", r->counter);
    snprintf(line + length, sizeof line - (size_t)length, "%s%s", decides ? "  <- decides" : "",
             r->certain ? "" : " (would match)");
    text_field(&page->writer, first ? "rules" : "", line);
}

static void rules(struct page *page)
{
    const struct local_rules *r = &page->facts->rules;
    char line[512];
    if (r->state != LOCAL_KNOWN)
        return;
    if (r->rules == 0) {
        snprintf(line, sizeof line, "none of %u touches its SYN: it %s", r->rules_in_all, local_fate_name(r->fate));
        text_field(&page->writer, "rules", line);
    }
    for (unsigned i = 0; i < r->rules; i++)
        rule(page, &r->met[i], i == 0, (int)i == r->deciding);
    if (r->not_all_walked) {
        snprintf(line, sizeof line, "not all were walked: %s", r->not_walked);
        text_field(&page->writer, "", line);
    }
    command(page, "sudo nft -a list ruleset");
}

static void way_back(struct page *page)
{
    const struct local_way_back *w = &page->facts->way_back;
    char line[512], command_line[128], client[ADDRESS_TEXT_SIZE];
    if (w->state != LOCAL_KNOWN)
        return;
    int length = snprintf(line, sizeof line, "%s", w->route);
    if (w->mtu != 0)
        length += snprintf(line + length, sizeof line - (size_t)length, ", MTU %u", w->mtu);
    if (w->rp_filter > 0)
        snprintf(line + length, sizeof line - (size_t)length, ", rp_filter %d", w->rp_filter);
    text_field(&page->writer, "way back", line);
    snprintf(command_line, sizeof command_line, "ip route get %s", address_text(&page->facts->question.client, client));
    command(page, command_line);
}

static void log_of(struct page *page)
{
    const struct local_log *l = &page->facts->log;
    char line[512], moment[MOMENT_SIZE], client[ADDRESS_TEXT_SIZE];
    if (l->state != LOCAL_KNOWN)
        return;
    if (l->line[0] == '\0')
        snprintf(line, sizeof line, "no line speaks of this client");
    else
        snprintf(line, sizeof line, "%s%s%s", l->line_us != 0 ? local_moment(l->line_us, l->read_us, moment) : "",
                 l->line_us != 0 ? " " : "", l->line);
    text_field(&page->writer, "log", line);
    snprintf(line, sizeof line, "sudo journalctl -t sshd | grep -F %s",
             address_text(&page->facts->question.client, client));
    command(page, line);
}

static void lacks(struct page *page)
{
    char line[512];
    for (unsigned i = 0; i < page->facts->lacks; i++) {
        snprintf(line, sizeof line, "%s (%s)", page->facts->lack[i].what, page->facts->lack[i].remedy);
        text_field(&page->writer, i == 0 ? "not read" : "", line);
    }
}

void local_page(struct buffer *out, bool colour, size_t width, bool verbose, const struct local_facts *facts,
                const struct local_finding *findings, unsigned count)
{
    struct page page = {{out, colour, width}, facts};
    title(&page);
    for (unsigned i = 0; i < count; i++)
        finding(&page, &findings[i], i == 0, verbose);
    service(&page);
    sockets(&page);
    settings(&page);
    room(&page);
    rules(&page);
    way_back(&page);
    log_of(&page);
    lacks(&page);
}
