#!/usr/bin/python3
"""A server whose program breaks at a place of the conversation: it relays to a real one until the client has said so
many bytes, or so many binary packets after its version, and then stops answering, or leaves.

    breaking_relay.py PORT BACKEND_PORT BYTES|PACKETSp stall|close|reset|kill|text=TEXT

stall: reads what comes, as the kernel of a program that hangs does, and says nothing more. text: says TEXT and closes.
kill: the process that holds the connection is killed, as the kernel does where memory runs out."""

import os
import signal
import socket
import struct
import sys
import threading
import time


def back(inner, conn, broken):
    try:
        while piece := inner.recv(65536):
            if broken.is_set():
                return
            conn.sendall(piece)
    except OSError:
        pass


def packets(said):
    """How many whole binary packets follow the version line: KEXINIT, the client's key, NEWKEYS, and no more."""
    at, count = said.find(b"\n") + 1, 0
    while at and len(said) >= at + 4:
        at += 4 + struct.unpack(">I", said[at:at + 4])[0]
        count += at <= len(said)
    return count


def enough(said, limit):
    return packets(said) >= int(limit[:-1]) if limit.endswith("p") else len(said) >= int(limit)


def forth(conn, inner, limit):
    """Relays what the client says; True once it has said enough."""
    said = b""
    while not enough(said, limit):
        piece = conn.recv(65536)
        if not piece:
            return False
        said += piece
        if not enough(said, limit):
            inner.sendall(piece)
    return True


def break_off(conn, how):
    if how == "stall":
        conn.settimeout(600)
        while conn.recv(65536):
            pass
    if how == "reset":
        conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    if how == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if how.startswith("text="):
        conn.sendall(how[5:].encode().decode("unicode_escape").encode("latin-1"))
        conn.shutdown(socket.SHUT_WR)
        time.sleep(0.3)


def serve(conn, backend, limit, how):
    broken = threading.Event()
    try:
        with socket.create_connection(("127.0.0.1", backend)) as inner:
            conn.sendall(inner.recv(65536))  # the version string, before anything breaks
            threading.Thread(target=back, args=(inner, conn, broken), daemon=True).start()
            if forth(conn, inner, limit):
                broken.set()
                break_off(conn, how)
    except OSError:
        pass  # the client has left
    conn.close()
    os._exit(0)


def main():
    port, backend, limit, how = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    listener = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True)
    while True:
        conn, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            serve(conn, backend, limit, how)
        conn.close()


if __name__ == "__main__":
    main()
