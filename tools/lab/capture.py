"""tcpdump on a host, and the file formats that captures are kept in."""

import os
import shutil
import signal
import struct
import subprocess
import time
from dataclasses import dataclass

from net import LabError
from sandbox import WORK


@dataclass
class Seen:
    """One capture of a scenario: where it is taken and how it is kept.

    name     what is added to the scenario's name; the host, unless said
    only     a tcpdump filter; {client} and {server} stand for the addresses
    snaplen  bytes kept of each frame
    form     pcap, nano, pcapng or big-endian; pack: "", gz or zst
    cooked   LINUX_SLL instead of the default LINUX_SLL2, where the interface is any
    first, last   the marks of the story between which the capture runs (see scenario.mark)
    relabel  what the truth becomes from this place: {cause: (cause, where)}; "*" stands for every cause"""

    host: str = "client"
    interface: str = "eth0"
    name: str = None
    only: str = ""
    snaplen: int = 262144
    form: str = "pcap"
    pack: str = ""
    cooked: bool = False
    first: str = None
    last: str = None
    relabel: dict = None
    keep: bool = True
    set: str = None

    def label(self):
        return self.name or self.host


class Tcpdump:
    """A capture under way."""

    def __init__(self, network, seen, path, words):
        self.path = path
        argv = ["tcpdump", "-i", seen.interface, "-n", "-U", "--immediate-mode", "-Z", "root", "-s", str(seen.snaplen),
                "-w", path]
        if seen.cooked:
            argv += ["-y", "LINUX_SLL"]
        if seen.form == "nano":
            argv += ["--time-stamp-precision=nano"]
        if seen.only:
            argv += [seen.only.format(**words)]
        self.child = subprocess.Popen(network.argv(seen.host, argv), stdin=subprocess.DEVNULL,
                                      stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.said = []
        while True:
            line = self.child.stderr.readline()
            self.said.append(line)
            if "listening on" in line:
                break
            if not line:
                raise LabError(f"{seen.host}: tcpdump did not start: {' '.join(self.said).strip()}")

    def stop(self):
        self.child.send_signal(signal.SIGINT)
        rest = self.child.communicate(timeout=10)[1]
        for line in rest.splitlines():
            if "dropped by kernel" in line and not line.startswith("0 "):
                raise LabError(f"{self.path}: tcpdump lost packets ({line}); run the scenario again")


def _big_endian(path):
    """The same capture as a big-endian machine would have written it."""
    with open(path, "rb") as stream:
        data = stream.read()
    out = bytearray(struct.pack(">IHHiIII", *struct.unpack("<IHHiIII", data[:24])))
    at = 24
    while at < len(data):
        header = struct.unpack("<IIII", data[at:at + 16])
        out += struct.pack(">IIII", *header) + data[at + 16:at + 16 + header[2]]
        at += 16 + header[2]
    with open(path, "wb") as stream:
        stream.write(out)


def suffix(seen):
    return (".pcapng" if seen.form == "pcapng" else ".pcap") + (f".{seen.pack}" if seen.pack else "")


def finish(raw, target, seen):
    """Writes the raw capture to its place in its form."""
    if seen.form == "big-endian":
        _big_endian(raw)
    if seen.form == "pcapng":
        subprocess.run(["editcap", "-F", "pcapng", raw, raw + ".ng"], check=True)
        raw += ".ng"
    if seen.pack == "gz":
        subprocess.run(["gzip", "-9nkf", raw], check=True)
        raw += ".gz"
    if seen.pack == "zst":
        subprocess.run(["zstd", "-19qkf", raw], check=True)
        raw += ".zst"
    shutil.copyfile(raw, target)
    os.chmod(target, 0o644)


def settle(seconds=0.3):
    """Lets packets that are still on their way arrive before a capture ends."""
    time.sleep(seconds)


def scratch(name):
    return os.path.join(WORK, name)
