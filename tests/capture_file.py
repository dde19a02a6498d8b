"""Plain pcap files, frame by frame, for tests that take a capture apart and put it together in another way."""
import struct

MAGICS = {b"\xd4\xc3\xb2\xa1": "<", b"\xa1\xb2\xc3\xd4": ">", b"\x4d\x3c\xb2\xa1": "<", b"\xa1\xb2\x3c\x4d": ">"}
FILE_HEADER, RECORD_HEADER = 24, 16


def read(path):
    """The file's header, its byte order as struct has it, its link type, and its frames, each with its record's header; None
    where it is no plain pcap file."""
    with open(path, "rb") as file:
        data = file.read()
    order = MAGICS.get(data[:4])
    if order is None:
        return None
    frames, at = [], FILE_HEADER
    while at + RECORD_HEADER <= len(data):
        end = at + RECORD_HEADER + struct.unpack_from(order + "I", data, at + 8)[0]
        frames.append(data[at:end])
        at = end
    return data[:FILE_HEADER], order, struct.unpack_from(order + "I", data, 20)[0] & 0xffff, frames
