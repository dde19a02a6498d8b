#include <stdlib.h>
#include <string.h>

#include "local/rules_ipset.h"
#include "local/rules_iptables.h"

/* Kinds whose elements are addresses or networks, with a port or not. Others are left open. */
static bool is_known_type(const char *type)
{
    static const char *const types[] = {"hash:ip", "hash:net", "bitmap:ip", "hash:ip,port", "hash:net,port"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(types[i], type) == 0)
            return true;
    return false;
}

/* An address or network as nft's JSON would have it. */
static json_t *address_part(char *text)
{
    char *slash = strchr(text, '/'), *dash = strchr(text, '-');
    if (slash) {
        *slash = '\0';
        return json_pack("{s:{s:s,s:i}}", "prefix", "addr", text, "len", atoi(slash + 1));
    }
    if (dash) {
        *dash = '\0';
        return json_pack("{s:[s,s]}", "range", text, dash + 1);
    }
    return json_string(text);
}

/* "22", "tcp:22", "udp:53", "tcp:22-30" */
static json_t *port_part(char *text)
{
    char *colon = strchr(text, ':');
    char *number = colon ? colon + 1 : text, *dash = strchr(number, '-');
    if (colon && strncmp(text, "tcp", 3) != 0)
        return NULL;
    if (dash)
        return json_pack("{s:[i,i]}", "range", atoi(number), atoi(dash + 1));
    return json_integer(atoi(number));
}

static json_t *element(char *text)
{
    char *comma = strchr(text, ',');
    if (!comma)
        return address_part(text);
    *comma = '\0';
    json_t *port = port_part(comma + 1);
    return port ? json_pack("{s:[o,o]}", "concat", address_part(text), port) : NULL;
}

/* "add NAME 10.0.0.1 timeout 599" */
static void read_element(struct rules_set *set, const struct rules_words *words)
{
    json_int_t expires = 0;
    if (!set || words->words < 3 || !set->is_known)
        return;
    for (unsigned i = 3; i < words->words; i++) {
        if (strcmp(words->word[i], "nomatch") == 0)
            set->is_known = false; /* what it excepts is not looked up here */
        if (strcmp(words->word[i], "timeout") == 0 && i + 1 < words->words)
            expires = atoll(words->word[i + 1]);
    }
    json_t *value = element(words->word[2]);
    if (value && expires)
        value = json_pack("{s:{s:o,s:I}}", "elem", "val", value, "expires", expires);
    if (value)
        json_array_append_new(set->elements, value);
}

/* A set with a mask holds networks, and lists them as if they were addresses. */
static bool has_word(const struct rules_words *words, const char *word)
{
    for (unsigned i = 3; i < words->words; i++)
        if (strcmp(words->word[i], word) == 0)
            return true;
    return false;
}

bool rules_ipset_read(struct ruleset *set, char *text)
{
    struct rules_words words;
    for (char *line = text, *next; line; line = next) {
        if ((next = strchr(line, '\n')))
            *next++ = '\0';
        rules_words(&words, line);
        if (words.words >= 3 && strcmp(words.word[0], "create") == 0) {
            /* The name stays in the text: it is the second word, which ends where it stands. */
            char *name = line + strlen("create ");
            size_t length = strlen(words.word[1]);
            if (strncmp(name, words.word[1], length) != 0)
                return false;
            bool known = is_known_type(words.word[2]) && !has_word(&words, "netmask") && !has_word(&words, "bitmask");
            name[length] = '\0';
            struct rules_set *made = ruleset_add_set(set, "ipset", "", name);
            if (!made || !(made->elements = json_array()))
                return false;
            made->is_known = known;
        } else if (words.words >= 3 && strcmp(words.word[0], "add") == 0) {
            read_element(ruleset_set(set, "ipset", "", words.word[1]), &words);
            set->elements++;
        }
    }
    return true;
}

struct rules_found rules_ipset_find(struct ruleset *set, const char *name, const char *directions,
                                    const struct rules_packet *packet, struct rules_work *work)
{
    const struct rules_found open = {.truth = RULES_MAYBE};
    struct rules_set *in = ruleset_set(set, "ipset", "", name);
    struct rules_key key = {.parts = 0};
    if (!in || !in->is_known)
        return open;
    const struct address *address = strncmp(directions, "src", 3) == 0 ? &packet->from : &packet->to;
    if (!address_is_none(address)) /* else it stays one that is not known */
        key.part[0] = rules_value_address(address);
    key.parts = 1;
    if (json_object_get(json_array_get(in->elements, 0), "concat") ||
        json_object_get(json_object_get(json_object_get(json_array_get(in->elements, 0), "elem"), "val"), "concat")) {
        const char *second = strchr(directions, ',');
        uint16_t port = second && strncmp(second + 1, "src", 3) == 0 ? packet->from_port : packet->to_port;
        if (port)
            key.part[1] = rules_value_number(port);
        key.parts = 2;
    }
    return rules_find(&key, in->elements, false, work);
}
