/* Where it failed: each row of the lists in src/diagnose/place.c is the one taken for some attempt, and the usual place
 * is taken for another. */
#include "diagnose/place.h"
#include "diagnose/view.h"
#include "script.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { USUAL = -1 };

/* Connection 1 (or the lookup, where there is none), and the row of the cause's list that it takes, from 0. */
struct place_case {
    enum cause cause;
    int row;
    const char *script;
};

/* A packet of the host's own, on another port; at the server itself; three whose round trips are known. */
#define OWN           "2>S,port=80 +20 2<SA 2>A "
#define OWN_AT_SERVER "2>S,port=80,ttl=60 +20us 2<SA,ttl=64 2>A,ttl=60 "
#define OWN_TIMED     OWN "3>S,port=80 +20 3<SA 3>A 4>S,port=80 +20 4<SA 4>A "
#define GREET         SHAKE HELLO_C "+20 " HELLO_S

static const struct place_case cases[] = {
    {CAUSE_FIREWALL_RST, 0, "<RA,seq=0,ack=1000001,mac=255"}, /* over the client's loopback */
    {CAUSE_FIREWALL_RST, 1, OWN_AT_SERVER ">S,ttl=60 +20us <RA,ttl=64"},
    {CAUSE_FIREWALL_RST, 2, "routed seek >S,ttl=60 +1 <RA,mac=4,ttl=64"},
    {CAUSE_FIREWALL_RST, 3, "routed >S +1 <RA,mac=4,ttl=64"}, /* or the server is captured on */
    {CAUSE_FIREWALL_RST, 4, ">S +5 <RA +15 <SA"},
    {CAUSE_FIREWALL_RST, 4, ">S +5 <RA +10 <RA,seq=99"},
    {CAUSE_FIREWALL_RST, 5, OWN ">S +20 <RA,ttl=64"},
    {CAUSE_FIREWALL_RST, 5, OWN ">S +20 <RA,mac=9"},
    {CAUSE_FIREWALL_RST, 6, OWN_TIMED ">S +1 <RA"},
    {CAUSE_FIREWALL_RST, 7, OWN_TIMED ">S +20 <RA"},
    {CAUSE_FIREWALL_RST, 7, OWN ">S +1 <RA"}, /* one round trip tells nothing */
    {CAUSE_FIREWALL_RST, 8, "2>S,port=2222 +20 2<RA >S +20 <RA,ttl=64"},
    {CAUSE_FIREWALL_RST, 8, "gateway >S +20 <RA,ttl=64"},
    {CAUSE_FIREWALL_RST, 9, ">S +5 <RA,win=512"},
    {CAUSE_FIREWALL_RST, 9, ">S +5 <RA,seq=99"},
    {CAUSE_FIREWALL_RST, 10, "who is >S,ttl=64 +1 <RA,ttl=64"},
    {CAUSE_FIREWALL_RST, 11, ">S,ttl=64 +1 <RA,ttl=64"},
    {CAUSE_FIREWALL_RST, USUAL, ">S +20 <RA"},

    {CAUSE_KERNEL_RST, 0, ">S +20 <RA,ttl=64,win=65535,df=0,id=7"}, /* libslirp, VMware, passt */
    {CAUSE_KERNEL_RST, 0, ">S +2050 <RA,ttl=128,win=64240,df=0,id=7,seq=99"},
    {CAUSE_KERNEL_RST, 0, ">S +20 <R,ttl=255,win=65535,df=0,id=0,seq=99 +980 >S +2000 >S +5000 tick"},
    {CAUSE_KERNEL_RST, USUAL, ">S +20 <RA"},

    {CAUSE_FIREWALL_ICMP, 0, ">S +1 !3/13,from=1"}, /* from the client itself */
    {CAUSE_FIREWALL_ICMP, 1, "gateway >S +20 !3/13,ttl=64"},
    {CAUSE_FIREWALL_ICMP, 2, ">S +20 !3/13"},
    {CAUSE_FIREWALL_ICMP, USUAL, ">S +20 !3/13,from=4"},
    {CAUSE_NETWORK_UNREACHABLE, USUAL, ">S +20 !3/0,from=4"},

    {CAUSE_HOST_UNREACHABLE, 0, ">S +3100 !3/1,from=1"},
    {CAUSE_HOST_UNREACHABLE, 1, "gateway >S +20 !3/1,ttl=64"},
    {CAUSE_HOST_UNREACHABLE, 2, ">S +20 !3/1"},
    {CAUSE_HOST_UNREACHABLE, 3, ">S +3100 !3/1,from=4"},
    {CAUSE_HOST_UNREACHABLE, 4, ">S +20 !3/1,from=4"},
    {CAUSE_HOST_UNREACHABLE, USUAL, "who +1000 who +1000 who +1500 tick"},

    {CAUSE_SILENT_DROP, 0, OWN_AT_SERVER ">S,ttl=60 +1000 >S,ttl=60 +3000 tick"},
    {CAUSE_SILENT_DROP, 1, "routed seek >S +1000 >S +3000 tick"},
    {CAUSE_SILENT_DROP, 2, "routed 2>S,from=4,to=3,mac=4,port=80 >S +1000 >S +3000 tick"},
    {CAUSE_SILENT_DROP, 3, ">S,ttl=60 sought +1000 >S,ttl=60 sought +3000 tick"},
    {CAUSE_SILENT_DROP, 4, "who is >S,ttl=60 +1000 >S,ttl=60 +3000 tick"},
    {CAUSE_SILENT_DROP, USUAL, ">S +1000 >S +3000 tick"},

    {CAUSE_STALE_CONNECTION, 0, OWN ">S +20 <A,ack=77,ttl=61 +1000 >S +3000 tick"},
    {CAUSE_STALE_CONNECTION, USUAL, OWN ">S +20 <A,ack=77 +1000 >S +3000 tick"},

    {CAUSE_FAIL2BAN_BAN, 0, "routed seek >S +1000 >S +3000 tick"},
    {CAUSE_FAIL2BAN_BAN, USUAL, ">S +1000 >S +3000 tick"},

    {CAUSE_NAME_FAILURE, 0, "?n.example +5000 ?n.example +6000 tick"},
    {CAUSE_NAME_FAILURE, USUAL, "?n.example +1 ?n.example=3"},

    {CAUSE_PROTOCOL_MISMATCH, 0, SHAKE ">'SSH-1.5-x\r\n' +20 " HELLO_S "+20 <FA"},
    {CAUSE_PROTOCOL_MISMATCH, 1, SHAKE HELLO_S ">'GET / HTTP/1.0\r\n\r\n' +20 <FA"},
    {CAUSE_PROTOCOL_MISMATCH, 2, GREET "+1 <'Protocol mismatch.\n' <FA"},
    {CAUSE_PROTOCOL_MISMATCH, USUAL, SHAKE HELLO_C "+20 <'SSH-1.5-Cisco-1.25\r\n' +1 >FA"},

    {CAUSE_INJECTED_RST, 0, GREET "+5 <FA"},
    {CAUSE_INJECTED_RST, 1, GREET "+5 <RA,win=1 +2 <RA,win=1,skip=1460"},
    {CAUSE_INJECTED_RST, 2, GREET "+5 <RA,ttl=50,ts=1"},
    {CAUSE_INJECTED_RST, 2, GREET "+5 <RA,ts=1,mac=9"},
    {CAUSE_INJECTED_RST, 2, GREET "+5 <RA"}, /* no timestamps on a connection that has them */
    {CAUSE_INJECTED_RST, 3, SHAKE HELLO_C "+1 <A +5 >R,ts=1,id=0"},
    {CAUSE_INJECTED_RST, 3, SHAKE "+5 <R,tos=0x48,id=0"},
    {CAUSE_INJECTED_RST, 4, SHAKE "+5 <R,id=0,win=0"},
    {CAUSE_INJECTED_RST, USUAL, SHAKE "+5 <RA,ts=1,id=0,win=0"},
};

struct taken {
    const struct place_case *wanted;
    bool seen;
    int row;
};

static int row_taken(enum cause cause, const struct view *v)
{
    const struct place_row *rows = cause_row(cause)->places;
    for (int i = 0; rows[i].test; i++)
        if (rows[i].test(v))
            return i;
    return USUAL;
}

static void take(const struct case_file *file, void *context)
{
    struct taken *taken = context;
    if (file->attempt->key.client_port != 40001 && !file->attempt->lookup)
        return;
    struct view v;
    view_make(file, &v);
    taken->seen = true;
    taken->row = row_taken(taken->wanted->cause, &v);
}

static struct taken play_case(const struct place_case *wanted)
{
    struct taken taken = {.wanted = wanted};
    struct play p;
    play_open(&p, false);
    p.on_case = take;
    p.context = &taken;
    play_script(&p, wanted->script);
    play_end(&p);
    play_close(&p);
    return taken;
}

static void each_case_takes_its_row(void **state)
{
    (void)state;
    unsigned wrong = 0;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct taken taken = play_case(&cases[i]);
        if (taken.seen && taken.row == cases[i].row)
            continue;
        print_error("%s: %s\n    row %d wanted, %d taken\n", cause_name(cases[i].cause), cases[i].script, cases[i].row,
                    taken.seen ? taken.row : -2);
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

static bool has_case(const struct place_row *places, int row)
{
    for (size_t i = 0; i < COUNT(cases); i++)
        if (cause_row(cases[i].cause)->places == places && cases[i].row == row)
            return true;
    return false;
}

static void each_row_has_a_case(void **state)
{
    (void)state;
    for (int cause = 0; cause < CAUSE_COUNT; cause++) {
        const struct place_row *places = cause_row((enum cause)cause)->places;
        for (int row = USUAL; places && (row == USUAL || places[row].test); row++)
            if (!has_case(places, row))
                fail_msg("%s: row %d of its places has no case", cause_name((enum cause)cause), row);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_case_takes_its_row),
        cmocka_unit_test(each_row_has_a_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
