/* Success is not the end: whether a session began after it. */
#include "reset.h"
#include "spoken.h"

static bool before(const struct mark *mark, int64_t us)
{
    return seen(mark) && mark->ts_us <= us;
}

/* When the server ended the connection by itself, or 0. */
static int64_t server_ended_us(const struct view *v)
{
    const struct mark *fin = &v->server->fin, *rst = ending_rst(v);
    const bool reset = rst == &v->server->rst && !reset_is_foreign(v);
    int64_t ended = seen(fin) ? fin->ts_us : reset ? rst->ts_us : 0;
    return before(&v->client->fin, ended) || before(&v->client->rst, ended) ? 0 : ended;
}

/* A server that refuses a session does so at once, or when PAM has made up its mind. Who closes an idle -N session long
 * after has other reasons. Judgement. */
static float part_by_delay(int64_t us)
{
    enum { AT_ONCE_US = 3000000, SLOWLY_US = 40000000 };
    return us < AT_ONCE_US ? 1 : us < SLOWLY_US ? 0.7f : 0.1f;
}

/* Where sizes are only a hint; where packets are missing, among which the session may have been. Judgement. */
static const float by_hints = 0.75f, by_part = 0.6f;

/* The channel was asked for, and before anything could be asked of it the server left. */
static bool no_session(const struct view *v, struct finding *f)
{
    enum { A_SESSION = 2 };
    const struct login_reading *login = &v->login;
    if (!login->success || !login->success_us || login->rounds_after >= A_SESSION || !v->server ||
        v->dialogue->events == LOGIN_EVENTS)
        return false;
    int64_t ended = server_ended_us(v);
    if (ended < login->success_us)
        return false;
    f->packet = seen(&v->server->fin) ? v->server->fin.number : v->server->rst.number;
    f->value[0] = (uint64_t)(ended - login->success_us);
    f->scale = part_by_delay(ended - login->success_us) * (login->exact ? 1 : by_hints);
    if (lacks_bytes(v, SIDE_SERVER) || lacks_bytes(v, SIDE_CLIENT))
        f->scale *= by_part;
    return true;
}

/* The capture ends so soon after success that a session had no time to begin, or to be refused; or what followed is not
 * in it. */
static bool session_not_seen(const struct view *v, struct finding *f)
{
    enum { SOON_US = 3000000, A_SESSION = 2 };
    const struct login_reading *login = &v->login;
    const int64_t until = v->file->observed_until_us;
    if (!login->success || !login->success_us || login->rounds_after >= A_SESSION || !v->server ||
        (until - login->success_us > SOON_US && login->rounds_after) || v->dialogue->events == LOGIN_EVENTS)
        return false;
    const struct mark *const ends[] = {&v->server->fin, &v->client->fin, &v->server->rst, &v->client->rst};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (seen(ends[i]))
            return false;
    f->packet = login->success_number;
    f->value[0] = until > login->success_us ? (uint64_t)(until - login->success_us) : 0;
    return true;
}

static const struct evidence_row rows[] = {
    {"session-not-seen",
     VIEW_TEST(session_not_seen),
     {{CAUSE_SESSION_REFUSED, 5.0f}},
     "of the {0t} after success, the capture does not show that a session began, nor an end",
     "captures that end early"},
    {"no-session",
     VIEW_TEST(no_session),
     {{CAUSE_SESSION_REFUSED, 11.0f}, {CAUSE_IDLE_DROP, -2.0f}},
     "{0t} after the login had gone through the server closed, before a session had begun",
     "RFC 4254 section 6; OpenSSH sshd.c, session.c do_setusercontext; lab"},
};

const struct evidence_rows session_rows = EVIDENCE_ROWS(rows);
