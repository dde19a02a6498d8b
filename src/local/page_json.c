/* {"type":"local",…}: all facts, and what they come to. */
#include "page.h"
#include "report/json_writer.h"

/* Each value behind its key. */
static void text(struct buffer *b, const char *key, const char *value)
{
    buffer_char(b, ',');
    json_text(b, key);
    buffer_char(b, ':');
    json_string_or_null(b, value);
}

static void number(struct buffer *b, const char *key, uint64_t value)
{
    buffer_char(b, ',');
    json_text(b, key);
    buffer_char(b, ':');
    buffer_u64(b, value);
}

static void flag(struct buffer *b, const char *key, bool value)
{
    buffer_char(b, ',');
    json_text(b, key);
    buffer_char(b, ':');
    json_bool(b, value);
}

static void moment(struct buffer *b, const char *key, int64_t us)
{
    buffer_char(b, ',');
    json_text(b, key);
    buffer_char(b, ':');
    if (us > 0)
        json_timestamp(b, us);
    else
        BUFFER_LITERAL(b, "null");
}

static void address(struct buffer *b, const char *key, const struct address *value)
{
    buffer_char(b, ',');
    json_text(b, key);
    buffer_char(b, ':');
    if (address_is_none(value))
        BUFFER_LITERAL(b, "null");
    else
        json_address(b, value);
}

/* An object, with how it came to be known as its first member. */
static void begin(struct buffer *b, const char *key, enum local_state state)
{
    buffer_char(b, ',');
    json_text(b, key);
    BUFFER_LITERAL(b, ":{\"state\":");
    json_word(b, local_state_name(state));
}

static void findings_of(struct buffer *b, const struct local_finding *findings, unsigned count)
{
    BUFFER_LITERAL(b, ",\"findings\":[");
    for (unsigned i = 0; i < count; i++) {
        const struct local_finding *f = &findings[i];
        if (i > 0)
            buffer_char(b, ',');
        BUFFER_LITERAL(b, "{\"kind\":");
        json_text(b, local_finding_name(f->kind));
        text(b, "cause", cause_name(f->cause));
        flag(b, "stops", f->stops);
        text(b, "text", f->text);
        text(b, "mend", f->mend);
        text(b, "check", f->check);
        buffer_char(b, '}');
    }
    buffer_char(b, ']');
}

static void service(struct buffer *b, const struct local_service *s)
{
    begin(b, "service", s->state);
    text(b, "server", local_server_word(s->server));
    text(b, "package", s->package);
    text(b, "manager", local_manager_name(s->manager));
    text(b, "unit", s->unit);
    text(b, "run", local_run_name(s->run));
    text(b, "enabled", local_enabled_name(s->enabled));
    flag(b, "suspended", s->suspended);
    moment(b, "since", s->since_us);
    number(b, "exit_status", (uint64_t)(s->exit_status > 0 ? s->exit_status : 0));
    number(b, "exit_signal", (uint64_t)(s->exit_signal > 0 ? s->exit_signal : 0));
    text(b, "last_line", s->last_line);
    text(b, "config_error", s->config_error);
    text(b, "install", s->install_command);
    moment(b, "read", s->read_us);
    buffer_char(b, '}');
}

static void settings(struct buffer *b, const struct local_settings *s)
{
    begin(b, "settings", s->state);
    BUFFER_LITERAL(b, ",\"ports\":[");
    for (unsigned i = 0; i < s->ports; i++) {
        if (i > 0)
            buffer_char(b, ',');
        buffer_u64(b, s->port[i]);
    }
    buffer_char(b, ']');
    text(b, "listen", s->listen);
    number(b, "max_startups_begin", s->max_startups_begin);
    number(b, "max_startups_rate", s->max_startups_rate);
    number(b, "max_startups_full", s->max_startups_full);
    number(b, "per_source_max_startups", s->per_source_max_startups);
    number(b, "login_grace_s", s->login_grace_s);
    text(b, "methods", s->methods);
    text(b, "refuses_user", s->refuses_user);
    moment(b, "read", s->read_us);
    buffer_char(b, '}');
}

static void sockets(struct buffer *b, const struct local_sockets *s)
{
    begin(b, "sockets", s->state);
    BUFFER_LITERAL(b, ",\"listeners\":[");
    for (unsigned i = 0; i < s->listeners; i++) {
        const struct local_listener *l = &s->listener[i];
        if (i > 0)
            buffer_char(b, ',');
        BUFFER_LITERAL(b, "{\"address\":");
        if (local_is_any_address(&l->address))
            json_word(b, address_is_ipv4(&l->address) ? "0.0.0.0" : "::");
        else
            json_address(b, &l->address);
        number(b, "port", l->port);
        flag(b, "v6_only", l->v6_only);
        flag(b, "ssh", l->is_ssh);
        text(b, "program", l->program);
        number(b, "pid", l->pid);
        number(b, "queue", l->queue);
        number(b, "queue_limit", l->queue_limit);
        buffer_char(b, '}');
    }
    buffer_char(b, ']');
    flag(b, "more", s->more);
    moment(b, "read", s->read_us);
    buffer_char(b, '}');
}

static void room(struct buffer *b, const struct local_room *r)
{
    begin(b, "room", r->state);
    number(b, "listen_overflows", r->listen_overflows);
    number(b, "listen_drops", r->listen_drops);
    BUFFER_LITERAL(b, ",\"not_logged_in\":");
    if (r->not_logged_in_known)
        buffer_u64(b, r->not_logged_in);
    else
        BUFFER_LITERAL(b, "null");
    number(b, "conntrack", r->conntrack);
    number(b, "conntrack_max", r->conntrack_max);
    number(b, "conntrack_drops", r->conntrack_drops);
    number(b, "files", r->files);
    number(b, "files_limit", r->files_limit);
    number(b, "processes", r->processes);
    number(b, "processes_limit", r->processes_limit);
    flag(b, "processes_of_unit", r->processes_of_unit);
    number(b, "memory_free", r->memory_free);
    number(b, "memory_total", r->memory_total);
    moment(b, "read", r->read_us);
    buffer_char(b, '}');
}

static void rule(struct buffer *b, const struct local_rule *r)
{
    BUFFER_LITERAL(b, "{\"fate\":");
    json_word(b, local_fate_name(r->fate));
    text(b, "owner", local_owner_name(r->owner));
    text(b, "by", local_by_name(r->by));
    flag(b, "certain", r->certain);
    flag(b, "policy", r->is_policy);
    flag(b, "outgoing", r->outgoing);
    text(b, "family", r->family);
    text(b, "table", r->table);
    text(b, "chain", r->chain);
    text(b, "called_from", r->called_from);
    number(b, "handle", r->handle);
    number(b, "number", r->number);
    BUFFER_LITERAL(b, ",\"counter\":");
    if (r->has_counter)
        buffer_u64(b, r->counter);
    else
        BUFFER_LITERAL(b, "null");
    text(b, "text", r->text);
    text(b, "comment", r->comment);
    text(b, "set", r->set);
    text(b, "element", r->element);
    number(b, "set_expires_s", (uint64_t)(r->set_expires_s > 0 ? r->set_expires_s : 0));
    text(b, "log_prefix", r->log_prefix);
    text(b, "command", r->command);
    buffer_char(b, '}');
}

static void rules(struct buffer *b, const struct local_rules *r)
{
    begin(b, "rules", r->state);
    text(b, "fate", local_fate_name(r->fate));
    BUFFER_LITERAL(b, ",\"deciding\":");
    if (r->deciding >= 0)
        buffer_u64(b, (uint64_t)r->deciding);
    else
        BUFFER_LITERAL(b, "null");
    BUFFER_LITERAL(b, ",\"met\":[");
    for (unsigned i = 0; i < r->rules; i++) {
        if (i > 0)
            buffer_char(b, ',');
        rule(b, &r->met[i]);
    }
    buffer_char(b, ']');
    number(b, "walked", r->rules_walked);
    number(b, "in_all", r->rules_in_all);
    number(b, "set_elements", r->set_elements);
    flag(b, "not_all_walked", r->not_all_walked);
    text(b, "not_walked", r->not_walked);
    moment(b, "read", r->read_us);
    buffer_char(b, '}');
}

static void way_back(struct buffer *b, const struct local_way_back *w)
{
    begin(b, "way_back", w->state);
    text(b, "route", w->route);
    text(b, "interface", w->interface);
    text(b, "gateway", w->gateway);
    text(b, "source", w->source);
    text(b, "bridge", w->bridge);
    text(b, "near_interface", w->near_interface);
    text(b, "asked_at", w->asked_at);
    number(b, "unanswered", w->unanswered);
    flag(b, "unreachable", w->unreachable);
    flag(b, "by_other_interface", w->by_other_interface);
    flag(b, "client_is_behind_bridge", w->client_is_behind_bridge);
    flag(b, "bridge_is_silent", w->bridge_is_silent);
    flag(b, "client_is_self", w->client_is_self);
    flag(b, "server_is_here", w->server_is_here);
    number(b, "mtu", w->mtu);
    BUFFER_LITERAL(b, ",\"rp_filter\":");
    if (w->rp_filter >= 0)
        buffer_u64(b, (uint64_t)w->rp_filter);
    else
        BUFFER_LITERAL(b, "null");
    moment(b, "read", w->read_us);
    buffer_char(b, '}');
}

static void log_of(struct buffer *b, const struct local_log *l)
{
    begin(b, "log", l->state);
    text(b, "line", l->line);
    moment(b, "line_time", l->line_us);
    text(b, "penalty", l->penalty);
    moment(b, "read", l->read_us);
    buffer_char(b, '}');
}

static void lacks(struct buffer *b, const struct local_facts *facts)
{
    BUFFER_LITERAL(b, ",\"not_read\":[");
    for (unsigned i = 0; i < facts->lacks; i++) {
        if (i > 0)
            buffer_char(b, ',');
        BUFFER_LITERAL(b, "{\"what\":");
        json_text(b, facts->lack[i].what);
        text(b, "allowed_by", facts->lack[i].remedy);
        buffer_char(b, '}');
    }
    buffer_char(b, ']');
}

void local_json(struct buffer *out, const struct local_facts *facts, const struct local_finding *findings,
                unsigned count)
{
    BUFFER_LITERAL(out, JSON_OBJECT("local"));
    text(out, "host", facts->host_name);
    address(out, "client", &facts->question.client);
    text(out, "user", facts->question.user);
    number(out, "port", local_port(facts));
    findings_of(out, findings, count);
    service(out, &facts->service);
    settings(out, &facts->settings);
    sockets(out, &facts->sockets);
    room(out, &facts->room);
    rules(out, &facts->rules);
    way_back(out, &facts->way_back);
    log_of(out, &facts->log);
    lacks(out, facts);
    BUFFER_LITERAL(out, "}\n");
}
