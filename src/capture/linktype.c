#include <pcap/pcap.h>
#include <stddef.h>

#include <sshsniff/capture.h>

#include "linktype.h"

#define LINKTYPE_RAW 101
/* Where DLT_RAW is not this machine's value: 12 nearly everywhere, 14 on OpenBSD. */
#define DLT_RAW_ELSEWHERE 14

/* The pairs that differ; all others are the same number. https://www.tcpdump.org/linktypes.html */
static const struct {
    int linktype;
    int dlt;
} different[] = {
    {100, DLT_ATM_RFC1483}, {LINKTYPE_RAW, DLT_RAW}, {102, DLT_SLIP_BSDOS},
    {103, DLT_PPP_BSDOS},   {106, DLT_ATM_CLIP},     {246, DLT_PFSYNC},
};

#define DIFFERENT (sizeof different / sizeof different[0])

int linktype_from_dlt(int dlt)
{
    for (size_t i = 0; i < DIFFERENT; i++)
        if (different[i].dlt == dlt)
            return different[i].linktype;
    return dlt;
}

int dlt_from_linktype(int linktype)
{
    for (size_t i = 0; i < DIFFERENT; i++)
        if (different[i].linktype == linktype)
            return different[i].dlt;
    return linktype;
}

int linktype_from_file(unsigned value)
{
    return value == DLT_RAW || value == DLT_RAW_ELSEWHERE ? LINKTYPE_RAW : (int)value;
}

const char *source_linktype_name(int linktype)
{
    return linktype < 0 ? NULL : pcap_datalink_val_to_name(dlt_from_linktype(linktype));
}
