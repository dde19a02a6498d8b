/* How far away the sender of a RST is, and by which MAC address it came: the target, or another machine? */
#include "identity.h"
#include "refused.h"

static bool rst_ttl_differs(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_TTL))
        return false;
    const struct host *h = v->server_host;
    const struct mark *own = host_mark(v);
    unsigned ttl = refusal_ttl(v);
    if (!own || (ttl >= h->own_ttl_min && ttl <= h->own_ttl_max))
        return false;
    f->packet = rst(v)->number;
    f->value[0] = ttl;
    f->value[1] = own->ttl;
    f->value[2] = own->number;
    f->scale = ttl_gap_part(ttl, own->ttl);
    return true;
}

static bool rst_nearer(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_TTL))
        return false;
    const struct port_reply *further = further_refusal(v);
    if (!further || host_mark(v))
        return false;
    f->packet = rst(v)->number;
    f->value[0] = rst(v)->ttl;
    f->value[1] = further->ttl;
    f->value[2] = further->number;
    return true;
}

/* Some routers write a TTL of their own into all that they forward; one that is itself the sender answers at once. */
static const float full_but_late = 0.2f; /* Judgement. */

static bool rst_full_ttl(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_TTL))
        return false;
    if (!full_ttl_from_afar(v, rst(v)->ttl) || from_user_mode_nat(v))
        return false;
    f->scale = delay_class_of(reply_delay_us(v, rst(v)->ts_us)) == DELAY_NEAR ? 1 : full_but_late;
    f->packet = rst(v)->number;
    f->value[0] = rst(v)->ttl;
    f->value[1] = v->server_host->router_number;
    return true;
}

static bool rst_ttl_same(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_TTL))
        return false;
    const struct mark *own = host_mark(v);
    if (!own || own->ttl != refusal_ttl(v))
        return false;
    f->packet = rst(v)->number;
    f->value[0] = own->ttl;
    f->value[1] = own->number;
    return true;
}

bool round_trip_is_sure(const struct host *h, int64_t delay_us)
{
    enum { SAMPLES = 8, SPREAD_US = 500000, TIMES = 10 };
    const bool often = h->rtt_samples >= SAMPLES && h->rtt_last_us - h->rtt_first_us >= SPREAD_US;
    return often || delay_us * TIMES <= (int64_t)h->rtt_us;
}

/* What counts of it while few round trips are known: a busy machine may have held them all up. Judgement. */
static const float few_round_trips = 0.3f;

static bool rst_too_fast(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_TIME))
        return false;
    const struct host *h = v->server_host;
    int64_t delay = reply_delay_us(v, rst(v)->ts_us);
    if (!h || h->rtt_us < 4000 || h->rtt_samples < 3 || !seen(v->syn) || delay < 0 ||
        delay * 10 > (int64_t)h->rtt_us * 7)
        return false;
    f->scale = round_trip_is_sure(h, delay) ? 1 : few_round_trips;
    f->packet = rst(v)->number;
    f->value[0] = (uint64_t)delay;
    f->value[1] = h->rtt_us;
    f->value[2] = h->rtt_number;
    return true;
}

static bool rst_other_mac(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_MAC))
        return false;
    if (!refused_from_new_mac(v))
        return false;
    f->packet = rst(v)->number;
    f->value[0] = own_mark(v) ? own_mark(v)->number : 0;
    return true;
}

static const struct evidence_row rows[] = {
    {"rst-ttl-differs",
     VIEW_TEST(rst_ttl_differs),
     {{CAUSE_FIREWALL_RST, 4.2f}},
     "the RST has TTL {0}, the host's own packets (#{2}) have {1}: another machine sent it in the host's name",
     "Weaver, Sommer, Paxson, NDSS 2009; lab"},
    {"rst-nearer",
     VIEW_TEST(rst_nearer),
     {{CAUSE_FIREWALL_RST, 2.5f}},
     "the RST has TTL {0}, the host's RST for another port (#{2}) has {1}: what sent this one is nearer",
     "nf_reject_ipv4.c; lab"},
    {"rst-full-ttl",
     VIEW_TEST(rst_full_ttl),
     {{CAUSE_FIREWALL_RST, 2.5f}},
     "the RST arrived with a full TTL ({0}) although the target is behind a router (#{1}): the router sent it, or "
     "something before it",
     "RFC 791 section 3.2; nf_reject_ipv4.c; lab"},
    {"rst-ttl-same",
     VIEW_TEST(rst_ttl_same),
     {{CAUSE_KERNEL_RST, 0.09f}, {CAUSE_FAIL2BAN_BAN, 0.35f}},
     "the RST has TTL {0}, as the host's own packets (#{1}) have",
     "lab"},
    {"rst-too-fast",
     VIEW_TEST(rst_too_fast),
     {{CAUSE_FIREWALL_RST, 3.7f}},
     "the RST came {0t} after the SYN, but the host is {1t} away (#{2}): something nearer sent it",
     "lab"},
    {"rst-other-mac",
     VIEW_TEST(rst_other_mac),
     {{CAUSE_FIREWALL_RST, 4.0f}},
     "the RST came from another MAC address than every other packet of this host",
     "public captures of forged resets; lab"},
};

const struct evidence_rows refused_distance = EVIDENCE_ROWS(rows);
