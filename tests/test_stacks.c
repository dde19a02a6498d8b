/* Who wrote a SYN-ACK, what a version string says of it, and the text of a RST. What is expected comes from the counts
 * of nmap-os-db and from the lab (docs/facts.md 1.9). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <sshsniff/attempt.h>
#include <sshsniff/stack.h>

#include "track/rst_text.h"

/* Options as a digit each, as in tests/script.h: 1 NOP, 2 MSS, 3 scale, 4 SACK, 5 time stamps, 6 end. */
static uint64_t options_of(const char *digits)
{
    static const uint8_t kind[] = {SYN_OPTION_NONE, SYN_OPTION_NOP,        SYN_OPTION_MSS, SYN_OPTION_SCALE,
                                   SYN_OPTION_SACK, SYN_OPTION_TIMESTAMPS, SYN_OPTION_END, SYN_OPTION_OTHER};
    uint64_t options = 0;
    for (; *digits; digits++)
        options = options << SYN_OPTION_BITS | kind[*digits - '0'];
    return options;
}

static void a_syn_ack_names_its_stack(void **state)
{
    static const struct {
        const char *options;
        uint8_t ttl;
        bool df, ipv6, all_offered;
        uint16_t id;
        enum stack stack;
    } cases[] = {
        {"24513", 60, true, false, true, 0, STACK_LINUX},
        {"24513", 60, false, true, true, 0, STACK_LINUX},
        {"24513", 120, true, false, true, 0, STACK_LINUX}, /* net.ipv4.ip_default_ttl=128 */
        {"24513", 250, true, false, true, 77, STACK_OTHER},
        {"24513", 60, true, false, true, 77, STACK_OTHER},
        {"21345", 120, true, false, true, 77, STACK_WINDOWS},
        {"21345", 60, true, false, true, 0, STACK_FREEBSD},
        {"21311546", 60, true, false, true, 0, STACK_APPLE},
        {"211413115", 60, true, false, true, 77, STACK_OPENBSD},
        {"213115411", 60, true, false, true, 0, STACK_NETBSD},
        {"45213", 60, true, false, true, 0, STACK_SOLARIS},
        {"211513", 64, false, false, true, 77, STACK_EMBEDDED}, /* gVisor */
        {"2", 255, false, false, true, 77, STACK_EMBEDDED},
        {"213", 255, false, false, true, 77, STACK_EMBEDDED},
        /* What the SYN did not offer cannot be there. */
        {"2", 60, true, false, false, 0, STACK_UNKNOWN},
        {"211413", 60, true, false, false, 0, STACK_LINUX}, /* to a Windows client, without time stamps */
        {"213114", 60, true, false, false, 0, STACK_OTHER},
        {"2", 255, false, false, false, 77, STACK_OTHER},
        /* Multipath TCP, TCP Fast Open. */
        {"245137", 60, true, false, true, 0, STACK_UNKNOWN},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct synack_look look = {.options = options_of(cases[i].options),
                                         .whole = true,
                                         .all_offered = cases[i].all_offered,
                                         .ipv6 = cases[i].ipv6,
                                         .df = cases[i].df,
                                         .ttl = cases[i].ttl,
                                         .ip_id = cases[i].id};
        if (stack_of_synack(&look) != cases[i].stack)
            fail_msg("%s, TTL %d: %s, not %s", cases[i].options, cases[i].ttl, stack_row(stack_of_synack(&look))->name,
                     stack_row(cases[i].stack)->name);
    }
}

static void what_the_snaplen_cut_names_nothing(void **state)
{
    (void)state;
    const struct synack_look look = {.options = options_of("21"), .all_offered = true, .df = true, .ttl = 60};
    assert_int_equal(stack_of_synack(&look), STACK_UNKNOWN);
}

static void a_version_names_its_system(void **state)
{
    (void)state;
    assert_int_equal(stack_of_version("SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u10"), STACK_LINUX);
    assert_int_equal(stack_of_version("SSH-2.0-OpenSSH_for_Windows_8.1"), STACK_WINDOWS);
    assert_int_equal(stack_of_version("SSH-2.0-OpenSSH_9.7 FreeBSD-20240806"), STACK_FREEBSD);
    assert_int_equal(stack_of_version("SSH-2.0-Cisco-1.25"), STACK_EMBEDDED);
    assert_int_equal(stack_of_version("SSH-2.0-OpenSSH_8.0"), STACK_UNKNOWN);
    assert_true(version_is_recent("SSH-2.0-OpenSSH_8.2p1 Ubuntu-4ubuntu0.5"));
    assert_true(version_is_recent("SSH-2.0-OpenSSH_10.0"));
    assert_false(version_is_recent("SSH-2.0-OpenSSH_8.0"));
    assert_false(version_is_recent("SSH-2.0-OpenSSH_7.9p1 Debian-10"));
    assert_false(version_is_recent("SSH-2.0-OpenSSH_"));
    assert_false(version_is_recent("SSH-2.0-dropbear_2022.83"));
}

static void a_reset_may_tell_why(void **state)
{
    static const struct {
        const char *data, *text;
    } cases[] = {
        {"Go away, we're not home", "Go away, we're not home"},
        {"no listener\r\n", "no listener"},
        {"\x01\x02\x03\x04\x05", ""},
        {"", ""},
        {"0123456789012345678901234567890123456789012345678901234567890123456789",
         "012345678901234567890123456789012345678901234567890123456789012"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[RST_TEXT_SIZE];
        const uint32_t size = (uint32_t)strlen(cases[i].data);
        rst_text_read(text, &(struct tcp_view){.payload = (const uint8_t *)cases[i].data,
                                               .payload_len = size,
                                               .payload_captured = size});
        assert_string_equal(text, cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_syn_ack_names_its_stack),
        cmocka_unit_test(what_the_snaplen_cut_names_nothing),
        cmocka_unit_test(a_version_names_its_system),
        cmocka_unit_test(a_reset_may_tell_why),
    };
    return cmocka_run_group_tests_name("stacks", tests, NULL, NULL);
}
