#include <arpa/inet.h>
#include <string.h>

#include "base/checksum.h"
#include "craft.h"
#include "sweep_packet.h"

bool sweep_packet_make(struct sweep_packet *out, const struct address *from, const struct address *to, uint8_t flags)
{
    struct crafter *crafter = crafter_new(from, to);
    struct crafted_packet made;
    bool ok =
        crafter != NULL && craft_template(crafter, flags, &made) && SWEEP_LINK_SIZE + made.size <= sizeof out->bytes;
    memset(out, 0, sizeof *out);
    if (ok) {
        memcpy(out->bytes + SWEEP_LINK_SIZE, made.bytes, made.size);
        out->tcp_at = SWEEP_LINK_SIZE + made.transport_at;
        out->end = SWEEP_LINK_SIZE + made.size;
    }
    crafter_free(crafter);
    return ok;
}

void sweep_packet_aim(const struct sweep_packet *packet, uint8_t *bytes, uint16_t source_port, uint16_t port,
                      uint32_t seq)
{
    enum { CHANGES = 8, CHECKSUM_AT = 16 };
    const uint8_t *before = packet->bytes + packet->tcp_at;
    uint8_t *tcp = bytes + packet->tcp_at;
    uint16_t ports[] = {htons(source_port), htons(port)}, checksum;
    uint32_t number = htonl(seq);
    memcpy(tcp, ports, sizeof ports);
    memcpy(tcp + sizeof ports, &number, sizeof number);
    memcpy(&checksum, before + CHECKSUM_AT, sizeof checksum);
    checksum = checksum_update(checksum, before, tcp, CHANGES);
    memcpy(tcp + CHECKSUM_AT, &checksum, sizeof checksum);
}
