#include <sshsniff/header_fields.h>

#include "text_flow_rows.h"

/* How well a row of SSH, which has no ports, fits a connection: each side says its version first, and once. */
static int row_fit(const struct flow *f, int side, const struct text_packet *packet)
{
    const bool banner = packet->said_size != 0;
    if (f->ended || (packet->said_by && f->opened && (packet->said_by == SAID_BY_CLIENT) != (side == 0)))
        return 0;
    return banner == !f->spoke[side] ? 2 : 1;
}

bool text_row_ports(const struct text_flows *flows, struct text_packet *packet, bool *several)
{
    struct text_ip *ip = &packet->ip;
    const struct flow *best = NULL;
    int best_side = 0, best_fit = 0;
    *several = false;
    for (size_t i = 0; i < FLOWS; i++)
        for (int side = 0; flows->flow[i].used && side < 2; side++) {
            const struct flow *f = &flows->flow[i];
            if (!address_equal(&f->host[side], &ip->src) || !address_equal(&f->host[!side], &ip->dst))
                continue;
            const int fits = row_fit(f, side, packet);
            *several = fits == best_fit ? best_fit != 0 : *several && fits < best_fit;
            if (fits > best_fit || (fits && fits == best_fit && f->last > best->last)) {
                best = f;
                best_side = side;
                best_fit = fits;
            }
        }
    if (!best)
        return false;
    ip->src_port = best->port[best_side];
    ip->dst_port = best->port[!best_side];
    return true;
}

void text_row_length(struct flow *f, int side, struct text_packet *packet)
{
    enum { SHORTEST = 60, LEAST = 54 }; /* Ethernet's frames are filled up to that */
    struct text_tcp *t = &packet->tcp;
    if (!packet->frame_size)
        return;
    if (!packet->by_number && t->has_length && !(t->flags & (TCP_SYN | TCP_RST)) &&
        packet->frame_size >= t->length + 40)
        f->headers[side] = packet->frame_size == SHORTEST ? LEAST : packet->frame_size - t->length;
    const uint32_t headers = f->headers[side] ? f->headers[side] : f->headers[!side];
    if (!packet->by_number || !headers || packet->frame_size <= headers)
        return;
    t->length = packet->frame_size - headers;
    t->has_length = true;
    if (packet->said_size == t->length + 1) { /* it ends with a line feed alone */
        packet->said[packet->said_size - 2] = '\n';
        packet->said_size--;
    }
}
