#!/usr/bin/python3
"""The probe against the truth: ways to fail, set up between network namespaces, and what `sshsniff probe` makes of each.

    tools/probe_table.py [--sshsniff PATH] [--only WORD] [--json FILE] [--patient | --foreign | --linux]

Prints a Markdown table: the truth (which is the set-up), the verdict, where, at which hop, how sure, and in how many seconds.
Two tables: hosts that are Linux (--linux: these alone), and stacks and firewalls that are not (--foreign; probe_foreign.py has them).
With --patient: instead, the drops that a first look leaves open, and what `probe --patient` makes of them; all at once, for each takes
a minute. Exit status 1 where a verdict is wrong. It needs root, and changes nothing outside its own namespaces."""

import argparse
import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

sys.dont_write_bytecode = True
HERE = os.path.realpath(__file__)
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "lab"))

sys.path.insert(0, os.path.dirname(HERE))

import probe_foreign  # noqa: E402
import sandbox  # noqa: E402
from net import Net, Network  # noqa: E402

ROUTERS = (0, 1, 2)
DELAY_MS = 5


@dataclass
class Case:
    """One way to fail. host: where the rule is; hop: which one that is ("target": the last)."""

    name: str
    cause: str
    where: str
    hop: object = None
    rules: tuple = ()      # (host, hook, rule)
    sshd: bool = False
    absent: bool = False   # probe an address where nobody is
    note: str = ""         # a word that the note must hold
    undecidable: bool = False  # no packet can tell the last router from the host: "unknown" is right too


HOOKS = {"input": "input priority 0", "forward": "forward priority 0", "raw": "prerouting priority -300",
         "mangle": "forward priority -150"}


def cases(routers):
    """What can be set up with so many routers."""
    match = "tcp dport 22"
    yield Case("healthy", "none", None, sshd=True)
    yield Case("closed, kernel", "kernel-rst", "host", "target")
    yield Case("host rejects, RST", "firewall-rst", "host", "target", (("server", "input", f"{match} reject with tcp reset"),))
    yield Case("host rejects, ICMP", "firewall-icmp", "host", "target", (("server", "input", f"{match} reject"),))
    yield Case("host rejects every port, RST", "firewall-rst", "host", "target",
               (("server", "input", "ct state invalid drop"), ("server", "input", "meta l4proto tcp reject with tcp reset")))
    yield Case("host drops", "silent-drop", "host", "target", (("server", "input", f"{match} drop"),), undecidable=routers > 0)
    yield Case("host is down", "host-unreachable", "host", absent=True)
    for k in range(1, routers + 1):
        host, last = f"router{k}", k == routers
        yield Case(f"router {k} rejects, RST", "firewall-rst", "path", k, ((host, "forward", f"{match} reject with tcp reset"),))
        yield Case(f"router {k} rejects, ICMP", "firewall-icmp", "path", k, ((host, "forward", f"{match} reject"),))
        yield Case(f"router {k} drops", "silent-drop", "path", k, ((host, "forward", f"{match} drop"),), undecidable=last)
    if routers:
        mangle = tuple(("router1", "mangle", f"{family} dscp set cs0") for family in ("ip", "ip6"))
        yield Case("DSCP cleared, closed", "kernel-rst", "host", "target", mangle, note="rewrites")
        yield Case("DSCP cleared, host rejects, RST", "firewall-rst", "host", "target",
                   mangle + (("server", "input", f"{match} reject with tcp reset"),), note="rewrites")
        yield Case(f"DSCP cleared, router {routers} rejects, RST", "firewall-rst", "path", routers,
                   mangle + ((f"router{routers}", "forward", f"{match} reject with tcp reset"),), note="rewrites")


TRACKS, NO_OPTIONS = "ct state established,related accept", "ip hdrlength > 5 drop"


def patient_cases(routers):
    """A drop on the host and one at the last router, by who tracks connections; in IPv4 only where the path drops options, for else the
    timestamp option has told already."""
    drop, last = "tcp dport 22 drop", f"router{routers}"
    no_options = ("router1", "forward", NO_OPTIONS)
    for name, tracks, open_too in (("the host tracks connections", ("server",), False), ("nobody tracks connections", (), True),
                                   (f"router {routers} tracks connections", (last,), True), ("host and router track connections", ("server", last), True)):
        rules = tuple((host, "input" if host == "server" else "forward", TRACKS) for host in tracks) + (no_options,)
        yield Case(f"host drops, {name}", "silent-drop", "host", "target", rules + (("server", "input", drop),), undecidable=open_too)
        yield Case(f"router {routers} drops, {name}", "silent-drop", "path", routers, rules + ((last, "forward", drop),), undecidable=open_too)


def setup(network, case, sshd_command):
    for number, (host, hook, rule) in enumerate(case.rules):
        chain = f"probe{number}"
        network.run(host, "nft", f"add table inet probe; add chain inet probe {chain} {{ type filter hook {HOOKS[hook]}; }}; "
                    f"add rule inet probe {chain} {rule}")
    if not case.sshd:
        return None
    child = network.start("server", *sshd_command)
    network.wait_listening("server", 22)
    return child


def take_down(network, case, child):
    for host in {host for host, _, _ in case.rules}:
        network.run(host, "nft", "flush ruleset")
    if child:
        network.stop(child)


def probe(network, binary, target, extra=(), host="client"):
    start = time.monotonic()
    done = network.run(host, binary, "probe", "--json", *extra, target, check=False)
    took = time.monotonic() - start
    line = (done.stdout.splitlines() or ["{}"])[-1]
    return json.loads(line), took, done.stderr.strip()


def inside(routers, binary, only, patient):
    """On the private machine: every case with so many routers, one JSON object a line."""
    sandbox.enter()
    network = Network(Net(routers, delay=(DELAY_MS,) * (routers + 1))).build()
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", sandbox.WORK + "/host_key"], check=True)
    sshd = ["/usr/sbin/sshd", "-D", "-f", "/dev/null", "-o", f"HostKey={sandbox.WORK}/host_key", "-o", "PidFile=none"]
    for case in patient_cases(routers) if patient else cases(routers):
        if only and only not in case.name or patient and case.name != only:
            continue
        child = setup(network, case, sshd)
        for family in (4, 6):
            target = network.link_address(routers + 1, 99, family) if case.absent else network.address("server", family)
            answer, took, error = probe(network, binary, target, ("--patient",) if patient else ())
            result = {"routers": routers, "family": family, "case": case.name, "seconds": took, "error": error, "answer": answer}
            result["truth"] = {"cause": case.cause, "where": case.where, "hop": routers + 1 if case.hop == "target" else case.hop}
            result["right"] = is_right(case, result["truth"], answer)
            result["open"] = result["right"] and is_open(case, answer)
            print(json.dumps(result), flush=True)
        take_down(network, case, child)
    return 0


def is_right(case, truth, answer):
    if answer.get("cause") != truth["cause"] or case.note not in (answer.get("note") or ""):
        return False
    if is_open(case, answer):
        return True
    return answer.get("where") == truth["where"] and truth["hop"] in (None, answer.get("hop"))


def is_open(case, answer):
    """The verdict says itself that no packet can tell the last router from the host."""
    return case.undecidable and answer.get("where") == "unknown"


def place(where, hop):
    return "–" if where is None else f"{where}{f', hop {hop}' if hop else ''}"


def said(result):
    answer = result["answer"]
    mark = "" if result["right"] else " **wrong**"
    if result["right"] and answer.get("cause") != result["truth"]["cause"]:
        mark = " (open)"
    sure = f" at {answer.get('confidence', 0):.2f}" if answer.get("confidence") else ""
    return f"{answer.get('cause')} {place(answer.get('where'), answer.get('hop'))}".removesuffix(" –") + sure + mark


def row(both):
    """One set-up: what is said in IPv4, and in IPv6."""
    truth = both[0]["truth"]
    seconds = ", ".join(f"{result['seconds']:.2f}" for result in both)
    return (f"| {both[0]['routers']} | {both[0]['case']} | {truth['cause']} {place(truth['where'], truth['hop'])} ".removesuffix(" – ").rstrip()
            + " | " + " | ".join([*(said(result) for result in both), "–"][:2]) + f" | {seconds} |")


def run_patient(binary, only):
    """Every case on a machine of its own."""
    def one(job):
        routers, case = job
        done = subprocess.run(sandbox.command([HERE, "--inside", str(routers), "--sshsniff", binary, "--patient", "--only", case.name]),
                              stdout=subprocess.PIPE, text=True)
        if done.returncode != 0:
            raise SystemExit(f"probe_table: {case.name}: the lab ended with {done.returncode}; see above")
        return [json.loads(line) for line in done.stdout.splitlines()]
    jobs = [(routers, case) for routers in ROUTERS if routers for case in patient_cases(routers) if only in case.name]
    with ThreadPoolExecutor(len(jobs)) as pool:
        results = [result for some in pool.map(one, jobs) for result in some]
    for at in range(0, len(results), 2):
        print(row(results[at:at + 2]), flush=True)
    return results


def inside_foreign(number, binary):
    """On the private machine: one host that is no Linux, in each family."""
    sandbox.enter()
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", sandbox.WORK + "/host_key"], check=True)
    case = probe_foreign.cases()[number]
    network, host = probe_foreign.build(case)
    for family in case.families:
        answer, took, error = probe(network, binary, network.address("server", family), host=host)
        print(json.dumps({"routers": case.routers, "family": family, "case": case.name, "seconds": took, "error": error, "answer": answer,
                          "truth": {"cause": case.cause, "where": " or ".join(case.where) if case.where else None, "hop": None},
                          "right": not probe_foreign.is_wrong(case, answer), "open": answer.get("cause") != case.cause}), flush=True)
    return 0


def run_foreign(binary, only):
    def one(number):
        done = subprocess.run(sandbox.command([HERE, "--inside", str(number), "--sshsniff", binary, "--foreign"]), stdout=subprocess.PIPE, text=True)
        if done.returncode != 0:
            raise SystemExit(f"probe_table: {probe_foreign.cases()[number].name}: the lab ended with {done.returncode}; see above")
        return [json.loads(line) for line in done.stdout.splitlines()]
    results = []
    with ThreadPoolExecutor(3) as pool:
        for both in pool.map(one, [n for n, case in enumerate(probe_foreign.cases()) if only in case.name]):
            print(row(both), flush=True)
            results += both
    return results


def run_all(binary, only):
    results = []
    for routers in ROUTERS:
        command = sandbox.command([HERE, "--inside", str(routers), "--sshsniff", binary, "--only", only])
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
            for line in child.stdout:
                results.append(json.loads(line))
                if len(results) % 2 == 0:
                    print(row(results[-2:]), flush=True)
        if child.returncode != 0:
            raise SystemExit(f"probe_table: {routers} routers: the lab ended with {child.returncode}; see above")
    return results


HEADER = "| routers | set-up | truth | verdict, IPv4 | verdict, IPv6 | seconds |\n|---|---|---|---|---|---|"


def tables(options):
    """Which of the tables were asked for."""
    if options.patient:
        return [run_patient]
    return [run_foreign] if options.foreign else [run_all] if options.linux else [run_all, run_foreign]


def tell(results):
    right = sum(result["right"] for result in results)
    left_open = sum(result["open"] and result["right"] for result in results)
    print(f"\n{right - left_open} of {len(results)} right, {left_open} left open, {len(results) - right} wrong; "
          f"slowest {max(result['seconds'] for result in results):.2f} s\n", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sshsniff", default=os.path.join(os.path.dirname(HERE), "..", "sshsniff"))
    parser.add_argument("--only", default="")
    parser.add_argument("--json")
    for name in ("--patient", "--foreign", "--linux"):
        parser.add_argument(name, action="store_true")
    parser.add_argument("--inside", type=int, default=None, help=argparse.SUPPRESS)
    options = parser.parse_args()
    binary = os.path.realpath(options.sshsniff)
    if options.inside is not None:
        return inside_foreign(options.inside, binary) if options.foreign else inside(options.inside, binary, options.only, options.patient)
    if os.geteuid() != 0:
        raise SystemExit("probe_table: namespaces need root; run it with sudo")
    everything = []
    for run in tables(options):
        print(HEADER, flush=True)
        results = run(binary, options.only)
        if results:
            tell(results)
        everything += results
    if options.json:
        with open(options.json, "w") as out:
            json.dump(everything, out, indent=1)
    return 0 if all(result["right"] for result in everything) else 1


if __name__ == "__main__":
    sys.exit(main())
