/* Rows that ask whether one machine answers for the server's address: where they fire, and where they must not; and
 * what comes of them. */
#include "outcomes.h"
#include "rows.h"

#define GREETED_BY(mac_and_ttl, asked)                                                                                 \
    ">S" asked " +1 <SA," mac_and_ttl " >A" asked " +1 <'SSH-2.0-OpenSSH_9.2p1\r\n'," mac_and_ttl " >FA" asked         \
    " +1 <FA," mac_and_ttl " >A" asked " +1 "
#define GREET SHAKE HELLO_C "+20 " HELLO_S
#define GOOD  GREETED_BY("ttl=64", "")
/* A connection to a server that is far away. */
#define FAR_GOOD    ">S +40 <SA,ttl=55 >A +40 <'SSH-2.0-OpenSSH_9.2p1\r\n',ttl=55 >FA +40 <FA,ttl=55 >A +1 "
#define NEAR_CLOSED ">S +1 <SA,ttl=64 >A +5 <FA,ttl=64 >FA"

/* As far as the host key. */
#define KEY(far, ms, reply)                                                                                            \
    ">S +" ms " <SA" far " >A " HELLO_C "+" ms " <'SSH-2.0-OpenSSH_9.2p1\r\n'" far " >kexinit +" ms " <kexinit" far    \
    " >init +" ms " <" reply far " <newkeys" far " +1 >FA +" ms " <FA" far
#define NEAR_KEY       KEY(",ttl=64", "1", "hostkey")
#define FAR_KEY(reply) KEY(",ttl=55", "40", reply)

#define ASKED_KEY(reply)                                                                                               \
    ">S,asked=99 +1 <SA,mac=99,ttl=64 >A,asked=99 " HELLO_C "+1 <'SSH-2.0-x\r\n',mac=99,ttl=64 >kexinit,asked=99 +1 "  \
    "<kexinit,mac=99,ttl=64 >init,asked=99 +1 <" reply ",mac=99,ttl=64 <newkeys,mac=99,ttl=64 +1 >FA,asked=99"

#define NEAR_PORTAL                                                                                                    \
    ">S +1 <SA,ttl=64 >A " HELLO_C "+1 <'HTTP/1.1 302 Found\r\nLocation: http://portal/\r\n\r\n',ttl=64 <FA,ttl=64"

static const struct row_case of_conflicts[] = {
    {"two-answer", "who +1 is +1 also >S +1 <RA,ttl=64", "who +1 is +5000 who +1 also >S +1 <RA,ttl=64"},
    {"two-answer", "v6 who +1 is +1 also >S +1000 >S +2000 >S +5000 tick",
     "v6 who +1 is +1 is >S +1000 >S +2000 >S +5000 tick"},
    {"two-answer", "who +1 is +1 also +100000 >S +1 <RA,ttl=64", "who +1 is +1 also +1000000 >S +1 <RA,ttl=64"},
    {"speaks-again", "who is +5000 boots +2000 who is >S +1 <RA,ttl=64",
     "who is +5000 boots +2000 who also >S +1 <RA,ttl=64"},
    {"speaks-again", "v6 who is +5000 boots +500 >S +1 <SA,ttl=64 +1000 <SA,ttl=64 +2000 <SA,ttl=64",
     "v6 who is +5000 boots +500 >S +1 <SA,ttl=63 +1000 <SA,ttl=63 +2000 <SA,ttl=63"},
    {"rst-by-second", ">S +1 <SA,ttl=64 >A,asked=99 +1 <R,ttl=64,mac=99", ">S +1 <SA,ttl=64 >A +1 <R,ttl=64,mac=99"},
    {"asks-second", "@2 " GOOD "@1 >S,asked=99 +1 <RA,ttl=64,mac=99 +1 @3 " GOOD,
     "@2 " GOOD "@1 >S,asked=99 +1 <RA,ttl=64,mac=99 +1 "},
    {"asks-new", "@2 " GOOD "@1 >S,asked=99 +1 <RA,ttl=64,mac=99",
     "who is @2 " GOOD "boots @1 >S,asked=99 +1 <RA,ttl=64,mac=99"},
    {"second-kernel", "v6 who is also >S +1 <RA,ttl=64,label=7", "v6 who is also >S +1 <RA,ttl=64"},
    {"second-host-key", "@2 " KEY(",ttl=64", "1", "hostkey") " +1 @1 " ASKED_KEY("hostkey-other"),
     "@2 " KEY(",ttl=64", "1", "hostkey") " +1 @1 " ASKED_KEY("hostkey")},
    {"asks-new", "cooked @2 " GOOD "@1 >S +1 <RA,ttl=64,mac=99", "cooked @2 " GOOD "@1 >S +1 <RA,ttl=64"},
    {"asks-new", ">S,asked=99 +1 <RA,ttl=64,mac=99 +1 @2 " GOOD "@1", ">S +1 <RA,ttl=64 +1 @2 " GOOD "@1"},
    {"second-rule", "who +1 is +1 also >S,asked=99 +1 !3/3", ">S +1 !3/3"},
    {"rst-by-claimant", "who is @2 " GOOD "+5000 boots @1 >S,asked=99 +1 <RA,ttl=64,mac=99",
     "who is @2 " GOOD "+5000 @1 >S,asked=99 +1 <RA,ttl=64,mac=99"},
    {"met-the-usual", "who is also @2 " LOGIN LEAVE "@3 " LOGIN LEAVE "@1 " SHAKE KEX ASKED TRY TRY LEAVE,
     "who is also " SHAKE KEX ASKED TRY TRY LEAVE},
    {"met-the-usual", "who is also @2 " GOOD "@1 >S +1 <RA,ttl=64",
     "who is also @2 " GOOD "@1 >S,asked=99 +1 <RA,ttl=64,mac=99"},
    {"answers-from-other", "who is also >S,asked=99 +1 <RA,ttl=64", "who is also >S +1 <RA,ttl=64"},
    {"answers-from-other", "who is also 2>S,asked=99 +1 2<RA,ttl=64 +1 >S +1 <RA,ttl=64",
     "who is also 2>S +1 2<RA,ttl=64 +1 >S +1 <RA,ttl=64"},
    {"take-turns", "who is +9000 boots +9000 announces +9000 boots >S +1 <RA,ttl=64",
     "who is +9000 boots +9000 announces >S +1 <RA,ttl=64"},
};

static const struct row_case of_interception[] = {
    {"known-proxy", SHAKE HELLO_C "+1 <'SSH-2.0-PaloAltoNetworks_0.2\r\n' >kexinit +90 <FA", GREET ">kexinit +90 <FA"},
    {"nearer-than-others", NEAR_CLOSED " +1 @2 " FAR_GOOD, ">S +30 <SA,ttl=57 >A +5 <FA,ttl=57 >FA +1 @2 " FAR_GOOD},
    {"other-banner-nearer", SHAKE HELLO_C "+1 <'SSH-2.0-other\r\n' >kexinit +90 <FA +1 @2 " FAR_GOOD,
     SHAKE HELLO_C "+1 " HELLO_S ">kexinit +90 <FA +1 @2 " FAR_GOOD},
    {"other-host-key", NEAR_KEY " +1 @2 " FAR_KEY("hostkey-other"), NEAR_KEY " +1 @2 " FAR_KEY("hostkey")},
    {"ssh-is-farther", NEAR_CLOSED " +1 @2 " FAR_GOOD, NEAR_CLOSED " +1 @2 >S +40 <SA,ttl=55 >A +40 <FA,ttl=55 >FA"},
    {"answered-next-door", "far " NEAR_CLOSED, NEAR_CLOSED},
    {"answered-next-door", "gateway " NEAR_CLOSED, "gateway >S +1 <SA,ttl=63 >A +5 <FA,ttl=63 >FA"},
    {"portal-answers", "far " NEAR_PORTAL, NEAR_PORTAL},
    {"made-up-address", "fake " NEAR_CLOSED, "far " NEAR_CLOSED},
    {"accepts-everything", "2>S,port=23 +1 2<SA 2>A 3>S,port=99 +1 3<SA 3>A 4>S,port=80 +1 4<SA 4>A " NEAR_CLOSED,
     "2>S,port=23 +1 2<SA 2>A 3>S,port=99 +1 3<RA 4>S,port=80 +1 4<SA 4>A " NEAR_CLOSED},
    {"portal-answers", SHAKE HELLO_C "+1 <'HTTP/1.1 511 Network Authentication Required\r\n\r\n' <FA",
     SHAKE HELLO_C "+1 <'HTTP/1.1 400 Bad Request\r\n\r\n' <FA"},
};

static void rows_of_conflicts(void **state)
{
    static const struct evidence_table only = {.lists = {&conflict_rows}};
    (void)state;
    assert_int_equal(check_rows(of_conflicts, COUNT(of_conflicts)) +
                         uncovered(&only, NULL, of_conflicts, COUNT(of_conflicts), sizeof *of_conflicts),
                     0);
}

static void rows_of_interception(void **state)
{
    static const struct evidence_table only = {.lists = {&intercepted_rows}};
    (void)state;
    assert_int_equal(check_rows(of_interception, COUNT(of_interception)) +
                         uncovered(&only, NULL, of_interception, COUNT(of_interception), sizeof *of_interception),
                     0);
}

static const struct outcome outcomes[] = {
    /* Two machines: one has no sshd, one says nothing, one resets in the middle. */
    {"who +1 is +1 also >S,asked=99 +1 <RA,ttl=64,mac=99", CAUSE_ADDRESS_CONFLICT, 0.85, 1},
    {"v6 who +1 is +1 also >S,tos=0x48,asked=99 +1 <RA,ttl=64,mac=99,tos=0x48", CAUSE_ADDRESS_CONFLICT, 0.8, 1},
    {"who +1 is +1 also >S,asked=99 +1000 >S,asked=99 +2000 >S,asked=99 +4000 tick", CAUSE_ADDRESS_CONFLICT, 0.85, 1},
    {"who is >S +1 <SA,ttl=64 >A boots +1 >'SSH-2.0-x\r\n',asked=99 +1 <R,ttl=64,mac=99 +1000 <SA,ttl=64",
     CAUSE_ADDRESS_CONFLICT, 0.9, 1},
    /* Fail-over, and a replaced card: the old MAC address says nothing any more. */
    {"who is @2 " GOOD "+5000 boots +1 @1 >S,asked=99 +1 <RA,ttl=64,mac=99", CAUSE_KERNEL_RST, 0.5, 1},
    {"who is +60000 boots +1 >S,asked=99 +1000 >S,asked=99 +2000 >S,asked=99 +4000 tick", CAUSE_SILENT_DROP, 0.8, 1},
    /* No ARP is there to show whether the first gave the address up, and nothing tells a new card from a conflict. */
    {"@2 " GOOD "@1 >S,asked=99,tos=0x10 +1 <RA,ttl=64,mac=99,tos=0x10", CAUSE_COUNT, 0, 0.79},
    {"cooked @2 " GOOD "@1 >S,tos=0x10 +1 <RA,ttl=64,mac=99,tos=0x10", CAUSE_COUNT, 0, 0.79},
    {"@2 " GOOD "@1 >S,asked=99 +1000 >S,asked=99 +2000 >S,asked=99 +4000 tick", CAUSE_SILENT_DROP, 0.3, 0.79},
    {"@2 " GOOD "@1 >S,asked=99 +1 !3/3,ttl=64", CAUSE_FIREWALL_ICMP, 0.3, 0.79},
    /* One machine that has two interfaces on the link answers from both. Nobody has greeted. */
    {"who +1 is +1 also >S +1 <RA,ttl=64", CAUSE_ADDRESS_CONFLICT, 0.5, 0.85},
    /* It is, where what was sent to the one interface is answered from the other, be it in another attempt. */
    {"who +1 is +1 also 2>S,asked=99 +1 2<RA,ttl=64 +1 >S +1 <RA,ttl=64", CAUSE_KERNEL_RST, 0.5, 1},
    /* And back: the first announces that it is master again. */
    {"who is +5000 boots +5000 is +1 >S +1000 >S +2000 >S +4000 tick", CAUSE_ADDRESS_CONFLICT, 0.5, 1},
    /* Who was let in was let in, and who only looked has looked. */
    {"who +1 is +1 also " LOGIN LEAVE, CAUSE_NONE, 0.9, 1},
    {"who +1 is +1 also " SHAKE "+1 >FA +20 <FA", CAUSE_SCAN, 0.8, 1},
    /* A balancer's servers differ, and one has nobody to take the connection. */
    {"@2 " GREETED_BY("ttl=63,mac=7", "") "@3 " GREETED_BY(
         "ttl=64,mac=8", "") "@1 >S +1 <SA,ttl=62,mac=9 >A " HELLO_C
                             "+1 <A,ttl=62,mac=9 +3 <FA,ttl=62,mac=9 >FA +1 @4 " GREETED_BY("ttl=63,mac=7", ""),
     CAUSE_CLOSED_BEFORE_BANNER, 0.5, 1},
    /* Somebody on the way. */
    {NEAR_CLOSED " +1 @2 " FAR_GOOD, CAUSE_INTERCEPTED, 0.8, 1},
    {"fake " NEAR_CLOSED, CAUSE_INTERCEPTED, 0.8, 1},
    {"fake >S +1 <RA,ttl=64", CAUSE_INTERCEPTED, 0, 0.8},
    {"fake " LOGIN LEAVE, CAUSE_NONE, 0.9, 1},
};

static void what_comes_of_it(void **state)
{
    (void)state;
    assert_int_equal(check_outcomes(outcomes, COUNT(outcomes)), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_of_conflicts),
        cmocka_unit_test(rows_of_interception),
        cmocka_unit_test(what_comes_of_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
