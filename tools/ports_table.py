#!/usr/bin/python3
"""The same ways to fail on several ports, watched live without -P on the client, on a router and on the server.

    ports_table.py [--program PATH] [--cold] [-6] [-i NAME] [--ports 22,2222,2022,4422] [--ways TEXT]

Prints one line for each way and place, and what is said on each port; a star marks what is not true. --cold: no login
goes before the one that fails; of a port that was not known the first packets may be missing, or it is not watched at
all, so that nothing may be said (a question mark). Exit status 1 where something is said that is not true. As root; each
port has a private machine of its own."""
import argparse
import json
import os
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.realpath(__file__))
sys.dont_write_bytecode = True
sys.path[:0] = [os.path.join(HERE, "lab"), os.path.join(HERE, "..", "tests", "live")]
os.environ["PATH"] += ":/usr/sbin:/sbin"


def inside(options):
    """One port: a JSON line for each way."""
    import live_ports
    import sandbox
    sandbox.enter()
    port = int(options.inside)
    stage = live_ports.open_stage(port, 6 if options.ipv6 else 4)
    for way in live_ports.WAYS:
        if options.ways not in way.name:
            continue
        began = time.monotonic()
        try:
            said, found = live_ports.one_way(stage, options.program, port, way, not options.cold, options.interface)
            line = {"said": said, "found": found if options.verbose else {}}
        except Exception as why:  # one way that cannot be set up must not cost the others
            line = {"error": f"{type(why).__name__}: {why}"}
        print(json.dumps(dict(line, way=way.name, seconds=round(time.monotonic() - began, 1))), flush=True)
    os._exit(0)


def run_port(options, port, results):
    import sandbox
    argv = [os.path.realpath(__file__), "--inside", str(port), "--program", os.path.realpath(options.program), "--ways", options.ways]
    argv += ["-i", options.interface] + ["-6"] * options.ipv6
    argv += ["--cold"] * options.cold + ["--verbose"] * options.verbose
    done = subprocess.run(sandbox.command(argv), capture_output=True, text=True)
    results[port] = {row["way"]: row for row in map(json.loads, done.stdout.splitlines())}
    if done.stderr:
        print(f"port {port}: {done.stderr.strip()[-1000:]}", file=sys.stderr)


def show(ports, results, cold):
    import live_ports
    bad = open_ = shown = 0
    print(f"{'':18}{'place':9}" + "".join(f"{port:>22}" for port in ports))
    for way in live_ports.WAYS:
        if not any(way.name in results[port] for port in ports):
            continue
        for place in live_ports.PLACES:
            cells = []
            for port in ports:
                row = results[port].get(way.name, {"error": "not run"})
                said = row["said"][place] if "said" in row else row["error"][:20]
                wrong = said != way.cause(place)
                unsaid = wrong and cold and said in ("undetermined", live_ports.NOTHING)
                bad, open_, shown = bad + (wrong and not unsaid), open_ + unsaid, shown + 1
                cells.append(said + ("?" if unsaid else "*" if wrong else ""))
            print(f"{way.name:18}{place:9}" + "".join(f"{cell:>22}" for cell in cells))
    print(f"{shown} verdicts, {bad} of them not the truth (*), {open_} not given (?)")
    return bad


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default="./sshsniff")
    parser.add_argument("--ports", default="22,2222,2022,4422")
    parser.add_argument("--ways", default="", help="only those whose name holds this")
    parser.add_argument("--cold", action="store_true")
    parser.add_argument("-6", dest="ipv6", action="store_true")
    parser.add_argument("-i", dest="interface", default="eth0", metavar="NAME", help="what to watch; on the router eth0 is the client's side")
    parser.add_argument("--verbose", action="store_true", help="the whole verdicts too, as JSON")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        return inside(options)
    if os.geteuid() != 0:
        raise SystemExit("ports_table: namespaces need root; run it with sudo")
    ports = [int(port) for port in options.ports.split(",")]
    results = {}
    threads = [threading.Thread(target=run_port, args=(options, port, results)) for port in ports]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if options.verbose:
        for port in ports:
            for row in results[port].values():
                print(json.dumps(dict(row, port=port)))
    return 1 if show(ports, results, options.cold) else 0


sys.exit(main())
