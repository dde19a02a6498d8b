/* SYNs that reach the server, and of which it makes nothing: a wrong route back, or time stamps that went back. */
#include "silent_way_back.h"

/* The server asks its own link for a client that came through a router: it believes it a neighbour. */
bool client_is_sought(const struct view *v)
{
    enum { ABOUT_US = 5000000 };
    const struct host *h = v->client_host;
    if (lacks(v, FIELD_TTL) || !h || !seen(v->syn) || !h->searches_unanswered || hops_from_start(v->syn->ttl) == 0 ||
        !address_equal(&h->searcher, &v->attempt->key.server))
        return false;
    return h->search_last_us >= v->syn->ts_us && h->search_first_us <= v->attempt->last_syn_us + ABOUT_US;
}

static bool client_sought(const struct view *v, struct finding *f)
{
    if (!client_is_sought(v))
        return false;
    f->packet = v->client_host->search_number;
    f->address = &v->attempt->key.client;
    f->word = v->ipv6 ? "neighbour solicitations" : "ARP requests";
    f->value[0] = v->client_host->searches_unanswered;
    f->value[1] = v->syn->ttl;
    return true;
}

/* What the clock of the machine that was accepted showed when this SYN was sent. */
static uint32_t clock_then(const struct history *history, int64_t at_us)
{
    return history->accepted_timestamp + (uint32_t)((at_us - history->accepted_us) / 1000);
}

bool timestamp_went_back(const struct view *v)
{
    enum { CLEARLY_BACK_MS = 1000 };
    const struct history *history = v->history;
    if (v->vantage == VANTAGE_CLIENT || !seen(v->syn) || !(v->syn->bits & MARK_TIMESTAMPS) || !history->one_clock)
        return false;
    return (int32_t)(v->attempt->shape.timestamp - clock_then(history, v->syn->ts_us)) < -CLEARLY_BACK_MS;
}

static bool timestamp_back(const struct view *v, struct finding *f)
{
    if (!timestamp_went_back(v))
        return false;
    f->packet = v->syn->number;
    f->value[0] = v->attempt->shape.timestamp;
    f->value[1] = clock_then(v->history, v->syn->ts_us);
    f->value[2] = v->history->accepted_number;
    return true;
}

bool answers_leave_elsewhere(const struct view *v)
{
    const struct mark *synack = v->answer ? &v->answer->synack : NULL;
    return seen(synack) && seen(v->syn) && v->syn->bits & MARK_IN && synack->bits & MARK_OUT &&
           v->syn->interface != synack->interface && !(v->attempt->facts & FACT_SYN_OUT_OF_HOST);
}

static const struct evidence_row rows[] = {
    {"client-sought",
     VIEW_TEST(client_sought),
     {{CAUSE_SILENT_DROP, 3.0f}},
     "the server sent {0} {w} for {a}, whose SYN came through a router (TTL {1}): its route back is wrong, it takes "
     "the "
     "client for a neighbour, and its answers never leave",
     "RFC 826, RFC 4861; net/ipv4/route.c; lab"},
    {"timestamp-back",
     VIEW_TEST(timestamp_back),
     {{CAUSE_SILENT_DROP, 1.5f}},
     "the SYN's time stamp {0} is lower than {1}, which the clock showed then of those accepted from this address "
     "(#{2}): "
     "another machine behind the same NAT, and kernels with tcp_tw_recycle ignore such SYNs",
     "net/ipv4/tcp_ipv4.c before 4.12, tcp_conn_request, tcp_peer_is_proven; RFC 7323 section 5"},
};

const struct evidence_rows way_back_rows = EVIDENCE_ROWS(rows);
