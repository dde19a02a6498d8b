/* What the rows on a conversation share. */
#include "spoken.h"

#include <string.h>

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

static bool speaks_1(const struct view *v, enum side side)
{
    return v->banner[side] && strncmp(v->dialogue->banner[side].text, "SSH-1.", strlen("SSH-1.")) == 0;
}

bool protocol_1_agreed(const struct view *v)
{
    const struct dialogue *d = v->dialogue;
    if (!d || d->refusal == SSH_REFUSAL_PROTOCOL || !speaks_1(v, SIDE_CLIENT) || !speaks_1(v, SIDE_SERVER))
        return false;
    return !(d->banner[SIDE_CLIENT].protocol_2 && d->banner[SIDE_SERVER].protocol_2);
}

bool client_version_is_odd(const struct view *v)
{
    const struct dialogue *d = v->dialogue;
    return d && v->banner[SIDE_CLIENT] && !d->banner[SIDE_CLIENT].protocol_2 && !protocol_1_agreed(v) &&
           (!v->banner[SIDE_SERVER] || d->banner[SIDE_SERVER].protocol_2);
}
