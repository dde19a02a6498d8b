"""The systemd unit: how exposed systemd finds it, and that what it leaves is enough to capture.

Where systemd is not the first process no unit can be started; so its limits are put on by hand, as its lines say."""
import json
import os
import re
import shutil
import subprocess
import sys
import time

from modes import PROGRAM
from net import LAB
from sandbox import WORK

HERE = os.path.dirname(os.path.realpath(__file__))
UNIT = f"{HERE}/../../tools/install/sshsniff.service"
MOST_EXPOSED = 1.6


def need(good, what):
    if not good:
        raise AssertionError(what)


def lines_of(key):
    with open(UNIT) as file:
        return re.findall(rf"^{key}=(.*)$", file.read(), re.M)


def exposure(stage):
    if not shutil.which("systemd-analyze"):
        return "no systemd here"
    subprocess.run([f"{HERE}/../../tools/install/units", "/usr", f"{WORK}/units"], check=True)
    said = []
    for name in ("sshsniff.service", "sshsniff@.service"):
        done = subprocess.run(["systemd-analyze", "security", "--offline=yes", f"--threshold={int(MOST_EXPOSED * 10)}",
                               f"{WORK}/units/{name}"], capture_output=True, text=True)
        told = done.stdout.strip().splitlines()[-1:] or [done.stderr]
        need("Unknown" not in done.stderr, done.stderr)
        need(done.returncode == 0, told[0])
        said += told
    return "; ".join(said)


def captures(stage):
    """As the unit's user, with its capability, its system calls and nothing to write to."""
    if not shutil.which("systemd-analyze"):
        return "no systemd here"
    words = lines_of("ExecStart")[0].split()[1:]
    capability = lines_of("CapabilityBoundingSet")[0].lower().removeprefix("cap_")
    need(lines_of("AmbientCapabilities") == lines_of("CapabilityBoundingSet"), "one capability is held and another allowed")
    with open(f"{HERE}/limited.py", encoding="utf-8") as file:  # who runs it may not be allowed into the tree
        limited = file.read()
    limits = ["/usr/bin/python3", "-c", limited, json.dumps([lines_of("SystemCallFilter"), lines_of("RestrictAddressFamilies")])]
    user = ["setpriv", "--reuid", "64123", "--regid", "64123", "--clear-groups", "--inh-caps", f"-all,+{capability}",
            "--bounding-set", f"-all,+{capability}", "--ambient-caps", f"-all,+{capability}", "--no-new-privs"]
    argv = ["unshare", "--mount", "sh", "-c", 'mount -o remount,bind,ro / && exec "$@"', "sh", *user, *limits, PROGRAM, *words]
    child = subprocess.Popen(stage.network.argv("client", argv), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(1.5)
    stage.network.run("client", "/usr/bin/python3", LAB + "/knock.py", stage.words["server"], "2222", check=False)
    time.sleep(1)
    child.terminate()
    out, said = child.communicate(timeout=10)
    need('"type":"attempt"' in out and '"dst_port":2222' in out, f"exit {child.returncode}: {out[-300:]} {said}")
    need(child.returncode == 0 and not said, f"exit {child.returncode}: {said}")


def tests(stage):
    yield "unit: exposure", lambda: exposure(stage)
    yield "unit: captures", lambda: captures(stage)
