/* The kernel's word that rules of nf_tables changed. Those of iptables-legacy change without one. */
#ifndef LOCAL_RULES_NEWS_H
#define LOCAL_RULES_NEWS_H

#include <stdbool.h>
#include <stdint.h>

struct rules_news {
    int fd;             /* -1: nobody tells */
    int64_t changed_us; /* the last change was before this; first: when listening began */
    int64_t heard_us;   /* none came between that and this */
};

/* Needs CAP_NET_ADMIN. False: nobody will tell. */
bool rules_news_begin(struct rules_news *news);

/* Takes what was told so far. True where something changed since the last call. */
bool rules_news_take(struct rules_news *news);

void rules_news_end(struct rules_news *news);

#endif
