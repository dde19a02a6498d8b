#include "view.h"

static bool has_banner(const struct dialogue *d, enum side side)
{
    return d && d->clock.banner_us[side];
}

static enum stage stage_of(const struct view *v)
{
    enum stage stage = attempt_stage(v->attempt);
    return stage == STAGE_AUTH && v->login.success ? STAGE_SESSION : stage;
}

static struct passing_fields passing_fields_of(const struct mark *mark)
{
    return (struct passing_fields){.seq = mark->seq,
                                   .ack = mark->ack,
                                   .flow_label = mark->flow_label,
                                   .ip_id = mark->ip_id,
                                   .mac = mark->bits & MARK_MAC ? mark->mac : NULL};
}

static struct answer_facts refusal_facts(const struct attempt *a)
{
    const struct passing_fields syn = passing_fields_of(&a->syn), rst = passing_fields_of(&a->answer->refusal);
    return answer_facts_of(&syn, &rst);
}

void view_make(const struct case_file *file, struct view *out)
{
    static const struct server_load nobody;
    const struct attempt *a = file->attempt;
    const struct connection *c = a->answer ? a->answer->connection : NULL;
    *out = (struct view){
        .file = file,
        .attempt = a,
        .syn = &a->syn,
        .answer = a->answer,
        .connection = c,
        .dialogue = c ? c->dialogue : NULL,
        .client = c ? &c->side[SIDE_CLIENT] : NULL,
        .server = c ? &c->side[SIDE_SERVER] : NULL,
        .server_host = file->server,
        .client_host = file->client,
        .history = &a->history,
        .load = a->answer ? &a->answer->load : &nobody,
        .ipv6 = !address_is_ipv4(&a->key.client),
        .waited_us = file->observed_until_us - a->last_syn_us,
    };
    out->shaken = c && seen(&a->answer->synack) && (seen(&c->handshake_ack) || c->side[SIDE_SERVER].payload_bytes);
    out->banner[SIDE_CLIENT] = has_banner(out->dialogue, SIDE_CLIENT);
    out->banner[SIDE_SERVER] = has_banner(out->dialogue, SIDE_SERVER);
    login_read(c, &out->login);
    if (a->answer && seen(&a->answer->refusal))
        out->refusal = refusal_facts(a);
    out->stage = stage_of(out);
    out->vantage = vantage_of(out);
}

const struct mark *own_mark(const struct view *v)
{
    const struct host *h = v->server_host;
    if (v->server && seen(&v->server->first_payload))
        return &v->server->first_payload;
    if (h && h->own_packets)
        return &h->own;
    if (v->answer && seen(&v->answer->synack))
        return &v->answer->synack;
    return NULL;
}

unsigned own_ttl(const struct view *v)
{
    const struct mark *own = own_mark(v);
    return own ? own->ttl : 0;
}

int64_t reply_delay_us(const struct view *v, int64_t reply_us)
{
    /* A host whose round trip is near the second after which a SYN is sent again may be answering the first one. */
    enum { CLEARLY_SOONER_US = 500000 };
    bool far = v->server_host && v->server_host->rtt_us > CLEARLY_SOONER_US;
    int64_t since_last = reply_us - v->attempt->last_syn_us;
    return since_last >= 0 && !far ? since_last : reply_us - v->syn->ts_us;
}

int64_t mute_us(const struct view *v)
{
    if (!v->connection)
        return 0;
    int64_t from = seen(&v->connection->handshake_ack) ? v->connection->handshake_ack.ts_us : v->answer->synack.ts_us;
    int64_t until = v->file->observed_until_us;
    if (v->server->first_payload_us)
        until = v->server->first_payload_us;
    else if (v->connection->closed_us)
        until = v->connection->closed_us;
    if (seen(&v->client->fin) && v->client->fin.ts_us < until)
        until = v->client->fin.ts_us;
    if (seen(&v->server->fin) && v->server->fin.ts_us < until)
        until = v->server->fin.ts_us;
    return until - from;
}

bool refusal_on_loopback(const struct view *v)
{
    if (!v->answer || !seen(&v->answer->refusal) || !v->refusal.mac_none)
        return false;
    /* A connection to an address of one's own goes over loopback by right; then its SYN is there too. */
    return !seen(v->syn) || v->attempt->facts & FACT_NO_SYN;
}

/* How far failed tries speak for a ban, by their number: fail2ban's maxretry is 5 by default and often set lower
 * (jail.conf); the steps are judgement. */
static const float ban_by_tries[] = {0, 0.5f, 0.8f, 1};

/* Who got in since had not been banned for them. Judgement. */
static const float banned_though_let_in = 0.5f;

float ban_history(const struct view *v)
{
    const struct history *h = v->history;
    float part = ban_by_tries[h->failed_tries < 3 ? h->failed_tries : 3];
    return h->last_session_us > h->last_failed_us ? banned_though_let_in * part : part;
}

/* One hop more or less may be another way through the network (RFC 2992). Judgement. */
static const float one_hop_apart = 0.7f;

float ttl_gap_part(unsigned a, unsigned b)
{
    return (a > b ? a - b : b - a) >= 2 ? 1 : one_hop_apart;
}

unsigned refusal_ttl(const struct view *v)
{
    const struct mark *rst = &v->answer->refusal;
    bool forwarded = rst->bits & MARK_OUT && v->server_host && v->server_host->own_arrives;
    return rst->ttl + (forwarded && hops_from_start(rst->ttl) > 0);
}

const struct port_reply *further_refusal(const struct view *v)
{
    const struct host *h = v->server_host;
    const struct mark *rst = v->answer ? &v->answer->refusal : NULL;
    if (!h || !seen(rst))
        return NULL;
    for (int i = 0; i < h->ports_used; i++) {
        const struct port_reply *other = &h->ports[i].reply;
        if (h->ports[i].state == PORT_REFUSES && h->ports[i].port != v->attempt->key.server_port && other->number &&
            other->interface == rst->interface && other->out == ((rst->bits & MARK_OUT) != 0) &&
            other->ttl < rst->ttl && ttl_start(other->ttl) == ttl_start(rst->ttl))
            return other;
    }
    return NULL;
}

static void later_of(int64_t *latest, int64_t candidate, int64_t before_us)
{
    if (candidate < before_us && candidate > *latest)
        *latest = candidate;
}

int64_t last_word_us(const struct view *v, int64_t before_us)
{
    const struct dialogue *d = v->dialogue;
    int64_t latest = 0;
    if (!d)
        return 0;
    for (int side = 0; side < 2; side++) {
        const struct ssh_clock *c = &d->clock;
        later_of(&latest, v->connection->side[side].first_payload_us, before_us);
        later_of(&latest, v->connection->side[side].last_payload_us, before_us);
        later_of(&latest, c->banner_us[side], before_us);
        later_of(&latest, c->kexinit_us[side], before_us);
        later_of(&latest, c->kex_us[side], before_us);
        later_of(&latest, c->newkeys_us[side], before_us);
    }
    for (uint32_t i = 0; i < d->events; i++)
        later_of(&latest, d->event[i].ts_us, before_us);
    return latest;
}

bool gap_stays(const struct view *v, enum side side)
{
    if (!v->connection)
        return false;
    const struct flow_side *sender = &v->connection->side[side], *receiver = &v->connection->side[!side];
    if (!seen(&sender->beyond_gap) || !receiver->seen)
        return false;
    return (int32_t)(receiver->acked - sender->beyond_gap.seq) < 0;
}

bool full_ttl_from_afar(const struct view *v, unsigned ttl)
{
    const struct host *h = v->server_host;
    unsigned own = own_ttl(v);
    return v->vantage == VANTAGE_CLIENT && h && h->router_number && !h->found_number && hops_from_start(ttl) == 0 &&
           (!own || hops_from_start(own) > 0);
}

const struct port_fact *server_port_fact(const struct view *v)
{
    const struct host *h = v->server_host;
    for (int i = 0; h && i < h->ports_used; i++)
        if (h->ports[i].port == v->attempt->key.server_port)
            return &h->ports[i];
    return NULL;
}
