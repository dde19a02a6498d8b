/* The clear bytes of a connection, put back in order however they came. */
#include "script.h"

enum { MAX_PIECES = 6000 };

static struct frame_bytes client_bytes, server_bytes;

static void make_streams(void)
{
    static const char banner[] = "SSH-2.0-OpenSSH_9.2p1\r\n";
    client_bytes.len = server_bytes.len = 0;
    frame_put(&client_bytes, banner, sizeof banner - 1);
    put_named_payload(&client_bytes, "kexinit");
    put_named_payload(&client_bytes, "init");
    put_named_payload(&client_bytes, "newkeys");
    frame_put(&server_bytes, banner, sizeof banner - 1);
    put_named_payload(&server_bytes, "kexinit");
    put_named_payload(&server_bytes, "reply");
    put_named_payload(&server_bytes, "newkeys");
}

struct piece {
    uint32_t from, length;
};

static void send_piece(struct play *p, enum side side, struct piece piece)
{
    const struct frame_bytes *stream = side == SIDE_CLIENT ? &client_bytes : &server_bytes;
    const struct conversation *talk = &p->talk[1];
    struct segment s = talk->last[side];
    struct frame_bytes frame;
    s.flags = TCP_ACK;
    s.seq = talk->isn[side] + 1 + piece.from;
    s.ack = talk->isn[!side] + 1;
    s.mss = false;
    s.payload = stream->data + piece.from;
    s.payload_len = piece.length;
    p->now_us += 10;
    build_segment(&frame, &s);
    play_frame(p, &frame);
}

static void expect_all(struct play *p, const char *what)
{
    play_end(p);
    if (p->acts != 1)
        fail_msg("%s: %zu attempts", what, p->acts);
    const struct dialogue *d = &p->act->dialogue;
    for (int side = 0; side < 2; side++) {
        if (strcmp(d->banner[side].text, "SSH-2.0-OpenSSH_9.2p1") != 0 || !d->kexinit_len[side] ||
            !d->clock.newkeys_us[side] || d->malformed[side] || d->encrypted_packets[side])
            fail_msg("%s: side %d: banner '%s', KEXINIT %u bytes, NEWKEYS %d, malformed %d, %u encrypted", what, side,
                     d->banner[side].text, d->kexinit_len[side], d->clock.newkeys_us[side] != 0, d->malformed[side],
                     d->encrypted_packets[side]);
    }
    if (!p->act->verdict.ssh.negotiated ||
        strcmp(p->act->verdict.ssh.negotiation.chosen[SSH_LIST_KEX], "curve25519-sha256") != 0)
        fail_msg("%s: not negotiated", what);
}

static uint32_t cut(uint32_t total, uint32_t step, struct piece *out)
{
    uint32_t n = 0;
    for (uint32_t at = 0; at < total; at += step)
        out[n++] = (struct piece){at, at + step > total ? total - at : step};
    return n;
}

/* Both streams in pieces of one size, in the order that `order` gives. */
static void send_in_order(uint32_t step, uint32_t (*order)(uint32_t i, uint32_t n), const char *what)
{
    static struct piece pieces[MAX_PIECES];
    struct play p;
    play_open(&p, false);
    play_script(&p, SHAKE "+1");
    for (enum side side = SIDE_CLIENT; side <= SIDE_SERVER; side++) {
        uint32_t n = cut((uint32_t)(side == SIDE_CLIENT ? client_bytes.len : server_bytes.len), step, pieces);
        for (uint32_t i = 0; i < n; i++)
            send_piece(&p, side, pieces[order(i, n)]);
    }
    expect_all(&p, what);
    play_close(&p);
}

static uint32_t forwards(uint32_t i, uint32_t n)
{
    (void)n;
    return i;
}

static uint32_t backwards(uint32_t i, uint32_t n)
{
    return n - 1 - i;
}

/* Pairs swapped, the commonest disorder. */
static uint32_t swapped(uint32_t i, uint32_t n)
{
    uint32_t other = i ^ 1;
    return other < n ? other : i;
}

static void pieces_of_all_sizes(void **state)
{
    static const uint32_t steps[] = {1, 2, 3, 7, 16, 100, 536, 1460};
    (void)state;
    make_streams();
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        char what[32];
        snprintf(what, sizeof what, "pieces of %u", steps[i]);
        send_in_order(steps[i], forwards, what);
    }
}

static void pieces_out_of_order(void **state)
{
    (void)state;
    make_streams();
    send_in_order(100, swapped, "pairs swapped");
    send_in_order(3, swapped, "small pairs swapped");
    send_in_order(100, backwards, "backwards");
}

/* Pieces that overlap at random, each byte sent at least once, a few ahead of their turn. */
static void pieces_that_overlap(void **state)
{
    (void)state;
    make_streams();
    for (uint64_t seed = 1; seed <= 60; seed++) {
        uint64_t random = seed * 0x9e3779b97f4a7c15ULL;
        struct play p;
        char what[32];
        play_open(&p, false);
        play_script(&p, SHAKE "+1");
        for (enum side side = SIDE_CLIENT; side <= SIDE_SERVER; side++) {
            uint32_t total = (uint32_t)(side == SIDE_CLIENT ? client_bytes.len : server_bytes.len);
            for (uint32_t at = 0; at < total;) {
                random = random * 6364136223846793005ULL + 1442695040888963407ULL;
                uint32_t length = 1 + (uint32_t)(random >> 33) % 200, back = (uint32_t)(random >> 41) % 60;
                uint32_t from = at > back ? at - back : 0, ahead = (uint32_t)(random >> 50) % 4;
                if (from + length > total)
                    length = total - from;
                if (ahead == 0 && from + length + 50 < total)
                    send_piece(&p, side, (struct piece){from + length + 20, 30});
                send_piece(&p, side, (struct piece){from, length});
                at = from + length > at ? from + length : at;
            }
        }
        snprintf(what, sizeof what, "overlaps, seed %u", (unsigned)seed);
        expect_all(&p, what);
        play_close(&p);
    }
}

/* The bytes that a receiver took first are the ones that count; a later lie about them does not. */
static void a_later_copy_changes_nothing(void **state)
{
    struct play p;
    (void)state;
    play_file(&p, SHAKE HELLO_C "+20 <'SSH-2.0-right',at=1 <'SSH-2.0-wrong\r\n',at=1 <'\r\n',at=14");
    assert_string_equal(p.act->dialogue.banner[SIDE_SERVER].text, "SSH-2.0-right");
    play_close(&p);
}

static void text_before_the_banner(void **state)
{
    struct play p;
    (void)state;
    play_file(&p, SHAKE HELLO_C "+20 <'Welcome\r\nto this\r\n' +1 <'SSH-2.0-x\r\n'");
    assert_string_equal(p.act->dialogue.banner[SIDE_SERVER].text, "SSH-2.0-x");
    assert_int_equal(p.act->dialogue.pre_banner_lines, 2);
    assert_int_equal(attempt_stage(&p.act->attempt), STAGE_BANNER);
    play_close(&p);
}

struct refusal_case {
    const char *script;
    enum ssh_refusal_text text;
};

static void check_refusals(const struct refusal_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct play p;
        play_file(&p, cases[i].script);
        if (p.act->dialogue.refusal != cases[i].text)
            fail_msg("%s: %d", cases[i].script, (int)p.act->dialogue.refusal);
        play_close(&p);
    }
}

static void texts_of_refusal(void **state)
{
    static const struct refusal_case cases[] = {
        {SHAKE "+1 <'Exceeded MaxStartups\r\n' <FA", SSH_REFUSAL_MAXSTARTUPS},
        {SHAKE "+1 <'Exceeded Max' <'Startups\r\n' <FA", SSH_REFUSAL_MAXSTARTUPS},
        {SHAKE "+1 <'Not allowed at this time\r\n' <FA", SSH_REFUSAL_NOT_ALLOWED},
        {SHAKE ">'hello\r\n' +1 " HELLO_S "<'Invalid SSH identification string.\r\n' <FA", SSH_REFUSAL_INVALID_IDENT},
        {SHAKE "+1 <'go away\r\n' <FA", SSH_REFUSAL_OTHER_TEXT},
        {SHAKE HELLO_C "+1 " HELLO_S, SSH_REFUSAL_NONE},
    };
    (void)state;
    check_refusals(cases, sizeof cases / sizeof *cases);
}

static struct login_reading reading_of(const char *script)
{
    struct play p;
    struct login_reading reading;
    play_file(&p, script);
    login_read(&p.act->connection, &reading);
    play_close(&p);
    return reading;
}

static void sizes_of_a_login(void **state)
{
    (void)state;
    struct login_reading reading = reading_of(SHAKE KEX ASKED TRY TRY ">e148 +20 <e28 >e60 +20 <e60");
    assert_true(reading.readable);
    assert_true(reading.success);
    assert_int_equal(reading.failures, 2);
    reading = reading_of(SHAKE KEX ASKED TRY TRY TRY LEAVE);
    assert_false(reading.success);
    assert_int_equal(reading.failures, 3);
}

/* A login banner is as long as somebody wrote it: it is no session, its tail is no message of success, and the refusal
 * that comes with it is not as long as the others. */
#define MANY "<e1448 <e1448 <e1448 <e1448 <e1448 <e1448 <e1448 <e1448 "
static void banners_of_every_length(void **state)
{
    static const struct {
        const char *script;
        bool success;
        uint32_t failures;
    } cases[] = {
        {SHAKE KEX ">e44 +20 <e44 >e68 +20 <e1448 <e1448 <e184 " TRY TRY LEAVE, false, 2},
        {SHAKE KEX ">e44 +20 <e44 >e68 +20 <e1448 <e28 " TRY TRY LEAVE, false, 2},
        {SHAKE KEX ">e44 +20 <e44 >e120 +20 <e1080 " TRY TRY LEAVE, false, 2},
        {SHAKE KEX ">e44 +20 <e44 >e120 +20 <e1080 >e140 +20 <e400 >e308 +20 <e52 " TRY TRY LEAVE, false, 3},
        {SHAKE KEX ">e44 +20 <e44 >e68 +20 " MANY MANY "<e184 " TRY LEAVE, false, 1},
        {SHAKE KEX ">e44 +20 <e44 >e68 +20 <e1448 <e184 >e148 +20 <e28 >e112 +20 <e264 <e60 >e60 +5 <e36", true, 0},
        /* Paramiko asks with its key at once: banner and success come in one segment. */
        {SHAKE ">'SSH-2.0-paramiko_2.12.0\r\n' +20 " HELLO_S ">kexinit +20 <kexinit >init +20 <reply <newkeys >newkeys "
               ">e44 +20 <e44 >e308 +20 <e1104 >e60 +20 <e128 <e60 >e60 +20 <e96 <e36",
         true, 0},
        {SHAKE KEX ">e44 +20 <e44 >e308 +20 <e1104 >e308 +20 <e52 >e148 +20 <e52 " LEAVE, false, 2},
    };
    /* Dropbear pads more, and its banner comes with its first refusal: the others are smaller, and no success. */
    static const char *const dropbear =
        SHAKE HELLO_C "+20 <'SSH-2.0-dropbear_2022.83\r\n' >kexinit +20 <kexinit >init +20 <reply <newkeys >newkeys "
                      ">e44 +20 <e52 >e68 +20 <e88 >e148 +300 <e52 >e148 +300 <e52 >e148 +300 <e52 " LEAVE;
    (void)state;
    assert_false(reading_of(dropbear).success);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct login_reading reading = reading_of(cases[i].script);
        if (!reading.readable || reading.success != cases[i].success ||
            (!reading.success && reading.failures != cases[i].failures))
            fail_msg("%s: success %d, failures %u", cases[i].script, reading.success, reading.failures);
    }
}

/* What follows success tells whether a session began: a channel is opened, and then something asked of it. */
static void rounds_after_success(void **state)
{
    (void)state;
    struct login_reading reading = reading_of(SHAKE KEX ASKED ">e148 +20 <e28 >e112 +20 <FA");
    assert_true(reading.success);
    assert_int_equal(reading.rounds_after, 0);
    assert_int_equal(reading.said_after[SIDE_CLIENT], 1);
    reading = reading_of(SHAKE KEX ASKED ">e148 +20 <e28 >e112 +3000 <e264 +20 <e60 >e60 +20 <e36 <FA");
    assert_int_equal(reading.rounds_after, 2);
    assert_in_range(reading.waits.opening_us, 3000000, 3100000);
}

/* Node's ssh2 sends the four bytes of a packet's length ahead, and Nagle's algorithm keeps them apart. */
static void lengths_sent_ahead(void **state)
{
    struct play p;
    struct login_reading reading;
    (void)state;
    play_file(&p, SHAKE KEX ">e44 +20 <e4 +40 <e40 >e68 +20 <e4 +40 <e48 >e148 +20 <e4 +1 >e4 +40 <e24 >e56 +20 <e60");
    login_read(&p.act->connection, &reading);
    assert_true(reading.success);
    assert_int_equal(reading.failures, 0);
    assert_int_equal(p.act->dialogue.encrypted_packets[SIDE_SERVER], 4);
    play_close(&p);
}

/* Dropbear asks for the service and for a login in one segment, and OpenSSH may answer in one, too. */
static void two_answers_in_one(void **state)
{
    (void)state;
    struct login_reading reading = reading_of(SHAKE KEX ">e128 +20 <e96 >e84 +20 <e28 >e52 +20 <e532");
    assert_true(reading.success);
    assert_int_equal(reading.answers, 1);
    reading = reading_of(SHAKE KEX ">e128 +20 <e96 >e148 +20 <e52 " LEAVE);
    assert_false(reading.success);
    assert_int_equal(reading.failures, 1);
}

#define ODD_KEX      ">kexodd +20 <kexodd >init +20 <reply <newkeys >newkeys "
#define ODD          HELLO_C "+20 " HELLO_S ODD_KEX
#define ODD_LIBSSH   ">'SSH-2.0-libssh_0.10.6\r\n' +20 " HELLO_S ODD_KEX
#define ODD_ASYNCSSH HELLO_C "+20 <'SSH-2.0-AsyncSSH_2.10.1\r\n' " ODD_KEX

/* Where sizes are not known beforehand, an answer smaller than the word that granted the service is success. */
static void sizes_of_an_unknown_cipher(void **state)
{
    static const struct {
        const char *script;
        bool success;
    } cases[] = {
        {SHAKE ODD ">e64 +20 <e64 >e112 +20 <e48 >e80 +20 <e64", true},
        {SHAKE ODD ">e64 +20 <e112 <e64 >e112 +20 <e64 >e112 +20 <e64 >e112 +20 <e64", false}, /* EXT_INFO first */
        {SHAKE ODD ">e64 +20 <e64 >e112 +20 <e48", false},                                     /* nothing follows */
        /* and yet: nothing else is so small, but OpenSSH's client would have gone on */
        {SHAKE ODD_LIBSSH ">e68 +20 <e52 >e84 +20 <e84 >e100 +20 <e36 " LEAVE, true},
        {SHAKE ODD ">e68 +20 <e52 >e84 +20 <e84 >e100 +20 <e36 " LEAVE, false},
        {SHAKE ODD ">e68 +20 <e52 >e84 +20 <e36 >e100 +20 <e36 >e100 +20 <e36 " LEAVE, false},
        {SHAKE ODD ">e44 +20 <e216 >e68 +20 <e44 >e84 +20 <e44 " LEAVE, false}, /* the grant came with EXT_INFO */
        {SHAKE ODD ">e44 +20 <e216 >e68 +20 <e44 >e84 +20 <e28 >e60 +20 <e60", true},
        /* SSH_MSG_IGNORE before each message. */
        {SHAKE ODD_ASYNCSSH "<e876 >e44 +20 <e36 <e44 >e68 +20 <e36 <e60 >e84 +20 <e36 <e28 >e52 +20 <e36 <e44", true},
        {SHAKE ODD_ASYNCSSH "<e876 >e44 +20 <e36 <e44 >e68 +20 <e36 <e60 >e84 +20 <e36 <e60 " LEAVE, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct login_reading reading = reading_of(cases[i].script);
        if (!reading.readable || reading.success != cases[i].success)
            fail_msg("%s", cases[i].script);
    }
}

/* What the snaplen left of each segment shows which messages came; NEWKEYS shares a segment and is not seen, but then
 * what follows is no message. */
static void messages_cut_short(void **state)
{
    static const char *const scripts[] = {
        SHAKE ">'SSH-2.0-OpenSSH_9.2p1\r\n',left=10 +20 <'SSH-2.0-OpenSSH_9.2p1\r\n',left=10 >kexinit,left=10 +20 "
              "<kexinit,left=10 >init,left=10 +20 <reply,left=10 <newkeys,left=10 >newkeys,left=10 >e44,left=10 +20 "
              "<e44,left=10 >e68,left=10 +20 <e52,left=10",
        SHAKE HELLO_C "+20 " HELLO_S ">kexinit,left=10 +20 <kexinit,left=10 >init,left=10 +20 <reply-newkeys,left=10 "
                      ">newkeys,left=10 >e44,left=10 +20 <e44,left=10 >e68,left=10 +20 <e52,left=10",
        /* no more than each message's length */
        SHAKE HELLO_C "+20 " HELLO_S
                      ">kexinit,left=4 +20 <kexinit,left=4 >init,left=4 +20 <reply,left=4 <newkeys,left=4 "
                      ">newkeys,left=4 >e44,left=4 +20 <e44,left=4 >e68,left=4 +20 <e52,left=4",
        /* the client's second message begins where nothing was left, and goes on in a segment of its own */
        SHAKE HELLO_C "+20 " HELLO_S ">kexinit-guess,left=10 >e900,left=10 +20 <kexinit,left=10 <reply,left=10 "
                      "<newkeys,left=10 >newkeys,left=10 >e44,left=10 +20 <e44,left=10 >e68,left=10 +20 <e52,left=10",
    };
    (void)state;
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        struct play p;
        play_file(&p, scripts[i]);
        const struct dialogue *d = &p.act->dialogue;
        for (int side = 0; side < 2; side++) {
            assert_true(d->truncated[side]);
            assert_true(d->clock.kexinit_us[side] && d->clock.newkeys_us[side]);
            assert_true(side == SIDE_CLIENT || d->clock.kex_us[side]);
            assert_true(d->encrypted[side]);
            assert_int_equal(d->kexinit_len[side], 0);
            assert_int_equal(d->encrypted_packets[side], 2);
        }
        play_close(&p);
    }
}

static void refusals_cut_short(void **state)
{
    static const struct refusal_case cases[] = {
        {SHAKE "+1 <'Exceeded MaxStartups\r\n',left=10 <FA", SSH_REFUSAL_MAXSTARTUPS},
        {SHAKE "+1 <'Not allowed at this time\r\n',left=10 <FA", SSH_REFUSAL_NOT_ALLOWED},
        {SHAKE "+1 <'Exceeded MaxStartups, and more\r\n',left=10 <FA", SSH_REFUSAL_OTHER_TEXT}, /* another length */
        {SHAKE "+1 <'Exceeded MaxStartups\r\n',left=6 <FA", SSH_REFUSAL_OTHER_TEXT},            /* too little */
    };
    (void)state;
    check_refusals(cases, sizeof cases / sizeof *cases);
}

/* After its banner a server's words are kept; a binary packet is none. */
static void words_after_the_banner(void **state)
{
    static const struct {
        const char *script, *words;
        enum ssh_refusal_text text;
    } cases[] = {
        {SHAKE HELLO_C "+1 " HELLO_S "<'Going down\r\n' <FA", "Going down", SSH_REFUSAL_OTHER_TEXT},
        {SHAKE HELLO_C "+1 " HELLO_S "<'Protocol mismatch.\n' <FA", "Protocol mismatch.", SSH_REFUSAL_INVALID_IDENT},
        {SHAKE HELLO_C "+1 " HELLO_S "<'Invalid SSH identification string.\r\n',left=12 <FA", "Invalid SSH ",
         SSH_REFUSAL_INVALID_IDENT},
        {SHAKE HELLO_C "+1 " HELLO_S "<kexinit <FA", "", SSH_REFUSAL_NONE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct play p;
        play_file(&p, cases[i].script);
        assert_string_equal(p.act->dialogue.words, cases[i].words);
        assert_int_equal(p.act->dialogue.refusal, cases[i].text);
        play_close(&p);
    }
}

static void disconnect_in_the_clear(void **state)
{
    struct play p;
    (void)state;
    play_file(&p, SHAKE HELLO_C "+1 " HELLO_S "<bye3 <FA");
    assert_true(p.act->dialogue.disconnect_clear[SIDE_SERVER]);
    assert_int_equal(p.act->dialogue.disconnect_reason[SIDE_SERVER], 3);
    assert_string_equal(p.act->dialogue.disconnect_text[SIDE_SERVER], "no");
    play_close(&p);
}

/* What of a side's markings passed, what was sent again in vain, and what shows that it was heard all the same. */
static void markings_and_repeats(void **state)
{
    struct play p;
    (void)state;
    play_file(&p, SHAKE HELLO_C "+1 <A >e60,tos=0x48 +300 >e60,back=60,tos=0x48 +600 >e60,back=60,tos=0x48 +1 tick");
    const struct flow_side *client = &p.act->connection.side[SIDE_CLIENT];
    assert_int_equal(client->markings, 2);
    assert_true(client->marking[0].passed && client->marking[0].tos == 0);
    assert_true(!client->marking[1].passed && client->marking[1].tos == 0x48);
    assert_int_equal(client->marking[1].segments, 3);
    assert_int_equal(client->repeats_of_acked, 0);
    play_close(&p);
    play_file(&p, SHAKE HELLO_C "+1 <A >e60,tos=2 +20 <A +300 >e60,back=60 +1 <A,sack=2000000000 +1 tick");
    client = &p.act->connection.side[SIDE_CLIENT];
    assert_int_equal(client->repeats_of_acked, 1);
    assert_int_equal(client->ect_segments, 1);
    assert_int_equal(client->ect_repeats, 1);
    assert_int_equal(p.act->connection.side[SIDE_SERVER].stray_sack.count, 1);
    play_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_of_all_sizes),    cmocka_unit_test(pieces_out_of_order),
        cmocka_unit_test(pieces_that_overlap),    cmocka_unit_test(a_later_copy_changes_nothing),
        cmocka_unit_test(text_before_the_banner), cmocka_unit_test(texts_of_refusal),
        cmocka_unit_test(sizes_of_a_login),       cmocka_unit_test(banners_of_every_length),
        cmocka_unit_test(rounds_after_success),   cmocka_unit_test(lengths_sent_ahead),
        cmocka_unit_test(two_answers_in_one),     cmocka_unit_test(sizes_of_an_unknown_cipher),
        cmocka_unit_test(messages_cut_short),     cmocka_unit_test(refusals_cut_short),
        cmocka_unit_test(words_after_the_banner), cmocka_unit_test(disconnect_in_the_clear),
        cmocka_unit_test(markings_and_repeats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
