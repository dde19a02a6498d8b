#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "live_error.h"
#include "private.h"

static enum source_result no_permission(struct source *source)
{
    char program[SOURCE_ERROR_SIZE / 2];

    if (geteuid() == 0)
        return source_fail(source, "capturing needs CAP_NET_RAW, which root does not have here: start the container "
                                   "with --cap-add NET_RAW,NET_ADMIN");
    ssize_t size = readlink("/proc/self/exe", program, sizeof program - 1);
    if (size < 0)
        size = (ssize_t)strlen(strcpy(program, "sshsniff"));
    program[size] = '\0';
    return source_fail(source,
                       "capturing needs CAP_NET_RAW: run with sudo, or once: "
                       "sudo setcap cap_net_raw,cap_net_admin=eip %s",
                       program);
}

enum source_result live_activation_failed(struct source *source, pcap_t *handle, int status)
{
    switch (status) {
    case PCAP_ERROR_PERM_DENIED:
    case PCAP_ERROR_PROMISC_PERM_DENIED:
        return no_permission(source);
    case PCAP_ERROR_NO_SUCH_DEVICE:
        return source_fail(source, "there is no such interface; sshsniff -D lists those that there are");
    case PCAP_ERROR_IFACE_NOT_UP:
        return source_fail(source, "the interface is down: ip link set %s up", source->name);
    default:
        break;
    }
    const char *detail = pcap_geterr(handle);
    if (strstr(detail, strerror(EPERM)) != NULL) /* so with nflog:N */
        return no_permission(source);
    return source_fail(source, "%s", *detail == '\0' ? pcap_statustostr(status) : detail);
}
