#include <netdb.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "sockets.h"
#include <sshsniff/probe.h>

/* A resolver that does not answer must not hold up a verdict. */
#define WAIT_MS 300

/* Shared by the asking thread and the waiting one; whoever leaves last frees it. */
struct question {
    pthread_mutex_t lock;
    pthread_cond_t answered;
    struct address address;
    char name[64];
    bool done, left;
};

static void *ask(void *argument)
{
    struct question *q = argument;
    struct sockaddr_storage address;
    char name[NI_MAXHOST] = "";
    socklen_t length = probe_sockaddr(&q->address, 0, 0, &address);
    int result = getnameinfo((struct sockaddr *)&address, length, name, sizeof name, NULL, 0, NI_NAMEREQD);
    pthread_mutex_lock(&q->lock);
    if (result == 0)
        snprintf(q->name, sizeof q->name, "%.63s", name);
    q->done = true;
    bool left = q->left;
    pthread_cond_signal(&q->answered);
    pthread_mutex_unlock(&q->lock);
    if (left)
        free(q);
    return NULL;
}

static struct question *begin(const struct address *address)
{
    struct question *q = calloc(1, sizeof *q);
    pthread_t thread;
    if (q == NULL)
        return NULL;
    q->address = *address;
    pthread_mutex_init(&q->lock, NULL);
    pthread_cond_init(&q->answered, NULL);
    if (pthread_create(&thread, NULL, ask, q) != 0) {
        free(q);
        return NULL;
    }
    pthread_detach(thread);
    return q;
}

static void end(struct question *q, const struct timespec *until, char name[64])
{
    if (q == NULL)
        return;
    pthread_mutex_lock(&q->lock);
    while (!q->done && pthread_cond_timedwait(&q->answered, &q->lock, until) == 0)
        ;
    bool done = q->done;
    if (done)
        memcpy(name, q->name, sizeof q->name);
    q->left = !done;
    pthread_mutex_unlock(&q->lock);
    if (done)
        free(q);
}

void probe_names_fill(struct probe_facts *facts)
{
    struct question *questions[PROBE_HOPS] = {NULL};
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += WAIT_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    for (unsigned i = 0; i < facts->hops; i++)
        if (!address_is_none(&facts->hop[i].address))
            questions[i] = begin(&facts->hop[i].address);
    for (unsigned i = 0; i < facts->hops; i++)
        end(questions[i], &until, facts->hop[i].name);
}
