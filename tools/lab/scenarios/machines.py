"""Is it one machine? Two with the server's address, somebody on the way who answers in its place, and what only looks
like it: fail-over, a new network card, a balancer."""

import time

from capture import Seen
from clients import ssh
from firewalls import command, nft, nft_flush
from net import LAB, Net
from sandbox import WORK
from scenario import Do, Finish, Scenario, Start, Try, Wait
from services import dnsmasq, dropbear, fake, sshd, stop_daemon, use_resolver
from ssh_peers import key, known_host, ssh_checking

LAN = Net(0, lan=True)
FAR = Net(1, delay=20)
FAKE = {4: "198.18.0.5", 6: "fc00::5"}
REFUSED = "refused"
KILLED = "reset|closed|Broken pipe|timed out"
CHATTER = "for i in 1 2 3 4 5 6 7 8; do date; sleep 0.5; done"
PALO_ALTO = "SSH-2.0-PaloAltoNetworks_0.2\\r\\n"
ON_ALL = Seen("client", "any", "any")
PORTAL = "HTTP/1.1 302 Found\\r\\nLocation: http://portal.example/login\\r\\n\\r\\n"
EVERYWHERE = [Seen("client"), Seen("server"), Seen("switch", "br0", "path"), ON_ALL]
MAKERS = {"server": "00:25:90:5a:31:07", "other": "00:80:77:12:ab:9c", "client": "3c:52:82:10:44:01"}


def lan(lab):
    """A switch that learns, and MAC addresses as makers give them."""
    lab.network.ip("switch", "link", "set", "br0", "type", "bridge", "ageing_time", "30000")
    for host, mac in MAKERS.items():
        lab.network.ip(host, "link", "set", "eth0", "address", mac)


def length(lab):
    return "24" if lab.family == 4 else "64"


def announce(host, whose="server"):
    return lambda lab: lab.network.run(host, "/usr/bin/python3", "-E", LAB + "/announce.py", "eth0", lab.words[whose])


def take(host="other", announced=True, whose="server"):
    """A host takes the server's address, and says so."""
    def act(lab):
        lab.network.ip(host, "addr", "add", f"{lab.words[whose]}/{length(lab)}", "dev", "eth0",
                       *(["nodad"] if lab.family == 6 else []))
        if announced:
            announce(host, whose)(lab)
            time.sleep(0.2)
    return act


def second_interface(lab):
    """The server is on the link with two interfaces, and answers ARP from both, as Linux does by default."""
    lab.network._veth("server", "eth9", "switch", "port9")
    lab.network.ip("switch", "link", "set", "port9", "master", "br0")
    lab.network.ip("server", "link", "set", "eth9", "address", "00:25:90:5a:31:08")
    lab.network.ip("server", "addr", "add", "10.7.1.9/24", "dev", "eth9")


def give_up(host):
    return lambda lab: lab.network.ip(host, "addr", "del", f"{lab.words['server']}/{length(lab)}", "dev", "eth0")


def forget_neighbours(lab):
    lab.network.ip("client", "neigh", "flush", "all")


second_speaks_last = (take(), forget_neighbours, command("client", "ping -c1 -W1 {server}", check=False),
                      announce("other"))


def own_key_sshd(host, port=22):
    """A further sshd, with a host key of its own."""
    return lambda lab: sshd(port, host=host, HostKey=key("ed25519", host), PidFile=f"{WORK}/sshd-{host}.pid")(lab)


def conflict(client, expect, **more):
    return Try(client, "address-conflict", "host", expect, **more)


def redirect(lab):
    """The router takes SSH for itself, as a transparent proxy does."""
    lab.network.run("router1", "nft", "add table inet proxy; add chain inet proxy in { type nat hook prerouting "
                    "priority dstnat; }; add rule inet proxy in iifname eth0 tcp dport 22 redirect to :2022")


def fake_addresses(lab):
    """A name server at the router that has one answer for all, and the router has that address."""
    address = FAKE[lab.family]
    lab.network.ip("router1", "addr", "add", address, "dev", "lo")
    dnsmasq(f"--address=/#/{address}", host="router1")(lab)


def balance(lab):
    """Connections go to two ports in turn; what comes from the second looks as if it came from further away."""
    def add(rule):
        lab.network.run("server", "nft", "add " + rule)
    add("table inet balance")
    add("chain inet balance in { type nat hook prerouting priority dstnat; }")
    add("rule inet balance in tcp dport 22 redirect to :numgen inc mod 2 map { 0 : 2201, 1 : 2202 }")
    add("chain inet balance out { type filter hook output priority 0; }")
    add(f"rule inet balance out tcp sport 2202 {'ip ttl' if lab.family == 4 else 'ip6 hoplimit'} set 60")


CONFLICTS = [
    Scenario(
        "conflict-no-sshd",
        "A printer is given the server's address and announces it: its kernel refuses the next login. Then both answer "
        "when the client asks who has the address.",
        net=LAN, setup=[lan, sshd()],
        steps=[Try(ssh(), "none"), Do(take()), conflict(ssh(), REFUSED), Do(forget_neighbours, announce("server")),
               Wait(0.5), Do(command("client", "ping -c1 -W1 {server}"), announce("other")), conflict(ssh(), REFUSED)],
        seen=[Seen("client"), Seen("switch", "br0", "path")]),
    Scenario(
        "conflict-from-the-start",
        "Two machines have the address before the capture begins, and both answer the client's question; the "
        "one without "
        "sshd speaks last.",
        net=LAN, setup=[lan, sshd(), take(announced=False)],
        steps=[Do(command("client", "ping -c1 -W1 {server}"), announce("other")), Wait(0.2), conflict(ssh(), REFUSED)],
        seen=[Seen("client"), ON_ALL]),
    Scenario(
        "conflict-silent",
        "The other machine drops what it does not know: the login times out.",
        net=LAN, setup=[lan, sshd(), nft("other", "input", "drop")],
        steps=[Try(ssh(), "none"),
               Do(take(), forget_neighbours, command("client", "ping -c1 -W1 {server}", check=False),
                                      announce("other")), Wait(0.2),
               conflict(ssh(connect_timeout=6), "timed out")]),
    Scenario(
        "conflict-in-session",
        "A session is under way when another machine comes up with the server's address: the client's next "
        "segment goes "
        "there, and that kernel resets what it does not know.",
        net=LAN, setup=[lan, sshd()],
        steps=[Start(ssh(command=CHATTER, options=["ServerAliveInterval=1"]), "address-conflict", "host", expect=KILLED,
                     settle=1.5),
               Do(take()), Finish(), Wait(1.5)],
        seen=EVERYWHERE),
    Scenario(
        "conflict-in-handshake",
        "While the server's SYN-ACK is on its way, another machine announces the address: the client's ACK "
        "goes there, and "
        "is reset.",
        net=Net(0, lan=True, delay=400), setup=[lan, sshd()],
        steps=[Do(command("client", "ping -c1 -W2 {server}")),
               Start(ssh(connect_timeout=8), "address-conflict", "host", expect=KILLED, settle=0.3),
               Do(take()), Finish(), Wait(7)],
        seen=EVERYWHERE),
    Scenario(
        "conflict-other-key",
        "The other machine has an sshd as well, and so another host key, which the client does not take.",
        net=LAN, setup=[lan, sshd(), known_host("known"), own_key_sshd("other")],
        steps=[Try(ssh_checking(ssh(), "yes", "known"), "none"), Do(take(), forget_neighbours,
               command("client", "ping -c1 -W1 {server}", check=False), announce("other")),
               Wait(0.2), conflict(ssh_checking(ssh(), "yes", "known"), "IDENTIFICATION HAS CHANGED")]),
    Scenario(
        "conflict-other-rejects",
        "The other machine's firewall rejects with an ICMP error.",
        net=LAN, setup=[lan, sshd(), nft("other", "input", "reject")],
        steps=[Try(ssh(), "none"), Do(*second_speaks_last), Wait(0.2), conflict(ssh(), REFUSED)]),
    Scenario(
        "conflict-other-users",
        "The other machine has an sshd as well, whose key the client takes, and no such user.",
        net=LAN, setup=[lan, sshd(), own_key_sshd("other")],
        steps=[Try(ssh(), "none"), Do(*second_speaks_last), Wait(0.2),
               conflict(ssh(user="nobody-here"), "Permission denied")]),
    Scenario(
        "conflict-behind-router",
        "The two machines are on a network behind a router, whose table follows the last announcement. Seen at the "
        "router's far interface.",
        net=Net(1, lan=True, delay=8), aliases=({4: "10.7.2.2", 6: "fd07:0:0:2::2"},),
        setup=[lan, sshd(host="client")],
        steps=[Try(ssh(host="server"), "none", to="client"), Do(take(whose="client")),
               conflict(ssh(host="server"), REFUSED, to="client"),
               Do(command("client", "ip neigh flush all"), command("client", "ping -c1 -W2 {router1}")), Wait(0.3),
               Try(ssh(host="server"), "none", to="client"),
               Do(announce("other", "client")), Wait(0.3), conflict(ssh(host="server"), REFUSED, to="client")],
        seen=[Seen("router1", "eth0"), Seen("router1", "any", "any"), Seen("client", name="at-server")],
        reference=Seen("router1", "eth0", "reference", only="tcp or icmp or icmp6", snaplen=256, keep=False)),
    Scenario(
        "conflict-without-arp",
        "Logins reach one machine or the other by chance; the capture holds nothing but the SSH port.",
        net=LAN, setup=[lan, sshd(), take(announced=False)],
        steps=[Do(command("client", "ping -c1 -W1 {server}"), announce("server")), Wait(0.2), Try(ssh(), "none"),
               Do(announce("other")), Wait(0.2),
               conflict(ssh(), REFUSED), Do(announce("server")), Wait(0.2), Try(ssh(), "none")],
        seen=[Seen("client", only="tcp port 22")]),
]

LOOK_LIKE_CONFLICTS = [
    Scenario(
        "one-address-two-interfaces",
        "The server answers ARP from both of its interfaces on the link; its sshd is stopped.",
        net=LAN, families=(4,), setup=[lan, second_interface, sshd()],
        steps=[Try(ssh(), "none"), Do(stop_daemon("sshd:22"), forget_neighbours),
               Try(ssh(), "kernel-rst", "host", REFUSED), Wait(1.2), Do(forget_neighbours),
               Try(ssh(), "kernel-rst", "host", REFUSED)]),
    Scenario(
        "one-address-failover",
        "A pair for fail-over: the second takes the address over when the first gives it up, and logins go on. "
        "Then its "
        "sshd is stopped.",
        net=LAN, setup=[lan, sshd(), sshd(host="other", PidFile="/run/other.pid")],
        steps=[Try(ssh(), "none"), Do(give_up("server"), take()), Try(ssh(), "none"),
               Do(give_up("other"), take("server")), Try(ssh(), "none"), Do(give_up("server"), take()),
               Do(nft("other", "input", "reject with tcp reset")),
               Try(ssh(), "firewall-rst", "host", REFUSED)]),
    Scenario(
        "one-address-new-card",
        "The server gets a new network card, announces its new MAC address, and is well; then its sshd is stopped.",
        net=LAN, setup=[lan, sshd()],
        steps=[Try(ssh(), "none"), Do(command("server", "ip link set eth0 address 00:1b:21:44:90:7e"),
                                      announce("server")), Wait(0.2), Try(ssh(), "none"),
               Do(stop_daemon("sshd:22")), Try(ssh(), "kernel-rst", "host", REFUSED)]),
    Scenario(
        "one-address-balancer",
        "A balancer hands connections to two servers of other kinds, TTLs and host keys in turn; then one of "
        "them has a "
        "program that closes at once.",
        net=FAR, setup=[sshd(2201), dropbear(2202), balance],
        steps=[Try(ssh(), "none"), Try(ssh(), "none"), Do(stop_daemon("dropbear:2202"), fake("close", port=2202)),
               Try(ssh(), "none"), Try(ssh(), "closed-before-banner", "host", "closed|reset"), Try(ssh(), "none")]),
]

INTERCEPTED = [
    Scenario(
        "intercepted-proxy-closes",
        "A transparent proxy at the first router accepts in the server's name and closes, as it cannot reach "
        "its far end; "
        "logins before and after it go to the server.",
        net=FAR, setup=[sshd(), fake("close", port=2022, host="router1")],
        steps=[Try(ssh(), "none"), Do(redirect), Try(ssh(), "intercepted", "path", "closed|reset", times=2),
               Do(nft_flush("router1")), Try(ssh(), "none")]),
    Scenario(
        "intercepted-proxy-mute",
        "A transparent proxy accepts in the server's name and says nothing; then it is gone.",
        net=FAR, setup=[sshd(), fake("mute", port=2022, host="router1")],
        steps=[Do(redirect), Try(ssh(connect_timeout=6), "intercepted", "path", "timed out"), Do(nft_flush("router1")),
               Try(ssh(), "none")]),
    Scenario(
        "intercepted-inspected",
        "A firewall that inspects SSH greets with a version string of its own and closes; no login reaches the server.",
        net=FAR, setup=[sshd(), fake("greet", PALO_ALTO, 0.2, port=2022, host="router1")],
        steps=[Do(redirect), Try(ssh(), "intercepted", "path", "closed|reset")]),
    Scenario(
        "intercepted-other-key",
        "An SSH proxy with a host key of its own steps in between; the client knows the server's key.",
        net=FAR, setup=[sshd(), known_host("known"), own_key_sshd("router1", 2022)],
        steps=[Try(ssh_checking(ssh(), "yes", "known"), "none"), Do(redirect),
               Try(ssh_checking(ssh(), "yes", "known"), "intercepted", "path", "IDENTIFICATION HAS CHANGED")]),
    Scenario(
        "intercepted-portal",
        "A captive portal takes every port for HTTP, once the network wants a new login.",
        net=FAR, setup=[sshd(), fake("answer", PORTAL, port=2022, host="router1")],
        steps=[Try(ssh(), "none"), Do(redirect), Try(ssh(), "intercepted", "path")]),
    Scenario(
        "intercepted-fake-address",
        "A proxy program answers every name with an address that it made up, accepts for each, and closes when its far "
        "end fails.",
        net=FAR, setup=[sshd(), fake_addresses, fake("close", port=22, host="router1"), use_resolver("router1")],
        steps=[Try(ssh(), "none"), Try(ssh(to="build.example.org"), "intercepted", "path", "closed|reset"),
               Try(ssh(), "intercepted", "path", "closed|reset", to=FAKE)]),
]

SCENARIOS = CONFLICTS + LOOK_LIKE_CONFLICTS + INTERCEPTED
