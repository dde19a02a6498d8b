/* What follows from two KEXINITs: negotiation, HASSH, packet sizes, and what to enable where nothing is common. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "test_ssh_lists.h"
#include <sshsniff/platform.h>
#include <sshsniff/ssh.h>

#define ROWS(table) (sizeof(table) / sizeof(*(table)))

/* ---- negotiation ---- */

static void test_negotiate_each_failure(void **state)
{
    (void)state;
    for (int list = 0; list < SSH_LIST_COUNT; list++) {
        struct ssh_kexinit client, server;
        struct ssh_negotiation agreed;
        set_lists(&client, plain_lists);
        set_lists(&server, plain_lists);
        set_list(&server, (enum ssh_list)list, "other-1,other-2");
        ssh_negotiate(&client, &server, &agreed);
        bool matters = list < SSH_LIST_LANGUAGE_C2S;
        assert_int_equal(agreed.failed, matters ? 1u << list : 0);
        for (int other = 0; other <= SSH_LIST_COMPRESSION_S2C; other++) {
            assert_string_equal(agreed.chosen[other], other == list ? "" : plain_lists[other]);
        }
    }
}

static void test_negotiate_lists(void **state)
{
    static const struct {
        const char *client;
        const char *server;
        const char *chosen;
    } rows[] = {
        {"a,b,c", "c,b,a", "a"}, /* the client's order counts */
        {"a,b,c", "x,c,b", "b"},
        {"aa,b", "a,b", "b"}, /* no match of parts of names */
        {"a", "aa", ""},
        {"", "a", ""},
        {"a", "", ""},
        {",,a", "b,,a,", "a"}, /* an empty name is no name */
        {"ext-info-c,a", "ext-info-c,a", "a"},
        {"ext-info-c", "ext-info-c", ""},
        {"kex-strict-s-v00@openssh.com,kex-strict-c-v00@openssh.com",
         "kex-strict-s-v00@openssh.com,kex-strict-c-v00@openssh.com", ""},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct ssh_kexinit client, server;
        struct ssh_negotiation agreed;
        set_lists(&client, plain_lists);
        set_lists(&server, plain_lists);
        set_list(&client, SSH_LIST_KEX, rows[i].client);
        set_list(&server, SSH_LIST_KEX, rows[i].server);
        ssh_negotiate(&client, &server, &agreed);
        assert_string_equal(agreed.chosen[SSH_LIST_KEX], rows[i].chosen);
        assert_int_equal(agreed.failed, rows[i].chosen[0] == '\0' ? 1u << SSH_LIST_KEX : 0);
    }
}

static void test_negotiate_implied_macs(void **state)
{
    static const struct {
        const char *cipher;
        bool implied;
    } rows[] = {
        {"chacha20-poly1305@openssh.com", true},
        {"aes128-gcm@openssh.com", true},
        {"aes256-gcm@openssh.com", true},
        {"AEAD_AES_256_GCM", true},
        {"aes256-ctr", false},
        {"made-up", false},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct ssh_kexinit client, server;
        struct ssh_negotiation agreed;
        set_lists(&client, plain_lists);
        set_lists(&server, plain_lists);
        set_list(&client, SSH_LIST_CIPHER_S2C, rows[i].cipher);
        set_list(&server, SSH_LIST_CIPHER_S2C, rows[i].cipher);
        set_list(&server, SSH_LIST_MAC_S2C, "other");
        ssh_negotiate(&client, &server, &agreed);
        assert_int_equal(agreed.failed, rows[i].implied ? 0 : 1u << SSH_LIST_MAC_S2C);
        assert_string_equal(agreed.chosen[SSH_LIST_MAC_S2C], "");
        assert_string_equal(agreed.chosen[SSH_LIST_MAC_C2S], "hmac-sha1");
    }
}

static void test_negotiate_flags(void **state)
{
    static const struct {
        const char *client;
        const char *server;
        bool post_quantum;
        bool strict;
    } rows[] = {
        {"sntrup761x25519-sha512@openssh.com", "sntrup761x25519-sha512@openssh.com", true, false},
        {"sntrup761x25519-sha512", "sntrup761x25519-sha512", true, false},
        {"sntrup4591761x25519-sha512@tinyssh.org", "sntrup4591761x25519-sha512@tinyssh.org", true, false},
        {"mlkem768x25519-sha256", "mlkem768x25519-sha256", true, false},
        {"mlkem768nistp256-sha256", "mlkem768nistp256-sha256", true, false},
        {"mlkem1024nistp384-sha384", "mlkem1024nistp384-sha384", true, false},
        {"curve25519-sha256,kex-strict-c-v00@openssh.com", "curve25519-sha256,kex-strict-s-v00@openssh.com", false,
         true},
        {"curve25519-sha256,kex-strict-c-v00@openssh.com", "curve25519-sha256", false, false},
        {"curve25519-sha256", "curve25519-sha256,kex-strict-s-v00@openssh.com", false, false},
        {"mlkem768x25519-sha256,curve25519-sha256", "curve25519-sha256", false, false},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct ssh_kexinit client, server;
        struct ssh_negotiation agreed;
        set_lists(&client, plain_lists);
        set_lists(&server, plain_lists);
        set_list(&client, SSH_LIST_KEX, rows[i].client);
        set_list(&server, SSH_LIST_KEX, rows[i].server);
        ssh_negotiate(&client, &server, &agreed);
        assert_int_equal(agreed.failed, 0);
        assert_int_equal(agreed.post_quantum, rows[i].post_quantum);
        assert_int_equal(agreed.strict_kex, rows[i].strict);
    }
}

/* Two lists of a megabyte that share nothing: the work must be bounded, not their product. */
static void test_megabyte_list(void **state)
{
    size_t size = 1 << 20;
    char *mine = malloc(size + 1);
    char *theirs = malloc(size + 1);
    const char *lists[SSH_LIST_COUNT];
    struct ssh_kexinit client, server;
    struct ssh_negotiation agreed;

    (void)state;
    assert_non_null(mine);
    assert_non_null(theirs);
    for (size_t i = 0; i < size; i++) {
        mine[i] = i % 2 == 0 ? 'a' : ',';
        theirs[i] = i % 2 == 0 ? 'b' : ',';
    }
    mine[size] = theirs[size] = '\0';
    memcpy(lists, plain_lists, sizeof(lists));
    size_t length;
    lists[SSH_LIST_KEX] = mine;
    uint8_t *payload = build_payload(lists, &length);
    assert_true(ssh_parse_kexinit(payload, length, &client));
    assert_int_equal(client.lists[SSH_LIST_KEX].length, size);
    set_lists(&server, plain_lists);
    set_list(&server, SSH_LIST_KEX, theirs);
    clock_t start = clock();
    for (int i = 0; i < 20; i++) {
        ssh_negotiate(&client, &server, &agreed);
        ssh_suggest_algorithm(SSH_LIST_KEX, &client, &server);
    }
    assert_true(clock() - start < CLOCKS_PER_SEC * 5);
    assert_int_equal(agreed.failed, 1u << SSH_LIST_KEX);

    /* One name of a megabyte, common to both: cut, not overflowing. */
    memset(mine, 'n', size);
    set_list(&client, SSH_LIST_KEX, mine);
    set_list(&server, SSH_LIST_KEX, mine);
    ssh_negotiate(&client, &server, &agreed);
    assert_int_equal(strlen(agreed.chosen[SSH_LIST_KEX]), SSH_ALGORITHM_SIZE - 1);
    free(payload);
    free(mine);
    free(theirs);
}

/* ---- HASSH ---- */

/* Vectors from the README of https://github.com/salesforce/hassh (python/). */
static void test_hassh_published(void **state)
{
    struct ssh_kexinit kexinit;
    char hassh[33];

    (void)state;
    set_lists(&kexinit, plain_lists);
    set_list(&kexinit, SSH_LIST_KEX,
             "curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,"
             "diffie-hellman-group-exchange-sha256,diffie-hellman-group14-sha1");
    set_list(&kexinit, SSH_LIST_CIPHER_S2C,
             "chacha20-poly1305@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr,aes128-gcm@openssh.com,"
             "aes256-gcm@openssh.com");
    set_list(&kexinit, SSH_LIST_MAC_S2C,
             "umac-64-etm@openssh.com,umac-128-etm@openssh.com,hmac-sha2-256-etm@openssh.com,"
             "hmac-sha2-512-etm@openssh.com,hmac-sha1-etm@openssh.com,umac-64@openssh.com,umac-128@openssh.com,"
             "hmac-sha2-256,hmac-sha2-512,hmac-sha1");
    set_list(&kexinit, SSH_LIST_COMPRESSION_S2C, "none,zlib@openssh.com");
    ssh_hassh(&kexinit, true, hassh);
    assert_string_equal(hassh, "d43d91bc39d5aaed819ad9f6b57b7348");

    set_lists(&kexinit, plain_lists);
    set_list(&kexinit, SSH_LIST_KEX,
             "diffie-hellman-group-exchange-sha256,diffie-hellman-group-exchange-sha1,diffie-hellman-group14-sha1,"
             "diffie-hellman-group1-sha1");
    set_list(&kexinit, SSH_LIST_CIPHER_C2S,
             "aes128-ctr,aes192-ctr,aes256-ctr,aes256-cbc,rijndael-cbc@lysator.liu.se,aes192-cbc,aes128-cbc,"
             "blowfish-cbc,arcfour128,arcfour,cast128-cbc,3des-cbc");
    set_list(&kexinit, SSH_LIST_MAC_C2S,
             "hmac-sha2-256,hmac-sha2-512,hmac-sha1,hmac-sha1-96,hmac-md5,hmac-md5-96,hmac-ripemd160,"
             "hmac-ripemd160@openssh.com");
    set_list(&kexinit, SSH_LIST_COMPRESSION_C2S, "none");
    ssh_hassh(&kexinit, false, hassh);
    assert_string_equal(hassh, "a7a87fbe86774c2e40cc4a7ea2ab1b3c");
}

/* ---- sizes ---- */

/* Segments of OpenSSH 9.2 logins, one for each row: service request (17 bytes of payload), the first authentication
 * request of "root" (35), and the success message (1).
 */
static void test_measured_sizes(void **state)
{
    static const struct {
        const char *cipher;
        const char *mac;
        uint32_t service, request, success;
    } rows[] = {
        {"chacha20-poly1305@openssh.com", "", 44, 60, 28},
        {"aes128-gcm@openssh.com", "", 52, 68, 36},
        {"aes128-ctr", "hmac-sha1", 52, 68, 36},
        {"aes128-ctr", "hmac-sha1-96", 44, 60, 28},
        {"aes128-ctr", "hmac-sha2-256", 64, 80, 48},
        {"aes128-ctr", "hmac-sha2-512", 96, 112, 80},
        {"aes128-ctr", "umac-64@openssh.com", 40, 56, 24},
        {"aes128-ctr", "umac-128@openssh.com", 48, 64, 32},
        {"aes128-ctr", "hmac-md5", 48, 64, 32},
        {"aes128-ctr", "hmac-md5-96", 44, 60, 28},
        {"aes128-ctr", "hmac-sha1-etm@openssh.com", 56, 72, 40},
        {"aes128-ctr", "hmac-sha1-96-etm@openssh.com", 48, 64, 32},
        {"aes128-ctr", "hmac-sha2-256-etm@openssh.com", 68, 84, 52},
        {"aes128-ctr", "hmac-sha2-512-etm@openssh.com", 100, 116, 84},
        {"aes128-ctr", "umac-64-etm@openssh.com", 44, 60, 28},
        {"aes128-ctr", "umac-128-etm@openssh.com", 52, 68, 36},
        {"aes128-ctr", "hmac-md5-etm@openssh.com", 52, 68, 36},
        {"aes128-ctr", "hmac-md5-96-etm@openssh.com", 48, 64, 32},
        {"aes128-cbc", "hmac-sha1", 52, 68, 36},
        {"3des-cbc", "hmac-sha1", 52, 68, 36},
        {"3des-cbc", "hmac-sha2-256-etm@openssh.com", 60, 76, 44},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct ssh_sizes sizes = ssh_packet_sizes(rows[i].cipher, rows[i].mac);
        assert_true(sizes.known);
        assert_int_equal(ssh_wire_size(&sizes, 17), rows[i].service);
        assert_int_equal(ssh_wire_size(&sizes, 35), rows[i].request);
        assert_int_equal(ssh_wire_size(&sizes, 1), rows[i].success);
    }
}

static void test_unknown_sizes(void **state)
{
    struct ssh_sizes sizes = ssh_packet_sizes("made-up", "hmac-sha1");

    (void)state;
    assert_false(sizes.known);
    assert_int_equal(ssh_wire_size(&sizes, 1), 0);
    assert_false(ssh_packet_sizes("aes128-ctr", "made-up").known);
    assert_false(ssh_packet_sizes("", "").known);
    sizes = ssh_packet_sizes("aes128-ctr", "hmac-sha1");
    assert_int_equal(ssh_wire_size(&sizes, UINT32_MAX), UINT32_MAX);
}

/* ---- suggestions ---- */

static void test_suggestions(void **state)
{
    static const struct {
        enum ssh_list list;
        const char *server_offers;
        const char *option;
        const char *value;
        const char *also;
        uint16_t removed;
        bool weak;
    } rows[] = {
        {SSH_LIST_KEX, "diffie-hellman-group1-sha1,diffie-hellman-group14-sha1", "KexAlgorithms",
         "+diffie-hellman-group14-sha1", NULL, 0, true},
        {SSH_LIST_KEX, "diffie-hellman-group1-sha1,curve25519-sha256", "KexAlgorithms", "+curve25519-sha256", NULL, 0,
         false},
        {SSH_LIST_HOST_KEY, "ssh-dss,ssh-rsa", "HostKeyAlgorithms", "+ssh-rsa", "PubkeyAcceptedAlgorithms", 0, true},
        {SSH_LIST_HOST_KEY, "ssh-dss", "HostKeyAlgorithms", "", NULL, 0, false}, /* gone, and too short to be safe */
        {SSH_LIST_HOST_KEY, "ssh-ed25519", "HostKeyAlgorithms", "+ssh-ed25519", NULL, 0, false},
        {SSH_LIST_CIPHER_C2S, "arcfour,3des-cbc,aes128-cbc", "Ciphers", "+aes128-cbc", NULL, 0, true},
        {SSH_LIST_CIPHER_S2C, "arcfour,blowfish-cbc", "Ciphers", "", NULL, 0, false},
        {SSH_LIST_MAC_C2S, "hmac-md5,hmac-sha1-96", "MACs", "+hmac-sha1-96", NULL, 0, true},
        {SSH_LIST_MAC_C2S, "hmac-md5,hmac-md5-96", "MACs", "", NULL, 0, false},
        {SSH_LIST_MAC_S2C, "hmac-ripemd160", "MACs", "", NULL, 0, false},
        {SSH_LIST_COMPRESSION_C2S, "zlib@openssh.com", "Compression", "yes", NULL, 0, false},
        {SSH_LIST_COMPRESSION_S2C, "none", "Compression", "no", NULL, 0, false},
        {SSH_LIST_COMPRESSION_S2C, "zlib", "Compression", "yes", NULL, 909, true},
        {SSH_LIST_KEX, "made-up", "KexAlgorithms", "", NULL, 0, false},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct ssh_kexinit client, server;
        set_lists(&client, plain_lists);
        set_lists(&server, plain_lists);
        set_list(&server, rows[i].list, rows[i].server_offers);
        struct ssh_suggestion suggestion = ssh_suggest_algorithm(rows[i].list, &client, &server);
        assert_string_equal(suggestion.client.option, rows[i].option);
        assert_string_equal(suggestion.client.value, rows[i].value);
        assert_int_equal(suggestion.client.removed, rows[i].removed);
        assert_int_equal(suggestion.client.weak, rows[i].weak);
        assert_int_equal(suggestion.client.algorithm == NULL, rows[i].value[0] == '\0');
        assert_int_equal(suggestion.client.also == NULL, rows[i].also == NULL);
        if (rows[i].also != NULL) {
            assert_string_equal(suggestion.client.also, rows[i].also);
        }
    }
}

static void test_suggestion_for_server(void **state)
{
    struct ssh_kexinit client, server;

    (void)state;
    set_lists(&client, plain_lists);
    set_lists(&server, plain_lists);
    set_list(&client, SSH_LIST_HOST_KEY, "ssh-rsa,ssh-dss");
    struct ssh_suggestion suggestion = ssh_suggest_algorithm(SSH_LIST_HOST_KEY, &client, &server);
    assert_string_equal(suggestion.server.option, "HostKeyAlgorithms");
    assert_null(suggestion.server.algorithm); /* weak for all of its clients, for the sake of one */
    assert_null(suggestion.client.algorithm);
    set_list(&client, SSH_LIST_HOST_KEY, "ssh-rsa,rsa-sha2-256");
    suggestion = ssh_suggest_algorithm(SSH_LIST_HOST_KEY, &client, &server);
    assert_string_equal(suggestion.server.value, "+rsa-sha2-256");
    assert_string_equal(suggestion.server.also, "HostKey");
    suggestion = ssh_suggest_algorithm(SSH_LIST_LANGUAGE_C2S, &client, &server);
    assert_null(suggestion.client.option);
    suggestion = ssh_suggest_algorithm((enum ssh_list)99, &client, &server);
    assert_null(suggestion.server.option);
}

/* Which side is old: what a version of OpenSSH knows is no sign of age, and its settings may leave it out. */
static void test_which_side_is_old(void **state)
{
    static const struct {
        enum ssh_list list;
        const char *client, *server;
        uint16_t version[2];
        enum ssh_offer expected[2];
    } rows[] = {
        {SSH_LIST_KEX, "diffie-hellman-group1-sha1", "curve25519-sha256", {0, 902}, {SSH_OFFER_OLD, SSH_OFFER_UNKNOWN}},
        {SSH_LIST_KEX, "curve25519-sha256", "diffie-hellman-group1-sha1", {902, 0}, {SSH_OFFER_UNKNOWN, SSH_OFFER_OLD}},
        {SSH_LIST_KEX,
         "curve25519-sha256",
         "diffie-hellman-group1-sha1",
         {902, 403},
         {SSH_OFFER_UNKNOWN, SSH_OFFER_OLD}},
        {SSH_LIST_KEX,
         "mlkem768x25519-sha256",
         "curve25519-sha256",
         {1000, 902},
         {SSH_OFFER_RESTRICTED, SSH_OFFER_UNKNOWN}},
        {SSH_LIST_KEX, "mlkem768x25519-sha256", "curve25519-sha256", {0, 902}, {SSH_OFFER_UNKNOWN, SSH_OFFER_OLD}},
        {SSH_LIST_KEX,
         "diffie-hellman-group-exchange-sha256",
         "curve25519-sha256",
         {0, 1005},
         {SSH_OFFER_OLD, SSH_OFFER_UNKNOWN}},
        {SSH_LIST_KEX,
         "diffie-hellman-group-exchange-sha256",
         "curve25519-sha256",
         {0, 902},
         {SSH_OFFER_UNKNOWN, SSH_OFFER_RESTRICTED}},
        {SSH_LIST_HOST_KEY,
         "ssh-ed25519",
         "rsa-sha2-256,ssh-rsa",
         {902, 902},
         {SSH_OFFER_RESTRICTED, SSH_OFFER_RESTRICTED}},
        {SSH_LIST_HOST_KEY, "ssh-ed25519,rsa-sha2-256", "ssh-rsa", {902, 0}, {SSH_OFFER_UNKNOWN, SSH_OFFER_OLD}},
        {SSH_LIST_KEX, "made-up", "made-up-too", {0, 0}, {SSH_OFFER_UNKNOWN, SSH_OFFER_UNKNOWN}},
    };
    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct ssh_kexinit client, server;
        enum ssh_offer offer[2];
        set_lists(&client, plain_lists);
        set_lists(&server, plain_lists);
        set_list(&client, rows[i].list, rows[i].client);
        set_list(&server, rows[i].list, rows[i].server);
        ssh_judge_offers(rows[i].list, &client, &server, rows[i].version, offer);
        if (offer[0] != rows[i].expected[0] || offer[1] != rows[i].expected[1])
            fail_msg("row %zu: %d %d", i, (int)offer[0], (int)offer[1]);
    }
}

static void test_platforms(void **state)
{
    static const struct {
        const char *banner;
        enum platform platform;
        uint16_t version;
        bool sshd_config;
    } rows[] = {
        {"", PLATFORM_UNKNOWN, 0, false},
        {"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u10", PLATFORM_DEBIAN, 902, true},
        {"SSH-2.0-OpenSSH_8.9p1 Ubuntu-3ubuntu0.6", PLATFORM_DEBIAN, 809, true},
        {"SSH-2.0-OpenSSH_8.7", PLATFORM_OPENSSH, 807, true},
        {"SSH-2.0-OpenSSH_10.0", PLATFORM_OPENSSH, 1000, true},
        {"SSH-2.0-OpenSSH_9.6 FreeBSD-20240701", PLATFORM_FREEBSD, 906, true},
        {"SSH-2.0-OpenSSH_for_Windows_9.5", PLATFORM_WINDOWS, 905, true},
        {"SSH-2.0-Cisco-1.25", PLATFORM_CISCO, 0, false},
        {"SSH-2.0-ROSSSH", PLATFORM_ROUTEROS, 0, false},
        {"SSH-2.0-dropbear_2022.83", PLATFORM_DROPBEAR, 0, false},
        {"SSH-2.0-libssh_0.10.6", PLATFORM_OTHER, 0, false},
        {"SSH-2.0-Go", PLATFORM_OTHER, 0, false},
        {"SSH-2.0-OpenSSH_", PLATFORM_OPENSSH, 0, true},
        {"SSH-2.0-OpenSSH_99999999999999999999.1", PLATFORM_OPENSSH, 0, true},
    };
    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        assert_int_equal(platform_of_banner(rows[i].banner), rows[i].platform);
        assert_int_equal(openssh_version(rows[i].banner), rows[i].version);
        assert_int_equal(platform_has_sshd_config(rows[i].platform), rows[i].sshd_config);
    }
}

static void test_offer_age(void **state)
{
    struct ssh_kexinit offer;
    (void)state;
    set_lists(&offer, plain_lists);
    set_list(&offer, SSH_LIST_KEX, "curve25519-sha256,curve25519-sha256@libssh.org");
    set_list(&offer, SSH_LIST_HOST_KEY, "ssh-ed25519,ssh-rsa");
    set_list(&offer, SSH_LIST_CIPHER_C2S, "aes128-ctr,3des-cbc");
    assert_int_equal(ssh_offer_age(&offer).needs, 605);
    assert_false(ssh_offer_age(&offer).weak_only);
    set_list(&offer, SSH_LIST_CIPHER_C2S, "aes128-cbc,3des-cbc");
    assert_true(ssh_offer_age(&offer).weak_only);
    set_list(&offer, SSH_LIST_CIPHER_C2S, "3des-cbc,nobody@example.org");
    assert_false(ssh_offer_age(&offer).weak_only);
    assert_int_equal(ssh_offer_age(&offer).needs, 605);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_which_side_is_old),
        cmocka_unit_test(test_platforms),
        cmocka_unit_test(test_negotiate_each_failure),
        cmocka_unit_test(test_negotiate_lists),
        cmocka_unit_test(test_negotiate_implied_macs),
        cmocka_unit_test(test_negotiate_flags),
        cmocka_unit_test(test_megabyte_list),
        cmocka_unit_test(test_hassh_published),
        cmocka_unit_test(test_measured_sizes),
        cmocka_unit_test(test_unknown_sizes),
        cmocka_unit_test(test_suggestions),
        cmocka_unit_test(test_offer_age),
        cmocka_unit_test(test_suggestion_for_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
