"""A private machine with hosts, the program watching on one of them, and a second pair of eyes beside it."""
import json
import os
import signal
import subprocess
import threading
import time

import frames
from clients import Running, Target
from net import Network
from sandbox import WORK
from services import Syslog


class Failed(Exception):
    """A test's expectation that was not met."""


class Stage:
    """What the lab's set-ups want to know of a lab, for tests that label nothing."""

    def __init__(self, net, family):
        os.chdir(WORK)
        Syslog().start()
        self.network, self.family, self.daemons = Network(net).build(), family, {}
        self.words = {"port": 22, "family": family, "work": WORK, "ip": "ip" if family == 4 else "ip6",
                      "icmp": "icmp" if family == 4 else "icmpv6"}
        for (host, of), address in self.network.addresses.items():
            if of == family:
                self.words[host] = address

    def start(self, client, to="server"):
        return Running(self.network, client, Target(self.words.get(to, to), self.family, 22))

    def run(self, client, to="server"):
        return self.start(client, to).finish()


def wait_until(ready, what, seconds=10):
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise Failed(f"{what}: not within {seconds} s")
        time.sleep(0.02)


class Watcher:
    """The program on the client's eth0; every line that it writes is stamped as it comes."""

    def __init__(self, stage, program, *options, host="client", prefix=(), socket=True):
        self.network, self.host = stage.network, host
        self.lines = []
        before = self._packet_sockets()
        self.child = subprocess.Popen(stage.network.argv(host, [*prefix, program, *options]), stdin=subprocess.DEVNULL,
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace")
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()
        if not socket:
            return
        wait_until(lambda: self._packet_sockets() > before or self.child.poll() is not None, "the program listens")
        time.sleep(0.2)  # from the socket to its filter

    def _packet_sockets(self):
        return len(self.network.run(self.host, "cat", "/proc/net/packet").stdout.splitlines())

    def _read(self):
        for line in self.child.stdout:
            self.lines.append((time.time(), line.rstrip("\n")))

    def attempts(self):
        """(time of arrival, verdict) so far."""
        return [(when, v) for when, v in ((w, json.loads(l)) for w, l in list(self.lines)) if v["type"] == "attempt"]

    def wait_attempts(self, count, seconds=10):
        wait_until(lambda: len(self.attempts()) >= count or self.child.poll() is not None, f"verdict number {count}", seconds)
        return self.attempts()

    def wait_port(self, port, seconds=8):
        """(time of arrival, verdict) of the connection from this port of the client."""
        def mine():
            return [a for a in self.attempts() if a[1]["src_port"] == port]
        wait_until(mine, f"a verdict for port {port}", seconds)
        return mine()[0]

    def stop(self, number=signal.SIGINT):
        """Exit status and what it said on standard error."""
        if self.child.poll() is None:  # ip netns exec has become the program
            self.child.send_signal(number)
        return self.ended()

    def ended(self, seconds=5):
        try:
            status = self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            self.child.kill()
            raise Failed(f"the program still ran after {seconds} s") from None
        self.thread.join(5)
        return status, self.child.stderr.read()


class Eyes:
    """tcpdump beside the program: when did which packet come?"""

    def __init__(self, stage, host="client"):
        self.path = f"{WORK}/eyes-{time.monotonic_ns()}.pcap"
        self.child = stage.network.start(host, "tcpdump", "-i", "eth0", "-n", "-U", "--immediate-mode", "-Z", "root", "-w", self.path,
                                         stderr=subprocess.PIPE)
        self.child.stderr.readline()  # "listening on …"
        self.network = stage.network

    def packets(self):
        time.sleep(0.2)
        return frames.read(self.path)

    def close(self):
        self.network.stop(self.child)
