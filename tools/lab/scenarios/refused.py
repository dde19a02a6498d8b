"""Refused by the target's own kernel: nothing listens there."""

from capture import Seen
from clients import dbclient, nc, nmap, paramiko, plink, sock, ssh
from net import Net
from scenario import Do, Scenario, Try, Wait
from services import sshd, stop_daemon

REFUSED = "Connection refused"


def refused(client, expect=REFUSED, **more):
    return Try(client, "kernel-rst", "host", expect, **more)


SCENARIOS = [
    Scenario(
        "kernel-rst-sshd-stopped",
        "sshd runs and lets a login in, is stopped, and the next login finds nobody there.",
        net=Net(1, delay=20), setup=[sshd()],
        steps=[Try(ssh(), "none"), Do(stop_daemon("sshd:22")), refused(ssh())]),
    Scenario(
        "kernel-rst-other-port",
        "sshd listens on 2200; OpenSSH, dbclient and a plain socket knock on 22.",
        setup=[sshd(port=2200)], more_ports=(2200,),
        steps=[refused(ssh()), refused(dbclient()), refused(sock()), Try(ssh(), "none", port=2200)]),
    Scenario(
        "kernel-rst-alone",
        "No sshd was ever started. One login with OpenSSH, and nothing else in the capture.",
        steps=[refused(ssh())]),
    Scenario(
        "kernel-rst-two-routers",
        "No sshd on a server behind two routers, 35 ms away; several clients try.",
        net=Net(2, delay=(5, 10, 20), jitter=3),
        steps=[refused(ssh()), refused(paramiko(), "refused|Unable to connect"), refused(plink()), refused(dbclient())],
        seen=[Seen("client", form="pcapng")]),
    Scenario(
        "kernel-rst-plain-sockets",
        "No sshd. Plain sockets of TOS 0 and of TOS 0xb8, netcat and a connect scan knock.",
        net=Net(1, delay=12),
        steps=[refused(sock()), refused(sock(tos=0xB8)), refused(sock(tos=0x48)), refused(nc()),
               refused(nmap("-sT"), "closed")]),
    Scenario(
        "kernel-rst-both-ends",
        "sshd is stopped; the login is seen at the client, between, and on the server, whose interface completes checksums.",
        net=Net(1, delay=15, offload=("server",)), setup=[sshd()],
        steps=[Do(stop_daemon("sshd:22")), refused(ssh()), Wait(0.5), refused(sock())],
        seen=[Seen("client"), Seen("router1", "eth0"), Seen("server")]),
    Scenario(
        "kernel-rst-again-and-again",
        "No sshd; a script retries every half second, five times, with OpenSSH and a newer OpenSSH's TOS.",
        net=Net(1, delay=30),
        steps=[Try(ssh(), "kernel-rst", "host", REFUSED, times=2, gap=0.5),
               Try(ssh(tos="0xb8"), "kernel-rst", "host", REFUSED, times=3, gap=0.5)]),
    Scenario(
        "kernel-rst-any",
        "sshd is stopped; seen with -i any at the client and on the router, where each packet appears twice.",
        net=Net(1, delay=8),
        steps=[refused(ssh()), refused(dbclient())],
        seen=[Seen("client", "any", "client-any"), Seen("router1", "any", "router1-any"),
              Seen("client", "any", "client-cooked", cooked=True)]),
]
