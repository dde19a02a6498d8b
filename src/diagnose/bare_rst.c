/* RSTs without ACK that answer a SYN: a client that waits for its SYN-ACK ignores them (RFC 9293 section 3.10.7.3), and
 * sends its SYN again until it gives up. */
#include "bare_rst.h"

static bool bare(const struct view *v)
{
    return v->stage == STAGE_NO_ANSWER && v->answer && v->answer->bare_rsts;
}

/* passt's: TTL 255, a window (65535, or what it had for the connection before: 14600), in IPv4 neither DF nor an ID
 * (lab). It sends that for every connection that is refused beyond it. */
bool bare_rst_of_passt(const struct view *v)
{
    enum { FULL_TTL = 255 };
    if (lacks(v, FIELD_TTL | FIELD_WINDOW | FIELD_OPTIONS | FIELD_IP_ID | FIELD_DF))
        return false;
    const struct mark *m = v->answer ? &v->answer->bare_rst : NULL;
    return bare(v) && m->ttl == FULL_TTL && !m->ip_id && !(m->bits & (MARK_DF | MARK_OPTIONS));
}

static bool bare_rst(const struct view *v, struct finding *f)
{
    if (!bare(v) || bare_rst_of_passt(v))
        return false;
    f->packet = v->answer->bare_rst.number;
    f->value[0] = v->answer->bare_rsts;
    return true;
}

/* The part of the weight that counts without a window: the snaplen cut it off, or another wrote the RST. Judgement. */
static const float no_window = 0.72f;

static bool passt_refuses(const struct view *v, struct finding *f)
{
    if (!bare_rst_of_passt(v))
        return false;
    f->packet = v->answer->bare_rst.number;
    f->value[0] = v->answer->bare_rsts;
    f->scale = v->answer->bare_rst.window ? 1 : no_window;
    return true;
}

static const struct evidence_row rows[] = {
    {"bare-rst",
     VIEW_TEST(bare_rst),
     {{CAUSE_SILENT_DROP, 0.5f}},
     "RSTs without ACK came back: {0}; a client ignores them, and for it the SYN stays unanswered",
     "RFC 9293 section 3.10.7.3"},
    {"bare-rst-of-passt",
     VIEW_TEST(passt_refuses),
     {{CAUSE_KERNEL_RST, 13.5f}},
     "{0} RSTs without ACK came back, with TTL 255: so passt, a user-mode network, tells that it "
     "was refused beyond it; the client ignores them, and times out",
     "RFC 9293 section 3.10.7.3; lab: passt of Debian 12"},
};

const struct evidence_rows bare_rst_rows = EVIDENCE_ROWS(rows);
