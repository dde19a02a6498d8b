/* Whether sshd lets a user in: as sshd's own allowed_user (auth.c) goes through its lists. */
#include <arpa/inet.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "settings.h"

/* An address, with as many bits of it as count, or a pattern. */
static bool host_matches(const char *pattern, const struct address *client)
{
    char text[64], own[ADDRESS_TEXT_SIZE];
    uint8_t four[4], sixteen[16];
    struct address network;
    snprintf(text, sizeof text, "%s", pattern);
    char *slash = strchr(text, '/');
    if (slash == NULL)
        return fnmatch(text, address_text(client, own), FNM_NOESCAPE) == 0;
    *slash = '\0';
    unsigned long bits = strtoul(slash + 1, NULL, 10);
    if (inet_pton(AF_INET, text, four) == 1) {
        network = address_from_ipv4(four);
        bits += 96;
    } else if (inet_pton(AF_INET6, text, sixteen) == 1)
        network = address_from_ipv6(sixteen);
    else
        return false;
    for (unsigned bit = 0; bit < bits && bit < 128; bit++)
        if ((network.bytes[bit / 8] ^ client->bytes[bit / 8]) & (0x80u >> bit % 8))
            return false;
    return true;
}

/* One word of AllowUsers: USER, or USER@HOST. `unknown`: what a host counts as where the client's is not known. */
static bool user_matches(const char *word, const char *user, const struct address *client, bool unknown)
{
    char pattern[SETTINGS_LINE];
    snprintf(pattern, sizeof pattern, "%s", word);
    char *at = strrchr(pattern, '@');
    if (at != NULL)
        *at = '\0';
    if (fnmatch(pattern, user, FNM_NOESCAPE) != 0)
        return false;
    return at == NULL || (address_is_none(client) ? unknown : host_matches(at + 1, client));
}

/* Calls for each word, until one matches. */
static bool any_word(const char *list, bool (*matches)(const void *context, const char *word), const void *context)
{
    char word[SETTINGS_LINE];
    for (const char *at = list; *at != '\0';) {
        at += strspn(at, " ,");
        const size_t length = strcspn(at, " ,");
        snprintf(word, sizeof word, "%.*s", (int)length, at);
        at += length;
        if (word[0] != '\0' && matches(context, word))
            return true;
    }
    return false;
}

struct asked {
    const char *user, *groups;
    const struct address *client;
    bool unknown;
};

static bool is_user(const void *context, const char *word)
{
    const struct asked *asked = context;
    return user_matches(word, asked->user, asked->client, asked->unknown);
}

static bool is_pattern_of(const void *context, const char *group)
{
    const char *pattern = context;
    return fnmatch(pattern, group, FNM_NOESCAPE) == 0;
}

static bool is_group(const void *context, const char *word)
{
    const struct asked *asked = context;
    return any_word(asked->groups, is_pattern_of, word);
}

void settings_refusal(const struct settings_lists *lists, const char *user, const char *groups,
                      const struct address *client, char *out, size_t size)
{
    struct asked asked = {user, groups, client, false};
    out[0] = '\0';
    if (any_word(lists->deny_users, is_user, &asked))
        snprintf(out, size, "DenyUsers %s", lists->deny_users);
    asked.unknown = true;
    if (out[0] == '\0' && lists->allow_users[0] != '\0' && !any_word(lists->allow_users, is_user, &asked))
        snprintf(out, size, "AllowUsers %s", lists->allow_users);
    if (out[0] == '\0' && any_word(lists->deny_groups, is_group, &asked))
        snprintf(out, size, "DenyGroups %s", lists->deny_groups);
    if (out[0] == '\0' && lists->allow_groups[0] != '\0' && !any_word(lists->allow_groups, is_group, &asked))
        snprintf(out, size, "AllowGroups %s", lists->allow_groups);
    if (out[0] == '\0' && strcmp(user, "root") == 0 && strcmp(lists->permit_root, "no") == 0)
        snprintf(out, size, "PermitRootLogin no");
}
