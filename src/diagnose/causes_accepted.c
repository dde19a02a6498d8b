/* Causes that end a connection between its acceptance and the server's banner. */
#include "causes.h"
#include "describe.h"

#define OF_THE_SERVER "the server's own program or kernel does it: judgement"

/* Whether the close of a server that says nothing becomes a FIN or a RST depends only on whether the client's banner
 * had arrived. */
#define CLOSED_OR_RESET TEXTS({WHEN(server_reset), SSH_RESET_EARLY}, {ALWAYS, SSH_CLOSED_EARLY})

/* clang-format off */
const struct cause_row cause_maxstartups = {
    .id = "maxstartups",
    .headline = "turned away: sshd has too many connections that are not logged in (MaxStartups)",
    .what = "sshd turned the connection away because too many others are open that have not logged in. MaxStartups limits them for all clients together, PerSourceMaxStartups for each.",
    .recognised = "\"Exceeded MaxStartups\" (OpenSSH 8.2 to 9.7) or \"Not allowed at this time\" (9.8 and later) in place of the banner, or a close at once without a word; and other connections that are waiting to log in at that moment.",
    .looks_like = "source-penalty, which uses the same words from OpenSSH 9.8 on: the client's history and the other connections tell them apart. closed-before-banner, where nothing is said.",
    .signs = "It comes and goes within seconds, for all clients alike: a second try often gets in.",
    .proof = ADVICE(
        {ALWAYS, SERVER, "sudo journalctl -t sshd --since -30min | grep -i -e maxstartups -e 'drop connection'"},
        {ALWAYS, CLIENT, "ssh -v %o%h 2>&1 | grep 'banner line'  # \"Exceeded MaxStartups\""}),
    .outcome = OUTCOME_FAILED,
    .place = {WHERE_HOST, 0.95, OF_THE_SERVER},
    .errors = CLOSED_OR_RESET,
    .errors_when = "at once",
    .advice = ADVICE(
        {WHEN(linux_server), SERVER, "sudo ss -tn state established '( sport = :%p )'"},
        {WHEN(unix_server), SERVER, "sudo sshd -T | grep -i -e maxstartups -e logingracetime"},
        {WHEN(with_sshd_config), SERVER, "%E  # MaxStartups 100:30:200; %w"},
        {ALWAYS, SERVER, "%J"},
        {ALWAYS, SERVER, "%L"}),
};

const struct cause_row cause_source_penalty = {
    .id = "source-penalty",
    .headline = "turned away: sshd penalises this address for what it did before",
    .what = "sshd refuses this client for what it did before: failed logins, unknown users, connections that never logged in. PerSourcePenalties does that in OpenSSH 9.8 and later.",
    .recognised = "\"Not allowed at this time\" in place of the banner, failed logins of the same client before it, and others that are greeted meanwhile.",
    .looks_like = "maxstartups, which uses the same words. fail2ban-ban, which does not let the SYN through.",
    .signs = "Only this address is turned away, since logins of it failed, and it gets in again by itself; the server has OpenSSH 9.8 or later.",
    .proof = ADVICE(
        {ALWAYS, SERVER, "sudo journalctl -t sshd --since -30min | grep -i penalt"},
        {ALWAYS, CLIENT, "ssh -v %o%h 2>&1 | grep 'banner line'  # \"Not allowed at this time\""}),
    .outcome = OUTCOME_FAILED,
    .place = {WHERE_HOST, 0.95, OF_THE_SERVER},
    .errors = CLOSED_OR_RESET,
    .errors_when = "at once",
    .advice = ADVICE(
        {ALWAYS, ANYONE, "wait: a penalty lasts 15 seconds to 10 minutes, and each further try may lengthen it; meanwhile come from another address (another network, a jump host)"},
        {ALWAYS, SERVER, "%j"},
        {WHEN(with_sshd_config), SERVER, "%E  # PerSourcePenaltyExemptList %c; %w"},
        {WHEN(unix_server), SERVER, "sudo sshd -T | grep -i persource"}),
};

const struct cause_row cause_closed_before_banner = {
    .id = "closed-before-banner",
    .headline = "accepted, then closed before a word was said",
    .what = "The connection was accepted and then closed before a banner came. TCP wrappers, a balancer without a backend, or an sshd that cannot start does that.",
    .recognised = "The server's FIN or RST comes before the client's, and no byte of the server before it. Which of the two it is, is no evidence: that depends on whether the client's banner had arrived.",
    .looks_like = "maxstartups of servers that turn away without a word (OpenSSH before 8.2, dropbear). injected-rst, where the RST does not fit the server's own packets. listen-overflow, where a bare RST answers the last ACK of the handshake.",
    .signs = "Each try ends at once and in the same way; nc connects and is closed before a line comes.",
    .proof = ADVICE(
        {ALWAYS, CLIENT, "nc -v %h %p  # connects, and ends without a line that begins with SSH-"},
        {ALWAYS, SERVER, "%J"}),
    .outcome = OUTCOME_FAILED,
    .place = {WHERE_HOST, 0.95, OF_THE_SERVER},
    .errors = CLOSED_OR_RESET,
    .errors_when = "when the server closes: at once, or after it looked something up",
    .advice = ADVICE(
        {WHEN_BOTH(published_port, linux_server), SERVER, "%L  # docker-proxy, rootlessport or a balancer? then nothing listens behind it"},
        {WHEN_BOTH(published_port, linux_server), SERVER, "sudo docker ps --filter publish=%p || sudo podman ps"},
        {WHEN_BOTH(published_port, linux_server), ANYONE, "in the container: does sshd run, and on all addresses (ss -ltn; ListenAddress 0.0.0.0, not 127.0.0.1), on the port that is published?"},
        {WHEN_BOTH(listener_closed, systemd_server), SERVER, "systemctl status %U  # \"trigger-limit-hit\": too many at once stopped the socket (TriggerLimitBurst)"},
        {WHEN_BOTH(listener_closed, systemd_server), SERVER, "%X"},
        {ALWAYS, SERVER, "%J"},
        {WHEN(systemd_server), SERVER, "sudo sshd -t && sudo systemctl try-restart %U  # half an upgrade (\"sshd-session does not exist\" in the log) ends with the restart; %w"},
        {WHEN(unix_server), SERVER, "cat /etc/hosts.allow /etc/hosts.deny"},
        {WHEN(systemd_server), SERVER, "ls -l /usr/lib/openssh/ /usr/libexec/openssh/  # is sshd-session there, from the same version as sshd?"},
        {ALWAYS, NETWORK, "if %h is a balancer or a proxy: is its backend up?"}),
};

const struct cause_row cause_no_banner = {
    .id = "no-banner",
    .headline = "accepted, then silence: the server never sends its banner",
    .what = "The connection was accepted, and then no banner came. The program is stopped or busy, often with a slow reverse name lookup, while its kernel goes on acknowledging.",
    .recognised = "The server's kernel acknowledges the client's banner, and for seconds no program answers; or the banner comes only after the client gave up waiting.",
    .looks_like = "listen-overflow, where the client's banner is never acknowledged. not-ssh, where a program of another protocol waits for the client to speak.",
    .signs = "The connection is made, and then nothing comes: for nc as little as for ssh.",
    .proof = ADVICE(
        {ALWAYS, CLIENT, "nc -v %h %p  # connects, and no line comes"},
        {ALWAYS, SERVER, "ps -o pid,stat,wchan,cmd -C sshd  # T: stopped; D: waits for a disk"}),
    .outcome = OUTCOME_FAILED,
    .place = {WHERE_HOST, 0.95, OF_THE_SERVER},
    .errors = TEXTS({ALWAYS, SSH_BANNER_TIMED_OUT}),
    .errors_when = "after ConnectTimeout; without it, ssh waits on",
    .advice = ADVICE(
        {WHEN(linux_server), SERVER, "ps -o pid,stat,wchan,cmd -C sshd"},
        {WHEN(unix_server), SERVER, "time getent hosts %c  # slow reverse DNS holds sshd up: UseDNS no"},
        {WHEN(unix_server), SERVER, "uptime; free -m; df -h / /var"},
        {WHEN(foreign_server), SERVER, "%S"},
        {WHEN(foreign_server), SERVER, "%J"},
        {ALWAYS, CLIENT, "nc -v %h %p"}),
};

const struct cause_row cause_tarpit = {
    .id = "tarpit",
    .headline = "a tarpit: it drips lines without end to hold clients up",
    .what = "A program such as endlessh sends line after line and never a banner, to hold up whoever scans for SSH. The true sshd, if there is one, is on another port.",
    .recognised = "Lines that do not begin with SSH-, seconds apart, and no end of them.",
    .looks_like = "not-ssh, which greets once and then waits. A server may send lines before its version string (RFC 4253 section 4.2); once that comes, it is SSH all the same.",
    .signs = "ssh hangs, and ssh -v shows a line of nonsense every few seconds.",
    .proof = ADVICE(
        {ALWAYS, CLIENT, "nc -v %h %p  # lines without end, none that begins with SSH-"}),
    .outcome = OUTCOME_FAILED,
    .place = {WHERE_HOST, 0.95, OF_THE_SERVER},
    .silence = "nothing: it hangs",
    .advice = ADVICE(
        {ALWAYS, SERVER, "%L  # endlessh or the like; the true sshd is on another port"},
        {WHEN(unix_server), SERVER, "sudo ss -ltnp | grep -i sshd"},
        {ALWAYS, CLIENT, "sudo sshsniff probe --all-ports %h  # finds the port of the true sshd"}),
};

const struct cause_row cause_not_ssh = {
    .id = "not-ssh",
    .headline = "this is not SSH",
    .what = "Another program answers on the port: a web server, TLS, a mail server, an echo service. Most often the port, or a port forwarding, is wrong.",
    .recognised = "By the server's first bytes: HTTP, TLS, SMTP and others, or text that is no banner. An echo service sends the client's own banner and KEXINIT back, random cookie and all.",
    .looks_like = "no-banner, where the other program waits for the client to speak first. tarpit, whose lines never end.",
    .signs = "ssh -v shows another program's greeting as \"banner line\", and so does nc.",
    .proof = ADVICE(
        {ALWAYS, CLIENT, "nc -v %h %p  # what answers does not begin with SSH-"},
        {ALWAYS, SERVER, "sudo ss -ltnp '( sport = :%p )'  # another program's name"}),
    .outcome = OUTCOME_FAILED,
    .place = {WHERE_HOST, 0.95, OF_THE_SERVER},
    .headlines = TEXTS({ALWAYS, "this is not SSH: something else answers on port %p"}),
    /* ssh waits for a line that begins with SSH-; a NUL in what comes ends the wait at once (kex.c). */
    .errors = TEXTS(
        {WHEN(client_not_ssh), ""}, /* what that program prints is its own */
        {WHEN(echoed), "kex_protocol_error: type 30 seq 1"},
        {WHEN(nul_in_banner), "kex_exchange_identification: banner line contains invalid characters"},
        {WHEN(server_reset), SSH_RESET_EARLY},
        {WHEN(server_closed), SSH_CLOSED_EARLY},
        {WHEN(nothing_read), SSH_CLOSED_EARLY},
        {ALWAYS, SSH_BANNER_TIMED_OUT}),
    .errors_when = "when the other program closes, or after ConnectTimeout",
    .advice = ADVICE(
        {ALWAYS, SERVER, "%L"},
        {ALWAYS, CLIENT, "nc -v %h %p"},
        {WHEN(other_port), CLIENT, "ssh -p 22 %h"},
        {ALWAYS, CLIENT, "sudo sshsniff probe --all-ports %h  # is there an sshd on another port?"},
        {WHEN(unix_server), SERVER, "sudo ss -ltnp | grep -i sshd"}),
    .describe = describe_not_ssh,
};

const struct cause_row cause_listen_overflow = {
    .id = "listen-overflow",
    .headline = "the server's accept queue is full",
    .what = "The server's accept queue is full: its program does not take connections as fast as they come. For the client the handshake is complete, but the server's kernel drops what follows.",
    .recognised = "The client's banner is sent again and again and never acknowledged; or the SYN-ACK comes again although the client acknowledged it; or, with tcp_abort_on_overflow, a bare RST answers that ACK.",
    .looks_like = "no-banner, where the server's kernel does acknowledge the client's banner. silent-drop: a full queue drops further SYNs too.",
    .signs = "It hangs for all clients alike while the server is busy, and now and then one gets in.",
    .proof = ADVICE(
        {ALWAYS, SERVER, "ss -ltn '( sport = :%p )'; nstat -az TcpExtListenOverflows  # Recv-Q above Send-Q, and the counter grows"}),
    .outcome = OUTCOME_FAILED,
    .place = {WHERE_HOST, 0.95, OF_THE_SERVER},
    .errors = TEXTS(
        {WHEN(server_reset), SSH_RESET_EARLY},
        {WHEN(handshake_done), SSH_BANNER_TIMED_OUT},
        {ALWAYS, SSH_TIMED_OUT}),
    .errors_when = "at once where the server resets, else after ConnectTimeout",
    .advice = ADVICE(
        {WHEN(linux_server), SERVER, "ss -ltn '( sport = :%p )'  # Recv-Q at Send-Q: the queue is full"},
        {WHEN(linux_server), SERVER, "nstat -az TcpExtListenOverflows TcpExtListenDrops"},
        {WHEN(linux_server), SERVER, "ps -o pid,stat,wchan,cmd -C sshd; uptime"},
        {WHEN(foreign_server), SERVER, "%L"},
        {WHEN(foreign_server), SERVER, "%S"},
        {WHEN(linux_server), SERVER, "sysctl net.core.somaxconn"}),
};

const struct cause_row cause_scan = {
    .id = "scan",
    .headline = "a scan: somebody looked at the port",
    .what = "A machine looked at the port, and no login was meant: a port scan, a health check, a banner or key collector, a trace of the path. Nothing failed.",
    .recognised = "A SYN that a program put together (nmap, masscan, zmap); a SYN-ACK that the client resets; a client that leaves without a version string of its own, or whose version string is a known scanner's; a SYN that is sent with a small TTL.",
    .looks_like = "client-abort, where a program that does log in leaves before the key exchange. kernel-rst, firewall-icmp and silent-drop, where it is a kernel's own SYN that is refused, rejected or dropped: that is an attempt, whoever sends it.",
    .signs = "Nobody misses a login; the server's log has connections from strangers that never logged in.",
    .proof = ADVICE(
        {ALWAYS, SERVER, "sudo journalctl -t sshd --since -1h | grep -i -e 'identification string' -e 'banner exchange' -e 'invalid format'"}),
    .outcome = OUTCOME_SCANNED,
    .place = {WHERE_CLIENT, 0.95, "it does what its program wants: judgement"},
};
/* clang-format on */
