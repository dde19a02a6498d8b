/* Memory that a second thread has made ready before it is needed. The system gives a page at its first touch and clears
 * it then, and for a table of a million attempts that takes as long as filling it. */
#ifndef BASE_PREFAULT_H
#define BASE_PREFAULT_H

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

enum { PREFAULT_REQUESTS = 8 };

/* All zero at first. One thread asks. */
struct prefault {
    enum { PREFAULT_NOT_TRIED, PREFAULT_RUNS, PREFAULT_CANNOT } state;
    pthread_t thread;
    sem_t asked;
    atomic_bool quit;
    atomic_uint done; /* requests, so far */
    unsigned count;   /* of them in all */
    struct {
        void *at;
        size_t size;
    } request[PREFAULT_REQUESTS];
};

/* Has the pages of `size` bytes at `at`, which begin at one, brought in and cleared; what they hold stays as it is. The
 * first request starts the thread. Nothing happens where there is one processor only, or too much is asked at once.
 * Returns what prefault_wait takes. */
unsigned prefault_ask(struct prefault *prefault, void *at, size_t size);

/* Before memory that was asked for is given back while others go on. */
void prefault_wait(const struct prefault *prefault, unsigned asked);

/* The same for all of it. */
void prefault_end(struct prefault *prefault);

#endif
