#include <stdlib.h>

#include "base/steady_clock.h"
#include "connections.h"

#define LOOK_ELSEWHERE_US 900000

/* Returns the local port; 0 where there is no connection. */
static uint16_t begin(struct connections *c, uint16_t port, struct probe_service *service, int64_t now_us)
{
    struct banner_grab *grab = c->count < PLAN_CONNECTIONS ? calloc(1, sizeof *grab) : NULL;
    if (grab == NULL)
        return 0;
    uint16_t local = (uint16_t)(c->facts->base_port + PROBE_PACKETS + c->count);
    if (grab_start(grab, &c->facts->target, c->scope, port, local, c->banner_us, service, now_us)) {
        c->grab[c->count++] = grab;
        return grab->local_port;
    }
    free(grab);
    return 0;
}

static void begin_check(struct connections *c, int64_t now_us)
{
    c->check_begun = true;
    c->check_port = begin(c, c->facts->port, &c->facts->banner_check, now_us);
}

static bool has_service(const struct probe_facts *facts, uint16_t port)
{
    for (unsigned i = 0; i < facts->services; i++)
        if (facts->service[i].port == port)
            return true;
    return false;
}

void connections_begin(struct connections *c, struct banners *banners)
{
    struct probe_facts *facts = c->facts;
    for (unsigned i = 0; i < facts->packets; i++) {
        const struct probe_packet *probe = &facts->packet[i];
        if (probe->reply.kind != REPLY_SYNACK)
            continue;
        if (probe->port == facts->port && probe->kind <= ASK_PLAIN && !c->check_begun)
            begin_check(c, steady_now_us());
        else if (probe->kind == ASK_OTHER_PORT && banners != NULL)
            banners_add(banners, probe->port);
        else if (probe->kind == ASK_OTHER_PORT && !has_service(facts, probe->port) && facts->services < PROBE_SERVICES)
            (void)begin(c, probe->port, &facts->service[facts->services++], steady_now_us());
    }
}

void connections_look_elsewhere(struct connections *c, int64_t now_us)
{
    struct probe_facts *facts = c->facts;
    if (!c->check_begun && c->other_ways && !facts->near && now_us - facts->started_us > LOOK_ELSEWHERE_US &&
        !plan_heard_target(facts))
        begin_check(c, steady_now_us());
    facts->elsewhere = (facts->banner_check.accepted || facts->banner_check.refused) && !plan_heard_target(facts);
}

bool connections_step(struct connections *c, int64_t now_us)
{
    bool active = false;
    for (unsigned i = 0; i < c->count; i++)
        active |= grab_step(c->grab[i], now_us);
    return active;
}

void connections_free(struct connections *c)
{
    for (unsigned i = 0; i < c->count; i++)
        free(c->grab[i]);
    c->count = 0;
}
