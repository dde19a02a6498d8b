/* Connections that a server turns away for their number or for who sends them: MaxStartups, PerSourcePenalties. */
#include "accepted.h"

static bool says_maxstartups(const struct view *v, struct finding *f)
{
    f->packet = v->dialogue ? v->dialogue->refusal_number : 0;
    return v->dialogue && v->dialogue->refusal == SSH_REFUSAL_MAXSTARTUPS;
}

static bool says_not_allowed(const struct view *v, struct finding *f)
{
    f->packet = v->dialogue ? v->dialogue->refusal_number : 0;
    return v->dialogue && v->dialogue->refusal == SSH_REFUSAL_NOT_ALLOWED;
}

/* The part of the weight that a number of waiting connections has. OpenSSH drops some from 10 on (sshd_config(5)
 * MaxStartups 10:30:100), dropbear allows 5 for each address (MAX_UNAUTH_PER_IP); the steps are judgement. */
static const struct {
    unsigned at_least;
    float part;
} waiting_steps[] = {{10, 1}, {4, 0.85f}, {2, 0.6f}, {0, 0.4f}};

static float waiting_part(unsigned waiting)
{
    size_t i = 0;
    while (waiting < waiting_steps[i].at_least)
        i++;
    return waiting_steps[i].part;
}

/* Since OpenSSH 9.8 these words are a penalty's as well, and a few connections that wait are nothing unusual.
 * Judgement.
 */
static const float few_before_penalty = 0.3f;

static bool others_waiting(const struct view *v, struct finding *f)
{
    f->packet = v->load->number;
    f->value[0] = v->load->unauthenticated;
    f->value[1] = v->load->unauthenticated_same;
    enum { FEW = 4 };
    struct finding words = {.scale = 1};
    f->scale = waiting_part(v->load->unauthenticated);
    if (says_not_allowed(v, &words) && v->load->unauthenticated < FEW)
        f->scale *= few_before_penalty;
    return v->load->unauthenticated > 0 && v->shaken &&
           (program_closed(v) || (v->dialogue && v->dialogue->refusal != SSH_REFUSAL_NONE));
}

/* The part of the weight that nobody waiting has where others may not show. Judgement. */
static const float others_cut = 0;          /* their words were cut too: who had logged in is not known */
static const float others_elsewhere = 0.5f; /* at the client other clients' connections do not come by */

static bool nobody_waiting(const struct view *v, struct finding *f)
{
    f->packet = v->load->number;
    if (v->attempt->facts & FACT_CUT)
        f->scale = others_cut;
    else if (v->vantage == VANTAGE_CLIENT)
        f->scale = others_elsewhere;
    return v->shaken && v->load->number && v->load->unauthenticated == 0;
}

static bool failed_before(const struct view *v, struct finding *f)
{
    f->value[0] = v->history->failed_logins;
    return v->history->failed_logins > 0;
}

static bool others_greeted(const struct view *v, struct finding *f)
{
    f->packet = v->load->number;
    f->value[0] = v->load->bannered_others;
    return v->load->bannered_others > 0;
}

static const struct evidence_row rows[] = {
    {"text-maxstartups",
     VIEW_TEST(says_maxstartups),
     {{CAUSE_MAXSTARTUPS, 9.0f}},
     "the server said \"Exceeded MaxStartups\" in place of its banner",
     "OpenSSH 8.2 to 9.7, sshd.c drop_connection"},
    {"text-not-allowed",
     VIEW_TEST(says_not_allowed),
     {{CAUSE_MAXSTARTUPS, 8.0f}, {CAUSE_SOURCE_PENALTY, 8.6f}},
     "the server said \"Not allowed at this time\": MaxStartups or PerSourcePenalties",
     "OpenSSH 9.8, sshd.c; srclimit.c"},
    {"crowd-waiting",
     VIEW_TEST(others_waiting),
     {{CAUSE_MAXSTARTUPS, 4.5f}},
     "other connections that were waiting to log in at that moment: {0}, of them from this client: {1}",
     "sshd_config(5) MaxStartups; dropbear MAX_UNAUTH_PER_IP; lab"},
    {"nobody-waiting",
     VIEW_TEST(nobody_waiting),
     {{CAUSE_MAXSTARTUPS, -1.5f}},
     "no other connection was waiting to log in at that moment, as far as the capture shows",
     "sshd_config(5) MaxStartups; lab"},
    {"failed-before",
     VIEW_TEST(failed_before),
     {{CAUSE_SOURCE_PENALTY, 2.5f}, {CAUSE_CLOSED_BEFORE_BANNER, 0.3f}},
     "this client had failed to log in before (connections that ended so: {0})",
     "sshd_config(5) PerSourcePenalties"},
    {"others-greeted",
     VIEW_TEST(others_greeted),
     {{CAUSE_SOURCE_PENALTY, 1.0f}, {CAUSE_CLOSED_BEFORE_BANNER, 0.5f}},
     "other connections that the server greeted at about the same time: {0}",
     "judgement"},
};

const struct evidence_rows limit_rows = EVIDENCE_ROWS(rows);
