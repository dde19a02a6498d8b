"""Reads captures: just enough of the link, IP, TCP and ICMP headers to find attempts and check labels.

It stands apart from the program under test on purpose: labels are checked by other eyes."""

import gzip
import socket
import struct
import subprocess
from dataclasses import dataclass, field

ETHERNET, RAW, COOKED, COOKED2 = 1, 101, 113, 276
VXLAN = 4789
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16


@dataclass
class Packet:
    number: int
    time: float
    kind: str = "other"  # tcp, icmp (with its quote in `quoted`), arp, udp, other
    family: int = 0
    src: str = ""
    dst: str = ""
    sport: int = 0
    dport: int = 0
    tos: int = 0
    ttl: int = 0
    ip_id: int = 0
    dont_fragment: bool = False
    flow_label: int = 0
    seq: int = 0
    ack: int = 0
    flags: int = 0
    window: int = 0
    options: bytes = b""
    payload: bytes = b""
    payload_length: int = 0
    icmp: tuple = ()
    quoted: object = None
    flow: tuple = field(default=())

    def __post_init__(self):
        self.flow = (self.src, self.sport, self.dst, self.dport)


def _bytes_of(path):
    if path.endswith(".gz"):
        with gzip.open(path) as stream:
            return stream.read()
    if path.endswith(".zst"):
        return subprocess.run(["zstd", "-dqc", path], check=True, capture_output=True).stdout
    with open(path, "rb") as stream:
        return stream.read()


def _pcap_records(data):
    order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    magic = struct.unpack(order + "I", data[:4])[0]
    unit = 1e9 if magic == 0xA1B23C4D else 1e6
    link = struct.unpack(order + "I", data[20:24])[0] & 0xFFFF
    at = 24
    while at + 16 <= len(data):
        seconds, fraction, caught, _ = struct.unpack(order + "IIII", data[at:at + 16])
        yield seconds + fraction / unit, link, data[at + 16:at + 16 + caught]
        at += 16 + caught


def _resolution(options, order):
    at = 0
    while at + 4 <= len(options):
        code, size = struct.unpack(order + "HH", options[at:at + 4])
        if code == 9:
            value = options[at + 4]
            return 2.0 ** (value & 127) if value & 128 else 10.0 ** value
        if code == 0:
            break
        at += 4 + (size + 3) // 4 * 4
    return 1e6


def _pcapng_records(data):
    at, order, interfaces = 0, "<", []
    while at + 12 <= len(data):
        if data[at:at + 4] == b"\x0a\x0d\x0d\x0a":
            order = "<" if data[at + 8:at + 12] == b"\x4d\x3c\x2b\x1a" else ">"
            interfaces = []
        kind, size = struct.unpack(order + "II", data[at:at + 8])
        body = data[at + 8:at + size - 4]
        if kind == 1:
            interfaces.append((struct.unpack(order + "H", body[:2])[0], _resolution(body[8:], order)))
        elif kind == 6:
            number, high, low, caught = struct.unpack(order + "IIII", body[:16])
            link, unit = interfaces[number]
            yield ((high << 32) | low) / unit, link, body[20:20 + caught]
        at += size


def _ip_of(link, frame):
    """The EtherType and what follows the link header."""
    if link == ETHERNET:
        return struct.unpack(">H", frame[12:14])[0], frame[14:]
    if link == COOKED:
        return struct.unpack(">H", frame[14:16])[0], frame[16:]
    if link == COOKED2:
        return struct.unpack(">H", frame[0:2])[0], frame[20:]
    if link == RAW:
        return (0x0800 if frame[0] >> 4 == 4 else 0x86DD), frame
    raise ValueError(f"link type {link} is not known here")


def _tcp(common, data, size):
    if len(data) < 4:
        return Packet(kind="other", **common)
    sport, dport = struct.unpack(">HH", data[:4])
    data_seen = len(data)
    data = data.ljust(20, b"\0")  # a short quote, or a capture that keeps only the beginning of each frame
    seq, ack, offset, flags, window = struct.unpack(">IIBBH", data[4:16])
    if data_seen < 14:
        return Packet(kind="tcp", sport=sport, dport=dport, seq=seq, **common)
    header = (offset >> 4) * 4
    return Packet(kind="tcp", sport=sport, dport=dport, seq=seq, ack=ack, flags=flags & 63, window=window,
                  options=data[20:header], payload=data[header:size], payload_length=max(0, size - header), **common)


def _transport(common, protocol, data, size):
    if protocol == socket.IPPROTO_TCP:
        return _tcp(common, data, size)
    if protocol == 17 and len(data) >= 8:
        sport, dport = struct.unpack(">HH", data[:4])
        if dport == VXLAN and len(data) > 50:
            return _packet(common["number"], common["time"], ETHERNET, data[16:])
        return Packet(kind="udp", sport=sport, dport=dport, payload=data[8:], **common)
    if protocol in (1, 58) and len(data) >= 8:
        error = data[0] in (3, 11) if protocol == 1 else data[0] < 128
        quoted = _ip(common["number"], common["time"], data[8:]) if error and len(data) > 28 else None
        return Packet(kind="icmp", icmp=(data[0], data[1]), quoted=quoted, payload=data[8:], **common)
    return Packet(kind="other", **common)


def _ip(number, time, data):
    if data[0] >> 4 == 4 and len(data) >= 20:
        header, size = (data[0] & 15) * 4, struct.unpack(">H", data[2:4])[0]
        flags = struct.unpack(">H", data[6:8])[0]
        common = dict(number=number, time=time, family=4, src=socket.inet_ntop(socket.AF_INET, data[12:16]),
                      dst=socket.inet_ntop(socket.AF_INET, data[16:20]), tos=data[1], ttl=data[8],
                      ip_id=struct.unpack(">H", data[4:6])[0], dont_fragment=bool(flags & 0x4000))
        return _transport(common, data[9], data[header:], size - header)
    if data[0] >> 4 == 6 and len(data) >= 40:
        first = struct.unpack(">I", data[:4])[0]
        size, protocol, at = struct.unpack(">H", data[4:6])[0], data[6], 40
        if protocol == 0 and len(data) > 48:  # hop-by-hop, as multicast listener reports carry
            protocol, at = data[40], 48 + data[41] * 8
        common = dict(number=number, time=time, family=6, src=socket.inet_ntop(socket.AF_INET6, data[8:24]),
                      dst=socket.inet_ntop(socket.AF_INET6, data[24:40]), tos=first >> 20 & 255, ttl=data[7],
                      flow_label=first & 0xFFFFF)
        return _transport(common, protocol, data[at:], size - (at - 40))
    return Packet(number=number, time=time)


def _packet(number, time, link, frame):
    kind, data = _ip_of(link, frame)
    if kind == 0x0806 and len(data) >= 28:
        return Packet(number, time, kind="arp", family=4, src=socket.inet_ntop(socket.AF_INET, data[14:18]),
                      dst=socket.inet_ntop(socket.AF_INET, data[24:28]), icmp=(struct.unpack(">H", data[6:8])[0], 0))
    if kind in (0x0800, 0x86DD) and len(data) >= 20:
        return _ip(number, time, data)
    return Packet(number, time)


def read(path):
    """Every packet of a capture, in the order of the file."""
    data = _bytes_of(path)
    records = _pcapng_records(data) if data[:4] == b"\x0a\x0d\x0d\x0a" else _pcap_records(data)
    return [_packet(number, time, link, frame) for number, (time, link, frame) in enumerate(records, 1)]
