/* What the port did before and after it refused: one that takes others at the same time is not closed. */
#include "refused.h"

bool accepted_before_refusal(const struct view *v)
{
    const struct port_fact *port = server_port_fact(v);
    return port && port->accepted_us && v->answer && seen(&v->answer->refusal) &&
           port->accepted_us < v->answer->refusal.ts_us;
}

/* The part of the weight of a port that turned once: a server that was started anew does so too. Judgement. */
static const float once = 0.3f;

static bool port_takes_others(const struct view *v, struct finding *f)
{
    const struct port_fact *port = server_port_fact(v);
    const int64_t refused_us = rst(v)->ts_us;
    if (!port || !port->turns || refused_us < port->turned_us[0] - PORT_TURN_US ||
        refused_us > port->turned_us[1] + PORT_TURN_US)
        return false;
    f->packet = rst(v)->number;
    f->value[0] = port->turns;
    f->scale = port->turns > 1 ? 1 : once;
    return true;
}

static const struct evidence_row rows[] = {
    {"port-takes-others",
     VIEW_TEST(port_takes_others),
     {{CAUSE_FIREWALL_RST, 3.0f}},
     "the same port accepted others within 2 s before and after a refusal ({0} times): it is not closed, a rule "
     "refuses "
     "some",
     "iptables-extensions(8) connlimit, hashlimit with REJECT; judgement"},
};

const struct evidence_rows refused_meanwhile = EVIDENCE_ROWS(rows);
