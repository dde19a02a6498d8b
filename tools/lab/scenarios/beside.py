"""What one attempt shows of the next, and failures that look like another from one end only."""

from capture import Seen
from clients import BANNER, Client, asyncssh, nmap, paramiko, plink, sock, ssh
from firewalls import command, iptables, nft
from net import Net
from sandbox import PASSWORD, USER
from scenario import Do, Finish, Scenario, Start, Try, Wait
from services import hosts_deny, injector, sshd, stop_daemon, use_resolver

FAR = Net(1, delay=20)
REFUSED = "refused"
RESET = "reject with tcp reset"
KILLED = "reset|closed|Broken pipe|EOF|Error|broken|timed out"
CHATTER = "for i in 1 2 3 4 5 6 7 8; do date; sleep 0.5; done"
OUTSIDE = {4: "10.7.2.1", 6: "fd07:0:0:2::1"}
BOTH = [Seen("client"), Seen("server")]
FLAGS = "tcp[tcpflags] & (tcp-syn|tcp-fin|tcp-rst) != 0"

LOOK_AT_KEY = """
import sys, time, socket, paramiko
t = paramiko.Transport(socket.create_connection((sys.argv[1], int(sys.argv[2]))))
t.start_client()
time.sleep(float(sys.argv[3]))
t.close()
sys.exit(1)
"""


def curl_sftp():
    """libssh2, which is shown another key than the one it was told to expect."""
    def argv(target):
        address = f"[{target.address}]" if target.family == 6 else target.address
        return ["curl", "-sS", "-m", "9", "-u", f"{USER}:{PASSWORD}", "--hostpubsha256", "A" * 43,
                f"sftp://{address}:{target.port}/"]
    return Client("curl-sftp libssh2", argv)


def waits_before_login(seconds):
    """A program that exchanges keys, and then thinks for so long that it is ended."""
    return Client("paramiko-2.12", lambda target: ["/usr/bin/python3", "-E", "-W", "ignore", "-c", LOOK_AT_KEY,
                                                   target.address, str(target.port), str(seconds)])


def forget_names(lab):
    open("/etc/hosts", "w").close()


def masquerade(lab):
    lab.network.run("router1", "nft", "add table inet nat; add chain inet nat out { type nat hook postrouting priority "
                    "srcnat; }; add rule inet nat out oifname eth1 masquerade")


def tcpkill(lab):
    """A real program that forges resets: it kills what it sees, until it is stopped."""
    lab.daemons["tcpkill"] = lab.network.start("router1", "tcpkill", "-i", "eth0", "tcp", "port", "22")


def pinging(lab):
    lab.network.start("server", "ping", "-i", "0.3", "-c", "40", lab.words["client"])


def lossy(lab):
    """One frame in eight is lost each way, always the same ones."""
    for device, packet in (("eth0", 5), ("eth1", 6)):
        iptables("router1", "FORWARD", "DROP", match=f"-i {device} -p tcp -m statistic --mode nth --every 8 --packet "
                                                     f"{packet}")(lab)


def killed(client, where="path", expect=KILLED):
    return Try(client, "injected-rst", where, expect)


TUNED = [
    Scenario(
        "beside-firewall-rst-unmarked",
        "The server's nftables rejects with tcp reset: OpenSSH marks its SYN, and the RST shows whose it is; the "
        "clients after it mark nothing.",
        net=FAR, setup=[nft("server", "input", RESET)],
        steps=[Try(client, "firewall-rst", "host", expect)
               for client, expect in ((ssh(), REFUSED), (sock(), REFUSED), (paramiko(), None), (plink(), REFUSED))],
        seen=BOTH),
    Scenario(
        "beside-kernel-rst-unmarked",
        "Nobody listens: OpenSSH marks its SYN, and the RST shows whose it is; the clients after it mark nothing.",
        net=FAR, steps=[Try(client, "kernel-rst", "host", expect)
                        for client, expect in ((ssh(), REFUSED), (sock(), REFUSED), (asyncssh(), None))]),
    Scenario(
        "beside-nearer-rst",
        "A scan without TOS: port 22 is closed on the server, and the first of two routers rejects 2222 with tcp reset.",
        net=Net(2, delay=(5, 5, 10)), more_ports=(2222,),
        setup=[nft("router1", "forward", RESET, match="tcp dport 2222")],
        steps=[Try(nmap("-sS"), "scan", "client", "closed"),
               Try(nmap("-sS"), "scan", "client", "closed", port=2222)]),
    Scenario(
        "beside-dscp-marked-by-host",
        "The server marks all that it sends with CS1. A login, and then OpenSSH and a client that uses CS1 itself meet "
        "a closed port.",
        net=FAR, setup=[sshd(), iptables("server", "OUTPUT", "DSCP --set-dscp 8", table="mangle", match="")],
        more_ports=(2222,),
        steps=[Try(ssh(), "none"), Try(ssh(), "kernel-rst", "host", REFUSED, port=2222),
               Try(ssh(tos="cs1"), "kernel-rst", "host", REFUSED, port=2222)]),
    Scenario(
        "beside-second-syn-slow-link",
        "The server is 1.2 seconds away: SYNs are sent again before their answers can come. A login, then a closed port.",
        net=Net(1, delay=600), setup=[sshd()], more_ports=(2222,),
        steps=[Try(ssh(), "none"), Try(ssh(), "kernel-rst", "host", REFUSED, port=2222),
               Try(sock(), "kernel-rst", "host", REFUSED, port=2222)]),
    Scenario(
        "beside-router-any",
        "Seen on a router with -i any: a login, then this router rejects with tcp reset.",
        net=FAR, setup=[sshd()],
        steps=[Try(ssh(), "none"), Do(nft("router1", "forward", RESET)), Try(ssh(), "firewall-rst", "path", REFUSED),
               Try(sock(), "firewall-rst", "path", REFUSED)],
        seen=[Seen("router1", "any", "router1-any")]),
    Scenario(
        "beside-router-any-nat",
        "Seen on a masquerading router with -i any: a login, then the router after it rejects with tcp reset.",
        net=Net(2, delay=(0, 10, 10)), setup=[sshd(), masquerade], aliases=(OUTSIDE,),
        reference=Seen("router1", "any", "reference", only="tcp or icmp or icmp6", keep=False),
        steps=[Try(ssh(), "none"), Do(nft("router2", "forward", RESET)), Try(ssh(), "firewall-rst", "path", REFUSED)],
        seen=[Seen("router1", "any", "router1-any")]),
    Scenario(
        "beside-tcp-wrappers-crowd",
        "hosts.deny refuses everybody, and the server's name service does not answer: two clients at once wait five "
        "seconds each for their refusal.",
        net=FAR, setup=[sshd(), hosts_deny(), forget_names],
        steps=[Start(sock(send=BANNER, read=9), "closed-before-banner", "host", expect=""),
               Try(ssh(), "closed-before-banner", "host", "reset|closed"), Finish()]),
    Scenario(
        "beside-gateway-lost",
        "After a login the server's gateway goes dead, while the server still has something to send: it looks for the "
        "gateway's MAC address. That is no attempt.",
        net=Net(1), setup=[sshd()],
        steps=[Try(ssh(), "none"), Do(pinging, command("router1", "ip link set eth1 down")), Wait(14)],
        seen=[Seen("server")]),
    Scenario(
        "beside-injector-to-server",
        "A third party resets only the server, at its banner, and copies TTL and IP ID. The client hears nothing more.",
        net=FAR, setup=[sshd(), injector("-w banner -t server -f R -l copy -d 0 -n 2 -s 41", interface="eth1")],
        steps=[killed(ssh(connect_timeout=6))], seen=[Seen("server")]),
    Scenario(
        "beside-tcpkill",
        "tcpkill on the router kills a session that is under way: a shower of resets, the first of which may miss.",
        net=FAR, setup=[sshd()], families=(4,),
        steps=[Start(ssh(command=CHATTER), "injected-rst", "path", expect=KILLED, settle=1.5), Do(tcpkill), Finish()],
        seen=BOTH),
    Scenario(
        "beside-hostkey-libssh2",
        "libssh2 is told which key to expect, and sees another: it says farewell after the key exchange.",
        net=FAR, setup=[sshd()], steps=[Try(curl_sftp(), "hostkey-rejected", "client", None)]),
    Scenario(
        "beside-left-after-keys",
        "A program exchanges keys, waits four seconds, and leaves: the key was not what it disliked.",
        net=FAR, setup=[sshd()], steps=[Try(waits_before_login(4), "client-abort", "client")]),
    Scenario(
        "beside-flags-only",
        "A capture filtered by flags holds SYN, FIN and RST alone: of a login and of a refusal.",
        net=FAR, setup=[sshd()], families=(4,), more_ports=(2222,),
        steps=[Try(ssh(), "none"), Try(ssh(), "kernel-rst", "host", REFUSED, port=2222)],
        seen=[Seen("client", name="flags", only=FLAGS, relabel={"none": ("undetermined", "unknown")})]),
    Scenario(
        "beside-name-server-closed",
        "Nobody listens on the name server's port: ICMP errors answer the questions, and they are asked again at once.",
        net=Net(1, delay=10), setup=[use_resolver()],
        steps=[Try(ssh(to="git.example.net"), "name-failure", "unknown", "resolve|known|Temporary",
                   dst_name="git.example.net")]),
]


def held_out(name, story, **facts):
    return Scenario("heldout-beside-" + name, story, set="held-out", **facts)


KEPT_APART = [
    held_out("lossy-login", "One frame in eight is lost each way: logins, and a closed port.",
             net=Net(1, delay=7), setup=[sshd(), lossy], more_ports=(2222,),
             steps=[Try(ssh(), "none"), Try(ssh(), "none"), Try(ssh(), "kernel-rst", "host", REFUSED, port=2222)]),
    held_out("words-reset", "A box on the way rejects, with tcp reset, whatever holds the words SSH-2.0.",
             net=Net(1, delay=13),
             setup=[sshd(), iptables("router1", "FORWARD", "REJECT --reject-with tcp-reset",
                                     match="-p tcp -m string --algo bm --string SSH-2.0")],
             steps=[killed(ssh()), killed(paramiko(), expect=None)], seen=BOTH),
    held_out("clamped-mss", "A narrow link, whose routers clamp the MSS: the login goes through.",
             net=Net(2, delay=(3, 9, 3)),
             setup=[sshd(), command("router1", "ip link set eth1 mtu 1280"),
                    command("router2", "ip link set eth0 mtu 1280"),
                    iptables("router1", "FORWARD", "TCPMSS --set-mss 1100", table="mangle",
                             match="-p tcp --tcp-flags SYN,RST SYN")],
             steps=[Try(ssh(), "none")]),
    held_out("every-second-syn", "The server's iptables drops every second new SYN: the one sent again gets in.",
             net=Net(1, delay=17),
             setup=[sshd(), iptables("server", "INPUT", "DROP", match="-p tcp --syn --dport {port} -m statistic --mode nth "
                                                                    "--every 2 --packet 0")],
             steps=[Try(ssh(), "none"), Try(ssh(), "none")], seen=BOTH),
    held_out("stopped-and-closed", "sshd is stopped after a login, started, and the router begins to reject.",
             net=Net(1, delay=11), setup=[sshd()],
             steps=[Try(ssh(), "none"), Do(stop_daemon("sshd:22")), Try(ssh(), "kernel-rst", "host", REFUSED), Do(sshd()),
                    Try(ssh(), "none"), Do(nft("router1", "forward", RESET)),
                    Try(ssh(), "firewall-rst", "path", REFUSED), Try(sock(), "firewall-rst", "path", REFUSED)]),
]

SCENARIOS = TUNED + KEPT_APART
