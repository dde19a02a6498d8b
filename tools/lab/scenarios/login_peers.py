"""Logins between different programs: every client against OpenSSH's server, OpenSSH's client against every server."""

from clients import GOOD, WRONG, asyncssh, dbclient, paramiko, plink, ssh
from logins import NEAR, SLOW, V6, story
from scenario import Try
from services import dropbear
from ssh_peers import (asyncssh_server, go_client, go_server, libssh_client, libssh_server, openssh, paramiko_server,
                       ssh_keys, ssh_typed, tinyssh)

KEYS_ONLY = {"PasswordAuthentication": "no"}
SHA2_ETM = ("Ciphers=aes256-ctr", "MACs=hmac-sha2-256-etm@openssh.com")


def ok(client, **more):
    return Try(client, "none", None, **more)


def refused(client, expect=None, **more):
    return Try(client, "auth-failed", "host", expect, **more)


def typing(count):
    return [("assword: ", 1, text + "\n") for text in ("wrong", "correct house", "x")[:count]]


def all_of(client):
    """What one client does with a key, a right password and a wrong one, and as a stranger."""
    expect = "" if client is dbclient else None  # which leaves with 0 even so
    return [ok(client()), ok(client(password=GOOD)), refused(client(password=WRONG), expect),
            refused(client(user="stranger"), expect)]


def served(passwords=True):
    """What OpenSSH's client meets: let in by key and by password; refused by both."""
    return [ok(ssh()), *([ok(ssh(password=GOOD)), refused(ssh(password=WRONG, tries=2)), refused(ssh_typed(*typing(3)))]
                         if passwords else []),
            refused(ssh_keys("ed25519", "rsa-2048")), refused(ssh(user="stranger"))]


def libssh(**more):
    return libssh_client(**more)


CLIENTS = [
    story("client-dbclient", "Dropbear's client: key, password, wrong password (it repeats it until the server has "
                             "enough).",
          all_of(dbclient)),
    story("client-dbclient-gcm", "Dropbear's client at a server that has only aes128-ctr and hmac-sha1.",
          all_of(dbclient),
          setup=[openssh(Ciphers="aes128-ctr", MACs="hmac-sha1")], families=V6, set="held-out"),
    story("client-plink", "PuTTY's plink: password right and wrong, and an unknown user.",
          [ok(plink(password=GOOD)), refused(plink(password=WRONG)), refused(plink(user="stranger", password=WRONG))],
          net=NEAR),
    story("client-plink-chacha", "plink at a server that has only chacha20-poly1305, and then one with "
                                 "keyboard-interactive.",
          [ok(plink(password=GOOD)), refused(plink(password=WRONG)), ok(plink(password=GOOD), port=2222),
           refused(plink(password=WRONG), port=2222)],
          setup=[openssh(Ciphers="chacha20-poly1305@openssh.com"),
                 openssh(port=2222, KbdInteractiveAuthentication="yes", PasswordAuthentication="no")],
          more_ports=(2222,), families=V6, set="held-out"),
    story("client-paramiko", "Paramiko: it sends its key signed at once, and asks for `none` never.", all_of(paramiko)),
    story("client-paramiko-aes256", "Paramiko at a server that has only aes256-ctr and hmac-sha2-512-etm.",
          all_of(paramiko),
          setup=[openssh(Ciphers="aes256-ctr", MACs="hmac-sha2-512-etm@openssh.com")], net=SLOW, families=V6,
          set="held-out"),
    story("client-asyncssh", "AsyncSSH, which sends an empty message before each.", all_of(asyncssh), families=V6),
    story("client-go", "Go's x/crypto/ssh.", all_of(go_client)),
    story("client-go-ctr", "Go's x/crypto/ssh with aes256-ctr.",
          [ok(go_client(ciphers="aes256-ctr")), refused(go_client(password=WRONG, ciphers="aes256-ctr")),
           ok(go_client(password=GOOD, ciphers="chacha20-poly1305@openssh.com"))], net=NEAR, families=V6,
          set="held-out"),
    story("client-libssh", "libssh.", all_of(libssh)),
    story("client-libssh-gcm", "libssh with aes256-gcm, and with compression from the first.",
          [ok(libssh_client("ciphers=aes256-gcm@openssh.com")),
           refused(libssh_client("ciphers=aes256-gcm@openssh.com", password=WRONG)),
           ok(libssh_client("ciphers=aes128-ctr", "macs=hmac-sha2-512", password=GOOD))], families=V6),
    story("clients-keys-only", "Every client at a server that takes keys only, with a password and with a wrong user.",
          [refused(client(password=WRONG)) for client in (dbclient, plink, paramiko, asyncssh, go_client, libssh)] +
          [refused(client(user="stranger")) for client in (dbclient, paramiko, asyncssh, go_client, libssh)],
          setup=[openssh(**KEYS_ONLY)], net=NEAR),
]

SERVERS = [
    story("server-dropbear", "Dropbear as the server.", served(), setup=[dropbear()], families=(4, 6)),
    story("server-dropbear-aes", "Dropbear as the server, with aes256-ctr.",
          [ok(ssh(options=("Ciphers=aes256-ctr",))), ok(ssh(password=GOOD, options=("Ciphers=aes128-ctr",))),
           refused(ssh_typed(*typing(3), options=("Ciphers=aes256-ctr",)))], setup=[dropbear()], net=SLOW,
          set="held-out"),
    story("server-dropbear-tries", "Dropbear with -T 2, whose limit of tries is two.",
          [refused(ssh(password=WRONG, tries=5))], setup=[dropbear(options=("-T", "2"))], net=NEAR),
    story("server-tinyssh", "TinySSH as the server: keys only, and packets of random length.", served(False),
          setup=[tinyssh()], families=(4, 6)),
    story("server-paramiko", "Paramiko as the server.", served(), setup=[paramiko_server()]),
    story("server-paramiko-kbdint", "Paramiko as a server with keyboard-interactive.",
          [ok(ssh(password=GOOD)), refused(ssh(password=WRONG, tries=2))],
          setup=[paramiko_server(methods="keyboard-interactive")], families=V6),
    story("server-asyncssh", "AsyncSSH as the server.", served(), setup=[asyncssh_server()], families=V6),
    story("server-asyncssh-ctr", "AsyncSSH as the server, with aes256-ctr and hmac-sha2-256-etm.",
          [ok(ssh(options=SHA2_ETM)), refused(ssh(password=WRONG, tries=3, options=SHA2_ETM))],
          setup=[asyncssh_server()], net=SLOW, set="held-out"),
    story("server-go", "Go's x/crypto/ssh as the server.", served(), setup=[go_server()]),
    story("server-go-others", "Go's server, visited by Paramiko, dbclient, libssh, AsyncSSH and plink.",
          [ok(paramiko()), ok(dbclient()), ok(asyncssh()), refused(paramiko(password=WRONG)),
           refused(asyncssh(password=WRONG)),
           ok(libssh()), refused(dbclient(password=WRONG), "")], setup=[go_server()], families=V6, set="held-out"),
    story("server-libssh", "libssh as the server.", served(), setup=[libssh_server()]),
    story("server-libssh-others", "libssh's server, visited by Go, Paramiko and AsyncSSH.",
          [ok(go_client()), ok(paramiko(password=GOOD)), refused(go_client(password=WRONG)),
           refused(asyncssh(password=WRONG))], setup=[libssh_server()], net=NEAR, families=V6),
]

SCENARIOS = CLIENTS + SERVERS
