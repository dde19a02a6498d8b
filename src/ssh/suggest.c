/* What to enable where two sides have nothing in common, in the words of ssh_config and sshd_config. */
#include "private.h"

#include <stdio.h>

struct algorithm {
    const char *name;
    uint16_t since;   /* OpenSSH, major * 100 + minor */
    uint16_t removed; /* likewise; these rows come last */
    bool weak;
};

/* The strongest first. Versions are from OpenSSH's history of kex.h, cipher.c, mac.c, sshkey.c and its release notes.
 */
static const struct algorithm kex_algorithms[] = {
    {"mlkem768x25519-sha256", 909, 0, false},
    {"sntrup761x25519-sha512", 909, 0, false},
    {"sntrup761x25519-sha512@openssh.com", 805, 0, false},
    {"mlkem768nistp256-sha256", 1005, 0, false},
    {"curve25519-sha256", 704, 0, false},
    {"curve25519-sha256@libssh.org", 605, 0, false},
    {"ecdh-sha2-nistp521", 507, 0, false},
    {"ecdh-sha2-nistp384", 507, 0, false},
    {"ecdh-sha2-nistp256", 507, 0, false},
    {"diffie-hellman-group18-sha512", 703, 0, false},
    {"diffie-hellman-group16-sha512", 703, 0, false},
    {"diffie-hellman-group-exchange-sha256", 404, 0, false},
    {"diffie-hellman-group14-sha256", 703, 0, false},
    {"diffie-hellman-group14-sha1", 0, 0, true},
    {"diffie-hellman-group-exchange-sha1", 0, 0, true},
    {"diffie-hellman-group1-sha1", 0, 0, true},
    {"sntrup4591761x25519-sha512@tinyssh.org", 800, 805, false},
    {NULL, 0, 0, false},
};

static const struct algorithm host_key_algorithms[] = {
    {"ssh-ed25519", 605, 0, false},
    {"ecdsa-sha2-nistp521", 507, 0, false},
    {"ecdsa-sha2-nistp384", 507, 0, false},
    {"ecdsa-sha2-nistp256", 507, 0, false},
    {"rsa-sha2-512", 702, 0, false},
    {"rsa-sha2-256", 702, 0, false},
    {"ssh-rsa", 0, 0, true}, /* SHA-1 signatures: off since 8.8 */
    {"ssh-dss", 0, 1000, true},
    {NULL, 0, 0, false},
};

static const struct algorithm ciphers[] = {
    {"chacha20-poly1305@openssh.com", 605, 0, false},
    {"aes256-gcm@openssh.com", 602, 0, false},
    {"aes128-gcm@openssh.com", 602, 0, false},
    {"aes256-ctr", 307, 0, false},
    {"aes192-ctr", 307, 0, false},
    {"aes128-ctr", 307, 0, false},
    {"aes256-cbc", 0, 0, true},
    {"aes192-cbc", 0, 0, true},
    {"aes128-cbc", 0, 0, true},
    {"3des-cbc", 0, 0, true},
    {"rijndael-cbc@lysator.liu.se", 0, 805, true},
    {"cast128-cbc", 0, 706, true},
    {"blowfish-cbc", 0, 706, true},
    {"arcfour256", 402, 706, true},
    {"arcfour128", 402, 706, true},
    {"arcfour", 0, 706, true},
    {NULL, 0, 0, false},
};

static const struct algorithm macs[] = {
    {"hmac-sha2-512-etm@openssh.com", 602, 0, false},
    {"hmac-sha2-256-etm@openssh.com", 602, 0, false},
    {"umac-128-etm@openssh.com", 602, 0, false},
    {"hmac-sha2-512", 509, 0, false},
    {"hmac-sha2-256", 509, 0, false},
    {"umac-128@openssh.com", 602, 0, false},
    {"umac-64-etm@openssh.com", 602, 0, false},
    {"umac-64@openssh.com", 407, 0, false},
    {"hmac-sha1-etm@openssh.com", 602, 0, false},
    {"hmac-sha1", 0, 0, false},
    {"hmac-sha1-96-etm@openssh.com", 602, 0, true},
    {"hmac-sha1-96", 0, 0, true},
    {"hmac-md5-etm@openssh.com", 602, 0, true},
    {"hmac-md5", 0, 0, true},
    {"hmac-md5-96-etm@openssh.com", 602, 0, true},
    {"hmac-md5-96", 0, 0, true},
    {"hmac-ripemd160-etm@openssh.com", 602, 706, true},
    {"hmac-ripemd160", 0, 706, true},
    {"hmac-ripemd160@openssh.com", 0, 706, true},
    {NULL, 0, 0, false},
};

/* "zlib" is the client's row: the server dropped it in 7.4 already. */
static const struct algorithm compressions[] = {
    {"none", 0, 0, false},
    {"zlib@openssh.com", 402, 0, false},
    {"zlib", 0, 909, true},
    {NULL, 0, 0, false},
};

/* `client_also`: users whose server knows only SHA-1 signatures need them for their own RSA key too.
 * `server_also`: a host key algorithm is of no use without a key of its kind.
 */
static const struct list_kind {
    const char *option;
    const struct algorithm *algorithms;
    const char *client_also;
    const char *server_also;
} kinds[SSH_LIST_COUNT] = {
    [SSH_LIST_KEX] = {"KexAlgorithms", kex_algorithms, NULL, NULL},
    [SSH_LIST_HOST_KEY] = {"HostKeyAlgorithms", host_key_algorithms, "PubkeyAcceptedAlgorithms", "HostKey"},
    [SSH_LIST_CIPHER_C2S] = {"Ciphers", ciphers, NULL, NULL},
    [SSH_LIST_CIPHER_S2C] = {"Ciphers", ciphers, NULL, NULL},
    [SSH_LIST_MAC_C2S] = {"MACs", macs, NULL, NULL},
    [SSH_LIST_MAC_S2C] = {"MACs", macs, NULL, NULL},
    [SSH_LIST_COMPRESSION_C2S] = {"Compression", compressions, NULL, NULL},
    [SSH_LIST_COMPRESSION_S2C] = {"Compression", compressions, NULL, NULL},
};

static const struct algorithm *strongest(const struct algorithm *algorithms, const struct ssh_name_list *offered)
{
    for (const struct algorithm *row = algorithms; row->name != NULL; row++) {
        if (ssh_list_has(offered, row->name)) {
            return row;
        }
    }
    return NULL;
}

/* Compression takes no names, only whether. */
static void fill_value(struct ssh_remedy *remedy, const struct algorithm *chosen, const struct algorithm *table)
{
    if (table != compressions) {
        snprintf(remedy->value, sizeof(remedy->value), "+%s", chosen->name);
        return;
    }
    snprintf(remedy->value, sizeof(remedy->value), "%s", chosen == &compressions[0] ? "no" : "yes");
}

static struct ssh_remedy find_remedy(const struct list_kind *kind, const struct ssh_name_list *offered)
{
    struct ssh_remedy remedy = {.option = kind->option};
    const struct algorithm *chosen = strongest(kind->algorithms, offered);

    if (chosen != NULL) {
        remedy.algorithm = chosen->name;
        remedy.since = chosen->since;
        remedy.removed = chosen->removed;
        remedy.weak = chosen->weak;
        fill_value(&remedy, chosen, kind->algorithms);
    }
    return remedy;
}

struct ssh_suggestion ssh_suggest_algorithm(enum ssh_list list, const struct ssh_kexinit *client,
                                            const struct ssh_kexinit *server)
{
    struct ssh_suggestion suggestion = {0};

    if ((unsigned)list >= SSH_LIST_COUNT || kinds[list].option == NULL) {
        return suggestion;
    }
    suggestion.client = find_remedy(&kinds[list], &server->lists[list]);
    suggestion.server = find_remedy(&kinds[list], &client->lists[list]);
    if (suggestion.client.weak) {
        suggestion.client.also = kinds[list].client_also;
    }
    if (suggestion.server.algorithm != NULL) {
        suggestion.server.also = kinds[list].server_also;
    }
    return suggestion;
}

/* The first OpenSSH that has any of the names; `weak_only` where it leaves all of them out of its defaults by now. */
static uint16_t first_with_any(const struct ssh_name_list *list, const struct algorithm *known, bool *weak_only)
{
    struct ssh_name_list name;
    uint32_t cursor = 0, looked_at = 0;
    uint16_t first = UINT16_MAX;
    *weak_only = list->length > 0;
    while (looked_at++ < SSH_NAMES_MAX && ssh_next_name(list, &cursor, &name)) {
        const struct algorithm *a = known;
        while (a->name && !ssh_name_equals(&name, a->name))
            a++;
        *weak_only &= a->name && a->weak; /* what is not known may be strong */
        if (a->name && a->since < first)
            first = a->since;
    }
    return first == UINT16_MAX ? 0 : first;
}

struct ssh_offer_age ssh_offer_age(const struct ssh_kexinit *offer)
{
    static const enum ssh_list asked[] = {SSH_LIST_KEX, SSH_LIST_HOST_KEY, SSH_LIST_CIPHER_C2S};
    struct ssh_offer_age age = {0, false};
    for (size_t i = 0; i < sizeof(asked) / sizeof(*asked); i++) {
        bool weak_only;
        uint16_t needs = first_with_any(&offer->lists[asked[i]], kinds[asked[i]].algorithms, &weak_only);
        if (needs > age.needs)
            age.needs = needs;
        age.weak_only |= weak_only;
    }
    return age;
}
