"""A private machine for one run: its own mounts, processes, network and name.

Everything a run makes (namespaces, daemons, users, files under /etc, /var, /run, /home, /root, /dev) lives in here
and is gone with the first process, however that ends. So nothing needs to be taken down by hand, several runs go side
by side with the same names, and the real machine is never touched."""

import os
import subprocess
import sys

INSIDE = "SSHSNIFF_LAB_INSIDE"
WORK = "/run/lab"  # scratch files of this run
OUT = WORK + "/out"  # the folder of the outside that results go to
USER, PASSWORD = "alice", "correct horse"
DEVICES = {"null": (1, 3), "zero": (1, 5), "full": (1, 7), "random": (1, 8), "urandom": (1, 9), "tty": (5, 0)}


def inside():
    return os.environ.get(INSIDE) is not None


def command(argv, out=None):
    """The command line that runs argv as the first process of a new private machine."""
    env = ["env", f"{INSIDE}={os.path.abspath(out) if out else ''}"]
    return ["unshare", "--mount", "--pid", "--net", "--uts", "--ipc", "--fork", "--kill-child", "--mount-proc",
            "--propagation", "private"] + env + argv


def _mount(*args):
    subprocess.run(["mount", *args], check=True)


def _private_folders():
    """Copies on write: the run sees the machine's files, and changes only its own."""
    for name in ("etc", "var", "home", "root"):
        upper, work = f"{WORK}/{name}.upper", f"{WORK}/{name}.work"
        os.makedirs(upper)
        os.makedirs(work)
        os.chmod(upper, os.stat("/" + name).st_mode & 0o7777)
        _mount("-t", "overlay", "lab", "-o", f"lowerdir=/{name},upperdir={upper},workdir={work}", "/" + name)


def _devices():
    """A /dev of its own, for /dev/log and the terminals would otherwise be the machine's."""
    _mount("-t", "tmpfs", "lab", "/dev")
    for name, (major, minor) in DEVICES.items():
        os.mknod("/dev/" + name, 0o20666, os.makedev(major, minor))
        os.chmod("/dev/" + name, 0o666)
    for name in ("pts", "shm", "net"):
        os.mkdir("/dev/" + name)
    os.mknod("/dev/net/tun", 0o20666, os.makedev(10, 200))
    _mount("-t", "devpts", "lab", "-o", "newinstance,ptmxmode=0666,mode=0620", "/dev/pts")
    _mount("-t", "tmpfs", "lab", "/dev/shm")
    os.symlink("pts/ptmx", "/dev/ptmx")
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        os.symlink(f"/proc/self/fd/{number}", "/dev/" + name)
    os.symlink("/proc/self/fd", "/dev/fd")


def _accounts():
    subprocess.run(["userdel", "-f", USER], capture_output=True)  # the real machine may have one of that name
    subprocess.run(["useradd", "-M", "-s", "/bin/sh", USER], check=True)
    subprocess.run(["chpasswd"], input=f"{USER}:{PASSWORD}\n", text=True, check=True)
    os.makedirs(f"/home/{USER}/.ssh", exist_ok=True)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", USER, "-f", WORK + "/key"], check=True)
    with open(WORK + "/key.pub") as key, open(f"/home/{USER}/.ssh/authorized_keys", "w") as authorized:
        authorized.write(key.read())
    subprocess.run(["chown", "-R", f"{USER}:{USER}", f"/home/{USER}"], check=True)


def enter():
    """Furnishes the machine that `command` opened. Called once, first thing inside."""
    out = os.environ[INSIDE]
    _mount("-t", "tmpfs", "-o", "mode=755", "lab", "/run")
    for name in (OUT, "/run/sshd", "/run/lock", "/run/netns", "/run/dbus", "/run/fail2ban"):
        os.makedirs(name)
    if out:
        _mount("--bind", out, OUT)
    _private_folders()
    _devices()
    _accounts()
    if os.path.lexists("/etc/resolv.conf"):
        os.unlink("/etc/resolv.conf")  # often a link into the /run that was just hidden
    with open("/etc/resolv.conf", "w") as resolver:
        resolver.write("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
    os.makedirs("/etc/netns", exist_ok=True)
    subprocess.run(["hostname", "lab"], check=True)
    sys.stdout.flush()
