/* Each row of the evidence tables: where it fires, and where it must not. */
#include "rows.h"

#define FAIL_LOGIN    SHAKE KEX ASKED TRY TRY TRY LEAVE "+1000 "
#define FAILED_BEFORE "@2 " FAIL_LOGIN "@1 "
/* A packet of the host's own, on another port. */
#define OWN "2>S,port=80 +20 2<SA 2>A "
/* The same, by which it is known to be Linux; to be FreeBSD; OpenBSD. */
#define OWN_BY(order) "2>S,port=80,order=0x24513 +20 2<SA,id=0,order=" order " 2>A "
#define OWN_LINUX     OWN_BY("0x24513")
#define OWN_FREEBSD   OWN_BY("0x21345")
#define OWN_OPENBSD   OWN_BY("0x211413115")

static const struct row_case refused[] = {
    {"rst-echoes-tos", OWN_LINUX ">S,tos=0x10 +20 <RA,tos=0x10", ">S,tos=0x10 +20 <RA,tos=0x10"},
    {"rst-tos-zero", ">S,tos=0x10 +20 <RA", ">S,tos=0x10 +20 <RA,ttl=255"},
    {"rst-tos-of-bsd", ">S,tos=0x48 +5 <RA,tos=0x10", "v6 >S,tos=0x48 +5 <RA,tos=0x10"},
    {"rst-tos-rewritten", ">S,tos=0x48 +5 <RA,tos=0x20", ">S,tos=0x48 +5 <RA,tos=0x48"},
    {"host-echoes-elsewhere", "2>S,tos=0x48,port=2222 +20 2<RA,tos=0x48 >S,tos=0x48 +20 <RA",
     "2>S,tos=0x10,port=2222 +20 2<RA,tos=0x10 >S,tos=0x10 +20 <RA"},
    {"port-echoed", "2>S,tos=0x10 +20 2<RA,tos=0x10 >S +20 <RA", "2>S,tos=0x10 +20 2<RA >S +20 <RA"},
    {"port-did-not-echo", "2>S,tos=0x10 +20 2<RA >S +20 <RA", "2>S,tos=0x10 +20 2<RA +90000 >S +20 <RA"},
    {"rst-flow-label", "v6 >S +20 <RA,label=7", "v6 >S +20 <RA"},
    {"rst-no-flow-label", "v6 >S +20 <RA", "v6 >S +20 <RA,label=7"},
    {"labels-elsewhere", "v6 2>S,tos=0x10,port=2222 +20 2<RA,tos=0x10,label=7 >S +20 <RA",
     "v6 2>S,tos=0x10,port=2222 +20 2<RA,tos=0x10 >S +20 <RA"},
    {"rst-sum-partial", ">S +20 <RA,sum=1", ">S +20 <RA"},
    {"rst-sum-partial-v6", "v6 >S +20 <RA,sum=1", ">S +20 <RA,sum=1"},
    {"rst-sum-whole", "2>S,port=80 +20 2<SA,sum=1 2>A >S +20 <RA", OWN ">S +20 <RA"},
    {"rst-sum-whole-v6", "v6 2>S,port=80 +20 2<SA,sum=1 2>A >S +20 <RA", "v6 " OWN ">S +20 <RA"},
    {"rst-ttl-differs", OWN ">S +20 <RA,ttl=64", OWN ">S +20 <RA"},
    {"rst-nearer", "2>S,port=2222 +20 2<RA >S +20 <RA,ttl=64", "2>S,port=2222 +20 2<RA >S +20 <RA"},
    {"rst-full-ttl", "gateway >S +20 <RA,ttl=64", "gateway >S +20 <RA,ttl=63"},
    {"rst-ttl-same", OWN ">S +20 <RA", OWN ">S +20 <RA,ttl=64"},
    {"rst-too-fast", OWN "3>S,port=80 +20 3<SA 3>A 4>S,port=80 +20 4<SA 4>A >S +1 <RA",
     OWN "3>S,port=80 +20 3<SA 3>A 4>S,port=80 +20 4<SA 4>A >S +20 <RA"},
    {"rst-other-mac", OWN ">S +20 <RA,mac=9", OWN ">S +20 <RA"},
    {"rst-on-loopback", "<RA,seq=0,ack=1000001,mac=255", ">S,mac=255 +1 <RA,mac=255"},
    {"port-takes-others", "2>S +20 2<SA +1 2>A +100 >S +20 <RA +100 3>S +20 3<SA +1 3>A",
     "2>S +20 2<SA +1 2>A +100 >S +20 <RA +9000 3>S +20 3<SA +1 3>A"},
    {"synack-follows", ">S +5 <RA +15 <SA", ">S +5 <RA"},
    {"several-rsts", ">S +5 <RA +10 <RA,seq=99", ">S +5 <RA +10 <RA"},
    {"rst-repeated", ">S +5 <RA +10 <RA", ">S +5 <RA +500 >S +5 <RA"},
    {"rst-odd-sequence", ">S +5 <RA,seq=99", ">S +5 <RA"},
    {"rst-has-options", ">S +5 <RA,ts=1", ">S +5 <RA"},
    {"rst-window", OWN_LINUX ">S +5 <RA,win=512", ">S +5 <RA,win=512"},
    {"rst-copies-ip-id", ">S,id=4660 +5 <RA,id=4660", ">S,id=0 +5 <RA"},
    {"rst-ip-id", OWN_LINUX ">S +20 <RA,id=77", OWN ">S +20 <RA,id=77"},
    {"rst-unlike-netfilter", ">S,tos=0x10 +20 <RA,df=0,id=7", OWN_LINUX ">S,tos=0x10 +20 <RA,df=0,id=7"},
    {"rst-of-own-stack", OWN_FREEBSD ">S,tos=0x10 +20 <RA", OWN_FREEBSD ">S,tos=0x10 +20 <RA,tos=0x10"},
    {"rst-id-goes-on", "2>S,port=2222 +20 2<RA,df=0,id=70 >S +20 <RA,df=0,id=73",
     "2>S,port=2222 +20 2<RA,df=0,id=70 >S +20 <RA,df=0,id=700"},
    {"rst-window-of-stack", OWN_BY("0x213145") "+100 >S +5 <RA,win=512", ">S,win=512 +5 <RA,win=512"},
    {"rst-copies-window", ">S,win=512 +5 <RA,win=512", ">S,win=65535 +5 <RA,win=65535,df=0,id=7"},
    {"rst-lacks-df", ">S,tos=0x10 +5 <RA,tos=0x10,df=0,id=7", ">S,tos=0x10,df=0 +5 <RA,tos=0x10,df=0"},
    {"rst-tos-of-either", ">S,tos=0x10 +5 <RA,tos=0x10", OWN_LINUX ">S,tos=0x10 +20 <RA,tos=0x10"},
    {"rst-tos-with-id", ">S,tos=0x10 +5 <RA,tos=0x10,id=7", ">S,tos=0x10 +5 <RA,tos=0x10"},
    {"rst-unlike-other-ports", "2>S,port=2222 +20 2<RA,df=0,id=70 >S +20 <RA", "2>S,port=2222 +20 2<RA >S +20 <RA"},
    {"rst-tos-not-hosts", OWN_OPENBSD ">S,tos=0x10 +20 <RA,tos=0x10", OWN_FREEBSD ">S,tos=0x10 +20 <RA,tos=0x10"},
    {"beyond-nat", ">S +20 <RA,ttl=64,win=65535,df=0,id=7", ">S +20 <RA,ttl=63,win=65535,df=0,id=7"},
    {"rst-begins-above", "2>S,port=2222 +20 2<RA >S +20 <RA,ttl=250", "2>S,port=2222 +20 2<RA >S +20 <RA,ttl=60"},
    {"port-guarded", "2>S,tos=0x10,port=2222 +20 2<RA >S,tos=0x10 +20 <RA,tos=0x10",
     "2>S,tos=0x10,port=80 +20 2<RA >S,tos=0x10 +20 <RA,tos=0x10"},
    {"port-not-guarded", "2>S,tos=0x10 +20 2<RA,tos=0x10 >S,tos=0x10,port=2222 +20 <RA",
     "2>S,tos=0x10,port=2223 +20 2<RA,tos=0x10 >S,tos=0x10,port=2222 +20 <RA"},
    {"failed-before", FAILED_BEFORE ">S +20 <RA", ">S +20 <RA"},
    {"syn-crafted", ">S,order=0x31254 +20 <RA", ">S +20 <RA"},
    {"syn-small-ttl", ">S,ttl=9 +20 <RA", ">S,ttl=31 +20 <RA"},
    {"syn-ttl-series", "2>S,ttl=29 3>S,ttl=30 >S,ttl=31 +20 <RA",
     "2>S,ttl=30 4>S,ttl=30 >S,ttl=31,order=0x24513 +20 <RA"},
    {"rst-by-router", "routed seek >S +1 <RA,mac=4,ttl=64", "routed seek >S >S,mac=4,ttl=63 +1 <RA <RA,mac=4,ttl=62"},
    {"rst-by-either", "routed >S +1 <RA,mac=4,ttl=64", "served who is >S +1 <RA,ttl=64"},
};

static const struct row_case rejected[] = {
    {"icmp-network", ">S +20 !3/0,from=4", ">S +20 !3/1,from=4"},
    {"icmp-host", "v6 >S +20 !1/3,from=4", "v6 >S +20 !1/0,from=4"},
    {"icmp-loop", ">S +20 !11/0,from=4", ">S +20 !3/0,from=4"},
    {"icmp-rule", ">S +20 !3/13", ">S +20 !3/1"},
    {"late-burst", ">S +3100 !3/1,from=4", ">S +20 !3/1,from=4"},
    {"failed-before", FAILED_BEFORE ">S +20 !3/3", ">S +20 !3/3"},
    {"ban-default", FAILED_BEFORE ">S +20 !3/3", FAILED_BEFORE ">S +20 !3/13"},
    {"others-get-in", "@6 " SHAKE HELLO_C "+5 " HELLO_S "@1 >S +20 !3/3", ">S +20 !3/3"},
    {"syn-crafted", ">S,order=0x31254 +20 !3/13,from=4", ">S +20 !3/13,from=4"},
    {"syn-small-ttl", ">S,ttl=9 +20 !3/13,from=4", ">S,ttl=31 +20 !3/13,from=4"},
    {"syn-ttl-series", "2>S,ttl=29 3>S,ttl=30 >S,ttl=31 +20 !3/13,from=4",
     "2>S,ttl=30 4>S,ttl=30 >S,ttl=31,order=0x24513 +20 !3/13,from=4"},
};

/* Two logins whose time stamps are one clock's. */
#define CLOCK                                                                                                          \
    "2>S,ttl=60,order=0x24513,stamp=5000 +1 2<SA +1 2>A,ttl=60 +1998 3>S,ttl=60,order=0x24513,stamp=7000 +1 3<SA +1 "  \
    "3>A,ttl=60 "

static const struct row_case silent[] = {
    {"neighbours-cut", "v6 cut >S +1000 >S +3000 tick", "v6 >S +1000 >S +3000 tick"},
    {"router-may-search", ">S +1000 >S +1000 tick", ">S +1000 >S +3000 tick"},
    {"syn-unanswered", ">S +1000 >S +3000 tick", ">S +3000 tick"},
    {"neighbour-silent", "who is >S +1000 >S +2000 >S +2000 who +1000 who +1000 who +1000 tick",
     ">S +1000 >S +3000 tick"},
    {"failed-before", FAILED_BEFORE ">S +1000 >S +3000 tick", ">S +1000 >S +3000 tick"},
    {"others-left-mute", "@2 " SHAKE HELLO_C "+1 <A +5000 @1 >S +1000 >S +3000 tick",
     "@2 " SHAKE HELLO_C "+1 " HELLO_S "+5000 @1 >S +1000 >S +3000 tick"},
    {"host-alive", ">S +1000 >S +3000 " OWN, OWN ">S +1000 >S +3000 tick"},
    {"syn-crafted", ">S,order=0x31254 +1000 tick", ">S +1000 tick"},
    {"syn-small-ttl", ">S,ttl=9 +1000 tick", ">S,ttl=31 +1000 tick"},
    {"syn-ttl-series", "2>S,ttl=29 3>S,ttl=30 >S,ttl=31 +1000 tick",
     "2>S,ttl=30 4>S,ttl=30 >S,ttl=31,order=0x24513 +1000 tick"},
    {"bare-rst", ">S +20 <R,seq=77 +980 >S +3000 tick", ">S +1000 >S +3000 tick"},
    {"bare-rst-of-passt", ">S +20 <R,ttl=255,win=65535,df=0,id=0,seq=99 +980 >S +3000 tick",
     ">S +20 <R,seq=77 +980 >S +3000 tick"},
    {"kept-by-router", "routed seek >S +1000 >S +3000 tick",
     "routed seek >S >S,mac=4,ttl=63 +1000 >S >S,mac=4,ttl=63 +3000 tick"},
    {"kept-by-either", "routed >S +1000 >S +3000 tick", "served who is >S +1000 >S +3000 tick"},
    {"answer-from-elsewhere", ">S +5 <SA,from=4 +1000 >S +3000 tick", ">S +5 <SA,from=4,ack=77 +1000 >S +3000 tick"},
    {"elsewhere-reset", ">S +5 <RA,from=4 >R,to=4,seq=1000001 +1000 >S +3000 tick",
     ">S +5 <SA,from=4 >R,to=4,seq=77 +1000 >S +3000 tick"},
    {"sent-back", "routed >S,ttl=60 >S,to=3,mac=4,ttl=59 +1000 >S,ttl=60 >S,to=3,mac=4,ttl=59 +3000 tick",
     "routed >S,ttl=60 >S,mac=4,port=2222,ttl=59 +1000 >S,ttl=60 >S,mac=4,port=2222,ttl=59 +3000 tick"},
    {"answer-of-another", ">S +5 <A,ack=77 +1000 >S +3000 tick", ">S +1000 >S +3000 tick"},
    {"stale-reset", ">S +5 <A,ack=77 >R,seq=77 +1000 >S +3000 tick", ">S +5 <A,ack=77 +1000 >S +3000 tick"},
    {"client-sought", ">S,ttl=60 sought +1000 >S,ttl=60 sought +3000 tick",
     ">S,ttl=64 sought +1000 >S,ttl=64 sought +3000 tick"},
    {"timestamp-back",
     CLOCK "+9000 >S,ttl=60,order=0x24513,stamp=400 +1000 >S,ttl=60,order=0x24513,stamp=1400 +3000 tick",
     CLOCK "+9000 >S,ttl=60,order=0x24513,stamp=16100 +1000 >S,ttl=60,order=0x24513,stamp=17100 +3000 tick"},
};

static const struct row_case unsent[] = {
    {"name-refused", "?n.example +1 ?n.example=3", "?n.example +5000 ?n.example +6000 tick"},
    {"name-unanswered", "?n.example +5000 ?n.example +6000 tick", "?n.example +1 ?n.example=3"},
    {"name-unreachable", "?n.example +1 ??n.example +1 ?n.example=! +1 ?n.example=! +3000 tick",
     "?n.example +5000 ?n.example +6000 tick"},
    {"neighbour-silent", "who +1000 who +1000 who +1500 tick", "?n.example +1 ?n.example=3"},
};

#define AGAIN_C ">'SSH-2.0-OpenSSH_9.2p1\r\n',at=1 "

static const struct row_case accepted[] = {
    {"synack-unacked", ">S,ttl=60 <SA,ttl=64 +1000 <SA,ttl=64 +2000 <SA,ttl=64", ">S +20 <SA +1000 <SA +2000 <SA"},
    {"synack-unacked-somewhere", ">S,ttl=64 <SA,ttl=64 +1000 <SA,ttl=64 +2000 <SA,ttl=64",
     ">S,ttl=60 <SA,ttl=64 +1000 <SA,ttl=64 +2000 <SA,ttl=64"},
    {"synack-ignored-nearby", ">S +20 <SA +1000 <SA +2000 <SA", ">S,sum=1 +20 <SA +1000 <SA +2000 <SA"},
    {"synack-ignored", ">S,sum=1 +20 <SA +1000 <SA +2000 <SA",
     ">S,ttl=60 <SA,ttl=64 +1000 <SA,ttl=64 +2000 <SA,ttl=64"},
    {"synack-sum-wrong", ">S +20 <SA,sum=1 +1000 >S +20 <SA,sum=1 +2000 tick",
     ">S,ttl=60 <SA,sum=1,ttl=64 +1000 >S,ttl=60 <SA,sum=1,ttl=64 +2000 tick"},
    {"answer-by-other-way", "routed >S,ttl=60,mac=2 <SA,mac=4,ttl=64 +1000 <SA,mac=4,ttl=64 +2000 tick",
     "routed >S,ttl=60 <SA,mac=4,ttl=64 +1000 <SA,mac=4,ttl=64 +2000 tick"},
    {"synacks-reset-each", ">S,ttl=60 <SA,ttl=64 +1 >R,ttl=60 +1000 >S,ttl=60 <SA,ttl=64 +1 >R,ttl=60 +2000 >S,ttl=60",
     ">S +5 <SA +1 >R +1000 >S"},
    {"synack-in-vain", ">S +1 <SA +1000 >S +1 <SA +2000 >S +1 <SA +8000 <SA +1 >R", ">S +20 <SA +1 >R"},
    {"synack-too-late", ">S +1000 >S +2000 >S +9000 <SA +1 >R", ">S +1000 >S +2000 >S +20 <SA +1 >R"},
    {"synack-rejected-here", ">S +20 <SA +1 >R +1000 >S +20 <SA +1 >R +2000 >S", ">S +20 <SA +1 >R"},
    {"reset-by-other-way", ">S,ttl=63 <SA,ttl=64 +1 >R,ttl=64 +1000 >S,ttl=63 <SA,ttl=64 +1 >R,ttl=64 +2000 >S,ttl=63",
     ">S,ttl=60 <SA,ttl=64 +1 >R,ttl=60 +1000 >S,ttl=60 <SA,ttl=64 +1 >R,ttl=60 +2000 >S,ttl=60"},
    {"listener-closed", SHAKE "+100 <R +100 2>S +20 2<RA", SHAKE "+100 <R +9000 2>S +20 2<RA"},
    {"synack-reset", ">S +20 <SA +1 >R", SHAKE "+1 <FA"},
    {"server-closes", SHAKE "+5 <FA", SHAKE "+5 >FA"},
    {"closed-late", SHAKE HELLO_C "+1 <A +5000 <FA", SHAKE HELLO_C "+1 <A +300 <FA"},
    {"server-fin", SHAKE "+5 <FA", SHAKE "+5 <RA"},
    {"mute-but-alive", SHAKE HELLO_C "+1 <A +5000 >FA", SHAKE HELLO_C "+1 <A +100 >FA"},
    {"mute", SHAKE "+5000 >FA", SHAKE "+100 >FA"},
    {"banner-never-acked", SHAKE HELLO_C "+300 " AGAIN_C "+600 " AGAIN_C "+1200 " AGAIN_C,
     SHAKE HELLO_C "+1 <A +5000 tick"},
    {"synack-again", SHAKE HELLO_C "+1000 <SA,ack=1000001", SHAKE HELLO_C "+1 <A +3000 tick"},
    {"overflow-rst", SHAKE "+1 <R", SHAKE "+1 <RA"},
    {"client-leaves", SHAKE HELLO_C "+1 >FA", SHAKE "+1 >FA"},
    {"odd-flags", ">FP +1000 tick", SHAKE "+1 >FP +1000 tick"},
    {"looks-and-leaves", SHAKE "+1 >FA", SHAKE HELLO_C "+1 >FA"},
    {"synack-reset-at-last", ">S +1 <SA +1000 <SA +2000 <SA +700 >R", ">S +1 <SA +1 >R"},
    {"synack-reset-late", ">S +1000 >S +500 <SA +1 >R", ">S +20 <SA +1 >R"},
    {"scanner", SHAKE ">'SSH-2.0-OpenSSH-keyscan\r\n' +1 <A +5000 >FA", SHAKE HELLO_C "+1 <A +5000 >FA"},
    {"syn-crafted", ">S,win=1024 +20 <SA +1 >R", ">S +20 <SA +1 >R"},
    {"syn-small-ttl", ">S,ttl=9 +20 <SA +1 >R", ">S,ttl=63 +1 >S,ttl=9 +20 <SA +1 >R"},
    {"syn-ttl-series", "2>S,ttl=5 3>S,ttl=6 >S,ttl=7 +20 <SA +1 >R",
     "2>S,ttl=5 3>S,ttl=6 >S,order=0x24513 +20 <SA +1 >R"},
    {"text-maxstartups", SHAKE "+1 <'Exceeded MaxStartups\r\n' <FA", SHAKE "+1 <'Not allowed at this time\r\n' <FA"},
    {"text-not-allowed", SHAKE "+1 <'Not allowed at this time\r\n' <FA", SHAKE "+1 <'Exceeded MaxStartups\r\n' <FA"},
    {"crowd-waiting", "@2 " SHAKE HELLO_C "@1 " SHAKE "+5 <FA", SHAKE "+5 <FA"},
    {"nobody-waiting", SHAKE "+5 <FA", "@2 " SHAKE HELLO_C "@1 " SHAKE "+5 <FA"},
    {"failed-before", FAILED_BEFORE SHAKE "+5 <FA", SHAKE "+5 <FA"},
    {"others-greeted", "@6 " SHAKE HELLO_C "+5 " HELLO_S "@1 " SHAKE "+5 <FA", SHAKE "+5 <FA"},
    {"other-protocol", SHAKE "+5 <'220 mail.example ESMTP\r\n' <FA", SHAKE "+5 <'hello\r\n' <FA"},
    {"unknown-protocol", SHAKE "+5 <'hello\r\n' <FA", SHAKE "+5 <'220 mail.example ESMTP\r\n' <FA"},
    {"lines-drip", SHAKE HELLO_C "+10000 <'x4\r\n' +10000 <'y7\r\n' +10000 <'zz\r\n'",
     SHAKE HELLO_C "+1 <'x4\r\n' <FA"},
    {"proxy-rst", ">S +20 <SA,win=0 >A +1 <R", SHAKE "+1 <R"},
};

#define GREET SHAKE HELLO_C "+20 " HELLO_S
#define KEYED GREET ">kexinit +20 <kexinit >init +20 <reply <newkeys "
/* Both version strings, and no more. */
#define VISIT(n) "@" n " " GREET "+5 >FA +1 <FA +1 >A @1 "
#define LARGE    ">e1400,at=24 "
#define STUCK_MARKED(tos)                                                                                              \
    LOGIN "<e500,tos=" tos " +300 <e500,back=500,tos=" tos " +600 <e500,back=500,tos=" tos                             \
          " +1200 <e500,back=500,tos=" tos " "

static const struct row_case greeted[] = {
    {"nothing-common", GREET ">kexinit +1 <kexother +1 <FA", GREET ">kexinit +1 <kexinit +1 <FA"},
    {"algorithms-agree", GREET ">kexinit +1 <kexinit +1 <FA", GREET ">kexinit +1 <kexother +1 <FA"},
    {"no-kexinit", GREET ">FA", GREET ">kexinit +1 <kexinit +1 <FA"},
    {"offers-without-more", GREET ">kexinit,left=20 +20 <kexinit,left=20 +1 <FA",
     GREET ">kexinit,left=20 +20 <kexinit,left=20 >init,left=20 +20 <reply,left=20 +1 <FA"},
    {"echoed", GREET ">kexecho +20 <kexecho >init +20 <init >FA", GREET ">kexinit +20 <kexinit >init +20 <reply >FA"},
    {"key-refused", KEYED "+5000 >FA", GREET ">kexinit +20 <kexinit >FA"},
    {"left-after-newkeys", GREET ">kexinit +20 <kexinit >init +20 <reply >newkeys +1 >FA", KEYED "+1 >FA"},
    {"scanner", SHAKE ">'SSH-2.0-check_ssh_2.3.3\r\n' +20 " HELLO_S "+5 >FA", GREET "+5 >FA"},
    {"left-unsaid", SHAKE "+20 " HELLO_S "+5 >FA", GREET "+5 >FA"},
    {"visits-again", VISIT("2") VISIT("3") VISIT("1"), VISIT("2") "3>S 3<SA 3>A +5 3>FA 3<FA " VISIT("1")},
    {"banner-too-late", SHAKE HELLO_C "+1 <A +5000 >FA +3000 " HELLO_S, GREET ">FA"},
    {"client-not-ssh", SHAKE ">'GET / HTTP/1.0\r\n\r\n' +20 " HELLO_S "<FA", GREET "<FA"},
    {"client-leaves", GREET "+5 >FA", GREET "+5 <FA"},
    {"server-leaves", GREET "+5 <FA", GREET "+5 >FA"},
    {"versions-differ", SHAKE HELLO_C "+20 <'SSH-1.5-Cisco-1.25\r\n' >FA", GREET ">FA"},
    {"echoed-all",
     SHAKE HELLO_C "+1 " HELLO_S ">kexinit,left=10 +1 <kexinit,left=10 >init,left=10 +1 <init,left=10 +20 >FA",
     SHAKE HELLO_C "+1 " HELLO_S ">kexinit,left=10 +1 <kexinit,left=10 >init,left=10 +1 <reply,left=10 +20 >FA"},
    {"client-version", SHAKE ">'SSH-1.5-x\r\n' +20 " HELLO_S "+20 <FA", GREET "<FA"},
    {"large-stuck", GREET "<A " LARGE "+300 " LARGE "+600 " LARGE "+1200 " LARGE,
     GREET "<A >e100,at=24 +300 >e100,at=24 +600 >e100,at=24 +1200 >e100,at=24"},
    {"large-shrunk", GREET LARGE "+300 " LARGE "+600 " LARGE "+1200 " LARGE "+2400 >e1100,at=24 +20 <A +20 >FA",
     GREET LARGE "+300 >e1100,at=24 +20 <A +20 >FA"},
    {"large-missing", GREET ">kexinit +20 <e50,at=2024 +300 >A,ack=3001000024 +5000 >FA,ack=3001000024 ",
     GREET ">kexinit +20 <e50 +300 >A +5000 >FA"},
    {"grace-over", GREET "+120000 <FA", GREET "+5 <FA"},
    {"rst-ended", GREET "+5 <RA,ttl=40", GREET "+5 <FA"},
    {"went-on", GREET "+5 <RA,ttl=40 +5 >kexinit +20 <kexinit +1 >FA", GREET "+5 <RA,ttl=40"},
    /* Those of the login have no say here. */
    {"login-success", LOGIN, SHAKE KEX ASKED TRY LEAVE},
    {"session-over", LOGIN LEAVE, LOGIN "+100 <RA,ttl=40"},
    {"session-not-seen", SHAKE KEX ASKED ">e148 +20 <e28 >e112 +5 tick", LOGIN ">e60 +20 <e36 +5 tick"},
    {"no-session", SHAKE KEX ASKED ">e148 +20 <e28 >e112 +5 <RA,win=500,ts=1", LOGIN ">e60 +20 <e36 <FA"},
    {"login-denied", SHAKE KEX ASKED TRY TRY "+10 <FA +1 >FA", LOGIN LEAVE},
    {"prompt-left", SHAKE KEX ASKED "+5000 >FA +20 <FA", SHAKE KEX ASKED "+10 >FA +20 <FA"},
    {"left-waiting", SHAKE KEX ASKED ">e148 +1000 >FA +20 <FA", SHAKE KEX ASKED TRY ">FA +20 <FA"},
    {"login-failures", SHAKE KEX ASKED TRY TRY TRY LEAVE, LOGIN LEAVE},
    {"left-after-refusal", SHAKE KEX ASKED "+2000 " TRY "+3000 >FA +20 <FA", SHAKE KEX ASKED "+3000 >FA +20 <FA"},
    {"told-no-version", GREET "+1 <'Protocol mismatch.\n' <FA", SHAKE HELLO_S ">'\r\n' +1 <'Protocol mismatch.\n' <FA"},
    {"no-version-read", SHAKE "+20 " HELLO_S "<'Protocol mismatch.\n' <FA", GREET "+1 <'Protocol mismatch.\n' <FA"},
    {"told-in-words", GREET "+1 <'Service is going down\r\n' <FA", GREET "+1 <kexinit <FA"},
    {"told-kex-failed", GREET ">kexinit,left=20 +20 <bye3 <FA", GREET ">kexinit +20 <kexinit <bye3 <FA"},
    {"told-version", GREET "+1 <bye8 <FA", GREET "+1 <bye2 <FA"},
    {"told-host-key", KEYED ">bye9 >FA", GREET ">kexinit +20 <kexinit >bye9 >FA"},
    {"hung-up", GREET "+5 <FA", GREET "+120000 <FA"},
    {"left-on-request", SHAKE KEX ASKED ">e148 +20 <FA", SHAKE KEX ASKED TRY "+20 <FA"},
    {"not-grace-time", GREET "+2500 <FA", GREET "+120000 <FA"},
    {"owes-answer", GREET ">kexinit +20 <kexinit >init +20 <A +5000 >FA",
     GREET ">kexinit +20 <kexinit >init +5000 >FA"},
    {"lost-by-dscp", STUCK_MARKED("0x48"), STUCK_MARKED("0")},
    {"silent-since-marked", LOGIN ">e60 +300 >e60,back=60 +600 >e60,back=60 +1200 >e60,back=60",
     LOGIN "+5000 <e60 >e60 +300 >e60,back=60 +600 >e60,back=60 +1200 >e60,back=60"},
    {"acks-lost-too",
     GREET ">e60 +1 <e600 +300 >e60,back=60,ack=3001000024 <e600,back=600 +600 >e60,back=60,ack=3001000024 "
           "<e600,back=600 +900 >e60,back=60,ack=3001000024",
     GREET ">e60 +1 <e600 +300 <e600,back=600 +600 <e600,back=600 +900 <e600,back=600"},
    {"left-at-offer", SHAKE ">'SSH-2.0-libssh_0.5.5\r\n' +20 " HELLO_S "<kexinit +20 >FA",
     SHAKE ">'SSH-2.0-libssh_0.5.5\r\n' +20 " HELLO_S "<kexinit +5000 >FA"},
    {"ecn-dropped",
     LOGIN
     "<e60,tos=2 +300 <e60,back=60 +20 >A <e60,tos=2 +300 <e60,back=60 +20 >A <e60,tos=2 +300 <e60,back=60 +20 >FA",
     LOGIN "<e60,tos=2 +20 >A <e60,tos=2 +20 >A <e60,tos=2 +300 <e60,back=60 +20 >FA"},
    {"sack-astray", LOGIN "<e600 >A,sack=77 +1 >A,sack=77 +1 >FA",
     LOGIN "<e600 >A,sack=3001000300 +1 >A,sack=3001000300 +1 >FA"},
    {"size-unproved", GREET "<A " LARGE "+300 " LARGE "+600 " LARGE "+1200 " LARGE,
     GREET "<A " LARGE "+300 " LARGE "+600 " LARGE "+1200 " LARGE "+20 <A,ack=1000024"},
    {"login-dead", SHAKE KEX ">e44 +300 >e44,back=44 +600 >e44,back=44 +1200 >e44,back=44 +2400 >e44,back=44",
     SHAKE KEX ">e44 +300 >e44,back=44 +20 <e44 +600 >FA"},
    {"closed-to-nobody", LOGIN "+600000 >FA +5000 tick", LOGIN LEAVE},
    {"session-dead", LOGIN "+60000 >e60 +300 >e60,back=60 +600 >e60,back=60 +1200 >e60,back=60 +2400 >e60,back=60",
     LOGIN LEAVE},
};

/* After the banner: the sender's own segments have TTL 63, timestamps, and IP IDs that count up. */
static const struct row_case resets[] = {
    {"rst-ttl-differs", GREET "+5 <RA,ttl=50,ts=1", GREET "+5 <RA,ts=1"},
    {"rst-other-mac", GREET "+5 <RA,mac=9", GREET "+5 <RA"},
    {"rst-from-nowhere", GREET ">A +5 <R", GREET ">A +5 <RA"},
    {"rst-no-timestamps", GREET "+5 <RA,win=500", GREET "+5 <RA,ts=1"},
    {"rst-odd-ip-id", GREET "+5 <RA,id=1", GREET "+5 <RA,id=5006"},
    {"rst-odd-window", GREET "+5 <R,win=8192", GREET "+5 <R"},
    {"rst-copies-peer", GREET ">A,id=4444,tos=0x15 +5 <RA,id=4444,tos=0x15,ttl=50",
     GREET ">A,id=4444,tos=0x15 +5 <RA,id=4445,tos=0x15,ttl=50"},
    {"several-rsts", GREET "+5 <RA,win=1 +10 <RA,win=1,skip=1460", GREET "+5 <RA,win=1"},
    {"data-after-rst", GREET "+5 <RA +10 <kexinit", GREET "+5 <RA"},
    {"rst-tos-zero", SHAKE ">'SSH-2.0-x\r\n',tos=0x48 +5 " HELLO_S ">A,tos=0x48 +5 <R",
     SHAKE ">'SSH-2.0-x\r\n',tos=0x48 +5 " HELLO_S ">A,tos=0x48 +5 <R,tos=0x48"},
    {"rst-tos-echo", SHAKE ">'SSH-2.0-x\r\n',tos=0x48 +5 " HELLO_S ">A,tos=0x48 +90000 <R,tos=0x48",
     SHAKE ">'SSH-2.0-x\r\n',tos=0x48 +5 " HELLO_S ">A,tos=0x48 +5 <R"},
    {"rst-sum-partial", GREET ">A +5 <R,sum=1", GREET ">A +5 <R"},
    {"rst-off-sequence", GREET ">A +5 <R,skip=1460", GREET ">A +5 <R"},
    {"rst-own", GREET "+5 <RA,ts=1,win=500,id=5006", GREET "+5 <RA,ts=1,win=500,id=5006,ttl=50"},
};

static void of_refusals(void **state)
{
    (void)state;
    ROWS_OF(stage_refused, refused);
}

static void of_rejections(void **state)
{
    (void)state;
    ROWS_OF(stage_rejected, rejected);
}

static void of_silence(void **state)
{
    (void)state;
    ROWS_OF(stage_silent, silent);
}

static void of_what_was_never_sent(void **state)
{
    (void)state;
    ROWS_OF(stage_unsent, unsent);
}

static void of_what_was_accepted(void **state)
{
    (void)state;
    ROWS_OF(stage_accepted, accepted);
}

static void of_conversations(void **state)
{
    (void)state;
    ROWS_OF(stage_greeted, greeted);
}

static void of_resets(void **state)
{
    static const struct evidence_table only = {.lists = {&reset_rows}};
    (void)state;
    assert_int_equal(check_rows(resets, COUNT(resets)) + uncovered(&only, NULL, resets, COUNT(resets), sizeof *resets),
                     0);
}

#define KNOWN_CLIENT "@2 " GREET "<FA +1 >FA +20 @1 "

#define VERSION_1(from) from "'SSH-1.5-1.2.26\r\n' "

static const struct row_case of_version_1[] = {
    {"protocol-1-session",
     SHAKE VERSION_1("<") VERSION_1(">") "<e276 >e156 <e12 >e20 <e12 >e164 <e1400 >A <e1400 >A >e20 >e20 >FA +5 <FA",
     SHAKE VERSION_1("<") VERSION_1(">") "<e276 >e156 <e12 >e20 <e12 >e28 <e12 >FA +5 <FA"},
};

static void of_protocol_1(void **state)
{
    static const struct evidence_table only = {.lists = {&protocol_1_rows}};
    (void)state;
    assert_int_equal(check_rows(of_version_1, COUNT(of_version_1)) +
                         uncovered(&only, NULL, of_version_1, COUNT(of_version_1), sizeof *of_version_1),
                     0);
}

/* Both banners (23 bytes each) by one sub-flow. */
#define MULTIPATH                                                                                                      \
    ">S,key=1 +20 <SA,key=2 >A >'SSH-2.0-OpenSSH_9.2p1\r\n',data=500 +20 <'SSH-2.0-OpenSSH_9.2p1\r\n',data=1000 >A "

/* Cases of gaps, in the order of their table. */
static const struct row_case gap_cases[] = {
    {"none of the server's packets was captured", ">S +20 >A " HELLO_C "+5 >FA", SHAKE HELLO_C "+1 " HELLO_S "+5 <FA"},
    {"only the server's packets were captured", "<SA,ack=1000001 +1 <'SSH-2.0-x\r\n' +5 <FA",
     "<SA,ack=1000001 +1 >A,at=1 <'SSH-2.0-x\r\n' +5 <FA"},
    {"in the middle of this connection", ">e44 +20 <e44 >FA +1 <FA", GREET ">FA +1 <FA"},
    {"only an ICMP error about this attempt", "!3/13,from=4", ">S +20 !3/13,from=4"},
    {"lacks the answer to the SYN", ">S +20 >A,ack=3001000001 +1 <'SSH-2.0-x\r\n',at=50 >FA",
     ">S +20 >A,ack=3001000001 +1 <'SSH-2.0-x\r\n',at=1 >FA"},
    {"silence in it proves nothing", "logged >S +1000 >S +3000 tick", "pasted >S +1000 >S +3000 tick"},
    {"one SYN and no second", ">S +5000 tick", ">S +1000 >S +3000 tick"},
    {"two SYNs, and the capture ends", ">S +1000 >S +100 tick", ">S +1000 >S +3000 tick"},
    {"cut what they are about", KNOWN_CLIENT ">S +20 !3/1,from=4,left=8 +1000 >S +3000 tick",
     KNOWN_CLIENT ">S +1000 >S +3000 tick"},
    {"no packet with payload", ">S +20 <SA +900 >FA,at=2000 +20 <FA,at=3000", ">S +20 <SA >A +5 >FA +20 <FA"},
    {"-P has its port watched", ">S,port=4022 +20 <SA >A " HELLO_C "+20 " HELLO_S "+5 >FA,at=2000 +1 <FA",
     SHAKE HELLO_C "+20 " HELLO_S "+5 >FA,at=2000 +1 <FA"},
    {"does not show what the server said", "pasted " SHAKE HELLO_C "+5 <'SSH-2.0-x\r\n',left=2 +20 <FA",
     "pasted " SHAKE HELLO_C "+5000 <FA"},
    {"who said how much", "sniffed " SHAKE HELLO_C "+5000 tick", "sniffed " SHAKE HELLO_C "+5000 <FA"},
    {"cut what was said", SHAKE HELLO_C "+5 <'SSH-2.0-x\r\n',left=2 +20 <FA", SHAKE HELLO_C "+5 <'hello\r\n' +20 <FA"},
    {"ends at the SYN-ACK", ">S +20 <SA", ">S +20 <SA +5000 tick"},
    {"after one SYN-ACK nothing more", ">S +20 <SA +5000 tick", SHAKE "+5 <FA"},
    {"sends its SYN again although", ">S +20 <SA +1000 >S +100 tick", ">S +20 <SA +1000 >S +3000 tick"},
    {"before a banner was due", SHAKE HELLO_C "+1 <A +100 tick", SHAKE HELLO_C "+1 <A +5000 tick"},
    {"both sides speak protocol 1", SHAKE VERSION_1("<") VERSION_1(">") "+5 >FA +5 <FA",
     SHAKE VERSION_1("<") HELLO_C "+5 >FA +5 <FA"},
    {"went by another connection", MULTIPATH "<kexinit,data=2000 >FA +5 <FA",
     MULTIPATH "<kexinit,data=1023 >FA +5 <FA"},
    {"packets of this connection are missing", GREET ">kexinit +1 <A,ack=1009999 +1 <FA",
     GREET ">kexinit +1 <A +1 <R,at=5000 +1 >A +1 <FA"}, /* a RST that its receiver answered: it was out of place */
    {"cut the messages that would tell", SHAKE ">'SSH-2.0-OpenSSH_9.2p1\r\n',left=2 +20 " HELLO_S "+5 <FA",
     SHAKE HELLO_C "+20 " HELLO_S "+5 <FA"},
    {"still talking", GREET "+10 tick", GREET "+10 <FA"},
};

struct gap_asked {
    const struct gap *gap;
    bool seen, found;
};

static void ask_gap(const struct case_file *file, void *context)
{
    struct gap_asked *asked = context;
    struct view v;
    if (file->attempt->key.client_port != 40001 && !file->attempt->lookup)
        return;
    view_make(file, &v);
    asked->seen = true;
    asked->found = asked->gap->test(&v);
}

static bool gap_found_in(const struct gap *gap, const char *script)
{
    struct gap_asked asked = {.gap = gap};
    struct play p;
    play_open(&p, false);
    p.on_case = ask_gap;
    p.context = &asked;
    play_script(&p, script);
    play_end(&p);
    play_close(&p);
    if (!asked.seen)
        fail_msg("%s: no such attempt", script);
    return asked.found;
}

static void of_gaps(void **state)
{
    unsigned wrong = 0;
    (void)state;
    assert_int_equal(gap_count, COUNT(gap_cases));
    for (size_t i = 0; i < gap_count; i++) {
        assert_non_null(strstr(gaps[i].reason, gap_cases[i].id));
        assert_true(gaps[i].confidence > 0.5 && gaps[i].confidence < 1 && gaps[i].source[0]);
        bool there = gap_found_in(&gaps[i], gap_cases[i].fires),
             absent = !gap_found_in(&gaps[i], gap_cases[i].abstains);
        if (!there || !absent)
            print_error("%s: %s\n", gap_cases[i].id, there ? "found where there is none" : "not found");
        wrong += !there || !absent;
    }
    assert_int_equal(wrong, 0);
}

static void the_tables_are_sound(void **state)
{
    static const struct evidence_table *const tables[] = {
        &stage_unsent,  &stage_silent, &stage_refused, &stage_rejected,   &stage_accepted,
        &stage_greeted, &stage_login,  &stage_midway,  &stage_protocol_1, NULL};
    (void)state;
    for (size_t i = 0; tables[i]; i++)
        table_is_sound(tables[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_refusals),
        cmocka_unit_test(of_rejections),
        cmocka_unit_test(of_silence),
        cmocka_unit_test(of_what_was_never_sent),
        cmocka_unit_test(of_what_was_accepted),
        cmocka_unit_test(of_conversations),
        cmocka_unit_test(of_resets),
        cmocka_unit_test(of_protocol_1),
        cmocka_unit_test(of_gaps),
        cmocka_unit_test(the_tables_are_sound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
