"""Ways to keep a client out with real firewalls. Each says what it does (`setup`), and what is so by that: the SYN's fate, the
tool that owns the rule, and parts of the rule that must be named."""
import time

from namespaces import CLIENT, CLIENT6, CLOSES, CROWDSEC, DROPS, FAIL2BAN, FIREWALLD, HOSTS, ICMP, LIMITS, RST, SENT_ON, SSHGUARD, UFW

INPUT = "nft 'add table inet filter; add chain inet filter input { type filter hook input priority 0; }'"


def lines(*commands):
    return lambda bench: bench(*commands)


def nft(rule, chain="input"):
    return lines(INPUT, f"nft 'add rule inet filter {chain} {rule}'")


def case(name, fate, setup, **more):
    return {"name": name, "fate": fate, "setup": setup, **more}


# ---- ufw, firewalld, fail2ban: the tools themselves ----

def ufw(*commands):
    return lines("ufw --force reset", "ufw allow 22/tcp" if "default" not in commands else "true", "ufw --force enable",
                 *(command for command in commands if command != "default"))


def end_ufw(bench):
    bench("ufw --force disable", "ufw --force reset")


def firewalld(*commands):
    def setup(bench):
        bench.start("dbus-daemon", "--system", "--nofork", "--nopidfile")
        time.sleep(0.5)
        for command in commands:
            bench(f"firewall-offline-cmd {command}")
        bench.start("firewalld", "--nofork", "--nopid")
        bench.wait("firewall-cmd --state")
    return setup


def end_firewalld(bench):
    bench("rm -rf /etc/firewalld/zones/*; firewall-offline-cmd --set-default-zone=public; rm -f /run/firewalld.pid")


def fail2ban(action, six=False):
    def setup(bench):
        client = CLIENT6 if six else CLIENT
        with open("/etc/fail2ban/jail.d/defaults-debian.conf", "w") as jail:
            jail.write(f"[DEFAULT]\nbanaction = {action}\nbantime = 600\n[sshd]\nenabled = true\nbackend = polling\n"
                       "port = 22\nlogpath = /var/log/auth.log\n")
        open("/var/log/auth.log", "a").close()
        bench.start("fail2ban-server", "-xf", "--logtarget", "STDOUT", "start")
        bench.wait("fail2ban-client status", "sshd")
        bench(f"fail2ban-client set sshd banip {client}")
        bench.wait("nft list ruleset; iptables-save; ip6tables-save; ipset list", client)
        time.sleep(0.3)
    return setup


def end_fail2ban(bench):
    bench("fail2ban-client stop; rm -f /var/lib/fail2ban/*.sqlite3; ipset destroy || true")


def hosts(allow, deny):
    def setup(bench):
        for name, text in (("allow", allow), ("deny", deny)):
            with open(f"/etc/hosts.{name}", "w") as file:
                file.write(text)
    return setup


def end_hosts(_bench):
    hosts("", "")(None)


CASES = [
    # nft by hand
    case("nft drop", DROPS, nft("tcp dport 22 counter drop comment \"by hand\""), rule={"comment": "by hand", "chain": "input"}),
    case("nft reject", ICMP, nft("tcp dport 22 counter reject"), rule={"text": "reject"}),
    case("nft reject tcp reset", RST, nft(f"ip saddr {CLIENT} counter reject with tcp reset")),
    case("nft drop, IPv6", DROPS, nft(f"ip6 saddr {CLIENT6} tcp dport 22 counter drop"), six=True),
    case("nft admin-prohibited, IPv6", ICMP, nft("tcp dport 22 counter reject with icmpx admin-prohibited"), six=True),
    case("nft set with timeout", DROPS, lines(INPUT, "nft 'add set inet filter bad { type ipv4_addr; flags timeout; }'",
         f"nft 'add element inet filter bad {{ {CLIENT} timeout 1h }}; add rule inet filter input ip saddr @bad counter drop'"),
         rule={"set": "bad", "element": CLIENT}),
    case("nft interval set", DROPS, lines(INPUT, "nft 'add set inet filter nets { type ipv4_addr; flags interval; }'",
         "nft 'add element inet filter nets { 10.77.0.0/24 }; add rule inet filter input ip saddr @nets counter drop'"),
         rule={"set": "nets", "element": "10.77.0.0/24"}),
    case("nft policy", DROPS, lines("nft 'add table inet filter; add chain inet filter input { type filter hook input priority 0; "
         "policy drop; }; add rule inet filter input ct state established,related accept'"), rule={"is_policy": True}, counted=False),
    case("nft verdict map", RST, lines(INPUT, "nft 'add chain inet filter no; add rule inet filter no counter reject with tcp reset'",
         f"nft 'add rule inet filter input ip saddr vmap {{ {CLIENT} : jump no, 192.0.2.1 : accept }}'"),
         rule={"chain": "no", "called_from": "input"}),
    case("nft netdev ingress", DROPS, lines("nft 'add table netdev early; add chain netdev early in { type filter hook ingress device "
         "eth0 priority -500; }; add rule netdev early in tcp dport 22 counter drop'"), rule={"family": "netdev"}),
    case("nft prerouting raw", DROPS, lines("nft 'add table ip raw; add chain ip raw pre { type filter hook prerouting priority -300; }; "
         f"add rule ip raw pre ip saddr {CLIENT} counter drop'"), rule={"chain": "pre"}),
    case("nft output: the answer", DROPS, lines("nft 'add table inet filter; add chain inet filter out { type filter hook output "
         "priority 0; }; add rule inet filter out tcp sport 22 counter drop'"), rule={"outgoing": True}),
    case("nft mark set before", DROPS, lines("nft 'add table ip m; add chain ip m p { type filter hook prerouting priority -150; }; add "
         f"rule ip m p ip saddr {CLIENT} meta mark set 7; add chain ip m i {{ type filter hook input priority 0; }}; add rule ip m i "
         "meta mark 7 counter drop'"), rule={"chain": "i"}),
    case("nft redirect to a port that is dropped", DROPS, lines(INPUT, "nft 'add table ip nat; add chain ip nat PREROUTING { type nat hook "
         "prerouting priority -100; }; add rule ip nat PREROUTING tcp dport 22 redirect to :2222; add rule inet filter input tcp dport "
         "2222 counter drop'"), rule={"chain": "input"}, types=False),
    case("nft notrack, and no rule for untracked", DROPS, lines(INPUT, "nft 'add table ip raw; add chain ip raw pre { type filter hook "
         "prerouting priority -300; }; add rule ip raw pre tcp dport 22 notrack; add rule inet filter input ct state new accept; add rule "
         "inet filter input counter drop'"), rule={"chain": "input", "number": 2}),
    case("nft dnat to a container", SENT_ON, lines("ip link add docker0 type bridge; ip addr add 172.17.0.1/16 dev docker0; "
         "ip link set docker0 up; sysctl -qw net.ipv4.ip_forward=1", "nft 'add table ip nat; add chain ip nat PREROUTING { type nat "
         "hook prerouting priority -100; }; add rule ip nat PREROUTING tcp dport 22 counter dnat to 172.17.0.2:22'")),
    # the client's own machine
    case("client: nft output by user", DROPS, lines("nft 'add table inet f; add chain inet f out { type filter hook output priority 0; }; "
         "add rule inet f out meta skuid 99 counter accept; add rule inet f out meta skuid root tcp dport 22 counter drop'"),
         side="client", rule={"chain": "out", "number": 2}),
    case("client: iptables output by user", DROPS, lines("iptables-nft -A OUTPUT -p tcp --dport 22 -m owner --uid-owner 0 -j DROP"),
         side="client", rule={"chain": "OUTPUT"}, needs=("iptables-nft",)),
    case("client: nft input, the answer", DROPS, lines("nft 'add table inet f; add chain inet f in { type filter hook input priority 0; }; "
         "add rule inet f in tcp sport 22 counter drop'"), side="client", rule={"chain": "in", "outgoing": True}),
    # iptables, both kinds
    *(case(f"{tool} {name}", fate, lines(*(line.replace("iptables", tool) for line in rules)), needs=(tool,), rule=rule)
      for tool in ("iptables-nft", "iptables-legacy") for name, fate, rules, rule in (
          ("drop", DROPS, ["iptables -A INPUT -p tcp --dport 22 -m comment --comment 'no ssh' -j DROP"], {"comment": "no ssh"}),
          ("reject", ICMP, ["iptables -A INPUT -i lo -j ACCEPT", "iptables -A INPUT -p tcp -m multiport --dports 22,2222 -j REJECT"],
           {"number": 2}),
          ("reject tcp-reset", RST, [f"iptables -A INPUT -s {CLIENT} -p tcp -j REJECT --reject-with tcp-reset"], {"number": 1}),
          ("policy", DROPS, ["iptables -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT", "iptables -P INPUT DROP"],
           {"is_policy": True}),
          ("user chain", DROPS, ["iptables -N block", f"iptables -A block -s {CLIENT}/32 -j DROP", "iptables -A INPUT -p tcp -j block"],
           {"chain": "block", "called_from": "INPUT"}),
          ("raw table", DROPS, [f"iptables -t raw -A PREROUTING -s {CLIENT} -p tcp --dport 22 -j DROP"], {"table": "raw"}))),
    *(case(f"{tool} ipset", DROPS, lines("ipset create bad hash:ip timeout 600", f"ipset add bad {CLIENT}",
                                         f"{tool} -A INPUT -m set --match-set bad src -j DROP"), needs=(tool, "ipset"),
           rule={"set": "bad", "element": CLIENT}, clean=lines(f"{tool} -F; ipset destroy"))
      for tool in ("iptables-nft", "iptables-legacy")),
    case("ip6tables-nft drop", DROPS, lines("ip6tables-nft -A INPUT -p tcp --dport 22 -j DROP"), six=True, needs=("ip6tables-nft",)),
    # ufw
    case("ufw deny", DROPS, ufw("ufw deny 22/tcp"), owner=UFW, needs=("ufw",), clean=end_ufw),
    case("ufw reject from", ICMP, ufw(f"ufw prepend reject from {CLIENT}"), says=ICMP, owner=UFW, needs=("ufw",), clean=end_ufw),
    case("ufw limit", ICMP, ufw("ufw delete allow 22/tcp", "ufw limit 22/tcp"), says=LIMITS, owner=UFW, needs=("ufw",), before=6,
         clean=end_ufw),
    case("ufw default deny", DROPS, ufw("default"), owner=UFW, rule={"is_policy": True}, needs=("ufw",), clean=end_ufw),
    case("ufw deny, IPv6", DROPS, ufw("ufw deny 22/tcp"), owner=UFW, needs=("ufw",), clean=end_ufw, six=True),
    # firewalld
    case("firewalld zone without ssh", ICMP, firewalld("--zone=public --remove-service-from-zone=ssh"), owner=FIREWALLD, counted=False,
         needs=("firewalld", "dbus-daemon"), clean=end_firewalld),
    case("firewalld drop zone", DROPS, firewalld("--set-default-zone=drop"), owner=FIREWALLD, counted=False, needs=("firewalld", "dbus-daemon"),
         clean=end_firewalld, rule={"command": "--zone=drop"}),
    case("firewalld rich rule", ICMP, firewalld(f"--zone=public --add-rich-rule='rule family=ipv4 source address={CLIENT} reject'"),
         owner=FIREWALLD, counted=False, needs=("firewalld", "dbus-daemon"), clean=end_firewalld, rule={"chain": "filter_IN_public_deny"}),
    case("firewalld zone without ssh, IPv6", ICMP, firewalld("--zone=public --remove-service-from-zone=ssh"), owner=FIREWALLD, counted=False,
         needs=("firewalld", "dbus-daemon"), clean=end_firewalld, six=True),
    # fail2ban
    *(case(f"fail2ban {action}", ICMP, fail2ban(action), owner=FAIL2BAN, counted="nft" not in action, needs=("fail2ban-client", *needs), clean=end_fail2ban)
      for action, needs in (("nftables-multiport", ()), ("iptables-multiport", ("iptables",)), ("iptables-allports", ("iptables",)),
                            ("iptables-ipset", ("iptables", "ipset")))),
    case("fail2ban nftables-multiport, IPv6", ICMP, fail2ban("nftables-multiport", True), owner=FAIL2BAN, counted=False, needs=("fail2ban-client",),
         clean=end_fail2ban, six=True),
    case("fail2ban iptables-ipset, IPv6", ICMP, fail2ban("iptables-ipset", True), owner=FAIL2BAN,
         needs=("fail2ban-client", "ipset", "iptables"), clean=end_fail2ban, six=True),
    # tools that are not run here: their rules by hand, as they make them
    case("sshguard, nft sets", DROPS, lines(
        "nft 'add table ip sshguard; add set ip sshguard attackers { type ipv4_addr; flags interval; }; add chain ip sshguard "
        "blacklist { type filter hook input priority -10; }; add rule ip sshguard blacklist ip saddr @attackers counter drop; add "
        f"element ip sshguard attackers {{ {CLIENT} }}'"), owner=SSHGUARD),
    case("CrowdSec, ipset", DROPS, lines(
        "ipset create crowdsec-blacklists hash:net timeout 3600", f"ipset add crowdsec-blacklists {CLIENT}",
        "iptables-nft -I INPUT -m set --match-set crowdsec-blacklists src -j DROP"), owner=CROWDSEC, types=False,
        needs=("iptables-nft", "ipset"), clean=lines("iptables-nft -F; ipset destroy"),
        rule={"command": f"cscli decisions delete --ip {CLIENT}", "set": "crowdsec-blacklists"}),
    case("CrowdSec, nft sets", DROPS, lines(
        "nft 'add table ip crowdsec; add set ip crowdsec crowdsec-blacklists { type ipv4_addr; flags timeout; }; add chain ip crowdsec "
        "crowdsec-chain { type filter hook input priority -10; }; add rule ip crowdsec crowdsec-chain ip saddr @crowdsec-blacklists "
        f"counter drop; add element ip crowdsec crowdsec-blacklists {{ {CLIENT} timeout 4h }}'"), owner=CROWDSEC, types=False,
        rule={"command": f"cscli decisions delete --ip {CLIENT}"}),
    # tcp wrappers
    case("hosts.deny", CLOSES, hosts("", "# none\nsshd: ALL\n"), owner=HOSTS, rule={"chain": "/etc/hosts.deny", "number": 2},
         clean=end_hosts),
    case("hosts.deny, a network", CLOSES, hosts("sshd: 192.0.2.\n", "ALL: 10.77.0.0/255.255.255.0\n"), owner=HOSTS,
         rule={"chain": "/etc/hosts.deny", "number": 1}, clean=end_hosts),
    case("hosts.deny, a prefix length", CLOSES, hosts("", "sshd: 10.77.0.0/24\n"), owner=HOSTS, rule={"number": 1}, clean=end_hosts),
    case("hosts.deny, IPv6", CLOSES, hosts("", "sshd: [fd77::]/64\n"), owner=HOSTS, rule={"number": 1}, clean=end_hosts, six=True),
    case("hosts.allow with deny", CLOSES, hosts(f"sshd: {CLIENT} : deny\n", ""), owner=HOSTS, rule={"chain": "/etc/hosts.allow"},
         clean=end_hosts),
]
