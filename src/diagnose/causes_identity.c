/* Causes of a login that another machine than the server answers. */
#include "causes.h"
#include "describe.h"

/* clang-format off */
const struct cause_row cause_address_conflict = {
    .id = "address-conflict",
    .headline = "two machines have the server's address",
    .what = "Two machines on one network use the server's address, and which of them answers is chance. The other one has no sshd, another host key or other users, or resets a connection that it never saw.",
    .recognised = "Two MAC addresses answer one ARP request or neighbour solicitation; or one claims the address and the one that had it goes on using it; or the client's segments go to another MAC address than before, and a bare RST comes back from there.",
    .looks_like = "A pair for fail-over (VRRP, CARP, keepalived) or a replaced network card: there the old MAC address falls silent when the new one speaks. Two interfaces of one machine that both answer (arp_ignore), whose MAC addresses are often neighbours. Forged ARP (arpspoof) looks like a second machine, and is one. injected-rst, where the RST comes from a MAC address to which the client had sent nothing.",
    .signs = "Not every try ends alike: refused now, another host key then, and well the next time.",
    .proof = ADVICE(
        {ALWAYS, CLIENT, "sudo arping -c 5 %h  # on the server's network: two MAC addresses answer"}),
    .outcome = OUTCOME_FAILED,
    .place = {WHERE_HOST, 0.8, "it is at the address itself that two machines are, none between: judgement"},
    .errors = TEXTS(
        {WHEN(refused_by_rst), SSH_REFUSED},
        {WHEN_BOTH(server_reset, before_banner), SSH_RESET_EARLY},
        {WHEN(server_reset), "Connection reset by peer"},
        {WHEN(before_accept), SSH_TIMED_OUT},
        {ALWAYS, ""}),
    .errors_when = "at once where the other machine refuses, else after ConnectTimeout; and not every time the same",
    .advice = ADVICE(
        {WHEN(ipv4), CLIENT, "sudo arping -c 5 -I $(ip -o route get %h | grep -o 'dev [^ ]*' | cut -d' ' -f2) %h  # on the server's network: two MAC addresses answer"},
        {WHEN(ipv6), CLIENT, "ip -6 neigh show %h  # on the server's network, several times: does the MAC address change?"},
        {ALWAYS, SERVER, "ip -br link; ip -br addr  # which of the two MAC addresses is the server's? The other one has to go"},
        {WHEN(ipv4), CLIENT, "ip neigh show %h  # the machine that this client speaks to now"},
        {ALWAYS, NETWORK, "find the other MAC address in the switch's table or the DHCP server's leases, and give that machine another address"}),
    .describe = describe_conflict,
};

const struct cause_row cause_intercepted = {
    .id = "intercepted",
    .headline = "somebody on the way answers in the server's place",
    .what = "A device or a program on the way answers in the server's name: an inspecting firewall, a transparent proxy, a captive portal, a proxy client that makes addresses up. The server itself may never hear of the login.",
    .recognised = "The answer comes with a higher TTL and in a tenth of the time of other connections to that address; or with the version string of a known proxy; or the address is of a range that only proxies give out (198.18.0.0/15).",
    .looks_like = "closed-before-banner and not-ssh, where the server itself does that. A balancer's servers differ in TTL and version string too, but all are about as far away. A SYN proxy answers the SYN alone; what follows comes from the server.",
    .signs = "It fails on one network alone, and ssh may show another host key or version string there.",
    .proof = ADVICE(
        {ALWAYS, CLIENT, "nc -v -w 5 192.0.2.1 %p  # nobody has that address: if it connects, something on the way answers for everybody"},
        {ALWAYS, CLIENT, "sudo sshsniff run -- ssh %o%h"}),
    .outcome = OUTCOME_FAILED,
    .place = {WHERE_PATH, 0.9, "it is nearer than the server: lab"},
    .errors = TEXTS(
        {WHEN(refused_by_rst), SSH_REFUSED},
        {WHEN_BOTH(server_reset, before_banner), SSH_RESET_EARLY},
        {WHEN_BOTH(server_closed, before_banner), SSH_CLOSED_EARLY},
        {WHEN(before_accept), SSH_TIMED_OUT},
        {ALWAYS, ""}),
    .errors_when = "when the device closes; where it says nothing, after ConnectTimeout",
    .advice = ADVICE(
        {WHEN(made_up_address), ANYONE, "%h was made up by a proxy program (Clash, sing-box, Surge) in place of DNS: give port %p a DIRECT rule there, or switch its fake addresses (fake-ip, TUN) off"},
        {ALWAYS, CLIENT, "ssh %o%h  # from another network (a phone's hotspot): if that works, what answered here was not the server"},
        {ALWAYS, ANYONE, "is there a VPN, a proxy program (Clash, sing-box) or a portal that wants a login? Switch it off, or log in there first, then try again"},
        {ALWAYS, NETWORK, "exempt %h port %p from SSH inspection (SSH proxy, decryption policy), or allow the algorithms that both ends offer"},
        {ALWAYS, SERVER, "%j"}),
    .describe = describe_interception,
};
/* clang-format on */
