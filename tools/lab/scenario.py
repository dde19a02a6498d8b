"""What a scenario is: a topology, a set-up, and the steps of a story, each with the truth about its attempts."""

import os
import re
import shutil
import time
from dataclasses import dataclass, field

import capture
import labels
import server_log
from capture import Seen
from clients import Running, Target
from net import LabError, Net, Network
from sandbox import OUT, WORK
from services import Syslog


@dataclass
class Scenario:
    """A row of the tables in scenarios/. It is run once for each family, each time on a machine of its own.

    setup    acts that happen before the captures begin: functions of the lab, made by services and firewalls
    steps    what happens while they run: Try, Start, Finish, Together, Do, Wait, Mark
    seen     the captures taken
    port     where the clients knock, and more_ports what else counts as SSH here
    logged   the servers' own logs bear witness for each attempt (server_log.py, check_login.py)"""

    name: str
    story: str
    steps: list
    net: Net = field(default_factory=Net)
    setup: list = field(default_factory=list)
    seen: list = field(default_factory=lambda: [Seen()])
    families: tuple = (4, 6)
    port: int = 22
    more_ports: tuple = ()
    derived: list = field(default_factory=list)
    aliases: tuple = ()
    reference: Seen = field(default_factory=lambda: Seen("client", "any", "reference", only="tcp or icmp or icmp6",
                                                         snaplen=256, keep=False))
    set: str = "tune"
    logged: bool = False

    def variants(self):
        return {f"{self.name}-v{family}": (self, family) for family in self.families}


class Lab:
    """A scenario being played in one family. Acts and steps get this."""

    def __init__(self, scenario, family):
        self.scenario, self.family = scenario, family
        self.network = Network(scenario.net).build()
        self.daemons, self.running, self.truths, self.captures = {}, {}, [], []
        self.words = {"port": scenario.port, "family": family, "ip": "ip" if family == 4 else "ip6",
                      "icmp": "icmp" if family == 4 else "icmpv6", "work": WORK}
        for (host, of), address in self.network.addresses.items():
            if of == family:
                self.words[host] = address
        self.ports = {scenario.port, *scenario.more_ports}
        self.clients = {self.words["client"], *(self.words[h] for h in ("other",) if h in self.words),
                        *(alias[family] for alias in scenario.aliases)}

    def target(self, to=None, port=None):
        to = self.by_family(to)
        address = self.words.get(to or "server", to)
        return Target(address, self.family, port or self.scenario.port)

    def by_family(self, value):
        """A table's value, or its part for this family where it has one for each."""
        return value[self.family] if isinstance(value, dict) else value

    def truth(self, **facts):
        facts = {name: self.by_family(value) for name, value in facts.items()}
        self.truths.append(labels.Truth(start=time.time(), **facts))
        return self.truths[-1]


def _judge(lab, step, outcome, truth):
    """A client's words and exit status must fit the truth, or the set-up did not do what it says."""
    cause, expect = truth.cause, lab.by_family(step.expect)
    if expect is not None and not re.search(expect, outcome.said, re.S):
        raise LabError(f"{outcome.client.name}: said {outcome.said.strip()[-200:]!r} where {expect!r} was expected")
    if cause == "none" and outcome.code != 0:
        raise LabError(f"{outcome.client.name}: exit {outcome.code} where success was expected: "
                       f"{outcome.said.strip()[-200:]!r}")
    if expect is None and cause not in ("none", "client-abort", "scan", "undetermined") and outcome.code == 0:
        raise LabError(f"{outcome.client.name}: succeeded where {cause} was expected")


@dataclass
class Try:
    """A client runs to its end. to: another target than the server, by name in `words` or by address.
    dst_name: the host name that was looked up, where no SYN could follow; no_syn: nor could one without a neighbour.
    Whatever differs between the families may be a dict: {4: …, 6: …}."""

    client: object
    cause: str
    where: str = None
    expect: str = None
    to: str = None
    port: int = None
    dst_name: str = None
    no_syn: bool = False
    times: int = 1
    gap: float = 0
    linger: float = 0.3

    def play(self, lab):
        for turn in range(self.times):
            time.sleep(self.gap if turn else 0)
            target = lab.target(self.to, self.port)
            truth = lab.truth(cause=self.cause, where=self.where, client=self.client.name, dst_name=self.dst_name,
                              no_syn=target.address if self.no_syn else None, src=lab.words[self.client.host])
            outcome = Running(lab.network, self.client, target).finish()
            _judge(lab, self, outcome, truth)
            truth.port = outcome.port
            if truth.cause == "none":
                time.sleep(self.linger)  # or its last packets would meet what the story does next


@dataclass
class Start:
    """A client starts and goes on beside the next steps; settle is how long its attempt has for itself."""

    client: object
    cause: str
    where: str = None
    name: str = "it"
    expect: str = None
    settle: float = 1.0
    to: str = None
    port: int = None

    def play(self, lab):
        truth = lab.truth(cause=self.cause, where=self.where, client=self.client.name)
        lab.running[self.name] = (self, truth, Running(lab.network, self.client, lab.target(self.to, self.port)))
        time.sleep(self.settle)


@dataclass
class Finish:
    """Waits for a started client, or interrupts it as ^C does, or just ends it (kill)."""

    name: str = "it"
    interrupt: bool = False

    def play(self, lab):
        step, truth, running = lab.running.pop(self.name)
        if self.interrupt:
            running.interrupt()
        outcome = running.finish()
        _judge(lab, step, outcome, truth)
        truth.port = outcome.port


@dataclass
class Together:
    """Clients that overlap. judge gives (cause, where) for an outcome, which must know its source port unless every
    outcome of the group is judged alike or gap keeps their SYNs apart in time."""

    clients: list
    judge: object
    gap: float = 0
    need: tuple = ()

    def play(self, lab):
        waiting = []
        for client in self.clients:
            truth = lab.truth(cause=None, where=None, client=client.name)
            waiting.append((truth, Running(lab.network, client, lab.target())))
            time.sleep(self.gap)
        seen = set()
        for truth, running in waiting:
            outcome = running.finish()
            truth.port = outcome.port
            truth.cause, truth.where = self.judge(outcome)
            seen.add(truth.cause)
        for cause in self.need:
            if cause not in seen:
                raise LabError(f"{lab.scenario.name}: no attempt of the group ended as {cause}; run it again")


class Do:
    """Acts in the middle of the story."""

    def __init__(self, *acts):
        self.acts = acts

    def play(self, lab):
        for act in self.acts:
            act(lab)


@dataclass
class Wait:
    seconds: float

    def play(self, lab):
        time.sleep(self.seconds)


@dataclass
class Mark:
    """A point of the story at which captures begin (first) or end (last)."""

    name: str

    def play(self, lab):
        for seen in lab.scenario.seen:
            if seen.first == self.name:
                _begin(lab, seen)
            if seen.last == self.name:
                _end(lab, seen)


def _begin(lab, seen):
    path = capture.scratch(f"raw-{seen.label()}.pcap")
    lab.captures.append((seen, path, capture.Tcpdump(lab.network, seen, path, lab.words)))


def _end(lab, wanted=None):
    capture.settle()
    for seen, _, running in lab.captures:
        if running.child.poll() is None and (wanted is None or seen is wanted):
            running.stop()


def _file_name(scenario, family, seen):
    plain = len(scenario.seen) == 1 and seen.label() == "client"
    return f"{scenario.name}-v{family}" + ("" if plain else f"-at-{seen.label()}") + capture.suffix(seen)


def play(scenario, family):
    """Plays it, checks it, and leaves captures and their labels in OUT. Raises LabError where anything is amiss."""
    os.chdir(WORK)
    Syslog().start()
    lab = Lab(scenario, family)
    for act in scenario.setup:
        act(lab)
    _begin(lab, scenario.reference)
    for seen in scenario.seen:
        if seen.first is None:
            _begin(lab, seen)
    time.sleep(0.1)
    try:
        for step in scenario.steps:
            step.play(lab)
        _end(lab)
        _keep(lab, scenario, family)
    except LabError:
        _end(lab)
        for _, path, _ in lab.captures:
            shutil.copy(path, OUT)  # for LAB_KEEP
        raise


def _keep(lab, scenario, family):
    """Labels what was caught, and writes it to its place."""
    reference = next(path for seen, path, _ in lab.captures if seen is scenario.reference)
    attempts = labels.attempts(lab, reference)
    lab.accounts = server_log.accounts(lab) if scenario.logged else {}
    entries = []
    taken = [(seen, path, _file_name(scenario, family, seen)) for seen, path, _ in lab.captures if seen.keep]
    for derive in scenario.derived:
        raw = derive.make({seen.label(): path for seen, path, _ in lab.captures})
        taken.append((derive, raw, f"{scenario.name}-v{family}-{derive.label()}{capture.suffix(derive)}"))
    for seen, path, name in taken:
        entry = labels.entry(lab, seen, path, name, attempts)
        capture.finish(path, os.path.join(OUT, name), seen)
        entries.append(entry)
    labels.write(os.path.join(OUT, "manifest.jsonl"), entries)
