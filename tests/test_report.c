/* report: verdicts built by hand, and what is written of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sshsniff/report.h>

#include "report/buffer.h"
#include "report/json_writer.h"

/* A refused attempt, as in the example of the JSON contract. */
struct scene {
    struct attempt attempt;
    struct answer answer;
    struct connection connection;
    struct dialogue dialogue;
    struct lookup lookup;
    struct host server;
    struct case_file file;
    struct verdict verdict;
};

static struct address v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
    return address_from_ipv4((uint8_t[]){a, b, c, d});
}

static struct address v6(uint16_t last)
{
    return address_from_ipv6((uint8_t[16]){0xfd, [14] = (uint8_t)(last >> 8), [15] = (uint8_t)last});
}

static struct scene *scene_new(void)
{
    struct scene *s = calloc(1, sizeof *s);
    assert_non_null(s);
    s->attempt.key = (struct flow_key){v4(10, 7, 1, 2), v4(10, 7, 2, 2), 35920, 22};
    s->attempt.syn = (struct mark){.number = 1, .ts_us = 1795330126852817};
    s->attempt.last_us = s->attempt.syn.ts_us + 254;
    s->attempt.packets = 2;
    s->attempt.syns = 1;
    s->attempt.facts = FACT_SSH_PORT;
    s->attempt.answer = &s->answer;
    s->file = (struct case_file){.attempt = &s->attempt, .server = &s->server};
    s->verdict.cause = CAUSE_KERNEL_RST;
    s->verdict.stage = STAGE_REFUSED;
    s->verdict.where = WHERE_HOST;
    s->verdict.confidence = 0.98;
    s->verdict.where_confidence = 0.97;
    s->verdict.alternatives[0] = (struct alternative){CAUSE_FIREWALL_RST, 0.02};
    s->verdict.alternatives_count = 1;
    s->verdict.evidence[0] = (struct evidence){.id = "rst-echoes-tos",
                                               .packet = 2,
                                               .favours = {CAUSE_KERNEL_RST},
                                               .favours_count = 1,
                                               .weight = 3.5f,
                                               .sentence = "the RST carries the SYN's TOS {0x}",
                                               .value = {0x48}};
    s->verdict.evidence_count = 1;
    return s;
}

static size_t written_width = 200; /* mostly the words are looked at, not where they are broken */

/* Writes one verdict, and returns what was written; free it. */
static char *written(struct scene *s, const char *format, unsigned verbose)
{
    char *text = NULL;
    size_t size;
    struct report_options options = {.format = report_format_named(format),
                                     .out = open_memstream(&text, &size),
                                     .width = written_width,
                                     .numeric = true,
                                     .verbose = verbose};
    struct report *report = report_new(&options);
    report_verdict(report, &s->file, &s->verdict, "closed.pcap");
    assert_true(report_close(report));
    fclose(options.out);
    return text;
}

static void assert_json(struct scene *s, const char *part)
{
    char *line = written(s, "json", 0);
    if (strstr(line, part) == NULL)
        fail_msg("no %s in %s", part, line);
    assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
    free(line);
}

static void assert_text(struct scene *s, unsigned verbose, const char *part)
{
    char *text = written(s, "text", verbose);
    if (strstr(text, part) == NULL)
        fail_msg("no \"%s\" in:\n%s", part, text);
    free(text);
}

static void test_json_is_the_contract(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    char *line = written(s, "json", 0);
    static const char start[] =
        "{\"type\":\"attempt\",\"schema\":1,\"ts\":\"2026-11-22T06:48:46.852817Z\",\"src_ip\":\"10.7.1.2\",\"src_"
        "port\":35920,"
        "\"dst_ip\":\"10.7.2.2\",\"dst_port\":22,\"stage\":\"refused\",\"cause\":\"kernel-rst\",\"where\":\"host\","
        "\"confidence\":0.98,\"alternatives\":[{\"cause\":\"firewall-rst\",\"confidence\":0.02}],"
        "\"evidence\":[{\"id\":\"rst-echoes-tos\",\"packet\":2,\"text\":\"the RST carries the SYN's TOS 0x48\","
        "\"favours\":[\"kernel-rst\"],\"weight\":3.5}],"
        "\"client_error\":\"Connection refused\",\"advice\":[\"systemctl status ssh sshd\"";
    static const char end[] = "],\"syn_count\":1,\"packets\":2,\"duration_ms\":0.254,\"community_id\":\"1:";
    assert_memory_equal(line, start, sizeof start - 1);
    assert_non_null(strstr(line, end));
    assert_non_null(strstr(line, "\",\"source\":\"closed.pcap\""));
    free(line);
    free(s);
}

static void test_json_nulls(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    s->attempt.lookup = &s->lookup;
    s->attempt.answer = NULL;
    s->lookup.rcode = 3;
    snprintf(s->lookup.name, sizeof s->lookup.name, "%s", "nosuch.example");
    s->verdict.cause = CAUSE_NAME_FAILURE;
    s->attempt.key.server = (struct address){{0}};
    assert_json(s, "\"src_port\":null,\"dst_ip\":null,\"dst_port\":null,");
    assert_json(s, "\"community_id\":null");
    assert_json(s, "\"dst_name\":\"nosuch.example\"");
    assert_json(s, "\"client_error\":\"Could not resolve hostname nosuch.example: Name or service not known\"");
    s->lookup.rcode = -1;
    assert_json(s, "nosuch.example: Temporary failure in name resolution\"");
    s->lookup.name[0] = '\0'; /* a neighbour that never answered has an address */
    s->attempt.key.server = v4(10, 7, 1, 9);
    s->verdict.cause = CAUSE_HOST_UNREACHABLE;
    assert_json(s, "\"src_port\":null,\"dst_ip\":\"10.7.1.9\",\"dst_port\":null,");
    s->verdict.where = WHERE_NULL;
    assert_json(s, "\"where\":null");
    free(s);
}

static void test_legs(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    char *line = written(s, "json", 0);
    assert_null(strstr(line, "legs"));
    free(line);
    const struct flow_key leg = {v6(1), v6(2), 61000, 2022};
    s->file.legs = &leg;
    s->file.leg_count = 1;
    assert_json(s, ",\"legs\":[{\"src_ip\":\"10.7.1.2\",\"src_port\":35920,\"dst_ip\":\"10.7.2.2\",\"dst_port\":22},"
                   "{\"src_ip\":\"fd00::1\",\"src_port\":61000,\"dst_ip\":\"fd00::2\",\"dst_port\":2022}]");
    assert_text(s, 0, "  passed on  fd00::1 port 61000 → fd00::2 port 2022: behind address translation\n");
    free(s);
}

static void test_certainty_is_never_rounded_up(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *text;
    } cases[] = {{0.99999, "\"confidence\":0.9999,"},
                 {1, "\"confidence\":1,"},
                 {0.98765, "\"confidence\":0.9877,"},
                 {0.5, "\"confidence\":0.5,"},
                 {0, "\"confidence\":0,"}};
    struct scene *s = scene_new();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        s->verdict.confidence = cases[i].value;
        assert_json(s, cases[i].text);
    }
    free(s);
}

static void json_of(const char *text, const char *expected)
{
    struct buffer buffer = {0};
    json_text(&buffer, text);
    buffer_char(&buffer, '\0');
    assert_string_equal(buffer.data, expected);
    buffer_free(&buffer);
}

static void test_json_strings(void **state)
{
    (void)state;
    json_of("plain text of more than eight bytes", "\"plain text of more than eight bytes\"");
    json_of("a\"b\\c/d", "\"a\\\"b\\\\c/d\"");
    json_of("12345678\"12345678\\", "\"12345678\\\"12345678\\\\\"");
    json_of("\033[2J\r\n\t\x7f", "\"\\u001b[2J\\u000d\\u000a\\u0009\\u007f\"");
    json_of("\xc3\xa9\xe2\x86\x92\xf0\x9f\x94\x91", "\"\xc3\xa9\xe2\x86\x92\xf0\x9f\x94\x91\"");
    json_of("\xff\x80x\xc3", "\"\\ufffd\\ufffdx\\ufffd\"");
    json_of("\xc0\xaf\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\""); /* overlong, surrogate */
    json_of("\xc2\x9b"
            "31m",
            "\"\\u009b31m\""); /* C1's CSI */
    json_of(NULL, "null");
}

static void timestamp_of(int64_t ts_us, const char *expected)
{
    struct buffer buffer = {0};
    json_timestamp(&buffer, ts_us);
    buffer_char(&buffer, '\0');
    assert_string_equal(buffer.data, expected);
    buffer_free(&buffer);
}

static void test_timestamps(void **state)
{
    (void)state;
    timestamp_of(0, "\"1970-01-01T00:00:00.000000Z\"");
    timestamp_of(951782399999999, "\"2000-02-28T23:59:59.999999Z\"");
    timestamp_of(951782400000001, "\"2000-02-29T00:00:00.000001Z\"");
    timestamp_of(1735689600000000, "\"2025-01-01T00:00:00.000000Z\"");
    timestamp_of(INT64_MIN, "\"1970-01-01T00:00:00.000000Z\"");
    timestamp_of(INT64_MAX, "\"9999-12-31T23:59:59.999999Z\"");
}

static void test_addresses(void **state)
{
    (void)state;
    static const uint8_t cases[][16] = {{0},
                                        {[15] = 1},
                                        {0xfe, 0x80, [15] = 1},
                                        {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1},
                                        {0xff, 0xff, [8] = 1},
                                        {0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 0, 0, 8},
                                        {0x12, 0x34, 0x0a, 0xbc, 0, 0xd, 1, 0, [15] = 0}};
    char expected[ADDRESS_TEXT_SIZE];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct address address = address_from_ipv6(cases[i]);
        struct buffer buffer = {0};
        buffer_address(&buffer, &address);
        buffer_char(&buffer, '\0');
        assert_string_equal(buffer.data, address_text(&address, expected));
        buffer_free(&buffer);
    }
}

static void community_id_of(struct flow_key key, const char *expected)
{
    char id[32];
    struct flow_key turned = {key.server, key.client, key.server_port, key.client_port};
    report_community_id(&key, id);
    assert_string_equal(id, expected);
    report_community_id(&turned, id);
    assert_string_equal(id, expected);
}

/* The vectors that Corelight publishes for TCP and seed 0 (community-id-spec's baseline, Zeek's btest). */
static void test_community_id(void **state)
{
    (void)state;
    static const uint8_t a[16] = {0x20, 0x01, 0x04, 0x70, 0xe5, 0xbf, 0xde, 0xad,
                                  0x49, 0x57, 0x21, 0x74, 0xe8, 0x2c, 0x48, 0x87};
    static const uint8_t b[16] = {0x26, 0x07, 0xf8, 0xb0, 0x40, 0x0c, 0x0c, 0x03, [15] = 0x1a};
    community_id_of((struct flow_key){v4(128, 232, 110, 120), v4(66, 35, 250, 204), 34855, 80},
                    "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
    community_id_of((struct flow_key){v4(1, 2, 3, 4), v4(5, 6, 7, 8), 1122, 3344}, "1:wCb3OG7yAFWelaUydu0D+125CLM=");
    community_id_of((struct flow_key){address_from_ipv6(a), address_from_ipv6(b), 63943, 25},
                    "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4=");
}

static void icmp(struct scene *s, uint8_t version, uint8_t type, uint8_t code)
{
    s->answer.icmp =
        (struct icmp_mark){.number = 2, .version = version, .type = type, .code = code, .sender = v4(10, 7, 1, 1)};
    s->verdict.cause = CAUSE_FIREWALL_ICMP;
    s->verdict.stage = STAGE_REJECTED;
}

static void test_client_error_by_icmp(void **state)
{
    (void)state;
    static const struct {
        uint8_t version, type, code;
        const char *text;
    } cases[] = {
        {4, 3, 3, "Connection refused"},     {4, 3, 0, "Network is unreachable"}, {4, 3, 9, "Network is unreachable"},
        {4, 3, 1, "No route to host"},       {4, 3, 10, "No route to host"},      {4, 3, 13, "No route to host"},
        {4, 3, 2, "Protocol not available"}, {4, 11, 0, "No route to host"},      {6, 1, 4, "Connection refused"},
        {6, 1, 0, "Network is unreachable"}, {6, 1, 3, "No route to host"},       {6, 1, 1, "Permission denied"},
        {6, 1, 5, "Permission denied"},      {6, 1, 6, "Permission denied"},      {6, 3, 0, "No route to host"},
    };
    struct scene *s = scene_new();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        icmp(s, cases[i].version, cases[i].type, cases[i].code);
        assert_string_equal(report_client_error(&s->file, &s->verdict), cases[i].text);
    }
    free(s);
}

static void test_client_error_by_close(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    s->answer.connection = &s->connection;
    s->verdict.cause = CAUSE_MAXSTARTUPS;
    s->verdict.stage = STAGE_ACCEPTED;
    s->connection.side[SIDE_SERVER].fin.number = 5;
    assert_string_equal(report_client_error(&s->file, &s->verdict),
                        "kex_exchange_identification: Connection closed by remote host");
    s->connection.side[SIDE_SERVER].fin.number = 0;
    s->connection.side[SIDE_SERVER].rst.number = 5;
    assert_string_equal(report_client_error(&s->file, &s->verdict),
                        "kex_exchange_identification: read: Connection reset by peer");
    s->verdict.cause = CAUSE_INJECTED_RST;
    s->verdict.stage = STAGE_KEX;
    assert_string_equal(report_client_error(&s->file, &s->verdict), "Connection reset by 10.7.2.2 port 22");
    s->verdict.cause = CAUSE_KEX_MISMATCH;
    s->verdict.ssh.negotiation.failed = 1u << SSH_LIST_HOST_KEY;
    assert_string_equal(report_client_error(&s->file, &s->verdict),
                        "Unable to negotiate with 10.7.2.2 port 22: no matching host key type found");
    s->verdict.cause = CAUSE_NONE;
    assert_null(report_client_error(&s->file, &s->verdict));
    free(s);
}

static void test_every_failure_has_advice(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    char lines[6][ADVICE_SIZE];
    for (int family = 0; family < 2; family++)
        for (int where = 0; where < WHERE_NULL; where++)
            for (int cause = 0; cause < CAUSE_COUNT; cause++) {
                s->verdict.cause = (enum cause)cause;
                s->verdict.where = (enum where)where;
                s->attempt.key.server = family == 0 ? v4(10, 7, 2, 2) : v6(2);
                size_t count = report_advice(&s->file, &s->verdict, lines, 6);
                assert_int_equal(count == 0, cause == CAUSE_NONE || cause == CAUSE_SCAN);
                for (size_t i = 0; i < count; i++)
                    assert_true(lines[i][0] != '\0' && strchr(lines[i], '%') == NULL);
            }
    free(s);
}

#define KEEP "keep this session open, test with a second"

static bool advised(struct scene *s, const char *text)
{
    char lines[6][ADVICE_SIZE];
    size_t count = report_advice(&s->file, &s->verdict, lines, 6);
    for (size_t i = 0; i < count; i++)
        if (strcmp(lines[i], text) == 0)
            return true;
    return false;
}

static void test_advice_fits(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    assert_true(advised(s, "systemctl status ssh sshd"));
    s->verdict.cause = CAUSE_FAIL2BAN_BAN;
    assert_true(advised(s, "sudo fail2ban-client set sshd unbanip 10.7.1.2  # " KEEP));
    s->verdict.cause = CAUSE_FIREWALL_RST;
    s->attempt.key.server_port = 2222;
    assert_true(advised(s, "sudo ufw allow 2222/tcp  # " KEEP));
    assert_true(advised(s, "sudo iptables -S | grep -i reject"));
    s->attempt.key.server = v6(2);
    assert_true(advised(s, "sudo ip6tables -S | grep -i reject"));
    icmp(s, 6, 1, 1);
    assert_true(advised(s, "sudo firewall-cmd --list-all"));
    icmp(s, 6, 1, 4);
    assert_false(advised(s, "sudo firewall-cmd --list-all"));
    free(s);
}

static void test_advice_is_safe_to_paste(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    s->attempt.lookup = &s->lookup;
    s->verdict.cause = CAUSE_NAME_FAILURE;
    snprintf(s->lookup.name, sizeof s->lookup.name, "%s", "x;reboot");
    assert_true(advised(s, "getent hosts 'x;reboot'"));
    snprintf(s->lookup.name, sizeof s->lookup.name, "%s", "-f'$(id)");
    assert_true(advised(s, "getent hosts -- '-f'\\''$(id)'"));
    s->attempt.lookup = NULL;
    s->verdict.cause = CAUSE_KEX_MISMATCH;
    snprintf(s->verdict.fix[0], sizeof s->verdict.fix[0], "%s", "-o KexAlgorithms=+diffie-hellman-group14-sha1");
    assert_true(advised(s, "ssh -o KexAlgorithms=+diffie-hellman-group14-sha1 10.7.2.2"));
    snprintf(s->verdict.fix[0], sizeof s->verdict.fix[0], "%s", "-o KexAlgorithms=+x;reboot");
    assert_false(advised(s, "ssh -o KexAlgorithms=+x;reboot 10.7.2.2"));
    free(s);
}

static void test_text_says_it_all(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    assert_text(s, 0, "10.7.1.2:35920 → 10.7.2.2:22  refused: nothing listens on port 22\n");
    assert_text(s, 0, "kernel-rst, certain (98 %); at the server itself");
    assert_text(s, 0, "because    the RST carries the SYN's TOS 0x48 (#2)\n");
    assert_text(s, 0, "ssh shows  Connection refused\n");
    assert_text(s, 0, "try        server: systemctl status ssh sshd\n");
    s->verdict.confidence = 0.6;
    s->verdict.alternatives[0].confidence = 0.4;
    s->verdict.settle = "sudo ss -ltn";
    assert_text(s, 0, "a guess between kernel-rst (60 %) and firewall-rst (40 %)");
    assert_text(s, 0, "to settle  sudo ss -ltn\n");
    s->verdict.evidence[0].weight = -1;
    assert_text(s, 0, "although   the RST carries");
    assert_text(s, 1, "[weight -1.0]");
    s->attempt.key.server = v6(2);
    assert_text(s, 0, "[fd00::2]:22");
    s->verdict.cause = CAUSE_UNDETERMINED;
    snprintf(s->verdict.reason, sizeof s->verdict.reason, "%s", "the capture ends too early");
    assert_text(s, 0, "reason     the capture ends too early\n");
    free(s);
}

static void test_text_says_when_a_session_ended(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    s->verdict.cause = CAUSE_NONE;
    s->verdict.stage = STAGE_SESSION;
    s->verdict.ssh = (struct ssh_report){.present = true, .session_us = 53000};
    assert_text(s, 0, "logged in, ended after 53 ms\n");
    s->verdict.ssh.session_us = 3600000000;
    assert_text(s, 0, "logged in\n");
    free(s);
}

static void test_text_names_the_slow_stage(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    s->verdict.cause = CAUSE_NONE;
    s->verdict.stage = STAGE_SESSION;
    s->verdict.ssh = (struct ssh_report){.present = true,
                                         .tcp_us = 254,
                                         .banner_us = 10020000,
                                         .kex_us = 30000,
                                         .auth_us = 400000,
                                         .name_us = -1,
                                         .client_version = "SSH-2.0-\033[31mevil\xff"};
    assert_text(s, 0, "logged in, slowly: 10.4 s, most of it in banner\n");
    assert_text(s, 1, "(TCP 0.25 ms, banner 10.0 s, key exchange 30 ms, authentication 400 ms)");
    assert_text(s, 1, "client     SSH-2.0-?[31mevil?\n");
    s->verdict.ssh.slow =
        (struct slow_part){"the server's banner", "a busy sshd", "server: getent hosts %c; uptime", 1};
    assert_text(s, 0, "  try        server: getent hosts 10.7.1.2; uptime\n");
    free(s);
}

static void test_text_names_other_addresses(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    const struct other_address other = {.address = v6(9), .cost_us = 21400000};
    s->file.others = &other;
    s->file.other_count = 1;
    assert_text(s, 0, "same name  fd00::9: no answer known, tried before: 21.4 s in vain\n");
    assert_json(s, "\"same_name\":[{\"ip\":\"fd00::9\",\"port_state\":\"unknown\",\"in_vain_ms\":21400");
    s->verdict.cause = CAUSE_NONE;
    assert_text(s, 0, "logged in, after 21.4 s in vain at fd00::9\n");
    free(s);
}

static void test_what_a_reset_says(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    s->attempt.reset_text = "Blocked by policy 7";
    assert_text(s, 0, "reset says \"Blocked by policy 7\": text in the RST, by whoever sent it\n");
    assert_json(s, "\"reset_text\":\"Blocked by policy 7\"");
    free(s);
}

static void test_text_fits_the_screen(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    memset(s->verdict.detail, 'x', 300);
    for (size_t i = 7; i < 300; i += 8)
        s->verdict.detail[i] = ' ';
    written_width = 0;
    char *text = written(s, "text", 0);
    written_width = 200;
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"))
        assert_true(strlen(line) <= 110);
    assert_null(strchr(text, '\033'));
    free(text);
    free(s);
}

static void test_summary_counts(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size;
    struct scene *s = scene_new();
    struct report_options options = {
        .format = report_format_named("json"), .out = open_memstream(&text, &size), .quiet = true};
    struct report *report = report_new(&options);
    for (uint16_t i = 0; i < 5000; i++) { /* more hosts than the table keeps */
        s->attempt.key.server = v6(i);
        s->verdict.cause = i % 2 == 0 ? CAUSE_KERNEL_RST : CAUSE_NONE;
        report_verdict(report, &s->file, &s->verdict, "x");
    }
    assert_int_equal(report_failures(report), 2500);
    report_summary(report,
                   &(struct report_totals){.frames = 10000, .undecodable = 3, .kernel_dropped = 2, .evicted = 1});
    assert_true(report_close(report));
    fclose(options.out);
    static const char start[] = "{\"type\":\"summary\",\"schema\":1,\"frames\":10000,\"frames_undecodable\":3,\"frames_"
                                "dropped\":2,\"attempts\":5000,"
                                "\"by_cause\":{\"kernel-rst\":2500,\"none\":2500},\"attempts_evicted\":1";
    assert_memory_equal(text, start, sizeof start - 1);
    free(text);
    free(s);
}

/* Names and neighbours that were no attempts: a line each for a person, a count each for a program. */
static void test_other_lookups(void **state)
{
    (void)state;
    struct report_totals totals = {.frames = 9,
                                   .other_lookups = {.names = 12,
                                                     .neighbours = 1,
                                                     .names_kept = 2,
                                                     .neighbours_kept = 1,
                                                     .name = {"a.example", "b.example"},
                                                     .neighbour = {v4(10, 7, 2, 77)}}};
    static const struct {
        const char *format, *names, *neighbours;
    } forms[] = {
        {"text", "\n12 other names did not resolve: a.example, b.example, …\n",
         "\n1 address did not answer ARP or neighbour solicitations: 10.7.2.77\n"},
        {"json", ",\"names_failed_other\":12,", ",\"neighbours_silent_other\":1,"},
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        char *text = NULL;
        size_t size;
        struct report_options options = {
            .format = report_format_named(forms[i].format), .out = open_memstream(&text, &size), .quiet = true};
        struct report *report = report_new(&options);
        report_summary(report, &totals);
        assert_true(report_close(report));
        fclose(options.out);
        if (!strstr(text, forms[i].names) || !strstr(text, forms[i].neighbours))
            fail_msg("%s: %s", forms[i].format, text);
        free(text);
    }
}

static void test_host_line(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size;
    struct host host = {.address = v4(10, 7, 2, 2),
                        .packets = 9,
                        .own = {.number = 4, .ttl = 63},
                        .rtt_us = 40120,
                        .macs_used = 1,
                        .macs = {{2, 0, 0, 0, 0xab, 1}},
                        .ports_used = 1,
                        .echoing_rsts = 2};
    host.ports[0] = (struct port_fact){.port = 22, .state = PORT_REFUSES};
    struct report_options options = {.format = report_format_named("json"), .out = open_memstream(&text, &size)};
    struct report *report = report_new(&options);
    report_host(report, &host, "x");
    assert_true(report_close(report));
    fclose(options.out);
    assert_string_equal(
        text, "{\"type\":\"host\",\"schema\":1,\"address\":\"10.7.2.2\",\"packets\":9,\"ttl\":63,\"rtt_ms\":40.12,"
              "\"macs\":[\"02:00:00:00:ab:01\"],\"ports\":[{\"port\":22,\"state\":\"refuses\"}],"
              "\"echoing_rsts\":2,\"zeroing_rsts\":0,\"accepted\":0,\"bannered\":0,\"sessions\":0,\"local\":false,"
              "\"source\":\"x\",\"sensor\":null}\n");
    free(text);
}

static void test_failed_writes_show(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    FILE *full = fopen("/dev/full", "w");
    if (full == NULL)
        skip();
    struct report_options options = {.format = report_format_named("json"), .out = full};
    struct report *report = report_new(&options);
    report_verdict(report, &s->file, &s->verdict, "x");
    assert_false(report_close(report));
    fclose(full);
    free(s);
}

static void test_capture_writer(void **state)
{
    (void)state;
    char path[] = "/tmp/sshsniff-test-XXXXXX", error[SOURCE_ERROR_SIZE];
    close(mkstemp(path));
    static const uint8_t bytes[20] = {0x45};
    struct frame frame = {
        .data = bytes, .caplen = 20, .len = 1500, .ts_us = 1795330126852817, .number = 1, .linktype = 101};
    struct capture_writer *writer = capture_writer_open(path, 101, 0, error);
    assert_non_null(writer);
    assert_true(capture_writer_frame(writer, &frame));
    frame.linktype = 1;
    assert_false(capture_writer_frame(writer, &frame)); /* one link type to a file */
    assert_true(capture_writer_close(writer));

    char why[PCAP_ERRBUF_SIZE];
    pcap_t *again = pcap_open_offline(path, why);
    struct pcap_pkthdr *header;
    const u_char *data;
    assert_non_null(again);
    assert_int_equal(pcap_datalink(again), DLT_RAW);
    assert_int_equal(pcap_next_ex(again, &header, &data), 1);
    assert_int_equal(header->ts.tv_sec, 1795330126);
    assert_int_equal(header->ts.tv_usec, 852817);
    assert_int_equal(header->len, 1500);
    assert_int_equal(header->caplen, 20);
    assert_int_equal(pcap_next_ex(again, &header, &data), PCAP_ERROR_BREAK);
    pcap_close(again);
    unlink(path);
    assert_null(capture_writer_open("/nonexistent/x.pcap", 1, 0, error));
    assert_non_null(strstr(error, "/nonexistent/x.pcap"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_is_the_contract),
        cmocka_unit_test(test_json_nulls),
        cmocka_unit_test(test_legs),
        cmocka_unit_test(test_certainty_is_never_rounded_up),
        cmocka_unit_test(test_json_strings),
        cmocka_unit_test(test_timestamps),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_community_id),
        cmocka_unit_test(test_client_error_by_icmp),
        cmocka_unit_test(test_client_error_by_close),
        cmocka_unit_test(test_every_failure_has_advice),
        cmocka_unit_test(test_advice_fits),
        cmocka_unit_test(test_advice_is_safe_to_paste),
        cmocka_unit_test(test_text_says_it_all),
        cmocka_unit_test(test_text_names_the_slow_stage),
        cmocka_unit_test(test_text_says_when_a_session_ended),
        cmocka_unit_test(test_text_fits_the_screen),
        cmocka_unit_test(test_text_names_other_addresses),
        cmocka_unit_test(test_what_a_reset_says),
        cmocka_unit_test(test_summary_counts),
        cmocka_unit_test(test_other_lookups),
        cmocka_unit_test(test_host_line),
        cmocka_unit_test(test_failed_writes_show),
        cmocka_unit_test(test_capture_writer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
