"""Failures beside what goes well, and packets lost once: what a rule must not mistake for something else."""

from capture import Seen
from clients import WRONG, dbclient, paramiko, plink, sock, ssh
from firewalls import fail2ban, firewalld, iptables, nft, wait_banned
from net import Net
from scenario import Do, Finish, Scenario, Start, Try, Wait
from scenarios.injected import CHATTER, KILLED
from scenarios.routing import default_towards
from services import dropbear, injector, sshd, stop_daemon

REFUSED = "refused"
FIRST_OF_TWO = "numgen inc mod 2 0 drop"
SYN = "tcp dport {port} tcp flags & (syn|ack) == syn"
SYN_ACK = "tcp sport {port} tcp flags & (syn|ack) == syn|ack"
HOLD = "for i in 1 2 3 4 5 6 7 8 9 10; do date; sleep 0.5; done"


def goes_on(*steps):
    """A session that goes well around the steps."""
    return [Start(ssh(command=HOLD), "none", name="session", settle=1.5), *steps, Finish("session")]


def other(routers=1, delay=0, **more):
    return Net(routers, delay, prefix4="172.20", prefix6="fd20:1:2", **more)


BESIDE = [
    Scenario(
        "silent-drop-new-only",
        "A session goes on while the server drops every new connection.",
        net=Net(1, delay=20), setup=[sshd()],
        steps=goes_on(Do(nft("server", "input", "drop", match=SYN)),
                      Try(ssh(connect_timeout=3), "silent-drop", "unknown", "timed out"))),
    Scenario(
        "kernel-rst-session-goes-on",
        "sshd's listener is stopped while a session of its goes on; the next client is refused by the kernel.",
        net=Net(1, delay=20), setup=[sshd()],
        steps=goes_on(Do(stop_daemon("sshd:22")), Try(ssh(), "kernel-rst", "host", REFUSED),
                      Try(dbclient(), "kernel-rst", "host", REFUSED))),
    Scenario(
        "firewall-rst-session-goes-on",
        "A session goes on while the router rejects every new connection with tcp reset.",
        net=Net(2, delay=(5, 10, 15)), setup=[sshd()],
        steps=goes_on(Do(nft("router1", "forward", "reject with tcp reset", match=SYN)),
                      Try(ssh(), "firewall-rst", "path", REFUSED), Try(sock(), "firewall-rst", "path", REFUSED))),
]

LOST_ONCE = [
    Scenario(
        "none-first-syn-lost",
        "The router loses the first SYN of each login; the second gets through, and so does the login.",
        net=Net(1, delay=15), setup=[sshd(), nft("router1", "forward", FIRST_OF_TWO, match=SYN)],
        steps=[Try(ssh(), "none"), Try(dbclient(), "none")]),
    Scenario(
        "none-first-synack-lost",
        "The router loses the first SYN-ACK of each login; the login goes through.",
        net=Net(1, delay=15), setup=[sshd(), nft("router1", "forward", FIRST_OF_TWO, match=SYN_ACK)],
        steps=[Try(ssh(), "none")], seen=[Seen("client"), Seen("server")]),
    Scenario(
        "kernel-rst-first-syn-lost",
        "Nobody listens, and the router loses the first SYN: the answer comes to the second.",
        net=Net(1, delay=25), setup=[nft("router1", "forward", FIRST_OF_TWO, match=SYN)],
        steps=[Try(ssh(), "kernel-rst", "host", REFUSED), Try(ssh(tos="0xb8"), "kernel-rst", "host", REFUSED)]),
    Scenario(
        "firewall-rst-first-syn-lost",
        "The first router loses the first SYN, and the second rejects with tcp reset.",
        net=Net(2, delay=(5, 10, 15)),
        setup=[sshd(), nft("router1", "forward", FIRST_OF_TWO, match=SYN),
               nft("router2", "forward", "reject with tcp reset")],
        steps=[Try(ssh(), "firewall-rst", "path", REFUSED)]),
]

HELD_OUT = [
    Scenario(
        "heldout-routing-loop", "Two routers send the address to each other.", set="held-out",
        net=other(2, (19, 4, 0)),
        setup=[default_towards("router1", 2), default_towards("router2", 1)],
        steps=[Try(dbclient(), "routing-loop", "path", to={4: "198.51.100.7", 6: "fd99::7"})]),
    Scenario(
        "heldout-fail2ban-drop", "Three failed logins, then fail2ban drops the source on port 2222.", set="held-out",
        net=other(1, 24), port=2222, setup=[sshd(port=2222),
                                            fail2ban("nftables[type=allports, blocktype=drop]", port=2222)],
        steps=[*[Try(client, "auth-failed", "host") for client in (plink(password=WRONG),
                                                                   ssh(password=WRONG, tos="0xb8"),
                                                                   paramiko(password=WRONG))],
               Do(wait_banned()), Try(ssh(connect_timeout=4, tos="0xb8"), "fail2ban-ban", "host", "timed out")]),
    Scenario(
        "heldout-injector-lan", "A machine on the client's network resets it once the handshake is done, with four "
                                "RSTs.",
        set="held-out", net=other(1, 28, lan=True),
        setup=[sshd(), injector("-w ack -f R -l copy -d random -n 4 -s 1000 -m", host="other")],
        steps=[Try(ssh(tos="0xb8"), "injected-rst", "path", KILLED), Try(dbclient(), "injected-rst", "path")]),
    Scenario(
        "heldout-reset-in-session", "The second router's legacy iptables begins to reject a session that is under way.",
        set="held-out", net=other(2, (9, 12, 6)), setup=[sshd()],
        steps=[Start(ssh(command=CHATTER, tos="0xb8"), "injected-rst", "path", expect=KILLED, settle=1.8),
               Do(iptables("router2", "FORWARD", "REJECT --reject-with tcp-reset", legacy=True,
                           match="-p tcp -m tcp --dport {port}")), Finish()]),
    Scenario(
        "heldout-dropbear-limit", "Dropbear on 2222 closes what is over five unauthenticated connections of one "
                                  "address.",
        set="held-out", net=other(2, (3, 3, 30)), port=2222, setup=[dropbear(port=2222)],
        steps=[*[Start(sock(tos=0x48, read=1, hold=7), "scan", "client", f"h{n}") for n in range(5)],
               Try(ssh(tos="0xb8"), "maxstartups", "host", "closed|reset"), Try(plink(), "maxstartups", "host"),
               *[Finish(f"h{n}") for n in range(5)]]),
    Scenario(
        "heldout-firewalld", "firewalld without its ssh service, after a login.", set="held-out",
        net=other(2, (8, 2, 11)), setup=[sshd()],
        steps=[Try(ssh(), "none"), Do(firewalld("--zone=public --remove-service-from-zone=ssh")),
               Try(ssh(tos="0xb8"), "firewall-icmp", "host"), Wait(1.1), Try(plink(), "firewall-icmp", "host")]),
    Scenario(
        "heldout-first-syn-lost", "The first SYN is lost; then a login goes through, and then sshd is stopped.",
        set="held-out", net=other(2, (6, 22, 1)), setup=[sshd(), nft("router2", "forward", FIRST_OF_TWO, match=SYN)],
        steps=[Try(ssh(tos="0xb8"), "none"), Do(stop_daemon("sshd:22")),
               Try(ssh(tos="0xb8"), "kernel-rst", "host", REFUSED)]),
]

SCENARIOS = BESIDE + LOST_ONCE + HELD_OUT
