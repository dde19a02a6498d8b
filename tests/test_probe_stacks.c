/* The probe where the host is no Linux, or somebody else answers in its name. */
#include "probe_scene.h"

/* Somebody accepts on ports that nobody listens on: the close says nothing of the server; a banner still is one. */
static void every_port_accepts(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    for (uint16_t port = 61100; port < 61103; port++)
        add(s, ASK_CONTROL, port, PROBE_MARK, 64)->reply =
            (struct probe_reply){.kind = REPLY_SYNACK, .sender = s->facts.target, .ttl = 63, .window = 64240};
    add(s, ASK_MARKED, 22, PROBE_MARK, 64)->reply =
        (struct probe_reply){.kind = REPLY_SYNACK, .sender = s->facts.target, .ttl = 63, .window = 64240};
    s->facts.banner_check = (struct probe_service){.port = 22, .accepted = true, .closed = true};
    judge(s, NULL);
    assert_string_equal(cause_name(s->out.verdict.cause), cause_name(CAUSE_INTERCEPTED));
    assert_true(s->out.verdict.confidence <= 0.8);
    assert_non_null(strstr(s->out.note, "every port that was asked accepts (3"));
    s->facts.banner_check =
        (struct probe_service){.port = 22, .accepted = true, .is_ssh = true, .banner = "SSH-2.0-OpenSSH_9.2"};
    judge(s, NULL);
    assert_int_equal(s->out.verdict.cause, CAUSE_NONE);
    assert_non_null(strstr(s->out.note, "hands SSH on"));
    s->facts.packet[0].reply.kind = REPLY_RST;
    s->facts.banner_check = (struct probe_service){.port = 22, .accepted = true, .closed = true};
    judge(s, NULL);
    assert_int_equal(s->out.verdict.cause, CAUSE_CLOSED_BEFORE_BANNER);
    free(s);
}

static void two_machines_have_the_address(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    static const uint8_t first[6] = {2, 0, 0, 0, 0, 1}, second[6] = {2, 0, 0, 0, 0, 0x2a};
    s->facts.near = s->facts.neighbour_found = true;
    healthy_surroundings(s, PROBE_MARK);
    port_refuses(s, 62, PROBE_MARK);
    memcpy(s->facts.neighbour_mac[0], first, 6);
    s->facts.neighbour_macs = 1;
    judge(s, NULL);
    assert_true(s->out.verdict.confidence > 0.9);
    memcpy(s->facts.neighbour_mac[1], second, 6);
    s->facts.neighbour_macs = 2;
    judge(s, NULL);
    assert_string_equal(cause_name(s->out.verdict.cause), cause_name(CAUSE_ADDRESS_CONFLICT));
    assert_true(s->out.verdict.confidence <= 0.8);
    assert_non_null(strstr(s->out.note, "02:00:00:00:00:01 and 02:00:00:00:00:2a"));
    free(s);
}

static void has_window_and_no_df(struct probe_packet *packet)
{
    packet->reply.window = 65535;
    packet->reply.df = false;
}

/* The next hop answers for a host that is not on this network, in no kernel's hand: who refused is beyond it. */
static void a_nat_program_answers(void **state)
{
    (void)state;
    for (int bare = 0; bare < 2; bare++) {
        struct scene *s = scene_new();
        port_refuses(s, 255, 0);
        for (uint16_t port = 61100; port < 61103; port++)
            rst(s, add(s, ASK_CONTROL, port, PROBE_MARK, 64), 255, 0);
        rst(s, add(s, ASK_CONTROL_SWEEP, 61100, PROBE_MARK, 1), 255, 0);
        for (unsigned i = 0; i < s->facts.packets; i++) {
            has_window_and_no_df(&s->facts.packet[i]);
            if (bare)
                s->facts.packet[i].reply.tcp_flags = TCP_RST;
        }
        judge(s, NULL);
        assert_string_equal(cause_name(s->out.verdict.cause), cause_name(CAUSE_KERNEL_RST));
        assert_int_equal(s->out.verdict.where, WHERE_UNKNOWN);
        assert_true(s->out.verdict.confidence <= 0.8);
        assert_non_null(strstr(s->out.note, "refused beyond the next hop"));
        assert_int_equal(strstr(s->out.note, "lacks ACK") != NULL, bare);
        s->facts.near = true; /* then it is the host itself */
        judge(s, NULL);
        assert_int_equal(s->out.verdict.where, WHERE_HOST);
        free(s);
    }
}

/* A RST that netfilter and FreeBSD 14 write alike: by the host's own ICMP error it is the one or the other. */
static void whose_rst_is_it(void **state)
{
    (void)state;
    static const struct {
        uint8_t error_tos;
        bool error, firewall, sure;
    } hosts[] = {{0, false, true, false}, {0xc8, true, true, true}, {0, true, false, false}};
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        struct scene *s = scene_new();
        struct verdict passive = {.cause = CAUSE_FIREWALL_RST, .confidence = 0.7};
        passive.alternatives[passive.alternatives_count++] = (struct alternative){CAUSE_KERNEL_RST, 0.28};
        add(s, ASK_PING, 0, PROBE_MARK, 64)->reply = (struct probe_reply){
            .kind = REPLY_ECHO, .number = 3, .ts_us = 3000, .sender = s->facts.target, .ttl = 62, .tos = PROBE_MARK};
        rst(s, add(s, ASK_MARKED, 22, PROBE_MARK, 64), 62, 0);
        for (uint16_t port = 61100; !hosts[i].firewall && port < 61103; port++)
            rst(s, add(s, ASK_CONTROL, port, PROBE_MARK, 64), 62, 0);
        if (hosts[i].error) {
            struct probe_packet *udp = add(s, ASK_UDP, 61100, PROBE_MARK, 64);
            icmp(udp, s->facts.target, 3, 3, PROBE_MARK);
            udp->reply.tos = hosts[i].error_tos;
        }
        judge(s, &passive);
        assert_string_equal(cause_name(s->out.verdict.cause),
                            cause_name(hosts[i].firewall ? CAUSE_FIREWALL_RST : CAUSE_KERNEL_RST));
        if (hosts[i].firewall)
            assert_int_equal(s->out.verdict.confidence > 0.8, hosts[i].sure);
        free(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_port_accepts),
        cmocka_unit_test(two_machines_have_the_address),
        cmocka_unit_test(a_nat_program_answers),
        cmocka_unit_test(whose_rst_is_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
