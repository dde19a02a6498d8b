/* The text of sshd's settings. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "settings.h"

/* ---- Values ---- */

/* As sshd_config(5) has times: 120, 2m, 1h30m. */
static uint32_t seconds(const char *value)
{
    uint64_t total = 0;
    while (isdigit((unsigned char)*value)) {
        char *end;
        uint64_t number = strtoull(value, &end, 10);
        static const char units[] = "smhdw";
        static const uint32_t factor[] = {1, 60, 3600, 86400, 604800};
        const char *unit = *end != '\0' ? strchr(units, tolower((unsigned char)*end)) : NULL;
        if (number > UINT32_MAX)
            return UINT32_MAX;
        total += number * (unit != NULL ? factor[unit - units] : 1);
        value = unit != NULL ? end + 1 : end;
        if (total > UINT32_MAX)
            return UINT32_MAX;
        if (unit == NULL)
            break;
    }
    return (uint32_t)total;
}

static uint32_t number(const char *value)
{
    const unsigned long read = strtoul(value, NULL, 10);
    return read > UINT32_MAX ? UINT32_MAX : (uint32_t)read;
}

/* "10:30:100", or one number for all. */
static void take_startups(struct local_settings *s, const char *value)
{
    unsigned begin, rate, full;
    if (sscanf(value, "%9u:%9u:%9u", &begin, &rate, &full) != 3) {
        begin = full = number(value);
        rate = 100;
    }
    s->max_startups_begin = begin;
    s->max_startups_rate = rate;
    s->max_startups_full = full;
}

static void take_port(struct local_settings *s, const char *value)
{
    const unsigned long port = strtoul(value, NULL, 10);
    if (port == 0 || port > UINT16_MAX || s->ports == LOCAL_PORTS)
        return;
    for (unsigned i = 0; i < s->ports; i++)
        if (s->port[i] == port)
            return;
    s->port[s->ports++] = (uint16_t)port;
}

static void append(char *list, size_t size, const char *value, const char *between)
{
    const size_t length = strlen(list);
    if (length + strlen(between) + strlen(value) + 1 <= size)
        snprintf(list + length, size - length, "%s%s", length > 0 ? between : "", value);
}

/* A ListenAddress that names a port makes that one be listened on, too. */
static void take_listen(struct local_settings *s, const char *value)
{
    const char *colon = strrchr(value, ':');
    append(s->listen, sizeof s->listen, value, ", ");
    if (colon != NULL && (value[0] == '[' || strchr(value, ':') == colon) && isdigit((unsigned char)colon[1]))
        take_port(s, colon + 1);
}

static void once(char *text, size_t size, const char *value)
{
    if (text[0] == '\0')
        snprintf(text, size, "%s", value);
}

/* ---- Ways to log in ---- */

static const struct way {
    const char *keyword, *method;
} ways[] = {
    {"pubkeyauthentication", "publickey"},
    {"passwordauthentication", "password"},
    {"kbdinteractiveauthentication", "keyboard-interactive"},
    {"challengeresponseauthentication", "keyboard-interactive"},
    {"gssapiauthentication", "gssapi"},
    {"hostbasedauthentication", "hostbased"},
};

static void take_method(struct local_settings *s, const char *keyword, const char *value)
{
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
        if (strcasecmp(keyword, ways[i].keyword) == 0 && strcasecmp(value, "yes") == 0 &&
            strstr(s->methods, ways[i].method) == NULL)
            append(s->methods, sizeof s->methods, ways[i].method, ", ");
}

/* ---- Lines ---- */

static void take_line(const char *keyword, const char *value, struct local_settings *s, struct settings_lists *lists)
{
    if (strcasecmp(keyword, "port") == 0)
        take_port(s, value);
    else if (strcasecmp(keyword, "listenaddress") == 0)
        take_listen(s, value);
    else if (strcasecmp(keyword, "maxstartups") == 0 && s->max_startups_full == 0)
        take_startups(s, value);
    else if (strcasecmp(keyword, "logingracetime") == 0 && s->login_grace_s == 0)
        s->login_grace_s = seconds(value);
    else if (strcasecmp(keyword, "persourcemaxstartups") == 0 && s->per_source_max_startups == 0)
        s->per_source_max_startups = number(value); /* "none" is 0 */
    else if (strcasecmp(keyword, "allowusers") == 0)
        append(lists->allow_users, sizeof lists->allow_users, value, " ");
    else if (strcasecmp(keyword, "denyusers") == 0)
        append(lists->deny_users, sizeof lists->deny_users, value, " ");
    else if (strcasecmp(keyword, "allowgroups") == 0)
        append(lists->allow_groups, sizeof lists->allow_groups, value, " ");
    else if (strcasecmp(keyword, "denygroups") == 0)
        append(lists->deny_groups, sizeof lists->deny_groups, value, " ");
    else if (strcasecmp(keyword, "permitrootlogin") == 0)
        once(lists->permit_root, sizeof lists->permit_root, value);
    else if (strcasecmp(keyword, "usepam") == 0)
        lists->use_pam = strcasecmp(value, "yes") == 0;
    else
        take_method(s, keyword, value);
}

/* The keyword and the value of a line, parted in place: by blanks, or one sign of equality. */
static char *part(char *line)
{
    char *value = line + strcspn(line, " \t=");
    if (*value == '\0')
        return value;
    *value++ = '\0';
    value += strspn(value, " \t=");
    for (size_t end = strlen(value); end > 0 && isspace((unsigned char)value[end - 1]); end--)
        value[end - 1] = '\0';
    return value;
}

void settings_take(const char *text, size_t length, struct local_settings *settings, struct settings_lists *lists)
{
    char line[SETTINGS_LINE];
    for (size_t at = 0; at < length;) {
        const char *end = memchr(text + at, '\n', length - at);
        const size_t whole = end != NULL ? (size_t)(end - text) - at : length - at;
        const size_t kept = whole < sizeof line - 1 ? whole : sizeof line - 1;
        memcpy(line, text + at, kept);
        line[kept] = '\0';
        at += whole + 1;
        char *keyword = line + strspn(line, " \t\r");
        if (*keyword == '#' || *keyword == '\0')
            continue;
        const char *value = part(keyword);
        if (strcasecmp(keyword, "match") == 0)
            return;
        take_line(keyword, value, settings, lists);
    }
}

/* ---- A running sshd's own command line ---- */

static void add_word(struct settings_arguments *out, const char *word, size_t length)
{
    if (out->words < SETTINGS_WORDS && length < sizeof out->word[0])
        snprintf(out->word[out->words++], sizeof out->word[0], "%.*s", (int)length, word);
}

/* sshd writes over its command line: "sshd: /usr/sbin/sshd -D -f FILE [listener] 0 of 10-100 startups". */
void settings_arguments_of(const char *title, struct settings_arguments *out)
{
    bool value_follows = false;
    out->words = 0;
    if (strncmp(title, "sshd: ", 6) == 0)
        title += 6;
    for (size_t length; *title != '\0'; title += length) {
        title += strspn(title, " ");
        length = strcspn(title, " ");
        if (*title == '[')
            break;
        const bool option = length >= 2 && title[0] == '-' && strchr("fpoh", title[1]) != NULL;
        if (value_follows || option)
            add_word(out, title, length);
        value_follows = option && !value_follows && length == 2;
    }
    if (value_follows && out->words > 0)
        out->words--; /* its value was cut off */
}

/* ---- What sshd complains of ---- */

/* Lines that say that this process may not look, and none that follows from one. */
static bool is_about_rights(const char *line)
{
    static const char *const words[] = {
        "Permission denied", "not permitted", "no hostkeys available",   "Missing privilege separation directory",
        "setgroups",         "initgroups",    "Unable to load host key", "Could not load host key"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strstr(line, words[i]) != NULL)
            return true;
    return false;
}

void settings_complaint(const char *complaint, bool sees_keys, char *out, size_t size)
{
    char line[256];
    out[0] = '\0';
    for (const char *at = complaint; *at != '\0';) {
        const size_t length = strcspn(at, "\r\n");
        snprintf(line, sizeof line, "%.*s", (int)(length < sizeof line ? length : sizeof line - 1), at);
        at += length;
        at += strspn(at, "\r\n");
        const bool keys = strstr(line, "no hostkeys available") != NULL;
        if (line[0] == '\0' || (keys ? !sees_keys : is_about_rights(line)))
            continue;
        snprintf(out, size, "%s", line);
        return;
    }
}
