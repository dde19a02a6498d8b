#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "base/clock.h"
#include "local/command.h"
#include "local/rules_counter.h"
#include "local/rules_iptables.h"

enum { ANSWER_MS = 500, TOOL_MS = 1000, TOOL_BYTES = 16 << 20 };

/* ---- One question to nftables ---- */

typedef bool take_answer(const struct nlmsghdr *header, void *context);

static struct nlmsghdr *ask_of(char *buffer, unsigned type, int family)
{
    struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
    header->nlmsg_type = (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type);
    header->nlmsg_flags = NLM_F_REQUEST;
    header->nlmsg_seq = (uint32_t)monotonic_us();
    struct nfgenmsg *general = mnl_nlmsg_put_extra_header(header, sizeof *general);
    *general = (struct nfgenmsg){.nfgen_family = (uint8_t)family, .version = NFNETLINK_V0};
    return header;
}

/* Sends it, and gives the one answer to `take`. */
static bool ask(struct nlmsghdr *question, take_answer *take, void *context)
{
    char *buffer = malloc(MNL_SOCKET_BUFFER_SIZE * 4);
    struct mnl_socket *socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
    bool taken = false;
    if (buffer && socket && mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) == 0) {
        const struct timeval patience = {.tv_usec = ANSWER_MS * 1000};
        (void)setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        ssize_t got = mnl_socket_sendto(socket, question, question->nlmsg_len);
        if (got > 0)
            got = mnl_socket_recvfrom(socket, buffer, MNL_SOCKET_BUFFER_SIZE * 4);
        const struct nlmsghdr *header = (const struct nlmsghdr *)(const void *)buffer;
        taken = got > 0 && mnl_nlmsg_ok(header, (int)got) && header->nlmsg_seq == question->nlmsg_seq &&
                header->nlmsg_type != NLMSG_ERROR && take(header, context);
    }
    if (socket)
        mnl_socket_close(socket);
    free(buffer);
    return taken;
}

static bool take_generation(const struct nlmsghdr *header, void *context)
{
    const struct nlattr *attribute;
    mnl_attr_for_each(attribute, header, sizeof(struct nfgenmsg))
    {
        if (mnl_attr_get_type(attribute) == NFTA_GEN_ID && mnl_attr_validate(attribute, MNL_TYPE_U32) >= 0) {
            *(uint32_t *)context = ntohl(mnl_attr_get_u32(attribute));
            return true;
        }
    }
    return false;
}

uint32_t rules_generation(void)
{
    char buffer[256];
    uint32_t generation = 0;
    return ask(ask_of(buffer, NFT_MSG_GETGEN, AF_UNSPEC), take_generation, &generation) ? generation : 0;
}

/* ---- A counter of nft's ---- */

/* Of the attributes that one holds, the first of that type; NULL: none. */
static const struct nlattr *inner(const struct nlattr *outer, unsigned type)
{
    const struct nlattr *attribute;
    mnl_attr_for_each_nested(attribute, outer)
    {
        if (mnl_attr_get_type(attribute) == type)
            return attribute;
    }
    return NULL;
}

static bool packets_of(const struct nlattr *counter, uint64_t *packets)
{
    const struct nlattr *found = counter ? inner(counter, NFTA_COUNTER_PACKETS) : NULL;
    if (!found || mnl_attr_validate(found, MNL_TYPE_U64) < 0)
        return false;
    *packets = be64toh(mnl_attr_get_u64(found));
    return true;
}

/* The first counter among a rule's expressions. */
static bool in_expressions(const struct nlattr *expressions, uint64_t *packets)
{
    const struct nlattr *expression;
    mnl_attr_for_each_nested(expression, expressions)
    {
        const struct nlattr *name = inner(expression, NFTA_EXPR_NAME);
        if (name && mnl_attr_validate(name, MNL_TYPE_NUL_STRING) >= 0 && strcmp(mnl_attr_get_str(name), "counter") == 0)
            return packets_of(inner(expression, NFTA_EXPR_DATA), packets);
    }
    return false;
}

static bool take_rule(const struct nlmsghdr *header, void *context)
{
    const struct nlattr *attribute;
    mnl_attr_for_each(attribute, header, sizeof(struct nfgenmsg))
    {
        if (mnl_attr_get_type(attribute) == NFTA_RULE_EXPRESSIONS)
            return in_expressions(attribute, context);
    }
    return false;
}

static bool take_policy(const struct nlmsghdr *header, void *context)
{
    const struct nlattr *attribute;
    mnl_attr_for_each(attribute, header, sizeof(struct nfgenmsg))
    {
        if (mnl_attr_get_type(attribute) == NFTA_CHAIN_COUNTERS)
            return packets_of(attribute, context);
    }
    return false;
}

static int family_of(const char *name)
{
    static const struct {
        const char *name;
        int family;
    } FAMILIES[] = {{"ip", NFPROTO_IPV4},
                    {"ip6", NFPROTO_IPV6},
                    {"inet", NFPROTO_INET},
                    {"netdev", NFPROTO_NETDEV},
                    {"bridge", NFPROTO_BRIDGE}};
    for (size_t i = 0; i < sizeof FAMILIES / sizeof *FAMILIES; i++)
        if (strcmp(FAMILIES[i].name, name) == 0)
            return FAMILIES[i].family;
    return NFPROTO_UNSPEC;
}

static bool of_nft(const struct local_rule *rule, uint64_t *packets)
{
    char buffer[1024];
    struct nlmsghdr *question =
        ask_of(buffer, rule->is_policy ? NFT_MSG_GETCHAIN : NFT_MSG_GETRULE, family_of(rule->family));
    mnl_attr_put_strz(question, rule->is_policy ? NFTA_CHAIN_TABLE : NFTA_RULE_TABLE, rule->table);
    mnl_attr_put_strz(question, rule->is_policy ? NFTA_CHAIN_NAME : NFTA_RULE_CHAIN, rule->chain);
    if (!rule->is_policy)
        mnl_attr_put_u64(question, NFTA_RULE_HANDLE, htobe64(rule->handle));
    return ask(question, rule->is_policy ? take_policy : take_rule, packets);
}

/* ---- A counter of the older iptables ---- */

/* The number in "[7:420] -A INPUT …", or in ":INPUT DROP [7:420]". */
static bool in_listing(const char *text, const struct local_rule *rule, uint64_t *packets)
{
    char name[LOCAL_TEXT];
    unsigned long long count;
    uint32_t number = 0;
    for (const char *line = text; line && *line; line = (line = strchr(line, '\n')) ? line + 1 : NULL) {
        bool found = rule->is_policy
                         ? sscanf(line, ":%255s %*s [%llu:", name, &count) == 2 && strcmp(name, rule->chain) == 0
                         : sscanf(line, "[%llu:%*u] -A %255s", &count, name) == 2 && strcmp(name, rule->chain) == 0 &&
                               ++number == rule->number;
        if (found) {
            *packets = count;
            return true;
        }
    }
    return false;
}

static bool of_legacy(const struct local_rule *rule, uint64_t *packets)
{
    const char *tool = strcmp(rule->family, "ip6") == 0 ? "ip6tables-legacy-save" : "iptables-legacy-save";
    const char *const command[] = {tool, "-c", "-t", rule->table, NULL};
    struct command_output output = {.bytes = malloc(TOOL_BYTES), .room = TOOL_BYTES};
    bool found = output.bytes && command_run(command, TOOL_MS, &output) == COMMAND_DONE && output.status == 0 &&
                 in_listing(output.bytes, rule, packets);
    free(output.bytes);
    return found;
}

bool rules_counter(const struct local_rule *rule, uint64_t *packets)
{
    if (!rule->has_counter || rule->by == LOCAL_BY_FILE)
        return false;
    return rule->by == LOCAL_BY_NFT ? of_nft(rule, packets) : of_legacy(rule, packets);
}
