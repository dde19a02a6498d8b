/* Community ID v1: base64(SHA-1(seed, address, address, protocol, 0, port, port)), the smaller endpoint first.
 * https://github.com/corelight/community-id-spec */
#include <nettle/base64.h>
#include <nettle/sha1.h>

#include <sshsniff/protocol_numbers.h>
#include <sshsniff/report.h>

#define MESSAGE_SIZE (2 + 16 + 16 + 2 + 2 + 2)

static size_t put_address(uint8_t *at, const struct address *address, bool ipv4)
{
    size_t length = ipv4 ? 4 : 16;
    memcpy(at, address->bytes + 16 - length, length);
    return length;
}

static size_t put_u16(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
    return 2;
}

void report_community_id(const struct flow_key *key, char out[32])
{
    bool ipv4 = address_is_ipv4(&key->client) && address_is_ipv4(&key->server);
    int order = memcmp(&key->client, &key->server, sizeof key->client);
    bool client_first = order < 0 || (order == 0 && key->client_port < key->server_port);
    const struct address *first = client_first ? &key->client : &key->server;
    const struct address *second = client_first ? &key->server : &key->client;

    uint8_t message[MESSAGE_SIZE] = {0}; /* two bytes of seed, 0 */
    size_t length = 2;
    length += put_address(message + length, first, ipv4);
    length += put_address(message + length, second, ipv4);
    message[length++] = PROTOCOL_TCP;
    message[length++] = 0;
    length += put_u16(message + length, client_first ? key->client_port : key->server_port);
    length += put_u16(message + length, client_first ? key->server_port : key->client_port);

    struct sha1_ctx sha1;
    uint8_t digest[SHA1_DIGEST_SIZE];
    sha1_init(&sha1);
    sha1_update(&sha1, length, message);
    sha1_digest(&sha1, sizeof digest, digest);
    memcpy(out, "1:", 2);
    base64_encode_raw(out + 2, sizeof digest, digest);
    out[2 + BASE64_ENCODE_RAW_LENGTH(SHA1_DIGEST_SIZE)] = '\0';
}
