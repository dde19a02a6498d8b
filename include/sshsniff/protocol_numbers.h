/* protocol_numbers: what names the next header, in Ethernet's numbers and in IP's (IANA's registries). */
#ifndef SSHSNIFF_PROTOCOL_NUMBERS_H
#define SSHSNIFF_PROTOCOL_NUMBERS_H

enum ethertype {
    ETHERTYPE_MIN = 0x0600, /* below, the field is a length or another numbering */
    ETHERTYPE_IPV4 = 0x0800,
    ETHERTYPE_ARP = 0x0806,
    ETHERTYPE_BRIDGING = 0x6558, /* an Ethernet frame within GRE or Geneve */
    ETHERTYPE_VLAN = 0x8100,
    ETHERTYPE_IPV6 = 0x86dd,
    ETHERTYPE_MPLS = 0x8847,
    ETHERTYPE_MPLS_MULTICAST = 0x8848,
    ETHERTYPE_PPPOE_SESSION = 0x8864,
    ETHERTYPE_SERVICE_VLAN = 0x88a8,
    ETHERTYPE_ERSPAN = 0x88be,
    ETHERTYPE_OLD_SERVICE_VLAN = 0x9100
};

enum ip_protocol {
    PROTOCOL_HOP_BY_HOP = 0,
    PROTOCOL_ICMP = 1,
    PROTOCOL_IPV4 = 4,
    PROTOCOL_TCP = 6,
    PROTOCOL_UDP = 17,
    PROTOCOL_IPV6 = 41,
    PROTOCOL_ROUTING = 43,
    PROTOCOL_FRAGMENT = 44,
    PROTOCOL_GRE = 47,
    PROTOCOL_AUTHENTICATION = 51,
    PROTOCOL_ICMPV6 = 58,
    PROTOCOL_DESTINATION_OPTIONS = 60
};

#endif
