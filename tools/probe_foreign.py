"""Hosts and firewalls that are no Linux, for tools/probe_table.py: real stacks (tools/lab/foreign.py), and imitations, where
Linux's own RST is rewritten on its way out as another stack would have written it (docs/facts.md has the shapes).

An imitation is no proof that the real one is told rightly: whatever the rewriting leaves alone is still Linux's. Beside the RSTs
it takes away what shows Linux elsewhere: the precedence of ICMP errors, and IPv6 flow labels."""

from dataclasses import dataclass

import foreign
import sandbox
from net import Net, Network

DELAY_MS = 5
SURE = 0.8  # from here on a wrong cause is wrong, below it is a guess that says so


@dataclass
class Foreign:
    """stack: in the server's place; program: a network that the client is behind; mangled: {host: what becomes of its RSTs};
    rules: (host, nft family, hook, rule). also: causes that no packet tells from the true one, if not said surely.
    where: places that are right; None says that it does not matter."""

    name: str
    cause: str
    where: tuple = None
    routers: int = 1
    stack: str = None
    program: str = None
    mangled: tuple = ()
    ttl: int = 64
    rules: tuple = ()
    open_ports: tuple = ()
    also: tuple = ()
    families: tuple = (4, 6)
    note: str = ""
    twin: bool = False  # another machine on the same network has the server's address too


@dataclass
class Shape:
    """How a RST leaves: what nft is to set in it, for each family."""

    four: str = ""
    six: str = ""
    errors4: str = "ip dscp set 0"           # of its ICMP errors: Linux writes 0xc0
    all6: str = "ip6 flowlabel set 0"        # of its ICMPv6: Linux labels all that it sends


# numgen gives 32 bits, of which an ID would be the upper half: so each number is looked up.
RANDOM = "ip id set numgen random mod 50 map { " + ", ".join(f"{n} : {1 + n * n * 7919 % 65521}" for n in range(50)) + " }"
COUNTS = "ip id set numgen inc mod 400 map { " + ", ".join(f"{n} : {300 + n}" for n in range(400)) + " }"
DF, NO_DF = "ip frag-off set 0x4000", "ip frag-off set 0"
ZERO4, ZERO6 = "ip dscp set 0", "ip6 dscp set 0 ip6 flowlabel set 0"
PF4 = "ip dscp set 4"  # TOS 0x10
SHAPES = {
    "old Linux": Shape(COUNTS, ZERO6, errors4=""),
    "FreeBSD 13": Shape("", ZERO6),
    "FreeBSD 14": Shape(ZERO4, ZERO6),
    "OpenBSD": Shape(f"{ZERO4} {RANDOM}", ZERO6),
    "NetBSD": Shape(f"{ZERO4} {NO_DF} {RANDOM}", "ip6 dscp set 0", all6=""),
    "Windows": Shape(f"{ZERO4} {COUNTS}", ZERO6),
    "Cisco IOS": Shape(f"{ZERO4} {NO_DF} {RANDOM}", ZERO6),
    "printer": Shape(f"{ZERO4} {NO_DF} {COUNTS}", ZERO6),
    "F5": Shape(f"{ZERO4} {RANDOM}", ZERO6),
    "pf": Shape(PF4, ZERO6),
    "OpenBSD's pf": Shape(f"{PF4} {RANDOM}", ZERO6),
    "ipfw": Shape(f"{PF4} {NO_DF} {RANDOM}", ZERO6),
    "box": Shape(f"{ZERO4} {NO_DF} {RANDOM} ip ttl set 255", f"{ZERO6} ip6 hoplimit set 255"),
}
HOST, ANY = ("host",), ("host", "path", "unknown")
BEYOND = ("unknown",)
REJECT = "tcp dport 22 reject with tcp reset"


def closed(name, **more):
    return Foreign(f"{name}, closed", "kernel-rst", more.pop("where", HOST), **more)


def real_stacks():
    yield closed("gVisor", stack="gvisor")
    yield closed("gVisor, near", stack="gvisor", routers=0)
    yield Foreign("gVisor, healthy", "none", stack="gvisor", open_ports=(22,))
    yield closed("gVisor, DSCP cleared", stack="gvisor", rules=tuple(("router1", "inet", "forward", f"{family} dscp set 0")
                                                                    for family in ("ip", "ip6")))
    yield Foreign("gVisor, router 1 rejects", "firewall-rst", ("path",), stack="gvisor", rules=(("router1", "inet", "forward", REJECT),))
    yield Foreign("gVisor, its own wire rejects", "firewall-rst", ANY, stack="gvisor",
                  rules=(("server", "netdev", "ingress", REJECT),))
    yield Foreign("gVisor, router 1 drops", "silent-drop", ("path", "unknown"), stack="gvisor",
                  rules=(("router1", "inet", "forward", "tcp dport 22 drop"),))
    yield closed("lwIP, near", stack="lwip", routers=0)
    yield closed("lwIP", stack="lwip", families=(4,))
    yield Foreign("lwIP, router 1 rejects", "firewall-rst", ("path",), stack="lwip", families=(4,),
                  rules=(("router1", "inet", "forward", REJECT),))
    yield closed("slirp4netns", program="slirp4netns", where=BEYOND, note="NAT")
    yield Foreign("slirp4netns, healthy", "none", program="slirp4netns", open_ports=(22,))
    yield closed("pasta", program="pasta", where=BEYOND, also=("silent-drop", "undetermined"), note="NAT")
    yield Foreign("pasta, healthy", "none", program="pasta", open_ports=(22,))
    yield Foreign("every port accepted by a proxy", "intercepted", None, rules=(("router1", "inet", "nat", "meta l4proto tcp redirect to :9"),),
                  also=("closed-before-banner", "no-banner", "undetermined"), note="every port")


    yield Foreign("two machines have the address, one runs SSH", "address-conflict", None, routers=0, twin=True, open_ports=(22,),
                  also=("none", "kernel-rst"), note="MAC")
    yield Foreign("two machines have the address, none runs SSH", "address-conflict", None, routers=0, twin=True, also=("kernel-rst",), note="MAC")


def imitations():
    for name, ttl, more in (("old Linux", 64, {}), ("FreeBSD 13", 64, {}), ("FreeBSD 14", 64, {}), ("OpenBSD", 64, {}), ("NetBSD", 64, {}),
                            ("Windows", 128, {}), ("Cisco IOS", 255, {}), ("printer", 64, {}), ("F5", 255, {})):
        yield closed(f"as {name}", mangled=(("server", name),), ttl=ttl, **more)
    for name in ("pf", "OpenBSD's pf", "ipfw"):
        yield Foreign(f"router 1 rejects as {name}", "firewall-rst", ("path",), mangled=(("router1", name),),
                      rules=(("router1", "inet", "forward", REJECT),))
    for host, ttl in (("FreeBSD 14", 64), ("Windows", 128), ("Cisco IOS", 255)):
        yield Foreign(f"as {host}, router 1 rejects as pf", "firewall-rst", ("path",), mangled=(("server", host), ("router1", "pf")), ttl=ttl,
                      rules=(("router1", "inet", "forward", REJECT),))
    yield Foreign("router 1 rejects as a box of TTL 255", "firewall-rst", ("path",), mangled=(("router1", "box"),),
                  rules=(("router1", "inet", "forward", REJECT),))
    yield Foreign("as OpenBSD, router 1 rejects", "firewall-rst", ("path",), mangled=(("server", "OpenBSD"),),
                  rules=(("router1", "inet", "forward", REJECT),))
    yield Foreign("host rejects as pf", "firewall-rst", HOST, mangled=(("server", "pf"),), rules=(("server", "inet", "input", REJECT),), also=("kernel-rst",))
    for ttl in (128, 255):
        yield Foreign(f"host of TTL {ttl} rejects", "firewall-rst", HOST, ttl=ttl, rules=(("server", "inet", "input", REJECT),))
        yield closed(f"host of TTL {ttl}", ttl=ttl)
    for name, udp, also in (("", (), ()), (", drops UDP", ("meta l4proto udp drop",), ("kernel-rst",))):
        yield Foreign(f"host rejects every port{name}", "firewall-rst", HOST, also=also, rules=tuple(
            ("server", "inet", "input", rule) for rule in ("ct state invalid drop", *udp, "meta l4proto tcp reject with tcp reset")))
    yield closed("as FreeBSD 14, silent to UDP", mangled=(("server", "FreeBSD 14"),), also=("firewall-rst",),
                 rules=(("server", "inet", "input", "meta l4proto udp drop"),))
    yield closed("as FreeBSD 14, silent but for its port", mangled=(("server", "FreeBSD 14"),), also=("firewall-rst",),
                 rules=(("server", "inet", "input", "meta l4proto { udp, icmp } drop"), ("server", "inet", "input", "tcp dport != 22 drop")))
    yield closed("as FreeBSD 14, DSCP cleared", mangled=(("server", "FreeBSD 14"),), also=("firewall-rst",),
                 rules=tuple(("router1", "inet", "forward", f"{family} dscp set 0") for family in ("ip", "ip6")))
    yield Foreign("as FreeBSD 14, host rejects", "firewall-rst", HOST, mangled=(("server", "FreeBSD 14"),), also=("kernel-rst",),
                  rules=(("server", "inet", "input", REJECT),))
    yield Foreign("host rejects every port as pf", "firewall-rst", HOST, mangled=(("server", "pf"),),
                  rules=(("server", "inet", "input", "ct state invalid drop"),
                         ("server", "inet", "input", "meta l4proto tcp reject with tcp reset")), also=("kernel-rst",))


def cases():
    return [*real_stacks(), *imitations()]


HOOKS = {"input": "filter hook input priority 0", "forward": "filter hook forward priority 0", "output": "filter hook output priority 0",
         "nat": "nat hook prerouting priority dstnat", "ingress": "filter hook ingress device eth0 priority 0"}


def _rule(network, host, family, hook, number, rule):
    network.run(host, "nft", f"add table {family} foreign; add chain {family} foreign c{number} {{ type {HOOKS[hook]}; }}; "
                f"add rule {family} foreign c{number} {rule}")


def _mangle(network, host, shape):
    """Other words for what this host's kernel writes."""
    of = SHAPES[shape]
    lines = [(of.four, "meta nfproto ipv4 tcp flags & rst == rst"), (of.six, "meta nfproto ipv6 tcp flags & rst == rst")]
    if host == "server":
        lines += [(of.errors4, "icmp type destination-unreachable"), (of.all6, "meta l4proto ipv6-icmp")]
    for number, (statement, match) in enumerate(lines, 100):
        if statement:
            _rule(network, host, "inet", "output", number, f"{match} {statement}")


def _serve(network, case):
    if "nat" in [hook for _, _, hook, _ in case.rules]:  # the proxy, in router 1's own name
        network.start("router1", "/usr/bin/python3", "-E", foreign.LAB + "/fakes.py", "close", "9")
        network.wait_listening("router1", 9)
    elif case.open_ports:
        network.start("server", "/usr/sbin/sshd", "-D", "-f", "/dev/null", "-o", f"HostKey={sandbox.WORK}/host_key", "-o", "PidFile=none")
        network.wait_listening("server", 22)


def build(case):
    """The network, and the host that the probe runs on."""
    network = Network(Net(case.routers, delay=(DELAY_MS,) * (case.routers + 1), lan=case.twin)).build()
    for family, length in ((4, 24), (6, 64)) if case.twin else ():
        network.ip("other", f"-{family}", "addr", "add", f"{network.address('server', family)}/{length}", "dev", "eth0", *(["nodad"] * (family == 6)))
    if case.ttl != 64:
        network.sysctl("server", net__ipv4__ip_default_ttl=case.ttl, net__ipv6__conf__all__hop_limit=case.ttl,
                       net__ipv6__conf__eth0__hop_limit=case.ttl)
    _serve(network, case)
    if case.stack:
        foreign.place_stack(network, case.stack, [f"{port}={port}" for port in case.open_ports])
    for host, shape in case.mangled:
        _mangle(network, host, shape)
    for number, rule in enumerate(case.rules):
        _rule(network, *rule[:3], number, rule[3])
    if case.program:
        foreign.place_guest(network, case.program)
    return network, "guest" if case.program else "client"


def is_right(case, answer):
    """The cause, or one that cannot be told from it, not surely; and the place, where it is named."""
    cause, confidence = answer.get("cause"), answer.get("confidence") or 0
    if cause == case.cause:
        return (case.where is None or answer.get("where") in case.where) and case.note in (answer.get("note") or "")
    return cause in case.also and confidence <= SURE and case.note in (answer.get("note") or "")


def is_wrong(case, answer):
    """Said surely, and not so."""
    cause, confidence = answer.get("cause"), answer.get("confidence") or 0
    if case.twin and case.note not in (answer.get("note") or ""):
        return True
    if cause == case.cause or cause in case.also and confidence <= SURE:
        return case.where is not None and cause == case.cause and answer.get("where") not in case.where and \
            (answer.get("where_confidence") or 1) >= SURE
    return confidence >= SURE
