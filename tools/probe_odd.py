#!/usr/bin/python3
"""The probe where the network is not a plain line: two paths, another way back, no route, a port forward, rationed ICMP, a SYN proxy.

    tools/probe_odd.py [--sshsniff PATH] [--only WORD] [--show]

Each situation is made between network namespaces of its own; its truth is what was set up, and next to it stand the verdicts that
packets can carry. Prints a Markdown table; with --show the verdicts whole, and the packets as tcpdump saw them. Exit status 1 where a
verdict is none of these. It needs root, and changes nothing outside its namespaces."""

import argparse
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass

sys.dont_write_bytecode = True
HERE = os.path.realpath(__file__)
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "lab"))

import sandbox  # noqa: E402
from net import Net, Network  # noqa: E402

RUNS = 3  # of each: which path a SYN takes is a matter of its ports


@dataclass
class Odd:
    """host_rules: (host, hook, rule). right: the (cause, where) that may be said."""

    name: str
    truth: str
    right: tuple
    build: object            # Maze -> target host
    rules: tuple = ()
    sshd: str = ""           # the host that runs one
    most: float = 1.0        # no surer than this
    families: tuple = (4, 6)
    note: str = ""           # a word that the note or the evidence must hold


class Maze(Network):
    """Hosts and links as a situation wants them; addresses 10.7.N.1 and .2, fd07:0:0:N::1 and ::2."""

    def __init__(self):
        super().__init__(Net(0))
        self.links = 0

    def hosts(self, *names):
        for name in names:
            self._add_host(name)

    def link(self, near, far):
        """Returns the number of the link; its interfaces are called after the host at the other end."""
        self.links += 1
        self._veth(near, far, far, near)
        for end, host, other in ((1, near, far), (2, far, near)):
            self._number(self.links, end, host, other)
        return self.links

    def routes(self, host, *ways):
        """ways: (network's link or 'default', link, end of the next hop), or several next hops."""
        for family in (4, 6):
            for to, *hops in ways:
                to_text = to if isinstance(to, str) else self.link_network(to, family)
                via = [self.link_address(link, end, family) for link, end in hops]
                words = ["via", via[0]] if len(via) == 1 else [w for hop in via for w in ("nexthop", "via", hop)]
                self.ip(host, f"-{family}", "route", "add", to_text, *words)

    def known_by(self, host, link, end):
        for family in (4, 6):
            self.addresses[host, family] = self.link_address(link, end, family)


def line_of(maze, *hosts):
    """client, routers, server in a row, each with routes both ways."""
    maze.hosts(*hosts)
    numbers = [maze.link(near, far) for near, far in zip(hosts, hosts[1:])]
    maze.routes(hosts[0], ("default", (numbers[0], 2)))
    maze.routes(hosts[-1], ("default", (numbers[-1], 1)))
    for i in range(1, len(hosts) - 1):
        maze.routes(hosts[i], *[(n, (numbers[i], 2)) for n in numbers[i + 1:]], *[(n, (numbers[i - 1], 1)) for n in numbers[:i - 1]])
    return hosts[-1], numbers


def two_paths(policy):
    """client - router1 - (router2 | router3) - server"""
    def build(maze):
        maze.hosts("client", "router1", "router2", "router3", "server")
        first = maze.link("client", "router1")
        left, right = maze.link("router1", "router2"), maze.link("router1", "router3")
        left2, right2 = maze.link("router2", "server"), maze.link("router3", "server")
        maze.routes("client", ("default", (first, 2)))
        maze.routes("router1", (left2, (left, 2), (right, 2)))
        maze.routes("router2", (first, (left, 1)))
        maze.routes("router3", (first, (right, 1)), (left2, (right2, 2)))
        maze.routes("server", ("default", (left2, 1)))
        for family in ("ipv4", "ipv6"):
            maze.run("router1", "sysctl", "-q", "-w", f"net.{family}.fib_multipath_hash_policy={policy}")
        for host in ("router3", "server", "router1"):
            maze.run(host, "sh", "-c", "for f in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 0 > $f; done")
        maze.known_by("server", left2, 2)
        return "server"
    return build


def another_way_back(interface=False):
    """client - router1 - router2 - server, and back server - router3 - router4 - router1 - client; or to another interface of the client."""
    def build(maze):
        hosts = ("client", "router1", "router2", "router3", "router4", "server")
        maze.hosts(*hosts)
        first, there, there2 = maze.link("client", "router1"), maze.link("router1", "router2"), maze.link("router2", "server")
        back, back2 = maze.link("server", "router3"), maze.link("router3", "router4")
        back3 = maze.link("router4", "client" if interface else "router1")
        maze.routes("client", ("default", (first, 2)))
        maze.routes("router1", (there2, (there, 2)), (back, (there, 2)))
        maze.routes("router2", (first, (there, 1)))
        maze.routes("server", (first, (back, 2)), (there, (there2, 1)))
        maze.routes("router3", (first, (back2, 2)), (there2, (back, 1)))
        maze.routes("router4", (first, (back3, 2)), (there2, (back2, 1)))
        for host in hosts:
            maze.run(host, "sh", "-c", "for f in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 0 > $f; done")
        maze.known_by("server", there2, 2)
        return "server"
    return build


def no_route(maze):
    """The client has an address on its link, and no way beyond it."""
    line_of(maze, "client", "router1", "server")
    for family in ("-4", "-6"):
        maze.ip("client", family, "route", "del", "default")
    return "server"


def in_a_row(*hosts):
    return lambda maze: line_of(maze, *hosts)[0]


def forwarded(where):
    """router1's own address; its port 22 is the server's."""
    def build(maze):
        _, numbers = line_of(maze, "client", "router1", "server")
        maze.run("router1", "nft", "add table inet n; add chain inet n pre { type nat hook prerouting priority dstnat; }; "
                 f"add rule inet n pre iifname client meta nfproto ipv4 tcp dport 22 dnat ip to {maze.link_address(numbers[1], 2, 4)}:{where}; "
                 f"add rule inet n pre iifname client meta nfproto ipv6 tcp dport 22 dnat ip6 to [{maze.link_address(numbers[1], 2, 6)}]:{where}")
        maze.known_by("router1", numbers[0], 2)
        return "router1"
    return build


def rationed(maze):
    """A host that sends one ICMP error in ten seconds, and answers few pings."""
    line_of(maze, "client", "router1", "server")
    maze.sysctl("server", net__ipv4__icmp_ratelimit=10000, net__ipv6__icmp__ratelimit=10000, net__ipv4__icmp_msgs_burst=1,
                net__ipv4__icmp_msgs_per_sec=1)
    maze.run("server", "nft", "add table inet r; add chain inet r o { type filter hook output priority 0; }; "
             "add rule inet r o icmpv6 type != { nd-neighbor-solicit, nd-neighbor-advert } limit rate over 1/second burst 1 packets drop; "
             "add rule inet r o meta l4proto icmp limit rate over 1/second burst 1 packets drop")
    return "server"


def syn_proxy(maze):
    line_of(maze, "client", "router1", "server")
    maze.sysctl("router1", net__netfilter__nf_conntrack_tcp_loose=0, net__ipv4__tcp_syncookies=2, net__ipv4__tcp_timestamps=1)
    maze.run("router1", "nft", "add table inet s; add chain inet s p { type filter hook prerouting priority raw; }; "
             "add rule inet s p iifname client tcp dport 22 tcp flags syn notrack; "
             "add chain inet s f { type filter hook forward priority 0; }; "
             "add rule inet s f tcp dport 22 ct state invalid,untracked synproxy mss 1460 wscale 7 timestamp sack-perm; "
             "add rule inet s f ct state invalid drop")
    return "server"


DROP, RESET, REJECT = "tcp dport 22 drop", "tcp dport 22 reject with tcp reset", "tcp dport 22 reject"
ODDS = (
    Odd("two paths by ports, one drops; SSH runs", "silent-drop path", (("silent-drop", "path"), ("silent-drop", "unknown"), ("none", None), ("undetermined", "unknown")),
        two_paths(1), (("router2", "forward", DROP),), sshd="server"),
    Odd("two paths by ports, one drops; port closed", "kernel-rst host, some lost", (("kernel-rst", "host"), ("silent-drop", "path"), ("silent-drop", "unknown")),
        two_paths(1), (("router2", "forward", DROP),)),
    Odd("two paths by addresses, one drops", "silent-drop path, or none", (("silent-drop", "path"), ("silent-drop", "unknown"), ("none", None), ("undetermined", "unknown")),
        two_paths(0), (("router2", "forward", DROP),), sshd="server"),
    Odd("another way back; SSH runs", "none", (("none", None),), another_way_back(), sshd="server"),
    Odd("another way back; port closed", "kernel-rst host", (("kernel-rst", "host"),), another_way_back()),
    Odd("another way back; host rejects, RST", "firewall-rst host", (("firewall-rst", "host"),), another_way_back(), (("server", "input", RESET),)),
    Odd("another way back; router 2 rejects, RST", "firewall-rst path", (("firewall-rst", "path"),), another_way_back(), (("router2", "forward", RESET),)),
    Odd("the way back drops what is of no connection it knows", "silent-drop path, on the way back",
        (("silent-drop", "host"), ("silent-drop", "unknown")), another_way_back(), (("router3", "forward", "meta l4proto tcp ct state invalid drop"),),
        sshd="server", note="way back"),
    Odd("the way back drops SSH's answers", "silent-drop path, on the way back", (("silent-drop", "host"), ("silent-drop", "unknown")),
        another_way_back(), (("router3", "forward", "tcp sport 22 drop"),), sshd="server", note="way back"),
    Odd("another way back, to another interface; SSH runs", "none", (("none", None),), another_way_back(True), sshd="server"),
    Odd("another way back, to another interface; port closed", "kernel-rst host", (("kernel-rst", "host"), ("kernel-rst", "unknown"), ("kernel-rst", "path")), another_way_back(True)),
    Odd("the client has no route", "network-unreachable client", (("network-unreachable", "client"),), no_route),
    Odd("port forward to a closed port", "kernel-rst behind the address", (("kernel-rst", "host"), ("kernel-rst", "unknown")), forwarded(22)),
    Odd("port forward to a host that drops", "silent-drop behind the address", (("silent-drop", "host"), ("silent-drop", "unknown")), forwarded(22),
        (("server", "input", DROP),)),
    Odd("port forward to a host that rejects, RST", "firewall-rst behind the address", (("firewall-rst", "host"), ("firewall-rst", "unknown")),
        forwarded(22), (("server", "input", RESET),)),
    Odd("port forward to SSH", "none", (("none", None),), forwarded(22), sshd="server"),
    Odd("rationed ICMP; port closed", "kernel-rst host", (("kernel-rst", "host"),), rationed),
    Odd("rationed ICMP; host drops", "silent-drop host", (("silent-drop", "host"), ("silent-drop", "unknown")), rationed, (("server", "input", DROP),)),
    Odd("rationed ICMP; host rejects, ICMP", "firewall-icmp host", (("firewall-icmp", "host"),), rationed,
        (("server", "input", REJECT),)),
    Odd("SYN proxy; SSH runs", "none", (("none", None),), syn_proxy, sshd="server", families=(4,)),
    Odd("SYN proxy; port closed", "kernel-rst behind the proxy", (("kernel-rst", "host"), ("closed-before-banner", "host"), ("closed-before-banner", "unknown")),
        syn_proxy, most=0.95, families=(4,)),
    Odd("SYN proxy; host drops", "silent-drop behind the proxy", (("silent-drop", "unknown"), ("silent-drop", "host"), ("no-banner", "unknown"), ("no-banner", "host"),
                                                                  ("listen-overflow", "host"), ("listen-overflow", "unknown")), syn_proxy,
        (("server", "input", DROP),), most=0.95, families=(4,)),
)

HOOKS = {"input": "input priority 0", "forward": "forward priority 0"}


def set_up(maze, odd):
    target = odd.build(maze)
    for number, (host, hook, rule) in enumerate(odd.rules):
        maze.run(host, "nft", f"add table inet odd; add chain inet odd c{number} {{ type filter hook {HOOKS[hook]}; }}; add rule inet odd c{number} {rule}")
    if odd.sshd:
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", sandbox.WORK + "/host_key"], check=True)
        maze.start(odd.sshd, "/usr/sbin/sshd", "-D", "-f", "/dev/null", "-o", f"HostKey={sandbox.WORK}/host_key", "-o", "PidFile=none")
        maze.wait_listening(odd.sshd, 22)
    for family in (4, 6):
        maze.run("client", "ping", "-c", "1", "-W", "1", maze.address(target, family), check=False)
    return target


def is_right(odd, answer):
    said = (answer.get("cause"), answer.get("where"))
    return said in odd.right and answer.get("confidence", 1) <= odd.most and odd.note in json.dumps(answer)


def inside(number, binary, show):
    sandbox.enter()
    odd = ODDS[number]
    maze = Maze()
    target = set_up(maze, odd)
    for family in odd.families:
        for run in range(1 if show else RUNS):
            if show:
                dump = maze.start("client", "tcpdump", "-i", "any", "-n", "-U", "-w", f"{sandbox.WORK}/dump")
                time.sleep(0.5)
            start = time.monotonic()
            done = maze.run("client", binary, "probe", "--json", "-n", maze.address(target, family), check=False)
            took = time.monotonic() - start
            answer = json.loads((done.stdout.splitlines() or ["{}"])[-1])
            print(json.dumps({"family": family, "seconds": took, "answer": answer, "error": done.stderr.strip(), "right": is_right(odd, answer)}), flush=True)
            if show:
                maze.stop(dump)
                print(maze.run("client", "tcpdump", "-n", "-v", "-tt", "-r", f"{sandbox.WORK}/dump").stdout, file=sys.stderr)
                print(maze.run("client", binary, "probe", "-n", "-v", maze.address(target, family), check=False).stdout, file=sys.stderr)
            time.sleep(1)
    return 0


def told(answer):
    hop = f", hop {answer['hop']}" if answer.get("hop") else ""
    return f"{answer.get('cause')} {answer.get('where') or '–'}{hop} at {answer.get('confidence', 0):.2f}"


def run_all(binary, only, show):
    wrong = 0
    for number, odd in enumerate(ODDS):
        if only not in odd.name:
            continue
        command = sandbox.command([HERE, "--inside", str(number), "--sshsniff", binary, *(["--show"] if show else [])])
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        cells = []
        for family in (4, 6):
            if family not in odd.families:
                cells.append("")
                continue
            mine = [row for row in rows if row["family"] == family]
            cells.append("; ".join(dict.fromkeys(told(row["answer"]) + ("" if row["right"] else f" **wrong** {row['error']}") for row in mine)))
        wrong += sum(not row["right"] for row in rows)
        print(f"| {odd.name} | {odd.truth} | {cells[0]} | {cells[1]} | {max(row['seconds'] for row in rows):.1f} |", flush=True)
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sshsniff", default=os.path.join(os.path.dirname(HERE), "..", "sshsniff"))
    parser.add_argument("--only", default="")
    parser.add_argument("--show", action="store_true")
    parser.add_argument("--inside", type=int, default=None, help=argparse.SUPPRESS)
    options = parser.parse_args()
    binary = os.path.realpath(options.sshsniff)
    if options.inside is not None:
        return inside(options.inside, binary, options.show)
    if os.geteuid() != 0:
        raise SystemExit("probe_odd: namespaces need root; run it with sudo")
    print("| set-up | truth | verdicts, IPv4 | verdicts, IPv6 | seconds, at most |\n|---|---|---|---|---|", flush=True)
    wrong = run_all(binary, options.only, options.show)
    print(f"\n{wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
