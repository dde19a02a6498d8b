/* The engine that weighs evidence, on a table of its own: the facts are a set of rows that are to fire. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <sshsniff/verdict.h>

struct bits {
    uint32_t fire;
    float scale; /* of row 0 */
};

#define TEST_BIT(n)                                                                                                    \
    static bool bit_##n(const struct bits *bits, struct finding *f)                                                    \
    {                                                                                                                  \
        assert_true(f->packet == 0 && f->scale == 1.0f); /* nothing is left of what another test found */              \
        f->packet = (n) + 1;                                                                                           \
        f->scale = (n) == 0 ? bits->scale : 1;                                                                         \
        return bits->fire >> (n)&1;                                                                                    \
    }
TEST_BIT(0)
TEST_BIT(1)
TEST_BIT(2)
TEST_BIT(3)
TEST_BIT(4)

static bool ask_bits(evidence_test test, const void *facts, struct finding *f)
{
    return ((bool (*)(const struct bits *, struct finding *))test)(facts, f);
}

#define BITS_TEST(function) EVIDENCE_TEST(function, struct bits)

static const float ln3 = 1.0986123f, ln9 = 2.1972246f;

static struct evidence_row row(const char *id, evidence_test test, enum cause cause, float log_ratio)
{
    return (struct evidence_row){
        .id = id, .test = test, .weights = {{cause, log_ratio}}, .sentence = "…", .source = "…"};
}

static void weigh(const struct prior *priors, size_t prior_count, const struct evidence_row *rows, size_t row_count,
                  struct bits bits, double surest, struct verdict *out)
{
    struct evidence_rows list = {rows, row_count};
    struct evidence_table table = {.lists = {&list}};
    memcpy(table.priors, priors, prior_count * sizeof *priors);
    evidence_weigh(&table, ask_bits, &bits, surest, out);
}

static const struct prior even[] = {{CAUSE_KERNEL_RST, 0.5}, {CAUSE_FIREWALL_RST, 0.5}};

static void is_about(double value, double wanted)
{
    if (fabs(value - wanted) > 1e-6)
        fail_msg("%.9f instead of %.9f", value, wanted);
}

static void without_evidence_the_priors_stand(void **state)
{
    static const struct prior priors[] = {
        {CAUSE_FIREWALL_RST, 0.2}, {CAUSE_KERNEL_RST, 0.7}, {CAUSE_FAIL2BAN_BAN, 0.005}, {CAUSE_SILENT_DROP, 0.095}};
    struct verdict v = {0};
    (void)state;
    weigh(priors, 4, NULL, 0, (struct bits){0}, 1, &v);
    assert_int_equal(v.cause, CAUSE_KERNEL_RST);
    is_about(v.confidence, 0.7);
    assert_int_equal(v.alternatives_count, 2); /* one in two hundred is not named */
    assert_int_equal(v.alternatives[0].cause, CAUSE_FIREWALL_RST);
    is_about(v.alternatives[0].confidence, 0.2);
    assert_int_equal(v.alternatives[1].cause, CAUSE_SILENT_DROP);
    assert_int_equal(v.evidence_count, 0);
}

/* Odds of 3 to 1 are 0.75; half the weight of odds of 9 to 1 is as much; 3 to 1 twice is 0.9. */
static void weights_are_log_odds(void **state)
{
    const struct evidence_row rows[] = {
        row("nine", BITS_TEST(bit_0), CAUSE_FIREWALL_RST, ln9), row("three", BITS_TEST(bit_1), CAUSE_FIREWALL_RST, ln3),
        row("against", BITS_TEST(bit_2), CAUSE_KERNEL_RST, -ln3), row("other", BITS_TEST(bit_3), CAUSE_SILENT_DROP, 5)};
    static const struct {
        struct bits bits;
        double confidence;
    } cases[] = {
        {{1, 1}, 0.9}, {{2, 1}, 0.75}, {{1, 0.5f}, 0.75}, {{4, 1}, 0.75}, {{6, 1}, 0.9}, {{10, 1}, 0.75},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct verdict v = {0};
        weigh(even, 2, rows, 4, cases[i].bits, 1, &v);
        assert_int_equal(v.cause, CAUSE_FIREWALL_RST);
        is_about(v.confidence, cases[i].confidence);
        is_about(v.alternatives[0].confidence, 1 - cases[i].confidence);
    }
}

static void none_is_surer_than_allowed(void **state)
{
    const struct evidence_row rows[] = {row("sure", BITS_TEST(bit_0), CAUSE_FIREWALL_RST, 30)};
    struct verdict v = {0};
    (void)state;
    weigh(even, 2, rows, 1, (struct bits){1, 1}, 0.85, &v);
    is_about(v.confidence, 0.85);
    assert_int_equal(v.alternatives_count, 0);
}

static void evidence_is_listed_by_weight(void **state)
{
    const struct evidence_row rows[] = {
        row("light", BITS_TEST(bit_0), CAUSE_FIREWALL_RST, 1), row("heavy", BITS_TEST(bit_1), CAUSE_FIREWALL_RST, 4),
        row("against", BITS_TEST(bit_2), CAUSE_FIREWALL_RST, -2),
        row("as-heavy", BITS_TEST(bit_3), CAUSE_KERNEL_RST, -4), row("silent", BITS_TEST(bit_4), CAUSE_KERNEL_RST, 3)};
    static const char *const order[] = {"heavy", "as-heavy", "earlier", "against", "light"};
    struct verdict v = {.evidence = {{.id = "earlier", .weight = 3, .sentence = "…"}}, .evidence_count = 1};
    (void)state;
    weigh(even, 2, rows, 5, (struct bits){15, 1}, 1, &v);
    assert_int_equal(v.evidence_count, 5);
    for (size_t i = 0; i < 5; i++)
        assert_string_equal(v.evidence[i].id, order[i]);
    assert_int_equal(v.evidence[0].packet, 2);
    assert_int_equal(v.evidence[0].favours_count, 1);
    assert_int_equal(v.evidence[0].favours[0], CAUSE_FIREWALL_RST);
    assert_int_equal(v.evidence[1].favours_count, 0); /* what speaks against a cause favours none */
    assert_true(v.evidence[3].weight == -2.0f && v.evidence[1].weight == 4.0f);
}

/* What the best rival shares separates the verdict from the rest, and comes after what tells those two apart; what
 * tells none apart is left out. */
static void what_separates_nothing_is_no_reason(void **state)
{
    static const struct prior priors[] = {
        {CAUSE_FIREWALL_RST, 0.4}, {CAUSE_FAIL2BAN_BAN, 0.3}, {CAUSE_KERNEL_RST, 0.3}};
    struct evidence_row rows[] = {row("shared", BITS_TEST(bit_0), CAUSE_FIREWALL_RST, 4),
                                  row("own", BITS_TEST(bit_1), CAUSE_FIREWALL_RST, 1),
                                  row("elsewhere", BITS_TEST(bit_2), CAUSE_MAXSTARTUPS, 3)};
    struct verdict v = {0};
    (void)state;
    rows[0].weights[1] = (struct weight){CAUSE_FAIL2BAN_BAN, 4};
    weigh(priors, 3, rows, 3, (struct bits){7, 1}, 1, &v);
    assert_int_equal(v.cause, CAUSE_FIREWALL_RST);
    assert_int_equal(v.evidence_count, 2);
    assert_string_equal(v.evidence[0].id, "own");
    assert_string_equal(v.evidence[1].id, "shared");
    assert_true(v.evidence[0].weight == 1.0f && v.evidence[1].weight == 4.0f);
}

static void a_full_list_loses_the_lightest(void **state)
{
    const struct evidence_row rows[] = {row("light", BITS_TEST(bit_0), CAUSE_FIREWALL_RST, 0.5f),
                                        row("heavy", BITS_TEST(bit_1), CAUSE_FIREWALL_RST, 9)};
    struct verdict v = {.evidence_count = VERDICT_EVIDENCE};
    (void)state;
    for (int i = 0; i < VERDICT_EVIDENCE; i++)
        v.evidence[i] = (struct evidence){
            .id = i + 1 < VERDICT_EVIDENCE ? "earlier" : "lightest", .weight = 2 - 0.0625f * (float)i, .sentence = "…"};
    weigh(even, 2, rows, 2, (struct bits){3, 1}, 1, &v);
    assert_int_equal(v.evidence_count, VERDICT_EVIDENCE);
    assert_string_equal(v.evidence[0].id, "heavy");
    for (int i = 1; i < VERDICT_EVIDENCE; i++)
        assert_string_equal(v.evidence[i].id, "earlier");
}

static void sentences_take_their_values(void **state)
{
    struct evidence e = {.sentence = "{0} of {1x} after {2t} by {w}, {9} {", .value = {7, 0x48, 2500000}, .word = "x"};
    char text[EVIDENCE_TEXT_SIZE], small[8];
    (void)state;
    size_t length = evidence_text(&e, text, sizeof text);
    assert_int_equal(length, strlen(text));
    assert_string_equal(text, "7 of 0x48 after 2.5 s by x, {9} {");
    assert_int_equal(evidence_text(&e, small, sizeof small), 7);
    assert_string_equal(small, "7 of 0x");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_evidence_the_priors_stand), cmocka_unit_test(weights_are_log_odds),
        cmocka_unit_test(none_is_surer_than_allowed),        cmocka_unit_test(evidence_is_listed_by_weight),
        cmocka_unit_test(a_full_list_loses_the_lightest),    cmocka_unit_test(what_separates_nothing_is_no_reason),
        cmocka_unit_test(sentences_take_their_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
