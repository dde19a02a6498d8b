"""Rejected by a firewall: with a reset, or with an ICMP error of each kind, on the host and on the path."""

from capture import Seen
from clients import dbclient, nc, paramiko, plink, sock, ssh
from firewalls import command, iptables, nft, nft_flush
from net import Net
from scenario import Do, Scenario, Try, Wait
from services import sshd

REFUSED = "Connection refused"
RESET = "reject with tcp reset"
FAR = Net(1, delay=20)
FARTHER = Net(2, delay=(5, 10, 20))


def reset(client, where, expect=REFUSED):
    return Try(client, "firewall-rst", where, expect)


def reset_by(host, hook, where, net, clients, story, name, **more):
    """A server that lets a login in until a rule with tcp reset appears on a host."""
    return Scenario(
        f"firewall-rst-{name}", story, net=net, setup=[sshd()],
        steps=[Try(ssh(), "none"), Do(nft(host, hook, RESET))] + [reset(client, where) for client in clients], **more)


# nftables' names of the codes, and the cause that each stands for. Where a family has no such code, None.
ICMP = {
    "port": ("port-unreachable", "port-unreachable", "firewall-icmp"),
    "host": ("host-unreachable", "addr-unreachable", "host-unreachable"),
    "net": ("net-unreachable", "no-route", "network-unreachable"),
    "admin": ("admin-prohibited", "admin-prohibited", "firewall-icmp"),
    "policy": ("host-prohibited", "policy-fail", "firewall-icmp"),
    "route": ("net-prohibited", "reject-route", "firewall-icmp"),
}
IPTABLES = {
    "port": ("icmp-port-unreachable", "icmp6-port-unreachable", "firewall-icmp"),
    "host": ("icmp-host-unreachable", "icmp6-addr-unreachable", "host-unreachable"),
    "net": ("icmp-net-unreachable", "icmp6-no-route", "network-unreachable"),
    "admin": ("icmp-admin-prohibited", "icmp6-adm-prohibited", "firewall-icmp"),
    "policy": ("icmp-host-prohibited", "icmp6-policy-fail", "firewall-icmp"),
    "proto": ("icmp-proto-unreachable", "icmp6-reject-route", "firewall-icmp"),
}


def by_nft(host, hook, kind):
    def act(lab):
        code = ICMP[kind][0 if lab.family == 4 else 1]
        nft(host, hook, f"reject with {lab.words['icmp']} type {code}")(lab)
    return act


def by_iptables(host, chain, kind, legacy=False):
    def act(lab):
        iptables(host, chain, f"REJECT --reject-with {IPTABLES[kind][0 if lab.family == 4 else 1]}", legacy=legacy)(lab)
    return act


def each_kind(kinds, host, hook, where, clients=(ssh(),)):
    """One rule after the other, each met by the clients."""
    for kind in kinds:
        yield Do(nft_flush(host), by_nft(host, hook, kind))
        for client in clients:
            yield Try(client, ICMP[kind][2], where)
        yield Wait(1.1)


def flush_iptables(host):
    def act(lab):
        lab.network.run(host, "iptables-nft" if lab.family == 4 else "ip6tables-nft", "-F")
    return act


def each_iptables_kind(kinds, host, chain, where):
    for kind in kinds:
        yield Do(flush_iptables(host), by_iptables(host, chain, kind))
        yield Try(ssh(), IPTABLES[kind][2], where)
        yield Wait(1.1)


RESETS = [
    reset_by("server", "input", "host", FAR, [ssh(), dbclient()],
             "A login goes through; then nftables on the server rejects port 22 with tcp reset in its input chain.",
             "server-input"),
    reset_by("router1", "forward", "path", FAR, [ssh(), sock(tos=0xB8)],
             "A login goes through; then the router rejects port 22 with tcp reset in its forward chain.",
             "router1-forward"),
    reset_by("router1", "forward", "path", FARTHER, [ssh(), dbclient()],
             "A login goes through; then the first of two routers rejects port 22 with tcp reset.", "router1-of-2"),
    reset_by("router2", "forward", "path", FARTHER, [ssh(), plink()],
             "A login goes through; then the second of two routers rejects port 22 with tcp reset.", "router2-of-2"),
    reset_by("server", "prerouting", "host", Net(delay=25), [ssh()],
             "A login goes through; then nftables on the server, on the same network, rejects in prerouting.",
             "server-prerouting"),
    reset_by("router2", "prerouting", "path", FARTHER, [ssh()],
             "A login goes through; then the second router rejects port 22 with tcp reset in prerouting.",
             "router2-prerouting"),
    Scenario(
        "firewall-rst-server-alone",
        "iptables on the server rejects port 22 with tcp-reset. OpenSSH and dbclient try, nothing else is seen.",
        net=Net(1, delay=10), setup=[sshd(), iptables("server", "INPUT", "REJECT --reject-with tcp-reset", match=
                                                      "-p tcp -m tcp --dport {port}")],
        steps=[reset(ssh(), "host"), reset(dbclient(), "host")]),
    Scenario(
        "firewall-rst-first-hop-unmarked",
        "The client's own gateway rejects SSH with tcp reset; PuTTY, Paramiko and a plain socket, which mark nothing, and no "
        "other packet of the server. The gateway's MAC address is looked for in the capture.",
        net=FARTHER,
        steps=[Do(nft("router1", "forward", RESET)), Do(command("client", "ip neigh flush all")), reset(plink(), "path"),
               reset(sock(), "path"), reset(paramiko(), "path", "refused|Unable to connect")], families=(4,)),
    Scenario(
        "firewall-rst-router-iptables",
        "iptables on the router rejects port 22 with tcp-reset, while the server's 2222 lets a login in.",
        net=Net(1, delay=30), more_ports=(2222,),
        setup=[sshd(), sshd(port=2222), iptables("router1", "FORWARD", "REJECT --reject-with tcp-reset",
                                                 match="-p tcp -m tcp --dport {port}")],
        steps=[Try(ssh(), "none", port=2222), reset(ssh(), "path"),
               reset(paramiko(), "path", "Unable to connect|refused")]),
    Scenario(
        "firewall-rst-both-ends",
        "The server's nftables rejects with tcp reset; seen at the client, on the router and on the server, whose interface "
        "completes checksums.",
        net=Net(1, delay=15, offload=("server",)), setup=[sshd()],
        steps=[Try(ssh(), "none"), Do(nft("server", "input", RESET)), reset(ssh(), "host"), reset(dbclient(), "host")],
        seen=[Seen("client"), Seen("router1", "eth0"), Seen("server")]),
    Scenario(
        "firewall-rst-closed-port-beside",
        "A reject with tcp reset for port 22, while 2222 is closed by the kernel: two resets of one host to compare.",
        net=Net(1, delay=20), more_ports=(2222,), setup=[sshd(), nft("server", "input", RESET)],
        steps=[reset(ssh(), "host"), Try(ssh(), "kernel-rst", "host", REFUSED, port=2222), reset(ssh(), "host")]),
]

ERRORS = [
    Scenario(
        "firewall-icmp-server-each-kind",
        "nftables on the server rejects port 22 with ICMP, one code after the other.",
        net=FAR, setup=[sshd()],
        steps=[Try(ssh(), "none"), *each_kind(("port", "host", "net", "admin", "policy", "route"), "server", "input",
                                              "host")]),
    Scenario(
        "firewall-icmp-router1-each-kind",
        "nftables on the first of two routers rejects port 22 with ICMP, one code after the other.",
        net=FARTHER, setup=[sshd()],
        steps=list(each_kind(("port", "host", "net", "admin", "policy", "route"), "router1", "forward", "path"))),
    Scenario(
        "firewall-icmp-router2",
        "nftables on the second of two routers rejects port 22, with ICMP port unreachable and then prohibited.",
        net=FARTHER, setup=[sshd()],
        steps=[Try(ssh(), "none"), *each_kind(("port", "admin"), "router2", "forward", "path", (ssh(), dbclient()))]),
    Scenario(
        "firewall-icmp-prerouting",
        "nftables on the router rejects port 22 in prerouting, before the TTL is counted down.",
        net=FAR, setup=[sshd()],
        steps=list(each_kind(("port", "admin", "host"), "router1", "prerouting", "path", (sock(),)))),
    Scenario(
        "firewall-icmp-iptables-server",
        "iptables on the server rejects port 22 with each of its ICMP types.",
        net=Net(1, delay=10), setup=[sshd()],
        steps=list(each_iptables_kind(("port", "host", "net", "admin", "policy", "proto"), "server", "INPUT", "host")),
        seen=[Seen("client", form="big-endian")]),
    Scenario(
        "firewall-icmp-near",
        "iptables on a server of the same network rejects with its default; OpenSSH, dbclient, netcat, plink try.",
        net=Net(delay=3), setup=[sshd(), iptables("server", "INPUT", "REJECT")],
        steps=[Try(client, "firewall-icmp", "host", None) for client in (ssh(), dbclient(), nc(), plink())]),
    Scenario(
        "firewall-icmp-both-ends",
        "The server's nftables rejects with ICMP port unreachable; seen at the client, on the router and on the "
        "server.",
        net=Net(1, delay=15, offload=("server",)), setup=[sshd()],
        steps=[Do(by_nft("server", "input", "port")), Try(ssh(), "firewall-icmp", "host"),
               Try(sock(tos=0xB8), "firewall-icmp", "host")],
        seen=[Seen("client"), Seen("router1", "eth0"), Seen("server", form="pcapng")]),
    Scenario(
        "firewall-client-output",
        "The client's own nftables rejects what it sends to port 22, first with tcp reset, then with ICMP: only "
        "the loopback shows it.",
        net=Net(1), setup=[sshd(), nft("client", "output", RESET)],
        steps=[reset(ssh(), "client"), Do(nft_flush("client"), by_nft("client", "output", "admin")),
               Try(ssh(), "firewall-icmp", "client")],
        seen=[Seen("client", "any", "any")]),
]

SCENARIOS = RESETS + ERRORS
