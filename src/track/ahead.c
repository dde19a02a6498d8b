#include "ahead.h"

#include <errno.h>
#include <sched.h>
#include <sys/mman.h>

#include <sshsniff/second_thread.h>

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

static bool start(struct ahead *ahead)
{
    if (!second_processor_is_there() || sem_init(&ahead->asked, 0, 0) < 0)
        return false;
    const bool started = second_thread_start(&ahead->thread, work, ahead);
    if (!started)
        sem_destroy(&ahead->asked);
    return started;
}

unsigned ahead_ask(struct ahead *ahead, void *at, size_t size)
{
    if (ahead->state == AHEAD_NOT_TRIED)
        ahead->state = start(ahead) ? AHEAD_RUNS : AHEAD_CANNOT;
    if (ahead->state != AHEAD_RUNS || ahead->count - atomic_load(&ahead->done) == AHEAD_REQUESTS)
        return ahead->count;
    ahead->request[ahead->count % AHEAD_REQUESTS].at = at;
    ahead->request[ahead->count % AHEAD_REQUESTS].size = size;
    ahead->count++;
    sem_post(&ahead->asked);
    return ahead->count;
}

void ahead_wait(const struct ahead *ahead, unsigned asked)
{
    while ((int)(asked - atomic_load(&ahead->done)) > 0)
        sched_yield();
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
