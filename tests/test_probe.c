/* The probe's judgement on facts made by hand, and its pure parts: targets, cookies, the plan. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sshsniff/probe.h>

#include "helper/confirm.h"
#include "probe_scene.h"

/* ---- Verdicts ---- */

static void kernel_closed(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    healthy_surroundings(s, PROBE_MARK);
    port_refuses(s, 62, PROBE_MARK);
    expect(s, CAUSE_KERNEL_RST, WHERE_HOST, HOST_HOP);
}

static void host_rejects_with_rst(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    healthy_surroundings(s, PROBE_MARK);
    port_refuses(s, 62, 0);
    expect(s, CAUSE_FIREWALL_RST, WHERE_HOST, HOST_HOP);
}

static void router_rejects_with_rst(void **state)
{
    (void)state;
    for (unsigned router = 1; router <= 2; router++) {
        struct scene *s = scene_new();
        healthy_surroundings(s, PROBE_MARK);
        port_refuses(s, (uint8_t)(65 - router), 0);
        expect(s, CAUSE_FIREWALL_RST, WHERE_PATH, router);
    }
}

/* Everything is refused by a box in front: only the ping's reply shows how far the host is. */
static void box_in_front(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    struct probe_packet *ping = add(s, ASK_PING, 0, PROBE_MARK, 64);
    ping->reply = (struct probe_reply){
        .kind = REPLY_ECHO, .number = 3, .ts_us = 3000, .sender = s->facts.target, .ttl = 62, .tos = PROBE_MARK};
    for (uint16_t port = 61100; port < 61103; port++)
        rst(s, add(s, ASK_CONTROL, port, PROBE_MARK, 64), 64, 0);
    rst(s, add(s, ASK_CONTROL_SHORT, 61102, PROBE_MARK, 64), 64, 0);
    port_refuses(s, 64, 0);
    rst(s, &s->facts.packet[s->facts.packets - 1], 64, 0);
    expect(s, CAUSE_FIREWALL_RST, WHERE_PATH, 1);
}

static void short_header_settles(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    healthy_surroundings(s, 0); /* the path clears the TOS: no copy to go by */
    port_refuses(s, 62, 0);
    add(s, ASK_CONTROL_SHORT, 61102, PROBE_MARK, 64);
    rst(s, &s->facts.packet[s->facts.packets - 2], 62, 0); /* the short SYN to port 22 */
    judge(s, NULL);
    assert_true(has_evidence(s, "probe-short-header-answered"));
    assert_int_equal(s->out.echo, PROBE_ECHO_UNUSABLE);
    expect(s, CAUSE_FIREWALL_RST, WHERE_HOST, HOST_HOP);
}

static void rewritten_tos_is_told(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    healthy_surroundings(s, 0);
    port_refuses(s, 62, 0);
    judge(s, NULL);
    assert_int_equal(s->out.echo, PROBE_ECHO_UNUSABLE);
    assert_non_null(strstr(s->out.note, "rewrites the TOS"));
    expect(s, CAUSE_KERNEL_RST, WHERE_HOST, HOST_HOP);
}

/* What the passive verdict made of a TOS of 0 is taken back where the path is to blame for it. */
static void passive_error_is_undone(void **state)
{
    (void)state;
    struct verdict passive = {.cause = CAUSE_FIREWALL_RST,
                              .confidence = 0.93,
                              .alternatives = {{CAUSE_KERNEL_RST, 0.06}},
                              .alternatives_count = 1};
    passive.evidence[passive.evidence_count++] =
        (struct evidence){.id = "rst-tos-zero", .weight = 4.0f, .sentence = "…"};
    struct scene *s = scene_new();
    healthy_surroundings(s, 0);
    port_refuses(s, 62, 0);
    judge(s, &passive);
    assert_int_equal(s->out.verdict.cause, CAUSE_KERNEL_RST);
    assert_true(has_evidence(s, "rst-tos-zero"));
    assert_true(has_evidence(s, "probe-echo-unusable"));
    free(s);
}

static void rejected_with_icmp(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    healthy_surroundings(s, PROBE_MARK);
    icmp(add(s, ASK_MARKED, 22, PROBE_MARK, 64), s->facts.target, 3, 3, PROBE_MARK);
    expect(s, CAUSE_FIREWALL_ICMP, WHERE_HOST, HOST_HOP);
    s = scene_new();
    healthy_surroundings(s, PROBE_MARK);
    icmp(add(s, ASK_MARKED, 22, PROBE_MARK, 64), address("2.2"), 3, 13, PROBE_MARK);
    expect(s, CAUSE_FIREWALL_ICMP, WHERE_PATH, 2);
}

static void unreachable_by_a_rule(void **state)
{
    (void)state;
    struct verdict passive = {.cause = CAUSE_HOST_UNREACHABLE, .confidence = 0.95};
    struct scene *s = scene_new();
    healthy_surroundings(s, PROBE_MARK);
    icmp(add(s, ASK_MARKED, 22, PROBE_MARK, 64), address("2.2"), 3, 1, PROBE_MARK);
    judge(s, &passive);
    assert_int_equal(s->out.verdict.cause, CAUSE_FIREWALL_ICMP);
    free(s);
    s = scene_new();
    healthy_surroundings(s, PROBE_MARK);
    icmp(add(s, ASK_MARKED, 22, PROBE_MARK, 64), s->facts.target, 3, 0, PROBE_MARK);
    expect(s, CAUSE_FIREWALL_ICMP, WHERE_HOST, HOST_HOP);
}

static void host_is_down(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    icmp(add(s, ASK_MARKED, 22, PROBE_MARK, 64), address("2.2"), 3, 1, PROBE_MARK);
    s->facts.packet[0].reply.ts_us = 3100000;
    icmp(add(s, ASK_SWEEP, 22, PROBE_MARK, 1), address("1.2"), 11, 0, PROBE_MARK);
    expect(s, CAUSE_HOST_UNREACHABLE, WHERE_HOST, 0);
    s = scene_new();
    for (int i = 0; i < 3; i++) { /* an unreachable route: each answered as it comes */
        struct probe_packet *packet = add(s, i == 0 ? ASK_MARKED : ASK_CONTROL, i == 0 ? 22 : 61100, PROBE_MARK, 64);
        icmp(packet, address("2.2"), 3, 1, PROBE_MARK);
        packet->first_us += 4000 * i;
        packet->reply.ts_us += 4000 * i;
    }
    expect(s, CAUSE_HOST_UNREACHABLE, WHERE_PATH, 3);
    s = scene_new();
    for (int i = 0; i < 3; i++) { /* looked for in vain: all in one burst, the last of them soon after it was sent */
        struct probe_packet *packet = add(s, i == 0 ? ASK_MARKED : ASK_CONTROL, i == 0 ? 22 : 61100, PROBE_MARK, 64);
        icmp(packet, address("2.2"), 3, 1, PROBE_MARK);
        packet->first_us += 40000 * i;
        packet->reply.ts_us += 81000;
    }
    expect(s, CAUSE_HOST_UNREACHABLE, WHERE_HOST, 0);
    s = scene_new();
    s->facts.near = true;
    s->facts.neighbour_requests = 3;
    port_is_mute(s);
    expect(s, CAUSE_HOST_UNREACHABLE, WHERE_HOST, 1);
}

static void dropped_on_the_way(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    healthy_surroundings(s, PROBE_MARK);
    port_is_mute(s);
    sweep_gets_to(s, 1);
    expect(s, CAUSE_SILENT_DROP, WHERE_PATH, 1);
}

/* The last router reports the TTL's end before it filters: the sweep ends alike whether it or the host drops. */
static void last_router_or_host(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    healthy_surroundings(s, PROBE_MARK);
    port_is_mute(s);
    sweep_gets_to(s, 2);
    expect(s, CAUSE_SILENT_DROP, WHERE_UNKNOWN, 2);
    for (int got = 0; got < 2; got++) {
        s = scene_new();
        healthy_surroundings(s, PROBE_MARK);
        port_is_mute(s);
        sweep_gets_to(s, 2);
        for (int pair = 0; pair < 2; pair++) {
            struct probe_packet *stamp = add(s, ASK_STAMP, 22, PROBE_MARK, 64);
            icmp(add(s, ASK_CONTROL_STAMP, 61102, PROBE_MARK, 64), s->facts.target, 12, 0, PROBE_MARK);
            if (got)
                icmp(stamp, s->facts.target, 12, 0, PROBE_MARK);
        }
        expect(s, CAUSE_SILENT_DROP, got ? WHERE_HOST : WHERE_PATH, got ? HOST_HOP : 2);
    }
}

/* Ways that fork by ports: a stamp that arrives says nothing of the SYNs that did not. */
static void some_stamps_arrive(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    healthy_surroundings(s, PROBE_MARK);
    port_is_mute(s);
    sweep_gets_to(s, 2);
    for (int pair = 0; pair < 3; pair++) {
        struct probe_packet *stamp = add(s, ASK_STAMP, 22, PROBE_MARK, 64);
        icmp(add(s, ASK_CONTROL_STAMP, 61102, PROBE_MARK, 64), s->facts.target, 12, 0, PROBE_MARK);
        if (pair == 1)
            icmp(stamp, s->facts.target, 12, 0, PROBE_MARK);
    }
    judge(s, NULL);
    assert_non_null(strstr(s->out.note, "forks after hop 2"));
    expect(s, CAUSE_SILENT_DROP, WHERE_UNKNOWN, 2);
}

static void some_syns_are_answered(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    healthy_surroundings(s, PROBE_MARK);
    rst(s, add(s, ASK_MARKED, 22, PROBE_MARK, 64), 62, PROBE_MARK);
    add(s, ASK_MARKED, 22, PROBE_MARK, 64);
    judge(s, NULL);
    assert_non_null(strstr(s->out.note, "of 2 SYNs to the SSH port 1 were never answered"));
    expect(s, CAUSE_KERNEL_RST, WHERE_HOST, HOST_HOP);
}

static void silence_everywhere_is_no_certainty(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    port_is_mute(s);
    add(s, ASK_PING, 0, PROBE_MARK, 64);
    add(s, ASK_CONTROL, 61100, PROBE_MARK, 64);
    judge(s, NULL);
    assert_true(s->out.verdict.confidence < 0.9);
    assert_true(s->out.verdict.alternatives_count > 0);
    free(s);
}

static void open_port(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    struct probe_packet *packet = add(s, ASK_MARKED, 22, PROBE_MARK, 64);
    packet->reply = (struct probe_reply){.kind = REPLY_SYNACK, .sender = s->facts.target, .ttl = 62, .window = 64240};
    s->facts.banner_check =
        (struct probe_service){.port = 22, .accepted = true, .is_ssh = true, .banner = "SSH-2.0-OpenSSH_9.2"};
    judge(s, NULL);
    assert_int_equal(s->out.verdict.cause, CAUSE_NONE);
    assert_int_equal(s->out.verdict.where, WHERE_NULL);
    static const struct {
        char banner[32];
        bool closed;
        enum cause cause;
    } checks[] = {
        {"", true, CAUSE_CLOSED_BEFORE_BANNER},
        {"", false, CAUSE_NO_BANNER},
        {"Exceeded MaxStartups", true, CAUSE_MAXSTARTUPS},
        {"Not allowed at this time", true, CAUSE_SOURCE_PENALTY},
        {"HTTP/1.1 400 Bad Request", true, CAUSE_NOT_SSH},
    };
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        s->facts.banner_check = (struct probe_service){.port = 22, .accepted = true, .closed = checks[i].closed};
        memcpy(s->facts.banner_check.banner, checks[i].banner, sizeof checks[i].banner);
        judge(s, NULL);
        assert_string_equal(cause_name(s->out.verdict.cause), cause_name(checks[i].cause));
    }
    free(s);
}

/* Who accepts on ports where nothing listens accepts for others. */
static void every_port_open(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    static const uint16_t ports[] = {22, 61100, 61101};
    for (size_t i = 0; i < 3; i++) {
        struct probe_packet *packet = add(s, i ? ASK_CONTROL : ASK_MARKED, ports[i], PROBE_MARK, 64);
        packet->reply =
            (struct probe_reply){.kind = REPLY_SYNACK, .sender = s->facts.target, .ttl = 62, .window = 64240};
    }
    s->facts.banner_check = (struct probe_service){.port = 22, .accepted = true, .closed = true};
    judge(s, NULL);
    assert_string_equal(cause_name(s->out.verdict.cause), "intercepted");
    assert_int_equal(s->out.verdict.where, WHERE_PATH);
    rst(s, add(s, ASK_CONTROL, 61102, PROBE_MARK, 64), 62, PROBE_MARK);
    judge(s, NULL);
    assert_string_equal(cause_name(s->out.verdict.cause), "closed-before-banner");
    free(s);
}

/* Without raw sockets a refusal shows neither TOS nor TTL: the verdict must be less sure. */
static void sockets_are_less_sure(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    s->facts.sockets_only = true;
    rst(s, add(s, ASK_MARKED, 22, PROBE_MARK, 64), 0, 0);
    rst(s, add(s, ASK_CONTROL, 61100, PROBE_MARK, 64), 0, 0);
    judge(s, NULL);
    assert_int_equal(s->out.verdict.cause, CAUSE_KERNEL_RST);
    assert_true(s->out.verdict.confidence < 0.9);
    assert_int_equal(s->out.echo, PROBE_ECHO_UNKNOWN);
    free(s);
}

static void hops_are_filled(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    healthy_surroundings(s, PROBE_MARK);
    probe_hops(&s->facts);
    assert_int_equal(s->facts.hops, HOST_HOP);
    struct address first = address("1.2");
    assert_true(address_equal(&s->facts.hop[0].address, &first));
    assert_true(s->facts.hop[2].target);
    free(s);
}

/* ---- Pure parts ---- */

static void targets(void **state)
{
    (void)state;
    static const struct {
        const char *text, *host;
        uint16_t port;
    } good[] = {
        {"example.org", "example.org", 0},   {"example.org:2222", "example.org", 2222},
        {"10.7.1.2:22", "10.7.1.2", 22},     {"[fd07::2]:22", "fd07::2", 22},
        {"[fd07::2]", "fd07::2", 0},         {"fd07::2", "fd07::2", 0},
        {"fe80::1%eth0", "fe80::1%eth0", 0},
    };
    static const char *const bad[] = {"10.7.1.0/24",      "fd07::/64",  "a,b",      "",         ":22",
                                      "host:0",           "host:65536", "host:22x", "[fd07::2", "[fd07::2]x",
                                      "-oProxyCommand=x", "10.7.1.*",   "a b"};
    struct probe_target out;
    char error[PROBE_ERROR_SIZE];
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(probe_target_parse(good[i].text, &out, error));
        assert_string_equal(out.host, good[i].host);
        assert_int_equal(out.port, good[i].port);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(probe_target_parse(bad[i], &out, error));
        assert_null(strchr(error, '\n'));
    }
}

static void refusals(void **state)
{
    (void)state;
    static const uint8_t many[][4] = {{224, 0, 0, 1}, {239, 1, 2, 3}, {255, 255, 255, 255},
                                      {240, 0, 0, 1}, {0, 0, 0, 0},   {0, 1, 2, 3}};
    static const uint8_t one[][4] = {{10, 7, 1, 2}, {127, 0, 0, 1}, {223, 255, 255, 1}};
    static const uint8_t multicast6[16] = {0xff, 2, [15] = 1}, one6[16] = {0xfd, 7, [15] = 1}, none6[16] = {0};
    for (size_t i = 0; i < sizeof many / sizeof *many; i++) {
        struct address a = address_from_ipv4(many[i]);
        assert_non_null(probe_refuses(&a));
    }
    for (size_t i = 0; i < sizeof one / sizeof *one; i++) {
        struct address a = address_from_ipv4(one[i]);
        assert_null(probe_refuses(&a));
    }
    struct address a = address_from_ipv6(multicast6);
    assert_non_null(probe_refuses(&a));
    a = address_from_ipv6(none6);
    assert_non_null(probe_refuses(&a));
    a = address_from_ipv6(one6);
    assert_null(probe_refuses(&a));
}

static void cookies(void **state)
{
    (void)state;
    struct probe_cookie_key key = {{1, 2}}, other = {{1, 3}};
    struct address a = address("3.2"), b = address("3.3");
    unsigned same_port = 0, same_key = 0, same_address = 0, same_next = 0;
    for (uint32_t port = 1; port < 65536; port++) {
        uint32_t cookie = probe_cookie(&key, &a, (uint16_t)port);
        same_port += cookie != probe_cookie(&key, &a, (uint16_t)port);
        same_key += cookie == probe_cookie(&other, &a, (uint16_t)port);
        same_address += cookie == probe_cookie(&key, &b, (uint16_t)port);
        same_next += cookie + 1 == probe_cookie(&key, &a, (uint16_t)(port + 1));
    }
    assert_int_equal(same_port, 0);
    assert_in_range(same_key + same_address + same_next, 0, 3);
}

static void plan_names_every_kind(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    struct address target = address("3.2");
    struct probe_options options = {.rate = 300, .all_ports = true, .base_port = 62000};
    assert_non_null(out);
    probe_print_plan(out, &target, 2022, &options);
    fclose(out);
    assert_non_null(strstr(text, "10.7.3.2 port 2022"));
    assert_non_null(strstr(text, "at most 300 packets a second"));
    assert_non_null(strstr(text, "SYN with a wrong checksum"));
    assert_non_null(strstr(text, "65535 SYNs"));
    assert_non_null(strstr(text, "no login is begun"));
    assert_null(strstr(text, "fragment"));
    free(text);
    out = open_memstream(&text, &size);
    assert_non_null(out);
    options.patient = true;
    probe_print_plan(out, &target, 2022, &options);
    fclose(out);
    assert_non_null(strstr(text, "first fragment of a SYN to the SSH port"));
    free(text);
}

static void what_a_probe_would_tell(void **state)
{
    (void)state;
    struct verdict v = {.cause = CAUSE_KERNEL_RST, .confidence = 0.95, .where = WHERE_HOST, .where_confidence = 0.95};
    assert_false(probe_would_tell(&v));
    v.confidence = 0.8;
    assert_true(probe_would_tell(&v));
    v = (struct verdict){.cause = CAUSE_FIREWALL_RST,
                         .confidence = 0.9,
                         .where = WHERE_PATH,
                         .where_confidence = 0.95,
                         .alternatives = {{CAUSE_FAIL2BAN_BAN, 0.1}},
                         .alternatives_count = 1};
    assert_false(probe_would_tell(&v)); /* a probe cannot tell a ban from a rule */
    v.alternatives[0].cause = CAUSE_KERNEL_RST;
    assert_true(probe_would_tell(&v));
    v = (struct verdict){.cause = CAUSE_AUTH_FAILED, .confidence = 0.5};
    assert_false(probe_would_tell(&v));
    /* The cause is sure, and the place is open. */
    v = (struct verdict){
        .cause = CAUSE_SILENT_DROP, .confidence = 0.97, .where = WHERE_UNKNOWN, .where_confidence = 0.9};
    assert_true(probe_would_tell(&v));
    v.where = WHERE_HOST;
    assert_false(probe_would_tell(&v));
    v.where_confidence = 0.6;
    assert_true(probe_would_tell(&v));
}

static void asked_once_a_minute(void **state)
{
    (void)state;
    static struct confirm_asked table[CONFIRM_TARGETS];
    const int64_t start_us = INT64_C(1763800000000000), second_us = 1000000;
    struct address target = address("3.2");
    assert_true(confirm_note(table, &target, 22, start_us));
    assert_false(confirm_note(table, &target, 22, start_us + 59 * second_us));
    assert_true(confirm_note(table, &target, 2222, start_us + second_us)); /* another server */
    assert_true(confirm_note(table, &target, 22, start_us + 60 * second_us));
    assert_false(confirm_note(table, &target, 22, start_us + 61 * second_us));
    /* So many in all: whoever sends frames must not have the network scanned. */
    unsigned asked = 2;
    for (uint16_t port = 1; port <= 100; port++)
        asked += confirm_note(table, &target, (uint16_t)(30000 + port), start_us + 60 * second_us);
    assert_int_equal(asked, CONFIRM_A_MINUTE);
    assert_true(confirm_note(table, &target, 40000, start_us + 121 * second_us));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kernel_closed),
        cmocka_unit_test(host_rejects_with_rst),
        cmocka_unit_test(router_rejects_with_rst),
        cmocka_unit_test(box_in_front),
        cmocka_unit_test(short_header_settles),
        cmocka_unit_test(rewritten_tos_is_told),
        cmocka_unit_test(passive_error_is_undone),
        cmocka_unit_test(rejected_with_icmp),
        cmocka_unit_test(unreachable_by_a_rule),
        cmocka_unit_test(host_is_down),
        cmocka_unit_test(dropped_on_the_way),
        cmocka_unit_test(last_router_or_host),
        cmocka_unit_test(some_stamps_arrive),
        cmocka_unit_test(some_syns_are_answered),
        cmocka_unit_test(silence_everywhere_is_no_certainty),
        cmocka_unit_test(open_port),
        cmocka_unit_test(every_port_open),
        cmocka_unit_test(sockets_are_less_sure),
        cmocka_unit_test(hops_are_filled),
        cmocka_unit_test(targets),
        cmocka_unit_test(refusals),
        cmocka_unit_test(cookies),
        cmocka_unit_test(plan_names_every_kind),
        cmocka_unit_test(what_a_probe_would_tell),
        cmocka_unit_test(asked_once_a_minute),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
