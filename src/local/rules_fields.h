/* The left sides of nft's matches: which field of the packet is asked for, and what is known of it. */
#ifndef LOCAL_RULES_FIELDS_H
#define LOCAL_RULES_FIELDS_H

#include "local/rules_value.h"

/* One expression of `nft -j`, or several in a "concat". */
struct rules_key rules_fields(const struct rules_packet *packet, const json_t *expression);

#endif
