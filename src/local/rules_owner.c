#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "local/rules_owner.h"

/* By what a tool's rules are known. */
enum mark {
    BY_TABLE,
    BY_CHAIN, /* of the rule, or of the base chain */
    BY_SET,
    BY_OTHER_CHAIN /* a chain beside it: the policy of a base chain that the tool has taken over */
};

/* {…} stands for what is known of the rule and its packet: `value` below. NULL: the rule or the set's element is taken
 * away, or the client is let in before it, with the tool of the rules themselves. */
static const char UFW[] = "ufw prepend allow from {client} to any port {port} proto tcp";
static const char FIREWALLD[] = "firewall-cmd {zone} --add-rich-rule='rule priority=-100 family={ipv} source "
                                "address={client} port port={port} protocol=tcp accept'";
static const char FAIL2BAN[] = "fail2ban-client set {jail} unbanip {client}";
static const char DOCKER[] = "{iptables} -I DOCKER-USER -s {client} -p tcp --dport {port} -j ACCEPT";
static const char CROWDSEC[] = "cscli decisions delete --ip {client}";

static const struct {
    enum local_owner owner;
    enum mark by;
    const char *begins; /* the name begins so; what follows is fail2ban's jail */
    const char *command;
} OWNERS[] = {
    {LOCAL_FAIL2BAN, BY_SET, "addr-set-", FAIL2BAN},  /* action nftables: <addr_set> */
    {LOCAL_FAIL2BAN, BY_SET, "addr6-set-", FAIL2BAN}, /* the same, IPv6 */
    {LOCAL_FAIL2BAN, BY_SET, "f2b-", FAIL2BAN},       /* action iptables-ipset: <ipmset> */
    {LOCAL_FAIL2BAN, BY_CHAIN, "f2b-", FAIL2BAN},     /* actions iptables: <chain> f2b-<name> */
    {LOCAL_FAIL2BAN, BY_TABLE, "f2b-table", NULL},    /* a rule of its table that no set names */
    {LOCAL_CROWDSEC, BY_SET, "crowdsec", CROWDSEC},   /* crowdsec-blacklists, crowdsec6-blacklists */
    {LOCAL_CROWDSEC, BY_TABLE, "crowdsec", CROWDSEC}, /* tables crowdsec, crowdsec6 of its nftables bouncer */
    {LOCAL_CROWDSEC, BY_CHAIN, "CROWDSEC", CROWDSEC}, /* CROWDSEC_CHAIN of its iptables bouncer */
    {LOCAL_SSHGUARD, BY_TABLE, "sshguard", NULL},     /* backend sshg-fw-nft-sets */
    {LOCAL_SSHGUARD, BY_SET, "sshguard", NULL},       /* backend sshg-fw-ipset: sshguard4, sshguard6 */
    {LOCAL_SSHGUARD, BY_CHAIN, "sshguard", NULL},     /* backend sshg-fw-iptables */
    {LOCAL_UFW, BY_CHAIN, "ufw-", UFW},               /* and ufw6- */
    {LOCAL_UFW, BY_CHAIN, "ufw6-", UFW},
    {LOCAL_FIREWALLD, BY_TABLE, "firewalld", FIREWALLD},
    {LOCAL_FIREWALLD, BY_CHAIN, "IN_", FIREWALLD}, /* its iptables backend */
    {LOCAL_FIREWALLD, BY_CHAIN, "INPUT_ZONES", FIREWALLD},
    {LOCAL_DOCKER, BY_CHAIN, "DOCKER", DOCKER},
    {LOCAL_DOCKER, BY_TABLE, "docker-bridges", NULL}, /* its nftables backend */
    {LOCAL_UFW, BY_OTHER_CHAIN, "ufw-user-input", UFW},
    {LOCAL_UFW, BY_OTHER_CHAIN, "ufw6-user-input", UFW},
    {LOCAL_FIREWALLD, BY_OTHER_CHAIN, "INPUT_ZONES", FIREWALLD},
};

bool rules_zone(const char *chain, char *zone, size_t size)
{
    static const char *const prefixes[] = {"filter_IN_", "IN_"};
    static const char *const parts[] = {"_pre", "_log", "_deny", "_allow", "_post"};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        if (strncmp(chain, prefixes[i], strlen(prefixes[i])) != 0)
            continue;
        rules_copy(zone, size, chain + strlen(prefixes[i]));
        for (size_t k = 0; k < sizeof parts / sizeof *parts; k++) {
            size_t length = strlen(zone), tail = strlen(parts[k]);
            if (length > tail && strcmp(zone + length - tail, parts[k]) == 0)
                zone[length - tail] = '\0';
        }
        return true;
    }
    return false;
}

static bool begins(const char *name, const char *with)
{
    return strncmp(name, with, strlen(with)) == 0;
}

static bool is_owner(const struct rules_place *place, const struct local_rule *rule, size_t i)
{
    const struct rules_chain *chain = place->chain;
    char key[LOCAL_TEXT];
    switch (OWNERS[i].by) {
    case BY_TABLE:
        return begins(chain->table, OWNERS[i].begins);
    case BY_CHAIN:
        return begins(chain->name, OWNERS[i].begins) || begins(place->base->name, OWNERS[i].begins);
    case BY_SET:
        return begins(rule->set, OWNERS[i].begins);
    case BY_OTHER_CHAIN:
        rules_table_key(key, sizeof key, chain->table, chain->by);
        return rule->is_policy && chain->hook == RULES_INPUT &&
               ruleset_chain(place->set, chain->family, key, OWNERS[i].begins) != RULES_NONE;
    }
    return false;
}

/* A name as a shell takes it for one word; false: it cannot be typed. */
static bool as_word(const char *name, char *word, size_t size)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:/@%+-";
    if (!name[0] || strchr(name, '\'') || strlen(name) == LOCAL_NAME - 1) /* of that length it was cut */
        return false;
    for (const char *at = name; *at; at++)
        if ((unsigned char)*at < ' ' || *at == 127)
            return false;
    bool is_plain = strspn(name, plain) == strlen(name) && name[0] != '-';
    snprintf(word, size, is_plain ? "%s" : "'%s'", name);
    return true;
}

/* The name of iptables that reaches these rules. */
static const char *iptables_name(const struct rules_place *place)
{
    bool v6 = strcmp(place->chain->family, "ip6") == 0 ||
              (strcmp(place->chain->family, "ip") != 0 && rules_packet_is_v6(place->packet));
    if (place->chain->by == RULES_OF_IPTABLES_LEGACY)
        return v6 ? "ip6tables-legacy" : "iptables-legacy";
    if (place->iptables_is_legacy)
        return v6 ? "ip6tables-nft" : "iptables-nft";
    return v6 ? "ip6tables" : "iptables";
}

/* fail2ban's jail, by the set's name or the chain's. */
static void jail(const struct rules_place *place, const struct local_rule *rule, char *text, size_t size)
{
    const char *name = rule->set[0] ? rule->set : place->chain->name;
    text[0] = '\0';
    for (size_t i = 0; i < sizeof OWNERS / sizeof *OWNERS; i++)
        if (OWNERS[i].owner == LOCAL_FAIL2BAN && begins(name, OWNERS[i].begins)) {
            rules_copy(text, size, name + strlen(OWNERS[i].begins));
            break;
        }
    size_t length = strlen(text); /* an ipset of IPv6 addresses has a 6 behind the jail's name */
    if (rules_packet_is_v6(place->packet) && rule->set[0] && begins(name, "f2b-") && length && text[length - 1] == '6')
        text[length - 1] = '\0';
}

/* The client's side of a packet, whichever way it goes. */
static const struct address *client_of(const struct rules_place *place, const struct local_rule *rule)
{
    return rule->outgoing ? &place->packet->to : &place->packet->from;
}

static uint16_t port_of(const struct rules_place *place, const struct local_rule *rule)
{
    return rule->outgoing ? place->packet->from_port : place->packet->to_port;
}

/* What a name in braces stands for; false: it is not known. */
static bool value(const struct rules_place *place, const struct local_rule *rule, const char *name, size_t length,
                  char *text, size_t size)
{
    char raw[LOCAL_TEXT] = "";
    if (strncmp(name, "client", length) == 0) {
        if (!address_is_none(client_of(place, rule)))
            address_text(client_of(place, rule), raw);
    } else if (strncmp(name, "port", length) == 0)
        snprintf(raw, sizeof raw, "%u", port_of(place, rule));
    else if (strncmp(name, "ipv", length) == 0)
        rules_copy(raw, sizeof raw, rules_packet_is_v6(place->packet) ? "ipv6" : "ipv4");
    else if (strncmp(name, "iptables", length) == 0)
        rules_copy(raw, sizeof raw, iptables_name(place));
    else if (strncmp(name, "jail", length) == 0)
        jail(place, rule, raw, sizeof raw);
    else if (strncmp(name, "zone", length) == 0 && !place->zone[0]) /* then it is the default one */
        return rules_copy(text, size, ""), true;
    else if (strncmp(name, "zone", length) == 0)
        snprintf(raw, sizeof raw, "--zone=%s", place->zone);
    if (begins(raw, "--zone=")) /* the names of zones need no quotes: letters, digits, - and _ */
        return rules_copy(text, size, raw), true;
    return as_word(raw, text, size);
}

static void from_template(const struct rules_place *place, struct local_rule *rule, const char *template)
{
    size_t used = 0;
    char *command = rule->command;
    for (const char *at = template; *at; at++) {
        char text[LOCAL_TEXT] = {*at, '\0'};
        const char *end = *at == '{' ? strchr(at, '}') : NULL;
        if (end) {
            if (!value(place, rule, at + 1, (size_t)(end - at - 1), text, sizeof text)) {
                command[0] = '\0';
                return;
            }
            at = end;
        }
        if (*at == ' ' && used && command[used - 1] == ' ')
            continue; /* of something that is left out */
        rules_copy(command + used, sizeof rule->command - used, text);
        used += strlen(command + used);
        if (used == sizeof rule->command - 1)
            command[0] = '\0'; /* it does not fit */
        if (!command[0])
            return;
    }
}

/* A command that does not fit is none. */
__attribute__((format(printf, 2, 3))) static void say(struct local_rule *rule, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    int length = vsnprintf(rule->command, sizeof rule->command, format, values);
    va_end(values);
    if (length < 0 || (size_t)length >= sizeof rule->command)
        rule->command[0] = '\0';
}

/* A set's element that is the client's alone. */
static bool is_element(const struct rules_place *place, const struct local_rule *rule, const char *client)
{
    return !place->lets_in && rule->set[0] && strcmp(rule->element, client) == 0;
}

/* Lets the client in before the rule, or takes the rule away where it is the client's alone. */
static void with_nft(const struct rules_place *place, struct local_rule *rule, const char *client)
{
    const struct rules_chain *chain = place->chain;
    char table[LOCAL_NAME + 2], name[LOCAL_NAME + 2], set[LOCAL_NAME + 2], handle[32] = "";
    if (!as_word(chain->table, table, sizeof table) || !as_word(chain->name, name, sizeof name))
        return;
    if (is_element(place, rule, client) && as_word(rule->set, set, sizeof set)) {
        say(rule, "nft delete element %s %s %s { %s }", chain->family, table, set, rule->element);
        return;
    }
    if (!rule->is_policy)
        snprintf(handle, sizeof handle, " handle %llu", (unsigned long long)rule->handle);
    if (place->names_sender && !place->lets_in && !rule->is_policy && rule->fate != LOCAL_LIMITS)
        say(rule, "nft delete rule %s %s %s%s", chain->family, table, name, handle);
    else
        say(rule, "nft %s rule %s %s %s%s %s %s %s tcp %s %u accept", rule->is_policy ? "add" : "insert", chain->family,
            table, name, handle, rules_packet_is_v6(place->packet) ? "ip6" : "ip", rule->outgoing ? "daddr" : "saddr",
            client, rule->outgoing ? "sport" : "dport", port_of(place, rule));
}

static void with_iptables(const struct rules_place *place, struct local_rule *rule, const char *client)
{
    char table[LOCAL_NAME + 8] = "", chain[LOCAL_NAME + 2], set[LOCAL_NAME + 2];
    const char *name = iptables_name(place);
    if (!as_word(place->chain->name, chain, sizeof chain))
        return;
    if (is_element(place, rule, client) && as_word(rule->set, set, sizeof set)) {
        say(rule, "ipset del %s %s", set, rule->element);
        return;
    }
    if (strcmp(place->chain->table, "filter") != 0)
        snprintf(table, sizeof table, "-t %s ", place->chain->table);
    char number[16] = "";
    if (!rule->is_policy)
        snprintf(number, sizeof number, " %u", rule->number);
    if (place->names_sender && !place->lets_in && !rule->is_policy && rule->fate != LOCAL_LIMITS)
        say(rule, "%s %s-D %s%s", name, table, chain, number);
    else
        say(rule, "%s %s-%c %s%s %s %s -p tcp --%s %u -j ACCEPT", name, table, rule->is_policy ? 'A' : 'I', chain,
            number, rule->outgoing ? "-d" : "-s", client, rule->outgoing ? "sport" : "dport", port_of(place, rule));
}

void rules_owner(const struct rules_place *place, struct local_rule *rule)
{
    char client[ADDRESS_TEXT_SIZE];
    const char *template = NULL;
    rule->owner = LOCAL_OWNER_NONE;
    rule->command[0] = '\0';
    for (size_t i = 0; i < sizeof OWNERS / sizeof *OWNERS; i++)
        if (is_owner(place, rule, i)) {
            rule->owner = OWNERS[i].owner;
            template = OWNERS[i].command;
            break;
        }
    if (address_is_none(client_of(place, rule)) && !template)
        return; /* for whom is not known */
    if (rule->fate == LOCAL_PASSES || rule->fate == LOCAL_LOGS || rule->fate == LOCAL_SENT_ON)
        return; /* nothing has to be mended */
    address_text(client_of(place, rule), client);
    if (template)
        from_template(place, rule, template);
    else if (place->chain->by == RULES_OF_NFT)
        with_nft(place, rule, client);
    else
        with_iptables(place, rule, client);
}

bool rules_takes_away(const struct local_rule *rule)
{
    return strncmp(rule->command, "nft delete ", 11) == 0 || strncmp(rule->command, "ipset del ", 10) == 0 ||
           strstr(rule->command, " -D ");
}
