"""limited.py [[SystemCallFilter…], [RestrictAddressFamilies…]] COMMAND…: runs a command under a unit's limits, by libseccomp."""
import ctypes
import json
import os
import socket
import subprocess
import sys

ALLOW, EPERM = 0x7fff0000, 0x00050000 | 1
EQUAL, MASKED = 4, 7
PROT_EXEC = 4


class Compared(ctypes.Structure):
    _fields_ = [("argument", ctypes.c_uint), ("how", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64)]


def expand(name):
    """The system calls of a group, or the one itself."""
    if not name.startswith("@"):
        return {name}
    listing = subprocess.run(["systemd-analyze", "syscall-filter", name], capture_output=True, text=True, check=True).stdout
    members = [line.strip() for line in listing.splitlines()[1:] if line.startswith("    ") and not line.strip().startswith("#")]
    return set().union(*map(expand, members)) if members else set()


def allowed(lines):
    calls = expand("@default")
    for line in lines:
        names = set().union(*map(expand, line.lstrip("~").split()))
        calls = calls - names if line.startswith("~") else calls | names
    return calls


filters, families = json.loads(sys.argv[1])
library = ctypes.CDLL("libseccomp.so.2")
library.seccomp_init.restype = ctypes.c_void_p
context = ctypes.c_void_p(library.seccomp_init(EPERM))
for call in allowed(filters):
    number = library.seccomp_syscall_resolve_name(call.encode())
    if number < 0 or call in ("socket", "mprotect"):
        continue
    library.seccomp_rule_add_array(context, ALLOW, number, 0, None)
socket_number = library.seccomp_syscall_resolve_name(b"socket")
for family in families[0].split():
    rule = Compared(0, EQUAL, getattr(socket, family), 0)
    assert library.seccomp_rule_add_array(context, ALLOW, socket_number, 1, ctypes.byref(rule)) == 0
rule = Compared(2, MASKED, PROT_EXEC, 0)
assert library.seccomp_rule_add_array(context, ALLOW, library.seccomp_syscall_resolve_name(b"mprotect"), 1, ctypes.byref(rule)) == 0
assert library.seccomp_load(context) == 0
os.execv(sys.argv[2], sys.argv[2:])
