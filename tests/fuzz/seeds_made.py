"""Seeds that are made from nothing: frames of link types and tunnels, files, and the steps of harnesses."""
import struct

CLIENT, SERVER = bytes([10, 7, 1, 1]), bytes([10, 7, 2, 2])
CLIENT6, SERVER6 = bytes.fromhex("fd070000000000010000000000000001"), bytes.fromhex("fd070000000000020000000000000002")
MACS = bytes.fromhex("020000000002020000000001")
TCP = struct.pack(">HHIIBBHHH", 40000, 22, 1, 0, 0x60, 2, 64240, 0, 0) + bytes.fromhex("020405b4")
SNAP = bytes.fromhex("aaaa03000000")


def ipv4(protocol, body, flags=0x4000, number=7):
    return struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(body), number, flags, 64, protocol, 0) + CLIENT + SERVER + body


def ipv6(following, body):
    return struct.pack(">IHBB", 0x60000000, len(body), following, 64) + CLIENT6 + SERVER6 + body


def udp(port, body):
    return struct.pack(">HHHH", 40053, port, 8 + len(body), 0) + body


def ethernet(kind, body):
    return MACS + struct.pack(">H", kind) + body


def dns():
    """An answer with a name behind a pointer, an alias, and addresses of both families."""
    name = b"\x06server\x07example\x00"
    answers = (b"\xc0\x0c" + struct.pack(">HHIH", 5, 1, 60, 2) + b"\xc0\x0c",
               b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 60, 4) + SERVER,
               b"\xc0\x0c" + struct.pack(">HHIH", 28, 1, 60, 16) + SERVER6,
               name + struct.pack(">HHIH", 1, 1, 60, 4) + CLIENT)
    return struct.pack(">HHHHHH", 7, 0x8180, 1, len(answers), 0, 0) + name + struct.pack(">HH", 1, 1) + b"".join(answers)


def extended():
    """IPv6 with extension headers before TCP, one of each."""
    for number, header in ((0, bytes(6)), (43, b"\x02\x01" + bytes(4)), (60, bytes(6)), (51, bytes(6))):
        yield ipv6(number, bytes([6, 0]) + header + TCP)
    yield ipv6(44, struct.pack(">BBHI", 6, 0, 0, 7) + TCP)
    yield ipv6(0, bytes([60, 0]) + bytes(6) + bytes([44, 0]) + bytes(6) + struct.pack(">BBHI", 6, 0, 1, 7) + TCP)


def inner():
    """Packets as they stand in tunnels and behind link headers: EtherType, packet."""
    yield 0x0800, ipv4(6, TCP)
    yield 0x86dd, ipv6(6, TCP)
    yield 0x0800, ipv4(17, udp(53, dns()))
    yield 0x0800, ipv4(17, struct.pack(">HHHH", 53, 40053, 8 + len(dns()), 0) + dns())
    for port, version in ((5353, 6), (5355, 4), (137, 4)):
        body = struct.pack(">HHHH", port, port, 8 + len(dns()), 0) + dns()
        yield (0x0800, ipv4(17, body)) if version == 4 else (0x86dd, ipv6(17, body))
    for packet in extended():
        yield 0x86dd, packet


def tunnels(kind, packet):
    """IP packets around a packet."""
    frame = ethernet(kind, packet)
    yield ipv4(4 if kind == 0x0800 else 41, packet)
    yield ipv6(4 if kind == 0x0800 else 41, packet)
    for flags, options in ((0, b""), (0x2000, bytes(4)), (0xb000, bytes(12)), (0x4000, bytes(4))):
        yield ipv4(47, struct.pack(">HH", flags, kind) + options + packet)
    yield ipv4(47, struct.pack(">HH", 0, 0x6558) + frame)
    yield ipv4(47, struct.pack(">HH", 0x1000, 0x88be) + bytes(4) + bytes(8) + frame)
    yield ipv4(47, struct.pack(">HH", 0, 0x88be) + frame)
    yield ipv4(47, struct.pack(">HH", 0, 0x8847) + mpls(packet))
    yield ipv4(17, udp(4789, b"\x08" + bytes(7) + frame))
    yield ipv4(17, udp(4789, bytes(8) + frame))
    for option in (0, 1):
        yield ipv4(17, udp(6081, bytes([option, 0, 0x65, 0x58]) + bytes(4 + 4 * option) + frame))
        yield ipv4(17, udp(6081, bytes([option]) + b"\0" + struct.pack(">H", kind) + bytes(4 + 4 * option) + packet))


def mpls(packet):
    return bytes.fromhex("00010040") + bytes.fromhex("00020140") + packet


def ppp(kind, packet, short=False):
    number = 0x21 if kind == 0x0800 else 0x57
    return (bytes([number]) if short else struct.pack(">H", number)) + packet


def wlan(kind, packet):
    """802.11 data frames: to and from an access point, between two, with and without QoS, bare and behind what the
    machine says of the radio."""
    llc, address = SNAP + struct.pack(">H", kind) + packet, bytes([2, 0, 0, 0, 0, 1])
    for frame_control in (b"\x08\x01", b"\x08\x02", b"\x08\x00", b"\x08\x03", b"\x88\x01", b"\x88\x81", b"\x88\x41", b"\xc8\x01", b"\x80\x00"):
        bare = frame_control + bytes(2) + 3 * address + bytes(2)
        bare += address if frame_control[1] & 3 == 3 else b""
        bare += bytes(6 if frame_control[1] & 0x80 else 2) if frame_control[0] & 0x80 else b""
        yield 105, bare + llc
        yield 127, struct.pack("<BBHI", 0, 0, 8, 0) + bare + llc
        yield 127, struct.pack("<BBHI", 0, 0, 17, 3) + bytes(8) + b"\x10" + bare + llc + bytes(4)
        yield 127, struct.pack("<BBHII", 0, 0, 13, 0x80000002, 0) + b"\x20" + bare + bytes(-len(bare) % 4) + llc
        yield 127, struct.pack("<BBHI", 0, 0, 9, 2) + b"\x40" + bare + llc
        yield 163, struct.pack(">II", 0x80211001, 64) + bytes(56) + bare + llc
        yield 119, struct.pack("<II", 0x44, 144) + bytes(136) + bare + llc
    several = bytes(12) + struct.pack(">H", len(llc)) + llc
    yield 105, b"\x88\x02" + bytes(2) + 3 * address + bytes(2) + b"\x80\x00" + several


def nflog(family, packet):
    """With the attributes that the decoder reads: header, interfaces, prefix, hardware address, payload."""
    def attribute(kind, body):
        return struct.pack("<HH", 4 + len(body), kind) + body + bytes(-len(body) % 4)
    for hook in range(6):
        yield bytes([family, 0]) + struct.pack(">H", 5) + attribute(1, struct.pack(">HBB", 0x0800, hook, 0)) + \
            attribute(10, b"dropped: \0") + attribute(4, struct.pack(">I", 2)) + attribute(5, struct.pack(">I", 3)) + \
            attribute(8, struct.pack(">HH", 6, 0) + bytes(8)) + attribute(9, packet)


def links():
    """(link type, frame) for each link type, each tunnel, and each packet in some of them."""
    for kind, packet in inner():
        yield 1, ethernet(kind, packet)
        for tunnel in tunnels(kind, packet):
            yield 101, tunnel
        yield 1, ethernet(0x8100, struct.pack(">HH", 5, kind) + packet)
        yield 1, ethernet(0x88a8, struct.pack(">HHHH", 5, 0x8100, 6, kind) + packet)
        yield 1, ethernet(0x9100, struct.pack(">HH", 5, kind) + packet)
        yield 1, ethernet(0x8864, struct.pack(">BBHH", 0x11, 0, 7, 2 + len(packet)) + ppp(kind, packet))
        yield 1, ethernet(0x8847, mpls(packet))
        yield 1, ethernet(0x6558, ethernet(kind, packet))
        yield 1, ethernet(8 + len(packet), SNAP + struct.pack(">H", kind) + packet)
        yield 1, ethernet(3 + len(packet), b"\x06\x06\x03" + packet)
        for where in range(5):
            yield 113, struct.pack(">HHH", where, 1, 6) + MACS[6:] + bytes(2) + struct.pack(">H", kind) + packet
            yield 276, struct.pack(">HHIHBB", kind, 0, 2, 1, where, 6) + MACS[6:] + bytes(2) + packet
        yield 113, struct.pack(">HHH", 0, 1, 0) + bytes(8) + b"\0\x04" + SNAP + struct.pack(">H", kind) + packet
        for family in (2, 10, 24, 28, 30):
            yield 0, struct.pack("<I", family) + packet
            yield 108, struct.pack(">I", family) + packet
        for number in (101, 12, 14, 228, 229):
            yield number, packet
        yield 9, b"\xff\x03" + ppp(kind, packet)
        yield 9, ppp(kind, packet, True)
        yield 9, b"\x02\x81" + mpls(packet)
        yield 50, b"\xff\x03" + ppp(kind, packet)
        yield 50, b"\x0f\x00" + struct.pack(">H", kind) + packet
        yield 51, struct.pack(">BBHH", 0x11, 0, 7, 2 + len(packet)) + ppp(kind, packet)
        yield 104, b"\x8f\x00" + struct.pack(">H", kind) + packet
        for frame in nflog(2 if kind == 0x0800 else 10, packet):
            yield 239, frame
        yield from wlan(kind, packet)


def fragments():
    """Datagrams in pieces, in order and not, whole and with a piece twice, of both families."""
    body = TCP + bytes(44)
    parts = [ipv4(6, body[i:i + 24], (0x2000 if i + 24 < len(body) else 0) | i // 8) for i in range(0, len(body), 24)]
    yield from parts
    yield from parts[::-1]
    yield from (parts[0], parts[0], parts[1], parts[2])
    for i in (0, 24, 48):
        yield ipv6(44, struct.pack(">BBHI", 6, 0, i | (i < 48), 7) + body[i:i + 24])


def block(kind, body):
    """Of pcapng."""
    return struct.pack("<II", kind, 12 + len(body)) + body + struct.pack("<I", 12 + len(body))


def files():
    """pcap files of each kind of header and byte order, and other files by their first bytes."""
    frame = ethernet(0x0800, ipv4(6, TCP))
    for order in "<>":
        for magic, extra in ((0xa1b2c3d4, 0), (0xa1b23c4d, 0), (0xa1b2cd34, 8)):
            for major, minor in ((2, 4), (2, 3), (543, 0), (9, 9)):
                data = struct.pack(order + "IHHIIII", magic, major, minor, 0, 0, 65535, 1)
                for i in range(6):
                    swap = minor == 3 and i == 2
                    lengths = (len(frame) + 9, len(frame)) if swap else (len(frame), len(frame) + i)
                    data += struct.pack(order + "IIII", 1700000000 + i, 5, *lengths) + bytes(extra) + frame
                yield f"made-{'big' if order == '>' else 'little'}-{magic:x}-{major}.{minor}", data
    large = struct.pack("<IHHIIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1) + \
        b"".join(struct.pack("<IIII", 1700000000, i, 240_000, 240_000) + frame + bytes(240_000 - len(frame)) for i in range(3))
    yield "made-large-frames", large
    packet = block(6, struct.pack("<IIIII", 0, 1, 1, len(frame), len(frame)) + frame + bytes(-len(frame) % 4))
    yield "made-large-block", block(0x0a0d0d0a, struct.pack("<IHHq", 0x1a2b3c4d, 1, 0, -1)) + block(1, struct.pack("<HHI", 1, 0, 0)) + \
        packet + block(0xbad, bytes(1_500_000)) + packet + block(0xbad, bytes(1_200_000)) + packet
    for magic in (b"\xfd7zXZ\0", b"BZh9", b"\x04\x22\x4d\x18", b"PK\x03\x04", b"snoop\0\0\0", b"GMBU", b"RTSS", b"\x28\xb5\x2f\xfd", b"\x50\x2a\x4d\x18"):
        yield "made-other-" + magic[:4].hex(), magic + bytes(20)


# ---- Steps: the structs of the harnesses ----

SEND, OUTWARDS, RST, SYNACK, EXPIRED, ERROR, ECHO, NEIGHBOUR, SERVICE, PATIENCE = range(10)
OF_A_KIND, OF_A_ROUTER, BARE, COPIED_ID = 0x80, 0x40, 0x20, 0x10
MARKED, OTHER_MARK, PLAIN, CONTROL, PING, SHORT, CONTROL_SHORT, BAD_SUM, UDP, SWEEP, CONTROL_SWEEP, PING_SWEEP, STAMP, \
    CONTROL_STAMP, FRAGMENT, CONTROL_FRAGMENT, FAR_FRAGMENT, OTHER_PORT = range(18)


def act(what, which=0, how=0, ttl=62, tos=0x28, window=0, number=0, wait=20):
    return bytes([what, which, how, ttl, tos, window, number, wait])


SEND_ALL = act(SEND, 255, wait=1)
LATER = act(SEND, 255, wait=3)


def surroundings(tos, silent=()):
    """What a healthy host and the way there answer, without the SSH port."""
    rows = {CONTROL: act(RST, CONTROL, OF_A_KIND, tos=tos), PING: act(ECHO, PING, OF_A_KIND, tos=tos),
            UDP: act(ERROR, UDP, OF_A_KIND | 2, tos=tos | 0xc0), CONTROL_SHORT: b"",
            CONTROL_SWEEP: b"".join(act(EXPIRED, 6, OF_A_ROUTER | ttl, 64 - ttl, 0xc0) for ttl in (1, 2)),
            OTHER_PORT: act(RST, OTHER_PORT, OF_A_KIND, tos=tos)}
    return b"".join(row for kind, row in rows.items() if kind not in silent)


def port_answers():
    """Name, steps: what the SSH port says."""
    for ttl in (62, 63, 64, 30, 128):
        for tos in (0, 0x28, 0x10):
            yield f"rst-{ttl}-{tos}", act(RST, MARKED, OF_A_KIND, ttl, tos) + act(RST, PLAIN, OF_A_KIND, ttl, 0)
            yield f"rst-bare-{ttl}-{tos}", act(RST, MARKED, OF_A_KIND | BARE, ttl, tos, 1) + act(RST, SHORT, OF_A_KIND, ttl, tos) + \
                act(RST, BAD_SUM, OF_A_KIND, ttl, tos)
    for error in range(8):
        for router in (0, OF_A_ROUTER):
            yield f"error-{error}-{router}", act(ERROR, MARKED, OF_A_KIND | router | error, 63, 0xc0, wait=255)
    for said in (b"", b"SSH-2.0-OpenSSH_9.2p1\r\n", b"Exceeded MaxStartups\r\n", b"HTTP/1.1 400 Bad\r\n", b"Not allowed at this time\r\n"):
        for how in (0, 1, 3, 4, 5, 8, 12):
            yield f"open-{said[:3].hex()}-{how}", act(SYNACK, MARKED, OF_A_KIND, window=how * 10) + act(SERVICE, len(said), how) + \
                said.ljust((len(said) + 7) // 8 * 8, b"\0") + act(SERVICE, 3, OF_A_KIND | 1)
    for reach in range(4):
        yield f"mute-{reach}", b"".join(act(EXPIRED, 5, OF_A_ROUTER | i) for i in range(reach)) + \
            b"".join(act(EXPIRED, SWEEP, OF_A_KIND | OF_A_ROUTER, 64 - i, wait=i) for i in range(reach))


def probe_scenes():
    for name, answer in port_answers():
        for number, (tos, silent) in enumerate(((0x28, ()), (0, ()), (0x28, (CONTROL,)), (0x28, (CONTROL, PING, UDP, OTHER_PORT)))):
            for head in (0, 2 + 32, 8 + 32, 0x11):
                yield f"{name}-{number}-{head}", bytes([head, number, 200]) + SEND_ALL + surroundings(tos, silent) + answer + \
                    act(NEIGHBOUR, 0, 1, number=0) + act(NEIGHBOUR, 0, 1, number=number) + 4 * LATER + \
                    act(RST, CONTROL_SWEEP, OF_A_KIND, tos=tos) + 3 * LATER + act(ERROR, CONTROL_STAMP, OF_A_KIND | 5) + \
                    (act(ERROR, STAMP, OF_A_KIND | 5) if number == 1 else b"") + act(PATIENCE) + act(SEND, 255, wait=4) + \
                    act(ERROR, CONTROL_FRAGMENT, OF_A_KIND | 7) + act(SEND, 255, wait=5)


def pcapng(how, *blocks):
    return bytes([how]) + b"".join(bytes([block, lie, interface, option, value, time, len(data)]) + data
                                   for block, lie, interface, option, value, time, data in blocks)


def pcapng_files():
    frame = ethernet(0x0800, ipv4(6, TCP))
    for how in (0, 1, 2, 4, 8, 5, 6, 16, 33, 34, 17, 18):
        for big in (0, 1):
            for resolution in (6, 9, 3, 12, 0x8a, 0xff, 30):
                start = ((0, 0, 0, big, 0, 0, b""), (1, 0, 1, 9, 1, 0, bytes([resolution])), (1, 0, 113, 14, 1, 1, bytes(8)))
                rest = [(kind, 0, i % 2, 1, 0, i, frame) for i, kind in enumerate((2, 3, 4, 2, 2, 2))]
                yield f"{how}-{big}-{resolution}", pcapng(how, *start, *rest, (5, 0, 0, 5, 1, 0, bytes(8)), (0, 0, 0, 1 - big, 0, 0, b""), *rest)
    for lie in range(1, 7):
        for kind in (0, 1, 2, 3, 4, 5):
            yield f"lie-{lie}-{kind}", pcapng(0, (0, 0, 0, 0, 0, 0, b""), (1, 0, 1, 9, 1, 0, b"\x06"), (2, 0, 0, 1, 0, 1, frame),
                                             (kind, lie, 0, 9, 78, 1, frame[:40]), (2, 0, 0, 1, 0, 1, frame))


def verdicts():
    """Every cause, place and family of numbers, with strings that are hard to write."""
    strings = [b"eth0", b"ssh\xff\xfe", b"\x1b[2J\x07", "na\u00efve\u202e\u2028".encode(), b'quote"back\\slash', b"\xc2\x9b31m", b"\xed\xa0\x80", b"x" * 700]
    for cause in range(64):
        for other in range(4):
            numbers = bytes((i * (7 + other) + cause * (3 + other)) & 0xff for i in range(24))
            numbers = numbers[:1] + bytes([cause, other + cause % 5]) + numbers[3:]
            yield f"{cause}-{other}", numbers + b"\0".join(strings[(i + cause) % len(strings)] for i in range(28))


# ---- Steps of fuzz_live.c ----

FIN, SYN, RST_FLAG, ACK, PUSH = 1, 2, 4, 16, 24
SAYS, COOKED, COOKED_2, NAME, NEIGHBOUR_OF, COMPLAINT, PING_REPLY, SUBFLOW, RAW_IP = range(9)


def step(flags, server=0, what=None, ipv6=0, talk=0, text=0, wait=1, ttl=64, more=0x40, shift=0):
    kind = server | ipv6 << 1 if what is None else 16 + 4 * what + (server | ipv6 << 1)
    return bytes([kind, talk, flags, shift, text, wait, ttl, more])


def opened(what=None, ipv6=0, talk=0):
    return step(SYN, 0, what, ipv6, talk) + step(SYN | ACK, 1, what, ipv6, talk) + step(ACK, 0, what, ipv6, talk)


def handshake(ipv6, talk, sizes=(), upto=5):
    said = b"".join(step(PUSH, server, SAYS, ipv6, talk, text) for text in range(4) for server in (1, 0))
    return opened(None, ipv6, talk) + said[:8 * 2 * upto] + \
        b"".join(step(PUSH, i & 1, SAYS, ipv6, talk, size, wait=2) for i, size in enumerate(sizes))


def conversations():
    for ipv6 in (0, 1):
        for upto in (1, 2, 3, 4):
            yield handshake(ipv6, 0, upto=upto) + step(FIN | ACK, 1, None, ipv6) + step(RST_FLAG, 0, None, ipv6)
        for sizes in ((5, 6, 7, 8), (7, 7, 9, 9, 10, 10), (20, 21) * 6, (8, 9, 10, 26, 10, 26, 12, 30, 30), (5,) * 30, (6, 8) * 120):
            yield handshake(ipv6, 1, sizes) + step(PUSH, 1, SAYS, ipv6, 1, 4) + step(FIN | ACK, 1, None, ipv6, 1)
        for complaint in range(12):
            yield step(SYN, 0, None, ipv6) + step(0, 0, COMPLAINT, ipv6, text=complaint) + step(1, 0, COMPLAINT, ipv6, text=complaint) + \
                handshake(ipv6, 2, (8,)) + step(1, 1, COMPLAINT, ipv6, 2, complaint) + step(PUSH, 1, SAYS, ipv6, 2, 15, wait=4)
        for what in (COOKED, COOKED_2, RAW_IP):
            for flags in (0, 0x40, 0xc0):
                yield b"".join(step(f | (flags if s else 0), s, what, ipv6, text=133, more=128 + s) for f, s in
                               ((SYN, 0), (SYN | ACK, 1), (ACK, 0), (PUSH, 1), (PUSH, 0), (RST_FLAG, 1)))
        for code in (0, 2, 3, 5):
            yield step(0, 0, NAME, ipv6) + step(code, 1, NAME, ipv6, more=2) + step(0, 0, NAME, ipv6, text=5) + \
                step(code, 1, NAME, ipv6, text=5) + step(0, 1, NAME, ipv6, text=12) + handshake(ipv6, 0, (7,)) + step(SYN, 0, None, ipv6, 3)
        yield 4 * step(2, 0, NEIGHBOUR_OF, ipv6, wait=3) + step(0, 1, NEIGHBOUR_OF, ipv6) + step(0, 1, NEIGHBOUR_OF, ipv6, text=130)
        yield 5 * step(3, 0, NEIGHBOUR_OF, ipv6, wait=3) + step(SYN, 0, None, ipv6) + step(0, 1, PING_REPLY, ipv6, text=3)
        yield step(SYN, 0, SUBFLOW, ipv6, text=7, more=0) + step(SYN | ACK, 1, SUBFLOW, ipv6, text=8, more=0) + step(ACK, 0, SUBFLOW, ipv6, text=7) + \
            step(SYN, 0, SUBFLOW, ipv6, 1, 9, more=8) + step(SYN | ACK, 1, None, ipv6, 1) + step(PUSH, 1, SUBFLOW, ipv6, 1, 14) + handshake(ipv6, 2, (7,))
        yield b"".join(step(SYN, 0, None, ipv6, talk) + step(RST_FLAG | ACK, 1, None, ipv6, talk) for talk in range(16)) + step(0, talk=250, wait=6)


def requests():
    """Every question of every kind of packet, and answers; as os/helper.h lays them out."""
    for head in (0, 1):
        for question in range(1, 11):
            yield f"{head}-{question}", bytes([head]) + b"".join(
                b"\x80" + struct.pack("<II16sIi", question, 0, SERVER6, 22, kind % 4) +
                struct.pack("<IIIIHHBBBB", kind, kind * 13, 3, 7, 61440, 22, 40, 64, 0, 0) + bytes(16) for kind in range(19))
        yield f"{head}-names", bytes([head]) + b"".join(b"\x80" + struct.pack("<Ii", 2, number) + b"router.example".ljust(256, b"x")
                                                       for number in range(-1, 5))
        yield f"{head}-sizes", bytes([head]) + b"".join(bytes([size]) + bytes(size) for size in (1, 40, 63))


def live():
    for number, steps_of_one in enumerate(conversations()):
        for head in (0, 3, 0x12, 0x27):
            yield f"{number}-{head}", bytes([head]) + steps_of_one + bytes([250, 0, 0, 0, 0, 6, 0, 0])


WORDS = {
    "options_probe": ("host", "-p 22 host:22", "--dry-run --rate 5 [fd07::1]:22", "-4 -6 -n -v --json h", "--timeout 3 --banner-timeout 0.5 h",
                      "--all-ports --patient --sockets --fail-on-failure h", "--format", "--format list", "--format text x", "--help", "-h",
                      "--timeout nan h", "--rate 99999999999 h", "a b", "-x", "-p", "10.0.0.0/8", "-- -oProxyCommand=x", "[::1", "h:0", "h:x"),
    "options_local": ("192.0.2.1", "-p 22 --json 192.0.2.1", "--user alice 2001:db8::1", "--user -o", "--format help", "-v --fail-on-failure", "a b"),
    "options_run": ("-- ssh user@host", "-v -n -P 22,2222 -- ssh h", "-P 0-99999 ssh", "--format json ssh", "--json -- x", "--format list", "-h", "-x", "-P", ""),
    "options": ("--max-memory 5M -i eth0", "--heartbeat 60 --flood 9", "-r a -r b -w c", "--confirm -Z nobody", "-c 5 -s 0 -q -p", "-D", "--version"),
}


def steps():
    """(kind of harness, name, input)."""
    for name, data in probe_scenes():
        yield "probe", name, data
    for name, data in pcapng_files():
        yield "pcapng", name, data
    for name, data in live():
        yield "live", "made-" + name, data
    for name, data in requests():
        yield "requests", name, data
    for name, data in verdicts():
        yield "report", name, data
    for kind, lines in WORDS.items():
        for number, line in enumerate(lines):
            yield kind, f"made-{number}", b"\0".join(word.encode() for word in line.split(" "))
