#!/usr/bin/env python3
"""The labels of pcaps/manifest.jsonl as a table for hostile: file, client, port, server, port, cause."""
import json
import sys

for line in open(sys.argv[1]):
    capture = json.loads(line)
    for a in capture["attempts"]:
        print(capture["file"], a["src_ip"], a.get("src_port") or 0, a.get("dst_ip") or "-", a.get("dst_port") or 0, a["cause"])
    if not capture["attempts"]:
        print(capture["file"], "-", 0, "-", 0, "none")
