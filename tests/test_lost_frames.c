/* Captures that lack frames, or in which frames cross: what is not there is not made up, what is left is not taken for
 * something else, and numbers tell the order. */
#include "outcomes.h"
#include "rows.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct outcome outcomes[] = {
    /* The SYN and the client's version string are lost, or the SYN-ACK and the server's: key exchange messages are no
     * first words. */
    {"<SA,ack=1000001 +1 >A +1 <A +20 " HELLO_S ">kexinit,at=24 +20 <kexinit <A +20 >FA", CAUSE_UNDETERMINED, 0, 1},
    {">S +40 >kexinit,at=24 +20 <kexinit,at=24 +20 >init +20 <reply <newkeys +1 >newkeys +20 >FA", CAUSE_UNDETERMINED,
     0, 1},
    /* The client's kernel resets a SYN-ACK that comes once more, because its program is gone: no forgery. */
    {">S +800 <SA +1 >A +3000 <SA +1 >R,at=1", CAUSE_LISTEN_OVERFLOW, 0, 0.9},
    /* The SYN that was sent again after the refusal is lost: the login went through all the same. */
    {">S,tos=0x10 +1 <RA,tos=0x10 +2000 <SA +1 >A " KEX ASKED ">e148 +20 <e28 >e60 +20 <e60 +20 >e60 " LEAVE,
     CAUSE_NONE, 0.9, 1},
    /* The client closes, and the server's FIN acknowledges that; on a mirror port the two have crossed. */
    {SHAKE ">'SSH-2.0-a\r\n' +20 " HELLO_S "+5 <FA,ack=1000013 +1 >FA +1 >A", CAUSE_CLIENT_ABORT, 0.5, 1},
    /* What the snaplen left of its name may be ssh-keyscan's, which leaves where a person does who refuses the key. */
    {SHAKE ">'SSH-2.0-OpenSSH_9.2p1\r\n',left=10 +20 <'SSH-2.0-OpenSSH_9.2p1\r\n',left=10 >kexinit,left=12 +20 "
           "<kexinit,left=12 >init,left=12 +20 <reply,left=12 +1 " LEAVE,
     CAUSE_HOSTKEY_REJECTED, 0.5, 0.79},
    /* An ICMP error came about what was sent there; which connection it is about was cut. */
    {">S +20 !3/1,from=4,left=22 +1000 >S +2000 >S +3000 tick", CAUSE_UNDETERMINED, 0, 1},
    /* One SYN, a SYN-ACK again and again, and then a reset: no half-open probe, whose kernel resets the first. */
    {">S +1 <SA +1000 <SA +2000 <SA +4000 <SA +1 >R", CAUSE_COUNT, 0, 0.79},
};

/* The client was greeted, and of its login a message was lost. */
#define LOGIN_LOST "@2 " SHAKE KEX "+20 >e44,skip=40 +20 <e44,skip=200 +20 " LEAVE "@1 "

static const struct row_case rows[] = {
    {"logins-unread", LOGIN_LOST "+1000 >S +1 !3/3", "@2 " SHAKE KEX ASKED LEAVE "@1 +1000 >S +1 !3/3"},
    {"logins-unread", LOGIN_LOST "+1000 >S +1 <RA", "@2 " LOGIN LEAVE "@1 +1000 >S +1 <RA"},
    {"logins-unread", LOGIN_LOST "+1000 >S +1000 >S +2000 >S +3000 tick", ">S +1000 >S +2000 >S +3000 tick"},
};

static void rows_of_unread_logins(void **state)
{
    static const struct evidence_table only = {.lists = {&unread_login_rows}};
    (void)state;
    assert_int_equal(check_rows(rows, COUNT(rows)) + uncovered(&only, NULL, rows, COUNT(rows), sizeof *rows), 0);
}

static void what_comes_of_it(void **state)
{
    (void)state;
    assert_int_equal(check_outcomes(outcomes, COUNT(outcomes)), 0);
}

static void send_crossed(struct play *p, enum side side, uint32_t length, uint32_t unseen)
{
    static const uint8_t bytes[256];
    struct conversation *talk = &p->talk[1];
    struct segment s = talk->last[side];
    struct frame_bytes frame;
    s.flags = TCP_ACK;
    s.seq = talk->next[side];
    s.ack = talk->next[!side] + unseen;
    s.payload = bytes;
    s.payload_len = length;
    build_segment(&frame, &s);
    play_frame(p, &frame);
    p->now_us += 10;
}

/* A refusal, and the next request, which acknowledges it, are captured the wrong way round. */
static void messages_that_cross(void **state)
{
    enum { REFUSAL = 52, REQUEST = 148 };
    static const struct {
        enum side side;
        uint32_t size;
    } wanted[] = {{SIDE_CLIENT, 44},      {SIDE_SERVER, 44},      {SIDE_CLIENT, 68},
                  {SIDE_SERVER, REFUSAL}, {SIDE_CLIENT, REQUEST}, {SIDE_SERVER, REFUSAL}};
    struct play p;
    (void)state;
    play_open(&p, false);
    play_script(&p, SHAKE KEX ">e44 +20 <e44 >e68 +20 ");
    send_crossed(&p, SIDE_CLIENT, REQUEST, REFUSAL);
    send_crossed(&p, SIDE_SERVER, REFUSAL, 0);
    p.talk[1].next[SIDE_CLIENT] += REQUEST;
    p.talk[1].next[SIDE_SERVER] += REFUSAL;
    play_script(&p, "+20 <e52 " LEAVE);
    play_end(&p);
    const struct dialogue *d = &p.act->dialogue;
    assert_int_equal(d->events, sizeof wanted / sizeof *wanted);
    for (uint32_t i = 0; i < d->events; i++) {
        assert_int_equal(d->event[i].side, wanted[i].side);
        assert_int_equal(d->event[i].size, wanted[i].size);
        assert_true(i == 0 || d->event[i].ts_us >= d->event[i - 1].ts_us);
    }
    assert_int_equal(p.act->verdict.cause, CAUSE_AUTH_FAILED);
    play_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_of_unread_logins),
        cmocka_unit_test(what_comes_of_it),
        cmocka_unit_test(messages_that_cross),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
