/* The advice, as a table that can be read as prose. */
#ifndef REPORT_ADVICE_TABLE_H
#define REPORT_ADVICE_TABLE_H

#include "advice.h"

/* What must hold for a row to be given; all bits of a row must. */
enum advice_when {
    WHEN_HOST = 1,      /* the target made it fail */
    WHEN_CLIENT = 2048, /* the client's own machine did */
    WHEN_ELSEWHERE = 2, /* the path, or nobody knows */
    WHEN_V4 = 4,
    WHEN_V6 = 8,
    WHEN_PROHIBITED = 16, /* ICMP 3/9, 3/10, 3/13, v6 1/1, 1/5, 1/6: what firewalld and routers send */
    WHEN_PORT_ICMP = 32,  /* ICMP 3/3, v6 1/4: what iptables, nft and fail2ban send */
    WHEN_SENDER = 64,     /* the sender of the ICMP error is known */
    WHEN_NEIGHBOUR = 128, /* nobody answered for the address on the client's own network */
    WHEN_NO_DNS_ANSWER = 256,
    WHEN_NO_SUCH_NAME = 512,
    WHEN_OTHER_PORT = 1024, /* not 22 */
    WHEN_FIX_CLIENT = 4096, /* the verdict holds an exact option */
    WHEN_FIX_SERVER = 8192,
    WHEN_MTU = 16384 /* an ICMP error told the MTU */
};

/* In `text`: %h the server, %b the same for a URL, %p its port, %c the client, %n the name looked up (quoted for a
 * shell), %r the resolver, %s the sender of the ICMP error, %i iptables or ip6tables, %m the MTU, %6 "-6 " or nothing,
 * %P "-P PORT " where the port is none that is
 * watched by itself, %f and %F the exact option for client and server, %o "-p PORT " where the port is not 22. */
struct advice_row {
    enum cause cause;
    unsigned when;
    enum advice_place place;
    const char *text;
};

/* The rows of a cause stand together. */
extern const struct advice_row advice_rows[];
extern const size_t advice_row_count;

#endif
