/* Causes for which the server is not reached, or not heard. */
#include "causes.h"
#include "place.h"

/* clang-format off */
const struct cause_row cause_silent_drop = {
    .id = "silent-drop",
    .headline = "no answer: the SYNs are dropped without a word",
    .what = "The SYNs are dropped and nobody tells the client. A firewall on the server, one on the way there, or a cloud's security group does that.",
    .recognised = "SYN after SYN goes out, and nothing at all comes back. A capture at the server, or at a router, also shows how far they came.",
    .looks_like = "host-unreachable, until the router's error is due (some 3 s). return-path-loss, where the server does answer: only a capture at the server tells. misaddressed-reply and stale-connection, where an answer comes that is not to this SYN's address, or not with its numbers. listen-overflow, where connections before it were accepted and never greeted. fail2ban-ban, where this client failed to log in before. A stopped sshd on Windows, whose firewall says nothing for a closed port either.",
    .signs = "ssh hangs until it gives up, while ping or another port of that host may well answer.",
    .proof = ADVICE(
        {ALWAYS, SERVER, "sudo tcpdump -ni any 'tcp port %p'  # while ssh runs: no SYN arrives: dropped on the way; SYNs and no answer: dropped here"},
        {ALWAYS, CLIENT, "sudo sshsniff probe %o%h  # how far the SYNs come"}),
    .outcome = OUTCOME_FAILED,
    .probe_separates = true,
    .place = {WHERE_UNKNOWN, 0.9, "silence alone says nothing of where: judgement"},
    .places = silence_places,
    .headlines = TEXTS({WHEN(web_cache), "no answer: the address is that of %W, which takes web ports only"}),
    .errors = TEXTS({ALWAYS, SSH_TIMED_OUT}),
    .errors_when = WHEN_CONNECT_GIVES_UP,
    .advice = ADVICE(
        {WHEN(web_cache), ANYONE, "%h belongs to %W, a web cache that passes web ports only: ssh needs the server's true address, or a name that does not lead through the cache (a DNS record without proxy)"},
        {WHEN(other_address), CLIENT, "ssh %Z %o%z  # another address of the same name"},
        {WHEN(at_this_router), NETWORK, "sudo nft list ruleset | grep -n -e drop -e policy  # on this router, which drops it"},
        {WHEN_BOTH(at_this_router, ipv4), NETWORK, "ip route get %h; sysctl net.ipv4.ip_forward net.ipv4.conf.all.rp_filter"},
        {WHEN_BOTH(at_this_router, ipv6), NETWORK, "ip route get %h; sysctl net.ipv6.conf.all.forwarding"},
        {WHEN(kept_by_either), ANYONE, "ip route get %h  # where this capture was taken: \"local\" if the address is its own"},
        {WHEN(kept_by_either), ANYONE, "sudo nft list ruleset | grep -n -e drop -e policy  # there too: input if it is, else forward"},
        {WHEN(client_sought), SERVER, "ip route get %c from %h  # must say \"via\" a router; else a netmask or a route is wrong"},
        {WHEN(client_sought), SERVER, "ip -br addr; ip route; ip rule  # a network that is too large, or a tunnel's or Docker's, takes the client in"},
        {WHEN(timestamp_back), SERVER, "nstat -az TcpExtPAWSPassive; sysctl net.ipv4.tcp_tw_recycle  # on, before Linux 4.12: sudo sysctl -w net.ipv4.tcp_tw_recycle=0"},
        {WHEN(timestamp_back), CLIENT, "sudo sysctl -w net.ipv4.tcp_timestamps=0  # until then, on the machine that is ignored"},
        {WHEN(probe_tells), CLIENT, "sudo sshsniff probe %o%h"},
        {WHEN_BOTH(at_server, ufw_server), SERVER, "sudo ufw status numbered"},
        {WHEN_BOTH(at_server, linux_server), SERVER, "sudo nft list ruleset | grep -n -e drop -e policy"},
        {WHEN_BOTH(at_server, linux_server), SERVER, "sudo %i -S | grep -i drop"},
        {WHEN_BOTH(at_server, foreign_server), SERVER, "%Q"},
        {WHEN_BOTH(at_server, foreign_server), SERVER, "%S"},
        {WHEN_BOTH(at_server, ipv4), SERVER, "nstat -az TcpExtIPReversePathFilter; ip route get %c from %h; sysctl net.ipv4.conf.all.rp_filter  # is the way back another than the way in?"},
        {WHEN_BOTH(at_server, ipv6), SERVER, "ip route get %c from %h  # is the way back another than the way in? (ip6tables rpfilter, nft fib)"},
        {WHEN(at_client), CLIENT, "sudo nft list ruleset | grep -n -e drop -e policy"},
        {WHEN(like_windows), SERVER, "Get-Service sshd  # Windows' firewall is silent for a stopped service, too: Start-Service sshd; %w"},
        {WHEN(captured_elsewhere), SERVER, "sudo tcpdump -ni any 'tcp port %p and host %c'  # does the SYN arrive? then it is dropped there"},
        {WHEN(elsewhere), NETWORK, "allow TCP %p from %c in the cloud's security group and network ACL"},
        {WHEN_BOTH(elsewhere, linux_server), SERVER, "sudo nft list ruleset | grep -n -e drop -e policy; sudo ufw status numbered"},
        {WHEN_BOTH(elsewhere, foreign_server), SERVER, "%Q"},
        {WHEN(elsewhere), CLIENT, "sudo traceroute %6-n -T -p %p %h"},
        {WHEN(linux_server), SERVER, "sudo fail2ban-client status sshd"},
        {WHEN(elsewhere), CLIENT, "ping -c 3 %h"}),
};

const struct cause_row cause_host_unreachable = {
    .id = "host-unreachable",
    .headline = "host unreachable: it is down, or not on its network",
    .what = "No machine answers for that address on its network: it is switched off or unplugged, or the address is wrong. The last router, or the client's own kernel, looked for it in vain.",
    .recognised = "ICMP \"host unreachable\" (3/1; v6 1/3), some 3 s after the first SYN, one for each SYN that was held. On the client's own network: ARP requests or neighbour solicitations that nobody answers.",
    .looks_like = "A rule or a route of a router may send the same error; it does so within one round trip, and the place is then the path. silent-drop, where the capture ends before the router's error is due.",
    .signs = "\"No route to host\" comes after some 3 seconds, not at once, and ping gets no answer either.",
    .proof = ADVICE(
        {ALWAYS, CLIENT, "ping -c 3 %h; ip neigh show %h  # FAILED or INCOMPLETE: no machine answers on this network"},
        {ALWAYS, CLIENT, "sudo sshsniff probe %o%h"}),
    .outcome = OUTCOME_FAILED,
    .probe_separates = true,
    .place = {WHERE_HOST, 0.95, "the machine that does not answer ARP or neighbour discovery is the host: RFC 826, RFC 4861"},
    .places = absence_places,
    .headlines = TEXTS(
        {WHEN(icmp), "host unreachable: it is down, or not on its network"},
        {ALWAYS, "host unreachable: no machine answers for this address on its network"}),
    .errors = TEXTS({ALWAYS, SSH_NO_ROUTE}),
    .errors_when = "after some 3 s",
    .advice = ADVICE(
        {WHEN(other_address), CLIENT, "ssh %Z %o%z  # another address of the same name"},
        {WHEN(probe_tells), CLIENT, "sudo sshsniff probe %o%h"},
        {WHEN(neighbour_silent), ANYONE, "is %h powered on, and is its cable or its virtual network in place?"},
        {WHEN(neighbour_silent), CLIENT, "ip neigh show %h"},
        {WHEN(neighbour_silent), CLIENT, "ip route get %h"},
        {WHEN(icmp), ANYONE, "is %h powered on? %s, the router before it, cannot reach it"},
        {WHEN(icmp), NETWORK, "ip neigh show %h  # on %s"},
        {ALWAYS, CLIENT, "ping -c 3 %h"},
        {ALWAYS, SERVER, "ip -br addr"}),
};

const struct cause_row cause_network_unreachable = {
    .id = "network-unreachable",
    .headline = "network unreachable: a router has no route",
    .what = "A router has no route to the server's network, and says so with an ICMP error. Where it is the client itself that has no route, no packet leaves it.",
    .recognised = "ICMP \"network unreachable\" (3/0), or \"no route to destination\" (v6 1/0). Its sender is the router that has no route.",
    .looks_like = "In IPv6 a route of type unreachable sends the same error on purpose. Routers ration this error, so it may come seconds late or never: the latter looks like silent-drop.",
    .signs = "It fails at once, on every port, and so do other hosts of that network.",
    .proof = ADVICE(
        {ALWAYS, CLIENT, "ip route get %h  # \"unreachable\": this machine itself has no route"},
        {ALWAYS, CLIENT, "traceroute %6-n %h  # !N: the router that has none"}),
    .outcome = OUTCOME_FAILED,
    .place = {WHERE_PATH, 0.95, "the error's sender is neither the client nor the target: RFC 1812 section 5.2.7.1"},
    .places = rejection_places,
    .errors = TEXTS({WHEN(icmp), "%e"}, {ALWAYS, "Network is unreachable"}),
    .errors_when = "at once",
    .advice = ADVICE(
        {WHEN(other_address), CLIENT, "ssh %Z %o%z  # another address of the same name"},
        {WHEN(icmp), NETWORK, "ip route get %h  # on %s, which has no route"},
        {ALWAYS, CLIENT, "ip route get %h"},
        {WHEN(ipv6), ANYONE, "if the server has IPv4 too: ssh -4 and its name"},
        {ALWAYS, CLIENT, "traceroute %6-n %h"},
        {ALWAYS, ANYONE, "is the VPN up?"}),
};

const struct cause_row cause_routing_loop = {
    .id = "routing-loop",
    .headline = "routing loop: packets run in a circle until they die",
    .what = "Routers send the packet round in a circle until its TTL is used up. A wrong route on one of them does that.",
    .recognised = "ICMP \"time exceeded\" (11/0; v6 3/0) in answer to the SYN.",
    .looks_like = "A SYN that is sent with a small TTL on purpose, as traceroute does, draws the same error. silent-drop, where the routers send none.",
    .signs = "A trace of the path repeats the same two routers to its end.",
    .proof = ADVICE(
        {ALWAYS, CLIENT, "traceroute %6-n %h  # the same routers again and again"}),
    .outcome = OUTCOME_FAILED,
    .place = {WHERE_PATH, 0.9, "routers make the circle: RFC 792, RFC 4443 section 3.3"},
    .errors = TEXTS({ALWAYS, SSH_NO_ROUTE}),
    .errors_when = "at once",
    .advice = ADVICE(
        {ALWAYS, CLIENT, "sudo traceroute %6-n -T -p %p %h"},
        {ALWAYS, CLIENT, "mtr %6-n -c 5 -r %h"},
        {WHEN(icmp), NETWORK, "ip route get %h  # on %s and on the router it sends to: they point at each other"},
        {ALWAYS, NETWORK, "correct the route to %h on the two routers that repeat in the trace"}),
};

const struct cause_row cause_name_failure = {
    .id = "name-failure",
    .headline = "the name does not resolve",
    .what = "The name did not resolve, so no SYN was sent. Either it does not exist or has no address, or no name server answered.",
    .recognised = "A DNS answer without an address, questions that nobody answers, or an ICMP error that answers a question; and no SYN after it.",
    .looks_like = "A name server that is only slow: the login then goes through, and the time is shown with it. host-unreachable, where the name resolves and its address has no machine.",
    .signs = "ssh says so itself, before it sends anything to the server; by its address the server can be reached.",
    .proof = ADVICE(
        {ALWAYS, CLIENT, "getent hosts %n  # nothing: the name has no address here"},
        {ALWAYS, CLIENT, "resolvectl query %n || cat /etc/resolv.conf"}),
    .outcome = OUTCOME_FAILED,
    .place = {WHERE_CLIENT, 0.9, "an answer without an address says that the client asked for a wrong name: judgement"},
    .places = name_places,
    .headlines = TEXTS({WHEN(name_unanswered), "the name does not resolve: the name server does not answer"}),
    .errors = TEXTS(
        {WHEN(no_question_seen), "Could not resolve hostname"},
        {WHEN(no_such_name), "Could not resolve hostname %N: Name or service not known"},
        {WHEN(no_address), "Could not resolve hostname %N: No address associated with hostname"},
        {ALWAYS, "Could not resolve hostname %N: Temporary failure in name resolution"}),
    .errors_when = "at once where a name server answers, else when the resolver gives up",
    .advice = ADVICE(
        {ALWAYS, CLIENT, "getent hosts %n"},
        {WHEN(no_such_name), ANYONE, "is the name spelled right, and the search domain (/etc/resolv.conf) set?"},
        {ALWAYS, CLIENT, "resolvectl query %n || cat /etc/resolv.conf"},
        {WHEN(resolver_silent), CLIENT, "ping -c 3 %r"},
        {ALWAYS, CLIENT, "resolvectl status"}),
};

const struct cause_row cause_return_path_loss = {
    .id = "return-path-loss",
    .headline = "the server's answers do not reach the client",
    .what = "The SYN arrives and the server answers it, but its answers do not reach the client. A wrong route back, reverse path filtering, or a stateful firewall that sees one direction only does that.",
    .recognised = "At the server, or near it: SYN-ACK after SYN-ACK goes out, and none is acknowledged.",
    .looks_like = "silent-drop is what the client sees of it. Only a capture at the server tells the two apart. reply-ignored, where the answers do arrive: only a capture on the client itself tells.",
    .signs = "ssh hangs until it gives up; on the server SYNs arrive and answers leave.",
    .proof = ADVICE(
        {ALWAYS, SERVER, "sudo tcpdump -ni any 'tcp port %p'  # while ssh runs: Flags [S.] goes out, again and again"}),
    .outcome = OUTCOME_FAILED,
    .place = {WHERE_PATH, 0.9, "the SYN-ACKs leave the server and are lost after it: judgement"},
    .errors = TEXTS({ALWAYS, SSH_TIMED_OUT}),
    .errors_when = WHEN_CONNECT_GIVES_UP,
    .advice = ADVICE(
        {WHEN(other_way_out), SERVER, "ip route get %c from %h; ip rule  # the answers leave by another interface than the SYNs come in"},
        {ALWAYS, SERVER, "ip route get %c"},
        {ALWAYS, SERVER, "sysctl net.ipv4.conf.all.rp_filter; ip rule"},
        {ALWAYS, SERVER, "sudo traceroute %6-n %c"},
        {WHEN(sum_wrong), SERVER, "sudo ethtool -K $(ip route get %c | grep -o -E 'dev [^ ]+' | cut -c5-) tx off  # for a moment: do logins work where the checksum is not left to the hardware?"},
        {ALWAYS, NETWORK, "look for a stateful firewall that sees only one direction (asymmetric routing)"}),
};

const struct cause_row cause_misaddressed_reply = {
    .id = "misaddressed-reply",
    .headline = "answered from another address: the client cannot take it",
    .what = "The SYN is answered, but from another address than the one that was asked, so the client's kernel does not take the answer for its own. A NAT that sends the SYN back into the network it came from (hairpin NAT) without translating the client's address does that, or a balancer whose servers answer with their own address.",
    .recognised = "A SYN-ACK (or a RST) from another address goes to the SYN's own port and acknowledges its number; mostly the client's kernel resets it. At the server: the client resets every SYN-ACK at once and sends the same SYN again.",
    .looks_like = "silent-drop, for whoever looks only at packets from the address that was asked. return-path-loss, at the server, where the client's firewall drops the answer instead of resetting it.",
    .signs = "ssh hangs inside the server's own network, and works from outside.",
    .proof = ADVICE(
        {ALWAYS, CLIENT, "sudo tcpdump -ni any 'tcp port %p'  # while ssh runs: Flags [S.] comes from another address than the one that was asked"}),
    .outcome = OUTCOME_FAILED,
    .place = {WHERE_PATH, 0.9, "what rewrites the SYN's address and not the answer's lies between the two: judgement"},
    .errors = TEXTS({ALWAYS, SSH_TIMED_OUT}),
    .errors_when = WHEN_CONNECT_GIVES_UP,
    .advice = ADVICE(
        {WHEN(answer_elsewhere), CLIENT, "ssh %a  # from this network, the address that answers"},
        {WHEN(answer_elsewhere), NETWORK, "sudo nft add rule %4 nat postrouting %4 saddr %c %4 daddr %A tcp dport %q masquerade  # on the router that translates %h (hairpin NAT, NAT reflection); or the client's whole network for %c; %w"},
        {WHEN(answer_elsewhere), NETWORK, "or let the name resolve to %A inside this network (split DNS)"},
        {WHEN(answer_elsewhere), ANYONE, "behind a balancer with direct return, %A must have %h as an address of its own: ip addr show dev lo"},
        {ALWAYS, SERVER, "sudo tcpdump -ni any 'tcp port %q and host %c'  # to which address do SYNs come, from which do answers leave?"},
        {ALWAYS, NETWORK, "on the router between: translate the client's address too where it and the server are on one network (hairpin NAT)"},
        {ALWAYS, ANYONE, "ssh to the server's own address instead of the translated one"}),
};

const struct cause_row cause_reply_ignored = {
    .id = "reply-ignored",
    .headline = "the answer arrives, and the client's own machine drops it",
    .what = "The server's SYN-ACKs arrive at the client's machine, which never acknowledges one. Its own firewall drops them, or its kernel does because their checksum is wrong: left to hardware that does not fill it in.",
    .recognised = "At the client: SYN-ACKs come in, again and again, and the client sends nothing but its SYN.",
    .looks_like = "return-path-loss, in a capture anywhere but at the client: from there it cannot be told whether the answers arrive.",
    .signs = "ssh hangs until it gives up, although the answers arrive at this machine.",
    .proof = ADVICE(
        {ALWAYS, CLIENT, "sudo tcpdump -ni any 'tcp port %p and host %h'  # while ssh runs: Flags [S.] comes in, again and again"}),
    .outcome = OUTCOME_FAILED,
    .place = {WHERE_CLIENT, 0.9, "the SYN-ACKs are in the client's own capture; lab"},
    .errors = TEXTS({ALWAYS, SSH_TIMED_OUT}),
    .errors_when = WHEN_CONNECT_GIVES_UP,
    .advice = ADVICE(
        {WHEN(sum_wrong), CLIENT, "nstat -az TcpInCsumErrors  # goes up with each try: the answers' checksums are wrong"},
        {WHEN(sum_wrong), SERVER, "sudo ethtool -K $(ip route get %c | grep -o -E 'dev [^ ]+' | cut -c5-) tx off  # on the server, or on the machine that it is a guest of: checksums that nobody fills in"},
        {ALWAYS, CLIENT, "sudo nft list ruleset | grep -n -e drop -e policy  # input: \"ct state established,related accept\" must come before it"},
        {ALWAYS, CLIENT, "sudo %i -S INPUT"},
        {WHEN(ipv4), CLIENT, "nstat -az TcpInCsumErrors TcpExtIPReversePathFilter; sysctl net.ipv4.conf.all.rp_filter"},
        {WHEN(ipv6), CLIENT, "nstat -az TcpInCsumErrors"},
        {ALWAYS, ANYONE, "a VPN's or a security program's own filter on this machine: try without it"}),
};

const struct cause_row cause_stale_connection = {
    .id = "stale-connection",
    .headline = "an old connection with the same ports is in the way",
    .what = "The server, or a firewall that keeps state before it, still holds an older connection with the same addresses and ports, and answers the SYN with that one's numbers. The client rebooted, or a NAT gave its port to another, while the other end never heard of the old one's end.",
    .recognised = "In place of a SYN-ACK comes a bare ACK that acknowledges a number of another connection (a challenge ACK, RFC 5961). The client resets it and sends its SYN again.",
    .looks_like = "silent-drop, where the challenge is lost or a firewall drops it as invalid. Where the client's reset gets through, the next SYN is accepted a second later, and the login is only slow.",
    .signs = "It hangs once, after a reboot or a change of network, and the next try works.",
    .proof = ADVICE(
        {ALWAYS, CLIENT, "ssh %o%h  # once more: another source port meets no old connection"}),
    .outcome = OUTCOME_FAILED,
    .place = {WHERE_HOST, 0.75, "RFC 5961: the end that holds the connection answers; a firewall that keeps state may do so in its place: judgement"},
    .places = stale_places,
    .errors = TEXTS({ALWAYS, SSH_TIMED_OUT}),
    .errors_when = WHEN_CONNECT_GIVES_UP,
    .advice = ADVICE(
        {ALWAYS, CLIENT, "ssh %o%h  # once more: another source port meets no old connection"},
        {ALWAYS, SERVER, "sudo ss -tnoi dst %c  # the old connection is one of these, port %C"},
        {ALWAYS, SERVER, "sudo ss -K dst %c dport = %C  # ends it (where the kernel has INET_DIAG_DESTROY)"},
        {ALWAYS, NETWORK, "a firewall between drops the client's resets as invalid: sudo conntrack -D -p tcp -s %c --sport %C"},
        {WHEN(with_sshd_config), SERVER, "%E  # ClientAliveInterval 30 ends dead connections; %w"}),
};
/* clang-format on */
