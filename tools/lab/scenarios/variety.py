"""The same failures under other conditions: other initial TTLs, rewritten DSCP, ECN, no timestamps, bans seen late."""

from capture import Seen
from clients import WRONG, dbclient, paramiko, plink, sock, socat, ssh, telnet, wget
from firewalls import command, fail2ban, nft, wait_banned
from net import Net
from scenario import Do, Mark, Scenario, Try, Wait
from services import injector, sshd, stop_daemon

REFUSED = "refused"
RESET = "reject with tcp reset"


def starts_at(host, ttl):
    """Network equipment starts at 255 and Windows at 128, where Linux starts at 64."""
    return command(host, f"sysctl -w net.ipv4.ip_default_ttl={ttl} net.ipv6.conf.all.hop_limit={ttl} "
                         f"net.ipv6.conf.eth0.hop_limit={ttl} net.ipv6.conf.default.hop_limit={ttl}")


def rewritten(router, dscp):
    """DSCP set on all that the router forwards towards the server."""
    def act(lab):
        for line in ("table inet rewrite", "chain inet rewrite f { type filter hook postrouting priority 0 ; }",
                     f"rule inet rewrite f oifname eth1 ip dscp set {dscp}",
                     f"rule inet rewrite f oifname eth1 ip6 dscp set {dscp}"):
            lab.network.run(router, "nft", "add " + line)
    return act


def bleached(host):
    """A path that clears DSCP, as many providers do, in what goes to the server."""
    return nft(host, "forward", "{ip} dscp set cs0", match="tcp dport != 1")


SCENARIOS = [
    Scenario(
        "firewall-rst-router-ttl-255",
        "A firewall whose packets start with a TTL of 255 rejects with tcp reset on the path, after a login.",
        net=Net(2, delay=(5, 10, 20)), setup=[sshd(), starts_at("router2", 255)],
        steps=[Try(ssh(), "none"), Do(nft("router2", "forward", RESET)), Try(ssh(), "firewall-rst", "path", REFUSED),
               Try(dbclient(), "firewall-rst", "path", REFUSED)]),
    Scenario(
        "firewall-icmp-router-ttl-255",
        "A firewall whose packets start with a TTL of 255 rejects with ICMP on the path.",
        net=Net(2, delay=(5, 10, 20)), setup=[sshd(), starts_at("router1", 255),
                                              nft("router1", "forward", "reject with icmpx type admin-prohibited")],
        steps=[Try(ssh(), "firewall-icmp", "path"), Wait(1.1), Try(sock(), "firewall-icmp", "path")]),
    Scenario(
        "kernel-rst-host-ttl-128",
        "The server's packets start with a TTL of 128. A login goes through; sshd is stopped; the kernel refuses.",
        net=Net(1, delay=20), setup=[sshd(), starts_at("server", 128)],
        steps=[Try(ssh(), "none"), Do(stop_daemon("sshd:22")), Try(ssh(), "kernel-rst", "host", REFUSED)]),
    Scenario(
        "kernel-rst-dscp-cleared",
        "The path clears DSCP towards the server, so its kernel has nothing to echo. A login, then sshd is stopped; "
        "another "
        "closed port answers alike.",
        net=Net(2, delay=(5, 10, 20)), setup=[sshd(), bleached("router1")], more_ports=(2222,),
        steps=[Try(ssh(), "none"), Do(stop_daemon("sshd:22")), Try(ssh(), "kernel-rst", "host", REFUSED),
               Try(ssh(), "kernel-rst", "host", REFUSED, port=2222)]),
    Scenario(
        "kernel-rst-dscp-rewritten",
        "The path sets another DSCP on all that goes to the server, whose kernel echoes that one. Nobody listens.",
        net=Net(2, delay=(5, 10, 20)), setup=[rewritten("router1", "cs2")],
        steps=[Try(ssh(), "kernel-rst", "host", REFUSED), Try(ssh(tos="0xb8"), "kernel-rst", "host", REFUSED),
               Try(sock(), "kernel-rst", "host", REFUSED)]),
    Scenario(
        "firewall-rst-dscp-rewritten",
        "The path sets another DSCP on what goes to the server; the server lets a login in, then rejects with tcp reset.",
        net=Net(2, delay=(5, 10, 20)), setup=[sshd(), rewritten("router1", "cs2")],
        steps=[Try(ssh(), "none"), Do(nft("server", "input", RESET)), Try(ssh(), "firewall-rst", "host", REFUSED)]),
    Scenario(
        "kernel-rst-other-programs",
        "wget, telnet and socat ask a port where nobody listens.",
        net=Net(1, delay=15),
        steps=[Try(wget(), "kernel-rst", "host", None), Try(telnet(), "kernel-rst", "host", REFUSED),
               Try(socat(), "kernel-rst", "host", REFUSED)]),
    Scenario(
        "firewall-rst-other-programs",
        "wget, telnet and socat meet a router's reject with tcp reset, after a login.",
        net=Net(1, delay=15), setup=[sshd()],
        steps=[Try(ssh(), "none"), Do(nft("router1", "forward", RESET)), Try(wget(), "firewall-rst", "path", None),
               Try(telnet(), "firewall-rst", "path", REFUSED), Try(socat(), "firewall-rst", "path", REFUSED)]),
    Scenario(
        "silent-drop-other-programs",
        "wget and socat wait for an answer that the router never lets through.",
        net=Net(1, delay=15), setup=[sshd(), nft("router1", "forward", "drop")],
        steps=[Try(wget(), "silent-drop", "unknown", None), Try(socat(), "silent-drop", "unknown", None)]),
    Scenario(
        "kernel-rst-ecn",
        "The client asks for ECN. Nobody listens.",
        net=Net(1, delay=15), setup=[command("client", "sysctl -w net.ipv4.tcp_ecn=1")],
        steps=[Try(ssh(), "kernel-rst", "host", REFUSED), Try(ssh(tos="0xb8"), "kernel-rst", "host", REFUSED)]),
    Scenario(
        "firewall-rst-ecn",
        "The client asks for ECN, and the server's nftables rejects with tcp reset.",
        net=Net(1, delay=15), setup=[sshd(), command("client", "sysctl -w net.ipv4.tcp_ecn=1"),
                                     nft("server", "input", RESET)],
        steps=[Try(ssh(), "firewall-rst", "host", REFUSED), Try(ssh(tos="0xb8"), "firewall-rst", "host", REFUSED)],
        seen=[Seen("client", form="big-endian")]),
    Scenario(
        "injector-echoes-syn-id",
        "A third party answers each SYN with a RST that has the SYN's own IP ID; the real SYN-ACK comes later with "
        "another "
        "TTL.",
        net=Net(1, delay=60), setup=[sshd(), injector("-w syn -f RA -l 44 -d echo")],
        steps=[Try(ssh(), "firewall-rst", "path", REFUSED), Try(paramiko(), "firewall-rst", "path")],
        seen=[Seen("client", form="pcapng")]),
    Scenario(
        "injector-without-timestamps",
        "Timestamps are off, so that a forged RST after the banner looks less unlike the host's own segments.",
        net=Net(1, delay=25), setup=[sshd(), injector("-w banner -f RA -l 50 -d random"),
                                     command("client", "sysctl -w net.ipv4.tcp_timestamps=0")],
        steps=[Try(ssh(), "injected-rst", "path", "reset|closed|Broken")]),
    Scenario(
        "fail2ban-seen-late",
        "Three failed logins and a ban; one capture holds all, the other begins after the ban and shows only a reject.",
        net=Net(1, delay=20), setup=[sshd(), fail2ban()],
        steps=[*[Try(ssh(password=WRONG), "auth-failed", "host")] * 3, Do(wait_banned()), Mark("banned"),
               Try(ssh(), "fail2ban-ban", "host"), Try(dbclient(), "fail2ban-ban", "host")],
        seen=[Seen("client", form="pcapng"), Seen("client", name="late", first="banned",
                                                  relabel={"fail2ban-ban": ("firewall-icmp", "host"),
                                                           "auth-failed": ("undetermined", "unknown")})]),
    Scenario(
        "silent-drop-then-open",
        "The port is dropped while the client's SYNs go out; the rule goes away, and the next login goes through.",
        net=Net(1, delay=20), setup=[sshd(), nft("server", "input", "drop")],
        steps=[Try(ssh(connect_timeout=4), "silent-drop", "unknown", "timed out"),
               Do(command("server", "nft flush ruleset")),
               Try(ssh(), "none")], seen=[Seen("client", pack="zst")]),
    Scenario(
        "heldout-firewall-rst-ttl-128", "A firewall that starts at 128 rejects with tcp reset, after a login with "
                                        "dbclient.",
        net=Net(2, delay=(3, 16, 29), prefix4="172.20", prefix6="fd20:1:2"), set="held-out",
        setup=[sshd(), starts_at("router1", 128)],
        steps=[Try(dbclient(), "none"), Do(nft("router1", "forward", RESET)),
               Try(dbclient(), "firewall-rst", "path", REFUSED)]),
    Scenario(
        "heldout-kernel-rst-dscp-cleared", "The path clears DSCP; a login, then sshd is stopped.",
        net=Net(1, delay=33, prefix4="172.20", prefix6="fd20:1:2"), set="held-out", setup=[sshd(), bleached("router1")],
        steps=[Try(plink(password="correct horse"), "none"), Do(stop_daemon("sshd:22")),
               Try(ssh(tos="0xb8"), "kernel-rst", "host", REFUSED),
               Try(ssh(tos="0xb8"), "kernel-rst", "host", REFUSED)]),
]
