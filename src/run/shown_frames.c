#include "shown_frames.h"

#include <stdlib.h>
#include <string.h>

/* Packets of the same four-tuple that come so long before or after an attempt are another's. */
#define BEFORE_US 1000000
#define AFTER_US  60000000

static bool grow(struct shown_frames *frames)
{
    const size_t room = frames->room > 0 ? 2 * frames->room : 64;
    struct shown_flow *flow = frames->count < SHOWN_FRAMES_MOST ? realloc(frames->flow, room * sizeof *flow) : NULL;
    if (flow == NULL)
        return false;
    frames->flow = flow;
    frames->room = room;
    return true;
}

void shown_frames_add(struct shown_frames *frames, const struct flow_key *key, int64_t first_us, int64_t last_us)
{
    if (frames->count == frames->room && !grow(frames))
        frames->left_out = true;
    else
        frames->flow[frames->count++] = (struct shown_flow){*key, first_us, last_us};
}

/* Not by memcmp of the whole: the structure may have holes. */
static int by_key(const struct flow_key *a, const struct flow_key *b)
{
    int order = memcmp(&a->client, &b->client, sizeof a->client);
    if (order == 0)
        order = memcmp(&a->server, &b->server, sizeof a->server);
    if (order == 0)
        order = a->client_port - b->client_port;
    return order != 0 ? order : a->server_port - b->server_port;
}

static int flow_order(const void *left, const void *right)
{
    return by_key(&((const struct shown_flow *)left)->key, &((const struct shown_flow *)right)->key);
}

static int address_order(const void *left, const void *right)
{
    return memcmp(left, right, sizeof(struct address));
}

void shown_frames_ready(struct shown_frames *frames)
{
    frames->address = calloc(2 * frames->count + 1, sizeof *frames->address);
    if (frames->address == NULL) {
        frames->left_out = true;
        return;
    }
    if (frames->count > 0)
        qsort(frames->flow, frames->count, sizeof *frames->flow, flow_order);
    for (size_t i = 0; i < frames->count; i++) {
        const struct flow_key *key = &frames->flow[i].key;
        if (!address_is_none(&key->client))
            frames->address[frames->addresses++] = key->client;
        if (!address_is_none(&key->server))
            frames->address[frames->addresses++] = key->server;
    }
    qsort(frames->address, frames->addresses, sizeof *frames->address, address_order);
}

static bool has_address(const struct shown_frames *frames, const struct address *address)
{
    return frames->addresses > 0 &&
           bsearch(address, frames->address, frames->addresses, sizeof *address, address_order) != NULL;
}

/* The first of that key, of which there may be several, one after the other. */
static size_t first_of(const struct shown_frames *frames, const struct flow_key *key)
{
    size_t low = 0, high = frames->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (by_key(&frames->flow[middle].key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool has_flow(const struct shown_frames *frames, const struct flow_key *key, int64_t ts_us)
{
    for (size_t i = first_of(frames, key); i < frames->count && by_key(&frames->flow[i].key, key) == 0; i++)
        if (ts_us >= frames->flow[i].first_us - BEFORE_US && ts_us <= frames->flow[i].last_us + AFTER_US)
            return true;
    return false;
}

static bool has_either_way(const struct shown_frames *frames, const struct address *src, const struct address *dst,
                           uint16_t src_port, uint16_t dst_port, int64_t ts_us)
{
    const struct flow_key there = {*src, *dst, src_port, dst_port}, back = {*dst, *src, dst_port, src_port};
    return has_flow(frames, &there, ts_us) || has_flow(frames, &back, ts_us);
}

bool shown_frames_have(const struct shown_frames *frames, const struct packet *packet)
{
    const struct icmp_quote *quote = &packet->icmp.quote;
    switch (packet->kind) {
    case PACKET_TCP:
        return has_either_way(frames, &packet->src, &packet->dst, packet->tcp.src_port, packet->tcp.dst_port,
                              packet->ts_us);
    case PACKET_ICMP_ERROR:
        return packet->icmp.has_quote && quote->is_tcp && !quote->lacks_ports &&
               has_either_way(frames, &quote->src, &quote->dst, quote->src_port, quote->dst_port, packet->ts_us);
    case PACKET_ARP:
        return has_address(frames, &packet->neighbour.target) || has_address(frames, &packet->neighbour.asker);
    case PACKET_DNS:
        return has_address(frames, packet->dns.is_response ? &packet->dst : &packet->src);
    case PACKET_ICMP_ECHO_REPLY:
        return has_address(frames, &packet->src);
    case PACKET_OTHER:
    case PACKET_NOT_IP:
        break;
    }
    return false;
}

void shown_frames_free(struct shown_frames *frames)
{
    free(frames->flow);
    free(frames->address);
    *frames = (struct shown_frames){0};
}
