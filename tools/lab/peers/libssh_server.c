/*
 * libssh_server: lets one user in with libssh, by password or key, and answers each command with "ok".
 *
 *     libssh_server PORT HOST_KEY USER PASSWORD KEY.pub METHODS
 *
 * It writes one JSON object a line of what clients tried, and what became of it. One process for each connection.
 */
/* Its message interface is old, and the one with which a peer can choose its answers. */
#define SSH_SUPPRESS_DEPRECATED
#include <arpa/inet.h>
#include <libssh/libssh.h>
#include <libssh/server.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int port;
static char **arg;
static ssh_key allowed;

static void tell(const char *method, int ok)
{
    printf("{\"port\":%d,\"event\":\"try\",\"method\":\"%s\",\"ok\":%s}\n", port, method, ok ? "true" : "false");
    fflush(stdout);
}

static int is_user(ssh_message message)
{
    return strcmp(ssh_message_auth_user(message), arg[3]) == 0;
}

static int by_password(ssh_message message)
{
    int ok = is_user(message) && strcmp(ssh_message_auth_password(message), arg[4]) == 0;

    tell("password", ok);
    return ok;
}

/* 1: let in, 0: refused, -1: answered with PK_OK */
static int by_key(ssh_message message)
{
    int ok = is_user(message) && ssh_key_cmp(ssh_message_auth_pubkey(message), allowed, SSH_KEY_CMP_PUBLIC) == 0;

    if (ok && ssh_message_auth_publickey_state(message) == SSH_PUBLICKEY_STATE_NONE) {
        ssh_message_auth_reply_pk_ok_simple(message);
        return -1;
    }
    ok = ok && ssh_message_auth_publickey_state(message) == SSH_PUBLICKEY_STATE_VALID;
    tell("publickey", ok);
    return ok;
}

static int authenticate(ssh_session session)
{
    int offered = (strstr(arg[6], "password") ? SSH_AUTH_METHOD_PASSWORD : 0) |
                  (strstr(arg[6], "publickey") ? SSH_AUTH_METHOD_PUBLICKEY : 0);
    ssh_message message;

    while ((message = ssh_message_get(session))) {
        int subtype = ssh_message_subtype(message), verdict = 0;
        if (ssh_message_type(message) == SSH_REQUEST_SERVICE) {
            ssh_message_service_reply_success(message);
            verdict = -1;
        } else if (ssh_message_type(message) == SSH_REQUEST_AUTH && (subtype & offered) == SSH_AUTH_METHOD_PASSWORD)
            verdict = by_password(message);
        else if (ssh_message_type(message) == SSH_REQUEST_AUTH && (subtype & offered) == SSH_AUTH_METHOD_PUBLICKEY)
            verdict = by_key(message);
        if (verdict == 1)
            ssh_message_auth_reply_success(message, 0);
        if (verdict == 0) {
            ssh_message_auth_set_methods(message, offered);
            ssh_message_reply_default(message);
        }
        ssh_message_free(message);
        if (verdict == 1)
            return 1;
    }
    return 0;
}

static void answer(ssh_session session)
{
    ssh_channel channel = NULL;
    ssh_message message;

    while ((message = ssh_message_get(session))) {
        if (ssh_message_type(message) == SSH_REQUEST_CHANNEL_OPEN)
            channel = ssh_message_channel_request_open_reply_accept(message);
        else if (channel && ssh_message_type(message) == SSH_REQUEST_CHANNEL &&
                 ssh_message_subtype(message) == SSH_CHANNEL_REQUEST_EXEC) {
            ssh_message_channel_request_reply_success(message);
            ssh_channel_write(channel, "ok\n", 3);
            ssh_channel_request_send_exit_status(channel, 0);
            ssh_channel_send_eof(channel);
            ssh_channel_close(channel);
        } else
            ssh_message_reply_default(message);
        ssh_message_free(message);
    }
}

static void serve(ssh_bind bind, int conn)
{
    ssh_session session = ssh_new();
    int kexed = ssh_bind_accept_fd(bind, session, conn) == SSH_OK && ssh_handle_key_exchange(session) == SSH_OK;

    if (kexed && authenticate(session))
        answer(session);
    printf("{\"port\":%d,\"event\":\"end\",\"words\":\"%s\"}\n", port, ssh_get_error(session));
    fflush(stdout);
    ssh_disconnect(session);
}

static int listener(const char *number)
{
    struct sockaddr_in6 here = {.sin6_family = AF_INET6, .sin6_port = htons((unsigned short)strtoul(number, NULL, 10))};
    int one = 1, sock = socket(AF_INET6, SOCK_STREAM, 0);

    setsockopt(sock, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    return bind(sock, (struct sockaddr *)&here, sizeof here) || listen(sock, 64) ? -1 : sock;
}

int main(int argc, char **argv)
{
    ssh_bind bind = ssh_bind_new();
    int sock = argc == 7 ? listener(argv[1]) : -1, off = 0;

    if (sock < 0 || !bind || ssh_pki_import_pubkey_file(argv[5], &allowed) != SSH_OK)
        return 2;
    arg = argv;
    signal(SIGCHLD, SIG_IGN);
    ssh_bind_options_set(bind, SSH_BIND_OPTIONS_PROCESS_CONFIG, &off);
    ssh_bind_options_set(bind, SSH_BIND_OPTIONS_HOSTKEY, argv[2]);
    for (;;) {
        struct sockaddr_in6 peer = {0};
        socklen_t length = sizeof peer;
        int conn = accept(sock, (struct sockaddr *)&peer, &length);
        if (conn >= 0 && fork() == 0) {
            port = ntohs(peer.sin6_port);
            serve(bind, conn);
            _exit(0);
        }
        close(conn);
    }
}
