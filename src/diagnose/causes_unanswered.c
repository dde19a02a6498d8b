/* Causes for which the server is not reached, or not heard. */
#include "causes.h"
#include "place.h"

/* clang-format off */
const struct cause_row cause_silent_drop = {
    .id = "silent-drop",
    .headline = "no answer: the SYNs are dropped without a word",
    .what = "The SYNs are dropped and nobody tells the client. A firewall on the server, one on the way there, or a cloud's security group does that.",
    .recognised = "SYN after SYN goes out, and nothing at all comes back. A capture at the server, or at a router, also shows how far they came.",
    .looks_like = "host-unreachable, until the router's error is due (some 3 s). return-path-loss, where the server does answer: only a capture at the server tells. listen-overflow, where connections before it were accepted and never greeted. fail2ban-ban, where this client failed to log in before. A stopped sshd on Windows, whose firewall says nothing for a closed port either.",
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
        {WHEN(probe_tells), CLIENT, "sudo sshsniff probe %o%h"},
        {WHEN_BOTH(at_server, ufw_server), SERVER, "sudo ufw status numbered"},
        {WHEN_BOTH(at_server, linux_server), SERVER, "sudo nft list ruleset | grep -n -e drop -e policy"},
        {WHEN_BOTH(at_server, linux_server), SERVER, "sudo %i -S | grep -i drop"},
        {WHEN_BOTH(at_server, foreign_server), SERVER, "%Q"},
        {WHEN_BOTH(at_server, foreign_server), SERVER, "%S"},
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
    .looks_like = "silent-drop is what the client sees of it. Only a capture at the server tells the two apart.",
    .outcome = OUTCOME_FAILED,
    .place = {WHERE_PATH, 0.9, "the SYN-ACKs leave the server and are lost after it: judgement"},
    .errors = TEXTS({ALWAYS, SSH_TIMED_OUT}),
    .errors_when = WHEN_CONNECT_GIVES_UP,
    .advice = ADVICE(
        {ALWAYS, SERVER, "ip route get %c"},
        {ALWAYS, SERVER, "sysctl net.ipv4.conf.all.rp_filter; ip rule"},
        {ALWAYS, SERVER, "sudo traceroute %6-n %c"},
        {ALWAYS, NETWORK, "look for a stateful firewall that sees only one direction (asymmetric routing)"}),
};
/* clang-format on */
