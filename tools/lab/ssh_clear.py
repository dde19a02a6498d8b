"""Reads what SSH says in the clear: the version strings, the two KEXINITs and what they agree on.

Like frames.py it shares nothing with the program under test, so that both can be wrong only by themselves."""

import struct
from dataclasses import dataclass, field

KEXINIT, NEWKEYS = 20, 21
LISTS = ("kex", "hostkey", "cipher_out", "cipher_back", "mac_out", "mac_back", "compression_out", "compression_back")


@dataclass
class Side:
    """One direction of a connection, up to its NEWKEYS."""

    version: str = None
    lists: dict = field(default_factory=dict)
    messages: list = field(default_factory=list)  # numbers of the messages in the clear
    rest: int = 0  # bytes after that, which are encrypted


def stream_of(packets):
    """The bytes of one direction in their order, up to the first that is missing."""
    start = next((p.seq + 1 for p in packets if p.flags & 2), None)
    if start is None:
        return b""
    pieces, data = {}, b""
    for packet in packets:
        at = (packet.seq - start) & 0xFFFFFFFF
        if packet.payload and at < 1 << 31 and len(packet.payload) > len(pieces.get(at, b"")):
            pieces[at] = packet.payload
    for at in sorted(pieces):
        if at > len(data):
            break
        data += pieces[at][len(data) - at:]
    return data


def _lists(payload):
    at, found = 17, {}
    for name in LISTS:
        size = struct.unpack(">I", payload[at:at + 4])[0]
        found[name] = payload[at + 4:at + 4 + size].decode("latin-1").split(",")
        at += 4 + size
    return found


def read_side(packets):
    data, side = stream_of(packets), Side()
    while b"\n" in data and side.version is None:
        line, data = data.split(b"\n", 1)
        if line.startswith(b"SSH-"):
            side.version = line.rstrip(b"\r").decode("latin-1")
    while side.version and len(data) >= 6 and NEWKEYS not in side.messages:
        size = struct.unpack(">I", data[:4])[0]
        if len(data) < 4 + size or size < 2:
            break
        payload = data[5:4 + size - data[4]]
        side.messages.append(payload[0])
        if payload[0] == KEXINIT:
            side.lists = _lists(payload)
        data = data[4 + size:]
    side.rest = len(data) if NEWKEYS in side.messages else 0
    return side


def agreed(client, server):
    """What RFC 4253 section 7.1 makes of the two KEXINITs: {list: name, or None where nothing is common}."""
    if not client.lists or not server.lists:
        return {}
    chosen = {}
    for name in LISTS:
        chosen[name] = next((a for a in client.lists[name] if a in server.lists[name]), None)
    for way in ("out", "back"):
        if (chosen["cipher_" + way] or "").startswith(("chacha20", "aes128-gcm", "aes256-gcm")):
            chosen["mac_" + way] = "implicit"
    return chosen


def facts(client, server):
    """For the manifest: who spoke, and what was chosen."""
    told = {"client_version": client.version, "server_version": server.version}
    chosen = agreed(client, server)
    for name in ("kex", "hostkey", "cipher", "mac", "compression"):
        value = chosen.get(name) or chosen.get(name + "_out")
        if value:
            told[name] = value
    return {name: value for name, value in told.items() if value}
