"""--confirm sends packets to whom this machine called, and to nobody to whom it seems to have called: frames that came in can have any
source, its own MAC address too."""
import json
import signal
import socket
import struct
import subprocess
import sys
import time

from modes import PROGRAM
from net import LAB

STRANGER, STRANGERS_MAC = "10.7.1.99", "02:00:00:00:00:99"
SENDER = """
import json, socket, sys
raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
raw.bind(("eth0", 0))
for frame in json.load(sys.stdin):
    raw.send(bytes.fromhex(frame))
"""


def need(good, what):
    if not good:
        raise AssertionError(what)


def checksum(data):
    total = sum(struct.unpack(f"!{(len(data) + 1) // 2}H", data + bytes(len(data) % 2)))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def segment(macs, addresses, ports, numbers, flags, options=b""):
    """A frame: (source, destination) of each pair, (sequence, acknowledgement)."""
    ends = b"".join(map(socket.inet_aton, addresses))
    size = 20 + len(options)
    tcp = struct.pack("!HHIIBBHHH", *ports, *numbers, size // 4 << 4, flags, 64240 if flags == 2 else 0, 0, 0) + options
    tcp = tcp[:16] + struct.pack("!H", checksum(ends + struct.pack("!HH", 6, size) + tcp)) + tcp[18:]
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + size, 0x1234 if flags == 2 else 0, 0x4000, 64, 6, 0) + ends
    ip = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
    return b"".join(bytes.fromhex(mac.replace(":", "")) for mac in reversed(macs)) + b"\x08\x00" + ip + tcp


def mac_of(stage, host):
    return stage.network.run(host, "cat", "/sys/class/net/eth0/address").stdout.strip()


class Watched:
    """The program with --confirm on the client, and all that leaves the client for the stranger."""

    def __init__(self, stage, *options):
        self.stage = stage
        self.seen = subprocess.Popen(stage.network.argv("client", ["tcpdump", "-Q", "out", "-i", "eth0", "-ln", "host", STRANGER]),
                                     stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.child = subprocess.Popen(stage.network.argv("client", [PROGRAM, "--json", "-n", "--confirm", "--heartbeat", "0", *options]),
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        time.sleep(1.5)

    def forge(self, *frames):
        self.stage.network.run("server", sys.executable, "-c", SENDER, input=json.dumps([frame.hex() for frame in frames]))

    def end(self):
        """(verdicts, lines of what left)"""
        time.sleep(2)
        self.child.send_signal(signal.SIGINT)
        out, said = self.child.communicate(timeout=30)
        need(self.child.returncode == 0, f"exit {self.child.returncode}: {said}")
        self.seen.send_signal(signal.SIGINT)
        return [json.loads(line) for line in out.splitlines()], self.seen.communicate(timeout=10)[0].splitlines()


def two_frames(stage, source_mac, port):
    """A SYN as if this machine had called a stranger, and the RST that it got."""
    client, own = stage.words["client"], mac_of(stage, "client")
    options = bytes.fromhex("020405b40402080a0102030400000000010303 07".replace(" ", ""))
    syn = segment((source_mac, own), (client, STRANGER), (port, 22), (1000 * port, 0), 2, options)
    rst = segment((STRANGERS_MAC, own), (STRANGER, client), (22, port), (0, 1000 * port + 1), 20)
    return syn, rst


def not_aimed_at_others(stage):
    """Whatever source the forged SYN has, and whatever is captured: no packet leaves for the stranger."""
    own = mac_of(stage, "client")
    sources = {"another's": "02:00:00:00:00:77", "this machine's own": own, "the loopback interface's": "00:00:00:00:00:00",
               "everybody's": "ff:ff:ff:ff:ff:ff"}
    stage.network.ip("client", "neigh", "replace", STRANGER, "lladdr", STRANGERS_MAC, "dev", "eth0")
    for interface in ("eth0", "any"):
        watched = Watched(stage, "-i", interface)
        for number, mac in enumerate(sources.values()):
            watched.forge(*two_frames(stage, mac, 41000 + number))
        rows, left = watched.end()
        need(sum(row["type"] == "attempt" for row in rows) >= 1, f"{interface}: the forged frames were not seen: {rows}")
        need(not [row for row in rows if row["type"] == "probe"], f"{interface}: a probe: {rows}")
        need(not [line for line in left if "22:" in line or " > " in line and f"{STRANGER}." in line.split(" > ")[1]], f"{interface}: sent {left[:3]}")


def still_aimed_at_its_own(stage):
    """The same RST for a SYN that this machine sent: the target is probed."""
    stage.network.ip("client", "neigh", "replace", STRANGER, "lladdr", STRANGERS_MAC, "dev", "eth0")
    own = mac_of(stage, "client")
    for interface in ("eth0", "any"):
        watched = Watched(stage, "-i", interface)
        knock = subprocess.Popen(stage.network.argv("client", [sys.executable, LAB + "/knock.py", STRANGER, "22", "--from-port", "42000", "--timeout", "5"]),
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline, sequence = time.monotonic() + 5, None
        while sequence is None and time.monotonic() < deadline:
            words = watched.seen.stdout.readline().replace(",", "").split()
            sequence = int(words[words.index("seq") + 1]) if "seq" in words else None
        watched.forge(segment((STRANGERS_MAC, own), (STRANGER, stage.words["client"]), (22, 42000), (0, (sequence + 1) & 0xffffffff), 20))
        time.sleep(10)
        rows, left = watched.end()
        knock.wait(10)
        need([row for row in rows if row["type"] == "probe"] and len(left) > 3, f"{interface}: no probe: {rows}")


def tests(stage):
    for test in (not_aimed_at_others, still_aimed_at_its_own):
        yield "--confirm is " + test.__name__.replace("_", " "), lambda test=test: test(stage)
