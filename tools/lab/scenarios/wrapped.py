"""The same failures through what wraps or rewrites packets: NAT, a VXLAN, a tunnel of raw IP."""

import subprocess

from capture import Seen
from clients import dbclient, sock, ssh
from firewalls import command, nft
from net import LAB, LabError, Net
from scenario import Do, Scenario, Try
from services import sshd, stop_daemon

REFUSED = "refused"
RESET = "reject with tcp reset"
OUTSIDE = {4: "10.7.2.1", 6: "fd07:0:0:2::1"}
NEAR_END = {4: "10.8.0.1", 6: "fd08::1"}
FAR_END = {4: "10.8.0.2", 6: "fd08::2"}


def masquerade(lab):
    lab.network.run("router1", "nft", "add table inet nat; add chain inet nat out { type nat hook postrouting priority "
                    "srcnat; }; add rule inet nat out oifname eth1 masquerade")


def addressed(device):
    """Addresses of the tunnel's own network on both its ends."""
    def act(lab):
        for host, ends in (("client", NEAR_END), ("server", FAR_END)):
            for address, length in ((ends[4], 24), (ends[6], 64)):
                nodad = [] if length == 24 else ["nodad"]
                lab.network.ip(host, "addr", "add", f"{address}/{length}", "dev", device, *nodad)
            lab.network.ip(host, "link", "set", device, "up")
    return act


def vxlan(lab):
    for host, peer in (("client", "server"), ("server", "client")):
        lab.network.ip(host, "link", "add", "vx0", "type", "vxlan", "id", "42", "dstport", "4789", "local",
                       lab.words[host], "remote", lab.words[peer])
        lab.network.run(host, "ethtool", "-K", "vx0", "tx", "off", "tso", "off", "gso", "off", "gro", "off",
                        check=False)


def tunnel(lab):
    child = subprocess.Popen(["/usr/bin/python3", "-E", LAB + "/tunnel.py", "client", "server"], stdout=subprocess.PIPE)
    lab.network.children.append(child)
    if child.stdout.readline() != b"ready\n":
        raise LabError("tunnel.py did not start; run it by hand with lab shell")


def at_far_end(client, cause, where=None, expect=None):
    return Try(client, cause, where, expect, to=FAR_END)


SCENARIOS = [
    Scenario(
        "nat-kernel-rst",
        "The client sits behind a router that masquerades. A login, then sshd is stopped. Seen on the router with -i "
        "any, "
        "where each attempt has two legs, and on the server, which sees the router knock.",
        net=Net(1, delay=20), setup=[sshd(), masquerade], aliases=(OUTSIDE,),
        reference=Seen("router1", "any", "reference", only="tcp or icmp or icmp6", keep=False),
        steps=[Try(ssh(), "none"), Do(stop_daemon("sshd:22")), Try(ssh(), "kernel-rst", "host", REFUSED)],
        seen=[Seen("client"), Seen("router1", "any", "router1-any"), Seen("server")]),
    Scenario(
        "nat-firewall-rst",
        "The client sits behind a router that masquerades, and the server's nftables rejects with tcp reset.",
        net=Net(1, delay=20), setup=[sshd(), masquerade], aliases=(OUTSIDE,),
        reference=Seen("router1", "any", "reference", only="tcp or icmp or icmp6", keep=False),
        steps=[Try(dbclient(), "none"), Do(nft("server", "input", RESET)), Try(ssh(), "firewall-rst", "host", REFUSED)],
        seen=[Seen("client"), Seen("server", "any", "server-any", cooked=True)]),
    Scenario(
        "vxlan-refusals",
        "Client and server have a VXLAN between them, seen from outside on the router: a login in it, a reset by the "
        "server's nftables, and a closed port.",
        net=Net(1, delay=15), setup=[sshd(), vxlan, addressed("vx0")], aliases=(NEAR_END,), more_ports=(2222,),
        steps=[at_far_end(ssh(), "none"), Do(nft("server", "input", RESET)),
               at_far_end(ssh(), "firewall-rst", "host", REFUSED),
               Try(ssh(), "kernel-rst", "host", REFUSED, to=FAR_END, port=2222)],
        seen=[Seen("router1", "eth0")]),
    Scenario(
        "tunnel-raw-ip",
        "Client and server have a tunnel between them, whose tun0 shows raw IP: a login, a stopped sshd, then a drop.",
        net=Net(1), setup=[sshd(), tunnel, addressed("tun0")], aliases=(NEAR_END,),
        steps=[at_far_end(ssh(), "none"), Do(stop_daemon("sshd:22")), at_far_end(ssh(), "kernel-rst", "host", REFUSED),
               Do(nft("server", "input", "drop")),
               at_far_end(ssh(connect_timeout=3), "silent-drop", "unknown", "timed out")],
        seen=[Seen("client", "tun0", "tun0")]),
    Scenario(
        "heldout-tunnel-raw-ip",
        "A tunnel whose tun0 shows raw IP: the server's nftables rejects with ICMP and with tcp reset.",
        net=Net(1), setup=[sshd(), tunnel, addressed("tun0")], aliases=(NEAR_END,), set="held-out",
        steps=[Try(dbclient(), "none", to=FAR_END), Do(nft("server", "input", RESET)),
               Try(dbclient(), "firewall-rst", "host", REFUSED, to=FAR_END), Do(command("server", "nft flush ruleset")),
               Do(nft("server", "input", "reject with icmpx type port-unreachable")),
               Try(sock(), "firewall-icmp", "host", None, to=FAR_END)],
        seen=[Seen("client", "tun0", "tun0")]),
]
