#include "bare_rst.h"

#include <string.h>

#include "mark.h"

bool bare_rst_take(struct tracker *t, struct entry *entry, const struct packet *packet)
{
    const struct attempt *attempt = &entry->attempt;
    const bool waits = mark_seen(&attempt->syn) && !(attempt->facts & FACT_CLIENT_WENT_ON);
    struct answer *answer = packet->tcp.flags & TCP_ACK || !waits ? NULL : life_answer(t, entry);
    if (!answer || mark_seen(&answer->synack) || mark_seen(&answer->refusal) || answer->connection)
        return false;
    if (!answer->bare_rsts++)
        mark_segment(&answer->bare_rst, packet);
    return true;
}

void bare_rst_take_back(struct tracker *t, struct entry *entry)
{
    struct answer *answer = entry->attempt.answer;
    if (!answer || !answer->bare_rsts)
        return;
    const struct mark rst = answer->bare_rst;
    const uint16_t count = answer->bare_rsts;
    memset(&answer->bare_rst, 0, sizeof answer->bare_rst);
    answer->bare_rsts = 0;
    struct connection *connection = life_connection(t, entry);
    if (!connection || mark_seen(&connection->side[SIDE_SERVER].rst))
        return;
    struct flow_side *server = &connection->side[SIDE_SERVER];
    server->seen = true;
    server->isn = rst.seq - 1;
    server->next = rst.seq;
    server->packets = server->rsts = count;
    server->rst = rst;
    server->last_us = server->last_rst_us = rst.ts_us;
    connection->closed_us = rst.ts_us;
}
