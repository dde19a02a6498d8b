"""What comes after success, or only looks like it: sessions that the server refuses, sessions that are short, login
banners of every length, and refusals that list no method."""

import os

from capture import Seen
from clients import GOOD, WRONG, Client, dbclient, paramiko, plink, ssh
from logins import NEAR, SLOW, V6, story
from net import Net
from sandbox import USER
from scenario import Do, Try
from scenarios.login_success import piped, scp_file, sftp
from services import dropbear
from ssh_peers import openssh, ssh_keys

BOTH_ENDS = [Seen("client"), Seen("server")]
PACKED = [Seen(pack="zst")]


def refused(client, expect="Broken pipe|closed", **more):
    return Try(client, "session-refused", "host", expect, **more)


def denied(client, expect="Permission denied", **more):
    return Try(client, "auth-failed", "host", expect, **more)


def ends_with(client, *codes):
    """A login that goes through, and whose client ends with one of these: its session says so, not its login."""
    def argv(target):
        tests = " || ".join(f"[ $c = {code} ]" for code in codes)
        return ["sh", "-c", f'"$@"; c=$?; {tests}', "sh", *client.argv(target)]
    return Try(Client(client.name, argv, client.host, client.env, client.timeout), "none", None)


def append(path, text):
    def act(_):
        with open(path, "a") as file:
            file.write(text)
    return act


def jail(lab):
    """A folder for ChrootDirectory that belongs to the user, which sshd does not accept."""
    os.makedirs("/home/jail")
    lab.network.run("server", "chown", USER, "/home/jail")


def limit(what):
    """A limit of the account that PAM sets when it opens the session."""
    def act(lab):
        append("/etc/security/limits.conf", f"{USER} {what}\n")(lab)
        append("/etc/pam.d/sshd", "session required pam_limits.so\n")(lab)
    return act


def shell_of(path):
    return lambda lab: lab.network.run("server", "usermod", "-s", path, USER)


def slow_session(seconds):
    return append("/etc/pam.d/sshd", f"session optional pam_exec.so quiet /bin/sleep {seconds}\n")


def banner(size):
    """A login banner of so many bytes."""
    def act(_):
        with open(f"/etc/ssh/banner-{size}", "w") as file:
            file.write((("This machine belongs to the lab. " * 2 + "\n") * (size // 60 + 1))[:size])
    return act


def bannered(size, port=22, **options):
    def start(lab):
        banner(size)(lab)
        openssh(port=port, Banner=f"/etc/ssh/banner-{size}", **options)(lab)
    return start


LONG_NAME = "somebody-whose-name-is-longer-than-most-names-are"
GCM, CTR = ("Ciphers=aes128-gcm@openssh.com",), ("Ciphers=aes256-ctr", "MACs=hmac-sha2-512-etm@openssh.com")
UMAC = ("Ciphers=aes128-ctr", "MACs=umac-64@openssh.com")

REFUSED_SESSIONS = [
    story("session-chroot", "ChrootDirectory belongs to the user: sshd says success and ends, for a command, a shell and "
                            "sftp.",
          [refused(ssh()), refused(ssh(password=GOOD)), refused(ssh(command=None, options=("RequestTTY=force",))),
           refused(sftp("ls"))],
          setup=[jail, openssh(ChrootDirectory="/home/jail")], seen=BOTH_ENDS),
    story("session-chroot-peers", "The same, met by PuTTY, Dropbear's client, Paramiko and scp.",
          [refused(plink(password=GOOD), ""), refused(dbclient(), ""), refused(paramiko(password=GOOD), ""),
           refused(scp_file(1000), "")],
          setup=[jail, openssh(ChrootDirectory="/home/jail")], net=NEAR, families=V6, set="held-out", seen=BOTH_ENDS),
    story("session-files", "PAM limits the account to four open files: the process of the session ends at once.",
          [refused(ssh()), refused(ssh(options=GCM)), refused(ssh(password=GOOD, options=CTR))],
          setup=[limit("hard nofile 4"), openssh()], net=SLOW, set="held-out"),
    story("session-memory", "PAM limits the memory: the session's process ends after it has sent the host keys.",
          [refused(ssh()), refused(sftp("ls")), refused(dbclient(), "")],
          setup=[limit("hard as 1000"), openssh()], net=Net(1, delay=5), families=V6),
    story("session-chroot-banner", "A login banner of 3 kB, and a ChrootDirectory with the wrong owner.",
          [refused(ssh()), refused(ssh(options=GCM)), refused(paramiko(password=GOOD), "")],
          setup=[jail, bannered(3000, ChrootDirectory="/home/jail")], net=NEAR, set="held-out"),
]

SHORT_SESSIONS = [
    story("session-pam-says-no", "PAM's session modules say no, and maxlogins is 0: a channel opens, and the command ends "
                                 "with 254.",
          [ends_with(ssh(), 254), ends_with(ssh(password=GOOD), 254), Do(limit("- maxlogins 0")), ends_with(ssh(), 254)],
          setup=[append("/etc/pam.d/sshd", "session required pam_deny.so\n"), openssh()]),
    story("session-short", "A command that fails, a forced command, a shell that is nologin.",
          [ends_with(ssh("exit 1"), 1), ends_with(ssh("true"), 0), Do(shell_of("/usr/sbin/nologin")),
           ends_with(ssh(), 1), ends_with(ssh(command=None), 1), ends_with(sftp("ls"), 255, 1)],
          setup=[openssh()], families=V6),
    story("session-forced", "Everybody's command is /bin/false.",
          [ends_with(ssh(), 1), ends_with(scp_file(1000), 255, 1), ends_with(plink(password=GOOD), 1)],
          setup=[openssh(ForceCommand="/bin/false")], net=NEAR, set="held-out"),
    story("session-no-channel", "MaxSessions 0, and forwarding that is not allowed: the client leaves at the answer.",
          [ends_with(ssh(), 255), ends_with(piped(), 255)], setup=[openssh(MaxSessions="0", AllowTcpForwarding="no")],
          net=SLOW, seen=BOTH_ENDS),
    story("session-no-processes", "The account may start no further process: the request for a command is refused.",
          [ends_with(ssh(), 255), ends_with(sftp("ls"), 255, 1)], setup=[limit("hard nproc 1"), openssh()], families=V6,
          set="held-out"),
    story("slow-session", "A session module of PAM's takes four seconds.", [Try(ssh(), "none")],
          setup=[slow_session(4), openssh()]),
]

BANNERS = [
    story("banner-refused", "Login banners of 3 and 24 kB: a wrong password, a name of many letters, keys that are not "
                            "known; and a login.",
          [step for port in (22, 2222) for step in
           (denied(ssh(password=WRONG, tries=2), port=port), denied(ssh(user=LONG_NAME), port=port),
            denied(ssh_keys("ed25519"), port=port), Try(ssh(), "none", port=port))],
          setup=[bannered(3000), bannered(24000, 2222)], more_ports=(2222,), net=NEAR, seen=PACKED),
    story("banner-refused-aes", "Login banners of 1, 10 and 3,000 bytes with AES: wrong passwords and unknown keys.",
          [step for port in (22, 2222, 8022) for cipher in (GCM, CTR) for step in
           (denied(ssh(password=WRONG, options=cipher), port=port),
            denied(ssh_keys("ed25519", "rsa-2048", options=cipher), port=port))],
          setup=[bannered(1), bannered(10, 2222), bannered(3000, 8022)], more_ports=(2222, 8022), net=Net(1, delay=10),
          families=V6, set="held-out", seen=PACKED),
    story("banner-refused-peers", "A login banner of 5 kB, met by PuTTY and Paramiko, which asks with its key at once.",
          [Try(paramiko(), "none"), denied(paramiko(password=WRONG), None), Try(plink(password=GOOD), "none"),
           denied(plink(password=WRONG), None)],
          setup=[bannered(5000)], net=NEAR, seen=PACKED),
    story("banner-refused-dropbear", "Dropbear as the server, with a login banner of 100 bytes.",
          [denied(ssh(password=WRONG, tries=3), None), denied(ssh_keys("ed25519", "rsa-2048"), None), Try(ssh(), "none")],
          setup=[banner(100), dropbear(options=("-b", "/etc/ssh/banner-100"))], families=V6),
    story("no-method-left", "A server without any method: with AES its refusals are as long as success.",
          [denied(client, port=port) for port in (22, 2222) for client in
           (ssh(), ssh(options=GCM), ssh(password=WRONG, tries=2, options=GCM), ssh(options=UMAC),
            ssh(password=WRONG, options=("Ciphers=aes128-ctr", "MACs=hmac-sha2-256")))],
          setup=[openssh(PasswordAuthentication="no", PubkeyAuthentication="no"),
                 bannered(1, 2222, PasswordAuthentication="no", PubkeyAuthentication="no")],
          more_ports=(2222,), net=NEAR),
]

SCENARIOS = REFUSED_SESSIONS + SHORT_SESSIONS + BANNERS
