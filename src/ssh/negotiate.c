/* What two KEXINITs agree on: RFC 4253 section 7.1. */
#include "private.h"

#include <string.h>

/* Signals that travel in the key exchange list. They are no algorithms, and two sides that share only these share
 * nothing. */
static const char *const pseudo_names[] = {
    "ext-info-c", /* RFC 8308 */
    "ext-info-s",
    "kex-strict-c-v00@openssh.com", /* against CVE-2023-48795 */
    "kex-strict-s-v00@openssh.com",
    "kex-strict-c", /* the same, under the names of the IETF draft */
    "kex-strict-s",
};

static const struct {
    const char *client;
    const char *server;
} strict_pairs[] = {
    {"kex-strict-c-v00@openssh.com", "kex-strict-s-v00@openssh.com"},
    {"kex-strict-c", "kex-strict-s"},
};

/* Names begin with these, whatever curve, hash and vendor follow. */
static const char *const post_quantum_prefixes[] = {
    "mlkem768x25519-",   /* OpenSSH 9.9 on */
    "mlkem768nistp256-", /* draft-ietf-sshm-mlkem-hybrid-kex */
    "mlkem1024nistp384-",
    "sntrup761x25519-",     /* OpenSSH 8.5 on */
    "sntrup4591761x25519-", /* OpenSSH 8.0 to 8.4 */
    "ecdh-nistp256-kyber-", /* AWS, OQS */
    "ecdh-nistp384-kyber-",
    "ecdh-nistp521-kyber-",
    "x25519-kyber-",
    "mlkem512-", /* OQS */
    "mlkem768-",
    "mlkem1024-",
};

#define ROWS(table) (sizeof(table) / sizeof(*(table)))

static bool is_pseudo(const struct ssh_name_list *name)
{
    for (size_t i = 0; i < ROWS(pseudo_names); i++) {
        if (ssh_name_equals(name, pseudo_names[i])) {
            return true;
        }
    }
    return false;
}

static bool is_post_quantum(const char *kex)
{
    for (size_t i = 0; i < ROWS(post_quantum_prefixes); i++) {
        if (strncmp(kex, post_quantum_prefixes[i], strlen(post_quantum_prefixes[i])) == 0) {
            return true;
        }
    }
    return false;
}

static bool offers(const struct ssh_name_list *list, const struct ssh_name_list *wanted)
{
    struct ssh_name_list name;
    uint32_t cursor = 0;

    for (int seen = 0; seen < SSH_NAMES_MAX && ssh_next_name(list, &cursor, &name); seen++) {
        if (name.length == wanted->length && memcmp(name.names, wanted->names, name.length) == 0) {
            return true;
        }
    }
    return false;
}

static void copy_name(char out[SSH_ALGORITHM_SIZE], const struct ssh_name_list *name)
{
    size_t length = name->length < SSH_ALGORITHM_SIZE - 1 ? name->length : SSH_ALGORITHM_SIZE - 1;
    memcpy(out, name->names, length);
    out[length] = '\0';
}

/* The client's first name that the server has too. The work is bounded whatever the lists' lengths. */
static bool first_common(const struct ssh_name_list *client, const struct ssh_name_list *server,
                         char out[SSH_ALGORITHM_SIZE])
{
    struct ssh_name_list name;
    uint32_t cursor = 0;

    for (int seen = 0; seen < SSH_NAMES_MAX && ssh_next_name(client, &cursor, &name); seen++) {
        if (!is_pseudo(&name) && offers(server, &name)) {
            copy_name(out, &name);
            return true;
        }
    }
    return false;
}

static bool both_strict(const struct ssh_kexinit *client, const struct ssh_kexinit *server)
{
    for (size_t i = 0; i < ROWS(strict_pairs); i++) {
        if (ssh_list_has(&client->lists[SSH_LIST_KEX], strict_pairs[i].client) &&
            ssh_list_has(&server->lists[SSH_LIST_KEX], strict_pairs[i].server)) {
            return true;
        }
    }
    return false;
}

/* The cipher that decides whether a MAC list matters. Where no cipher was agreed on either, the MACs are compared all
 * the same: whoever mends the cipher wants to hear of both.
 */
static bool is_implied_mac(int list, const struct ssh_negotiation *out)
{
    if (list == SSH_LIST_MAC_C2S) {
        return ssh_cipher_is_aead(out->chosen[SSH_LIST_CIPHER_C2S]);
    }
    return list == SSH_LIST_MAC_S2C && ssh_cipher_is_aead(out->chosen[SSH_LIST_CIPHER_S2C]);
}

void ssh_negotiate(const struct ssh_kexinit *client, const struct ssh_kexinit *server, struct ssh_negotiation *out)
{
    memset(out, 0, sizeof(*out));
    for (int list = 0; list <= SSH_LIST_COMPRESSION_S2C; list++) {
        if (is_implied_mac(list, out)) {
            continue;
        }
        if (!first_common(&client->lists[list], &server->lists[list], out->chosen[list])) {
            out->failed |= 1u << list;
        }
    }
    out->post_quantum = is_post_quantum(out->chosen[SSH_LIST_KEX]);
    out->strict_kex = both_strict(client, server);
}
