/* What sizes of encrypted packets tell of a login.
 *
 * RFC 4252: the client asks for the service, then tries methods; each refusal is SSH_MSG_USERAUTH_FAILURE with the list of methods
 * left, success is one byte of payload. So on one connection the success message is the server's smallest, and its exact size
 * follows from the negotiated cipher and MAC. After success the client opens a channel. */
#include <sshsniff/track.h>

#include <string.h>

/* SSH_MSG_USERAUTH_SUCCESS has one byte of payload (RFC 4252 section 5.1). */
enum { SUCCESS_PAYLOAD = 1 };

/* A login without success moves less than this from the server before it ends, banners and many methods included. */
enum { SESSION_BYTES = 6000, SESSION_PACKETS = 40 };

static uint32_t success_size(const struct dialogue *d)
{
    struct ssh_kexinit k[2];
    for (int side = 0; side < 2; side++)
        if (!d->kexinit_len[side] ||
            !ssh_parse_kexinit(d->stream[side] + d->kexinit_at[side], d->kexinit_len[side], &k[side]))
            return 0;
    struct ssh_negotiation agreed;
    ssh_negotiate(&k[SIDE_CLIENT], &k[SIDE_SERVER], &agreed);
    struct ssh_sizes sizes = ssh_packet_sizes(agreed.chosen[SSH_LIST_CIPHER_S2C], agreed.chosen[SSH_LIST_MAC_S2C]);
    return sizes.known ? ssh_wire_size(&sizes, SUCCESS_PAYLOAD) : 0;
}

static const struct dialogue *readable_dialogue(const struct connection *connection)
{
    const struct dialogue *d = connection ? connection->dialogue : NULL;
    if (!d || !d->encrypted_packets[SIDE_CLIENT] || !d->encrypted_packets[SIDE_SERVER])
        return NULL;
    return d;
}

void login_read(const struct connection *connection, struct login_reading *out)
{
    memset(out, 0, sizeof *out);
    const struct dialogue *d = readable_dialogue(connection);
    if (!d)
        return;
    out->readable = true;
    uint32_t success = success_size(d), answers = 0;
    bool client_spoke = false;
    for (uint32_t i = 0; i < d->events; i++) {
        const struct login_event *e = &d->event[i];
        if (e->side == SIDE_CLIENT) {
            client_spoke = true;
            continue;
        }
        if (!client_spoke)
            continue; /* SSH_MSG_EXT_INFO comes unasked */
        answers++;
        client_spoke = false;
        if (answers > 1 && success && e->size == success) {
            out->success = true;
            out->success_us = e->ts_us;
            break;
        }
        if (answers > 2)
            out->failures++;
        if (answers > 1)
            out->tries++;
    }
    if (!success && (d->encrypted_bytes[SIDE_SERVER] > SESSION_BYTES || d->encrypted_packets[SIDE_SERVER] > SESSION_PACKETS))
        out->success = true;
    if (out->success)
        return;
    if (d->encrypted_bytes[SIDE_SERVER] > 16 * SESSION_BYTES)
        out->success = true;
}
