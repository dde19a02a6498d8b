/* Each row of the probe's tables: facts with which it fires, and facts that get the same kind of answer with which it
 * must not. */
#include "evidence_rows.h"
#include "probe/judge_rows.h"
#include "probe_scene.h"

enum { OTHER_TOS = 0x20, PACKETS = 8 /* the highest frame number that a scene uses */ };

struct row_case {
    const char *id;
    void (*scene)(struct scene *s, bool fires);
};

static struct address target(void)
{
    return address("3.2");
}

static struct address router(void)
{
    return address("2.2");
}

static struct probe_packet *ask(struct scene *s, enum probe_kind kind)
{
    bool control = kind == ASK_CONTROL || kind == ASK_CONTROL_STAMP || kind == ASK_CONTROL_FRAGMENT;
    return add(s, kind, control ? 61102 : 22, PROBE_MARK, 64);
}

static void ping(struct scene *s, uint8_t tos)
{
    ask(s, ASK_PING)->reply = (struct probe_reply){
        .kind = REPLY_ECHO, .number = 3, .ts_us = 3000, .sender = s->facts.target, .ttl = 62, .tos = tos};
}

static void healthy(struct scene *s)
{
    healthy_surroundings(s, PROBE_MARK);
}

static void rejects(struct scene *s, struct address by, uint8_t type, uint8_t code)
{
    icmp(ask(s, ASK_MARKED), by, type, code, PROBE_MARK);
}

/* ---- A RST answers ---- */

static void controls_alike(struct scene *s, bool fires)
{
    healthy(s);
    port_refuses(s, 62, fires ? PROBE_MARK : 0);
}

static void only_this_port(struct scene *s, bool fires)
{
    healthy(s);
    port_refuses(s, 62, fires ? 0 : PROBE_MARK);
}

static void path_keeps_tos(struct scene *s, bool fires)
{
    ping(s, fires ? PROBE_MARK : 0);
    port_refuses(s, 62, 0);
}

static void marks_copied(struct scene *s, bool fires)
{
    port_refuses(s, 62, PROBE_MARK);
    rst(s, add(s, ASK_OTHER_MARK, 22, PROBE_OTHER_MARK, 64), 62, fires ? PROBE_OTHER_MARK : 0);
}

static void short_header_answered(struct scene *s, bool fires)
{
    port_refuses(s, 62, 0);
    if (fires)
        rst(s, ask(s, ASK_SHORT_HEADER), 62, 0);
}

static void short_header_ignored(struct scene *s, bool fires)
{
    short_header_answered(s, !fires);
}

static void bad_sum_answered(struct scene *s, bool fires)
{
    port_refuses(s, 62, 0);
    struct probe_packet *bad = ask(s, ASK_BAD_SUM);
    if (fires)
        rst(s, bad, 62, 0);
}

static void echo_unusable(struct scene *s, bool fires)
{
    healthy_surroundings(s, fires ? 0 : PROBE_MARK);
    port_refuses(s, 62, 0);
}

static void copies_rewritten(struct scene *s, bool fires)
{
    icmp(ask(s, ASK_UDP), target(), 3, 3, OTHER_TOS);
    port_refuses(s, 62, fires ? OTHER_TOS : 0);
}

static void ttl_differs(struct scene *s, bool fires)
{
    healthy(s);
    port_refuses(s, fires ? 63 : 62, 0);
}

static void ttl_same(struct scene *s, bool fires)
{
    ttl_differs(s, !fires);
}

static void answered_before_host(struct scene *s, bool fires)
{
    healthy(s);
    port_refuses(s, 62, 0);
    rst(s, add(s, ASK_SWEEP, 22, PROBE_MARK, fires ? HOST_HOP - 1 : HOST_HOP), 62, 0);
}

/* A kernel that copies no TOS, and writes what netfilter does not. */
static void own_hand(struct scene *s, bool fires)
{
    ping(s, PROBE_MARK);
    port_refuses(s, 62, 0);
    s->facts.packet[1].reply.df = !fires; /* the first SYN to the SSH port, after the ping */
}

static void id_counts(struct scene *s, bool fires)
{
    static const uint16_t counter[] = {100, 101, 105, 130}, no_counter[] = {100, 101, 40000, 12};
    port_refuses(s, 62, 0);
    rst(s, add(s, ASK_CONTROL, 61102, PROBE_MARK, 64), 62, 0);
    rst(s, add(s, ASK_CONTROL, 61103, PROBE_MARK, 64), 62, 0);
    for (unsigned i = 0, n = 0; i < s->facts.packets; i++)
        if (s->facts.packet[i].reply.kind == REPLY_RST) {
            s->facts.packet[i].reply.number = n + 1;
            s->facts.packet[i].reply.ip_id = fires ? counter[n] : no_counter[n];
            n++;
        }
}

static void tos_of_pf(struct scene *s, bool fires)
{
    port_refuses(s, 62, fires ? 0x10 : 0);
}

static void no_linux(struct scene *s, bool fires)
{
    s->facts.target = (struct address){{0xfd, 7, [15] = 2}};
    ping(s, PROBE_MARK);
    s->facts.packet[0].reply.flow_label = fires ? 0 : 0x29758;
    port_refuses(s, 62, 0);
}

static const struct row_case refused[] = {
    {"probe-own-hand", own_hand},
    {"probe-id-counts", id_counts},
    {"probe-tos-of-pf", tos_of_pf},
    {"probe-no-linux", no_linux},
    {"probe-controls-alike", controls_alike},
    {"probe-only-this-port", only_this_port},
    {"probe-path-keeps-tos", path_keeps_tos},
    {"probe-marks-copied", marks_copied},
    {"probe-short-header-answered", short_header_answered},
    {"probe-short-header-ignored", short_header_ignored},
    {"probe-bad-sum-answered", bad_sum_answered},
    {"probe-echo-unusable", echo_unusable},
    {"probe-copies-rewritten", copies_rewritten},
    {"probe-ttl-differs", ttl_differs},
    {"probe-ttl-same", ttl_same},
    {"probe-answered-before-host", answered_before_host},
};

/* ---- An ICMP error answers ---- */

static void rejected_by_target(struct scene *s, bool fires)
{
    rejects(s, fires ? target() : router(), 3, 3);
}

static void rejected_on_path(struct scene *s, bool fires)
{
    rejects(s, fires ? router() : target(), 3, 13);
}

static void host_unreachable(struct scene *s, bool fires)
{
    rejects(s, router(), 3, 1);
    if (!fires)
        ping(s, PROBE_MARK);
}

static void network_unreachable(struct scene *s, bool fires)
{
    rejects(s, router(), 3, fires ? 0 : 13);
}

static void host_answers(struct scene *s, bool fires)
{
    rejects(s, router(), 3, 13);
    if (fires)
        ping(s, PROBE_MARK);
}

static void unreachable_but_up(struct scene *s, bool fires)
{
    rejects(s, router(), 3, fires ? 1 : 13);
    ping(s, PROBE_MARK);
}

static const struct row_case rejected[] = {
    {"probe-rejected-by-target", rejected_by_target},
    {"probe-rejected-on-path", rejected_on_path},
    {"probe-host-unreachable", host_unreachable},
    {"probe-network-unreachable", network_unreachable},
    {"probe-host-answers", host_answers},
    {"probe-unreachable-but-up", unreachable_but_up},
};

/* ---- Nothing answers ---- */

static void alive(struct scene *s, bool fires)
{
    port_is_mute(s);
    if (fires)
        ping(s, PROBE_MARK);
}

static void neighbour_absent(struct scene *s, bool fires)
{
    port_is_mute(s);
    s->facts.near = true;
    s->facts.neighbour_requests = 3;
    s->facts.neighbour_found = !fires;
}

static void neighbour_present(struct scene *s, bool fires)
{
    neighbour_absent(s, !fires);
}

static void nothing_answers(struct scene *s, bool fires)
{
    alive(s, !fires);
}

static void unreachable_elsewhere(struct scene *s, bool fires)
{
    port_is_mute(s);
    icmp(ask(s, ASK_CONTROL), router(), 3, fires ? 1 : 13, PROBE_MARK);
}

static void stops_before_host(struct scene *s, bool fires)
{
    healthy(s);
    port_is_mute(s);
    sweep_gets_to(s, fires ? 1 : 2);
}

/* Two pairs of SYNs with the option; whether the host complains of those to the SSH port. */
static void stamps(struct scene *s, bool ours_too)
{
    port_is_mute(s);
    for (int pair = 0; pair < 2; pair++) {
        struct probe_packet *ours = ask(s, ASK_STAMP);
        icmp(ask(s, ASK_CONTROL_STAMP), target(), 12, 0, PROBE_MARK);
        if (ours_too)
            icmp(ours, target(), 12, 0, PROBE_MARK);
    }
}

static void kernel_got_it(struct scene *s, bool fires)
{
    stamps(s, fires);
}

static void kernel_never_got_it(struct scene *s, bool fires)
{
    stamps(s, !fires);
}

static void fragments(struct scene *s, bool ours_too)
{
    port_is_mute(s);
    for (int pair = 0; pair < 2; pair++) {
        struct probe_packet *ours = ask(s, ASK_FRAGMENT);
        icmp(ask(s, ASK_CONTROL_FRAGMENT), target(), 11, 1, PROBE_MARK);
        if (ours_too)
            icmp(ours, target(), 11, 1, PROBE_MARK);
    }
}

static void host_kept_fragment(struct scene *s, bool fires)
{
    fragments(s, fires);
}

static void host_never_kept_fragment(struct scene *s, bool fires)
{
    fragments(s, !fires);
}

static const struct row_case silent[] = {
    {"probe-alive", alive},
    {"probe-neighbour-absent", neighbour_absent},
    {"probe-neighbour-present", neighbour_present},
    {"probe-nothing-answers", nothing_answers},
    {"probe-unreachable-elsewhere", unreachable_elsewhere},
    {"probe-stops-before-host", stops_before_host},
    {"probe-kernel-got-it", kernel_got_it},
    {"probe-kernel-never-got-it", kernel_never_got_it},
    {"probe-host-kept-fragment", host_kept_fragment},
    {"probe-host-never-kept-fragment", host_never_kept_fragment},
};

/* ---- */

static bool fires_in(const struct evidence_table *table, const struct row_case *c, bool fires)
{
    struct scene *s = scene_new();
    struct finding finding = {.scale = 1};
    struct reading r;
    c->scene(s, fires);
    reading_make(&s->facts, NULL, &r);
    const struct evidence_row *row = row_named(table, c->id);
    if (row == NULL || probe_table_for(&r) != table)
        fail_msg("%s: %s", c->id, row == NULL ? "no such row" : "the port answers in another way");
    bool fired = row != NULL && ask_reading(row->test, &r, &finding);
    if (fired)
        finding_is_sound(row, &finding, PACKETS);
    free(s);
    return fired;
}

/* Counts what is wrong, so that one run shows all of it. */
static void check(const struct evidence_table *table, const struct row_case *cases, size_t count)
{
    unsigned wrong = uncovered(table, NULL, cases, count, sizeof *cases);
    for (size_t i = 0; i < count; i++)
        for (int fires = 0; fires < 2; fires++)
            if (fires_in(table, &cases[i], fires) != fires) {
                print_error("%s: %s\n", cases[i].id, fires ? "does not fire" : "fires where it must not");
                wrong++;
            }
    assert_int_equal(wrong, 0);
    table_is_sound(table);
}

static void of_refusals(void **state)
{
    (void)state;
    check(&probe_refused, refused, COUNT(refused));
}

static void of_rejections(void **state)
{
    (void)state;
    check(&probe_rejected, rejected, COUNT(rejected));
}

static void of_silence(void **state)
{
    (void)state;
    check(&probe_silent, silent, COUNT(silent));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_refusals),
        cmocka_unit_test(of_rejections),
        cmocka_unit_test(of_silence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
