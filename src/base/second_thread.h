/* Threads that work beside the first one, where there is a processor for them. */
#ifndef BASE_SECOND_THREAD_H
#define BASE_SECOND_THREAD_H

#include <pthread.h>
#include <stdbool.h>

/* May this process use more than one? */
bool second_processor_is_there(void);

/* As pthread_create; signals stay with the threads that are there already: a handler must not find itself in one that
 * nobody knows of. */
bool second_thread_start(pthread_t *thread, void *(*work)(void *), void *argument);

#endif
