/* The pcap file format, draft-ietf-opsawg-pcap. */
#ifndef CAPTURE_PCAP_READER_H
#define CAPTURE_PCAP_READER_H

struct source_kind;

extern const struct source_kind pcap_kind;

#endif
