#include "tally.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static const double sure = 0.9;
static const char *const names[DAMAGES] = {"whole", "prefix", "cut short", "dropped", "duplicated", "reordered"};

struct tally *tally;

void tally_make(void)
{
    tally = mmap(NULL, sizeof *tally, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (tally == MAP_FAILED) {
        perror("hostile: mmap");
        exit(2);
    }
}

static bool headline(enum cause cause)
{
    return cause == CAUSE_KERNEL_RST || cause == CAUSE_FIREWALL_RST || cause == CAUSE_SILENT_DROP ||
           cause == CAUSE_MAXSTARTUPS;
}

static enum cause cause_of_label(const struct capture *c, const struct flow_key *key)
{
    char src[ADDRESS_TEXT_SIZE], dst[ADDRESS_TEXT_SIZE];
    address_text(&key->client, src);
    address_text(&key->server, dst);
    for (size_t i = 0; i < c->label_count; i++) {
        const struct label *l = &c->labels[i];
        if (l->src_port != key->client_port || l->dst_port != key->server_port || strcmp(l->src, src) != 0 ||
            strcmp(l->dst, dst) != 0)
            continue;
        for (int cause = 0; cause < CAUSE_COUNT; cause++)
            if (strcmp(cause_name((enum cause)cause), l->cause) == 0)
                return (enum cause)cause;
    }
    return CAUSE_COUNT;
}

/* Captures are one worker's from beginning to end, so a capture's name is enough to count captures. */
static void count_wrong(enum damage damage, enum cause label, enum cause verdict, const char *capture, const char *what)
{
    char *example = tally->example[damage][label][verdict];
    __atomic_fetch_add(&tally->wrong[damage][label][verdict], 1, __ATOMIC_RELAXED);
    if (strncmp(example, capture, strlen(capture)) != 0) {
        __atomic_fetch_add(&tally->wrong_here[damage][label][verdict], 1, __ATOMIC_RELAXED);
        snprintf(example, sizeof tally->example[0][0][0], "%.79s", what);
    }
}

void tally_take(enum damage damage, const struct capture *c, const struct pipeline *p, const char *what)
{
    __atomic_fetch_add(&tally->runs[damage], 1, __ATOMIC_RELAXED);
    for (size_t i = 0; i < p->given_count; i++) {
        const struct given *given = &p->given[i];
        enum cause label = cause_of_label(c, &given->key);
        __atomic_fetch_add(&tally->verdicts[damage], 1, __ATOMIC_RELAXED);
        if (given->confidence <= sure || given->cause == CAUSE_UNDETERMINED)
            continue;
        __atomic_fetch_add(&tally->sure[damage], 1, __ATOMIC_RELAXED);
        if (label == CAUSE_COUNT || label == given->cause)
            continue;
        count_wrong(damage, label, given->cause, c->name, what);
        /* What is missing can change the truth (a lost refusal is silence); what is there twice, or cut off, or in
         * another order cannot. */
        if (headline(label) && headline(given->cause) && damage != DAMAGE_DROPPED) {
            char how[120];
            snprintf(how, sizeof how, "%s called %s at %.3f (%s)", cause_name(label), cause_name(given->cause),
                     given->confidence, given->row ? given->row : "no row");
            failed(what, how);
        }
    }
}

static void print_damage(enum damage damage)
{
    printf("\n%s: %u readings, %u verdicts, %u of them sure (over %.1f); sure and not the label's:\n", names[damage],
           tally->runs[damage], tally->verdicts[damage], tally->sure[damage], sure);
    for (int label = 0; label < CAUSE_COUNT; label++)
        for (int verdict = 0; verdict < CAUSE_COUNT; verdict++)
            if (tally->wrong[damage][label][verdict])
                printf("  %6u in %3u captures  %-20s -> %-20s  %s\n", tally->wrong[damage][label][verdict],
                       tally->wrong_here[damage][label][verdict], cause_name((enum cause)label),
                       cause_name((enum cause)verdict), tally->example[damage][label][verdict]);
}

void tally_print(void)
{
    for (int damage = 0; damage < DAMAGES; damage++)
        if (tally->runs[damage])
            print_damage((enum damage)damage);
}
