#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sshsniff/source_names.h>

#include "text_words.h"

bool text_number(const char *p, uint64_t most, uint64_t *out, const char **end)
{
    uint64_t value = 0;
    if (!text_is_digit(*p))
        return false;
    for (; text_is_digit(*p); p++) {
        value = value * 10 + (uint64_t)(*p - '0');
        if (value > most)
            return false;
    }
    *out = value;
    if (end)
        *end = p;
    return true;
}

static int hex_digit(char c)
{
    if (text_is_digit(c))
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool text_hex_number(const char *p, uint64_t most, uint64_t *out, const char **end)
{
    uint64_t value = 0;
    if (p[0] == '0' && (p[1] | 0x20) == 'x')
        p += 2;
    if (hex_digit(*p) < 0)
        return false;
    for (; hex_digit(*p) >= 0; p++) {
        value = value << 4 | (uint64_t)hex_digit(*p);
        if (value > most)
            return false;
    }
    *out = value;
    if (end)
        *end = p;
    return true;
}

static const char *behind(const char *line, const char *key)
{
    const char *at = strstr(line, key);
    if (!at)
        return NULL;
    for (at += strlen(key); *at == ' '; at++)
        ;
    return at;
}

bool text_keyed(const char *line, const char *key, uint64_t most, uint64_t *out)
{
    const char *at = behind(line, key);
    return at && text_number(at, most, out, NULL);
}

bool text_keyed_hex(const char *line, const char *key, uint64_t most, uint64_t *out)
{
    const char *at = behind(line, key);
    return at && text_hex_number(at, most, out, NULL);
}

void text_seq_and_ack(const char *line, struct text_tcp *out)
{
    uint64_t n;
    if (text_keyed(line, "Seq=", UINT32_MAX, &n)) {
        out->has_seq = true;
        out->seq = (uint32_t)n;
    }
    if (text_keyed(line, "Ack=", UINT32_MAX, &n)) {
        out->has_ack = true;
        out->ack = (uint32_t)n;
    }
}

static bool literal(const char *word, size_t size, struct address *out)
{
    char text[INET6_ADDRSTRLEN];
    if (size == 0 || size >= sizeof text)
        return false;
    memcpy(text, word, size);
    text[size] = '\0';
    return address_from_text(text, out);
}

/* What names, and marks in the place of crossed-out addresses, are made of. */
static bool is_name(const char *word, size_t size)
{
    bool any = false;
    for (size_t i = 0; i < size; i++) {
        const char c = word[i];
        const bool sign = text_is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
        any = any || sign || c == '*';
        if (!sign && !strchr("._-:<>[]*%", c))
            return false;
    }
    return any && size < 256;
}

bool text_host_word(const char *word, size_t size, bool v6, struct address *out, bool *named)
{
    if (size > 2 && word[0] == '[' && word[size - 1] == ']') {
        word++;
        size -= 2;
    }
    const char *scope = memchr(word, '%', size); /* fe80::1%eth0 */
    *named = false;
    if (literal(word, scope ? (size_t)(scope - word) : size, out) && !address_is_stand_in(out))
        return true;
    *named = true;
    return is_name(word, size) && source_name_address(word, size, v6, out);
}

/* What Debian's list of services lacks and people's do not, and what is needed most. */
static const struct {
    const char *name;
    uint16_t port;
} services[] = {
    {"ssh", 22},
    {"https", 443},
    {"http", 80},
    {"www", 80},
    {"ftp", 21},
    {"ftp-data", 20},
    {"telnet", 23},
    {"smtp", 25},
    {"domain", 53},
    {"webcache", 8080},
    {"http-alt", 8080},
    {"bvcontrol", 1236},
    {"EtherNet/IP-1", 2222},
    {"rockwell-csp2", 2223},
    {"tungsten-https", 9443},
    {"ms-wbt-server", 3389},
    {"microsoft-ds", 445},
    {"netbios-ssn", 139},
    {"ldap", 389},
    {"ldaps", 636},
    {"imaps", 993},
    {"pop3", 110},
    {"imap", 143},
    {"mysql", 3306},
    {"postgresql", 5432},
};

bool text_port(const char *word, size_t size, uint16_t *out)
{
    char name[40];
    uint64_t number;
    const char *end;
    if (size == 0 || size >= sizeof name)
        return false;
    memcpy(name, word, size);
    name[size] = '\0';
    if (text_number(name, UINT16_MAX, &number, &end)) {
        *out = (uint16_t)number;
        return *end == '\0';
    }
    for (size_t i = 0; i < sizeof services / sizeof *services; i++)
        if (strcmp(name, services[i].name) == 0) {
            *out = services[i].port;
            return true;
        }
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < size; i++) {
        const char c = name[i];
        if (!text_is_digit(c) && ((c | 0x20) < 'a' || (c | 0x20) > 'z') && !strchr("-_+/", c))
            return false;
        h = (h ^ (uint8_t)c) * 16777619u;
    }
    struct servent space, *found = NULL;
    char buffer[1024];
    if (getservbyname_r(name, "tcp", &space, buffer, sizeof buffer, &found) == 0 && found)
        *out = ntohs((uint16_t)found->s_port);
    else
        *out = (uint16_t)(49152 + (h ^ h >> 16) % 16384); /* the dynamic ports of RFC 6335 */
    return true;
}

bool text_endpoint(const char *word, size_t size, char separator, bool v6, struct address *host, bool *named,
                   uint16_t *port)
{
    if (!separator)
        return text_host_word(word, size, v6, host, named);
    size_t at = size;
    while (at > 0 && word[at - 1] != separator)
        at--;
    if (at < 2 || at == size)
        return false;
    return text_port(word + at, size - at, port) && text_host_word(word, at - 1, v6, host, named);
}

bool text_mac(const char *word, uint8_t out[6], const char **end)
{
    for (int i = 0; i < 6; i++) {
        uint64_t byte;
        const char *next;
        if (!text_hex_number(word, UINT8_MAX, &byte, &next) || next - word > 2)
            return false;
        out[i] = (uint8_t)byte;
        if (i < 5 && *next != ':' && *next != '-')
            return false;
        word = i < 5 ? next + 1 : next;
    }
    if (end)
        *end = word;
    return true;
}

/* A fraction of a second, in microseconds. */
static int64_t fraction(const char **p)
{
    int64_t us = 0, unit = 100000;
    for (; text_is_digit(**p); (*p)++) {
        us += (**p - '0') * unit;
        unit /= 10;
    }
    return us;
}

/* "2024-08-13" or "2024/08/13" right before the time, a blank or a T between them. */
static int64_t date_before(const char *line, const char *time)
{
    uint64_t year, month, day;
    const char *p = time - 11;
    if (p < line || !text_number(p, 9999, &year, &p) || (*p != '-' && *p != '/') ||
        !text_number(p + 1, 12, &month, &p) || (*p != '-' && *p != '/') || !text_number(p + 1, 31, &day, &p) ||
        year < 1990 || month < 1)
        return -1;
    struct tm tm = {.tm_year = (int)year - 1900, .tm_mon = (int)month - 1, .tm_mday = (int)day};
    return (int64_t)timegm(&tm);
}

static bool time_of_day(const char *line, const char *p, size_t left, enum text_clock *clock, int64_t *us)
{
    uint64_t hour, minute, second;
    const char *end;
    if (left < 8 || !text_number(p, 99, &hour, &end) || *end != ':' || end - p > 2 ||
        !text_number(end + 1, 59, &minute, &end) || *end != ':' || !text_number(end + 1, 60, &second, &end))
        return false;
    *us = (int64_t)(hour * 3600 + minute * 60 + second) * 1000000;
    if (*end == ':' || hex_digit(*end) >= 0) /* a MAC address */
        return false;
    const bool fine = *end == '.' || *end == ',';
    if (fine) {
        end++;
        *us += fraction(&end);
    }
    const int64_t date = date_before(line, p);
    *clock = date >= 0 ? TEXT_OF_EPOCH : TEXT_OF_DAY;
    *us += date >= 0 ? date * 1000000 : 0;
    return hour < 24;
}

static bool plain_seconds(const char *p, enum text_clock *clock, int64_t *us)
{
    uint64_t seconds;
    const char *end;
    if (!text_number(p, 99999999999, &seconds, &end) || *end != '.' || !text_is_digit(end[1]) ||
        !text_is_digit(end[2]) || !text_is_digit(end[3]))
        return false;
    end++;
    *us = (int64_t)seconds * 1000000 + fraction(&end);
    if (*end == '.') /* an address */
        return false;
    *clock = seconds > 300000000 ? TEXT_OF_EPOCH : TEXT_OF_START;
    return *end == '\0' || strchr(" \t])s:\"", *end) != NULL;
}

/* "12:09:01:02.345678": grep -n puts the line's number before it. */
static bool behind_number(const char *line, size_t i)
{
    size_t digits = 0;
    if (line[i - 1] != ':')
        return false;
    while (digits + 1 < i && text_is_digit(line[i - 2 - digits]))
        digits++;
    const size_t start = i - 1 - digits;
    return digits > 0 && (start == 0 || line[start - 1] == ':') && strspn(line + i, "0123456789") == 2 &&
           line[i + 2] == ':' && strspn(line + i + 3, "0123456789") == 2 && line[i + 5] == ':' &&
           strspn(line + i + 6, "0123456789") == 2 && line[i + 8] == '.';
}

bool text_time(const char *line, size_t size, enum text_clock *clock, int64_t *us)
{
    bool found = false, of_day = false;
    for (size_t i = 0; i < size; i++) {
        if (!text_is_digit(line[i]) ||
            (i > 0 && (hex_digit(line[i - 1]) >= 0 || strchr(":.-", line[i - 1])) && !behind_number(line, i)))
            continue;
        enum text_clock c;
        int64_t t;
        if (time_of_day(line, line + i, size - i, &c, &t)) {
            *clock = c;
            *us = t;
            found = of_day = true;
        } else if (!of_day && plain_seconds(line + i, &c, &t) && !found) {
            *clock = c;
            *us = t;
            found = true;
        }
    }
    return found;
}

static void put(struct text_tcp *t, const uint8_t *bytes, uint8_t size)
{
    if (t->options_size + size > (int)sizeof t->options) {
        t->in_order = false;
        return;
    }
    memcpy(t->options + t->options_size, bytes, size);
    t->options_size = (uint8_t)(t->options_size + size);
}

static void put_timestamps(struct text_tcp *t, uint64_t value, uint64_t echo)
{
    const uint32_t v = htonl((uint32_t)value), e = htonl((uint32_t)echo);
    uint8_t option[10] = {8, 10};
    memcpy(option + 2, &v, 4);
    memcpy(option + 6, &e, 4);
    put(t, option, sizeof option);
}

static void one_option(const char *p, struct text_tcp *t)
{
    uint64_t a = 0, b = 0;
    const char *end;
    if (strncmp(p, "mss ", 4) == 0 && text_number(p + 4, UINT16_MAX, &a, NULL))
        put(t, (uint8_t[]){2, 4, (uint8_t)(a >> 8), (uint8_t)a}, 4);
    else if (strncmp(p, "sackOK", 6) == 0)
        put(t, (uint8_t[]){4, 2}, 2);
    else if (strncmp(p, "nop", 3) == 0)
        put(t, (uint8_t[]){1}, 1);
    else if (strncmp(p, "eol", 3) == 0)
        put(t, (uint8_t[]){0}, 1);
    else if (strncmp(p, "tstamp ", 7) == 0 && text_number(p + 7, UINT32_MAX, &a, &end)) { /* snoop's */
        (void)text_number(end + strspn(end, " "), UINT32_MAX, &b, NULL);
        put_timestamps(t, a, b);
    } else if (strncmp(p, "wscale ", 7) == 0 && text_number(p + 7, 255, &a, NULL))
        put(t, (uint8_t[]){3, 3, (uint8_t)a}, 3);
    else if (strncmp(p, "TS val ", 7) == 0 && text_number(p + 7, UINT32_MAX, &a, &end)) {
        (void)text_keyed(end, "ecr ", UINT32_MAX, &b);
        put_timestamps(t, a, b);
    } else if (strncmp(p, "timestamp", 9) == 0 && text_number(p + 9 + strspn(p + 9, "s "), UINT32_MAX, &a, &end)) {
        (void)text_number(end + strspn(end, " "), UINT32_MAX, &b, NULL);
        put_timestamps(t, a, b);
    } else
        t->in_order = false; /* one that is not made again */
}

void text_options(const char *p, const char *end, struct text_tcp *out)
{
    enum { LONGEST = 96 };
    out->has_options = out->in_order = true;
    out->options_size = 0;
    while (p < end) {
        char option[LONGEST];
        const char *comma = memchr(p, ',', (size_t)(end - p));
        const size_t size = (size_t)((comma ? comma : end) - p);
        p += strspn(p, " ");
        snprintf(option, sizeof option, "%.*s", (int)(size < LONGEST ? size : LONGEST - 1), p);
        if (option[0])
            one_option(option, out);
        p = comma ? comma + 1 : end;
    }
}
