#!/usr/bin/env python3
"""Floods a veth pair between two namespaces while genuine attempts of known causes go through, and says what was lost.

    tools/bench_live.py BUILD_FOLDER

BENCH_SECONDS (20) is how long each flood lasts, BENCH_ATTEMPTS (1000) go through in that time, BENCH_RATE (0: as fast as
one core sends) are the frames a second. Needs root: everything happens in namespaces of its own, on private addresses."""

import ctypes
import fcntl
import json
import os
import re
import selectors
import signal
import socket
import subprocess
import sys
import time

BUILD = sys.argv[1]
SSHSNIFF = os.environ.get("SSHSNIFF", "./sshsniff")
SECONDS = int(os.environ.get("BENCH_SECONDS", "20"))
ATTEMPTS = int(os.environ.get("BENCH_ATTEMPTS", "1000"))
RATE = os.environ.get("BENCH_RATE", "0")
NEAR, FAR = f"bench-{os.getpid()}-near", f"bench-{os.getpid()}-far"
CLIENT, SERVER, NOBODY = "10.9.1.1", "10.9.1.2", "10.9.1.9"
CAUSES = {2201: "kernel-rst", 2202: "closed-before-banner", 2203: "firewall-icmp", 2204: "silent-drop", 2205: "not-ssh"}
PATIENCE = {2204: 6}  # seconds until the client gives up: silence is reported 4.2 s after the SYN; 1 for the others
# One reads the packets, as sshsniff does (-S: without a table of connections); the other only copies them.
TCPDUMPS = {"tcpdump -S, a line each": ["-S"], "tcpdump -w, copied unread": ["-w", "/dev/null"]}
FLOODS = {"syn": "SYNs from random sources", "bulk": "bulk SSH, full segments"}
PORTS = "22,2201-2205"
PIPE_BYTES = 1 << 20
FILTER = "tcp[tcpflags] & (tcp-syn|tcp-fin|tcp-rst) != 0 or tcp port 22 or tcp portrange 2201-2205 or icmp or arp"
RULES = """table ip bench { chain in { type filter hook input priority 0;
tcp dport 2203 reject with icmp port-unreachable; tcp dport 2204 drop; }; }"""


def run(*argv, **options):
    return subprocess.run(argv, check=True, capture_output=True, text=True, **options).stdout


def inside(namespace, *argv):
    return ["ip", "netns", "exec", namespace, *argv]


def build():
    """Two namespaces and a cable. Returns the far interface's address."""
    run("ip", "netns", "add", NEAR)
    run("ip", "netns", "add", FAR)
    run("ip", "link", "add", "bench0", "netns", NEAR, "type", "veth", "peer", "name", "bench0", "netns", FAR)
    for namespace, address in ((NEAR, CLIENT), (FAR, SERVER)):
        run(*inside(namespace, "ip", "address", "add", address + "/24", "dev", "bench0"))
        run(*inside(namespace, "ip", "link", "set", "bench0", "up"))
        run(*inside(namespace, "ip", "link", "set", "lo", "up"))
    run(*inside(FAR, "nft", "-f", "-"), input=RULES)
    run(*inside(FAR, "sysctl", "-w", "net.ipv4.icmp_ratemask=0"))  # every rejection is sent, not one a second
    return run(*inside(FAR, "cat", "/sys/class/net/bench0/address")).strip()


def destroy():
    for namespace in (NEAR, FAR):
        subprocess.run(["ip", "netns", "del", namespace], capture_output=True, check=False)


def enter(namespace):
    """Moves this process into a namespace."""
    if ctypes.CDLL(None, use_errno=True).setns(os.open(f"/run/netns/{namespace}", os.O_RDONLY), 0) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def serve():
    """The server's side: 2202 closes at once, 2205 says what SSH does not."""
    enter(FAR)
    chooser = selectors.DefaultSelector()
    for port in (2202, 2205):
        chooser.register(socket.create_server((SERVER, port), backlog=512), selectors.EVENT_READ, port)
    while True:
        for key, _ in chooser.select():
            connection, _ = key.fileobj.accept()
            if key.data == 2205:
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
            connection.close()


def knock(count, seconds, first_port, descriptor):
    """Starts `count` attempts at a steady pace, from ports of their own, and lists their local and remote ports."""
    enter(NEAR)
    out, ports, open_until, begin = os.fdopen(descriptor, "w"), list(CAUSES), [], time.monotonic()
    for i in range(count):
        time.sleep(max(0, begin + i * seconds / count - time.monotonic()))
        port, now = ports[i % len(ports)], time.monotonic()
        s = socket.socket()
        s.setblocking(False)
        s.bind((CLIENT, first_port + i))
        s.connect_ex((SERVER, port))
        out.write(f"{s.getsockname()[1]} {port}\n")
        open_until = [(until, old) for until, old in open_until if until > now]  # closes those that are dropped here
        open_until.append((now + PATIENCE.get(port, 1), s))
    out.flush()
    time.sleep(max(PATIENCE.values()))


def fork(work, *arguments):
    child = os.fork()
    if child == 0:
        try:
            work(*arguments)
        finally:
            os._exit(0)
    return child


def start_capture(argv, out):
    capture = subprocess.Popen(inside(FAR, *argv), stdout=out, stderr=subprocess.PIPE, text=True)
    time.sleep(1.5)
    return capture


def stop_capture(capture):
    """Its processor seconds and what it said on standard error."""
    capture.send_signal(signal.SIGINT)
    said = capture.stderr.read()
    _, _, used = os.wait4(capture.pid, 0)
    return used.ru_utime + used.ru_stime, said


def under_flood(kind, mac, first_port, argv, out):
    """Runs a capture under a flood. Returns frames sent, processor seconds, standard error, {(client port, server port): cause}."""
    capture = start_capture(argv, out)
    read_end, write_end = os.pipe()
    client = fork(knock, ATTEMPTS, SECONDS, first_port, write_end)
    os.close(write_end)
    flood = run(*inside(NEAR, f"{BUILD}/tools/bench_flood", kind, "bench0", mac, NOBODY, str(SECONDS), RATE))
    with os.fdopen(read_end) as lines:
        ports = [tuple(map(int, line.split())) for line in lines]
    os.waitpid(client, 0)
    seconds, said = stop_capture(capture)
    return int(flood.split()[0]), seconds, said, {pair: CAUSES[pair[1]] for pair in ports}


def judge(path, known):
    """How many of the genuine attempts were reported rightly, and the summary."""
    right, wrong, summary = set(), {}, {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            if CLIENT not in line and '"summary"' not in line:
                continue
            record = json.loads(line)
            key = record.get("src_port"), record.get("dst_port")
            if record["type"] == "summary":
                summary = record
            elif record["type"] == "attempt" and record["src_ip"] == CLIENT and key in known:
                if known[key] == record["cause"]:
                    right.add(key)
                else:
                    wrong[key] = record["cause"]
    for key in wrong.keys() - right:
        print(f"bench-live: {known[key]} was called {wrong[key]}", file=sys.stderr)
    return len(right), summary


def measure(kind, mac, table):
    verdicts, first_port = os.path.join(BUILD, "bench", f"live-{kind}.json"), 20000 + 3 * ATTEMPTS * list(FLOODS).index(kind)
    with open(verdicts, "w", encoding="utf-8") as out:
        # The flood's own lines are gigabytes that nobody reads.
        with subprocess.Popen(["grep", "-F", "-e", CLIENT, "-e", '"summary"'], stdin=subprocess.PIPE, stdout=out) as grep:
            fcntl.fcntl(grep.stdin, fcntl.F_SETPIPE_SZ, PIPE_BYTES)  # fewer turns between the two
            sent, seconds, _, known = under_flood(
                kind, mac, first_port, [SSHSNIFF, "-i", "bench0", "-n", "--json", "-P", PORTS, "-Z", "root"], grep.stdin)
    right, summary = judge(verdicts, known)
    os.unlink(verdicts)
    table.append((kind, "sshsniff", sent, summary["frames"], summary["frames_dropped"], f"{right} of {len(known)}", seconds))
    for name, options in TCPDUMPS.items():
        first_port += ATTEMPTS
        with open(os.devnull, "w", encoding="utf-8") as out:
            sent, seconds, said, _ = under_flood(
                kind, mac, first_port, ["tcpdump", "-i", "bench0", "-nn", "-Z", "root", *options, FILTER], out)
        frames, dropped = (int(re.search(rf"(\d+) packets? {what}", said).group(1)) for what in ("captured", "dropped by kernel"))
        table.append((kind, name, sent, frames, dropped, "–", seconds))


def show(table):
    lines = ["| flood | program | frames a second | frames read | dropped by the kernel | genuine verdicts right | processor seconds a million |",
             "| --- | --- | ---: | ---: | ---: | ---: | ---: |"]
    for kind, program, sent, frames, dropped, right, seconds in table:
        cost = seconds / max(frames, 1) * 1e6
        lines.append(f"| {FLOODS[kind]} | {program} | {sent / SECONDS:,.0f} | {frames:,} | {dropped:,} | {right} | {cost:.2f} |")
    return "\n".join(lines)


def main():
    if os.geteuid() != 0:
        sys.exit("bench-live: needs root, for namespaces of its own")
    os.makedirs(os.path.join(BUILD, "bench"), exist_ok=True)
    table, server = [], None
    try:
        mac = build()
        server = fork(serve)
        time.sleep(0.5)
        for kind in FLOODS:
            measure(kind, mac, table)
    finally:
        if server:
            os.kill(server, signal.SIGKILL)
            os.waitpid(server, 0)
        destroy()
    text = show(table)
    with open(os.path.join(BUILD, "bench", "live.md"), "w", encoding="utf-8") as out:
        out.write(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
