#!/usr/bin/python3
"""A small server that shows a version string and a KEXINIT of any lists, and leaves when the client's has come.

    kexinit.py PORT VERSION [LIST=NAMES ...] [close=SECONDS|reset]

LIST is kex, hostkey, cipher_out, cipher_back, mac_out, mac_back, compression_out or compression_back (out: from the
client). It imitates servers that are too old or too odd to be run; a capture made with it says so in its story."""

import os
import socket
import struct
import sys
import threading

LISTS = {
    "kex": "curve25519-sha256,diffie-hellman-group14-sha256", "hostkey": "ssh-ed25519,rsa-sha2-512",
    "cipher_out": "aes128-ctr,aes256-ctr", "cipher_back": "aes128-ctr,aes256-ctr",
    "mac_out": "hmac-sha2-256", "mac_back": "hmac-sha2-256", "compression_out": "none", "compression_back": "none",
}


def packet(lists):
    body = b"\x14" + os.urandom(16)
    for names in (*lists.values(), "", ""):
        body += struct.pack(">I", len(names)) + names.encode()
    body += b"\0" * 5
    padding = 8 - (len(body) + 5) % 8
    padding += 8 if padding < 4 else 0
    return struct.pack(">IB", len(body) + padding + 1, padding) + body + b"\0" * padding


def read_until(conn, ready):
    data = b""
    while not ready(data):
        piece = conn.recv(65536)
        if not piece:
            return None
        data += piece
    return data


def kexinit_came(data):
    line, found, rest = data.partition(b"\n")
    return found and len(rest) >= 4 and len(rest) >= 4 + struct.unpack(">I", rest[:4])[0]


def serve(conn, version, lists, close):
    try:
        conn.sendall(version.encode() + b"\r\n" + packet(lists))
        if read_until(conn, kexinit_came) is not None and close == "reset":
            conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif close != "reset":
            conn.settimeout(float(close) or 0.001)
            read_until(conn, lambda data: False)
    except OSError:
        pass  # the client left, or did not within the time
    conn.close()


def main():
    port, version, lists, close = int(sys.argv[1]), sys.argv[2], dict(LISTS), "2"
    for argument in sys.argv[3:]:
        name, _, value = argument.partition("=")
        if name == "close":
            close = value
        else:
            lists[name] = value
    listener = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True)
    while True:
        conn, _ = listener.accept()
        threading.Thread(target=serve, args=(conn, version, lists, close), daemon=True).start()


if __name__ == "__main__":
    main()
