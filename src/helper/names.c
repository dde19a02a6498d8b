#include "names.h"

#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "os/confine.h"
#include "os/privilege.h"
#include "probe/sockets.h"

/* A resolver that does not answer must not hold up a verdict. */
#define WAIT_MS 300

/* ---- The helper ---- */

struct question {
    int channel;
    struct helper_request request;
};

static void *answer(void *argument)
{
    struct question *q = argument;
    struct helper_answer said = {.question = HELPER_NAME, .number = q->request.number};
    struct sockaddr_storage address;
    char name[NI_MAXHOST] = "";
    socklen_t length = probe_sockaddr(&q->request.address, 0, 0, &address);
    if (getnameinfo((struct sockaddr *)&address, length, name, sizeof name, NULL, 0, NI_NAMEREQD) == 0)
        snprintf(said.text, sizeof said.text, "%.*s", (int)sizeof said.text - 1, name);
    (void)helper_tell(q->channel, &said);
    free(q);
    return NULL;
}

/* One thread for each: they wait for different servers. */
static void serve(void *context, int channel)
{
    struct helper_request request;
    (void)context;
    for (unsigned asked = 0; asked < PROBE_HOPS && helper_listen(channel, &request); asked++) {
        struct question *q = request.question == HELPER_NAME ? malloc(sizeof *q) : NULL;
        pthread_t thread;
        if (q == NULL)
            continue;
        *q = (struct question){channel, request};
        if (pthread_create(&thread, NULL, answer, q) == 0)
            pthread_detach(thread);
        else
            free(q);
    }
    while (helper_listen(channel, &request)) /* until the channel is closed: threads may be at work */
        ;
}

static bool begin(void *context, int channel, char error[HELPER_ERROR_SIZE])
{
    const struct confinement wanted = {.kind = PROCESS_NAMES,
                                       .folder = {"/etc", "/usr", "/lib", "/lib64", "/run", "/var"},
                                       .output = -1,
                                       .channel = channel};
    struct privilege now;
    struct confined got;
    (void)context;
    return privilege_drop(NULL, &now, error) && confine(&wanted, &got, error);
}

static const struct helper_duty duty = {"names", begin, serve};

/* ---- The process that asks ---- */

bool names_start(struct helper *helper, char error[HELPER_ERROR_SIZE])
{
    return helper_start(helper, &duty, NULL, error);
}

static void take(struct probe_facts *facts, const struct helper_answer *said)
{
    if (said->question == HELPER_NAME && said->number >= 0 && (unsigned)said->number < facts->hops)
        snprintf(facts->hop[said->number].name, sizeof facts->hop[0].name, "%.*s", (int)sizeof facts->hop[0].name - 1,
                 said->text);
}

void names_fill(const struct helper *helper, struct probe_facts *facts)
{
    unsigned asked = 0;
    const int64_t until_us = monotonic_us() + WAIT_MS * 1000;
    for (unsigned i = 0; i < facts->hops; i++) {
        const struct helper_request request = {
            .question = HELPER_NAME, .address = facts->hop[i].address, .number = (int32_t)i};
        asked += !address_is_none(&request.address) && helper_ask(helper, &request);
    }
    while (asked > 0) {
        struct pollfd poller = {.fd = helper->channel, .events = POLLIN};
        const int64_t left_us = until_us - monotonic_us();
        struct helper_answer said;
        if (left_us <= 0 || poll(&poller, 1, (int)(left_us / 1000) + 1) != 1 || helper_hear(helper, false, &said) != 1)
            break;
        take(facts, &said);
        asked--;
    }
}
