#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "local/command.h"
#include "local/rules.h"
#include "local/rules_counter.h"
#include "local/rules_hosts.h"
#include "local/rules_ipset.h"
#include "local/rules_iptables.h"
#include "local/rules_machine.h"
#include "local/rules_nft.h"

/* A ruleset of 1,000 rules and 10,000 addresses is 1 MB of JSON. */
enum { TOOL_MS = 3000, JSON_BYTES = 64 << 20, TEXT_BYTES = 16 << 20, READINGS = 3, SMALL_FILE = 64 << 10 };

bool rules_from_texts(struct ruleset *set, struct rules_texts *texts)
{
    ruleset_begin(set);
    bool whole = !texts->nft_json || rules_nft_read(set, texts->nft_json, texts->nft_json_length);
    if (texts->nft_listing)
        rules_nft_listing(set, texts->nft_listing);
    if (texts->ipset && !rules_ipset_read(set, texts->ipset))
        ruleset_not_walked(set, "ipset save says what is not understood");
    const struct {
        char *text;
        const char *family;
        enum rules_made_by by;
    } saved[] = {{texts->iptables_nft, "ip", RULES_OF_IPTABLES_NFT},
                 {texts->ip6tables_nft, "ip6", RULES_OF_IPTABLES_NFT},
                 {texts->iptables_legacy, "ip", RULES_OF_IPTABLES_LEGACY},
                 {texts->ip6tables_legacy, "ip6", RULES_OF_IPTABLES_LEGACY}};
    for (size_t i = 0; i < sizeof saved / sizeof *saved; i++)
        if (saved[i].text && !rules_iptables_read(set, saved[i].text, saved[i].family, saved[i].by))
            ruleset_not_walked(set, "iptables-save says what is not understood");
    return whole;
}

/* ---- Texts from tools ---- */

/* What became of one tool, and what it said (malloc'd; NULL: nothing). */
struct said {
    enum local_state state;
    char *text;
    size_t length;
};

static struct said run(const char *const command[], size_t room)
{
    struct command_output output = {.bytes = malloc(room), .room = room};
    struct said said = {LOCAL_UNREADABLE, NULL, 0};
    if (!output.bytes)
        return said;
    said.state = command_state(command_run(command, TOOL_MS, &output), &output);
    if (said.state == LOCAL_KNOWN && !output.cut && output.length) {
        said.text = realloc(output.bytes, output.length + 1);
        said.length = output.length;
        return said;
    }
    if (output.cut)
        said.state = LOCAL_UNREADABLE;
    free(output.bytes);
    return said;
}

static char *words_of(const char *const command[])
{
    return run(command, TEXT_BYTES).text;
}

/* A small file as text (malloc'd); NULL: there is none. */
static char *file_text(const char *path)
{
    FILE *file = fopen(path, "re");
    char *text = file ? malloc(SMALL_FILE) : NULL;
    if (text)
        text[fread(text, 1, SMALL_FILE - 1, file)] = '\0';
    if (file)
        fclose(file);
    return text;
}

/* The older iptables lists no table that is not there already, so that asking it loads nothing. */
bool rules_has_legacy_tables(bool v6)
{
    char *names = file_text(v6 ? "/proc/net/ip6_tables_names" : "/proc/net/ip_tables_names");
    bool has = names && names[0];
    free(names);
    return has;
}

static bool speaks_of_ipset(const struct rules_texts *texts)
{
    const char *const saved[] = {texts->iptables_nft, texts->ip6tables_nft, texts->iptables_legacy,
                                 texts->ip6tables_legacy};
    for (size_t i = 0; i < sizeof saved / sizeof *saved; i++)
        if (saved[i] && strstr(saved[i], "--match-set "))
            return true;
    return false;
}

static void ask_iptables(struct rules_texts *texts, bool v6, bool has_nft)
{
    static const char *const
        nft[] = {"iptables-nft-save", "-c", NULL},
        *const nft6[] = {"ip6tables-nft-save", "-c", NULL}, *const legacy[] = {"iptables-legacy-save", "-c", NULL},
        *const legacy6[] = {"ip6tables-legacy-save", "-c", NULL}, *const ipset[] = {"ipset", "save", NULL};
    if (has_nft && v6)
        texts->ip6tables_nft = words_of(nft6);
    else if (has_nft)
        texts->iptables_nft = words_of(nft);
    if (rules_has_legacy_tables(v6) && v6)
        texts->ip6tables_legacy = words_of(legacy6);
    else if (rules_has_legacy_tables(v6))
        texts->iptables_legacy = words_of(legacy);
    if (speaks_of_ipset(texts))
        texts->ipset = words_of(ipset);
}

/* FNV-1a. Counters stand in brackets, and differ each time; so do the times in comments. */
static uint64_t hash_rules(uint64_t h, const char *text)
{
    bool counter = false, comment = false, begins = true;
    for (; text && *text; text++) {
        comment = begins ? *text == '#' : comment;
        counter = *text == '[' || (counter && *text != ']');
        begins = *text == '\n';
        if (!counter && !comment)
            h = (h ^ (uint8_t)*text) * UINT64_C(0x100000001b3);
    }
    return h;
}

uint64_t rules_silent_state(bool v6, bool sets)
{
    static const char *const legacy[] = {"iptables-legacy-save", "-c", NULL},
                             *const legacy6[] = {"ip6tables-legacy-save", "-c", NULL},
                             *const ipset[] = {"ipset", "save", NULL};
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    char *rules = rules_has_legacy_tables(v6) ? words_of(v6 ? legacy6 : legacy) : NULL;
    char *elements = sets ? words_of(ipset) : NULL;
    h = hash_rules(hash_rules(h, rules), elements);
    free(rules);
    free(elements);
    return h;
}

/* Tables of nft that iptables may know; a look at the text saves a run of it. */
static bool may_be_compatible(const char *json)
{
    static const char *const words[] = {"\"xt\"",
                                        "\"table\": \"filter\"",
                                        "\"table\": \"nat\"",
                                        "\"table\": \"mangle\"",
                                        "\"table\": \"raw\"",
                                        "\"table\": \"security\""};
    for (size_t i = 0; json && i < sizeof words / sizeof *words; i++)
        if (strstr(json, words[i]))
            return true;
    return !json;
}

/* Everything once. */
static enum local_state ask_all(struct rules_texts *texts, bool v6)
{
    static const char *const json[] = {"nft", "-j", "list", "ruleset", NULL}, *const listing[] = {"nft",     "-a",
                                                                                                  "-t",      "list",
                                                                                                  "ruleset", NULL};
    struct said nft = run(json, JSON_BYTES);
    *texts = (struct rules_texts){.nft_json = nft.text, .nft_json_length = nft.length};
    if (nft.text)
        texts->nft_listing = words_of(listing);
    ask_iptables(texts, v6, nft.state != LOCAL_NOT_ALLOWED && may_be_compatible(nft.text));
    return nft.state;
}

/* What the ruleset has not taken. */
static void forget(struct rules_texts *texts, bool all)
{
    char *listing;
    memcpy(&listing, &texts->nft_listing, sizeof listing);
    free(texts->nft_json);
    free(listing);
    free(texts->ipset);
    if (all) {
        free(texts->iptables_nft);
        free(texts->ip6tables_nft);
        free(texts->iptables_legacy);
        free(texts->ip6tables_legacy);
    }
    *texts = (struct rules_texts){.nft_json = NULL};
}

/* ---- hosts.allow and hosts.deny ---- */

/* Files of the server that may ask them: sshd, and the one that takes a connection over since OpenSSH 9.8. */
static bool server_asks_hosts(void)
{
    static const char *const programs[] = {"/usr/sbin/sshd", "/usr/lib/openssh/sshd-session",
                                           "/usr/libexec/openssh/sshd-session", "/usr/libexec/sshd-session"};
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
        if (rules_hosts_asked(programs[i]))
            return true;
    return false;
}

static void read_hosts(const struct local_question *question, bool asked, struct local_rules *out)
{
    struct local_rule rule;
    char *allow = file_text("/etc/hosts.allow"), *deny = file_text("/etc/hosts.deny");
    if (asked && (allow || deny) && !address_is_none(&question->client) &&
        rules_hosts(allow, deny, &question->client, &rule) && rule.fate == LOCAL_CLOSES) {
        uint8_t at = out->rules < LOCAL_RULES ? out->rules++ : LOCAL_RULES - 1;
        out->met[at] = rule;
        if (out->fate == LOCAL_PASSES) {
            out->fate = rule.certain ? LOCAL_CLOSES : LOCAL_FATE_UNKNOWN;
            out->deciding = (int8_t)at;
            out->certain = out->certain && rule.certain;
        }
    }
    free(allow);
    free(deny);
}

/* ---- All of it ---- */

static int64_t wall_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Reads until nothing has changed in between; false: it changes all the time. */
static bool read_quietly(struct rules_texts *texts, bool v6, enum local_state *state, uint32_t *generation)
{
    for (int i = 0; i < READINGS; i++) {
        uint32_t before = rules_generation();
        if (i)
            forget(texts, true);
        *state = ask_all(texts, v6);
        *generation = rules_generation();
        if (before == *generation)
            return true;
    }
    return false;
}

static void lacks_nft(struct ruleset *set, enum local_state state, uint32_t generation)
{
    if (state == LOCAL_ABSENT && generation > 1)
        ruleset_not_walked(set, "nft is not installed, and there are or were rules of it");
    else if (state == LOCAL_TIMED_OUT)
        ruleset_not_walked(set, "nft did not answer in time");
    else if (state == LOCAL_UNREADABLE)
        ruleset_not_walked(set, "what nft says cannot be read");
}

bool rules_reading_take(struct rules_reading *reading, bool v6)
{
    rules_machine_read(&reading->machine);
    reading->read_us = wall_us();
    reading->quiet = read_quietly(&reading->texts, v6, &reading->state, &reading->generation);
    reading->speaks_of_ipset = speaks_of_ipset(&reading->texts);
    bool whole = rules_from_texts(&reading->set, &reading->texts);
    if (!whole)
        reading->state = LOCAL_UNREADABLE;
    if (!reading->quiet)
        ruleset_not_walked(&reading->set, "the rules changed while they were read");
    lacks_nft(&reading->set, reading->state, reading->generation);
    reading->asks_hosts = server_asks_hosts();
    return whole && reading->quiet;
}

void rules_reading_walk(struct rules_reading *reading, const struct local_question *question,
                        const struct rules_packet *packet, struct local_rules *out)
{
    const enum local_state state = reading->state;
    rules_walk(&reading->set, &reading->machine, packet, out);
    out->state = state == LOCAL_ABSENT && (reading->set.chains || reading->generation <= 1) ? LOCAL_KNOWN : state;
    out->generation = reading->generation;
    out->read_us = wall_us();
    for (uint8_t i = 0; !reading->quiet && i < out->rules; i++)
        out->met[i].certain = false;
    read_hosts(question, reading->asks_hosts, out);
}

void rules_reading_end(struct rules_reading *reading)
{
    ruleset_end(&reading->set);
    forget(&reading->texts, false);
}

void local_rules_read(const struct local_question *question, struct local_rules *out)
{
    struct rules_reading *reading = calloc(1, sizeof *reading);
    *out = (struct local_rules){.state = LOCAL_UNREADABLE, .deciding = -1};
    if (!reading)
        return;
    rules_machine_read(&reading->machine);
    const struct rules_packet packet = rules_machine_syn(&reading->machine, question);
    (void)rules_reading_take(reading, packet.is_v6);
    rules_reading_walk(reading, question, &packet, out);
    rules_reading_end(reading);
    free(reading);
}
