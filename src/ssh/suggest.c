/* What to enable where two sides have nothing in common, in the words of ssh_config and sshd_config. */
#include "private.h"

#include <stdio.h>
#include <string.h>

enum strength {
    GOOD = 0,
    WEAK,  /* off by default, and bearable for one old server on a network that is trusted */
    BROKEN /* nobody is told to use it */
};

struct algorithm {
    const char *name;
    uint16_t since;   /* OpenSSH, major * 100 + minor */
    uint16_t removed; /* likewise; these rows come last */
    enum strength strength;
};

/* The strongest first. Versions are from OpenSSH's history of kex.h, cipher.c, mac.c, sshkey.c and its release notes.
 */
static const struct algorithm kex_algorithms[] = {
    {"mlkem768x25519-sha256", 909, 0, GOOD},
    {"sntrup761x25519-sha512", 909, 0, GOOD},
    {"sntrup761x25519-sha512@openssh.com", 805, 0, GOOD},
    {"mlkem768nistp256-sha256", 1005, 0, GOOD},
    {"curve25519-sha256", 704, 0, GOOD},
    {"curve25519-sha256@libssh.org", 605, 0, GOOD},
    {"ecdh-sha2-nistp521", 507, 0, GOOD},
    {"ecdh-sha2-nistp384", 507, 0, GOOD},
    {"ecdh-sha2-nistp256", 507, 0, GOOD},
    {"diffie-hellman-group18-sha512", 703, 0, GOOD},
    {"diffie-hellman-group16-sha512", 703, 0, GOOD},
    {"diffie-hellman-group-exchange-sha256", 404, 0, GOOD},
    {"diffie-hellman-group14-sha256", 703, 0, GOOD},
    {"diffie-hellman-group14-sha1", 0, 0, WEAK},
    {"diffie-hellman-group-exchange-sha1", 0, 0, WEAK},
    {"diffie-hellman-group1-sha1", 0, 0, WEAK},
    {"sntrup4591761x25519-sha512@tinyssh.org", 800, 805, BROKEN},
    {NULL, 0, 0, GOOD},
};

static const struct algorithm host_key_algorithms[] = {
    {"ssh-ed25519", 605, 0, GOOD},
    {"ecdsa-sha2-nistp521", 507, 0, GOOD},
    {"ecdsa-sha2-nistp384", 507, 0, GOOD},
    {"ecdsa-sha2-nistp256", 507, 0, GOOD},
    {"rsa-sha2-512", 702, 0, GOOD},
    {"rsa-sha2-256", 702, 0, GOOD},
    {"ssh-rsa", 0, 0, WEAK}, /* SHA-1 signatures: off since 8.8 */
    {"ssh-dss", 0, 1000, BROKEN},
    {NULL, 0, 0, GOOD},
};

static const struct algorithm ciphers[] = {
    {"chacha20-poly1305@openssh.com", 605, 0, GOOD},
    {"aes256-gcm@openssh.com", 602, 0, GOOD},
    {"aes128-gcm@openssh.com", 602, 0, GOOD},
    {"aes256-ctr", 307, 0, GOOD},
    {"aes192-ctr", 307, 0, GOOD},
    {"aes128-ctr", 307, 0, GOOD},
    {"aes256-cbc", 0, 0, WEAK},
    {"aes192-cbc", 0, 0, WEAK},
    {"aes128-cbc", 0, 0, WEAK},
    {"3des-cbc", 0, 0, WEAK},
    {"rijndael-cbc@lysator.liu.se", 0, 805, BROKEN},
    {"cast128-cbc", 0, 706, BROKEN},
    {"blowfish-cbc", 0, 706, BROKEN},
    {"arcfour256", 402, 706, BROKEN},
    {"arcfour128", 402, 706, BROKEN},
    {"arcfour", 0, 706, BROKEN},
    {NULL, 0, 0, GOOD},
};

static const struct algorithm macs[] = {
    {"hmac-sha2-512-etm@openssh.com", 602, 0, GOOD},
    {"hmac-sha2-256-etm@openssh.com", 602, 0, GOOD},
    {"umac-128-etm@openssh.com", 602, 0, GOOD},
    {"hmac-sha2-512", 509, 0, GOOD},
    {"hmac-sha2-256", 509, 0, GOOD},
    {"umac-128@openssh.com", 602, 0, GOOD},
    {"umac-64-etm@openssh.com", 602, 0, GOOD},
    {"umac-64@openssh.com", 407, 0, GOOD},
    {"hmac-sha1-etm@openssh.com", 602, 0, GOOD},
    {"hmac-sha1", 0, 0, GOOD},
    {"hmac-sha1-96-etm@openssh.com", 602, 0, WEAK},
    {"hmac-sha1-96", 0, 0, WEAK},
    {"hmac-md5-etm@openssh.com", 602, 0, BROKEN},
    {"hmac-md5", 0, 0, BROKEN},
    {"hmac-md5-96-etm@openssh.com", 602, 0, BROKEN},
    {"hmac-md5-96", 0, 0, BROKEN},
    {"hmac-ripemd160-etm@openssh.com", 602, 706, BROKEN},
    {"hmac-ripemd160", 0, 706, BROKEN},
    {"hmac-ripemd160@openssh.com", 0, 706, BROKEN},
    {NULL, 0, 0, GOOD},
};

/* "zlib" is the client's row: the server dropped it in 7.4 already. */
static const struct algorithm compressions[] = {
    {"none", 0, 0, GOOD},
    {"zlib@openssh.com", 402, 0, GOOD},
    {"zlib", 0, 909, WEAK},
    {NULL, 0, 0, GOOD},
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

static const struct algorithm *strongest(const struct algorithm *algorithms, const struct ssh_name_list *offered,
                                         enum strength weakest)
{
    for (const struct algorithm *row = algorithms; row->name != NULL; row++) {
        if (row->strength <= weakest && ssh_list_has(offered, row->name)) {
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

static struct ssh_remedy find_remedy(const struct list_kind *kind, const struct ssh_name_list *offered,
                                     enum strength weakest)
{
    struct ssh_remedy remedy = {.option = kind->option};
    const struct algorithm *chosen = strongest(kind->algorithms, offered, weakest);

    if (chosen != NULL) {
        remedy.algorithm = chosen->name;
        remedy.since = chosen->since;
        remedy.removed = chosen->removed;
        remedy.weak = chosen->strength != GOOD;
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
    suggestion.client = find_remedy(&kinds[list], &server->lists[list], WEAK);
    suggestion.server = find_remedy(&kinds[list], &client->lists[list], GOOD);
    if (suggestion.client.weak) {
        suggestion.client.also = kinds[list].client_also;
    }
    if (suggestion.server.algorithm != NULL) {
        suggestion.server.also = kinds[list].server_also;
    }
    return suggestion;
}

/* When OpenSSH got the newest that a list holds; 0: none is known. */
static uint16_t newest(const struct algorithm *algorithms, const struct ssh_name_list *offered)
{
    uint16_t since = 0;
    for (const struct algorithm *row = algorithms; row->name != NULL; row++) {
        const uint16_t of_row = row->since != 0 ? row->since : 1;
        if (of_row > since && ssh_list_has(offered, row->name)) {
            since = of_row;
        }
    }
    return since;
}

/* Whether an OpenSSH of this version offers one of these by default. sshd left the groups of plain Diffie-Hellman out
 * of its default in 10.0 (release notes). */
static bool offers_by_default(const struct algorithm *algorithms, const struct ssh_name_list *of, uint16_t version,
                              bool server)
{
    enum { WITHOUT_GROUPS = 1000 };
    for (const struct algorithm *row = algorithms; row->name != NULL; row++) {
        const bool left_out = server && version >= WITHOUT_GROUPS &&
                              strncmp(row->name, "diffie-hellman-", strlen("diffie-hellman-")) == 0;
        if (row->strength == GOOD && row->since <= version && !left_out && ssh_list_has(of, row->name)) {
            return true;
        }
    }
    return false;
}

void ssh_judge_offers(enum ssh_list list, const struct ssh_kexinit *client, const struct ssh_kexinit *server,
                      const uint16_t version[2], enum ssh_offer out[2])
{
    out[0] = out[1] = SSH_OFFER_UNKNOWN;
    if ((unsigned)list >= SSH_LIST_COUNT || kinds[list].option == NULL || kinds[list].algorithms == compressions) {
        return;
    }
    const struct algorithm *algorithms = kinds[list].algorithms;
    const struct ssh_name_list *lists[2] = {&client->lists[list], &server->lists[list]};
    for (int side = 0; side < 2; side++) {
        if (version[side] != 0 && offers_by_default(algorithms, lists[1 - side], version[side], side == 1)) {
            out[side] = SSH_OFFER_RESTRICTED;
        }
    }
    for (int side = 0; side < 2; side++) {
        const uint16_t mine = newest(algorithms, lists[side]), theirs = newest(algorithms, lists[1 - side]);
        const bool none_good = strongest(algorithms, lists[side], GOOD) == NULL;
        const bool they_have = strongest(algorithms, lists[1 - side], GOOD) != NULL;
        if (out[side] == SSH_OFFER_UNKNOWN && they_have &&
            (none_good || (out[1 - side] != SSH_OFFER_RESTRICTED && mine != 0 && mine < theirs))) {
            out[side] = SSH_OFFER_OLD;
        }
    }
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
        *weak_only &= a->name && a->strength != GOOD; /* what is not known may be strong */
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
