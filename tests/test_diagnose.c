/* From packets to a verdict: the border lines between causes, what a capture can lack, probabilities, and sentences. */
#include <math.h>

#include <sshsniff/report.h>

#include "script.h"

#define FAIL_LOGIN    SHAKE KEX ASKED TRY TRY TRY LEAVE "+1000 "
#define FAILED_BEFORE "@2 " FAIL_LOGIN "@3 " FAIL_LOGIN "@1 "
#define GREET         SHAKE HELLO_C "+20 " HELLO_S
#define KEYED         GREET ">kexinit +20 <kexinit >init +20 <reply <newkeys "
#define AGAIN_C       ">'SSH-2.0-OpenSSH_9.2p1\r\n',at=1 "
#define OWN           "2>S,port=80 +20 2<SA 2>A "
/* The same of one that is known to be Linux. */
#define OWN_LINUX "2>S,port=80,order=0x24513 +20 2<SA,order=0x24513,id=0 2>A "

/* The verdict on connection 1, or on the attempt that has no connection. */
static const struct act *judged(const struct play *p)
{
    for (size_t i = 0; i < p->acts; i++)
        if (p->act[i].attempt.key.client_port == 40001 || p->act[i].attempt.lookup)
            return &p->act[i];
    return NULL;
}

/* What holds for every verdict, whatever it says. */
static void check_sound(const char *script, const struct act *act)
{
    const struct verdict *v = &act->verdict;
    double sum = v->confidence;
    bool good = v->confidence > 0 && v->confidence <= 0.995 && v->where_confidence >= 0 && v->where_confidence <= 1;
    for (int i = 0; i < v->alternatives_count; i++) {
        good &= v->alternatives[i].confidence >= 0.01 && v->alternatives[i].cause != v->cause;
        good &= i == 0 || v->alternatives[i].confidence <= v->alternatives[i - 1].confidence;
        good &= v->alternatives[i].confidence <= v->confidence + 1e-9;
        sum += v->alternatives[i].confidence;
    }
    good &= sum <= 1 + 1e-6;
    good &= (v->cause == CAUSE_UNDETERMINED) == (v->reason[0] != '\0');
    good &= (v->cause == CAUSE_NONE) == (v->where == WHERE_NULL);
    int lists = 1; /* against the best rival, then against others: each with the heaviest first */
    for (int i = 0; i < v->evidence_count; i++) {
        good &= v->evidence[i].packet <= act->capture.frames && act->text[i][0] && !strchr(act->text[i], '{');
        good &= fabsf(v->evidence[i].weight) >= 0.05f; /* what weighs nothing is no reason */
        lists += i > 0 && fabsf(v->evidence[i].weight) > fabsf(v->evidence[i - 1].weight);
    }
    good &= lists <= 2;
    if (!good)
        fail_msg("%s: %s at %f, sum %f, reason '%s', %d pieces of evidence", script, cause_name(v->cause),
                 v->confidence, sum, v->reason, v->evidence_count);
}

struct verdict_case {
    const char *script;
    enum cause cause;   /* CAUSE_COUNT: not looked at */
    enum where where;   /* WHERE_COUNT: not looked at */
    double least, most; /* confidence */
};

static bool case_holds(const struct verdict_case *wanted, const struct act *act)
{
    const struct verdict *v = &act->verdict;
    bool cause = wanted->cause == CAUSE_COUNT || v->cause == wanted->cause;
    bool where = wanted->where == WHERE_COUNT || v->where == wanted->where;
    if (cause && where && v->confidence >= wanted->least && v->confidence <= wanted->most)
        return true;
    const char *wanted_where = wanted->where == WHERE_COUNT ? "any" : where_name(wanted->where),
               *got = where_name(v->where);
    print_error("%s\n    wanted %s/%s from %.2f to %.2f, got %s/%s at %.3f: %s%s\n", wanted->script,
                wanted->cause == CAUSE_COUNT ? "any" : cause_name(wanted->cause), wanted_where ? wanted_where : "-",
                wanted->least, wanted->most, cause_name(v->cause), got ? got : "-", v->confidence, v->reason,
                v->evidence_count ? act->text[0] : "");
    return false;
}

static void check_cases(const struct verdict_case *cases, size_t count)
{
    unsigned wrong = 0;
    for (size_t i = 0; i < count; i++) {
        struct play p;
        play_file(&p, cases[i].script);
        const struct act *act = judged(&p);
        assert_non_null(act);
        check_sound(cases[i].script, act);
        wrong += !case_holds(&cases[i], act);
        play_close(&p);
    }
    assert_int_equal(wrong, 0);
}

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* A login of which the snaplen left two bytes of each segment's payload, as tcpdump's of old did, up to the password.
 */
#define CUT_LOGIN                                                                                                      \
    SHAKE ">'SSH-2.0-OpenSSH_9.2p1\r\n',left=2 +20 <'SSH-2.0-OpenSSH_9.2p1\r\n',left=2 >kexinit,left=2 +20 "           \
          "<kexinit,left=2 >init,left=2 +20 <reply,left=2 <newkeys,left=2 >newkeys,left=2 >e44,left=2 +20 "            \
          "<e44,left=2 >e68,left=2 +20 <e52,left=2 >e148,left=2 +20 "

/* The border lines between causes, so that everyone draws them alike. */
static const struct verdict_case borders[] = {
    /* What was wrong, not who closed first. */
    {">S +1000 >S +2000 >S +5000 tick", CAUSE_SILENT_DROP, WHERE_UNKNOWN, 0.7, 1},
    {SHAKE HELLO_C "+1 <A +20000 >FA +1 <A", CAUSE_NO_BANNER, WHERE_HOST, 0.8, 1},
    {SHAKE KEX ASKED "+5000 >FA +20 <FA", CAUSE_CLIENT_ABORT, WHERE_CLIENT, 0.5, 1},
    /* An answer that came is not silence. */
    {">S +5 <SA,from=4 >R,to=4,seq=1000001 +1000 >S +5 <SA,from=4 +3000 tick", CAUSE_MISADDRESSED_REPLY, WHERE_PATH,
     0.9, 1},
    {"v6 >S +5 <SA,from=4 +1000 >S +5 <SA,from=4 +3000 tick", CAUSE_MISADDRESSED_REPLY, WHERE_PATH, 0.9, 1},
    {">S +5 <RA,from=4 +1000 >S +5 <RA,from=4 +3000 tick", CAUSE_MISADDRESSED_REPLY, WHERE_PATH, 0.9, 1},
    {">S +5 <A,ack=77 >R,seq=77 +1000 >S +5 <A,ack=77 >R,seq=77 +3000 tick", CAUSE_STALE_CONNECTION, WHERE_HOST, 0.9,
     1},
    {"v6 >S +5 <A,ack=77 +1000 >S +5 <A,ack=77 +3000 tick", CAUSE_STALE_CONNECTION, WHERE_HOST, 0.9, 1},
    {">S,sum=1 +20 <SA +1000 >S,sum=1 +20 <SA +2000 >S,sum=1 +20 <SA +3000 tick", CAUSE_REPLY_IGNORED, WHERE_CLIENT,
     0.9, 1},
    {">S +20 <SA +1000 >S +20 <SA +2000 >S +20 <SA +3000 tick", CAUSE_REPLY_IGNORED, WHERE_CLIENT, 0.6, 1},
    {">S,ttl=60 <SA,ttl=64 +1000 >S,ttl=60 <SA,ttl=64 +2000 >S,ttl=60 <SA,ttl=64 +3000 tick", CAUSE_RETURN_PATH_LOSS,
     WHERE_PATH, 0.9, 1},
    /* Refused, then accepted: the service came up; but a SYN-ACK for the same SYN shows the RST to be forged. */
    {">S +20 <RA +500 >S +20 <SA >A " HELLO_C "+20 " HELLO_S "+20 >FA", CAUSE_CLIENT_ABORT, WHERE_CLIENT, 0.5, 1},
    {"v6 >S +20 <RA +500 >S +20 <SA >A " HELLO_C "+1 <A +20000 >FA", CAUSE_NO_BANNER, WHERE_HOST, 0.8, 1},
    {">S +5 <RA +15 <SA +500 >S +5 <RA", CAUSE_FIREWALL_RST, WHERE_PATH, 0.9, 1},
    {">S +1 <RA +2000 >S +1 <RA +4000 >S +1 <RA +8000 >S +1 <SA", CAUSE_UNDETERMINED, WHERE_UNKNOWN, 0.8, 1},
    /* A port that others get through. */
    {"2>S +20 2<SA 2>A +100 >S +20 <RA +100 3>S +20 3<SA 3>A +50 4>S +20 4<RA +100 5>S +20 5<SA 5>A",
     CAUSE_FIREWALL_RST, WHERE_HOST, 0.6, 5},
    /* Who only looks: a health check, half-open probes, one that reads the banner, one that says what it is. */
    {SHAKE "+1 >FA +20 <FA", CAUSE_SCAN, WHERE_CLIENT, 0.8, 1},
    {"v6 " SHAKE "+1 >RA,ts=1,win=501", CAUSE_SCAN, WHERE_CLIENT, 0.8, 1},
    {">S +20 <SA +1 >R", CAUSE_SCAN, WHERE_CLIENT, 0.8, 1},
    {">S +20 <SA +1 >RA,ts=1,win=501", CAUSE_SCAN, WHERE_CLIENT, 0.8, 1},
    {SHAKE "+20 " HELLO_S "+5 >FA +20 <FA", CAUSE_SCAN, WHERE_CLIENT, 0.8, 1},
    {SHAKE ">'SSH-2.0-OpenSSH-keyscan\r\n' +20 " HELLO_S ">kexinit +20 <kexinit >init +20 <reply <newkeys +1 >FA",
     CAUSE_SCAN, WHERE_CLIENT, 0.8, 1},
    {SHAKE ">'SSH-2.0-OpenSSH-keyscan\r\n' +20 " HELLO_S ">kexinit +20 <kexother +1 <FA +1 >FA", CAUSE_SCAN,
     WHERE_CLIENT, 0.8, 1},
    {SHAKE ">'SSH-2.0-Go\r\n' +20 " HELLO_S "+1 >FA", CAUSE_SCAN, WHERE_CLIENT, 0.8, 1},
    {SHAKE ">'SSH-2.0-Go\r\n' +1 <A +20000 >FA +1 <A", CAUSE_NO_BANNER, WHERE_HOST, 0.8, 1},
    {SHAKE HELLO_C "+20 " HELLO_S "+1 >FA +1 <FA", CAUSE_CLIENT_ABORT, WHERE_CLIENT, 0.7, 1},
    /* nmap's SYNs with the RST of its kernel, and whatever answers them. */
    {">S,ttl=54,win=1,order=0x31254,stamp=0xffffffff,df=0 +20 <SA +1 >R,ttl=64", CAUSE_SCAN, WHERE_CLIENT, 0.9, 1},
    {">S,ttl=40,win=1024,order=2,df=0 +20 <RA", CAUSE_SCAN, WHERE_CLIENT, 0.9, 1},
    {">S,ttl=57,win=3072,order=2,df=0 +20 <RA", CAUSE_SCAN, WHERE_CLIENT, 0.9, 1},
    {">S,ttl=57,win=4096,order=2,df=0 +2000 tick", CAUSE_SCAN, WHERE_CLIENT, 0.9, 1},
    {">S,ttl=64,win=4096,order=2,df=0 +20 <RA", CAUSE_KERNEL_RST, WHERE_HOST, 0.5, 1}, /* a small stack's */
    {"v6 >S,ttl=40,win=1024,order=2 +20 <RA,label=7", CAUSE_SCAN, WHERE_CLIENT, 0.9, 1},
    {">S,ttl=40,win=1024,order=2,df=0 +20 !3/13,from=4", CAUSE_SCAN, WHERE_CLIENT, 0.9, 1},
    {">S,ttl=40,win=1024,order=2,df=0 +2000 tick", CAUSE_SCAN, WHERE_CLIENT, 0.9, 1},
    {">S,ttl=40,win=1024,order=2,df=0 +20 <SA +100 tick", CAUSE_SCAN, WHERE_CLIENT, 0.9, 1},
    /* A kernel's own SYN is an attempt, even a stranger's. */
    {">S,order=0x24513 +20 <RA,tos=0", CAUSE_KERNEL_RST, WHERE_HOST, 0.5, 1},
    {">S,win=502,order=0x24513 +20 <RA", CAUSE_KERNEL_RST, WHERE_HOST, 0.5, 1},              /* behind a SYN proxy */
    {">S,win=65535,ttl=255,df=0,order=0x213 +20 <RA", CAUSE_KERNEL_RST, WHERE_HOST, 0.5, 1}, /* passt's */
    {">S,win=65535,ttl=250,df=0,order=2 +20 <RA", CAUSE_SCAN, WHERE_CLIENT, 0.9, 1},         /* zmap's */
    {SHAKE "+20 <'SSH-1.5-Cisco-1.25\r\n' +1 >FA", CAUSE_PROTOCOL_MISMATCH, WHERE_HOST, 0.8, 1},
    /* nmap's segments without a connection; one of a connection that began before, and ended. */
    {">FP +1 <RA", CAUSE_SCAN, WHERE_CLIENT, 0.9, 1},
    {">F +2000 tick", CAUSE_SCAN, WHERE_CLIENT, 0.9, 1},
    {"v6 >SF +2000 tick", CAUSE_SCAN, WHERE_CLIENT, 0.9, 1},
    {">FA +1 <R", CAUSE_UNDETERMINED, WHERE_UNKNOWN, 0.5, 1},
    {">FPA +1000 tick", CAUSE_UNDETERMINED, WHERE_UNKNOWN, 0.5, 1},
    /* A trace's SYN, and one that did run in a loop. */
    {">S,ttl=7 +20 !11/0,from=4", CAUSE_SCAN, WHERE_CLIENT, 0.8, 1},
    {"v6 >S,ttl=7 +20 !3/0,from=4", CAUSE_SCAN, WHERE_CLIENT, 0.8, 1},
    {">S,ttl=12 +20 <SA +1 >R,ttl=255", CAUSE_SCAN, WHERE_CLIENT, 0.8, 1},
    {">S,ttl=62 +20 !11/0,from=4", CAUSE_ROUTING_LOOP, WHERE_PATH, 0.8, 1},
    {">S,ttl=63 +1 >S,ttl=9 +20 !11/0,from=4", CAUSE_ROUTING_LOOP, WHERE_PATH, 0.8, 1},
    /* The client waited a second and more, and was gone when the answer came. */
    {">S +1000 >S +500 <SA +1 >R", CAUSE_CLIENT_ABORT, WHERE_CLIENT, 0.8, 1},
    /* ICMP that answers the SYN. */
    {">S +20 !3/0,from=4", CAUSE_NETWORK_UNREACHABLE, WHERE_PATH, 0.8, 1},
    {"v6 >S +20 !1/0,from=4", CAUSE_NETWORK_UNREACHABLE, WHERE_PATH, 0.8, 1},
    {">S +3100 !3/1,from=4", CAUSE_HOST_UNREACHABLE, WHERE_HOST, 0.8, 1},
    {"v6 >S +3100 !1/3,from=4", CAUSE_HOST_UNREACHABLE, WHERE_HOST, 0.8, 1},
    {">S +20 !3/3", CAUSE_FIREWALL_ICMP, WHERE_HOST, 0.8, 1},
    {">S +20 !3/13,from=4", CAUSE_FIREWALL_ICMP, WHERE_PATH, 0.8, 1},
    {">S +20 !3/9,from=4", CAUSE_FIREWALL_ICMP, WHERE_PATH, 0.8, 1},
    {">S +20 !3/10,from=4", CAUSE_FIREWALL_ICMP, WHERE_PATH, 0.8, 1},
    {">S +20 !3/2,from=4", CAUSE_FIREWALL_ICMP, WHERE_PATH, 0.8, 1},
    {"v6 >S +20 !1/1,from=4", CAUSE_FIREWALL_ICMP, WHERE_PATH, 0.8, 1},
    {"v6 >S +20 !1/4", CAUSE_FIREWALL_ICMP, WHERE_HOST, 0.8, 1},
    {"v6 >S +20 !1/5,from=4", CAUSE_FIREWALL_ICMP, WHERE_PATH, 0.8, 1},
    {"v6 >S +20 !1/6,from=4", CAUSE_FIREWALL_ICMP, WHERE_PATH, 0.8, 1},
    {">S +20 !11/0,from=4", CAUSE_ROUTING_LOOP, WHERE_PATH, 0.8, 1},
    {"v6 >S +20 !3/0,from=4", CAUSE_ROUTING_LOOP, WHERE_PATH, 0.8, 1},
    /* A RST that answers the SYN is a refusal even where a SYN-ACK follows it; after the handshake it is injected
       if forged. */
    {">S,tos=0x48 +20 <RA,tos=0x48", CAUSE_KERNEL_RST, WHERE_HOST, 0.9, 1},
    {"v6 >S,tos=0x48 +20 <RA,tos=0x48,label=99", CAUSE_KERNEL_RST, WHERE_HOST, 0.9, 1},
    {OWN_LINUX ">S,tos=0x10 +20 <RA", CAUSE_FIREWALL_RST, WHERE_HOST, 0.8, 1},
    {OWN_LINUX ">S,tos=0x10 +20 <RA,tos=0x10", CAUSE_KERNEL_RST, WHERE_HOST, 0.9, 1},
    {"v6 2>S,port=80,order=0x24513 +20 2<SA,order=0x24513,label=5 2>A 2<'SSH-2.0-OpenSSH_9.2p1\r\n',label=5 "
     ">S,tos=0x48 +20 <RA",
     CAUSE_FIREWALL_RST, WHERE_HOST, 0.8, 1},
    /* Kernels of 2018 leave out class and label. */
    {"v6 2>S,port=80,order=0x24513 +20 2<SA,order=0x24513,label=5 2>A 2<'SSH-2.0-OpenSSH_8.0\r\n',label=5 "
     ">S,tos=0x48 +20 <RA",
     CAUSE_FIREWALL_RST, WHERE_HOST, 0.6, 0.8},
    /* Alone, neither 0 nor 0x10 tells: FreeBSD leaves the TOS out, a path may clear it, and pf writes 0x10. */
    {">S,tos=0x10 +20 <RA", CAUSE_FIREWALL_RST, WHERE_HOST, 0.6, 0.8},
    {">S,tos=0xb8 +20 <RA,ttl=52", CAUSE_FIREWALL_RST, WHERE_HOST, 0.6, 0.75},
    {"v6 >S,tos=0xb8 +20 <RA", CAUSE_FIREWALL_RST, WHERE_HOST, 0.6, 0.8},
    {">S,tos=0x10 +20 <RA,tos=0x10", CAUSE_KERNEL_RST, WHERE_HOST, 0.6, 0.8},
    {">S,tos=0x10 +20 <RA,tos=0x10,id=7", CAUSE_KERNEL_RST, WHERE_HOST, 0.4, 0.7},
    /* Not as netfilter writes it: then TOS 0 is another stack's own. */
    {">S,tos=0xb8 +20 <RA,ttl=250,df=0,id=7", CAUSE_KERNEL_RST, WHERE_HOST, 0.8, 0.9},
    {">S,tos=0xb8 +20 <RA,ttl=120,id=7", CAUSE_KERNEL_RST, WHERE_HOST, 0.8, 0.9},
    {"v6 >S,tos=0xb8 +20 <RA,ttl=120", CAUSE_KERNEL_RST, WHERE_HOST, 0.8, 0.9},
    {"2>S,port=80,order=0x24513 +20 2<SA,order=0x21345 2>A >S,tos=0x10 +20 <RA", CAUSE_KERNEL_RST, WHERE_HOST, 0.9, 1},
    {"2>S,port=80,order=0x24513 +20 2<SA,order=0x213115411 2>A >S,tos=0x10 +20 <RA,tos=0x10", CAUSE_FIREWALL_RST,
     WHERE_HOST, 0.7, 0.95},
    {"2>S,tos=0xb8,port=2222 +20 2<RA,df=0,id=70 >S,tos=0xb8 +20 <RA,df=0,id=73", CAUSE_KERNEL_RST, WHERE_HOST, 0.9, 1},
    {"2>S,tos=0xb8,port=2222 +20 2<RA,df=0,id=70 >S,tos=0xb8 +20 <RA", CAUSE_FIREWALL_RST, WHERE_HOST, 0.7, 0.95},
    /* What BSD firewalls write, over whatever came. */
    {">S,tos=0x48 +20 <RA,tos=0x10", CAUSE_FIREWALL_RST, WHERE_HOST, 0.9, 1},
    {">S,tos=0x10 +20 <RA,tos=0x10,df=0,id=7", CAUSE_FIREWALL_RST, WHERE_HOST, 0.9, 1},
    {"2>S,tos=0x10,port=2222 +20 2<RA >S,tos=0x10 +20 <RA,tos=0x10", CAUSE_FIREWALL_RST, WHERE_HOST, 0.5, 0.8},
    /* A RST without ACK is ignored: the SYN is sent again, and again. A user-mode network says so that it was refused.
     */
    {">S +20 <R,seq=77 +980 >S +20 <R,seq=78 +1980 >S +5000 tick", CAUSE_SILENT_DROP, WHERE_UNKNOWN, 0.8, 1},
    {">S +20 <R,ttl=255,win=65535,df=0,id=0,seq=99 +980 >S +2000 >S +5000 tick", CAUSE_KERNEL_RST, WHERE_UNKNOWN, 0.8,
     1},
    {OWN ">S,tos=0x10 +20 <RA,ttl=64", CAUSE_FIREWALL_RST, WHERE_PATH, 0.9, 1},
    {">S +5 <RA,ttl=64 +15 <SA", CAUSE_FIREWALL_RST, WHERE_PATH, 0.9, 1},
    /* Not the second SYN is answered too soon, but the first one in its time. */
    {"3>S,port=80 +900 3<SA 3>A 4>S,port=80 +900 4<SA 4>A 5>S,port=80 +900 5<SA 5>A >S +1000 >S +20 <RA",
     CAUSE_KERNEL_RST, WHERE_HOST, 0.75, 1},
    /* What one SYN with a TOS showed of a port holds for the next one without. */
    {"2>S,tos=0x10 +20 2<RA +1000 >S +20 <RA", CAUSE_FIREWALL_RST, WHERE_HOST, 0.6, 0.95},
    {"2>S,tos=0x48 +20 2<RA,tos=0x48 +1000 >S +20 <RA", CAUSE_KERNEL_RST, WHERE_HOST, 0.9, 1},
    /* A nearer TTL than the same host's RST elsewhere: a router on the way. */
    {"2>S,port=2222 +20 2<RA >S +20 <RA,ttl=64", CAUSE_FIREWALL_RST, WHERE_PATH, 0.6, 0.95},
    /* A host whose SYN-ACKs carry a TOS marks all it sends: then the RST's says nothing. */
    {"2>S,port=80 +20 2<SA,tos=0x20 2>A >S,tos=0x20 +20 <RA,tos=0x20", CAUSE_KERNEL_RST, WHERE_HOST, 0.7, 0.98},
    /* A bare RST in the client's name, which had not said that it leaves; then, behind it, the client's own words. */
    {SHAKE HELLO_C "+1 <A +5 >R,id=0", CAUSE_INJECTED_RST, WHERE_PATH, 0.6, 1},
    {SHAKE HELLO_C "+1 <A +5 >R,id=0 +5000 >FA +1 <R", CAUSE_INJECTED_RST, WHERE_PATH, 0.6, 1},
    /* Its kernel's own, but somebody had told it that the client was gone. */
    {SHAKE HELLO_C "+1 <A +5000 >FA +20 <R,id=0", CAUSE_INJECTED_RST, WHERE_COUNT, 0.3, 0.9},
    /* The first of several ended nothing, the last did. */
    {GREET "+5 <RA,ttl=40 +5 >kexinit +20 <kexinit +5 <RA,ttl=40", CAUSE_INJECTED_RST, WHERE_PATH, 0.8, 1},
    {GREET "+5 <RA,ttl=50,win=8192,id=1", CAUSE_INJECTED_RST, WHERE_PATH, 0.8, 1},
    /* Accepted and then mute: the client's banner acknowledged, or never. */
    {SHAKE HELLO_C "+1 <A +20000 tick", CAUSE_NO_BANNER, WHERE_HOST, 0.8, 1},
    {SHAKE HELLO_C "+300 " AGAIN_C "+600 " AGAIN_C "+1200 " AGAIN_C "+2400 " AGAIN_C, CAUSE_LISTEN_OVERFLOW, WHERE_HOST,
     0.8, 1},
    /* Seen at the server: SYN-ACK out and never acknowledged. */
    {">S,ttl=60 +20us <SA,ttl=64 +1000 <SA,ttl=64 +2000 <SA,ttl=64 +4000 tick", CAUSE_RETURN_PATH_LOSS, WHERE_PATH, 0.8,
     1},
    /* Texts in place of a banner. */
    {SHAKE "+1 <'Exceeded MaxStartups\r\n' <FA +1 >FA", CAUSE_MAXSTARTUPS, WHERE_HOST, 0.9, 1},
    {"@2 " GREET "@6 " GREET "@1 " SHAKE "+1 <'Not allowed at this time\r\n' <FA +1 >FA", CAUSE_MAXSTARTUPS, WHERE_HOST,
     0.5, 1},
    {FAILED_BEFORE SHAKE "+1 <'Not allowed at this time\r\n' <FA +1 >FA", CAUSE_SOURCE_PENALTY, WHERE_HOST, 0.5, 1},
    {SHAKE "+1 <'220 mail.example ESMTP\r\n' +1 >FA <FA", CAUSE_NOT_SSH, WHERE_HOST, 0.8, 1},
    /* Bans need a history. */
    {FAILED_BEFORE ">S +20 !3/3", CAUSE_FAIL2BAN_BAN, WHERE_HOST, 0.5, 1},
    {FAILED_BEFORE ">S,tos=0x10 +20 <RA", CAUSE_FAIL2BAN_BAN, WHERE_HOST, 0.5, 1},
    {FAILED_BEFORE ">S +1000 >S +2000 >S +5000 tick", CAUSE_FAIL2BAN_BAN, WHERE_HOST, 0.5, 1},
    {FAILED_BEFORE ">S,tos=0x48 +20 <RA,tos=0x48", CAUSE_KERNEL_RST, WHERE_HOST, 0.5, 1},
    /* The conversation. */
    {GREET ">kexinit +1 <kexother +1 <FA +1 >FA", CAUSE_KEX_MISMATCH, WHERE_COUNT, 0.9, 1},
    /* Who does not like the key leaves at once, with a word of farewell or without; who waits had another reason. */
    {GREET ">kextwo +20 <kexinit >init +20 <reply >newkeys +1 >e84 +1 >FA +20 <FA", CAUSE_HOSTKEY_REJECTED,
     WHERE_CLIENT, 0.6, 1},
    {GREET ">kextwo +20 <kexinit >init +20 <reply >newkeys +4000 >FA +20 <FA", CAUSE_CLIENT_ABORT, WHERE_CLIENT, 0.4,
     1},
    /* A server that leaves in the login, too soon for its grace time, and says nothing. */
    {GREET "+200 <RA,ts=1,win=500,id=5006", CAUSE_SERVER_HANGUP, WHERE_HOST, 0.7, 1},
    {GREET "+1 <FA >FA", CAUSE_SERVER_HANGUP, WHERE_HOST, 0.7, 1},
    {SHAKE KEX ">e44 +20 <e44 >e68 +20 <e52 +2400 <FA +1 >FA", CAUSE_SERVER_HANGUP, WHERE_HOST, 0.6, 1},
    {GREET "+1 <'Service is going down\r\n' <FA", CAUSE_SERVER_HANGUP, WHERE_HOST, 0.7, 1},
    {SHAKE KEX ">e44 +20 <e44 >e68 +20 <e52 +119960 <FA +1 >FA", CAUSE_LOGIN_TIMEOUT, WHERE_HOST, 0.8, 1},
    /* One that no longer answers, though its kernel does. */
    {GREET ">kexinit +20 <kexinit >init +20 <A +15000 >FA +20 <A", CAUSE_SERVER_STALLED, WHERE_HOST, 0.8, 1},
    {GREET ">kexinit +20 <kexinit >init +20 <A +15000 tick", CAUSE_SERVER_STALLED, WHERE_HOST, 0.5, 0.8},
    {GREET ">kexinit +20 <kexinit >init +20 <A +300 >FA +20 <A", CAUSE_CLIENT_ABORT, WHERE_CLIENT, 0.4, 1},
    {SHAKE KEX ASKED ">e148 +1 <A +25000 >FA +1 <A", CAUSE_SERVER_STALLED, WHERE_HOST, 0.7, 1},
    /* No SSH client; and a proxy that puts its header before one. */
    {SHAKE "+20 " HELLO_S ">'\r\n' +1 <'Protocol mismatch.\n' <FA +1 >FA", CAUSE_PROTOCOL_MISMATCH, WHERE_CLIENT, 0.8,
     1},
    {GREET "+1 <'Invalid SSH identification string.\r\n' <FA +1 >FA", CAUSE_PROTOCOL_MISMATCH, WHERE_HOST, 0.8, 1},
    /* What vanishes is marked, whatever its size. */
    {LOGIN "+10 <e1400 +1 >A +10 <e500,tos=0x48 +300 <e500,back=500,tos=0x48 +600 <e500,back=500,tos=0x48 +1200 "
           "<e500,back=500,tos=0x48 +2400 <e500,back=500,tos=0x48 +1 tick",
     CAUSE_IDLE_DROP, WHERE_PATH, 0.8, 1},
    {LOGIN
     "+10 <e1400 +1 >A +10 <e500 +300 <e500,back=500 +600 <e500,back=500 +1200 <e500,back=500 +2400 <e500,back=500",
     CAUSE_IDLE_DROP, WHERE_PATH, 0.6, 1},
    /* sshd turns away as it accepts, not seconds later. */
    {"@2 " SHAKE HELLO_C "@1 " SHAKE HELLO_C "+1 <A +5000 <FA +1 >FA", CAUSE_CLOSED_BEFORE_BANNER, WHERE_HOST, 0.6, 1},
    {GREET ">kextwo +20 <kexinit >init +20 <reply <newkeys +5000 >FA +1 <FA", CAUSE_HOSTKEY_REJECTED, WHERE_CLIENT, 0.6,
     1},
    {SHAKE HELLO_C "+20 <'SSH-1.5-Cisco-1.25\r\n' +1 >FA +1 <FA", CAUSE_PROTOCOL_MISMATCH, WHERE_COUNT, 0.8, 1},
    {SHAKE KEX ASKED TRY TRY TRY "<FA +1 >FA", CAUSE_AUTH_FAILED, WHERE_HOST, 0.8, 1},
    /* After a loss success and what follows it came in one segment. */
    {SHAKE KEX ASKED ">e148 +20 <e440 >e112 +20 <e44 >e60 +20 <e200 " LEAVE, CAUSE_NONE, WHERE_NULL, 0.9, 1},
    {SHAKE KEX ASKED ">e148 +20 <e440 >e112 +20 <e52 >e60 +20 <e200 " LEAVE, CAUSE_AUTH_FAILED, WHERE_HOST, 0.5, 1},
    /* A program that leaves what it was sent unread resets; its window is the one that it offered last. */
    {"v6 " LOGIN ">e40,ts=0 +20 <e60 +1 >RA,win=501", CAUSE_NONE, WHERE_NULL, 0.8, 1},
    {"v6 " LOGIN ">e40,ts=0 +20 <e60 +1 >RA,win=77,ttl=50", CAUSE_INJECTED_RST, WHERE_PATH, 0.8, 1},
    {LOGIN LEAVE, CAUSE_NONE, WHERE_NULL, 0.9, 1},
    {LOGIN ">e60 +20 <e36 <FA +20 >R,ts=0", CAUSE_NONE, WHERE_NULL, 0.9, 1},
    {LOGIN "+20 >R,ts=0 +20 <FA", CAUSE_INJECTED_RST, WHERE_PATH, 0.5, 1},
    {SHAKE HELLO_C "+10000 <'x4\r\n' +10000 <'y7\r\n' +10000 <'zz\r\n' +100 <A", CAUSE_TARPIT, WHERE_HOST, 0.8, 1},
    {"?n.example +1 ?n.example=3", CAUSE_NAME_FAILURE, WHERE_CLIENT, 0.8, 1},
    {CUT_LOGIN "<e28,left=2 >e60,left=2 +20 <e60,left=2 " LEAVE, CAUSE_NONE, WHERE_NULL, 0.7, 1},
    {CUT_LOGIN "<e52,left=2 " LEAVE, CAUSE_AUTH_FAILED, WHERE_HOST, 0.5, 1},
    {SHAKE ">'GET / HTTP/1.1\r\n\r\n',left=2 +20 <e900,left=2 >e16,left=2 +20 <e900,left=2 >e60,left=2 +20 "
           "<e900,left=2 >e60,left=2 +20 <e900,left=2 " LEAVE,
     CAUSE_UNDETERMINED, WHERE_UNKNOWN, 0.7, 1},
    {">S +1 <SA +1000 >S +1 <SA +2000 >S +1 <SA +8000 <SA +1 >R", CAUSE_RETURN_PATH_LOSS, WHERE_PATH, 0.8, 1},
    {">S +1000 >S +2000 >S +9000 <SA +1 >R", CAUSE_SILENT_DROP, WHERE_UNKNOWN, 0.8, 1},
    {"?n.example +1 ??n.example +1 ?n.example=! +1 ?n.example=!", CAUSE_NAME_FAILURE, WHERE_UNKNOWN, 0.8, 1},
    {"v6 ?n.example +1 ??n.example +1 ?n.example=! +1 ?n.example=!", CAUSE_NAME_FAILURE, WHERE_UNKNOWN, 0.8, 1},
    {"who +1000 who +1000 who +1500 tick", CAUSE_HOST_UNREACHABLE, WHERE_HOST, 0.8, 1},
    {SHAKE ">'SSH-1.5-x\r\n' +20 " HELLO_S "+20 <FA", CAUSE_PROTOCOL_MISMATCH, WHERE_CLIENT, 0.8, 1},
    /* What was in vain got through in pieces, after the client had left: no key that came then is why. */
    {SHAKE HELLO_C "+20 " HELLO_S ">e1400,at=24 +300 >e1400,at=24 +600 >e1400,at=24 +1200 >e1400,at=24 +2400 "
                   ">e1100,at=24 +20 <A >FA +20 <kexinit <reply",
     CAUSE_MTU_BLACKHOLE, WHERE_PATH, 0.9, 1},
    /* Success, and the server closes before anything was said on a channel; or after. */
    {"v6 " SHAKE KEX ASKED ">e148 +20 <e28 >e112 +5 <RA,win=500,ts=1", CAUSE_SESSION_REFUSED, WHERE_HOST, 0.9, 1},
    {SHAKE KEX ASKED ">e148 +20 <e28 >e112 +5 <FA +1 >FA +20 <A", CAUSE_SESSION_REFUSED, WHERE_HOST, 0.9, 1},
    {"v6 " SHAKE KEX ASKED ">e148 +20 <e28 >e112 +2000 <e264 +5 <FA +1 >FA +20 <A", CAUSE_SESSION_REFUSED, WHERE_HOST,
     0.9, 1},
    {SHAKE KEX ASKED ">e148 +20 <e28 >e112 +5 <RA,win=500,ttl=40,ts=0", CAUSE_INJECTED_RST, WHERE_PATH, 0.5, 1},
    {LOGIN ">e60 +5 <e36 >e60 +1 >FA +20 <FA", CAUSE_NONE, WHERE_NULL, 0.9, 1},
    {SHAKE KEX ASKED ">e148 +20 <e28 >e112 +20 <e60 >e60 +1 >FA +20 <FA", CAUSE_NONE, WHERE_NULL, 0.9, 1},
    {SHAKE KEX ASKED ">e148 +20 <e28 >e60 +3000000 <FA +1 >FA +20 <A", CAUSE_NONE, WHERE_NULL, 0.8, 1},
};

static void border_lines(void **state)
{
    (void)state;
    check_cases(borders, COUNT(borders));
}

/* Where nothing separates two causes, no verdict is sure. */
static void no_sure_tone_on_a_guess(void **state)
{
    static const struct verdict_case cases[] = {
        {">S +20 <RA", CAUSE_KERNEL_RST, WHERE_HOST, 0.4, 0.95}, /* TOS 0: nothing to echo, and nothing else known */
        {">S,tos=0x10 +20 <RA,ttl=127,tos=0", CAUSE_COUNT, WHERE_COUNT, 0, 0.9}, /* Windows does not echo */
        {SHAKE "+5 <FA +1 >FA", CAUSE_CLOSED_BEFORE_BANNER, WHERE_HOST, 0.3, 0.97},
        {SHAKE "+1 <'Not allowed at this time\r\n' <FA +1 >FA", CAUSE_COUNT, WHERE_HOST, 0.3, 0.9},
    };
    (void)state;
    check_cases(cases, COUNT(cases));
}

/* A capture that lacks what a verdict needs gives none, and says what it lacks. */
static void gaps(void **state)
{
    static const struct verdict_case cases[] = {
        {">S +5000 tick", CAUSE_UNDETERMINED, WHERE_UNKNOWN, 0.5, 1}, /* one SYN, and no second within its time */
        {">S +100 tick", CAUSE_UNDETERMINED, WHERE_UNKNOWN, 0.5, 1},
        {">S +1000 >S", CAUSE_UNDETERMINED, WHERE_UNKNOWN, 0.5, 1}, /* the second could not have been answered yet */
        {">S +1000 >S +20 tick", CAUSE_UNDETERMINED, WHERE_UNKNOWN, 0.5, 1},
        {">S +20 <SA", CAUSE_UNDETERMINED, WHERE_UNKNOWN, 0.5, 1},
        {SHAKE "+100 tick", CAUSE_UNDETERMINED, WHERE_UNKNOWN, 0.5, 1},
        {SHAKE HELLO_C "+1 <A +100 tick", CAUSE_UNDETERMINED, WHERE_UNKNOWN, 0.5, 1},
        {GREET "+10 tick", CAUSE_UNDETERMINED, WHERE_UNKNOWN, 0.5, 1},
        {SHAKE KEX ASKED "+10 tick", CAUSE_UNDETERMINED, WHERE_UNKNOWN, 0.5, 1},
        {"<SA,ack=1000001 +1 <'SSH-2.0-x\r\n' +5 <FA", CAUSE_UNDETERMINED, WHERE_UNKNOWN, 0.5,
         1}, /* the server's side only */
        {">S +20 >A,ack=3001000001 " HELLO_C "+20 >FA", CAUSE_UNDETERMINED, WHERE_UNKNOWN, 0.5,
         1}, /* the client's side only */
        /* a filter on flags: the FINs tell of words that are not here */
        {">S +20 <SA +900 >FA,at=2000 +20 <FA,at=3000", CAUSE_UNDETERMINED, WHERE_UNKNOWN, 0.8, 1},
        {">S +20 <SA >A +5 >FA +20 <FA", CAUSE_SCAN, WHERE_CLIENT, 0.8, 1}, /* nothing was said */
        /* a filter on the port: two banners, and whatever ends the connection tells of more */
        {SHAKE HELLO_C "+20 " HELLO_S "+5 >FA,at=2000 +1 <FA,at=1500", CAUSE_UNDETERMINED, WHERE_UNKNOWN, 0.7, 1},
        {SHAKE HELLO_C "+20 " HELLO_S "+5 >FA,at=2000 +1 <R,at=1500", CAUSE_UNDETERMINED, WHERE_UNKNOWN, 0.7, 1},
        {SHAKE HELLO_C "+20 " HELLO_S "+5 >R,at=2000", CAUSE_UNDETERMINED, WHERE_UNKNOWN, 0.7, 1},
        {SHAKE HELLO_C "+20 " HELLO_S "+5 <RA,ack=1002000", CAUSE_UNDETERMINED, WHERE_UNKNOWN, 0.7, 1},
        {SHAKE HELLO_C "+20 <FA,ack=1000001,at=800", CAUSE_UNDETERMINED, WHERE_UNKNOWN, 0.7, 1},
        {">e44 +20 <e44 >FA +1 <FA", CAUSE_UNDETERMINED, WHERE_UNKNOWN, 0.5, 1}, /* from the middle */
    };
    (void)state;
    check_cases(cases, COUNT(cases));
}

/* The same whichever family, seen once or twice, and in whatever order. */
static void what_must_not_matter(void **state)
{
    static const char *const scripts[][2] = {
        {">S,tos=0x10 +20 <RA,tos=0x10", ">S,tos=0x10 again +20 <RA,tos=0x10 again"},
        {OWN ">S,tos=0x10 +20 <RA,ttl=64", OWN ">S,tos=0x10 again +20 <RA,ttl=64 again"},
        {">S,tos=0x10 +20 <RA,tos=0x10 +100 " OWN,
         OWN "+100 >S,tos=0x10 +20 <RA,tos=0x10"}, /* learned before or after */
        {SHAKE "+1 <'Exceeded MaxStartups\r\n' <FA",
         ">S again +20 <SA again >A again +1 <'Exceeded MaxStartups\r\n' again <FA again"},
        {SHAKE "+1 <'Exceeded MaxStartups\r\n' <FA", SHAKE "+1 <'Exceeded Max' <'Startups\r\n' <FA"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(scripts); i++) {
        struct play a, b;
        play_file(&a, scripts[i][0]);
        play_file(&b, scripts[i][1]);
        const struct verdict *x = &judged(&a)->verdict, *y = &judged(&b)->verdict;
        if (x->cause != y->cause || x->where != y->where || fabs(x->confidence - y->confidence) > 0.05)
            fail_msg("%s: %s at %.3f, but %s: %s at %.3f", scripts[i][0], cause_name(x->cause), x->confidence,
                     scripts[i][1], cause_name(y->cause), y->confidence);
        play_close(&a);
        play_close(&b);
    }
}

static void sentences(void **state)
{
    struct address server = person_address(PERSON_SERVER, false);
    static const struct {
        const char *sentence, *text;
    } cases[] = {
        {"plain", "plain"},
        {"{0} and {1}", "16 and 18446744073709551615"},
        {"TOS {0x}", "TOS 0x10"},
        {"{2x}", "0x05"},
        {"after {0t}", "after 0.01 ms"},
        {"after {3t}", "after 1500 ms"},
        {"{a}", "10.7.2.2"},
        {"\"{w}\"", "\"word\""},
        {"{", "{"},
        {"{}", "{}"},
        {"{4}", "{4}"},
        {"{0", "{0"},
        {"{x}", "{x}"},
        {"", ""},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct evidence e = {
            .sentence = cases[i].sentence, .value = {16, UINT64_MAX, 5, 1500000}, .address = &server, .word = "word"};
        char text[EVIDENCE_TEXT_SIZE];
        assert_int_equal(evidence_text(&e, text, sizeof text), strlen(cases[i].text));
        assert_string_equal(text, cases[i].text);
    }
    /* Units that a person reads at a glance. */
    static const struct {
        uint64_t us;
        const char *text;
    } times[] = {{0, "0.00 ms"},       {254, "0.25 ms"},   {9999, "9.99 ms"},     {10000, "10 ms"},
                 {1999999, "1999 ms"}, {2000000, "2.0 s"}, {120050000, "120.0 s"}};
    for (size_t i = 0; i < COUNT(times); i++) {
        struct evidence e = {.sentence = "{0t}", .value = {times[i].us}};
        char text[EVIDENCE_TEXT_SIZE];
        evidence_text(&e, text, sizeof text);
        assert_string_equal(text, times[i].text);
    }
}

static void long_words_stay_in_bounds(void **state)
{
    char word[2000];
    (void)state;
    memset(word, 'w', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    for (size_t size = 1; size < 40; size++) {
        struct evidence e = {.sentence = "said {w} and {w}", .word = word};
        char *text = malloc(size); /* a byte too far would be seen */
        assert_non_null(text);
        size_t n = evidence_text(&e, text, size);
        assert_true(n < size);
        assert_int_equal(strlen(text), n);
        free(text);
    }
    struct evidence none = {.sentence = "{a} {w}"};
    char text[EVIDENCE_TEXT_SIZE];
    evidence_text(&none, text, sizeof text);
    assert_string_equal(text, "? ?");
}

/* 76 bytes are the size of sshd's farewell after MaxAuthTries; 52 those of one more refusal. */
static void what_ssh_prints_of_a_refused_login(void **state)
{
    struct play p;
    (void)state;
    play_file(&p, SHAKE KEX ASKED TRY ">e148 +20 <e76 <FA +1 >FA +1 <A");
    assert_int_equal(p.act->verdict.cause, CAUSE_AUTH_FAILED);
    assert_string_equal(report_client_error(&p.act->file, &p.act->verdict),
                        "Received disconnect from 10.7.2.2 port 22:2: Too many authentication failures");
    play_close(&p);
    play_file(&p, SHAKE KEX ASKED TRY TRY LEAVE);
    assert_int_equal(p.act->verdict.cause, CAUSE_AUTH_FAILED);
    assert_string_equal(report_client_error(&p.act->file, &p.act->verdict), "Permission denied");
    play_close(&p);
}

static void names_are_the_contract(void **state)
{
    static const char *const causes[] = {"kernel-rst",
                                         "firewall-rst",
                                         "firewall-icmp",
                                         "silent-drop",
                                         "fail2ban-ban",
                                         "host-unreachable",
                                         "network-unreachable",
                                         "routing-loop",
                                         "name-failure",
                                         "maxstartups",
                                         "source-penalty",
                                         "closed-before-banner",
                                         "no-banner",
                                         "tarpit",
                                         "not-ssh",
                                         "protocol-mismatch",
                                         "kex-mismatch",
                                         "hostkey-rejected",
                                         "auth-failed",
                                         "login-timeout",
                                         "injected-rst",
                                         "mtu-blackhole",
                                         "listen-overflow",
                                         "return-path-loss",
                                         "client-abort",
                                         "idle-drop",
                                         "server-stalled",
                                         "server-hangup",
                                         "session-refused",
                                         "address-conflict",
                                         "intercepted",
                                         "misaddressed-reply",
                                         "reply-ignored",
                                         "stale-connection",
                                         "scan",
                                         "none",
                                         "undetermined"};
    (void)state;
    assert_int_equal(COUNT(causes), CAUSE_COUNT);
    for (int i = 0; i < CAUSE_COUNT; i++) {
        assert_string_equal(cause_name((enum cause)i), causes[i]);
        assert_int_equal(cause_is_failure((enum cause)i),
                         i != CAUSE_NONE && i != CAUSE_SCAN && i != CAUSE_UNDETERMINED);
        assert_int_equal(cause_is_scan((enum cause)i), i == CAUSE_SCAN);
    }
    assert_string_equal(where_name(WHERE_HOST), "host");
    assert_string_equal(where_name(WHERE_PATH), "path");
    assert_string_equal(where_name(WHERE_CLIENT), "client");
    assert_string_equal(where_name(WHERE_UNKNOWN), "unknown");
    assert_null(where_name(WHERE_NULL));
    for (int s = STAGE_NAME; s <= STAGE_SESSION; s++)
        assert_non_null(stage_name((enum stage)s));
    for (int v = VANTAGE_UNKNOWN; v <= VANTAGE_BETWEEN; v++)
        assert_non_null(vantage_name((enum vantage)v));
}

/* What is in the capture outweighs what is not. */
static void later_packets_outweigh_a_gap(void **state)
{
    static const struct verdict_case cases[] = {
        /* the client's banner was lost, the server's text is there */
        {SHAKE "+5 <A,ack=1000024 <'Exceeded MaxStartups\r\n' +1 <FA +1 >FA,at=24", CAUSE_MAXSTARTUPS, WHERE_HOST, 0.9,
         1},
        {SHAKE "+5 <'Not allowed at this time\r\n' <FA +1 >FA,at=24", CAUSE_COUNT, WHERE_HOST, 0.4, 0.995},
        /* no SYN-ACK, and all that came after it */
        {">S +20 >A,ack=3001000001 " HELLO_C "+20 <'SSH-2.0-OpenSSH_9.2p1\r\n',at=1 >kexinit +20 <kexinit >init +20 "
         "<reply <newkeys >newkeys " ASKED ">e148 +20 <e28 >e60 +20 <e60 " LEAVE,
         CAUSE_NONE, WHERE_NULL, 0.9, 1},
        {">S +20 >A,ack=3001000001 " HELLO_C "+20 <A,at=1 +5000 >FA +20 <A,at=1", CAUSE_NO_BANNER, WHERE_HOST, 0.6, 1},
        /* no SYN */
        {"<SA,ack=1000001 +5 >A,at=1 " KEX ASKED TRY TRY TRY LEAVE, CAUSE_AUTH_FAILED, WHERE_COUNT, 0.8, 1},
        {">A,at=1 " KEX ASKED TRY TRY TRY LEAVE, CAUSE_AUTH_FAILED, WHERE_COUNT, 0.8, 1},
        /* in mid-session: a reset that is the client's own packet thrown back */
        {"<e76,at=50000 >e44,at=7000 +20 <A +100 >e44,id=4444,tos=0x15 +5 <RA,id=4444,tos=0x15,ttl=50",
         CAUSE_INJECTED_RST, WHERE_PATH, 0.9, 1},
        {"<e76,at=50000 >e44,at=7000 +20 <A +100 >e44 +5 <RA,ttl=63,win=501,ts=1,id=5004", CAUSE_UNDETERMINED,
         WHERE_COUNT, 0.8, 1},
        /* in mid-session: a large segment that a router calls too big, each time */
        {"<e76,at=50000 >e44,at=7000 +20 <A >e1448 +1 !3/4,from=4 +300 >e1448,back=1448 +1 !3/4,from=4 +600 "
         ">e1448,back=1448 +1 !3/4,from=4 +9000 tick",
         CAUSE_MTU_BLACKHOLE, WHERE_COUNT, 0.8, 1},
        {"<e76,at=50000 >e44,at=7000 +20 <A >e1448 +300 >e1448,back=1448 +9000 tick", CAUSE_UNDETERMINED, WHERE_COUNT,
         0.8, 1},
        /* both offers are there, and another message is not */
        {GREET ">kexodd +20 <kexinit +5 <A,ack=1009999 +1 >FA,at=9999 +5 <FA", CAUSE_KEX_MISMATCH, WHERE_COUNT, 0.8, 1},
        /* the end shows that something was lost: no verdict on what is left */
        {KEYED ">newkeys " ASKED ">e148 +20 <A >FA +20 <FA,skip=52 +1 >A", CAUSE_UNDETERMINED, WHERE_COUNT, 0.7, 1},
    };
    (void)state;
    check_cases(cases, COUNT(cases));
}

/* Majors that meet are no mismatch: 1.99 speaks either. */
static void versions_that_meet(void **state)
{
#define SESSION_1 "<e276 >e156 <e12 >e20 <e12 >e164 <e12 >e20 <e1400 >A <e1400 >A >e20 <e40 >e20 <e40 >FA +5 <FA +1 >A"
    static const struct verdict_case cases[] = {
        {SHAKE "<'SSH-1.5-x\r\n' >'SSH-1.5-y\r\n' +5 " SESSION_1, CAUSE_NONE, WHERE_NULL, 0.6, 1},
        {SHAKE "<'SSH-1.99-x\r\n' >'SSH-1.5-y\r\n' +5 " SESSION_1, CAUSE_NONE, WHERE_NULL, 0.6, 1},
        {SHAKE "<'SSH-1.5-x\r\n' >'SSH-1.99-y\r\n' +5 " SESSION_1, CAUSE_NONE, WHERE_NULL, 0.6, 1},
        {SHAKE "<'SSH-1.5-x\r\n' >'SSH-1.5-y\r\n' +5 <e276 >FA +5 <FA +1 >A", CAUSE_UNDETERMINED, WHERE_COUNT, 0.8, 1},
        {SHAKE "<'SSH-1.5-x\r\n' >'SSH-2.0-y\r\n' +5 >FA +5 <FA +1 >A", CAUSE_PROTOCOL_MISMATCH, WHERE_COUNT, 0.8, 1},
        {SHAKE "<'SSH-2.0-x\r\n' >'SSH-1.5-y\r\n' +5 <FA +5 >FA +1 <A", CAUSE_PROTOCOL_MISMATCH, WHERE_COUNT, 0.8, 1},
    };
    (void)state;
    check_cases(cases, COUNT(cases));
}

/* What to do about it: the command, and on which side. */
static void undetermined_says_what_would_tell(void **state)
{
    static const struct {
        const char *script;
        enum capture_side side;
    } cases[] = {{">S", CAPTURE_AT_CLIENT},
                 {">S +20 <SA +5000 tick", CAPTURE_AT_SERVER}, /* seen at the client */
                 {">S,ttl=60 +20 <SA,ttl=64 +5000 tick", CAPTURE_AT_CLIENT},
                 {GREET, CAPTURE_AT_CLIENT}};
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct play p;
        play_file(&p, cases[i].script);
        const struct verdict *v = &judged(&p)->verdict;
        assert_int_equal(v->cause, CAUSE_UNDETERMINED);
        assert_non_null(v->would_decide);
        assert_int_equal(v->capture_again, cases[i].side);
        play_close(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(border_lines),
        cmocka_unit_test(no_sure_tone_on_a_guess),
        cmocka_unit_test(gaps),
        cmocka_unit_test(what_must_not_matter),
        cmocka_unit_test(sentences),
        cmocka_unit_test(long_words_stay_in_bounds),
        cmocka_unit_test(what_ssh_prints_of_a_refused_login),
        cmocka_unit_test(later_packets_outweigh_a_gap),
        cmocka_unit_test(versions_that_meet),
        cmocka_unit_test(undetermined_says_what_would_tell),
        cmocka_unit_test(names_are_the_contract),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
