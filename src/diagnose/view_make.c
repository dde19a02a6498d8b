/* A view of a case file. */
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
        .unknown = a->unknown | (file->server ? file->server->unknown : 0),
        .ipv6 = !address_is_ipv4(&a->key.client),
        .waited_us = file->observed_until_us - a->last_syn_us,
    };
    /* Data of the server shows that it accepted, although its SYN-ACK was not captured. */
    out->shaken = c && (seen(&a->answer->synack) ? seen(&c->handshake_ack) || c->side[SIDE_SERVER].payload_bytes
                                                 : seen(&c->handshake_ack) && c->side[SIDE_SERVER].seen);
    out->banner[SIDE_CLIENT] = has_banner(out->dialogue, SIDE_CLIENT);
    out->banner[SIDE_SERVER] = has_banner(out->dialogue, SIDE_SERVER);
    login_read(c, &out->login);
    if (a->answer && seen(&a->answer->refusal))
        out->refusal = refusal_facts(a);
    out->refusal.id_zero &= !lacks(out, FIELD_IP_ID);
    out->refusal.id_of_syn &= !lacks(out, FIELD_IP_ID);
    out->refusal.label_zero &= !lacks(out, FIELD_LABEL);
    out->refusal.seq_zero &= !lacks(out, FIELD_SEQ);
    out->refusal.acks_isn |= lacks(out, FIELD_ACK);
    out->stage = stage_of(out);
    out->vantage = vantage_of(out);
}
