#!/usr/bin/env python3
"""What `sshsniff local` says where it is known what is wrong, on a Debian that is booted for it (root).

    tools/local_check.py [--program ./sshsniff] [--only WORD] [--write]

Each case is set up on a fresh machine; the finding that stands first has to be of the case's kind and hold its words, and where the
command that it names puts it right by itself, it is run, and the client has to get in. --write puts the table into docs/local.md."""
import argparse
import json
import os
import re
import subprocess
import sys
import time

import local_cases
import local_machine

DOCUMENT = os.path.join(local_machine.TOP, "docs", "local.md")
BEGIN, END = "<!-- make local-check -->\n", "<!-- end -->\n"


def ask(machine, case, user=None):
    began = time.monotonic()
    said = machine.run(f"sshsniff local --json {case.options}", user=user)
    took = time.monotonic() - began
    if said.returncode != 0:
        raise RuntimeError(f"sshsniff local: exit status {said.returncode}: {said.stderr.strip()}")
    return json.loads(said.stdout), took


def wrong_with(case, said):
    """What is not as it has to be, in words; empty: nothing."""
    first = said["findings"][0]
    wrong = []
    if first["kind"] != case.kind:
        wrong.append(f"says {first['kind']}, not {case.kind}")
    wrong += [f"does not say {word!r}" for word in case.says if word not in first["text"]]
    if case.command and case.command not in (first["mend"] or ""):
        wrong.append(f"does not name {case.command!r}")
    if case.kind == "nothing" and first["stops"]:
        wrong.append("says that it stops")
    others = {f["kind"] for f in said["findings"][1:]} - set(case.also)
    if others:
        wrong.append("says besides: " + ", ".join(sorted(others)))
    return wrong


def wrong_for_others(machine, case):
    """An ordinary user may be told less, and nothing else."""
    said, _ = ask(machine, case, user=65534)
    first = said["findings"][0]
    if first["kind"] in (case.kind, "nothing", *case.also):
        return []
    return [f"tells an ordinary user {first['kind']}: {first['text']}"]


def mend(machine, said):
    """Runs the command that it names, as root."""
    command = said["findings"][0]["mend"].split("  #")[0].replace("sudo ", "")
    machine.run(command)
    for _ in range(20):
        if machine.lets_in():
            return []
        time.sleep(0.1)
    return [f"{command}: the client does not get in after it"]


def simulate_conntrack(machine, case):
    """The count is per network namespace, its maximum is not: what /proc says is put before the program."""
    folder = "/proc/sys/net/netfilter"
    machine.run(f"echo 5000 >/tmp/count; echo 5000 >/tmp/max; mount --bind /tmp/count {folder}/nf_conntrack_count; "
                f"mount --bind /tmp/max {folder}/nf_conntrack_max")


def is_older(machine, case):
    """sshd's release lacks what the case is about."""
    said = machine.run("sshd -V 2>&1").stdout
    found = re.search(r"OpenSSH_(\d+)\.(\d+)", said)
    return case.sshd > (0, 0) and (not found or tuple(map(int, found.groups())) < case.sshd)


def check(machine, case):
    machine.run(case.set_up, seconds=60)
    if case.name.startswith("connection tracking"):
        simulate_conntrack(machine, case)
    if case.reboots:
        machine.reboot()
    busy = None
    if case.from_client:
        busy = subprocess.Popen(["ip", "netns", "exec", "client", "bash", "-c", case.from_client], stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)
        time.sleep(2)
    said, took = ask(machine, case)
    wrong = wrong_with(case, said) + wrong_for_others(machine, case)
    if case.kind == "nothing" and case.lets_in and not machine.lets_in():
        wrong.append("the set-up is not what it is said to be: the client does not get in")
    if case.mends and not wrong:
        if busy:
            busy.kill()
            busy.wait()
        wrong += mend(machine, said)
    return said, took, wrong


def row(case, said, took):
    first = said["findings"][0]
    text = re.sub(r"\b\d\d:\d\d\b", "HH:MM", first["text"]).replace("|", "\\|")
    mended = f"`{first['mend']}`" if first["mend"] else ""
    return f"| {case.name} | {text} | {mended.replace('|', chr(92) + '|')} |"


def write(rows):
    with open(DOCUMENT, encoding="utf-8") as file:
        before, rest = file.read().split(BEGIN)
    after = rest.split(END)[1]
    table = "| what was set up | what `sshsniff local` says first | the command that mends it |\n| --- | --- | --- |\n" + "\n".join(rows) + "\n"
    with open(DOCUMENT, "w", encoding="utf-8") as file:
        file.write(before + BEGIN + table + END + after)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=os.path.join(local_machine.TOP, "sshsniff"))
    parser.add_argument("--only", default="", help="cases whose name holds this")
    parser.add_argument("--root", help="the files of another machine, for example made by debootstrap of another release")
    parser.add_argument("--write", action="store_true", help="the table of docs/local.md")
    options = parser.parse_args()
    why = local_machine.cannot()
    if why:
        print(f"skipped: a machine cannot be booted here: {why}")
        return 0
    local_machine.in_own_namespace()
    rows, failed, skipped, slowest = [], 0, 0, 0.0
    cases = [case for case in local_cases.CASES if options.only in case.name]
    for case in cases:
        machine = local_machine.Machine(options.program, options.root)
        try:
            machine.boot()
            if is_older(machine, case):
                print(f"skipped: {case.name}: this sshd is too old")
                skipped += 1
                continue
            said, took, wrong = check(machine, case)
        except RuntimeError as error:
            if "does not boot" in str(error) and not rows:
                print(f"skipped: {error}")
                return 0
            said, took, wrong = None, 0, [str(error)]
        finally:
            machine.end()
        slowest = max(slowest, took)
        failed += bool(wrong)
        print(f"{'FAILED' if wrong else 'ok':7}{case.name:42}{took:6.2f} s  {'; '.join(wrong)}", flush=True)
        if wrong and said:
            print("       " + json.dumps(said["findings"][:3])[:1200], flush=True)
        elif said:
            rows.append(row(case, said, took))
    print(f"slowest: {slowest:.2f} s")
    print(f"{len(cases) - failed - skipped} passed, {failed} failed")
    if options.write and not failed and not options.only and not options.root:
        write(rows)
    return 1 if failed else 0


sys.exit(main())
