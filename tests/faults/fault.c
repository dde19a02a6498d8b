/* Memory that is not to be had: the Nth call that asks for some fails, or it and all after it.
 *
 * Two forms of one file: loaded before the C library (LD_PRELOAD), it reaches what libraries ask for too; linked with
 * --wrap (FAULTS_WRAPPED) it stands before the sanitizers' allocator, and reaches what the program itself asks for.
 *
 *     FAULT_MAP   a file of at least sizeof(struct counted) bytes, where calls are counted: no system call is needed to
 *                 tell, which a process that may make few could not make
 *     FAULT_AT    the number of the call that fails, from 1 on; 0: none
 *     FAULT_ON    set: all calls after it fail too
 *
 * What libseccomp asks for is left alone: version 2.5 does not bear it (a filter without its own architecture, a block
 * freed twice). It is used once, before the first packet is read. The loader's own requests, for a library's variables
 * of a thread, end the program by a line of the C library's; and its search for accounts does not bear it (2.36: an
 * assertion, a null pointer). Nor does libpcap where it compiles a filter expression (1.10: its scanner ends the
 * program by a line of its own, or reads what was never made); that is done with the command line, before the first
 * packet.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <pwd.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

struct counted {
    _Atomic uint64_t calls, failed;
    uint64_t where; /* of the first that failed: its caller, from the program's start */
};

static struct counted *counted;
static uint64_t fail_at;
static int fail_on;

/* Without the functions that stand here: the first call may come before anything is set up. */
static void *map(void *at, size_t size, int access, int flags, int descriptor, off_t offset)
{
    return (void *)syscall(SYS_mmap, at, size, access, flags, descriptor, offset);
}

__attribute__((constructor)) static void set_up(void)
{
    const char *path = getenv("FAULT_MAP"), *at = getenv("FAULT_AT");
    int file = path != NULL ? open(path, O_RDWR | O_CLOEXEC) : -1;
    void *memory = file >= 0 ? map(NULL, sizeof *counted, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0) : MAP_FAILED;
    if (file >= 0)
        close(file);
    if (memory == MAP_FAILED)
        return;
    fail_at = at != NULL ? strtoull(at, NULL, 10) : 0;
    fail_on = getenv("FAULT_ON") != NULL;
    counted = memory;
}

static _Thread_local int library_is_left_alone __attribute__((tls_model("initial-exec")));

static int is_left_alone(const void *caller)
{
    if (library_is_left_alone)
        return 1;
    Dl_info of;
    return dladdr(caller, &of) != 0 && of.dli_fname != NULL &&
           (strstr(of.dli_fname, "libseccomp") != NULL || strstr(of.dli_fname, "ld-linux") != NULL);
}

static int fails(const void *caller)
{
    if (counted == NULL || is_left_alone(caller))
        return 0;
    const uint64_t number = atomic_fetch_add(&counted->calls, 1) + 1;
    if (fail_at == 0 || number < fail_at || (number > fail_at && !fail_on))
        return 0;
    if (atomic_fetch_add(&counted->failed, 1) == 0)
        counted->where = (uint64_t)(uintptr_t)caller - (getauxval(AT_PHDR) & ~(uint64_t)4095);
    errno = ENOMEM;
    return 1;
}

#define FAILS fails(__builtin_return_address(0))

#ifdef FAULTS_WRAPPED
#define HERE(name) __wrap_##name
#define REAL(name) __real_##name
#define DECLARED(type, name, ...)                                                                                      \
    type REAL(name)(__VA_ARGS__);                                                                                      \
    type HERE(name)(__VA_ARGS__)
#else
#define HERE(name) name
#define REAL(name) __libc_##name
#define DECLARED(type, name, ...)                                                                                      \
    type REAL(name)(__VA_ARGS__);                                                                                      \
    type HERE(name)(__VA_ARGS__)
#endif

DECLARED(void *, malloc, size_t size);
DECLARED(void *, calloc, size_t count, size_t size);
DECLARED(void *, realloc, void *old, size_t size);

void *HERE(malloc)(size_t size)
{
    return FAILS ? NULL : REAL(malloc)(size);
}

void *HERE(calloc)(size_t count, size_t size)
{
    return FAILS ? NULL : REAL(calloc)(count, size);
}

void *HERE(realloc)(void *old, size_t size)
{
    return FAILS ? NULL : REAL(realloc)(old, size);
}

#ifdef FAULTS_WRAPPED
DECLARED(void *, aligned_alloc, size_t step, size_t size);
DECLARED(char *, strdup, const char *text);
DECLARED(int, pthread_create, pthread_t *thread, const pthread_attr_t *attributes, void *(*work)(void *),
         void *argument);

void *HERE(aligned_alloc)(size_t step, size_t size)
{
    return FAILS ? NULL : REAL(aligned_alloc)(step, size);
}

char *HERE(strdup)(const char *text)
{
    return FAILS ? NULL : REAL(strdup)(text);
}
#else
void *__libc_memalign(size_t step, size_t size);

void *aligned_alloc(size_t step, size_t size)
{
    return FAILS ? NULL : __libc_memalign(step, size);
}

typedef int (*thread_starter)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

static int __libc_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*work)(void *),
                                 void *argument)
{
    thread_starter start;
    *(void **)&start = dlsym(RTLD_NEXT, "pthread_create");
    return start(thread, attributes, work, argument);
}
#endif

int HERE(pthread_create)(pthread_t *thread, const pthread_attr_t *attributes, void *(*work)(void *), void *argument)
{
    return FAILS ? EAGAIN : REAL(pthread_create)(thread, attributes, work, argument);
}

void *HERE(mmap)(void *at, size_t size, int access, int flags, int descriptor, off_t offset);
int HERE(mprotect)(void *at, size_t size, int access);

void *HERE(mmap)(void *at, size_t size, int access, int flags, int descriptor, off_t offset)
{
    return FAILS ? MAP_FAILED : map(at, size, access, flags, descriptor, offset);
}

int HERE(mprotect)(void *at, size_t size, int access)
{
    return FAILS ? -1 : (int)syscall(SYS_mprotect, at, size, access);
}

#ifndef FAULTS_WRAPPED
struct bpf_program;

int pcap_compile(void *handle, struct bpf_program *program, const char *expression, int optimize, uint32_t mask);

int pcap_compile(void *handle, struct bpf_program *program, const char *expression, int optimize, uint32_t mask)
{
    int (*compile)(void *, struct bpf_program *, const char *, int, uint32_t);
    *(void **)&compile = dlsym(RTLD_NEXT, "pcap_compile");
    library_is_left_alone++;
    const int status = compile(handle, program, expression, optimize, mask);
    library_is_left_alone--;
    return status;
}

struct passwd *getpwuid(uid_t uid)
{
    struct passwd *(*look_up)(uid_t);
    *(void **)&look_up = dlsym(RTLD_NEXT, "getpwuid");
    library_is_left_alone++;
    struct passwd *found = look_up(uid);
    library_is_left_alone--;
    return found;
}

struct passwd *getpwnam(const char *name)
{
    struct passwd *(*look_up)(const char *);
    *(void **)&look_up = dlsym(RTLD_NEXT, "getpwnam");
    library_is_left_alone++;
    struct passwd *found = look_up(name);
    library_is_left_alone--;
    return found;
}
#endif
