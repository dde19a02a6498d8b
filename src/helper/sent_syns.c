#include "sent_syns.h"

#include <stdio.h>
#include <stdlib.h>

#include <sshsniff/capture.h>
#include <sshsniff/packet.h>

#include "base/keyed_hash.h"

enum {
    KEPT = 4096,    /* the latest, but where two meet in one place */
    AT_ONCE = 4096, /* frames of one look */
    HEADERS = 256,  /* bytes of a frame: down to TCP's */
    RING_BYTES = 1 << 20,
};

#define SYN_V4 "(ip and tcp[tcpflags] & (tcp-syn|tcp-ack) = tcp-syn)"
#define SYN_V6 "(ip6 and ip6[6] = 6 and ip6[53] & 0x12 = 2)"
#define SYN    SYN_V4 " or " SYN_V6

struct sent_syns {
    struct source *source;
    struct decoder *decoder;
    struct hash_key hash_key;
    struct flow_key key[KEPT]; /* port 0: none */
};

/* libpcap refuses `vlan` on some interfaces. */
static struct source *open_source(const char *interface, char error[SOURCE_ERROR_SIZE])
{
    static const char *const filters[] = {SYN " or (vlan and (" SYN "))", SYN};
    struct source *source = NULL;
    for (size_t i = 0; source == NULL && i < sizeof filters / sizeof *filters; i++)
        source = source_open_live(&(struct live_options){.interface = interface,
                                                         .filter = filters[i],
                                                         .snaplen = HEADERS,
                                                         .no_promiscuous = true,
                                                         .outgoing_only = true,
                                                         .buffer_bytes = RING_BYTES},
                                  error);
    return source;
}

struct sent_syns *sent_syns_open(const char *interface, char error[256])
{
    char why[SOURCE_ERROR_SIZE] = "out of memory";
    struct sent_syns *sent = calloc(1, sizeof *sent);
    if (sent != NULL && (sent->decoder = decoder_new()) != NULL &&
        (sent->source = open_source(interface, why)) != NULL) {
        hash_key_draw(&sent->hash_key);
        return sent;
    }
    snprintf(error, 256, "--confirm: %.200s", why);
    sent_syns_close(sent);
    return NULL;
}

static struct flow_key *place_of(struct sent_syns *sent, const struct flow_key *key)
{
    const uint32_t client = hash_address(&key->client, &sent->hash_key);
    const uint32_t server = hash_address(&key->server, &sent->hash_key);
    return &sent->key[hash_flow(client, key->client_port, server, key->server_port, &sent->hash_key) % KEPT];
}

static void note(struct sent_syns *sent, const struct frame *frame)
{
    struct packet packet;
    if (decode_frame(sent->decoder, frame, &packet) != DECODE_OK || packet.kind != PACKET_TCP)
        return;
    const struct flow_key key = {.client = packet.src,
                                 .server = packet.dst,
                                 .client_port = packet.tcp.src_port,
                                 .server_port = packet.tcp.dst_port};
    *place_of(sent, &key) = key;
}

void sent_syns_look(struct sent_syns *sent)
{
    struct frame frame;
    for (int i = 0; sent != NULL && i < AT_ONCE && source_next(sent->source, &frame) == SOURCE_FRAME; i++)
        note(sent, &frame);
}

bool sent_syns_has(struct sent_syns *sent, const struct flow_key *key)
{
    sent_syns_look(sent);
    const struct flow_key *kept = place_of(sent, key);
    return kept->server_port != 0 && kept->client_port == key->client_port && kept->server_port == key->server_port &&
           address_equal(&kept->client, &key->client) && address_equal(&kept->server, &key->server);
}

void sent_syns_close(struct sent_syns *sent)
{
    if (sent == NULL)
        return;
    source_close(sent->source);
    decoder_free(sent->decoder);
    free(sent);
}
