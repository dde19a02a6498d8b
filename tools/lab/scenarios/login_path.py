"""The path breaks after the handshake: large segments vanish, sessions go dead, and somebody forges resets."""

from capture import Seen
from clients import GOOD, dbclient, paramiko, ssh
from firewalls import command, nft
from logins import SLOW, V6, story
from net import Net
from scenario import Do, Finish, Start, Try, Wait
from services import injector
from ssh_peers import openssh, ssh_typed

MIDDLE = Net(2, delay=(5, 5, 20))
CHATTER = "i=0; while [ $i -lt 40 ]; do date; sleep 0.5; i=$((i+1)); done"
GONE = "closed|reset|Broken pipe|not responding|Timeout|Terminated|"
SMALL = ("KexAlgorithms=curve25519-sha256", "Ciphers=aes128-gcm@openssh.com", "MACs=hmac-sha2-256",
         "HostKeyAlgorithms=ssh-ed25519")
BOTH = [Seen("client"), Seen("server")]


def narrow(mtu, filtered=True):
    """The link between the routers is narrower than the rest, and the routers' errors may be thrown away."""
    def act(lab):
        for host, interface in (("router1", "eth1"), ("router2", "eth0")):
            command(host, f"ip link set {interface} mtu {mtu}")(lab)
            if filtered:
                error = "icmp type destination-unreachable" if lab.family == 4 else "icmpv6 type packet-too-big"
                nft(host, "output", "drop", match=error)(lab)
    return act


def sized(source, size, host="router1"):
    """A router that throws away what is longer than so many bytes, from one end only."""
    return lambda lab: nft(host, "forward", "drop", match=f"{lab.words['ip']} saddr {lab.words[source]} meta length "
                                                          f"> {size}")(lab)


def vanishes(client, seconds=14):
    """A login that hangs until its user has had enough."""
    return [Start(client, "mtu-blackhole", "path", expect="", settle=seconds), Finish(interrupt=True)]


def dies(client, settle=3):
    return Start(client, "idle-drop", "path", expect=GONE, settle=settle)


def stateful(verdict="drop"):
    """A firewall that lets through what it has seen begin, and nothing else."""
    def act(lab):
        lab.network.sysctl("router1", net__netfilter__nf_conntrack_tcp_loose=0)
        lab.network.run("router1", "nft", "add table inet state; add chain inet state forward { type filter hook "
                                          "forward "
                        "priority 0; }; add rule inet state forward ct state established accept; add rule inet state "
                        "forward tcp dport 22 tcp flags & (syn|ack) == syn ct state new accept; add rule inet state "
                        f"forward meta l4proto tcp {verdict}")
    return act


FORGET = command("router1", "conntrack -F", check=False)
SILENCE = nft("router1", "forward", "drop", match="meta l4proto tcp")

MTU = [
    story("mtu-client-kexinit", "A link of 1300 bytes between the routers, whose ICMP errors are filtered: the "
                                "client's "
          "KEXINIT never arrives. Seen at both ends.", vanishes(ssh()), net=MIDDLE, setup=[openssh(), narrow(1300)],
          families=(4, 6), seen=BOTH),
    story("mtu-server-reply", "The server's key exchange reply is too long for a link of 1400 bytes; the client's "
                              "messages are "
          "short enough.", vanishes(ssh(options=("KexAlgorithms=sntrup761x25519-sha512@openssh.com", *SMALL[1:]))),
          net=MIDDLE, setup=[openssh(), narrow(1400)], seen=BOTH),
    story("mtu-both", "A link of 600 bytes (1280 for IPv6, which allows no less), whose ICMP errors are filtered: of "
                      "IPv4 both "
          "KEXINITs vanish, of IPv6 the client's.",
          vanishes(ssh(), 20), net=SLOW, setup=[openssh(), lambda lab: narrow(600 if lab.family == 4 else 1280)(lab)],
          families=(4, 6), set="held-out"),
    story("mtu-in-session", "The login is of small messages and goes through; the first large answer of the session "
                            "vanishes.",
          vanishes(ssh("seq 1 2000", options=SMALL)), net=MIDDLE, setup=[openssh(), narrow(1400)], seen=BOTH),
    story("mtu-to-server-only", "A router drops what is longer than 1200 bytes from the client; the other way all "
                                "passes.",
          vanishes(ssh()), setup=[openssh(), sized("client", 1200)], families=V6, seen=BOTH),
    story("mtu-to-client-only", "A router drops what is longer than 1100 bytes from the server; the other way all "
                                "passes.",
          vanishes(ssh()), setup=[openssh(), sized("server", 1100)], net=Net(1, delay=60), seen=BOTH),
    story("mtu-other-clients", "Large segments to the client vanish: Paramiko and dbclient.",
          vanishes(paramiko(seconds=30)) + vanishes(dbclient()), setup=[openssh(), sized("server", 900)], net=SLOW,
          families=V6, set="held-out"),
    story("mtu-found", "The same narrow link, but its ICMP errors come through: path MTU discovery works, and so "
                       "does the "
          "login.", [Try(ssh(), "none"), Try(ssh("seq 1 3000", password=GOOD), "none")], net=MIDDLE,
          setup=[openssh(), narrow(1300, filtered=False)], families=(4, 6), seen=BOTH),
]

IDLE = [
    story("idle-drop-keepalive", "A quiet session; the router begins to drop all of it. The client asks every two "
                                 "seconds "
          "whether the server lives, and gives up.",
          [dies(ssh("sleep 60", options=("ServerAliveInterval=2", "ServerAliveCountMax=2"))), Do(SILENCE), Finish(),
           Wait(5)],
          families=(4, 6)),
    story("idle-drop-output", "The router drops a session that the server is writing to. Without keepalives, the "
                              "client waits.",
          [dies(ssh(CHATTER)), Do(SILENCE), Wait(14), Finish(interrupt=True), Wait(6)], seen=BOTH),
    story("idle-drop-state-lost", "A stateful firewall forgets its connections, and drops what it has not seen begin.",
          [dies(ssh(CHATTER)), Do(FORGET), Wait(14), Finish(interrupt=True), Wait(6)], setup=[openssh(), stateful()],
          net=SLOW,
          families=(4, 6), seen=BOTH, set="held-out"),
    story("idle-drop-typing", "The session is dropped while the user types: the client's segments are sent again.",
          [dies(ssh_typed((r"password: ", 0.5, GOOD + "\n"), (r"\$ ", 0.3, "e"), *[(r"", 0.4, "x")] * 60, command=None,
                          options=("ServerAliveInterval=1", "ServerAliveCountMax=12")), 6), Do(SILENCE), Wait(10),
           Finish(interrupt=True), Wait(2)], families=V6),
    story("idle-then-alive", "The router drops a session for three seconds only; it goes on, and ends as it should.",
          [Start(ssh("for i in 1 2 3 4 5 6 7 8; do date; sleep 0.5; done"), "none", settle=1.5), Do(SILENCE), Wait(3),
           Do(command("router1", "nft flush ruleset")), Finish()]),
]

KILLED = "reset|closed|Broken pipe|EOF|Error|broken"


def killed(client, where="path", expect=KILLED):
    return Try(client, "injected-rst", where, expect)


RESETS = [
    story("rst-after-kexinit", "A third party resets the client at the server's second message, its KEXINIT.",
          [killed(ssh()), killed(paramiko(), expect=None)], setup=[openssh(), injector("-w data -k 2 -l 60 -d random")],
          families=(4, 6)),
    story("rst-to-server", "A third party resets the server in the key exchange.",
          [killed(ssh(), expect="reset|closed|")], setup=[openssh(), injector("-w data -k 3 -t server -l 44 -f RA -W "
                                                                              "8192",
                                                                           interface="eth1")], net=SLOW, set="held-out",
          seen=[Seen("server")]),
    story("rst-in-login", "A third party resets the client during the login.", [killed(ssh())],
          setup=[openssh(), injector("-w data -k 6 -l copy -d copy -D")], families=V6),
    story("rst-in-session", "A third party resets both ends of a session, three times each.", [killed(ssh(CHATTER))],
          setup=[openssh(), injector("-w data -k 16 -l 50 -n 3 -s 1460 -d random"),
                 injector("-w data -k 16 -t server -l 50 -n 3 -d random", interface="eth1")], net=SLOW, families=(4, 6),
          set="held-out", seen=BOTH),
    story("rst-by-stateful-firewall", "A stateful firewall forgets its connections, and resets what it has not seen "
                                      "begin.",
          [Start(ssh(CHATTER, options=("ServerAliveInterval=1",)), "injected-rst", "path", expect=KILLED, settle=3),
           Do(FORGET), Finish()],
          setup=[openssh(), stateful("reject with tcp reset")], families=(4, 6), seen=BOTH),
    story("rst-by-host", "The server's own nftables begin to reject an established session.",
          [Start(ssh(CHATTER), "injected-rst", "host", expect=KILLED, settle=2),
           Do(nft("server", "input", "reject with tcp reset")), Finish()], families=V6, net=SLOW, set="held-out"),
    story("rst-ignored", "A forged RST in the session is inside the window, but not at the byte that is next: the "
                         "session goes on.",
          [Try(ssh("for i in 1 2 3 4 5; do date; sleep 0.3; done"), "none")],
          setup=[openssh(), injector("-w data -k 14 -l 55 -q 900")], families=(4, 6)),
    story("rst-behind", "A forged RST comes too late, for a byte that was already received: the session goes on.",
          [Try(ssh("for i in 1 2 3 4 5; do date; sleep 0.3; done"), "none")],
          setup=[openssh(), injector("-w data -k 10 -l 61 -d random -q -400")], net=SLOW, set="held-out"),
]

SCENARIOS = MTU + IDLE + RESETS
