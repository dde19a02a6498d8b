#include "watched_ports.h"

#include <stdio.h>
#include <string.h>

/* A busy server takes seconds to greet, and a client waits as long as that. */
enum { TRIAL_US = 10000000, TRIALS_IN_VAIN = 8 };

static struct port_trial *trial_of(struct watched_ports *watched, uint16_t port)
{
    for (int i = 0; i < PORT_TRIALS; i++)
        if (watched->trial[i].port == port)
            return &watched->trial[i];
    return NULL;
}

static void begin_trial(struct watched_ports *watched, uint16_t port, int64_t ts_us)
{
    struct port_trial *trial = trial_of(watched, port);
    if (trial || watched->in_vain[port] >= TRIALS_IN_VAIN || !(trial = trial_of(watched, 0)))
        return;
    *trial = (struct port_trial){port, ts_us + TRIAL_US};
    watched->in_vain[port]++;
    watched->changed = true;
}

static bool learn(struct watched_ports *watched, uint16_t port)
{
    struct port_trial *trial = trial_of(watched, port);
    if (port_set_has(&watched->ports, port) || watched->learned == PORTS_LEARNED)
        return false;
    if (trial)
        trial->port = 0; /* the filter takes it already */
    else
        watched->changed = true;
    watched->learned++;
    port_set_add(&watched->ports, port);
    return true;
}

bool watched_ports_note(struct watched_ports *watched, enum other_port_news news, uint16_t port, int64_t ts_us)
{
    switch (news) {
    case OTHER_PORT_SERVER_SPOKE:
        return learn(watched, port);
    case OTHER_PORT_CLIENT_SPOKE:
        begin_trial(watched, port, ts_us);
        return false;
    case OTHER_PORT_REFUSED:
        watched->refused[port] += watched->refused[port] < UINT32_MAX;
        return false;
    }
    return false;
}

static void end_trials(struct watched_ports *watched, int64_t now_us)
{
    for (int i = 0; i < PORT_TRIALS; i++)
        if (watched->trial[i].port && now_us >= watched->trial[i].until_us) {
            watched->trial[i].port = 0;
            watched->changed = true;
        }
}

bool watched_ports_filter(struct watched_ports *watched, int64_t now_us, struct port_set *out)
{
    end_trials(watched, now_us);
    if (!watched->changed)
        return false;
    watched->changed = false;
    *out = watched->ports;
    for (int i = 0; i < PORT_TRIALS; i++)
        if (watched->trial[i].port)
            port_set_add(out, watched->trial[i].port);
    return true;
}

/* Whoever moves SSH to another port likes to keep its number in it: 222, 2022, 4422, 22022. */
static bool is_like_ssh(uint16_t port)
{
    char digits[8];
    snprintf(digits, sizeof digits, "%u", port);
    return strstr(digits, "22") != NULL;
}

uint16_t watched_ports_refused(const struct watched_ports *watched, uint64_t *count, uint64_t *others)
{
    uint16_t best = 0;
    uint64_t all = 0;
    for (uint32_t port = 1; port < 65536; port++) {
        uint32_t refused = port_set_has(&watched->ports, (uint16_t)port) ? 0 : watched->refused[port];
        bool like = is_like_ssh((uint16_t)port), best_like = is_like_ssh(best);
        all += refused;
        if (refused > 0 &&
            (best == 0 || (like && !best_like) || (like == best_like && refused > watched->refused[best])))
            best = (uint16_t)port;
    }
    *count = watched->refused[best];
    *others = all - *count;
    return best;
}
