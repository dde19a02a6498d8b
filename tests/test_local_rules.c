/* Rules as tools list them, and the way of a client's SYN through them. The texts of tests/local_rules/texts/ are what
 * the tools said in the set-ups of tests/local_rules/cases.py; what is expected is what was set up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "local/rules.h"
#include "local/rules_hosts.h"
#include "local/rules_value.h"

static const char TEXTS[] = PCAPS "/../tests/local_rules/texts";

/* ---- Asking ---- */

static char *file_text(const char *name, const char *kind, size_t *length)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s.%s", TEXTS, name, kind);
    FILE *file = fopen(path, "rb");
    if (!file)
        return NULL;
    char *text = malloc(1 << 20);
    *length = fread(text, 1, (1 << 20) - 1, file);
    text[*length] = '\0';
    fclose(file);
    return text;
}

static struct rules_packet syn_of(const char *client, const char *server, const struct rules_machine *machine)
{
    struct local_question question = {.port = 22};
    assert_true(rules_address(client, &question.client));
    assert_true(rules_address(server, &question.server));
    struct rules_packet packet = rules_syn(&question, machine);
    strcpy(packet.in.name, "eth0");
    packet.way_back = RULES_YES;
    return packet;
}

static const struct rules_machine MACHINE;

/* Texts are the tests' own: a copy of each is given away. */
static void ask(struct rules_texts *texts, const struct rules_packet *packet, struct local_rules *out)
{
    struct ruleset set;
    assert_true(rules_from_texts(&set, texts));
    rules_walk(&set, &MACHINE, packet, out);
    ruleset_end(&set);
}

static void ask_kept(const char *name, const char *client, const char *server, struct local_rules *out)
{
    size_t length;
    struct rules_texts texts = {.nft_json = file_text(name, "json", &length)};
    texts.nft_json_length = length;
    char *listing = file_text(name, "nft", &length);
    texts.nft_listing = listing;
    texts.iptables_nft = file_text(name, "ipt", &length);
    texts.ip6tables_nft = file_text(name, "ip6t", &length);
    texts.iptables_legacy = file_text(name, "legacy", &length);
    texts.ipset = file_text(name, "ipset", &length);
    assert_non_null(texts.nft_json);
    struct rules_packet packet = syn_of(client, server, &MACHINE);
    ask(&texts, &packet, out);
    free(texts.nft_json);
    free(listing);
    free(texts.ipset);
}

/* A ruleset of one base chain of input, family inet, table t; `rules` are elements of an array, each one rule's "expr".
 * `more` are other items, each with a comma behind it. */
static char *small(const char *policy, const char *more, const char *const rules[])
{
    char *json = malloc(1 << 16);
    int used = snprintf(
        json, 1 << 16,
        "{\"nftables\":[{\"table\":{\"family\":\"inet\",\"name\":\"t\"}},{\"chain\":{\"family\":\"inet\",\"table\":"
        "\"t\","
        "\"name\":\"i\",\"type\":\"filter\",\"hook\":\"input\",\"prio\":0,\"policy\":\"%s\"}},%s{\"metainfo\":{}}",
        policy, more);
    for (size_t i = 0; rules[i]; i++)
        used +=
            snprintf(json + used, (size_t)((1 << 16) - used),
                     ",{\"rule\":{\"family\":\"inet\",\"table\":\"t\",\"chain\":\"i\",\"handle\":%zu,\"expr\":[%s]}}",
                     i + 10, rules[i]);
    snprintf(json + used, (size_t)((1 << 16) - used), "]}");
    return json;
}

static void ask_small(const char *policy, const char *more, const char *const rules[], struct local_rules *out)
{
    struct rules_texts texts = {.nft_json = small(policy, more, rules)};
    struct rules_packet packet = syn_of("10.77.0.2", "10.77.0.1", &MACHINE);
    texts.nft_json_length = strlen(texts.nft_json);
    ask(&texts, &packet, out);
    free(texts.nft_json);
}

#define RULES(...)             ((const char *const[]){__VA_ARGS__, NULL})
#define DROP                   "{\"drop\":null}"
#define ACCEPT                 "{\"accept\":null}"
#define COUNTER                "{\"counter\":{\"packets\":7,\"bytes\":420}}"
#define RST                    "{\"reject\":{\"type\":\"tcp reset\"}}"
#define MATCH(op, left, right) "{\"match\":{\"op\":\"" op "\",\"left\":" left ",\"right\":" right "}}"
#define SADDR                  "{\"payload\":{\"protocol\":\"ip\",\"field\":\"saddr\"}}"
#define SADDR6                 "{\"payload\":{\"protocol\":\"ip6\",\"field\":\"saddr\"}}"
#define DPORT                  "{\"payload\":{\"protocol\":\"tcp\",\"field\":\"dport\"}}"
#define STATE                  "{\"ct\":{\"key\":\"state\"}}"
#define NUMGEN                 "{\"numgen\":{\"mode\":\"random\",\"mod\":2,\"offset\":0}}"
#define CHAIN(name)            "{\"chain\":{\"family\":\"inet\",\"table\":\"t\",\"name\":\"" name "\"}},"
#define RULE_OF(chain, expr)                                                                                           \
    "{\"rule\":{\"family\":\"inet\",\"table\":\"t\",\"chain\":\"" chain "\",\"handle\":5,\"expr\":[" expr "]}},"

/* ---- What real tools made ---- */

static void test_kept(void **state)
{
    (void)state;
    static const struct {
        const char *name, *client, *server;
        enum local_fate fate;
        enum local_owner owner;
        const char *chain, *text, *set, *command;
    } CASES[] = {
        {"nft-verdict-map", "10.77.0.2", "10.77.0.1", LOCAL_REJECTS_RST, LOCAL_OWNER_NONE, "no",
         "counter packets 0 bytes 0 reject with tcp reset", "",
         "nft insert rule inet filter no handle 3 ip saddr 10.77.0.2 tcp dport 22 accept"},
        {"nft-verdict-map", "10.77.0.3", "10.77.0.1", LOCAL_PASSES, LOCAL_OWNER_NONE, NULL, NULL, NULL, NULL},
        {"nft-set-with-timeout", "10.77.0.2", "10.77.0.1", LOCAL_DROPS, LOCAL_OWNER_NONE, "input", "ip saddr @bad",
         "bad", "nft delete element inet filter bad { 10.77.0.2 }"},
        {"nft-set-with-timeout", "10.77.0.3", "10.77.0.1", LOCAL_PASSES, LOCAL_OWNER_NONE, NULL, NULL, NULL, NULL},
        {"nft-dnat-to-a-container", "10.77.0.2", "10.77.0.1", LOCAL_SENT_ON, LOCAL_OWNER_NONE, "PREROUTING",
         "dnat to 172.17.0.2:22", "", ""},
        {"iptables-legacy-user-chain", "10.77.0.2", "10.77.0.1", LOCAL_DROPS, LOCAL_OWNER_NONE, "block",
         "-A block -s 10.77.0.2/32 -j DROP", "", "iptables-legacy -D block 1"},
        {"iptables-legacy-user-chain", "10.77.0.20", "10.77.0.1", LOCAL_PASSES, LOCAL_OWNER_NONE, NULL, NULL, NULL,
         NULL},
        {"ufw-deny", "10.77.0.2", "10.77.0.1", LOCAL_DROPS, LOCAL_UFW, "ufw-user-input", "--dport 22 -j DROP", "",
         "ufw prepend allow from 10.77.0.2 to any port 22 proto tcp"},
        {"ufw-deny", "fd77::2", "fd77::1", LOCAL_DROPS, LOCAL_UFW, "ufw6-user-input", "--dport 22 -j DROP", "",
         "ufw prepend allow from fd77::2 to any port 22 proto tcp"},
        {"ufw-limit", "10.77.0.2", "10.77.0.1", LOCAL_LIMITS, LOCAL_UFW, "ufw-user-limit", "-j REJECT", "",
         "ufw prepend allow from 10.77.0.2 to any port 22 proto tcp"},
        {"ufw-default-deny", "10.77.0.2", "10.77.0.1", LOCAL_DROPS, LOCAL_UFW, "INPUT", "-P INPUT DROP", "",
         "ufw prepend allow from 10.77.0.2 to any port 22 proto tcp"},
        {"firewalld-zone-without-ssh", "10.77.0.2", "10.77.0.1", LOCAL_REJECTS_ICMP, LOCAL_FIREWALLD,
         "filter_IN_public", "reject with icmpx admin-prohibited", "",
         "firewall-cmd --zone=public --add-rich-rule='rule priority=-100 family=ipv4 source address=10.77.0.2 port "
         "port=22 protocol=tcp accept'"},
        {"firewalld-zone-without-ssh", "fd77::2", "fd77::1", LOCAL_REJECTS_ICMP, LOCAL_FIREWALLD, "filter_IN_public",
         "reject with icmpx admin-prohibited", "",
         "firewall-cmd --zone=public --add-rich-rule='rule priority=-100 family=ipv6 source address=fd77::2 port "
         "port=22 protocol=tcp accept'"},
        {"firewalld-rich-rule", "10.77.0.2", "10.77.0.1", LOCAL_REJECTS_ICMP, LOCAL_FIREWALLD, "filter_IN_public_deny",
         "ip saddr 10.77.0.2 reject", "",
         "firewall-cmd --zone=public --add-rich-rule='rule priority=-100 family=ipv4 source address=10.77.0.2 port "
         "port=22 protocol=tcp accept'"},
        {"firewalld-rich-rule", "10.77.0.3", "10.77.0.1", LOCAL_PASSES, LOCAL_OWNER_NONE, NULL, NULL, NULL, NULL},
        {"fail2ban-nftables-multiport", "10.77.0.2", "10.77.0.1", LOCAL_REJECTS_ICMP, LOCAL_FAIL2BAN, "f2b-chain",
         "@addr-set-sshd", "addr-set-sshd", "fail2ban-client set sshd unbanip 10.77.0.2"},
        {"fail2ban-nftables-multiport-IPv6", "fd77::2", "fd77::1", LOCAL_REJECTS_ICMP, LOCAL_FAIL2BAN, "f2b-chain",
         "@addr6-set-sshd", "addr6-set-sshd", "fail2ban-client set sshd unbanip fd77::2"},
        {"fail2ban-nftables-multiport", "10.77.0.3", "10.77.0.1", LOCAL_PASSES, LOCAL_OWNER_NONE, NULL, NULL, NULL,
         NULL},
        {"fail2ban-iptables-multiport", "10.77.0.2", "10.77.0.1", LOCAL_REJECTS_ICMP, LOCAL_FAIL2BAN, "f2b-sshd",
         "-s 10.77.0.2/32", "", "fail2ban-client set sshd unbanip 10.77.0.2"},
        {"fail2ban-iptables-multiport", "10.77.0.3", "10.77.0.1", LOCAL_PASSES, LOCAL_OWNER_NONE, NULL, NULL, NULL,
         NULL},
        {"fail2ban-iptables-ipset", "10.77.0.2", "10.77.0.1", LOCAL_REJECTS_ICMP, LOCAL_FAIL2BAN, "INPUT",
         "--match-set f2b-sshd src", "f2b-sshd", "fail2ban-client set sshd unbanip 10.77.0.2"},
        {"CrowdSec-nft-sets", "10.77.0.2", "10.77.0.1", LOCAL_DROPS, LOCAL_CROWDSEC, "crowdsec-chain",
         "@crowdsec-blacklists", "crowdsec-blacklists", "cscli decisions delete --ip 10.77.0.2"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct local_rules out;
        print_message("%s, %s\n", CASES[i].name, CASES[i].client);
        ask_kept(CASES[i].name, CASES[i].client, CASES[i].server, &out);
        assert_int_equal(out.fate, CASES[i].fate);
        assert_int_equal(out.certain, CASES[i].fate != LOCAL_LIMITS);
        assert_string_equal(CASES[i].fate == LOCAL_LIMITS ? "" : out.not_walked, "");
        if (!CASES[i].chain)
            continue;
        assert_true(out.deciding >= 0);
        const struct local_rule *rule = &out.met[out.deciding];
        assert_int_equal(rule->owner, CASES[i].owner);
        assert_string_equal(rule->chain, CASES[i].chain);
        assert_non_null(strstr(rule->text, CASES[i].text));
        assert_string_equal(rule->set, CASES[i].set);
        assert_string_equal(rule->command, CASES[i].command);
    }
}

/* ---- One thing at a time ---- */

static void test_order_of_verdicts(void **state)
{
    (void)state;
    struct local_rules out;
    ask_small("accept", "",
              RULES(MATCH("==", DPORT, "80") "," DROP, MATCH("==", DPORT, "22") "," COUNTER "," RST, DROP), &out);
    assert_int_equal(out.fate, LOCAL_REJECTS_RST);
    assert_true(out.certain);
    assert_int_equal(out.met[0].handle, 11);
    assert_int_equal(out.met[0].number, 2);
    assert_true(out.met[0].has_counter);
    assert_int_equal(out.met[0].counter, 7);
    ask_small("drop", "", RULES(MATCH("==", SADDR, "\"10.77.0.3\"") "," ACCEPT), &out);
    assert_int_equal(out.fate, LOCAL_DROPS);
    assert_true(out.met[0].is_policy);
    ask_small("drop", "", RULES(MATCH("==", SADDR, "\"10.77.0.2\"") "," ACCEPT), &out);
    assert_int_equal(out.fate, LOCAL_PASSES);
    assert_int_equal(out.deciding, 0);
}

static void test_counter_before_a_condition_proves_nothing(void **state)
{
    (void)state;
    struct local_rules out;
    ask_small("accept", "", RULES(COUNTER "," MATCH("==", DPORT, "22") "," DROP), &out);
    assert_int_equal(out.fate, LOCAL_DROPS);
    assert_false(out.met[0].has_counter);
}

static void test_both_ways(void **state)
{
    (void)state;
    struct local_rules out;
    /* It may drop: nothing is certain after it, and both are named. */
    ask_small("accept", "", RULES(MATCH("==", NUMGEN, "0") "," DROP, RST), &out);
    assert_int_equal(out.fate, LOCAL_FATE_UNKNOWN);
    assert_int_equal(out.rules, 2);
    assert_false(out.met[0].certain);
    assert_false(out.met[1].certain);
    assert_false(out.certain);
    /* Whichever it is, it is dropped. */
    ask_small("accept", "", RULES(MATCH("==", NUMGEN, "0") "," DROP, DROP), &out);
    assert_int_equal(out.fate, LOCAL_DROPS);
    assert_true(out.certain);
    assert_false(out.met[0].certain);
    /* A jump that may be: what it leads to may be. */
    ask_small("accept", CHAIN("c") RULE_OF("c", DROP),
              RULES(MATCH("==", NUMGEN, "0") ",{\"jump\":{\"target\":\"c\"}}", ACCEPT), &out);
    assert_int_equal(out.fate, LOCAL_FATE_UNKNOWN);
    assert_string_equal(out.met[0].chain, "c");
    assert_string_equal(out.met[0].called_from, "i");
    /* A statement that nobody knows. */
    ask_small("accept", "", RULES("{\"frobnicate\":{}}," DROP), &out);
    assert_int_equal(out.fate, LOCAL_FATE_UNKNOWN);
    /* It matters to nobody: nothing follows. */
    ask_small("accept", "", RULES("{\"frobnicate\":{}}," COUNTER), &out);
    assert_int_equal(out.fate, LOCAL_PASSES);
    assert_true(out.certain);
}

static void test_limits(void **state)
{
    (void)state;
    struct local_rules out;
    static const char *const limit = "{\"limit\":{\"rate\":3,\"burst\":5,\"per\":\"minute\",\"inv\":true}}," DROP;
    ask_small("accept", "", RULES(limit), &out);
    assert_int_equal(out.fate, LOCAL_LIMITS);
    assert_int_equal(out.met[0].fate, LOCAL_LIMITS);
    ask_small("drop", "", RULES("{\"ct count\":{\"val\":3}}," ACCEPT), &out);
    assert_int_equal(out.fate, LOCAL_LIMITS);
}

static void test_negations_and_families(void **state)
{
    (void)state;
    struct local_rules out;
    /* A field that the packet has not: neither == nor != matches. */
    ask_small("accept", "",
              RULES(MATCH("!=", SADDR6, "\"fd77::2\"") "," DROP, MATCH("==", SADDR6, "\"fd77::2\"") "," DROP), &out);
    assert_int_equal(out.fate, LOCAL_PASSES);
    ask_small("accept", "",
              RULES(MATCH("!=", SADDR,
                          "{\"set\":[\"10.77.0.3\",{\"prefix\":{\"addr\":\"10.77.0.0\",\"len\":30}}]}") "," DROP),
              &out);
    assert_int_equal(out.fate, LOCAL_PASSES);
    ask_small("accept", "", RULES(MATCH("!=", SADDR, "{\"range\":[\"10.77.0.3\",\"10.77.0.9\"]}") "," DROP), &out);
    assert_int_equal(out.fate, LOCAL_DROPS);
    ask_small("accept", "",
              RULES(MATCH("in", STATE, "[\"established\",\"related\"]") "," DROP,
                    MATCH("!=", STATE, "[\"new\",\"untracked\"]") "," DROP, MATCH("in", STATE, "\"new\"") "," RST),
              &out);
    assert_int_equal(out.fate, LOCAL_REJECTS_RST);
    assert_int_equal(out.met[0].number, 3);
}

static void test_marks(void **state)
{
    (void)state;
    struct local_rules out;
#define SET_MARK  "{\"mangle\":{\"key\":{\"meta\":{\"key\":\"mark\"}},\"value\":5}}"
#define MARK_IS_5 MATCH("==", "{\"&\":[{\"meta\":{\"key\":\"mark\"}},255]}", "5")
    ask_small("accept", "", RULES(MARK_IS_5 "," RST, SET_MARK, MARK_IS_5 "," DROP), &out);
    assert_int_equal(out.fate, LOCAL_DROPS);
    assert_true(out.certain);
    ask_small("accept", "", RULES(MATCH("==", NUMGEN, "0") "," SET_MARK, MARK_IS_5 "," DROP), &out);
    assert_int_equal(out.fate, LOCAL_FATE_UNKNOWN);
}

static void test_a_set_that_the_packet_enters(void **state)
{
    (void)state;
    struct local_rules out;
    ask_small(
        "accept", "{\"set\":{\"family\":\"inet\",\"table\":\"t\",\"name\":\"s\",\"type\":\"ipv4_addr\"}},",
        RULES("{\"set\":{\"op\":\"add\",\"elem\":" SADDR ",\"set\":\"@s\"}}", MATCH("==", SADDR, "\"@s\"") "," DROP),
        &out);
    assert_int_equal(out.fate, LOCAL_FATE_UNKNOWN);
    ask_small("accept", "{\"set\":{\"family\":\"inet\",\"table\":\"t\",\"name\":\"s\",\"type\":\"ipv4_addr\"}},",
              RULES(MATCH("==", SADDR, "\"@s\"") "," DROP), &out);
    assert_int_equal(out.fate, LOCAL_PASSES);
    assert_true(out.certain);
}

static void test_loops_end(void **state)
{
    (void)state;
    struct local_rules out;
    ask_small("accept",
              CHAIN("a") CHAIN("b") RULE_OF("a", "{\"jump\":{\"target\":\"b\"}}")
                  RULE_OF("b", "{\"jump\":{\"target\":\"a\"}}") RULE_OF("b", "{\"jump\":{\"target\":\"a\"}}"),
              RULES("{\"jump\":{\"target\":\"a\"}}"), &out);
    assert_true(out.not_all_walked);
    assert_false(out.certain);
    assert_true(out.not_walked[0]);
    ask_small("accept", "", RULES("{\"jump\":{\"target\":\"nowhere\"}}"), &out);
    assert_true(out.not_all_walked);
    assert_false(out.certain);
}

static void test_more_rules_than_are_told(void **state)
{
    (void)state;
    struct local_rules out;
#define MAY_DROP MATCH("==", NUMGEN, "0") "," DROP
    ask_small("accept", "",
              RULES(MAY_DROP, MAY_DROP, MAY_DROP, MAY_DROP, MAY_DROP, MAY_DROP, MAY_DROP, MAY_DROP, MAY_DROP, MAY_DROP),
              &out);
    assert_int_equal(out.rules, LOCAL_RULES);
    assert_true(out.not_all_walked);
    /* What stops nothing makes way. */
#define LOG "{\"log\":{\"prefix\":\"x: \"}}"
    ask_small("accept", "", RULES(LOG, LOG, LOG, LOG, LOG, LOG, LOG, LOG, LOG, DROP), &out);
    assert_int_equal(out.rules, LOCAL_RULES);
    assert_int_equal(out.deciding, LOCAL_RULES - 1);
    assert_int_equal(out.fate, LOCAL_DROPS);
    assert_string_equal(out.met[0].log_prefix, "x: ");
}

/* Two tables of one priority that both stop it: the kernel does not tell which comes first. */
static void test_order_that_is_not_told(void **state)
{
    (void)state;
    struct local_rules out;
#define OTHER(policy)                                                                                                  \
    "{\"table\":{\"family\":\"ip\",\"name\":\"u\"}},{\"chain\":{\"family\":\"ip\",\"table\":\"u\",\"name\":\"j\","     \
    "\"type\":\"filter\","                                                                                             \
    "\"hook\":\"input\",\"prio\":0,\"policy\":\"" policy "\"}},"
    ask_small("accept", OTHER("drop"), RULES(DROP), &out);
    assert_int_equal(out.fate, LOCAL_DROPS);
    assert_int_equal(out.rules, 2);
    assert_false(out.met[0].certain);
    assert_false(out.met[1].certain);
    ask_small("accept", OTHER("accept"), RULES(DROP), &out);
    assert_true(out.met[0].certain);
}

static void test_an_interface_that_was_assumed(void **state)
{
    (void)state;
    struct local_rules out;
    struct rules_packet packet = syn_of("10.77.0.2", "10.77.0.1", &MACHINE);
    packet.in.assumed = true;
#define IIFNAME(name) MATCH("==", "{\"meta\":{\"key\":\"iifname\"}}", "\"" name "\"")
    struct rules_texts texts = {.nft_json = small("accept", "", RULES(IIFNAME("eth1") "," DROP, RST))};
    texts.nft_json_length = strlen(texts.nft_json);
    ask(&texts, &packet, &out);
    free(texts.nft_json);
    assert_int_equal(out.fate, LOCAL_REJECTS_RST);
    assert_false(out.certain);
    assert_false(out.met[0].certain);
    /* A rule of another interface that does not speak of this port decides nothing. */
    texts = (struct rules_texts){
        .nft_json = small("accept", "", RULES(IIFNAME("eth1") "," MATCH("==", DPORT, "80") "," DROP, RST))};
    texts.nft_json_length = strlen(texts.nft_json);
    ask(&texts, &packet, &out);
    free(texts.nft_json);
    assert_true(out.certain);
    assert_true(out.met[0].certain);
}

static void test_a_command_that_cannot_be_typed(void **state)
{
    (void)state;
    struct local_rules out;
    struct rules_texts texts = {.iptables_legacy =
                                    strdup("*filter\n:INPUT ACCEPT [0:0]\n:a'b;rm - [0:0]\n:c;d - [0:0]\n"
                                           "[0:0] -A INPUT -j c;d\n[0:0] -A c;d -s 10.77.0.2/32 -j DROP\nCOMMIT\n")};
    struct rules_packet packet = syn_of("10.77.0.2", "10.77.0.1", &MACHINE);
    ask(&texts, &packet, &out);
    assert_string_equal(out.met[out.deciding].command, "iptables-legacy -D 'c;d' 1");
    texts = (struct rules_texts){.iptables_legacy =
                                     strdup("*filter\n:INPUT ACCEPT [0:0]\n:a'b - [0:0]\n[0:0] -A INPUT -j \"a'b\"\n"
                                            "[0:0] -A a'b -j DROP\nCOMMIT\n")};
    ask(&texts, &packet, &out);
    assert_int_equal(out.fate, LOCAL_DROPS);
    assert_string_equal(out.met[out.deciding].command, "");
}

/* ---- iptables' lines ---- */

static void test_iptables_conditions(void **state)
{
    (void)state;
    static const struct {
        const char *conditions;
        enum local_fate fate; /* of a rule that drops on them */
    } CASES[] = {
        {"-s 10.77.0.2/32", LOCAL_DROPS},
        {"! -s 10.77.0.2/32", LOCAL_PASSES},
        {"-s 10.0.0.0/8", LOCAL_DROPS},
        {"-s 10.77.0.2/255.0.0.255", LOCAL_DROPS},
        {"-s 10.77.0.3/255.0.0.255", LOCAL_PASSES},
        {"-d 10.77.0.1/32 -p tcp -m tcp --dport 22", LOCAL_DROPS},
        {"-p udp -m udp --dport 22", LOCAL_PASSES},
        {"-p tcp -m tcp --dport 20:21", LOCAL_PASSES},
        {"-p tcp -m tcp ! --dport 20:21", LOCAL_DROPS},
        {"-p tcp -m multiport --dports 80,20:30", LOCAL_DROPS},
        {"-p tcp -m multiport ! --dports 80,20:30", LOCAL_PASSES},
        {"-p tcp -m tcp --sport 1024:65535", LOCAL_FATE_UNKNOWN},
        {"-i lo", LOCAL_PASSES},
        {"-i eth+", LOCAL_DROPS},
        {"! -i eth0", LOCAL_PASSES},
        {"-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN", LOCAL_DROPS},
        {"-p tcp -m tcp ! --tcp-flags FIN,SYN,RST,ACK SYN", LOCAL_PASSES},
        {"-p tcp -m tcp --tcp-flags FIN,SYN FIN,SYN", LOCAL_PASSES},
        {"-m conntrack --ctstate RELATED,ESTABLISHED", LOCAL_PASSES},
        {"-m conntrack ! --ctstate RELATED,ESTABLISHED", LOCAL_DROPS},
        {"-m state --state NEW", LOCAL_DROPS},
        {"-m conntrack --ctstate INVALID", LOCAL_PASSES},
        {"-m mark --mark 0x1", LOCAL_PASSES},
        {"-m mark --mark 0x0/0xff", LOCAL_DROPS},
        {"-m addrtype --dst-type LOCAL", LOCAL_DROPS},
        {"-m addrtype --dst-type BROADCAST", LOCAL_PASSES},
        {"-m comment --comment \"a -j ACCEPT\"", LOCAL_DROPS},
        {"-m comment --comment \"it \\\"is\\\" so\" -p udp", LOCAL_PASSES},
        {"-m limit --limit 3/min", LOCAL_LIMITS},
        {"-m recent --set --name a --mask 255.255.255.255 --rsource", LOCAL_DROPS},
        {"-m recent --update --seconds 30 --hitcount 6 --name a --mask 255.255.255.255 --rsource", LOCAL_LIMITS},
        {"-m connlimit --connlimit-above 3 --connlimit-mask 32 --connlimit-saddr", LOCAL_LIMITS},
        {"-m iprange --src-range 10.77.0.1-10.77.0.9", LOCAL_DROPS},
        {"-m iprange ! --src-range 10.77.0.1-10.77.0.9", LOCAL_PASSES},
        {"-m statistic --mode random --probability 0.5", LOCAL_FATE_UNKNOWN},
        {"-m bpf --bytecode \"1,6 0 0 1\"", LOCAL_FATE_UNKNOWN},
        {"-m socket", LOCAL_FATE_UNKNOWN},
        {"-m set --match-set nowhere src", LOCAL_FATE_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        char text[512];
        struct local_rules out;
        snprintf(text, sizeof text, "*filter\n:INPUT ACCEPT [0:0]\n[3:180] -A INPUT %s -j DROP\nCOMMIT\n",
                 CASES[i].conditions);
        struct rules_texts texts = {.iptables_legacy = strdup(text)};
        struct rules_packet packet = syn_of("10.77.0.2", "10.77.0.1", &MACHINE);
        ask(&texts, &packet, &out);
        print_message("%s\n", CASES[i].conditions);
        assert_int_equal(out.fate, CASES[i].fate);
    }
}

/* The older iptables and nft beside it, each with a table of the same name. */
static void test_both_kinds_of_iptables(void **state)
{
    (void)state;
    size_t length;
    struct local_rules out;
    struct rules_packet packet = syn_of("10.77.0.9", "10.77.0.1", &MACHINE);
    struct rules_texts texts = {.nft_json = file_text("fail2ban-iptables-multiport", "json", &length)};
    texts.nft_json_length = length;
    texts.iptables_nft = file_text("fail2ban-iptables-multiport", "ipt", &length);
    texts.iptables_legacy =
        strdup("*filter\n:INPUT DROP [9:540]\n[0:0] -A INPUT -p tcp -m tcp --dport 80 -j ACCEPT\nCOMMIT\n");
    ask(&texts, &packet, &out);
    free(texts.nft_json);
    assert_int_equal(out.fate, LOCAL_DROPS);
    assert_int_equal(out.met[out.deciding].by, LOCAL_BY_IPTABLES_LEGACY);
    assert_true(out.met[out.deciding].is_policy);
    assert_int_equal(out.met[out.deciding].counter, 9);
    assert_string_equal(out.met[out.deciding].command,
                        "iptables-legacy -A INPUT -s 10.77.0.9 -p tcp --dport 22 -j ACCEPT");
}

static void test_sets_of_ipset(void **state)
{
    (void)state;
    static const struct {
        const char *set;
        enum local_fate fate;
    } CASES[] = {
        {"create s hash:ip family inet\nadd s 10.77.0.2\n", LOCAL_DROPS},
        {"create s hash:ip family inet timeout 600\nadd s 10.77.0.2 timeout 599 comment \"a b\"\n", LOCAL_DROPS},
        {"create s hash:ip family inet\nadd s 10.77.0.3\n", LOCAL_PASSES},
        {"create s hash:net family inet\nadd s 10.77.0.0/24\n", LOCAL_DROPS},
        {"create s hash:net family inet\nadd s 10.77.0.0/24\nadd s 10.77.0.2 nomatch\n", LOCAL_FATE_UNKNOWN},
        {"create s hash:ip family inet netmask 24\nadd s 10.77.0.0\n", LOCAL_FATE_UNKNOWN},
        {"create s list:set size 8\nadd s other\n", LOCAL_FATE_UNKNOWN},
        {"create s hash:mac\nadd s 02:00:00:00:00:01\n", LOCAL_FATE_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct local_rules out;
        char *ipset = strdup(CASES[i].set);
        struct rules_texts texts = {
            .iptables_legacy =
                strdup("*filter\n:INPUT ACCEPT [0:0]\n[0:0] -A INPUT -m set --match-set s src -j DROP\nCOMMIT\n"),
            .ipset = ipset};
        struct rules_packet packet = syn_of("10.77.0.2", "10.77.0.1", &MACHINE);
        print_message("%s\n", CASES[i].set);
        ask(&texts, &packet, &out);
        free(ipset);
        assert_int_equal(out.fate, CASES[i].fate);
    }
}

/* What the JSON of nft 1.0.6 leaves out stands in its listing. */
static void test_listing_beside_the_json(void **state)
{
    (void)state;
    struct local_rules out;
    struct rules_packet packet = syn_of("10.77.0.2", "10.77.0.1", &MACHINE);
    struct rules_texts texts = {.nft_json = small("drop", "", RULES(DROP)),
                                .nft_listing =
                                    "table inet t { # handle 1\n\tflags dormant\n\n\tchain i { # handle 1\n\t}\n}\n"};
    texts.nft_json_length = strlen(texts.nft_json);
    ask(&texts, &packet, &out);
    free(texts.nft_json);
    assert_int_equal(out.fate, LOCAL_PASSES);
#define INGRESS                                                                                                        \
    "{\"chain\":{\"family\":\"netdev\",\"table\":\"n\",\"name\":\"x\",\"type\":\"filter\",\"hook\":\"ingress\","       \
    "\"prio\":0,\"policy\":\"drop\"}},"
    static const struct {
        const char *device;
        enum local_fate fate;
    } CASES[] = {{"device \"eth0\"", LOCAL_DROPS},
                 {"device \"eth01\"", LOCAL_PASSES},
                 {"devices = { \"lo\", \"eth0\" }", LOCAL_DROPS},
                 {"devices = { lo }", LOCAL_PASSES}};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        char listing[256];
        snprintf(
            listing, sizeof listing,
            "table netdev n { # handle 2\n\tchain x { # handle 1\n\t\ttype filter hook ingress %s priority filter; "
            "policy drop;\n\t}\n}\n",
            CASES[i].device);
        texts = (struct rules_texts){.nft_json = small("accept", INGRESS, RULES(COUNTER)), .nft_listing = listing};
        texts.nft_json_length = strlen(texts.nft_json);
        ask(&texts, &packet, &out);
        free(texts.nft_json);
        print_message("%s\n", CASES[i].device);
        assert_int_equal(out.fate, CASES[i].fate);
        assert_true(out.certain);
    }
}

/* ---- hosts.allow and hosts.deny ---- */

static void test_hosts(void **state)
{
    (void)state;
    enum { NOTHING = -1, OPEN = -2 };
    static const struct {
        const char *allow, *deny, *client;
        int fate; /* NOTHING: no line speaks of the client; OPEN: not certain */
        uint32_t number;
    } CASES[] = {
        {NULL, "sshd: ALL\n", "10.77.0.2", LOCAL_CLOSES, 1},
        {"sshd: 10.77.0.\n", "ALL: ALL\n", "10.77.0.2", LOCAL_PASSES, 1},
        {"# sshd: ALL\n\nin.ftpd: ALL\n", "# x\nALL: ALL\n", "10.77.0.2", LOCAL_CLOSES, 2},
        {"", "sshd: 10.77.0.0/255.255.255.0\n", "10.77.0.2", LOCAL_CLOSES, 1},
        {"", "sshd: 10.77.0.0/24\n", "10.78.0.2", NOTHING, 0},
        {"", "sshd: 10.77.0.0/24\n", "10.77.0.2", LOCAL_CLOSES, 1},
        {"", "sshd: ALL EXCEPT 10.77.0.2\n", "10.77.0.2", NOTHING, 0},
        {"", "sshd: ALL EXCEPT 10.77. EXCEPT 10.77.0.2\n", "10.77.0.2", LOCAL_CLOSES, 1},
        {"", "vsftpd, sshd : 10.9.9.9 10.77.0.2\n", "10.77.0.2", LOCAL_CLOSES, 1},
        {"", "ALL EXCEPT sshd: ALL\n", "10.77.0.2", NOTHING, 0},
        {"", "sshd: [fd77::]/64\n", "fd77::2", LOCAL_CLOSES, 1},
        {"", "sshd: [fd77::]/64\n", "10.77.0.2", NOTHING, 0},
        {"", "sshd: 10.0.0.1\\\n0.77.0.2\nALL: ALL\n", "10.77.0.2", LOCAL_CLOSES, 3},
        {"", "sshd: 10.0.0.1 \\\n 10.77.0.2\nALL: ALL\n", "10.77.0.2", LOCAL_CLOSES, 1},
        {"sshd: ALL: deny\n", "", "10.77.0.2", LOCAL_CLOSES, 1},
        {"", "sshd: ALL: allow\n", "10.77.0.2", LOCAL_PASSES, 1},
        {"sshd: .example.org\n", "ALL: ALL\n", "10.77.0.2", OPEN, 0},
        {"sshd: .example.org\n", "", "10.77.0.2", LOCAL_PASSES, 0},
        {"", "sshd: evil.example.org\n", "10.77.0.2", OPEN, 0},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct address client;
        struct local_rule rule;
        print_message("%s | %s\n", CASES[i].allow, CASES[i].deny);
        assert_true(rules_address(CASES[i].client, &client));
        bool found = rules_hosts(CASES[i].allow, CASES[i].deny, &client, &rule);
        if (CASES[i].fate == OPEN) {
            assert_true(found);
            assert_false(rule.certain);
            continue;
        }
        assert_int_equal(found, CASES[i].fate != NOTHING);
        if (!found)
            continue;
        assert_int_equal(rule.fate, CASES[i].fate);
        if (CASES[i].number)
            assert_int_equal(rule.number, CASES[i].number);
    }
}

/* ---- Bad input ---- */

/* Bytes that are cut and changed: no fault, and no answer that takes for ever. */
static void test_damaged_texts(void **state)
{
    (void)state;
    static const char *const names[] = {"fail2ban-iptables-ipset", "nft-verdict-map", "iptables-legacy-user-chain",
                                        "ufw-limit"};
    uint32_t random = 1;
    for (int round = 0; round < 400; round++) {
        const char *name = names[round % 4];
        size_t length[5] = {0};
        char *texts_of[5] = {file_text(name, "json", &length[0]), file_text(name, "nft", &length[1]),
                             file_text(name, "ipt", &length[2]), file_text(name, "legacy", &length[3]),
                             file_text(name, "ipset", &length[4])};
        for (int change = 0; change < 6; change++) {
            random = random * 1664525 + 1013904223;
            unsigned which = (random >> 8) % 5;
            if (!texts_of[which] || !length[which])
                continue;
            size_t at = (random >> 12) % length[which];
            if (random >> 29 == 0)
                texts_of[which][length[which] = at] = '\0';
            else if (which) /* JSON is mostly refused where it is changed */
                texts_of[which][at] = "\n\t \"'\\:-[{0zA/"[(random >> 20) % 15];
        }
        struct rules_texts texts = {texts_of[0], length[0],   texts_of[1], texts_of[2],
                                    NULL,        texts_of[3], NULL,        texts_of[4]};
        struct ruleset set;
        struct local_rules out;
        struct rules_packet packet = syn_of("10.77.0.2", "10.77.0.1", &MACHINE);
        if (rules_from_texts(&set, &texts))
            rules_walk(&set, &MACHINE, &packet, &out);
        ruleset_end(&set);
        free(texts_of[0]);
        free(texts_of[1]);
        free(texts_of[4]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kept),
        cmocka_unit_test(test_order_of_verdicts),
        cmocka_unit_test(test_counter_before_a_condition_proves_nothing),
        cmocka_unit_test(test_both_ways),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_negations_and_families),
        cmocka_unit_test(test_marks),
        cmocka_unit_test(test_a_set_that_the_packet_enters),
        cmocka_unit_test(test_loops_end),
        cmocka_unit_test(test_more_rules_than_are_told),
        cmocka_unit_test(test_order_that_is_not_told),
        cmocka_unit_test(test_an_interface_that_was_assumed),
        cmocka_unit_test(test_a_command_that_cannot_be_typed),
        cmocka_unit_test(test_iptables_conditions),
        cmocka_unit_test(test_both_kinds_of_iptables),
        cmocka_unit_test(test_sets_of_ipset),
        cmocka_unit_test(test_listing_beside_the_json),
        cmocka_unit_test(test_hosts),
        cmocka_unit_test(test_damaged_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
