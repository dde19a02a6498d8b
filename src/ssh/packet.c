/* The binary packet of RFC 4253 section 6, before encryption begins. */
#include <sshsniff/ssh.h>

#include <string.h>

#define LENGTH_FIELD      4
#define PADDING_MIN       4
#define BLOCK             8 /* without a cipher, lengths are rounded to this */
#define PACKET_LENGTH_MIN 5 /* the padding length and the least padding; OpenSSH's packet.c asks no more */

static uint32_t read_u32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static bool plausible_length(uint32_t packet_length)
{
    return packet_length >= PACKET_LENGTH_MIN && packet_length <= SSH_PACKET_MAX &&
           (packet_length + LENGTH_FIELD) % BLOCK == 0;
}

enum ssh_frame_result ssh_read_packet(const uint8_t *bytes, size_t length, struct ssh_packet_view *out)
{
    memset(out, 0, sizeof(*out));
    if (length < LENGTH_FIELD) {
        return SSH_FRAME_INCOMPLETE;
    }
    uint32_t packet_length = read_u32(bytes);
    if (!plausible_length(packet_length)) {
        return SSH_FRAME_INVALID;
    }
    out->total = packet_length + LENGTH_FIELD;
    if (length < LENGTH_FIELD + 1) {
        return SSH_FRAME_INCOMPLETE;
    }
    /* The padding and its length byte must leave room for a message number. */
    uint32_t padding = bytes[LENGTH_FIELD];
    if (padding < PADDING_MIN || padding + 2 > packet_length) {
        memset(out, 0, sizeof(*out));
        return SSH_FRAME_INVALID;
    }
    if (length >= LENGTH_FIELD + 2) {
        out->message = bytes[LENGTH_FIELD + 1];
    }
    if (length < out->total) {
        return SSH_FRAME_INCOMPLETE;
    }
    out->payload = bytes + LENGTH_FIELD + 2;
    out->payload_len = packet_length - padding - 2;
    return SSH_FRAME_OK;
}
