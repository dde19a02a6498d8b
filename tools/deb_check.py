#!/usr/bin/env python3
"""The package on a Debian that is booted for it (root): installed, started at boot, restarted, upgraded, purged.

    tools/deb_check.py [--suite bookworm|trixie] [--packages build/deb] [--can]

The machine has a network of its own with one client, and no way out. For another release than this machine's own the binary
package is built from the source package, in an empty Debian of that release."""
import argparse
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import time

import local_machine
from local_machine import CLIENT, SERVER, TOP, call

PACKAGES = ["systemd", "systemd-sysv", "dbus", "iproute2", "procps"]
TESTS = os.path.join(TOP, "tools", "install", "debian", "tests")
TESTS_NEED = "procps, python3, systemd-sysv"
UNITS = ("sshsniff.service", "sshsniff@eth0.service")
SECONDS_FOR_APT = 300
# What apt, dpkg and the journal remember of a package that is gone.
REMEMBERED = "-path '/var/log/*' -o -path '/var/lib/apt/*' -o -path '/var/cache/*' -o -path '/var/backups/*' -o -path /root -o -path /tmp"


def need(good, what):
    if not good:
        raise AssertionError(what)


def own_release():
    with open("/etc/os-release", encoding="utf-8") as file:
        return dict(line.strip().split("=", 1) for line in file if "=" in line).get("VERSION_CODENAME")


def one_file(pattern):
    found = [path for path in glob.glob(pattern) if "dbgsym" not in path]
    need(len(found) == 1, f"{pattern}: {len(found)} files; run `make deb`")
    return found[0]


def apt_in(root, *words):
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    call("chroot", root, "apt-get", "-y", "-q", "--no-install-recommends", *words, env=environment)


def build_in(suite, source):
    """The binary package, made from the source package in an empty Debian."""
    root = local_machine.root_folder(f"deb-build-{suite}", suite, ["dpkg-dev", "zstd"])
    inside = os.path.join(root, "build")
    shutil.rmtree(inside, ignore_errors=True)
    os.makedirs(inside)
    for path in glob.glob(source.removesuffix(".dsc") + ".*"):
        shutil.copy(path, inside)
    call("mount", "-t", "proc", "proc", os.path.join(root, "proc"))
    apt_in(root, "update")
    apt_in(root, "build-dep", "/build/" + os.path.basename(source))
    options = os.environ.get("DEB_BUILD_OPTIONS", "")
    print(f"building the package in an empty {suite}", flush=True)
    call("chroot", root, "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", f"DEB_BUILD_OPTIONS={options}", "sh", "-c",
         f"cd /build && dpkg-source -x {os.path.basename(source)} tree && cd tree && dpkg-buildpackage -b --no-sign")
    call("umount", os.path.join(root, "proc"))
    return one_file(os.path.join(inside, "sshsniff_*.deb"))


def newer(package, folder):
    """The same package again, as a version that follows it."""
    tree = os.path.join(folder, "newer")
    call("dpkg-deb", "--raw-extract", package, tree)
    control = os.path.join(tree, "DEBIAN", "control")
    with open(control, encoding="utf-8") as file:
        lines = [line.rstrip("\n") + "+newer\n" if line.startswith("Version:") else line for line in file]
    with open(control, "w", encoding="utf-8") as file:
        file.writelines(lines)
    call("dpkg-deb", "--root-owner-group", "--build", tree, os.path.join(folder, "newer.deb"))
    shutil.rmtree(tree)


class Trial:
    def __init__(self, machine):
        self.machine = machine
        self.owned = []

    def inside(self, script, seconds=30):
        done = self.machine.run(script, seconds=seconds)
        need(done.returncode == 0, f"{script}: exit status {done.returncode}: {(done.stdout + done.stderr).strip()[-600:]}")
        return done.stdout.strip()

    def apt(self, words):
        self.inside("cd /root && DEBIAN_FRONTEND=noninteractive apt-get -y -q " + words, seconds=SECONDS_FOR_APT)

    def state(self, unit):
        return self.machine.run(f"systemctl is-active {unit}").stdout.strip(), self.machine.run(f"systemctl is-enabled {unit}").stdout.strip()

    def process(self, unit):
        return self.inside(f"systemctl show -P MainPID {unit}")

    def are_up(self):
        for unit in UNITS:
            need(self.state(unit) == ("active", "enabled"), f"{unit} is {self.state(unit)}")
            user = self.inside(f"ps -o user= -p {self.process(unit)}")
            need(user == "sshsniff", f"{unit} runs as {user}")

    def attempts(self, unit):
        """The journal's lines since this boot; each has to be JSON, but for what systemd says itself."""
        lines = self.inside(f"journalctl -b -o json -u {unit} _COMM=sshsniff")
        found = []
        for line in map(json.loads, lines.splitlines()):
            if line.get("_TRANSPORT") == "stdout" and line["MESSAGE"].startswith("{"):
                found.append(json.loads(line["MESSAGE"]))
            else:
                need(line["MESSAGE"].startswith(("listening on ", "sshsniff: ")), f"the journal has {line['MESSAGE']!r}")
        return [one for one in found if one["type"] == "attempt"]

    def logs(self):
        """One refused login more, seen by both units."""
        before = {unit: len(self.attempts(unit)) for unit in UNITS}
        for unit in UNITS:
            for _ in range(30):
                self.machine.from_client(f"exec 3<>/dev/tcp/{SERVER}/22")
                time.sleep(1)
                new = self.attempts(unit)[before[unit]:]
                if new:
                    break
            need(new, f"{unit}: nothing in the journal of a connection that was refused")
            said = {(one["src_ip"], one["dst_ip"], one["dst_port"], one["cause"]) for one in new}
            need(said == {(CLIENT, SERVER, 22, "kernel-rst")}, f"{unit}: {said}")

    def installs(self):
        self.apt("install ./sshsniff.deb")
        self.owned = [path for path in self.inside("dpkg -L sshsniff").splitlines() if not self.machine.run(f"test -d '{path}'").returncode == 0]
        need(len(self.owned) > 10, f"the package holds {self.owned}")
        self.inside("getent passwd sshsniff && sshsniff --version && test -e /usr/share/zsh/vendor-completions/_sshsniff && "
                    "bash -c '. /usr/share/bash-completion/completions/sshsniff && complete -p sshsniff'")
        need(self.state("sshsniff.service") == ("inactive", "disabled"), f"the unit was {self.state('sshsniff.service')} without being asked")

    def passes_its_own_tests(self):
        for test in ("read-capture", "service"):
            self.inside(f"mkdir -p /tmp/{test}-files && AUTOPKGTEST_TMP=/tmp/{test}-files /root/tests/{test}", seconds=120)

    def starts_at_boot(self):
        self.inside("systemctl enable " + " ".join(UNITS))
        self.machine.reboot()
        self.are_up()
        self.logs()

    def survives_a_restart(self):
        before = [self.process(unit) for unit in UNITS]
        self.inside("systemctl restart " + " ".join(UNITS))
        need(not set(before) & {self.process(unit) for unit in UNITS}, "a process outlived the restart")
        self.are_up()
        self.logs()

    def survives_a_crash(self):
        self.inside(f"kill -KILL {self.process(UNITS[0])}")
        for _ in range(15):
            time.sleep(1)
            if self.state(UNITS[0])[0] == "active":
                break
        self.are_up()
        self.logs()

    def waits_for_an_interface(self):
        self.inside("systemctl start sshsniff@later0.service || true")
        time.sleep(2)
        self.inside("ip link add later0 type veth peer name later1 && ip link set later1 up && ip link set later0 up")
        for _ in range(15):
            time.sleep(1)
            if self.machine.run("systemctl is-active sshsniff@later0.service").returncode == 0:
                break
        time.sleep(1)
        self.inside("systemctl is-active sshsniff@later0.service && systemctl stop sshsniff@later0.service && ip link delete later0")

    def keeps_metrics(self):
        """With the drop-in that the package brings."""
        folder = f"/etc/systemd/system/{UNITS[0]}.d"
        reload = f"systemctl daemon-reload && systemctl restart {UNITS[0]}"
        self.inside(f"mkdir {folder} && cp /usr/share/sshsniff/metrics.conf {folder}/ && {reload}")
        self.logs()
        for _ in range(40):
            time.sleep(1)
            counted = re.findall(r'^sshsniff_attempts_total\{cause="kernel-rst"\} (\d+)$', self.machine.run("cat /run/sshsniff/sshsniff.prom").stdout, re.M)
            if counted and int(counted[0]) > 0:
                break
        self.inside(f"rm -r {folder} && {reload}")
        need(counted and int(counted[0]) > 0, f"a refused login is not counted: {counted}")

    def upgrades(self):
        before = [self.process(unit) for unit in UNITS]
        self.apt("install ./newer.deb")
        version = self.inside("dpkg-query -W -f '${Version}' sshsniff")
        need(version.endswith("+newer"), f"after the upgrade there is {version}")
        need(not set(before) & {self.process(unit) for unit in UNITS}, "after the upgrade a process of the old program runs")
        self.are_up()
        self.logs()

    def is_gone(self):
        need(not self.machine.run("pgrep -x sshsniff").stdout, "a process is left")
        left = [path for path in self.owned if self.machine.run(f"test -e '{path}' -o -L '{path}'").returncode == 0]
        need(not left, f"left: {left}")

    def removes(self):
        self.apt("remove sshsniff")
        self.is_gone()

    def nothing_is_left(self):
        self.is_gone()
        need(not self.machine.run("getent passwd sshsniff; getent group sshsniff").stdout, "the account is left")
        left = self.inside(f"find / -xdev \\( {REMEMBERED} -o -path /proc -o -path /sys -o -path /run \\) -prune -o -name '*sshsniff*' -print")
        need(not left, f"left: {left}")
        failed = self.inside("systemctl --failed --plain --no-legend | grep sshsniff || true")
        need(not failed, f"systemd still knows: {failed}")

    def purges(self):
        self.apt("purge sshsniff")
        self.nothing_is_left()

    def purges_while_it_runs(self):
        self.apt("install ./sshsniff.deb")
        self.inside("systemctl enable --now " + " ".join(UNITS))
        self.are_up()
        self.apt("purge sshsniff")
        self.nothing_is_left()

    STEPS = (installs, passes_its_own_tests, starts_at_boot, survives_a_restart, survives_a_crash, waits_for_an_interface, keeps_metrics,
             upgrades, removes, purges, purges_while_it_runs)


def run(suite, package):
    root = local_machine.root_folder(f"deb-check-{suite}", suite, PACKAGES)
    apt_in(root, "update")
    apt_in(root, "satisfy", call("dpkg-deb", "-f", package, "Depends").stdout.strip(), TESTS_NEED)
    machine = local_machine.Machine(root=root)
    failed = 0
    try:
        folder = os.path.join(machine.merged, "root")
        shutil.copy(package, os.path.join(folder, "sshsniff.deb"))
        newer(package, folder)
        shutil.copytree(TESTS, os.path.join(folder, "tests"))
        machine.boot()
        trial = Trial(machine)
        for step in Trial.STEPS:
            name = f"{suite}: {step.__name__.replace('_', ' ')}"
            try:
                step(trial)
                print(f"ok      {name}", flush=True)
            except (AssertionError, subprocess.TimeoutExpired, ValueError) as why:
                failed += 1
                print(f"FAILED  {name}: {why}", flush=True)
    finally:
        machine.end()
    print(f"{len(Trial.STEPS) - failed} passed, {failed} failed")
    return failed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suite", default=local_machine.SUITE)
    parser.add_argument("--packages", default=os.path.join(TOP, "build", "deb"))
    parser.add_argument("--can", action="store_true", help="only say whether a machine can be booted here")
    options = parser.parse_args()
    why = local_machine.cannot()
    if why:
        print(f"skipped: a machine cannot be booted here: {why}")
    if why or options.can:
        return 1 if why and options.can else 0
    local_machine.in_own_namespace()
    if options.suite == own_release():
        package = one_file(os.path.join(options.packages, "sshsniff_*.deb"))
    else:
        package = build_in(options.suite, one_file(os.path.join(options.packages, "sshsniff_*.dsc")))
    return 1 if run(options.suite, package) else 0


if __name__ == "__main__":
    sys.exit(main())
