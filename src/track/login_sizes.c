#include "login_sizes.h"

#include <string.h>

/* Payload bytes of messages whose size is always the same (RFC 4252, RFC 4253 sections 10 and 11). */
enum {
    SUCCESS_PAYLOAD = 1,
    IGNORE_PAYLOAD = 5,
    BARE_REFUSAL_PAYLOAD = 6, /* SSH_MSG_USERAUTH_FAILURE that lists no method */
    SERVICE_PAYLOAD = 17,
    TOO_MANY_PAYLOAD = 45 /* OpenSSH's DISCONNECT "Too many authentication failures" */
};

/* Servers that pad no more than RFC 4253 section 6 asks (lab). */
static const char *const exact_servers[] = {"OpenSSH", "libssh", "AsyncSSH", "SSH-2.0-Go"};

static bool pads_exactly(const char *banner)
{
    for (size_t i = 0; i < sizeof exact_servers / sizeof *exact_servers; i++)
        if (strstr(banner, exact_servers[i]))
            return true;
    return false;
}

/* Of "SSH-2.0-program" there is not even the program's first letter. */
static bool names_no_program(const char *banner)
{
    return strlen(banner) < sizeof "SSH-2.0-";
}

struct login_sizes login_expect(const struct dialogue *d)
{
    const char *client_text = d->banner[SIDE_CLIENT].text, *server_text = d->banner[SIDE_SERVER].text;
    struct login_sizes e = {
        .exact = pads_exactly(server_text),
        .unknown_client = names_no_program(client_text),
        .unknown_server = names_no_program(server_text),
        .openssh_client = strstr(client_text, "OpenSSH") != NULL,
        .ignores = {strstr(client_text, "AsyncSSH") != NULL, strstr(server_text, "AsyncSSH") != NULL},
    };
    struct ssh_kexinit client, server;
    if (!dialogue_kexinit(d, SIDE_CLIENT, &client) || !dialogue_kexinit(d, SIDE_SERVER, &server))
        return e;
    struct ssh_negotiation agreed;
    ssh_negotiate(&client, &server, &agreed);
    struct ssh_sizes s2c = ssh_packet_sizes(agreed.chosen[SSH_LIST_CIPHER_S2C], agreed.chosen[SSH_LIST_MAC_S2C]);
    e.ambiguous = s2c.known && ssh_wire_size(&s2c, SUCCESS_PAYLOAD) == ssh_wire_size(&s2c, BARE_REFUSAL_PAYLOAD);
    e.compressed = strcmp(agreed.chosen[SSH_LIST_COMPRESSION_S2C], "zlib") == 0;
    if (s2c.known && !e.compressed) {
        e.success = ssh_wire_size(&s2c, SUCCESS_PAYLOAD);
        e.service = ssh_wire_size(&s2c, SERVICE_PAYLOAD);
        e.ignore = ssh_wire_size(&s2c, IGNORE_PAYLOAD);
        e.too_many = ssh_wire_size(&s2c, TOO_MANY_PAYLOAD);
    }
    e.c2s = ssh_packet_sizes(agreed.chosen[SSH_LIST_CIPHER_C2S], agreed.chosen[SSH_LIST_MAC_C2S]);
    return e;
}
