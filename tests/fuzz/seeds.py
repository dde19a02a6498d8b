"""Seeds for the harnesses: a folder for each kind, made from pcaps/ and tests/captures/ and the committed corpus."""
import gzip
import os
import re
import shutil
import struct
import sys

import seeds_made

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
import capture_file  # noqa: E402  (a neighbour, found by the line above)

SMALL = 24_000  # bytes: libFuzzer is slow on large inputs
with open("src/decode/link_types.h", encoding="utf-8") as table:  # harnesses take an index into it
    LINKTYPES = [int(number) for number in re.findall(r"row\((\d+),", table.read())]
PAUSES = (10, 300, 20000, 200000, 1000000, 3000000, 16000000, 130000000)  # of fuzz_frames.c, microseconds


def frames(path):
    """(link type, microseconds, bytes) of each frame of a plain pcap file; nothing of any other."""
    whole = capture_file.read(path)
    if whole is None:
        return
    _, order, linktype, records = whole
    for record in records:
        seconds, fraction = struct.unpack_from(order + "II", record)
        yield linktype, seconds * 1_000_000 + fraction, record[capture_file.RECORD_HEADER:]


class Folder:
    """Where seeds are written: root/KIND/NAME."""
    def __init__(self, root):
        self.root = root

    def write(self, kind, name, data):
        os.makedirs(os.path.join(self.root, kind), exist_ok=True)
        with open(os.path.join(self.root, kind, name), "wb") as file:
            file.write(data)


def payload(frame):
    """TCP payload of an Ethernet frame with plain IPv4 or IPv6."""
    at = {b"\x08\x00": 34, b"\x86\xdd": 54}.get(frame[12:14])
    return frame[at + (frame[at + 12] >> 4) * 4:] if at and len(frame) > at + 20 else b""


def record(linktype, flag, frame):
    """One frame of fuzz_decode.c and fuzz_frames.c."""
    return bytes([LINKTYPES.index(linktype), flag]) + struct.pack(">H", len(frame)) + frame


def pause(microseconds):
    """The longest of fuzz_frames.c that is no longer."""
    return max((i for i, known in enumerate(PAUSES) if known <= microseconds), default=0)


def piece(read, most):
    """The frames of a capture as fuzz_frames.c takes them, up to so many bytes."""
    joined, before = b"", read[0][1]
    for linktype, moment, frame in read:
        if linktype in LINKTYPES and len(joined) + len(frame) < most:
            joined += record(linktype, pause(moment - before), frame)
            before = moment
    return joined


def of_capture(folder, name, path, number):
    """A few frames of each capture, and each kind of speech once."""
    if os.path.getsize(path) < SMALL:
        with open(path, "rb") as file:
            folder.write("source", name, file.read())
    read = list(frames(path))
    if not read:
        return
    joined = piece(read[:12], 4096)
    if joined:
        folder.write("decode", name, joined)
        folder.write("frames", name, bytes([(3, 2, 0x13, 0x12, 0x23, 0x47)[number % 6]]) + piece(read, SMALL // 2))
    for linktype, _, frame in read[:12]:
        said = payload(frame) if linktype == 1 else b""
        if said:
            folder.write("ssh", f"{said[:8].hex()}-{len(said) // 64}", said)
        if said[:1] == b"\0" and len(said) > 6:  # also as the bare payload of a packet
            folder.write("ssh", f"payload-{said[5]}-{len(said) // 64}", said[6:])


def made(folder):
    """What no capture of the tree holds: other link types, tunnels and files, and the steps of harnesses."""
    kinds = [(linktype, frame) for linktype, frame in seeds_made.links() if linktype in LINKTYPES]
    for cut in (1, 2 / 3):
        parts = [record(linktype, int(cut < 1), frame[:int(len(frame) * cut)]) for linktype, frame in kinds]
        for number in range(0, len(parts), 8):
            folder.write("decode", f"made-{number}-{cut:.1f}", b"".join(parts[number:number + 8]))
    folder.write("frames", "made-links", b"\x02" + b"".join(record(*kind[:1], 0, kind[1]) for kind in kinds))
    folder.write("decode", "made-fragments", b"".join(record(101, 0, part) for part in seeds_made.fragments()))
    for name, data in seeds_made.files():
        if len(data) < SMALL:
            folder.write("source", name, data)
        folder.write("source", name + ".gz", gzip.compress(data, mtime=0))
    for kind, name, data in seeds_made.steps():
        folder.write(kind, name, data)


def make_seeds(root):
    """Makes the folder anew, with a folder of seeds for each kind of harness."""
    folder = Folder(root)
    shutil.rmtree(folder.root, ignore_errors=True)
    shutil.copytree("tests/fuzz/corpus", folder.root)
    paths = sorted(os.path.join(f, n) for f in ("pcaps", "tests/captures") for n in os.listdir(f) if ".pcap" in n)
    for number, path in enumerate(paths):
        of_capture(folder, os.path.basename(path), path, number)
    made(folder)
    return root
