"""The same stories on other ports, longer lines and with other people's software: nothing here is looked at while
rules are made."""

from capture import Seen
from clients import BANNER, GOOD, WRONG, asyncssh, dbclient, keyscan, paramiko, plink, sock, ssh
from firewalls import nft
from logins import V6, story
from net import Net
from scenario import Do, Finish, Start, Try, Wait
from services import dropbear, fake, injector, stop_daemon
from ssh_peers import (go_client, libssh_client, openssh, peer, ssh_checking, ssh_keys, ssh_typed)

LONG = Net(2, delay=(2, 45, 30))
SHORT = Net(2, delay=(1, 1, 3))
CHATTER = "i=0; while [ $i -lt 40 ]; do date; sleep 0.4; i=$((i+1)); done"


def elsewhere(name, text, steps, port=2222, net=LONG, setup=None, **more):
    return story("elsewhere-" + name, text, steps, net=net, port=port, setup=setup or [openssh(port=port)],
                 set="held-out", **more)


def refused(client, expect="denied"):
    return Try(client, "auth-failed", "host", expect)


SCENARIOS = [
    elsewhere("logins", "Port 2222 on a long line: logins let in and refused, by OpenSSH, Paramiko, Go and libssh.",
              [Try(ssh("uname -a"), "none"), refused(ssh(password="tr0ub4dor")), refused(ssh_keys("ecdsa-384",
                                                                                                  "rsa-4096")),
               Try(paramiko(password=GOOD), "none"), refused(go_client(password=WRONG), None),
               refused(libssh_client("ciphers=aes256-ctr", "macs=hmac-sha2-512", user="backup"), None),
               Try(plink(password=GOOD), "none"), Try(dbclient(), "none")]),
    elsewhere("logins-dropbear", "A dropbear on port 8022: three clients let in and refused.",
              [Try(ssh(password=GOOD), "none"), refused(ssh_typed(("assword: ", 2, "123456\n"), tries=1)),
               refused(asyncssh(password=WRONG), None), Try(paramiko(), "none"), Try(libssh_client(), "none")],
              port=8022,
              net=SHORT, setup=[dropbear(port=8022)], families=V6),
    elsewhere("kex", "Port 8022: no cipher in common, and a dropbear's client without a key exchange.",
              [Try(ssh(options=("Ciphers=aes256-cbc",)), "kex-mismatch", "host", "no matching cipher"),
               Try(dbclient(), "kex-mismatch", "host")], port=8022,
              setup=[openssh(port=8022, KexAlgorithms="diffie-hellman-group16-sha512,diffie-hellman-group18-sha512")],
              families=V6),
    elsewhere("host-key", "Port 2222: nobody knows the host; an ssh-keyscan follows.",
              [Try(ssh_checking(ssh(), "yes"), "hostkey-rejected", "client", "verification failed"),
               Try(keyscan(), "scan", "client", "")]),
    elsewhere("left", "Port 443: ^C at the prompt after eight seconds, and a socket that leaves with a reset.",
              [Try(ssh_typed(("password: ", 8, "\x03")), "client-abort", "client", ""),
               Try(sock(send=BANNER, read=2, reset=True), "client-abort", "client", "")], port=443),
    elsewhere("grace", "Port 2222, where LoginGraceTime is 7 seconds.",
              [Try(ssh_typed(("password: ", 9, GOOD + "\n"), options=("Ciphers=aes256-ctr",)), "login-timeout", "host",
                   "closed|reset|Broken")], setup=[openssh(port=2222, LoginGraceTime="7")], families=V6),
    elsewhere("tarpit", "A tarpit on port 2222, with a short line every three seconds.",
              [Try(ssh(connect_timeout=14), "tarpit", "host", "timed out"),
               Try(sock(read=8), "tarpit", "host", "")], setup=[peer("tarpit", 2222, 3, 12)]),
    elsewhere("no-banner", "Port 2222, where sshd is held by SIGSTOP after a login.",
              [Try(ssh(), "none"), Do(stop_daemon("sshd:2222", 19)),
               Try(ssh(connect_timeout=9), "no-banner", "host", "timed out"),
               Try(sock(send=BANNER, read=6), "no-banner", "host", "")], families=V6),
    elsewhere("version", "A small fake of an SSH-1.5 server on port 2022.",
              [Try(ssh(), "protocol-mismatch", "host", "major versions differ"),
               Try(asyncssh(), "protocol-mismatch", "host")], port=2022,
              setup=[fake("greet", "SSH-1.5-OSU_1.4alpha3\\n", 6, port=2022)]),
    elsewhere("not-ssh", "A mail server's greeting and its errors, on port 2222.",
              [Try(ssh(connect_timeout=6), "not-ssh", "host", "timed out|[Ii]nvalid|banner|closed"),
               Try(libssh_client(timeout=8), "not-ssh", "host", "")],
              setup=[fake("greet", "220 mx1.example.org ESMTP\\r\\n502 5.5.2 Error: command not recognized\\r\\n", 6,
                          port=2222)], families=V6),
    elsewhere("mtu", "Port 2222: a router drops what is longer than 1350 bytes from the client.",
              [Start(ssh(), "mtu-blackhole", "path", expect="", settle=16), Finish(interrupt=True)],
              setup=[openssh(port=2222),
                     nft("router2", "forward", "drop", match="meta iifname eth0 meta length > 1350")], families=(4, 6)),
    elsewhere("idle", "Port 8022: a session of some output is dropped by the second router.",
              [Start(ssh(CHATTER, options=("ServerAliveInterval=3", "ServerAliveCountMax=3")), "idle-drop", "path",
                     expect="", settle=3),
               Do(nft("router2", "forward", "drop", match="meta l4proto tcp")), Finish(), Wait(4)], port=8022,
              seen=[Seen("client"), Seen("server")]),
    elsewhere("reset", "Port 2222: a third party resets the client during the login.",
              [Try(ssh(), "injected-rst", "path", "reset|closed|Broken"),
               Try(dbclient(), "injected-rst", "path", "")], setup=[openssh(port=2222), injector("-w data -k 3 -l "
                                                                                                 "120")],
              families=V6),
]
