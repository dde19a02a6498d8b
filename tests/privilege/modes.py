"""Every way to start the program, and what its processes then are, as /proc says while they run."""
import os
import re
import subprocess
import time
from dataclasses import dataclass, field

from sandbox import USER, WORK

ROOT, ALICE, PLAIN = "root", "sudo", "setcap"  # who starts it
PROGRAM, SETCAP = f"{WORK}/sshsniff", f"{WORK}/sshsniff-setcap"
FIFO, PRIVATE = f"{WORK}/fifo", f"{WORK}/private.pcap"
TAIL = "; sleep 20"


@dataclass
class Mode:
    """roles: what the processes are called, the one that was started first and its children in the order of their start."""

    name: str
    who: str
    words: list
    roles: tuple = ("reads packets",)
    feed: object = None  # called once it runs: what makes it reach its state
    needs: int = 1  # processes that have to be there
    env: dict = field(default_factory=dict)


def modes(server):
    live = ["-i", "eth0", "--json", "-n"]
    probe = ["probe", "--json", "--banner-timeout", "15", "--timeout", "30", server]
    command = ["run", "--json", "--", "sleep", "20"]
    both = ("reads packets", "opens")
    child = ("reads packets", "starts the command", "the command")
    yield Mode("live", ROOT, live)
    yield Mode("live, sudo", ALICE, live)
    yield Mode("live, setcap", PLAIN, live)
    yield Mode("live, -Z nobody", ROOT, [*live, "-Z", "nobody"])
    yield Mode("live, -Z root", ROOT, [*live, "-Z", "root"])
    yield Mode("-r", ROOT, ["-n", "--json", "-r", FIFO])
    yield Mode("-r, sudo", ALICE, ["-n", "--json", "-r", FIFO])
    yield Mode("-r, an ordinary user", PLAIN, ["-n", "--json", "-r", FIFO])
    yield Mode("-r, -Z root", ROOT, ["-n", "--json", "-r", FIFO, "-Z", "root"])
    yield Mode("probe", ROOT, probe, ("probes", "asks for names", "sends"), needs=3)
    yield Mode("probe, sudo", ALICE, probe, ("probes", "asks for names", "sends"), needs=3)
    yield Mode("probe, setcap", PLAIN, probe, ("probes", "asks for names", "sends"), needs=3)
    yield Mode("run", ROOT, command, child, needs=3)
    yield Mode("run, sudo", ALICE, command, child, needs=3)
    yield Mode("run, setcap", PLAIN, command, child, needs=3)
    yield Mode("--confirm", ROOT, [*live, "--confirm"], (*both, "probes", "sends"), needs=4)
    yield Mode("--confirm, sudo", ALICE, [*live, "--confirm"], (*both, "probes", "sends"), needs=4)
    yield Mode("--confirm, setcap", PLAIN, [*live, "--confirm"], (*both, "probes", "sends"), needs=4)
    looks = ("reads packets", "looks, often", "looks")
    yield Mode("--local", ROOT, [*live, "--local"], looks, needs=3)
    yield Mode("--local, sudo", ALICE, [*live, "--local"], looks, needs=3)
    yield Mode("--local, setcap", PLAIN, [*live, "--local"], looks, needs=3)


def children_of(pid):
    """Empty where it has ended meanwhile."""
    found = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children") as file:
                found += [int(word) for word in file.read().split()]
    except (FileNotFoundError, ProcessLookupError):
        pass
    return found


def name_of(pid):
    with open(f"/proc/{pid}/comm") as file:
        return file.read().strip()


def family_of(pid):
    """The process and all below it, parents first."""
    out = [pid]
    for child in children_of(pid):
        out += family_of(child)
    return out


@dataclass
class Process:
    pid: int
    role: str
    status: dict
    descriptors: list
    landlock: bool

    def ids(self, name):
        return [int(word) for word in self.status[name].split()]

    def capabilities(self, name):
        return int(self.status["Cap" + name], 16)


def status_of(pid):
    with open(f"/proc/{pid}/status") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)


def descriptors_of(pid):
    out = []
    for number in sorted(map(int, os.listdir(f"/proc/{pid}/fd"))):
        if number <= 2:
            continue
        link = os.readlink(f"/proc/{pid}/fd/{number}")
        found = re.match(r"socket:\[(\d+)\]", link)
        out.append(socket_kind(pid, found[1]) if found else re.sub(r"^anon_inode:\[?(.*?)\]?$", r"\1", link))
    return out


def socket_kind(pid, inode):
    for table in ("packet", "raw", "raw6", "tcp", "tcp6", "unix", "netlink"):
        with open(f"/proc/{pid}/net/{table}") as file:
            if any(inode in line.split() for line in file):
                return {"unix": "channel"}.get(table, table + " socket")
    return "a socket"


class Started:
    """A mode that runs, traced from its start: whether Landlock was taken cannot be seen from /proc."""

    def __init__(self, network, mode, traced=True, host="client"):
        self.trace = f"{WORK}/trace-{time.monotonic_ns()}"
        program = SETCAP if mode.who == PLAIN and mode.words[0] != "-n" else PROGRAM
        argv = [program, *mode.words]
        if traced:
            argv = ["strace", "-f", "-qq", "-e", "trace=landlock_restrict_self", "-e", "signal=none", "-o", self.trace, *self.as_user(mode, argv)]
        else:
            argv = self.as_user(mode, argv)
        self.mode, self.network, self.host = mode, network, host
        self.child = subprocess.Popen(network.argv(host, argv), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                      stderr=subprocess.PIPE, text=True, errors="replace", start_new_session=True)

    @staticmethod
    def as_user(mode, argv):
        if mode.who == ROOT:
            return argv
        user = ["setpriv", "--reuid", USER, "--regid", USER, "--init-groups", "--inh-caps=-all", "--reset-env"]
        return [*user, "sudo", "-n", *argv] if mode.who == ALICE else [*user, *argv]

    def main(self, seconds=8):
        """The process that was started, once it is there."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for pid in family_of(self.child.pid):
                try:
                    if name_of(pid).startswith("sshsniff"):
                        return pid
                except FileNotFoundError:
                    pass
            if self.child.poll() is not None:
                break
            time.sleep(0.02)
        raise AssertionError(f"{self.mode.name}: it did not start: {self.said()}")

    def confined(self):
        """The processes that took Landlock, and those that were made by them."""
        if not os.path.exists(self.trace):
            return set()
        with open(self.trace) as file:
            return {int(line.split()[0]) for line in file if re.search(r"landlock_restrict_self\(.*= 0", line)}

    def processes(self, seconds=10):
        """All of them, when each is in the state that lasts."""
        main, deadline = self.main(), time.monotonic() + seconds
        while True:
            family = family_of(main)
            ready = len(family) >= self.mode.needs and self.are_settled(family)
            if ready or time.monotonic() > deadline:
                break
            time.sleep(0.005)
        time.sleep(0 if self.mode.name.startswith("--confirm") else 0.3)
        family = family_of(main)
        kept = []
        for pid, role in zip(family, self.mode.roles):
            kept.append(Process(pid, role, status_of(pid), descriptors_of(pid), False))
        time.sleep(0.1)
        for process in kept:
            process.landlock = process.pid in self.confined()
        return kept

    def are_settled(self, family):
        try:
            return all(map(self.is_settled, family, self.mode.roles))
        except (FileNotFoundError, ProcessLookupError):  # a child that looks up a name, and has done so
            return False

    @staticmethod
    def is_settled(pid, role):
        """Confined, and for a process that `opens` has started, confined once more."""
        status = status_of(pid)
        least = {"the command": 0, "starts the command": 0}.get(role, 1)
        if role in ("probes", "sends") and name_of(int(status["PPid"])).startswith("sshsniff"):
            least = 1 + int(status_of(int(status["PPid"]))["Seccomp_filters"]) if role == "probes" else 1
        return int(status["Seccomp_filters"]) >= least

    def said(self):
        if self.child.poll() is None:
            return ""
        return self.child.stderr.read()

    def stop(self, number=9):
        try:
            os.killpg(self.child.pid, number)
        except ProcessLookupError:
            pass
        for pid in [p for p in family_of(self.child.pid) if p != self.child.pid] if self.child.poll() is None else []:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass
        self.child.wait(10)
        return self.child.stderr.read()
