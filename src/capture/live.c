/* Frames are fetched in batches and copied out of the kernel's ring: libpcap gives a ring block back as soon as it has
 * passed its last frame on, so a pointer into it would not last until the next call. The kernel's filter has left
 * little to copy.
 */
#include <errno.h>
#include <limits.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/steady_clock.h"
#include "filter.h"
#include "kernel_program.h"
#include "linktype.h"
#include "live.h"
#include "live_error.h"
#include "private.h"

#define DEFAULT_SNAPLEN      262144
#define DEFAULT_BUFFER_BYTES (32 << 20)
/* How long the kernel may keep a frame back to hand over several at once: well below what a person notices. */
#define KERNEL_DELAY_MS 10

#define BATCH_FRAMES 256
#define BATCH_BYTES  ((size_t)1 << 20)

struct batched {
    int64_t ts_us;
    uint32_t caplen;
    uint32_t len;
    size_t offset; /* in bytes */
};

struct live {
    pcap_t *handle;
    int timeout_ms;
    bool by_libpcap;  /* only pcap_setfilter can exchange the filter */
    int64_t since_us; /* frames captured before that met no filter, and are not handed over */
    uint32_t snaplen;
    uint8_t *bytes; /* BATCH_BYTES, and one longest frame more */
    size_t used;
    unsigned count;
    unsigned next;
    struct batched batch[BATCH_FRAMES];
};

static int buffer_bytes(const struct live_options *options)
{
    if (options->buffer_bytes == 0)
        return DEFAULT_BUFFER_BYTES;
    return options->buffer_bytes < INT_MAX ? (int)options->buffer_bytes : INT_MAX;
}

static enum source_result activate(struct source *source, const struct live_options *options)
{
    const struct live *live = source->state;
    pcap_t *handle = live->handle;
    bool any = strcmp(source->name, "any") == 0;

    pcap_set_snaplen(handle, (int)live->snaplen);
    pcap_set_promisc(handle, !any && !options->no_promiscuous);
    pcap_set_timeout(handle, options->hold_back_ms > 0 ? options->hold_back_ms : KERNEL_DELAY_MS);
    pcap_set_buffer_size(handle, buffer_bytes(options));
    int status = pcap_activate(handle);
    if (status < 0)
        return live_activation_failed(source, handle, status);
    /* Cooked v2 tells the interface of each frame; where it is not to be had, v1 does. */
    if (any)
        pcap_set_datalink(handle, DLT_LINUX_SLL2);
    if (options->outgoing_only && pcap_setdirection(handle, PCAP_D_OUT) < 0)
        return source_fail(source, "%s", pcap_geterr(handle));
    return SOURCE_FRAME;
}

static bool attach(struct live *live, struct bpf_program *program)
{
    live->by_libpcap = live->by_libpcap || !kernel_program_attach(live->handle, program);
    return !live->by_libpcap || pcap_setfilter(live->handle, program) >= 0;
}

static bool set_filter(struct source *source, const char *expression, char error[SOURCE_ERROR_SIZE])
{
    struct live *live = source->state;
    struct bpf_program program;
    if (pcap_datalink(live->handle) == DLT_NFLOG) {
        snprintf(error, SOURCE_ERROR_SIZE, "%s", filter_none_for_nflog);
        return false;
    }
    bool good = pcap_compile(live->handle, &program, expression, 1, PCAP_NETMASK_UNKNOWN) >= 0;
    if (good) {
        good = attach(live, &program);
        pcap_freecode(&program);
    }
    if (!good)
        snprintf(error, SOURCE_ERROR_SIZE, "filter expression: %s", pcap_geterr(live->handle));
    return good;
}

/* libpcap looks again at what came before its filter; where the filter is not libpcap's, such frames go. */
static enum source_result set_first_filter(struct source *source, const char *expression)
{
    char error[SOURCE_ERROR_SIZE];
    struct live *live = source->state;
    if (!set_filter(source, expression, error))
        return source_fail(source, "%s", error);
    if (!live->by_libpcap)
        live->since_us = wall_clock_us();
    return SOURCE_FRAME;
}

static void keep(u_char *argument, const struct pcap_pkthdr *header, const u_char *data)
{
    struct live *live = (struct live *)argument;
    uint32_t caplen = header->caplen < DEFAULT_SNAPLEN ? header->caplen : DEFAULT_SNAPLEN;
    int64_t ts_us = (int64_t)header->ts.tv_sec * 1000000 + header->ts.tv_usec;

    if (ts_us < live->since_us)
        return;
    live->since_us = 0; /* a clock that is set back later must not cost frames */
    live->batch[live->count++] = (struct batched){
        .ts_us = ts_us, .caplen = caplen, .len = header->len < caplen ? caplen : header->len, .offset = live->used};
    memcpy(live->bytes + live->used, data, caplen);
    live->used += caplen;
    if (live->used > BATCH_BYTES)
        pcap_breakloop(live->handle); /* the rest stays in the ring for the next batch */
}

/* Returns SOURCE_FRAME if the batch holds any, SOURCE_IDLE if not. */
static enum source_result fetch(struct source *source)
{
    struct live *live = source->state;

    live->count = live->next = 0;
    live->used = 0;
    errno = 0;
    int status = pcap_dispatch(live->handle, BATCH_FRAMES, keep, (u_char *)live);
    steady_clock_look();
    if (status == PCAP_ERROR && errno == EAGAIN) /* libpcap's NFLOG calls it an error that nothing is there yet */
        return SOURCE_IDLE;
    if (status < 0 && status != PCAP_ERROR_BREAK)
        return source_fail(source, "%s", pcap_geterr(live->handle));
    return live->count > 0 ? SOURCE_FRAME : SOURCE_IDLE;
}

/* An error of poll is left to libpcap, which knows what each means for a capture. */
static void wait_for_frames(const struct source *source)
{
    const struct live *live = source->state;
    struct pollfd polled[] = {{.fd = pcap_get_selectable_fd(live->handle), .events = POLLIN},
                              {.fd = source->stop_descriptor, .events = POLLIN}};
    (void)poll(polled, 2, live->timeout_ms);
}

static void hand_over(struct source *source, struct frame *out)
{
    struct live *live = source->state;
    const struct batched *batched = &live->batch[live->next++];

    source->number++;
    source->frames++;
    source->bytes_read += batched->caplen;
    *out = (struct frame){.data = live->bytes + batched->offset,
                          .caplen = batched->caplen,
                          .len = batched->len,
                          .ts_us = steady_of_stamp(batched->ts_us),
                          .number = source->number,
                          .linktype = source->linktype};
}

static bool is_at_hand(const struct source *source)
{
    const struct live *live = source->state;
    return live->next < live->count;
}

static enum source_result next(struct source *source, struct frame *out)
{
    struct live *live = source->state;
    enum source_result result = SOURCE_FRAME;

    if (live->next == live->count)
        result = fetch(source);
    if (result == SOURCE_IDLE && !source_is_stopped(source)) {
        wait_for_frames(source);
        result = fetch(source);
    }
    if (source_is_stopped(source))
        return SOURCE_END;
    if (result == SOURCE_FRAME)
        hand_over(source, out);
    return result;
}

static void stats(const struct source *source, struct source_stats *out)
{
    const struct live *live = source->state;
    struct pcap_stat stat;

    if (pcap_stats(live->handle, &stat) < 0)
        return;
    out->kernel_dropped = stat.ps_drop;
    out->interface_dropped = stat.ps_ifdrop;
}

static void stop(const struct source *source)
{
    const struct live *live = source->state;
    pcap_breakloop(live->handle);
}

static int descriptor(const struct source *source)
{
    const struct live *live = source->state;
    return pcap_get_selectable_fd(live->handle);
}

static void close_live(struct source *source)
{
    struct live *live = source->state;
    if (live == NULL)
        return;
    if (live->handle != NULL)
        pcap_close(live->handle);
    free(live->bytes);
    free(live);
}

static const struct source_kind live_kind = {
    .next = next,
    .is_at_hand = is_at_hand,
    .stats = stats,
    .stop = stop,
    .set_filter = set_filter,
    .descriptor = descriptor,
    .close = close_live,
};

enum source_result live_open(struct source *source, const struct live_options *options)
{
    char error[PCAP_ERRBUF_SIZE] = "";
    struct live *live = calloc(1, sizeof *live);

    source->kind = &live_kind;
    source->state = live;
    if (live == NULL)
        return source_fail(source, "out of memory");
    live->timeout_ms = options->read_timeout_ms;
    live->snaplen = options->snaplen == 0 || options->snaplen > DEFAULT_SNAPLEN ? DEFAULT_SNAPLEN : options->snaplen;
    live->bytes = malloc(BATCH_BYTES + DEFAULT_SNAPLEN);
    if (live->bytes == NULL)
        return source_fail(source, "out of memory");
    live->handle = pcap_create(source->name, error);
    if (live->handle == NULL)
        return source_fail(source, "%s", error);
    if (activate(source, options) == SOURCE_ERROR)
        return SOURCE_ERROR;
    if (options->filter != NULL && *options->filter != '\0' &&
        set_first_filter(source, options->filter) == SOURCE_ERROR)
        return SOURCE_ERROR;
    if (pcap_setnonblock(live->handle, 1, error) < 0)
        return source_fail(source, "%s", error);
    source->linktype = linktype_from_dlt(pcap_datalink(live->handle));
    source->snaplen = (uint32_t)pcap_snapshot(live->handle);
    return SOURCE_FRAME;
}
