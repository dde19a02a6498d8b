"""The groups of tests, and what counts them."""
import os
import time
import traceback

import live_logins
import live_ports
import live_program
import sandbox
from net import LabError
from live_stage import Failed


def tests_of(group, path):
    """(name, function) of a group."""
    if group == "program":
        return live_program.tests(path)
    if group == "ports":
        return live_ports.tests(path)
    return live_logins.tests(6 if group.endswith("6") else 4, path)


def inside(group, path):
    sandbox.enter()
    passed = failed = 0
    for name, test in tests_of(group, path):
        began = time.monotonic()
        try:
            said = test()
            passed += 1
            print(f"  ok      {name:36} {time.monotonic() - began:5.1f} s  {said or ''}", flush=True)
        except (Failed, LabError, AssertionError) as why:
            failed += 1
            print(f"  FAILED  {name:36} {time.monotonic() - began:5.1f} s  {why}", flush=True)
        except Exception:  # a broken test must not keep the others from running
            failed += 1
            print(f"  FAILED  {name}\n{traceback.format_exc()}", flush=True)
    print(f"{passed} passed, {failed} failed", flush=True)
    os._exit(1 if failed else 0)
