/* libFuzzer harness for everything that reads SSH's clear bytes. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <sshsniff/ssh.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use_kexinit(const uint8_t *payload, size_t length)
{
    static const struct ssh_kexinit empty;
    struct ssh_kexinit kexinit;
    struct ssh_negotiation agreed;
    char hassh[33];

    if (!ssh_parse_kexinit(payload, length, &kexinit)) {
        return;
    }
    ssh_hassh(&kexinit, false, hassh);
    ssh_hassh(&kexinit, true, hassh);
    ssh_negotiate(&kexinit, &empty, &agreed);
    ssh_negotiate(&kexinit, &kexinit, &agreed);
    for (int list = 0; list < SSH_LIST_COUNT; list++) {
        ssh_suggest_algorithm((enum ssh_list)list, &kexinit, &kexinit);
    }
    struct ssh_sizes sizes = ssh_packet_sizes(agreed.chosen[SSH_LIST_CIPHER_C2S], agreed.chosen[SSH_LIST_MAC_C2S]);
    ssh_wire_size(&sizes, (uint32_t)length);
}

static void use_packets(const uint8_t *bytes, size_t length)
{
    struct ssh_packet_view packet;

    while (ssh_read_packet(bytes, length, &packet) == SSH_FRAME_OK) {
        if (packet.total > length || packet.payload + packet.payload_len > bytes + length) {
            abort();
        }
        use_kexinit(packet.payload, packet.payload_len);
        bytes += packet.total;
        length -= packet.total;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ssh_banner banner;

    ssh_spoken_name(ssh_spoken_protocol(data, size));
    ssh_refusal_text(data, size);
    use_kexinit(data, size);
    use_packets(data, size);
    for (int from_server = 0; from_server <= 1; from_server++) {
        if (ssh_find_banner(data, size, from_server, &banner) != SSH_OPENING_BANNER) {
            continue;
        }
        if (banner.end > size || memchr(banner.text, 0, sizeof(banner.text)) == NULL) {
            abort();
        }
        use_packets(data + banner.end, size - banner.end);
    }
    return 0;
}
