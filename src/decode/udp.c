/* UDP (RFC 768), for what is known by its port. */
#include "layers.h"

#define SERVICE_ROW(port, either_side, decode) {port, either_side, decode},

static const struct service {
    uint16_t port;
    bool either_side;
    layer_decoder *decode;
} services[] = {UDP_SERVICES(SERVICE_ROW)};

static const struct service *service_of(uint16_t src_port, uint16_t dst_port)
{
    for (size_t i = 0; i < sizeof services / sizeof *services; i++)
        if (services[i].port == dst_port || (services[i].either_side && services[i].port == src_port))
            return &services[i];
    return NULL;
}

bool udp_has_service(uint16_t src_port, uint16_t dst_port)
{
    return service_of(src_port, dst_port) != NULL;
}

enum decode_result udp_decode(struct decoding *d, struct span s)
{
    const uint8_t *h = span_take(&s, 8);

    d->out->udp = true;
    if (!h)
        return DECODE_TRUNCATED;
    uint16_t src_port = load16(h), dst_port = load16(h + 2);
    uint16_t len = load16(h + 4);
    if (len >= 8)
        s = span_limit(s, len - 8u);
    else if (len != 0) /* 0 is a jumbogram's, or offload's */
        return DECODE_TRUNCATED;
    const struct service *service = service_of(src_port, dst_port);
    if (!service)
        return DECODE_OK;
    const enum decode_result result = service->decode(d, s);
    if (d->out->kind == PACKET_DNS)
        d->out->dns.client_port = d->out->dns.is_response ? dst_port : src_port;
    return result;
}
