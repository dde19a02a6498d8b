"""Refused by stacks that are no Linux: real ones in the server's place, and programs that play a network and refuse in
the target's name."""

from capture import Seen
from clients import dbclient, plink, sock, ssh
from firewalls import nft
from foreign import foreign_server, guest_behind
from net import Net
from scenario import Do, Scenario, Try, Wait
from services import sshd, stop_daemon

REFUSED = "refused"
GUEST = Seen("guest", "any", "reference", only="tcp or icmp or icmp6", snaplen=256, keep=False)
OPEN = {"p2222": 22}  # port 2222 of the foreign stack is sshd's


def other(routers=1, delay=0, **more):
    return Net(routers, delay, prefix4="10.44", prefix6="fd44:0:1", **more)


def foreign(name, story, steps, **more):
    return Scenario("foreign-" + name, story, steps, set="held-out", **more)


def closed(client, expect=REFUSED, where="host", **more):
    return Try(client, "kernel-rst", where, expect, **more)


def bleached(host):
    """Clears DSCP in both directions."""
    return nft(host, "forward", "{ip} dscp set cs0", match="")


def of_server(stack, title, net, families=(4, 6)):
    """What is asked of each stack in the server's place."""
    common = {"net": net, "families": families}
    yield foreign(f"{stack}-alone", f"A machine whose TCP/IP is {title}; nobody listens on its port 22, and one login is "
                  "all there is.", setup=[foreign_server(stack)], steps=[closed(ssh())], **common)
    yield foreign(f"{stack}-login", f"A machine whose TCP/IP is {title}; a login goes through at port 2222, and port 22 is "
                  "closed.", setup=[sshd(), foreign_server(stack, **OPEN)], more_ports=(2222,),
                  steps=[Try(ssh(), "none", port=2222), closed(ssh()), Wait(0.4), closed(ssh(tos="0xb8"))], **common)
    yield foreign(f"{stack}-tos", f"A machine whose TCP/IP is {title}; sockets of TOS 0, 0x10 and 0xb8 are refused at "
                  "port 22.", setup=[foreign_server(stack)],
                  steps=[closed(sock()), closed(sock(tos=0x10)), closed(sock(tos=0xB8)), closed(dbclient())], **common)
    yield foreign(f"{stack}-stopped", f"A machine whose TCP/IP is {title}, seen from its own wire: a login at port 2222, "
                  "then port 22, which is closed, three times.", setup=[sshd(), foreign_server(stack, **OPEN)],
                  more_ports=(2222,), steps=[Try(dbclient(), "none", port=2222),
                                             closed(ssh(tos="0x48"), times=3, gap=0.7)], seen=[Seen("server")], **common)


def of_guest(program, title, where="unknown"):
    """What is asked behind each program that plays a network; seen from within."""
    common = {"net": other(1, 12), "reference": GUEST}
    yield foreign(f"{program}-alone", f"A client behind {title}; the server's port 22 is closed, and one login is all there "
                  "is.", setup=[guest_behind(program)], steps=[closed(ssh(host="guest"), where=where)],
                  seen=[Seen("guest", "any", "guest")], **common)
    yield foreign(f"{program}-login", f"A client behind {title}; a login goes through at port 2222, and port 22 is closed.",
                  setup=[sshd(port=2222), guest_behind(program)], more_ports=(2222,),
                  steps=[Try(ssh(host="guest"), "none", port=2222), closed(ssh(host="guest"), where=where),
                         closed(sock(tos=0xB8, host="guest"), where=where)],
                  seen=[Seen("guest", "any", "guest")], **common)


SCENARIOS = [
    *of_server("gvisor", "gVisor's netstack", other(1, 15)),
    *of_server("lwip", "lwIP", other(0)),
    foreign("lwip-far", "A machine whose TCP/IP is lwIP, behind a router: a login at port 2222, and closed port 22.",
            net=other(1, 21), families=(4,), setup=[sshd(), foreign_server("lwip", **OPEN)], more_ports=(2222,),
            steps=[Try(ssh(), "none", port=2222), closed(ssh()), closed(sock(tos=0xB8))]),
    foreign("gvisor-dscp-cleared", "A machine whose TCP/IP is gVisor's netstack behind a path that clears DSCP both ways: a "
            "login at port 2222, and closed port 22.", net=other(2, (6, 0, 19)),
            setup=[sshd(), foreign_server("gvisor", **OPEN), bleached("router1")], more_ports=(2222,),
            steps=[Try(ssh(), "none", port=2222), closed(ssh()), closed(ssh(tos="0xb8"))]),
    foreign("linux-dscp-cleared", "A path that clears DSCP both ways: a login, then sshd is stopped.",
            net=other(2, (6, 0, 19)), setup=[sshd(), bleached("router2")],
            steps=[Try(plink(password="correct horse"), "none"), Do(stop_daemon("sshd:22")), closed(ssh()),
                   closed(ssh(tos="0xb8")), closed(sock())]),
    foreign("gvisor-firewall", "A router before a machine whose TCP/IP is gVisor's netstack rejects port 22 with tcp reset; "
            "a login goes through at port 2222.", net=other(1, 17), setup=[sshd(), foreign_server("gvisor", **OPEN),
                                                                           nft("router1", "forward",
                                                                               "reject with tcp reset")],
            more_ports=(2222,), steps=[Try(ssh(), "none", port=2222), Try(ssh(), "firewall-rst", "path", REFUSED),
                                       Try(ssh(tos="0xb8"), "firewall-rst", "path", REFUSED)]),
    *of_guest("slirp4netns", "slirp4netns"),
    foreign("pasta-alone", "A client behind pasta; the server's port 22 is closed, which pasta tells by a RST without ACK, "
            "so that the client times out.", net=other(1, 12), reference=GUEST, setup=[guest_behind("pasta")],
            steps=[closed(ssh(host="guest", connect_timeout=5), "timed out", where="unknown")],
            seen=[Seen("guest", "any", "guest")]),
    foreign("pasta-login", "A client behind pasta; a login goes through at port 2222, and port 22 is closed.",
            net=other(1, 12), reference=GUEST, setup=[sshd(port=2222), guest_behind("pasta")], more_ports=(2222,),
            steps=[Try(ssh(host="guest"), "none", port=2222),
                   closed(ssh(host="guest", connect_timeout=5), "timed out", where="unknown")],
            seen=[Seen("guest", "any", "guest")]),
]
