"""A client and a server in network namespaces of their own, and single connection attempts between them."""
import errno
import os
import select
import shutil
import socket
import struct
import subprocess
import sys

CLIENT, SERVER = "10.77.0.2", "10.77.0.1"
CLIENT6, SERVER6 = "fd77::2", "fd77::1"
MAC = {CLIENT: "02:00:00:77:00:02", SERVER: "02:00:00:77:00:01"}
WAIT = 0.8  # seconds for an answer; the second SYN comes after one

HERE = os.path.dirname(os.path.abspath(__file__))
READ_RULES = os.path.join(HERE, "..", "..", "build", "read_rules")

# enum local_fate
PASSES, DROPS, RST, ICMP, LIMITS, LOGS, UNKNOWN, SENT_ON, CLOSES = range(9)
# enum local_owner
NONE, UFW, FIREWALLD, FAIL2BAN, DOCKER, SSHGUARD, CROWDSEC, HOSTS, SSHD = range(9)
# enum local_rules_by
BY_NFT, BY_LEGACY, BY_FILE = range(3)


def run(*words, check=True, **more):
    return subprocess.run(words, check=check, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **more)


class Scene:
    """Names begin with `name`, so that scenes do not meet."""

    def __init__(self, name):
        self.server, self.client = name + "-srv", name + "-cli"
        self.remove()
        for namespace in (self.server, self.client):
            run("ip", "netns", "add", namespace)
            run("ip", "-n", namespace, "link", "set", "lo", "up")
        run("ip", "-n", self.server, "link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", self.client)
        for namespace, four, six in ((self.server, SERVER, SERVER6), (self.client, CLIENT, CLIENT6)):
            run("ip", "-n", namespace, "addr", "add", four + "/24", "dev", "eth0")
            run("ip", "-n", namespace, "addr", "add", six + "/64", "dev", "eth0", "nodad")
            run("ip", "-n", namespace, "link", "set", "eth0", "address", MAC[four])
            run("ip", "-n", namespace, "link", "set", "eth0", "up")
        # Neighbours are known for ever: rules may drop the packets that find them.
        for namespace, others in ((self.server, (CLIENT, CLIENT6)), (self.client, (SERVER, SERVER6))):
            for other in others:
                run("ip", "-n", namespace, "neigh", "replace", other, "lladdr", MAC[others[0]], "dev", "eth0", "nud", "permanent")

    def remove(self):
        for namespace in (self.server, self.client):
            run("ip", "netns", "del", namespace, check=False)

    def on_server(self, *words, **more):
        return run("ip", "netns", "exec", self.server, *words, **more)

    def on_client(self, *words, **more):
        return run("ip", "netns", "exec", self.client, *words, **more)


def attempt(server, port, wait):
    """The fate of one SYN, or of a few where more than a second is waited for an answer, sent from the namespace that this process is in. An ICMP error is seen as such."""
    six = ":" in server
    family = socket.AF_INET6 if six else socket.AF_INET
    watch = socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_ICMPV6 if six else socket.IPPROTO_ICMP)
    watch.setblocking(False)
    with socket.socket(family, socket.SOCK_STREAM) as stream:
        # A reset at the end, so that nothing follows.
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        stream.setblocking(False)
        stream.bind(("::" if six else "0.0.0.0", 0))
        own = stream.getsockname()[1]
        error = stream.connect_ex((server, port))
        select.select([], [stream], [], wait)
        error = stream.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        try:
            stream.getpeername()
            connected = True
        except OSError:
            connected = False
    told = heard_error(watch, six, own)
    watch.close()
    # Rules may let the SYN in and refuse what comes after it: a reset then is none that answers the SYN.
    if connected or error == errno.ECONNRESET:
        return PASSES
    if told:
        return ICMP
    return RST if error else DROPS


def heard_error(watch, six, own):
    """Whether an ICMP error came that quotes a packet of this port: others answer what earlier attempts left behind."""
    at = 8 + 40 if six else 20 + 8 + 20
    while True:
        try:
            packet = watch.recv(256)
        except BlockingIOError:
            return False
        if (packet[0] == 1 if six else packet[20] == 3) and packet[at:at + 2] == own.to_bytes(2, "big"):
            return True


def client_loop():
    """Requests of lines "server port seconds" on standard input, answered by fates: a process that lives in the client's
    namespace, for many attempts."""
    for line in sys.stdin:
        server, port, wait = line.split()
        print(attempt(server, int(port), float(wait)), flush=True)


class Client:
    def __init__(self, scene):
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", scene.client, sys.executable, os.path.abspath(__file__)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def attempt(self, server=SERVER, port=22, wait=WAIT):
        self.process.stdin.write(f"{server} {port} {wait}\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def listener(scene, *ports):
    """A process that accepts and closes on these ports of the server."""
    program = """
import selectors, socket, sys
ready = selectors.DefaultSelector()
for port in map(int, sys.argv[1:]):
    s = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=64)
    ready.register(s, selectors.EVENT_READ)
print("ready", flush=True)
while True:
    for key, _ in ready.select():
        key.fileobj.accept()[0].close()
"""
    process = subprocess.Popen(["ip", "netns", "exec", scene.server, sys.executable, "-c", program, *map(str, ports)],
                               stdout=subprocess.PIPE, text=True)
    process.stdout.readline()
    return process


def has(*programs):
    return all(shutil.which(program, path="/usr/sbin:/usr/bin:/sbin:/bin") for program in programs)


if __name__ == "__main__":
    client_loop()
