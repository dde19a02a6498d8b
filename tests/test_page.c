/* The page of --html: what comes from the wire stays text, and it grows no larger than it may. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <nettle/base64.h>
#include <nettle/sha2.h>
#include <zlib.h>

#include "report/page.h"
#include "report/page_html.h"
#include "report/page_timeline.h"

#define MARKUP "<img src=x onerror='a&b'>\"\x1b[2J\xff</script>\t\n"

/* ---- Text ---- */

static void markup_is_escaped(void **state)
{
    struct buffer out = {0};
    (void)state;
    html_text(&out, MARKUP);
    buffer_char(&out, '\0');
    assert_string_equal(out.data, "&lt;img src=x onerror=&#39;a&amp;b&#39;&gt;&quot;?[2J?&lt;/script&gt;??");
    buffer_free(&out);
}

static void every_byte_is_harmless(void **state)
{
    (void)state;
    for (unsigned first = 1; first < 256; first++)
        for (unsigned second = 1; second < 256; second++) {
            const char text[] = {(char)first, (char)second, '\0'};
            struct buffer out = {0};
            html_text(&out, text);
            assert_null(memchr(out.data, '<', out.length));
            assert_null(memchr(out.data, '>', out.length));
            assert_null(memchr(out.data, '"', out.length));
            assert_null(memchr(out.data, 0x1b, out.length));
            buffer_free(&out);
        }
}

static void counts_and_durations(void **state)
{
    static const struct {
        int64_t us;
        const char *words;
    } durations[] = {{250, "0.25 ms"},          {250000, "250 ms"},         {2500000, "2.5 s"},
                     {200000000, "3 min 20 s"}, {7800000000, "2 h 10 min"}, {0, "0 ms"}};
    struct buffer out = {0};
    (void)state;
    page_count(&out, 1234567);
    buffer_char(&out, '\0');
    assert_string_equal(out.data, "1,234,567");
    for (size_t i = 0; i < sizeof durations / sizeof *durations; i++) {
        out.length = 0;
        page_duration(&out, durations[i].us);
        buffer_char(&out, '\0');
        assert_string_equal(out.data, durations[i].words);
    }
    buffer_free(&out);
}

/* ---- Over time ---- */

static uint64_t total(const struct page_timeline *t)
{
    uint64_t sum = 0;
    for (size_t bin = 0; bin < TIMELINE_BINS; bin++)
        for (size_t cause = 0; cause < CAUSE_COUNT; cause++)
            sum += t->count[bin][cause];
    return sum;
}

static void no_attempt_is_lost_in_time(void **state)
{
    static const int64_t times[] = {1000000, 1000001, 5000000000, 4, -3000000, 1795330126852817, 0, 1795330126852816};
    static struct page_timeline t;
    (void)state;
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        timeline_add(&t, times[i], CAUSE_KERNEL_RST);
        assert_int_equal(total(&t), i + 1);
        assert_true(t.origin_us <= t.first_us);
        assert_true(t.last_us < t.origin_us + TIMELINE_BINS * t.width_us);
    }
}

/* ---- The page ---- */

struct scene {
    struct attempt attempt;
    struct answer answer;
    struct host server;
    struct case_file file;
    struct verdict verdict;
};

static void set_scene(struct scene *s, uint32_t number)
{
    *s = (struct scene){.verdict = {.cause = CAUSE_KERNEL_RST, .stage = STAGE_REFUSED, .confidence = 0.98}};
    s->attempt.key.client =
        address_from_ipv4((uint8_t[]){10, (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number});
    s->attempt.key.server = address_from_ipv4((uint8_t[]){172, 16, (uint8_t)(number >> 3), (uint8_t)(number * 7)});
    s->attempt.key.client_port = (uint16_t)(number * 31);
    s->attempt.key.server_port = 22;
    s->attempt.syn = (struct mark){.number = 2 * number + 1, .ts_us = 1795330126852817 + number * 1000};
    s->attempt.last_us = s->attempt.syn.ts_us + 254;
    s->attempt.facts = FACT_SSH_PORT;
    s->attempt.answer = &s->answer;
    s->file = (struct case_file){.attempt = &s->attempt, .server = &s->server};
    s->verdict.evidence[0] = (struct evidence){.id = "rst-echoes-tos",
                                               .packet = 2 * number + 2,
                                               .weight = 3.5f,
                                               .sentence = "the RST carries the SYN's TOS {0x}"};
    s->verdict.evidence_count = 1;
}

/* The page of so many attempts; free it. */
static char *page_of(uint32_t attempts, size_t most, const char *detail, const char *source)
{
    static struct tally tally;
    const struct page_options options = {.most_bytes = most, .numeric = true, .version = "0"};
    const struct report_totals totals = {.frames = 2 * attempts};
    struct page *page = page_new(&options);
    assert_non_null(page);
    memset(&tally, 0, sizeof tally);
    for (uint32_t i = 0; i < attempts; i++) {
        struct scene scene;
        set_scene(&scene, i);
        snprintf(scene.verdict.detail, sizeof scene.verdict.detail, "%s", detail);
        tally_add(&tally, &scene.attempt.key, scene.verdict.cause);
        page_attempt(page, &scene.file, &scene.verdict, source);
    }
    page_finish(page, &tally, &totals);
    size_t length;
    const char *whole = page_text(page, &length);
    assert_non_null(whole);
    char *text = calloc(length + 1, 1);
    assert_non_null(text);
    memcpy(text, whole, length);
    page_free(page);
    return text;
}

static void hostile_words_stay_text(void **state)
{
    (void)state;
    char *text = page_of(3, 1 << 20, MARKUP, "\"><img src=x>\n.pcap");
    assert_null(strstr(text, "<img"));
    assert_non_null(strstr(text, "&lt;img src=x onerror=&#39;a&amp;b&#39;&gt;"));
    assert_non_null(strstr(text, "<title>SSH logins in &quot;&gt;&lt;img src=x&gt;?.pcap</title>"));
    free(text);
}

/* Found between `from` and `to`. */
static char *between(const char *text, const char *from, const char *to, size_t *length)
{
    char *start = strstr(text, from);
    assert_non_null(start);
    start += strlen(from);
    const char *end = strstr(start, to);
    assert_non_null(end);
    *length = (size_t)(end - start);
    return start;
}

static void the_policy_names_what_is_there(void **state)
{
    static const char *const parts[][3] = {{"<style>", "</style>", "style-src 'sha256-"},
                                           {"<script>", "</script>", "script-src 'sha256-"}};
    (void)state;
    char *text = page_of(3, 1 << 20, "", "a.pcap");
    for (size_t i = 0; i < 2; i++) {
        struct sha256_ctx context;
        uint8_t digest[SHA256_DIGEST_SIZE];
        char wanted[BASE64_ENCODE_RAW_LENGTH(SHA256_DIGEST_SIZE)];
        size_t length;
        const char *inner = between(text, parts[i][0], parts[i][1], &length);
        sha256_init(&context);
        sha256_update(&context, length, (const uint8_t *)inner);
        sha256_digest(&context, sizeof digest, digest);
        base64_encode_raw(wanted, sizeof digest, digest);
        const char *named = between(text, parts[i][2], "'", &length);
        assert_int_equal(length, sizeof wanted);
        assert_memory_equal(named, wanted, length);
    }
    free(text);
}

/* What a data block holds, unpacked; free it. */
static char *unpacked(const char *text, const char *opening, size_t *length)
{
    enum { MOST = 64 << 20 };
    size_t encoded, size;
    struct base64_decode_ctx context;
    const char *block = between(text, opening, "</script>", &encoded);
    const char *data = memchr(block, '>', encoded);
    assert_non_null(data);
    encoded -= (size_t)(++data - block);
    size = BASE64_DECODE_LENGTH(encoded);
    uint8_t *bytes = malloc(size + 1);
    char *out = malloc(MOST + 1);
    assert_true(bytes && out);
    base64_decode_init(&context);
    assert_true(base64_decode_update(&context, &size, bytes, encoded, data));
    assert_true(base64_decode_final(&context));
    z_stream stream = {.next_in = bytes, .avail_in = (uInt)size, .next_out = (Bytef *)out, .avail_out = MOST};
    assert_int_equal(inflateInit2(&stream, -15), Z_OK);
    assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
    *length = MOST - stream.avail_out;
    inflateEnd(&stream);
    free(bytes);
    out[*length] = '\0';
    return out;
}

static size_t count_of(const char *text, char c)
{
    size_t count = 0;
    for (; (text = strchr(text, c)) != NULL; text++)
        count++;
    return count;
}

static void each_attempt_has_its_row_and_its_detail(void **state)
{
    enum { ATTEMPTS = 500 };
    size_t length, details = 0;
    (void)state;
    char *text = page_of(ATTEMPTS, 4 << 20, "", "a.pcap");
    char *rows = unpacked(text, "data-block=\"rows\"", &length);
    assert_int_equal(count_of(rows, '\n'), ATTEMPTS);
    assert_int_equal(count_of(rows, '\t'), ATTEMPTS * 10);
    free(rows);
    for (const char *at = text; (at = strstr(at, "data-block=\"details\"")) != NULL; at++) {
        char *detail = unpacked(at, "data-block=\"details\"", &length);
        details += count_of(detail, '\x1e');
        free(detail);
    }
    assert_int_equal(details, ATTEMPTS);
    assert_null(strstr(text, "id=\"left-out\""));
    free(text);
}

static void it_stays_within_its_size(void **state)
{
    static const size_t sizes[] = {256 << 10, 400 << 10, 1 << 20};
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char *text = page_of(20000, sizes[i], "each is like the others", "a.pcap");
        assert_true(strlen(text) <= sizes[i]);
        assert_true(strlen(text) > sizes[i] / 4);
        assert_non_null(strstr(text, "id=\"left-out\""));
        assert_non_null(strstr(text, "<b>20,000</b>"));
        free(text);
    }
}

static void nothing_is_a_page_too(void **state)
{
    (void)state;
    char *text = page_of(0, 1 << 20, "", "a.pcap");
    assert_non_null(strstr(text, "<b>0</b><span>attempts"));
    assert_non_null(strstr(text, "</html>"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(markup_is_escaped),
        cmocka_unit_test(every_byte_is_harmless),
        cmocka_unit_test(counts_and_durations),
        cmocka_unit_test(no_attempt_is_lost_in_time),
        cmocka_unit_test(hostile_words_stay_text),
        cmocka_unit_test(the_policy_names_what_is_there),
        cmocka_unit_test(each_attempt_has_its_row_and_its_detail),
        cmocka_unit_test(it_stays_within_its_size),
        cmocka_unit_test(nothing_is_a_page_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
