"""Ways to fail, on any port: the verdict must not hang on which port the server has, whether the port was given or found.

Three watchers at once, on the client, on a router between and on the server, none with -P."""
import os
import shutil
import time
from dataclasses import dataclass

from clients import BANNER, WRONG, Client, Running, Target, sock, ssh
from firewalls import nft, nft_flush
from live_stage import Failed, Stage, Watcher
from net import Net
from sandbox import USER, WORK
from services import fake, sshd, stop_daemon

PLACES = ("client", "router1", "server")
LOGIN_SECONDS, VERDICT_SECONDS = 20, 12
NOTHING = "-"  # no attempt is to be seen there


@dataclass
class Way:
    """breaks and mends: acts on the stage, made for a port. causes: what is true, by place; one word: at each."""

    name: str
    causes: object
    client: object
    breaks: object = lambda port: ()
    mends: object = lambda port: ()
    holds: object = None  # another client, which stays meanwhile

    def cause(self, place):
        return self.causes if isinstance(self.causes, str) else self.causes[place]


def beyond(cause):
    """A router's rule stops it: the server sees nothing."""
    return {"client": cause, "router1": cause, "server": NOTHING}


def again(port):
    return (stop_daemon(f"sshd:{port}"), sshd(port))


def configured(**options):
    return lambda port: (stop_daemon(f"sshd:{port}"), sshd(port, **options))


def replaced(kind, *arguments):
    return lambda port: (stop_daemon(f"sshd:{port}"), fake(kind, *arguments, port=port))


def back(kind):
    return lambda port: (stop_daemon(f"{kind}:{port}"), sshd(port))


def ruled(host, hook, verdict):
    return lambda port: (nft(host, hook, verdict, f"tcp dport {port}"),)


def flushed(host):
    return lambda port: (nft_flush(host),)


def strict():
    """A client that knows no host, and asks nobody."""
    client = ssh()
    return Client(client.name, lambda target: [w.replace("StrictHostKeyChecking=no", "StrictHostKeyChecking=yes")
                                               for w in client.argv(target)], env=client.env)


WAYS = (
    Way("healthy login", "none", ssh),
    Way("sshd stopped", "kernel-rst", ssh, lambda port: (stop_daemon(f"sshd:{port}"),), lambda port: (sshd(port),)),
    Way("router resets", beyond("firewall-rst"), ssh, ruled("router1", "forward", "reject with tcp reset"), flushed("router1")),
    Way("server resets", "firewall-rst", ssh, ruled("server", "input", "reject with tcp reset"), flushed("server")),
    Way("router rejects", beyond("firewall-icmp"), ssh, ruled("router1", "forward", "reject"), flushed("router1")),
    Way("server rejects", "firewall-icmp", ssh, ruled("server", "input", "reject"), flushed("server")),
    Way("router drops", beyond("silent-drop"), lambda: ssh(connect_timeout=5), ruled("router1", "forward", "drop"), flushed("router1")),
    Way("one login waits", "maxstartups", ssh, configured(MaxStartups="1"), again, lambda: sock(send=BANNER, read=1, hold=30)),
    Way("wrong password", "auth-failed", lambda: ssh(password=WRONG, tries=2)),
    Way("closed at once", "closed-before-banner", ssh, replaced("close"), back("close")),
    Way("mute", "no-banner", lambda: ssh(connect_timeout=4), replaced("mute"), back("mute")),
    Way("web server", "not-ssh", ssh, replaced("answer", "HTTP/1.1 400 Bad Request\\r\\n\\r\\n"), back("answer")),
    Way("no common kex", "kex-mismatch", lambda: ssh(options=("KexAlgorithms=diffie-hellman-group14-sha1",))),
    Way("host key unknown", "hostkey-rejected", strict),
    Way("grace time over", "login-timeout", lambda: ssh(password=WRONG, hang=12), configured(LoginGraceTime="4"), again),
    Way("account denied", "auth-failed", ssh, configured(DenyUsers=USER), again),
)


def latest_ports(watcher):
    return {v["src_port"]: v for _, v in watcher.attempts()}


class Row:
    """One way on one port: what each place says."""

    def __init__(self, stage, program, port, interface):
        self.stage, self.port = stage, port
        self.watchers = {place: Watcher(stage, program, "-i", interface, "--json", "-n", host=place) for place in PLACES}

    def run(self, client):
        """The source port of the attempt, where a place saw one; the outcome."""
        before = {place: len(w.attempts()) for place, w in self.watchers.items()}
        outcome = self.stage.start_on(client, self.port).finish(40)
        return outcome, before

    def verdicts(self, before, way):
        """The last verdict of each place that came since; silence counts after the others have spoken."""
        deadline = time.monotonic() + VERDICT_SECONDS
        found = {}
        while time.monotonic() < deadline:
            for place, watcher in self.watchers.items():
                new = [v for _, v in watcher.attempts()[before[place]:] if v["dst_port"] == self.port]
                if new:
                    found[place] = new[-1]
            if all(place in found for place in PLACES if way.cause(place) != NOTHING):
                time.sleep(0.3)
                break
            time.sleep(0.05)
        return {place: f"{found[place]['cause']}" if place in found else NOTHING for place in PLACES}, found

    def close(self):
        for watcher in self.watchers.values():
            watcher.stop()


class PortStage(Stage):
    def start_on(self, client, port):
        return Running(self.network, client, Target(self.words["server"], self.family, port))


def one_way(stage, program, port, way, warm, interface="eth0"):
    """What the places say of this way; raises where even a healthy login fails."""
    row = Row(stage, program, port, interface)
    holder = None
    try:
        if warm:
            outcome, before = row.run(ssh())
            if outcome.code != 0:
                raise Failed(f"the login before does not go through: {outcome.said[-200:]}")
            row.verdicts(before, WAYS[0])
        for act in way.breaks(port):
            act(stage)
        if way.holds:
            holder = stage.start_on(way.holds(), port)
            time.sleep(1)
        outcome, before = row.run(way.client())
        if (outcome.code == 0) != (way.causes == "none"):
            raise Failed(f"ssh: exit {outcome.code}: {outcome.said.strip()[-200:]}")
        return row.verdicts(before, way)
    finally:
        if holder:
            holder.child.kill()
            holder.child.wait()
        for act in way.mends(port):
            act(stage)
        row.close()


def open_stage(port, family=4):
    stage = PortStage(Net(1, delay=5), family)
    sshd(port)(stage)
    return stage


def wrong_of(way, said):
    return [f"{place}: {said[place]} for {way.cause(place)}" for place in PLACES if said[place] != way.cause(place)]


SHORT = ("healthy login", "sshd stopped", "no common kex")
SHORT_PORT, CLOSED_PORT, TRIES = 4022, 4322, 3


def need(good, what):
    if not good:
        raise Failed(what)


def check(stage, program, way):
    said, found = one_way(stage, program, SHORT_PORT, way, True)
    wrong = wrong_of(way, said)
    reasons = [f"{p}: {v['confidence']} {v.get('reason') or ''}" for p, v in found.items()]
    need(not wrong, "; ".join(wrong) + " (" + "; ".join(reasons) + ")")


def first_login(stage, program):
    """What was sent before the filter was exchanged may be lost, which makes it undetermined and nothing else; not each time."""
    for _ in range(TRIES):
        said, _ = one_way(stage, program, SHORT_PORT, WAYS[0], False)
        need(set(said.values()) <= {"none", "undetermined"}, str(said))
        if set(said.values()) == {"none"}:
            return
    raise Failed(f"the first login is undetermined {TRIES} times")


def every_interface(stage, program):
    """The cooked frames of -i any have another filter, which is exchanged too."""
    watcher = Watcher(stage, program, "--json", "-n")
    for _ in range(TRIES):
        need(stage.start_on(ssh(), SHORT_PORT).finish().code == 0, "a login does not go through")
    causes = [verdict["cause"] for _, verdict in watcher.wait_attempts(TRIES)]
    watcher.stop()
    need(causes[1:] == ["none"] * (TRIES - 1) and causes[0] in ("none", "undetermined"), f"called {causes}")


def refused(stage, program, *options):
    """What is said on both outputs of a watcher on the client while a port refuses that no server ever had."""
    watcher = Watcher(stage, program, "-i", "eth0", "-n", *options)
    for _ in range(3):
        stage.start_on(sock(), CLOSED_PORT).finish()
    time.sleep(0.5)
    status, said = watcher.stop()
    need(status == 0, f"exit {status}")
    return [line for _, line in watcher.lines], said


def hint(stage, program):
    """Refusals at a port that nobody watches: what to type."""
    lines, said = refused(stage, program)
    need(f"3 refused SYNs to port {CLOSED_PORT} were not looked at: -P 22,222,2222,8022,22022,{CLOSED_PORT}\n" in said, said)
    need(not any("refused" in line for line in lines), str(lines))


def configured_client(stage, program):
    """A Port of the caller's ssh_config is watched from the start."""
    os.makedirs("/root/.ssh", exist_ok=True)
    with open("/root/.ssh/config", "w") as config:
        config.write(f"Host elsewhere\n  Port {CLOSED_PORT}\n")
    try:
        lines, said = refused(stage, program)
    finally:
        os.unlink("/root/.ssh/config")
    need(f"and {CLOSED_PORT} (found here)" in said, said)
    need(sum("refused" in line.lower() for line in lines) > 0, str(lines))


def forwarded_port(stage, program):
    """What a user forwards through sshd listens there too, and is no SSH server."""
    session = stage.start_on(ssh("sleep 30", options=(f"RemoteForward={CLOSED_PORT} 127.0.0.1:9",)), SHORT_PORT)
    try:
        stage.network.wait_listening("server", CLOSED_PORT)
        said = Watcher(stage, program, "-i", "eth0", "-n", host="server").stop()[1]
    finally:
        session.child.kill()
        session.child.wait()
    need(f"and {SHORT_PORT} (found here)" in said, said)


def without_rights(stage, program):
    """Whoever may capture but not look at root's processes is told what is not known."""
    with_rights = Watcher(stage, program, "-i", "eth0", "-n", "-v", host="server")
    said = with_rights.stop()[1]
    need(f"and {SHORT_PORT} (found here)" in said and "only root" not in said, said)
    capturing = "+net_raw,+net_admin"
    nobody = ("setpriv", "--reuid", "65534", "--clear-groups", "--inh-caps", capturing, "--ambient-caps", capturing)
    said = Watcher(stage, program, "-i", "eth0", "-n", "-v", host="server", prefix=nobody).stop()[1]
    need("only root may see" in said, said)


def tests(program):
    """The short form: a port that no default names, with and without a login before."""
    stage = open_stage(SHORT_PORT)
    program = shutil.copy(program, f"{WORK}/sshsniff")  # a folder that nobody may enter must not stand in the way
    os.chmod(program, 0o755)
    for way in WAYS:
        if way.name in SHORT:
            yield f"{way.name}, after a login", lambda way=way: check(stage, program, way)
    for test in (first_login, every_interface, hint, configured_client, forwarded_port, without_rights):
        yield test.__name__.replace("_", " "), lambda test=test: test(stage, program)
