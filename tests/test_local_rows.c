/* Rows on what this machine says of itself: where each fires, and where it must not; and the verdicts that they make
 * together. */
#include "local_case.h"
#include "rows.h"

#define REFUSED  "served who is >S,ttl=60 +1 <RA,ttl=64"
#define REJECTED "served who is >S,ttl=60 +1 !3/3,from=2"
#define SILENT   "served who is >S,ttl=60 +1000 >S,ttl=60 +3200 tick"
#define MUTE     "served who is >S,ttl=60 <SA,ttl=64 +1000 <SA,ttl=64 +2000 <SA,ttl=64 +4000 tick"
#define CLOSED   "served who is " SHAKE "+5 <FA"
#define DENIED   SHAKE KEX ASKED TRY TRY "+10 <FA +1 >FA"
#define GREETED  SHAKE HELLO_C "+20 " HELLO_S "+5 <FA"
/* At the client. */
#define UNHEARD ">S +20 <SA +1000 <SA +2000 <SA"

typedef void prepare(struct local_case *c);

/* Where `without` is NULL, the same packets without the machine's word are where it must not fire. */
struct local_row_case {
    const char *id, *script;
    prepare *fires, *without;
};

/* ---- What the machine says ---- */

static void target(struct local_case *c)
{
    local_case_begin(c, LOCAL_ROLE_TARGET);
}

static void client(struct local_case *c)
{
    local_case_begin(c, LOCAL_ROLE_CLIENT);
}

static void nothing(struct local_case *c)
{
    local_case_begin(c, LOCAL_ROLE_NONE);
}

static void nobody_listens(struct local_case *c)
{
    target(c);
    local_case_sockets(c);
    local_case_rules(c);
}

static void sshd_listens(struct local_case *c)
{
    target(c);
    local_case_listener(c, NULL, 22);
    local_case_rules(c);
}

static void sent_on(struct local_case *c)
{
    nobody_listens(c);
    c->facts.rules.fate = LOCAL_SENT_ON;
}

static void sent_on_past_sshd(struct local_case *c)
{
    sshd_listens(c);
    c->facts.rules.fate = LOCAL_SENT_ON;
}

static void sockets_stale(struct local_case *c)
{
    nobody_listens(c);
    c->evidence.sockets.hold = LOCAL_HOLDS_NOT;
}

static void sshd_restarted(struct local_case *c)
{
    sshd_listens(c);
    c->evidence.listener_changed = true;
}

static void queue_full(struct local_case *c)
{
    sshd_listens(c);
    c->facts.sockets.listener[0].queue = 129;
    c->facts.sockets.listener[0].queue_limit = 128;
}

static void queue_at_limit(struct local_case *c)
{
    queue_full(c);
    c->facts.sockets.listener[0].queue = 128;
}

static void overflowed(struct local_case *c)
{
    sshd_listens(c);
    local_case_count(&c->evidence.overflows, 7, 9, 2, 0);
}

static void not_overflowed(struct local_case *c)
{
    sshd_listens(c);
    local_case_count(&c->evidence.overflows, 7, 7, 2, 0);
}

static void rule_drops(struct local_case *c)
{
    sshd_listens(c);
    local_case_rule(c, LOCAL_DROPS);
}

static void rule_resets(struct local_case *c)
{
    sshd_listens(c);
    local_case_rule(c, LOCAL_REJECTS_RST);
}

static void rule_rejects(struct local_case *c)
{
    sshd_listens(c);
    local_case_rule(c, LOCAL_REJECTS_ICMP);
}

static void rule_limits(struct local_case *c)
{
    sshd_listens(c);
    local_case_rule(c, LOCAL_LIMITS)->certain = false;
}

static void rule_bans(struct local_case *c)
{
    sshd_listens(c);
    struct local_rule *rule = local_case_rule(c, LOCAL_DROPS);
    rule->owner = LOCAL_FAIL2BAN;
    snprintf(rule->set, sizeof rule->set, "addr-set-sshd");
    rule->set_expires_s = 532;
}

static void rules_stale(struct local_case *c)
{
    rule_drops(c);
    c->evidence.rules.hold = LOCAL_HOLDS_NOT;
}

static void answer_stopped(struct local_case *c)
{
    rule_drops(c);
    c->facts.rules.met[0].outgoing = true;
}

static void answer_stopped_at_client(struct local_case *c)
{
    answer_stopped(c);
    c->evidence.role = LOCAL_ROLE_CLIENT;
}

static void rule_counted(struct local_case *c)
{
    rule_drops(c);
    local_case_count(&c->evidence.rule, 7, 9, 2, 0);
}

static void rule_counted_too(struct local_case *c)
{
    rule_drops(c);
    local_case_count(&c->evidence.rule, 7, 12, 2, 3);
}

static void rule_not_counted(struct local_case *c)
{
    rule_drops(c);
    local_case_count(&c->evidence.rule, 7, 7, 2, 0);
}

static void startups(struct local_case *c, uint32_t waiting)
{
    sshd_listens(c);
    c->facts.settings.state = c->facts.room.state = LOCAL_KNOWN;
    c->facts.settings.max_startups_begin = 10;
    c->facts.settings.max_startups_rate = 30;
    c->facts.settings.max_startups_full = 100;
    c->facts.room.not_logged_in = waiting;
    c->facts.room.not_logged_in_known = true;
    c->evidence.room = local_steady();
}

static void startups_full(struct local_case *c)
{
    startups(c, 12);
}

static void startups_free(struct local_case *c)
{
    startups(c, 1);
}

static void hosts_deny(struct local_case *c)
{
    sshd_listens(c);
    struct local_rule *rule = local_case_rule(c, LOCAL_DROPS);
    rule->by = LOCAL_BY_FILE;
    rule->owner = LOCAL_HOSTS_ACCESS;
    snprintf(rule->text, sizeof rule->text, "sshd: ALL");
}

static void tracking_full(struct local_case *c)
{
    sshd_listens(c);
    c->facts.room.state = LOCAL_KNOWN;
    c->facts.room.conntrack = c->facts.room.conntrack_max = 4096;
    c->evidence.room = local_steady();
}

static void way_back_wrong(struct local_case *c)
{
    sshd_listens(c);
    c->facts.way_back.state = LOCAL_KNOWN;
    c->facts.way_back.client_is_behind_bridge = true;
    snprintf(c->facts.way_back.bridge, sizeof c->facts.way_back.bridge, "docker0");
    c->evidence.way_back = local_steady();
}

static void way_back_right(struct local_case *c)
{
    way_back_wrong(c);
    c->facts.way_back.client_is_behind_bridge = false;
}

static void log_line(struct local_case *c, const char *line)
{
    sshd_listens(c);
    c->facts.log.state = LOCAL_KNOWN;
    snprintf(c->facts.log.line, sizeof c->facts.log.line, "%s", line);
    c->evidence.log = local_steady();
}

#define LOG(name, line)                                                                                                \
    static void name(struct local_case *c)                                                                             \
    {                                                                                                                  \
        log_line(c, line);                                                                                             \
    }

LOG(log_penalty, "drop connection #0 from [10.7.1.2]:40001 on [10.7.2.2]:22 penalty: failed authentication")
LOG(log_startups, "drop connection #10 from [10.7.1.2]:40001 on [10.7.2.2]:22 past MaxStartups")
LOG(log_other_port, "drop connection #10 from [10.7.1.2]:4000 on [10.7.2.2]:22 past MaxStartups")
LOG(log_longer_port, "drop connection #10 from [10.7.1.2]:400011 on [10.7.2.2]:22 past MaxStartups")
LOG(log_timeout, "Timeout before authentication for 10.7.1.2 port 40001")
LOG(log_kex, "Unable to negotiate with 10.7.1.2 port 40001: no matching key exchange method found.")
LOG(log_version, "Protocol major versions differ for 10.7.1.2 port 40001: 2 vs. 1")
LOG(log_denied, "User bob from 10.7.1.2 port 40001 not allowed because not listed in AllowUsers")
LOG(log_accepted, "Accepted password for bob from 10.7.1.2 port 40001 ssh2")
LOG(log_refused, "refused connect from 10.7.1.2 (10.7.1.2) port 40001")

static void penalty(struct local_case *c)
{
    log_line(c, "");
    snprintf(c->facts.log.penalty, sizeof c->facts.log.penalty, "10.7.1.2/32 penalty: failed authentication");
}

/* ---- The rows ---- */

static const struct local_row_case cases[] = {
    {"local-no-listener", REFUSED, nobody_listens, sshd_listens},
    {"local-no-listener", REFUSED, nobody_listens, sockets_stale},
    {"local-no-listener", REFUSED, nobody_listens, rule_resets},
    {"local-no-listener", REFUSED, nobody_listens, sent_on},
    {"local-listener", REFUSED, sshd_listens, nobody_listens},
    {"local-listener", REFUSED, sshd_listens, sent_on_past_sshd},
    {"local-listener", REFUSED, sshd_listens, sshd_restarted},
    {"local-listener-changed", REFUSED, sshd_restarted, sshd_listens},
    {"local-queue-full", SILENT, queue_full, queue_at_limit},
    {"local-overflows", SILENT, overflowed, not_overflowed},
    {"local-no-overflow", SILENT, not_overflowed, overflowed},
    {"local-target", SILENT, target, client},
    {"local-rule-drops", SILENT, rule_drops, rules_stale},
    {"local-rule-drops", SILENT, rule_drops, rule_bans},
    {"local-rule-resets", REFUSED, rule_resets, rule_drops},
    {"local-rule-rejects", REJECTED, rule_rejects, rule_resets},
    {"local-rule-limits", SILENT, rule_limits, rule_drops},
    {"local-rule-bans", SILENT, rule_bans, rule_drops},
    {"local-rule-stops-answer", SILENT, answer_stopped, rule_drops},
    {"local-rule-stops-answer", UNHEARD, answer_stopped_at_client, answer_stopped},
    {"local-rule-counted", SILENT, rule_counted, rule_counted_too},
    {"local-rule-counted-too", SILENT, rule_counted_too, rule_counted},
    {"local-rule-not-counted", SILENT, rule_not_counted, rule_counted},
    {"local-no-rule", REFUSED, nobody_listens, rule_drops},
    {"local-startups-full", CLOSED, startups_full, startups_free},
    {"local-startups-free", CLOSED, startups_free, startups_full},
    {"local-hosts-deny", CLOSED, hosts_deny, rule_drops},
    {"local-penalty", CLOSED, penalty, log_startups},
    {"local-tracking-full", SILENT, tracking_full, sshd_listens},
    {"local-way-back", SILENT, way_back_wrong, way_back_right},
    {"local-log-penalty", CLOSED, log_penalty, log_startups},
    {"local-log-startups", CLOSED, log_startups, log_other_port},
    {"local-log-startups", CLOSED, log_startups, log_longer_port},
    {"local-log-refused", CLOSED, log_refused, log_startups},
    {"local-log-timeout", GREETED, log_timeout, log_denied},
    {"local-log-kex", GREETED, log_kex, log_denied},
    {"local-log-version", GREETED, log_version, log_denied},
    {"local-log-denied", DENIED, log_denied, log_accepted},
};

struct asked {
    const char *id;
    struct local_case local;
    bool seen, known, fired;
    struct verdict verdict;
};

static void ask_row(const struct case_file *file, void *context)
{
    struct asked *asked = context;
    struct case_file with = *file;
    struct view v;
    if (file->attempt->key.client_port != 40001)
        return;
    with.local = &asked->local.evidence;
    view_make(&with, &v);
    const struct evidence_row *row = asked->id ? row_named(stage_table_for(&v), asked->id) : NULL;
    struct finding finding = {.scale = 1};
    asked->seen = true;
    asked->known = row != NULL;
    asked->fired = row && ask_view(row->test, &v, &finding);
    if (asked->fired)
        finding_is_sound(row, &finding, file->capture->frames);
    diagnose(&with, &asked->verdict);
}

static void ask(struct asked *asked, const char *id, const char *script, prepare *machine)
{
    struct play p;
    memset(asked, 0, sizeof *asked);
    asked->id = id;
    machine(&asked->local);
    play_open(&p, false);
    p.on_case = ask_row;
    p.context = asked;
    play_script(&p, script);
    play_end(&p);
    play_close(&p);
    if (!asked->seen)
        fail_msg("%s: no such attempt", script);
}

static void rows(void **state)
{
    static const struct evidence_table all = {
        .lists = {&local_socket_rows, &local_rule_rows, &local_room_rows, &local_log_rows}};
    static struct asked fires, abstains, none;
    unsigned wrong = uncovered(&all, NULL, cases, COUNT(cases), sizeof *cases);
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        ask(&fires, cases[i].id, cases[i].script, cases[i].fires);
        ask(&abstains, cases[i].id, cases[i].script, cases[i].without);
        ask(&none, cases[i].id, cases[i].script, nothing);
        if (!fires.known)
            print_error("%s: not in that table\n", cases[i].id);
        else if (!fires.fired || abstains.fired || none.fired)
            print_error("%s: %s\n", cases[i].id, fires.fired ? "fires where it must not" : "does not fire");
        wrong += !fires.fired || abstains.fired || none.fired;
    }
    assert_int_equal(wrong, 0);
}

/* ---- Verdicts ---- */

static const struct {
    const char *name, *script;
    prepare *machine;
    enum cause cause;
    enum where where;
    double least; /* confidence, of cause and place */
    const char *words, *command;
} verdicts[] = {
    {"nobody listens", REFUSED, nobody_listens, CAUSE_KERNEL_RST, WHERE_HOST, 0.95, "nothing listens for", ""},
    {"a rule resets", REFUSED, rule_resets, CAUSE_FIREWALL_RST, WHERE_HOST, 0.95,
     "nft rule 12 in inet filter input would match such a SYN, and answers it with a reset", "handle 40"},
    {"a rule rejects", REJECTED, rule_rejects, CAUSE_FIREWALL_ICMP, WHERE_HOST, 0.95,
     "would match such a SYN, and rejects it", "nft"},
    {"a rule drops", SILENT, rule_drops, CAUSE_SILENT_DROP, WHERE_HOST, 0.95,
     "nft rule 12 in inet filter input would match", "handle 40"},
    {"a rule counts", SILENT, rule_counted, CAUSE_SILENT_DROP, WHERE_HOST, 0.95,
     "dropped by nft rule 12 in inet filter input: its counter rose from 7 to 9", "handle 40"},
    {"a ban", SILENT, rule_bans, CAUSE_FAIL2BAN_BAN, WHERE_HOST, 0.95, "for another 532 s", "handle 40"},
    {"a full queue", SILENT, queue_full, CAUSE_LISTEN_OVERFLOW, WHERE_HOST, 0.95, "129 wait, 128 may", ""},
    {"MaxStartups", CLOSED, startups_full, CAUSE_MAXSTARTUPS, WHERE_HOST, 0.95, "MaxStartups is 10:30:100", ""},
    {"hosts.deny", CLOSED, hosts_deny, CAUSE_CLOSED_BEFORE_BANNER, WHERE_HOST, 0.95, "sshd: ALL", "nft"},
    {"a penalty", CLOSED, penalty, CAUSE_SOURCE_PENALTY, WHERE_HOST, 0.95, "", ""},
    {"a full table", SILENT, tracking_full, CAUSE_SILENT_DROP, WHERE_HOST, 0.95, "", ""},
    {"the way back", SILENT, way_back_wrong, CAUSE_SILENT_DROP, WHERE_HOST, 0.95, "docker0", "ip route get"},
    {"the way back, heard", MUTE, way_back_wrong, CAUSE_RETURN_PATH_LOSS, WHERE_HOST, 0.95, "docker0", "ip route get"},
    {"the client's own rule", UNHEARD, answer_stopped_at_client, CAUSE_REPLY_IGNORED, WHERE_CLIENT, 0.95, "nft rule 12",
     ""},
};

static void verdicts_by_the_machines_word(void **state)
{
    static struct asked asked;
    unsigned wrong = 0;
    (void)state;
    for (size_t i = 0; i < COUNT(verdicts); i++) {
        ask(&asked, NULL, verdicts[i].script, verdicts[i].machine);
        const struct verdict *v = &asked.verdict;
        const bool right = v->cause == verdicts[i].cause && v->where == verdicts[i].where &&
                           v->confidence >= verdicts[i].least && v->where_confidence >= verdicts[i].least &&
                           strstr(v->detail, verdicts[i].words) && strstr(v->local_command, verdicts[i].command);
        if (!right)
            print_error("%s: %s %.3f, %s %.2f: %s [%s]\n", verdicts[i].name, cause_name(v->cause), v->confidence,
                        where_name(v->where), v->where_confidence, v->detail, v->local_command);
        wrong += !right;
    }
    assert_int_equal(wrong, 0);
}

/* What was read no longer holds: the machine's word changes nothing. */
static void what_no_longer_holds_says_nothing(void **state)
{
    static struct asked with, without;
    (void)state;
    ask(&with, NULL, SILENT, rules_stale);
    with.local.evidence.sockets.hold = LOCAL_HOLDS_NOT;
    ask(&without, NULL, SILENT, target);
    assert_int_equal(with.verdict.cause, without.verdict.cause);
    assert_true(with.verdict.confidence - without.verdict.confidence < 1e-9);
    assert_string_equal(with.verdict.detail, without.verdict.detail);
    ask(&with, NULL, REFUSED, sockets_stale);
    assert_null(strstr(with.verdict.detail, "nothing listens"));
}

/* The server listens, no rule stops anybody, and a reset went out: nothing of that is sure. */
static void contradictions_are_not_sure(void **state)
{
    static struct asked asked;
    bool against = false;
    (void)state;
    ask(&asked, NULL, REFUSED, sshd_listens);
    assert_true(asked.verdict.confidence < 0.9);
    for (unsigned i = 0; i < asked.verdict.evidence_count; i++)
        against |= strcmp(asked.verdict.evidence[i].id, "local-listener") == 0;
    assert_true(against);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows),
        cmocka_unit_test(verdicts_by_the_machines_word),
        cmocka_unit_test(what_no_longer_holds_says_nothing),
        cmocka_unit_test(contradictions_are_not_sure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
