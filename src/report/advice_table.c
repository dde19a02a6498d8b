#include "advice_table.h"

#define SERVER  ADVISE_SERVER
#define CLIENT  ADVISE_CLIENT
#define NETWORK ADVISE_NETWORK
#define ANYONE  ADVISE_ANYONE

/* clang-format off */
const struct advice_row advice_rows[] = {
    /* Nothing listens: is it stopped, absent, or elsewhere? */
    {CAUSE_KERNEL_RST, 0, SERVER, "systemctl status ssh"},
    {CAUSE_KERNEL_RST, 0, SERVER, "sudo systemctl enable --now ssh"},
    {CAUSE_KERNEL_RST, 0, SERVER, "sudo ss -ltnp | grep -i ssh"},
    {CAUSE_KERNEL_RST, 0, SERVER, "sudo apt install openssh-server"},
    {CAUSE_KERNEL_RST, 0, SERVER, "sudo sshd -t"},
    {CAUSE_KERNEL_RST, WHEN_OTHER_PORT, CLIENT, "ssh -p 22 %h"},

    {CAUSE_FIREWALL_RST, WHEN_HOST, SERVER, "sudo ufw status numbered"},
    {CAUSE_FIREWALL_RST, WHEN_HOST, SERVER, "sudo ufw allow %p/tcp"},
    {CAUSE_FIREWALL_RST, WHEN_HOST, SERVER, "sudo nft list ruleset | grep -n reject"},
    {CAUSE_FIREWALL_RST, WHEN_HOST, SERVER, "sudo %i -S | grep -i reject"},
    {CAUSE_FIREWALL_RST, WHEN_HOST, SERVER, "sudo firewall-cmd --add-port=%p/tcp"},
    {CAUSE_FIREWALL_RST, WHEN_CLIENT, CLIENT, "sudo nft list ruleset | grep -n reject"},
    {CAUSE_FIREWALL_RST, WHEN_CLIENT, CLIENT, "sudo %i -S OUTPUT"},
    {CAUSE_FIREWALL_RST, WHEN_ELSEWHERE, CLIENT, "sudo traceroute %6-n -T -p %p %h"},
    {CAUSE_FIREWALL_RST, WHEN_ELSEWHERE, NETWORK, "allow TCP %p from %c to %h in the firewalls between them; one of them sends the reset"},
    {CAUSE_FIREWALL_RST, WHEN_ELSEWHERE, SERVER, "sudo tcpdump -ni any 'tcp port %p and host %c'"},

    {CAUSE_FIREWALL_ICMP, WHEN_HOST | WHEN_PROHIBITED, SERVER, "sudo firewall-cmd --list-all"},
    {CAUSE_FIREWALL_ICMP, WHEN_HOST | WHEN_PROHIBITED, SERVER, "sudo firewall-cmd --permanent --add-port=%p/tcp && sudo firewall-cmd --reload"},
    {CAUSE_FIREWALL_ICMP, WHEN_HOST, SERVER, "sudo nft list ruleset | grep -n reject"},
    {CAUSE_FIREWALL_ICMP, WHEN_HOST, SERVER, "sudo %i -S | grep -i reject"},
    {CAUSE_FIREWALL_ICMP, WHEN_HOST | WHEN_PORT_ICMP, SERVER, "sudo ufw status numbered"},
    {CAUSE_FIREWALL_ICMP, WHEN_HOST | WHEN_PORT_ICMP, SERVER, "sudo fail2ban-client status sshd"},
    {CAUSE_FIREWALL_ICMP, WHEN_HOST, SERVER, "sudo ufw allow %p/tcp"},
    {CAUSE_FIREWALL_ICMP, WHEN_CLIENT, CLIENT, "sudo nft list ruleset | grep -n reject"},
    {CAUSE_FIREWALL_ICMP, WHEN_CLIENT, CLIENT, "sudo %i -S OUTPUT"},
    {CAUSE_FIREWALL_ICMP, WHEN_CLIENT, CLIENT, "ip route get %h"},
    {CAUSE_FIREWALL_ICMP, WHEN_ELSEWHERE | WHEN_SENDER, NETWORK, "allow TCP %p from %c to %h at %s, which rejects it"},
    {CAUSE_FIREWALL_ICMP, WHEN_ELSEWHERE, CLIENT, "sudo traceroute %6-n -T -p %p %h"},
    {CAUSE_FIREWALL_ICMP, WHEN_ELSEWHERE, NETWORK, "look into the cloud console's security groups and network ACLs for TCP %p"},

    {CAUSE_SILENT_DROP, WHEN_HOST, SERVER, "sudo ufw status numbered"},
    {CAUSE_SILENT_DROP, WHEN_HOST, SERVER, "sudo nft list ruleset | grep -n -e drop -e policy"},
    {CAUSE_SILENT_DROP, WHEN_HOST, SERVER, "sudo %i -S | grep -i drop"},
    {CAUSE_SILENT_DROP, WHEN_CLIENT, CLIENT, "sudo nft list ruleset | grep -n -e drop -e policy"},
    {CAUSE_SILENT_DROP, 0, SERVER, "sudo tcpdump -ni any 'tcp port %p and host %c'"},
    {CAUSE_SILENT_DROP, 0, NETWORK, "allow TCP %p from %c in the cloud's security group and network ACL"},
    {CAUSE_SILENT_DROP, 0, SERVER, "sudo ufw status numbered; sudo nft list ruleset | grep -n drop"},
    {CAUSE_SILENT_DROP, 0, CLIENT, "sudo traceroute %6-n -T -p %p %h"},
    {CAUSE_SILENT_DROP, 0, SERVER, "sudo fail2ban-client status sshd"},
    {CAUSE_SILENT_DROP, 0, CLIENT, "ping -c 3 %h"},

    {CAUSE_FAIL2BAN_BAN, 0, SERVER, "sudo fail2ban-client status sshd"},
    {CAUSE_FAIL2BAN_BAN, 0, SERVER, "sudo fail2ban-client set sshd unbanip %c"},
    {CAUSE_FAIL2BAN_BAN, 0, SERVER, "sudo journalctl -u ssh --since -1h | grep -F %c"},
    {CAUSE_FAIL2BAN_BAN, 0, CLIENT, "ssh -v %o-o IdentitiesOnly=yes %h"},
    {CAUSE_FAIL2BAN_BAN, 0, SERVER, "sudo nft list ruleset | grep -F %c"},

    {CAUSE_HOST_UNREACHABLE, WHEN_NEIGHBOUR, ANYONE, "is %h powered on, and is its cable or its virtual network in place?"},
    {CAUSE_HOST_UNREACHABLE, WHEN_NEIGHBOUR, CLIENT, "ip neigh show %h"},
    {CAUSE_HOST_UNREACHABLE, WHEN_NEIGHBOUR, CLIENT, "ip route get %h"},
    {CAUSE_HOST_UNREACHABLE, WHEN_SENDER, ANYONE, "is %h powered on? %s, the router before it, cannot reach it"},
    {CAUSE_HOST_UNREACHABLE, WHEN_SENDER, NETWORK, "ip neigh show %h  # on %s"},
    {CAUSE_HOST_UNREACHABLE, 0, CLIENT, "ping -c 3 %h"},
    {CAUSE_HOST_UNREACHABLE, 0, SERVER, "ip -br addr"},

    {CAUSE_NETWORK_UNREACHABLE, WHEN_SENDER, NETWORK, "ip route get %h  # on %s, which has no route"},
    {CAUSE_NETWORK_UNREACHABLE, 0, CLIENT, "ip route get %h"},
    {CAUSE_NETWORK_UNREACHABLE, WHEN_V6, ANYONE, "if the server has IPv4 too: ssh -4 and its name"},
    {CAUSE_NETWORK_UNREACHABLE, 0, CLIENT, "traceroute %6-n %h"},
    {CAUSE_NETWORK_UNREACHABLE, 0, CLIENT, "is the VPN up?"},

    {CAUSE_ROUTING_LOOP, 0, CLIENT, "sudo traceroute %6-n -T -p %p %h"},
    {CAUSE_ROUTING_LOOP, 0, CLIENT, "mtr %6-n -c 5 -r %h"},
    {CAUSE_ROUTING_LOOP, WHEN_SENDER, NETWORK, "ip route get %h  # on %s and on the router it sends to: they point at each other"},
    {CAUSE_ROUTING_LOOP, 0, NETWORK, "correct the route to %h on the two routers that repeat in the trace"},

    {CAUSE_NAME_FAILURE, 0, CLIENT, "getent hosts %n"},
    {CAUSE_NAME_FAILURE, WHEN_NO_SUCH_NAME, CLIENT, "is the name spelled right, and the search domain (/etc/resolv.conf) set?"},
    {CAUSE_NAME_FAILURE, 0, CLIENT, "resolvectl query %n"},
    {CAUSE_NAME_FAILURE, WHEN_NO_DNS_ANSWER, CLIENT, "ping -c 3 %r"},
    {CAUSE_NAME_FAILURE, 0, CLIENT, "resolvectl status"},

    {CAUSE_MAXSTARTUPS, 0, SERVER, "sudo ss -tn state established '( sport = :%p )'"},
    {CAUSE_MAXSTARTUPS, 0, SERVER, "sudo sshd -T | grep -i -e maxstartups -e logingracetime"},
    {CAUSE_MAXSTARTUPS, 0, SERVER, "raise MaxStartups in /etc/ssh/sshd_config (MaxStartups 100:30:200), then: sudo systemctl reload ssh"},
    {CAUSE_MAXSTARTUPS, 0, SERVER, "sudo journalctl -u ssh --since -10min | grep -i -e startups -e drop"},

    {CAUSE_SOURCE_PENALTY, 0, ANYONE, "wait: a penalty lasts 15 seconds to 10 minutes, and each further try may lengthen it"},
    {CAUSE_SOURCE_PENALTY, 0, SERVER, "sudo journalctl -u ssh --since -1h | grep -i penalt"},
    {CAUSE_SOURCE_PENALTY, 0, SERVER, "set PerSourcePenaltyExemptList %c in /etc/ssh/sshd_config, then: sudo systemctl reload ssh"},
    {CAUSE_SOURCE_PENALTY, 0, SERVER, "sudo sshd -T | grep -i persource"},

    {CAUSE_CLOSED_BEFORE_BANNER, 0, SERVER, "sudo journalctl -u ssh --since -10min"},
    {CAUSE_CLOSED_BEFORE_BANNER, 0, SERVER, "cat /etc/hosts.allow /etc/hosts.deny"},
    {CAUSE_CLOSED_BEFORE_BANNER, 0, SERVER, "sudo sshd -t"},
    {CAUSE_CLOSED_BEFORE_BANNER, 0, NETWORK, "if %h is a balancer or a proxy: is its backend up?"},

    {CAUSE_NO_BANNER, 0, SERVER, "ps -o pid,stat,wchan,cmd -C sshd"},
    {CAUSE_NO_BANNER, 0, SERVER, "time getent hosts %c  # slow reverse DNS holds sshd up: UseDNS no"},
    {CAUSE_NO_BANNER, 0, SERVER, "uptime; free -m; df -h / /var"},
    {CAUSE_NO_BANNER, 0, CLIENT, "nc -v %h %p"},

    {CAUSE_TARPIT, 0, SERVER, "sudo ss -ltnp '( sport = :%p )'  # endlessh or the like; the true sshd is on another port"},
    {CAUSE_TARPIT, 0, SERVER, "sudo ss -ltnp | grep -i sshd"},
    {CAUSE_TARPIT, 0, CLIENT, "ask for the port of the true sshd, then: ssh -p PORT %h"},

    {CAUSE_NOT_SSH, 0, SERVER, "sudo ss -ltnp '( sport = :%p )'"},
    {CAUSE_NOT_SSH, 0, CLIENT, "nc -v %h %p"},
    {CAUSE_NOT_SSH, 0, SERVER, "sudo ss -ltnp | grep -i sshd"},
    {CAUSE_NOT_SSH, WHEN_OTHER_PORT, CLIENT, "ssh -p 22 %h"},

    {CAUSE_PROTOCOL_MISMATCH, WHEN_FIX_CLIENT, CLIENT, "%f"},
    {CAUSE_PROTOCOL_MISMATCH, WHEN_FIX_SERVER, SERVER, "%F"},
    {CAUSE_PROTOCOL_MISMATCH, 0, CLIENT, "ssh -V; ssh -v %o%h"},
    {CAUSE_PROTOCOL_MISMATCH, 0, SERVER, "upgrade the side that speaks protocol 1 only: it has been insecure since 2001"},

    {CAUSE_KEX_MISMATCH, WHEN_FIX_CLIENT, CLIENT, "%f"},
    {CAUSE_KEX_MISMATCH, WHEN_FIX_SERVER, SERVER, "%F"},
    {CAUSE_KEX_MISMATCH, 0, CLIENT, "ssh -Q kex; ssh -Q key; ssh -Q cipher; ssh -Q mac"},
    {CAUSE_KEX_MISMATCH, 0, SERVER, "sudo sshd -T | grep -i -e algorithms -e ciphers -e macs"},

    {CAUSE_HOSTKEY_REJECTED, 0, SERVER, "for k in /etc/ssh/ssh_host_*.pub; do ssh-keygen -lf $k; done  # compare with what the client shows"},
    {CAUSE_HOSTKEY_REJECTED, WHEN_OTHER_PORT, CLIENT, "ssh-keygen -R '[%h]:%p'  # only where the server is known to have changed"},
    {CAUSE_HOSTKEY_REJECTED, 0, CLIENT, "ssh-keygen -R %h  # only where the server is known to have changed"},
    {CAUSE_HOSTKEY_REJECTED, 0, CLIENT, "ssh -v %o-o StrictHostKeyChecking=ask %h"},

    {CAUSE_AUTH_FAILED, 0, SERVER, "sudo journalctl -u ssh --since -10min | grep -F %c"},
    {CAUSE_AUTH_FAILED, 0, CLIENT, "ssh -v %o-o IdentitiesOnly=yes -i KEYFILE USER@%h"},
    {CAUSE_AUTH_FAILED, 0, SERVER, "ls -ld ~USER ~USER/.ssh ~USER/.ssh/authorized_keys"},
    {CAUSE_AUTH_FAILED, 0, SERVER, "sudo sshd -T | grep -i -e passwordauth -e pubkeyauth -e permitroot -e allow -e deny"},

    {CAUSE_LOGIN_TIMEOUT, 0, SERVER, "sudo sshd -T | grep -i logingracetime"},
    {CAUSE_LOGIN_TIMEOUT, 0, CLIENT, "ssh -v %o%h  # was a question (password, passphrase, host key) left unanswered?"},
    {CAUSE_LOGIN_TIMEOUT, 0, SERVER, "time getent hosts %c; sudo grep -n pam_ /etc/pam.d/sshd  # a slow PAM module or directory?"},

    {CAUSE_INJECTED_RST, 0, NETWORK, "ask who runs the network for an intrusion prevention, proxy or censoring device that resets TCP %p"},
    {CAUSE_INJECTED_RST, 0, CLIENT, "sudo traceroute %6-n -T -p %p %h"},
    {CAUSE_INJECTED_RST, 0, SERVER, "sudo tcpdump -ni any 'tcp port %p and host %c and tcp[tcpflags] & tcp-rst != 0'"},
    {CAUSE_INJECTED_RST, 0, CLIENT, "try over a VPN, another network or another port"},

    {CAUSE_MTU_BLACKHOLE, WHEN_MTU, CLIENT, "sudo ip route add %h mtu %m via GATEWAY"},
    {CAUSE_MTU_BLACKHOLE, WHEN_FIX_CLIENT, CLIENT, "%f"},
    {CAUSE_MTU_BLACKHOLE, WHEN_FIX_SERVER, SERVER, "%F"},
    {CAUSE_MTU_BLACKHOLE, WHEN_V4, CLIENT, "ping -M do -c 2 -s 1372 %h  # 1400 bytes in all; make it smaller until it passes"},
    {CAUSE_MTU_BLACKHOLE, WHEN_V6, CLIENT, "ping -M do -c 2 -s 1352 %h  # 1400 bytes in all; make it smaller until it passes"},
    {CAUSE_MTU_BLACKHOLE, 0, NETWORK, "let ICMP \"fragmentation needed\" (v6: packet too big) pass, or clamp the MSS to the path's MTU"},

    {CAUSE_LISTEN_OVERFLOW, 0, SERVER, "ss -ltn '( sport = :%p )'  # Recv-Q at Send-Q: the queue is full"},
    {CAUSE_LISTEN_OVERFLOW, 0, SERVER, "nstat -az TcpExtListenOverflows TcpExtListenDrops"},
    {CAUSE_LISTEN_OVERFLOW, 0, SERVER, "ps -o pid,stat,wchan,cmd -C sshd; uptime"},
    {CAUSE_LISTEN_OVERFLOW, 0, SERVER, "sysctl net.core.somaxconn"},

    {CAUSE_RETURN_PATH_LOSS, 0, SERVER, "ip route get %c"},
    {CAUSE_RETURN_PATH_LOSS, 0, SERVER, "sysctl net.ipv4.conf.all.rp_filter; ip rule"},
    {CAUSE_RETURN_PATH_LOSS, 0, SERVER, "sudo traceroute %6-n %c"},
    {CAUSE_RETURN_PATH_LOSS, 0, NETWORK, "look for a stateful firewall that sees only one direction (asymmetric routing)"},

    {CAUSE_CLIENT_ABORT, 0, CLIENT, "ssh -v %o%h"},
    {CAUSE_CLIENT_ABORT, 0, CLIENT, "ssh -G %h | grep -i -e connecttimeout -e proxy"},

    {CAUSE_IDLE_DROP, 0, CLIENT, "ssh -o ServerAliveInterval=30 %o%h"},
    {CAUSE_IDLE_DROP, 0, SERVER, "set ClientAliveInterval 30 in /etc/ssh/sshd_config, then: sudo systemctl reload ssh"},
    {CAUSE_IDLE_DROP, 0, NETWORK, "look at the idle timeout of the NAT or firewall between %c and %h"},

    {CAUSE_UNDETERMINED, 0, ANYONE, "capture again from before the login until after its end: sudo sshsniff %P-w again.pcap"},
};
/* clang-format on */

const size_t advice_row_count = sizeof advice_rows / sizeof advice_rows[0];
