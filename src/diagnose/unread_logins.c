/* Earlier logins of which the capture lacks too much to tell how they went: a ban may follow failed ones. */
#include "unread_logins.h"

/* Who got in is no longer counted by fail2ban, and what was refused is weighed by itself. */
static bool logins_unread(const struct view *v, struct finding *f)
{
    const struct history *h = v->history;
    f->value[0] = h->unread_logins;
    return h->unread_logins && !h->failed_tries && !h->sessions;
}

static const struct evidence_row rows[] = {
    {"logins-unread",
     VIEW_TEST(logins_unread),
     {{CAUSE_FAIL2BAN_BAN, 3.0f}},
     "connections of this client that the server greeted before, and of which the capture lacks too much to tell how "
     "they ended: {0}; a ban follows failed logins",
     "fail2ban jail.conf maxretry; captures with frames lost; judgement"},
};

const struct evidence_rows unread_login_rows = EVIDENCE_ROWS(rows);
