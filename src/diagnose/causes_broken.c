/* Causes for which the server's program breaks in the login. */
#include "causes.h"
#include "describe.h"

#define OF_THE_SERVER "its program does it, or what ended it there: judgement"

/* clang-format off */
const struct cause_row cause_server_stalled = {
    .id = "server-stalled",
    .headline = "the server's program stopped answering in the login",
    .what = "The server's kernel acknowledges what the client says, but its SSH program no longer answers: it hangs in the key exchange, or waits for PAM, a directory or a disk. A middlebox that acknowledges in the server's name and passes nothing on looks the same.",
    .recognised = "All that the client sent is acknowledged, it is the server's turn, and for seconds nothing comes.",
    .looks_like = "mtu-blackhole, where what was sent is not acknowledged. no-banner, where not even the version string comes. client-abort, where the client leaves at a prompt and nothing is owed to it.",
    .signs = "ssh -v stops in the middle of the login, always at the same line, while the server still answers ping.",
    .proof = ADVICE(
        {ALWAYS, SERVER, "ps -eo pid,stat,wchan:20,etime,cmd | grep '[s]shd'  # D: waits for a disk; T: stopped"},
        {ALWAYS, CLIENT, "ssh -vvv %o%h  # the last line says what it waits for"}),
    .outcome = OUTCOME_FAILED,
    .place = {WHERE_HOST, 0.85, "its kernel answers and its program does not; a middlebox may do that in its name: judgement"},
    .silence = "nothing: it hangs",
    .advice = ADVICE(
        {WHEN(fix_for_client), CLIENT, "ssh %f %o%h"},
        {WHEN_BOTH(in_login, unix_server), SERVER, "%J; grep -n -v '^#' /etc/pam.d/sshd  # a PAM module or a directory that hangs?"},
        {WHEN(linux_server), SERVER, "ps -eo pid,stat,wchan:20,etime,cmd | grep '[s]shd'  # D: waits for a disk; T: stopped"},
        {WHEN(unix_server), SERVER, "uptime; free -m; df -h / /var"},
        {ALWAYS, CLIENT, "ssh -vvv %o%h  # the last line says what it waits for"}),
    .describe = describe_stall,
};

const struct cause_row cause_server_hangup = {
    .id = "server-hangup",
    .headline = "the server hung up in the middle of the login",
    .what = "The server closed during the login without a word, before LoginGraceTime can have run out. Its process died: killed, out of memory, a crash, an sshd -d that was ended, or a part of it that is missing.",
    .recognised = "The server's FIN, or its own RST, before a login was granted or refused, sooner than a timeout explains. If it says something in words where a binary packet is due, the verdict shows that.",
    .looks_like = "login-timeout, which comes after whole seconds and many of them. auth-failed, where a refusal came before the close. injected-rst, where the RST does not fit the server's own packets. closed-before-banner, where no version string came.",
    .signs = "The server closes in the middle of the login, always at the same point, and its log has the reason.",
    .proof = ADVICE(
        {ALWAYS, SERVER, "%J"},
        {ALWAYS, SERVER, "sudo /usr/sbin/sshd -ddd -p 2222  # then log in to port 2222: the last line before it ends says why"}),
    .outcome = OUTCOME_FAILED,
    .place = {WHERE_HOST, 0.9, OF_THE_SERVER},
    .errors = TEXTS(
        {WHEN(says_words), "Bad packet length"}, /* packet.c takes the first four letters for one */
        {WHEN_BOTH(at_greeting, server_reset), SSH_RESET_EARLY},
        {WHEN(server_reset), "Connection reset by %h port %p"},
        {ALWAYS, "Connection closed by %h port %p"}),
    .errors_when = "when the server closes",
    .advice = ADVICE(
        {WHEN(systemd_server), SERVER, "%J; sudo journalctl -k --since -10min | grep -i -e oom -e killed -e segfault -e sshd"},
        {WHEN(unix_server), SERVER, "sudo sshd -t; ls -ld /run/sshd; free -m"},
        {WHEN(unix_server), SERVER, "sudo /usr/sbin/sshd -ddd -p 2222  # then log in to port 2222: the last line before it ends says why"},
        {WHEN(foreign_server), SERVER, "%J"},
        {ALWAYS, NETWORK, "if a proxy or an inspecting firewall stands before %h: does it understand this SSH?"}),
    .describe = describe_hangup,
};
/* clang-format on */
