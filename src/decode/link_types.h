/* The link types that are read, in one table: a new one is a line here and the file that decodes it.
 *
 * Number, as of https://www.tcpdump.org/linktypes.html; name for a reader; what decodes it. Rows of one name stand
 * together: they are named once. */
#ifndef DECODE_LINK_TYPES_H
#define DECODE_LINK_TYPES_H

#include <sshsniff/header_fields.h>

#include "layers.h"

/* clang-format off */
#define LINK_TYPES(row)                                                                                                \
    row(1, "Ethernet", ethernet_decode)                                                                                \
    row(113, "Linux cooked", cooked_decode)                                                                            \
    row(276, "Linux cooked", cooked2_decode)                                                                           \
    row(101, "raw IP", ip_decode)                                                                                      \
    row(12, "raw IP", ip_decode) /* as the BSDs number it; found in files that were not written by libpcap */          \
    row(14, "raw IP", ip_decode)                                                                                       \
    row(228, "raw IP", ipv4_decode)                                                                                    \
    row(229, "raw IP", ipv6_decode)                                                                                    \
    row(0, "loopback", loopback_decode)                                                                                \
    row(108, "loopback", loopback_decode)                                                                              \
    row(9, "PPP", ppp_decode)                                                                                          \
    row(50, "PPP", ppp_hdlc_decode)                                                                                    \
    row(51, "PPPoE", pppoe_decode)                                                                                     \
    row(104, "Cisco HDLC", cisco_hdlc_decode)                                                                          \
    row(239, "NFLOG", nflog_decode)                                                                                    \
    row(105, "802.11", wlan_decode)                                                                                    \
    row(127, "802.11", wlan_radiotap_decode)                                                                           \
    row(LINKTYPE_OF_TEXT, "pasted text", text_decode)                                                                  \
    row(119, "802.11", wlan_avs_decode) /* Prism's header, or AVS's in its place */                                    \
    row(163, "802.11", wlan_avs_decode)
/* clang-format on */

#define DECLARE_DECODER(number, name, decode) layer_decoder decode;
LINK_TYPES(DECLARE_DECODER)
#undef DECLARE_DECODER

#endif
