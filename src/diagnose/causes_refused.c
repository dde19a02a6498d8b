/* Causes that answer the SYN with a refusal, and the ban. */
#include "causes.h"
#include "describe.h"
#include "place.h"

/* clang-format off */
const struct cause_row cause_kernel_rst = {
    .id = "kernel-rst",
    .headline = "refused: nothing listens on that port",
    .what = "Nothing listens on the port: sshd is stopped, not installed, or on another port. The server's own TCP stack answers the SYN with a RST.",
    .recognised = "The RST carries the TOS of the SYN that it answers, and in IPv6 a flow label: a Linux kernel copies the one and sets the other, netfilter does neither. Its TTL and its MAC address are those of the host's other packets, and it comes no sooner than they do. A host that is no Linux is known by its SYN-ACKs, its version string or its TTL: then its RST fits that stack. An IP ID that goes on with the host's own count shows it too.",
    .looks_like = "firewall-rst: netfilter's forged RST has TOS 0, pf's and ipfw's 0x10. Where the SYN's own TOS is the same, or the path rewrites it, this field says nothing, and the other marks must decide. Alone, FreeBSD 14's RST is like netfilter's, and Linux's answer to 0x10 like pf's: then either is named, and neither surely.",
    .signs = "The refusal comes at once and from everywhere; on the server nothing listens on the port, and once sshd is started it is gone.",
    .proof = ADVICE(
        {ALWAYS, SERVER, "sudo ss -ltnp '( sport = :%p )'  # no line of sshd: this is it"},
        {ALWAYS, CLIENT, "sudo sshsniff probe %o%h  # tells a kernel's reset from a firewall's"}),
    .outcome = OUTCOME_FAILED,
    .probe_separates = true,
    .place = {WHERE_HOST, 0.95, "the cause says it: the target's kernel sent the RST"},
    .places = closed_places,
    .headlines = TEXTS(
        {WHEN(beyond_nat), "refused beyond the NAT: what was asked there has no port %p open, or cannot be reached"},
        {WHEN(accepted_before), "refused: nothing listens on port %p any more"},
        {ALWAYS, "refused: nothing listens on port %p"}),
    .errors = TEXTS({WHEN(rst_ignored), SSH_TIMED_OUT}, {ALWAYS, SSH_REFUSED}),
    .errors_when = "at once; where the NAT's RST lacks its ACK, after the timeout",
    /* Is it stopped, absent, or elsewhere? */
    .describe = describe_closed_port,
    .advice = ADVICE(
        {WHEN(beyond_nat), CLIENT, "ssh %o%h  # from the machine that runs the NAT: it sees who refuses"},
        {WHEN(other_address), CLIENT, "ssh %Z %o%z  # another address of the same name"},
        {WHEN(probe_tells), CLIENT, "sudo sshsniff probe %o%h"},
        {WHEN_BOTH(accepted_before, systemd_server), SERVER, "systemctl status %U  # it accepted a connection %b s before; \"trigger-limit-hit\": too many at once stopped the socket (TriggerLimitBurst)"},
        {WHEN_BOTH(accepted_before, systemd_server), SERVER, "%K | grep -i -e trigger -e limit -e stop -e fail"},
        {WHEN_BOTH(accepted_before, systemd_server), SERVER, "%X"},
        {ALWAYS, SERVER, "%S"},
        {ALWAYS, SERVER, "%B"},
        {WHEN(unix_server), SERVER, "sudo ss -ltnp | grep -i ssh"},
        {WHEN(debian_server), SERVER, "sudo apt install openssh-server"},
        {WHEN(unix_server), SERVER, "sudo sshd -t"},
        {WHEN(other_port), CLIENT, "ssh -p 22 %h"}),
};

const struct cause_row cause_firewall_rst = {
    .id = "firewall-rst",
    .headline = "refused: a firewall answers with a forged reset",
    .what = "A firewall answers the SYN with a RST in the server's name. It stands on the server itself or on the way there.",
    .recognised = "The RST is as netfilter writes it (TTL 64 at its start, DF, ID 0, window 0, no options) and has TOS 0 although the SYN had another, or no IPv6 flow label; or it has TOS 0x10 as pf and ipfw write it; or it copies the SYN's own ID or window; or it comes with a TTL, a MAC address or a round trip that is not the host's own. A SYN-ACK for the same SYN, or a second RST that differs from the first, shows it too.",
    .looks_like = "kernel-rst, where the SYN's own TOS is 0 and nothing else is known of the host. fail2ban-ban, where this client failed to log in before: only that history tells them apart.",
    .signs = "The refusal comes at once although sshd listens on the server; other clients, or other ports of that host, may well get in.",
    .proof = ADVICE(
        {ALWAYS, SERVER, "sudo ss -ltnp '( sport = :%p )'  # sshd listens, and yet the client is refused: this is it"},
        {ALWAYS, CLIENT, "sudo sshsniff probe %o%h  # names the machine that sends the reset"}),
    .outcome = OUTCOME_FAILED,
    .probe_separates = true,
    .place = {WHERE_HOST, 0.6, "nothing speaks for another machine, and nothing is known of the host: judgement"},
    .places = refusal_places,
    .errors = TEXTS({ALWAYS, SSH_REFUSED}),
    .errors_when = "at once",
    .advice = ADVICE(
        {WHEN(other_address), CLIENT, "ssh %Z %o%z  # another address of the same name"},
        {WHEN(at_this_router), NETWORK, "sudo nft list ruleset | grep -n reject  # on this router, which sends the reset"},
        {WHEN(at_this_router), NETWORK, "sudo %i -S FORWARD | grep -i reject"},
        {WHEN(kept_by_either), ANYONE, "ip route get %h  # where this capture was taken: \"local\" if the address is its own"},
        {WHEN(kept_by_either), ANYONE, "sudo nft list ruleset | grep -n reject  # there too: input if it is, else forward"},
        {WHEN(probe_tells), CLIENT, "sudo sshsniff probe %o%h"},
        {WHEN_BOTH(at_server, ufw_server), SERVER, "sudo ufw status numbered"},
        {WHEN(at_server), SERVER, "%Q"},
        {WHEN(at_server), SERVER, "%Y"},
        {WHEN_BOTH(at_server, firewalld_too), SERVER, "sudo firewall-cmd --add-port=%p/tcp  # where firewalld runs; %w"},
        {WHEN_BOTH(at_server, linux_server), SERVER, "sudo %i -S | grep -i reject"},
        {WHEN(at_client), CLIENT, "sudo nft list ruleset | grep -n reject"},
        {WHEN(at_client), CLIENT, "sudo %i -S OUTPUT"},
        {WHEN(elsewhere), CLIENT, "sudo traceroute %6-n -T -p %p %h"},
        {WHEN(elsewhere), NETWORK, "allow TCP %p from %c to %h in the firewalls between them; one of them sends the reset; %w"},
        {WHEN_BOTH(elsewhere, captured_elsewhere), SERVER, "sudo tcpdump -ni any 'tcp port %p and host %c'"}),
};

const struct cause_row cause_firewall_icmp = {
    .id = "firewall-icmp",
    .headline = "rejected: a firewall answers with an ICMP error",
    .what = "A firewall rejects the SYN with an ICMP or ICMPv6 error. It stands on the server (iptables, nft, firewalld) or on the way there (an access list or a prohibit route of a router).",
    .recognised = "By the error's type and code: all unreachables but \"network\" (3/0; v6 1/0) and \"host\" (3/1; v6 1/3). The error's sender is the machine that rejects.",
    .looks_like = "fail2ban-ban, which by default answers with the same \"port unreachable\": this client's failed logins tell them apart. kernel-rst, for whoever sees only ssh: it prints \"Connection refused\" for \"port unreachable\" too.",
    .signs = "\"No route to host\" comes at once, not after 3 seconds, and ping to the server works; or \"Connection refused\" from a host whose sshd listens.",
    .proof = ADVICE(
        {ALWAYS, CLIENT, "sudo tcpdump -ni any 'icmp or icmp6'  # while ssh runs: an \"unreachable\" comes back, and its sender is who rejects"},
        {ALWAYS, CLIENT, "sudo sshsniff probe %o%h"}),
    .outcome = OUTCOME_FAILED,
    .probe_separates = true,
    .place = {WHERE_PATH, 0.95, "the error's sender is neither the client nor the target: RFC 1812 section 5.2.7.1"},
    .places = rejection_places,
    .errors = TEXTS({WHEN(icmp), "%e"}, {ALWAYS, SSH_REFUSED}),
    .errors_when = "at once",
    .advice = ADVICE(
        {WHEN(other_address), CLIENT, "ssh %Z %o%z  # another address of the same name"},
        {WHEN(at_this_router), NETWORK, "sudo nft list ruleset | grep -n reject  # on this router, which rejects it"},
        {WHEN(at_this_router), NETWORK, "ip route get %h  # a prohibit or unreachable route of it sends such errors too"},
        {WHEN(probe_tells), CLIENT, "sudo sshsniff probe %o%h"},
        {WHEN_ALL(at_server, prohibited, linux_server), SERVER, "sudo firewall-cmd --list-all"},
        {WHEN_ALL(at_server, prohibited, linux_server), SERVER, "sudo firewall-cmd --add-port=%p/tcp && sudo firewall-cmd --permanent --add-port=%p/tcp  # %w"},
        {WHEN_ALL(at_server, port_unreachable, ufw_server), SERVER, "sudo ufw status numbered"},
        {WHEN(at_server), SERVER, "%Q"},
        {WHEN_ALL(at_server, port_unreachable, linux_server), SERVER, "sudo fail2ban-client status sshd"},
        {WHEN(at_server), SERVER, "%Y"},
        {WHEN_BOTH(at_server, linux_server), SERVER, "sudo %i -S | grep -i reject"},
        {WHEN(at_client), CLIENT, "sudo nft list ruleset | grep -n reject"},
        {WHEN(at_client), CLIENT, "sudo %i -S OUTPUT"},
        {WHEN(at_client), CLIENT, "ip route get %h"},
        {WHEN_BOTH(elsewhere, icmp), NETWORK, "allow TCP %p from %c to %h at %s, which rejects it; %w"},
        {WHEN(elsewhere), CLIENT, "sudo traceroute %6-n -T -p %p %h"},
        {WHEN(elsewhere), NETWORK, "look into the cloud console's security groups and network ACLs for TCP %p"}),
};

const struct cause_row cause_fail2ban_ban = {
    .id = "fail2ban-ban",
    .headline = "banned: the address is blocked after failed logins",
    .what = "This client was let in before, failed to log in, and is now rejected or dropped. Its address was put into a firewall rule or a route, by fail2ban or a program like it.",
    .recognised = "By history: connections of this client ended in failed logins earlier in the capture, and now a forged RST, an ICMP error or silence answers it. That others still get in speaks for it.",
    .looks_like = "firewall-rst, firewall-icmp and silent-drop are the same on the wire. Only the history, or fail2ban on the server, tells them apart.",
    .signs = "It worked until some logins failed; other addresses get in, and after a while so does this one.",
    .proof = ADVICE(
        {ALWAYS, SERVER, "sudo fail2ban-client status sshd  # the client's address stands in the list"},
        {ALWAYS, CLIENT, "ssh %o%h  # from another address (a phone's hotspot): that one gets in"}),
    .outcome = OUTCOME_FAILED,
    .place = {WHERE_HOST, 0.95, "the program that bans reads sshd's log, on the server: fail2ban jail.conf"},
    .places = ban_places,
    .errors = TEXTS(
        {WHEN_BOTH(before_accept, refused_by_rst), SSH_REFUSED},
        {WHEN_BOTH(before_accept, icmp), "%e"},
        {WHEN(before_accept), SSH_TIMED_OUT},
        /* The ban came in mid-connection: TCP does not end for it, it only falls silent. */
        {WHEN(before_banner), SSH_BANNER_TIMED_OUT},
        {ALWAYS, "Connection to %h port %p timed out"}),
    .errors_when = "at once where it is rejected, after the timeout where it is dropped",
    .advice = ADVICE(
        {WHEN(ban_dated), ANYONE, "until about %t if the ban is fail2ban's usual 10 minutes (bantime; counted from the last failed login), longer where it bans anew; meanwhile come from another address (another network, a jump host) or use the console"},
        {WHEN(linux_server), SERVER, "sudo fail2ban-client status sshd; sudo fail2ban-client get sshd bantime"},
        {WHEN(linux_server), SERVER, "sudo fail2ban-client set sshd unbanip %c  # %w"},
        {WHEN(other_address), CLIENT, "ssh %Z %o%z  # another address of the same name"},
        {ALWAYS, SERVER, "%j"},
        {ALWAYS, CLIENT, "ssh -v %o-o IdentitiesOnly=yes %h  # later: one key, so that no other ones are counted as failed tries"},
        {WHEN(linux_server), SERVER, "sudo nft list ruleset | grep -F %c"},
        {ALWAYS, SERVER, "%Q"}),
};
/* clang-format on */
