#!/usr/bin/env python3
"""Writes docs/schema/*.json: a JSON Schema (2020-12) of each form in which results go to programs.

    schemas.py PROGRAM FOLDER

The names of causes come from PROGRAM's own table (explain --json). A field that is not required is there only where there is
something to say. Fields may be added: a reader passes over what it does not know."""
import json
import os
import subprocess
import sys

DRAFT = "https://json-schema.org/draft/2020-12/schema"
TEXT, NUMBER, BOOL = {"type": "string"}, {"type": "number"}, {"type": "boolean"}
COUNT = {"type": "integer", "minimum": 0}
PORT = {"type": "integer", "minimum": 0, "maximum": 65535}
SHARE = {"type": "number", "minimum": 0, "maximum": 1}
TIME = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$"}
ADDRESS = {"type": "string", "pattern": r"^[0-9a-f:.]+$"}
MAC = {"type": "string", "pattern": "^([0-9a-f]{2}:){5}[0-9a-f]{2}$"}
COMMUNITY_ID = {"type": "string", "pattern": "^1:[A-Za-z0-9+/]{27}=$"}
STAGES = ["name", "no-answer", "refused", "rejected", "accepted", "banner", "kex", "auth", "session"]
PORT_STATES = ["unknown", "open", "refuses", "rejects", "silent"]
CAUSE = {"$ref": "#/$defs/cause"}
STEPS = {"$ref": "#/$defs/steps"}


def optional(kind):
    """The same, or null."""
    if "enum" in kind:
        return {"enum": kind["enum"] + [None]}
    return dict(kind, type=[kind["type"], "null"])


def one_of(*words):
    return {"enum": list(words)}


def list_of(kind, most=None):
    return {"type": "array", "items": kind, **({"maxItems": most} if most else {})}


def record(fields, more=None, **others):
    """An object with fields that are always there, and `more` that may be."""
    return {"type": "object", "properties": {**fields, **(more or {})}, "required": list(fields), **others}


def line(kind, fields, more=None):
    return record({"type": {"const": kind}, "schema": {"const": 1}, **fields}, more)


STEP = record({"at": optional(one_of("client", "server", "network")), "do": TEXT}, {"when": list_of(TEXT)})
RIVALS = list_of(record({"cause": CAUSE, "confidence": SHARE}), 4)
BY_CAUSE = {"type": "object", "propertyNames": CAUSE, "additionalProperties": COUNT}

ATTEMPT = {
    "ts": TIME, "src_ip": optional(ADDRESS), "src_port": optional(PORT), "dst_ip": optional(ADDRESS), "dst_port": optional(PORT),
    "stage": one_of(*STAGES), "cause": CAUSE, "where": optional(one_of("host", "path", "client", "unknown")),
    "confidence": SHARE, "alternatives": RIVALS,
    "evidence": list_of(record({"id": TEXT, "packet": optional(COUNT), "text": TEXT, "favours": list_of(CAUSE), "weight": NUMBER}), 16),
    "client_error": optional(TEXT), "advice": list_of(TEXT, 6), "steps": STEPS, "syn_count": COUNT, "packets": COUNT,
    "duration_ms": NUMBER, "community_id": optional(COMMUNITY_ID), "source": TEXT, "sensor": optional(TEXT),
    "vantage": one_of("client", "server", "between", "unknown"), "where_confidence": optional(SHARE),
    "deciding_packet": optional(COUNT),
}
ALGORITHMS = ["kex", "host_key", "cipher_c2s", "cipher_s2c", "mac_c2s", "mac_s2c", "compression_c2s", "compression_s2c"]
LEG = record({"src_ip": ADDRESS, "src_port": PORT, "dst_ip": ADDRESS, "dst_port": PORT})
ATTEMPT_MORE = {
    "src_name": TEXT, "dst_name": TEXT, "packets_are_lines": {"const": True}, "text_lacks": TEXT, "reason": TEXT,
    "would_decide": TEXT, "detail": TEXT, "legs": list_of(LEG), "reset_text": TEXT,
    "same_name": list_of(record({"ip": ADDRESS, "port_state": one_of(*PORT_STATES), "in_vain_ms": optional(NUMBER)})),
    "misfits": COUNT, "misfit_packet": COUNT, "not_all_kept": {"const": True}, "nflog_prefix": TEXT, "settle": TEXT,
    "fix": record({"client": optional(TEXT), "server": optional(TEXT)}),
    "client_version": optional(TEXT), "server_version": optional(TEXT), "hassh": optional(TEXT), "hassh_server": optional(TEXT),
    "algorithms": optional(record({name: optional(TEXT) for name in ALGORITHMS})), "post_quantum": optional(BOOL),
    "strict_kex": BOOL,
    "stages_ms": record({name: optional(NUMBER) for name in ("name", "tcp", "banner", "kex", "auth", "opening")}),
    "session_ms": optional(NUMBER), "slow": record({"stage": TEXT, "ms": NUMBER, "causes": TEXT, "try": optional(TEXT)}),
    "login_tries": COUNT, "login_method": optional(TEXT),
}
HOST = {
    "address": optional(ADDRESS), "packets": COUNT, "ttl": optional(COUNT), "rtt_ms": optional(NUMBER), "macs": list_of(MAC, 2),
    "ports": list_of(record({"port": PORT, "state": one_of(*PORT_STATES)}), 12), "echoing_rsts": COUNT, "zeroing_rsts": COUNT,
    "accepted": COUNT, "bannered": COUNT, "sessions": COUNT, "local": BOOL, "source": TEXT, "sensor": optional(TEXT),
}
TALLY = list_of(record({"address": optional(ADDRESS), "attempts": COUNT, "failures": COUNT, "by_cause": BY_CAUSE, "error": COUNT}), 10)
SUMMARY = {
    "frames": COUNT, "frames_undecodable": COUNT, "frames_dropped": COUNT, "attempts": COUNT, "by_cause": BY_CAUSE,
    "attempts_evicted": COUNT, "attempts_failed": COUNT, "attempts_scanned": COUNT, "frames_dropped_by_interface": COUNT,
    "names_failed_other": COUNT, "neighbours_silent_other": COUNT, "sensor": optional(TEXT),
}
PROBE = {
    "hop": optional(COUNT), "hop_address": optional(ADDRESS), "host_hop": optional(COUNT),
    "tos_echo": one_of("works", "rewritten", "unusable", "unknown"), "note": optional(TEXT), "privileged": BOOL,
    "probes_sent": COUNT, "took_ms": NUMBER,
    "hops": list_of(record({"ttl": COUNT, "address": optional(ADDRESS), "name": optional(TEXT), "rtt_ms": optional(NUMBER), "target": BOOL})),
    "ports": list_of(record({"port": PORT, "state": one_of("open"), "ssh": BOOL, "banner": optional(TEXT)})),
    "ssh_port_found": optional(PORT),
}
NAME = record({"hostname": optional(TEXT), "proxy_jump": optional(TEXT), "wanted": optional(TEXT), "ipv4": COUNT, "ipv4_ms": NUMBER,
               "ipv6": COUNT, "ipv6_ms": NUMBER, "addresses": list_of(ADDRESS)})
PROBE_MORE = {"name": NAME, "all_ports": record({"open": COUNT, "closed": COUNT, "rejected": COUNT, "took_ms": NUMBER})}
FLOOD = {"ts": TIME, "until": TIME, "dst_ip": optional(ADDRESS), "dst_port": PORT, "cause": CAUSE, "attempts": COUNT, "source": TEXT,
         "sensor": optional(TEXT)}
HEARTBEAT = {"ts": TIME, "frames": COUNT, "frames_dropped": COUNT, "frames_dropped_by_interface": COUNT, "attempts": COUNT,
             "attempts_failed": COUNT, "attempts_evicted": COUNT, "attempts_open": COUNT, "table_bytes": COUNT, "lag_ms": NUMBER,
             "source": TEXT, "sensor": optional(TEXT)}
PROVED = record({"cause": CAUSE, "headline": TEXT, "signs": optional(TEXT), "proof": STEPS})
EXPLANATION = {"line": optional(TEXT), "program": optional(TEXT), "says": optional(TEXT),
               "stage": optional(one_of("connecting", "connected", "versions", "kex", "auth", "session")),
               "host": optional(TEXT), "port": optional(PORT), "causes": list_of(PROVED), "next": STEPS}
OF_A_CAUSE = {"cause": CAUSE, "headline": TEXT, "what": TEXT, "recognised": TEXT, "looks_like": TEXT, "signs": optional(TEXT),
              "prints": list_of(TEXT), "when": optional(TEXT), "proof": STEPS, "steps": STEPS}

SSH_END = record({"address": TEXT}, {"ip": ADDRESS, "domain": TEXT, "port": PORT})
ECS_OWN = {
    "cause": CAUSE, "confidence": SHARE, "stage": one_of(*STAGES), "where": one_of("host", "path", "client", "unknown"),
    "where_confidence": SHARE, "vantage": one_of("client", "server", "between", "unknown"), "alternatives": RIVALS,
    "evidence": list_of(record({"id": TEXT, "text": TEXT}, {"packet": COUNT}), 16), "deciding_packet": COUNT, "client_error": TEXT,
    "detail": TEXT, "would_decide": TEXT, "steps": list_of(record({"do": TEXT}, {"at": one_of("client", "server", "network")}), 6),
    "syn_count": COUNT, "client_version": TEXT, "server_version": TEXT, "hassh": TEXT, "hassh_server": TEXT, "login_method": TEXT,
    "source": TEXT, "attempts": COUNT, "frames": COUNT, "frames_undecodable": COUNT, "frames_dropped": COUNT,
    "frames_dropped_by_interface": COUNT, "attempts_failed": COUNT, "attempts_evicted": COUNT, "attempts_open": COUNT,
    "table_bytes": COUNT, "lag_ms": NUMBER, "by_cause": BY_CAUSE,
}
ECS_EVENT = record({"kind": one_of("event", "metric"), "category": list_of(one_of("network", "authentication")),
                    "type": list_of(one_of("connection", "denied", "start", "end", "info")), "module": {"const": "sshsniff"},
                    "dataset": one_of(*("sshsniff." + kind for kind in ("attempt", "flood", "heartbeat", "summary")))},
                   {"action": CAUSE, "outcome": one_of("failure", "success", "unknown"), "reason": TEXT, "start": TIME, "end": TIME,
                    "duration": COUNT})
ECS_NETWORK = record({"transport": {"const": "tcp"}, "protocol": {"const": "ssh"}, "type": one_of("ipv4", "ipv6"), "packets": COUNT},
                     {"community_id": COMMUNITY_ID})
ECS = record({"ecs": record({"version": TEXT}), "observer": record({"product": TEXT, "type": TEXT}, {"hostname": TEXT}),
              "event": ECS_EVENT, "sshsniff": {"type": "object", "properties": ECS_OWN}},
             {"@timestamp": TIME, "related": record({"ip": list_of(ADDRESS, 2)}), "network": ECS_NETWORK, "source": SSH_END, "destination": SSH_END, "message": TEXT,
              "rule": record({"name": CAUSE, "description": TEXT, "ruleset": TEXT})})


def schemas(causes):
    defs = {"cause": {"enum": causes}, "steps": list_of(STEP)}
    kinds = {
        "attempt": line("attempt", ATTEMPT, ATTEMPT_MORE), "host": line("host", HOST, {"name": TEXT}),
        "summary": line("summary", SUMMARY, {"lines_passed_over": COUNT, "attempts_not_shown": COUNT, "frames_left_out": COUNT, "servers": TALLY, "clients": TALLY}),
        "probe": line("probe", {**ATTEMPT, **PROBE}, {**ATTEMPT_MORE, **PROBE_MORE}), "flood": line("flood", FLOOD),
        "heartbeat": line("heartbeat", HEARTBEAT),
    }
    explained = {"explanation": line("explanation", EXPLANATION), "cause": line("cause", OF_A_CAUSE)}
    yield "json", "a line of sshsniff --format json", {"oneOf": list(kinds.values())}, defs
    yield "probe", "what sshsniff probe --json writes", kinds["probe"], defs
    yield "explain", "what sshsniff explain --json writes", {"oneOf": list(explained.values())}, defs
    yield "ecs", "a line of sshsniff --format ecs", ECS, {"cause": defs["cause"]}


def main():
    program, folder = sys.argv[1:]
    said = subprocess.run([program, "explain", "--json"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)
    causes = [json.loads(row)["cause"] for row in said.stdout.splitlines()]
    os.makedirs(folder, exist_ok=True)
    for name, title, schema, defs in schemas(causes):
        with open(os.path.join(folder, name + ".json"), "w") as out:
            json.dump({"$schema": DRAFT, "title": title, **schema, "$defs": defs}, out, indent=1)
            out.write("\n")


if __name__ == "__main__":
    main()
