"""Servers that protect themselves: MaxStartups, limits for one source, penalties, and fail2ban with its like."""

from capture import Seen
from clients import BANNER, WRONG, dbclient, health_check, paramiko, plink, sock, ssh
from firewalls import fail2ban, firewalld, ufw, wait_banned
from net import Net
from scenario import Do, Finish, Scenario, Start, Together, Try, Wait
from services import dropbear, fake, sshd

CLOSED = "closed|reset|Error reading SSH|EOF|Remote side|Broken pipe|banner|Exceeded|Not allowed"
FAR = Net(1, delay=20)
NOT_ALLOWED = r"Not allowed at this time\r\n"


def over(client, expect=CLOSED):
    return Try(client, "maxstartups", "host", expect)


def hold(name, seconds=60, client=None):
    """A connection that reads the banner and then does nothing, until it is ended by the story."""
    return Start(client or sock(read=1, hold=seconds), "scan", "client", name)


def dropped_or_served(outcome):
    heard = outcome.json().get("heard", "")
    return ("scan", "client") if heard.startswith("SSH-") else ("maxstartups", "host")


def holding(count, seconds=8):
    return [hold(f"h{n}", seconds) for n in range(count)]


def released(count):
    return [Finish(f"h{n}") for n in range(count)]


def wrong_password(client):
    return Try(client, "auth-failed", "host")


def banned(client, expect=None):
    return Try(client, "fail2ban-ban", "host", expect)


FAILURES = [wrong_password(ssh(password=WRONG)), wrong_password(ssh(user="admin", password=WRONG)),
            wrong_password(ssh(user="root", password=WRONG))]

# fail2ban counts a wrong name twice, for sshd complains of it twice.
SAME_USER = [wrong_password(ssh(password=WRONG)), wrong_password(ssh(password=WRONG)),
             wrong_password(ssh(password=WRONG))]

STARTUPS = [
    Scenario(
        "maxstartups-1",
        "MaxStartups is 1 and one connection is held at the banner; OpenSSH and dbclient come too many. Later the held "
        "one has gone and a login goes through.",
        net=FAR, setup=[sshd(MaxStartups="1")],
        steps=[*holding(1), over(ssh()), over(dbclient()), *released(1), Wait(0.5), Try(ssh(), "none")]),
    Scenario(
        "maxstartups-near-both-ends",
        "MaxStartups is 2, two connections are held, and a third comes; seen at the client and on the server.",
        net=Net(offload=("server",)), setup=[sshd(MaxStartups="2:100:2")],
        steps=[*holding(2), over(ssh()), over(sock(send=BANNER, read=3), ""), *released(2)],
        seen=[Seen("client"), Seen("server", form="pcapng", pack="zst")]),
    Scenario(
        "maxstartups-per-source",
        "PerSourceMaxStartups is 1 and the client holds one connection at the banner.",
        net=Net(1, delay=35), setup=[sshd(PerSourceMaxStartups="1")],
        steps=[*holding(1), over(ssh()), over(paramiko()), *released(1)],
        seen=[Seen("client", form="pcapng")]),
    Scenario(
        "maxstartups-random",
        "MaxStartups is 2:50:4: nine clients come together, and sshd throws dice.",
        net=Net(1, delay=15), setup=[sshd(MaxStartups="2:50:4")],
        steps=[Together([sock(send=BANNER, read=5)] * 9, dropped_or_served, gap=0.1,
                        need=("maxstartups", "scan"))]),
    Scenario(
        "maxstartups-silent-close",
        "A small fake that drops silently what is over its limit of three, as OpenSSH before 8.2 did. Three "
        "connections "
        "are held, then OpenSSH and a plain socket come.",
        net=FAR, setup=[fake("busy", 3)],
        steps=[*holding(3), over(ssh()), over(sock(send=BANNER, read=3), ""), *released(3)]),
    Scenario(
        "maxstartups-not-allowed-text",
        "A small fake with the text of OpenSSH 9.8 and later for MaxStartups, with four connections held and no failed "
        "login before.",
        net=Net(1, delay=25), setup=[fake("busy", 4, NOT_ALLOWED)],
        steps=[*holding(4), over(ssh()), over(ssh()), *released(4)]),
    Scenario(
        "maxstartups-dropbear-per-address",
        "Dropbear closes a sixth unauthenticated connection of one address without a word.",
        net=Net(1, delay=12), setup=[dropbear()],
        steps=[*holding(5), over(ssh()), over(dbclient()), *released(5), Wait(0.5), Try(ssh(), "none")]),
    Scenario(
        "source-penalty-after-failures",
        "A small fake in front of a real sshd refuses the source after three failed logins, with the text of OpenSSH "
        "9.8 "
        "and later.",
        net=FAR, setup=[sshd(port=2022), fake("penalty", 3, 2022, NOT_ALLOWED)],
        steps=[*FAILURES, Try(ssh(), "source-penalty", "host", CLOSED),
               Try(sock(send=BANNER, read=3), "source-penalty", "host", "")]),
    Scenario(
        "source-penalty-other-client",
        "The same with Paramiko and dbclient as those who fail.",
        net=Net(1, delay=45), setup=[sshd(port=2022), fake("penalty", 3, 2022, NOT_ALLOWED)],
        steps=[wrong_password(paramiko(password=WRONG)), wrong_password(paramiko(user="oracle", password=WRONG)),
               wrong_password(ssh(password=WRONG, tos="0x48")),
               Try(dbclient(), "source-penalty", "host", None), Try(ssh(), "source-penalty", "host", CLOSED)]),
]

BANS = [
    Scenario(
        "fail2ban-default",
        "Three failed logins, then fail2ban's default action rejects the client with ICMP port unreachable.",
        net=FAR, setup=[sshd(), fail2ban()],
        steps=[*SAME_USER, Do(wait_banned()), banned(ssh(), "refused|denied"), banned(dbclient())]),
    Scenario(
        "fail2ban-nftables-both-ends",
        "The same with fail2ban's nftables action; seen at the client and on the server.",
        net=Net(1, delay=10, offload=("server",)), setup=[sshd(), fail2ban("nftables-multiport")],
        steps=[*SAME_USER, Do(wait_banned()), banned(ssh())],
        seen=[Seen("client"), Seen("server", pack="gz")]),
    Scenario(
        "fail2ban-drop",
        "Three failed logins by three clients of one address, then fail2ban drops all that comes from it.",
        net=Net(1, delay=30), setup=[sshd(), fail2ban("nftables-multiport[blocktype=drop]")],
        steps=[wrong_password(ssh(password=WRONG)), wrong_password(plink(password=WRONG)),
               wrong_password(paramiko(password=WRONG)), Do(wait_banned()),
               banned(ssh(connect_timeout=4), "timed out")]),
    Scenario(
        "fail2ban-route",
        "Three failed logins, then fail2ban's route action: the server's answers are thrown away.",
        net=Net(1, delay=15), setup=[sshd(), fail2ban("route[blocktype=blackhole]")],
        steps=[*SAME_USER, Do(wait_banned()), banned(ssh(connect_timeout=5), "timed out")],
        seen=[Seen("client", form="big-endian", pack="zst")]),
    Scenario(
        "fail2ban-reset",
        "Failed logins with dbclient and OpenSSH on port 2222, then fail2ban rejects with tcp reset.",
        net=Net(1, delay=20), port=2222,
        setup=[sshd(port=2222), fail2ban("nftables-multiport[blocktype=\"reject with tcp reset\"]", port=2222)],
        steps=[*SAME_USER, Do(wait_banned()), banned(ssh()), banned(sock())]),
]

PROGRAMS = [
    Scenario(
        "ufw-deny", "ufw is on with its default, which drops what comes in.",
        net=FAR, setup=[sshd(), ufw()], steps=[Try(ssh(connect_timeout=4), "silent-drop", "unknown", "timed out")]),
    Scenario(
        "ufw-reject", "ufw rejects port 22, which for TCP is a reset.",
        net=FAR, setup=[sshd(), ufw("reject 22/tcp")],
        steps=[Try(ssh(), "firewall-rst", "host", "refused"), Try(dbclient(), "firewall-rst", "host", "refused")]),
    Scenario(
        "ufw-limit",
        "ufw limits port 22: after five connections within 30 seconds, the next ones are rejected with ICMP.",
        net=Net(1, delay=10), setup=[sshd(), ufw("limit 22/tcp")], families=(4,),  # it has no limit for IPv6
        steps=[Try(ssh(), "none"), Try(health_check(), "scan", "client", times=4, gap=0.2),
               Try(ssh(), "firewall-icmp", "host", "refused|denied"),
               Try(ssh(), "firewall-icmp", "host", "refused|denied")]),
    Scenario(
        "firewalld-default", "firewalld's public zone without its ssh service rejects with ICMP.",
        net=FAR, setup=[sshd(), firewalld("--zone=public --remove-service-from-zone=ssh")],
        steps=[Try(ssh(), "firewall-icmp", "host", "No route to host|denied"),
               Try(sock(), "firewall-icmp", "host", "No route to host|denied")]),
    Scenario(
        "firewalld-drop-zone", "firewalld's drop zone answers nothing.",
        net=Net(1, delay=10), setup=[sshd(), firewalld("--set-default-zone=drop")],
        steps=[Try(ssh(connect_timeout=4), "silent-drop", "unknown", "timed out")]),
]

SCENARIOS = STARTUPS + BANS + PROGRAMS
