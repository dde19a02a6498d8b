#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "local/rules_ipset.h"
#include "local/rules_iptables.h"
#include "local/rules_iptables_match.h"
#include "local/rules_iptables_step.h"

struct looking {
    struct ruleset *set;
    const struct rules_chain *chain;
    const struct rules_packet *packet;
    struct rules_work *work;
    struct rules_step *step;
    const char *module; /* of the last -m */
    bool targeted;      /* -j or -g was read: options are the target's */
};

static enum rules_truth is_interface(struct looking *at, const struct rules_interface *interface, const char *pattern,
                                     bool inverted)
{
    size_t length = strlen(pattern);
    if (interface->none)
        return rules_if(inverted); /* iptables compares with an empty name */
    if (!interface->name[0])
        return RULES_MAYBE;
    enum rules_truth truth = length && pattern[length - 1] == '+'
                                 ? rules_if(strncmp(pattern, interface->name, length - 1) == 0)
                                 : rules_if(strcmp(pattern, interface->name) == 0);
    truth = inverted ? rules_not(truth) : truth;
    at->step->assumed |= interface->assumed;
    if (truth == RULES_NO && interface->assumed) {
        at->step->assumed_no = true;
        return RULES_YES;
    }
    return truth;
}

static enum rules_truth is_type(struct looking *at, const char *name, bool sender)
{
    const struct rules_packet *packet = at->packet;
    enum rules_truth local = sender ? packet->from_is_local : packet->to_is_local;
    if (strcmp(name, "LOCAL") == 0)
        return local;
    if (local == RULES_YES)
        return strstr(name, "LOCAL") ? RULES_YES : RULES_NO;
    return RULES_MAYBE;
}

static enum rules_truth in_set(struct looking *at, const char *name, const char *directions)
{
    struct rules_step *step = at->step;
    struct rules_found found = rules_ipset_find(at->set, name, directions, at->packet, at->work);
    if (found.truth != RULES_YES)
        return found.truth;
    rules_copy(step->set, sizeof step->set, name);
    step->element[0] = '\0';
    if (found.element)
        rules_element_text(found.element, step->element, sizeof step->element);
    step->set_expires_s = found.expires_s;
    return found.truth;
}

static enum rules_truth limits(struct looking *at)
{
    at->step->limited = true;
    return RULES_MAYBE;
}

enum option {
    O_UNKNOWN,
    O_NOTHING, /* says nothing of a packet */
    O_FROM,
    O_TO,
    O_IN,
    O_OUT,
    O_PROTOCOL,
    O_MODULE,
    O_FRAGMENT,
    O_JUMP,
    O_GO_TO,
    O_FROM_PORT,
    O_TO_PORT,
    O_ANY_PORT,
    O_SYN,
    O_FLAGS,
    O_STATE,
    O_DIRECTION,
    O_LIMIT,
    O_RECENT_SET,
    O_SET,
    O_MARK,
    O_UID,
    O_TO_TYPE,
    O_FROM_TYPE,
    O_FROM_RANGE,
    O_TO_RANGE,
    O_PACKET_TYPE,
    O_REVERSE_PATH,
    O_NEVER /* of a header that no SYN has */
};

/* Options of conditions, and how many words each takes. */
static const struct {
    const char *name;
    enum option option;
    unsigned words;
} OPTIONS[] = {
    {"-A", O_NOTHING, 1},
    {"-s", O_FROM, 1},
    {"-d", O_TO, 1},
    {"-i", O_IN, 1},
    {"-o", O_OUT, 1},
    {"-p", O_PROTOCOL, 1},
    {"-m", O_MODULE, 1},
    {"-f", O_FRAGMENT, 0},
    {"-j", O_JUMP, 1},
    {"-g", O_GO_TO, 1},
    {"--sport", O_FROM_PORT, 1},
    {"--sports", O_FROM_PORT, 1},
    {"--dport", O_TO_PORT, 1},
    {"--dports", O_TO_PORT, 1},
    {"--ports", O_ANY_PORT, 1},
    {"--syn", O_SYN, 0},
    {"--tcp-flags", O_FLAGS, 2},
    {"--ctstate", O_STATE, 1},
    {"--state", O_STATE, 1},
    {"--ctdir", O_DIRECTION, 1},
    {"--limit", O_LIMIT, 1},
    {"--limit-burst", O_NOTHING, 1},
    {"--hashlimit-upto", O_LIMIT, 1},
    {"--hashlimit-above", O_LIMIT, 1},
    {"--hashlimit", O_LIMIT, 1},
    {"--hashlimit-burst", O_NOTHING, 1},
    {"--hashlimit-mode", O_NOTHING, 1},
    {"--hashlimit-name", O_NOTHING, 1},
    {"--hashlimit-srcmask", O_NOTHING, 1},
    {"--hashlimit-dstmask", O_NOTHING, 1},
    {"--hashlimit-htable-size", O_NOTHING, 1},
    {"--hashlimit-htable-max", O_NOTHING, 1},
    {"--hashlimit-htable-expire", O_NOTHING, 1},
    {"--hashlimit-htable-gcinterval", O_NOTHING, 1},
    {"--hashlimit-rate-match", O_NOTHING, 0},
    {"--hashlimit-rate-interval", O_NOTHING, 1},
    {"--connlimit-above", O_LIMIT, 1},
    {"--connlimit-upto", O_LIMIT, 1},
    {"--connlimit-mask", O_NOTHING, 1},
    {"--connlimit-saddr", O_NOTHING, 0},
    {"--connlimit-daddr", O_NOTHING, 0},
    {"--quota", O_LIMIT, 1},
    {"--set", O_RECENT_SET, 0},
    {"--update", O_LIMIT, 0},
    {"--rcheck", O_LIMIT, 0},
    {"--remove", O_LIMIT, 0},
    {"--seconds", O_NOTHING, 1},
    {"--hitcount", O_NOTHING, 1},
    {"--reap", O_NOTHING, 0},
    {"--rttl", O_NOTHING, 0},
    {"--name", O_NOTHING, 1},
    {"--mask", O_NOTHING, 1},
    {"--rsource", O_NOTHING, 0},
    {"--rdest", O_NOTHING, 0},
    {"--match-set", O_SET, 2},
    {"--return-nomatch", O_UNKNOWN, 0},
    {"--mark", O_MARK, 1},
    {"--uid-owner", O_UID, 1},
    {"--dst-type", O_TO_TYPE, 1},
    {"--src-type", O_FROM_TYPE, 1},
    {"--src-range", O_FROM_RANGE, 1},
    {"--dst-range", O_TO_RANGE, 1},
    {"--pkt-type", O_PACKET_TYPE, 1},
    {"--comment", O_NOTHING, 1},
    {"--invert", O_REVERSE_PATH, 0},
    {"--loose", O_NOTHING, 0},
    {"--validmark", O_NOTHING, 0},
    {"--rt-type", O_NEVER, 1},
    {"--icmp-type", O_NEVER, 1},
    {"--icmpv6-type", O_NEVER, 1},
};

/* Modules all of whose conditions are options above, or which have none. */
static bool is_known_module(const char *name)
{
    static const char *const MODULES[] = {"tcp",     "multiport", "conntrack", "state",     "limit",    "hashlimit",
                                          "comment", "recent",    "set",       "mark",      "connmark", "owner",
                                          "iprange", "addrtype",  "pkttype",   "connlimit", "quota",    "rpfilter",
                                          "udp",     "icmp",      "icmp6",     "rt",        "sctp"};
    for (size_t i = 0; i < sizeof MODULES / sizeof *MODULES; i++)
        if (strcmp(MODULES[i], name) == 0)
            return true;
    return false;
}

/* rpfilter --invert: the way back does not leave by the interface of arrival. */
static enum rules_truth wrong_way_back(const struct rules_packet *packet)
{
    return rules_not(packet->way_back);
}

static enum rules_truth module(struct looking *at, const char *name)
{
    at->module = name;
    return is_known_module(name) ? RULES_YES : RULES_MAYBE;
}

/* Of a condition, before "!". */
static enum rules_truth holds(struct looking *at, enum option option, char *const *words)
{
    const struct rules_packet *packet = at->packet;
    switch (option) {
    case O_FROM:
        return rules_in_network(&packet->from, words[0]);
    case O_TO:
        return rules_in_network(&packet->to, words[0]);
    case O_PROTOCOL:
        return rules_is_protocol(packet, words[0]);
    case O_FRAGMENT:
        return RULES_NO;
    case O_NEVER:
        return packet->protocol == RULES_TCP ? RULES_NO : RULES_MAYBE;
    case O_FROM_PORT:
        return rules_in_ports(packet->from_port, words[0]);
    case O_TO_PORT:
        return rules_in_ports(packet->to_port, words[0]);
    case O_ANY_PORT:
        return rules_in_ports(packet->to_port, words[0]) == RULES_YES ? RULES_YES
                                                                      : rules_in_ports(packet->from_port, words[0]);
    case O_SYN:
        return rules_if((packet->tcp_flags & (RULES_TCP_SYN | RULES_TCP_ACK | 5)) == RULES_TCP_SYN);
    case O_FLAGS:
        return rules_has_flags(packet->tcp_flags, words[0], words[1]);
    case O_STATE:
        return rules_in_states(packet, words[0]);
    case O_DIRECTION:
        return rules_if((strcmp(words[0], "ORIGINAL") == 0) == ((packet->ct_state & CT_NEW) != 0));
    case O_LIMIT:
        return limits(at);
    case O_SET:
        return in_set(at, words[0], words[1]);
    case O_MARK:
        return rules_is_mark(at->module && strcmp(at->module, "connmark") == 0 ? packet->ct_mark : packet->mark,
                             words[0]);
    case O_UID:
        return packet->uid.known ? rules_if((uint32_t)strtoul(words[0], NULL, 10) == packet->uid.value) : RULES_MAYBE;
    case O_TO_TYPE:
        return is_type(at, words[0], false);
    case O_FROM_TYPE:
        return is_type(at, words[0], true);
    case O_FROM_RANGE:
        return rules_in_address_range(&packet->from, words[0]);
    case O_TO_RANGE:
        return rules_in_address_range(&packet->to, words[0]);
    case O_PACKET_TYPE:
        return rules_if(strcmp(words[0], "unicast") == 0);
    case O_REVERSE_PATH:
        return wrong_way_back(packet);
    default:
        return RULES_MAYBE;
    }
}

/* A condition that is met, not met or left open; false: the rule ends here. */
static bool condition(struct looking *at, enum rules_truth truth, const char *cannot)
{
    at->step->match = rules_and(at->step->match, truth);
    if (truth == RULES_MAYBE && !at->step->cannot)
        at->step->cannot = cannot;
    return truth != RULES_NO;
}

static enum rules_truth asked(struct looking *at, enum option option, char *const *words, bool inverted)
{
    if (option == O_NOTHING || option == O_RECENT_SET)
        return RULES_YES;
    if (option == O_MODULE)
        return module(at, words[0]);
    if (option == O_IN || option == O_OUT)
        return is_interface(at, option == O_IN ? &at->packet->in : &at->packet->out, words[0], inverted);
    enum rules_truth truth = holds(at, option, words);
    at->step->names_sender |= option == O_FROM && truth == RULES_YES && !inverted && rules_is_one_address(words[0]);
    return inverted ? rules_not(truth) : truth;
}

static const struct {
    const char *name;
    enum rules_verdict verdict;
} TARGETS[] = {
    {"ACCEPT", RULES_ACCEPTS},      {"DROP", RULES_DROPS},          {"REJECT", RULES_REJECTS_ICMP},
    {"RETURN", RULES_RETURNS},      {"QUEUE", RULES_TO_OTHERS},     {"NFQUEUE", RULES_TO_OTHERS},
    {"DNAT", RULES_TRANSLATES},     {"REDIRECT", RULES_TRANSLATES}, {"SNAT", RULES_ACCEPTS},
    {"MASQUERADE", RULES_ACCEPTS},  {"LOG", RULES_GOES_ON},         {"NFLOG", RULES_GOES_ON},
    {"ULOG", RULES_GOES_ON},        {"MARK", RULES_GOES_ON},        {"CONNMARK", RULES_GOES_ON},
    {"CT", RULES_GOES_ON},          {"NOTRACK", RULES_GOES_ON},     {"AUDIT", RULES_GOES_ON},
    {"TRACE", RULES_GOES_ON},       {"TEE", RULES_GOES_ON},         {"TCPMSS", RULES_GOES_ON},
    {"TCPOPTSTRIP", RULES_GOES_ON}, {"DSCP", RULES_GOES_ON},        {"TOS", RULES_GOES_ON},
    {"TTL", RULES_GOES_ON},         {"HL", RULES_GOES_ON},          {"CLASSIFY", RULES_GOES_ON},
    {"CHECKSUM", RULES_GOES_ON},    {"SECMARK", RULES_GOES_ON},     {"CONNSECMARK", RULES_GOES_ON},
    {"RATEEST", RULES_GOES_ON},     {"IDLETIMER", RULES_GOES_ON},   {"LED", RULES_GOES_ON},
};

static void target(struct looking *at, const char *name, bool jumps)
{
    struct rules_step *step = at->step;
    char key[LOCAL_TEXT];
    at->targeted = true;
    for (size_t i = 0; jumps && i < sizeof TARGETS / sizeof *TARGETS; i++)
        if (strcmp(TARGETS[i].name, name) == 0) {
            step->verdict = TARGETS[i].verdict;
            step->logs = strstr(name, "LOG") != NULL;
            step->to_self = strcmp(name, "REDIRECT") == 0;
            step->untracks = strcmp(name, "NOTRACK") == 0;
            if (step->verdict == RULES_TO_OTHERS)
                step->cannot = "a queue decides";
            return;
        }
    rules_table_key(key, sizeof key, at->chain->table, at->chain->by);
    if (ruleset_chain(at->set, at->chain->family, key, name) != RULES_NONE) {
        step->verdict = jumps ? RULES_JUMPS : RULES_GOES_TO;
        rules_copy(step->target, sizeof step->target, name);
        return;
    }
    step->verdict = strcmp(name, "SET") == 0 ? RULES_GOES_ON : RULES_TO_OTHERS;
    step->cannot = "a target that is not known here";
}

/* "10.0.0.5:22", "[fc00::5]:22", ":22", "10.0.0.5" */
static void destination(struct rules_step *step, const char *text)
{
    char address[2 * ADDRESS_TEXT_SIZE];
    rules_copy(address, sizeof address, text);
    char *start = address, *port = NULL, *bracket = strchr(address, ']');
    if (address[0] == '[' && bracket) {
        start++;
        *bracket = '\0';
        port = bracket[1] == ':' ? bracket + 2 : NULL;
    } else if ((port = strchr(address, ':')) && !strchr(port + 1, ':')) {
        *port++ = '\0';
    } else {
        port = NULL;
    }
    if (port)
        step->to_port = (uint16_t)strtoul(port, NULL, 10);
    if (start[0] && !rules_address(start, &step->to))
        step->verdict = RULES_TO_OTHERS; /* a range of them */
}

static void set_mark(struct looking *at, const char *option, const char *text)
{
    struct rules_step *step = at->step;
    char *end;
    unsigned long value = strtoul(text, &end, 0), mask = 0xffffffff;
    if (*end == '/')
        mask = strtoul(end + 1, NULL, 0);
    bool surely = step->match == RULES_YES && !step->assumed && at->packet->mark.known;
    bool exclusive = strcmp(option, "--set-xmark") == 0;
    uint32_t before = at->packet->mark.value;
    step->sets_mark = true;
    step->mark = (struct rules_number){
        surely, (uint32_t)(exclusive ? (before & ~mask) ^ value : (before & ~(mask | value)) | value)};
}

/* An option of the target; how many words it took. */
static unsigned target_option(struct looking *at, const char *option, const char *value)
{
    struct rules_step *step = at->step;
    if (strcmp(option, "--notrack") == 0)
        step->untracks = true;
    if (strcmp(option, "--restore-mark") == 0)
        step->sets_mark = true; /* to what is not followed here */
    if (strcmp(option, "--and-mark") == 0 || strcmp(option, "--or-mark") == 0 || strcmp(option, "--xor-mark") == 0)
        step->sets_mark = true;
    if (!value)
        return 0;
    if (strcmp(option, "--reject-with") == 0 && strcmp(value, "tcp-reset") == 0)
        step->verdict = RULES_REJECTS_RST;
    else if (strcmp(option, "--log-prefix") == 0 || strcmp(option, "--nflog-prefix") == 0)
        rules_copy(step->log_prefix, sizeof step->log_prefix, value);
    else if (strcmp(option, "--to-destination") == 0)
        destination(step, value);
    else if (strcmp(option, "--to-ports") == 0)
        step->to_port = (uint16_t)strtoul(value, NULL, 10);
    else if (strcmp(option, "--set-mark") == 0 || strcmp(option, "--set-xmark") == 0)
        set_mark(at, option, value);
    return value[0] == '-' && value[1] == '-' ? 0 : 1;
}

/* One option of a condition at word i; returns the next one's place, 0: the rule ends here. */
static unsigned condition_option(struct looking *at, const struct rules_words *words, unsigned i, bool inverted)
{
    const char *name = words->word[i++];
    for (size_t k = 0; k < sizeof OPTIONS / sizeof *OPTIONS; k++) {
        if (strcmp(OPTIONS[k].name, name) != 0)
            continue;
        enum option option = OPTIONS[k].option;
        if (i + OPTIONS[k].words > words->words)
            break;
        if (option == O_JUMP || option == O_GO_TO)
            target(at, words->word[i], option == O_JUMP);
        else if (!condition(at, asked(at, option, words->word + i, inverted), "a condition that is not known here"))
            return 0;
        return i + OPTIONS[k].words;
    }
    condition(at, RULES_MAYBE, "a condition that is not known here");
    while (i < words->words && words->word[i][0] != '-' && words->word[i][0] != '!')
        i++;
    return i;
}

/* CONNMARK has options of MARK's names: what they set is the connection's. */
static void mind_connmark(struct looking *at, const char *name)
{
    struct rules_step *step = at->step;
    if (strcmp(name, "CONNMARK") != 0 || !step->sets_mark)
        return;
    step->sets_ct_mark = true;
    step->mark.known = false;
}

struct rules_step rules_iptables_step(struct ruleset *set, const struct rules_chain *chain,
                                      const struct rules_rule *rule, const struct rules_packet *packet,
                                      struct rules_work *work)
{
    struct rules_step step = {.match = RULES_YES, .counter_proves = true, .counter = rule->counter};
    struct looking at = {set, chain, packet, work, &step, NULL, false};
    struct rules_words words;
    const char *name = "";
    rules_words(&words, rule->line);
    for (unsigned i = 0; i < words.words;) {
        bool inverted = strcmp(words.word[i], "!") == 0;
        if (inverted && ++i == words.words)
            break;
        if (at.targeted) {
            i += 1 + target_option(&at, words.word[i], i + 1 < words.words ? words.word[i + 1] : NULL);
            continue;
        }
        i = condition_option(&at, &words, i, inverted);
        if (!i) {
            step.verdict = RULES_GOES_ON;
            break;
        }
        if (at.targeted)
            name = words.word[i - 1];
    }
    mind_connmark(&at, name);
    if (words.is_cut)
        condition(&at, RULES_MAYBE, "a line that is too long");
    rules_step_end(&step);
    return step;
}
