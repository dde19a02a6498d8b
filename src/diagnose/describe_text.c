/* What a pasted text does not tell, of what rows of evidence read, and the command that keeps all of it. */
#include <stdio.h>

#include "evidence.h"

static const struct {
    uint32_t field;
    const char *name;
} fields[] = {
    {FIELD_FLAGS, "flags"},       {FIELD_TIME, "times"},
    {FIELD_TTL, "TTL"},           {FIELD_TOS, "TOS"},
    {FIELD_IP_ID, "IP ID"},       {FIELD_DF, "DF"},
    {FIELD_LABEL, "flow label"},  {FIELD_WINDOW, "window"},
    {FIELD_OPTIONS, "options"},   {FIELD_SEQ, "sequence numbers"},
    {FIELD_MAC, "MAC addresses"}, {FIELD_PAYLOAD, "what was said"},
};

void describe_text(const struct view *v, struct verdict *out)
{
    const double sure = 0.9;
    size_t at = 0, size = sizeof out->text_lacks;
    if (!lacks(v, FIELD_OF_TEXT) || v->attempt->lookup || (out->cause != CAUSE_UNDETERMINED && out->confidence >= sure))
        return;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (lacks(v, fields[i].field) && at + 1 < size)
            at += (size_t)snprintf(out->text_lacks + at, size - at, "%s%s", at ? ", " : "", fields[i].name);
    if (at == 0 || at >= size)
        return;
    snprintf(out->text_lacks + at, size - at,
             "; all of it is in a capture: sudo tcpdump -nnvv -s 0 -w ssh.pcap 'tcp port %u or icmp or icmp6 or arp'",
             v->attempt->key.server_port);
}
