"""More of what breaks after the banner: other servers, other clients, other moments, and what must not be taken for it."""

from clients import GOOD, WRONG, asyncssh, dbclient, paramiko, plink, scp, ssh
from firewalls import nft
from logins import SLOW, V6
from scenario import Do, Finish, Start, Try, Wait
from scenarios.login_breaks import (ALL, BACKEND, BOTH, CLOSED, CTRL_C, at_host_key, at_prompt, breaks, hangup, hit,
                                    marked, relay, stalled)
from services import haproxy
from ssh_peers import (asyncssh_server, go_client, go_server, libssh_client, libssh_server, openssh, paramiko_server,
                       ssh_typed)

PROMPT = r"password: "
CLIENTS = (ssh(), dbclient(), paramiko(), go_client(), libssh_client(), plink(), asyncssh())


def killed(after, signal=9, client=None, daemon="sshd:22", listener=False, **more):
    return [hangup(client or at_prompt(60), after, **more), Do(hit(signal, daemon, listener)), Wait(1),
            Finish(interrupt=True)]


def given_up(clients, seconds):
    """Each client waits so long, and is then interrupted."""
    return [step for number, client in enumerate(clients)
            for step in (stalled(client, seconds, name=f"of {number}"), Finish(f"of {number}", interrupt=True))]


def slow_pam(lab):
    with open("/etc/pam.d/sshd", "a") as rules:
        rules.write("auth required pam_exec.so /bin/sleep 12\n")


def long_from(source, size=1300, mark=""):
    """The router throws away what is longer than so many bytes from one end."""
    return lambda lab: nft("router1", "forward", "drop", match=f"{lab.words['ip']} saddr {lab.words[source]} "
                           f"{mark and lab.words['ip'] + ' dscp ' + mark} meta length > {size}")(lab)


SCENARIOS = [
    breaks("hangup-after-wrong", "One wrong password; at the second prompt the connection's processes are killed.",
           killed(6.3, client=ssh_typed((PROMPT, 1, WRONG + "\n"), (PROMPT, 60, "x\n"))), families=(4, 6), seen=BOTH),
    breaks("hangup-segfault", "The connection's processes die of a segmentation fault.", killed(3.6, signal=11), seen=BOTH),
    breaks("hangup-at-host-key", "The connection's processes are killed while somebody reads the fingerprint, over a long "
                                 "line.", killed(5.55, client=at_host_key(60)), families=(4, 6), seen=BOTH, net=SLOW),
    breaks("hangup-long-after", "The connection's processes are killed after 33.3 seconds.", killed(33.3), families=V6,
           seen=BOTH),
    breaks("hangup-of-others", "AsyncSSH's, Paramiko's, Go's and libssh's servers are killed at the prompt.",
           [step for daemon, port in (("asyncssh:22", 22), ("paramiko:2222", 2222), ("go:2223", 2223), ("libssh:2224", 2224))
            for step in killed(3.4, daemon=daemon, listener=True, port=port)],
           setup=[asyncssh_server(), paramiko_server(port=2222), go_server(port=2223), libssh_server(port=2224)],
           more_ports=(2222, 2223, 2224)),
    breaks("hangup-by-message", "A relay that is killed, closed or reset once the client's offer, its key or its NEWKEYS has "
                                "come; seven clients.",
           [Try(client, "server-hangup", "host", "", port=port) for port in (22, 2222, 2223) for client in CLIENTS],
           setup=[BACKEND, relay("kill", "1p"), relay("close", "2p", port=2222), relay("reset", "3p", port=2223)],
           more_ports=(2222, 2223), families=(4, 6), seen=BOTH),
    breaks("stalled-by-message", "A relay that hangs once the client's key has come; five clients, each for eleven seconds.",
           given_up((ssh(), dbclient(), go_client(), libssh_client(), plink()), 11), setup=[BACKEND, relay("stall", "2p")],
           families=(4, 6), seen=BOTH),
    breaks("stalled-after-wrong", "A wrong password is refused, and the connection's processes are stopped before the next.",
           [stalled(ssh_typed((PROMPT, 4, WRONG + "\n"), (PROMPT, 3, GOOD + "\n")), 8.9), Do(hit(19)), Wait(24),
            Finish(interrupt=True)], seen=BOTH),
    breaks("stalled-short", "The connection's processes are stopped at the prompt; the client gives up some eight seconds "
                            "after its password.",
           [stalled(at_prompt(4), 3), Do(hit(19)), Wait(10), Finish(interrupt=True)], families=V6, seen=BOTH),
    breaks("slow-pam", "A PAM module takes twelve seconds, and the login goes through.", [Try(ssh(password=GOOD), "none")],
           setup=[slow_pam, openssh()], seen=BOTH),
    breaks("grace-others", "LoginGraceTime is 15, 30 and 12 seconds, at the prompt and at the fingerprint.",
           [Try(at_prompt(60), "login-timeout", "host", CLOSED, port=port) for port in (22, 2222, 2223)] +
           [Try(at_host_key(60), "login-timeout", "host", CLOSED, port=2222)],
           setup=[openssh(LoginGraceTime="15"), openssh(port=2222, LoginGraceTime="30"),
                  openssh(port=2223, LoginGraceTime="12")], more_ports=(2222, 2223), seen=BOTH),
    breaks("left-or-refused", "^C at the prompt after two seconds and after twelve; a wrong password and ^C; three wrong "
                              "ones; a login.",
           [Try(ssh_typed((PROMPT, 2, CTRL_C)), "client-abort", "client", ""),
            Try(ssh_typed((PROMPT, 12, CTRL_C)), "client-abort", "client", ""),
            Try(ssh_typed((PROMPT, 1, WRONG + "\n"), (PROMPT, 4, CTRL_C)), "auth-failed", "host", ""),
            Try(ssh_typed(*[(PROMPT, 1, WRONG + "\n")] * 3), "auth-failed", "host", ""), Try(ssh(), "none")],
           families=(4, 6), seen=BOTH),
    breaks("words-behind-proxy-2", "The binary form of the PROXY header, before three clients.",
           [Try(client, "protocol-mismatch", "host", "") for client in (ssh(), paramiko(), go_client())],
           setup=[BACKEND, lambda lab: haproxy(backend="127.0.0.1:2200 send-proxy-v2")(lab)], families=V6, seen=BOTH),
    breaks("dscp-shell", "The router drops what sshd marks EF in an interactive session.",
           [Start(ssh_typed((PROMPT, 1, GOOD + "\n"), (r"\$ ", 1, "ls /\n"), command=None), "idle-drop", "path", expect="",
                  settle=16), Finish(interrupt=True), Wait(3)],
           setup=[openssh(IPQoS="ef cs1"), marked("server", "ef")], families=(4, 6), seen=ALL),
    breaks("mtu-upload", "What is longer than 1300 bytes from the client vanishes: scp sends a file.",
           [Start(scp(300000), "mtu-blackhole", "path", expect="", settle=16), Finish(interrupt=True)],
           setup=[openssh(), long_from("client")], seen=ALL[:2]),
    breaks("mtu-marked", "Of what sshd marks AF21 only what is longer than 1200 bytes vanishes: it is the size.",
           [Start(ssh("seq 1 3000; sleep 20"), "mtu-blackhole", "path", expect="", settle=16), Finish(interrupt=True)],
           setup=[openssh(IPQoS="af21 af21"), long_from("server", 1200, "af21")], families=(4, 6), seen=ALL),
    breaks("dies-at-prompt", "The path dies while somebody looks for the password.",
           [Start(at_prompt(4), "idle-drop", "path", expect="", settle=3),
            Do(nft("router1", "forward", "drop", match="meta l4proto tcp")), Wait(16), Finish(interrupt=True), Wait(3)],
           families=(4, 6)),
]
