"""Logins that go through: every family of ciphers, every way to prove who one is, and sessions of every kind."""

import os

from capture import Seen
from clients import GOOD, WRONG, Client, ssh
from logins import FAR, NEAR, SLOW, V6, story
from net import Net
from sandbox import USER, WORK
from scenario import Do, Finish, Start, Try, Wait
from services import inetd
from ssh_peers import authorize, dead_resolver, key, openssh, shell, ssh_keys, ssh_typed

COMMON = ["-F", "none", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes",
          "-i", WORK + "/key"]


def ok(client, expect=None, **more):
    return Try(client, "none", None, expect, **more)


def with_cipher(cipher, mac=None, *more):
    """Key and password with one cipher and MAC."""
    options = (f"Ciphers={cipher}", *((f"MACs={mac}",) if mac else ()), *more)
    return [ok(ssh(options=options)), ok(ssh("id; uname -a", password=GOOD, options=options))]


def notices(lab):
    with open("/etc/ssh/legal", "w") as banner:
        banner.write("This machine belongs to the lab.\n" * 9)
    with open("/etc/motd", "w") as motd:
        motd.write("Welcome. Backups run at four.\n")


def scp_file(size, up=True, *options):
    """A file of repeated text, sent or fetched."""
    def argv(target):
        path = f"{WORK}/file-{size}"
        with open(path, "wb") as stream:
            stream.write(b"the same line again and again\n" * (size // 30))
        host = f"[{target.address}]" if target.family == 6 else target.address
        ends = [path, f"{USER}@{host}:/tmp/sent"] if up else [f"{USER}@{host}:{path}", f"{WORK}/fetched"]
        return ["scp", *COMMON, *[word for option in options for word in ("-o", option)], "-q", "-P", str(target.port),
                *ends]
    return Client("openssh-9.2 scp", argv)


def sftp(*lines):
    def argv(target):
        host = f"[{target.address}]" if target.family == 6 else target.address
        orders = "".join(line + "\n" for line in lines)
        return ["sh", "-c", 'printf "$0" | exec sftp -b - "$@"', orders, *COMMON, "-P", str(target.port),
                f"{USER}@{host}"]
    return Client("openssh-9.2 sftp", argv)


def piped():
    """ssh -W: what comes back is the banner of the sshd at the other end."""
    def argv(target):
        return ["sh", "-c", '{ printf "SSH-2.0-through\\r\\n"; sleep 2; } | exec "$@"', "sh", "ssh", *COMMON, "-p",
                str(target.port), "-W", f"127.0.0.1:{target.port}", f"{USER}@{target.address}"]
    return Client("openssh-9.2", argv)


def forwarding(name):
    """ssh -N -L, which lasts until it is interrupted."""
    def argv(target):
        return ["sh", "-c", 'trap : INT; "$@"; [ $? = 255 ]', "sh",  # what ssh exits with when it is interrupted
                "ssh", *COMMON, "-p", str(target.port), "-N", "-L", f"9022:127.0.0.1:{target.port}",
                f"{USER}@{target.address}"]
    return Start(Client("openssh-9.2", argv), "none", None, name, expect="", settle=2)


def use_forward(lab):
    lab.network.run("client", "ssh-keyscan", "-T", "3", "-p", "9022", "127.0.0.1")


def multiplexed():
    """The commands of one shell share the first one's connection."""
    def argv(target):
        mux = f"ssh {' '.join(COMMON)} -p {target.port} -S {WORK}/mux"
        host = f"{USER}@{target.address}"
        return ["sh", "-ec", f"{mux} -MNf {host} >/dev/null 2>&1; {mux} {host} id; {mux} {host} 'seq 1 500'; sleep 1; "
                f"{mux} {host} uptime; {mux} -O exit {host}"]
    return ok(Client("openssh-9.2", argv))


def sleepy_sshd(seconds):
    """inetd starts sshd for each connection, late."""
    def start(lab):
        openssh(port=2022)(lab)
        inetd("sh", "-c", f"sleep {seconds}; exec /usr/sbin/sshd -i -f {WORK}/sshd-2022.conf")(lab)
    return start


def slow_keys(seconds):
    """The keys come from a command that takes its time, as a directory service does."""
    def act(lab):
        key("ed25519")
        with open("/etc/ssh/slow-keys", "w") as script:
            script.write(f"#!/bin/sh\nsleep {seconds}\ncat {WORK}/key-ed25519.pub\n")
        os.chmod("/etc/ssh/slow-keys", 0o755)
    return act


CIPHERS = [
    story("chacha20", "OpenSSH both sides with its own choice of cipher: a key, then a password.",
            with_cipher("chacha20-poly1305@openssh.com"), families=(4, 6)),
    story("aes128-gcm", "OpenSSH with aes128-gcm: a key, then a password.", with_cipher("aes128-gcm@openssh.com"),
            families=V6),
    story("aes256-gcm", "OpenSSH with aes256-gcm and ecdh-sha2-nistp256.",
            with_cipher("aes256-gcm@openssh.com", None, "KexAlgorithms=ecdh-sha2-nistp256"), net=SLOW, set="held-out"),
    story("aes256-ctr-etm", "OpenSSH with aes256-ctr and hmac-sha2-256-etm.",
            with_cipher("aes256-ctr", "hmac-sha2-256-etm@openssh.com"), net=NEAR),
    story("aes128-ctr-sha2-256", "OpenSSH with aes128-ctr and hmac-sha2-256 over the plain text.",
            with_cipher("aes128-ctr", "hmac-sha2-256"), net=Net(delay=5)),
    story("aes192-ctr-sha2-512", "OpenSSH with aes192-ctr and hmac-sha2-512.",
            with_cipher("aes192-ctr", "hmac-sha2-512"), net=SLOW, families=V6, set="held-out"),
    story("aes256-ctr-umac-64", "OpenSSH with aes256-ctr and umac-64.", with_cipher("aes256-ctr",
                                                                                    "umac-64@openssh.com")),
    story("aes128-ctr-umac-128-etm", "OpenSSH with aes128-ctr and umac-128-etm.",
            with_cipher("aes128-ctr", "umac-128-etm@openssh.com"), net=Net(), families=V6, set="held-out"),
    story("aes128-ctr-sha1", "OpenSSH with aes128-ctr and hmac-sha1.", with_cipher("aes128-ctr", "hmac-sha1")),
    story("aes128-cbc", "OpenSSH with aes128-cbc and hmac-sha1-etm, which the server's administrator allows.",
            with_cipher("aes128-cbc", "hmac-sha1-etm@openssh.com"),
            setup=[openssh(Ciphers="+aes128-cbc")], families=V6),
    story("3des-cbc", "OpenSSH with 3des-cbc, diffie-hellman-group14-sha1 and an RSA host key of the old signature.",
            with_cipher("3des-cbc", "hmac-sha1", "KexAlgorithms=diffie-hellman-group14-sha1",
                        "HostKeyAlgorithms=ssh-rsa"),
            setup=[openssh(("rsa",), Ciphers="3des-cbc", KexAlgorithms="+diffie-hellman-group14-sha1",
                           HostKeyAlgorithms="+ssh-rsa")], net=Net(1, delay=60), set="held-out"),
    story("compression", "OpenSSH with compression, which begins after the login.",
            with_cipher("chacha20-poly1305@openssh.com", None, "Compression=yes") +
            with_cipher("aes128-ctr", "hmac-sha2-256-etm@openssh.com", "Compression=yes")),
]

TYPED_PASSWORD = (r"password: ", 1.5, GOOD + "\n")
KBDINT = {"KbdInteractiveAuthentication": "yes", "PasswordAuthentication": "no"}

METHODS = [
    story("rsa-key", "RSA keys of 3072 and 2048 bits, and host keys of every kind.",
            [ok(ssh_keys("rsa-3072")), ok(ssh_keys("rsa-2048"))],
            setup=[openssh(("rsa", "ecdsa", "ed25519")), authorize("rsa-3072"), authorize("rsa-2048")]),
    story("ecdsa-key", "An ECDSA key, and an ECDSA host key.", [ok(ssh_keys("ecdsa-256")), ok(ssh_keys("ecdsa-521"))],
            setup=[openssh(("ecdsa",)), authorize("ecdsa-256"), authorize("ecdsa-521")], families=V6, set="held-out"),
    story("keyboard-interactive", "Keyboard-interactive through PAM, answered by a program and by a person.",
            [ok(ssh(password=GOOD)), ok(ssh_typed((r"Password: ", 2, GOOD + "\n")))],
            setup=[openssh(**KBDINT)], families=(4, 6)),
    story("several-keys", "Three keys that the server does not know, then the right one; then two and the right one.",
            [ok(ssh_keys("rsa-2048", "ecdsa-256", "ed25519", "lab")), ok(ssh_keys("rsa-3072", "ed25519", "lab"))]),
    story("several-keys-aes256-ctr", "The same with aes256-ctr and hmac-sha2-512.",
            [ok(ssh_keys("rsa-2048", "ecdsa-256", "lab", options=("Ciphers=aes256-ctr", "MACs=hmac-sha2-512")))],
            net=SLOW, families=V6, set="held-out"),
    story("key-then-password", "A key that the server does not know, then a password typed after a while.",
            [ok(ssh_typed(TYPED_PASSWORD, options=("IdentityFile=/run/lab/key-ed25519",)))],
            setup=[openssh(), lambda lab: key("ed25519")]),
    story("wrong-then-right", "A wrong password is typed, then the right one; then two wrong ones first.",
            [ok(ssh_typed((r"password: ", 1, WRONG + "\n"), (r"password: ", 2, GOOD + "\n"))),
             ok(ssh_typed((r"password: ", 1, "a\n"), (r"password: ", 1, "another guess\n"), TYPED_PASSWORD))],
            families=(4, 6)),
    story("wrong-then-right-gcm", "A wrong password, then the right one, with aes128-gcm, and with aes256-ctr and "
                                  "umac-128.",
            [ok(ssh_typed((r"password: ", 1, WRONG + "\n"), TYPED_PASSWORD,
                          options=("Ciphers=aes128-gcm@openssh.com",))),
             ok(ssh_typed((r"password: ", 1, WRONG + "\n"), TYPED_PASSWORD,
                          options=("Ciphers=aes256-ctr", "MACs=umac-128@openssh.com")))],
            net=SLOW, set="held-out"),
    story("kbdint-wrong-then-right", "Keyboard-interactive: a wrong answer, then the right one.",
            [ok(ssh_typed((r"Password: ", 1, WRONG + "\n"), (r"Password: ", 2, GOOD + "\n")))],
            setup=[openssh(**KBDINT)], net=SLOW),
    story("two-factors", "The server asks for a key and then for a password: a partial success, then success.",
            [ok(ssh_typed(TYPED_PASSWORD, options=("IdentityFile=/run/lab/key",)))],
            setup=[openssh(AuthenticationMethods="publickey,password")], families=V6),
    story("banner-and-motd", "A banner before the login, and a message of the day after it.",
            [ok(ssh()), ok(ssh_typed(TYPED_PASSWORD, *shell("date"), command=None))],
            setup=[openssh(Banner="/etc/ssh/legal", PrintMotd="yes"), notices]),
]

SESSIONS = [
    story("forced-command", "A key that may only run one command, whatever the client asks for.",
            [ok(ssh_keys("ed25519", command="cat /etc/shadow"), "only this")],
            setup=[openssh(), authorize("ed25519", 'restrict,command="echo only this"')]),
    story("shell", "A shell of some minutes' work, typed by a person.",
            [ok(ssh_typed(TYPED_PASSWORD, *shell("ls -la /etc | head -50", "ps aux", "df -h", "cat /etc/services",
                                                 "uptime"),
                          command=None))], net=Net(1, delay=60)),
    story("shell-slow-typing", "A shell where somebody types character by character.",
            [ok(ssh_typed(TYPED_PASSWORD, *[(r"" if n else r"\$ ", 0.15, c) for n, c in enumerate("uname -a; id\n")],
                          (r"uid=", 1, "exit\n"), command=None))], families=V6, set="held-out"),
    story("long-output", "A command that says much, and one that lasts some seconds.",
            [ok(ssh("seq 1 4000")), ok(ssh("sleep 4; echo done"))], net=NEAR),
    story("scp-up", "A file of 1 MB is sent with scp; of each frame the beginning is kept.", [ok(scp_file(1_000_000))],
            net=NEAR, seen=[Seen(pack="zst", snaplen=128)]),
    story("scp-small", "A file of 40 kB is sent with scp and fetched again.",
            [ok(scp_file(40_000)), ok(scp_file(40_000, False))], net=Net(2, delay=(5, 0, 20)), set="held-out"),
    story("scp-down", "A file of 400 kB is fetched with scp, without compression and with it; of each frame the "
                      "beginning is kept.",
            [ok(scp_file(400_000, up=False)), ok(scp_file(400_000, False, "Compression=yes"))], net=FAR, families=V6,
            seen=[Seen(pack="zst", snaplen=200)]),
    story("sftp", "sftp lists a folder, fetches a file and sends one.", [ok(sftp("ls /etc", "get /etc/services /tmp/s",
            "put /tmp/s /tmp/t"))], seen=[Seen(pack="gz")]),
    story("forward-only", "A port forward without a command, used once, and then ended by ^C.",
            [forwarding("forward"), Do(use_forward), Wait(1), Finish("forward", interrupt=True)]),
    story("stdio-forward", "-W: the connection is used as a pipe to sshd's own port.",
            [ok(piped())], families=V6),
    story("multiplexed", "One connection carries three commands.", [multiplexed()]),
    story("no-command", "-N: a login and nothing after it, for some seconds.",
            [forwarding("idle"), Wait(4), Finish("idle", interrupt=True)], families=V6, set="held-out"),
    story("rekey", "A session that changes keys often, on the client's wish.",
            [ok(ssh("seq 1 9000", options=("RekeyLimit=16K",)))], seen=[Seen(pack="zst")]),
]

SLOW_STAGES = [
    story("slow-auth-dns", "UseDNS, and a name server that never answers: the server is slow within the login.",
            [ok(ssh(connect_timeout=40))], setup=[dead_resolver, openssh(UseDNS="yes")], families=(4, 6)),
    story("slow-banner", "sshd behind an inetd that waits three seconds before it starts.",
            [ok(ssh(connect_timeout=40))],
            setup=[sleepy_sshd(3)], net=NEAR),
    story("slow-command-hook", "A login whose AuthorizedKeysCommand takes three seconds.",
            [ok(ssh_keys("ed25519"))], setup=[openssh(AuthorizedKeysCommand="/etc/ssh/slow-keys %u",
                                                     AuthorizedKeysCommandUser="root"), slow_keys(3)]),
]

SCENARIOS = CIPHERS + METHODS + SESSIONS + SLOW_STAGES
