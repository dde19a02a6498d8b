"""Captures as people hand them over: cut short, begun late, of one direction, snapped, doubled, out of order."""

from capture import Derived, Seen, before, late_half_first, merged, neighbours_swapped
from clients import dbclient, sock, ssh
from firewalls import nft
from net import Net
from scenario import Do, Finish, Mark, Scenario, Start, Try, Wait
from services import sshd

UNKNOWN = {"*": ("undetermined", "unknown")}
FAR = Net(1, delay=20)
CHATTER = "for i in 1 2 3 4 5 6; do date; sleep 0.5; done"


def answer(packet):
    return packet.kind == "tcp" and packet.sport == 22


def banner(packet):
    return answer(packet) and packet.payload_length > 0


def lost(name, **more):
    """A capture in which what decides is missing."""
    return Seen("client", name=name, relabel=UNKNOWN, **more)


def cut(name, wanted):
    return Derived("client", name=name, relabel=UNKNOWN, how=before("client", wanted))


SCENARIOS = [
    Scenario(
        "hard-kernel-rst",
        "sshd is stopped. The same refused login as seen whole, with short snaplens, one direction only, cut before "
        "the "
        "answer, twice, and out of order.",
        net=FAR, steps=[Try(ssh(), "kernel-rst", "host", "refused")],
        seen=[Seen("client", keep=False), Seen("router1", "eth0", keep=False),
              Seen("client", name="snaplen-68", snaplen=68),
              lost("only-client-to-server", only="src host {client}"),
              lost("only-server-to-client", only="src host {server}")],
        derived=[cut("ends-early", answer), Derived("client", name="twice", how=merged("client", "router1")),
                 Derived("client", name="swapped", how=neighbours_swapped("client"))]),
    Scenario(
        "hard-firewall-rst",
        "A login goes through, then the router rejects with tcp reset: snapped, doubled, out of order, one direction "
        "only.",
        net=FAR, setup=[sshd()],
        steps=[Try(ssh(), "none"), Do(nft("router1", "forward", "reject with tcp reset")),
               Try(ssh(), "firewall-rst", "path", "refused"), Try(dbclient(), "firewall-rst", "path", "refused")],
        seen=[Seen("client", keep=False), Seen("router1", "eth0", keep=False),
              Seen("client", name="snaplen-96", snaplen=96),
              lost("only-server-to-client", only="src host {server}")],
        derived=[Derived("client", name="twice", how=merged("client", "router1")),
                 Derived("client", name="late-half-first", how=late_half_first("client"))]),
    Scenario(
        "hard-login",
        "A session that goes well: the capture begins in its middle, ends in its middle, ends before the banner, "
        "holds one "
        "direction only.",
        net=FAR, setup=[sshd()],
        steps=[Start(ssh(command=CHATTER), "none", settle=0.2), Wait(1.0), Mark("middle"), Finish()],
        seen=[Seen("client", keep=False), lost("begins-late", first="middle"),
              lost("only-client-to-server", only="src host {client}")],
        derived=[cut("ends-before-banner", banner), cut("ends-before-ack", answer),
                 Derived("client", name="swapped", how=neighbours_swapped("client"))]),
    Scenario(
        "hard-silent-drop",
        "The server drops port 22. The capture ends a moment after the first SYN; another holds all, snapped at 68 "
        "bytes.",
        net=FAR, setup=[sshd(), nft("server", "input", "drop")],
        steps=[Start(ssh(connect_timeout=5), "silent-drop", "unknown", expect="timed out", settle=0.6), Mark("early"),
               Finish()],
        seen=[lost("ends-early", last="early"), Seen("client", name="snaplen-68", snaplen=68)]),
    Scenario(
        "hard-maxstartups",
        "MaxStartups is 1 and held by one connection; a second comes. With enough bytes of each frame to read the "
        "refusal; "
        "with too few; cut before it; doubled.",
        net=FAR, setup=[sshd(MaxStartups="1")],
        steps=[Start(sock(read=1, hold=3), "scan", "client", "held", settle=1.5),
               Try(ssh(), "maxstartups", "host", "closed|reset"), Finish("held")],
        seen=[Seen("client", keep=False), Seen("router1", "eth0", keep=False),
              Seen("client", name="snaplen-128", snaplen=128)],
        derived=[Derived("client", name="twice", how=merged("client", "router1"))]),
    Scenario(
        "hard-hub-any",
        "A hub between client and router, watched on all its ports: each frame is there three times. A login, then the "
        "server rejects with tcp reset.",
        net=Net(1, delay=15, lan=True), setup=[sshd()],
        steps=[Try(ssh(), "none", linger=0), Do(nft("server", "input", "reject with tcp reset")),
               Try(ssh(), "firewall-rst", "host", "refused")],
        seen=[Seen("switch", "any", "hub-any")]),
    Scenario(
        "hard-many-clients",
        "Twenty attempts on a port that is closed, rejected and dropped in turn, in one capture.",
        net=Net(1, delay=10), setup=[sshd()], more_ports=(222, 2222),
        steps=[Try(ssh(), "none"), Do(nft("server", "input", "reject with tcp reset", match="tcp dport 222")),
               Try(ssh(), "firewall-rst", "host", "refused", port=222, times=6, gap=0.1),
               Try(ssh(), "kernel-rst", "host", "refused", port=2222, times=6, gap=0.1),
               Try(sock(), "kernel-rst", "host", "refused", port=2222, times=6, gap=0.1),
               Do(nft("router1", "forward", "drop")),
               Try(ssh(connect_timeout=3), "silent-drop", "unknown", "timed out")]),
]
