#!/usr/bin/python3
"""Announces an address as a kernel does when an interface comes up: gratuitous ARP (RFC 5227 section 3), or an
unsolicited neighbour advertisement (RFC 4861 section 7.2.6).

    announce.py INTERFACE ADDRESS [TIMES]"""

import ipaddress
import socket
import struct
import sys
import time


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def arp(mac, address):
    return (b"\xff" * 6 + mac + b"\x08\x06" + struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1) + mac + address.packed
            + b"\0" * 6 + address.packed)


def advertisement(mac, address):
    group = ipaddress.ip_address("ff02::1").packed
    override = 0x20000000
    body = struct.pack("!BBHI", 136, 0, 0, override) + address.packed + b"\x02\x01" + mac
    pseudo = address.packed + group + struct.pack("!II", len(body), 58)
    body = body[:2] + struct.pack("!H", checksum(pseudo + body)) + body[4:]
    header = struct.pack("!IHBB", 6 << 28, len(body), 58, 255)
    return b"\x33\x33\0\0\0\x01" + mac + b"\x86\xdd" + header + address.packed + group + body


def main():
    interface, address = sys.argv[1], ipaddress.ip_address(sys.argv[2])
    times = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    raw.bind((interface, 0))
    mac = raw.getsockname()[4]
    for turn in range(times):
        time.sleep(0.2 if turn else 0)
        raw.send((arp if address.version == 4 else advertisement)(mac, address))


if __name__ == "__main__":
    main()
