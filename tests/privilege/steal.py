"""As the same user: takes descriptors and memory of PID, or fails to. Exit status 1 where anything came of it."""
import ctypes
import os
import sys

PIDFD_OPEN, PIDFD_GETFD, PTRACE_ATTACH, PTRACE_DETACH = 434, 438, 16, 17
libc = ctypes.CDLL(None, use_errno=True)
pid, taken = int(sys.argv[1]), []
pidfd = libc.syscall(PIDFD_OPEN, pid, 0)
if os.getuid() == 0:
    sys.exit("steal: to be run as the program's own user")
taken += [f"descriptor {number}" for number in range(64) if libc.syscall(PIDFD_GETFD, pidfd, number, 0) >= 0]
if libc.ptrace(PTRACE_ATTACH, pid, None, None) == 0:
    taken.append("ptrace")
    os.waitpid(pid, 0)
    libc.ptrace(PTRACE_DETACH, pid, None, None)
for name in ("mem", "maps", "environ", "fd", "fdinfo"):
    try:
        taken += [name] if os.path.isdir(f"/proc/{pid}/{name}") and os.listdir(f"/proc/{pid}/{name}") else []
        if not os.path.isdir(f"/proc/{pid}/{name}"):
            with open(f"/proc/{pid}/{name}", "rb"):
                taken.append(name)
    except PermissionError:
        pass
print("took " + ", ".join(taken) if taken else "nothing was taken")
sys.exit(1 if taken else 0)
