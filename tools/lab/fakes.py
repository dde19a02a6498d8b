#!/usr/bin/python3
"""Small servers that imitate what the lab cannot run for real. A capture made with one says so in its story.

    fakes.py close PORT                   accepts, and closes at once
    fakes.py reset PORT                   accepts, and resets at once
    fakes.py mute PORT                    accepts, reads, and never speaks
    fakes.py backlog PORT LENGTH          listens with a queue of that length, and never accepts
    fakes.py closes PORT SECONDS          listens for so long, accepts nobody, and closes its listening socket
    fakes.py greet PORT TEXT [SECONDS]    says TEXT, then listens for so long and closes
    fakes.py answer PORT TEXT             waits to be spoken to, says TEXT and closes
    fakes.py busy PORT COUNT [TEXT]       an SSH banner for so many at a time; the others get TEXT, if any, and a close
    fakes.py penalty PORT COUNT BACKEND_PORT TEXT
                                          relays so many connections of each source to a real server, then TEXT
    fakes.py exec PORT -- COMMAND...      what inetd does: COMMAND, the connection its input and output"""

import signal
import socket
import struct
import subprocess
import sys
import threading
import time

BANNER = b"SSH-2.0-OpenSSH_7.4\r\n"


def listen(port, backlog=128):
    sock = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=backlog)
    return sock


def text_of(argument):
    return argument.encode().decode("unicode_escape").encode("latin-1")


def swallow(conn, seconds):
    """Reads what comes until the peer closes or the time is over."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        conn.settimeout(max(0.01, deadline - time.monotonic()))
        try:
            if not conn.recv(65536):
                return
        except OSError:
            return


def close(conn):
    pass


def reset(conn):
    conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def mute(conn):
    swallow(conn, 3600)


def greet(conn, text, seconds="5"):
    conn.sendall(text_of(text))
    swallow(conn, float(seconds))


def answer(conn, text):
    conn.settimeout(30)
    if conn.recv(65536):
        conn.sendall(text_of(text))


class Busy:
    """Old servers dropped what was over their limit without a word; newer ones with a line."""

    def __init__(self, count, text=""):
        self.free, self.text = threading.Semaphore(int(count)), text_of(text)

    def __call__(self, conn):
        if not self.free.acquire(blocking=False):
            conn.sendall(self.text)
            return
        try:
            conn.sendall(BANNER)
            swallow(conn, 120)
        finally:
            self.free.release()


class Penalty:
    """PerSourcePenalties of OpenSSH 9.8 and later: the source is known, and refused before the banner."""

    def __init__(self, count, backend, text):
        self.count, self.backend, self.text, self.seen = int(count), int(backend), text_of(text), {}

    def __call__(self, conn):
        source = conn.getpeername()[0]
        self.seen[source] = self.seen.get(source, 0) + 1
        if self.seen[source] > self.count:
            conn.sendall(self.text)
            return
        with socket.create_connection(("127.0.0.1", self.backend)) as inner:
            back = threading.Thread(target=relay, args=(inner, conn))
            back.start()
            relay(conn, inner)
            back.join()


def relay(source, sink):
    try:
        while True:
            piece = source.recv(65536)
            if not piece:
                break
            sink.sendall(piece)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def execute(*command):
    def serve(conn):
        subprocess.run(command, stdin=conn.fileno(), stdout=conn.fileno(), stderr=subprocess.DEVNULL)
    return serve


def serve(port, handle):
    listener = listen(port)
    while True:
        conn, _ = listener.accept()
        threading.Thread(target=_one, args=(conn, handle), daemon=True).start()


def _one(conn, handle):
    with conn:
        try:
            handle(conn)
        except OSError:
            pass  # the peer left: what an imitation does then is to leave too


def backlog(port, length):
    listener = listen(port, length)
    while listener:
        signal.pause()


def closes(port, seconds):
    listener = listen(port)
    time.sleep(seconds)
    listener.close()
    signal.pause()


def main():
    kind, port, arguments = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    if kind == "backlog":
        backlog(port, int(arguments[0]))
    elif kind == "closes":
        closes(port, float(arguments[0]))
    elif kind == "exec":
        serve(port, execute(*arguments[1:]))
    elif kind in ("busy", "penalty"):
        serve(port, {"busy": Busy, "penalty": Penalty}[kind](*arguments))
    elif kind in ("greet", "answer"):
        say = {"greet": greet, "answer": answer}[kind]
        serve(port, lambda conn: say(conn, *arguments))
    else:
        serve(port, {"close": close, "reset": reset, "mute": mute}[kind])


if __name__ == "__main__":
    main()
