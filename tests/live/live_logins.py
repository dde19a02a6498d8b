"""Logins that fail for real while the program watches: the cause, the place, and how soon it was said."""
import time
from dataclasses import dataclass

from clients import BANNER, GOOD, WRONG, sock, ssh
from firewalls import nft, nft_flush
from frames import FIN, RST
from net import Net
from services import sshd, stop_daemon
from live_stage import Eyes, Failed, Stage, Watcher

LATEST = 0.1  # seconds from the deciding packet to the line on standard output
SILENCE_LATEST = 4.5  # from the first SYN; see src/track/due.c
TRIES = 3


@dataclass
class Case:
    """breaks: acts that make logins fail; mends: acts after. decides: which packet of the attempt decides it."""

    name: str
    cause: str
    where: str
    decides: object
    client: object
    breaks: tuple = ()
    mends: tuple = ()
    holds: bool = False  # another client waits at its login meanwhile


def answer_of_server(packet, verdict):
    return packet.kind == "tcp" and packet.src == verdict["dst_ip"] and packet.flags & (RST | FIN)


def icmp_error(packet, verdict):
    return packet.kind == "icmp" and packet.quoted is not None and packet.quoted.sport == verdict["src_port"]


def end(packet, verdict):
    return packet.kind == "tcp" and packet.flags & (RST | FIN)


def first_syn(packet, verdict):
    return packet.kind == "tcp" and packet.flags & 63 == 2


HOLD_TRIES, HOLD_SECONDS = 5, 10
RESTART = (sshd(),)
CASES = [
    Case("kernel-rst: sshd stopped", "kernel-rst", "host", answer_of_server, ssh(), (stop_daemon("sshd:22"),), RESTART),
    Case("firewall-rst: router rejects", "firewall-rst", "path", answer_of_server, ssh(),
         (nft("router1", "forward", "reject with tcp reset"),), (nft_flush("router1"),)),
    Case("firewall-rst: server rejects", "firewall-rst", "host", answer_of_server, ssh(),
         (nft("server", "input", "reject with tcp reset"),), (nft_flush("server"),)),
    Case("firewall-icmp: router rejects", "firewall-icmp", "path", icmp_error, ssh(), (nft("router1", "forward", "reject"),),
         (nft_flush("router1"),)),
    Case("silent-drop: router drops", "silent-drop", "unknown", first_syn, ssh(connect_timeout=6),
         (nft("router1", "forward", "drop"),), (nft_flush("router1"),)),
    Case("maxstartups: one login waits", "maxstartups", "host", answer_of_server, ssh(),
         (stop_daemon("sshd:22"), sshd(MaxStartups="1")), (stop_daemon("sshd:22"), sshd()), holds=True),
    Case("auth-failed: wrong password", "auth-failed", "host", end, ssh(password=WRONG, tries=2)),
    Case("none: password", "none", None, None, ssh(password=GOOD)),
]


def latest_port(eyes):
    """The client's port of the connection that began last."""
    return [p.sport for p in eyes.packets() if first_syn(p, None)][-1]


def decided_at(eyes, case, verdict):
    """When the packet that decides the case was there; None where no single packet does."""
    if case.decides is None:
        return None
    for packet in eyes.packets():
        if (packet.kind == "icmp" or verdict["src_port"] in (packet.sport, packet.dport)) and case.decides(packet, verdict):
            return packet.time
    raise Failed(f"no deciding packet of port {verdict['src_port']} in tcpdump's capture")


def greeted(eyes, port):
    """True once the server has sent its banner to this port, False once it has turned it away; None where neither is seen."""
    for packet in eyes.packets():
        if packet.kind == "tcp" and packet.dport == port and packet.payload_length:
            return packet.payload.startswith(b"SSH-")
        if packet.kind == "tcp" and packet.dport == port and packet.flags & (RST | FIN):
            return False
    return None


def hold_a_login(stage, eyes):
    """A client that the server greeted and that then says no more: the one place of MaxStartups 1 is taken. The check that the
    server is up may hold that place for a moment; then this client is turned away, and comes again."""
    for _ in range(HOLD_TRIES):
        before = len([p for p in eyes.packets() if first_syn(p, None)])
        holder = stage.start(sock(send=BANNER, read=1, hold=30))
        answer, deadline = None, time.monotonic() + HOLD_SECONDS
        while answer is None and time.monotonic() < deadline:
            time.sleep(0.1)
            if len([p for p in eyes.packets() if first_syn(p, None)]) > before:
                answer = greeted(eyes, latest_port(eyes))
        if answer:
            return holder
        holder.child.kill()
        holder.child.wait()
    raise Failed("no client could be held before its login")


def one_try(stage, path, case):
    """Seconds from the deciding packet to the verdict (None where there is no such packet); raises where it is wrong."""
    watcher = Watcher(stage, path, "-i", "eth0", "--json", "-n")
    eyes = Eyes(stage)
    holder = None
    try:
        if stage.run(ssh()).code != 0:
            raise Failed("the login before the failure did not go through")
        first = watcher.wait_port(latest_port(eyes))[1]
        if first["cause"] != "none":
            raise Failed(f"the login before the failure was called {first['cause']}: {first.get('reason')}")
        for act in case.breaks:
            act(stage)
        if case.holds:
            holder = hold_a_login(stage, eyes)
        outcome = stage.run(case.client)
        if (outcome.code == 0) != (case.cause == "none"):
            raise Failed(f"ssh: exit {outcome.code}: {outcome.said.strip()[-200:]}")
        when, verdict = watcher.wait_port(latest_port(eyes))
        decided = decided_at(eyes, case, verdict)
    finally:
        if holder:
            holder.child.kill()
            holder.child.wait()
        for act in case.mends:
            act(stage)
        status, said = watcher.stop()
        eyes.close()
    if (verdict["cause"], verdict["where"]) != (case.cause, case.where):
        why = "; ".join(e["text"] for e in verdict["evidence"][:3])
        raise Failed(f"called {verdict['cause']}/{verdict['where']} at {verdict['confidence']}: {verdict.get('reason') or why}")
    if status != 0 or said:
        raise Failed(f"SIGINT: exit {status}, said {said!r}")
    if '"type":"summary"' not in watcher.lines[-1][1]:
        raise Failed(f"SIGINT: the last line is no summary: {watcher.lines[-1][1][:100]}")
    return None if decided is None else when - decided


def soon_enough(stage, path, case):
    took = []
    latest = SILENCE_LATEST if case.decides is first_syn else LATEST
    for _ in range(TRIES):
        seconds = one_try(stage, path, case)
        if seconds is None:
            return ""
        took.append(seconds)
        if seconds <= latest:
            return f"verdict {seconds * 1000:.0f} ms after {'the first SYN' if latest != LATEST else 'the deciding packet'}"
    raise Failed(f"verdicts after {', '.join(f'{t * 1000:.0f}' for t in took)} ms, each over {latest * 1000:.0f}")


def tests(family, path):
    stage = Stage(Net(1, delay=5), family)
    sshd()(stage)
    for case in CASES:
        yield case.name, lambda case=case: soon_enough(stage, path, case)
