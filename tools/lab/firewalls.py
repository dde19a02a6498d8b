"""Firewalls of the lab: nftables and iptables rules, and the programs that write them for people."""

import subprocess
import time

from net import LabError
from sandbox import WORK

HOOKS = {"input": 0, "forward": 0, "output": 0, "prerouting": -150, "raw": -300, "ingress": 0}


def nft(host, hook, verdict, match="tcp dport {port}"):
    """One nftables rule: nft("router1", "forward", "drop"). {port}, {client}, {server} and {family} are filled in."""
    def act(lab):
        chain_hook = "prerouting" if hook == "raw" else hook
        rule = f"{match} {verdict}".format(**lab.words)
        lab.network.run(host, "nft", f"add table inet lab; add chain inet lab {hook} {{ type filter hook {chain_hook} "
                        f"priority {HOOKS[hook]}; }}; add rule inet lab {hook} {rule}")
    return act


def nft_flush(host):
    return lambda lab: lab.network.run(host, "nft", "flush ruleset")


def iptables(host, chain, target, table="filter", match="-p tcp --dport {port}", legacy=False):
    """One iptables rule: iptables("server", "INPUT", "REJECT --reject-with tcp-reset")."""
    def act(lab):
        name = ("iptables" if lab.family == 4 else "ip6tables") + ("-legacy" if legacy else "-nft")
        rule = f"-t {table} -A {chain} {match} -j {target}".format(**lab.words)
        lab.network.run(host, name, *rule.split())
    return act


def command(host, line, check=True):
    """Any command on a host, words filled in: routes, links, sysctls."""
    return lambda lab: lab.network.run(host, *line.format(**lab.words).split(), check=check)


def ufw(*lines, host="server"):
    """ufw enabled with its own defaults, then the lines given: ufw("reject 22/tcp")."""
    def act(lab):
        lab.network.run(host, "ufw", "--force", "enable")
        for line in lines:
            lab.network.run(host, "ufw", *line.format(**lab.words).split())
    return act


def firewalld(*zone_lines, host="server"):
    """firewalld with a message bus of its own. Its public zone lets ssh in, so the scenario takes that away."""
    def act(lab):
        bus = lab.network.start(host, "dbus-daemon", "--system", "--nofork", "--nopidfile")
        lab.daemons["dbus"] = bus
        time.sleep(0.5)
        for line in zone_lines:
            lab.network.run(host, "firewall-offline-cmd", *line.split())
        log = open(f"{WORK}/firewalld.log", "w")
        lab.daemons["firewalld"] = lab.network.start(host, "firewalld", "--nofork", "--nopid", stdout=log, stderr=log)
        _wait(lambda: lab.network.run(host, "firewall-cmd", "--state", check=False).returncode == 0, "firewalld",
              log.name)
    return act


def fail2ban(action="iptables-multiport", tries=3, host="server", port=22):
    """fail2ban with its own sshd jail over the server's log."""
    def act(lab):
        with open("/etc/fail2ban/jail.d/defaults-debian.conf", "w") as jail:
            jail.write(f"[DEFAULT]\nbanaction = {action}\nbantime = 600\nfindtime = 600\nmaxretry = {tries}\n"
                       f"[sshd]\nenabled = true\nbackend = polling\nport = {port}\nlogpath = /var/log/auth.log\n")
        log = open(f"{WORK}/fail2ban.log", "w")
        lab.daemons["fail2ban"] = lab.network.start(host, "fail2ban-server", "-xf", "--logtarget", "STDOUT", "start",
                                                    stdout=log, stderr=log)
        _wait(lambda: "sshd" in lab.network.run(host, "fail2ban-client", "status", check=False).stdout, "fail2ban",
              log.name)
    return act


def wait_banned(host="server", seconds=15):
    """Until fail2ban has acted on the client."""
    def act(lab):
        _wait(lambda: lab.words["client"] in lab.network.run(host, "fail2ban-client", "status", "sshd").stdout,
              "ban of the client", f"{WORK}/fail2ban.log", seconds)
        time.sleep(0.5)  # its rules are written after the status says so
    return act


def _wait(ready, what, log, seconds=20):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if ready():
            return
        time.sleep(0.2)
    tail = subprocess.run(["tail", "-n", "3", log], capture_output=True, text=True).stdout
    raise LabError(f"{what}: not there after {seconds} s; its log ends: {' / '.join(tail.splitlines())[:400]}")
