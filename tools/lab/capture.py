"""tcpdump on a host, and the file formats that captures are kept in."""

import os
import shutil
import signal
import struct
import subprocess
import time
from dataclasses import dataclass

import frames
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


@dataclass
class Derived(Seen):
    """A capture made from others of the run by selecting, merging or reordering whole frames, never by changing one.
    how gets {label: path} of what was seen, and a path to write."""

    how: object = None
    unchecked: bool = False

    def make(self, paths):
        target = scratch(f"derived-{self.label()}.pcap")
        self.how(paths, target)
        return target


def _editcap(*argv):
    subprocess.run(["editcap", "-F", "pcap", *argv], check=True, capture_output=True)


def before(label, wanted):
    """Ends before the first packet that `wanted` is true of."""
    def how(paths, target):
        packets = frames.read(paths[label])
        number = next(p.number for p in packets if wanted(p))
        _editcap("-r", paths[label], target, f"1-{number - 1}")
    return how


def merged(*labels):
    """What several capture points saw, in the order of time: frames seen at two of them are there twice."""
    return lambda paths, target: subprocess.run(
        ["mergecap", "-F", "pcap", "-w", target, *(paths[label] for label in labels)], check=True, capture_output=True)


def late_half_first(label):
    """Out of order: a capture's second half is written before its first."""
    def how(paths, target):
        half = len(frames.read(paths[label])) // 2
        _editcap("-r", paths[label], target + ".1", f"1-{half}")
        _editcap("-r", paths[label], target + ".2", f"{half + 1}-99999")
        subprocess.run(["mergecap", "-F", "pcap", "-a", "-w", target, target + ".2", target + ".1"], check=True)
    return how


def neighbours_swapped(label):
    """Out of order in the small: each two frames change places, as a multi-queue capture may write them."""
    def how(paths, target):
        count, pieces = len(frames.read(paths[label])), []
        for number in range(1, count + 1):
            swapped = number + 1 if number % 2 else number - 1
            pieces.append(f"{target}.{number}")
            _editcap("-r", paths[label], pieces[-1], str(min(swapped, count)))
        subprocess.run(["mergecap", "-F", "pcap", "-a", "-w", target, *pieces], check=True)
    return how


class Tcpdump:
    """A capture under way."""

    def __init__(self, network, seen, path, words):
        self.path = path
        argv = ["tcpdump", "-i", seen.interface, "-n", "-U", "--immediate-mode", "-Z", "root", "-s", str(seen.snaplen),
                "-w", path]
        if seen.interface == "any":
            argv += ["-B", "16384"]  # its frames have no size known beforehand, so few fit in a ring of the usual size
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
