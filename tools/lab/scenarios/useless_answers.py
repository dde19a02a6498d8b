"""Answers that came, and that the client could not take: from another address, dropped by its own machine, or of an
older connection. And SYNs of which the server makes nothing, or refuses before it accepts them."""

from capture import Seen
from clients import BANNER, nc, sock, ssh
from firewalls import command, nft, nft_flush
from net import Net
from scenario import Do, Finish, Scenario, Start, Try, Wait
from services import fake, sshd, stop_daemon

TIMEOUT = "timed out|Timeout|timeout"
FAR = Net(1, delay=20)
HUB = Net(1, delay=10, lan=True)
NEAR_SERVER = dict(net=Net(1, delay=20, offload=("server",)))
MISADDRESSED = {"*": ("misaddressed-reply", "path")}
SILENT_HERE = {"*": ("silent-drop", "host")}
SILENT_THERE = {"*": ("silent-drop", "unknown")}
LOST_ON_THE_WAY = {"*": ("return-path-loss", "path")}


def translate(host, to, port=22):
    """Destination NAT of the server's address and port to another host, and no translation of the client's."""
    def act(lab):
        lab.network.run(host, "nft", f"add table {lab.words['ip']} hair; add chain {lab.words['ip']} hair pre {{ type nat "
                        f"hook prerouting priority -100; }}; add rule {lab.words['ip']} hair pre {lab.words['ip']} daddr "
                        f"{lab.words['server']} tcp dport 22 dnat to "
                        + (f"{lab.words[to]}:{port}" if lab.family == 4 else f"[{lab.words[to]}]:{port}"))
    return act


def switched(lab):
    """The client's link is a switch that has learned who is where, and no hub."""
    lab.network.ip("switch", "link", "set", "br0", "type", "bridge", "ageing_time", "30000")


def direct_return(host, service):
    """A balancer that rewrites the service's address to the server's, packet by packet, and never sees what comes
    back."""
    def act(lab):
        ip, address = lab.words["ip"], lab.by_family(service)
        lab.network.run(host, "nft", f"add table {ip} balance; add chain {ip} balance pre {{ type filter hook prerouting "
                        f"priority raw; }}; add rule {ip} balance pre {ip} daddr {address} notrack {ip} daddr set "
                        f"{lab.words['server']}")
    return act


def pseudo_sum(lab, tcp_length=40):
    """What a stack leaves in the checksum's place for hardware to complete."""
    import ipaddress
    data = b"".join(ipaddress.ip_address(lab.words[host]).packed for host in ("server", "client"))
    total = sum(int.from_bytes(data[i:i + 2], "big") for i in range(0, len(data), 2)) + 6 + tcp_length
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def unfilled_sums(host):
    """The checksum of SYN-ACKs is the pseudo-header's sum when they pass, as where offloading is promised and not
    done."""
    def act(lab):
        nft(host, "forward", f"tcp checksum set {pseudo_sum(lab)}",
            match="tcp sport {port} tcp flags & (syn | ack) == syn | ack")(lab)
    return act


def damaged_sums(host):
    return nft(host, "forward", "tcp checksum set 0x1234", match="tcp sport {port} tcp flags & (syn | ack) == syn | ack")


def ignored(client=None, expect=TIMEOUT):
    return Try(client or ssh(connect_timeout=5), "reply-ignored", "client", expect)


def misaddressed(client=None, expect=TIMEOUT, **more):
    return Try(client or ssh(connect_timeout=5), "misaddressed-reply", "path", expect, **more)


def gone(port, host="client"):
    """A connection before the captures begin, whose client goes without a word: what it says at its end is dropped."""
    def act(lab):
        lab.network.run(host, *sock(send=BANNER, read=1, from_port=port, reset=True).argv(lab.target()))
    return act


def other_way(host="server", client_by="client"):
    """A second link of that host, over which its route to the client leads, and where nobody listens."""
    def act(lab):
        lab.network.ip(host, "link", "add", "other0", "type", "veth", "peer", "name", "sink0", "netns", "router1")
        lab.network.ip("router1", "link", "set", "sink0", "up")
        lab.network.ip(host, "link", "set", "other0", "arp", "off", "up")
        lab.network.ip(host, f"-{lab.family}", "route", "add", lab.words[client_by], "dev", "other0", "src",
                       lab.words[host])
    return act


SCENARIOS = [
    Scenario(
        "misaddressed-hairpin",
        "A client asks the public address of a server that is on its own network: the router translates it and sends "
        "the SYN back, and the server answers the client straight.",
        net=HUB, setup=[sshd(host="other"), translate("router1", "other"), switched],
        steps=[misaddressed(), misaddressed(sock(timeout=4))],
        seen=[Seen("client"), Seen("other")]),
    Scenario(
        "misaddressed-hairpin-other-port",
        "The same where the inner server listens on another port.",
        net=HUB, setup=[sshd(port=2222, host="other"), translate("router1", "other", 2222), switched], more_ports=(2222,),
        steps=[misaddressed()], seen=[Seen("client"), Seen("client", "any", "client-any")]),
    Scenario(
        "misaddressed-hairpin-closed",
        "The same, and on the inner server nothing listens: its refusal comes from the inner address, and the client "
        "goes on waiting.",
        net=HUB, setup=[translate("router1", "other"), switched], steps=[misaddressed()]),
    Scenario(
        "misaddressed-hairpin-firewall",
        "The same with a client whose firewall drops what belongs to no connection of its own, so that it resets "
        "nothing.",
        net=HUB, setup=[sshd(host="other"), translate("router1", "other"), switched,
                        nft("client", "input", "drop", match="ct state invalid,new")],
        steps=[misaddressed()],
        seen=[Seen("client"), Seen("other", relabel=LOST_ON_THE_WAY)]),
    Scenario(
        "misaddressed-direct-return",
        "A balancer passes SYNs on to a server that answers the client directly, with its own address instead of the "
        "service's.",
        net=FAR, setup=[sshd(), command("router1", "true"),
                        direct_return("router1", {4: "10.7.9.9", 6: "fd07:0:0:9::9"})],
        steps=[misaddressed(to={4: "10.7.9.9", 6: "fd07:0:0:9::9"})],
        seen=[Seen("client"), Seen("server")]),
    Scenario(
        "reply-ignored-input",
        "The client's own firewall drops what comes from port 22. Seen at the client and at the server.",
        **NEAR_SERVER, setup=[sshd(), nft("client", "input", "drop", match="tcp sport {port}")],
        steps=[ignored(), ignored(sock(timeout=4))],
        seen=[Seen("client"), Seen("server", relabel=LOST_ON_THE_WAY),
              Seen("client", "any", "client-any")]),
    Scenario(
        "reply-ignored-near",
        "The same with a server on the client's own network.",
        net=Net(delay=2), setup=[sshd(), nft("client", "raw", "drop", match="tcp sport {port}")],
        steps=[ignored()], seen=[Seen("client"), Seen("client", "any", "client-any")]),
    Scenario(
        "reply-ignored-unfilled-sum",
        "The checksum of SYN-ACKs is left to hardware that does not complete it; the client's kernel drops them.",
        net=FAR, setup=[sshd(), unfilled_sums("router1")], steps=[ignored(), ignored(nc(4), None)],
        seen=[Seen("client"), Seen("server", relabel=LOST_ON_THE_WAY)]),
    Scenario(
        "reply-ignored-damaged-sum",
        "A router damages the checksum of SYN-ACKs.",
        net=FAR, setup=[sshd(), damaged_sums("router1")], steps=[ignored()]),
    Scenario(
        "stale-connection",
        "A client goes without a word, and comes again from the same port: the server still holds the old connection, "
        "and a firewall between drops the client's resets.",
        net=FAR, setup=[sshd(LoginGraceTime=600), nft("router1", "forward", "drop",
                                                      match="{ip} saddr {client} tcp flags & (fin | rst) != 0"), gone(40111)],
        steps=[
               Try(sock(timeout=6, from_port=40111), "stale-connection", "host", TIMEOUT)],
        seen=[Seen("client"), Seen("server")]),
    Scenario(
        "stale-connection-mended",
        "The same without that firewall: the client's reset ends the old connection, and the next SYN is accepted.",
        net=FAR, setup=[sshd(LoginGraceTime=600), nft("client", "output", "drop", match="tcp flags & (fin | rst) != 0"),
                        gone(40111), nft_flush("client")],
        steps=[
               Try(sock(timeout=6, from_port=40111, send=BANNER, read=1), "client-abort", "client", "connected")],
        seen=[Seen("client"), Seen("server")]),
    Scenario(
        "silent-drop-wrong-route-back",
        "The server's netmask is too wide: it takes the client for a neighbour, asks for its MAC address, and answers "
        "nothing.",
        net=FAR, setup=[sshd(), command("server", "ip -{family} route add {client} dev eth0")],
        steps=[Try(ssh(connect_timeout=6), "silent-drop", "host", TIMEOUT)],
        seen=[Seen("client", relabel=SILENT_THERE), Seen("server"), Seen("server", "any", "server-any")]),
    Scenario(
        "silent-drop-rp-filter",
        "The server's way back to the client leads through another interface, and reverse path filtering drops the "
        "SYNs.",
        net=FAR, setup=[sshd(), other_way(),
                        command("server", "sysctl -w net.ipv4.conf.all.rp_filter=1 net.ipv4.conf.eth0.rp_filter=1")],
        steps=[Try(ssh(connect_timeout=5), "silent-drop", "host", TIMEOUT)],
        seen=[Seen("client", relabel=SILENT_THERE), Seen("server"), Seen("server", "any", "server-any")], families=(4,)),
    Scenario(
        "return-path-other-interface",
        "The server's answers leave by another interface, where nobody passes them on; captured on all interfaces, and "
        "on the one by which the SYNs come.",
        net=FAR, setup=[sshd(), other_way(),
                        command("server", "sysctl -w net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.eth0.rp_filter=0")],
        steps=[Try(ssh(connect_timeout=5), "return-path-loss", "path", TIMEOUT)],
        seen=[Seen("client", relabel=SILENT_THERE), Seen("server", relabel=SILENT_HERE),
              Seen("server", "any", "server-any")]),
    Scenario(
        "refused-then-up",
        "sshd is not up yet when a client that does not mind refusals asks (its kernel does not hear them); it starts "
        "a second later, and the login goes through.",
        net=FAR, setup=[nft("client", "raw", "drop", match="tcp sport {port} tcp flags & rst == rst")],
        steps=[Start(ssh(), "none", settle=1.5), Do(sshd()), Finish(), Wait(0.3)],
        seen=[Seen("client"), Seen("server")]),
    Scenario(
        "refused-listener-closed",
        "A server that had accepted connections closes its listening socket with others in its queue, as a socket unit "
        "at its trigger limit does; the next are refused.",
        net=FAR, setup=[fake("closes", 3)],
        steps=[Start(sock(send=BANNER, read=6), "closed-before-banner", "host", "first", settle=0.5),
               Start(sock(send=BANNER, read=6, hold=0), "closed-before-banner", "host", "second", settle=3),
               Finish("first"), Finish("second"), Try(ssh(), "kernel-rst", "host", "refused"),
               Try(sock(tos=0x10), "kernel-rst", "host", "refused")],
        seen=[Seen("client"), Seen("server")]),
]


def nth_only(host, nth, of, verdict, match):
    """A verdict for some of what matches, in turn: of three the first two."""
    return nft(host, "forward" if host.startswith("router") else "input", f"numgen inc mod {of} < {nth} {verdict}", match)


SYN_ACK = "tcp sport {port} tcp flags & (syn | ack) == syn | ack"
NEW = "tcp dport {port} tcp flags & (syn | ack) == syn"

SCENARIOS += [
    Scenario(
        "misaddressed-hairpin-switched",
        "Hairpin NAT without translation of the client's address, on a network with a switch.",
        net=HUB, setup=[sshd(host="other"), translate("router1", "other"), switched],
        steps=[Try(ssh("true", connect_timeout=2), "undetermined", "unknown", TIMEOUT), misaddressed(),
               misaddressed(ssh(connect_timeout=8))],
        seen=[Seen("client", "any", "client-any", relabel={"undetermined": ("misaddressed-reply", "path")}),
              Seen("client", relabel={"undetermined": ("misaddressed-reply", "path")}),
              Seen("other", relabel={"undetermined": ("misaddressed-reply", "path")}),
              Seen("router1", "any", "router1-any", relabel={"undetermined": ("misaddressed-reply", "path")})], set="held-out"),
    Scenario(
        "misaddressed-direct-return-any",
        "A balancer's server answers with its own address; seen on all interfaces of both ends, and at the router.",
        net=Net(2, delay=(5, 10, 5)),
        setup=[sshd(), direct_return("router2", {4: "10.7.3.99", 6: "fd07:0:0:3::99"})],
        steps=[misaddressed(to={4: "10.7.3.99", 6: "fd07:0:0:3::99"})],
        seen=[Seen("client", "any", "client-any"), Seen("server", "any", "server-any")], set="held-out"),
    Scenario(
        "reply-ignored-rejected",
        "The client's own firewall rejects SYN-ACKs with a reset.",
        net=FAR, setup=[sshd(), nft("client", "input", "reject with tcp reset", match=SYN_ACK)],
        steps=[ignored(), ignored(sock(timeout=4))],
        seen=[Seen("client"), Seen("client", "any", "client-any")], set="held-out"),
    Scenario(
        "reply-ignored-invalid",
        "The client's firewall drops what its connection tracking calls invalid, and a rule keeps its SYNs from being "
        "tracked.",
        net=Net(2, delay=(5, 10, 5)),
        setup=[sshd(), command("client", "nft add table inet raw; add chain inet raw out {{ type filter hook output "
                               "priority raw; }}; add rule inet raw out tcp dport 22 notrack"),
               nft("client", "input", "drop", match="tcp sport {port} ct state != established")],
        steps=[ignored()], seen=[Seen("client"), Seen("router1", "eth0")], set="held-out"),
    Scenario(
        "loss-of-synacks",
        "Of three SYN-ACKs the first two are lost on the way; then the login goes through.",
        net=FAR, setup=[sshd(), nth_only("router1", 2, 3, "drop", SYN_ACK)],
        steps=[Try(ssh(), "none"), Try(ssh(), "none")],
        seen=[Seen("client"), Seen("server"), Seen("router1", "eth1")], set="held-out"),
    Scenario(
        "loss-of-handshake-acks",
        "The client's first segments after a SYN-ACK are lost three times of four; then the login goes through.",
        net=FAR, setup=[sshd(), nth_only("router1", 1, 2, "drop", "tcp dport {port} tcp flags & (syn | ack) == ack")],
        steps=[Try(ssh(), "none")], seen=[Seen("client"), Seen("server")], set="held-out"),
    Scenario(
        "silent-drop-wrong-route-between",
        "The server takes the client's network for its own; seen at the router, on the server's side.",
        net=Net(2, delay=(2, 2, 2)), setup=[sshd(), command("server", "ip -{family} route add {client} dev eth0")],
        steps=[Try(ssh(connect_timeout=5), "silent-drop", "host", TIMEOUT)],
        seen=[Seen("router2", "eth1"), Seen("server")], set="held-out"),
    Scenario(
        "firewall-rst-some",
        "A rule refuses every other connection with a reset; the clients are plain sockets, whose SYNs have no DSCP.",
        net=FAR, setup=[fake("greet", "SSH-2.0-x\\r\\n"), nth_only("server", 1, 2, "reject with tcp reset", NEW)],
        steps=[step for _ in range(3) for step in (
            Try(sock(), "firewall-rst", "host", "refused"),
            Try(sock(send=BANNER, read=0.2), "scan", "client", "connected"))],
        seen=[Seen("client"), Seen("server")], set="held-out"),
    Scenario(
        "kernel-rst-restart",
        "A server is stopped and started again within a second; one client in between is refused. Plain sockets.",
        net=FAR, setup=[sshd()],
        steps=[Try(sock(send=BANNER, read=0.2), "client-abort", "client", "connected"), Do(stop_daemon("sshd:22")),
               Try(sock(), "kernel-rst", "host", "refused"), Do(sshd()),
               Try(sock(send=BANNER, read=0.2), "client-abort", "client", "connected")],
        seen=[Seen("client"), Seen("server")], set="held-out"),
]
