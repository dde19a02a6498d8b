/* libpcap's failures in words that say what to do. */
#ifndef SOURCE_LIVE_ERROR_H
#define SOURCE_LIVE_ERROR_H

#include <pcap/pcap.h>

#include <sshsniff/source.h>

/* `status` is what pcap_activate returned. Returns SOURCE_ERROR. */
enum source_result live_activation_failed(struct source *source, pcap_t *handle, int status);

#endif
