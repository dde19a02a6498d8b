/* What runs on the other side, by its version string. */
#include <sshsniff/platform.h>

#include <stdlib.h>
#include <string.h>

/* The first row whose word is in the version string is taken. Words are from the programs' own sources and manuals:
 * debian/patches/debian-banner.patch, FreeBSD's and NetBSD's version.h, Win32-OpenSSH's version.h, Cisco's and
 * MikroTik's manuals, dropbear's sysoptions.h, Palo Alto's SSH proxy as captures show it. */
static const struct {
    const char *word;
    enum platform platform;
} banners[] = {
    {"OpenSSH_for_Windows", PLATFORM_WINDOWS},
    {"FreeBSD-", PLATFORM_FREEBSD},
    {"NetBSD_Secure_Shell", PLATFORM_NETBSD},
    {"Debian-", PLATFORM_DEBIAN},
    {"Ubuntu-", PLATFORM_DEBIAN},
    {"Raspbian-", PLATFORM_DEBIAN},
    {"Cisco-", PLATFORM_CISCO},
    {"ROSSSH", PLATFORM_ROUTEROS},
    {"dropbear", PLATFORM_DROPBEAR},
    {"PaloAltoNetworks", PLATFORM_INSPECTOR},
    {"PKIX[", PLATFORM_CISCO}, /* NX-OS: an OpenSSH that nobody sets up by its file */
    {"OpenSSH_", PLATFORM_OPENSSH},
    {"Sun_SSH_", PLATFORM_OPENSSH},
};

static const struct {
    const char *name;
    bool sshd_config;
} platforms[PLATFORM_COUNT] = {
    [PLATFORM_UNKNOWN] = {"a system not known", false},
    [PLATFORM_DEBIAN] = {"Debian or Ubuntu", true},
    [PLATFORM_OPENSSH] = {"another system with OpenSSH", true},
    [PLATFORM_FREEBSD] = {"FreeBSD", true},
    [PLATFORM_NETBSD] = {"NetBSD", true},
    [PLATFORM_MACOS] = {"macOS", true},
    [PLATFORM_WINDOWS] = {"Windows", true},
    [PLATFORM_CISCO] = {"Cisco IOS or NX-OS", false},
    [PLATFORM_ROUTEROS] = {"RouterOS", false},
    [PLATFORM_DROPBEAR] = {"dropbear", false},
    [PLATFORM_INSPECTOR] = {"a firewall that inspects SSH", false},
    [PLATFORM_OTHER] = {"a server program of its own", false},
};

enum platform platform_of_banner(const char *banner)
{
    if (banner[0] == '\0') {
        return PLATFORM_UNKNOWN;
    }
    for (size_t i = 0; i < sizeof(banners) / sizeof(banners[0]); i++) {
        if (strstr(banner, banners[i].word) != NULL) {
            return banners[i].platform;
        }
    }
    return PLATFORM_OTHER;
}

const char *platform_name(enum platform platform)
{
    return platforms[platform].name;
}

bool platform_has_sshd_config(enum platform platform)
{
    return platforms[platform].sshd_config;
}

/* "OpenSSH_9.2p1", "OpenSSH_for_Windows_9.5". */
uint16_t openssh_version(const char *banner)
{
    enum { MOST = 99 };
    static const char *const words[] = {"OpenSSH_for_Windows_", "OpenSSH_"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        const char *at = strstr(banner, words[i]);
        char *end;
        if (at == NULL) {
            continue;
        }
        at += strlen(words[i]);
        const unsigned long major = strtoul(at, &end, 10);
        if (end == at || *end != '.' || major > MOST) {
            return 0;
        }
        const unsigned long minor = strtoul(end + 1, NULL, 10);
        return minor > MOST ? 0 : (uint16_t)(major * 100 + minor);
    }
    return 0;
}
