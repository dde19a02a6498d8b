#!/usr/bin/python3
"""A plain-socket client: connects, and does one simple thing. Prints one JSON object of what became of it.

    knock.py ADDRESS PORT [--tos N] [--send TEXT] [--read SECONDS] [--hold SECONDS] [--timeout SECONDS] [--bind ADDRESS]
             [--from-port PORT] [--reset] [--align SECONDS]"""

import argparse
import fcntl
import json
import socket
import struct
import sys
import termios
import time


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("address")
    parser.add_argument("port", type=int)
    parser.add_argument("--tos", type=lambda text: int(text, 0), default=0)
    parser.add_argument("--send", default="")
    parser.add_argument("--read", type=float, default=0, help="read for so long, or until the peer closes")
    parser.add_argument("--hold", type=float, default=0, help="then keep the connection open for so long")
    parser.add_argument("--timeout", type=float, default=10)
    parser.add_argument("--bind", default=None)
    parser.add_argument("--from-port", type=int, default=0)
    parser.add_argument("--align", type=float, default=0, help="wait for a second that this divides: several at once")
    parser.add_argument("--reset", action="store_true", help="leave with a RST instead of a FIN")
    return parser.parse_args()


def open_socket(options):
    family = socket.AF_INET6 if ":" in options.address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    if family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, options.tos)
    else:
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, options.tos)
    if options.reset:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((options.bind or ("::" if family == socket.AF_INET6 else "0.0.0.0"), options.from_port))
    sock.settimeout(options.timeout)
    return sock


def listen(sock, seconds):
    """What the peer says within the time, and whether it closed."""
    heard, deadline = b"", time.monotonic() + seconds
    while time.monotonic() < deadline:
        sock.settimeout(max(0.01, deadline - time.monotonic()))
        try:
            piece = sock.recv(65536)
        except socket.timeout:
            break
        if not piece:
            return heard, True
        heard += piece
    return heard, False


def unacknowledged(sock):
    """Bytes sent that the peer's kernel has not taken."""
    return struct.unpack("i", fcntl.ioctl(sock, termios.TIOCOUTQ, b"\0\0\0\0"))[0]


def knock(options, result):
    sock = open_socket(options)
    if options.align:
        time.sleep(options.align - time.time() % options.align)
    try:
        sock.connect((options.address, options.port))
        result["port"] = sock.getsockname()[1]
        result["connected"] = True
        if options.send:
            sock.sendall(options.send.encode().decode("unicode_escape").encode("latin-1"))
        if options.read:
            heard, result["closed"] = listen(sock, options.read)
            result["heard"] = heard.decode("latin-1")
        result["unacked"] = unacknowledged(sock)
        time.sleep(options.hold)
    except OSError as error:
        result["port"] = result.get("port") or sock.getsockname()[1]
        result["error"] = error.strerror or str(error)
    finally:
        sock.close()


def main():
    result = {"port": None, "connected": False}
    knock(parse(), result)
    print(json.dumps(result), flush=True)
    return 0 if result["connected"] and "error" not in result else 1


if __name__ == "__main__":
    sys.exit(main())
