"""What keeps SSH from working on a machine, made for real: the service, its settings, its sockets, room and the way back.

A case is what is done to a machine on which sshd runs, and what `sshsniff local` has to say of it: the kind is written here, by
whoever set it up. `mends`: the command that it names puts it right by itself; others name a file that a person has to edit."""
from dataclasses import dataclass

CLIENT = "10.91.0.2"


@dataclass
class Case:
    name: str
    set_up: str                # a shell's script, inside the machine
    kind: str                  # of the finding that has to stand first
    says: tuple = ()           # words that its sentence has to hold
    mends: bool = False
    options: str = CLIENT      # of sshsniff local
    from_client: str = ""      # what the client does meanwhile, in the background
    reboots: bool = False      # after set_up
    lets_in: bool = False      # a client still gets in
    also: tuple = ()           # kinds that may stand beside it
    command: str = ""          # words of the command that mends it
    sshd: tuple = (0, 0)       # the first release that knows of it


def sshd_config(*lines):
    return "".join(f"echo '{line}' >>/etc/ssh/sshd_config.d/case.conf; " for line in lines)


RESTART = "systemctl restart ssh; sleep 0.3"
ACCEPT_EACH = ("mkdir -p /etc/systemd/system/ssh.socket.d; "
               "printf '[Socket]\\nAccept=yes\\nTriggerLimitIntervalSec=1\\nTriggerLimitBurst=4\\n' >/etc/systemd/system/ssh.socket.d/case.conf; "
               "printf '[Unit]\\nDescription=one connection\\n[Service]\\nExecStart=-/usr/sbin/sshd -i\\nStandardInput=socket\\nRuntimeDirectory=sshd\\n"
               "RuntimeDirectoryPreserve=yes\\n' >/etc/systemd/system/ssh@.service; "
               "systemctl daemon-reload; systemctl disable -q --now ssh; systemctl enable -q --now ssh.socket; ")


def listens_on_22(address, family):
    """A program that has the port before sshd starts."""
    program = (f"import socket, time; s = socket.socket(socket.{family}); s.setsockopt(1, 2, 1); s.bind((\\\"{address}\\\", 22)); "
               "s.listen(); time.sleep(60)")
    return f"systemctl stop ssh; (setsid python3 -c \"{program}\" >/dev/null 2>&1 &); sleep 0.5; systemctl start ssh; sleep 1.5"


CASES = [
    Case("sshd runs", "true", "nothing", lets_in=True),
    Case("sshd was stopped", "systemctl stop ssh", "not-running", ("is not running", "was stopped at"), mends=True,
         command="systemctl start ssh"),
    Case("stopped, and not enabled at boot", "systemctl disable -q --now ssh", "not-running", ("was stopped at", "not enabled at boot"), mends=True,
         command="systemctl enable --now ssh"),
    Case("not enabled, after a reboot", "systemctl disable -q ssh", "not-running", ("was not started", "not enabled at boot"), mends=True,
         reboots=True, command="systemctl enable --now ssh"),
    Case("masked", "systemctl disable -q --now ssh; systemctl mask -q ssh", "not-running", ("masked",), mends=True, command="unmask"),
    Case("a bad line in sshd_config", sshd_config("Prot 22") + RESTART, "not-running", ("failed", "case.conf", "line 1", "Bad configuration option"),
         command="sudoedit /etc/ssh/sshd_config.d/case.conf"),
    Case("a bad value in sshd_config", sshd_config("MaxAuthTries many") + RESTART, "not-running", ("case.conf",), command="sudoedit"),
    Case("no host key", "rm -f /etc/ssh/ssh_host_*; " + RESTART, "not-running", ("no hostkeys available",), mends=True,
         command="ssh-keygen -A"),
    Case("host keys that all may read", "chmod 644 /etc/ssh/ssh_host_*_key; " + RESTART, "not-running", ("Permissions 0644",), mends=True,
         command="chmod 600"),
    Case("its user is gone", "userdel sshd; " + RESTART, "not-running", ("Privilege separation user",), mends=True, command="useradd --system"),
    Case("an address that is not there", sshd_config("ListenAddress 198.51.100.9") + RESTART + "; sleep 1", "not-running",
         ("Cannot assign requested address",), command="sudoedit"),
    Case("suspended", "kill -STOP $(systemctl show -P MainPID ssh)", "not-running", ("is suspended",), mends=True, command="kill -CONT"),
    Case("sshd was killed", "mkdir -p /etc/systemd/system/ssh.service.d; printf '[Service]\\nRestart=no\\n' >/etc/systemd/system/ssh.service.d/case.conf; "
         "systemctl daemon-reload; kill -SEGV $(systemctl show -P MainPID ssh); sleep 0.5", "not-running", ("failed", "signal 11"), mends=True,
         command="systemctl start ssh"),
    Case("started too often", "for i in 1 2 3 4 5 6 7; do systemctl restart ssh; done; true", "not-running", ("failed too often",), mends=True,
         command="reset-failed"),
    Case("it crashes again and again", "mkdir -p /etc/systemd/system/ssh.service.d; printf '[Service]\\nRestart=always\\nRestartSec=10ms\\nExecStart=\\n"
         "ExecStart=/bin/sh -c \"kill -ABRT $$$$\"\\n' >/etc/systemd/system/ssh.service.d/case.conf; systemctl daemon-reload; systemctl restart ssh; sleep 1.5",
         "not-running", ("failed too often", "signal 6")),
    Case("a condition keeps it from starting", "touch /etc/ssh/sshd_not_to_be_run; systemctl restart ssh", "not-running",
         ("sshd_not_to_be_run exists",), mends=True, command="rm /etc/ssh/sshd_not_to_be_run"),
    Case("the socket waits", "systemctl disable -q --now ssh; systemctl enable -q --now ssh.socket", "nothing", lets_in=True),
    Case("the socket at its trigger limit", ACCEPT_EACH, "not-running", ("ssh.socket is closed", "too many connections"), mends=True,
         from_client="for i in 1 2 3 4 5 6 7 8; do exec 3<>/dev/tcp/10.91.0.1/22; exec 3>&-; done; sleep 1", command="ssh.socket"),
    Case("a socket whose service is not there", ACCEPT_EACH + "rm /etc/systemd/system/ssh@.service; systemctl daemon-reload; true", "not-running",
         ("ssh.socket: Failed to",), mends=True, command="systemctl disable --now ssh.socket", from_client="exec 3<>/dev/tcp/10.91.0.1/22; sleep 1"),
    Case("on another port", sshd_config("Port 2222") + RESTART, "another-port", ("2222", "not on 22"), command="ssh -p 2222"),
    Case("on another port, and asked for by it", sshd_config("Port 2222") + RESTART, "nothing", options=f"{CLIENT} -p 2222"),
    Case("its port changed, not started again", sshd_config("Port 2222") + RESTART + "; rm /etc/ssh/sshd_config.d/case.conf", "another-port",
         ("its settings say 22",), mends=True, command="systemctl restart ssh"),
    Case("on 127.0.0.1 only", sshd_config("ListenAddress 127.0.0.1") + RESTART, "other-addresses", ("127.0.0.1 only",), command="ListenAddress"),
    Case("on IPv6 only", sshd_config("AddressFamily inet6") + RESTART, "other-addresses", ("IPv6 only",), command="AddressFamily"),
    Case("another program has the port", listens_on_22("::", "AF_INET6"), "not-running", ("Address already in use",),
         also=("another-program",), mends=True, command="kill"),
    Case("another program has the port, of IPv4", listens_on_22("", "AF_INET"), "another-program", ("taken by python3",), mends=True, command="kill"),
    Case("the user may not log in", sshd_config("AllowUsers alice") + RESTART, "user", ("AllowUsers alice",), options=f"{CLIENT} --user root",
         lets_in=True, command="sudoedit"),
    Case("the user may log in", sshd_config("AllowUsers alice root") + RESTART, "nothing", options=f"{CLIENT} --user root", lets_in=True),
    Case("in a group that may not", "groupadd barred; useradd -m -G barred carol; " + sshd_config("DenyGroups barred") + RESTART, "user",
         ("DenyGroups barred",), options=f"{CLIENT} --user carol", lets_in=True),
    Case("refused by a Match for this client", sshd_config("Match Address 10.91.0.0/24", "DenyUsers root") + RESTART, "user", ("DenyUsers root",),
         options=f"{CLIENT} --user root", lets_in=True),
    Case("no such user", "true", "user", ("no user dave",), options=f"{CLIENT} --user dave", lets_in=True, mends=False, command="useradd"),
    Case("a shell that turns everybody away", "useradd -m -s /usr/sbin/nologin erin", "user", ("nologin",), options=f"{CLIENT} --user erin", lets_in=True,
         command="usermod"),
    Case("/etc/nologin", "useradd -m frank; touch /etc/nologin", "user", ("/etc/nologin",), options=f"{CLIENT} --user frank", lets_in=True,
         command="rm /etc/nologin"),
    Case("sshd's own penalty", sshd_config("PerSourcePenalties authfail:60s noauth:60s min:1s") + RESTART + "; sleep 1", "ban", ("penalty",), mends=True,
         from_client="for i in 1 2 3 4; do exec 3<>/dev/tcp/10.91.0.1/22; head -c 4 <&3; exec 3>&-; sleep 0.3; done", command="restart ssh", sshd=(9, 8)),
    Case("too many that have not logged in", sshd_config("MaxStartups 3:100:3") + RESTART, "startups", ("3 connections", "every new one"),
         from_client="exec 3<>/dev/tcp/10.91.0.1/22 4<>/dev/tcp/10.91.0.1/22 5<>/dev/tcp/10.91.0.1/22; sleep 6", command="MaxStartups"),
    Case("the accept queue is full", "kill -STOP $(systemctl show -P MainPID ssh)", "queue", ("accept queue", "129", "is suspended"), mends=True,
         from_client="for i in $(seq 135); do timeout 8 sleep 8 3<>/dev/tcp/10.91.0.1/22 & done; sleep 7", command="kill -CONT"),
    Case("no way back", "ip route add blackhole 10.91.0.2/32", "way-back", ("no way back", "blackhole"), mends=True,
         command="ip route replace"),
    Case("no route at all", "ip address del 10.91.0.1/24 dev eth0; ip address add 10.91.0.1/32 dev eth0", "way-back", ("no route",),
         command="ROUTER"),
    Case("the way back leads to a bridge", "ip link add docker0 type bridge; ip address add 10.91.0.129/25 dev docker0; ip link set docker0 up; "
         "ip address del 10.91.0.1/24 dev eth0; ip address add 10.91.0.1/30 dev eth0; ip route del 10.91.0.0/30; ip route add 10.91.0.0/25 dev docker0",
         "way-back", ("bridge docker0",)),
    Case("a journal that is corrupt", "systemctl stop ssh; journalctl --sync; for f in $(find /run/log/journal /var/log/journal -name '*.journal'); do "
         "dd if=/dev/urandom of=$f bs=4096 seek=2 count=200 conv=notrunc 2>/dev/null; done", "not-running", ("is not running",)),
    Case("systemctl and journalctl hang", "systemctl stop ssh; printf '#!/bin/sh\\nsleep 60\\n' >/usr/local/bin/hangs; chmod 755 /usr/local/bin/hangs; "
         "mount --bind /usr/local/bin/hangs /usr/bin/journalctl; mount --bind /usr/local/bin/hangs /usr/bin/systemctl", "not-running"),
    Case("without D-Bus", "systemctl stop ssh; systemctl stop dbus.socket dbus; rm -f /run/dbus/system_bus_socket", "not-running"),
    Case("connection tracking is full", "echo simulated", "conntrack", ("is full",), command="nf_conntrack_max"),
    Case("not installed", "systemctl stop ssh; dpkg --purge --force-all openssh-server >/dev/null 2>&1; rm -f /usr/sbin/sshd", "not-installed",
         ("no SSH server is installed",), command="apt install openssh-server"),
]
