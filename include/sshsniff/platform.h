/* platform: what a machine that speaks SSH runs on, as far as its version string tells. Advice is in its words. */
#ifndef SSHSNIFF_PLATFORM_H
#define SSHSNIFF_PLATFORM_H

#include <stdbool.h>
#include <stdint.h>

enum platform {
    PLATFORM_UNKNOWN = 0, /* no version string was seen */
    PLATFORM_DEBIAN,      /* Debian, Ubuntu and what is made of them */
    PLATFORM_OPENSSH,     /* OpenSSH with no maker's name: other Linux distributions, OpenBSD, macOS */
    PLATFORM_FREEBSD,
    PLATFORM_NETBSD,
    PLATFORM_MACOS, /* no version string says so */
    PLATFORM_WINDOWS,
    PLATFORM_CISCO, /* IOS and its relatives */
    PLATFORM_ROUTEROS,
    PLATFORM_DROPBEAR,
    PLATFORM_INSPECTOR, /* a firewall that opens SSH connections to look into them */
    PLATFORM_OTHER,     /* a program of its own: libssh, Go, Java, appliances */
    PLATFORM_COUNT
};

/* Of a version string ("SSH-2.0-OpenSSH_9.2p1 Debian-2"); UNKNOWN for "". */
enum platform platform_of_banner(const char *banner);

/* "Debian or Ubuntu"; never NULL. */
const char *platform_name(enum platform platform);

/* Whether its server is OpenSSH, set up by an sshd_config. False for UNKNOWN. */
bool platform_has_sshd_config(enum platform platform);

/* OpenSSH's version as a version string gives it, major * 100 + minor; 0: it is no OpenSSH. */
uint16_t openssh_version(const char *banner);

#endif
