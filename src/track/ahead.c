#include "ahead.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14; an older one refuses it, and pages then come at their first touch */
#endif

static void *work(void *argument)
{
    struct ahead *ahead = argument;

    for (unsigned i = 0;; i++) {
        while (sem_wait(&ahead->asked) < 0 && errno == EINTR)
            ;
        if (atomic_load(&ahead->quit))
            return NULL;
        madvise(ahead->request[i % AHEAD_REQUESTS].at, ahead->request[i % AHEAD_REQUESTS].size, MADV_POPULATE_WRITE);
        atomic_store(&ahead->done, i + 1);
    }
}

static bool has_second_processor(void)
{
    cpu_set_t usable;
    return sched_getaffinity(0, sizeof usable, &usable) == 0 && CPU_COUNT(&usable) > 1;
}

/* Signals stay with the thread that asks: a handler must not find itself in one that nobody knows of. */
static bool start(struct ahead *ahead)
{
    sigset_t all, before;

    if (!has_second_processor() || sem_init(&ahead->asked, 0, 0) < 0)
        return false;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failure = pthread_create(&ahead->thread, NULL, work, ahead);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failure)
        sem_destroy(&ahead->asked);
    return !failure;
}

void ahead_ask(struct ahead *ahead, void *at, size_t size)
{
    if (ahead->state == AHEAD_NOT_TRIED)
        ahead->state = start(ahead) ? AHEAD_RUNS : AHEAD_CANNOT;
    if (ahead->state != AHEAD_RUNS || ahead->count - atomic_load(&ahead->done) == AHEAD_REQUESTS)
        return;
    ahead->request[ahead->count % AHEAD_REQUESTS].at = at;
    ahead->request[ahead->count % AHEAD_REQUESTS].size = size;
    ahead->count++;
    sem_post(&ahead->asked);
}

void ahead_end(struct ahead *ahead)
{
    if (ahead->state == AHEAD_RUNS) {
        atomic_store(&ahead->quit, true);
        sem_post(&ahead->asked);
        pthread_join(ahead->thread, NULL);
        sem_destroy(&ahead->asked);
    }
    ahead->state = AHEAD_NOT_TRIED;
}
