/* Who listens on this machine, beside what became of the SYN. */
#include "local.h"

/* A firewall of this machine may have answered, whoever listens: the part of the weight that counts where its rules
 * cannot be read, and where they were changed at about that time, so that what they were is not known. Judgement. */
static const float rules_unknown = 0.4f, rules_changed = 0.06f;

static float rules_part(const struct local_evidence *local)
{
    if (local_rules_let_pass(local))
        return 1;
    return local->facts->rules.state == LOCAL_KNOWN && !holds(&local->rules) ? rules_changed : rules_unknown;
}

static uint64_t later_us(const struct local_age *age)
{
    return age->after_us > 0 ? (uint64_t)age->after_us : 0;
}

static bool nobody_listens(const struct view *v, struct finding *f)
{
    const struct local_evidence *local = local_target(v);
    if (!local || v->stage != STAGE_REFUSED || !local_nobody_listens(local, &v->attempt->key) ||
        local_stopping_rule(local))
        return false;
    f->packet = v->answer->refusal.number;
    f->value[0] = v->attempt->key.server_port;
    f->value[1] = later_us(&local->sockets);
    f->address = &v->attempt->key.server;
    f->scale = local_part(&local->sockets) * rules_part(local);
    return true;
}

static bool somebody_listens(const struct view *v, struct finding *f)
{
    const struct local_evidence *local = local_target(v);
    const struct flow_key *key = &v->attempt->key;
    if (!local || v->stage != STAGE_REFUSED || !holds(&local->sockets) || local->listener_changed ||
        local_sends_on(local))
        return false;
    const struct local_listener *l = local_listener_for(&local->facts->sockets, &key->server, key->server_port);
    if (!l)
        return false;
    f->packet = v->answer->refusal.number;
    f->word = l->program[0] ? l->program : "a program";
    f->value[0] = key->server_port;
    f->value[1] = later_us(&local->sockets);
    f->scale = local_part(&local->sockets);
    return true;
}

static bool listener_changed(const struct view *v, struct finding *f)
{
    const struct local_evidence *local = local_target(v);
    if (!local || v->stage != STAGE_REFUSED || !local->listener_changed)
        return false;
    f->packet = v->answer->refusal.number;
    f->value[0] = v->attempt->key.server_port;
    f->scale = rules_part(local);
    return true;
}

/* A full queue swallows the SYN, or leaves the connection to a server that never learns of it. */
static bool queue_full(const struct view *v, struct finding *f)
{
    const struct local_evidence *local = local_target(v);
    const struct flow_key *key = &v->attempt->key;
    if (!local || (v->stage != STAGE_NO_ANSWER && v->stage != STAGE_ACCEPTED) || !local_queue_is_full(local, key) ||
        local_stopping_rule(local))
        return false;
    const struct local_listener *l = local_listener_for(&local->facts->sockets, &key->server, key->server_port);
    f->packet = v->attempt->last_syn_number;
    f->value[0] = l->queue;
    f->value[1] = l->queue_limit;
    f->value[2] = later_us(&local->sockets);
    f->scale = local_part(&local->sockets);
    return true;
}

/* The part of the weight that ListenOverflows has where others' SYNs may be what was counted. Judgement. */
static const float others_overflowed = 0.5f;

static bool overflows_rose(const struct view *v, struct finding *f)
{
    const struct local_evidence *local = local_target(v);
    if (!local || (v->stage != STAGE_NO_ANSWER && v->stage != STAGE_ACCEPTED) || !local->overflows.known ||
        !local->overflows.own || local->overflows.after == local->overflows.before || local_stopping_rule(local))
        return false;
    f->packet = v->attempt->last_syn_number;
    f->value[0] = local->overflows.before;
    f->value[1] = local->overflows.after;
    f->scale = local->overflows.others ? others_overflowed : 1;
    return true;
}

static bool no_overflow(const struct view *v, struct finding *f)
{
    const struct local_evidence *local = local_target(v);
    f->value[0] = local ? local->overflows.own : 0;
    f->packet = v->attempt->last_syn_number;
    return local && (v->stage == STAGE_NO_ANSWER || v->stage == STAGE_ACCEPTED) && local->overflows.known &&
           local->overflows.own && local->overflows.after == local->overflows.before;
}

/* The SYN reached the machine that has the address. */
static bool target_is_here(const struct view *v, struct finding *f)
{
    f->packet = v->attempt->last_syn_number;
    f->address = &v->attempt->key.server;
    return local_target(v) && v->stage == STAGE_NO_ANSWER;
}

static const struct evidence_row rows[] = {
    {"local-no-listener",
     VIEW_TEST(nobody_listens),
     {{CAUSE_KERNEL_RST, 8.0f}},
     "nothing listens here for {a} on port {0} (read {1t} after the reset)",
     "net/ipv4/tcp_ipv4.c tcp_v4_rcv, no_tcp_socket; sock_diag(7)"},
    {"local-listener",
     VIEW_TEST(somebody_listens),
     {{CAUSE_KERNEL_RST, -8.0f}},
     "{w} listens here on port {0} (read {1t} after the reset, the same socket as before it): this machine's TCP did "
     "not refuse",
     "net/ipv4/tcp_ipv4.c tcp_v4_rcv; sock_diag(7)"},
    {"local-listener-changed",
     VIEW_TEST(listener_changed),
     {{CAUSE_KERNEL_RST, 3.0f}},
     "at about that time the socket that listens on port {0} went or came: the server was stopped, or started",
     "sock_diag(7) idiag_cookie; judgement"},
    {"local-queue-full",
     VIEW_TEST(queue_full),
     {{CAUSE_LISTEN_OVERFLOW, 9.0f}},
     "{0} connections wait to be accepted here, and {1} may (read {2t} after the last SYN): the queue is full",
     "include/net/sock.h sk_acceptq_is_full; sock_diag(7) idiag_rqueue, idiag_wqueue"},
    {"local-overflows",
     VIEW_TEST(overflows_rose),
     {{CAUSE_LISTEN_OVERFLOW, 6.0f}},
     "the kernel counted accept queues that overflow from {0} to {1} while these SYNs came",
     "net/ipv4/tcp_input.c tcp_conn_request, LINUX_MIB_LISTENOVERFLOWS"},
    {"local-no-overflow",
     VIEW_TEST(no_overflow),
     {{CAUSE_LISTEN_OVERFLOW, -5.0f}},
     "no accept queue overflowed while these SYNs came ({0})",
     "net/ipv4/tcp_input.c tcp_conn_request, LINUX_MIB_LISTENOVERFLOWS"},
    {"local-target",
     VIEW_TEST(target_is_here),
     {{CAUSE_HOST_UNREACHABLE, -8.0f}},
     "the SYN came in at the machine that has the address {a}",
     "net/ipv4/ip_input.c; local addresses"},
};

const struct evidence_rows local_socket_rows = EVIDENCE_ROWS(rows);
