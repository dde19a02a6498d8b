/* Two MAC addresses at one address: one machine's, or two machines'; and whether it matters to an attempt. */
#include "conflict.h"

#include <stdlib.h>
#include <string.h>

#include "reset.h"
#include "spoken.h"

uint64_t mac_value(const uint8_t *mac)
{
    uint64_t value = 0;
    for (int i = 0; i < MAC_SIZE; i++)
        value = value << 8 | mac[i];
    return value;
}

bool macs_are_neighbours(const uint8_t *a, const uint8_t *b)
{
    enum { PREFIX = 3, PORTS = 16 };
    const long apart = (long)((mac_value(a) & 0xffffff)) - (long)(mac_value(b) & 0xffffff);
    return memcmp(a, b, PREFIX) == 0 && labs(apart) <= PORTS;
}

bool went_well(const struct view *v)
{
    if (v->login.success && !ending_rst(v) && !stuck_side(v))
        return true;
    if (!v->client || !seen(&v->client->fin))
        return false;
    const bool first = !(seen(&v->server->fin) && v->server->fin.ts_us <= v->client->fin.ts_us) &&
                       !(seen(&v->server->rst) && v->server->rst.ts_us <= v->client->fin.ts_us);
    if (!first)
        return false;
    return v->stage == STAGE_BANNER ? !v->dialogue->clock.kexinit_us[SIDE_CLIENT]
                                    : v->stage == STAGE_ACCEPTED && mute_us(v) < EARLY_LEAVE_US;
}

/* The part of the weight that is left where the two MAC addresses may be one machine's. Judgement. */
static const float one_machine = 0.13f;

/* A password that was refused, or a prompt that was left, may have nothing to do with it: the client, which knows the
 * host key, went on. Judgement. */
static const float past_host_key = 0.78f;

bool answers_cross(const struct view *v, const uint8_t *a, const uint8_t *b)
{
    const struct server_identity *i = v->file->identity;
    if (!i || !i->crossed_number)
        return false;
    const bool there = memcmp(i->crossed_asked, a, MAC_SIZE) == 0 && memcmp(i->crossed_mac, b, MAC_SIZE) == 0;
    const bool back = memcmp(i->crossed_asked, b, MAC_SIZE) == 0 && memcmp(i->crossed_mac, a, MAC_SIZE) == 0;
    return there || back;
}

float part_of(const struct view *v, const uint8_t *a, const uint8_t *b, bool meanwhile)
{
    return (macs_are_neighbours(a, b) || answers_cross(v, a, b) ? one_machine : 1) *
           (v->stage >= STAGE_AUTH && !meanwhile ? past_host_key : 1);
}
