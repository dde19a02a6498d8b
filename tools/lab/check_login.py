"""Does an attempt that got past the handshake show what its label says? Judged by what the packets say in the clear,
and by what the server itself logged."""

import server_log
import ssh_clear
from frames import FIN, RST

LARGE = 1000


class Login:
    """One attempt: its packets, both clear parts, and the server's account of it."""

    def __init__(self, talk, account, grace=0):
        self.talk, self.account, self.grace = talk, account, grace
        self.client = ssh_clear.read_side(talk.out)
        self.server = ssh_clear.read_side(talk.back)
        self.agreed = ssh_clear.agreed(self.client, self.server)
        self.cut = any(len(p.payload) < p.payload_length for p in talk.out + talk.back)

    def closes(self):
        return [p for p in self.talk.out + self.talk.back if p.flags & (FIN | RST)]

    def keyed(self):
        """A capture that keeps only the beginning of each frame cannot show it."""
        return self.cut or ssh_clear.NEWKEYS in self.client.messages and ssh_clear.NEWKEYS in self.server.messages


def _none(login):
    if not login.keyed():
        return "no NEWKEYS from both sides"
    if login.account and not login.account.accepted:
        return f"the server did not log a login: {login.account.words}"
    return None


def _auth_failed(login):
    if not login.keyed():
        return "no NEWKEYS from both sides"
    if not login.account:
        return "the server logged nothing"
    if login.account.accepted or login.account.timeout:
        return f"the server logged something else: {login.account.words}"
    refused = login.account.tries or login.account.refused or "authentication failed" in login.account.words
    return None if refused else f"the server logged no failed try: {login.account.words}"


def _kex_mismatch(login):
    if not login.agreed:
        return "a KEXINIT is missing"
    if all(login.agreed.values()):
        return f"there is something common in each list: {login.agreed}"
    return None


def _hostkey(login):
    if 31 not in login.server.messages and 33 not in login.server.messages:
        return "no key exchange reply"
    # Paramiko asks about the key only when the exchange is complete.
    return f"the client went on with {login.client.rest} bytes" if login.client.rest else None


def _protocol(login):
    if not login.server.version:
        return "no version string"
    both = [side.version for side in (login.client, login.server) if side.version]
    fits = all(v.startswith(("SSH-2.0-", "SSH-1.99-")) for v in both)
    return "both speak version 2" if fits else None


def _not_ssh(login):
    if login.server.version:  # an echo says what the client says
        return None if login.server.version == login.client.version else "a version string was sent"
    return None if login.talk.said else "nothing was said"


def _timeout(login):
    """Debian's sshd says nothing when the time is over: its log just ends, and its FIN comes at that very second."""
    if not login.account or login.account.accepted:
        return "the server logged no connection, or a login"
    if login.account.timeout:
        return None
    if login.account.words:
        return f"the server logged something else: {login.account.words}"
    ends = [p.time for p in login.talk.back if p.flags & FIN]
    took = ends[0] - login.talk.accepts[0].time if ends and login.talk.accepts else 0
    if abs(took - login.grace) < 0.5:
        return None
    return f"the server closed after {took:.1f} s where {login.grace} were given"


def _tarpit(login):
    return "a version string was sent" if login.server.version else (None if len(login.talk.said) > 1 else "no drip")


def _no_banner(login):
    """What a slow server says when the client has already gone does not count."""
    left = next((p.time for p in login.talk.out if p.flags & (FIN | RST)), float("inf"))
    if any(p.time < left for p in login.talk.said):
        return "the server spoke in time"
    return None if login.talk.accepts else "no SYN-ACK"


def _hole(side):
    """The bytes that are missing between what was seen of one direction."""
    pieces, end, missing = sorted((p.seq, p.payload_length) for p in side if p.payload_length), None, 0
    for seq, size in pieces:
        missing += max(0, seq - end) if end is not None else 0
        end = max(end or 0, seq + size)
    return missing


def _blackhole(login):
    """The same bytes again and again from one side, or a hole that the other's sequence numbers tell of."""
    for side in (login.talk.out, login.talk.back):
        sent = [(p.seq, p.payload_length) for p in side if p.payload_length]
        again = {piece for piece in sent if sent.count(piece) > 1}
        if any(size > 300 for _, size in again):
            return None
        if _hole(side) > 300:
            return None
        expected = max((p.seq + p.payload_length for p in side if p.payload_length), default=0)
        if any((p.seq - expected) & 0xFFFFFFFF in range(300, 60000) for p in side if not p.payload_length):
            return None
    return "no large segment is sent again, and no hole is told of"


def _idle(login):
    """Something is sent again and again, and nothing of the other side comes any more."""
    if not login.keyed() or login.account and not login.account.accepted:
        return "no session, or the server logged no login"
    for side, other in ((login.talk.out, login.talk.back), (login.talk.back, login.talk.out)):
        last = max((p.time for p in other), default=0)
        asking = [p.seq for p in side if p.time > last and (p.payload_length or p.flags & FIN)]
        if len(set(asking)) < len(asking):
            return None
    return "nothing is sent again in vain"


def _injected(login):
    return None if any(p.flags & RST for p in login.closes()) else "no RST"


def _abort(login):
    if login.account and (login.account.accepted or login.account.timeout):
        return f"the server tells of something else: {login.account.words}"
    return None if any(p.flags & (FIN | RST) for p in login.talk.out) else "the client did not close"


def _session_refused(login):
    """The server's log tells of a login, and it is the server that closes."""
    if not login.account or not login.account.accepted:
        return "the server logged no login"
    ends = sorted(login.closes(), key=lambda p: p.time)
    return None if ends and ends[0] in login.talk.back else "the server does not close first"


CHECKS = {
    "none": _none, "auth-failed": _auth_failed, "kex-mismatch": _kex_mismatch, "hostkey-rejected": _hostkey,
    "protocol-mismatch": _protocol, "not-ssh": _not_ssh, "login-timeout": _timeout, "tarpit": _tarpit,
    "no-banner": _no_banner, "mtu-blackhole": _blackhole, "idle-drop": _idle, "injected-rst": _injected,
    "client-abort": _abort, "session-refused": _session_refused,
}


NEED_WORDS = {"kex-mismatch", "hostkey-rejected"}


def complaint(row, talk, lab):
    """What contradicts the label of an attempt; None where nothing does."""
    login = Login(talk, lab.accounts.get(row["src_port"]), lab.words.get("grace", 0))
    if login.cut and row["cause"] in NEED_WORDS:
        return None  # the whole capture of the same run is held against the label
    return CHECKS[row["cause"]](login) if row["cause"] in CHECKS else None


def facts(row, packets, lab):
    """What a manifest tells of an attempt beside its label: who spoke, what was agreed, what the server logged."""
    if row["src_port"] is None:
        return {}
    mine = [p for p in packets if p.kind == "tcp" and row["src_port"] in (p.sport, p.dport)]
    out = [p for p in mine if p.sport == row["src_port"]]
    back = [p for p in mine if p.dport == row["src_port"]]
    told = ssh_clear.facts(ssh_clear.read_side(out), ssh_clear.read_side(back))
    account = lab.accounts.get(row["src_port"])
    return {**told, **(server_log.facts(account) if account and row["cause"] != "undetermined" else {})}
