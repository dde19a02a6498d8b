#include "listener.h"

bool listener_was_closed(const struct view *v)
{
    enum { TOGETHER_US = 2000000 };
    const struct port_fact *port = server_port_fact(v);
    if (!port || !port->closed_us || !v->connection || v->stage != STAGE_ACCEPTED || !seen(&v->server->rst) ||
        v->server->payload_bytes || seen(&v->server->fin))
        return false;
    const int64_t apart = port->closed_us - v->server->rst.ts_us;
    return apart > -TOGETHER_US && apart < TOGETHER_US;
}

static bool listener_closed(const struct view *v, struct finding *f)
{
    f->packet = v->server ? v->server->rst.number : 0;
    return listener_was_closed(v);
}

static const struct evidence_row rows[] = {
    {"listener-closed",
     VIEW_TEST(listener_closed),
     {{CAUSE_CLOSED_BEFORE_BANNER, 3.5f},
      {CAUSE_LISTEN_OVERFLOW, -6.0f},
      {CAUSE_MAXSTARTUPS, -3.0f},
      {CAUSE_SOURCE_PENALTY, -3.0f}},
     "the port refuses others since then: its listening socket was closed, with this connection in its queue",
     "net/ipv4/inet_connection_sock.c inet_csk_listen_stop; lab"},
};

const struct evidence_rows listener_rows = EVIDENCE_ROWS(rows);
