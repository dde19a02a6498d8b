/* What exactly failed, in one or two sentences, and the setting that mends it. */
#include <stdio.h>
#include <string.h>

#include "describe.h"
#include "refused.h"

static const char *const list_words[] = {
    [SSH_LIST_KEX] = "key exchange",
    [SSH_LIST_HOST_KEY] = "host key type",
    [SSH_LIST_CIPHER_C2S] = "cipher from client to server",
    [SSH_LIST_CIPHER_S2C] = "cipher from server to client",
    [SSH_LIST_MAC_C2S] = "MAC from client to server",
    [SSH_LIST_MAC_S2C] = "MAC from server to client",
    [SSH_LIST_COMPRESSION_C2S] = "compression from client to server",
    [SSH_LIST_COMPRESSION_S2C] = "compression from server to client",
};

static const char *const offer_words[2][3] = {
    [SIDE_CLIENT] = {"", "; the client is the old side", "; the client's settings leave out what it knows"},
    [SIDE_SERVER] = {"", "; the server is the old side", "; the server's settings leave out what it knows"},
};

/* A list comes from whoever is there and can be a megabyte; the first names are what people compare. */
enum { SHOWN = 150 };

static void show_list(char *out, size_t size, const struct ssh_name_list *list)
{
    size_t n = list->length < SHOWN ? list->length : SHOWN;
    if (n >= size)
        n = size - 1;
    memcpy(out, list->names, n);
    out[n] = '\0';
    if (n < list->length && n >= 3)
        memcpy(out + n - 3, "...", 3);
    if (n == 0)
        snprintf(out, size, "nothing");
}

/* Adds one remedy to those that are there, in the words of the command line or of sshd_config. False where it does not
 * fit: half a remedy mends nothing. */
static bool add_remedy(char *out, size_t size, const struct ssh_remedy *remedy, bool for_client)
{
    const size_t used = strlen(out);
    const char *also = for_client ? remedy->also : NULL;
    int length;
    if (for_client)
        length = snprintf(out + used, size - used, "%s-o %s=%s%s%s%s%s", used ? " " : "", remedy->option, remedy->value,
                          also ? " -o " : "", also ? also : "", also ? "=" : "", also ? remedy->value : "");
    else
        length = snprintf(out + used, size - used, "%s%s %s", used ? ", " : "", remedy->option, remedy->value);
    return length > 0 && (size_t)length < size - used;
}

/* What mends every list that fails, or nothing: one that fails still makes the rest useless. */
static void write_fix(const struct view *v, uint32_t failed, bool for_client, const struct ssh_kexinit *client,
                      const struct ssh_kexinit *server, struct verdict *verdict)
{
    char *out = verdict->fix[for_client ? 0 : 1];
    const size_t size = sizeof verdict->fix[0];
    const char *last = "";
    const uint16_t version = openssh_version(v->dialogue->banner[for_client ? SIDE_CLIENT : SIDE_SERVER].text);
    out[0] = '\0';
    for (unsigned list = 0; list < SSH_LIST_COUNT; list++) {
        if (!(failed & 1u << list))
            continue;
        const struct ssh_suggestion fix = ssh_suggest_algorithm((enum ssh_list)list, client, server);
        const struct ssh_remedy *remedy = for_client ? &fix.client : &fix.server;
        const bool unknown_to_it =
            version && (remedy->since > version || (remedy->removed && remedy->removed <= version));
        if (!remedy->algorithm || unknown_to_it) {
            out[0] = '\0';
            return;
        }
        if (strcmp(last, remedy->option) == 0)
            continue; /* both directions have one option */
        last = remedy->option;
        verdict->fix_is_weak |= for_client && remedy->weak;
        if (!add_remedy(out, size, remedy, for_client)) {
            out[0] = '\0';
            return;
        }
    }
}

void describe_mismatch(const struct view *v, struct verdict *out)
{
    struct ssh_kexinit client, server;
    struct ssh_negotiation agreed;
    if (!kexinit_of(v, SIDE_CLIENT, &client) || !kexinit_of(v, SIDE_SERVER, &server))
        return;
    ssh_negotiate(&client, &server, &agreed);
    const uint16_t version[2] = {openssh_version(v->dialogue->banner[SIDE_CLIENT].text),
                                 openssh_version(v->dialogue->banner[SIDE_SERVER].text)};
    for (unsigned list = 0; list < sizeof list_words / sizeof *list_words && !out->detail[0]; list++) {
        if (!(agreed.failed & 1u << list))
            continue;
        char offered[2][SHOWN + 8];
        show_list(offered[0], sizeof offered[0], &client.lists[list]);
        show_list(offered[1], sizeof offered[1], &server.lists[list]);
        ssh_judge_offers((enum ssh_list)list, &client, &server, version, out->offer);
        snprintf(out->detail, sizeof out->detail, "no common %s: the client offers %s; the server offers %s%s%s",
                 list_words[list], offered[0], offered[1], offer_words[SIDE_CLIENT][out->offer[SIDE_CLIENT]],
                 offer_words[SIDE_SERVER][out->offer[SIDE_SERVER]]);
    }
    write_fix(v, agreed.failed, true, &client, &server, out);
    if (platform_has_sshd_config(platform_of_banner(v->dialogue->banner[SIDE_SERVER].text)))
        write_fix(v, agreed.failed, false, &client, &server, out);
}

void describe_closed_port(const struct view *v, struct verdict *out)
{
    if (!accepted_before_refusal(v))
        return;
    const int64_t since_us = v->answer->refusal.ts_us - server_port_fact(v)->accepted_us;
    snprintf(out->detail, sizeof out->detail,
             "the same port accepted a connection %.1f s before: something has stopped what listened there",
             (double)since_us / 1e6);
}

void describe_not_ssh(const struct view *v, struct verdict *out)
{
    const struct dialogue *d = v->dialogue;
    if (d && v->banner[SIDE_SERVER])
        snprintf(out->detail, sizeof out->detail, "port %u says what the client says: \"%.120s\"",
                 v->attempt->key.server_port, d->first_line[SIDE_SERVER]);
    else if (d)
        snprintf(out->detail, sizeof out->detail, "%s answers on port %u: \"%.120s\"",
                 ssh_spoken_name(d->spoken[SIDE_SERVER]), v->attempt->key.server_port, d->first_line[SIDE_SERVER]);
}

void describe_versions(const struct view *v, struct verdict *out)
{
    const struct dialogue *d = v->dialogue;
    if (d)
        snprintf(out->detail, sizeof out->detail, "the client says \"%.120s\", the server \"%.120s\"",
                 d->banner[SIDE_CLIENT].text, d->banner[SIDE_SERVER].text);
}

void describe_blackhole(const struct view *v, struct verdict *out)
{
    if (!v->connection)
        return;
    const bool shrunk = v->server->shrunk.number || v->client->shrunk.number;
    const bool from_server =
        shrunk ? v->server->shrunk.number != 0 : v->server->stalled_count >= v->client->stalled_count;
    const struct flow_side *side = from_server ? v->server : v->client;
    const unsigned passes = shrunk ? side->shrunk.to : side->largest_acked;
    const unsigned vanishes = shrunk ? side->shrunk.from : side->stalled.payload_len;
    const struct icmp_mark *told = v->answer->icmp_later.mtu ? &v->answer->icmp_later : &v->answer->icmp;
    snprintf(out->detail, sizeof out->detail, "%s: segments of %u bytes pass, of %u bytes vanish%s",
             from_server ? "from server to client" : "from client to server", passes, vanishes,
             told->mtu ? "; the router's ICMP error was sent, but changed nothing"
                       : "; no ICMP error told the sender so");
    char server[ADDRESS_TEXT_SIZE];
    address_text(&v->attempt->key.server, server);
    snprintf(out->fix[0], sizeof out->fix[0],
             "sudo ip route add %s $(ip route get %s | grep -o -E 'via [^ ]+|dev [^ ]+') mtu %u", server, server,
             mtu_that_passes(v->file));
}

void describe_dead_session(const struct view *v, struct verdict *out)
{
    if (!v->connection)
        return;
    int64_t last = v->client->last_us < v->server->last_us ? v->client->last_us : v->server->last_us;
    double silent = (double)(v->file->observed_until_us - last) / 1e6;
    unsigned probes = v->client->keepalives + v->server->keepalives;
    snprintf(out->detail, sizeof out->detail, "one side was not heard for the last %.0f s; TCP keep-alive probes: %s",
             silent, probes ? "seen, and they did not help" : "none seen");
    snprintf(out->fix[0], sizeof out->fix[0], "-o ServerAliveInterval=30");
    snprintf(out->fix[1], sizeof out->fix[1], "ClientAliveInterval 30");
}

void describe_login_failure(const struct view *v, struct verdict *out)
{
    bool by_server =
        v->server && seen(&v->server->fin) && (!seen(&v->client->fin) || v->server->fin.ts_us < v->client->fin.ts_us);
    if (v->login.readable)
        snprintf(out->detail, sizeof out->detail, "%u refused %s%s; %s", v->login.failures,
                 v->login.failures == 1 ? "try" : "tries",
                 v->login.failures ? "" : " beyond the client's first question",
                 v->login.too_many ? "the server disconnected: too many authentication failures"
                 : by_server       ? "the server hung up"
                                   : "the client hung up");
}

void describe_multipath(const struct view *v, struct verdict *out)
{
    size_t used = strlen(out->detail);
    unsigned subflows = v->connection ? v->connection->subflows : 0;
    if (subflows)
        snprintf(out->detail + used, sizeof out->detail - used,
                 "%sMultipath TCP: %u more %s carried part of this session", used ? "; " : "", subflows,
                 subflows == 1 ? "connection" : "connections");
}

void describe_refusal(const struct view *v, struct verdict *out)
{
    if (v->stage == STAGE_REFUSED && v->answer->refusal_text[0] && !out->detail[0])
        snprintf(out->detail, sizeof out->detail, "the RST says \"%s\" in its data", v->answer->refusal_text);
}
