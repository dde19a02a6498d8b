/* A machine whose clock is set, for one process: loaded before the C library (LD_PRELOAD), from CLOCK_STEP_AT on (true
 * microseconds since 1970) the clock on the wall and the stamps of captured frames are CLOCK_STEP_BY microseconds off.
 */
#include <dlfcn.h>
#include <pcap/pcap.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#define MILLION INT64_C(1000000)

static int64_t step_at, step_by;

__attribute__((constructor)) static void set_up(void)
{
    const char *at = getenv("CLOCK_STEP_AT"), *by = getenv("CLOCK_STEP_BY");
    step_at = at != NULL ? strtoll(at, NULL, 10) : INT64_MAX;
    step_by = by != NULL ? strtoll(by, NULL, 10) : 0;
}

static int64_t shown(int64_t true_us)
{
    return true_us >= step_at ? true_us + step_by : true_us;
}

int clock_gettime(clockid_t clock, struct timespec *out)
{
    static int (*real)(clockid_t, struct timespec *);
    if (real == NULL)
        real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    const int status = real(clock, out);
    if (status == 0 && clock == CLOCK_REALTIME) {
        const int64_t us = shown(out->tv_sec * MILLION + out->tv_nsec / 1000);
        out->tv_sec = us / MILLION;
        out->tv_nsec = us % MILLION * 1000;
    }
    return status;
}

struct passed_on {
    pcap_handler handler;
    u_char *argument;
};

static void pass_on(u_char *argument, const struct pcap_pkthdr *header, const u_char *data)
{
    const struct passed_on *to = (const struct passed_on *)argument;
    struct pcap_pkthdr stamped = *header;
    const int64_t us = shown(header->ts.tv_sec * MILLION + header->ts.tv_usec);
    stamped.ts.tv_sec = us / MILLION;
    stamped.ts.tv_usec = us % MILLION;
    to->handler(to->argument, &stamped, data);
}

int pcap_dispatch(pcap_t *handle, int count, pcap_handler handler, u_char *argument)
{
    static int (*real)(pcap_t *, int, pcap_handler, u_char *);
    if (real == NULL)
        real = (int (*)(pcap_t *, int, pcap_handler, u_char *))dlsym(RTLD_NEXT, "pcap_dispatch");
    struct passed_on to = {handler, argument};
    return real(handle, count, pass_on, (u_char *)&to);
}
