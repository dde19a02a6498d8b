"""Resets forged by a third party, at each stage, and by packet filters in the middle of a session."""

from capture import Seen
from clients import BANNER, dbclient, paramiko, plink, sock, ssh
from firewalls import nft
from net import Net
from scenario import Do, Finish, Scenario, Start, Try
from services import injector, sshd

FAR = Net(1, delay=30)
KILLED = "reset|closed|Broken pipe|EOF|Error|broken"
CHATTER = "for i in 1 2 3 4 5 6 7 8; do date; sleep 0.5; done"


def killed(client, expect=KILLED):
    return Try(client, "injected-rst", "path", expect)


def before_synack(client, expect="refused"):
    return Try(client, "firewall-rst", "path", expect)


FORGED = [
    Scenario(
        "injector-before-synack",
        "A third party at the router answers each SYN with a RST of the host's TTL; the real SYN-ACK follows too late.",
        net=FAR, setup=[sshd(), injector("-w syn -f RA -l 63")],
        steps=[before_synack(ssh()), before_synack(dbclient())]),
    Scenario(
        "injector-before-synack-other-ttl",
        "The same with another TTL, IP ID 1, a window of 8192 and three resets.",
        net=Net(2, delay=(5, 15, 10)), setup=[sshd(), injector("-w syn -f RA -l 121 -d 1 -W 8192 -n 3")],
        steps=[before_synack(ssh()), before_synack(sock(tos=0xB8))]),
    Scenario(
        "injector-after-handshake",
        "A third party at the router resets the client as soon as the handshake is done: three RSTs, whose sequence "
        "numbers move on.",
        net=FAR, setup=[sshd(), injector("-w ack -l 57 -d random -n 3 -s 1460")],
        steps=[killed(ssh()), killed(sock(send=BANNER, read=3), "reset")]),
    Scenario(
        "injector-after-banner",
        "A third party resets the client at the server's banner, with the TTL and IP ID of the banner itself.",
        net=FAR, setup=[sshd(), injector("-w banner -f RA -l copy -d copy -D")],
        steps=[killed(ssh()), killed(dbclient(), None)]),
    Scenario(
        "injector-after-banner-both-ends",
        "Third parties on both sides of the router reset both ends at the server's banner. Seen at both.",
        net=Net(1, delay=15), setup=[sshd(), injector("-w banner -f RA -l 48 -d random -n 3"),
                                     injector("-w banner -t server -f RA -l 48 -d random -n 3", interface="eth1")],
        steps=[killed(ssh())], seen=[Seen("client"), Seen("server", form="nano")]),
    Scenario(
        "injector-in-session",
        "A session is under way when a third party resets the client, with a TTL of its own.",
        net=Net(2, delay=(8, 8, 8)), setup=[sshd(), injector("-w data -k 14 -l 60 -d random -W 512")],
        steps=[killed(ssh(command=CHATTER))]),
    Scenario(
        "injector-on-the-lan",
        "A machine on the client's own network resets it at the banner: the host's TTL, but another MAC address, IP ID 1 "
        "and a "
        "window of 8192.",
        net=Net(1, delay=20, lan=True), setup=[sshd(),
                                               injector("-w banner -f RA -l copy -d 1 -W 8192 -m", host="other")],
        steps=[killed(ssh()), killed(plink(), None)]),
    Scenario(
        "injector-on-the-lan-before-synack",
        "A machine on the client's own network answers the SYN with a RST, before the real SYN-ACK comes.",
        net=Net(1, delay=20, lan=True), setup=[sshd(), injector("-w syn -f RA -l 63 -d 1 -m", host="other")],
        steps=[before_synack(ssh())], seen=[Seen("client"), Seen("switch", "br0", "hub")]),
    Scenario(
        "injector-missed",
        "A forged RST lies inside the window, but not at the byte that is next: the client asks back, and the login "
        "goes "
        "through.",
        net=FAR, setup=[sshd(), injector("-w banner -f R -l 55 -d random -q 700")],
        steps=[Try(ssh(), "none"), Try(paramiko(), "none")]),
]

FILTERED = [
    Scenario(
        "reset-in-session-by-host",
        "In the middle of a session the server's nftables begins to reject its packets with tcp reset.",
        net=FAR, setup=[sshd()],
        steps=[Start(ssh(command=CHATTER), "injected-rst", "host", expect=KILLED, settle=1.5),
               Do(nft("server", "input", "reject with tcp reset")), Finish()]),
    Scenario(
        "reset-in-session-by-router",
        "In the middle of a session the router's nftables begins to reject its packets with tcp reset.",
        net=Net(2, delay=(5, 10, 10)), setup=[sshd()],
        steps=[Start(ssh(command=CHATTER), "injected-rst", "path", expect=KILLED, settle=1.5),
               Do(nft("router1", "forward", "reject with tcp reset")), Finish()]),
]

SCENARIOS = FORGED + FILTERED
