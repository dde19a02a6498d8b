#!/usr/bin/env python3
"""Writes a capture of many failed logins: attempts of pcaps/, each again and again, from clients and ports of its own.

    many_attempts.py COUNT >FILE"""
import os
import struct
import sys

HERE = os.path.dirname(os.path.realpath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(HERE))
import capture_file

# Of twenty attempts so many are like the last one of each capture.
MIX = (("kernel-rst-sshd-stopped-v4", 9), ("silent-drop-router1-forward-v4", 6), ("firewall-rst-router1-forward-v4", 4), ("login-wrong-password-v4", 1))
RECORD, ETHERNET, TCP = 16, 14, 6
STEP_US = 36000  # between one attempt and the next: 100,000 in an hour
CLIENTS = 200


def segments(name):
    """Time in microseconds and bytes of each IPv4 segment of the last attempt, and the client's port."""
    _, order, _, frames = capture_file.read(os.path.join(TOP, "pcaps", name + ".pcap"))
    found = []
    for frame in frames:
        seconds, micros = struct.unpack_from(order + "II", frame)
        data = frame[RECORD:]
        if data[12:14] == b"\x08\0" and data[ETHERNET + 9] == TCP:
            found.append((seconds * 1000000 + micros, data))
    port = [ports(data)[0] for _, data in found if ports(data)[1] == 22][-1]
    return [(when, data) for when, data in found if port in ports(data)], port


def ports(data):
    return struct.unpack_from("!HH", data, ETHERNET + (data[ETHERNET] & 15) * 4)


def exchange(data, at, new, sums):
    """Two bytes, and the checksums that they are in (RFC 1624)."""
    old = data[at] << 8 | data[at + 1]
    data[at:at + 2] = new.to_bytes(2, "big")
    for place in sums:
        total = (~(data[place] << 8 | data[place + 1]) & 0xFFFF) + (~old & 0xFFFF) + new
        total = (total & 0xFFFF) + (total >> 16)
        total = (total & 0xFFFF) + (total >> 16)
        data[place:place + 2] = (~total & 0xFFFF).to_bytes(2, "big")


def again(data, port, number):
    """The same segment of another client."""
    data = bytearray(data)
    tcp = ETHERNET + (data[ETHERNET] & 15) * 4
    from_client = ports(data)[0] == port
    address = ETHERNET + (12 if from_client else 16)
    exchange(data, address + 2, 5 << 8 | 1 + number % CLIENTS, (ETHERNET + 10, tcp + 16))
    exchange(data, tcp + (0 if from_client else 2), 1024 + number // CLIENTS % 60000, (tcp + 16,))
    return bytes(data)


def main():
    kinds = [segments(name) for name, share in MIX for _ in range(share)]
    frames = []
    for number in range(int(sys.argv[1])):
        found, port = kinds[number * 7 % len(kinds)]
        for when, data in found:
            frames.append((1795330000000000 + number * STEP_US + when - found[0][0], again(data, port, number)))
    frames.sort(key=lambda frame: frame[0])
    out = sys.stdout.buffer
    out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
    for when, data in frames:
        out.write(struct.pack("<IIII", when // 1000000, when % 1000000, len(data), len(data)) + data)


main()
