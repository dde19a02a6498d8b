"""Real servers, started on a host of the lab. Each function returns what a scenario lists as its set-up."""

import os
import socket
import subprocess
import threading

from net import LAB, LabError, tool
from sandbox import WORK

AUTH_LOG = "/var/log/auth.log"


class Syslog(threading.Thread):
    """Writes what daemons say to /dev/log into the authentication log, as a Debian server does: fail2ban reads it,
    and labels of failed logins are checked against it."""

    def __init__(self):
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("/dev/log")
        os.chmod("/dev/log", 0o666)
        os.makedirs(os.path.dirname(AUTH_LOG), exist_ok=True)
        self.log = open(AUTH_LOG, "w", buffering=1)

    def run(self):
        while True:
            text = self.socket.recv(8192).decode(errors="replace").rstrip("\0\n")
            text = text.split(">", 1)[-1]  # the priority
            self.log.write(f"{text[:15]} server{text[15:]}\n")


def _host_key():
    key = WORK + "/host_key"
    if not os.path.exists(key):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "server", "-f", key], check=True)
    return key


def sshd(port=22, host="server", **options):
    """OpenSSH's server with Debian's settings and the options given."""
    def start(lab):
        settings = {"Port": port, "HostKey": _host_key(), "PidFile": f"{WORK}/sshd-{port}.pid", "UsePAM": "yes",
                    "KbdInteractiveAuthentication": "no", "PrintMotd": "no", "UseDNS": "no", "SyslogFacility": "AUTH",
                    "Subsystem": "sftp /usr/lib/openssh/sftp-server", "LogLevel": "VERBOSE"}
        settings.update(options)
        path = f"{WORK}/sshd-{port}.conf"
        with open(path, "w") as config:
            config.writelines(f"{name} {value}\n" for name, value in settings.items())
        child = lab.network.start(host, "/usr/sbin/sshd", "-D", "-f", path)
        lab.daemons[f"sshd:{port}"] = child
        lab.network.wait_listening(host, port)
    return start


def stop_daemon(name, signal=15):
    """Stops a daemon of this run, or sends it another signal (19 holds it, 18 lets it go on)."""
    def act(lab):
        lab.daemons[name].send_signal(signal)
        if signal in (9, 15):
            lab.daemons[name].wait()
    return act


def dropbear(port=22, host="server", options=()):
    def start(lab):
        key = f"{WORK}/dropbear_key"
        if not os.path.exists(key):
            subprocess.run(["dropbearkey", "-t", "ed25519", "-f", key], check=True, capture_output=True)
        log = open(f"{WORK}/dropbear.log", "w")
        lab.daemons[f"dropbear:{port}"] = lab.network.start(
            host, "dropbear", "-F", "-E", "-r", key, "-p", str(port), "-P", f"{WORK}/dropbear.pid",
            *options, stderr=log)
        lab.network.wait_listening(host, port)
    return start


def tinysshd(port=22, host="server"):
    """TinySSH behind a plain TCP server of the lab, as it has none of its own."""
    def start(lab):
        folder = f"{WORK}/tinyssh"
        subprocess.run(["tinysshd-makekey", "-q", folder], check=True)
        inetd("tinysshd", "-v", folder, port=port, host=host)(lab)
    return start


def fake(kind, *args, port=22, host="server"):
    """A small server that imitates what the lab cannot run; see fakes.py."""
    def start(lab):
        lab.daemons[f"{kind}:{port}"] = lab.network.start(
            host, "/usr/bin/python3", "-E", LAB + "/fakes.py", kind, str(port), *map(str, args))
        lab.network.wait_listening(host, port)
    return start


def inetd(*argv, port=22, host="server"):
    """A command for each connection, as inetd does."""
    return fake("exec", "--", *argv, port=port, host=host)


def haproxy(port=22, host="server", backend=None):
    """A TCP balancer; backend: host:port of its one server, none at all where None."""
    def start(lab):
        path = f"{WORK}/haproxy.cfg"
        with open(path, "w") as config:
            config.write("defaults\n mode tcp\n timeout connect 2s\n timeout client 30s\n timeout server 30s\n"
                         f"frontend ssh\n bind :::{port} v4v6\n default_backend pool\nbackend pool\n")
            if backend:
                config.write(f" server one {backend}\n")
        lab.daemons[f"haproxy:{port}"] = lab.network.start(host, "haproxy", "-db", "-f", path)
        lab.network.wait_listening(host, port)
    return start


def injector(options, host="router1", interface="eth0"):
    """The third party that forges resets; see tools/injector.c."""
    def start(lab):
        child = lab.network.start(host, tool("injector"), "-i", interface, "-p", str(lab.scenario.port),
                                  *options.split(), stdout=subprocess.PIPE)
        lab.daemons[f"injector:{interface}"] = child
        if child.stdout.readline() != b"ready\n":
            raise LabError(f"{host}: injector did not start with {options}; run it by hand with lab shell")
    return start


def dnsmasq(*options, host="server"):
    """The name server that client's resolv.conf will point at."""
    def start(lab):
        lab.daemons["dnsmasq"] = lab.network.start(
            host, "dnsmasq", "-k", "-C", "/dev/null", "--no-resolv", "--no-hosts", "--port=53", "--user=root",
            "--pid-file=", *options)
        lab.network.wait_listening(host, 53, udp=True)
    return start


def use_resolver(host="server"):
    """Points the client's resolver at a host (at an address where nobody is, where it has none of that name)."""
    def act(lab):
        address = lab.network.addresses.get((host, lab.family), host)
        os.makedirs("/etc/netns/client", exist_ok=True)
        with open("/etc/netns/client/resolv.conf", "w") as resolver:
            resolver.write(f"nameserver {address}\noptions timeout:1 attempts:2\n")
    return act


def hosts_deny(line="sshd: ALL"):
    def act(lab):
        with open("/etc/hosts.deny", "a") as deny:
            deny.write(line + "\n")
    return act
