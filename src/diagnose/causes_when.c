/* Conditions for the texts of causes: each is words for a reader, and a test of the attempt and its verdict. */
#include <string.h>

#include <sshsniff/verdict.h>

#include "causes_when.h"
#include "gateway.h"
#include "listener.h"
#include "refused.h"
#include "silent_way_back.h"
#include "spoken.h"

enum { SSH_PORT = 22 };

static const struct attempt *attempt_of(const struct judged_attempt *j)
{
    return j->file->attempt;
}

static const struct icmp_mark *icmp_of(const struct judged_attempt *j)
{
    const struct answer *answer = attempt_of(j)->answer;
    return answer && answer->icmp.number ? &answer->icmp : NULL;
}

static const struct connection *connection_of(const struct judged_attempt *j)
{
    const struct answer *answer = attempt_of(j)->answer;
    return answer ? answer->connection : NULL;
}

static const struct dialogue *dialogue_of(const struct judged_attempt *j)
{
    const struct connection *connection = connection_of(j);
    return connection ? connection->dialogue : NULL;
}

/* Whatever the tests of rows ask of a view. */
static bool view_holds(const struct judged_attempt *j, bool (*test)(const struct view *v))
{
    struct view v;
    view_make(j->file, &v);
    return test(&v);
}

/* ---- Where it failed ---- */

static bool at_server(const struct judged_attempt *j)
{
    return j->verdict->where == WHERE_HOST;
}
const struct condition when_at_server = {"where the server itself makes it fail", at_server};

static bool at_client(const struct judged_attempt *j)
{
    return j->verdict->where == WHERE_CLIENT;
}
const struct condition when_at_client = {"where the client's own machine makes it fail", at_client};

static bool elsewhere(const struct judged_attempt *j)
{
    return !at_server(j) && !at_client(j);
}
const struct condition when_elsewhere = {"where it fails on the path, or at a place not known", elsewhere};

static bool at_this_router(const struct judged_attempt *j)
{
    return j->verdict->vantage == VANTAGE_BETWEEN && j->verdict->where == WHERE_PATH && kept_here(j->file);
}
const struct condition when_at_this_router = {"where the capture is a router's, and the router itself makes it fail",
                                              at_this_router};

static bool kept_by_either(const struct judged_attempt *j)
{
    return j->verdict->vantage == VANTAGE_UNKNOWN && kept_here(j->file);
}
const struct condition when_kept_by_either = {
    "where the capturing machine makes it fail, and it is not known whether that is the server or a router",
    kept_by_either};

/* ---- What was addressed ---- */

static bool ipv4(const struct judged_attempt *j)
{
    return address_is_ipv4(&attempt_of(j)->key.server);
}
const struct condition when_ipv4 = {"over IPv4", ipv4};

static bool ipv6(const struct judged_attempt *j)
{
    return !ipv4(j);
}
const struct condition when_ipv6 = {"over IPv6", ipv6};

static bool other_port(const struct judged_attempt *j)
{
    uint16_t port = attempt_of(j)->key.server_port;
    return port != SSH_PORT && port != 0;
}
const struct condition when_other_port = {"where the port is not 22", other_port};

/* ---- What answered the SYN ---- */

static bool refused_by_rst(const struct judged_attempt *j)
{
    const struct answer *answer = attempt_of(j)->answer;
    return answer && answer->refusal.number;
}
const struct condition when_refused_by_rst = {"where a RST answers", refused_by_rst};

static bool accepted_before(const struct judged_attempt *j)
{
    return view_holds(j, accepted_before_refusal);
}
const struct condition when_accepted_before = {"where the port had accepted connections before", accepted_before};

static bool icmp(const struct judged_attempt *j)
{
    return icmp_of(j) != NULL;
}
const struct condition when_icmp = {"where an ICMP error answers", icmp};

/* Type and code of an unreachable (RFC 792, RFC 4443). */
static bool unreachable_with(const struct icmp_mark *mark, const char *v4_codes, const char *v6_codes)
{
    enum { V4_UNREACHABLE = 3, V6_UNREACHABLE = 1 };
    if (!mark || mark->type != (mark->version == 4 ? V4_UNREACHABLE : V6_UNREACHABLE))
        return false;
    const char *codes = mark->version == 4 ? v4_codes : v6_codes;
    return mark->code && strchr(codes, mark->code);
}

/* What firewalld and routers send. */
static bool prohibited(const struct judged_attempt *j)
{
    return unreachable_with(icmp_of(j), "\x09\x0a\x0d", "\x01\x05\x06");
}
const struct condition when_prohibited = {
    "where the error says \"prohibited\" (3/9, 3/10, 3/13; v6 1/1, 1/5, 1/6), as firewalld and routers do", prohibited};

/* What iptables, nft and fail2ban send. */
static bool port_unreachable(const struct judged_attempt *j)
{
    return unreachable_with(icmp_of(j), "\x03", "\x04");
}
const struct condition when_port_unreachable = {
    "where the error is \"port unreachable\" (3/3; v6 1/4), as iptables, nft and fail2ban send it", port_unreachable};

static bool mtu_told(const struct judged_attempt *j)
{
    const struct answer *answer = attempt_of(j)->answer;
    return answer && (answer->icmp_later.mtu || answer->icmp.mtu);
}
const struct condition when_mtu_told = {"where an ICMP error told the MTU", mtu_told};

static bool rst_ignored(const struct judged_attempt *j)
{
    const struct answer *answer = attempt_of(j)->answer;
    return answer && answer->bare_rsts && !answer->refusal.number;
}
const struct condition when_rst_ignored = {"where the client ignores the RST, which lacks its ACK", rst_ignored};

/* Its words are a user-mode NAT's: the place of a closed port is not known only then. */
static bool beyond_nat(const struct judged_attempt *j)
{
    return j->verdict->cause == CAUSE_KERNEL_RST && j->verdict->where == WHERE_UNKNOWN;
}
const struct condition when_beyond_nat = {"where a user-mode NAT translates the refusal", beyond_nat};

/* Its own packets began with TTL 128. */
static bool like_windows(const struct judged_attempt *j)
{
    enum { ABOVE = 64, MOST = 128 };
    const struct host *h = j->file->server;
    return h && h->own_packets && !(h->unknown & FIELD_TTL) && h->own.ttl > ABOVE && h->own.ttl <= MOST;
}
const struct condition when_like_windows = {"where the host's other packets begin with TTL 128, as those of Windows",
                                            like_windows};
/* ---- What the server made of the SYN ---- */

static bool client_sought(const struct judged_attempt *j)
{
    return view_holds(j, client_is_sought);
}
const struct condition when_client_sought = {
    "where the server looks for the client on its own link, though the client is behind a router", client_sought};

static bool timestamp_back(const struct judged_attempt *j)
{
    return view_holds(j, timestamp_went_back);
}
const struct condition when_timestamp_back = {
    "where the SYN's time stamp is lower than those that are accepted from its address", timestamp_back};

/* Left for the sender's hardware, or damaged: it was never filled in. */
static bool sum_wrong(const struct judged_attempt *j)
{
    const struct answer *answer = attempt_of(j)->answer;
    return answer && answer->synack.bits & (MARK_SUM_PARTIAL | MARK_SUM_BAD);
}
const struct condition when_sum_wrong = {"where the SYN-ACK's checksum is not the whole one", sum_wrong};

static bool listener_closed(const struct judged_attempt *j)
{
    return view_holds(j, listener_was_closed);
}
const struct condition when_listener_closed = {"where the port refuses others at the same time", listener_closed};

static bool answer_elsewhere(const struct judged_attempt *j)
{
    const struct answer *answer = attempt_of(j)->answer;
    return answer && answer->misaddressed.number;
}
const struct condition when_answer_elsewhere = {"where the answer from another address was seen", answer_elsewhere};

/* Cooked captures and those of several interfaces tell them apart. */
static bool other_way_out(const struct judged_attempt *j)
{
    return view_holds(j, answers_leave_elsewhere);
}
const struct condition when_other_way_out = {"where the answers leave by another interface than the SYNs come in by",
                                             other_way_out};

/* ---- The name, or the neighbour, that was looked for ---- */

enum { RCODE_OK = 0, RCODE_NO_SUCH_NAME = 3 }; /* RFC 1035 section 4.1.1 */

static bool no_question_seen(const struct judged_attempt *j)
{
    return !attempt_of(j)->lookup;
}
const struct condition when_no_question_seen = {"where no question for it was seen", no_question_seen};

static bool answered_with(const struct judged_attempt *j, int rcode)
{
    const struct lookup *lookup = attempt_of(j)->lookup;
    return lookup && lookup->rcode == rcode;
}

static bool no_such_name(const struct judged_attempt *j)
{
    return answered_with(j, RCODE_NO_SUCH_NAME);
}
const struct condition when_no_such_name = {"where the name does not exist", no_such_name};

static bool no_address(const struct judged_attempt *j)
{
    return answered_with(j, RCODE_OK);
}
const struct condition when_no_address = {"where the name exists and has no address", no_address};

static bool name_unanswered(const struct judged_attempt *j)
{
    const struct lookup *lookup = attempt_of(j)->lookup;
    return lookup && lookup->rcode < 0;
}
const struct condition when_name_unanswered = {"where no name server answers", name_unanswered};

static bool resolver_silent(const struct judged_attempt *j)
{
    return name_unanswered(j) && !address_is_none(&attempt_of(j)->lookup->resolver);
}
const struct condition when_resolver_silent = {"where the name server that was asked does not answer", resolver_silent};

static bool neighbour_silent(const struct judged_attempt *j)
{
    const struct lookup *lookup = attempt_of(j)->lookup;
    return !(lookup && lookup->name[0]) && !icmp_of(j);
}
const struct condition when_neighbour_silent = {"where nobody answers for the address on the client's own network",
                                                neighbour_silent};

/* ---- How far it got ---- */

static bool before_accept(const struct judged_attempt *j)
{
    return j->verdict->stage < STAGE_ACCEPTED;
}
const struct condition when_before_accept = {"where the SYN was not accepted", before_accept};

/* The capture begins after the connection did: what is not seen of its beginning was there. */
static bool began_before(const struct judged_attempt *j)
{
    return j->verdict->stage == STAGE_ACCEPTED && j->file->attempt->facts & FACT_NO_SYN;
}

static bool before_banner(const struct judged_attempt *j)
{
    return j->verdict->stage <= STAGE_ACCEPTED && !began_before(j);
}
const struct condition when_before_banner = {"before the banner", before_banner};

static bool in_session(const struct judged_attempt *j)
{
    return j->verdict->stage == STAGE_SESSION || began_before(j);
}
const struct condition when_in_session = {"in the session", in_session};

static bool handshake_done(const struct judged_attempt *j)
{
    const struct connection *connection = connection_of(j);
    return connection && connection->handshake_ack.number;
}
const struct condition when_handshake_done = {"where the client completed the handshake", handshake_done};

/* ---- How it ended ---- */

static bool server_reset(const struct judged_attempt *j)
{
    const struct connection *connection = connection_of(j);
    return connection && connection->side[SIDE_SERVER].rst.number && !connection->side[SIDE_SERVER].fin.number;
}
const struct condition when_server_reset = {"where it ends with the server's RST", server_reset};

static bool server_closed(const struct judged_attempt *j)
{
    const struct connection *connection = connection_of(j);
    return connection && (connection->side[SIDE_SERVER].rst.number || connection->side[SIDE_SERVER].fin.number);
}
const struct condition when_server_closed = {"where the server closes", server_closed};

static bool too_many_tries(const struct judged_attempt *j)
{
    struct login_reading login;
    login_read(connection_of(j), &login);
    return login.too_many;
}
/* auth.c auth_maxtries_exceeded */
const struct condition when_too_many_tries = {"where sshd ends a login that used up MaxAuthTries", too_many_tries};

/* ---- What was said ---- */

static bool nothing_read(const struct judged_attempt *j)
{
    return !dialogue_of(j);
}
const struct condition when_nothing_read = {"where nothing that was said could be read", nothing_read};

static bool client_not_ssh(const struct judged_attempt *j)
{
    const struct dialogue *dialogue = dialogue_of(j);
    if (!dialogue)
        return false;
    if (dialogue->banner[SIDE_CLIENT].text[0])
        return false;
    enum spoken_protocol spoken = dialogue->spoken[SIDE_CLIENT];
    return (spoken != SPOKEN_UNKNOWN && spoken != SPOKEN_SSH) || dialogue->opening[SIDE_CLIENT] == SSH_OPENING_OTHER;
}
const struct condition when_client_not_ssh = {"where the client is no ssh", client_not_ssh};

static bool echoed(const struct judged_attempt *j)
{
    const struct dialogue *dialogue = dialogue_of(j);
    return dialogue && dialogue->clock.kexinit_us[SIDE_SERVER];
}
const struct condition when_echoed = {"where the client's own key exchange message comes back", echoed};

static bool nul_in_banner(const struct judged_attempt *j)
{
    const struct dialogue *dialogue = dialogue_of(j);
    uint32_t length = dialogue ? dialogue->stream_len[SIDE_SERVER] : 0;
    return length > 0 && dialogue->stream[SIDE_SERVER] && memchr(dialogue->stream[SIDE_SERVER], '\0', length);
}
const struct condition when_nul_in_banner = {"where the server's first bytes hold a NUL", nul_in_banner};

static bool server_banner_begins(const struct judged_attempt *j, const char *with)
{
    const struct dialogue *dialogue = dialogue_of(j);
    return dialogue && strncmp(dialogue->banner[SIDE_SERVER].text, with, strlen(with)) == 0;
}

static bool server_speaks_1(const struct judged_attempt *j)
{
    return server_banner_begins(j, "SSH-1.") && !dialogue_of(j)->banner[SIDE_SERVER].protocol_2;
}
const struct condition when_server_speaks_1 = {"where the server speaks version 1 only", server_speaks_1};

static bool server_speaks_2(const struct judged_attempt *j)
{
    return server_banner_begins(j, "SSH-2");
}
const struct condition when_server_speaks_2 = {"where the server speaks version 2", server_speaks_2};

static bool in_login(const struct judged_attempt *j)
{
    return j->verdict->stage >= STAGE_AUTH;
}
const struct condition when_in_login = {"where both sides encrypt, and a login was asked for", in_login};

static bool before_session(const struct judged_attempt *j)
{
    return j->verdict->stage >= STAGE_BANNER && j->verdict->stage < STAGE_SESSION;
}
const struct condition when_before_session = {"in the login", before_session};

static bool at_greeting(const struct judged_attempt *j)
{
    return j->verdict->stage == STAGE_BANNER;
}
const struct condition when_at_greeting = {"right after the banner", at_greeting};

static bool sent_before_version(const struct judged_attempt *j)
{
    const struct dialogue *dialogue = dialogue_of(j);
    return dialogue && dialogue->refusal == SSH_REFUSAL_INVALID_IDENT && dialogue->banner[SIDE_CLIENT].text[0];
}
const struct condition when_sent_before_version = {
    "where the server calls the client's version none, although the client sent one", sent_before_version};

static bool says_words(const struct judged_attempt *j)
{
    return dialogue_of(j) && dialogue_of(j)->words[0];
}
const struct condition when_says_words = {"where the server says something in words after its banner", says_words};

static bool versions_differ(const struct judged_attempt *j)
{
    return !client_not_ssh(j) && !sent_before_version(j);
}
const struct condition when_versions_differ = {"where both send a version", versions_differ};

/* ---- What the lost packets have in common ---- */

static bool marks_lost_of(const struct judged_attempt *j, enum side wanted)
{
    struct view v;
    enum side side;
    view_make(j->file, &v);
    return lost_to_marking(&v, &side) && side == wanted;
}

static bool server_marks_lost(const struct judged_attempt *j)
{
    return marks_lost_of(j, SIDE_SERVER);
}
const struct condition when_server_marks_lost = {"where what the server marks (IPQoS) does not arrive",
                                                 server_marks_lost};

static bool client_marks_lost(const struct judged_attempt *j)
{
    return marks_lost_of(j, SIDE_CLIENT);
}
const struct condition when_client_marks_lost = {"where what the client marks (IPQoS) does not arrive",
                                                 client_marks_lost};

static bool sack_astray(const struct judged_attempt *j)
{
    struct view v;
    view_make(j->file, &v);
    return stray_sacks(&v);
}
const struct condition when_sack_astray = {"where SACK blocks fit no sequence number that was sent", sack_astray};

/* ---- Another capture there would tell ---- */

static bool capture_at_client(const struct judged_attempt *j)
{
    return j->verdict->capture_again != CAPTURE_AT_SERVER;
}
const struct condition when_capture_at_client = {"where the client's end would show more", capture_at_client};

static bool capture_at_server(const struct judged_attempt *j)
{
    return j->verdict->capture_again == CAPTURE_AT_SERVER;
}
const struct condition when_capture_at_server = {"where the server's end would show more", capture_at_server};

/* ---- Whose address it is ---- */

static bool made_up_address(const struct judged_attempt *j)
{
    return address_is_made_up(&attempt_of(j)->key.server);
}
const struct condition when_made_up_address = {"where the address is one that only proxy programs give out",
                                               made_up_address};

/* ---- The verdict holds an exact option ---- */

static bool fix_for_client(const struct judged_attempt *j)
{
    return j->verdict->fix[0][0] != '\0';
}
const struct condition when_fix_for_client = {"where the verdict has one for the client", fix_for_client};

static bool fix_for_server(const struct judged_attempt *j)
{
    return j->verdict->fix[1][0] != '\0';
}
const struct condition when_fix_for_server = {"where the verdict has one for the server", fix_for_server};
