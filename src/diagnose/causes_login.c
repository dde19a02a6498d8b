/* Causes that end an attempt after the banners, and the two that are no failures. */
#include "causes.h"
#include "describe.h"
#include "place.h"

#define OF_THE_SERVER "sshd does it: judgement"
#define OF_THE_CLIENT "the client leaves by itself: judgement"

/* clang-format off */
const struct cause_row cause_protocol_mismatch = {
    .id = "protocol-mismatch",
    .headline = "the two sides do not agree on a version of SSH",
    .what = "One side speaks a version of the SSH protocol that the other does not, or the client speaks none: a browser, telnet, a proxy that puts a header first. Only old devices still speak version 1 alone.",
    .recognised = "By the version strings: one of them is not that of version 2 (SSH-2.0, or SSH-1.99 for both), the client's first line is no version of SSH, or the server says in words that the versions differ.",
    .looks_like = "not-ssh, whose first line is no version string at all.",
    .signs = "It fails at once and always, and one side is very old, or no SSH at all.",
    .proof = ADVICE(
        {ALWAYS, CLIENT, "nc -v %h %p  # SSH-1.5: the server is the old side"},
        {ALWAYS, SERVER, "sudo journalctl -t sshd --since -30min | grep -i -e 'protocol' -e 'banner exchange'"}),
    .outcome = OUTCOME_FAILED,
    .place = {WHERE_HOST, 0.95, "today's clients speak version 2: judgement"},
    .places = version_places,
    .headlines = TEXTS(
        {WHEN(client_not_ssh), "the client is no SSH client: it does not begin with a version of SSH"},
        {WHEN(sent_before_version), "something before the server sent it other bytes than the client's SSH version"}),
    .errors = TEXTS(
        {WHEN(client_not_ssh), ""}, /* what that program prints is its own */
        {WHEN(sent_before_version), "Bad packet length"},
        {WHEN(server_speaks_1), "Protocol major versions differ: 2 vs. 1"},
        {WHEN_BOTH(server_speaks_2, server_reset), SSH_RESET_EARLY},
        {WHEN(server_speaks_2), SSH_CLOSED_EARLY},
        {ALWAYS, "Protocol major versions differ"}),
    .errors_when = "at once",
    .advice = ADVICE(
        {WHEN(client_not_ssh), CLIENT, "ssh %o%h  # that port is SSH: a browser, telnet or health check cannot log in there"},
        {WHEN(sent_before_version), NETWORK, "look at the balancer or proxy before the server: switch its PROXY header off for SSH (HAProxy: no send-proxy)"},
        {WHEN(server_speaks_1), ANYONE, "the server is the old side (\"%V\"): update it, for protocol 1 has been insecure since 2001"},
        {WHEN(client_old_version), ANYONE, "the client is the old side (\"%v\"): update it, for protocol 1 has been insecure since 2001"},
        {ALWAYS, CLIENT, "ssh -V; ssh -v %o%h"},
        {ALWAYS, ANYONE, "where neither side is old: a proxy, a forwarding or a health check that speaks first, and not SSH"}),
    .describe = describe_versions,
};

const struct cause_row cause_kex_mismatch = {
    .id = "kex-mismatch",
    .headline = "the two sides have no algorithm in common",
    .what = "The two sides have no algorithm in common for the key exchange, the host key, a cipher, a MAC or compression. Old devices and new clients meet like that.",
    .recognised = "Both KEXINITs are in the clear: their lists are compared as RFC 4253 section 7.1 says. The verdict names the list that fails and the option that mends it.",
    .looks_like = "client-abort and hostkey-rejected, where the lists agree and one side leaves later in the key exchange.",
    .signs = "It fails at once and always, and the message lists what the other side offers.",
    .proof = ADVICE(
        {ALWAYS, CLIENT, "ssh -vv %o%h 2>&1 | grep -A 10 'KEXINIT proposal'  # both sides' lists"}),
    .outcome = OUTCOME_FAILED,
    .place = {WHERE_HOST, 0.95, "it is the server that is to be reached, so its lists count as wrong: judgement"},
    .errors = TEXTS({ALWAYS, "Unable to negotiate with %h port %p%k"}),
    .errors_when = "at once",
    .advice = ADVICE(
        {WHEN(client_inspects), NETWORK, "%c is no client but a firewall that inspects SSH (\"%v\"): except SSH to %h from its decryption, or update it"},
        {WHEN(client_old), ANYONE, "the client is the old side (\"%v\"): update it; the server needs no change"},
        {WHEN(server_old), ANYONE, "the server is the old side (\"%V\"): update it; until then let the client meet it"},
        {WHEN_ALL(fix_for_client, openssh_client, fix_is_weak), CLIENT, "ssh %f %o%h  # weak: for this one server, until it has better"},
        {WHEN_ALL(fix_for_client, openssh_client, fix_is_good), CLIENT, "ssh %f %o%h"},
        {WHEN_BOTH(fix_for_client, other_client), ANYONE, "enable in the client (\"%v\"): %f"},
        {WHEN_BOTH(client_restricted, openssh_client), CLIENT, "ssh -G %h | grep -i -e algorithms -e ciphers -e macs  # its own settings leave out what the server offers"},
        {WHEN_ALL(no_host_key, openssh_server, unix_server), SERVER, "sudo ssh-keygen -A && sudo sshd -t  # makes the host keys that are missing"},
        {WHEN_BOTH(fix_for_server, openssh_server), SERVER, "%E  # %F: add it to the line that counts, the first of its kind; %w"},
        {WHEN_ALL(fix_for_server, openssh_server, unix_server), SERVER, "sudo grep -rniE '^ *(kexalg|hostkeyalg|ciphers|macs)' /etc/ssh/sshd_config /etc/ssh/sshd_config.d  # of several lines of a kind the first counts, a further one adds nothing"},
        {WHEN(no_fix), ANYONE, "no setting that is safe mends it: one side offers only what the other no longer has, or does not have yet; update the old side"},
        {WHEN(openssh_client), CLIENT, "ssh -Q kex; ssh -Q key; ssh -Q cipher; ssh -Q mac"},
        {WHEN_BOTH(openssh_server, unix_server), SERVER, "sudo sshd -T | grep -i -e algorithms -e ciphers -e macs"}),
    .describe = describe_mismatch,
};

const struct cause_row cause_hostkey_rejected = {
    .id = "hostkey-rejected",
    .headline = "the client hung up on seeing the server's host key",
    .what = "The client hung up on seeing the server's host key: it is not the one that it knows, or nobody confirmed it. A server that was installed anew looks like that, and so does a machine in the middle.",
    .recognised = "The server's reply with its key arrives, and the client leaves without NEWKEYS; or it leaves right after the key exchange, before it asks for a login.",
    .looks_like = "scan: ssh-keyscan and others leave at the same point, and their version strings give them away.",
    .signs = "It fails at the first login to that server, or since the server was installed anew; the client shows a fingerprint.",
    .proof = ADVICE(
        {ALWAYS, SERVER, "for k in /etc/ssh/ssh_host_*.pub; do ssh-keygen -lf $k; done  # the fingerprint that the client shows: it is the right server"}),
    .outcome = OUTCOME_FAILED,
    .place = {WHERE_CLIENT, 0.95, OF_THE_CLIENT},
    .errors = TEXTS({ALWAYS, "Host key verification failed."}),
    .errors_when = "at once, or when the question is answered with no",
    .advice = ADVICE(
        {WHEN(unix_server), SERVER, "for k in /etc/ssh/ssh_host_*.pub; do ssh-keygen -lf $k; done  # compare with what the client shows"},
        {WHEN(other_port), CLIENT, "ssh-keygen -R '[%h]:%p'  # only where the server is known to have changed"},
        {WHEN(usual_port), CLIENT, "ssh-keygen -R %h  # only where the server is known to have changed"},
        {ALWAYS, CLIENT, "ssh -v %o-o StrictHostKeyChecking=ask %h"}),
};

const struct cause_row cause_auth_failed = {
    .id = "auth-failed",
    .headline = "the login was refused",
    .what = "The login itself was refused: a wrong password, an unknown key, or a user who may not log in. The server never tells the client which.",
    .recognised = "The messages are encrypted, so by their sizes, counts and times: on one connection the message of success is smaller than any refusal. The server refused the last request, and the connection ended soon after.",
    .looks_like = "client-abort, where somebody leaves at a prompt after seconds of silence. login-timeout, where the server closes after a long silence.",
    .signs = "The server is reached, and it asks for a password or is offered keys before it refuses.",
    .proof = ADVICE(
        {ALWAYS, CLIENT, "ssh -v %o-o IdentitiesOnly=yes %h 2>&1 | grep -i -e 'authentications that can' -e offering -e 'authenticating to'"},
        {ALWAYS, SERVER, "%j"}),
    .outcome = OUTCOME_FAILED,
    .place = {WHERE_HOST, 0.95, OF_THE_SERVER},
    .errors = TEXTS(
        {WHEN(too_many_tries), "Received disconnect from %h port %p:2: Too many authentication failures"},
        {ALWAYS, "Permission denied"}),
    .errors_when = "after the last try",
    .advice = ADVICE(
        {ALWAYS, SERVER, "%j"},
        {ALWAYS, CLIENT, "ssh -v %o-o IdentitiesOnly=yes %h 2>&1 | grep -i -e 'authentications that can' -e offering -e 'authenticating to'  # the user, the keys, the methods"},
        {WHEN(unix_server), SERVER, "sudo sshd -T | grep -i -e passwordauth -e pubkeyauth -e permitroot -e allow -e deny"},
        {WHEN(unix_server), SERVER, "sudo ls -ld /home/*/.ssh /home/*/.ssh/authorized_keys /root/.ssh  # nobody but the owner may write there"}),
    .describe = describe_login_failure,
};

const struct cause_row cause_login_timeout = {
    .id = "login-timeout",
    .headline = "the login took too long: LoginGraceTime ran out",
    .what = "The login took longer than LoginGraceTime allows (120 s by default), and sshd closed. A question was left unanswered, or a PAM module or a directory was slow.",
    .recognised = "The server closes without a word, long after it accepted, when nothing had been said for some time.",
    .looks_like = "auth-failed, where the server closes soon after a refusal. client-abort, where it is the client that closes.",
    .signs = "It ends after two minutes, or whatever LoginGraceTime says, while a question waits for its answer.",
    .proof = ADVICE(
        {ALWAYS, SERVER, "sudo journalctl -t sshd --since -30min | grep -i 'timeout before authentication'"},
        {ALWAYS, CLIENT, "time ssh %o%h  # always the same number of seconds"}),
    .outcome = OUTCOME_FAILED,
    .place = {WHERE_HOST, 0.95, OF_THE_SERVER},
    .errors = TEXTS(
        {WHEN(server_reset), "Connection reset by %h port %p"},
        {ALWAYS, "Connection closed by %h port %p"}),
    .errors_when = "after LoginGraceTime",
    .advice = ADVICE(
        {WHEN(unix_server), SERVER, "sudo sshd -T | grep -i logingracetime"},
        {ALWAYS, CLIENT, "ssh -v %o%h  # was a question (password, passphrase, host key) left unanswered?"},
        {WHEN(unix_server), SERVER, "time getent hosts %c; sudo grep -n pam_ /etc/pam.d/sshd  # a slow PAM module or directory?"},
        {WHEN(foreign_server), SERVER, "%j"}),
};

const struct cause_row cause_injected_rst = {
    .id = "injected-rst",
    .headline = "cut off: a third party forged a reset",
    .what = "A third party forged a RST, and so killed a connection that had been accepted. Intrusion prevention, a proxy or a censor does that, or a firewall rule that came into force.",
    .recognised = "The RST does not fit its sender's own packets: TTL, IP ID, window, TCP timestamps or MAC address differ. Or several RSTs come with different sequence numbers, or the same side goes on sending after it.",
    .looks_like = "closed-before-banner and auth-failed, where the server's own program or kernel resets: that RST fits the flow. A reject rule on the server itself: its RST has TOS 0 and comes from as far as the server, and the place is then the server.",
    .signs = "It breaks on one network and not on another, and neither side's log says why.",
    .proof = ADVICE(
        {ALWAYS, CLIENT, "sudo sshsniff run -- ssh %o%h  # shows a reset that does not fit the server's own packets"},
        {ALWAYS, CLIENT, "ssh %o%h  # from another network (a phone's hotspot): that one gets in"}),
    .outcome = OUTCOME_FAILED,
    .place = {WHERE_PATH, 0.85, "not what netfilter sends, so not a rule of the host's: nf_reject_ipv4.c; lab"},
    .places = reset_places,
    .errors = TEXTS(
        {WHEN(before_banner), SSH_RESET_EARLY},
        {WHEN(in_session), "Read from remote host %h: Connection reset by peer"},
        {ALWAYS, "Connection reset by %h port %p"}),
    .errors_when = "when the RST arrives",
    .advice = ADVICE(
        {ALWAYS, NETWORK, "ask who runs the network for an intrusion prevention, proxy or censoring device that resets TCP %p"},
        {ALWAYS, CLIENT, "sudo traceroute %6-n -T -p %p %h"},
        {WHEN(captured_elsewhere), SERVER, "sudo tcpdump -ni any 'tcp port %p and host %c and tcp[tcpflags] & tcp-rst != 0'"},
        {ALWAYS, ANYONE, "try over a VPN, another network or another port"}),
};

const struct cause_row cause_mtu_blackhole = {
    .id = "mtu-blackhole",
    .headline = "hangs: large packets vanish, small ones pass (MTU)",
    .what = "Large segments vanish on the way and small ones pass. A link with a smaller MTU drops them, and the ICMP error that should tell the sender does not arrive or changes nothing.",
    .recognised = "A large segment is sent again and again and never acknowledged, while smaller ones pass; or it comes through once its sender cuts it to pieces. From the far end: bytes that never come, and later, smaller segments that do.",
    .looks_like = "idle-drop, where small segments do not pass either.",
    .signs = "ssh -v stops at \"expecting SSH2_MSG_KEX…\", or a session hangs at its first long output, while small pings pass.",
    .proof = ADVICE(
        {ALWAYS, CLIENT, "ping -M do -c 2 -s 1372 %h; ping -M do -c 2 -s 500 %h  # the large one is lost and the small one passes"}),
    .outcome = OUTCOME_FAILED,
    .place = {WHERE_PATH, 0.9, "a link between the two is too narrow: RFC 2923 section 2.1"},
    .silence = "nothing: it hangs",
    .advice = ADVICE(
        {WHEN(mtu_known), CLIENT, "sudo ip route add %h $(ip route get %h | grep -o -E 'via [^ ]+|dev [^ ]+') mtu %m  # until the next boot; ip route del %h takes it back"},
        {WHEN(ipv4), CLIENT, "ping -M do -c 2 -s 1372 %h  # 1400 bytes in all; make it smaller until it passes"},
        {WHEN(ipv6), CLIENT, "ping -M do -c 2 -s 1352 %h  # 1400 bytes in all; make it smaller until it passes"},
        {ALWAYS, NETWORK, "let ICMP \"fragmentation needed\" (v6: packet too big) pass, or clamp the MSS to the path's MTU"}),
    .describe = describe_blackhole,
};

const struct cause_row cause_client_abort = {
    .id = "client-abort",
    .headline = "the client gave up by itself",
    .what = "The client left by itself while all was well: ^C at a prompt, ConnectTimeout, a program that was ended. Nothing is wrong with the server.",
    .recognised = "The client closes first, and neither a refusal nor the server's silence explains it.",
    .looks_like = "scan, where the client sends no version string, or a known scanner's. hostkey-rejected, where the client leaves on seeing the host key. no-banner and silent-drop, where it leaves because nothing came: those name what was wrong, not who closed.",
    .signs = "Somebody, or the program that runs ssh, ended it: ^C, a timeout of its own, a lid that was closed.",
    .proof = ADVICE(
        {ALWAYS, CLIENT, "ssh -v %o%h  # by itself, without the program that runs it"}),
    .outcome = OUTCOME_FAILED,
    .place = {WHERE_CLIENT, 0.95, OF_THE_CLIENT},
    .advice = ADVICE(
        {ALWAYS, CLIENT, "ssh -v %o%h"},
        {ALWAYS, CLIENT, "ssh -G %h | grep -i -e connecttimeout -e proxy"}),
};

const struct cause_row cause_idle_drop = {
    .id = "idle-drop",
    .headline = "an established session went dead",
    .headlines = TEXTS({WHEN(before_session), "the connection went dead in the middle of the login"}),
    .what = "A session that was established went dead: what one side sends is no longer answered. A NAT or a firewall on the way forgot the connection, or the other machine vanished.",
    .recognised = "After a login that went through, the last data is sent again and again and never acknowledged; or the client closes a session that had long been silent, and gets no answer.",
    .looks_like = "mtu-blackhole, where small segments still pass. injected-rst, where a RST ends the session.",
    .signs = "A session freezes after a pause, and a new one works.",
    .proof = ADVICE(
        {ALWAYS, CLIENT, "ssh -o ServerAliveInterval=30 %o%h  # stays alive: it was the pause"}),
    .outcome = OUTCOME_FAILED,
    .place = {WHERE_PATH, 0.9, "state on the way is what idle sessions lose most often: judgement"},
    .errors = TEXTS({ALWAYS, "client_loop: send disconnect: Broken pipe"}),
    .errors_when = "at the next key press, once TCP gives up",
    .advice = ADVICE(
        {WHEN(sack_astray), NETWORK, "switch off the rewriting of sequence numbers on the firewall (Cisco: set connection random-sequence-number disable); %w"},
        {WHEN(sack_astray), SERVER, "sudo sysctl -w net.ipv4.tcp_sack=0  # a way round it, for as long as the firewall does that"},
        {WHEN(client_marks_lost), CLIENT, "ssh -o IPQoS=none %o%h  # since the login ssh marks its packets (DSCP), and something on the way drops what is marked"},
        {WHEN_BOTH(server_marks_lost, openssh_server), SERVER, "%E  # IPQoS none: since the login sshd marks its packets (DSCP), and something on the way drops what is marked; %w"},
        {WHEN_BOTH(server_marks_lost, unix_server), SERVER, "sudo sshd -T | grep -i ipqos"},
        {WHEN(client_marks_lost), CLIENT, "ssh -G %h | grep -i ipqos"},
        {ALWAYS, CLIENT, "ssh -o ServerAliveInterval=30 %o%h"},
        {WHEN(with_sshd_config), SERVER, "%E  # ClientAliveInterval 30; %w"},
        {ALWAYS, NETWORK, "look at the idle timeout of the NAT or firewall between %c and %h"}),
    .describe = describe_dead_session,
};

const struct cause_row cause_session_refused = {
    .id = "session-refused",
    .headline = "the login went through, and the server refused the session",
    .what = "The login went through, and the server closed before a session began. What it does between the two fails: the chroot folder belongs to somebody else than root, PAM's session modules or a limit of the account say no, a quota is used up.",
    .recognised = "The server's message of success, by its size; then the server closes by itself, and nothing was said on a channel.",
    .looks_like = "none: a nologin shell, a forced command, `exit 1`, MaxSessions and a forwarding that is refused are all answered on a channel, and then it is the client that closes. auth-failed, where the server closes without success: an account that PAM or AllowUsers keeps out.",
    .signs = "ssh -v says \"Authenticated to\", and then the server closes, or says no; other users get in.",
    .proof = ADVICE(
        {ALWAYS, SERVER, "%j"},
        {ALWAYS, CLIENT, "ssh -v %o%h true  # does a single command work?"}),
    .outcome = OUTCOME_FAILED,
    .place = {WHERE_HOST, 0.95, OF_THE_SERVER},
    .errors = TEXTS(
        {WHEN(server_reset), "client_loop: send disconnect: Broken pipe"},
        {ALWAYS, "Connection to %h closed by remote host."}),
    .errors_when = "at once, or after PAM's session modules",
    .advice = ADVICE(
        {WHEN(systemd_server), SERVER, "sudo journalctl -t sshd -t sshd-session --since -10min | grep -i -e fatal -e error -e pam -e chroot -e fork"},
        {WHEN(foreign_server), SERVER, "%j"},
        {WHEN(unix_server), SERVER, "sudo grep -rniE 'chrootdirectory|match|forcecommand' /etc/ssh/sshd_config /etc/ssh/sshd_config.d  # namei -l of a chroot: each part of it root's, writable by no other"},
        {WHEN(unix_server), SERVER, "grep -n session /etc/pam.d/sshd /etc/pam.d/common-session; grep -v '^#' /etc/security/limits.conf; df -h; sudo repquota -a"},
        {WHEN(unix_server), SERVER, "sudo sshd -T | grep -i -e maxsessions -e allowtcpforwarding -e permitopen -e forcecommand"},
        {ALWAYS, CLIENT, "ssh -v %o%h  # its last lines: authenticated, and then?"}),
};

const struct cause_row cause_none = {
    .id = "none",
    .headline = "logged in",
    .what = "No failure: the login went through. A nologin shell, a forced command or `exit 1` look like any short session.",
    .recognised = "The server's message of success, by its size, or traffic that only a session has; and no sign that the session broke off.",
    .looks_like = "auth-failed, where the capture lacks the KEXINITs and sizes are only a hint: the confidence is lower then.",
    .outcome = OUTCOME_LOGGED_IN,
    .place = {WHERE_NULL, 1, "nothing failed"},
    .describe = describe_session,
};

const struct cause_row cause_undetermined = {
    .id = "undetermined",
    .headline = "undetermined: the capture does not hold enough to tell",
    .what = "The capture does not hold enough to tell. The verdict says what it lacks.",
    .recognised = "A single SYN and no second within its time, one direction only, a beginning or an end that is missing, or packets that the snaplen cut too short; and no other packet that decides the case all the same.",
    .looks_like = "Any other cause: capture again, from before the login until after its end.",
    .outcome = OUTCOME_UNDETERMINED,
    .place = {WHERE_UNKNOWN, 0.95, "who does not know the cause does not know the place: judgement"},
    .headlines = TEXTS({ALWAYS, "undetermined"}),
    .advice = ADVICE(
        {WHEN(capture_at_client), CLIENT, "sudo tcpdump -i any -s 0 -w ssh.pcap 'tcp port %p or port 53 or icmp or icmp6 or arp'  # on the client, from before ssh starts until it has failed"},
        {WHEN(capture_at_server), SERVER, "sudo tcpdump -i any -s 0 -w ssh.pcap 'tcp port %p or icmp or icmp6 or arp'  # on the server, from before ssh starts until it has failed"}),
};
/* clang-format on */
