/* "local":{…} of an attempt: what this machine itself says of it. */
#include <sshsniff/local_evidence.h>

#include "json_lines.h"
#include "json_writer.h"
#include "local_words.h"

static void age(struct buffer *line, const struct local_age *of)
{
    static const char *const words[] = {
        [LOCAL_HOLDS_NOT] = "no", [LOCAL_HOLDS_AFTER] = "after", [LOCAL_HOLDS_STEADY] = "steady"};
    BUFFER_LITERAL(line, ",\"holds\":");
    json_word(line, words[of->hold]);
    JSON_KEY(line, "read_after_ms");
    if (of->hold == LOCAL_HOLDS_NOT)
        BUFFER_LITERAL(line, "null");
    else
        json_ms(line, of->after_us);
}

static void count(struct buffer *line, const char *key, const struct local_count *of)
{
    if (!of->known)
        return;
    buffer_text(line, key);
    BUFFER_LITERAL(line, "{\"before\":");
    buffer_u64(line, of->before);
    JSON_KEY(line, "after");
    buffer_u64(line, of->after);
    JSON_KEY(line, "syns");
    buffer_u64(line, of->own);
    JSON_KEY(line, "other_syns");
    buffer_u64(line, of->others);
    buffer_char(line, '}');
}

static void listener(struct buffer *line, const struct local_evidence *local, const struct flow_key *key)
{
    const struct local_sockets *sockets = &local->facts->sockets;
    if (sockets->state != LOCAL_KNOWN)
        return;
    const struct local_listener *l = local_listener_for(sockets, &key->server, key->server_port);
    BUFFER_LITERAL(line, ",\"listener\":{\"listens\":");
    json_bool(line, l != NULL);
    if (l != NULL) {
        JSON_KEY(line, "program");
        json_string_or_null(line, l->program);
        JSON_KEY(line, "queue");
        buffer_u64(line, l->queue);
        JSON_KEY(line, "queue_limit");
        buffer_u64(line, l->queue_limit);
    }
    JSON_KEY(line, "changed");
    json_bool(line, local->listener_changed);
    age(line, &local->sockets);
    buffer_char(line, '}');
}

static void where_it_stands(struct buffer *line, const struct local_rule *rule)
{
    JSON_KEY(line, "by");
    json_word(line, local_by_name(rule->by));
    JSON_KEY(line, "family");
    json_string_or_null(line, rule->family);
    JSON_KEY(line, "table");
    json_string_or_null(line, rule->table);
    JSON_KEY(line, "chain");
    json_string_or_null(line, rule->chain);
    JSON_KEY(line, "number");
    buffer_u64(line, rule->number);
    JSON_KEY(line, "handle");
    buffer_u64(line, rule->handle);
}

static void rule(struct buffer *line, const struct local_evidence *local)
{
    const struct local_rules *rules = &local->facts->rules;
    const struct local_rule *deciding = local_deciding_rule(rules);
    if (rules->state != LOCAL_KNOWN)
        return;
    BUFFER_LITERAL(line, ",\"rule\":{\"fate\":");
    json_word(line, local_fate_name(rules->fate));
    JSON_KEY(line, "certain");
    json_bool(line, rules->certain);
    if (deciding != NULL) {
        where_it_stands(line, deciding);
        JSON_KEY(line, "text");
        json_text(line, deciding->text);
        JSON_KEY(line, "owner");
        json_text(line, deciding->owner == LOCAL_OWNER_NONE ? NULL : local_owner_name(deciding->owner));
        JSON_KEY(line, "outgoing");
        json_bool(line, deciding->outgoing);
        JSON_KEY(line, "set");
        json_string_or_null(line, deciding->set);
        JSON_KEY(line, "log_prefix");
        json_string_or_null(line, deciding->log_prefix);
        JSON_KEY(line, "command");
        json_string_or_null(line, deciding->command);
        count(line, ",\"counter\":", &local->rule);
    }
    age(line, &local->rules);
    buffer_char(line, '}');
}

static void rest(struct buffer *line, const struct local_evidence *local)
{
    const struct local_facts *facts = local->facts;
    if (facts->room.state == LOCAL_KNOWN && local->room.hold != LOCAL_HOLDS_NOT) {
        BUFFER_LITERAL(line, ",\"not_logged_in\":");
        if (facts->room.not_logged_in_known)
            buffer_u64(line, facts->room.not_logged_in);
        else
            BUFFER_LITERAL(line, "null");
    }
    count(line, ",\"listen_overflows\":", &local->overflows);
    if (facts->log.state == LOCAL_KNOWN && facts->log.line[0] != '\0' && local->log.hold != LOCAL_HOLDS_NOT) {
        JSON_KEY(line, "log");
        json_text(line, facts->log.line);
    }
    if (facts->way_back.state == LOCAL_KNOWN && facts->way_back.route[0] != '\0') {
        JSON_KEY(line, "way_back");
        json_text(line, facts->way_back.route);
    }
}

void json_local(struct buffer *line, const struct case_file *file)
{
    static const char *const roles[] = {
        [LOCAL_ROLE_NONE] = "none", [LOCAL_ROLE_TARGET] = "target", [LOCAL_ROLE_CLIENT] = "client"};
    const struct local_evidence *local = file->local;
    if (local == NULL || local->role == LOCAL_ROLE_NONE)
        return;
    BUFFER_LITERAL(line, ",\"local\":{\"role\":");
    json_word(line, roles[local->role]);
    listener(line, local, &file->attempt->key);
    rule(line, local);
    rest(line, local);
    buffer_char(line, '}');
}
