#include "rules_watch.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "rules.h"
#include "rules_counter.h"
#include "rules_machine.h"
#include "rules_news.h"

/* No more than a fortieth of a processor: a large ruleset takes a tenth of a second. What was not used is kept for a
 * while, so that whoever asks seldom need not wait. */
enum { SHARE = 40, BUDGET_US = 300000 };

/* Many attempts of one client meet the same rules: one walk serves them, for so long. */
enum { WALKED = 8, WALKED_US = 1000000 };

/* The older iptables and ipset change without a word, and addresses come and go: after so long all is read again. */
enum { TOO_OLD_US = 10000000 };

/* Rules of a family that nobody asks for are not read again. */
enum { USED_US = 60000000 };

enum { COUNTED_RULES = 32, COUNT_EVERY_US = 1000000, USED_LATELY_US = 5000000 };

/* A rule that decided lately, and its counter from time to time. */
struct counted_rule {
    struct local_rule rule;
    struct local_trail trail;
    int64_t used_us; /* 0: free */
};

/* iptables' rules are of one family each. */
struct family_rules {
    struct rules_reading reading;
    bool is_read;
    bool is_torn;           /* rules changed while they were read */
    int64_t used_us;        /* when somebody asked last; 0: nobody did */
    uint64_t state;         /* of the rules of which the kernel tells no changes, as it was looked at last */
    uint64_t read_state;    /* the same when all was read */
    struct local_span span; /* of that state */
};

struct walked {
    struct local_question question;
    enum local_role role;
    bool uid_known;
    uint32_t uid;
    int64_t at_us, read_us; /* at_us 0: free */
    struct local_rules rules;
};

struct rules_watch {
    struct rules_news news;
    int64_t news_since_us; /* the last change that was told of */
    struct family_rules family[2];
    int64_t budget_us, budget_then_us; /* of the processor, which may be taken now; when that was worked out */
    struct counted_rule counted[COUNTED_RULES];
    struct walked walked[WALKED];
    unsigned next_walked;
};

struct rules_watch *rules_watch_new(void)
{
    struct rules_watch *watch = calloc(1, sizeof *watch);
    if (watch == NULL)
        return NULL;
    (void)rules_news_begin(&watch->news);
    rules_watch_refresh(watch);
    return watch;
}

void rules_watch_free(struct rules_watch *watch)
{
    for (int i = 0; watch != NULL && i < 2; i++)
        if (watch->family[i].is_read)
            rules_reading_end(&watch->family[i].reading);
    if (watch != NULL)
        rules_news_end(&watch->news);
    free(watch);
}

int rules_watch_descriptor(const struct rules_watch *watch)
{
    return watch->news.fd;
}

/* ---- Reading ---- */

/* Rules of the older iptables may have changed at any time: they are looked at again whenever somebody asks. */
static bool is_silent(const struct rules_watch *watch, bool v6)
{
    const struct family_rules *f = &watch->family[v6];
    return watch->news.fd < 0 || f->reading.texts.iptables_legacy != NULL ||
           f->reading.texts.ip6tables_legacy != NULL || f->reading.speaks_of_ipset || rules_has_legacy_tables(v6);
}

/* What this process and the tools that it ran have taken of the processor. */
static int64_t taken_us(void)
{
    int64_t sum_us = 0;
    static const int whose[] = {RUSAGE_SELF, RUSAGE_CHILDREN};
    for (int i = 0; i < 2; i++) {
        struct rusage usage;
        if (getrusage(whose[i], &usage) == 0)
            sum_us += (int64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 + usage.ru_utime.tv_usec +
                      usage.ru_stime.tv_usec;
    }
    return sum_us;
}

static bool may_look(struct rules_watch *watch)
{
    const int64_t now_us = monotonic_us();
    watch->budget_us += (now_us - watch->budget_then_us) / SHARE;
    if (watch->budget_us > BUDGET_US || watch->budget_then_us == 0)
        watch->budget_us = BUDGET_US;
    watch->budget_then_us = now_us;
    return watch->budget_us > 0;
}

static void note_state(struct family_rules *f, uint64_t state, int64_t began_us, int64_t ended_us)
{
    const bool first = f->span.checked_us == 0;
    if (first)
        f->span = (struct local_span){.since_us = ended_us};
    else if (state != f->state)
        f->span = (struct local_span){.since_us = ended_us, .before_us = f->span.checked_us};
    f->state = state;
    f->span.checked_us = began_us; /* as it was then, surely */
}

static void look_at_silent(struct rules_watch *watch, bool v6)
{
    struct family_rules *f = &watch->family[v6];
    const int64_t before_us = taken_us(), began_us = wall_clock_us();
    const uint64_t state = rules_silent_state(v6, f->reading.speaks_of_ipset);
    note_state(f, state, began_us, wall_clock_us());
    watch->budget_us -= taken_us() - before_us;
}

static void read_family(struct rules_watch *watch, bool v6)
{
    struct family_rules *f = &watch->family[v6];
    look_at_silent(watch, v6);
    const uint64_t state = f->state;
    const int64_t before_us = taken_us();
    if (f->is_read)
        rules_reading_end(&f->reading);
    memset(&f->reading, 0, sizeof f->reading);
    const bool whole = rules_reading_take(&f->reading, v6);
    watch->budget_us -= taken_us() - before_us;
    f->is_read = true;
    look_at_silent(watch, v6);
    f->read_state = f->state;
    f->is_torn = !whole || state != f->state;
}

/* What was read is what is, as far as one was told or has looked. What was told while it was read may be in it, or not.
 */
static bool is_current(const struct rules_watch *watch, bool v6)
{
    const struct family_rules *f = &watch->family[v6];
    return f->is_read && !f->is_torn && f->state == f->read_state &&
           (watch->news.fd < 0 || f->reading.read_us > watch->news.changed_us);
}

static void count_rules(struct rules_watch *watch)
{
    uint64_t packets;
    for (unsigned i = 0; i < COUNTED_RULES; i++) {
        struct counted_rule *c = &watch->counted[i];
        const uint32_t n = c->trail.count;
        const int64_t now_us = wall_clock_us();
        /* A tool has to be run for one of the older iptables: that is for whoever asks. */
        if (c->used_us == 0 || now_us - c->used_us > USED_LATELY_US || c->rule.by != LOCAL_BY_NFT ||
            (n > 0 && now_us - c->trail.at[n - 1].us < COUNT_EVERY_US))
            continue;
        if (rules_counter(&c->rule, &packets))
            local_trail_add(&c->trail, now_us, packets);
        else
            c->used_us = 0;
    }
}

static void take_news(struct rules_watch *watch)
{
    if (rules_news_take(&watch->news))
        watch->news_since_us = watch->news.changed_us;
}

static void refresh_family(struct rules_watch *watch, bool v6, bool wanted)
{
    struct family_rules *f = &watch->family[v6];
    const bool old = wanted && wall_clock_us() - f->reading.read_us > TOO_OLD_US;
    take_news(watch);
    if (!may_look(watch))
        return;
    if (is_current(watch, v6) && !old)
        look_at_silent(watch, v6);
    if (!is_current(watch, v6) || old)
        read_family(watch, v6);
    take_news(watch); /* a change while it was read has been told by now */
}

void rules_watch_refresh(struct rules_watch *watch)
{
    take_news(watch);
    for (int v6 = 0; v6 < 2; v6++) {
        const struct family_rules *f = &watch->family[v6];
        if ((v6 == 0 && !f->is_read) || (f->is_read && wall_clock_us() - f->used_us < USED_US))
            refresh_family(watch, v6 != 0, false);
    }
    count_rules(watch);
}

/* ---- Walking ---- */

static bool same_rule(const struct local_rule *a, const struct local_rule *b)
{
    return a->by == b->by && a->handle == b->handle && a->number == b->number && a->is_policy == b->is_policy &&
           strcmp(a->family, b->family) == 0 && strcmp(a->table, b->table) == 0 && strcmp(a->chain, b->chain) == 0;
}

static struct counted_rule *counted_of(struct rules_watch *watch, const struct local_rule *rule)
{
    struct counted_rule *oldest = &watch->counted[0];
    for (unsigned i = 0; i < COUNTED_RULES; i++) {
        struct counted_rule *c = &watch->counted[i];
        if (c->used_us != 0 && same_rule(&c->rule, rule))
            return c;
        if (c->used_us < oldest->used_us)
            oldest = c;
    }
    *oldest = (struct counted_rule){.rule = *rule};
    /* What it counted when the rules were read. */
    local_trail_add(&oldest->trail, 0, rule->counter);
    return oldest;
}

static void follow_counter(struct rules_watch *watch, const struct family_rules *f, const struct local_rules *rules,
                           struct local_trail *out)
{
    uint64_t packets;
    const struct local_rule *rule = local_deciding_rule(rules);
    if (rule == NULL || !rule->has_counter || rule->by == LOCAL_BY_FILE)
        return;
    struct counted_rule *c = counted_of(watch, rule);
    if (c->used_us == 0)
        c->trail.at[0].us = f->reading.read_us;
    c->used_us = wall_clock_us();
    const struct local_tally *last = &c->trail.at[c->trail.count - 1];
    if (last->us + COUNT_EVERY_US < c->used_us && rules_counter(rule, &packets))
        local_trail_add(&c->trail, c->used_us, packets);
    *out = c->trail;
}

/* The rules are as they were since the later of the two: the last change that was told, and the last silent one; and
 * what was read has to be from after both. */
static struct local_span span_of(const struct rules_watch *watch, bool v6)
{
    static const struct local_span unknown;
    const struct family_rules *f = &watch->family[v6];
    const bool told = watch->news.fd >= 0;
    struct local_span span = {
        .since_us = watch->news.changed_us, .checked_us = watch->news.heard_us, .before_us = watch->news_since_us};
    if (!is_current(watch, v6))
        return unknown;
    if (!is_silent(watch, v6))
        return span;
    if (!told || f->span.since_us > span.since_us)
        span = f->span;
    if (f->span.checked_us < span.checked_us)
        span.checked_us = f->span.checked_us;
    return span;
}

/* Elements of sets have gone on to expire since they were read. False: one that decides has. */
static bool let_time_pass(struct local_rules *rules, int64_t since_us)
{
    bool still = true;
    for (unsigned i = 0; i < rules->rules && i < LOCAL_RULES; i++) {
        struct local_rule *rule = &rules->met[i];
        if (rule->set_expires_s <= 0)
            continue;
        still = still && (rule->set_expires_s > since_us / 1000000 || (int)i != rules->deciding);
        rule->set_expires_s = rule->set_expires_s > since_us / 1000000 ? rule->set_expires_s - since_us / 1000000 : 0;
    }
    return still;
}

static bool same_walk(const struct walked *w, const struct local_question *question, enum local_role role,
                      bool uid_known, uint32_t uid)
{
    return w->role == role && w->uid_known == uid_known && w->uid == uid && w->question.port == question->port &&
           address_equal(&w->question.client, &question->client) &&
           address_equal(&w->question.server, &question->server) &&
           strcmp(w->question.interface, question->interface) == 0;
}

/* NULL: it has to be walked. */
static const struct walked *walked_lately(const struct rules_watch *watch, const struct local_question *question,
                                          enum local_role role, bool uid_known, uint32_t uid, int64_t read_us)
{
    for (unsigned i = 0; i < WALKED; i++) {
        const struct walked *w = &watch->walked[i];
        if (w->at_us != 0 && w->read_us == read_us && wall_clock_us() - w->at_us < WALKED_US &&
            same_walk(w, question, role, uid_known, uid))
            return w;
    }
    return NULL;
}

static const struct walked *walk_now(struct rules_watch *watch, struct family_rules *f,
                                     const struct local_question *question, enum local_role role, bool uid_known,
                                     uint32_t uid)
{
    struct walked *w = &watch->walked[watch->next_walked++ % WALKED];
    const int64_t before_us = taken_us();
    struct rules_packet packet = rules_machine_syn(&f->reading.machine, question);
    if (role == LOCAL_ROLE_CLIENT)
        packet.uid = (struct rules_number){uid_known, uid};
    *w = (struct walked){.question = *question,
                         .role = role,
                         .uid_known = uid_known,
                         .uid = uid,
                         .at_us = wall_clock_us(),
                         .read_us = f->reading.read_us};
    w->rules.deciding = -1;
    rules_reading_walk(&f->reading, question, &packet, &w->rules);
    watch->budget_us -= taken_us() - before_us;
    return w;
}

void rules_watch_walk(struct rules_watch *watch, const struct local_question *question, enum local_role role,
                      bool uid_known, uint32_t uid, struct local_rules *out, struct local_span *walk,
                      struct local_trail *rule)
{
    const bool v6 = !address_is_ipv4(&question->client);
    struct family_rules *f = &watch->family[v6];
    f->used_us = wall_clock_us();
    refresh_family(watch, v6, true);
    if (!f->is_read)
        return;
    const struct walked *w = walked_lately(watch, question, role, uid_known, uid, f->reading.read_us);
    if (w == NULL && may_look(watch))
        w = walk_now(watch, f, question, role, uid_known, uid);
    if (w == NULL)
        return;
    *out = w->rules;
    *walk = span_of(watch, v6);
    if (!let_time_pass(out, wall_clock_us() - f->reading.read_us))
        *walk = (struct local_span){.since_us = 0};
    follow_counter(watch, f, out, rule);
}
