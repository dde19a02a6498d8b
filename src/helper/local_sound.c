/* What a helper hands over is read by somebody who trusts it no more than a packet. */
#include "local.h"

#define END(text) ((text)[sizeof(text) - 1] = '\0')

/* An enumeration or a flag whose bytes are none of its values, read as a number first: C gives no meaning to them. */
static void bound(void *value, size_t size, unsigned most)
{
    unsigned number = *(const uint8_t *)value;
    if (size == sizeof number)
        memcpy(&number, value, size);
    if (number > most)
        memset(value, 0, size);
}

#define BOUND(field, most) bound(&(field), sizeof(field), (unsigned)(most))
#define FLAG(field)        bound(&(field), sizeof(field), 1)

static void sound_service(struct local_service *s)
{
    BOUND(s->state, LOCAL_UNREADABLE);
    BOUND(s->server, LOCAL_OTHER_SERVER);
    BOUND(s->manager, LOCAL_OPENRC);
    BOUND(s->run, LOCAL_SOCKET_WAITS);
    BOUND(s->enabled, LOCAL_MASKED);
    FLAG(s->suspended);
    END(s->package);
    END(s->unit);
    END(s->last_line);
    END(s->config_error);
    END(s->install_command);
}

static void sound_settings(struct local_settings *s)
{
    BOUND(s->state, LOCAL_UNREADABLE);
    BOUND(s->ports, LOCAL_PORTS);
    END(s->listen);
    END(s->refuses_user);
    END(s->methods);
}

static void sound_sockets(struct local_sockets *s)
{
    BOUND(s->state, LOCAL_UNREADABLE);
    BOUND(s->listeners, LOCAL_LISTENERS);
    FLAG(s->more);
    for (unsigned i = 0; i < LOCAL_LISTENERS; i++) {
        FLAG(s->listener[i].v6_only);
        FLAG(s->listener[i].is_ssh);
        END(s->listener[i].program);
    }
}

static void sound_rule(struct local_rule *r)
{
    BOUND(r->fate, LOCAL_CLOSES);
    BOUND(r->owner, LOCAL_SSHD);
    BOUND(r->by, LOCAL_BY_FILE);
    FLAG(r->certain);
    FLAG(r->has_counter);
    FLAG(r->is_policy);
    FLAG(r->outgoing);
    END(r->family);
    END(r->table);
    END(r->chain);
    END(r->called_from);
    END(r->text);
    END(r->comment);
    END(r->set);
    END(r->element);
    END(r->log_prefix);
    END(r->command);
}

static void sound_rules(struct local_rules *s)
{
    BOUND(s->state, LOCAL_UNREADABLE);
    BOUND(s->fate, LOCAL_CLOSES);
    FLAG(s->certain);
    BOUND(s->rules, LOCAL_RULES);
    FLAG(s->not_all_walked);
    if (s->deciding < -1 || s->deciding >= (int)s->rules)
        s->deciding = -1;
    END(s->not_walked);
    for (unsigned i = 0; i < LOCAL_RULES; i++)
        sound_rule(&s->met[i]);
}

static void sound_way_back(struct local_way_back *s)
{
    BOUND(s->state, LOCAL_UNREADABLE);
    FLAG(s->unreachable);
    FLAG(s->by_other_interface);
    FLAG(s->client_is_behind_bridge);
    FLAG(s->bridge_is_silent);
    FLAG(s->client_is_self);
    FLAG(s->server_is_here);
    END(s->route);
    END(s->interface);
    END(s->gateway);
    END(s->source);
    END(s->bridge);
    END(s->near_interface);
    END(s->asked_at);
}

void local_make_sound(struct local_facts *facts)
{
    END(facts->question.user);
    END(facts->question.interface);
    END(facts->host_name);
    sound_service(&facts->service);
    sound_settings(&facts->settings);
    sound_sockets(&facts->sockets);
    BOUND(facts->room.state, LOCAL_UNREADABLE);
    FLAG(facts->room.not_logged_in_known);
    FLAG(facts->room.processes_of_unit);
    sound_rules(&facts->rules);
    sound_way_back(&facts->way_back);
    BOUND(facts->log.state, LOCAL_UNREADABLE);
    END(facts->log.line);
    END(facts->log.penalty);
    BOUND(facts->lacks, LOCAL_LACKS);
    for (unsigned i = 0; i < LOCAL_LACKS; i++) {
        END(facts->lack[i].what);
        END(facts->lack[i].remedy);
    }
}
