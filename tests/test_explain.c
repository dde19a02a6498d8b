/* Messages of clients, and what explains them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/explain_words.h"

static struct log_reading reading;

static void read_line(const char *line)
{
    explain_line(&reading, line, strlen(line));
}

static struct explanation explained(const char *line)
{
    struct explanation out;
    memset(&reading, 0, sizeof reading);
    read_line(line);
    if (!explain_log(&reading, &out))
        fail_msg("nothing is known of: %s", line);
    return out;
}

static bool names(const struct explanation *explanation, enum cause cause)
{
    for (size_t i = 0; i < explanation->count; i++)
        if (explanation->causes[i] == cause)
            return true;
    return false;
}

/* What a cause's own row says that ssh prints leads back to that cause. */
static void each_cause_is_found(void **state)
{
    char line[EXPLAIN_LINE];
    (void)state;
    for (int i = 0; i < CAUSE_COUNT; i++) {
        const struct cause_text *text = cause_row((enum cause)i)->errors;
        for (; text != NULL && text->text != NULL; text++) {
            if (text->text[0] == '\0' ||
                strcmp(text->text, "%e") == 0) /* another program's; depends on the ICMP code */
                continue;
            assert_true(slots_explain(text->text, line, sizeof line));
            const struct explanation found = explained(line);
            if (!names(&found, (enum cause)i))
                fail_msg("%s does not lead to %s", line, cause_row((enum cause)i)->id);
        }
    }
}

/* The words of a row, with something where its stars are. */
static void words_of(const char *pattern, char out[EXPLAIN_LINE])
{
    size_t at = 0;
    for (; *pattern != '\0' && at + 2 < EXPLAIN_LINE; pattern++)
        out[at++] = *pattern == '*' ? '7' : *pattern;
    out[at] = '\0';
}

static void each_message_is_whole(void **state)
{
    char line[EXPLAIN_LINE];
    const struct message *row;
    (void)state;
    for (size_t i = 0; (row = message_at(i)) != NULL; i++) {
        assert_true(strlen(row->text) >= 4);
        assert_int_equal(row->says[strlen(row->says) - 1], '.');
        assert_true(row->causes[0] != CAUSE_COUNT);
        assert_int_equal(row->from == LOG_UNKNOWN, row->to == LOG_UNKNOWN);
        for (const enum cause *cause = row->causes; *cause != CAUSE_COUNT; cause++)
            for (const enum cause *other = row->causes; other != cause; other++)
                if (*other == *cause)
                    fail_msg("%s names %s twice", row->text, cause_row(*cause)->id);
        words_of(row->text, line);
        memset(&reading, 0, sizeof reading);
        reading.stage = row->from;
        read_line(line);
        struct explanation found;
        if (!explain_log(&reading, &found))
            fail_msg("nothing is known of: %s", line);
    }
    assert_true(message_at(100000) == NULL);
}

static void the_server_is_named(void **state)
{
    static const struct {
        const char *line, *host;
        unsigned port;
    } cases[] = {
        {"ssh: connect to host example.com port 2222: Connection refused", "example.com", 2222},
        {"debug1: Connecting to gate [2001:db8::7] port 22.", "gate", 22},
        {"ssh: Could not resolve hostname nowhere.example: Name or service not known", "nowhere.example", 0},
        {"Connection closed by 2001:db8::7 port 22", "2001:db8::7", 22},
        {"dial tcp 192.0.2.1:2200: connect: connection refused", "192.0.2.1", 2200},
        {"dial tcp [2001:db8::7]:22: i/o timeout", "2001:db8::7", 22},
        {"NoValidConnectionsError(None, 'Unable to connect to port 22 on 192.0.2.1')", "192.0.2.1", 22},
        {"Error: connect ECONNREFUSED 192.0.2.1:22", "192.0.2.1", 22},
        {"ssh: connect to host -oProxyCommand=x port 22: Connection refused", NULL, 0}, /* no option of ssh */
        {"ssh: connect to host $(id) port 22: Connection refused", NULL, 0},            /* no command */
        {"ssh: connect to host a;b port 22: Connection refused", NULL, 0},
        {"ssh: connect to host a port 99999: Connection refused", NULL, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct explanation found = explained(cases[i].line);
        if (cases[i].host == NULL) {
            if (found.server.host != NULL)
                fail_msg("%s: %s was taken for a host", cases[i].line, found.server.host);
            continue;
        }
        if (found.server.host == NULL)
            fail_msg("%s: no host was found", cases[i].line);
        assert_string_equal(found.server.host, cases[i].host);
        assert_int_equal(found.server.port, cases[i].port);
    }
}

static void the_strongest_message_counts(void **state)
{
    struct explanation found;
    (void)state;
    memset(&reading, 0, sizeof reading);
    read_line("debug1: kex_exchange_identification: banner line 0: Exceeded MaxStartups");
    read_line("kex_exchange_identification: Connection closed by remote host");
    read_line("fatal: Could not read from remote repository.");
    assert_true(explain_log(&reading, &found));
    assert_int_equal(found.causes[0], CAUSE_MAXSTARTUPS);
    read_line("OpenSSH_9.2p1, OpenSSL 3.0"); /* a second try in the same log */
    read_line("ssh: connect to host a port 22: No route to host");
    assert_true(explain_log(&reading, &found));
    assert_int_equal(found.causes[0], CAUSE_HOST_UNREACHABLE);
    assert_false(names(&found, CAUSE_MAXSTARTUPS));
}

/* A log without any message: where it ends. */
static void the_end_counts(void **state)
{
    struct explanation found;
    (void)state;
    memset(&reading, 0, sizeof reading);
    read_line("debug1: Connecting to gate [192.0.2.1] port 22.");
    read_line("debug1: Connection established.");
    read_line("debug1: Remote protocol version 2.0, remote software version OpenSSH_9.2p1");
    read_line("debug1: SSH2_MSG_KEXINIT sent");
    read_line("debug1: expecting SSH2_MSG_KEX_ECDH_REPLY");
    assert_true(explain_log(&reading, &found));
    assert_null(found.line);
    assert_int_equal(found.stage, LOG_KEX);
    assert_int_equal(found.causes[0], CAUSE_MTU_BLACKHOLE);
}

/* Any bytes: none of them steers a terminal afterwards. */
static void nothing_hostile_comes_out(void **state)
{
    char line[4000];
    struct buffer out = {0};
    struct explanation found;
    (void)state;
    for (unsigned round = 0; round < 2000; round++) {
        memset(&reading, 0, sizeof reading);
        const size_t length = (size_t)rand() % sizeof line;
        for (size_t i = 0; i < length; i++)
            line[i] = (char)rand();
        static const char words[] = "connect to host \033[2Jx port 22: Connection refused";
        if (length > sizeof words)
            memcpy(line + (size_t)rand() % (length - sizeof words), words, sizeof words - 1);
        explain_line(&reading, line, length);
        if (!explain_log(&reading, &found))
            continue;
        out.length = 0;
        explain_text(&out, &found, false, 0);
        explain_json(&out, &found);
        for (size_t i = 0; i < out.length; i++)
            if ((unsigned char)out.data[i] < 0x20 && out.data[i] != '\n')
                fail_msg("byte %d of round %u comes out", out.data[i], round);
    }
    buffer_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_cause_is_found), cmocka_unit_test(each_message_is_whole),
        cmocka_unit_test(the_server_is_named), cmocka_unit_test(the_strongest_message_counts),
        cmocka_unit_test(the_end_counts),      cmocka_unit_test(nothing_hostile_comes_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
