/* What the rows on an accepted SYN share. */
#include "accepted.h"

bool program_closed(const struct view *v)
{
    return v->connection && (seen(&v->server->fin) || (seen(&v->server->rst) && v->server->rst.flags & TCP_ACK));
}
