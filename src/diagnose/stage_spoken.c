/* Banners were exchanged: what ended the attempt in the key exchange, the login, or the session. */
#include "identity.h"
#include "local.h"
#include "reset.h"
#include "scan.h"
#include "spoken.h"

static bool banner_too_late(const struct view *v, struct finding *f)
{
    const struct dialogue *d = v->dialogue;
    if (!d || !client_ends(v))
        return false;
    int64_t left = seen(&v->client->fin) ? v->client->fin.ts_us : v->client->rst.ts_us;
    int64_t banner = d->clock.banner_us[SIDE_SERVER];
    f->packet = d->clock.banner_number[SIDE_SERVER];
    f->value[0] = (uint64_t)(left - accepted_us(v));
    return banner > left && left - accepted_us(v) > PERSON_US + PERSON_US / 5 && v->banner[SIDE_CLIENT];
}

static bool client_leaves(const struct view *v, struct finding *f)
{
    if (!client_ends(v) || v->login.success)
        return false;
    f->packet = seen(&v->client->fin) ? v->client->fin.number : v->client->rst.number;
    return true;
}

static bool server_leaves(const struct view *v, struct finding *f)
{
    if (!v->server || client_ends(v))
        return false;
    struct finding own = {0};
    bool reset = ending_rst(v) == &v->server->rst && reset_by_owner(v, &own);
    f->packet = seen(&v->server->fin) ? v->server->fin.number : v->server->rst.number;
    return seen(&v->server->fin) || reset;
}

static bool versions_differ(const struct view *v, struct finding *f)
{
    const struct dialogue *d = v->dialogue;
    if (!d)
        return false;
    f->packet = d->clock.banner_number[SIDE_SERVER];
    f->word = v->banner[SIDE_SERVER] ? d->banner[SIDE_SERVER].text : d->first_line[SIDE_SERVER];
    return !client_version_is_odd(v) && !protocol_1_agreed(v) &&
           (d->refusal == SSH_REFUSAL_PROTOCOL || (v->banner[SIDE_SERVER] && !d->banner[SIDE_SERVER].protocol_2));
}

static bool client_version(const struct view *v, struct finding *f)
{
    if (!client_version_is_odd(v))
        return false;
    f->packet = v->dialogue->clock.banner_number[SIDE_CLIENT];
    f->word = v->dialogue->banner[SIDE_CLIENT].text;
    return true;
}

static const struct evidence_row version_rows[] = {
    {"banner-too-late",
     VIEW_TEST(banner_too_late),
     {{CAUSE_NO_BANNER, 9.0f}},
     "the server's banner came only after the client had given up waiting for it ({0t})",
     "lab: slow reverse name look-ups"},
    {"client-leaves",
     VIEW_TEST(client_leaves),
     {{CAUSE_CLIENT_ABORT, 2.5f},
      {CAUSE_SCAN, 2.5f},
      {CAUSE_AUTH_FAILED, 1.0f},
      {CAUSE_HOSTKEY_REJECTED, 2.0f},
      {CAUSE_KEX_MISMATCH, 2.0f}},
     "the client closed the connection",
     "lab"},
    {"server-leaves",
     VIEW_TEST(server_leaves),
     {{CAUSE_AUTH_FAILED, 1.0f}, {CAUSE_LOGIN_TIMEOUT, 1.0f}, {CAUSE_KEX_MISMATCH, 0.5f}, {CAUSE_CLIENT_ABORT, -3.0f}},
     "the server closed the connection",
     "lab"},
    {"versions-differ",
     VIEW_TEST(versions_differ),
     {{CAUSE_PROTOCOL_MISMATCH, 7.0f}},
     "the version strings do not agree: the server's is \"{w}\"",
     "RFC 4253 section 4.2"},
    {"client-version",
     VIEW_TEST(client_version),
     {{CAUSE_PROTOCOL_MISMATCH, 7.0f}},
     "the version strings do not agree: the client's is \"{w}\"",
     "RFC 4253 section 4.2"},
};

static const struct evidence_rows of_versions = EVIDENCE_ROWS(version_rows);

static bool rst_ended(const struct view *v, struct finding *f)
{
    const struct mark *rst = ending_rst(v);
    if (!rst)
        return false;
    f->packet = rst->number;
    f->word = ending_rst_side(v) == SIDE_SERVER ? "server" : "client";
    return true;
}

static bool went_on_after_rst(const struct view *v, struct finding *f)
{
    return reset_ignored(v, f);
}

static const struct evidence_row end_rows[] = {
    {"rst-ended",
     VIEW_TEST(rst_ended),
     {{CAUSE_INJECTED_RST, 2.5f}, {CAUSE_NONE, -1.0f}},
     "a RST in the {w}'s name ended it",
     "lab"},
    {"went-on",
     VIEW_TEST(went_on_after_rst),
     {{CAUSE_INJECTED_RST, -30.0f}},
     "the RST #{0} ended nothing: both sides went on",
     "RFC 5961 section 3"},
};

static const struct evidence_rows of_the_end = EVIDENCE_ROWS(end_rows);

/* Priors: even, for the signs alone speak of what befell a connection whose beginning nobody saw. Judgement. */
const struct evidence_table stage_midway = {
    {{CAUSE_INJECTED_RST, 0.3f}, {CAUSE_MTU_BLACKHOLE, 0.3f}, {CAUSE_IDLE_DROP, 0.2f}, {CAUSE_CLIENT_ABORT, 0.1f}},
    {&stall_rows, &of_the_end, &reset_rows},
};

#define SPOKEN_ROWS                                                                                                    \
    &login_rows, &kex_rows, &of_versions, &stall_rows, &of_the_end, &reset_rows, &scan_name_rows, &conflict_rows,      \
        &intercepted_rows, &word_rows, &break_rows, &mark_rows

/* Before both sides encrypt, nobody can be refused a login, and nobody is logged in. Priors: judgement. */
const struct evidence_table stage_greeted = {
    {{CAUSE_CLIENT_ABORT, 0.3f},
     {CAUSE_KEX_MISMATCH, 0.15f},
     {CAUSE_HOSTKEY_REJECTED, 0.1f},
     {CAUSE_LOGIN_TIMEOUT, 0.1f},
     {CAUSE_MTU_BLACKHOLE, 0.1f},
     {CAUSE_INJECTED_RST, 0.05f},
     {CAUSE_PROTOCOL_MISMATCH, 0.05f},
     {CAUSE_NO_BANNER, 0.02f},
     {CAUSE_SCAN, 0.02f},
     {CAUSE_NOT_SSH, 0.01f},
     {CAUSE_SERVER_HANGUP, 0.05f},
     {CAUSE_SERVER_STALLED, 0.03f},
     {CAUSE_IDLE_DROP, 0.01f},
     {CAUSE_ADDRESS_CONFLICT, 0.002f},
     {CAUSE_INTERCEPTED, 0.003f}},
    {SPOKEN_ROWS, &scan_visit_rows, &offer_rows, &local_log_rows},
};

/* Priors: judgement. */
const struct evidence_table stage_login = {
    {{CAUSE_NONE, 0.2f},
     {CAUSE_AUTH_FAILED, 0.3f},
     {CAUSE_CLIENT_ABORT, 0.15f},
     {CAUSE_LOGIN_TIMEOUT, 0.05f},
     {CAUSE_INJECTED_RST, 0.05f},
     {CAUSE_MTU_BLACKHOLE, 0.05f},
     {CAUSE_HOSTKEY_REJECTED, 0.03f},
     {CAUSE_IDLE_DROP, 0.03f},
     {CAUSE_NOT_SSH, 0.005f},
     {CAUSE_SERVER_HANGUP, 0.03f},
     {CAUSE_SERVER_STALLED, 0.02f},
     {CAUSE_SESSION_REFUSED, 0.0003f},
     {CAUSE_SCAN, 0.001f},
     {CAUSE_ADDRESS_CONFLICT, 0.002f},
     {CAUSE_INTERCEPTED, 0.0003f}},
    {SPOKEN_ROWS, &session_rows, &local_log_rows},
};
