/* The target's own packets: what is said to come from it is held against them. */
#include "view.h"

const struct mark *own_mark(const struct view *v)
{
    const struct host *h = v->server_host;
    if (v->server && seen(&v->server->first_payload))
        return &v->server->first_payload;
    if (h && h->own_packets)
        return &h->own;
    if (v->answer && seen(&v->answer->synack))
        return &v->answer->synack;
    return NULL;
}

unsigned own_ttl(const struct view *v)
{
    const struct mark *own = own_mark(v);
    return own ? own->ttl : 0;
}
