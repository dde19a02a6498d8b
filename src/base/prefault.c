#include "prefault.h"

#include <errno.h>
#include <sched.h>
#include <sys/mman.h>

#include "base/second_thread.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14; an older one refuses it, and pages then come at their first touch */
#endif

static void *work(void *argument)
{
    struct prefault *prefault = argument;

    for (unsigned i = 0;; i++) {
        while (sem_wait(&prefault->asked) < 0 && errno == EINTR)
            ;
        if (atomic_load(&prefault->quit))
            return NULL;
        madvise(prefault->request[i % PREFAULT_REQUESTS].at, prefault->request[i % PREFAULT_REQUESTS].size,
                MADV_POPULATE_WRITE);
        atomic_store(&prefault->done, i + 1);
    }
}

static bool start(struct prefault *prefault)
{
    if (!second_processor_is_there() || sem_init(&prefault->asked, 0, 0) < 0)
        return false;
    const bool started = second_thread_start(&prefault->thread, work, prefault);
    if (!started)
        sem_destroy(&prefault->asked);
    return started;
}

unsigned prefault_ask(struct prefault *prefault, void *at, size_t size)
{
    if (prefault->state == PREFAULT_NOT_TRIED)
        prefault->state = start(prefault) ? PREFAULT_RUNS : PREFAULT_CANNOT;
    if (prefault->state != PREFAULT_RUNS || prefault->count - atomic_load(&prefault->done) == PREFAULT_REQUESTS)
        return prefault->count;
    prefault->request[prefault->count % PREFAULT_REQUESTS].at = at;
    prefault->request[prefault->count % PREFAULT_REQUESTS].size = size;
    prefault->count++;
    sem_post(&prefault->asked);
    return prefault->count;
}

void prefault_wait(const struct prefault *prefault, unsigned asked)
{
    while ((int)(asked - atomic_load(&prefault->done)) > 0)
        sched_yield();
}

void prefault_end(struct prefault *prefault)
{
    if (prefault->state == PREFAULT_RUNS) {
        atomic_store(&prefault->quit, true);
        sem_post(&prefault->asked);
        pthread_join(prefault->thread, NULL);
        sem_destroy(&prefault->asked);
    }
    prefault->state = PREFAULT_NOT_TRIED;
}
