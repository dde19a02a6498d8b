"""Accepted by the kernel, and then: closed, mute, a full queue, a proxy without a server behind it."""


from capture import Seen
from clients import BANNER, dbclient, nc, paramiko, plink, sock, ssh
from firewalls import command, iptables, nft
from net import Net
from sandbox import WORK
from scenario import Do, Finish, Scenario, Start, Together, Try
from services import fake, haproxy, hosts_deny, inetd, sshd, stop_daemon

CLOSED = "closed|reset|Error reading SSH|EOF|Remote side|Broken pipe|banner"
FAR = Net(1, delay=20)


def closed(client, expect=CLOSED):
    return Try(client, "closed-before-banner", "host", expect)


def no_banner(client, expect=None):
    return Try(client, "no-banner", "host", expect)


def broken_sshd(lab):
    """A configuration that names a host key which is not there: each sshd exits before its banner."""
    with open(f"{WORK}/broken.conf", "w") as config:
        config.write(f"HostKey {WORK}/no-such-key\n")


def forget_names(lab):
    """Without names in its hosts file the server asks a name service that is not there."""
    open("/etc/hosts", "w").close()


def remove_privsep(lab):
    """What is left after /run was cleaned under a running sshd: its children cannot start."""
    lab.network.run("server", "rmdir", "/run/sshd")


def overflow_or_mute(outcome):
    """A connected client whose bytes the kernel took waits in the accept queue; one whose bytes it did not, is out."""
    told = outcome.json()
    if not told["connected"]:
        return "silent-drop", "unknown"
    return ("no-banner" if told.get("unacked") == 0 else "listen-overflow"), "host"


def aborted_or_mute(outcome):
    told = outcome.json()
    return ("listen-overflow" if "error" in told else "no-banner"), "host"


def flood(count, seconds):
    """Clients whose SYNs arrive together: the queue fills while their handshakes are still under way."""
    return [sock(send=BANNER, read=seconds, timeout=seconds, align=3)] * count


def fillers(count, seconds):
    """Clients that come one by one into a queue for one more than `backlog` says, and wait in it."""
    for number in range(count):
        yield Start(sock(send=BANNER, read=seconds, timeout=seconds), "no-banner", "host", f"filler{number}", "", 0.4)


def emptied(count):
    return [Finish(f"filler{number}") for number in range(count)]


def synproxy(host, chain):
    """SYNPROXY in front of the port, as its manual has it: nftables' for IPv4, ip6tables' for IPv6, where nftables'
    throws away every SYN whose checksum no interface has checked. Loose tracking would let the proxy's own handshake
    through as an old connection."""
    options = {4: "mss 1460 wscale 7 timestamp sack-perm", 6: "--mss 1440 --wscale 7 --timestamp --sack-perm"}

    def act(lab):
        lab.network.sysctl(host, net__netfilter__nf_conntrack_tcp_loose=0)
        if lab.family == 4:
            nft(host, "raw", "notrack", match="tcp dport {port} tcp flags syn")(lab)
            for verdict in ("synproxy " + options[4], "drop"):
                states = "invalid,untracked" if verdict != "drop" else "invalid"
                nft(host, chain, verdict, match="tcp dport {port} ct state " + states)(lab)
            return
        iptables(host, "PREROUTING", "CT --notrack", table="raw", match="-p tcp -m tcp --dport {port} --syn")(lab)
        match = "-p tcp -m tcp --dport {port} -m conntrack --ctstate "
        iptables(host, chain.upper(), "SYNPROXY " + options[6], match=match + "INVALID,UNTRACKED")(lab)
        iptables(host, chain.upper(), "DROP", match=match + "INVALID")(lab)
    return act


CLOSES = [
    Scenario(
        "closed-tcp-wrappers",
        "hosts.deny refuses everybody for sshd, which Debian builds with tcp wrappers. The server's name service does "
        "not answer, so each refusal takes five seconds.",
        net=FAR, setup=[sshd(), hosts_deny(), forget_names],
        steps=[closed(ssh()), closed(dbclient()), closed(sock(send=BANNER, read=8), expect="")]),
    Scenario(
        "closed-tcp-wrappers-near",
        "A login goes through; then hosts.deny is written. Seen at the client and on the server.",
        net=Net(offload=("server",)), setup=[sshd()],
        steps=[Try(ssh(), "none"), Do(hosts_deny()), closed(ssh()), closed(plink(), None)],
        seen=[Seen("client"), Seen("server", pack="gz")]),
    Scenario(
        "closed-inetd-broken-sshd",
        "inetd starts an sshd whose configuration names no host key that exists: it exits before its banner.",
        net=Net(1, delay=12), setup=[broken_sshd, inetd("/usr/sbin/sshd", "-i", "-f", f"{WORK}/broken.conf")],
        steps=[closed(ssh()), closed(paramiko())]),
    Scenario(
        "closed-sshd-without-privsep-folder",
        "/run/sshd is removed under a running sshd, whose children then cannot start.",
        net=FAR, setup=[sshd()],
        steps=[Try(ssh(), "none"), Do(remove_privsep), closed(ssh()), closed(ssh())]),
    Scenario(
        "closed-haproxy-no-backend",
        "haproxy listens on 22 and has no server to hand connections to.",
        net=FAR, setup=[haproxy()], steps=[closed(ssh()), closed(dbclient())]),
    Scenario(
        "closed-haproxy-dead-backend",
        "haproxy listens on 22, and its one server refuses connections.",
        net=Net(1, delay=10), setup=[haproxy(backend="127.0.0.1:2022")],
        steps=[closed(ssh()), closed(sock(send=BANNER, read=12), "")]),
    Scenario(
        "closed-at-once",
        "A small fake that accepts and closes at once, as a server does that cannot start its child; then one that "
        "resets.",
        net=Net(1, delay=15), setup=[fake("close"), fake("reset", port=2222)], more_ports=(2222,),
        steps=[closed(ssh()), closed(nc(), ""), Try(ssh(), "closed-before-banner", "host", CLOSED, port=2222)]),
    Scenario(
        "synproxy-closed-port",
        "nftables' SYNPROXY on the server answers for port 22, where no sshd listens: the real stack resets behind it.",
        net=Net(1, delay=10), setup=[synproxy("server", "input")],
        steps=[closed(ssh())]),
    Scenario(
        "synproxy-closed-port-router",
        "SYNPROXY on the router answers for a server whose sshd is stopped.",
        net=Net(1, delay=20), setup=[synproxy("router1", "forward")],
        steps=[closed(ssh()), closed(sock(send=BANNER, read=3), "")]),
    Scenario(
        "synproxy-open-port-router",
        "SYNPROXY on the router in front of a server that works: logins go through.",
        net=Net(1, delay=20), setup=[sshd(), synproxy("router1", "forward")],
        steps=[Try(ssh(), "none"), Try(dbclient(), "none")]),
]

MUTE = [
    Scenario(
        "no-banner-stopped-process",
        "A login goes through; then sshd is stopped with SIGSTOP, and its kernel goes on accepting.",
        net=FAR, setup=[sshd()],
        steps=[Try(ssh(), "none"), Do(stop_daemon("sshd:22", 19)),
               no_banner(ssh(connect_timeout=4), "timed out")]),
    Scenario(
        "no-banner-several-clients",
        "sshd is held by SIGSTOP; dbclient, Paramiko and a plain socket each wait for its banner and leave.",
        net=Net(1, delay=10), setup=[sshd()],
        steps=[Do(stop_daemon("sshd:22", 19)), no_banner(dbclient(timeout=4), ""), no_banner(paramiko(seconds=3)),
               no_banner(sock(send=BANNER, read=3), "")],
        seen=[Seen("client"), Seen("server", form="nano")]),
    Scenario(
        "no-banner-mute-server",
        "A small fake that accepts, reads and never speaks.",
        net=Net(delay=5), setup=[fake("mute")],
        steps=[no_banner(ssh(connect_timeout=4), "timed out")],
        seen=[Seen("client", pack="gz")]),
    Scenario(
        "listen-overflow-cookies",
        "A plain server with a queue of one never accepts; six clients come at once, and then OpenSSH. SYN cookies "
        "are on.",
        net=Net(1, delay=30), setup=[command("server", "sysctl -w net.ipv4.tcp_syncookies=1"), fake("backlog", 1)],
        steps=[Together(flood(6, 6), overflow_or_mute, need=("listen-overflow",))]),
    Scenario(
        "listen-overflow-no-cookies",
        "The same with SYN cookies off: the server repeats its SYN-ACK.",
        net=Net(1, delay=30), setup=[command("server", "sysctl -w net.ipv4.tcp_syncookies=0"), fake("backlog", 3)],
        steps=[*fillers(3, 14), Together(flood(3, 8), overflow_or_mute, need=("listen-overflow",)), *emptied(3)],
        seen=[Seen("client"), Seen("server")]),
    Scenario(
        "listen-overflow-abort",
        "The same with tcp_abort_on_overflow: who comes too late is reset.",
        net=Net(1, delay=30), setup=[command("server",
                                             "sysctl -w net.ipv4.tcp_abort_on_overflow=1 net.ipv4.tcp_syncookies=0"),
                                             fake("backlog", 3)],
        steps=[*fillers(3, 10), Together(flood(3, 4), aborted_or_mute, need=("listen-overflow",)), *emptied(3)]),
]

RETURN_PATH = [
    Scenario(
        "return-path-loss",
        "The router drops what comes back from port 22: the server's SYN-ACKs are never acknowledged. The client "
        "sees silence.",
        net=Net(1, delay=20, offload=("server",)),
        setup=[sshd(), nft("router1", "forward", "drop", match="tcp sport {port}")],
        steps=[Try(ssh(connect_timeout=5), "return-path-loss", "path", "timed out"),
               Try(sock(timeout=4), "return-path-loss", "path", "timed out")],
        seen=[Seen("client", relabel={"*": ("silent-drop", "unknown")}), Seen("server"),
              Seen("router1", "eth1", "router1-near-server")]),
    Scenario(
        "return-path-loss-route",
        "The server has no way back to the client's network but a blackhole at the second router. Seen on the server.",
        net=Net(2, delay=(5, 10, 15), offload=("server",)),
        setup=[sshd(), command("router2", "ip -{family} route replace blackhole {client}")],
        steps=[Try(ssh(connect_timeout=5), "return-path-loss", "path", "timed out")],
        seen=[Seen("server", "any", "server-any")]),
]

SCENARIOS = CLOSES + MUTE + RETURN_PATH
