#!/usr/bin/python3
"""All 65,535 ports: `sshsniff probe --all-ports` against nmap in the same run, and whether it misses any of 20 SSH servers.

    tools/probe_sweep.py [--sshsniff PATH] [--runs N]

Both sweep the same host between namespaces, turn about. Timed are the whole command, from its start to its end, with the diagnosis of
port 22 and the banners of all servers, which nmap does not read, and the sweep in it, which is what nmap does. Prints a Markdown
table. Exit status 1 where a server was missed, or where the sweep is not at least 4 times faster. It needs root and nmap."""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import time

sys.dont_write_bytecode = True
HERE = os.path.realpath(__file__)
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "lab"))

import sandbox  # noqa: E402
from net import Net, Network  # noqa: E402

SERVERS, PORTS_EACH, NMAP_RUNS = 20, 8, 3


def start_servers(network, ports):
    """Real servers, several ports each: OpenSSH takes 16 listening sockets, two for a port."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", sandbox.WORK + "/host_key"], check=True)
    for first in range(0, len(ports), PORTS_EACH):
        options = ["-o", f"HostKey={sandbox.WORK}/host_key", "-o", "PidFile=none", "-o", "MaxStartups=500"]
        for port in ports[first:first + PORTS_EACH]:
            options += ["-o", f"Port={port}"]
        network.start("server", "/usr/sbin/sshd", "-D", "-f", "/dev/null", *options)
    for port in ports:
        network.wait_listening("server", port)


def timed(network, *argv):
    start = time.monotonic()
    done = network.run("client", *argv, check=False)
    return time.monotonic() - start, done


def one_sweep(network, binary, target, ports):
    took, done = timed(network, binary, "probe", "--all-ports", "--json", "-n", "-p", "22", target)
    if done.returncode != 0:
        raise SystemExit(f"probe_sweep: {done.stderr.strip()}")
    answer = json.loads(done.stdout.splitlines()[-1])
    found = {port["port"] for port in answer["ports"] if port["ssh"]}
    if answer["cause"] != "kernel-rst" or answer["where"] != "host":
        print(f"probe_sweep: port 22 is closed, and the verdict was {answer['cause']}, {answer['where']}", file=sys.stderr)
    return answer["all_ports"]["took_ms"] / 1000, took, sorted(set(ports) - found)


def one_nmap(network, target, family):
    took, done = timed(network, "nmap", *(["-6"] if family == 6 else []), "-n", "-Pn", "-sS", "-T4", "-p-", target)
    return took, done.stdout.count("/tcp")


def inside(binary, runs, delay):
    sandbox.enter()
    network = Network(Net(0, delay=delay)).build()
    ports = sorted(random.sample([p for p in range(1, 65536) if p != 22], SERVERS))
    start_servers(network, ports)
    good = True
    for family in (4, 6):
        target = network.address("server", family)
        sweeps, wholes, nmaps, missed = [], [], [], []
        for run in range(runs):
            swept, whole, lost = one_sweep(network, binary, target, ports)
            sweeps.append(swept)
            wholes.append(whole)
            missed += lost
            if run < NMAP_RUNS:
                nmaps.append(one_nmap(network, target, family)[0])
        sweep, nmap = statistics.median(sweeps), statistics.median(nmaps)
        whole = statistics.median(wholes)
        print(f"| {2 * delay:g} ms | IPv{family} | {whole:.2f} s ({min(wholes):.2f}-{max(wholes):.2f}) | {nmap:.2f} s ({min(nmaps):.2f}-{max(nmaps):.2f}) "
              f"| {nmap / whole:.1f} | {sweep:.2f} s | {nmap / sweep:.1f} | {len(missed)} of {runs * SERVERS} |", flush=True)
        good &= not missed and nmap / sweep >= 4
    return 0 if good else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sshsniff", default=os.path.join(os.path.dirname(HERE), "..", "sshsniff"))
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--delay", type=float, help="one-way milliseconds; without: 0, then 5")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    binary = os.path.realpath(options.sshsniff)
    if options.inside:
        return inside(binary, options.runs, options.delay)
    if os.geteuid() != 0:
        raise SystemExit("probe_sweep: namespaces need root; run it with sudo")
    print("| round trip | family | the whole command, median | nmap, median | times faster | the sweep in it | times faster | servers missed |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    status = 0
    for delay in (0, 5) if options.delay is None else (options.delay,):
        status |= subprocess.run(sandbox.command([HERE, "--inside", "--sshsniff", binary, "--runs", str(options.runs), "--delay",
                                                  str(delay)])).returncode
    return status


if __name__ == "__main__":
    sys.exit(main())
