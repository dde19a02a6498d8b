"""The truth about each attempt, and the manifest that tells it.

A step of a scenario declares what its clients will meet; here the connections that appeared during the step are given
that truth. Nothing in a label comes from the program under test."""

import fcntl
import json
import os
from dataclasses import dataclass

import check
import check_login
import frames
from net import LabError

FIELDS = ("src_ip", "src_port", "dst_ip", "dst_port", "cause", "where", "client")


@dataclass
class Truth:
    start: float
    cause: str = None
    where: str = None
    client: str = None
    port: int = None  # the source port, where the client told it
    dst_name: str = None  # no SYN: the name did not resolve
    no_syn: str = None  # no SYN: the address whose neighbour never answered
    src: str = None


def _oriented(packet, lab):
    """The attempt that a packet belongs to, as (client, port, server, port), or None."""
    if packet.kind == "icmp" and packet.quoted:
        packet = packet.quoted
    if packet.kind != "tcp":
        return None
    if packet.src in lab.clients and packet.dport in lab.ports:
        return packet.flow
    if packet.dst in lab.clients and packet.sport in lab.ports:
        return (packet.dst, packet.dport, packet.src, packet.sport)
    return None


def flows(path, lab):
    """Each attempt in a capture with the time of its first packet."""
    first = {}
    for packet in frames.read(path):
        flow = _oriented(packet, lab)
        if flow:
            first.setdefault(flow, packet.time)
    return first


def later_legs(path, lab):
    """The four-tuples that are another one's further way: translation leaves the SYN's sequence number alone. So are
    those on which no SYN was sent, and that answer one sent elsewhere."""
    first, later = {}, set()
    for packet in frames.read(path):
        flow = _oriented(packet, lab)
        if flow and packet.kind == "tcp" and packet.flow != flow and packet.flags & (frames.SYN | frames.RST):
            asked = first.get((packet.ack - 1) & 0xFFFFFFFF)
            if asked and asked[0] != flow and asked[0][:2] == flow[:2] and not any(f[0] == flow for f in first.values()):
                later.add(flow)
        if flow and packet.kind == "tcp" and packet.flags & (frames.SYN | frames.ACK) == frames.SYN:
            start, begun = first.setdefault(packet.seq, (flow, packet.time))
            if start != flow and packet.time - begun < 0.2:
                later.add(flow)
    return later


def _truth_of(flow, start, truths):
    for truth in truths:
        if truth.port is not None and truth.port == flow[1] and truth.start <= start + 0.01:
            return truth
    before = [t for t in truths if t.port is None and t.start <= start + 0.001]
    if not before:
        raise LabError(f"{flow}: an attempt that no step declares; give the step a truth for it")
    return before[-1]


def attempts(lab, reference):
    """The truth for each four-tuple; every step that sends must have had one."""
    told = {flow: _truth_of(flow, start, lab.truths) for flow, start in flows(reference, lab).items()}
    met = {id(truth) for truth in told.values()}
    for truth in lab.truths:
        if id(truth) not in met and not truth.dst_name and not truth.no_syn:
            raise LabError(f"{truth.client}: sent nothing during the step that says {truth.cause}")
    return told


def _relabelled(seen, truth):
    change = seen.relabel or {}
    return change.get(truth.cause) or change.get("*") or (truth.cause, truth.where)


def _without_syn(lab, seen, told, visible):
    shown = {id(told[flow]) for flow in visible if flow in told}
    for truth in lab.truths:
        if (truth.dst_name or truth.no_syn) and id(truth) not in shown:
            cause, where = _relabelled(seen, truth)
            row = dict(zip(FIELDS, (truth.src, None, truth.no_syn, None, cause, where, truth.client)))
            yield dict(row, dst_name=truth.dst_name) if truth.dst_name else row


def entry(lab, seen, path, name, told):
    """The manifest's line for one capture, checked against its packets."""
    rows, visible = [], flows(path, lab)
    legs = later_legs(path, lab)
    for flow in visible:
        if flow in legs:
            continue
        if flow not in told:
            raise LabError(f"{name}: {flow} is not in the reference capture; is the step's truth missing?")
        cause, where = _relabelled(seen, told[flow])
        rows.append(dict(zip(FIELDS, (*flow, cause, where, told[flow].client))))
    rows += _without_syn(lab, seen, told, visible)
    if not rows:
        raise LabError(f"{name}: no attempt is seen in it")
    packets = frames.read(path)
    for row in rows:
        if lab.scenario.logged:
            row.update(check_login.facts(row, packets, lab))
        wrong = check.complaint(row, packets, lab, seen)
        if wrong:
            raise LabError(f"{name}: {row['src_port']} is labelled {row['cause']}/{row['where']}, but {wrong}")
    return {"file": name, "scenario": lab.scenario.name, "story": lab.scenario.story, "vantage": vantage(seen),
            "set": seen.set or lab.scenario.set, "attempts": rows}


def vantage(seen):
    return seen.host + (" (any)" if seen.interface == "any" else "") + (f", {seen.name}" if seen.name else "")


def write(path, entries):
    with open(path, "w") as manifest:
        manifest.writelines(json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries)


def stale(rows, variant, entries):
    """What an older form of the scenario had left of this variant: files that it no longer makes."""
    new = {row["file"] for row in entries}
    return [name for name, row in rows.items() if name not in new and row["scenario"] == entries[0]["scenario"]
            and (name.startswith(variant + ".") or name.startswith(variant + "-"))]


def merge(path, variant, entries):
    """Puts a variant's entries into a manifest that other runs may be writing too, in place of its older ones."""
    folder = os.open(os.path.dirname(path), os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        rows = {}
        if os.path.exists(path):
            with open(path) as manifest:
                rows = {row["file"]: row for row in map(json.loads, manifest)}
        for name in stale(rows, variant, entries):
            del rows[name]
            os.unlink(os.path.join(os.path.dirname(path), name))
        rows.update((row["file"], row) for row in entries)
        write(path + ".new", [rows[name] for name in sorted(rows)])
        os.replace(path + ".new", path)
    finally:
        os.close(folder)
