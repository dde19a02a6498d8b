/* Formats: whatever is in the table is called in order, and writes what a report has to say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sshsniff/probe.h>
#include <sshsniff/report.h>

#include "cli/watch_command.h"
#include "report/format.h"

/* ---- A refused attempt, a host and a probe of it, made by hand ---- */

struct scene {
    struct attempt attempt;
    struct answer answer;
    struct host server;
    struct case_file file;
    struct verdict verdict;
    struct probe_facts facts;
    struct probe_verdict probed;
    struct probe_outcome outcome;
};

static struct scene *scene_new(void)
{
    struct scene *s = calloc(1, sizeof *s);
    assert_non_null(s);
    struct address client = address_from_ipv4((uint8_t[]){10, 7, 1, 2});
    struct address server = address_from_ipv4((uint8_t[]){10, 7, 2, 2});
    s->attempt.key = (struct flow_key){client, server, 35920, 22};
    s->attempt.syn = (struct mark){.number = 1, .ts_us = 1795330126852817};
    s->attempt.last_us = s->attempt.syn.ts_us + 254;
    s->attempt.answer = &s->answer;
    s->server.address = server;
    s->file = (struct case_file){.attempt = &s->attempt, .server = &s->server};
    s->verdict.cause = CAUSE_KERNEL_RST;
    s->verdict.stage = STAGE_REFUSED;
    s->verdict.confidence = 0.98;
    s->verdict.deciding_packet = 2;
    s->verdict.evidence[0] = (struct evidence){.id = "rst-echoes-tos", .packet = 2, .sentence = "the RST"};
    s->verdict.evidence_count = 1;
    s->facts.target = server;
    s->facts.port = 22;
    s->probed.verdict = s->verdict;
    s->outcome = (struct probe_outcome){
        .facts = &s->facts, .file = &s->file, .verdict = &s->probed, .interface = "eth0", .host = "10.7.2.2"};
    return s;
}

/* ---- A format that notes which callbacks are called, and then calls those of another ---- */

static const struct report_format *inner;
static char calls[64];

static void called(char letter)
{
    size_t length = strlen(calls);
    assert_true(length + 1 < sizeof calls);
    calls[length] = letter;
    calls[length + 1] = '\0';
}

static void on_begin(struct format_output *out)
{
    called('B');
    if (inner->begin != NULL)
        inner->begin(out);
}

static void on_attempt(struct format_output *out, const struct case_file *file, const struct verdict *verdict,
                       const char *source)
{
    size_t before = out->line->length;
    called('A');
    inner->attempt(out, file, verdict, source);
    assert_true(out->line->length > before);
}

static void on_group(struct format_output *out, const struct attempt_group *group, const char *source)
{
    called('G');
    inner->group(out, group, source);
}

static void on_note(struct format_output *out, const char *text)
{
    called('N');
    inner->note(out, text);
}

static void on_host(struct format_output *out, const struct host *host, const char *source)
{
    called('H');
    inner->host(out, host, source);
}

static void on_summary(struct format_output *out, const struct tally *tally, const struct report_totals *totals)
{
    called('S');
    assert_int_equal(tally->attempts, 2);
    inner->summary(out, tally, totals);
}

static void on_end(struct format_output *out)
{
    called('E');
    if (inner->end != NULL)
        inner->end(out);
}

static void on_probe(struct format_output *out, const struct probe_outcome *outcome)
{
    called('P');
    inner->probe(out, outcome);
}

static struct report_format noting(const struct report_format *format)
{
    struct report_format copy = *format;
    inner = format;
    calls[0] = '\0';
    copy.begin = on_begin;
    copy.attempt = on_attempt;
    copy.group = format->group != NULL ? on_group : NULL;
    copy.note = format->note != NULL ? on_note : NULL;
    copy.host = format->host != NULL ? on_host : NULL;
    copy.summary = format->summary != NULL ? on_summary : NULL;
    copy.probe = format->probe != NULL ? on_probe : NULL;
    copy.end = on_end;
    return copy;
}

/* All that a report may be asked for, once; an attempt twice. */
static char *write_all(struct scene *s, struct report_options options)
{
    static const struct attempt_group group = {.count = 5, .server_port = 22, .cause = CAUSE_SILENT_DROP};
    char *text = NULL;
    size_t size;
    options.out = open_memstream(&text, &size);
    struct report *report = report_new(&options);
    assert_non_null(report);
    report_verdict(report, &s->file, &s->verdict, "closed.pcap");
    report_verdict(report, &s->file, &s->verdict, "closed.pcap");
    report_group(report, &group, "closed.pcap");
    report_note(report, "a note");
    report_host(report, &s->server, "closed.pcap");
    if (!options.quiet)
        report_probe(report, &s->outcome);
    report_summary(report, &(struct report_totals){.frames = 4});
    assert_true(report_close(report));
    fclose(options.out);
    return text;
}

static void test_names_are_words_and_unique(void **state)
{
    (void)state;
    const struct report_format *format, *other;
    for (size_t i = 0; (format = report_format_at(i)) != NULL; i++) {
        const char *name = report_format_name(format), *help = report_format_help(format);
        assert_true(name[0] != '\0' && strcmp(name, "help") != 0);
        for (const char *c = name; *c != '\0'; c++)
            assert_true(islower((unsigned char)*c) || isdigit((unsigned char)*c) || *c == '-');
        assert_true(help[0] != '\0' && strchr(help, '\n') == NULL);
        for (size_t j = 0; (other = report_format_at(j)) != NULL; j++)
            assert_true(i == j || strcmp(name, report_format_name(other)) != 0);
        assert_ptr_equal(report_format_named(name), format);
        assert_non_null(format->attempt);
        assert_int_equal(format->make_template != NULL, format->from_template != NULL);
    }
    assert_ptr_equal(report_format_at(0), report_format_named("text"));
    assert_non_null(report_format_named("json"));
    assert_null(report_format_named("jso"));
    assert_null(report_format_named(""));
}

static void test_each_is_called_in_order(void **state)
{
    (void)state;
    const struct report_format *format;
    for (size_t i = 0; (format = report_format_at(i)) != NULL; i++) {
        struct scene *s = scene_new();
        struct report_format copy = noting(format);
        char expected[16];
        char *text = write_all(s, (struct report_options){.format = &copy, .numeric = true, .verbose = 2});
        snprintf(expected, sizeof expected, "BAA%s%s%s%s%sE", format->group != NULL ? "G" : "",
                 format->note != NULL ? "N" : "", format->host != NULL ? "H" : "", format->probe != NULL ? "P" : "A",
                 format->summary != NULL ? "S" : "");
        assert_string_equal(calls, expected);
        assert_true(text[0] != '\0' && text[strlen(text) - 1] == '\n');
        assert_non_null(strstr(text, "kernel-rst"));
        free(text);
        copy = noting(format);
        free(write_all(s, (struct report_options){.format = &copy, .numeric = true, .verbose = 2, .quiet = true}));
        assert_string_equal(calls, format->summary != NULL ? "BSE" : "BE");
        free(s);
    }
}

static void test_a_part_has_no_ends(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    struct report_format copy = noting(report_format_named("json"));
    free(write_all(s, (struct report_options){.format = &copy, .part = true}));
    assert_string_equal(calls, "AAGHPS");
    free(s);
}

static void test_nothing_written_is_not_begun(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size;
    struct report_format copy = noting(report_format_named("json"));
    FILE *out = open_memstream(&text, &size);
    assert_true(report_close(report_new(&(struct report_options){.format = &copy, .out = out})));
    fclose(out);
    assert_string_equal(calls, "");
    assert_string_equal(text, "");
    free(text);
}

static void test_hosts_wait_for_their_verbosity(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    struct report_format copy = noting(report_format_named("text"));
    free(write_all(s, (struct report_options){.format = &copy, .numeric = true, .verbose = 1}));
    assert_null(strchr(calls, 'H'));
    copy = noting(report_format_named("json"));
    free(write_all(s, (struct report_options){.format = &copy}));
    assert_non_null(strchr(calls, 'H'));
    free(s);
}

/* ---- The least that a format can be ---- */

struct bare_state {
    unsigned rows;
};

static void bare_attempt(struct format_output *out, const struct case_file *file, const struct verdict *verdict,
                         const char *source)
{
    struct bare_state *own = out->state;
    (void)file;
    buffer_u64(out->line, ++own->rows);
    buffer_char(out->line, ' ');
    buffer_text(out->line, cause_name(verdict->cause));
    buffer_char(out->line, ' ');
    buffer_u64(out->line, verdict->deciding_packet + verdict->evidence[0].packet);
    buffer_char(out->line, ' ');
    buffer_text(out->line, source);
    assert_false(out->colour);
    assert_null(out->names);
    buffer_char(out->line, '\n');
}

/* A probe is then an attempt, and its frame numbers, which nobody could look up, are left out. */
static void test_one_callback_is_enough(void **state)
{
    (void)state;
    static const struct report_format bare = {
        .name = "bare", .help = "for this test", .state_size = sizeof(struct bare_state), .attempt = bare_attempt};
    struct scene *s = scene_new();
    char *text = write_all(s, (struct report_options){.format = &bare, .colour = true});
    assert_string_equal(text, "1 kernel-rst 4 closed.pcap\n2 kernel-rst 4 closed.pcap\n3 kernel-rst 0 eth0\n");
    free(text);
    text = write_all(s, (struct report_options){.format = &bare, .quiet = true});
    assert_string_equal(text, "");
    free(text);
    free(s);
}

static void test_templates_are_for_who_has_them(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    static struct line_template template;
    s->verdict.evidence_count = 0;
    s->verdict.deciding_packet = 0;
    const struct {
        const char *name;
        bool quiet, expected;
    } cases[] = {{"json", false, true}, {"json", true, false}, {"text", false, false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct report *report = report_new(&(struct report_options){
            .format = report_format_named(cases[i].name), .out = stderr, .numeric = true, .quiet = cases[i].quiet});
        assert_int_equal(report_has_templates(report), cases[i].expected);
        assert_int_equal(report_template(report, &s->file, &s->verdict, "x", &template), cases[i].expected);
        report_close(report);
    }
    free(s);
}

/* ---- The whole program, over captures with causes known from pcaps/manifest.jsonl ---- */

static int watched(const char *path, const char *format, char *text, size_t size)
{
    FILE *out = tmpfile();
    assert_non_null(out);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        char program[] = "sshsniff", numeric[] = "-n", read[] = "-r", file[128], option[] = "--format", name[32];
        char *argv[] = {program, numeric, read, file, option, name, NULL};
        snprintf(file, sizeof file, "%s", path);
        snprintf(name, sizeof name, "%s", format);
        dup2(fileno(out), STDOUT_FILENO);
        int status = watch_main(6, argv);
        fflush(NULL);
        _exit(status);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    rewind(out);
    size_t length = fread(text, 1, size - 1, out);
    text[length] = '\0';
    fclose(out);
    return status;
}

static void test_each_over_captures(void **state)
{
    (void)state;
    static const struct {
        const char *path, *server, *cause;
    } captures[] = {
        {"pcaps/silent-drop-blackhole-v4.pcap", "10.7.2.2", "silent-drop"},
        {"pcaps/closed-at-once-v4.pcap", "10.7.2.2", "closed-before-banner"},
        {"pcaps/fail2ban-default-v6.pcap", "fd07:0:0:2::2", "fail2ban-ban"},
        {"pcaps/firewall-rst-router2-prerouting-v6.pcap", "fd07:0:0:3::2", "firewall-rst"},
    };
    static char text[1 << 20];
    const struct report_format *format;
    for (size_t i = 0; (format = report_format_at(i)) != NULL; i++)
        for (size_t c = 0; c < sizeof captures / sizeof captures[0]; c++) {
            assert_int_equal(watched(captures[c].path, report_format_name(format), text, sizeof text), 0);
            assert_non_null(strstr(text, captures[c].cause));
            assert_non_null(strstr(text, captures[c].server));
            assert_int_equal(text[strlen(text) - 1], '\n');
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_are_words_and_unique),
        cmocka_unit_test(test_each_is_called_in_order),
        cmocka_unit_test(test_a_part_has_no_ends),
        cmocka_unit_test(test_nothing_written_is_not_begun),
        cmocka_unit_test(test_hosts_wait_for_their_verbosity),
        cmocka_unit_test(test_one_callback_is_enough),
        cmocka_unit_test(test_templates_are_for_who_has_them),
        cmocka_unit_test(test_each_over_captures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
