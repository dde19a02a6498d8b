/* The judge where the network is no plain line: forwarded ports, SYN proxies, another way back. */
#include "probe_scene.h"

/* The target is a router of this network; what answers on the port is behind it. */
static struct scene *near_router(void)
{
    struct scene *s = scene_new();
    s->facts.target = address("1.2");
    s->facts.near = s->facts.neighbour_found = true;
    for (uint16_t port = 61100; port < 61103; port++)
        rst(s, add(s, ASK_CONTROL, port, PROBE_MARK, 64), 64, PROBE_MARK);
    rst(s, add(s, ASK_CONTROL_SWEEP, 61100, PROBE_MARK, 1), 64, PROBE_MARK);
    return s;
}

static void forwarded_to_a_closed_port(void **state)
{
    (void)state;
    struct scene *s = near_router();
    port_refuses(s, 63, PROBE_MARK);
    icmp(add(s, ASK_SWEEP, 22, PROBE_MARK, 1), s->facts.target, 11, 0, PROBE_MARK);
    judge(s, NULL);
    assert_non_null(strstr(s->out.note, "port 22 of this address is forwarded"));
    expect(s, CAUSE_KERNEL_RST, WHERE_HOST, 2);
}

static void forwarded_into_silence(void **state)
{
    (void)state;
    struct scene *s = near_router();
    port_is_mute(s);
    icmp(add(s, ASK_SWEEP, 22, PROBE_MARK, 1), s->facts.target, 11, 0, PROBE_MARK);
    judge(s, NULL);
    assert_non_null(strstr(s->out.note, "is forwarded"));
    expect(s, CAUSE_SILENT_DROP, WHERE_UNKNOWN, 1);
}

static void not_forwarded(void **state)
{
    (void)state;
    struct scene *s = near_router();
    port_refuses(s, 64, PROBE_MARK);
    rst(s, add(s, ASK_SWEEP, 22, PROBE_MARK, 1), 64, PROBE_MARK);
    judge(s, NULL);
    assert_string_equal(s->out.note, "");
    expect(s, CAUSE_KERNEL_RST, WHERE_HOST, 1);
}

/* `window` of the SYN-ACK; the connection was reset, or stayed mute, before a banner. */
static enum cause accepted(uint16_t window, bool reset, double *confidence)
{
    struct scene *s = scene_new();
    struct verdict passive = {
        .cause = CAUSE_CLOSED_BEFORE_BANNER, .stage = STAGE_ACCEPTED, .confidence = 0.95, .where = WHERE_HOST};
    if (!reset)
        passive.cause = CAUSE_NO_BANNER;
    healthy_surroundings(s, PROBE_MARK);
    struct probe_packet *probe = add(s, ASK_MARKED, 22, PROBE_MARK, 64);
    rst(s, probe, 63, 0);
    probe->reply.kind = REPLY_SYNACK;
    probe->reply.window = window;
    s->facts.banner_check = (struct probe_service){.port = 22, .accepted = true, .closed = reset};
    judge(s, &passive);
    enum cause cause = s->out.verdict.cause;
    *confidence = s->out.verdict.confidence;
    free(s);
    return cause;
}

static void syn_proxy(void **state)
{
    double confidence;
    (void)state;
    assert_int_equal(accepted(64240, true, &confidence), CAUSE_CLOSED_BEFORE_BANNER);
    assert_int_equal(accepted(0, true, &confidence), CAUSE_KERNEL_RST);
    assert_true(confidence < 0.8);
    assert_int_equal(accepted(64240, false, &confidence), CAUSE_NO_BANNER);
    assert_int_equal(accepted(0, false, &confidence), CAUSE_SILENT_DROP);
    assert_true(confidence < 0.8);
}

static void answers_elsewhere(void **state)
{
    (void)state;
    for (int accepts = 0; accepts < 2; accepts++) {
        struct scene *s = scene_new();
        port_is_mute(s);
        s->facts.elsewhere = true;
        s->facts.banner_check =
            (struct probe_service){.port = 22, .accepted = accepts, .is_ssh = accepts, .refused = !accepts};
        judge(s, NULL);
        assert_int_equal(s->out.verdict.cause, accepts ? CAUSE_NONE : CAUSE_KERNEL_RST);
        assert_true(accepts || s->out.verdict.confidence < 0.8);
        assert_non_null(strstr(s->out.note, "by another interface"));
        free(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forwarded_to_a_closed_port),
        cmocka_unit_test(forwarded_into_silence),
        cmocka_unit_test(not_forwarded),
        cmocka_unit_test(syn_proxy),
        cmocka_unit_test(answers_elsewhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
