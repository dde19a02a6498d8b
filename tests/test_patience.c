/* What --patient sends, and what the judge makes of it. */
#include "probe_scene.h"

/* `kept`: by whom the fragments to the SSH port and to a closed port were gathered; none: nobody said so. */
static struct scene *after_a_minute(bool v6, struct address kept, struct address control_kept, bool tracked)
{
    struct scene *s = scene_new();
    healthy_surroundings(s, PROBE_MARK);
    port_is_mute(s);
    sweep_gets_to(s, 2);
    struct probe_packet *far = v6 ? add(s, ASK_FAR_FRAGMENT, 22, PROBE_MARK, 64) : NULL;
    if (far != NULL && !tracked)
        icmp(far, s->facts.target, 4, 0, PROBE_MARK);
    for (int pair = 0; pair < 2; pair++) {
        struct probe_packet *control = add(s, ASK_CONTROL_FRAGMENT, 61102, PROBE_MARK, 64),
                            *probe = add(s, ASK_FRAGMENT, 22, PROBE_MARK, 64);
        if (!address_is_none(&control_kept))
            icmp(control, control_kept, v6 ? 3 : 11, 1, PROBE_MARK);
        if (!address_is_none(&kept))
            icmp(probe, kept, v6 ? 3 : 11, 1, PROBE_MARK);
    }
    return s;
}

static void fragments_settle(void **state)
{
    (void)state;
    const struct address none = {{0}}, host = address("3.2"), router = address("2.2");
    expect(after_a_minute(false, host, host, false), CAUSE_SILENT_DROP, WHERE_HOST, HOST_HOP);
    expect(after_a_minute(false, none, host, false), CAUSE_SILENT_DROP, WHERE_PATH, 2);
    expect(after_a_minute(false, none, none, false), CAUSE_SILENT_DROP, WHERE_UNKNOWN, 2);
    expect(after_a_minute(false, router, router, false), CAUSE_SILENT_DROP, WHERE_UNKNOWN, 2);
}

static void patience_is_asked_for_once(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    healthy_surroundings(s, PROBE_MARK);
    port_is_mute(s);
    sweep_gets_to(s, 2);
    judge(s, NULL);
    assert_true(s->out.patience_settles);
    assert_non_null(strstr(s->out.verdict.settle, "--patient"));
    free(s);
    s = after_a_minute(false, address("2.2"), address("2.2"), false);
    judge(s, NULL);
    assert_false(s->out.patience_settles);
    assert_non_null(strstr(s->out.note, "gathers fragments itself"));
    free(s);
}

/* ---- IPv6: only a host that tracks connections gathers before it filters ---- */

static struct scene *in_ipv6(struct scene *s)
{
    static const uint8_t prefix[10] = {0xfd, 7};
    struct address *addresses[2 + PROBE_PACKETS] = {&s->facts.source, &s->facts.target};
    unsigned count = 2;
    for (unsigned i = 0; i < s->facts.packets; i++) {
        struct probe_reply *reply = &s->facts.packet[i].reply;
        bool expired = reply->kind == REPLY_ICMP && reply->icmp_type == 11;
        if (expired)
            reply->icmp_type = 3;
        addresses[count++] = &reply->sender;
    }
    for (unsigned i = 0; i < count; i++)
        if (!address_is_none(addresses[i])) {
            memcpy(addresses[i]->bytes, prefix, sizeof prefix);
            addresses[i]->bytes[10] = addresses[i]->bytes[11] = 0;
        }
    return s;
}

static void fragments_settle_ipv6(void **state)
{
    (void)state;
    const struct address none = {{0}}, host = address("3.2"), router = address("2.2");
    expect(in_ipv6(after_a_minute(true, host, host, true)), CAUSE_SILENT_DROP, WHERE_HOST, HOST_HOP);
    expect(in_ipv6(after_a_minute(true, none, host, true)), CAUSE_SILENT_DROP, WHERE_PATH, 2);
    expect(in_ipv6(after_a_minute(true, none, host, false)), CAUSE_SILENT_DROP, WHERE_UNKNOWN, 2);
    expect(in_ipv6(after_a_minute(true, router, router, true)), CAUSE_SILENT_DROP, WHERE_UNKNOWN, 2);
    struct scene *s = in_ipv6(after_a_minute(true, none, none, false));
    judge(s, NULL);
    assert_non_null(strstr(s->out.note, "tracks no connections"));
    free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fragments_settle),
        cmocka_unit_test(patience_is_asked_for_once),
        cmocka_unit_test(fragments_settle_ipv6),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
