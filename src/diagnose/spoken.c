/* What the rows on a conversation share. */
#include "spoken.h"
#include "reset.h"

bool client_ends(const struct view *v)
{
    if (!v->client)
        return false;
    const struct mark *end = seen(&v->client->fin) ? &v->client->fin : &v->client->rst;
    if (!seen(end) || (end == ending_rst(v) && reset_is_foreign(v)))
        return false;
    return !(seen(&v->server->fin) && v->server->fin.ts_us <= end->ts_us) &&
           !(seen(&v->server->rst) && v->server->rst.ts_us <= end->ts_us);
}

bool client_version_is_odd(const struct view *v)
{
    const struct dialogue *d = v->dialogue;
    return d && v->banner[SIDE_CLIENT] && !d->banner[SIDE_CLIENT].protocol_2 &&
           (!v->banner[SIDE_SERVER] || d->banner[SIDE_SERVER].protocol_2);
}
