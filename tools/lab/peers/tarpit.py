#!/usr/bin/python3
"""A tarpit like endlessh: a random line now and then, and never a version string.

    tarpit.py PORT SECONDS [LENGTH]

A line comes every so many seconds, give or take a fifth, of at most so many characters."""

import random
import socket
import string
import sys
import threading
import time


def line(length):
    letters = string.ascii_letters + string.digits + "+/="
    return "".join(random.choices(letters, k=random.randint(3, length))).encode() + b"\r\n"


def drip(conn, seconds, length):
    conn.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 256)
    try:
        while True:
            time.sleep(seconds * random.uniform(0.8, 1.2))
            conn.sendall(line(length))
    except OSError:
        conn.close()


def main():
    port, seconds, length = int(sys.argv[1]), float(sys.argv[2]), int((sys.argv + ["32"])[3])
    listener = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True)
    while True:
        conn, _ = listener.accept()
        threading.Thread(target=drip, args=(conn, seconds, length), daemon=True).start()


if __name__ == "__main__":
    main()
