/* One host is one target: what the command line may name, and which addresses are left alone. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <sshsniff/probe.h>

static bool take_port(const char *text, struct probe_target *out, char *error)
{
    char *end;
    unsigned long port = strtoul(text, &end, 10);
    if (!isdigit((unsigned char)text[0]) || *end != '\0' || port < 1 || port > 65535) {
        snprintf(error, PROBE_ERROR_SIZE, "%.80s: not a port; give a number from 1 to 65535", text);
        return false;
    }
    out->port = (uint16_t)port;
    return true;
}

static bool take_host(const char *text, size_t length, struct probe_target *out, char *error)
{
    if (length == 0 || length >= sizeof out->host) {
        snprintf(error, PROBE_ERROR_SIZE, "the host's name is %s; give a name or an address",
                 length == 0 ? "empty" : "too long");
        return false;
    }
    /* A name that begins with a dash would be an option to ssh. */
    if (text[0] == '-') {
        snprintf(error, PROBE_ERROR_SIZE, "%.80s: not a host; names do not begin with a dash", text);
        return false;
    }
    memcpy(out->host, text, length);
    out->host[length] = '\0';
    return true;
}

bool probe_target_parse(const char *text, struct probe_target *out, char error[PROBE_ERROR_SIZE])
{
    memset(out, 0, sizeof *out);
    if (strchr(text, '/') != NULL || strchr(text, ',') != NULL || strpbrk(text, " \t*") != NULL) {
        snprintf(error, PROBE_ERROR_SIZE, "%.80s: a network or a list is not probed; give one host", text);
        return false;
    }
    if (text[0] == '[') {
        const char *end = strchr(text, ']');
        if (end == NULL || (end[1] != '\0' && end[1] != ':')) {
            snprintf(error, PROBE_ERROR_SIZE, "%.80s: not an address in brackets; write [2001:db8::1]:22", text);
            return false;
        }
        return take_host(text + 1, (size_t)(end - text - 1), out, error) &&
               (end[1] == '\0' || take_port(end + 2, out, error));
    }
    const char *colon = strchr(text, ':');
    /* More than one colon without brackets: an IPv6 address, no port. */
    if (colon == NULL || strchr(colon + 1, ':') != NULL)
        return take_host(text, strlen(text), out, error);
    return take_host(text, (size_t)(colon - text), out, error) && take_port(colon + 1, out, error);
}

/* Ranges that never are one host. RFC 1112 and 5771 (multicast), 919 (broadcast), 1122 ("this host"), 4291. */
static const struct {
    bool ipv4;
    uint8_t first, mask;
    const char *why;
} refused[] = {
    {true, 0xe0, 0xf0, "a multicast address is many hosts"},
    {true, 0xf0, 0xf0, "a reserved or broadcast address is no host"},
    {true, 0x00, 0xff, "0.0.0.0/8 is no host"},
    {false, 0xff, 0xff, "a multicast address is many hosts"},
};

const char *probe_refuses(const struct address *address)
{
    bool ipv4 = address_is_ipv4(address);
    uint8_t first = ipv4 ? address->bytes[12] : address->bytes[0];
    if (address_is_none(address))
        return ":: is no host";
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (refused[i].ipv4 == ipv4 && (first & refused[i].mask) == refused[i].first)
            return refused[i].why;
    return NULL;
}
