#include "rules_watch.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "rules.h"
#include "rules_counter.h"
#include "rules_machine.h"
#include "rules_news.h"

/* No longer than a twentieth of the time: a large ruleset takes a tenth of a second. */
enum { READ_EVERY_US = 250000, SHARE = 20 };

/* The older iptables and ipset change without a word, and addresses come and go: after so long all is read again. */
enum { TOO_OLD_US = 10000000 };

enum { COUNTED_RULES = 32, COUNT_EVERY_US = 250000 };

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
    uint64_t state;         /* a hash of the rules that the kernel tells no changes of; 0: it tells of all */
    struct local_span span; /* of that */
    int64_t next_us;        /* monotonic: not read again before */
};

struct rules_watch {
    struct rules_news news;
    int64_t news_since_us; /* the last change that was told of */
    struct family_rules family[2];
    struct counted_rule counted[COUNTED_RULES];
};

struct rules_watch *rules_watch_new(void)
{
    struct rules_watch *watch = calloc(1, sizeof *watch);
    if (watch == NULL)
        return NULL;
    (void)rules_news_begin(&watch->news);
    rules_watch_refresh(watch, true);
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

static uint64_t hash_text(uint64_t h, const char *text)
{
    /* Counters stand in brackets at the beginnings of lines, and differ each time. */
    for (bool counter = false; text && *text; text++) {
        counter = *text == '[' || (counter && *text != ']');
        if (!counter)
            h = (h ^ (uint8_t)*text) * UINT64_C(0x100000001b3);
    }
    return h;
}

static uint64_t silent_state(const struct rules_texts *texts, bool tells)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    h = hash_text(h, texts->iptables_legacy);
    h = hash_text(h, texts->ip6tables_legacy);
    h = hash_text(h, texts->ipset);
    return tells ? h : hash_text(h, texts->nft_listing);
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

static void read_family(struct rules_watch *watch, bool v6)
{
    struct family_rules *f = &watch->family[v6];
    const int64_t began_us = monotonic_us(), began_wall_us = wall_clock_us();
    if (f->is_read)
        rules_reading_end(&f->reading);
    memset(&f->reading, 0, sizeof f->reading);
    (void)rules_reading_take(&f->reading, v6);
    f->is_read = true;
    note_state(f, silent_state(&f->reading.texts, watch->news.fd >= 0), began_wall_us, wall_clock_us());
    const int64_t took_us = monotonic_us() - began_us;
    f->next_us = monotonic_us() + (took_us * SHARE > READ_EVERY_US ? took_us * SHARE : READ_EVERY_US);
}

/* What was told while it was read may be in it, or not: then it is read once more, later. */
static bool is_current(const struct rules_watch *watch, const struct family_rules *f, bool wanted)
{
    if (!f->is_read || f->reading.read_us <= watch->news.changed_us)
        return false;
    return !wanted || wall_clock_us() - f->reading.read_us < TOO_OLD_US;
}

static bool has_silent_rules(const struct family_rules *f)
{
    return f->reading.texts.iptables_legacy != NULL || f->reading.texts.ip6tables_legacy != NULL ||
           f->reading.texts.ipset != NULL;
}

/* Rules of the older iptables may have changed at any time: they are looked at again whenever somebody asks. */
static bool is_silent(const struct rules_watch *watch, bool v6)
{
    return watch->news.fd < 0 || has_silent_rules(&watch->family[v6]) || rules_has_legacy_tables(v6);
}

static void count_rules(struct rules_watch *watch)
{
    uint64_t packets;
    for (unsigned i = 0; i < COUNTED_RULES; i++) {
        struct counted_rule *c = &watch->counted[i];
        const uint32_t n = c->trail.count;
        if (c->used_us == 0 || (n > 0 && wall_clock_us() - c->trail.at[n - 1].us < COUNT_EVERY_US))
            continue;
        const int64_t now_us = wall_clock_us();
        if (rules_counter(&c->rule, &packets))
            local_trail_add(&c->trail, now_us, packets);
        else
            c->used_us = 0;
    }
}

void rules_watch_refresh(struct rules_watch *watch, bool wanted)
{
    if (rules_news_take(&watch->news))
        watch->news_since_us = watch->news.changed_us;
    for (int v6 = 0; v6 < 2; v6++) {
        struct family_rules *f = &watch->family[v6];
        const bool again = !is_current(watch, f, wanted) || (wanted && is_silent(watch, v6 != 0));
        if (again && monotonic_us() >= f->next_us && (v6 == 0 || f->is_read || wanted))
            read_family(watch, v6 != 0);
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

/* The rules are as they were since the later of the two: the last change that was told, and the last silent one. */
static struct local_span span_of(const struct rules_watch *watch, bool v6)
{
    const struct family_rules *f = &watch->family[v6];
    struct local_span span = f->span;
    if (watch->news.fd < 0)
        return span;
    const bool silent = is_silent(watch, v6);
    if (f->reading.read_us <= watch->news.changed_us)
        return (struct local_span){.since_us = 0}; /* not read since the change */
    if (!silent)
        span = (struct local_span){
            .since_us = watch->news.changed_us, .checked_us = watch->news.heard_us, .before_us = watch->news_since_us};
    else if (watch->news.changed_us > span.since_us) {
        span.since_us = watch->news.changed_us;
        span.before_us = watch->news_since_us;
    }
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

void rules_watch_walk(struct rules_watch *watch, const struct local_question *question, enum local_role role,
                      bool uid_known, uint32_t uid, struct local_rules *out, struct local_span *walk,
                      struct local_trail *rule)
{
    const bool v6 = !address_is_ipv4(&question->client);
    struct family_rules *f = &watch->family[v6];
    if (!f->is_read) {
        out->state = LOCAL_NOT_ASKED;
        return;
    }
    struct rules_packet packet = rules_machine_syn(&f->reading.machine, question);
    if (role == LOCAL_ROLE_CLIENT)
        packet.uid = (struct rules_number){uid_known, uid};
    rules_reading_walk(&f->reading, question, &packet, out);
    *walk = span_of(watch, v6);
    if (!let_time_pass(out, wall_clock_us() - f->reading.read_us))
        *walk = (struct local_span){.since_us = 0};
    follow_counter(watch, f, out, rule);
}
