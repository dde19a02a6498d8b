#include "local_quick.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "helper/local.h"
#include "local/counts.h"
#include "local/listener_watch.h"
#include "local/listeners.h"
#include "local/rules_watch.h"

/* How often it looks by itself, so that there is a reading from before an attempt. */
enum { EVERY_MS = 1000 };

struct quick_reply {
    struct local_quick_request asked;
    struct local_sighting seen;
};

enum { TOLD = 32 };

struct quick {
    struct listener_watch listeners;
    struct rules_watch *rules;
    struct local_trail overflows, drops;
    struct quick_reply reply;
    uint64_t told[TOLD]; /* sockets that were told of */
    unsigned next_told;
};

/* ---- The helper ---- */

static bool is_sound(const struct local_quick_request *request)
{
    const struct local_request as_whole = {.parts = LOCAL_PART_RULES, .question = request->question};
    return request->role <= LOCAL_ROLE_CLIENT && local_request_is_sound(&as_whole);
}

static void count(struct quick *q, struct local_counts *counts)
{
    const int64_t now_us = wall_clock_us();
    local_counts_read(counts);
    if (counts->overflows_known)
        local_trail_add(&q->overflows, now_us, counts->overflows);
    if (counts->drops_known)
        local_trail_add(&q->drops, now_us, counts->conntrack_drops);
}

static void see_listeners(struct quick *q, uint16_t port, struct local_sighting *out)
{
    const struct watched_port *entry = listener_watch_see(&q->listeners, port);
    if (entry == NULL) {
        out->sockets.state = LOCAL_UNREADABLE;
        return;
    }
    out->sockets = entry->sockets;
    out->listener = entry->span;
}

static void see(struct quick *q, const struct local_quick_request *asked, struct local_sighting *out)
{
    const struct local_question *question = &asked->question;
    const bool is_client = asked->role == LOCAL_ROLE_CLIENT;
    struct local_counts counts;
    uint32_t uid = 0;
    memset(out, 0, sizeof *out);
    out->rules.deciding = -1;
    if (!is_client)
        see_listeners(q, question->port, out);
    count(q, &counts);
    out->overflows = q->overflows;
    out->conntrack_drops = q->drops;
    out->conntrack = counts.conntrack;
    out->conntrack_max = counts.conntrack_max;
    const bool uid_known =
        is_client && local_socket_user(&question->client, asked->client_port, &question->server, question->port, &uid);
    if (!address_is_none(&question->client))
        rules_watch_walk(q->rules, question, (enum local_role)asked->role, uid_known, uid, &out->rules, &out->walk,
                         &out->rule);
}

static bool was_told(struct quick *q, uint64_t socket)
{
    for (unsigned i = 0; i < TOLD; i++)
        if (q->told[i] == socket)
            return true;
    q->told[q->next_told++ % TOLD] = socket;
    return false;
}

static bool is_watched(const struct quick *q, uint16_t port)
{
    for (unsigned i = 0; i < WATCHED_PORTS; i++)
        if (q->listeners.port[i].port == port)
            return true;
    return false;
}

/* What a rule stops on its way out is in no capture: only the socket shows it. */
static void tell_of_unsent(struct quick *q, int channel)
{
    struct local_unsent unsent[UNSENT_MOST];
    const unsigned found = local_unsent_read(unsent);
    for (unsigned i = 0; i < found; i++) {
        const struct local_unsent *u = &unsent[i];
        struct quick_reply *reply = &q->reply;
        if (!is_watched(q, u->to_port) || was_told(q, u->socket))
            continue;
        memset(reply, 0, sizeof *reply);
        reply->asked = (struct local_quick_request){
            .number = (uint32_t)LOCAL_QUICK_UNASKED, .role = LOCAL_ROLE_CLIENT, .client_port = u->from_port};
        reply->asked.question = (struct local_question){.client = u->from, .server = u->to, .port = u->to_port};
        see(q, &reply->asked, &reply->seen);
        const struct local_rule *rule = local_deciding_rule(&reply->seen.rules);
        if (rule != NULL && !rule->outgoing && rule->certain && rule->fate == LOCAL_DROPS)
            (void)send(channel, reply, sizeof *reply, MSG_NOSIGNAL | MSG_DONTWAIT);
    }
}

static void look_around(struct quick *q, int channel)
{
    struct local_counts counts;
    listener_watch_refresh(&q->listeners);
    count(q, &counts);
    rules_watch_refresh(q->rules);
    tell_of_unsent(q, channel);
}

/* False once the channel is closed. */
static bool take_requests(struct quick *q, int channel)
{
    for (;;) {
        const ssize_t size = recv(channel, &q->reply.asked, sizeof q->reply.asked, MSG_TRUNC | MSG_DONTWAIT);
        if (size < 0 && (errno == EAGAIN || errno == EINTR))
            return true;
        if (size <= 0)
            return false;
        if (size != (ssize_t)sizeof q->reply.asked || !is_sound(&q->reply.asked))
            continue;
        see(q, &q->reply.asked, &q->reply.seen);
        if (q->reply.asked.number != 0 &&
            send(channel, &q->reply, sizeof q->reply, MSG_NOSIGNAL) != (ssize_t)sizeof q->reply)
            return false;
        while (waitpid(-1, NULL, WNOHANG) > 0) /* tools that took their time to die */
            ;
    }
}

static void serve(void *context, int channel)
{
    static struct quick q;
    int64_t look_us = monotonic_us() + EVERY_MS * 1000;
    (void)context;
    q.rules = rules_watch_new();
    while (q.rules != NULL) {
        struct pollfd wait[2] = {{.fd = channel, .events = POLLIN},
                                 {.fd = rules_watch_descriptor(q.rules), .events = POLLIN}};
        const int64_t left_us = look_us - monotonic_us();
        (void)poll(wait, 2, left_us > 0 ? (int)(left_us / 1000) + 1 : 0);
        if ((wait[0].revents & (POLLIN | POLLHUP)) && !take_requests(&q, channel))
            break;
        if (wait[1].revents & POLLIN)
            rules_watch_refresh(q.rules);
        if (monotonic_us() >= look_us) {
            look_around(&q, channel);
            look_us = monotonic_us() + EVERY_MS * 1000;
        }
    }
    rules_watch_free(q.rules);
}

static bool begin(void *context, int channel, char error[HELPER_ERROR_SIZE])
{
    const int size = 8 * (int)sizeof(struct quick_reply);
    (void)setsockopt(channel, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    return local_begin(context, channel, error);
}

static const struct helper_duty duty = {"--local", begin, serve};

/* ---- The one who asks ---- */

bool local_quick_start(struct helper *helper, const char *user, char error[HELPER_ERROR_SIZE])
{
    char account[LOCAL_NAME] = "";
    if (user != NULL)
        snprintf(account, sizeof account, "%s", user);
    return helper_start(helper, &duty, user != NULL ? account : NULL, error);
}

bool local_quick_ask(const struct helper *helper, const struct local_quick_request *request)
{
    return helper->channel >= 0 &&
           send(helper->channel, request, sizeof *request, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)sizeof *request;
}

static void bound_trail(struct local_trail *trail)
{
    if (trail->count > LOCAL_TALLIES)
        trail->count = 0;
}

/* As all facts are made sound. */
static void make_sound(struct local_sighting *seen)
{
    static struct local_facts facts;
    facts.sockets = seen->sockets;
    facts.rules = seen->rules;
    local_make_sound(&facts);
    seen->sockets = facts.sockets;
    seen->rules = facts.rules;
    bound_trail(&seen->rule);
    bound_trail(&seen->overflows);
    bound_trail(&seen->conntrack_drops);
}

int local_quick_hear(const struct helper *helper, int wait_ms, struct local_quick_request *asked,
                     struct local_sighting *out)
{
    static struct quick_reply reply;
    struct pollfd wait = {.fd = helper->channel, .events = POLLIN};
    if (helper->channel < 0)
        return -1;
    if (wait_ms != 0 && poll(&wait, 1, wait_ms) != 1)
        return 0;
    const ssize_t size = recv(helper->channel, &reply, sizeof reply, MSG_TRUNC | MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (size != (ssize_t)sizeof reply)
        return -1;
    *asked = reply.asked;
    *out = reply.seen;
    make_sound(out);
    return 1;
}
