#!/usr/bin/python3
"""The packets that test_craft.c expects, made from the RFCs (768, 791, 792, 4443, 8200, 9293) and not by the program.

    tests/probe_bytes.py > tests/probe_bytes.h

One of each kind, in the order of enum probe_kind, as test_craft.c sets them up: the place of a packet in that order is its index."""

import socket
import struct

KINDS = ("MARKED OTHER_MARK PLAIN CONTROL PING SHORT_HEADER CONTROL_SHORT BAD_SUM UDP SWEEP CONTROL_SWEEP PING_SWEEP STAMP "
         "CONTROL_STAMP FRAGMENT CONTROL_FRAGMENT FAR_FRAGMENT OTHER_PORT").split()
ADDRESSES = {4: ("10.7.1.1", "10.7.2.2"), 6: ("fd07::1", "fd07::2")}
BASE_PORT, SSH, CLOSED, OTHER, HOST_HOP, SMALL_TTL = 61500, 22, 61100, 2222, 3, 3
SWEEP_PORT = 61001
MSS = bytes.fromhex("020405b4")
TCP, UDP, ICMP, ICMP6, FRAGMENT = 6, 17, 1, 58, 44
SYN, RST = 2, 4


def checksum(data):
    data += bytes(len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total ^ 0xffff


def addresses(version):
    family = socket.AF_INET if version == 4 else socket.AF_INET6
    return b"".join(socket.inet_pton(family, text) for text in ADDRESSES[version])


def pseudo_header(version, protocol, length):
    if version == 4:
        return addresses(4) + struct.pack(">BBH", 0, protocol, length)
    return addresses(6) + struct.pack(">II", length, protocol)


def with_sum(data, at, before=b""):
    return data[:at] + struct.pack(">H", checksum(before + data)) + data[at + 2:]


def tcp(version, source, port, seq, flags, options, words=None):
    length = 20 + len(options)
    window = 64240 if flags & SYN else 0
    header = struct.pack(">HHIIBBHHH", source, port, seq, 0, (words or length // 4) << 4, flags, window, 0, 0)
    return with_sum(header + options, 16, pseudo_header(version, TCP, length))


def ip(version, tos, ttl, protocol, body, *, ident=0, fragment=0, flow=0, options=b""):
    if version == 6:
        return struct.pack(">IHBB", 6 << 28 | tos << 20 | flow, len(body), protocol, ttl) + addresses(6) + body
    length = 20 + len(options)
    header = struct.pack(">BBHHHBBH", 0x40 + length // 4, tos, length + len(body), ident, fragment, ttl, protocol, 0)
    return with_sum(header + addresses(4) + options, 10) + body


def ping(version, source, index):
    echo = struct.pack(">BBHHH", 8 if version == 4 else 128, 0, 0, source, index) + bytes(16 + index)
    return with_sum(echo, 2, b"" if version == 4 else pseudo_header(6, ICMP6, len(echo)))


def udp(version, source, index):
    datagram = struct.pack(">HHHH", source, CLOSED, 24 + index, 0) + bytes(16 + index)
    return with_sum(datagram, 6, pseudo_header(version, UDP, len(datagram)))


def segment(version, kind, source, seq):
    short = "SHORT" in kind
    port = CLOSED if kind.startswith("CONTROL") else OTHER if kind == "OTHER_PORT" else SSH
    made = tcp(version, source, port, seq, SYN, b"" if short else MSS, 4 if short else None)
    return made[:16] + bytes([made[16] ^ 0x55]) + made[17:] if kind == "BAD_SUM" else made


def fragment(version, kind, tos, source, seq, index):
    if kind == "FAR_FRAGMENT":
        place, body = 0x1fff << 3, bytes(16 + index)
    else:
        place, body = 1, segment(version, kind, source, seq)
    if version == 4:
        return ip(4, tos, 64, TCP, body, ident=source, fragment=0x2000)
    return ip(6, tos, 64, FRAGMENT, struct.pack(">BBHI", TCP, 0, place, seq) + body)


def probe(version, kind, index):
    source = BASE_PORT + index
    seq = (0x5b000000 + BASE_PORT * 977 + index * 65537) & 0xffffffff
    tos = {"OTHER_MARK": 0x58, "PLAIN": 0}.get(kind, 0x28)
    if kind.endswith("FRAGMENT"):
        return fragment(version, kind, tos, source, seq, index)
    if kind.startswith("PING"):
        protocol, body = (ICMP if version == 4 else ICMP6), ping(version, source, index)
    elif kind == "UDP":
        protocol, body = UDP, udp(version, source, index)
    else:
        protocol, body = TCP, segment(version, kind, source, seq)
    options = bytes([68, 8, 9, 16 - HOST_HOP << 4, 0, 0, 0, 0]) if "STAMP" in kind else b""
    ttl = SMALL_TTL if "SWEEP" in kind else 64
    return ip(version, tos, ttl, protocol, body, ident=0x4000 + index, fragment=0x4000,
              flow=0x10000 | index << 8 | index, options=options)


def sweep(version, flags, port):
    body = tcp(version, SWEEP_PORT, port, 0xfffe0001 * port & 0xffffffff, flags, MSS if flags & SYN else b"")
    return ip(version, 0, 64, TCP, body, ident=0x5b5b, fragment=0x4000)


def rows(version):
    absent = ("FAR_FRAGMENT",) if version == 4 else ("STAMP", "CONTROL_STAMP")
    return [(kind, probe(version, kind, index)) for index, kind in enumerate(k for k in KINDS if k not in absent)]


def literal(data):
    """As C strings of at most 96 digits a line."""
    digits = data.hex()
    return "\n".join(f'     "{digits[at:at + 96]}"' for at in range(0, len(digits), 96))


def main():
    print("/* Made by probe_bytes.py. */\n/* clang-format off */\n#ifndef TESTS_PROBE_BYTES_H\n#define TESTS_PROBE_BYTES_H\n")
    print("static const struct {\n    int version;\n    enum probe_kind kind;\n    const char *bytes;\n} probe_bytes[] = {")
    for version in (4, 6):
        for kind, data in rows(version):
            print(f"    {{{version}, ASK_{kind},\n{literal(data)}}},")
    print("};\n\nstatic const struct {\n    int version;\n    uint8_t flags;\n    uint16_t port;\n    const char *bytes;\n"
          "} sweep_bytes[] = {")
    for version in (4, 6):
        for flags, name in ((SYN, "TCP_SYN"), (RST, "TCP_RST")):
            for port in (1, 22, 65535):
                print(f"    {{{version}, {name}, {port},\n{literal(sweep(version, flags, port))}}},")
    print("};\n\n#endif")


main()
