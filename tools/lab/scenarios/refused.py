"""Refused by the target's own kernel: nothing listens there."""

from capture import Seen
from clients import dbclient, keyscan, nc, paramiko, plink, sock, ssh
from net import Net
from scenario import Do, Scenario, Try, Wait
from services import sshd, stop_daemon

REFUSED = "Connection refused"

SCENARIOS = [
    Scenario(
        "kernel-rst-sshd-stopped",
        "sshd runs and lets a login in, is stopped, and the next login finds nobody there.",
        net=Net(1, delay=20),
        setup=[sshd()],
        steps=[Try(ssh(), "none"), Do(stop_daemon("sshd:22")), Try(ssh(), "kernel-rst", "host", REFUSED)]),
    Scenario(
        "kernel-rst-other-port",
        "sshd listens on 2200; OpenSSH, dbclient and a plain socket knock on 22.",
        setup=[sshd(port=2200)], more_ports=(2200,),
        steps=[Try(ssh(), "kernel-rst", "host", REFUSED), Try(dbclient(), "kernel-rst", "host", REFUSED),
               Try(sock(), "kernel-rst", "host", REFUSED), Try(ssh(), "none", port=2200)]),
]
