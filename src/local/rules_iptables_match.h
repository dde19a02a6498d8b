/* What the conditions of iptables say of a packet, in the words in which iptables-save lists them. A word that makes no
 * sense leaves its condition open.
 */
#ifndef LOCAL_RULES_IPTABLES_MATCH_H
#define LOCAL_RULES_IPTABLES_MATCH_H

#include "local/rules_packet.h"

/* "10.0.0.0/8", "10.0.0.2/255.0.0.255"; an address that is none is not known. */
enum rules_truth rules_in_network(const struct address *address, const char *network);

/* A network of one address. */
bool rules_is_one_address(const char *network);

/* "10.0.0.1-10.0.0.9" */
enum rules_truth rules_in_address_range(const struct address *address, const char *range);

/* "22", "22:30", "22,80,1000:2000"; a port of 0 is not known. */
enum rules_truth rules_in_ports(uint16_t port, const char *ports);

/* "FIN,SYN,RST,ACK" and which of them are wanted: "SYN". */
enum rules_truth rules_has_flags(uint8_t flags, const char *mask, const char *wanted);

/* "NEW,ESTABLISHED", "DNAT" */
enum rules_truth rules_in_states(const struct rules_packet *packet, const char *names);

/* "0x5/0xff" */
enum rules_truth rules_is_mark(struct rules_number mark, const char *text);

/* "tcp", "6", "all" */
enum rules_truth rules_is_protocol(const struct rules_packet *packet, const char *name);

#endif
