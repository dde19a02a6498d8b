"""Hosts and the links between them: client, up to two routers, server; IPv4 and IPv6 side by side.

        client -- [router1] -- [router2] -- server

Link number i, counted from the client, is 10.7.i.0/24 and fd07:0:0:i::/64. Towards the client an interface is eth0,
towards the server eth1; the client and the server have only eth0."""

import os
import subprocess
import time
from dataclasses import dataclass, field

from sandbox import WORK

LAB = os.path.dirname(os.path.abspath(__file__))
TOOLS = os.environ.get("LAB_TOOLS", os.path.join(LAB, "..", "..", "build", "tools"))


class LabError(Exception):
    """One line: what, where, what to do."""


def tool(name):
    path = os.path.join(TOOLS, name)
    if not os.access(path, os.X_OK):
        raise LabError(f"{path}: not built; run make tools, or set LAB_TOOLS to its folder")
    return path


@dataclass
class Net:
    """A topology. delay: one-way milliseconds, one number for the last link or a tuple for each link from the client.
    offload: hosts whose interface completes checksums, so that a capture there shows them partial; all others write them
    whole, as seen on a real wire. lan: the client's link is a hub, with a third host `other` on it."""

    routers: int = 0
    delay: object = 0
    jitter: float = 0
    offload: tuple = ()
    lan: bool = False
    prefix4: str = "10.7"
    prefix6: str = "fd07:0:0"
    hosts: list = field(init=False)

    def __post_init__(self):
        self.hosts = ["client"] + [f"router{i + 1}" for i in range(self.routers)] + ["server"]

    def delays(self):
        if isinstance(self.delay, tuple):
            return self.delay + (0,) * (self.routers + 1 - len(self.delay))
        return (0,) * self.routers + (self.delay,)


class Network:
    """The topology built, and commands run on its hosts."""

    def __init__(self, net):
        self.net = net
        self.children = []
        self.addresses = {}  # (host, family) -> the address by which others know it

    # Running things.

    def argv(self, host, argv):
        return ["ip", "netns", "exec", host] + list(argv)

    def run(self, host, *argv, check=True, **options):
        """A command on a host, waited for."""
        options.setdefault("capture_output", True)
        options.setdefault("text", True)
        done = subprocess.run(self.argv(host, argv), **options)
        if check and done.returncode != 0:
            raise LabError(f"{host}: {' '.join(argv)}: exit {done.returncode}: {(done.stderr or '').strip()[:300]}")
        return done

    def start(self, host, *argv, **options):
        """A command on a host, left running until the machine is gone."""
        options.setdefault("stdin", subprocess.DEVNULL)
        options.setdefault("stdout", subprocess.DEVNULL)
        options.setdefault("stderr", subprocess.DEVNULL)
        child = subprocess.Popen(self.argv(host, argv), **options)
        self.children.append(child)
        return child

    def stop(self, child, seconds=5):
        if child.poll() is None:
            child.terminate()
        try:
            child.wait(seconds)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()

    def sysctl(self, host, **values):
        """sysctl(host, net__ipv4__ip_forward=1)"""
        for name, value in values.items():
            self.run(host, "sysctl", "-q", "-w", f"{name.replace('__', '.')}={value}")

    def ip(self, host, *argv, **options):
        return self.run(host, "ip", *argv, **options)

    def wait_listening(self, host, port, seconds=10, udp=False):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.run(host, "ss", "-Hlnu" if udp else "-Hlnt", f"sport = :{port}").stdout.strip():
                return
            time.sleep(0.05)
        raise LabError(f"{host}: nothing listens on port {port} after {seconds} s; see the service's log in {WORK}")

    # Building.

    def address(self, host, family):
        return self.addresses[host, family]

    def build(self):
        for host in self.net.hosts + (["other", "switch"] if self.net.lan else []):
            self._add_host(host)
        for number, delay in enumerate(self.net.delays(), 1):
            self._add_link(number, self.net.hosts[number - 1], self.net.hosts[number], delay)
        if self.net.lan:
            self._add_other()
        self._route()
        self._name()
        self._wait_for_links()
        return self

    def _add_host(self, host):
        subprocess.run(["ip", "netns", "add", host], check=True)
        self.ip(host, "link", "set", "lo", "up")
        self.sysctl(host, net__ipv6__conf__all__accept_dad=0, net__ipv6__conf__default__accept_dad=0,
                    net__ipv6__conf__default__accept_ra=0)
        if host.startswith("router"):
            self.sysctl(host, net__ipv4__ip_forward=1, net__ipv6__conf__all__forwarding=1)

    def _veth(self, host_a, name_a, host_b, name_b):
        self.ip(host_a, "link", "add", name_a, "type", "veth", "peer", "name", name_b, "netns", host_b)
        for host, name in ((host_a, name_a), (host_b, name_b)):
            keep = host in self.net.offload or host == "switch" or host.startswith("wire")
            # Segments larger than the wire's would show in captures, and a delayer cannot carry them.
            features = ["tso", "off", "gso", "off", "gro", "off"] + ([] if keep else ["tx", "off"])
            self.run(host, "ethtool", "-K", name, *features)
            self.ip(host, "link", "set", name, "up")

    def _add_link(self, number, near, far, delay):
        near_if = "eth0" if near == "client" else "eth1"
        near_end, near_name = (near, near_if)
        if self.net.lan and number == 1:
            self._add_switch(near)
            near_end, near_name = "switch", "port2"
        if delay or self.net.jitter and far == "server":
            wire = f"wire{number}"
            self._add_host(wire)
            self._veth(near_end, near_name, wire, "near")
            self._veth(far, "eth0", wire, "far")
            self._start_wire(wire, delay)
        else:
            self._veth(near_end, near_name, far, "eth0")
        if near_end == "switch":
            self.ip("switch", "link", "set", near_name, "master", "br0")
        self._number(number, 1, near, near_if)
        self._number(number, 2, far, "eth0")

    def _start_wire(self, wire, delay):
        for name in ("near", "far"):
            self.sysctl(wire, **{f"net__ipv6__conf__{name}__disable_ipv6": 1})
            self.ip(wire, "link", "set", name, "promisc", "on")
        child = self.start(wire, tool("delayer"), "near", "far", str(delay), str(self.net.jitter),
                           stdout=subprocess.PIPE)
        if child.stdout.readline() != b"ready\n":
            raise LabError(f"{wire}: delayer did not start; run it by hand with lab shell")

    def _add_switch(self, near):
        self.ip("switch", "link", "add", "br0", "type", "bridge", "ageing_time", "0", "mcast_snooping", "0")
        self.ip("switch", "link", "set", "br0", "up")
        self._veth(near, "eth0", "switch", "port1")
        self._veth("other", "eth0", "switch", "port3")
        for port in ("port1", "port3"):
            self.ip("switch", "link", "set", port, "master", "br0")

    def _add_other(self):
        self._number(1, 3, "other", "eth0")

    def link_address(self, number, end, family):
        if family == 4:
            return f"{self.net.prefix4}.{number}.{end}"
        return f"{self.net.prefix6}:{number}::{end:x}"

    def link_network(self, number, family):
        return f"{self.net.prefix4}.{number}.0/24" if family == 4 else f"{self.net.prefix6}:{number}::/64"

    def _number(self, number, end, host, interface):
        for family, length in ((4, 24), (6, 64)):
            address = self.link_address(number, end, family)
            self.ip(host, f"-{family}", "addr", "add", f"{address}/{length}", "dev", interface,
                    *(["nodad"] if family == 6 else []))
            self.addresses[host, family] = address

    def _route(self):
        """Default routes both ways from the ends; between two routers, the far network of each."""
        if self.net.routers == 0:
            return
        last = self.net.routers + 1
        for family in (4, 6):
            def add(host, *route, family=family):
                self.ip(host, f"-{family}", "route", "add", *route)
            add("client", "default", "via", self.link_address(1, 2, family))
            add("server", "default", "via", self.link_address(last, 1, family))
            if self.net.lan:
                add("other", "default", "via", self.link_address(1, 2, family))
            if self.net.routers == 2:
                add("router1", self.link_network(3, family), "via", self.link_address(2, 2, family))
                add("router2", self.link_network(1, family), "via", self.link_address(2, 1, family))

    def _name(self):
        """Every host knows every other by name, so that no server waits for a name service that is not there."""
        with open("/etc/hosts", "a") as hosts:
            hosts.writelines(f"{address} {host}\n" for (host, _), address in self.addresses.items())

    def _wait_for_links(self):
        deadline = time.monotonic() + 10
        for host in self.net.hosts:
            while "tentative" in self.ip(host, "-6", "addr").stdout or "NO-CARRIER" in self.ip(host, "link").stdout:
                if time.monotonic() > deadline:
                    raise LabError(f"{host}: its links did not come up; look with lab shell")
                time.sleep(0.02)
