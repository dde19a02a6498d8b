#include "rules_watch.h"

#include <stdlib.h>
#include <string.h>

#include "rules_news.h"

struct rules_watch {
    struct rules_news news;
};

struct rules_watch *rules_watch_new(void)
{
    struct rules_watch *watch = calloc(1, sizeof *watch);
    if (watch != NULL)
        (void)rules_news_begin(&watch->news);
    return watch;
}

void rules_watch_free(struct rules_watch *watch)
{
    if (watch != NULL)
        rules_news_end(&watch->news);
    free(watch);
}

int rules_watch_descriptor(const struct rules_watch *watch)
{
    return watch->news.fd;
}

void rules_watch_refresh(struct rules_watch *watch, bool wanted)
{
    (void)wanted;
    (void)rules_news_take(&watch->news);
}

void rules_watch_walk(struct rules_watch *watch, const struct local_question *question, enum local_role role,
                      bool uid_known, uint32_t uid, struct local_rules *out, struct local_span *walk,
                      struct local_trail *rule)
{
    (void)watch, (void)question, (void)role, (void)uid_known, (void)uid, (void)walk, (void)rule;
    out->state = LOCAL_NOT_ASKED;
}
