/* What this machine has no room for, whom its files refuse, and where its answers go. */
#include "accepted.h"
#include "local.h"

static uint64_t later_us(const struct local_age *age)
{
    return age->after_us > 0 ? (uint64_t)age->after_us : 0;
}

/* sshd turned it away as it accepted it. */
static bool turned_away(const struct view *v)
{
    return v->stage == STAGE_ACCEPTED && v->shaken &&
           (program_closed(v) || (v->dialogue && v->dialogue->refusal != SSH_REFUSAL_NONE));
}

static const struct local_settings *startups_of(const struct local_evidence *local)
{
    const struct local_settings *settings = &local->facts->settings;
    const struct local_room *room = &local->facts->room;
    const bool known = holds(&local->room) && room->state == LOCAL_KNOWN && room->not_logged_in_known;
    return known && settings->state == LOCAL_KNOWN && settings->max_startups_begin ? settings : NULL;
}

/* Between begin and full, sshd drops by chance (sshd_config(5) MaxStartups). Judgement. */
static const float by_chance = 0.8f;

static bool startups_full(const struct view *v, struct finding *f)
{
    const struct local_evidence *local = local_target(v);
    const struct local_settings *settings = local && turned_away(v) ? startups_of(local) : NULL;
    const uint32_t waiting = local ? local->facts->room.not_logged_in : 0;
    if (!settings || waiting < settings->max_startups_begin)
        return false;
    f->value[0] = waiting;
    f->value[1] = settings->max_startups_begin;
    f->value[2] = settings->max_startups_full;
    f->value[3] = later_us(&local->room);
    f->scale = local_part(&local->room) *
               (settings->max_startups_full && waiting >= settings->max_startups_full ? 1 : by_chance);
    return true;
}

static bool startups_free(const struct view *v, struct finding *f)
{
    const struct local_evidence *local = local_target(v);
    const struct local_settings *settings = local && turned_away(v) ? startups_of(local) : NULL;
    if (!settings || local->facts->room.not_logged_in + 1 >= settings->max_startups_begin)
        return false;
    f->value[0] = local->facts->room.not_logged_in;
    f->value[1] = settings->max_startups_begin;
    f->value[2] = later_us(&local->room);
    f->scale = local_part(&local->room);
    return true;
}

static bool hosts_deny(const struct view *v, struct finding *f)
{
    const struct local_evidence *local = local_target(v);
    const struct local_rule *rule = local && turned_away(v) ? local_hosts_denial(local) : NULL;
    if (!rule)
        return false;
    f->word = rule->text;
    f->value[0] = rule->number;
    f->value[1] = later_us(&local->rules);
    f->scale = local_part(&local->rules);
    return true;
}

static bool penalised(const struct view *v, struct finding *f)
{
    const struct local_evidence *local = local_target(v);
    if (!local || !turned_away(v) || !holds(&local->log) || local->facts->log.state != LOCAL_KNOWN ||
        !local->facts->log.penalty[0])
        return false;
    f->word = local->facts->log.penalty;
    f->value[0] = later_us(&local->log);
    f->scale = local_part(&local->log);
    return true;
}

static bool tracking_full(const struct view *v, struct finding *f)
{
    const struct local_evidence *local = local_target(v);
    if (!local || v->stage != STAGE_NO_ANSWER || !local_tracking_is_full(local) || local_stopping_rule(local))
        return false;
    f->packet = v->attempt->last_syn_number;
    f->value[0] = local->facts->room.conntrack;
    f->value[1] = local->facts->room.conntrack_max;
    f->value[2] = later_us(&local->room);
    f->scale = local_part(&local->room);
    return true;
}

/* A way back by another interface is often meant so. Judgement. */
static const float asymmetric = 0.4f;

static bool way_back_wrong(const struct view *v, struct finding *f)
{
    const struct local_evidence *local = local_target(v);
    const char *fault = local ? local_way_back_fault(local) : NULL;
    const bool unheard = v->stage == STAGE_NO_ANSWER || (v->stage == STAGE_ACCEPTED && !v->shaken);
    if (!fault || !unheard || local_stopping_rule(local))
        return false;
    const struct local_way_back *way = &local->facts->way_back;
    f->packet = v->attempt->last_syn_number;
    f->address = &v->attempt->key.client;
    f->word = fault;
    f->value[0] = later_us(&local->way_back);
    f->scale = local_part(&local->way_back) * (way->unreachable || way->client_is_behind_bridge ? 1 : asymmetric);
    return true;
}

static const struct evidence_row rows[] = {
    {"local-startups-full",
     VIEW_TEST(startups_full),
     {{CAUSE_MAXSTARTUPS, 8.0f}},
     "connections here that have not logged in: {0}, and MaxStartups turns some away from {1} on, all from {2} on "
     "(read "
     "{3t} after it)",
     "sshd_config(5) MaxStartups; OpenSSH sshd.c should_drop_connection"},
    {"local-startups-free",
     VIEW_TEST(startups_free),
     {{CAUSE_MAXSTARTUPS, -4.0f}},
     "connections here that have not logged in: {0}, and MaxStartups turns nobody away below {1} (read {2t} after it)",
     "sshd_config(5) MaxStartups; OpenSSH sshd.c should_drop_connection"},
    {"local-hosts-deny",
     VIEW_TEST(hosts_deny),
     {{CAUSE_CLOSED_BEFORE_BANNER, 6.0f}, {CAUSE_MAXSTARTUPS, -2.0f}, {CAUSE_SOURCE_PENALTY, -2.0f}},
     "this machine's hosts.deny refuses the client (line {0}, read {1t} after it): {w}",
     "hosts_access(5); libwrap"},
    {"local-penalty",
     VIEW_TEST(penalised),
     {{CAUSE_SOURCE_PENALTY, 8.0f}, {CAUSE_MAXSTARTUPS, -2.0f}},
     "sshd's log says that the client is held off (read {0t} after it): {w}",
     "sshd_config(5) PerSourcePenalties; OpenSSH srclimit.c"},
    {"local-tracking-full",
     VIEW_TEST(tracking_full),
     {{CAUSE_SILENT_DROP, 5.0f}},
     "this machine's table of connections is full: {0} of {1} (read {2t} after the last SYN)",
     "net/netfilter/nf_conntrack_core.c early_drop; nf_conntrack_max"},
    {"local-way-back",
     VIEW_TEST(way_back_wrong),
     {{CAUSE_RETURN_PATH_LOSS, 5.0f},
      {CAUSE_SILENT_DROP, 4.0f},
      {CAUSE_REPLY_IGNORED, -4.0f},
      {CAUSE_MISADDRESSED_REPLY, -4.0f}},
     "this machine's answers to {a} go astray: {w} (read {0t} after it)",
     "ip-route(8); net/ipv4/route.c"},
};

const struct evidence_rows local_room_rows = EVIDENCE_ROWS(rows);
