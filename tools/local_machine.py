"""A Debian that is booted for real (systemd-nspawn), with a network of its own and a client beside it.

Its root folder is made once by debootstrap and never changed: each run works on an overlay that goes with it. All of it is in
namespaces: nothing is sent from the machine's own."""
import os
import shutil
import signal
import subprocess
import sys
import time

TOP = os.path.realpath(os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
FOLDER = os.path.join(TOP, "build", "debian")  # which the Makefile does not look into
SUITE = "bookworm"
PACKAGES = ["systemd", "systemd-sysv", "dbus", "openssh-server", "openssh-client", "iproute2", "nftables", "iptables", "ufw", "fail2ban",
            "python3-systemd", "procps", "libpcap0.8", "libnet1", "libcap-ng0", "libseccomp2", "libnettle8", "zlib1g", "libzstd1"]
SERVER, CLIENT = "10.91.0.1", "10.91.0.2"
BOOT_SECONDS = 60
INSIDE = "LOCAL_CHECK_INSIDE"


def call(*argv, check=True, **more):
    done = subprocess.run(argv, capture_output=True, text=True, **more)
    if check and done.returncode:
        raise RuntimeError(f"{' '.join(argv)}: {done.stderr.strip() or done.stdout.strip()}")
    return done


def cannot():
    """Why no machine can be booted here; None: one can."""
    if os.geteuid() != 0:
        return "needs root"
    for program in ("systemd-nspawn", "debootstrap", "ip", "nsenter", "unshare"):
        if not shutil.which(program):
            return f"there is no {program}"
    return None


def in_own_namespace():
    """Mounts and named network namespaces go with the process."""
    if os.environ.get(INSIDE):
        return
    os.environ[INSIDE] = "1"
    os.execvp("unshare", ["unshare", "--mount", "--propagation", "private", sys.executable, *sys.argv])


def root_folder(name="local-check", suite=SUITE, packages=tuple(PACKAGES)):
    """The machine's files, made where they are not there yet."""
    root = os.path.join(FOLDER, name)
    complete = os.path.join(root, "etc", "local-check-is-complete")
    if os.path.exists(complete):
        return root
    os.makedirs(FOLDER, exist_ok=True)
    shutil.rmtree(root, ignore_errors=True)
    print(f"making an empty Debian (once): {os.path.relpath(root, TOP)}", flush=True)
    call("debootstrap", "--variant=minbase", "--include=" + ",".join(packages), suite, root)
    call("chroot", root, "systemctl", "disable", "-q", "ssh.socket", check=False)
    open(complete, "w", encoding="utf-8").close()
    return root


class Machine:
    def __init__(self, program=None, root=None):
        self.name = f"localcheck{os.getpid()}"
        self.work = os.path.join("/run", self.name)
        self.merged = os.path.join(self.work, "merged")
        self.nspawn = self.leader = None
        call("mount", "-t", "tmpfs", "tmpfs", "/run")  # ours alone, as this mount namespace is
        os.makedirs("/run/netns")
        os.makedirs(self.merged)
        for folder in ("upper", "work"):
            os.makedirs(os.path.join(self.work, folder))
        call("mount", "-t", "overlay", "overlay", "-o",
             f"lowerdir={root or root_folder()},upperdir={self.work}/upper,workdir={self.work}/work", self.merged)
        if program:
            shutil.copy(program, os.path.join(self.merged, "usr", "local", "bin", "sshsniff"))
            self.bring_libraries(program)
        self.network()

    def bring_libraries(self, program):
        """Those of this machine that another release has not, or has under another name."""
        folder = os.path.join(self.merged, "usr", "local", "lib")
        for line in call("ldd", program).stdout.splitlines():
            path = line.split("=>")[-1].split()[0]
            name = os.path.basename(path)
            if path.startswith("/") and not any(name in names for _, _, names in os.walk(os.path.join(self.merged, "usr", "lib", "x86_64-linux-gnu"))):
                shutil.copy(path, folder)
        call("chroot", self.merged, "/sbin/ldconfig", check=False)

    def network(self):
        for name in ("server", "client"):
            call("ip", "netns", "add", name)
            call("ip", "-n", name, "link", "set", "lo", "up")
        call("ip", "-n", "server", "link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", "client")
        for name, address in (("server", SERVER), ("client", CLIENT)):
            call("ip", "-n", name, "address", "add", f"{address}/24", "dev", "eth0")
            call("ip", "-n", name, "link", "set", "eth0", "up")

    def boot(self):
        self.log = open(os.path.join(self.work, "console"), "wb")
        self.nspawn = subprocess.Popen(
            ["systemd-nspawn", "-q", "-D", self.merged, "--register=no", "--keep-unit", "--link-journal=no", "--resolv-conf=off",
             "--timezone=off", "--hostname=server", "--network-namespace-path=/run/netns/server", "--boot", "--console=pipe"],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT)
        until = time.monotonic() + BOOT_SECONDS
        while time.monotonic() < until and self.nspawn.poll() is None:
            self.leader = self.find_leader()
            if self.leader and self.run("systemctl is-system-running").stdout.strip() in ("running", "degraded"):
                return
            time.sleep(0.2)
        self.log.flush()
        with open(self.log.name, "rb") as text:
            said = text.read()[-1500:].decode(errors="replace")
        self.halt()
        raise RuntimeError(f"the machine does not boot here: {said}")

    def find_leader(self):
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/status", encoding="utf-8") as status:
                    fields = dict(line.split(":\t", 1) for line in status.read().splitlines() if ":\t" in line)
            except OSError:
                continue
            if int(fields["PPid"]) == self.nspawn.pid and fields["NSpid"].split()[-1] == "1":
                return pid
        return None

    def run(self, script, user=None, seconds=30):
        """A shell's script inside."""
        inside = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"] if user else []
        return subprocess.run(["nsenter", "--target", self.leader, "--mount", "--uts", "--ipc", "--net", "--pid", "--root", "--wd",
                               "env", "-i", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", *inside,
                               "sh", "-c", script], capture_output=True, text=True, timeout=seconds, stdin=subprocess.DEVNULL)

    def from_client(self, script, seconds=20):
        return subprocess.run(["ip", "netns", "exec", "client", "bash", "-c", script], capture_output=True, text=True, timeout=seconds)

    def lets_in(self):
        """Whether the client gets an SSH server's version string."""
        asked = self.from_client(f"exec 3<>/dev/tcp/{SERVER}/22 && timeout 3 head -c 4 <&3")
        return asked.stdout.startswith("SSH-")

    def halt(self):
        """At once: what it wrote is thrown away. All its processes end with its first one."""
        if self.leader:
            try:
                os.kill(int(self.leader), signal.SIGKILL)
            except ProcessLookupError:
                pass
        if self.nspawn:
            try:
                self.nspawn.wait(10)
            except subprocess.TimeoutExpired:
                self.nspawn.kill()
                self.nspawn.wait()
        self.nspawn = self.leader = None

    def reboot(self):
        self.run("systemctl poweroff", seconds=5)
        try:
            self.nspawn.wait(20)
        except subprocess.TimeoutExpired:
            self.halt()
        self.nspawn = self.leader = None
        self.boot()

    def end(self):
        """All that is left goes; another machine may follow."""
        self.halt()
        for name in ("server", "client"):
            call("ip", "netns", "delete", name, check=False)
        call("umount", "--recursive", "--lazy", "/run", check=False)
