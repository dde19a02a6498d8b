#include "json_lines.h"
#include "json_writer.h"

static const char *const list_keys[] = {
    [SSH_LIST_KEX] = "\"kex\":",
    [SSH_LIST_HOST_KEY] = ",\"host_key\":",
    [SSH_LIST_CIPHER_C2S] = ",\"cipher_c2s\":",
    [SSH_LIST_CIPHER_S2C] = ",\"cipher_s2c\":",
    [SSH_LIST_MAC_C2S] = ",\"mac_c2s\":",
    [SSH_LIST_MAC_S2C] = ",\"mac_s2c\":",
    [SSH_LIST_COMPRESSION_C2S] = ",\"compression_c2s\":",
    [SSH_LIST_COMPRESSION_S2C] = ",\"compression_s2c\":",
};

/* null for a list with nothing in common, and for the MAC of a cipher that brings its own. */
static void algorithms(struct buffer *line, const struct ssh_report *ssh)
{
    JSON_KEY(line, "algorithms");
    if (!ssh->negotiated) {
        BUFFER_LITERAL(line, "null");
        JSON_KEY(line, "post_quantum");
        BUFFER_LITERAL(line, "null");
        return;
    }
    buffer_char(line, '{');
    for (size_t i = 0; i < sizeof list_keys / sizeof list_keys[0]; i++) {
        buffer_text(line, list_keys[i]);
        json_string_or_null(line, ssh->negotiation.chosen[i]);
    }
    buffer_char(line, '}');
    JSON_KEY(line, "post_quantum");
    json_bool(line, ssh->negotiation.post_quantum);
    JSON_KEY(line, "strict_kex");
    json_bool(line, ssh->negotiation.strict_kex);
}

static void stage_time(struct buffer *line, int64_t us)
{
    if (us < 0)
        BUFFER_LITERAL(line, "null");
    else
        json_ms(line, us);
}

static void stages(struct buffer *line, const struct ssh_report *ssh)
{
    BUFFER_LITERAL(line, ",\"stages_ms\":{\"name\":");
    stage_time(line, ssh->name_us);
    JSON_KEY(line, "tcp");
    stage_time(line, ssh->tcp_us);
    JSON_KEY(line, "banner");
    stage_time(line, ssh->banner_us);
    JSON_KEY(line, "kex");
    stage_time(line, ssh->kex_us);
    JSON_KEY(line, "auth");
    stage_time(line, ssh->auth_us);
    JSON_KEY(line, "opening");
    stage_time(line, ssh->opening_us > 0 ? ssh->opening_us : -1);
    buffer_char(line, '}');
    JSON_KEY(line, "session_ms");
    stage_time(line, ssh->session_us > 0 ? ssh->session_us : -1);
}

void json_ssh(struct buffer *line, const struct ssh_report *ssh)
{
    JSON_KEY(line, "client_version");
    json_string_or_null(line, ssh->client_version);
    JSON_KEY(line, "server_version");
    json_string_or_null(line, ssh->server_version);
    JSON_KEY(line, "hassh");
    json_string_or_null(line, ssh->hassh);
    JSON_KEY(line, "hassh_server");
    json_string_or_null(line, ssh->hassh_server);
    algorithms(line, ssh);
    stages(line, ssh);
    JSON_KEY(line, "login_tries");
    buffer_u64(line, ssh->login_tries);
    JSON_KEY(line, "login_method");
    json_string_or_null(line, ssh->login_method);
}
