/* libpcap's failures in words that say what to do. */
#ifndef CAPTURE_LIVE_ERROR_H
#define CAPTURE_LIVE_ERROR_H

#include <pcap/pcap.h>

#include <sshsniff/capture.h>

/* `status` is what pcap_activate returned. Returns SOURCE_ERROR. */
enum source_result live_activation_failed(struct source *source, pcap_t *handle, int status);

#endif
