#include "unasked_names.h"

#include <stddef.h>
#include <string.h>

#include <sshsniff/address.h>

enum place { AS_FIRST_LABEL, AS_END };

static const struct unasked_name {
    const char *text;
    enum place place;
} table[] = {
    {"wpad", AS_FIRST_LABEL},   /* web proxy discovery: draft-ietf-wrec-wpad-01 */
    {"isatap", AS_FIRST_LABEL}, /* RFC 5214 section 8.3 */
    {"autodiscover", AS_FIRST_LABEL},
    {"autoconfig", AS_FIRST_LABEL},
    {"localhost", AS_END}, /* RFC 6761 section 6.3: who asks a server for it is badly set up */
    {"local", AS_END},     /* RFC 6762: multicast DNS */
    {"in-addr.arpa", AS_END},
    {"ip6.arpa", AS_END},
    {"ipv4only.arpa", AS_END}, /* RFC 7050 */
    {"resolver.arpa", AS_END}, /* RFC 9462 */
    {"use-application-dns.net", AS_END},
    {"invalid", AS_END}, /* RFC 6761 section 6.4 */
    /* Is the Internet there? */
    {"connectivitycheck.gstatic.com", AS_END},
    {"connectivitycheck.android.com", AS_END},
    {"clients3.google.com", AS_END},
    {"detectportal.firefox.com", AS_END},
    {"msftncsi.com", AS_END},
    {"msftconnecttest.com", AS_END},
    {"captive.apple.com", AS_END},
    {"connectivity-check.ubuntu.com", AS_END},
    {"nmcheck.gnome.org", AS_END},
    {"network-test.debian.org", AS_END},
    {"conncheck.opensuse.org", AS_END},
    {"ping.archlinux.org", AS_END},
    {"networkcheck.kde.org", AS_END},
    /* Clocks, news, telemetry. */
    {"ntp.org", AS_END},
    {"ntp.ubuntu.com", AS_END},
    {"time.windows.com", AS_END},
    {"time.apple.com", AS_END},
    {"time.google.com", AS_END},
    {"motd.ubuntu.com", AS_END},
    {"daisy.ubuntu.com", AS_END},
    {"api.snapcraft.io", AS_END},
    {"telemetry.mozilla.org", AS_END},
    {"telemetry.microsoft.com", AS_END},
    {"events.data.microsoft.com", AS_END},
    {"settings-win.data.microsoft.com", AS_END},
    {"windowsupdate.com", AS_END},
    {"teredo.ipv6.microsoft.com", AS_END},
    {"push.apple.com", AS_END},
    {"mtalk.google.com", AS_END},
    {"metadata.google.internal", AS_END},
};

static bool matches(const struct unasked_name *row, const char *name)
{
    const size_t length = strlen(name), n = strlen(row->text);
    if (length < n)
        return false;
    if (row->place == AS_FIRST_LABEL)
        return strncmp(name, row->text, n) == 0 && (name[n] == '.' || name[n] == '\0');
    return strcmp(name + length - n, row->text) == 0 && (length == n || name[length - n - 1] == '.');
}

/* How many labels at the beginning have at most `most` characters, all of them of `characters`. */
static unsigned leading_labels(const char *name, const char *characters, size_t most)
{
    unsigned count = 0;
    for (size_t n; (n = strspn(name, characters)) > 0 && n <= most && name[n] == '.'; name += n + 1)
        count++;
    return count;
}

/* Block lists are asked for an address with its parts reversed before their zone (RFC 5782 sections 2.1 and 2.4). */
static bool begins_with_address(const char *name)
{
    enum { IPV4_PARTS = 4, IPV6_PARTS = 32 };
    return leading_labels(name, "0123456789", 3) >= IPV4_PARTS ||
           leading_labels(name, "0123456789abcdef", 1) >= IPV6_PARTS;
}

/* Programs take an address as one, and ask nobody (getaddrinfo(3)). */
static bool is_address(const char *name)
{
    struct address address;
    return address_from_text(name, &address);
}

bool name_is_unasked(const char *name)
{
    if (strchr(name, '_') || begins_with_address(name) ||
        is_address(name)) /* `_`: a service's (RFC 2782), no machine's (RFC 952) */
        return true;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (matches(&table[i], name))
            return true;
    return false;
}
