/* What exactly failed, in one or two sentences, and the setting that mends it. */
#include <stdio.h>
#include <string.h>

#include "describe.h"
#include "refused.h"
#include "spoken.h"

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

/* Only the server's offer is here. */
static void describe_offer(const struct ssh_kexinit *server, struct verdict *out)
{
    char kex[SHOWN + 8], key[SHOWN + 8];
    show_list(kex, sizeof kex, &server->lists[SSH_LIST_KEX]);
    show_list(key, sizeof key, &server->lists[SSH_LIST_HOST_KEY]);
    snprintf(out->detail, sizeof out->detail,
             "the client left before its own offer; the server offers key exchange %s; host key %s", kex, key);
}

void describe_mismatch(const struct view *v, struct verdict *out)
{
    struct ssh_kexinit client, server;
    struct ssh_negotiation agreed;
    if (left_on_offer(v) && kexinit_of(v, SIDE_SERVER, &server))
        describe_offer(&server, out);
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
    if (!d)
        return;
    const char *client = v->banner[SIDE_CLIENT] ? d->banner[SIDE_CLIENT].text : d->first_line[SIDE_CLIENT];
    const char *server = v->banner[SIDE_SERVER] ? d->banner[SIDE_SERVER].text : d->first_line[SIDE_SERVER];
    int used =
        snprintf(out->detail, sizeof out->detail, "the client says \"%.120s\", the server \"%.120s\"", client, server);
    if (words_of_server(v) && used > 0 && (size_t)used < sizeof out->detail)
        snprintf(out->detail + used, sizeof out->detail - (size_t)used, " and then \"%.120s\"", words_of_server(v));
}

/* Bytes of a side that never came here, and how long its largest segment is that did: as long as the lost one, or less.
 */
struct narrow_path {
    enum side sender;
    unsigned passes, vanishes; /* payload bytes; 0: not known */
    bool missing;              /* seen from the far end: only what is lacking tells */
};

static struct narrow_path narrow_path_of(const struct view *v)
{
    struct narrow_path path = {.sender = SIDE_SERVER};
    const struct flow_side *server = v->server, *client = v->client;
    if (server->shrunk.number || client->shrunk.number) {
        path.sender = server->shrunk.number ? SIDE_SERVER : SIDE_CLIENT;
        const struct flow_side *side = &v->connection->side[path.sender];
        path.passes = side->shrunk.to;
        path.vanishes = side->shrunk.from;
        return path;
    }
    if (!server->stalled_count && !client->stalled_count && (gap_stays(v, SIDE_SERVER) || gap_stays(v, SIDE_CLIENT))) {
        path.sender = gap_stays(v, SIDE_SERVER) ? SIDE_SERVER : SIDE_CLIENT;
        const struct flow_side *side = &v->connection->side[path.sender];
        path.missing = true;
        path.passes = side->largest_acked;
        path.vanishes = side->beyond_gap.seq - v->connection->side[!path.sender].acked;
        return path;
    }
    path.sender = server->stalled_count >= client->stalled_count ? SIDE_SERVER : SIDE_CLIENT;
    path.passes = v->connection->side[path.sender].largest_acked;
    path.vanishes = v->connection->side[path.sender].stalled.payload_len;
    return path;
}

void describe_blackhole(const struct view *v, struct verdict *out)
{
    if (!v->connection)
        return;
    const struct narrow_path path = narrow_path_of(v);
    const struct icmp_mark *told = v->answer->icmp_later.mtu ? &v->answer->icmp_later : &v->answer->icmp;
    const char *direction = path.sender == SIDE_SERVER ? "from server to client" : "from client to server";
    const char *error =
        told->mtu ? "the router's ICMP error was sent, but changed nothing" : "no ICMP error told the sender so";
    if (path.missing)
        snprintf(out->detail, sizeof out->detail,
                 "%s: segments of at most %u bytes came, and %u bytes in larger ones never did; %s", direction,
                 path.passes, path.vanishes, error);
    else
        snprintf(out->detail, sizeof out->detail, "%s: segments of %u bytes pass, of %u bytes vanish; %s", direction,
                 path.passes, path.vanishes, error);
    char server[ADDRESS_TEXT_SIZE];
    address_text(&v->attempt->key.server, server);
    snprintf(out->fix[0], sizeof out->fix[0],
             "sudo ip route add %s $(ip route get %s | grep -o -E 'via [^ ]+|dev [^ ]+') mtu %u", server, server,
             mtu_that_passes(v->file));
}

/* True where the loss follows a DSCP value, and it is written. */
static bool describe_marking(const struct view *v, struct verdict *out)
{
    enum side side;
    if (!lost_to_marking(v, &side))
        return false;
    const struct flow_side *sender = &v->connection->side[side];
    if (lost_by_dscp(v, NULL)) {
        snprintf(out->detail, sizeof out->detail,
                 "what the %s sends with TOS 0x%02x (DSCP %u) vanishes, whatever its size; its packets with TOS 0x%02x "
                 "passed: a NAT or a firewall on the way drops that mark (IPQoS)",
                 side == SIDE_SERVER ? "server" : "client", sender->stalled.tos & 0xfcu, dscp(sender->stalled.tos),
                 sender->marking[0].tos);
        snprintf(out->fix[side], sizeof out->fix[side], "%s", side == SIDE_SERVER ? "IPQoS none" : "-o IPQoS=none");
        return true;
    }
    snprintf(
        out->detail, sizeof out->detail,
        "nothing came from the server once the session began, which is when sshd begins to mark its packets (IPQoS); "
        "until then they had TOS 0x%02x: perhaps a NAT or a firewall on the way drops the mark",
        sender->marking[0].tos);
    snprintf(out->fix[1], sizeof out->fix[1], "IPQoS none");
    return true;
}

static bool describe_stray_sacks(const struct view *v, struct verdict *out)
{
    const struct flow_side *side = stray_sacks(v);
    if (!side)
        return false;
    snprintf(out->detail, sizeof out->detail,
             "after a loss the %s's SACK blocks name sequence numbers that nobody sent: a firewall on the way rewrites "
             "them and forgets those in SACK, so that what was lost is not made good",
             side == v->server ? "server" : "client");
    return true;
}

static bool describe_ecn(const struct view *v, struct verdict *out)
{
    const struct flow_side *side = ect_lost(v);
    if (!side)
        return false;
    snprintf(out->detail, sizeof out->detail,
             "slow: what the %s sends with an ECN mark is lost (%u of %u segments), and passes once it is sent again "
             "without: a device on the way drops ECN; sysctl net.ipv4.tcp_ecn=0 on that end is a way round it",
             side == v->server ? "server" : "client", side->ect_repeats, side->ect_segments);
    return true;
}

bool describe_loss(const struct view *v, struct verdict *out)
{
    return describe_stray_sacks(v, out) || describe_ecn(v, out);
}

void describe_dead_session(const struct view *v, struct verdict *out)
{
    if (!v->connection || describe_stray_sacks(v, out) || describe_marking(v, out))
        return;
    int64_t last = v->client->last_us < v->server->last_us ? v->client->last_us : v->server->last_us;
    double silent = (double)(v->file->observed_until_us - last) / 1e6;
    unsigned probes = v->client->keepalives + v->server->keepalives;
    snprintf(out->detail, sizeof out->detail, "one side was not heard for the last %.0f s; TCP keep-alive probes: %s",
             silent, probes ? "seen, and they did not help" : "none seen");
    snprintf(out->fix[0], sizeof out->fix[0], "-o ServerAliveInterval=30");
    snprintf(out->fix[1], sizeof out->fix[1], "ClientAliveInterval 30");
}

/* The large keys of post-quantum methods take two segments, which some middleboxes do not put together. */
void describe_stall(const struct view *v, struct verdict *out)
{
    struct ssh_report login = {0};
    describe_login(v, &login);
    const char *method = login.negotiated ? login.negotiation.chosen[SSH_LIST_KEX] : "";
    double waited = (double)owed_for_us(v) / 1e6;
    if (v->stage >= STAGE_AUTH)
        snprintf(out->detail, sizeof out->detail, "it was silent for %.1f s in the login; its kernel went on", waited);
    else if (!method[0])
        snprintf(out->detail, sizeof out->detail, "it was silent for %.1f s in the key exchange; its kernel went on",
                 waited);
    else {
        snprintf(out->detail, sizeof out->detail,
                 "it was silent for %.1f s in the key exchange (%s)%s; its kernel went on", waited, method,
                 login.negotiation.post_quantum
                     ? ", whose messages are large: some servers and inspecting firewalls choke on them"
                     : "");
        if (login.negotiation.post_quantum)
            snprintf(out->fix[0], sizeof out->fix[0], "-o KexAlgorithms=curve25519-sha256");
    }
}

void describe_hangup(const struct view *v, struct verdict *out)
{
    static const char *const at[] = {
        [STAGE_BANNER] = "right after its banner",
        [STAGE_KEX] = "in the key exchange",
        [STAGE_AUTH] = "in the login",
    };
    const char *when = v->stage <= STAGE_AUTH && at[v->stage] ? at[v->stage] : "in the login";
    if (words_of_server(v))
        snprintf(out->detail, sizeof out->detail, "it closed %s, with the words \"%.200s\"", when, words_of_server(v));
    else
        snprintf(out->detail, sizeof out->detail, "it closed %s, without a word", when);
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
