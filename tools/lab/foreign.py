"""Machines whose TCP/IP is not Linux's, in the place of the server, and clients behind a network that a program
plays: gVisor's netstack, lwIP, slirp4netns, passt. What such a stack refuses it refuses in its own hand."""

import json
import time

from net import LAB, LabError
from sandbox import WORK
from ssh_peers import built

MAC = "02:60:0d:c0:ff:ee"
GUEST = "guest"


# A machine in the server's place.

def _bridge(network, host):
    """Puts a TAP device beside the host's interface and takes the kernel's own addresses away: who opens the TAP has
    them now."""
    for name, kind in (("tap0", ("tuntap", "add", "tap0", "mode", "tap")),
                       ("br0", ("link", "add", "br0", "type", "bridge", "mcast_snooping", "0"))):
        network.ip(host, *kind)
        network.sysctl(host, **{f"net__ipv6__conf__{name}__disable_ipv6": 1})
    for name in ("eth0", "tap0"):
        network.ip(host, "addr", "flush", "dev", name)
        network.sysctl(host, **{f"net__ipv6__conf__{name}__disable_ipv6": 1})
        network.ip(host, "link", "set", name, "master", "br0")
    for name in ("br0", "tap0"):
        network.ip(host, "link", "set", name, "up")


def _gvisor(own, gateway, ports):
    return [built("gvisor_stack.go"), "tap0", MAC, f"{own[4]}/24,{own[6]}/64", f"{gateway[4]},{gateway[6]}", *ports]


def _lwip(own, gateway, ports):
    return ["env", "PRECONFIGURED_TAPIF=tap0", built("lwip_stack.c"), own[4], "255.255.255.0", gateway[4], own[6], *ports]


STACKS = {"gvisor": _gvisor, "lwip": _lwip}


def foreign_server(stack, **ports):
    """The server's addresses belong to another stack. ports: foreign_server("lwip", p2222=22) hands its port 2222 on to
    the server's own port 22, where sshd may listen; all others are closed."""
    pairs = [f"{port[1:]}={local}" for port, local in ports.items()]

    def start(lab):
        lab.daemons[stack] = place_stack(lab.network, stack, pairs)
    return start


def place_stack(network, stack, pairs=(), host="server"):
    """The same for a network without scenario; pairs: ["2222=22"]."""
    link = network.net.routers + 1
    own = {family: network.address(host, family) for family in (4, 6)}
    gateway = {family: network.link_address(link, 1, family) for family in (4, 6)}

    _bridge(network, host)
    log = open(f"{WORK}/{stack}.log", "w")
    child = network.start(host, *STACKS[stack](own, gateway, pairs), stdout=log, stderr=log)
    _wait(network, lambda: child.poll() is None and network.run(
        "client" if link == 1 else f"router{link - 1}", "ping", "-c", "1", "-W", "1", own[4], check=False).returncode == 0,
        stack)
    return child


# A client behind a program.

def _addresses(network):
    """The guest's addresses by family, once it has them."""
    found = {}
    for device in json.loads(network.ip(GUEST, "-j", "addr", "show", "scope", "global").stdout or "[]"):
        for entry in device.get("addr_info", ()):
            if entry.get("local") and not entry.get("tentative") and not entry.get("temporary"):
                found.setdefault(4 if entry["family"] == "inet" else 6, entry["local"])
    return found


def _slirp(network):
    holder = network.start(GUEST, "sleep", "infinity")
    time.sleep(0.3)  # `ip netns exec` becomes the sleep
    return ["slirp4netns", "--configure", "--mtu=1500", "--enable-ipv6", str(holder.pid), "tap0"]


def _pasta(network):
    return ["pasta", "--config-net", "--mtu", "1500", "--foreground", "--netns-only", "--runas", "0", "--netns", f"/run/netns/{GUEST}"]


PROGRAMS = {"slirp4netns": _slirp, "pasta": _pasta}


def place_guest(network, program):
    """A namespace whose only way out is the program, which runs on the client. Returns the guest's addresses."""
    network._add_host(GUEST)
    network.sysctl(GUEST, net__ipv6__conf__default__accept_ra=1)  # slirp's way to give an IPv6 address
    log = open(f"{WORK}/{program}.log", "w")
    network.start("client", *PROGRAMS[program](network), stdout=log, stderr=log)
    _wait(network, lambda: len(_addresses(network)) == 2, program)
    return _addresses(network)


def guest_behind(program):
    """guest_behind("slirp4netns"): clients with host="guest" go through it."""
    def start(lab):
        lab.words[GUEST] = place_guest(lab.network, program)[lab.family]
        lab.clients.add(lab.words[GUEST])
    return start


def _wait(network, ready, what, seconds=15):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if ready():
            return
        time.sleep(0.2)
    with open(f"{WORK}/{what}.log") as log:
        raise LabError(f"{what}: not there after {seconds} s; it says: {log.read().strip()[-300:]}")
