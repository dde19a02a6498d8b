/* frame: the bytes of one captured frame, and when and where it was taken. */
#ifndef SSHSNIFF_FRAME_H
#define SSHSNIFF_FRAME_H

#include <stdint.h>

/* One captured frame. `data` is owned by the source and is valid until the next call of source_next. */
struct frame {
    const uint8_t *data;
    uint32_t caplen;    /* bytes present in data */
    uint32_t len;       /* bytes on the wire; at least caplen */
    int64_t ts_us;      /* microseconds since 1970-01-01 UTC */
    uint64_t number;    /* counted from 1 in its own file, as Wireshark counts */
    int linktype;       /* LINKTYPE_ value of https://www.tcpdump.org/linktypes.html (pcap files' own numbers) */
    uint32_t interface; /* pcapng interface id; 0 for pcap files and live capture (cooked v2 carries its own) */
};

#endif
