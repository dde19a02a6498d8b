#include <string.h>

#include "recognise.h"

static const struct {
    const char *magic;
    size_t size;
    const char *text;
} others[] = {
    {"\xfd"
     "7zXZ",
     5, "compressed with xz; decompress it first: xz -dc FILE | sshsniff -r -"},
    {"BZh", 3, "compressed with bzip2; decompress it first: bzip2 -dc FILE | sshsniff -r -"},
    {"\x04\x22\x4d\x18", 4, "compressed with lz4; decompress it first: lz4 -dc FILE | sshsniff -r -"},
    {"PK\x03\x04", 4, "a zip archive; unpack it first: unzip FILE"},
    {"snoop\0\0\0", 8, "a snoop capture; convert it first: editcap -F pcap FILE FILE.pcap"},
    {"GMBU", 4, "a Network Monitor capture; convert it first: editcap -F pcap FILE FILE.pcap"},
    {"RTSS", 4, "a Network Monitor capture; convert it first: editcap -F pcap FILE FILE.pcap"},
};

const char *recognise_packed(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (size >= others[i].size && memcmp(bytes, others[i].magic, others[i].size) == 0)
            return others[i].text;
    return NULL;
}

const char *recognise_other(const uint8_t *bytes, size_t size)
{
    if (size == 0)
        return "empty, not even a file header: was the capture cut off before its first bytes were written?";
    const char *packed = recognise_packed(bytes, size);
    if (packed)
        return packed;
    return "neither pcap nor pcapng; captures are made with: tcpdump -w FILE";
}
