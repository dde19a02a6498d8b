#include "rule_prefixes.h"

#include <string.h>

void rule_prefix_note(struct rule_prefixes *prefixes, struct attempt *attempt, const struct packet *packet)
{
    if (packet->nflog_prefix_len == 0 || attempt->nflog_prefix)
        return;
    char text[NFLOG_PREFIX_SIZE] = "";
    const size_t length = packet->nflog_prefix_len;
    memcpy(text, packet->nflog_prefix, length < sizeof text ? length : sizeof text - 1);
    for (unsigned i = 0; i < prefixes->count && !attempt->nflog_prefix; i++)
        if (strcmp(prefixes->text[i], text) == 0)
            attempt->nflog_prefix = prefixes->text[i];
    if (attempt->nflog_prefix || prefixes->count == RULE_PREFIXES)
        return;
    attempt->nflog_prefix = memcpy(prefixes->text[prefixes->count++], text, sizeof text);
}
