"""Captures that rules are measured on and not made from: other addresses, ports, delays, clients, marks and rules."""

from capture import Derived, Seen, merged
from clients import (BANNER, GOOD, WRONG, asyncssh, curl, dbclient, health_check, keyscan, nmap, paramiko, plink,
                     sock, ssh)
from firewalls import fail2ban, iptables, nft, ufw, wait_banned
from net import Net
from scenario import Do, Finish, Scenario, Start, Together, Try, Wait
from scenarios.accepted import flood, overflow_or_mute
from scenarios.injected import CHATTER, KILLED
from services import dnsmasq, fake, haproxy, hosts_deny, injector, sshd, stop_daemon, use_resolver

REFUSED = "refused"
TCP = "-p tcp -m tcp --dport {port}"
UNKNOWN = {"*": ("undetermined", "unknown")}


def other(routers=1, delay=0, **more):
    """The same topologies with addresses that the tune set never has."""
    return Net(routers, delay, prefix4="192.168", prefix6="fd5a:17:b", **more)


def held_out(name, story, **more):
    return Scenario("heldout-" + name, story, set="held-out", **more)


REFUSALS = [
    held_out("kernel-rst", "sshd on 2222 is stopped after a login; a newer OpenSSH and dbclient are refused.",
             net=other(2, (3, 0, 44)), port=2222, setup=[sshd(port=2222)],
             steps=[Try(dbclient(), "none"), Do(stop_daemon("sshd:2222")),
                    Try(ssh(tos="0xb8"), "kernel-rst", "host", REFUSED), Try(dbclient(), "kernel-rst", "host")]),
    held_out("kernel-rst-af21", "Nobody listens; OpenSSH as of 8.5 to 10.0 marks its SYN 0x48, AsyncSSH marks nothing.",
             net=other(1, 63, jitter=5),
             steps=[Try(ssh(tos="0x48"), "kernel-rst", "host", REFUSED), Try(asyncssh(), "kernel-rst", "host"),
                    Try(sock(tos=0x20), "kernel-rst", "host", REFUSED)], seen=[Seen("client", pack="zst")]),
    held_out("kernel-rst-near", "Nobody listens on the neighbour; plink and Paramiko try.",
             net=other(0), steps=[Try(plink(), "kernel-rst", "host"), Try(paramiko(), "kernel-rst", "host")],
             seen=[Seen("server")]),
    held_out("firewall-rst-host-legacy", "iptables-legacy on the server rejects with tcp-reset after a login by plink.",
             net=other(1, 17), setup=[sshd()],
             steps=[Try(plink(password=GOOD), "none"),
                    Do(iptables("server", "INPUT", "REJECT --reject-with tcp-reset", match=TCP, legacy=True)),
                    Try(ssh(tos="0xb8"), "firewall-rst", "host", REFUSED),
                    Try(ssh(), "firewall-rst", "host", REFUSED)]),
    held_out("firewall-rst-router-legacy", "iptables-legacy on the second router rejects with tcp-reset on port 8022.",
             net=other(2, (2, 31, 9)), port=8022, setup=[sshd(port=8022)],
             steps=[Try(ssh(tos="0x48"), "none"),
                    Do(iptables("router2", "FORWARD", "REJECT --reject-with tcp-reset", match=TCP, legacy=True)),
                    Try(ssh(tos="0x48"), "firewall-rst", "path", REFUSED), Try(dbclient(), "firewall-rst", "path")]),
    held_out("firewall-rst-router1-prerouting", "nftables on the first router rejects with tcp reset in prerouting, "
             "nothing else is seen.", net=other(2, (7, 7, 7)),
             setup=[sshd(), nft("router1", "prerouting", "reject with tcp reset")],
             steps=[Try(ssh(), "firewall-rst", "path", REFUSED),
                    Try(ssh(tos="0xb8"), "firewall-rst", "path", REFUSED)]),
    held_out("firewall-icmp-legacy", "iptables-legacy on the server rejects with its default.",
             net=other(1, 26), setup=[sshd(), iptables("server", "INPUT", "REJECT", match=TCP, legacy=True)],
             steps=[Try(dbclient(), "firewall-icmp", "host"), Try(asyncssh(), "firewall-icmp", "host")]),
    held_out("firewall-icmp-router", "nftables on the second router rejects port 2222 as administratively prohibited.",
             net=other(2, (11, 0, 3)), port=2222,
             setup=[sshd(port=2222), nft("router2", "forward", "reject with icmpx type admin-prohibited")],
             steps=[Try(ssh(tos="0xb8"), "firewall-icmp", "path"), Try(plink(), "firewall-icmp", "path")]),
    held_out("ufw-reject", "ufw rejects port 22 after a login.",
             net=other(2, (0, 12, 20)), setup=[sshd()],
             steps=[Try(ssh(), "none"), Do(ufw("reject 22/tcp")),
                    Try(ssh(tos="0x48"), "firewall-rst", "host", REFUSED)]),
]

SILENCE = [
    held_out("silent-drop-raw", "nftables on the second router drops port 2222 in prerouting at raw priority.",
             net=other(2, (5, 25, 5)), port=2222, setup=[sshd(port=2222), nft("router2", "raw", "drop")],
             steps=[Try(ssh(connect_timeout=8, tos="0xb8"), "silent-drop", "unknown", "timed out"),
                    Try(asyncssh(seconds=4), "silent-drop", "unknown", "")]),
    held_out("silent-drop-at-server", "iptables-legacy drops in INPUT; seen on the server with -i any.",
             net=other(1, 33, offload=("server",)),
             setup=[sshd(), iptables("server", "INPUT", "DROP", match=TCP, legacy=True)],
             steps=[Try(ssh(connect_timeout=4), "silent-drop", "host", "timed out")],
             seen=[Seen("server", "any", "server-any")]),
    held_out("return-path-loss", "The second router drops what comes from port 22. Seen on the server.",
             net=other(2, (4, 4, 24), offload=("server",)),
             setup=[sshd(), iptables("router2", "FORWARD", "DROP", match="-p tcp -m tcp --sport {port}", legacy=True)],
             steps=[Try(paramiko(seconds=5), "return-path-loss", "path"),
                    Try(ssh(connect_timeout=4), "return-path-loss", "path")],
             seen=[Seen("server", form="nano")]),
    held_out("host-unreachable-far", "Nobody has the address behind two routers.",
             net=other(2, (22, 1, 0)),
             steps=[Try(ssh(tos="0xb8"), "host-unreachable", "host", "No route|timed out",
                        to={4: "192.168.3.200", 6: "fd5a:17:b:3::200"})]),
    held_out("host-unreachable-near", "Nobody has the address on the client's own network; seen on a hub.",
             net=other(1, 5, lan=True),
             steps=[Try(dbclient(), "host-unreachable", "host", to={4: "192.168.1.200", 6: "fd5a:17:b:1::200"},
                        no_syn=True)],
             seen=[Seen("switch", "br0", "hub")]),
    held_out("network-unreachable", "The router has no route to the address.",
             net=other(1, (28, 0)), steps=[Try(paramiko(), "network-unreachable", "path",
                                               to={4: "203.0.113.9", 6: "fd99::9"}),
                                           Wait(1.1),
                                           Try(ssh(tos="0x48"), "network-unreachable", "path",
                                               to={4: "203.0.113.9", 6: "fd99::9"})]),
    held_out("name-nxdomain", "A user mistypes a name, which the name server does not know.",
             net=other(1, 40), setup=[dnsmasq("--address=/corp.example/"), use_resolver()],
             steps=[Try(ssh(to="db7.corp.example"), "name-failure", "client", "resolve|known",
                        dst_name="db7.corp.example")]),
]

ACCEPTED = [
    held_out("maxstartups", "MaxStartups is 3:100:3 and held by three connections; two more come.",
             net=other(2, (6, 6, 18)), port=2222, setup=[sshd(port=2222, MaxStartups="3:100:3")],
             steps=[*[Start(sock(tos=0x48, send=BANNER, read=1, hold=7), "scan", "client",
                            f"h{n}") for n in range(3)],
                    Try(ssh(tos="0xb8"), "maxstartups", "host", "closed|reset"), Try(plink(), "maxstartups", "host"),
                    *[Finish(f"h{n}") for n in range(3)]]),
    held_out("maxstartups-random", "MaxStartups is 1:40:6, and eight clients come.",
             net=other(1, 27), setup=[sshd(MaxStartups="1:40:6")],
             steps=[Together([sock(send=BANNER, read=4)] * 8,
                             lambda o: ("scan", "client") if o.json().get("heard", "").startswith("SSH-")
                             else ("maxstartups", "host"), gap=0.15, need=("maxstartups",))]),
    held_out("source-penalty", "A small fake with the text of OpenSSH 9.8 and later refuses the source after failed "
             "logins by plink, OpenSSH and AsyncSSH.",
             net=other(1, 38), setup=[sshd(port=2022), fake("penalty", 3, 2022, r"Not allowed at this time\r\n")],
             steps=[Try(plink(password=WRONG), "auth-failed", "host"),
                    Try(ssh(user="test", password=WRONG), "auth-failed", "host"),
                    Try(asyncssh(password=WRONG), "auth-failed", "host"), Try(ssh(), "source-penalty", "host", None)]),
    held_out("fail2ban", "Three failed logins, then fail2ban rejects all ports, and three more tries.",
             net=other(2, (3, 13, 13)), setup=[sshd(), fail2ban("iptables-allports")],
             steps=[Try(ssh(password=WRONG), "auth-failed", "host"),
                    Try(paramiko(password=WRONG), "auth-failed", "host"),
                    Try(plink(password=WRONG), "auth-failed", "host"), Do(wait_banned()),
                    Try(ssh(tos="0xb8"), "fail2ban-ban", "host", times=3, gap=1.1)]),
    held_out("tcp-wrappers", "hosts.deny refuses the client on port 2222; plink and AsyncSSH come.",
             net=other(1, 19), port=2222, setup=[sshd(port=2222), hosts_deny()],
             steps=[Try(plink(), "closed-before-banner", "host"), Try(asyncssh(), "closed-before-banner", "host")]),
    held_out("haproxy", "haproxy without a server that lives.",
             net=other(2, (4, 9, 16)), setup=[haproxy(backend="127.0.0.1:9")],
             steps=[Try(plink(), "closed-before-banner", "host"),
                    Try(ssh(tos="0xb8"), "closed-before-banner", "host")]),
    held_out("no-banner", "sshd on 2222 is held by SIGSTOP; newer OpenSSH and AsyncSSH wait.",
             net=other(2, (2, 2, 41)), port=2222, setup=[sshd(port=2222)],
             steps=[Try(ssh(), "none"), Do(stop_daemon("sshd:2222", 19)),
                    Try(ssh(connect_timeout=5, tos="0xb8"), "no-banner", "host", "timed out"),
                    Try(asyncssh(seconds=4), "no-banner", "host")]),
    held_out("listen-overflow", "A queue of two that nobody empties, seven clients at once.",
             net=other(1, 55), setup=[fake("backlog", 2)],
             steps=[Together(flood(7, 7), overflow_or_mute, need=("listen-overflow",))],
             seen=[Seen("client", pack="gz")]),
    held_out("not-ssh", "A small fake of an IMAP server and one of a database answer on SSH ports.",
             net=other(1, 14), more_ports=(2222,),
             setup=[fake("greet", r"* OK [CAPABILITY IMAP4rev1] Dovecot ready.\r\n", 3),
                    fake("greet", r"\x4a\x00\x00\x00\x0a8.0.33\x00\x08\x00\x00\x00", 3, port=2222)],
             steps=[Try(ssh(), "not-ssh", "host", None), Try(dbclient(timeout=6), "not-ssh", "host", "", port=2222)]),
    held_out("leavers", "A half-open scan, a health check, ssh-keyscan and a browser-like client meet a server that "
                        "works.",
             net=other(2, (1, 9, 30)), setup=[sshd()],
             steps=[Try(nmap("-sS"), "scan", "client", "open"),
                    Try(health_check(), "scan", "client", ""),
                    Try(keyscan(), "scan", "client", ""), Try(curl(), "protocol-mismatch", "client", ""),
                    Start(ssh(password=GOOD, hang=20, tos="0x48"), "client-abort", "client", expect="", settle=3),
                    Finish(interrupt=True)]),
]

INJECTED = [
    held_out("injector-syn", "A third party at the second router answers SYNs with three RST+ACK of TTL 110.",
             net=other(2, (12, 6, 30)), setup=[sshd(), injector("-w syn -f RA -l 110 -n 3 -d random", host="router2")],
             steps=[Try(ssh(tos="0xb8"), "firewall-rst", "path", REFUSED), Try(asyncssh(), "firewall-rst", "path")]),
    held_out("injector-banner", "A third party at the second router resets at the banner, with a TTL near the host's.",
             net=other(2, (12, 6, 40)), setup=[sshd(),
                                               injector("-w banner -l 63 -d random -n 2 -s 4380", host="router2")],
             steps=[Try(ssh(tos="0xb8"), "injected-rst", "path", KILLED)]),
    held_out("injector-session", "A third party resets a session that was under way, TTL and IP ID copied.",
             net=other(1, 42), setup=[sshd(), injector("-w data -k 16 -f RA -l copy -d copy")],
             steps=[Try(ssh(command=CHATTER), "injected-rst", "path", KILLED)]),
]

REST = [
    held_out("none", "Logins that go through, by plink, AsyncSSH, Paramiko with a password and a newer OpenSSH, on "
                     "2222.",
             net=other(2, (9, 3, 21), jitter=2), port=2222, setup=[sshd(port=2222)],
             steps=[Try(plink(password=GOOD), "none"), Try(asyncssh(), "none"), Try(paramiko(password=GOOD), "none"),
                    Try(ssh(tos="0xb8"), "none")]),
    held_out("hard", "A reset by the router's legacy iptables: twice, swapped, with a short snaplen, one direction "
                     "only.",
             net=other(1, 37), setup=[sshd()],
             steps=[Try(ssh(tos="0x48"), "none"),
                    Do(iptables("router1", "FORWARD", "REJECT --reject-with tcp-reset", match=TCP, legacy=True)),
                    Try(ssh(tos="0x48"), "firewall-rst", "path", REFUSED)],
             seen=[Seen("client", name="snaplen-110", snaplen=110), Seen("router1", "eth0", keep=False),
                   Seen("client", name="only-server-to-client", only="src host {server}", relabel=UNKNOWN)],
             derived=[Derived("client", name="twice", how=merged("snaplen-110", "router1"))]),
]

SCENARIOS = REFUSALS + SILENCE + ACCEPTED + INJECTED + REST
