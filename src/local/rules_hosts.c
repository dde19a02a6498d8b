#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "local/rules_hosts.h"
#include "local/rules_model.h"
#include "local/rules_packet.h"
#include "local/rules_value.h"

enum { LINE = 2048, PATTERN = 256, MOST_LINES = 10000 };

/* One line, with those that a backslash joins to it. Returns what follows; *lines: how many it was. */
static const char *read_line(const char *text, char line[LINE], unsigned *lines)
{
    size_t used = 0;
    *lines = 0;
    for (;;) {
        const char *end = strchrnul(text, '\n');
        size_t length = (size_t)(end - text);
        bool goes_on = length && text[length - 1] == '\\' && *end;
        length -= goes_on;
        if (used + length < LINE) {
            memcpy(line + used, text, length);
            used += length;
        }
        ++*lines;
        text = *end ? end + 1 : end;
        if (!goes_on)
            break;
    }
    line[used] = '\0';
    return text;
}

/* The colon that ends a list; those within brackets belong to an IPv6 address. */
static char *find_colon(char *text)
{
    bool bracket = false;
    for (; *text; text++) {
        if (*text == '[' || *text == ']')
            bracket = *text == '[';
        else if (*text == ':' && !bracket)
            return text;
    }
    return NULL;
}

/* "192.0.2.0/255.255.255.0", "192.0.2.0/24", "[2001:db8::]/32" */
static enum rules_truth in_network(const char *pattern, const struct address *client)
{
    char text[PATTERN];
    struct address base, mask;
    rules_copy(text, sizeof text, pattern[0] == '[' ? pattern + 1 : pattern);
    char *bracket = strchr(text, ']');
    char *slash = strchr(text, '/');
    if (slash)
        *slash++ = '\0';
    if (bracket)
        *bracket = '\0';
    if (!rules_address(text, &base))
        return RULES_MAYBE;
    if (address_is_ipv4(&base) != address_is_ipv4(client))
        return RULES_NO;
    unsigned bits = slash ? (unsigned)atoi(slash) + (address_is_ipv4(&base) ? 96 : 0) : 128;
    bool by_mask = slash && rules_address(slash, &mask);
    for (unsigned i = 0; i < 16; i++) {
        unsigned left = bits > i * 8 ? bits - i * 8 : 0;
        unsigned wanted = left >= 8 ? 0xff : 0xff & ~(0xffu >> left);
        if (by_mask)
            wanted = i < 12 ? 0xff : mask.bytes[i];
        if ((base.bytes[i] ^ client->bytes[i]) & wanted)
            return RULES_NO;
    }
    return RULES_YES;
}

static enum rules_truth is_client(const char *pattern, const struct address *client)
{
    char text[ADDRESS_TEXT_SIZE];
    size_t length = strlen(pattern);
    address_text(client, text);
    if (strcasecmp(pattern, "ALL") == 0)
        return RULES_YES;
    if (strchr(pattern, '@') || pattern[0] == '/' || pattern[0] == '.')
        return RULES_MAYBE; /* a user, a file of patterns, a domain */
    if (length && pattern[length - 1] == '.' && strspn(pattern, "0123456789.") == length)
        return rules_if(strncmp(pattern, text, length) == 0);
    if (strspn(pattern, "0123456789./") == length) /* one that is no address is no name either */
        return rules_if(in_network(pattern, client) == RULES_YES);
    if (pattern[0] == '[')
        return in_network(pattern, client);
    if (strpbrk(pattern, "*?") && fnmatch(pattern, text, 0) == 0)
        return RULES_YES;
    return RULES_MAYBE; /* a name, or LOCAL, KNOWN, PARANOID: a resolver says */
}

static enum rules_truth is_daemon(const char *pattern, const struct address *client)
{
    (void)client;
    if (strcasecmp(pattern, "ALL") == 0 || strcmp(pattern, "sshd") == 0)
        return RULES_YES;
    if (strncmp(pattern, "sshd@", 5) == 0)
        return RULES_MAYBE;
    return rules_if(fnmatch(pattern, "sshd", 0) == 0);
}

/* "ALL EXCEPT 10.0.0.0/8 EXCEPT 10.1.0.0/16": whatever stands behind EXCEPT takes away. */
static enum rules_truth in_list(const char *list, const struct address *client,
                                enum rules_truth (*is)(const char *, const struct address *))
{
    char word[PATTERN];
    enum rules_truth truth = RULES_NO;
    for (;;) {
        list += strspn(list, " \t,");
        size_t length = strcspn(list, " \t,");
        if (!length)
            return truth;
        rules_copy(word, length < sizeof word ? length + 1 : sizeof word, list);
        list += length;
        if (strcasecmp(word, "EXCEPT") == 0)
            return truth == RULES_NO ? RULES_NO : rules_and(truth, rules_not(in_list(list, client, is)));
        enum rules_truth one = is(word, client);
        if (one == RULES_YES || (one == RULES_MAYBE && truth == RULES_NO))
            truth = one;
    }
}

/* Whether a line speaks of the client; its last option may turn it round. */
static enum rules_truth line_is(char *line, const struct address *client, bool *denies)
{
    char *hosts = find_colon(line);
    if (!hosts)
        return RULES_NO;
    *hosts++ = '\0';
    char *options = find_colon(hosts);
    if (options)
        *options++ = '\0';
    if (options && strcasestr(options, "deny"))
        *denies = true;
    else if (options && strcasestr(options, "allow"))
        *denies = false;
    else if (options && strcasestr(options, "twist"))
        *denies = true;
    enum rules_truth daemon = in_list(line, client, is_daemon);
    return daemon == RULES_NO ? RULES_NO : rules_and(daemon, in_list(hosts, client, is_client));
}

static void note(struct local_rule *rule, const char *file, const char *line, unsigned number, bool denies)
{
    rule->by = LOCAL_BY_FILE;
    rule->owner = LOCAL_HOSTS_ACCESS;
    rule->fate = denies ? LOCAL_CLOSES : LOCAL_PASSES;
    rule->number = number;
    rules_copy(rule->chain, sizeof rule->chain, file);
    rules_copy(rule->text, sizeof rule->text, line);
}

/* hosts.allow is asked first: a line of it lets the client in, before all others where one of them denies. */
static void command(struct local_rule *rule, const struct address *client)
{
    char text[ADDRESS_TEXT_SIZE];
    bool v4 = address_is_ipv4(client);
    address_text(client, text);
    bool first = strcmp(rule->chain, "/etc/hosts.allow") == 0;
    snprintf(rule->command, sizeof rule->command, "%ssshd: %s%s%s' %s/etc/hosts.allow",
             first ? "sed -i '1i " : "echo '", v4 ? "" : "[", text, v4 ? "" : "]", first ? "" : ">>");
}

/* RULES_NO: no line of the file speaks of the client. */
static enum rules_truth look(const char *text, const char *file, bool denies_at_first, const struct address *client,
                             struct local_rule *rule)
{
    unsigned number = 1, lines, left = MOST_LINES;
    char line[LINE], copy[LINE];
    while (text && *text && left--) {
        bool denies = denies_at_first;
        text = read_line(text, line, &lines);
        memcpy(copy, line, sizeof copy);
        enum rules_truth truth = line[0] == '#' ? RULES_NO : line_is(copy, client, &denies);
        if (truth != RULES_NO) {
            note(rule, file, line, number, denies);
            return truth;
        }
        number += lines;
    }
    return RULES_NO;
}

bool rules_hosts(const char *allow, const char *deny, const struct address *client, struct local_rule *rule)
{
    memset(rule, 0, sizeof *rule);
    enum rules_truth truth = look(allow, "/etc/hosts.allow", false, client, rule);
    if (truth == RULES_MAYBE && rule->fate == LOCAL_PASSES) {
        struct local_rule denied = {0};
        if (look(deny, "/etc/hosts.deny", true, client, &denied) == RULES_NO)
            return true; /* it passes either way */
        *rule = denied;  /* unless a name in hosts.allow is the client's */
    } else if (truth == RULES_NO) {
        truth = look(deny, "/etc/hosts.deny", true, client, rule);
    }
    rule->certain = truth == RULES_YES;
    if (truth != RULES_NO && rule->fate == LOCAL_CLOSES)
        command(rule, client);
    return truth != RULES_NO;
}

bool rules_hosts_asked(const char *program)
{
    static const char library[] = "libwrap.so";
    struct stat status;
    bool found = false;
    int file = open(program, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
        return false;
    if (fstat(file, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0) {
        void *bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, file, 0);
        if (bytes != MAP_FAILED) {
            found = memmem(bytes, (size_t)status.st_size, library, sizeof library - 1) != NULL;
            munmap(bytes, (size_t)status.st_size);
        }
    }
    close(file);
    return found;
}
