"""Does a capture show what its label says? A second opinion on the set-up, by rules too plain to be wrong.

Each check takes the packets of one attempt, in their order, and returns what contradicts the label, or None."""

import check_login
from frames import ACK, FIN, RST, SYN

DSCP = 0xFC


class Conversation:
    """The packets of one attempt in the order of time, by who sent them."""

    def __init__(self, row, packets):
        flow = (row["src_ip"], row["src_port"], row["dst_ip"], row["dst_port"])
        back = flow[2:] + flow[:2]
        packets = sorted(packets, key=lambda packet: packet.time)
        self.row = row
        self.out = [p for p in packets if p.kind == "tcp" and p.flow == flow]
        self.back = [p for p in packets if p.kind == "tcp" and p.flow == back]
        self.errors = [p for p in packets if p.kind == "icmp" and p.quoted and p.quoted.flow == flow]
        self.syns = [p for p in self.out if p.flags & (SYN | ACK) == SYN]
        self.accepts = [p for p in self.back if p.flags & (SYN | ACK) == SYN | ACK]
        self.resets = [p for p in self.back if p.flags & RST]
        self.said = [p for p in self.back if p.payload_length]
        self.sent = [p for p in self.out if p.payload_length]

    def refusal(self):
        """The reset that answers the SYN, if there is one. A client's own output chain lets no SYN be seen."""
        if not self.syns and not self.out:
            return self.resets[0] if self.resets else None
        early = [p for p in self.resets if self.syns and p.ack == (self.syns[0].seq + 1) & 0xFFFFFFFF]
        return early[0] if early else None

    def text(self):
        return b"".join(p.payload for p in self.said[:4])


def _refused_by_kernel(talk, lab):
    reset = talk.refusal()
    if not reset:
        return "no RST answers the SYN"
    if lab.scenario.name.startswith("foreign-") and "linux" not in lab.scenario.name:
        return _refused_by_stranger(talk, lab)
    if "dscp" in lab.scenario.name:  # the path rewrites what would be echoed
        return None
    if not talk.syns or (reset.tos ^ talk.syns[0].tos) & DSCP:
        return f"the RST has TOS {reset.tos:#x} and is no echo of the SYN's"
    return None


def _refused_by_stranger(talk, lab):
    """A stack that is no Linux copies no TOS, and writes something that netfilter never does."""
    reset = talk.refusal()
    if not reset:
        return None if talk.resets else "no RST answers the SYN"
    if lab.family == 4 and reset.dont_fragment and reset.ip_id == 0 and reset.window == 0:
        return "the RST is as netfilter writes it"
    return None


def _refused_by_firewall(talk, lab):
    reset = talk.refusal()
    if not reset:
        return "no RST answers the SYN"
    if talk.row["src_ip"] in lab.clients and reset.tos & DSCP and not lab.scenario.name.startswith("injector"):
        return f"the RST has TOS {reset.tos:#x}, where netfilter writes 0"
    return None


def _rejected(talk, lab):
    if not talk.errors:
        return "no ICMP error quotes the SYN"
    return "the host answered" if talk.accepts else None


def _unreachable(talk, lab):
    if talk.row["src_port"] is None:
        return None
    codes = {p.icmp for p in talk.errors}
    if codes - {(3, 1), (1, 3)}:
        return f"ICMP of other kinds is there: {codes}"
    return "the host answered" if talk.back else None


def _no_network(talk, lab):
    codes = {p.icmp for p in talk.errors}
    return None if codes and codes <= {(3, 0), (1, 0)} else f"the ICMP errors are {codes}"


def _loop(talk, lab):
    codes = {p.icmp for p in talk.errors}
    return None if codes and codes <= {(11, 0), (3, 0)} else f"the ICMP errors are {codes}"


def _silence(talk, lab):
    if talk.back or talk.errors:
        return "something answered"
    return None if len(talk.syns) > 1 else "one SYN alone proves nothing"


def _ban(talk, lab):
    return "the host accepted" if talk.accepts else None


def _accepted_without_banner(talk, lab):
    if not talk.accepts:
        return "no SYN-ACK"
    if talk.said and b"SSH-" in talk.text():
        return "a banner was sent"
    return None if any(p.flags & (FIN | RST) for p in talk.back) else "the server did not close"


def _mute(talk, lab):
    return "no SYN-ACK" if not talk.accepts else ("the server spoke" if talk.said else None)


def _overflow(talk, lab):
    return "the server spoke" if talk.said else None


def _limit(talk, lab):
    if not talk.accepts:
        return "no SYN-ACK"
    return "a banner was sent" if b"SSH-2" in talk.text() else None


def _other_protocol(talk, lab):
    return "a banner was sent" if talk.text().startswith(b"SSH-") else (None if talk.said else "nothing was said")


def _login(talk, lab):
    if b"SSH-" not in talk.text():
        return "no banner"
    if len(talk.said) < 4 or len(talk.sent) < 4:
        return "too little was said for a login"
    return None


def _lost_return(talk, lab):
    if not talk.accepts:
        return "no SYN-ACK left"
    return "it was acknowledged" if any(p.flags & ACK for p in talk.out) else None


def _answered_from_elsewhere(talk, lab):
    """Nothing comes from where it was asked; or, at the server, the client resets each SYN-ACK."""
    if talk.accepts:
        return None if any(p.flags & RST for p in talk.out) else "the client took the SYN-ACK"
    return "the address that was asked answered" if talk.back else None


def _ignored(talk, lab):
    went_on = any(not p.flags & (SYN | RST) for p in talk.out)
    return "no SYN-ACK" if not talk.accepts else "the client went on" if went_on else None


def _stale(talk, lab):
    return "a SYN-ACK" if talk.accepts else None if talk.back else "nothing answered"


def _injected(talk, lab):
    return None if talk.resets or any(p.flags & RST for p in talk.out) else "no RST"


CHECKS = {
    "kernel-rst": _refused_by_kernel, "firewall-rst": _refused_by_firewall, "firewall-icmp": _rejected,
    "host-unreachable": _unreachable, "network-unreachable": _no_network, "routing-loop": _loop,
    "silent-drop": _silence,
    "fail2ban-ban": _ban, "closed-before-banner": _accepted_without_banner, "no-banner": _mute,
    "listen-overflow": _overflow, "maxstartups": _limit, "source-penalty": _limit, "not-ssh": _other_protocol,
    "none": _login, "auth-failed": _login, "return-path-loss": _lost_return, "injected-rst": _injected,
    "misaddressed-reply": _answered_from_elsewhere, "reply-ignored": _ignored, "stale-connection": _stale,
}
WHERE = {"host", "path", "client", "unknown", None}


def complaint(row, packets, lab, seen):
    """What contradicts a label; None where nothing does."""
    if (row["where"] is None) != (row["cause"] == "none") or row["where"] not in WHERE:
        return "that is not how DESIGN pairs cause and where"
    if lab.scenario.logged and row["cause"] in check_login.CHECKS:
        return check_login.complaint(row, Conversation(row, packets), lab)
    if row["cause"] not in CHECKS or row.get("dst_name") or getattr(seen, "unchecked", False):
        return None
    if not row["src_port"] and row["cause"] != "host-unreachable":
        return "it has no port"
    return CHECKS[row["cause"]](Conversation(row, packets), lab)
