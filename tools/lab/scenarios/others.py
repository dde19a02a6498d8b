"""Servers that are no SSH servers, clients that leave while all is well, and names that do not resolve."""

import subprocess

from capture import Seen
from clients import (BANNER, GOOD, asyncssh, curl, dbclient, health_check, keyscan, nmap, paramiko, plink, scp, sock,
                     ssh)
from firewalls import nft
from net import Net
from sandbox import WORK
from scenario import Do, Finish, Scenario, Start, Try
from services import dnsmasq, dropbear, fake, sshd, tinysshd, use_resolver

FAR = Net(1, delay=20)
NAME = "build.example.net"
UNRESOLVED = "Could not resolve hostname|Name or service not known|Temporary failure"


def not_ssh(client, expect=None):
    return Try(client, "not-ssh", "host", expect)


def leaves(client, expect="", **more):
    return Try(client, "client-abort", "client", expect, **more)


def looks(client, expect="", **more):
    """A machine that means no login."""
    return Try(client, "scan", "client", expect, **more)


def http_server(lab):
    lab.daemons["http"] = lab.network.start("server", "/usr/bin/python3", "-E", "-m", "http.server", "--bind", "::",
                                            "22",
                                            cwd="/run/lock")
    lab.network.wait_listening("server", 22)


def tls_server(lab):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-keyout", f"{WORK}/tls.key", "-out", f"{WORK}/tls.crt", "-days", "1", "-subj", "/CN=server"],
                   check=True, capture_output=True)
    lab.daemons["tls"] = lab.network.start("server", "openssl", "s_server", "-quiet", "-accept", "22", "-key",
                                           f"{WORK}/tls.key", "-cert", f"{WORK}/tls.crt", stdin=subprocess.PIPE)
    lab.network.wait_listening("server", 22)


def unresolved(client_command=None, where="client", **more):
    return Try(client_command or ssh(to=NAME), "name-failure", where, UNRESOLVED, dst_name=NAME, **more)


def port_filter(verdict):
    return nft("server", "input", verdict)


PROTOCOLS = [
    Scenario("not-ssh-http", "A real HTTP server listens on port 22.", net=FAR, setup=[http_server],
             steps=[not_ssh(ssh()), not_ssh(dbclient())]),
    Scenario("not-ssh-tls", "A small fake answers a banner with the alert that Go's TLS servers send for it.",
             net=Net(1, delay=10), setup=[fake("answer", r"\x15\x03\x01\x00\x02\x02\x46")],
             steps=[not_ssh(ssh()), not_ssh(paramiko())]),
    Scenario("closed-openssl-tls", "OpenSSL's own TLS server listens on port 22; it closes on a banner without an "
                                   "alert, so "
             "that nothing says what it speaks.",
             net=Net(1, delay=10), setup=[tls_server],
             steps=[Try(ssh(), "closed-before-banner", "host"), Try(paramiko(), "closed-before-banner", "host")]),
    Scenario("not-ssh-smtp", "A small fake greets as a mail server does.", net=FAR,
             setup=[fake("greet", r"220 mail.example.net ESMTP Postfix (Debian/GNU)\r\n", 4)],
             steps=[not_ssh(ssh()), not_ssh(sock(send=BANNER, read=6), "")]),
    Scenario("not-ssh-ftp", "A small fake greets as an FTP server does.", net=Net(delay=8),
             setup=[fake("greet", r"220 (vsFTPd 3.0.3)\r\n", 4)],
             steps=[not_ssh(ssh()), not_ssh(plink(timeout=8), "")]),
]

LEAVERS = [
    Scenario("abort-http-client", "curl asks a working sshd for a web page, and sshd shows it the door.",
             net=FAR, setup=[sshd()], steps=[Try(curl(), "protocol-mismatch", "client", "Invalid|HTTP/0.9|reset|Recv"), Try(ssh(), "none")]),
    Scenario("abort-health-check", "A balancer's health check connects to a working sshd and closes; one leaves with "
                                   "a RST.",
             net=Net(1, delay=10), setup=[sshd()],
             steps=[looks(health_check(), times=3, gap=0.3), looks(sock(reset=True)), Try(ssh(), "none")]),
    Scenario("abort-syn-scan",
             "nmap's half-open scan of an open port and of a closed one; then the port is filtered and each SYN "
             "stays alone.",
             net=FAR, setup=[sshd()], more_ports=(222, 2222),
             steps=[looks(nmap("-sS", "--max-retries", "1"), "open"),
                    looks(nmap("-sS", "--max-retries", "1"), "closed", port=222),
                    Do(port_filter("drop")),
                    looks(nmap("-sS", "--max-retries", "1"), "filtered")]),
    Scenario("abort-connect-scan", "nmap's connect scan of an open port, with its look at the version.",
             net=Net(1, delay=10), setup=[sshd()],
             steps=[looks(nmap("-sT"), "open"), looks(nmap("-sV", "-sT"), "OpenSSH")]),
    Scenario("abort-keyscan", "ssh-keyscan fetches the host key and leaves.",
             net=FAR, setup=[sshd()], steps=[looks(keyscan(), "ssh-ed25519"), looks(keyscan(), "ssh-ed25519")]),
    Scenario("abort-at-prompt", "A user presses ^C at the password prompt; first with OpenSSH, then with a newer "
                                "one's TOS.",
             net=FAR, setup=[sshd()],
             steps=[Start(ssh(password=GOOD, hang=30), "client-abort", "client", expect="", settle=3),
                    Finish(interrupt=True),
                    Start(ssh(password=GOOD, hang=30, tos="0xb8"), "client-abort", "client", expect="", settle=3),
                    Finish(interrupt=True)]),
]

NAMES = [
    Scenario("name-nxdomain", "The name server says that there is no such name. Seen on the client's wire.",
             net=Net(1, delay=10), setup=[dnsmasq("--address=/example.net/"), use_resolver()],
             steps=[unresolved(), Try(ssh(to="git.example.net", tos="0xb8"), "name-failure", "client", UNRESOLVED,
                                      dst_name="git.example.net")]),
    Scenario("name-servfail", "The name server has nobody to ask, and answers SERVFAIL or REFUSED.",
             net=Net(1, delay=15), setup=[dnsmasq(), use_resolver()],
             steps=[unresolved()]),
    Scenario("name-no-answer", "The name server's port is dropped: the questions stay unanswered.",
             net=Net(1, delay=10), setup=[dnsmasq(), use_resolver(),
                                          nft("server", "input", "drop", match="udp dport 53")],
             steps=[unresolved(where="unknown")]),
    Scenario("name-then-address", "The name resolves, and the login goes through.",
             net=Net(1, delay=10),
             setup=[sshd(), lambda lab: dnsmasq(f"--host-record={NAME},{lab.words['server']}")(lab), use_resolver()],
             steps=[Try(ssh(to=NAME), "none")]),
]

LOGINS = [
    Scenario("none-key-and-password",
             "Logins that go through: with a key, with a password, with one wrong password first.",
             net=FAR, setup=[sshd()], steps=[Try(ssh(), "none"),
                                             Try(ssh(password=GOOD, command="echo hello; id"), "none")]),
    Scenario("none-clients", "Logins that go through, by dbclient, Paramiko, AsyncSSH and plink.",
             net=Net(1, delay=10), setup=[sshd()],
             steps=[Try(dbclient(), "none"), Try(paramiko(), "none"), Try(asyncssh(), "none"),
                    Try(plink(password=GOOD), "none")]),
    Scenario("none-scp", "A file of 20 KB is copied.", net=Net(1, delay=12), setup=[sshd()],
             steps=[Try(scp(20_000), "none")],
             seen=[Seen("client", form="pcapng", pack="gz")]),
    Scenario("none-shell", "A session in which commands are typed a second apart.",
             net=FAR, setup=[sshd()],
             steps=[Try(ssh(command="for i in 1 2 3 4 5; do date; sleep 1; done"), "none")],
             seen=[Seen("client", form="nano"), Seen("server", form="big-endian")]),
    Scenario("none-dropbear", "Logins to dropbear, by OpenSSH and dbclient.",
             net=FAR, setup=[dropbear()], steps=[Try(ssh(), "none"), Try(dbclient(), "none")]),
    Scenario("none-tinysshd", "A login to TinySSH.",
             net=Net(2, delay=(5, 5, 10)), setup=[tinysshd()], steps=[Try(ssh(), "none")]),
    Scenario("none-and-closed-ports", "A login goes through, and other ports of the same host are closed.",
             net=Net(1, delay=25), setup=[sshd()], more_ports=(222, 2222),
             steps=[Try(ssh(), "none"), Try(ssh(), "kernel-rst", "host", "refused", port=2222),
                    Try(dbclient(), "kernel-rst", "host", None, port=222)]),
]

SCENARIOS = PROTOCOLS + LEAVERS + NAMES + LOGINS
