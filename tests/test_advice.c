/* Advice that can be pasted and does no harm: what must be true of each line, whatever the cause, the place, the
 * server's platform and the addresses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "diagnose/describe.h"
#include "report/advice.h"

#define KEEP "keep this session open, test with a second"

enum { MOST_LINES = 24, KEXINIT_SIZE = 1024 };

struct scene {
    struct attempt attempt;
    struct answer answer;
    struct connection connection;
    struct dialogue dialogue;
    struct lookup lookup;
    struct host server;
    struct other_address other;
    struct case_file file;
    struct verdict verdict;
    uint8_t kexinit[2][KEXINIT_SIZE];
};

static const struct {
    const char *banner;
    bool sshd_config, systemd;
} servers[] = {
    {"", true, true},
    {"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3", true, true},
    {"SSH-2.0-OpenSSH_8.9p1 Ubuntu-3ubuntu0.6", true, true},
    {"SSH-2.0-OpenSSH_8.7", true, true},
    {"SSH-2.0-OpenSSH_9.6 FreeBSD-20240701", true, false},
    {"SSH-2.0-OpenSSH_9.6 NetBSD_Secure_Shell-20240701", true, false},
    {"SSH-2.0-OpenSSH_for_Windows_9.5", true, false},
    {"SSH-2.0-Cisco-1.25", false, false},
    {"SSH-2.0-ROSSSH", false, false},
    {"SSH-2.0-dropbear_2022.83", false, false},
    {"SSH-2.0-libssh_0.10.6", false, false},
    {"SSH-2.0-Go", false, false},
};
enum { SERVERS = sizeof servers / sizeof servers[0] };

static struct scene *scene_new(bool ipv6, uint16_t port)
{
    struct scene *s = calloc(1, sizeof *s);
    assert_non_null(s);
    static const uint8_t v6[2][16] = {{0xfd, 7, [15] = 1}, {0xfd, 7, [15] = 2}};
    s->attempt.key.client = ipv6 ? address_from_ipv6(v6[0]) : address_from_ipv4((uint8_t[]){10, 7, 1, 2});
    s->attempt.key.server = ipv6 ? address_from_ipv6(v6[1]) : address_from_ipv4((uint8_t[]){10, 7, 2, 2});
    s->attempt.key.client_port = 35920;
    s->attempt.key.server_port = port;
    s->attempt.syn = (struct mark){.number = 1, .ts_us = 1795330126852817};
    s->attempt.answer = &s->answer;
    s->answer.connection = &s->connection;
    s->connection.dialogue = &s->dialogue;
    s->file = (struct case_file){.attempt = &s->attempt, .server = &s->server};
    s->verdict.confidence = 0.9;
    return s;
}

static size_t all_lines(struct scene *s, char lines[][ADVICE_SIZE], enum advice_place places[])
{
    return advice_select(&s->file, &s->verdict, lines, places, MOST_LINES);
}

/* ---- All causes, places, platforms ---- */

static bool has_any(const char *line, const char *const words[])
{
    for (; *words; words++)
        if (strstr(line, *words))
            return true;
    return false;
}

/* A word in capitals that stands for something to be filled in. */
static bool has_placeholder(const char *line)
{
    static const char *const words[] = {"HOST",   "USER", "KEYFILE", "GATEWAY", "IFACE",   "PORT ", "SERVER", "CLIENT",
                                        "ROUTER", "NAME", "OTHER-",  "SETTING", "OPTIONS", "MTU ",  "%",      NULL};
    const char *angle = strchr(line, '<');
    return has_any(line, words) || (angle && strchr(angle, '>'));
}

static bool changes_something(const char *line)
{
    static const char *const words[] = {"systemctl restart",
                                        "try-restart",
                                        "systemctl reload",
                                        "enable --now",
                                        "Restart-Service",
                                        "Start-Service",
                                        "service sshd start",
                                        "service sshd reload",
                                        "onestart",
                                        "ufw allow",
                                        "--add-port",
                                        "New-NetFirewallRule",
                                        "unbanip",
                                        "sudoedit",
                                        "setremotelogin",
                                        "allow TCP",
                                        "notepad",
                                        "sshd_config &&",
                                        "dropbear start",
                                        "service enable",
                                        NULL};
    return has_any(line, words) && !strstr(line, "security group");
}

/* `bash -n` reads a command and runs nothing. */
static bool bash_reads(const char *line)
{
    FILE *shell = popen("bash -n 2>/dev/null", "w");
    assert_non_null(shell);
    fprintf(shell, "%s\n", line);
    return pclose(shell) == 0;
}

enum { MOST_SEEN = 2048 };
static char *seen_lines[MOST_SEEN];
static size_t seen_count;

static bool is_new(const char *line)
{
    for (size_t i = 0; i < seen_count; i++)
        if (strcmp(seen_lines[i], line) == 0)
            return false;
    assert_true(seen_count < MOST_SEEN);
    seen_lines[seen_count] = strdup(line);
    assert_non_null(seen_lines[seen_count++]);
    return true;
}

static void check_line(const char *line, enum advice_place place, int server)
{
    static const char *const units[] = {"systemctl", "journalctl -u", NULL};
    const char *banner = servers[server].banner;
    if (has_placeholder(line))
        fail_msg("something to be filled in: %s", line);
    if (changes_something(line) && !strstr(line, KEEP))
        fail_msg("changes sshd or a firewall without a warning: %s", line);
    if (strstr(line, "sshd_config &&") && !strstr(line, "sshd -t"))
        fail_msg("changes sshd_config and does not test it: %s", line);
    if (place != ADVISE_SERVER)
        return;
    if (!servers[server].sshd_config && strstr(line, "sshd_config"))
        fail_msg("%s has no sshd_config: %s", banner, line);
    if (!servers[server].systemd && has_any(line, units) && !strstr(line, "logread"))
        fail_msg("%s has no such unit: %s", banner, line);
    if (strstr(banner, "Debian") && strstr(line, "-u sshd"))
        fail_msg("Debian's unit is ssh: %s", line);
    if (strcmp(banner, "SSH-2.0-OpenSSH_8.7") == 0 && strstr(line, "-u ssh "))
        fail_msg("its unit is sshd: %s", line);
}

static void check_all(struct scene *s, int server)
{
    char lines[MOST_LINES][ADVICE_SIZE];
    enum advice_place places[MOST_LINES];
    const size_t count = all_lines(s, lines, places);
    for (size_t i = 0; i < count; i++) {
        check_line(lines[i], places[i], server);
        const bool command = places[i] == ADVISE_SERVER || places[i] == ADVISE_CLIENT;
        if (command && is_new(lines[i]) && !bash_reads(lines[i]))
            fail_msg("%s: bash cannot read: %s", cause_name(s->verdict.cause), lines[i]);
    }
}

static void set_server(struct scene *s, int server, bool said_now)
{
    snprintf(s->dialogue.banner[SIDE_SERVER].text, SSH_BANNER_SIZE, "%s", said_now ? servers[server].banner : "");
    s->server.platform = (uint8_t)platform_of_banner(servers[server].banner);
}

/* Facts that bring more lines in. */
static void add_facts(struct scene *s)
{
    s->attempt.history.last_failed_us = s->attempt.syn.ts_us - 12000000;
    s->answer.refusal = (struct mark){.number = 2, .ts_us = s->attempt.syn.ts_us + 100};
    s->answer.icmp = (struct icmp_mark){.number = 3, .type = 3, .code = 13, .version = 4, .mtu = 1400};
    s->answer.icmp.sender = address_from_ipv4((uint8_t[]){10, 7, 3, 1});
    s->server.ports_used = 1;
    s->server.ports[0] =
        (struct port_fact){.port = s->attempt.key.server_port, .accepted_us = s->attempt.syn.ts_us - 13000000};
    s->other = (struct other_address){.address = address_from_ipv4((uint8_t[]){10, 7, 9, 9}), .state = PORT_OPEN};
    s->file.others = &s->other;
    s->file.other_count = 1;
    s->verdict.probe_tells = true;
    s->verdict.offer[SIDE_SERVER] = SSH_OFFER_OLD;
    snprintf(s->verdict.fix[0], sizeof s->verdict.fix[0], "-o KexAlgorithms=+diffie-hellman-group14-sha1");
    snprintf(s->verdict.fix[1], sizeof s->verdict.fix[1], "KexAlgorithms +curve25519-sha256");
    s->connection.side[SIDE_SERVER].stalled = (struct mark){.number = 9, .tos = 0x48, .ts_us = 2000000};
    s->connection.side[SIDE_SERVER].stalled_count = 3;
    s->connection.side[SIDE_SERVER].first_payload = (struct mark){.number = 5};
    s->connection.side[SIDE_CLIENT].last_us = 1000000;
}

static void whatever_the_case(void **state)
{
    (void)state;
    for (int server = 0; server < SERVERS; server++)
        for (int way = 0; way < 16; way++) {
            struct scene *s = scene_new(way & 1, way & 2 ? 2222 : 22);
            set_server(s, server, way & 4);
            if (way & 8)
                add_facts(s);
            snprintf(s->lookup.name, sizeof s->lookup.name, "host.example.org");
            for (int cause = 0; cause < CAUSE_COUNT; cause++)
                for (int where = 0; where < WHERE_NULL; where++) {
                    s->verdict.cause = (enum cause)cause;
                    s->verdict.where = (enum where)where;
                    s->attempt.lookup = cause == CAUSE_NAME_FAILURE ? &s->lookup : NULL;
                    check_all(s, server);
                }
            free(s);
        }
    for (size_t i = 0; i < seen_count; i++)
        free(seen_lines[i]);
    seen_count = 0;
}

static void lines_are(enum cause cause, const char *banner, const char *const expected[3])
{
    struct scene *s = scene_new(false, 22);
    char lines[MOST_LINES][ADVICE_SIZE];
    enum advice_place places[MOST_LINES];
    s->verdict.cause = cause;
    s->verdict.where = WHERE_HOST;
    s->server.platform = (uint8_t)platform_of_banner(banner);
    const size_t count = all_lines(s, lines, places);
    for (size_t i = 0; i < 3 && expected[i]; i++) {
        assert_true(i < count);
        if (strncmp(lines[i], expected[i], strlen(expected[i])) != 0)
            fail_msg("%s, %s: \"%s\" instead of \"%s\"", cause_name(cause), banner, lines[i], expected[i]);
    }
    free(s);
}

/* What a person types there, by the manuals of the platforms. */
static void each_platform_in_its_words(void **state)
{
    static const struct {
        enum cause cause;
        const char *banner;
        const char *lines[3];
    } rows[] = {
        {CAUSE_KERNEL_RST, "", {"systemctl status ssh sshd", "sudo systemctl enable --now ssh ||"}},
        {CAUSE_KERNEL_RST,
         "SSH-2.0-OpenSSH_9.2p1 Debian-2",
         {"systemctl status ssh ssh.socket", "sudo systemctl enable --now ssh "}},
        {CAUSE_KERNEL_RST, "SSH-2.0-OpenSSH_8.7", {"systemctl status sshd", "sudo systemctl enable --now sshd "}},
        {CAUSE_KERNEL_RST, "SSH-2.0-OpenSSH_for_Windows_9.5", {"Get-Service sshd", "Set-Service sshd"}},
        {CAUSE_KERNEL_RST,
         "SSH-2.0-OpenSSH_9.6 FreeBSD-20240701",
         {"service sshd status", "sudo sysrc sshd_enable=YES"}},
        {CAUSE_KERNEL_RST, "SSH-2.0-Cisco-1.25", {"show ip ssh"}},
        {CAUSE_KERNEL_RST, "SSH-2.0-ROSSSH", {"/ip service print", "/ip service enable ssh"}},
        {CAUSE_KERNEL_RST, "SSH-2.0-dropbear_2022.83", {"ps w | grep '[d]ropbear'"}},
        {CAUSE_FIREWALL_RST,
         "SSH-2.0-OpenSSH_9.2p1 Debian-2",
         {"sudo ufw status numbered", "sudo nft list ruleset", "sudo ufw allow 22/tcp"}},
        {CAUSE_FIREWALL_RST, "SSH-2.0-OpenSSH_8.7", {"sudo nft list ruleset", "sudo firewall-cmd --add-port=22/tcp"}},
        {CAUSE_FIREWALL_RST, "SSH-2.0-OpenSSH_for_Windows_9.5", {"Get-NetFirewallRule", "New-NetFirewallRule"}},
        {CAUSE_FIREWALL_RST, "SSH-2.0-OpenSSH_9.6 FreeBSD-20240701", {"sudo pfctl -sr"}},
        {CAUSE_AUTH_FAILED, "SSH-2.0-Cisco-1.25", {"show logging | include 10.7.1.2"}},
        {CAUSE_AUTH_FAILED, "SSH-2.0-OpenSSH_8.7", {"sudo journalctl -u sshd "}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        lines_are(rows[i].cause, rows[i].banner, rows[i].lines);
}

static void what_settles_comes_first(void **state)
{
    static const enum cause causes[] = {CAUSE_KERNEL_RST, CAUSE_FIREWALL_RST, CAUSE_FIREWALL_ICMP, CAUSE_SILENT_DROP,
                                        CAUSE_HOST_UNREACHABLE};
    (void)state;
    for (size_t i = 0; i < sizeof causes / sizeof causes[0]; i++)
        for (int port = 0; port < 2; port++) {
            struct scene *s = scene_new(i & 1, port ? 2222 : 22);
            char lines[MOST_LINES][ADVICE_SIZE], expected[96], server[ADDRESS_TEXT_SIZE];
            s->verdict.cause = causes[i];
            s->verdict.where = causes[i] == CAUSE_KERNEL_RST ? WHERE_HOST : WHERE_UNKNOWN;
            s->verdict.probe_tells = true;
            assert_true(all_lines(s, lines, NULL) > 0);
            snprintf(expected, sizeof expected, "sudo sshsniff probe %s%s", port ? "-p 2222 " : "",
                     address_text(&s->attempt.key.server, server));
            assert_string_equal(lines[0], expected);
            free(s);
        }
}

/* ---- Algorithms ---- */

static void put_list(uint8_t **at, const char *names)
{
    const uint32_t length = (uint32_t)strlen(names);
    const uint8_t size[4] = {(uint8_t)(length >> 24), (uint8_t)(length >> 16), (uint8_t)(length >> 8), (uint8_t)length};
    memcpy(*at, size, 4);
    memcpy(*at + 4, names, length);
    *at += 4 + length;
}

/* One side's KEXINIT (RFC 4253 section 7.1), the same lists in both directions. */
static void set_kexinit(struct scene *s, enum side side, const char *const lists[4])
{
    uint8_t *at = s->kexinit[side] + SSH_COOKIE_LENGTH;
    put_list(&at, lists[0]);
    put_list(&at, lists[1]);
    for (int i = 0; i < 4; i++)
        put_list(&at, lists[2 + i / 2]);
    put_list(&at, "none");
    put_list(&at, "none");
    put_list(&at, "");
    put_list(&at, "");
    at += 5;
    s->dialogue.stream[side] = s->kexinit[side];
    s->dialogue.stream_len[side] = s->dialogue.kexinit_len[side] = (uint32_t)(at - s->kexinit[side]);
}

#define MODERN                                                                                                         \
    {                                                                                                                  \
        "curve25519-sha256", "ssh-ed25519", "aes128-ctr", "hmac-sha2-256"                                              \
    }

struct mismatch {
    const char *client_banner, *server_banner;
    const char *client[4], *server[4];
    const char *client_fix, *server_fix; /* "" : there must be none */
    const char *says;                    /* what one of the lines must say; NULL: any */
};

static const struct mismatch mismatches[] = {
    /* An old switch. */
    {"SSH-2.0-OpenSSH_9.2p1",
     "SSH-2.0-Cisco-1.25",
     MODERN,
     {"diffie-hellman-group1-sha1", "ssh-rsa", "aes128-cbc", "hmac-sha1"},
     "-o KexAlgorithms=+diffie-hellman-group1-sha1 -o HostKeyAlgorithms=+ssh-rsa -o PubkeyAcceptedAlgorithms=+ssh-rsa "
     "-o "
     "Ciphers=+aes128-cbc -o MACs=+hmac-sha1",
     "",
     "the server is the old side"},
    /* All of it is broken: no option is better than a bad one. */
    {"SSH-2.0-OpenSSH_9.2p1",
     "SSH-2.0-Cisco-1.25",
     MODERN,
     {"curve25519-sha256", "ssh-dss", "aes128-ctr", "hmac-sha2-256"},
     "",
     "",
     "no setting that is safe"},
    {"SSH-2.0-OpenSSH_9.2p1",
     "SSH-2.0-OpenSSH_4.3",
     MODERN,
     {"curve25519-sha256", "ssh-ed25519", "aes128-ctr", "hmac-md5"},
     "",
     "", /* it knows no SHA-2 yet: OpenSSH 5.9 */
     "no setting that is safe"},
    {"SSH-2.0-OpenSSH_9.2p1",
     "SSH-2.0-dropbear_2012.55",
     MODERN,
     {"curve25519-sha256", "ssh-ed25519", "arcfour", "hmac-sha2-256"},
     "",
     "",
     "no setting that is safe"},
    /* The client's version does not know what the server offers. */
    {"SSH-2.0-OpenSSH_6.6.1p1 Ubuntu-2ubuntu2.13",
     "SSH-2.0-OpenSSH_10.0",
     {"diffie-hellman-group14-sha1", "ssh-ed25519", "aes128-ctr", "hmac-sha2-256"},
     {"mlkem768x25519-sha256", "ssh-ed25519", "aes128-ctr", "hmac-sha2-256"},
     "",
     "",
     "the client is the old side"},
    /* Weak for all clients, for the sake of one old one: never. */
    {"SSH-2.0-PuTTY_Release_0.60",
     "SSH-2.0-OpenSSH_9.2p1 Debian-2",
     {"diffie-hellman-group1-sha1", "ssh-ed25519", "aes128-ctr", "hmac-sha2-256"},
     MODERN,
     "-o KexAlgorithms=+curve25519-sha256",
     "",
     "the client is the old side"},
    /* Nobody is old: the server's settings leave out what it knows. */
    {"SSH-2.0-OpenSSH_9.2p1",
     "SSH-2.0-OpenSSH_9.2p1 Debian-2",
     MODERN,
     {"sntrup761x25519-sha512@openssh.com", "ssh-ed25519", "aes128-ctr", "hmac-sha2-256"},
     "-o KexAlgorithms=+sntrup761x25519-sha512@openssh.com",
     "KexAlgorithms +curve25519-sha256",
     NULL},
    {"SSH-2.0-OpenSSH_9.2p1",
     "SSH-2.0-OpenSSH_9.2p1 Debian-2",
     MODERN,
     {"curve25519-sha256", "rsa-sha2-512", "aes128-ctr", "hmac-sha2-256"},
     "-o HostKeyAlgorithms=+rsa-sha2-512",
     "HostKeyAlgorithms +ssh-ed25519",
     "ssh-keygen -A"},
};

static void judge_mismatch(struct scene *s, const struct mismatch *m)
{
    snprintf(s->dialogue.banner[SIDE_CLIENT].text, SSH_BANNER_SIZE, "%s", m->client_banner);
    snprintf(s->dialogue.banner[SIDE_SERVER].text, SSH_BANNER_SIZE, "%s", m->server_banner);
    set_kexinit(s, SIDE_CLIENT, m->client);
    set_kexinit(s, SIDE_SERVER, m->server);
    const struct view view = {.file = &s->file, .attempt = &s->attempt, .dialogue = &s->dialogue};
    struct ssh_kexinit kexinit[2];
    assert_true(kexinit_of(&view, SIDE_CLIENT, &kexinit[0]) && kexinit_of(&view, SIDE_SERVER, &kexinit[1]));
    s->verdict.cause = CAUSE_KEX_MISMATCH;
    s->verdict.where = WHERE_HOST;
    s->verdict.ssh.negotiated = true;
    ssh_negotiate(&kexinit[0], &kexinit[1], &s->verdict.ssh.negotiation);
    describe_mismatch(&view, &s->verdict);
}

static void algorithms(void **state)
{
    static const char *const broken[] = {"hmac-md5", "ssh-dss", "arcfour", "blowfish", "cast128", "ripemd", NULL};
    (void)state;
    for (size_t i = 0; i < sizeof mismatches / sizeof mismatches[0]; i++) {
        const struct mismatch *m = &mismatches[i];
        struct scene *s = scene_new(false, 22);
        char lines[MOST_LINES][ADVICE_SIZE];
        enum advice_place places[MOST_LINES];
        judge_mismatch(s, m);
        assert_string_equal(s->verdict.fix[0], m->client_fix);
        assert_string_equal(s->verdict.fix[1], m->server_fix);
        const size_t count = all_lines(s, lines, places);
        bool said = m->says == NULL;
        for (size_t line = 0; line < count; line++) {
            if (has_any(lines[line], broken))
                fail_msg("row %zu suggests what is broken: %s", i, lines[line]);
            if (places[line] == ADVISE_SERVER && m->server_fix[0] == '\0' && strstr(lines[line], "sudoedit"))
                fail_msg("row %zu: nothing to set on that server: %s", i, lines[line]);
            said |= line < 4 && m->says && strstr(lines[line], m->says);
        }
        if (!said)
            fail_msg("row %zu does not say: %s", i, m->says);
        free(s);
    }
}

/* ---- What is known of addresses ---- */

static void web_caches(void **state)
{
    static const struct {
        uint8_t bytes[4];
        bool cache;
    } rows[] = {
        {{104, 16, 0, 0}, true},      {{104, 23, 255, 255}, true},  {{104, 28, 0, 1}, false},
        {{104, 15, 255, 255}, false}, {{172, 64, 0, 1}, true},      {{172, 71, 255, 255}, true},
        {{172, 72, 0, 1}, false},     {{151, 101, 1, 195}, true},   {{151, 102, 0, 1}, false},
        {{192, 0, 2, 1}, false},      {{185, 199, 108, 153}, true}, {{140, 82, 121, 3}, false},
    };
    static const uint8_t cloudflare[16] = {0x26, 0x06, 0x47, 0x00, 0x30, 0x30, [15] = 7};
    static const uint8_t other[16] = {0x26, 0x07, 0x47, 0x00, [15] = 7};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct address address = address_from_ipv4(rows[i].bytes);
        if ((web_cache_of(&address) != NULL) != rows[i].cache)
            fail_msg("row %zu", i);
    }
    const struct address v6[2] = {address_from_ipv6(cloudflare), address_from_ipv6(other)};
    assert_string_equal(web_cache_of(&v6[0]), "Cloudflare");
    assert_null(web_cache_of(&v6[1]));
}

static void the_other_address(void **state)
{
    (void)state;
    struct scene *s = scene_new(true, 2222);
    char lines[MOST_LINES][ADVICE_SIZE];
    s->other = (struct other_address){.address = address_from_ipv4((uint8_t[]){192, 0, 2, 7}), .state = PORT_OPEN};
    s->file.others = &s->other;
    s->file.other_count = 1;
    s->verdict.cause = CAUSE_SILENT_DROP;
    s->verdict.where = WHERE_UNKNOWN;
    assert_true(all_lines(s, lines, NULL) > 0);
    assert_string_equal(lines[0], "ssh -4 -p 2222 192.0.2.7  # another address of the same name");
    /* One that was tried in vain is none to try. */
    s->other.state = PORT_UNKNOWN;
    s->other.cost_us = 5000000;
    assert_null(other_to_try(&s->file));
    s->other.cost_us = 0;
    assert_ptr_equal(other_to_try(&s->file), &s->other);
    s->other.state = PORT_REFUSES;
    assert_null(other_to_try(&s->file));
    free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_the_case),
        cmocka_unit_test(each_platform_in_its_words),
        cmocka_unit_test(what_settles_comes_first),
        cmocka_unit_test(algorithms),
        cmocka_unit_test(web_caches),
        cmocka_unit_test(the_other_address),
    };
    return cmocka_run_group_tests_name("advice", tests, NULL, NULL);
}
