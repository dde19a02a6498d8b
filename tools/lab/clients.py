"""The clients that knock: each is a name for the manifest and a command line made for a target."""

import json
import os
import subprocess
from dataclasses import dataclass, field

from net import LAB
from sandbox import PASSWORD, USER, WORK

ASKPASS = WORK + "/askpass"
GOOD, WRONG = PASSWORD, "wrong horse"


@dataclass
class Target:
    address: str
    family: int
    port: int = 22


@dataclass
class Client:
    """argv is made for the target when the client runs. One run may make several attempts (a scan does)."""

    name: str
    argv: object
    host: str = "client"
    env: dict = field(default_factory=dict)
    timeout: float = 60  # after which the lab itself ends it, by SIGINT, as a user would
    files: object = None


@dataclass
class Outcome:
    client: Client
    code: int = None
    said: str = ""
    port: int = None  # its source port, where the client says it

    def json(self):
        return json.loads(self.said.strip().splitlines()[-1])


class Running:
    """A client under way."""

    def __init__(self, network, client, target):
        env = dict(os.environ, LC_ALL="C", PYTHONWARNINGS="ignore", HOME="/root", **client.env)
        if "SSH_ASKPASS" in env:
            _write_askpass(env["LAB_PASSWORD"])
        self.client = client
        self.child = subprocess.Popen(network.argv(client.host, client.argv(target)), env=env, text=True,
                                      stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                      errors="replace", start_new_session=True)

    def finish(self, seconds=None):
        try:
            said = self.child.communicate(timeout=self.client.timeout if seconds is None else seconds)[0]
        except subprocess.TimeoutExpired:
            self.interrupt()
            said = self.child.communicate(timeout=20)[0]
        outcome = Outcome(self.client, self.child.returncode, said)
        if self.client.name.startswith("socket"):
            outcome.port = outcome.json()["port"]
        return outcome

    def interrupt(self):
        """^C: to the client itself and what it started."""
        os.killpg(self.child.pid, 2)


def _write_askpass(password):
    with open(ASKPASS, "w") as script:
        script.write("#!/bin/sh\nsleep ${LAB_HANG:-0}\nprintf '%s\\n' \"$LAB_PASSWORD\"\n")
    os.chmod(ASKPASS, 0o755)


def _asking(password, hang=None):
    env = {"SSH_ASKPASS": ASKPASS, "SSH_ASKPASS_REQUIRE": "force", "DISPLAY": "none", "LAB_PASSWORD": password}
    return dict(env, LAB_HANG=str(hang)) if hang else env


def ssh(command="true", user=USER, password=None, connect_timeout=20, tries=1, tos=None, options=(), host="client",
        timeout=60, to=None, hang=None):
    """OpenSSH: with the lab's key, or a password where one is given. to: a name instead of the address.
    hang: seconds that the question for the password stays unanswered, as before an empty chair."""
    def argv(target):
        line = ["ssh", "-F", "none", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
                "-o", f"ConnectTimeout={connect_timeout}", "-p", str(target.port), "-l", user]
        if tos is not None:
            line += ["-o", f"IPQoS={tos}"]
        if password is None:
            line += ["-i", WORK + "/key", "-o", "BatchMode=yes"]
        else:
            line += ["-o", "PubkeyAuthentication=no", "-o", f"NumberOfPasswordPrompts={tries}"]
        for option in options:
            line += ["-o", option]
        return line + [to or target.address] + ([command] if command else [])
    return Client("openssh-9.2" + ("" if tos is None else f" IPQoS={tos}"), argv, host,
                  _asking(password, hang) if password is not None else {}, timeout)


def scp(size=50_000, options=()):
    """Sends a file of so many bytes."""
    def argv(target):
        path = f"{WORK}/file-{size}"
        with open(path, "wb") as stream:
            stream.write(os.urandom(size))
        host = f"[{target.address}]" if target.family == 6 else target.address
        return ["scp", "-F", "none", "-q", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
                "-i", WORK + "/key", "-o", "BatchMode=yes", "-P", str(target.port), path, f"{USER}@{host}:/tmp/"]
    return Client("openssh-9.2 scp", argv)


def dbclient(command="true", user=USER, password=None, host="client", timeout=60):
    """Dropbear's client; it asks SSH_ASKPASS only without a terminal, which the lab never gives it."""
    def argv(target):
        line = ["dbclient", "-y", "-y", "-p", str(target.port), "-l", user]
        if password is None:
            key = WORK + "/key.dropbear"
            if not os.path.exists(key):
                subprocess.run(["dropbearconvert", "openssh", "dropbear", WORK + "/key", key], check=True,
                               capture_output=True)
            line += ["-i", key]
        return line + [target.address, command]
    env = {} if password is None else dict(_asking(password), DROPBEAR_PASSWORD=password)
    return Client("dbclient", argv, host, env, timeout)


def sock(tos=0, send="", read=0, hold=0, timeout=10, bind=None, reset=False, align=0, from_port=0, host="client"):
    """A plain socket of a given TOS; see knock.py."""
    def argv(target):
        line = ["/usr/bin/python3", "-E", LAB + "/knock.py", target.address, str(target.port), "--tos", str(tos),
                "--read", str(read), "--hold", str(hold), "--timeout", str(timeout)]
        if send:
            line += ["--send", send]
        if bind:
            line += ["--bind", bind[target.family] if isinstance(bind, dict) else bind]
        if reset:
            line += ["--reset"]
        if align:
            line += ["--align", str(align)]
        if from_port:
            line += ["--from-port", str(from_port)]
        return line
    return Client(f"socket-tos{tos:#x}" if tos else "socket-tos0", argv, host)


BANNER = "SSH-2.0-OpenSSH_9.2p1\\r\\n"


def nc(seconds=3, options=(), host="client"):
    return Client("nc", lambda target: ["nc", f"-{target.family}", "-v", "-w", str(seconds), *options, target.address,
                                        str(target.port)], host)


def health_check(host="client"):
    return Client("nc -z", lambda target: ["nc", f"-{target.family}", "-z", "-v", "-w", "3", target.address,
                                           str(target.port)], host)


def keyscan(seconds=5, host="client"):
    return Client("ssh-keyscan", lambda target: ["ssh-keyscan", "-T", str(seconds), "-t", "ed25519", "-p",
                                                 str(target.port), target.address], host)


def nmap(*options, ports=None, host="client"):
    """nmap without its own discovery and names; ports: more than the target's."""
    def argv(target):
        line = ["nmap", "-n", "-Pn", "--disable-arp-ping", "-p", ports or str(target.port), *options]
        return line + (["-6"] if target.family == 6 else []) + [target.address]
    return Client("nmap " + " ".join(options), argv, host)


def plink(command="true", user=USER, password="no", host="client", timeout=60):
    return Client("plink-0.78", lambda target: ["plink", "-ssh", "-batch", "-P", str(target.port), "-l", user, "-pw",
                                                password, "-hostkey", _fingerprint(), target.address, command],
                  host, timeout=timeout)


def _fingerprint():
    try:
        said = subprocess.run(["ssh-keygen", "-lf", WORK + "/host_key.pub"], capture_output=True, text=True).stdout
        return said.split()[1]
    except IndexError:  # no server was ever started: any well-formed print will do
        return "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"


PARAMIKO = """
import sys, paramiko
c = paramiko.SSHClient()
c.set_missing_host_key_policy(paramiko.AutoAddPolicy())
try:
    c.connect(sys.argv[1], int(sys.argv[2]), username=sys.argv[3], password=sys.argv[4] or None,
              timeout=float(sys.argv[6]),
              key_filename=None if sys.argv[4] else sys.argv[5], look_for_keys=False, allow_agent=False,
              banner_timeout=float(sys.argv[6]))
    print(c.exec_command('true')[1].read().decode(), 'ok')
except Exception as e:
    sys.exit(repr(e))
finally:
    c.close()
"""

ASYNCSSH = """
import sys, asyncio, asyncssh
async def main():
    keys = None if sys.argv[4] else [sys.argv[5]]
    async with asyncssh.connect(sys.argv[1], int(sys.argv[2]), username=sys.argv[3], password=sys.argv[4] or None,
                                client_keys=keys, known_hosts=None, agent_path=None,
                                login_timeout=float(sys.argv[6])) as c:
        await c.run('true')
        print('ok')
try:
    asyncio.run(main())
except Exception as e:
    sys.exit(repr(e))
"""


def _python(name, code, user, password, seconds, host):
    return Client(name, lambda target: ["/usr/bin/python3", "-E", "-W", "ignore", "-c", code, target.address,
                                        str(target.port), user, password, WORK + "/key", str(seconds)], host)


def paramiko(user=USER, password="", seconds=10, host="client"):
    return _python("paramiko-2.12", PARAMIKO, user, password, seconds, host)


def asyncssh(user=USER, password="", seconds=10, host="client"):
    return _python("asyncssh-2.10", ASYNCSSH, user, password, seconds, host)


def curl(seconds=5, host="client"):
    def argv(target):
        address = f"[{target.address}]" if target.family == 6 else target.address
        return ["curl", "-sS", "-m", str(seconds), f"http://{address}:{target.port}/"]
    return Client("curl", argv, host)


def wget(host="client"):
    """Another client that takes the port for a web server's."""
    def argv(target):
        address = f"[{target.address}]" if target.family == 6 else target.address
        return ["wget", "-q", "-O", "-", "-T", "5", "-t", "1", f"http://{address}:{target.port}/"]
    return Client("wget", argv, host)


def telnet(host="client"):
    """What people type to see whether a port is open; it says nothing and leaves."""
    def argv(target):
        return ["timeout", "-s", "INT", "2", "telnet", target.address, str(target.port)]
    return Client("telnet", argv, host)


def socat(host="client"):
    def argv(target):
        address = f"TCP6:[{target.address}]" if target.family == 6 else f"TCP4:{target.address}"
        return ["socat", "-T", "2", "-", f"{address}:{target.port},connect-timeout=5"]
    return Client("socat", argv, host)
