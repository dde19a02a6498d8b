#!/usr/bin/python3
"""A tunnel without encryption between two hosts of the lab, as a VPN's tun0 is: what is captured there is raw IP.

    tunnel.py HOST_A HOST_B

Both get tun0. It prints "ready" and runs until it is killed."""

import ctypes
import fcntl
import os
import select
import struct
import sys

TUNSETIFF, IFF_TUN_NO_PI = 0x400454CA, 0x1001
CLONE_NEWNET = 0x40000000


def open_tun(host):
    """A tun0 in another namespace: the device belongs to the namespace that opens it."""
    with open(f"/run/netns/{host}") as namespace:
        if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), CLONE_NEWNET) != 0:
            sys.exit(f"tunnel: {host}: cannot enter its namespace; is the host there?")
    device = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", b"tun0", IFF_TUN_NO_PI))
    return device


def main():
    near, far = open_tun(sys.argv[1]), open_tun(sys.argv[2])
    print("ready", flush=True)
    while True:
        for device in select.select([near, far], [], [])[0]:
            packet = os.read(device, 65536)
            try:
                os.write(far if device == near else near, packet)
            except OSError:
                pass  # the other end is not up yet: a tunnel loses what it cannot hand over


if __name__ == "__main__":
    main()
