#!/usr/bin/python3
"""What people's programs print when a login fails, with the cause by set-up: writes tests/explain/*.txt.

    said.py [-j N] [--out DIR] SCENARIO...      scenarios of the lab, by name or by pattern

Each step of a scenario that makes OpenSSH fail is played as it is, and beside it by the other programs here: ssh -v, scp, sftp, git,
rsync, plink, Paramiko and dbclient, each on its own connection. What they printed is kept, one file for each program,
in blocks that begin with "=== CAUSE SCENARIO". It needs root, and changes nothing outside its own namespaces."""

import argparse
import collections
import concurrent.futures
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

import clients  # noqa: E402
import sandbox  # noqa: E402
import scenario as play  # noqa: E402
import scenarios  # noqa: E402
from net import LabError  # noqa: E402

HERE = os.path.realpath(__file__)
EXPLAIN = os.path.join(os.path.dirname(HERE), "..", "..", "tests", "explain")
NOT_FAILED = ("none", "scan", "undetermined", "client-abort", None)
HISTORY = ("fail2ban-ban", "source-penalty")  # where it is the history that makes it fail, nothing may be added to that
PATIENCE = 40  # seconds, then ^C
heard = []


def options_of(line):
    """(-o and -i of ssh's command line, user, port, host)"""
    kept, user, port, at = [], clients.USER, "22", 1
    while line[at].startswith("-"):
        if line[at] == "-l":
            user = line[at + 1]
        elif line[at] == "-p":
            port = line[at + 1]
        else:
            kept += line[at:at + 2]
        at += 2
    return kept, user, port, line[at]


def others(line, env, cause):
    """The same login by other programs: name, command line, environment."""
    kept, user, port, host = options_of(line)
    bracketed = f"[{host}]" if ":" in host else host
    path, shell = clients.WORK + "/small", shlex.join(["ssh", *kept, "-p", port])
    with open(path, "w") as small:
        small.write("small\n")
    password = env.get("LAB_PASSWORD") or ("no" if cause == "auth-failed" else clients.GOOD)
    yield "ssh-v", ["ssh", "-v", *line[1:]], {}
    yield "scp", ["scp", *kept, "-P", port, path, f"{user}@{bracketed}:/tmp/"], {}
    yield "sftp", ["sftp", *kept, "-P", port, f"{user}@{bracketed}"], {}
    yield "git", ["git", "ls-remote", f"ssh://{user}@{bracketed}:{port}/repository.git"], {"GIT_SSH_COMMAND": shell}
    yield "rsync", ["rsync", "-e", shell, path, f"{user}@{bracketed}:/tmp/"], {}
    if cause == "kex-mismatch":  # it is made for OpenSSH's lists, and these have others
        return
    known = [] if cause == "hostkey-rejected" else ["-hostkey", clients._fingerprint()]
    yield "plink", ["plink", "-ssh", "-batch", "-P", port, "-l", user, "-pw", password, *known, host, "true"], {}
    code = clients.PARAMIKO.replace("AutoAdd", "Reject") if cause == "hostkey-rejected" else clients.PARAMIKO
    yield "paramiko", ["/usr/bin/python3", "-E", "-W", "ignore", "-c", code, host, port, user, password, "", "15"], {}
    yield "dbclient", ["dbclient", "-y", "-p", port, "-l", user, host, "true"], {"DROPBEAR_PASSWORD": password}


class Beside(play.Running):
    """OpenSSH as the story has it, and the others at the same time."""

    cause = None
    companions = ()

    def __init__(self, network, client, target):
        super().__init__(network, client, target)
        line = client.argv(target)
        self.program = line[0]
        if self.cause in NOT_FAILED or line[0] != "ssh" or not Beside.companions:
            return
        env = dict(os.environ, LC_ALL="C", HOME="/root", **client.env)
        self.beside = []
        for name, argv, more in others(line, client.env, self.cause):
            child = subprocess.Popen(network.argv(client.host, argv), env=dict(env, **more), text=True, stdin=subprocess.DEVNULL,
                                     stdout=subprocess.PIPE, stderr=subprocess.STDOUT, errors="replace", start_new_session=True)
            self.beside.append((name, child))

    def finish(self, seconds=None):
        outcome = super().finish(seconds)
        if self.program in ("ssh", "scp") and self.cause not in NOT_FAILED:
            keep(self.program, self.cause, outcome.code, outcome.said)
        for name, child in getattr(self, "beside", ()):
            keep(name, self.cause, *end(child))
        return outcome


def end(child):
    try:
        said = child.communicate(timeout=PATIENCE)[0]
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, 2)
        try:
            said = child.communicate(timeout=5)[0]
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, 9)
            said = child.communicate()[0]
    return child.returncode, said


# What was said where the login went through all the same, or where it was this tool that ended it.
NOT_OF_THE_CAUSE = ("does not appear to be a git repository", "received SIGINT", "KeyboardInterrupt")


def keep(program, cause, code, said):
    if code != 0 and said.strip() and not any(words in said for words in NOT_OF_THE_CAUSE):
        heard.append({"program": program, "cause": cause, "said": said})


def inside(variant):
    """Plays one variant, without captures and their labels: only what was printed matters."""
    sandbox.enter()
    row, family = scenarios.variants()[variant]
    causes = {step.cause for step in row.steps if hasattr(step, "cause")}
    history = causes & set(HISTORY)
    truth = play.Lab.truth

    def noted(lab, **facts):
        made = truth(lab, **facts)
        Beside.cause = made.cause
        # Dropbear takes no more than five from one address at a time: there the others would be turned away by themselves.
        Beside.companions = (not history or made.cause in history) and "dropbear" not in variant
        return made

    play.Lab.truth = noted
    play.Running, play._judge, play._keep = Beside, lambda *_: None, lambda *_: None
    for retries in ("tcp_syn_retries=3", "tcp_retries2=4"):  # or some programs would wait for many minutes
        row.setup.append(lambda lab, what=retries: lab.network.run("client", "sysctl", "-qw", "net.ipv4." + what))
    try:
        play.play(row, family)
    finally:
        with open(os.path.join(sandbox.OUT, "said.json"), "w") as out:
            json.dump(heard, out)
    return 0


def run(variant, out):
    with tempfile.TemporaryDirectory(prefix=".said-", dir=out) as folder:
        child = subprocess.run(sandbox.command([HERE, "--inside", variant], folder), stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True, timeout=600, check=False)
        path = os.path.join(folder, "said.json")
        if child.returncode != 0:
            print(f"said: {variant}: {(child.stderr.strip().splitlines() or ['no reason given'])[-1]}", file=sys.stderr)
        if not os.path.exists(path):
            return []
        with open(path) as said:
            return [dict(entry, scenario=variant) for entry in json.load(said)]


def alike(text):
    """Without what differs from run to run."""
    return re.sub(r"[0-9a-f]{6,}|\d+", "0", text)


def write(entries, out):
    """Adds to what is there; a program's words for one cause once."""
    files, known = collections.defaultdict(str), set()
    for name in sorted(os.listdir(out)):
        if name.endswith(".txt"):
            with open(os.path.join(out, name)) as old:
                files[name[:-4]] = old.read()
            for block in re.findall(r"^=== (\S+) \S+\n(.*?)(?=^=== |\Z)", files[name[:-4]], re.S | re.M):
                known.add((name[:-4], block[0], alike(block[1])))
    for entry in sorted(entries, key=lambda e: (e["program"], e["cause"], e["scenario"])):
        said = entry["said"].replace("\r", "").rstrip("\n") + "\n"
        same = (entry["program"], entry["cause"], alike(said))
        if same not in known:
            known.add(same)
            files[entry["program"]] += f"=== {entry['cause']} {entry['scenario']}\n{said}"
    for name, text in files.items():
        with open(os.path.join(out, name + ".txt"), "w") as new:
            new.write(text)


def main():
    if sys.argv[1:2] == ["--inside"]:
        return inside(sys.argv[2])
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-j", type=int, default=4, dest="jobs")
    parser.add_argument("--out", default=os.path.realpath(EXPLAIN))
    parser.add_argument("names", nargs="+", metavar="SCENARIO")
    options = parser.parse_args()
    import fnmatch
    chosen = [v for v, (row, _) in scenarios.variants().items()
              if any(fnmatch.fnmatch(v, name) or fnmatch.fnmatch(row.name, name) for name in options.names)]
    if os.geteuid() != 0:
        raise LabError("namespaces need root; run it with sudo")
    os.makedirs(options.out, exist_ok=True)
    entries = []
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for count, got in enumerate(pool.map(lambda v: run(v, options.out), chosen), 1):
            entries += got
            print(f"{count}/{len(chosen)} {len(entries)} texts", flush=True)
    write(entries, options.out)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (LabError, subprocess.CalledProcessError, OSError) as error:
        print(f"said: {error}", file=sys.stderr)
        sys.exit(1)
