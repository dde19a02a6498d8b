"""Dropped without a word: on the host, on the path, seen from the client, from between and from the server."""

from capture import Seen
from clients import dbclient, nc, paramiko, plink, sock, ssh
from firewalls import command, iptables, nft
from net import Net
from scenario import Do, Scenario, Try
from services import sshd

TIMEOUT = "timed out|Timeout|timeout"
UNKNOWN = {"silent-drop": ("silent-drop", "unknown")}
FAR = Net(1, delay=20)
FARTHER = Net(2, delay=(5, 10, 20))


def dropped(client=None, where="unknown", expect=TIMEOUT):
    return Try(client or ssh(connect_timeout=4), "silent-drop", where, expect)


SCENARIOS = [
    Scenario(
        "silent-drop-server-input",
        "A login goes through; then the server's nftables drops port 22. Seen at the client, between and on the "
        "server.",
        net=Net(1, delay=20, offload=("server",)), setup=[sshd()],
        steps=[Try(ssh(), "none"), Do(nft("server", "input", "drop")), dropped(where="host")],
        seen=[Seen("client", relabel=UNKNOWN), Seen("router1", "eth1", relabel=UNKNOWN), Seen("server")]),
    Scenario(
        "silent-drop-router1-forward",
        "The router drops port 22 in its forward chain; OpenSSH and a plain socket wait in vain.",
        net=FAR, setup=[sshd(), nft("router1", "forward", "drop")],
        steps=[dropped(), dropped(sock(timeout=4))]),
    Scenario(
        "silent-drop-router2-of-2",
        "The second of two routers drops port 22 after a login had gone through. Seen at the client and on the first "
        "router.",
        net=FARTHER, setup=[sshd()],
        steps=[Try(ssh(), "none"), Do(nft("router2", "forward", "drop")), dropped()],
        seen=[Seen("client"), Seen("router1", "eth1")]),
    Scenario(
        "silent-drop-prerouting",
        "iptables on the server drops port 22 in the raw table, before connections are tracked.",
        net=FAR, setup=[sshd(), iptables("server", "PREROUTING", "DROP", table="raw",
                                         match="-p tcp -m tcp --dport {port}")],
        steps=[dropped(ssh(connect_timeout=6))]),
    Scenario(
        "silent-drop-kernel-gives-up",
        "Port 22 is dropped, and the client's kernel itself gives up after four retransmissions, as sysctl says.",
        net=FAR, setup=[sshd(), nft("server", "input", "drop"),
                        command("client", "sysctl -w net.ipv4.tcp_syn_retries=3 net.ipv4.tcp_syn_linear_timeouts=2")],
        steps=[dropped(ssh(connect_timeout=100)), dropped(dbclient(), expect=None)]),
    Scenario(
        "silent-drop-several-clients",
        "Port 22 is dropped on the server; dbclient, Paramiko, plink, netcat and a user's ^C all meet silence.",
        net=Net(1, delay=10), setup=[sshd(), nft("server", "input", "drop")],
        steps=[dropped(paramiko(seconds=4), expect=None), dropped(nc(4)),
               Try(dbclient(timeout=4), "silent-drop", "unknown", ""),
               Try(plink(timeout=4), "silent-drop", "unknown", "")]),
    Scenario(
        "silent-drop-near",
        "A server of the same network answers ARP and neighbour solicitations, and drops port 22.",
        net=Net(), setup=[sshd(), nft("server", "input", "drop")],
        steps=[dropped()]),
    Scenario(
        "silent-drop-old-kernel-timing",
        "Port 22 is dropped, and the client's SYNs go out at 0, 1, 3 and 7 seconds, as kernels before 6.5 do.",
        net=FAR, setup=[sshd(), nft("router1", "forward", "drop"),
                        command("client", "sysctl -w net.ipv4.tcp_syn_linear_timeouts=0")],
        steps=[dropped(ssh(connect_timeout=9))]),
    Scenario(
        "silent-drop-blackhole",
        "The router has a blackhole route for the server.",
        net=Net(1), setup=[sshd(), command("router1", "ip -{family} route add blackhole {server}")],
        steps=[dropped(ssh(connect_timeout=4)), dropped(sock(timeout=3))]),
]
