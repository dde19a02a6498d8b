"""What is run while something fails: forms of input and of output."""
import os
import re
import shutil
import subprocess
import tempfile

PCAP_HEADER = 24


class Case:
    right = None  # the one right cause, where no two runs are alike
    step = 1  # of what its libraries ask for, and of system calls, no more than each one in so many

    def __init__(self, name, words, path=None, stdin=None, saves=False):
        self.name, self.words, self.path, self.stdin, self.saves = name, words, path, stdin, saves
        self.json = "--json" in words

    def arguments(self, work):
        words = ["-n", *self.words]
        if self.saves:
            words += ["-w", os.path.join(work, "saved.pcap")]
        return words + ["-r", self.path if self.path else "-"]

    def start(self, words, environment, patience):
        """(status, output, standard error); status None where it does not end."""
        given = b""
        if self.stdin:
            with open(self.stdin, "rb") as file:
                given = file.read()
        try:
            done = subprocess.run(words, input=given, capture_output=True, env=environment, timeout=patience)
        except subprocess.TimeoutExpired:
            return None, b"", ""
        return done.returncode, done.stdout, done.stderr.decode(errors="replace")

    def saved(self, work):
        if not self.saves:
            return b""
        try:
            with open(os.path.join(work, "saved.pcap"), "rb") as file:
                return file.read()
        except FileNotFoundError:
            return b""


class LiveCase(Case):
    """Watching the loopback of a namespace, where connections to port 22 are refused; one is the right verdict on all of them."""

    SCRIPT = ("ip link set lo up; \"$@\" & program=$!; i=0; "
              "while [ $i -lt 100 ] && kill -0 $program 2>/dev/null && ! grep -q ' [0-9]' /proc/net/packet; do i=$((i+1)); sleep 0.05; done; sleep 0.3; i=0; "
              "while [ $i -lt 10 ] && kill -0 $program 2>/dev/null; do i=$((i+1)); (exec 3<>/dev/tcp/127.0.0.1/22) 2>/dev/null; sleep 0.05; done; "
              "sleep 0.2; pkill -INT -x sshsniff; wait $program")
    right, step = "kernel-rst", 31

    def __init__(self):
        super().__init__("live", ["--json"])

    def arguments(self, work):
        return ["-n", *self.words, "-i", "lo"]

    def start(self, words, environment, patience):
        own = [f"{name}={value}" for name, value in environment.items() if os.environ.get(name) != value]  # not the shell's
        inside = ["unshare", "-n", "-p", "-f", "--mount-proc", "bash", "-c", self.SCRIPT, "bash", "env", *own, *words]
        try:
            done = subprocess.run(inside, stdin=subprocess.DEVNULL, capture_output=True, timeout=patience)
        except subprocess.TimeoutExpired:
            return None, b"", ""
        return done.returncode, done.stdout, done.stderr.decode(errors="replace")


def records(path):
    with open(path, "rb") as file:
        head, rest = file.read(PCAP_HEADER), file.read()
    found = []
    while rest:
        length = 16 + int.from_bytes(rest[8:12], "little")
        found.append(rest[:length])
        rest = rest[length:]
    return head, found


def disordered(path, folder):
    """The same frames, the first half of them behind the second: they have to be sorted."""
    head, found = records(path)
    out = os.path.join(folder, "disordered.pcap")
    half = len(found) // 2
    with open(out, "wb") as file:
        file.write(head + b"".join(found[half:] + found[:half]))
    return out


LARGE = 34 << 20  # bytes: smaller files are read by one thread (src/track/fast/read_ahead.c)
OTHERS = 7  # connections to another port, for each that is SSH's: a second thread reads ahead where most frames are nobody's


def large(path, folder):
    """Copies of a session, each of a client's port of its own, and many more to a port that is none of SSH's."""
    head, found = records(path)
    out = os.path.join(folder, "large.pcap")
    with open(out, "wb") as file:
        file.write(head)
        for copy in range(1 + LARGE // sum(map(len, found))):
            file.write(b"".join(with_ports(record, copy, 22 if copy % (1 + OTHERS) == 0 else 443) for record in found))
    return out


def with_ports(record, copy, server):
    """The client's port plus `copy`, and the server's, in Ethernet, IPv4 and TCP, later; checksums are not looked at."""
    frame = bytearray(record)
    frame[:4] = (int.from_bytes(frame[:4], "little") + 60 * copy).to_bytes(4, "little")
    if frame[28:30] != b"\x08\x00" or frame[39] != 6:
        return bytes(frame)
    for at in (16 + 34, 16 + 36):
        port = int.from_bytes(frame[at:at + 2], "big")
        frame[at:at + 2] = (server if port == 22 else 1024 + (port + copy) % 60000).to_bytes(2, "big")
    return bytes(frame) if server == 22 else bytes(frame).replace(b"SSH-", b"TLS-")


def loader_calls(calls, program):
    """How often the loader makes each call before main: of a run that does nothing but say its version."""
    with tempfile.TemporaryDirectory() as folder:
        trace = os.path.join(folder, "trace")
        subprocess.run(["strace", "-qq", "-o", trace, "-e", "trace=" + ",".join(calls), program, "--version"], capture_output=True)
        with open(trace, errors="replace") as file:
            said = file.read()
    return {call: 0 if call == "write" else len(re.findall(rf"^{call}\(", said, re.M)) for call in calls}


def all_cases(folder, everything):
    refused, login = "pcaps/kernel-rst-alone-v4.pcap", "pcaps/login-clients-keys-only-v4.pcap"
    yield Case("plain", ["--json"], login)
    yield Case("gzip", ["--json"], "pcaps/heldout-listen-overflow-v4.pcap.gz")
    yield Case("zstd", ["--json"], "pcaps/login-rekey-v4.pcap.zst")
    yield Case("pcapng", ["--json"], "pcaps/fail2ban-seen-late-v4-at-client.pcapng")
    yield Case("pipe", ["--json"], stdin=login)
    yield Case("saving", ["--json"], login, saves=True)
    yield Case("comments", ["--json", "--write-format", "pcapng"], login, saves=True)
    yield Case("disordered", ["--json"], disordered(login, folder))
    yield Case("text", ["-v"], login)
    yield Case("page", ["--json", "--html", os.path.join(folder, "page.html")], login)
    if everything:
        yield Case("large", ["--json"], large("pcaps/login-scp-small-v4.pcap", folder))
        yield Case("filter", ["--json", "tcp"], login)
        yield Case("summary", ["-q"], login)
        yield Case("refused", ["--json"], refused)
        yield Case("lines", [], refused)
        yield Case("memory", ["--json", "--max-memory", "64M"], login)
        yield Case("large-text", [], large("pcaps/login-scp-small-v4.pcap", folder))
    if everything and os.geteuid() == 0 and shutil.which("unshare") and shutil.which("ip"):
        yield LiveCase()
