"""The program itself, live: text, summaries, -w, privileges, an interface that goes away, a host that is not there."""
import json
import os
import shutil
import signal
import subprocess
import time
from datetime import datetime

from clients import ssh
from net import Net
from sandbox import WORK
from services import sshd
from live_stage import Failed, Stage, Watcher, wait_until

NOBODY = 65534


def need(good, what):
    if not good:
        raise Failed(what)


def text_as_it_happens(stage, path):
    """Text on a pipe comes as soon as JSON does, with a summary at the end and no colours."""
    watcher = Watcher(stage, path, "-i", "eth0", "-n")
    need(stage.run(ssh()).code == 0, "the login did not go through")
    wait_until(lambda: any("logged in" in line for _, line in watcher.lines), "a verdict in text", 5)
    status, said = watcher.stop(signal.SIGTERM)
    text = "\n".join(line for _, line in watcher.lines)
    need(status == 0, f"SIGTERM: exit {status}: {said}")
    need("\x1b" not in text, "escape sequences on a pipe")
    need("1 attempt" in text, f"no summary: {text[-200:]}")
    need("listening on eth0" in said, f"no greeting on standard error: {said!r}")


def host_down(stage, path):
    """Nobody has the address: only ARP or neighbour solicitations are on the wire."""
    watcher = Watcher(stage, path, "-i", "eth0", "--json", "-n")
    dead = "10.7.1.77"
    stage.run(ssh(connect_timeout=6), dead)
    attempts = watcher.wait_attempts(1, 8)
    watcher.stop()
    got = attempts[0][1]
    need((got["cause"], got["where"], got["dst_ip"]) == ("host-unreachable", "host", dead),
         f"called {got['cause']}/{got['where']} for {got['dst_ip']}")


def saved_file_says_the_same(stage, path):
    """-w saves what a second reading needs for the same verdicts."""
    saved = f"{WORK}/saved.pcap"
    watcher = Watcher(stage, path, "-i", "eth0", "--json", "-n", "-w", saved)
    need(stage.run(ssh()).code == 0, "the login did not go through")
    stage.network.run("server", "nft", "add table inet t; add chain inet t i { type filter hook input priority 0; }; "
                      "add rule inet t i tcp dport 22 reject with tcp reset")
    stage.run(ssh())
    watcher.wait_attempts(2)
    stage.network.run("server", "nft", "flush ruleset")
    status, said = watcher.stop()
    need(status == 0, f"exit {status}: {said}")
    again = subprocess.run([path, "-r", saved, "--json", "-n"], capture_output=True, text=True)
    need(again.returncode == 0, f"-r: exit {again.returncode}: {again.stderr}")

    def reported(lines):
        return [(v["src_port"], v["cause"], v["where"]) for v in map(json.loads, lines) if v["type"] == "attempt"]
    live, later = reported(line for _, line in watcher.lines), reported(again.stdout.splitlines())
    need(live == later, f"live {live}, from the file {later}")


def interface_goes_away(stage, path):
    """One line of error and exit status 1, the summary all the same."""
    stage.network.ip("client", "link", "add", "gone0", "type", "veth", "peer", "name", "gone1")
    for name in ("gone0", "gone1"):
        stage.network.ip("client", "link", "set", name, "up")
    watcher = Watcher(stage, path, "-i", "gone0", "--json", "-n")
    stage.network.ip("client", "link", "del", "gone0")
    status, said = watcher.ended()
    need(status == 1, f"exit {status}, said {said!r}")
    need(len(said.splitlines()) == 1 and "gone0" in said, f"not one line that names it: {said!r}")
    need(watcher.lines and '"type":"summary"' in watcher.lines[-1][1], "no summary")


def status_of(pid):
    with open(f"/proc/{pid}/status") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)


def dropped(watcher, uid, what):
    """No root in any of the four ids, no capability in any set, and no way back."""
    wait_until(lambda: status_of(watcher.child.pid)["Uid"].split() == [str(uid)] * 4, f"{what}: user {uid}", 3)
    status = status_of(watcher.child.pid)
    need(status["Gid"].split() != ["0"] * 4 and "0" not in status["Groups"].split(), f"{what}: groups {status['Gid']}")
    for capabilities in ("CapPrm", "CapEff", "CapInh", "CapAmb"):
        need(int(status[capabilities], 16) == 0, f"{what}: {capabilities} {status[capabilities]}")


def privileges_are_given_up(stage, path):
    watcher = Watcher(stage, path, "-i", "eth0", "--json", "-n", "-Z", "nobody")
    dropped(watcher, NOBODY, "-Z")
    need(stage.run(ssh()).code == 0, "the login did not go through")
    watcher.wait_attempts(1)
    need(watcher.stop()[0] == 0, "exit status")


def sudo_caller_is_become(stage, path):
    watcher = Watcher(stage, path, "-i", "eth0", "--json", "-n", prefix=["env", "SUDO_UID=12345", "SUDO_GID=12345"])
    dropped(watcher, 12345, "SUDO_UID")
    need(watcher.stop()[0] == 0, "exit status")


def no_privilege(stage, path):
    """Without rights: one line that names the setcap command, and exit status 1."""
    done = stage.network.run("client", "setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups", "--inh-caps=-all",
                             path, "-i", "eth0", check=False)
    need(done.returncode == 1, f"exit {done.returncode}: {done.stderr}")
    need(len(done.stderr.splitlines()) == 1 and "setcap" in done.stderr, f"not one line with setcap: {done.stderr!r}")


def default_is_any(stage, path):
    """With neither -i nor -r it listens on every interface."""
    watcher = Watcher(stage, path, "--json", "-n")
    need(stage.run(ssh()).code == 0, "the login did not go through")
    got = watcher.wait_attempts(1)[0][1]
    need(got["cause"] == "none", f"called {got['cause']}: {got.get('reason')}")
    need(watcher.stop()[0] == 0, "exit status")


def count_and_filter(stage, path):
    """-c ends it after so many frames; the expression narrows what is looked at."""
    watcher = Watcher(stage, path, "-i", "eth0", "--json", "-n", "-c", "3", "dst port 22")
    stage.run(ssh())
    status, said = watcher.ended()
    need(status == 0, f"exit {status}: {said}")
    summary = json.loads(watcher.lines[-1][1])
    need(summary.get("frames") == 3, f"frames {summary.get('frames')}")


def follow_tcpdump(stage, path, options, name, make):
    """What `make` makes fail, said while tcpdump writes and the program follows; (status, standard error)."""
    folder = f"{WORK}/{name}"
    os.mkdir(folder)
    os.chmod(folder, 0o777)
    writer = subprocess.Popen(stage.network.argv("client", ["tcpdump", "-U", "-i", "eth0", "-w", f"{folder}/cap", "-Z", "root", *options]),
                              stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_until(lambda: os.listdir(folder), "tcpdump writes", 10)
    watcher = Watcher(stage, path, "--follow", "-r", f"{folder}/{sorted(os.listdir(folder))[0]}", "--json", "-n", socket=False)
    make(watcher)
    ended = watcher.stop()
    writer.send_signal(signal.SIGINT)
    writer.wait(10)
    need(ended[0] == 0, f"exit {ended[0]}: {ended[1]}")
    return watcher


def follows_tcpdump(stage, path):
    """tcpdump -U: a login and a refusal soon after they happened, and silence once it has lasted."""
    def make(watcher):
        need(stage.run(ssh()).code == 0, "the login did not go through")
        for rule in ("reject with tcp reset", "drop"):
            stage.network.run("server", "nft", "add table inet t; add chain inet t i { type filter hook input priority 0; }; "
                              f"add rule inet t i tcp dport 22 {rule}")
            stage.run(ssh(connect_timeout=6))
            stage.network.run("server", "nft", "flush ruleset")
        watcher.wait_attempts(3, 15)
    watcher = follow_tcpdump(stage, path, ["tcp"], "followed", make)
    found = [v["cause"] for _, v in watcher.attempts()]
    need(found == ["none", "firewall-rst", "silent-drop"], f"called {found}")


def follows_a_ring(stage, path):
    """tcpdump -C -W: a login in each file, or none; the ring comes round more than once."""
    def make(watcher):
        for _ in range(6):
            need(stage.run(ssh()).code == 0, "the login did not go through")
            stage.network.run("client", "ssh", "-q", "-i", f"{WORK}/key", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
                              f"alice@{stage.words['server']}", "head -c 1500000 /dev/zero", check=False)
        watcher.wait_attempts(12, 15)
    watcher = follow_tcpdump(stage, path, ["-C", "1", "-W", "3", "tcp"], "ring", make)
    found = [v["cause"] for _, v in watcher.attempts()]
    need(found == ["none"] * 12, f"called {found}")


def a_clock_that_is_set(stage, path):
    """While a SYN waits for its answer and a client looks on in silence, the machine's clock is set an hour: the verdicts do not change."""
    library = f"{WORK}/clock_step.so"
    shutil.copy(os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "..", "build", "clock_step.so"), library)
    stage.network.run("server", "nft", "add table inet t; add chain inet t i { type filter hook input priority 0; }; "
                      "add rule inet t i tcp dport 2222 drop")
    at_us = time.time_ns() // 1000 + 3000000
    watchers = [Watcher(stage, path, "-i", "eth0", "--json", "-n", "--heartbeat", "0",
                        prefix=["env", f"LD_PRELOAD={library}", f"CLOCK_STEP_AT={at_us}", f"CLOCK_STEP_BY={hours * 3600 * 1000000}"]) for hours in (1, -1)]
    need(stage.run(ssh()).code == 0, "the login did not go through")
    children = [subprocess.Popen(stage.network.argv("client", ["timeout", "7", "bash", "-c", f"exec 3<>/dev/tcp/{stage.words['server']}/{port}; cat <&3"]),
                                 stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for port in (22, 2222)]
    need(time.time_ns() // 1000 < at_us, "too slow: the clock was set before anything waited")
    for child in children:
        child.wait(20)
    for watcher in watchers:
        found = watcher.wait_attempts(3, 8)
        status, said = watcher.stop()
        need(status == 0, f"exit {status}: {said}")
        causes = {v["dst_port"]: v["cause"] for _, v in found if v["cause"] != "none"}
        need(causes == {22: "scan", 2222: "silent-drop"}, f"called {causes}")
        need(all(abs(came - datetime.fromisoformat(v["ts"].replace("Z", "+00:00")).timestamp()) < 60 for came, v in found),
             "times that the clock did not show")
    stage.network.run("server", "nft", "flush ruleset")


TESTS = [text_as_it_happens, host_down, saved_file_says_the_same, interface_goes_away, privileges_are_given_up,
         sudo_caller_is_become, no_privilege, default_is_any, count_and_filter,
         follows_tcpdump, follows_a_ring, a_clock_that_is_set]


def tests(path):
    stage = Stage(Net(), 4)
    sshd()(stage)
    copy = f"{WORK}/sshsniff"  # a folder that nobody may enter must not stand in the way of tests of privilege
    shutil.copy(path, copy)
    os.chmod(copy, 0o755)
    time.sleep(0.1)
    for test in TESTS:
        yield test.__name__.replace("_", " "), lambda test=test: test(stage, copy)
