#!/usr/bin/python3
"""A person at a terminal: runs a command on a pty of its own and types what a script says.

    typist.py SCRIPT -- COMMAND...

SCRIPT is JSON: a list of [pattern, seconds, text]. Each waits until the pattern was printed, pauses, and types the text;
"\\u0003" is ^C. After the last, what is printed is read until the command ends. Its exit status is the command's."""

import json
import os
import pty
import re
import select
import sys
import time


def read(terminal, seconds):
    """What is printed within the time; None when the command has closed its terminal."""
    if not select.select([terminal], [], [], seconds)[0]:
        return b""
    try:
        return os.read(terminal, 65536) or None
    except OSError:
        return None


def wait_for(terminal, pattern, pending):
    """What was printed after the pattern, or None where it never came."""
    while not (found := re.search(pattern.encode(), pending)):
        piece = read(terminal, 60)
        if not piece:
            return None
        sys.stdout.buffer.write(piece)
        pending += piece
    return pending[found.end():]


def play(terminal, script):
    pending = b""
    for pattern, seconds, text in script:
        pending = wait_for(terminal, pattern, pending)
        if pending is None:
            return
        time.sleep(seconds)
        os.write(terminal, text.encode())
    while (piece := read(terminal, 120)) is not None:
        sys.stdout.buffer.write(piece)
        sys.stdout.flush()


def main():
    script, command = json.loads(sys.argv[1]), sys.argv[3:]
    child, terminal = pty.fork()
    if child == 0:
        os.execvp(command[0], command)
    play(terminal, script)
    os.close(terminal)
    status = os.waitpid(child, 0)[1]
    return os.waitstatus_to_exitcode(status) & 255


if __name__ == "__main__":
    sys.exit(main())
