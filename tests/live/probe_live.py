#!/usr/bin/python3
"""Between namespaces: what `probe` makes of servers in every state, what `run` says of real failing logins with sudo and without,
and that `--confirm` settles what packets leave open.

    tests/live/probe_live.py [--sshsniff PATH]

One line for each check; exit status 1 where one fails. It needs root, and changes nothing outside its own namespaces."""

import argparse
import json
import os
import subprocess
import sys
import time

sys.dont_write_bytecode = True
HERE = os.path.realpath(__file__)
ROOT = os.path.join(os.path.dirname(HERE), "..", "..")
sys.path.insert(0, os.path.join(ROOT, "tools", "lab"))

import sandbox  # noqa: E402
from net import LAB, Net, Network  # noqa: E402

SSH = ["ssh", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes", "-o", "ConnectTimeout=4"]
KEY = f"/home/{sandbox.USER}/key"
failures = 0


def check(name, good, told=""):
    global failures
    failures += not good
    print(f"{'ok  ' if good else 'FAIL'} {name}{'' if good else ': ' + str(told)[:600]}", flush=True)


def sshd(network, *options, port=22):
    child = network.start("server", "/usr/sbin/sshd", "-D", "-f", "/dev/null", "-o", f"HostKey={sandbox.WORK}/host_key", "-o",
                          "PidFile=none", "-o", f"Port={port}", *options)
    network.wait_listening("server", port)
    return child


def fake(network, *words, port=22):
    child = network.start("server", "/usr/bin/python3", "-E", LAB + "/fakes.py", words[0], str(port), *words[1:])
    network.wait_listening("server", port)
    return child


def block(network, rule):
    network.run("server", "nft", f"add table inet t; add chain inet t i {{ type filter hook input priority 0; }}; add rule inet t i {rule}")


def unblock(network):
    network.run("server", "nft", "flush ruleset")


def probe(network, binary, *words, user=None):
    argv = [binary, "probe", "--json", *words]
    done = network.run("client", *(["su", user, "-c", " ".join(argv)] if user else argv), check=False)
    return json.loads((done.stdout.splitlines() or ['{"cause":null}'])[-1]), done


def states(network, binary):
    """The one connection that the probe makes to an open port."""
    for name, words, causes in (("closes", ("close",), {"closed-before-banner"}), ("resets", ("reset",), {"closed-before-banner"}),
                                ("is mute", ("mute",), {"no-banner"}),
                                ("says MaxStartups", ("answer", "Exceeded MaxStartups\\r\\n"), {"maxstartups"}),
                                ("says not allowed", ("greet", "Not allowed at this time\\r\\n"), {"source-penalty", "maxstartups"}),
                                ("speaks SMTP", ("greet", "220 mail.example ESMTP\\r\\n"), {"not-ssh"})):
        child = fake(network, *words)
        for family in (4, 6):
            answer, done = probe(network, binary, "--banner-timeout", "3", network.address("server", family))
            check(f"probe: a server that {name}, IPv{family}", answer["cause"] in causes, (answer, done.stderr))
        network.stop(child)


def elsewhere(network, binary):
    child = sshd(network, port=2222)
    answer, done = probe(network, binary, network.address("server", 4))
    check("probe: SSH is found on another port", answer.get("ssh_port_found") == 2222 and answer["cause"] == "kernel-rst", answer)
    done = network.run("client", binary, "probe", network.address("server", 6), check=False)
    check("probe: with the lines to paste", "    Port 2222" in done.stdout, done.stdout)
    network.stop(child)


def all_ports(network, binary):
    """Every port, of a server that lets only few in at a time, seen through a client's firewall that knows no stray SYN-ACK."""
    ports = [1022, 2022, 3022, 10022, 40022, 60000, 65535]
    more = [word for port in ports[1:] for word in ("-o", f"Port={port}")]
    child = sshd(network, "-o", "MaxStartups=2:100:2", *more, port=ports[0])
    network.run("client", "nft", "add table inet t; add chain inet t i { type filter hook input priority 0; }; add rule inet t i tcp flags "
                "syn,ack / syn,ack ct state invalid drop; add rule inet t i ct state established accept")
    for family in (4, 6):
        answer, done = probe(network, binary, "--all-ports", network.address("server", family))
        found = sorted(port["port"] for port in answer["ports"] if port["ssh"])
        check(f"probe --all-ports: all found, IPv{family}", found == ports and answer["cause"] == "kernel-rst", (found, answer.get("all_ports"), done.stderr))
        check(f"probe --all-ports: each port told, IPv{family}",
              (answer["all_ports"]["open"], answer["all_ports"]["closed"]) == (len(ports), 65535 - len(ports)), answer["all_ports"])
        half_open = network.run("server", "ss", "-Hnt", "state", "syn-recv").stdout
        check(f"probe --all-ports: nothing is left half open, IPv{family}", not half_open, half_open)
    start = time.monotonic()
    answer, _ = probe(network, binary, "--all-ports", "--rate", "20000", network.address("server", 4))
    took = time.monotonic() - start
    check("probe --all-ports: the rate is obeyed", 65535 / 20000 - 0.1 <= took < 8, took)
    network.run("client", "nft", "flush ruleset")
    network.stop(child)
    block(network, "tcp dport != 4022 reject")
    child = sshd(network, port=4022)
    answer, done = probe(network, binary, "--all-ports", network.address("server", 4))
    check("probe --all-ports: rationed ICMP does not hide the answer of the SSH port", answer["cause"] == "firewall-icmp", (answer, done.stderr))
    check("probe --all-ports: nor the port that is open", answer.get("ssh_port_found") == 4022, answer.get("ports"))
    unblock(network)
    network.stop(child)


def unprivileged(network, binary):
    child = sshd(network, port=22)
    for family in (4, 6):
        target = network.address("server", family)
        answer, done = probe(network, binary, target, user=sandbox.USER)
        check(f"probe without privilege: healthy, IPv{family}", answer["cause"] == "none" and answer["privileged"] is False, (answer, done.stderr))
        answer, _ = probe(network, binary, "-p", "23", target, user=sandbox.USER)
        check(f"probe without privilege: closed, less sure, IPv{family}", answer["cause"] == "kernel-rst" and answer["confidence"] < 0.9, answer)
    block(network, "tcp dport 22 reject")
    answer, _ = probe(network, binary, network.address("server", 4), user=sandbox.USER)
    check("probe without privilege: ICMP is told from a RST", answer["cause"] == "firewall-icmp" and answer["where"] == "host", answer)
    unblock(network)
    network.stop(child)


def refused_targets(network, binary):
    for target in ("10.7.1.0/24", "224.0.0.1", "255.255.255.255", "0.0.0.0", "10.7.1.255", "ff02::1"):
        done = network.run("client", binary, "probe", target, check=False)
        lines = done.stderr.strip().splitlines()
        check(f"probe refuses {target}", done.returncode in (1, 2) and len(lines) == 1, (done.returncode, lines))


LOGINS = (
    # name, cause, what sockets may make of it (None: not asked), set-up, ssh's further options
    ("nothing listens", "kernel-rst", {"kernel-rst"}, lambda n: None, []),
    ("a rule rejects", "firewall-rst", {"kernel-rst", "firewall-rst"}, lambda n: block(n, "tcp dport 22 reject with tcp reset"), []),
    ("a rule rejects with ICMP", "firewall-icmp", {"firewall-icmp"}, lambda n: block(n, "tcp dport 22 reject"), []),
    ("a rule drops", "silent-drop", {"silent-drop"}, lambda n: block(n, "tcp dport 22 drop"), []),
    ("login refused", "auth-failed", {"none"}, sshd, ["-o", "PubkeyAuthentication=no"]),
    ("nothing in common", "kex-mismatch", {"none"}, sshd, ["-i", KEY, "-o", "KexAlgorithms=diffie-hellman-group1-sha1"]),
    ("all is well", "none", None, sshd, ["-i", KEY]),
)


def run_command(network, binary, options, target, how):
    ssh = [*SSH, *options, f"{sandbox.USER}@{target}", "exit", "7"]
    words = ["sudo" if how == "sudo" else "", binary, "run", "--json", "--", *ssh]
    return network.run("client", "su", sandbox.USER, "-c", " ".join(words).strip(), check=False)


def verdicts(text, kind="attempt"):
    return [row for row in (json.loads(line) for line in text.splitlines() if line.startswith("{")) if row["type"] == kind]


def logins(network, binary):
    for name, cause, by_sockets, setup, options in LOGINS:
        child = setup(network)
        if cause == "firewall-icmp":
            time.sleep(4)  # hosts ration their ICMP errors, one a second, and earlier parts have used them up
        for family in (4, 6):
            target = network.address("server", family)
            done = run_command(network, binary, options, target, "sudo")
            found = [row["cause"] for row in verdicts(done.stderr)]
            status = 7 if cause == "none" else 255
            check(f"run under sudo: {name}, IPv{family}", found == [cause] and done.returncode == status, (found, done.returncode, done.stderr))
            done = run_command(network, binary, options, target, "plain")
            told = "no packets can be watched" in done.stderr and not verdicts(done.stderr)
            check(f"run without sudo: {name}, IPv{family}", told and done.returncode == status, (done.returncode, done.stderr))
            asked = verdicts(done.stderr, "probe")
            honest = all(row["cause"] in by_sockets and row["privileged"] is False and (row["cause"] == "none" or row["confidence"] < 0.99)
                         for row in asked)
            check(f"run without sudo, asked instead: {name}, IPv{family}", len(asked) == (by_sockets is not None) and honest, asked)
        unblock(network)
        if child:
            network.stop(child)


def identity(network, binary):
    done = network.run("client", "su", sandbox.USER, "-c", f"sudo {binary} run -- sh -c 'id -un; echo $HOME; id -G; kill -TERM $$'", check=False)
    lines = done.stdout.split("\n")
    check("run under sudo: as the caller, with their home", lines[:2] == [sandbox.USER, f"/home/{sandbox.USER}"], done.stdout)
    check("run: a signal is the exit status", done.returncode == 128 + 15, done.returncode)
    check("run: nothing of root's groups is left", "0" not in lines[2].split(), lines)


def ways(network, binary):
    """ControlMaster, ProxyJump, and a name with several addresses."""
    child = sshd(network)
    target = network.address("server", 4)
    network.run("client", *SSH, "-i", KEY, "-M", "-S", "/run/master", "-f", "-N", f"{sandbox.USER}@{target}",
                capture_output=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    done = network.run("client", binary, "run", "--", *SSH, "-S", "/run/master", f"{sandbox.USER}@{target}", "true", check=False)
    check("run: a master connection is named", "reused the master connection" in done.stderr, done.stderr)
    network.run("client", "ssh", "-S", "/run/master", "-O", "exit", "x", check=False)
    done = network.run("client", binary, "run", "--json", "--", *SSH, "-i", KEY, "-J", f"{sandbox.USER}@{target}",
                       f"{sandbox.USER}@192.0.2.1", "true", check=False)
    check("run: ProxyJump, one line for the first hop", len(verdicts(done.stderr)) == 1 and "ProxyJump" in done.stderr, done.stderr)
    with open("/etc/hosts", "a") as hosts:
        hosts.write(f"{network.link_address(2, 77, 4)} several\n{target} several\n")
    done = network.run("client", binary, "run", "--json", "--", *SSH, "-i", KEY, f"{sandbox.USER}@several", "true", check=False)
    found = {row["dst_ip"]: row["cause"] for row in verdicts(done.stderr)}
    check("run: several addresses, a line for each", found.get(target) == "none" and len(found) == 2, (found, done.stderr))
    hop = f"'ProxyCommand={' '.join(SSH)} -i {KEY} -W %h:%p {sandbox.USER}@{target}'"
    done = network.run("client", "su", sandbox.USER, "-c", f"sudo {binary} run --json -- {' '.join(SSH)} -o {hop} {sandbox.USER}@192.0.2.1 true",
                       check=False)
    found = [(row["dst_ip"], row["cause"]) for row in verdicts(done.stderr)]
    check("run: ProxyCommand, the connection that it makes", found == [(target, "none")] and "ProxyCommand" in done.stderr, (found, done.stderr))
    check("run: what failed lies behind the ProxyCommand", "lies behind it" in done.stderr, done.stderr)
    done = network.run("client", binary, "run", "--", *SSH, "-i", KEY, f"{sandbox.USER}@{target}", "exit 255", check=False)
    check("run: 255 after a login is not the end of it", "logged in" in done.stderr and "ended with 255" in done.stderr, done.stderr)
    done = network.run("client", binary, "run", "--", *SSH, "-i", KEY, f"{sandbox.USER}@{target}", "exit 3", check=False)
    check("run: a command's own status is no failure", "logged in" in done.stderr and "ssh ended" not in done.stderr, done.stderr)
    network.stop(child)


def lost_ways(network, binary):
    """A client that has no route: nothing to capture, and nothing to send."""
    target = network.address("server", 4)
    network.ip("client", "route", "del", "default")
    answer, done = probe(network, binary, target)
    check("probe: no route is a verdict", (answer["cause"], answer.get("where")) == ("network-unreachable", "client"), (answer, done.stderr))
    done = run_command(network, binary, [], target, "sudo")
    check("run: no route is said", "has no route there" in done.stderr and done.returncode == 255, done.stderr)
    network.ip("client", "route", "add", "default", "via", network.link_address(1, 2, 4))


def confirm(network, binary):
    watcher = subprocess.Popen(network.argv("client", [binary, "-i", "eth0", "--json", "--confirm"]), stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, text=True)
    time.sleep(1)
    knock = ["/usr/bin/python3", LAB + "/knock.py", network.address("server", 4)]
    for _ in range(2):
        network.run("client", *knock, "22", check=False)
        time.sleep(2.5)
    watcher.terminate()
    rows = [json.loads(line) for line in watcher.communicate(timeout=20)[0].splitlines()]
    kinds = [row["type"] for row in rows if row["type"] in ("attempt", "probe")]
    check("--confirm: settled once, under the first verdict", kinds == ["attempt", "probe", "attempt"], kinds)
    settled = [row for row in rows if row["type"] == "probe"]
    check("--confirm: surer than before", bool(settled) and settled[0]["confidence"] > 0.95, settled)


def confirm_keeps_to_itself(network, binary):
    """Ordinary connections are refused, the probe's are not: each of two addresses is settled as healthy, one after the other, and no
    connection of the probe is reported as somebody's attempt."""
    second = network.link_address(2, 3, 4)
    network.ip("server", "addr", "add", second + "/24", "dev", "eth0")
    server = sshd(network)
    block(network, "tcp dport 22 tcp sport 1024-60999 reject with tcp reset")
    watcher = subprocess.Popen(network.argv("client", [binary, "-i", "eth0", "--json", "--confirm"]), stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, text=True)
    time.sleep(1)
    for address in (network.address("server", 4), second):
        network.run("client", "/usr/bin/python3", LAB + "/knock.py", address, "22", check=False)
        time.sleep(3)
    time.sleep(5)
    watcher.terminate()
    rows = [json.loads(line) for line in watcher.communicate(timeout=20)[0].splitlines()]
    probes = [(row["cause"], row.get("dst_ip")) for row in rows if row["type"] == "probe"]
    attempts = [(row["cause"], row["src_port"]) for row in rows if row["type"] == "attempt"]
    check("--confirm: two addresses settled", [cause for cause, _ in probes] == ["none", "none"], rows)
    check("--confirm: none of its own connections is reported", len(attempts) == 2 and all(port < 61000 for _, port in attempts) and
          all(cause in ("kernel-rst", "firewall-rst") for cause, _ in attempts), attempts)
    unblock(network)
    network.stop(server)
    network.ip("server", "addr", "del", second + "/24", "dev", "eth0")


def inside(binary):
    sandbox.enter()
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", sandbox.WORK + "/host_key"], check=True)
    subprocess.run(["install", "-o", sandbox.USER, "-m", "600", sandbox.WORK + "/key", KEY], check=True)
    with open("/etc/sudoers.d/live", "w") as sudoers:
        sudoers.write(f"{sandbox.USER} ALL=(ALL) NOPASSWD: ALL\n")
    os.chmod("/etc/sudoers.d/live", 0o440)
    with open("/etc/hosts", "a") as hosts:
        hosts.write("127.0.0.1 lab\n")
    network = Network(Net(1)).build()
    for part in (confirm, confirm_keeps_to_itself, states, elsewhere, all_ports, unprivileged, refused_targets, logins, identity, ways, lost_ways):
        part(network, binary)
    print(f"{failures} failed")
    return 1 if failures else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sshsniff", default=os.path.join(ROOT, "sshsniff"))
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    binary = os.path.realpath(options.sshsniff)
    if options.inside:
        return inside(binary)
    if os.geteuid() != 0:
        raise SystemExit("probe_live: namespaces need root; run it with sudo")
    return subprocess.run(sandbox.command([HERE, "--inside", "--sshsniff", binary])).returncode


if __name__ == "__main__":
    sys.exit(main())
