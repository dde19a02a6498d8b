/* Attempts that never came to a SYN: names that did not resolve, neighbours that did not answer. */
#include "script.h"

struct name_case {
    const char *script;
    const char *name; /* of the one attempt expected; NULL: none */
    int rcode;
};

static const struct name_case cases[] = {
    {"?nowhere.example +1 ?nowhere.example=3 tick", "nowhere.example", 3},
    {"?there.example +1 ?there.example=0/1 +1 >S +20 <SA", NULL, 0},
    /* Through the search list of resolv.conf: the name as typed, then with suffixes, or the other way round. */
    {"?nowhere +1 ?nowhere=3 +1 ?nowhere.example.com +1 ?nowhere.example.com=3", "nowhere", 3},
    {"?nowhere.example.com +1 ?nowhere.example.com=3 +1 ?nowhere +1 ?nowhere=3", "nowhere", 3},
    {"?there.example.com +1 ?there.example.com=3 +1 ?there +1 ?there=0/1", NULL, 0},
    {"?there +1 ?there=3 +1 ?there.example.com +1 ?there.example.com=0/2", NULL, 0},
    /* A resolver that is not there is asked twice, 5 s apart. */
    {"?silent.example +5000 ?silent.example +6000 tick", "silent.example", -1},
    {"?silent.example +100 tick", NULL, 0},
    /* Asked once for either kind of address: given up where it is not asked again in time. */
    {"?silent.example ??silent.example +5600 tick", "silent.example", -1},
    {"?silent.example ??silent.example +5400 tick", NULL, 0},
    {"??silent.example ??silent.example +5600 tick", NULL, 0},
    /* Who asks a server for this is no login. */
    {"?localhost +5000 ?localhost +6000 tick", NULL, 0},
    {"?x.LocalHost +1 ?x.LocalHost=3 tick", NULL, 0},
    {"?mylocalhost +1 ?mylocalhost=3 tick", "mylocalhost", 3},
    {"?bad.example +1 ?bad.example=2 +5000 tick", "bad.example", 2},
    /* Like names are not one lookup. */
    {"?host.example +1 ?host.example=0/1 +1 " LOGIN LEAVE "?hostess.example +1 ?hostess.example=3", "hostess.example",
     3},
    /* Every suffix of a search list, and the name as typed at last. */
    {"?nowhere.a.example +1 ?nowhere.a.example=3 +1 ?nowhere.b.example +1 ?nowhere.b.example=3 +1 ?nowhere +1 "
     "?nowhere=3",
     "nowhere", 3},
    {"?there.a.example +1 ?there.a.example=3 +1 ?there.b.example +1 ?there.b.example=0/1", NULL, 0},
};

#define WEB "2>S,port=443 +20 2<SA 2>A "

/* What ties a failed name to SSH, and what does not. */
static void names_that_somebody_logs_in_to(void **state)
{
    static const struct {
        const char *script;
        unsigned attempts; /* without a SYN */
        uint64_t others;
    } ties[] = {
        /* Nothing else of that client. */
        {"?nowhere.example +1 ?nowhere.example=3", 1, 0},
        {"?nowhere.example +1 ?nowhere.example=3 +1 " LOGIN LEAVE, 1, 0},
        {"?nowhere.example +1 ?nowhere.example=3 +1 " WEB, 0, 1},
        {WEB "?nowhere.example +1 ?nowhere.example=3", 0, 1},
        {"?web.example +1 ?web.example=0/1 +1 ?nowhere.example +1 ?nowhere.example=3", 0, 1},
        {"?a.example ?a.example=3 ?b.example ?b.example=3 ?c.example ?c.example=3 ?d.example ?d.example=3 +1 "
         "?e.example ?e.example=3",
         0, 5},
        {"?a.example ?a.example=3 +40000 ?a.example ?a.example=3 +40000 ?a.example ?a.example=3 " WEB, 0, 1},
        /* Not what a program's resolver library asks: a resolver's question, half a question, an address. */
        {"?nowhere.example; +1 ?nowhere.example=3", 0, 1},
        {"??nowhere.example +1 ??nowhere.example=0", 0, 1},
        {"??nowhere.example +1 ??nowhere.example=3", 1, 0},
        {"?198.51.100.22 +1 ?198.51.100.22=3", 0, 1},
        /* Names that programs ask for by themselves. */
        {"?wpad.corp.example +1 ?wpad.corp.example=3", 0, 1},
        {"?wpad +1 ?wpad=3", 0, 1},
        {"?wpadding.example +1 ?wpadding.example=3", 1, 0},
        {"?isatap.example +1 ?isatap.example=3", 0, 1},
        {"?22.100.51.198.bl.example +1 ?22.100.51.198.bl.example=3", 0, 1},
        {"?198-51-100-22.example +1 ?198-51-100-22.example=3", 1, 0},
        {"?b.a.9.8.7.6.5.4.3.2.1.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.bl.example +1 "
         "?b.a.9.8.7.6.5.4.3.2.1.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.bl.example=3",
         0, 1},
        {"?22.100.51.198.in-addr.arpa +1 ?22.100.51.198.in-addr.arpa=3", 0, 1},
        {"?printer.local +1 ?printer.local=3", 0, 1},
        {"?_kerberos._udp.example +1 ?_kerberos._udp.example=3", 0, 1},
        {"?detectportal.firefox.com +1 ?detectportal.firefox.com=2", 0, 1},
        {"?x.localhost +1 ?x.localhost=3", 0, 1},
        /* The name leads to SSH elsewhere in the capture, whatever else its client does. */
        {"?git.example +1 ?git.example=0/1 +1 " LOGIN LEAVE WEB "+60000 ?git.example +1 ?git.example=3", 1, 0},
        {WEB "?git.example +1 ?git.example=3 +60000 ?git.example +1 ?git.example=0/1 +1 " LOGIN LEAVE, 1, 0},
        {"?git.example +1 ?git.example=0/1 +1 " LOGIN LEAVE WEB "+2000 ?git.example ??git.example +1 ?git.example=3 "
         "??git.example=3",
         1, 0},
        {"?git.example ??git.example +1 ?git.example=0/1 +1 ??git.example=0 +1 " LOGIN LEAVE
         "+2000 ??git.example +1 ??git.example=3",
         0, 0},
        {WEB "?git.example +1 ?git.example=0/1 +1 >S +1000 >S +60000 ?git.example +1 ?git.example=2", 1, 0},
        {WEB "?git.example +1 ?git.example=0/1 +1 " LOGIN LEAVE "?hub.example +1 ?hub.example=3", 0, 1},
        {"?wpad.example +1 ?wpad.example=0/1 +60000 ?wpad.example +1 ?wpad.example=3", 0, 1},
        /* A and AAAA are one question, minutes apart, too. */
        {"?git.example ??git.example +80 ??git.example=0 ?git.example=0/1 +52000 ??git.example +80 ??git.example=0 "
         "+1 " LOGIN LEAVE,
         0, 0},
        {"?git.example +80 ?git.example=0/1 +52000 ??git.example +80 ??git.example=3 +1 " LOGIN LEAVE, 0, 0},
        {"?git.example +80 ?git.example=0/1 +300000 ??git.example +1 ??git.example=2 +2000", 0, 0},
        {"?git.example +80 ?git.example=0/1 +1 " LOGIN LEAVE
         "+300000 ?git.example ??git.example +1 ?git.example=3 ??git.example=3",
         1, 0},
    };
    (void)state;
    for (size_t i = 0; i < 2 * sizeof ties / sizeof *ties; i++) {
        struct play p;
        unsigned attempts = 0;
        play_open_as(&p, false, 0, i % 2 ? PLAY_WHOLE : PLAY_QUICK);
        play_script(&p, ties[i / 2].script);
        play_end(&p);
        for (size_t a = 0; a < p.acts; a++)
            attempts += p.act[a].attempt.lookup != NULL;
        const struct other_lookups *others = tracker_other_lookups(p.tracker);
        if (attempts != ties[i / 2].attempts || others->names != ties[i / 2].others || others->neighbours)
            fail_msg("%s: %u attempts, %u other names", ties[i / 2].script, attempts, (unsigned)others->names);
        play_close(&p);
    }
}

static void every_name_of_a_command_counts(void **state)
{
    struct play p;
    (void)state;
    play_open_with(&p, (struct tracker_options){.of_command = true});
    play_script(&p, WEB "?wpad.example +1 ?wpad.example=3");
    play_end(&p);
    assert_int_equal(p.acts, 1);
    assert_int_equal(tracker_other_lookups(p.tracker)->names, 0);
    play_close(&p);
}

static size_t lookups_so_far(const struct play *p)
{
    size_t count = 0;
    for (size_t a = 0; a < p->acts; a++)
        count += p->act[a].attempt.lookup != NULL;
    return count;
}

/* Of each that asks a name server, its network shows nothing but the question. */
static void many_clients_of_a_name_server(void **state)
{
    (void)state;
    for (uint8_t clients = 1; clients < 12; clients += 2) {
        struct play p;
        play_open(&p, false);
        for (uint8_t i = 0; i < clients; i++)
            for (int response = 0; response < 2; response++) {
                enum { SRC = 14 + 12, DST = 14 + 16 };
                struct frame_bytes frame;
                struct segment s = {.from = response ? PERSON_ROUTER : PERSON_CLIENT,
                                    .to = response ? PERSON_CLIENT : PERSON_ROUTER,
                                    .ttl = 64};
                build_dns(&frame, &s, "nowhere.example", 1, response, response ? 3 : 0, 0);
                frame.data[(response ? DST : SRC) + 3] = (uint8_t)(100 + i);
                play_frame(&p, &frame);
            }
        play_end(&p);
        const bool few = clients <= 4;
        if (lookups_so_far(&p) != (few ? clients : 0) || tracker_other_lookups(p.tracker)->names != !few)
            fail_msg("%d clients: %zu attempts", clients, lookups_so_far(&p));
        play_close(&p);
    }
}

static void names_beyond_those_kept_are_counted(void **state)
{
    enum { NAMES = 700 }; /* more than lookups that are open at once */
    struct play p;
    char script[80];
    (void)state;
    play_open(&p, false);
    for (int i = 0; i < NAMES; i++) {
        snprintf(script, sizeof script, "?n%d.example +1 ?n%d.example=3 +1", i, i);
        play_script(&p, script);
    }
    play_end(&p);
    const struct other_lookups *others = tracker_other_lookups(p.tracker);
    assert_int_equal(p.acts, 0);
    assert_int_equal(others->names, NAMES);
    assert_int_equal(others->names_kept, OTHERS_KEPT);
    assert_string_equal(others->name[0], "n0.example");
    play_close(&p);
}

static void lookups_that_failed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct play p;
        const struct act *found = NULL;
        play_file(&p, cases[i].script);
        for (size_t a = 0; a < p.acts; a++)
            if (p.act[a].attempt.lookup) {
                if (found)
                    fail_msg("%s: more than one failed lookup", cases[i].script);
                found = &p.act[a];
            }
        if (!found != !cases[i].name)
            fail_msg("%s: %s", cases[i].script, found ? found->lookup.name : "no attempt");
        if (found && cases[i].name &&
            (strcmp(found->lookup.name, cases[i].name) != 0 || found->lookup.rcode != cases[i].rcode))
            fail_msg("%s: %s, rcode %d", cases[i].script, found->lookup.name, found->lookup.rcode);
        if (found)
            assert_int_equal(found->verdict.cause, CAUSE_NAME_FAILURE);
        play_close(&p);
    }
}

/* Live, a name that leads to SSH is told of at once; whether its client does anything else only the end shows. */
static void when_a_failed_name_is_told_of_live(void **state)
{
    static const struct {
        const char *script;
        size_t soon, at_end;
    } plays[] = {
        {"?git.example +1 ?git.example=0/1 +1 " LOGIN LEAVE "+60000 ?git.example +1 ?git.example=3 +2000", 1, 1},
        {"?git.example +1 ?git.example=3 +60000 ?git.example +1 ?git.example=0/1 +1 " LOGIN LEAVE "+2000", 1, 1},
        {"?nowhere.example +1 ?nowhere.example=3 +2000", 0, 1},
        {"?nowhere.example +1 ?nowhere.example=3 +2000 " WEB, 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof plays / sizeof *plays; i++) {
        struct play p;
        play_open(&p, true);
        play_script(&p, plays[i].script);
        if (lookups_so_far(&p) != plays[i].soon)
            fail_msg("%s: %zu soon", plays[i].script, lookups_so_far(&p));
        play_end(&p);
        if (lookups_so_far(&p) != plays[i].at_end)
            fail_msg("%s: %zu at its end", plays[i].script, lookups_so_far(&p));
        play_close(&p);
    }
}

static void searches_that_nobody_answered(void **state)
{
    static const struct {
        const char *script;
        size_t attempts;
        enum cause cause;
    } searches[] = {
        {"who +1000 who +1000 who +1500 tick", 1, CAUSE_HOST_UNREACHABLE},
        {"v6 who +1000 who +1000 who +1500 tick", 1, CAUSE_HOST_UNREACHABLE},
        {"who is +1000 who is +1000 who is +1500 tick", 0, CAUSE_COUNT},
        {"who +1000 who +1000 who is +1500 tick", 0, CAUSE_COUNT},
        {"who +1000 who +500 tick", 0, CAUSE_COUNT},             /* not yet given up */
        {"who again +1000 who again +500 tick", 0, CAUSE_COUNT}, /* two requests, each seen twice */
        /* The kernel gives up after three, and somebody connects again. */
        {"who +1000 who +1000 who +1500 who +1000 who +1000 who +1500 tick", 2, CAUSE_HOST_UNREACHABLE},
        /* What flows already looks for a MAC address that it knew. */
        {"check +1000 check +1000 check +3000 who +1000 who +1000 who +1500 tick", 0, CAUSE_COUNT},
        {"v6 check +1000 check +1000 check +1500 tick", 0, CAUSE_COUNT},
        /* A cooked header does not tell whom this machine asked; of what passes between others, it does. */
        {"cooked who +1000 who +1000 who +1500 tick", 1, CAUSE_HOST_UNREACHABLE},
        {"cooked who +1000 who +1000 who is +1500 tick", 0, CAUSE_COUNT},
        {"cooked v6 who +1000 who +1000 who +1500 tick", 1, CAUSE_HOST_UNREACHABLE},
        {"cooked v6 check +1000 check +1000 check +1500 tick", 0, CAUSE_COUNT},
        {"bridged who +1000 who +1000 who +1500 tick", 0, CAUSE_COUNT}, /* not the capturing machine's */
        {"bridged check +1000 check +1000 check +1500 tick", 0, CAUSE_COUNT},
        {"who is >S +1000 >S +2000 >S +2000 tick", 1, CAUSE_SILENT_DROP},
        /* Not captured where they were sent: padded as on a wire, or not at a kernel's pace. */
        {"wired who +1000 who +1000 who +1500 tick", 0, CAUSE_COUNT},
        {"who +1000 who +1800 who +1500 tick", 0, CAUSE_COUNT},
        {"who +200 who +200 who +3500 tick", 0, CAUSE_COUNT},
        /* Something else of the asker's may have wanted it. */
        {"2>S,port=443,to=4 who +1000 who +1000 who +1500 tick", 0, CAUSE_COUNT},
        {"?a.example +1 ?a.example=0/1 +1 who +1000 who +1000 who +1500 tick", 1, CAUSE_HOST_UNREACHABLE},
        /* Once known, now gone: SYNs go out, and the search begins 5 s later. */
        {"who is >S +1000 >S +2000 >S +2000 who +1000 who +1000 who +1500 tick", 1, CAUSE_HOST_UNREACHABLE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof searches / sizeof *searches; i++) {
        struct play p;
        play_file(&p, searches[i].script);
        if (p.acts != searches[i].attempts)
            fail_msg("%s: %zu attempts", searches[i].script, p.acts);
        if (p.acts && p.act->verdict.cause != searches[i].cause)
            fail_msg("%s: %s", searches[i].script, cause_name(p.act->verdict.cause));
        play_close(&p);
    }
}

/* The client asks for 10.7.2.`last`, or fd07:0:0:2::`last` from its address on the link: nobody answers. */
static void ask_in_vain(struct play *p, uint8_t last, bool from_link)
{
    enum { IPV6 = 14, ARP_TARGET = 14 + 24 + 3, SOLICITED = 14 + 40 + 8 + 15 };
    for (int i = 0; i < 3; i++) {
        struct frame_bytes frame;
        if (p->ipv6)
            build_neighbour(&frame, PERSON_CLIENT, PERSON_SERVER, false);
        else
            build_arp(&frame, PERSON_CLIENT, PERSON_SERVER, false);
        ask_everybody(&frame);
        frame.data[p->ipv6 ? SOLICITED : ARP_TARGET] = last;
        if (from_link)
            memcpy(frame.data + IPV6 + 8, (uint8_t[16]){0xfe, 0x80, [15] = 1}, 16);
        play_frame(p, &frame);
        play_wait(p, 1000000);
    }
}

static void check_searches(struct play *p, const char *what, size_t attempts, uint64_t others)
{
    play_script(p, "+1500 tick");
    play_end(p);
    const uint64_t counted = tracker_other_lookups(p->tracker)->neighbours;
    if (lookups_so_far(p) != attempts || counted != others)
        fail_msg("%s: %zu attempts, %u others", what, lookups_so_far(p), (unsigned)counted);
    play_close(p);
}

/* A gateway looks for whatever the world sends packets to. */
static void a_gateway_asks_for_others(void **state)
{
    struct play p;
    (void)state;
    play_open(&p, false);
    for (uint8_t last = 70; last < 72; last++)
        ask_in_vain(&p, last, false);
    check_searches(&p, "two addresses", 2, 0);

    play_open(&p, false);
    for (uint8_t last = 70; last < 79; last++)
        ask_in_vain(&p, last, false);
    check_searches(&p, "nine addresses", 0, 9);

    play_open(&p, false);
    p.ipv6 = true;
    ask_in_vain(&p, 70, false);
    check_searches(&p, "its own address", 1, 0);

    play_open(&p, false);
    p.ipv6 = true;
    ask_in_vain(&p, 70, true);
    check_searches(&p, "its address on the link", 0, 1);

    /* A login from outside comes with the gateway's MAC address. */
    play_open(&p, false);
    play_script(&p, "6>S,mac=1 +20 6<SA 6>A,mac=1 ");
    ask_in_vain(&p, 70, false);
    check_searches(&p, "it forwards", 0, 1);

    play_open(&p, false);
    play_script(&p, "6>S,mac=3 +20 6<SA 6>A,mac=3 ");
    ask_in_vain(&p, 70, false);
    check_searches(&p, "another forwards", 1, 0);
}

/* Live, where its own addresses are known, only this machine's searches count. */
static void searches_of_this_machine(void **state)
{
    const struct address here[] = {person_address(PERSON_CLIENT, false), person_address(PERSON_SERVER, false)};
    struct play p;
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        play_open_with(&p, (struct tracker_options){.live = true, .local = &here[i], .local_count = 1});
        ask_in_vain(&p, 70, false);
        check_searches(&p, i == 0 ? "own" : "another's", i == 0, i == 1);
    }
}

static void who_searched_for_whom(void **state)
{
    struct play p;
    (void)state;
    play_file(&p, "who +1000 who +1000 who +1500 tick");
    struct address client = person_address(PERSON_CLIENT, false), server = person_address(PERSON_SERVER, false);
    assert_int_equal(p.acts, 1);
    assert_true(address_equal(&p.act->attempt.key.client, &client));
    assert_true(address_equal(&p.act->attempt.key.server, &server));
    assert_int_equal(p.act->lookup.requests, 3);
    play_close(&p);
}

/* "ssh is slow": the name's share of it. */
static void how_long_a_name_took(void **state)
{
    static const struct {
        const char *script;
        uint32_t name_us;
    } timed[] = {
        {"?a.example +3000 ?a.example=0/1 +5 " LOGIN LEAVE, 3000000},
        {"?a.example +5000 ?a.example +20 ?a.example=0/1 +5 " LOGIN LEAVE, 5020000},
        {"?a.example +3000 ?a.example=0/1 ??a.example +20 ??a.example=0 +5 " LOGIN LEAVE, 3020000},
        {"?a.example +3000 ?a.example=0/1 +60000 " LOGIN LEAVE, 0}, /* that name was for something else */
        {"?a.example +3000 ?a.example=0/1 +2000 ?a.example +40 ?a.example=0/1 +5 " LOGIN LEAVE, 40000},
        {LOGIN LEAVE, 0},
    };
    (void)state;
    for (size_t i = 0; i < 2 * sizeof timed / sizeof *timed; i++) {
        struct play p;
        play_open_as(&p, false, 0, i % 2 ? PLAY_WHOLE : PLAY_QUICK);
        play_script(&p, timed[i / 2].script);
        play_end(&p);
        if (p.acts != 1 || p.act->attempt.name_us != timed[i / 2].name_us)
            fail_msg("%s: %u us", timed[i / 2].script, p.act->attempt.name_us);
        assert_int_equal(p.act->verdict.ssh.name_us, timed[i / 2].name_us ? (int64_t)timed[i / 2].name_us : -1);
        play_close(&p);
    }
}

/* ---- Names with several addresses ---- */

struct others {
    struct address server;
    struct other_address other[OTHER_ADDRESSES];
    unsigned count;
};

/* Of the attempt that is handed over last. */
static void take_others(const struct case_file *file, void *context)
{
    struct others *o = context;
    o->server = file->attempt->key.server;
    o->count = file->other_count;
    if (o->count)
        memcpy(o->other, file->others, o->count * sizeof *file->others);
}

/* A name with an address of each family: the IPv6 one is tried first, then the IPv4 one `pause_ms` later. */
static struct others try_both(const char *names, const char *first, const char *pause, const char *second,
                              enum play_way way)
{
    struct others o = {.count = 99};
    struct play p;
    play_open_as(&p, false, 0, way);
    p.on_case = take_others;
    p.context = &o;
    play_script(&p, names);
    p.ipv6 = true;
    play_script(&p, first);
    play_script(&p, pause);
    p.ipv6 = false;
    play_script(&p, second);
    play_end(&p);
    play_close(&p);
    return o;
}

static void what_a_first_address_cost(void **state)
{
#define BOTH "?a.example ??a.example +5 ?a.example=0/1 ??a.example=0/1 +2 "
    static const struct {
        const char *names, *first, *pause, *second;
        unsigned count;
        enum port_state state;
        int64_t cost_ms;
    } rows[] = {
        {BOTH, "2>S +1000 2>S +2000 2>S ", "+4000 ", LOGIN LEAVE, 1, PORT_UNKNOWN, 7000},
        {BOTH, "2>S +20 2<RA ", "+1 ", LOGIN LEAVE, 1, PORT_REFUSES, 21},
        {BOTH, "2>S +20 2<RA ", "+60000 ", LOGIN LEAVE, 1, PORT_REFUSES, 0}, /* that was a login of its own */
        {BOTH, "2>S +20 2<RA ", "+1 ", ">S +20 <RA ", 1, PORT_REFUSES, 21},
        {"?a.example ?a.example=0/1 +2 ", "2>S +1000 2>S +2000 2>S ", "+4000 ", LOGIN LEAVE, 0, PORT_UNKNOWN, 0},
        {"", "2>S +1000 2>S +2000 2>S ", "+4000 ", LOGIN LEAVE, 0, PORT_UNKNOWN, 0},
    };
    const struct address first = person_address(PERSON_SERVER, true);
    (void)state;
    for (size_t i = 0; i < 2 * sizeof rows / sizeof *rows; i++) {
        const struct others o = try_both(rows[i / 2].names, rows[i / 2].first, rows[i / 2].pause, rows[i / 2].second,
                                         i % 2 ? PLAY_WHOLE : PLAY_QUICK);
        assert_true(address_is_ipv4(&o.server));
        assert_int_equal(o.count, rows[i / 2].count);
        if (!o.count)
            continue;
        assert_true(address_equal(&o.other[0].address, &first));
        if (o.other[0].state != rows[i / 2].state || o.other[0].cost_us != rows[i / 2].cost_ms * 1000)
            fail_msg("row %zu: state %d, %lld us", i / 2, o.other[0].state, (long long)o.other[0].cost_us);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lookups_that_failed),
        cmocka_unit_test(when_a_failed_name_is_told_of_live),
        cmocka_unit_test(names_that_somebody_logs_in_to),
        cmocka_unit_test(every_name_of_a_command_counts),
        cmocka_unit_test(many_clients_of_a_name_server),
        cmocka_unit_test(names_beyond_those_kept_are_counted),
        cmocka_unit_test(searches_that_nobody_answered),
        cmocka_unit_test(who_searched_for_whom),
        cmocka_unit_test(a_gateway_asks_for_others),
        cmocka_unit_test(searches_of_this_machine),
        cmocka_unit_test(how_long_a_name_took),
        cmocka_unit_test(what_a_first_address_cost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
