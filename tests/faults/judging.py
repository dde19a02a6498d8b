"""Was a run good in which something failed?"""
import json
from dataclasses import dataclass

MOST = 0.8  # of a verdict while not all was kept
REPORTS = ("AddressSanitizer", "runtime error", "UndefinedBehavior", "is not one that this process may make", "Assertion")


@dataclass
class Run:
    status: int
    out: bytes
    err: str
    saved: bytes
    calls: int
    where: int


def why_not_good(run):
    """None for a run that ended in one of the ways in which the program may end."""
    if run.status is None:
        return "it hangs"
    if run.status < 0 or run.status > 2:
        return f"exit status {run.status}: {run.err[-400:]!r}"
    for report in REPORTS:
        if report in run.err:
            return f"{run.err[:1500]}"
    if run.status and not any(line.startswith("sshsniff: ") for line in run.err.splitlines()):
        return f"exit status {run.status} without a word: {run.err[-300:]!r}"
    return None


def attempts(out):
    found = {}
    for line in out.splitlines():
        said = json.loads(line)
        if said["type"] == "attempt":
            found[(said["src_ip"], said["src_port"], said["dst_ip"], said["dst_port"], said["ts"])] = said
    return found


def unsure(said):
    return said is not None and said.get("not_all_kept") and said["confidence"] <= MOST


def why_differs(plain, run):
    """Of JSON, with exit status 0: each attempt as without the fault, or with the fact that not all was kept."""
    try:
        before, after = attempts(plain.out), attempts(run.out)
    except ValueError:
        return f"no JSON, with exit status 0: {run.out[-200:]!r}"
    for key, said in before.items():
        now = after.get(key)
        if now != said and not unsure(now):
            parts = {name: (said.get(name), (now or {}).get(name)) for name in said if said.get(name) != (now or {}).get(name)}
            return f"exit status 0, and another verdict: {str(parts)[:500]}"
    if set(after) - set(before):
        return f"exit status 0, and attempts that were none: {sorted(set(after) - set(before))[:2]}"
    return None


def why_not_right(run, right):
    try:
        found = attempts(run.out).values()
    except ValueError:
        return f"no JSON, with exit status 0: {run.out[-200:]!r}"
    wrong = [said["cause"] for said in found if said["cause"] != right and not unsure(said)]
    if wrong or not found:
        return f"exit status 0, and {wrong or 'nothing'} found: {run.err[-300:]!r}"
    return None


def why_wrong(plain, run, case):
    why = why_not_good(run)
    if not why and not run.status and case.right:
        return why_not_right(run, case.right)
    if why or run.status or run.out == plain.out and run.saved == plain.saved:
        return why
    if case.saves and run.saved != plain.saved:
        return f"exit status 0, and {len(run.saved)} bytes saved of {len(plain.saved)}"
    if case.json:
        return why_differs(plain, run)
    if b"not all" in run.out or "sshsniff: " in run.err:
        return None
    return f"exit status 0, and other output: {run.out[-300:]!r}"
