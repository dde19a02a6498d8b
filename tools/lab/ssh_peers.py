"""SSH software beside the plain ssh and sshd of clients.py and services.py: terminals with a person at them, keys of
every kind, and small clients and servers of other libraries, built on first use from peers/."""

import json
import os
import subprocess

from clients import Client, ssh
from net import LAB, TOOLS, LabError
from sandbox import PASSWORD, USER, WORK
from services import inetd, sshd

PEERS = LAB + "/peers"
PYTHON = ["/usr/bin/python3", "-E", "-W", "ignore"]
METHODS = "publickey,password"


# Building what is not Python.

def _build_line(source, target):
    if source.endswith(".go"):
        return ["go", "build", "-o", target, source]
    lwip = ["-I/usr/include/lwip", "-llwip", "-pthread"]
    return ["gcc", "-O2", "-Wall", "-Wextra", "-Wno-deprecated-declarations", "-o", target, source,
            *(lwip if os.path.basename(source).startswith("lwip") else ["-lssh"])]


def built(source):
    """The program of a source in peers/. Runs side by side may build it at once: each puts a whole file in place."""
    source = f"{PEERS}/{source}"
    target = os.path.join(os.path.realpath(TOOLS), "peer-" + os.path.basename(source).split(".")[0])
    if not os.path.exists(target) or os.path.getmtime(target) < os.path.getmtime(source):
        env = dict(os.environ, GO111MODULE="off", GOPATH="/usr/share/gocode", GOCACHE=WORK + "/go", HOME="/root")
        done = subprocess.run(_build_line(source, f"{target}.{os.getpid()}.{os.urandom(3).hex()}"), env=env,
                              capture_output=True, text=True)
        made = done.args[done.args.index("-o") + 1]
        if done.returncode != 0:
            raise LabError(f"{source}: {done.stderr.strip()[:300]}")
        os.replace(made, target)
    return target


# Keys.

def key(kind="ed25519", name=None, comment="key"):
    """A private key of this run; kind may name its size: rsa-3072."""
    path = f"{WORK}/{name or 'key-' + kind}"
    if not os.path.exists(path):
        algorithm, _, bits = kind.partition("-")
        subprocess.run(["ssh-keygen", "-q", "-t", algorithm, *(["-b", bits] if bits else []), "-N", "", "-m", "PEM",
                        "-C", comment, "-f", path], check=True)
    return path


def authorize(kind, options=""):
    """Lets a key of this kind in as well, with authorized_keys' options."""
    def act(lab):
        with open(key(kind) + ".pub") as public, open(f"/home/{USER}/.ssh/authorized_keys", "a") as authorized:
            authorized.write(f"{options} {public.read()}".lstrip())
    return act


# Servers.

def openssh(keys=("ed25519",), **options):
    """sshd with the log that labels are checked against, and host keys of the kinds given."""
    def start(lab):
        if keys != ("ed25519",):
            options["HostKey"] = "\nHostKey ".join(key(kind, "host_" + kind) for kind in keys)
        lab.words["grace"] = int(options.get("LoginGraceTime", 120))
        sshd(**{"LogLevel": "DEBUG3", **options})(lab)
    return start


def _peer(name, argv, port, host):
    """argv is made when it starts. The log is where server_log.py finds it."""
    def start(lab):
        log = open(f"{WORK}/peer-{name}-{port}.log", "w")
        lab.daemons[f"{name}:{port}"] = lab.network.start(host, *argv(), stdout=log, stderr=log)
        lab.network.wait_listening(host, port)
    return start


def _server(name, program, port, host, methods, kind, *more):
    return _peer(name, lambda: [*program(), str(port), key(kind, "host_" + kind), USER, PASSWORD, WORK + "/key.pub",
                                methods,
                                *map(str, more)], port, host)


def tinyssh(port=22, host="server"):
    """TinySSH that tells the system's log."""
    def start(lab):
        subprocess.run(["tinysshd-makekey", "-q", WORK + "/tinyssh"], check=True)
        inetd("tinysshd", "-vl", WORK + "/tinyssh", port=port, host=host)(lab)
    return start


def paramiko_server(port=22, host="server", methods=METHODS, kind="rsa"):
    return _server("paramiko", lambda: [*PYTHON, PEERS + "/paramiko_server.py"], port, host, methods, kind)


def asyncssh_server(port=22, host="server", methods=METHODS, kind="ed25519", login_timeout=120):
    return _server("asyncssh", lambda: [*PYTHON, PEERS + "/asyncssh_server.py"], port, host, methods, kind,
                   login_timeout)


def go_server(port=22, host="server", methods=METHODS, kind="ed25519"):
    return _server("go", lambda: [built("go_server.go")], port, host, methods, kind)


def libssh_server(port=22, host="server", methods=METHODS, kind="ed25519"):
    return _server("libssh", lambda: [built("libssh_server.c")], port, host, methods, kind)


def tls_server(port=22, host="server"):
    return _peer("tls", lambda: [built("go_tls.go"), str(port)], port, host)


def peer(name, port, *words, host="server"):
    """A small Python server of peers/ that speaks no more than a part of SSH."""
    return _peer(name, lambda: [*PYTHON, f"{PEERS}/{name}.py", str(port), *map(str, words)], port, host)


# Clients.

def go_client(user=USER, password="", ciphers="", kex="", use_key=None, timeout=30):
    """With the lab's key, unless a password is given and use_key is not."""
    keyed = password == "" if use_key is None else use_key

    def argv(target):
        return [built("go_client.go"), target.address, str(target.port), user, password, WORK + "/key" if keyed else "",
                "true", ciphers, *([kex] if kex else [])]
    return Client("go-x-crypto-0.4", argv, timeout=timeout)


def libssh_client(*lists, user=USER, password="", timeout=30):
    """lists: libssh_client("ciphers=aes128-ctr", "compression=yes")"""
    return Client("libssh-0.10", lambda target: [built("libssh_client.c"), target.address, str(target.port), user,
                                                 password,
                                                 WORK + "/key", "true", *lists], timeout=timeout)


def typed(client, *script, timeout=90):
    """The client at a terminal, with somebody who types: each step is (pattern, seconds, text)."""
    def argv(target):
        return [*PYTHON, PEERS + "/typist.py", json.dumps(script), "--", *client.argv(target)]
    return Client(client.name, argv, client.host, {}, timeout)


def ssh_typed(*script, options=(), command="true", user=USER, tries=3, checking="no", timeout=90, connect_timeout=60):
    """OpenSSH at a terminal, with no key but those that an option names."""
    client = ssh(command, user=user, password="", tries=tries, options=options, connect_timeout=connect_timeout)

    def argv(target):
        line = client.argv(target)
        line[line.index("StrictHostKeyChecking=no")] = "StrictHostKeyChecking=" + checking
        if any(option.startswith("IdentityFile") for option in options):
            line[line.index("PubkeyAuthentication=no")] = "IdentitiesOnly=yes"
        return line
    return typed(Client(client.name, argv), *script, timeout=timeout)


def ssh_keys(*kinds, options=(), command="true", user=USER):
    """OpenSSH with keys of these kinds, offered in this order, and no other."""
    client = ssh(command, user=user, options=("IdentitiesOnly=yes", *options))

    def argv(target):
        line = client.argv(target)
        at = line.index("-i")
        return line[:at] + [word for kind in kinds for word in ("-i",
                                                                WORK + "/key" if kind == "lab" else key(kind))] + \
            line[at + 2:]
    return Client(client.name, argv)


def with_agent(client, *kinds):
    """The client beside an agent that holds keys of these kinds."""
    def argv(target):
        keys = " ".join(key(kind) for kind in kinds)
        return ["ssh-agent", "sh", "-c", f'ssh-add -q {keys} && exec "$@"', "sh", *client.argv(target)]
    return Client(client.name, argv, client.host, client.env, client.timeout)


def known_host(path, which="host_key", wrong=False):
    """Writes a known_hosts file for the server: its key, or somebody else's of the same kind."""
    def act(lab):
        kind = which.partition("_")[2].replace("key", "ed25519")
        with open((key(kind, "stranger") if wrong else f"{WORK}/{which}") + ".pub") as public:
            words = public.read().split()[:2]
        with open(f"{WORK}/{path}", "w") as known:
            known.write(" ".join([lab.words["server"], *words]) + "\n")
    return act


def dead_resolver(lab):
    """The server asks a name server that never answers: without the blackhole, a router would say so at once."""
    lab.network.ip("router1", "route", "add", "blackhole", "192.0.2.0/24")
    os.makedirs("/etc/netns/server", exist_ok=True)
    with open("/etc/netns/server/resolv.conf", "w") as resolver:
        resolver.write("nameserver 192.0.2.53\noptions timeout:3 attempts:1\n")
    with open("/etc/netns/server/hosts", "w") as hosts:
        hosts.write("127.0.0.1 localhost\n")


def ssh_checking(client, checking, known=None):
    """An OpenSSH client with another StrictHostKeyChecking, and a known_hosts file that known_host wrote."""
    def argv(target):
        line = client.argv(target)
        line[line.index("StrictHostKeyChecking=no")] = "StrictHostKeyChecking=" + checking
        if known:
            line[line.index("UserKnownHostsFile=/dev/null")] = f"UserKnownHostsFile={WORK}/{known}"
        return line
    return Client(client.name, argv, client.host, client.env, client.timeout)


def shell(*lines, pause=0.4):
    """What somebody types in an interactive session: each line after the prompt, then the end of it."""
    return [(r"\$ ", pause, line + "\n") for line in lines] + [(r"\$ ", pause, "exit\n")]
