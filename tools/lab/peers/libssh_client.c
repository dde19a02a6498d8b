/*
 * libssh_client: logs in with libssh and runs one command.
 *
 *     libssh_client ADDRESS PORT USER PASSWORD KEY COMMAND [OPTION=LIST ...]
 *
 * OPTION is ciphers, macs, kex, hostkeys or compression. An empty PASSWORD means KEY, and the other way round.
 */
#include <libssh/libssh.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int fail(ssh_session session, const char *what)
{
    fprintf(stderr, "%s: %s\n", what, ssh_get_error(session));
    ssh_disconnect(session);
    return 1;
}

static void set_list(ssh_session session, const char *option)
{
    static const struct {
        const char *name;
        enum ssh_options_e out, back;
    } lists[] = {
        {"ciphers=", SSH_OPTIONS_CIPHERS_C_S, SSH_OPTIONS_CIPHERS_S_C},
        {"macs=", SSH_OPTIONS_HMAC_C_S, SSH_OPTIONS_HMAC_S_C},
        {"compression=", SSH_OPTIONS_COMPRESSION_C_S, SSH_OPTIONS_COMPRESSION_S_C},
        {"kex=", SSH_OPTIONS_KEY_EXCHANGE, SSH_OPTIONS_KEY_EXCHANGE},
        {"hostkeys=", SSH_OPTIONS_HOSTKEYS, SSH_OPTIONS_HOSTKEYS},
    };

    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        size_t length = strlen(lists[i].name);
        if (strncmp(option, lists[i].name, length) == 0) {
            ssh_options_set(session, lists[i].out, option + length);
            ssh_options_set(session, lists[i].back, option + length);
        }
    }
}

static int log_in(ssh_session session, const char *password, const char *key)
{
    ssh_key private;

    if (ssh_userauth_none(session, NULL) == SSH_AUTH_SUCCESS)
        return SSH_AUTH_SUCCESS;
    if (*password)
        return ssh_userauth_password(session, NULL, password);
    if (ssh_pki_import_privkey_file(key, NULL, NULL, NULL, &private) != SSH_OK)
        return SSH_AUTH_ERROR;
    return ssh_userauth_publickey(session, NULL, private);
}

static int run(ssh_session session, const char *command)
{
    char said[256];
    ssh_channel channel = ssh_channel_new(session);
    int got;

    if (!channel || ssh_channel_open_session(channel) != SSH_OK || ssh_channel_request_exec(channel, command) != SSH_OK)
        return fail(session, "command");
    while ((got = ssh_channel_read(channel, said, sizeof said, 0)) > 0)
        fwrite(said, 1, (size_t)got, stdout);
    ssh_channel_send_eof(channel);
    ssh_channel_close(channel);
    ssh_disconnect(session);
    return 0;
}

int main(int argc, char **argv)
{
    ssh_session session = ssh_new();
    int off = 0;

    if (argc < 7 || !session)
        return 2;
    ssh_options_set(session, SSH_OPTIONS_PROCESS_CONFIG, &off);
    ssh_options_set(session, SSH_OPTIONS_HOST, argv[1]);
    ssh_options_set(session, SSH_OPTIONS_PORT_STR, argv[2]);
    ssh_options_set(session, SSH_OPTIONS_USER, argv[3]);
    for (int i = 7; i < argc; i++)
        set_list(session, argv[i]);
    if (ssh_connect(session) != SSH_OK)
        return fail(session, "connect");
    if (log_in(session, argv[4], argv[5]) != SSH_AUTH_SUCCESS)
        return fail(session, "login");
    return run(session, argv[6]);
}
