#include "shown_options.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum { IPV4_BITS = 32, IPV6_BITS = 128, ITEM_SIZE = 300 };

/* The next of a list, cut where it is too long for what it may be; moves *list behind it, to NULL at the end. */
static const char *next_of(const char **list, char item[ITEM_SIZE])
{
    const char *at = *list;
    if (at == NULL)
        return NULL;
    const size_t length = strcspn(at, ",");
    snprintf(item, ITEM_SIZE, "%.*s", (int)(length < ITEM_SIZE ? length : ITEM_SIZE - 1), at);
    *list = at[length] == ',' ? at + length + 1 : NULL;
    return at;
}

static bool cause_of(const char *name, enum cause *out)
{
    for (int cause = 0; cause < CAUSE_COUNT; cause++)
        if (strcasecmp(cause_name((enum cause)cause), name) == 0) {
            *out = (enum cause)cause;
            return true;
        }
    return false;
}

bool shown_option_cause(const char *text, struct shown *out, char error[SHOWN_ERROR_SIZE])
{
    enum cause cause;
    char item[ITEM_SIZE];
    while (next_of(&text, item) != NULL) {
        if (!cause_of(item, &cause)) {
            snprintf(error, SHOWN_ERROR_SIZE, "--cause %.60s: no cause is called so; sshsniff explain lists them",
                     item);
            return false;
        }
        out->causes |= UINT64_C(1) << cause;
    }
    return true;
}

/* An address, or a network as in 10.7.0.0/16. */
static bool network_of(const char *text, struct shown_end *out)
{
    char address[ADDRESS_TEXT_SIZE], *end;
    const char *slash = strchr(text, '/');
    const size_t length = slash != NULL ? (size_t)(slash - text) : strlen(text);
    if (length >= sizeof address)
        return false;
    memcpy(address, text, length);
    address[length] = '\0';
    if (!address_from_text(address, &out->address))
        return false;
    const unsigned most = address_is_ipv4(&out->address) ? IPV4_BITS : IPV6_BITS;
    unsigned long bits = most;
    if (slash != NULL) {
        bits = isdigit((unsigned char)slash[1]) ? strtoul(slash + 1, &end, 10) : most + 1;
        if (bits > most || *end != '\0')
            return false;
    }
    out->bits = IPV6_BITS - most + (unsigned)bits;
    return true;
}

static bool is_a_name(const char *text)
{
    return text[0] != '\0' && strchr(text, '/') == NULL && strchr(text, ':') == NULL && strchr(text, ' ') == NULL;
}

static bool add_ends(const char *option, const char *text, bool takes_names, struct shown_ends *out, char *error)
{
    char item[ITEM_SIZE];
    for (const char *at; (at = next_of(&text, item)) != NULL;) {
        struct shown_end end = {.name = NULL};
        if (out->count == SHOWN_ENDS) {
            snprintf(error, SHOWN_ERROR_SIZE, "%s: more than %d; give a network, as in 10.7.0.0/16", option,
                     SHOWN_ENDS);
            return false;
        }
        if (!network_of(item, &end)) {
            if (!takes_names || !is_a_name(item)) {
                snprintf(error, SHOWN_ERROR_SIZE, "%s %.60s: give an address or a network%s, as in 10.7.0.0/16", option,
                         item, takes_names ? ", or a name that did not resolve" : "");
                return false;
            }
            end.name = at;
            end.name_length = strlen(item);
        }
        out->end[out->count++] = end;
    }
    return true;
}

bool shown_option_client(const char *text, struct shown *out, char error[SHOWN_ERROR_SIZE])
{
    return add_ends("--client", text, false, &out->clients, error);
}

bool shown_option_host(const char *text, struct shown *out, char error[SHOWN_ERROR_SIZE])
{
    return add_ends("--host", text, true, &out->hosts, error);
}

/* ".25" in microseconds. */
static const char *fraction_of(const char *at, int64_t *us)
{
    int64_t unit = 100000;
    *us = 0;
    if (*at != '.' && *at != ',')
        return at;
    for (at++; isdigit((unsigned char)*at); at++, unit /= 10)
        *us += (*at - '0') * unit;
    return at;
}

/* "Z", "+02:00", "+0200"; nothing: local. False: it is something else. */
static bool zone_of(const char *at, bool *is_utc, int64_t *offset_us)
{
    unsigned hours, minutes = 0;
    int used = 0;
    *is_utc = true;
    *offset_us = 0;
    if (*at == '\0') {
        *is_utc = false;
        return true;
    }
    if ((*at == 'Z' || *at == 'z') && at[1] == '\0')
        return true;
    if ((*at != '+' && *at != '-') || !isdigit((unsigned char)at[1]))
        return false;
    if ((sscanf(at + 1, "%2u:%2u%n", &hours, &minutes, &used) != 2 || at[1 + used] != '\0') &&
        (sscanf(at + 1, "%2u%2u%n", &hours, &minutes, &used) != 2 || at[1 + used] != '\0') &&
        (sscanf(at + 1, "%2u%n", &hours, &used) != 1 || at[1 + used] != '\0'))
        return false;
    *offset_us = ((int64_t)hours * 3600 + minutes * 60) * (*at == '-' ? -1000000 : 1000000);
    return hours < 24 && minutes < 60;
}

static bool moment_in(const char *text, const char *form, bool is_time_of_day, struct shown_moment *out)
{
    struct tm tm = {.tm_isdst = -1, .tm_mday = 1, .tm_year = 70};
    int64_t fraction_us, offset_us;
    bool is_utc;
    const char *end = strptime(text, form, &tm);
    if (end == NULL)
        return false;
    end = fraction_of(end, &fraction_us);
    if (!zone_of(end, &is_utc, &offset_us))
        return false;
    if (is_time_of_day) {
        const int64_t seconds = ((int64_t)tm.tm_hour * 60 + tm.tm_min) * 60 + tm.tm_sec;
        *out = (struct shown_moment){true, true, is_utc, seconds * 1000000 + fraction_us - offset_us};
        return true;
    }
    const time_t second = is_utc ? timegm(&tm) : mktime(&tm);
    *out = (struct shown_moment){true, false, is_utc, (int64_t)second * 1000000 + fraction_us - offset_us};
    return true;
}

bool shown_option_moment(const char *name, const char *text, struct shown_moment *out, char error[SHOWN_ERROR_SIZE])
{
    static const struct {
        const char *form;
        bool is_time_of_day;
    } forms[] = {{"%Y-%m-%dT%H:%M:%S", false},
                 {"%Y-%m-%d %H:%M:%S", false},
                 {"%Y-%m-%dT%H:%M", false},
                 {"%Y-%m-%d %H:%M", false},
                 {"%Y-%m-%d", false},
                 {"%H:%M:%S", true},
                 {"%H:%M", true}};
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        if (moment_in(text, forms[i].form, forms[i].is_time_of_day, out))
            return true;
    snprintf(error, SHOWN_ERROR_SIZE,
             "%s %.60s: no time; give 2026-11-22T09:30, 09:30 or 09:30:15, with a Z at its end for UTC", name, text);
    return false;
}
