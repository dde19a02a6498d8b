"""The tests: who the processes are, and what happens to whoever tries more than that."""
import ctypes
import os
import shutil
import subprocess
import sys
import time

import forbidden
import modes
import sandbox
import unit
from live_stage import Stage
from modes import ALICE, FIFO, PLAIN, PRIVATE, PROGRAM, ROOT, SETCAP, Mode, Started
from net import LAB, LabError, Net
from sandbox import USER, WORK
from services import fake

NET_RAW = 1 << 13
LOOKING = 1 << 2 | 1 << 12 | NET_RAW | 1 << 19  # dac_read_search, net_admin, net_raw, sys_ptrace
CAPABILITIES = ("Inh", "Prm", "Eff", "Amb")


def need(good, what):
    if not good:
        raise AssertionError(what)


def prepare(options):
    stage = Stage(Net(), 4)
    with open("/etc/sudoers.d/live", "w") as sudoers:
        sudoers.write(f"{USER} ALL=(ALL) NOPASSWD: ALL\n")
    os.chmod("/etc/sudoers.d/live", 0o440)
    with open("/etc/hosts", "a") as hosts:
        hosts.write("127.0.0.1 lab\n")
    for path in (PROGRAM, SETCAP):
        shutil.copy(options.program, path)
        os.chmod(path, 0o755)
    shutil.copy(options.caller, f"{WORK}/make_call")
    subprocess.run(["setcap", "cap_net_raw,cap_net_admin=ep", SETCAP], check=True)
    os.mkfifo(FIFO)
    os.chmod(FIFO, 0o666)
    shutil.copy(f"{LAB}/../../pcaps/kernel-rst-alone-v4.pcap", PRIVATE)
    os.chmod(PRIVATE, 0o600)
    fake("mute")(stage)
    return stage


def knock(stage):
    """A plain SYN to a port that a rule resets: what only a probe can tell."""
    stage.network.run("client", sys.executable, LAB + "/knock.py", stage.words["server"], "2222", check=False)


def start(stage, mode, **options):
    started = Started(stage.network, mode, **options)
    if mode.name.startswith("--confirm"):
        started.main()
        deadline = time.monotonic() + 5
        while modes.status_of(started.main())["Seccomp"] != "2" and time.monotonic() < deadline:
            time.sleep(0.02)
        knock(stage)
    return started


# ---- Who they are ----

def check_parser(mode, process):
    kept_root = mode.name.endswith("-Z root")
    what = f"{mode.name}: {process.role}"
    need(kept_root or 0 not in process.ids("Uid"), f"{what}: uid {process.status['Uid']}")
    for name in CAPABILITIES:
        need(process.capabilities(name) == 0, f"{what}: Cap{name} {process.status['Cap' + name]}")
    if mode.who != PLAIN:
        need(process.capabilities("Bnd") == 0, f"{what}: bounding set {process.status['CapBnd']}")
        need(not process.ids("Groups"), f"{what}: groups {process.status['Groups']}")
    need(process.status["NoNewPrivs"] == "1", f"{what}: no_new_privs is not set")
    need(process.status["Seccomp"] == "2", f"{what}: no seccomp")
    need(process.landlock, f"{what}: no Landlock")


def check_opener(mode, process):
    what = f"{mode.name}: {process.role}"
    need(0 not in process.ids("Uid"), f"{what}: uid {process.status['Uid']}")
    for name, allowed in (("Inh", 0), ("Prm", NET_RAW), ("Eff", NET_RAW), ("Amb", 0)):
        need(process.capabilities(name) == allowed, f"{what}: Cap{name} {process.status['Cap' + name]}")
    need(process.descriptors == ["channel"], f"{what}: holds {process.descriptors}")
    need(process.landlock and process.status["Seccomp"] == "2", f"{what}: not confined")


def check_looker(mode, process):
    what = f"{mode.name}: {process.role}"
    need(0 not in process.ids("Uid"), f"{what}: uid {process.status['Uid']}")
    for name in CAPABILITIES:
        more = process.capabilities(name) & ~LOOKING
        need(more == 0, f"{what}: Cap{name} {process.status['Cap' + name]}")
    need(set(process.descriptors) <= {"channel", "netlink socket"}, f"{what}: holds {process.descriptors}")
    need(process.status["NoNewPrivs"] == "1" and process.status["Seccomp"] == "2", f"{what}: not confined")


def check_command(mode, process):
    what = f"{mode.name}: {process.role}"
    need((0 in process.ids("Uid")) == (mode.who == ROOT), f"{what}: uid {process.status['Uid']}")
    if process.role == "the command":
        need(process.descriptors == [], f"{what}: holds {process.descriptors}")
    if mode.who != ROOT:
        for name in CAPABILITIES:
            need(process.capabilities(name) == 0, f"{what}: Cap{name} {process.status['Cap' + name]}")


CHECKS = {"opens": check_opener, "looks": check_looker, "looks, often": check_looker, "starts the command": check_command, "the command": check_command}


def identity(stage, mode):
    started = start(stage, mode)
    try:
        processes = started.processes()
        need(len(processes) >= mode.needs, f"{len(processes)} processes; {[p.role for p in processes]}")
        for process in processes:
            CHECKS.get(process.role, check_parser)(mode, process)
        return ", ".join(f"{p.role}: uid {p.ids('Uid')[0]}" for p in processes)
    finally:
        started.stop()


# ---- The table ----

def capability_text(value):
    return {0: "none", NET_RAW: "net_raw", LOOKING: "to look", LOOKING & (NET_RAW | 1 << 12): "net_admin, net_raw"}.get(value, "all" if bin(value).count("1") > 30 else f"{value:x}")


def account(uid, mode):
    return {0: "root", 65534: "nobody"}.get(uid, "the caller" if mode.who != ROOT else "sshsniff")


def row(mode, process):
    held = sorted(set(process.descriptors))
    return "| " + " | ".join([
        mode.name, process.role, account(process.ids("Uid")[0], mode),
        capability_text(process.capabilities("Prm") | process.capabilities("Inh") | process.capabilities("Amb")),
        capability_text(process.capabilities("Bnd")), "yes" if process.status["NoNewPrivs"] == "1" else "no",
        "yes" if process.status["Seccomp"] == "2" else "no", "yes" if process.landlock else "no",
        ", ".join(name.replace(WORK + "/", "") for name in held) or "none"]) + " |"


def table(stage):
    """With the service account that make install makes."""
    subprocess.run(["useradd", "-r", "-M", "-d", "/nonexistent", "-s", "/usr/sbin/nologin", "sshsniff"], check=True)
    print("| mode | process | user | capabilities | bounding set | no_new_privs | seccomp | Landlock | descriptors beside 0 to 2 |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for mode in modes.modes(stage.words["server"]):
        started = start(stage, mode)
        try:
            for process in started.processes():
                print(row(mode, process), flush=True)
        finally:
            started.stop()


# ---- All ----

def tests(stage):
    for mode in modes.modes(stage.words["server"]):
        yield f"who: {mode.name}", lambda mode=mode: identity(stage, mode)
    yield from unit.tests(stage)
    yield from forbidden.tests(stage, start)


def inside(options):
    sandbox.enter()
    stage = prepare(options)
    stage.network.run("server", "nft", "add table inet t; add chain inet t i { type filter hook input priority 0; }; "
                      "add rule inet t i tcp dport 2222 reject with tcp reset")
    if options.table:
        table(stage)
        os._exit(0)
    passed = failed = 0
    for name, test in tests(stage):
        if options.match not in name:
            continue
        try:
            said = test()
            passed += 1
            print(f"  ok      {name:40} {said or ''}", flush=True)
        except Exception as why:  # the others have to run all the same
            failed += 1
            print(f"  FAILED  {name:40} {type(why).__name__ if not isinstance(why, (AssertionError, LabError)) else ''} {why}", flush=True)
    print(f"{passed} passed, {failed} failed", flush=True)
    os._exit(1 if failed else 0)
