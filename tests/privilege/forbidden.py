"""What somebody would try who has taken a process over, or who shares its user."""
import contextlib
import os
import platform
import subprocess
import time

from modes import ALICE, FIFO, FOLLOWED, PLAIN, PRIVATE, PROGRAM, ROOT, SETCAP, Mode, Started, status_of
from sandbox import USER, WORK

HERE = os.path.dirname(os.path.realpath(__file__))
PYTHON = "/usr/bin/python3"  # the system's: every user may run it
DENIED, EACCES = "denied", "-13"


def source_of(script):
    """Its text: who runs it may not be allowed into the tree."""
    with open(f"{HERE}/{script}.py", encoding="utf-8") as file:
        return file.read()

# Numbers of x86-64, where make_call works.
WRITE, MPROTECT, SOCKET, SENDTO, SETSOCKOPT, EXECVE, KILL, PTRACE, OPENAT, FCNTL, DUP2, SETRESUID, UNSHARE, MKDIR = (
    1, 10, 41, 44, 54, 59, 62, 101, 257, 72, 33, 117, 272, 83)
RENAMEAT2, UNLINKAT, EXCHANGE = 316, 263, 2
AT_CWD, WRONLY_CREAT, SOL_SOCKET, DETACH_FILTER = -100, 0o101, 1, 27
PROT_RWX, CLONE_NEWUSER = 7, 0x10000000

ALWAYS = (
    ("to run a program", DENIED, (EXECVE, "=/bin/sh", 0, 0)),
    ("to write a file", DENIED, (OPENAT, AT_CWD, "=/tmp/written", WRONLY_CREAT, 0o600)),
    ("to trace init", DENIED, (PTRACE, 16, 1, 0, 0)),
    ("to make memory code", DENIED, (MPROTECT, 0, 4096, PROT_RWX)),
    ("a namespace of its own", DENIED, (UNSHARE, CLONE_NEWUSER)),
    ("a packet socket", DENIED, (SOCKET, 17, 3, 0)),
)
READS = (
    ("to read a file", EACCES, (OPENAT, AT_CWD, "=/etc/passwd", 0, 0)),
    ("an internet socket", DENIED, (SOCKET, 2, 1, 0)),
    ("to kill init", DENIED, (KILL, 1, 9)),
    ("to become root", DENIED, (SETRESUID, 0, 0, 0)),
)
LIVE = (
    ("to send by the capture", DENIED, (SENDTO, "packet", "=frame", 60, 0, 0, 0)),
    ("to write to the capture", DENIED, (WRITE, "packet", "=frame", 60)),
    ("to send by the capture, by a number that is longer", DENIED, (SENDTO, "longer", "=frame", 60, 0, 0, 0)),
    ("to take the filter off", DENIED, (SETSOCKOPT, "packet", SOL_SOCKET, DETACH_FILTER, "=", 4)),
    ("the capture as standard output", DENIED, (DUP2, "packet", 1)),
    ("a copy of the capture's descriptor", DENIED, (FCNTL, "packet", 0, 1)),
)
# With --metrics it exchanges the names of two files in one folder, and nothing else.
METRICS = f"{WORK}/metrics/kept.prom"
KEEPS = (
    ("to write a file", DENIED, (OPENAT, AT_CWD, "=/tmp/written", WRONLY_CREAT, 0o600)),
    ("to open a further file in the folder", DENIED, (OPENAT, "folder", "=further", WRONLY_CREAT, 0o600)),
    ("to exchange files elsewhere", DENIED, (RENAMEAT2, AT_CWD, "=/etc/passwd", AT_CWD, "=/etc/group", EXCHANGE)),
    ("to rename in the folder", DENIED, (RENAMEAT2, "folder", "=kept.prom", "folder", "=other", 0)),
    ("to take a file out of the folder", EACCES, (RENAMEAT2, "folder", "=kept.prom", "folder", "=../make_call", EXCHANGE)),
    ("to remove a file elsewhere", DENIED, (UNLINKAT, AT_CWD, "=/etc/passwd", 0)),
    ("to remove a file above the folder", EACCES, (UNLINKAT, "folder", "=../make_call", 0)),
)
OPENER = (
    ("to run a program", DENIED, (EXECVE, "=/bin/sh", 0, 0)),
    ("to write a file", DENIED, (OPENAT, AT_CWD, "=/tmp/written", WRONLY_CREAT, 0o600)),
    ("to read what is not the kernel's", EACCES, (OPENAT, AT_CWD, "=/etc/passwd", 0, 0)),
    ("to trace init", DENIED, (PTRACE, 16, 1, 0, 0)),
    ("to kill init", DENIED, (KILL, 1, 9)),
)
KEEPER = (
    ("to run another program", DENIED, (EXECVE, "=/bin/sh", 0, 0)),
    ("an internet socket", DENIED, (SOCKET, 2, 1, 0)),
    ("to read a file", EACCES, (OPENAT, AT_CWD, "=/etc/passwd", 0, 0)),
)
NAMES = (
    ("to run a program", DENIED, (EXECVE, "=/bin/sh", 0, 0)),
    ("to write a file", EACCES, (OPENAT, AT_CWD, "=/tmp/written", WRONLY_CREAT, 0o600)),
    ("to read what is of no use to it", EACCES, (OPENAT, AT_CWD, "=/proc/self/maps", 0, 0)),
    ("to trace init", DENIED, (PTRACE, 16, 1, 0, 0)),
)


def need(good, what):
    if not good:
        raise AssertionError(what)


def capture_socket(pid):
    """The descriptor of the packet socket."""
    with open(f"/proc/{pid}/net/packet") as file:
        inodes = {line.split()[-1] for line in file}
    for number in os.listdir(f"/proc/{pid}/fd"):
        link = os.readlink(f"/proc/{pid}/fd/{number}")
        if link.startswith("socket:[") and link[8:-1] in inodes:
            return int(number)
    raise AssertionError("no packet socket there")


def folder_of(pid):
    """The descriptor of the folder of --metrics; by its inode, for in a chroot the names of another mount namespace's are others."""
    wanted = os.stat(os.path.dirname(METRICS))
    for number in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(OSError):
            if os.path.samestat(os.stat(f"/proc/{pid}/fd/{number}"), wanted):
                return int(number)
    raise AssertionError("no folder there")


def call(process, words):
    stands_for = {"folder": lambda: folder_of(process), "packet": lambda: capture_socket(process), "longer": lambda: capture_socket(process) + (1 << 32)}
    argv = [f"{WORK}/make_call", str(process), *(str(stands_for.get(word, lambda word=word: word)()) for word in words)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=10)
    need(done.returncode == 0, f"make_call: {done.stderr}")
    return done.stdout.strip()


def try_call(stage, start, mode, role, expected, words):
    started = start(stage, mode, traced=False)
    try:
        process = next(p for p in started.processes() if p.role == role)
        got = call(process.pid, words)
        need(got == expected, f"{got}, not {expected}")
        if expected != DENIED:
            return
        deadline = time.monotonic() + 3
        while os.path.exists(f"/proc/{process.pid}") and status_of(process.pid)["State"][0] != "Z" and time.monotonic() < deadline:
            time.sleep(0.02)
        need(not os.path.exists(f"/proc/{process.pid}") or status_of(process.pid)["State"][0] == "Z", "the process goes on")
    finally:
        said = started.stop()
    need("is not one that this process may make; ended" in said, f"no line that says so: {said!r}")


def calls(server):
    """(what, mode, role, expected, words)"""
    live = Mode("live", ROOT, ["-i", "eth0", "--json", "-n"])
    kept = Mode("live, -Z root", ROOT, ["-i", "eth0", "--json", "-n", "-Z", "root"])
    plain = Mode("live, setcap", PLAIN, ["-i", "eth0", "--json", "-n"])
    os.makedirs(os.path.dirname(METRICS), exist_ok=True)
    keeps = Mode("live, --metrics, -Z root", ROOT, ["-i", "eth0", "--json", "-n", "-Z", "root", "--metrics", METRICS])
    files = Mode("-r", ROOT, ["-n", "--json", "-r", FIFO])
    follow = Mode("-r --follow", ROOT, ["-n", "--json", "--follow", "-r", FOLLOWED])
    run = Mode("run", ROOT, ["run", "--json", "--", "sleep", "20"], ("reads packets", "starts the command", "the command"), needs=3)
    probe = Mode("probe", ROOT, ["probe", "--json", "--banner-timeout", "15", "--timeout", "30", server], ("probes", "asks for names", "sends"),
                 needs=3)
    confirm = Mode("confirm", ROOT, ["-i", "eth0", "--json", "-n", "--confirm"], ("reads packets", "opens"), needs=2)
    for mode, role, tried in ((live, "reads packets", (*ALWAYS, *READS, *LIVE)), (kept, "reads packets", (*ALWAYS[:2], *READS[:1])),
                              (keeps, "reads packets", KEEPS),
                              (plain, "reads packets", (*ALWAYS[:2], *LIVE[:2])), (files, "reads packets", (*ALWAYS, *READS)),
                              (follow, "reads packets", (*ALWAYS, *READS)),
                              (run, "reads packets", (*ALWAYS[:2], *READS[2:3], *LIVE[:3])), (run, "starts the command", KEEPER),
                              (probe, "probes", (*ALWAYS, *READS[:1], *READS[2:], *LIVE)), (probe, "asks for names", NAMES), (probe, "sends", (*ALWAYS, *READS)),
                              (confirm, "opens", OPENER)):
        for what, expected, words in tried:
            yield f"{mode.name}, {role}: {what}", mode, role, expected, words


# ---- The same user ----

def as_user(stage, *argv, user=USER, check=False):
    return stage.network.run("client", "setpriv", "--reuid", user, "--regid", user, "--init-groups", "--inh-caps=-all", *argv, check=check)


def stolen(stage):
    """Another process of the same user takes no descriptor, and sees no memory."""
    mode = Mode("live, setcap", PLAIN, ["-i", "eth0", "--json", "-n"])
    started = Started(stage.network, mode, traced=False)
    try:
        pid = started.processes()[0].pid
        done = as_user(stage, PYTHON, "-c", source_of("steal"), str(pid))
        need(done.returncode == 0, done.stdout + done.stderr)
        return done.stdout.strip()
    finally:
        started.stop()


def leaked(stage, who):
    """What `run` runs finds no descriptor but the standard ones, and sends nothing."""
    mode = Mode("run", who, ["run", "--json", "--", PYTHON, "-E", "-c", source_of("leak"), "eth0"])
    program = SETCAP if who == PLAIN else PROGRAM
    argv = Started.as_user(mode, [program, *mode.words])
    with open("/etc/passwd") as inherited:
        done = stage.network.run("client", *argv, check=False, pass_fds=[inherited.fileno()])
    need(done.returncode == 0 and "descriptors 0 1 2" in done.stdout, f"{done.returncode}: {done.stdout} {done.stderr}")


# ---- Drops that fail ----

def not_run_without_drop(stage):
    """A root that cannot become the caller runs nothing."""
    mark = f"{WORK}/was-run"
    done = stage.network.run("client", "setpriv", "--bounding-set=-setuid,-setgid", "env", "SUDO_UID=12345", "SUDO_GID=12345", PROGRAM,
                             "run", "--", "touch", mark, check=False)
    need(done.returncode == 1 and not os.path.exists(mark), f"exit {done.returncode}, ran: {os.path.exists(mark)}; {done.stderr}")


def no_such_user(stage):
    for words in (["-i", "eth0"], ["-r", PRIVATE]):
        done = stage.network.run("client", PROGRAM, *words, "-Z", "nosuchuser", check=False)
        need(done.returncode == 1 and "nosuchuser" in done.stderr and "attempt" not in done.stdout, f"{done.returncode}: {done.stderr}")


def root_is_told(stage):
    done = stage.network.run("client", PROGRAM, "-n", "-r", PRIVATE, "-Z", "root", check=False)
    need(done.returncode == 0 and "uid 0 is kept" in done.stderr, f"{done.returncode}: {done.stderr}")


OLD_KERNELS = (("Landlock", "landlock_create_ruleset"), ("seccomp", "seccomp"))


def root_is_refused(stage):
    """Where the kernel has no Landlock, or no seccomp, -Z root is refused before anything is opened."""
    for name, call_name in OLD_KERNELS:
        for words in (["-i", "eth0"], ["-r", PRIVATE]):
            done = stage.network.run("client", PYTHON, f"{HERE}/without.py", call_name, PROGRAM, "-n", *words, "-Z", "root", check=False)
            need(done.returncode == 2 and name in done.stderr and not done.stdout, f"{name}: exit {done.returncode}: {done.stderr}")


def old_kernel_is_told(stage):
    """Without -Z the rights are given up all the same, and -v says what the kernel lacks."""
    for name, call_name in OLD_KERNELS:
        done = stage.network.run("client", PYTHON, f"{HERE}/without.py", call_name, PROGRAM, "-n", "-v", "-r", PRIVATE, check=False)
        need(done.returncode == 0 and f"no {name}" in done.stderr and "kernel-rst" in done.stdout, f"{name}: {done.returncode}: {done.stderr}")
        done = stage.network.run("client", PYTHON, f"{HERE}/without.py", call_name, "timeout", "--preserve-status", "-s", "INT", "1", PROGRAM,
                                 "-i", "eth0", "--json", "-n", "-v", check=False)
        need(done.returncode == 0 and f"no {name}" in done.stderr and '"summary"' in done.stdout, f"{name}: {done.returncode}: {done.stderr}")


def one_uid(stage):
    """A container that has no uid but 0 (which is an ordinary user's outside): that one is kept, without a right."""
    capture = f"{WORK}/public.pcap"
    with open(PRIVATE, "rb") as file, open(capture, "wb") as out:
        out.write(file.read())
    may = as_user(stage, "unshare", "--map-root-user", "true").returncode == 0  # a chroot may not
    if may:
        done = as_user(stage, "unshare", "--map-root-user", PROGRAM, "-n", "-r", capture)
        need(done.returncode == 0 and "uid 0 is kept" in done.stderr and "kernel-rst" in done.stdout,
             f"exit {done.returncode}: {done.stderr}")
    done = stage.network.run("client", "setpriv", "--bounding-set=-setuid,-setgid,-setpcap", PROGRAM, "-n", "-r", PRIVATE, check=False)
    need(done.returncode == 0 and "uid 0 is kept" in done.stderr and "kernel-rst" in done.stdout, f"exit {done.returncode}: {done.stderr}")
    return "" if may else "without a user namespace, which is not allowed here"


def nobody_is_told(stage):
    done = stage.network.run("client", PROGRAM, "-n", "-v", "-r", PRIVATE, check=False)
    need(done.returncode == 0 and "nobody" in done.stderr and "kernel-rst" in done.stdout, f"{done.returncode}: {done.stderr}")


# ---- -w ----

def folder_for_all():
    path = f"{WORK}/tmp"
    os.makedirs(path, exist_ok=True)
    os.chmod(path, 0o1777)
    return path


def write_to(stage, path, who=ROOT):
    mode = Mode("-w", who, ["-n", "-q", "-r", PRIVATE, "-w", path])
    return stage.network.run("client", *Started.as_user(mode, [PROGRAM, *mode.words]), check=False)


def anothers_link(stage):
    """root's -w does not go where a user's link leads, neither at the end of a path nor on the way."""
    folder, secret = folder_for_all(), f"{WORK}/secret"
    for target, link, path in ((secret, f"{folder}/out.pcap", f"{folder}/out.pcap"), (WORK, f"{folder}/way", f"{folder}/way/secret")):
        with open(secret, "w") as file:
            file.write("kept")
        as_user(stage, "ln", "-s", target, link, check=True)
        done = write_to(stage, path)
        with open(secret) as file:
            need(file.read() == "kept", f"{path}: written to")
        need(done.returncode == 1 and "another user" in done.stderr, f"{path}: exit {done.returncode}: {done.stderr}")


def anothers_file(stage):
    """Nor to a file that a user has put where everybody may put files."""
    path = f"{folder_for_all()}/there.pcap"
    as_user(stage, "touch", path, check=True)
    done = write_to(stage, path)
    need(done.returncode == 1 and os.path.getsize(path) == 0, f"exit {done.returncode}, {os.path.getsize(path)} bytes; {done.stderr}")


def own_link(stage):
    """One's own link is followed, as is root's; and a file of another's is the caller's own."""
    folder, home = folder_for_all(), f"/home/{USER}"
    as_user(stage, "ln", "-s", f"{home}/saved.pcap", f"{folder}/mine", check=True)
    done = write_to(stage, f"{folder}/mine", ALICE)
    need(done.returncode == 0 and os.path.getsize(f"{home}/saved.pcap") > 24, f"exit {done.returncode}: {done.stderr}")
    need(os.stat(f"{home}/saved.pcap").st_uid != 0, "the file belongs to root, not to the caller")
    with open(f"{WORK}/by-name.pcap", "wb") as out:
        done = stage.network.run("client", PROGRAM, "-q", "-r", PRIVATE, "-w", "/dev/stdout", check=False, capture_output=False, stdout=out,
                                 stderr=subprocess.PIPE)
    need(done.returncode == 0 and os.path.getsize(f"{WORK}/by-name.pcap") > 24, f"/dev/stdout: {done.stderr}")


def not_as_root(stage):
    """sudo does not let the caller write where the caller may not."""
    done = write_to(stage, "/etc/sudo-was-here", ALICE)
    need(done.returncode == 1 and not os.path.exists("/etc/sudo-was-here"), f"exit {done.returncode}: {done.stderr}")


def reads_roots_file(stage):
    """A capture that only root may read is opened before the rights are gone, by sudo and by root."""
    for who in (ROOT, ALICE):
        mode = Mode("-r", who, ["-n", "--json", "-r", PRIVATE])
        done = stage.network.run("client", *Started.as_user(mode, [PROGRAM, *mode.words]), check=False)
        need(done.returncode == 0 and "kernel-rst" in done.stdout, f"{who}: exit {done.returncode}: {done.stderr}")
    done = as_user(stage, PROGRAM, "-n", "-r", PRIVATE)
    need(done.returncode == 1, "an ordinary user read it, too")


def drops_are_counted(stage):
    """The summary's count of lost frames comes from a call that the confined process has to make."""
    done = stage.network.run("client", "timeout", "--preserve-status", "-s", "INT", "1.5", PROGRAM, "-i", "eth0", "--json", "-n", check=False)
    need(done.returncode == 0 and '"frames_dropped":0' in done.stdout, f"exit {done.returncode}: {done.stdout} {done.stderr}")


def closed_standard_output(stage):
    """With standard output closed, nothing that is opened later takes its place."""
    done = stage.network.run("client", "sh", "-c", f"timeout --preserve-status -s INT 1 {PROGRAM} -i eth0 --json -n >&-", check=False)
    need(done.returncode in (0, 1), f"exit {done.returncode}")


TESTS = (stolen, not_run_without_drop, no_such_user, root_is_told, root_is_refused, old_kernel_is_told, one_uid, nobody_is_told, anothers_link, anothers_file, own_link, not_as_root,
         reads_roots_file, drops_are_counted, closed_standard_output)


def tests(stage, start):
    for test in TESTS:
        yield test.__name__.replace("_", " "), lambda test=test: test(stage)
    for who in (ROOT, ALICE, PLAIN):
        yield f"leaked to the command, {who}", lambda who=who: leaked(stage, who)
    if platform.machine() == "x86_64":
        for what, *rest in calls(stage.words["server"]):
            yield what, lambda rest=rest: try_call(stage, start, *rest)
