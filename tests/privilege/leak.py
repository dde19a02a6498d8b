"""Run by `sshsniff run`: which descriptors are there, and does any of them see or send foreign packets?"""
import os
import socket
import struct
import sys

found = []
for number in range(256):
    try:
        os.fstat(number)
    except OSError:
        continue
    found.append(number)
    try:
        held = socket.socket(fileno=os.dup(number))
    except OSError:
        continue
    if held.family == socket.AF_PACKET:
        held.setsockopt(socket.SOL_SOCKET, 27, struct.pack("i", 0))
        print("sent", held.sendto(b"\0" * 40, (sys.argv[1], 0x800, 0, 0, b"\xff" * 6)), "bytes by a foreign socket")
print("descriptors", *found)
