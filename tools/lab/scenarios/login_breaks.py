"""What breaks after the banner: a server's program that dies or hangs, a client that is none, words where a binary
packet is due, and paths that let some packets through and others not."""

import os

from capture import Seen
from clients import BANNER, GOOD, WRONG, curl, dbclient, paramiko, sock, ssh
from firewalls import command, nft
from logins import FAR, NEAR, SLOW, V4, V6
from sandbox import WORK
from scenario import Do, Finish, Scenario, Start, Try, Wait
from services import dropbear, haproxy, sshd
from ssh_peers import openssh, peer, ssh_typed

CTRL_C = "\u0003"
ASKED = r"\(yes/no"
CLOSED = "closed|reset|Broken pipe|"
BOTH = [Seen("client"), Seen("server")]
ALL = [Seen("client"), Seen("router1"), Seen("server")]


def breaks(name, text, steps, net=FAR, families=V4, setup=(openssh(),), **more):
    return Scenario("login-" + name, text, steps=steps, net=net, families=families, setup=list(setup), **more)


def hangup(client, settle, expect=CLOSED, **more):
    return Start(client, "server-hangup", "host", settle=settle, expect=expect, **more)


def stalled(client, settle, **more):
    return Start(client, "server-stalled", "host", settle=settle, expect="", **more)


def children_of(pid):
    """All processes below one."""
    with open(f"/proc/{pid}/task/{pid}/children") as stream:
        mine = [int(word) for word in stream.read().split()]
    return mine + [below for child in mine for below in children_of(child)]


def hit(signal, daemon="sshd:22", listener=False):
    """A signal to the processes of sshd's connections, and to the listener too."""
    def act(lab):
        pid = lab.daemons[daemon].pid
        victims = children_of(pid) + ([pid] if listener else [])
        for victim in victims:
            try:
                os.kill(victim, signal)
            except ProcessLookupError:
                pass  # one left when another did
    return act


def at_prompt(seconds=30, **more):
    return ssh_typed((r"password: ", seconds, GOOD + "\n"), **more)


def at_host_key(seconds=30, **more):
    return ssh_typed((ASKED, seconds, "yes\n"), checking="ask", **more)


def relay(how, said, port=22, backend=2200):
    """said: after how many bytes of the client it breaks: 30 in the version string, 1000 in its KEXINIT, 1700 in the
    key exchange."""
    return peer("breaking_relay", port, backend, said, how)


BACKEND = sshd(port=2200)

HANGUP = [
    breaks("hangup-at-banner", "A relay that dies after it has read the client's version, and one that closes.",
           [Try(ssh(), "server-hangup", "host", CLOSED), Try(dbclient(), "server-hangup", "host", ""),
            Try(paramiko(), "server-hangup", "host", "", port=2222)],
           setup=[BACKEND, relay("kill", 15), relay("close", 15, port=2222)], more_ports=(2222,), families=(4, 6),
           seen=BOTH),
    breaks("closed-no-directory", "sshd's privilege separation directory is gone: each process dies before its version.",
           [Try(ssh(), "closed-before-banner", "host", CLOSED), Try(dbclient(), "closed-before-banner", "host", "")],
           setup=[openssh(), command("server", "rmdir /run/sshd")], families=(4, 6), seen=BOTH),
    breaks("hangup-killed-in-kex", "The processes of the connection are killed while somebody reads the fingerprint.",
           [hangup(at_host_key(), 2), Do(hit(9)), Wait(1), Finish(interrupt=True)], families=(4, 6), seen=BOTH),
    breaks("hangup-killed-at-prompt", "All of sshd is killed, as the kernel does where memory runs out, while somebody "
                                      "looks for the password.",
           [hangup(at_prompt(), 2.3), Do(hit(9, listener=True)), Wait(1), Finish(interrupt=True)], families=(4, 6),
           seen=BOTH),
    breaks("hangup-killed-late", "The connection's processes are killed 27.4 seconds after it began.",
           [hangup(at_prompt(60), 27.4), Do(hit(9)), Wait(1), Finish(interrupt=True)], set="held-out"),
    breaks("hangup-killed-in-check", "The connection's processes are killed while PAM takes its time over a wrong "
                                     "password.",
           [hangup(ssh_typed((r"password: ", 1, WRONG + "\n")), 2.8), Do(hit(9)), Wait(1), Finish(interrupt=True)],
           families=(4, 6), net=NEAR),
    breaks("hangup-in-kex", "A relay that is closed, reset or killed in the middle of the key exchange.",
           [Try(ssh(), "server-hangup", "host", CLOSED), Try(ssh(), "server-hangup", "host", CLOSED, port=2222),
            Try(ssh(), "server-hangup", "host", CLOSED, port=2223)],
           setup=[BACKEND, relay("close", 1000), relay("kill", 1700, port=2222), relay("reset", 1700, port=2223)],
           more_ports=(2222, 2223), families=(4, 6)),
    breaks("hangup-debug", "sshd -d serves one login, and is ended with ^C before that is over.",
           [hangup(at_prompt(), 2.6), Do(hit(2, listener=True)), Wait(1), Finish(interrupt=True)],
           setup=[lambda lab: _debug_sshd(lab)], families=V6),
    breaks("hangup-dropbear", "Dropbear's process for the connection is killed at the prompt.",
           [hangup(at_prompt(), 2.5), Do(hit(9, "dropbear:22")), Wait(1), Finish(interrupt=True)], setup=[dropbear()],
           set="held-out"),
    breaks("grace-round", "LoginGraceTime is 10 seconds, then 20, with nobody at the keyboard.",
           [Try(at_prompt(40), "login-timeout", "host", CLOSED),
            Try(at_prompt(40), "login-timeout", "host", CLOSED, port=2222)],
           setup=[openssh(LoginGraceTime="10"), openssh(port=2222, LoginGraceTime="20")], more_ports=(2222,)),
]


def _debug_sshd(lab):
    sshd(port=2299)(lab)  # writes a configuration to go by
    with open(f"{WORK}/sshd-2299.conf") as old, open(f"{WORK}/sshd-debug.conf", "w") as new:
        new.write(old.read().replace("Port 2299", "Port 22"))
    lab.daemons["sshd:22"] = lab.network.start("server", "/usr/sbin/sshd", "-d", "-f", f"{WORK}/sshd-debug.conf")
    lab.network.wait_listening("server", 22)


STALLED = [
    breaks("stalled-in-kex", "A relay that hangs once the client's key has come, with the default key exchange; somebody "
                             "gives up after 20 seconds.",
           [stalled(ssh(), 20), Finish(interrupt=True)], setup=[BACKEND, relay("stall", 1700)], families=(4, 6),
           seen=BOTH),
    breaks("stalled-at-banner", "A relay that hangs once the client's version has come: no KEXINIT of the server.",
           [stalled(ssh(), 14), Finish(interrupt=True)], setup=[BACKEND, relay("stall", 15)]),
    breaks("stalled-short-kex", "A relay that hangs in a key exchange of small messages; the client gives up after 8 "
                                "seconds.",
           [stalled(ssh(options=("KexAlgorithms=curve25519-sha256",)), 8), Finish(interrupt=True)],
           setup=[BACKEND, relay("stall", 1300)], families=V6, set="held-out"),
    breaks("stalled-after-key", "The connection's processes are stopped while somebody reads the fingerprint; then the "
                                "client goes on, and nobody answers.",
           [stalled(at_host_key(4), 2.5), Do(hit(19)), Wait(18), Finish(interrupt=True)], families=(4, 6), seen=BOTH),
    breaks("stalled-at-password", "The connection's processes are stopped at the prompt: the password is acknowledged, and "
                                  "never answered.",
           [stalled(at_prompt(4), 3), Do(hit(19)), Wait(25), Finish(interrupt=True)], families=(4, 6), seen=BOTH),
    breaks("stalled-no-end", "The same, and the capture ends while the client still waits.",
           [stalled(at_prompt(3), 2.3), Do(hit(19)), Wait(28), Try(ssh(), "none", port=2222)],
           setup=[openssh(), openssh(port=2222)], more_ports=(2222,), net=NEAR, set="held-out"),
]

WORDS = [
    breaks("words-http-client", "curl, telnet with an empty line and a typed one, and a PROXY header ask a working sshd.",
           [Try(curl(), "protocol-mismatch", "client", ""),
            Try(sock(send="\\r\\n", read=3), "protocol-mismatch", "client", ""),
            Try(sock(send="hello\\r\\n", read=3), "protocol-mismatch", "client", ""),
            Try(sock(send="PROXY TCP4 192.0.2.1 192.0.2.2 4711 22\\r\\n" + BANNER, read=3), "protocol-mismatch", "client",
                ""),
            Try(sock(send="\\x16\\x03\\x01\\x02\\x00\\x01\\x00\\x01\\xfc\\x03\\x03" + "a" * 60, read=3), "protocol-mismatch",
                "client", "")],
           families=(4, 6), seen=BOTH),
    breaks("words-http-dropbear", "The same to a dropbear.",
           [Try(curl(), "protocol-mismatch", "client", ""), Try(sock(send="\\r\\n", read=3), "protocol-mismatch", "client",
                                                                  "")], setup=[dropbear()], set="held-out"),
    breaks("words-behind-proxy", "A balancer puts a PROXY header before what the client says, and sshd takes that for its "
                                 "version.",
           [Try(ssh(), "protocol-mismatch", "host", ""), Try(dbclient(), "protocol-mismatch", "host", "")],
           setup=[BACKEND, lambda lab: haproxy(backend="127.0.0.1:2200 send-proxy")(lab)], families=(4, 6), seen=BOTH),
    breaks("words-from-relay", "A relay that says something in words after the banner, and closes.",
           [Try(ssh(), "server-hangup", "host", ""), Try(ssh(), "server-hangup", "host", "", port=2222)],
           setup=[BACKEND, relay("text=Too many sessions, try later\\r\\n", 15),
                  relay("text=/usr/lib/openssh/sshd-session: error while loading shared libraries\\n", 15, port=2222)],
           more_ports=(2222,)),
]


def marked(source, value, host="router1"):
    """A router that throws away what has this mark, from one end only."""
    return lambda lab: nft(host, "forward", "drop",
                           match=f"{lab.words['ip']} saddr {lab.words[source]} {lab.words['ip']} dscp {value}")(lab)


def dead(client, settle=14):
    return [Start(client, "idle-drop", "path", expect="", settle=settle), Finish(interrupt=True), Wait(3)]


SEQ = "seq 1 400; sleep 30"
PATHS = [
    breaks("dscp-to-client", "The router drops what sshd marks AF21 once a login is through; another login, marked "
                             "otherwise by the same sshd's other port, works.",
           dead(ssh(SEQ)) + [Try(ssh("seq 1 3000"), "none", port=2222)],
           setup=[openssh(IPQoS="af21 af21"), openssh(port=2222, IPQoS="cs1 cs1"), marked("server", "af21")],
           more_ports=(2222,), families=(4, 6), seen=ALL),
    breaks("dscp-to-client-small", "The same, and the session says little.",
           dead(ssh("date; sleep 30")), setup=[openssh(IPQoS="af21 af21"), marked("server", "af21")], set="held-out",
           seen=BOTH),
    breaks("dscp-to-server", "The router drops what the client marks once a login is through.",
           dead(ssh(SEQ, options=("IPQoS=none cs1",))), setup=[openssh(), marked("client", "cs1")], families=(4, 6),
           seen=[Seen("client"), Seen("router1")]),
    breaks("mtu-later-small", "A router drops what is longer than 1100 bytes from the server, in a session where the "
                              "server then says little things.",
           [Start(ssh("for i in 1 2 3 4 5 6; do date; sleep 1; done; seq 1 3000; sleep 20"), "mtu-blackhole", "path",
                  expect="", settle=16), Finish(interrupt=True)],
           setup=[openssh(), lambda lab: nft("router1", "forward", "drop",
                                             match=f"{lab.words['ip']} saddr {lab.words['server']} meta length > "
                                                   "1300")(lab)], seen=ALL, set="held-out"),
    breaks("ecn-dropped", "Both ends use ECN, and the router drops what is marked ECT(0): each segment with data is lost "
                          "once, and passes when it is sent again without the mark.",
           [Try(ssh(timeout=90), "none")],
           setup=[openssh(), *[command(end, "sysctl -q -w net.ipv4.tcp_ecn=1") for end in ("client", "server")],
                  lambda lab: nft("router1", "forward", "drop", match=f"{lab.words['ip']} ecn ect0")(lab)],
           families=(4, 6)),
]

GUESSED = [
    breaks("kex-left-before", "Small clients that leave on reading a server's offer, before their own.",
           [Try(sock(send="SSH-2.0-libssh_0.5.5\\r\\n", read=0.5), "kex-mismatch", "host", "")],
           setup=[openssh(KexAlgorithms="curve25519-sha256,curve25519-sha256@libssh.org",
                          HostKeyAlgorithms="ssh-ed25519", Ciphers="chacha20-poly1305@openssh.com")]),
]

SCENARIOS = HANGUP + STALLED + WORDS + PATHS + GUESSED
