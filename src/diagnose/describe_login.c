/* Versions, fingerprints, algorithms, and how long each stage of a login took. */
#include "describe.h"

bool kexinit_of(const struct view *v, enum side side, struct ssh_kexinit *out)
{
    return v->dialogue && dialogue_kexinit(v->dialogue, side, out);
}

static int64_t between(int64_t from, int64_t to)
{
    return from && to && to >= from ? to - from : -1;
}

/* From success to whoever ended the connection first. */
static int64_t session_us(const struct view *v)
{
    const struct mark *const ends[] = {&v->server->fin, &v->client->fin, &v->server->rst, &v->client->rst};
    int64_t first = 0;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (seen(ends[i]) && (!first || ends[i]->ts_us < first))
            first = ends[i]->ts_us;
    return v->login.success_us && first > v->login.success_us ? first - v->login.success_us : 0;
}

/* Key exchange ends with the later NEWKEYS; authentication begins there. */
static void time_stages(const struct view *v, struct ssh_report *out)
{
    const struct ssh_clock *clock = &v->dialogue->clock;
    int64_t shaken = v->connection->handshake_ack.ts_us;
    int64_t client_keys = clock->newkeys_us[SIDE_CLIENT], server_keys = clock->newkeys_us[SIDE_SERVER];
    int64_t keys = client_keys > server_keys ? client_keys : server_keys;
    out->name_us = v->attempt->name_us ? (int64_t)v->attempt->name_us : -1;
    out->tcp_us = between(v->syn->ts_us, shaken);
    out->banner_us = between(shaken, clock->banner_us[SIDE_SERVER]);
    out->kex_us = between(clock->banner_us[SIDE_SERVER], keys);
    out->opening_us = v->login.waits.opening_us;
    out->session_us = session_us(v);
    out->auth_us = between(keys, v->login.success_us ? v->login.success_us : v->login.last_answer_us);
}

static void read_algorithms(const struct view *v, struct ssh_report *out)
{
    struct ssh_kexinit client, server;
    bool have_client = kexinit_of(v, SIDE_CLIENT, &client), have_server = kexinit_of(v, SIDE_SERVER, &server);
    if (have_client)
        ssh_hassh(&client, false, out->hassh);
    if (have_server)
        ssh_hassh(&server, true, out->hassh_server);
    if (!have_client || !have_server)
        return;
    ssh_negotiate(&client, &server, &out->negotiation);
    out->negotiated = true;
}

static const char *method_of(const struct login_reading *login)
{
    if (login->password_tries && !login->key_tries)
        return "password";
    if (login->key_tries && !login->password_tries)
        return "publickey";
    return login->key_tries ? "publickey, then password" : NULL;
}

void describe_login(const struct view *v, struct ssh_report *out)
{
    const struct dialogue *d = v->dialogue;
    if (!d || !(v->banner[SIDE_CLIENT] || v->banner[SIDE_SERVER]))
        return;
    out->present = true;
    out->client_version = v->banner[SIDE_CLIENT] ? d->banner[SIDE_CLIENT].text : NULL;
    out->server_version = v->banner[SIDE_SERVER] ? d->banner[SIDE_SERVER].text : NULL;
    out->login_tries = v->login.failures;
    out->login_method = method_of(&v->login);
    time_stages(v, out);
    read_algorithms(v, out);
}
