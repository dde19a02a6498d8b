#include <stdio.h>

#include "text_lines.h"
#include "text_verdict.h"

int64_t text_stages(const struct ssh_report *ssh, char *out, size_t size, const char **slowest)
{
    const struct {
        const char *name;
        int64_t us;
    } stages[] = {
        {"name lookup", ssh->name_us},    {"TCP", ssh->tcp_us},
        {"banner", ssh->banner_us},       {"key exchange", ssh->kex_us},
        {"authentication", ssh->auth_us}, {"opening the session", ssh->opening_us > 0 ? ssh->opening_us : -1}};
    int64_t total = 0, most = -1;
    size_t length = 0;
    out[0] = '\0';
    *slowest = "";
    if (!ssh->present)
        return 0;
    for (size_t i = 0; i < sizeof stages / sizeof stages[0]; i++) {
        char time[48];
        if (stages[i].us < 0)
            continue;
        total += stages[i].us;
        if (stages[i].us > most) {
            most = stages[i].us;
            *slowest = stages[i].name;
        }
        text_duration(time, sizeof time, stages[i].us);
        int added = snprintf(out + length, size - length, "%s%s %s", length > 0 ? ", " : "", stages[i].name, time);
        if (added < 0 || (size_t)added >= size - length)
            break;
        length += (size_t)added;
    }
    return total;
}

static void algorithms(struct text_writer *writer, const struct ssh_report *ssh)
{
    static const struct {
        enum ssh_list list;
        const char *label;
    } rows[] = {
        {SSH_LIST_KEX, "key exchange"},
        {SSH_LIST_HOST_KEY, "host key"},
        {SSH_LIST_CIPHER_C2S, "cipher to server"},
        {SSH_LIST_CIPHER_S2C, "to client"},
        {SSH_LIST_MAC_C2S, "MAC to server"},
        {SSH_LIST_MAC_S2C, "to client"},
        {SSH_LIST_COMPRESSION_C2S, "compression to server"},
        {SSH_LIST_COMPRESSION_S2C, "to client"},
    };
    char text[1024];
    size_t length = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *chosen = ssh->negotiation.chosen[rows[i].list];
        bool failed = (ssh->negotiation.failed >> rows[i].list & 1) != 0;
        if (chosen[0] == '\0' && !failed)
            continue;
        int added = snprintf(text + length, sizeof text - length, "%s%s %s", length > 0 ? ", " : "", rows[i].label,
                             failed ? "(nothing in common)" : chosen);
        if (added < 0 || (size_t)added >= sizeof text - length)
            break;
        length += (size_t)added;
    }
    if (length > 0)
        text_field(writer, "algorithms", text);
    text_field(writer, "",
               ssh->negotiation.post_quantum ? "post-quantum key exchange: yes" : "post-quantum key exchange: no");
}

static void login(struct text_writer *writer, const struct ssh_report *ssh)
{
    char text[128];
    if (ssh->login_tries == 0 && ssh->login_method == NULL)
        return;
    snprintf(text, sizeof text, "%u failed %s%s%s", ssh->login_tries, ssh->login_tries == 1 ? "try" : "tries",
             ssh->login_method != NULL ? ", last by " : "", ssh->login_method != NULL ? ssh->login_method : "");
    text_field(writer, "login", text);
}

void text_ssh(struct text_writer *writer, const struct ssh_report *ssh)
{
    char text[SSH_BANNER_SIZE + 64];
    const char *slowest;
    if (ssh->client_version != NULL && ssh->client_version[0] != '\0') {
        snprintf(text, sizeof text, "%s%s%s", ssh->client_version, ssh->hassh[0] != '\0' ? "  HASSH " : "", ssh->hassh);
        text_field(writer, "client", text);
    }
    if (ssh->server_version != NULL && ssh->server_version[0] != '\0') {
        snprintf(text, sizeof text, "%s%s%s", ssh->server_version, ssh->hassh_server[0] != '\0' ? "  HASSHServer " : "",
                 ssh->hassh_server);
        text_field(writer, "server", text);
    }
    if (ssh->negotiated)
        algorithms(writer, ssh);
    text_stages(ssh, text, sizeof text, &slowest);
    if (text[0] != '\0')
        text_field(writer, "times", text);
    login(writer, ssh);
}
