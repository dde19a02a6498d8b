"""Logins that end before anybody is refused: the host key, the client's own will, the server's patience, and servers
that keep their clients waiting."""

from clients import BANNER, GOOD, WRONG, Client, dbclient, health_check, keyscan, paramiko, plink, sock, ssh
from logins import FAR, NEAR, SLOW, V6, story
from net import Net
from scenario import Do, Finish, Start, Try
from services import dropbear, hosts_deny, stop_daemon
from ssh_peers import (asyncssh_server, dead_resolver, go_client, known_host, libssh_client, openssh, paramiko_server,
                       peer, ssh_checking,
                       ssh_typed, tinyssh)

UNKNOWN = "Host key verification failed"
CTRL_C = "\x03"
ASKED = r"fingerprint\]\)\? "


def rejected(client, expect=UNKNOWN, **more):
    return Try(client, "hostkey-rejected", "client", expect, **more)


def left(client, expect="", **more):
    return Try(client, "client-abort", "client", expect, **more)


def looked(client, expect="", **more):
    return Try(client, "scan", "client", expect, **more)


def late(client, expect="closed|reset|Broken pipe|EOF|SSH protocol", **more):
    return Try(client, "login-timeout", "host", expect, **more)


def tarpit(client, expect="", **more):
    return Try(client, "tarpit", "host", expect, **more)


def mute(client, expect="timed out", **more):
    return Try(client, "no-banner", "host", expect, **more)


def strict(**more):
    return ssh_checking(ssh(), "yes", **more)


def doubtful_dbclient():
    """Without -y, and with nobody to ask."""
    def argv(target):
        return [word for word in dbclient().argv(target) if word != "-y"]
    return Client("dbclient", argv)


def doubtful_plink():
    """Told of another host key than the server's."""
    def argv(target):
        line = plink().argv(target)
        line[line.index("-hostkey") + 1] = "SHA256:" + "A" * 43
        return line
    return Client("plink-0.78", argv)


def doubtful_paramiko():
    def argv(target):
        line = paramiko().argv(target)
        return [word.replace("AutoAddPolicy", "RejectPolicy") for word in line]
    return Client("paramiko-2.12", argv)


HOST_KEYS = [
    story("hostkey-unknown", "StrictHostKeyChecking is yes, and the host is not known.", [rejected(strict())],
          families=(4, 6)),
    story("hostkey-changed", "The host's key is another than the one in known_hosts.",
          [rejected(strict(known="known")), rejected(ssh_checking(ssh(password=GOOD), "yes", known="known"))],
          setup=[openssh(), known_host("known", wrong=True)], net=NEAR),
    story("hostkey-answered-no", "Somebody reads the fingerprint for some seconds and answers no.",
          [rejected(ssh_typed((ASKED, 4, "no\n"), checking="ask"))], families=(4, 6)),
    story("hostkey-interrupted", "Somebody sees the question about the host key and presses ^C.",
          [rejected(ssh_typed((ASKED, 2, CTRL_C), checking="ask"), "")], net=SLOW),
    story("hostkey-rsa-changed", "An RSA host key that changed, and diffie-hellman-group-exchange.",
          [rejected(ssh_checking(ssh(options=("KexAlgorithms=diffie-hellman-group-exchange-sha256",)), "yes",
                                 known="known"))],
          setup=[openssh(("rsa",)), known_host("known", "host_rsa", wrong=True)], net=SLOW, families=V6,
          set="held-out"),
    story("hostkey-other-clients", "dbclient, plink and Paramiko, each of which does not know the host.",
          [rejected(doubtful_dbclient(), None), rejected(doubtful_plink(), None), rejected(doubtful_paramiko(), None)],
          families=(4, 6)),
    story("hostkey-at-dropbear", "A dropbear whose key is not known.",
          [rejected(strict()), rejected(ssh_typed((ASKED, 1, "no\n"), checking="ask")), rejected(doubtful_paramiko(),
                                                                                                 None)],
          setup=[dropbear()], net=NEAR, families=V6, set="held-out"),
    story("hostkey-at-others", "A TinySSH and a Paramiko server whose keys are not known.",
          [rejected(strict()), rejected(strict(), port=2222)], setup=[tinyssh(), paramiko_server(port=2222)],
          more_ports=(2222,), net=SLOW, set="held-out"),
    story("hostkey-accepted", "Somebody reads the fingerprint for a while, says yes, and types a password.",
          [Try(ssh_typed((ASKED, 5, "yes\n"), (r"password: ", 2, GOOD + "\n"), checking="ask"), "none")], net=FAR),
]

LEFT = [
    story("left-at-password", "^C at the prompt for the password.", [left(ssh_typed((r"password: ", 3, CTRL_C)))],
          families=(4, 6)),
    story("left-at-password-gcm", "^C at the prompt for the password, with aes256-gcm; and at keyboard-interactive's.",
          [left(ssh_typed((r"password: ", 1.5, CTRL_C), options=("Ciphers=aes256-gcm@openssh.com",))),
           left(ssh_typed((r"Password: ", 2, CTRL_C)), port=2222)],
          setup=[openssh(), openssh(port=2222, KbdInteractiveAuthentication="yes", PasswordAuthentication="no")],
          more_ports=(2222,), net=SLOW, families=V6, set="held-out"),
    story("left-after-wrong", "A wrong password, and ^C at the second prompt: what was wrong is the password.",
          [Try(ssh_typed((r"password: ", 1, WRONG + "\n"), (r"password: ", 2, CTRL_C)), "auth-failed", "host", "")],
          net=NEAR),
    story("left-at-dropbear", "^C at the prompt for the password of a dropbear, and of Paramiko's and AsyncSSH's "
                              "servers.",
          [left(ssh_typed((r"password: ", 2, CTRL_C))), left(ssh_typed((r"password: ", 1, CTRL_C)), port=2222),
           left(ssh_typed((r"password: ", 2, CTRL_C)), port=2223)],
          setup=[dropbear(), paramiko_server(port=2222), asyncssh_server(port=2223)], more_ports=(2222, 2223)),
    story("left-in-kex", "A client on a long line is ended by ^C during the key exchange.",
          [Start(ssh(), "client-abort", "client", settle=1.05, expect=""), Finish(interrupt=True)], net=Net(2,
                                                                                                            delay=(60,
                                                                                                                   60,
                                                                                                                   20)),
          families=(4, 6)),
    story("left-at-banner", "Plain sockets read the banner and leave: one at once, one after its own, one with a "
                            "reset.",
          [looked(sock(read=0.3)), left(sock(send=BANNER, read=1)), looked(sock(read=1, reset=True))]),
    story("left-keyscan", "ssh-keyscan asks for the host key.", [looked(keyscan())], families=(4, 6)),
    story("left-health-check", "A health check opens the port and closes it, and resets it.",
          [looked(health_check()), looked(sock(reset=True)), looked(health_check())], net=SLOW, families=V6, set="held-out"),
]

PATIENCE = [
    story("grace-at-password", "LoginGraceTime is 5 seconds, and somebody looks for the password.",
          [late(ssh_typed((r"password: ", 8, GOOD + "\n")))], setup=[openssh(LoginGraceTime="5")], families=(4, 6)),
    story("grace-at-banner", "LoginGraceTime is 3 seconds, and a socket says no more than its version; another says "
                             "nothing.",
          [late(sock(send=BANNER, read=8), '"closed": true'), late(sock(read=8), '"closed": true')],
          setup=[openssh(LoginGraceTime="3")]),
    story("grace-at-host-key", "LoginGraceTime is 4 seconds, and somebody reads the fingerprint for longer.",
          [late(ssh_typed((ASKED, 7, "yes\n"), checking="ask"))], setup=[openssh(LoginGraceTime="4")], net=SLOW),
    story("grace-after-wrong", "LoginGraceTime is 8 seconds: a wrong password, and too long a pause.",
          [late(ssh_typed((r"password: ", 1, WRONG + "\n"), (r"password: ", 9, GOOD + "\n")))],
          setup=[openssh(LoginGraceTime="8")], families=V6),
    story("grace-gcm", "LoginGraceTime is 6 seconds, with aes128-gcm and keyboard-interactive.",
          [late(ssh_typed((r"Password: ", 9, GOOD + "\n"), options=("Ciphers=aes128-gcm@openssh.com",)))],
          setup=[openssh(LoginGraceTime="6", KbdInteractiveAuthentication="yes", PasswordAuthentication="no")],
          net=SLOW, families=V6, set="held-out"),
    story("grace-asyncssh", "AsyncSSH's server waits five seconds for a login.",
          [late(ssh_typed((r"password: ", 8, GOOD + "\n")))], setup=[asyncssh_server(login_timeout=5)], net=NEAR),
]

WAITING = [
    story("tarpit", "A tarpit, a small fake like endlessh, with a line every two seconds.",
          [tarpit(ssh(connect_timeout=9), "timed out"), tarpit(sock(send=BANNER, read=9))],
          setup=[peer("tarpit", 22, 2)], families=(4, 6)),
    story("tarpit-slow", "A tarpit with a line every five seconds, and long lines.",
          [tarpit(ssh(connect_timeout=22), "timed out"), tarpit(sock(read=17, timeout=20))],
          setup=[peer("tarpit", 22, 5, 250)], net=SLOW, families=V6, set="held-out"),
    story("no-banner-stopped", "sshd is held by SIGSTOP; OpenSSH, Go and libssh wait for its banner.",
          [Do(stop_daemon("sshd:22", 19)), mute(ssh(connect_timeout=5)), mute(go_client(timeout=5), ""),
           mute(libssh_client(timeout=6), "")], families=(4, 6)),
    story("no-banner-reverse-dns", "tcp wrappers look up the client's name before the banner, and no name server "
                                   "answers: "
          "a client with little patience leaves, one with more gets in.",
          [mute(ssh(connect_timeout=2)), Try(ssh(connect_timeout=60, timeout=80), "none")],
          setup=[dead_resolver, hosts_deny("sshd: .example.org"), openssh()]),
]

SCENARIOS = HOST_KEYS + LEFT + PATIENCE + WAITING
