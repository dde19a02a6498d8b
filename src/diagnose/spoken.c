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

bool client_is_no_ssh(const struct view *v)
{
    const struct dialogue *d = v->dialogue;
    if (!d || v->banner[SIDE_CLIENT] || d->truncated[SIDE_CLIENT] || !v->client->payload_bytes)
        return false;
    return d->opening[SIDE_CLIENT] == SSH_OPENING_OTHER;
}

const char *words_of_server(const struct view *v)
{
    return v->dialogue && v->dialogue->words[0] ? v->dialogue->words : NULL;
}

/* sshd.c, kex.c kex_exchange_identification: what it read in place of the client's version was none. */
bool told_no_version(const struct view *v)
{
    return v->dialogue && v->dialogue->refusal == SSH_REFUSAL_INVALID_IDENT && v->banner[SIDE_CLIENT];
}

const struct flow_side *stuck_side(const struct view *v)
{
    if (!v->connection)
        return NULL;
    return v->server->stalled_count >= STUCK_SENDS   ? v->server
           : v->client->stalled_count >= STUCK_SENDS ? v->client
                                                     : NULL;
}

/* RFC 1191, RFC 8201: fragmentation needed, packet too big. */
bool told_too_big(const struct view *v)
{
    const struct icmp_mark *told = &v->answer->icmp_later;
    return told->number && (told->version == 4 ? told->type == 3 && told->code == 4 : told->type == 2);
}
