"""Dead hosts, and routes that lead nowhere."""

from capture import Seen
from clients import dbclient, nc, sock, ssh
from firewalls import command
from net import Net
from scenario import Do, Scenario, Try, Wait
from services import sshd

NEAR_DEAD = {4: "10.7.1.77", 6: "fd07:0:0:1::77"}
FAR_DEAD = {4: "10.7.2.77", 6: "fd07:0:0:2::77"}
NOWHERE = {4: "10.99.0.1", 6: "fd99::1"}
NO_ROUTE = "No route to host|timed out"
WITHOUT_ANY = "Network is unreachable|No route to host"


def route(host, line):
    return command(host, "ip -{family} route add " + line)


def forgets_soon(host, interface):
    """A neighbour entry is doubted after a second, not after half a minute: the wait would show nothing else."""
    def act(lab):
        for family in ("ipv4", "ipv6"):
            lab.network.run(host, "sysctl", "-qw", f"net.{family}.neigh.{interface}.base_reachable_time_ms=1000")
    return act


def default_towards(host, other_end):
    """A default route over the middle link: end 1 of it is router1, end 2 router2."""
    def act(lab):
        lab.network.ip(host, f"-{lab.family}", "route", "add", "default", "via",
                       lab.network.link_address(2, other_end, lab.family))
    return act


SCENARIOS = [
    Scenario(
        "host-unreachable-near-unknown",
        "The address is of the client's own network, and nobody has it: only ARP or neighbour solicitations are seen.",
        steps=[Try(ssh(), "host-unreachable", "host", "No route to host", to=NEAR_DEAD, no_syn=True)],
        seen=[Seen("client"), Seen("client", "any", "any")]),
    Scenario(
        "host-unreachable-near-died",
        "A login goes through, then the server of the same network is cut off. Its address is still in the client's "
        "neighbour cache, so SYNs go out first.",
        net=Net(lan=True), setup=[sshd(), forgets_soon("client", "eth0")],
        steps=[Try(ssh(), "none"), Do(command("server", "ip link set eth0 down")), Wait(3),
               Try(ssh(connect_timeout=20), "host-unreachable", "host", "No route to host|timed out")],
        seen=[Seen("client"), Seen("switch", "br0", "hub", form="pcapng")]),
    Scenario(
        "host-unreachable-far-unknown",
        "Nobody has the address on the far network: the router's ARP or neighbour discovery fails.",
        net=Net(1, delay=(10, 0)),
        steps=[Try(ssh(), "host-unreachable", "host", NO_ROUTE, to=FAR_DEAD),
               Try(sock(), "host-unreachable", "host", NO_ROUTE, to=FAR_DEAD)]),
    Scenario(
        "host-unreachable-far-two-routers",
        "Nobody has the address on a network behind two routers; OpenSSH, then dbclient.",
        net=Net(2, delay=(10, 5, 0)),
        steps=[Try(ssh(), "host-unreachable", "host", NO_ROUTE, to={4: "10.7.3.77", 6: "fd07:0:0:3::77"}), Wait(1),
               Try(dbclient(), "host-unreachable", "host", None, to={4: "10.7.3.77", 6: "fd07:0:0:3::77"})]),
    Scenario(
        "host-unreachable-far-died",
        "A login goes through, then the server behind the router is cut off.",
        net=Net(1, delay=(10, 1)), setup=[sshd(), forgets_soon("router1", "eth1")],
        steps=[Try(ssh(), "none"), Do(command("server", "ip link set eth0 down")), Wait(3),
               Try(ssh(connect_timeout=25), "host-unreachable", "host", NO_ROUTE)]),
    Scenario(
        "unreachable-route",
        "The router has an unreachable route for the address.",
        net=Net(1, delay=(10, 0)), setup=[route("router1", "unreachable {server}")],
        steps=[Try(ssh(), {4: "host-unreachable", 6: "network-unreachable"}, "path"), Wait(1.1),
               Try(sock(), {4: "host-unreachable", 6: "network-unreachable"}, "path")]),
    Scenario(
        "prohibit-route",
        "The router has a prohibit route for the address.",
        net=Net(1, delay=(10, 0)), setup=[route("router1", "prohibit {server}")],
        steps=[Try(ssh(), "firewall-icmp", "path"), Wait(1.1), Try(dbclient(), "firewall-icmp", "path")]),
    Scenario(
        "network-unreachable-throw",
        "The router has a throw route for the address, and no other table to look into.",
        net=Net(1, delay=(15, 0)), setup=[route("router1", "throw {server}")],
        steps=[Try(ssh(), "network-unreachable", "path", WITHOUT_ANY), Wait(1.1),
               Try(nc(), "network-unreachable", "path")],
        seen=[Seen("client", form="nano")]),
    Scenario(
        "network-unreachable-no-route",
        "The second router knows no way to the address, and has no default route.",
        net=Net(2, delay=(5, 10, 0)), setup=[default_towards("router1", 2)],
        steps=[Try(ssh(), "network-unreachable", "path", WITHOUT_ANY, to=NOWHERE), Wait(1.1),
               Try(sock(), "network-unreachable", "path", to=NOWHERE)]),
    Scenario(
        "routing-loop",
        "Two routers send the address to each other until its TTL is used up.",
        net=Net(2, delay=(8, 0, 0)), setup=[default_towards("router1", 2), default_towards("router2", 1)],
        steps=[Try(ssh(connect_timeout=5), "routing-loop", "path", NO_ROUTE, to=NOWHERE), Wait(1),
               Try(sock(timeout=4), "routing-loop", "path", NO_ROUTE, to=NOWHERE)],
        seen=[Seen("client")]),
]
