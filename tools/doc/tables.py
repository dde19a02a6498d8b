#!/usr/bin/env python3
"""Writes anew what other documents repeat of two tables: the program's causes, and the fields of docs/json.md.

    tables.py PROGRAM            write README.md and the manual page again, between their marks
    tables.py --check PROGRAM    only say where they differ from that"""
import json
import os
import re
import subprocess
import sys

ROOT = os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "..")
README, MANUAL = "README.md", "tools/install/sshsniff.8"


def causes_of(program):
    said = subprocess.run([program, "explain", "--json"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)
    return [json.loads(row) for row in said.stdout.splitlines()]


def read(name):
    with open(os.path.join(ROOT, name)) as text:
        return text.read()


def fields_of(page, heading):
    """(names, meaning) of the tables under a heading, in their order."""
    section = re.search(rf"^## `{heading}`\n(.*?)(?=^## )", page + "\n## ", re.S | re.M)[1]
    for names, meaning in re.findall(r"^\| (`[^|]*) \| (.*) \|$", section, re.M):
        yield names.replace("`", ""), meaning


def plain(markdown):
    return re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", markdown).replace("`", "")


def roff(text):
    text = text.replace("\\", "\\e").replace("…", "...").replace("→", "->").replace("×", "x")
    return "\\&" + text if text[:1] in ".'" else text


def item(name, text):
    words = name.split(", ")
    return ".It Cm " + " , ".join(words) + "\n" + roff(text[0].upper() + text[1:].rstrip(".")) + ".\n"


def list_of(items):
    return ".Bl -tag -width Ds\n" + "".join(items) + ".El\n"


def manual_causes(causes):
    return list_of(item(row["cause"], row["headline"]) for row in causes)


def manual_fields(page):
    out = "Of an attempt:\n" + list_of(item(names, plain(meaning)) for names, meaning in fields_of(page, "attempt"))
    return out + "Of the summary:\n" + list_of(item(names, plain(meaning)) for names, meaning in fields_of(page, "summary"))


def readme_causes(causes):
    """Two a row, for README is to be read on few screens."""
    cells = [f"| `{row['cause']}` | {row['headline']} " for row in causes]
    half = (len(cells) + 1) // 2
    rows = [left + right + "|\n" for left, right in zip(cells[:half], cells[half:] + ["| | "])]
    return "| cause | what happened | cause | what happened |\n| --- | --- | --- | --- |\n" + "".join(rows)


def between(text, first, last, new, name):
    """The text with what stands between two marks exchanged."""
    before, mark, rest = text.partition(first)
    _, end, after = rest.partition(last)
    if not mark or not end:
        sys.exit(f"tables: {name}: the mark {first.strip()} or {last.strip()} is not there")
    return before + mark + new + end + after


def documents(program):
    causes, page = causes_of(program), read("docs/json.md")
    failing = len(causes) - len({"none", "scan", "undetermined"})
    readme = between(read(README), "<!-- causes: make tables-doc -->\n", "<!-- end -->\n", readme_causes(causes), README)
    yield README, re.sub(r"\[\d+ causes\]", f"[{failing} causes]", readme)
    manual = between(read(MANUAL), '.\\" causes: make tables-doc\n', '.\\" end\n', manual_causes(causes), MANUAL)
    yield MANUAL, between(manual, '.\\" fields: make tables-doc\n', '.\\" end of fields\n', manual_fields(page), MANUAL)


def main():
    only_check = sys.argv[1] == "--check"
    status = 0
    for name, text in documents(sys.argv[-1]):
        if text == read(name):
            continue
        if only_check:
            print(f"tables: {name} is not what make tables-doc writes")
            status = 1
        else:
            with open(os.path.join(ROOT, name), "w") as out:
                out.write(text)
    return status


sys.exit(main())
