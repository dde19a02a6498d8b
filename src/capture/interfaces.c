/* This machine's interfaces and addresses. */
#include <ifaddrs.h>
#ifdef __linux__
#include <linux/if_packet.h>
#endif
#include <net/if.h>
#include <netinet/in.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <sshsniff/capture.h>

static const char *connection(bpf_u_int32 flags)
{
    switch (flags & PCAP_IF_CONNECTION_STATUS) {
    case PCAP_IF_CONNECTION_STATUS_CONNECTED:
        return (flags & PCAP_IF_WIRELESS) ? "Associated" : "Connected";
    case PCAP_IF_CONNECTION_STATUS_DISCONNECTED:
        return (flags & PCAP_IF_WIRELESS) ? "Not associated" : "Disconnected";
    case PCAP_IF_CONNECTION_STATUS_UNKNOWN:
        return (flags & PCAP_IF_WIRELESS) ? "Association status unknown" : NULL;
    default:
        return NULL; /* a loopback or a pseudo-device has no cable */
    }
}

static void print_flags(bpf_u_int32 flags)
{
    const char *const shown[] = {(flags & PCAP_IF_UP) ? "Up" : NULL, (flags & PCAP_IF_RUNNING) ? "Running" : NULL,
                                 (flags & PCAP_IF_LOOPBACK) ? "Loopback" : NULL,
                                 (flags & PCAP_IF_WIRELESS) ? "Wireless" : NULL, connection(flags)};
    const char *separator = " [";

    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++) {
        if (shown[i] == NULL)
            continue;
        printf("%s%s", separator, shown[i]);
        separator = ", ";
    }
    if (*separator == ',')
        putchar(']');
}

int source_print_interfaces(char error[SOURCE_ERROR_SIZE])
{
    char pcap_error[PCAP_ERRBUF_SIZE] = "";
    pcap_if_t *all;
    unsigned number = 1;

    if (pcap_findalldevs(&all, pcap_error) < 0) {
        snprintf(error, SOURCE_ERROR_SIZE, "interfaces: %s", pcap_error);
        return -1;
    }
    for (const pcap_if_t *one = all; one != NULL; one = one->next) {
        printf("%u.%s", number++, one->name);
        if (one->description != NULL)
            printf(" (%s)", one->description);
        print_flags(one->flags);
        putchar('\n');
    }
    pcap_freealldevs(all);
    return 0;
}

static bool address_of(const struct sockaddr *socket_address, struct address *out)
{
    if (socket_address == NULL)
        return false;
    if (socket_address->sa_family == AF_INET)
        *out = address_from_ipv4(&((const struct sockaddr_in *)(const void *)socket_address)->sin_addr);
    else if (socket_address->sa_family == AF_INET6)
        *out = address_from_ipv6(&((const struct sockaddr_in6 *)(const void *)socket_address)->sin6_addr);
    else
        return false;
    return true;
}

struct address *source_local_addresses(size_t *count)
{
    struct ifaddrs *all;
    size_t room = 0;

    *count = 0;
    if (getifaddrs(&all) < 0)
        return NULL;
    for (const struct ifaddrs *one = all; one != NULL; one = one->ifa_next)
        room++;
    struct address *out = room > 0 ? malloc(room * sizeof *out) : NULL;
    for (const struct ifaddrs *one = all; one != NULL && out != NULL; one = one->ifa_next)
        *count += address_of(one->ifa_addr, &out[*count]);
    freeifaddrs(all);
    return out;
}
