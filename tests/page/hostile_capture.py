#!/usr/bin/env python3
"""Writes a capture whose every string wants to be markup: version strings, a looked-up name, a RST's text.

    hostile_capture.py FILE"""
import struct
import sys

CLIENT, SERVER, RESOLVER = bytes([10, 66, 0, 1]), bytes([10, 66, 0, 2]), bytes([10, 66, 0, 53])
MARKUP = b"<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>&lt;</script></style>"


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ip(source, destination, protocol, payload):
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 1, 0x4000, 64, protocol, 0, source, destination)
    return b"\2" * 12 + b"\x08\0" + head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def tcp(from_client, port, seq, ack, flags, payload=b""):
    source, destination = (CLIENT, SERVER) if from_client else (SERVER, CLIENT)
    ports = (port, 22) if from_client else (22, port)
    head = struct.pack("!HHIIBBHHH", *ports, seq, ack, 0x50, flags, 64000, 0, 0)
    pseudo = source + destination + struct.pack("!BBH", 0, 6, len(head) + len(payload))
    head = head[:16] + struct.pack("!H", checksum(pseudo + head + payload)) + head[18:]
    return ip(source, destination, 6, head + payload)


def dns(answer):
    name = b"".join(bytes([len(label)]) + label for label in (b"<b>bold</b>", b"\"onload='x'", b"example")) + b"\0"
    data = struct.pack("!HHHHHH", 7, 0x8183 if answer else 0x0100, 1, 0, 0, 0) + name + struct.pack("!HH", 1, 1)
    ports = (53, 5353 + 1) if answer else (5353 + 1, 53)
    udp = struct.pack("!HHHH", *ports, 8 + len(data), 0) + data
    return ip(*((RESOLVER, CLIENT) if answer else (CLIENT, RESOLVER)), 17, udp)


def frames():
    syn, fin, rst, ack = 2, 1, 4, 16
    for port, said in ((40001, b"SSH-2.0-" + MARKUP + b"\r\n"), (40002, MARKUP + b"\r\n"), (40003, b"HTTP/1.1 400 " + MARKUP + b"\r\n\r\n")):
        mine = b"SSH-2.0-" + MARKUP[:60] + b"\r\n"
        yield tcp(True, port, 100, 0, syn)
        yield tcp(False, port, 500, 101, syn | ack)
        yield tcp(True, port, 101, 501, ack)
        yield tcp(True, port, 101, 501, ack, mine)
        yield tcp(False, port, 501, 101 + len(mine), ack, said)
        yield tcp(False, port, 501 + len(said), 101 + len(mine), fin | ack)
        yield tcp(True, port, 101 + len(mine), 502 + len(said), fin | ack)
    yield tcp(True, 40004, 100, 0, syn)
    yield tcp(False, 40004, 0, 101, rst | ack, MARKUP[:60])
    yield dns(False)
    yield dns(True)


def main():
    with open(sys.argv[1], "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        for number, frame in enumerate(frames()):
            out.write(struct.pack("<IIII", 1795330000 + number // 10, number % 10 * 50000, len(frame), len(frame)) + frame)


main()
