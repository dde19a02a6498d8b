/* The command line, and the kernel filter that it leads to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

#include "cli/kernel_filter.h"
#include "cli/options.h"

#define LINKTYPE_EN10MB 1

/* The words are literals: getopt may move them about in argv, nobody writes to them. */
static bool parse(struct options *out, char *error, const char *first, ...)
{
    union {
        const char *literal;
        char *word;
    } word = {.literal = "sshsniff"};
    static char *argv[32];
    int argc = 0;
    va_list words;
    argv[argc++] = word.word;
    va_start(words, first);
    for (word.literal = first; word.literal != NULL; word.literal = va_arg(words, const char *))
        argv[argc++] = word.word;
    va_end(words);
    argv[argc] = NULL;
    return options_parse(argc, argv, out, error);
}

#define PARSE(...) parse(&options, error, __VA_ARGS__, (char *)NULL)

static void refused(const char *about, const char *first, const char *second)
{
    struct options options;
    char error[OPTIONS_ERROR_SIZE];
    assert_false(parse(&options, error, first, second, (char *)NULL));
    assert_non_null(strstr(error, about));
    assert_null(strchr(error, '\n'));
    options_free(&options);
}

static void test_defaults(void **state)
{
    (void)state;
    struct options options;
    char error[OPTIONS_ERROR_SIZE];
    char *argv[] = {(char[]){"sshsniff"}, NULL};
    assert_true(options_parse(1, argv, &options, error));
    assert_int_equal(options.action, ACTION_WATCH);
    assert_null(options.interface);
    assert_int_equal(options.file_count, 0);
    assert_null(options.filter);
    static const uint16_t usual[] = {22, 222, 2222, 8022, 22022};
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++)
        assert_true(port_set_has(&options.ports, usual[i]));
    assert_false(port_set_has(&options.ports, 23));
    options_free(&options);
}

static void test_letters(void **state)
{
    (void)state;
    struct options options;
    char error[OPTIONS_ERROR_SIZE];
    assert_true(
        PARSE("-nqpvv", "-c7", "-s", "96", "-Z", "nobody", "-w", "out.pcap", "-i", "eth0", "-P", "22,2000-2002"));
    assert_true(options.numeric && options.quiet && options.no_promiscuous);
    assert_int_equal(options.verbose, 2);
    assert_int_equal(options.count, 7);
    assert_int_equal(options.snaplen, 96);
    assert_string_equal(options.user, "nobody");
    assert_string_equal(options.save, "out.pcap");
    assert_string_equal(options.interface, "eth0");
    assert_true(port_set_has(&options.ports, 2001));
    assert_false(port_set_has(&options.ports, 2222));
    options_free(&options);
}

static void test_long_forms(void **state)
{
    (void)state;
    struct options options;
    char error[OPTIONS_ERROR_SIZE];
    assert_true(PARSE("--read", "a.pcap", "--read=-", "--json", "--fail-on-failure", "--numeric"));
    assert_int_equal(options.file_count, 2);
    assert_string_equal(options.files[0], "a.pcap");
    assert_string_equal(options.files[1], "-");
    assert_true(options.format == report_format_named("json") && options.fail_on_failure && options.numeric);
    options_free(&options);
    assert_true(PARSE("--help"));
    assert_int_equal(options.action, ACTION_HELP);
    options_free(&options);
    assert_true(PARSE("--version"));
    assert_int_equal(options.action, ACTION_VERSION);
    options_free(&options);
    assert_true(PARSE("-D"));
    assert_int_equal(options.action, ACTION_LIST_INTERFACES);
    options_free(&options);
}

static void test_formats(void **state)
{
    static const char start[] = "--format jsn: no such format; choose from: text, json";
    (void)state;
    struct options options;
    char error[OPTIONS_ERROR_SIZE];
    assert_true(PARSE("-n"));
    assert_ptr_equal(options.format, report_format_named("text"));
    options_free(&options);
    assert_true(PARSE("--json"));
    assert_ptr_equal(options.format, report_format_named("json"));
    options_free(&options);
    assert_true(PARSE("--json", "--format", "text"));
    assert_ptr_equal(options.format, report_format_named("text"));
    assert_int_equal(options.action, ACTION_WATCH);
    options_free(&options);
    assert_true(PARSE("--format", "help"));
    assert_int_equal(options.action, ACTION_LIST_FORMATS);
    options_free(&options);
    assert_false(PARSE("--format", "jsn"));
    assert_memory_equal(error, start, sizeof start - 1);
    options_free(&options);
}

static void test_filter_is_what_remains(void **state)
{
    (void)state;
    struct options options;
    char error[OPTIONS_ERROR_SIZE];
    assert_true(PARSE("-r", "a.pcap", "host", "10.7.1.2", "and not", "port 2222"));
    assert_string_equal(options.filter, "host 10.7.1.2 and not port 2222");
    options_free(&options);
}

/* By its name, unless it is said. */
static void format_of_what_is_saved(void **state)
{
    static const struct {
        const char *words[4];
        bool commented;
    } lines[] = {{{"-w", "a.pcap"}, false},
                 {{"-w", "a.pcapng"}, true},
                 {{"-w", "-"}, false},
                 {{"-w", "-", "--write-format", "pcapng"}, true},
                 {{"-w", "a.pcapng", "--write-format", "pcap"}, false},
                 {{"-r", "a.pcapng"}, false}};
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct options options;
        char error[OPTIONS_ERROR_SIZE];
        assert_true(PARSE(lines[i].words[0], lines[i].words[1], lines[i].words[2], lines[i].words[3]));
        assert_int_equal(options.save_commented, lines[i].commented);
        options_free(&options);
    }
    refused("--write-format PCAPNG", "-wx", "--write-format=PCAPNG");
    refused("--write-format", "--write-format", "pcapng"); /* of no file */
}

static void test_page_size(void **state)
{
    (void)state;
    struct options options;
    char error[OPTIONS_ERROR_SIZE];
    assert_true(PARSE("--html", "a.html"));
    assert_string_equal(options.html, "a.html");
    assert_int_equal(options.html_size, 10 << 20);
    options_free(&options);
    assert_true(PARSE("--html", "a.html", "--html-size", "20M"));
    assert_int_equal(options.html_size, 20 << 20);
    options_free(&options);
    assert_true(PARSE("--html", "a.html", "--max-memory", "32M")); /* a quarter of it */
    assert_int_equal(options.html_size, 8 << 20);
    options_free(&options);
    assert_false(PARSE("--html", "a.html", "--max-memory", "32M", "--html-size", "9M"));
    options_free(&options);
}

static void test_usage_errors(void **state)
{
    (void)state;
    refused("-x", "-x", NULL);
    refused("--nonsense", "--nonsense", NULL);
    refused("-r", "-r", NULL);
    refused("-c", "-c", "0");
    refused("-c", "-c", "7x");
    refused("-c", "-c", "-1");
    refused("-s", "-s", "262145");
    refused("--flood", "--flood", "many");
    refused("--flood", "--flood", "-1");
    refused("--heartbeat", "--heartbeat", "-1");
    refused("--max-memory", "--max-memory", "much");
    refused("--max-memory", "--max-memory", "31M");
    refused("--max-memory", "--max-memory", "64MB");
    refused("--max-memory", "--max-memory", "99999999999G");
    refused("--html-size", "--html-size", "1M"); /* of no page */
    refused("--html-size", "--html=x", "--html-size=255K");
    refused("--html-size", "--html=x", "--html-size=large");
    refused("--html", "--html", "");
    refused("--html", "--html", "-");
    refused("--format", "--format", "nonsense");
    refused("--format", "--format", "");
    refused("--format", "--format", NULL);
    refused("-P", "-P", "22,");
    refused("-P", "-P", "70000");
    refused("-i", "-ilo", "-ieth0");
    refused("-r", "-ilo", "-rfile");
    refused("--local", "--local", "-rfile");
}

static int compiled_length(int linktype, const char *expression)
{
    struct bpf_program program;
    pcap_t *dead = pcap_open_dead(linktype, 262144);
    int length = -1;
    if (pcap_compile(dead, &program, expression, 1, PCAP_NETMASK_UNKNOWN) == 0) {
        length = (int)program.bf_len;
        pcap_freecode(&program);
    }
    pcap_close(dead);
    return length;
}

static int filter_length(int linktype, const struct port_set *ports, const char *user, bool vlan)
{
    char *expression = kernel_filter(ports, user, vlan);
    int length = compiled_length(linktype, expression);
    free(expression);
    return length;
}

static void test_kernel_filter_compiles(void **state)
{
    (void)state;
    enum { KERNEL_LIMIT = 4096 }; /* BPF_MAXINSNS */
    static const char *const users[] = {NULL, "host 10.7.2.2 or host fd00::2", "not net 10.0.0.0/8", "port 22 or icmp"};
    struct port_set usual, scattered = {{0}}, range;
    assert_true(port_set_parse(&usual, "22,222,2222,8022,22022"));
    assert_true(port_set_parse(&range, "22-30000"));
    for (unsigned port = 1; port < 65536; port += 2)
        scattered.bits[port >> 6] |= 1ULL << (port & 63);
    const struct port_set *sets[] = {&usual, &range, &scattered};
    for (size_t s = 0; s < 3; s++)
        for (size_t u = 0; u < sizeof users / sizeof users[0]; u++) {
            int ethernet = filter_length(LINKTYPE_EN10MB, sets[s], users[u], true);
            int cooked = filter_length(DLT_LINUX_SLL2, sets[s], users[u], false);
            int raw = filter_length(DLT_RAW, sets[s], users[u], false);
            assert_true(ethernet > 0 && ethernet < KERNEL_LIMIT);
            assert_true(cooked > 0 && cooked < KERNEL_LIMIT);
            assert_true(raw > 0 && raw < KERNEL_LIMIT);
        }
    assert_true(filter_length(LINKTYPE_EN10MB, &usual, "vlan 5 and host 10.7.2.2", true) > 0);
    assert_true(filter_length(LINKTYPE_EN10MB, &usual, "no such words", true) < 0);
}

/* An Ethernet frame with an IPv4 or IPv6 TCP segment of 20 header bytes. */
static size_t segment(uint8_t *out, bool ipv6, bool vlan, uint8_t flags, uint16_t port, const char *payload)
{
    size_t at = 12, payload_length = strlen(payload);
    memset(out, 0, 256);
    if (vlan) {
        out[at] = 0x81;
        at += 4;
    }
    out[at] = ipv6 ? 0x86 : 0x08;
    out[at + 1] = ipv6 ? 0xdd : 0x00;
    at += 2;
    out[at] = ipv6 ? 0x60 : 0x45;
    out[at + (ipv6 ? 6 : 9)] = 6;
    out[at + (ipv6 ? 5 : 3)] = (uint8_t)((ipv6 ? 20 : 40) + payload_length);
    at += ipv6 ? 40 : 20;
    out[at + 2] = (uint8_t)(port >> 8);
    out[at + 3] = (uint8_t)port;
    out[at + 12] = 0x50;
    out[at + 13] = flags;
    memcpy(out + at + 20, payload, payload_length);
    return at + 20 + payload_length;
}

static bool passes(const struct bpf_program *program, const uint8_t *frame, size_t length)
{
    struct pcap_pkthdr header = {.caplen = (bpf_u_int32)length, .len = (bpf_u_int32)length};
    return pcap_offline_filter(program, &header, frame) != 0;
}

static void test_kernel_filter_selects(void **state)
{
    (void)state;
    enum { SYN = 2, ACK = 16, RST = 4 };
    uint8_t frame[256];
    struct port_set ports;
    struct bpf_program program;
    assert_true(port_set_parse(&ports, "22"));
    char *expression = kernel_filter(&ports, NULL, true);
    pcap_t *dead = pcap_open_dead(LINKTYPE_EN10MB, 262144);
    assert_int_equal(pcap_compile(dead, &program, expression, 1, PCAP_NETMASK_UNKNOWN), 0);
    for (int form = 0; form < 4; form++) {
        bool ipv6 = form & 1, vlan = form & 2;
        assert_true(passes(&program, frame, segment(frame, ipv6, vlan, ACK, 22, "x")));
        assert_true(passes(&program, frame, segment(frame, ipv6, vlan, SYN, 80, "")));
        assert_true(passes(&program, frame, segment(frame, ipv6, vlan, RST | ACK, 80, "")));
        assert_true(passes(&program, frame, segment(frame, ipv6, vlan, ACK, 80, "SSH-2.0-x\r\n")));
        assert_false(passes(&program, frame, segment(frame, ipv6, vlan, ACK, 80, "GET / HTTP/1.1\r\n")));
        assert_false(passes(&program, frame, segment(frame, ipv6, vlan, ACK, 80, "")));
        /* Shorter than the banner test reads: the port must have been looked at before. */
        assert_true(passes(&program, frame, segment(frame, ipv6, vlan, ACK, 22, "")));
    }
    pcap_freecode(&program);
    pcap_close(dead);
    free(expression);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_letters),
        cmocka_unit_test(test_long_forms),
        cmocka_unit_test(test_formats),
        cmocka_unit_test(test_filter_is_what_remains),
        cmocka_unit_test(test_page_size),
        cmocka_unit_test(format_of_what_is_saved),
        cmocka_unit_test(test_usage_errors),
        cmocka_unit_test(test_kernel_filter_compiles),
        cmocka_unit_test(test_kernel_filter_selects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
