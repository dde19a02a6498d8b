/* What OpenSSH's client prints for each cause.
 *
 * Words: OpenSSH's kex.c, sshconnect.c, packet.c and ssherr.c; strerror of the error that Linux makes of each ICMP code
 * (net/ipv4/icmp.c icmp_err_convert, net/ipv6/icmp.c icmpv6_err_convert). */
#include <stdio.h>

#include <sshsniff/report.h>

static const char refused[] = "Connection refused";
static const char timed_out[] = "Connection timed out";
static const char no_route[] = "No route to host";
static const char no_network[] = "Network is unreachable";
static const char denied[] = "Permission denied";
static const char banner_timed_out[] = "Connection timed out during banner exchange";
static const char closed_early[] = "kex_exchange_identification: Connection closed by remote host";
static const char reset_early[] = "kex_exchange_identification: read: Connection reset by peer";

#define TEXT_SIZE 1024

/* The one text with values in it that is being handed out; each thread has its own. */
static _Thread_local char composed[TEXT_SIZE];

static const char *unreachable_v4(uint8_t code)
{
    static const char *const texts[] = {
        no_network, no_route,           "Protocol not available",
        refused,    "Message too long", "Operation not supported",
        no_network, "Host is down",     "Machine is not on the network",
        no_network, no_route,           no_network,
        no_route,   no_route,           no_route,
        no_route,
    };
    return code < sizeof texts / sizeof texts[0] ? texts[code] : no_route;
}

static const char *unreachable_v6(uint8_t code)
{
    static const char *const texts[] = {no_network, denied, no_route, no_route, refused, denied, denied};
    return code < sizeof texts / sizeof texts[0] ? texts[code] : "Protocol error";
}

static const char *icmp_error(const struct icmp_mark *icmp)
{
    enum { V4_UNREACHABLE = 3, V4_TIME_EXCEEDED = 11, V6_UNREACHABLE = 1, V6_TIME_EXCEEDED = 3 };
    if (icmp->type == (icmp->version == 4 ? V4_TIME_EXCEEDED : V6_TIME_EXCEEDED))
        return no_route;
    if (icmp->type != (icmp->version == 4 ? V4_UNREACHABLE : V6_UNREACHABLE))
        return "Protocol error";
    return icmp->version == 4 ? unreachable_v4(icmp->code) : unreachable_v6(icmp->code);
}

static const struct connection *connection_of(const struct attempt *attempt)
{
    return attempt->answer != NULL ? attempt->answer->connection : NULL;
}

static const struct dialogue *dialogue_of(const struct attempt *attempt)
{
    const struct connection *connection = connection_of(attempt);
    return connection != NULL ? connection->dialogue : NULL;
}

static bool server_reset(const struct attempt *attempt)
{
    const struct connection *connection = connection_of(attempt);
    return connection != NULL && connection->side[SIDE_SERVER].rst.number != 0 &&
           connection->side[SIDE_SERVER].fin.number == 0;
}

static const char *ended_early(const struct attempt *attempt)
{
    return server_reset(attempt) ? reset_early : closed_early;
}

/* "HOST port PORT", as OpenSSH names the other end. */
static const char *with_peer(const struct attempt *attempt, const char *before, const char *after)
{
    char address[ADDRESS_TEXT_SIZE];
    snprintf(composed, sizeof composed, "%s%s port %u%s", before, address_text(&attempt->key.server, address),
             (unsigned)attempt->key.server_port, after);
    return composed;
}

/* The SYN's fate, for causes that show in more than one way. */
static const char *connect_error(const struct attempt *attempt)
{
    if (attempt->answer != NULL && attempt->answer->refusal.number != 0)
        return refused;
    if (attempt->answer != NULL && attempt->answer->icmp.number != 0)
        return icmp_error(&attempt->answer->icmp);
    return timed_out;
}

static const char *name_error(const struct lookup *lookup)
{
    enum { RCODE_OK = 0, RCODE_NO_SUCH_NAME = 3 };
    if (lookup == NULL)
        return "Could not resolve hostname";
    const char *why = lookup->rcode == RCODE_NO_SUCH_NAME ? "Name or service not known"
                      : lookup->rcode == RCODE_OK         ? "No address associated with hostname"
                                                          : "Temporary failure in name resolution";
    snprintf(composed, sizeof composed, "Could not resolve hostname %s: %s", lookup->name, why);
    return composed;
}

/* ssh waits for a line that begins with SSH-; a NUL in what comes ends the wait at once (kex.c). */
static const char *not_ssh_error(const struct attempt *attempt)
{
    const struct dialogue *dialogue = dialogue_of(attempt);
    if (dialogue == NULL)
        return ended_early(attempt);
    enum spoken_protocol client = dialogue->spoken[SIDE_CLIENT];
    if (client != SPOKEN_UNKNOWN && client != SPOKEN_SSH && dialogue->banner[SIDE_CLIENT].text[0] == '\0')
        return NULL; /* it is the client that is no ssh: what it prints is its own */

    /* An echo: its own key exchange message comes back (kex.c). */
    if (dialogue->clock.kexinit_us[SIDE_SERVER])
        return "kex_protocol_error: type 30 seq 1";
    uint32_t length = dialogue->stream_len[SIDE_SERVER];
    if (length > 0 && dialogue->stream[SIDE_SERVER] != NULL &&
        memchr(dialogue->stream[SIDE_SERVER], '\0', length) != NULL)
        return "kex_exchange_identification: banner line contains invalid characters";
    const struct flow_side *server = &connection_of(attempt)->side[SIDE_SERVER];
    return server->fin.number != 0 || server->rst.number != 0 ? ended_early(attempt) : banner_timed_out;
}

static const char *protocol_error(const struct attempt *attempt)
{
    const struct dialogue *dialogue = dialogue_of(attempt);
    const char *banner = dialogue != NULL ? dialogue->banner[SIDE_SERVER].text : "";
    if (strncmp(banner, "SSH-1.", 6) == 0 && !dialogue->banner[SIDE_SERVER].protocol_2)
        return "Protocol major versions differ: 2 vs. 1";
    return strncmp(banner, "SSH-2", 5) == 0 ? ended_early(attempt) : "Protocol major versions differ";
}

static bool kexinit_of(const struct dialogue *dialogue, enum side side, struct ssh_kexinit *out)
{
    return dialogue != NULL && dialogue->kexinit_len[side] > 0 && dialogue->stream[side] != NULL &&
           ssh_parse_kexinit(dialogue->stream[side] + dialogue->kexinit_at[side], dialogue->kexinit_len[side], out);
}

/* OpenSSH negotiates in this order and names the first list that fails, with what the server offers. */
static const char *kex_error(const struct case_file *file, const struct verdict *verdict)
{
    static const struct {
        enum ssh_list list;
        const char *text;
    } order[] = {
        {SSH_LIST_KEX, "no matching key exchange method found"},
        {SSH_LIST_HOST_KEY, "no matching host key type found"},
        {SSH_LIST_CIPHER_C2S, "no matching cipher found"},
        {SSH_LIST_MAC_C2S, "no matching MAC found"},
        {SSH_LIST_COMPRESSION_C2S, "no matching compression method found"},
        {SSH_LIST_CIPHER_S2C, "no matching cipher found"},
        {SSH_LIST_MAC_S2C, "no matching MAC found"},
        {SSH_LIST_COMPRESSION_S2C, "no matching compression method found"},
    };
    struct ssh_kexinit server;
    char text[TEXT_SIZE / 2];
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        if ((verdict->ssh.negotiation.failed >> order[i].list & 1) == 0)
            continue;
        int length = snprintf(text, sizeof text, ": %s", order[i].text);
        if (kexinit_of(dialogue_of(file->attempt), SIDE_SERVER, &server)) {
            const struct ssh_name_list *offer = &server.lists[order[i].list];
            snprintf(text + length, sizeof text - (size_t)length, ". Their offer: %.*s",
                     (int)(offer->length < 400 ? offer->length : 400), (const char *)offer->names);
        }
        return with_peer(file->attempt, "Unable to negotiate with ", text);
    }
    return with_peer(file->attempt, "Unable to negotiate with ", "");
}

static const char *reset_error(const struct attempt *attempt, enum stage stage)
{
    char address[ADDRESS_TEXT_SIZE];
    if (stage <= STAGE_ACCEPTED)
        return reset_early;
    if (stage != STAGE_SESSION)
        return with_peer(attempt, "Connection reset by ", "");
    snprintf(composed, sizeof composed, "Read from remote host %s: Connection reset by peer",
             address_text(&attempt->key.server, address));
    return composed;
}

static const char *overflow_error(const struct attempt *attempt)
{
    if (server_reset(attempt))
        return reset_early;
    const struct connection *connection = connection_of(attempt);
    return connection != NULL && connection->handshake_ack.number != 0 ? banner_timed_out : timed_out;
}

static const char *ban_error(const struct attempt *attempt, enum stage stage)
{
    if (stage < STAGE_ACCEPTED)
        return connect_error(attempt);
    /* The ban came in mid-connection: TCP does not end for it, it only falls silent. */
    return stage == STAGE_ACCEPTED ? banner_timed_out : with_peer(attempt, "Connection to ", " timed out");
}

/* sshd ends a login that used up MaxAuthTries by itself, and says so (auth.c auth_maxtries_exceeded). */
static const char *auth_error(const struct attempt *attempt)
{
    struct login_reading login;
    login_read(connection_of(attempt), &login);
    return login.too_many ? with_peer(attempt, "Received disconnect from ", ":2: Too many authentication failures")
                          : denied;
}

const char *report_client_error(const struct case_file *file, const struct verdict *verdict)
{
    const struct attempt *attempt = file->attempt;
    switch (verdict->cause) {
    case CAUSE_KERNEL_RST:
    case CAUSE_FIREWALL_RST:
        return refused;
    case CAUSE_FIREWALL_ICMP:
        return attempt->answer != NULL && attempt->answer->icmp.number != 0 ? icmp_error(&attempt->answer->icmp)
                                                                            : refused;
    case CAUSE_NETWORK_UNREACHABLE:
        return attempt->answer != NULL && attempt->answer->icmp.number != 0 ? icmp_error(&attempt->answer->icmp)
                                                                            : no_network;
    case CAUSE_HOST_UNREACHABLE:
    case CAUSE_ROUTING_LOOP:
        return no_route;
    case CAUSE_SILENT_DROP:
    case CAUSE_RETURN_PATH_LOSS:
        return timed_out;
    case CAUSE_FAIL2BAN_BAN:
        return ban_error(attempt, verdict->stage);
    case CAUSE_NAME_FAILURE:
        return name_error(attempt->lookup);
    case CAUSE_MAXSTARTUPS:
    case CAUSE_SOURCE_PENALTY:
    case CAUSE_CLOSED_BEFORE_BANNER:
        return ended_early(attempt);
    case CAUSE_NO_BANNER:
        return banner_timed_out;
    case CAUSE_NOT_SSH:
        return not_ssh_error(attempt);
    case CAUSE_PROTOCOL_MISMATCH:
        return protocol_error(attempt);
    case CAUSE_KEX_MISMATCH:
        return kex_error(file, verdict);
    case CAUSE_HOSTKEY_REJECTED:
        return "Host key verification failed.";
    case CAUSE_AUTH_FAILED:
        return auth_error(attempt);
    case CAUSE_LOGIN_TIMEOUT:
        return with_peer(attempt, server_reset(attempt) ? "Connection reset by " : "Connection closed by ", "");
    case CAUSE_INJECTED_RST:
        return reset_error(attempt, verdict->stage);
    case CAUSE_LISTEN_OVERFLOW:
        return overflow_error(attempt);
    case CAUSE_IDLE_DROP:
        return "client_loop: send disconnect: Broken pipe";
    case CAUSE_TARPIT: /* these two hang and print nothing */
    case CAUSE_MTU_BLACKHOLE:
    case CAUSE_CLIENT_ABORT: /* whoever stopped it knows */
    case CAUSE_NONE:
    case CAUSE_UNDETERMINED:
    case CAUSE_COUNT:
        break;
    }
    return NULL;
}
