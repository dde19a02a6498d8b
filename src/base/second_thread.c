#include "base/second_thread.h"

#include <sched.h>
#include <signal.h>

bool second_processor_is_there(void)
{
    cpu_set_t usable;
    return sched_getaffinity(0, sizeof usable, &usable) == 0 && CPU_COUNT(&usable) > 1;
}

bool second_thread_start(pthread_t *thread, void *(*work)(void *), void *argument)
{
    sigset_t all, before;

    sigfillset(&all);
    sigdelset(&all, SIGSYS); /* a system call that is denied is this thread's own affair */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failure = pthread_create(thread, NULL, work, argument);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failure == 0;
}
