/* How large encrypted packets are: blocks and tags of ciphers and MACs. The rows that OpenSSH 9.2 speaks were compared
 * with its packets on the wire.
 */
#include "private.h"

#include <string.h>

static const struct cipher {
    const char *name;
    uint8_t block;
    uint8_t tag; /* not 0: authenticated encryption */
} ciphers[] = {
    {"chacha20-poly1305@openssh.com", 8, 16},
    {"chacha20-poly1305", 8, 16},
    {"aes128-gcm@openssh.com", 16, 16},
    {"aes256-gcm@openssh.com", 16, 16},
    {"aes128-gcm", 16, 16},
    {"aes256-gcm", 16, 16},
    {"AEAD_AES_128_GCM", 16, 16}, /* RFC 5647 */
    {"AEAD_AES_256_GCM", 16, 16},
    {"aes128-ctr", 16, 0},
    {"aes192-ctr", 16, 0},
    {"aes256-ctr", 16, 0},
    {"aes128-cbc", 16, 0},
    {"aes192-cbc", 16, 0},
    {"aes256-cbc", 16, 0},
    {"rijndael-cbc@lysator.liu.se", 16, 0},
    {"3des-cbc", 8, 0},
    {"3des-ctr", 8, 0},
    {"blowfish-cbc", 8, 0},
    {"blowfish-ctr", 8, 0},
    {"cast128-cbc", 8, 0},
    {"arcfour", 8, 0},
    {"arcfour128", 8, 0},
    {"arcfour256", 8, 0},
    {"twofish-cbc", 16, 0},
    {"twofish128-cbc", 16, 0},
    {"twofish256-cbc", 16, 0},
    {"twofish128-ctr", 16, 0},
    {"twofish256-ctr", 16, 0},
    {"serpent256-ctr", 16, 0},
    {"serpent256-cbc", 16, 0},
    {"none", 8, 0},
};

static const struct mac {
    const char *name;
    uint8_t tag;
    bool etm; /* encrypt-then-MAC: the length stays in the clear */
} macs[] = {
    {"hmac-sha2-256-etm@openssh.com", 32, true},
    {"hmac-sha2-512-etm@openssh.com", 64, true},
    {"hmac-sha1-etm@openssh.com", 20, true},
    {"hmac-sha1-96-etm@openssh.com", 12, true},
    {"hmac-md5-etm@openssh.com", 16, true},
    {"hmac-md5-96-etm@openssh.com", 12, true},
    {"hmac-ripemd160-etm@openssh.com", 20, true},
    {"umac-64-etm@openssh.com", 8, true},
    {"umac-128-etm@openssh.com", 16, true},
    {"hmac-sha2-256", 32, false},
    {"hmac-sha2-512", 64, false},
    {"hmac-sha2-256-96", 12, false},
    {"hmac-sha2-512-96", 12, false},
    {"hmac-sha1", 20, false},
    {"hmac-sha1-96", 12, false},
    {"hmac-md5", 16, false},
    {"hmac-md5-96", 12, false},
    {"hmac-ripemd160", 20, false},
    {"hmac-ripemd160@openssh.com", 20, false},
    {"umac-64@openssh.com", 8, false},
    {"umac-128@openssh.com", 16, false},
    {"none", 0, false},
};

static const struct cipher *find_cipher(const char *name)
{
    for (size_t i = 0; i < sizeof(ciphers) / sizeof(*ciphers); i++) {
        if (strcmp(ciphers[i].name, name) == 0) {
            return &ciphers[i];
        }
    }
    return NULL;
}

static const struct mac *find_mac(const char *name)
{
    for (size_t i = 0; i < sizeof(macs) / sizeof(*macs); i++) {
        if (strcmp(macs[i].name, name) == 0) {
            return &macs[i];
        }
    }
    return NULL;
}

bool ssh_cipher_is_aead(const char *name)
{
    const struct cipher *cipher = find_cipher(name);
    return cipher != NULL && cipher->tag > 0;
}

struct ssh_sizes ssh_packet_sizes(const char *cipher_name, const char *mac_name)
{
    const struct cipher *cipher = find_cipher(cipher_name);

    if (cipher == NULL) {
        return (struct ssh_sizes){0};
    }
    if (cipher->tag > 0) {
        return (struct ssh_sizes){cipher->block, cipher->tag, true, true};
    }
    const struct mac *mac = find_mac(mac_name);
    if (mac == NULL) {
        return (struct ssh_sizes){0};
    }
    return (struct ssh_sizes){cipher->block, mac->tag, mac->etm, true};
}

/* The least padding of at least 4 bytes that fills the block, which is what OpenSSH adds. */
uint32_t ssh_wire_size(const struct ssh_sizes *sizes, uint32_t payload_len)
{
    if (!sizes->known || sizes->block == 0) {
        return 0;
    }
    uint64_t bare = 4 + 1 + (uint64_t)payload_len;
    uint64_t rounded = sizes->length_excluded ? bare - 4 : bare;
    uint64_t padding = sizes->block - rounded % sizes->block;
    if (padding < 4) {
        padding += sizes->block;
    }
    uint64_t wire = bare + padding + sizes->tag;
    return wire > UINT32_MAX ? UINT32_MAX : (uint32_t)wire;
}
