#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/second_thread.h"

#include "worker.h"

#define BLOCKS     4
#define BLOCK_SIZE ((size_t)512 << 10) /* two fit in the second-level cache with the decompressor's own window */

_Static_assert(BLOCK_SIZE <= STREAM_BLOCK_SIZE, "the spill has room for a whole block");

struct block {
    uint8_t *memory; /* STREAM_HEADROOM, then BLOCK_SIZE */
    ssize_t size;    /* as decompress() returned it */
};

struct worker {
    const struct decompressor *decompressor;
    void *state;
    struct input *input;
    pthread_t thread;
    sem_t empty;  /* blocks the thread may fill */
    sem_t filled; /* blocks the reader may take */
    atomic_bool quit;
    struct block blocks[BLOCKS];
    unsigned taken; /* by the reader, so far; the last one is still in use */
    char error[STREAM_ERROR_SIZE];
};

static void semaphore_wait(sem_t *semaphore)
{
    while (sem_wait(semaphore) < 0 && errno == EINTR)
        ;
}

/* A file made to expand without end would be read for hours. Captures shrink to a fiftieth at best, floods of SYNs
 * that are all alike included; one that has given its first gigabyte is taken at its word no further than this. */
enum { MOST_EXPANSION = 200 };
#define FREE_BYTES (UINT64_C(1) << 30)

static bool expands_too_far(struct worker *worker, uint64_t written)
{
    if (written <= FREE_BYTES || (written - FREE_BYTES) / MOST_EXPANSION <= worker->input->given)
        return false;
    snprintf(worker->error, sizeof worker->error,
             "it expands to more than %d times its size, as no capture does: decompress it first to read all of it",
             MOST_EXPANSION);
    return true;
}

static void *work(void *argument)
{
    struct worker *worker = argument;
    uint64_t written = 0;

    for (unsigned i = 0;; i++) {
        struct block *block = &worker->blocks[i % BLOCKS];
        semaphore_wait(&worker->empty);
        if (atomic_load(&worker->quit))
            return NULL;
        block->size = worker->decompressor->decompress(worker->state, worker->input, block->memory + STREAM_HEADROOM,
                                                       BLOCK_SIZE, worker->error);
        written += block->size > 0 ? (uint64_t)block->size : 0;
        if (expands_too_far(worker, written))
            block->size = -1;
        sem_post(&worker->filled);
        if (block->size <= 0)
            return NULL;
    }
}

ssize_t worker_next(struct stream *stream, const uint8_t *tail, size_t tail_size, uint8_t **block)
{
    struct worker *worker = stream->state;

    semaphore_wait(&worker->filled);
    struct block *next = &worker->blocks[worker->taken % BLOCKS];
    *block = next->memory + STREAM_HEADROOM;
    if (tail_size > 0)
        memcpy(*block - tail_size, tail, tail_size);
    if (worker->taken++ > 0)
        sem_post(&worker->empty); /* the one before: its tail has been saved */
    if (next->size < 0)
        memcpy(stream->error, worker->error, sizeof stream->error);
    return next->size;
}

static void release(struct worker *worker)
{
    worker->decompressor->close(worker->state);
    for (int i = 0; i < BLOCKS; i++)
        free(worker->blocks[i].memory);
    sem_destroy(&worker->empty);
    sem_destroy(&worker->filled);
    free(worker);
}

void worker_close(struct stream *stream)
{
    struct worker *worker = stream->state;

    atomic_store(&worker->quit, true);
    sem_post(&worker->empty);
    pthread_join(worker->thread, NULL);
    release(worker);
}

bool worker_start(struct stream *stream, const struct decompressor *decompressor, void *state)
{
    struct worker *worker = calloc(1, sizeof *worker);
    bool complete = worker != NULL;

    if (worker == NULL) {
        decompressor->close(state);
    } else {
        worker->decompressor = decompressor;
        worker->state = state;
        worker->input = &stream->input;
        sem_init(&worker->empty, 0, BLOCKS);
        sem_init(&worker->filled, 0, 0);
        for (int i = 0; i < BLOCKS; i++)
            complete &= (worker->blocks[i].memory = malloc(STREAM_HEADROOM + BLOCK_SIZE)) != NULL;
        complete = complete && second_thread_start(&worker->thread, work, worker);
        if (!complete)
            release(worker);
    }
    if (!complete) {
        snprintf(stream->error, sizeof stream->error, "no memory or no thread for decompression");
        return false;
    }
    stream->kind = &decompressor->stream_kind;
    stream->state = worker;
    return true;
}
