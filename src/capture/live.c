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

#include "filter.h"
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
    pcap_t *handle = source->live->handle;
    bool any = strcmp(source->name, "any") == 0;

    pcap_set_snaplen(handle, (int)source->live->snaplen);
    pcap_set_promisc(handle, !any && !options->no_promiscuous);
    pcap_set_timeout(handle, options->hold_back_ms > 0 ? options->hold_back_ms : KERNEL_DELAY_MS);
    pcap_set_buffer_size(handle, buffer_bytes(options));
    int status = pcap_activate(handle);
    if (status < 0)
        return live_activation_failed(source, handle, status);
    /* Cooked v2 tells the interface of each frame; where it is not to be had, v1 does. */
    if (any)
        pcap_set_datalink(handle, DLT_LINUX_SLL2);
    return SOURCE_FRAME;
}

static enum source_result set_filter(struct source *source, const char *expression)
{
    pcap_t *handle = source->live->handle;
    struct bpf_program program;

    if (pcap_datalink(handle) == DLT_NFLOG)
        return source_fail(source, "%s", filter_none_for_nflog);
    if (pcap_compile(handle, &program, expression, 1, PCAP_NETMASK_UNKNOWN) < 0)
        return source_fail(source, "filter expression: %s", pcap_geterr(handle));
    int status = pcap_setfilter(handle, &program);
    pcap_freecode(&program);
    if (status < 0)
        return source_fail(source, "filter expression: %s", pcap_geterr(handle));
    return SOURCE_FRAME;
}

enum source_result live_open(struct source *source, const struct live_options *options)
{
    char error[PCAP_ERRBUF_SIZE] = "";
    struct live *live = calloc(1, sizeof *live);

    source->live = live;
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
    if (options->filter != NULL && *options->filter != '\0' && set_filter(source, options->filter) == SOURCE_ERROR)
        return SOURCE_ERROR;
    if (pcap_setnonblock(live->handle, 1, error) < 0)
        return source_fail(source, "%s", error);
    source->linktype = linktype_from_dlt(pcap_datalink(live->handle));
    source->snaplen = (uint32_t)pcap_snapshot(live->handle);
    return SOURCE_FRAME;
}

static void keep(u_char *argument, const struct pcap_pkthdr *header, const u_char *data)
{
    struct live *live = (struct live *)argument;
    uint32_t caplen = header->caplen < DEFAULT_SNAPLEN ? header->caplen : DEFAULT_SNAPLEN;

    live->batch[live->count++] = (struct batched){.ts_us = (int64_t)header->ts.tv_sec * 1000000 + header->ts.tv_usec,
                                                  .caplen = caplen,
                                                  .len = header->len < caplen ? caplen : header->len,
                                                  .offset = live->used};
    memcpy(live->bytes + live->used, data, caplen);
    live->used += caplen;
    if (live->used > BATCH_BYTES)
        pcap_breakloop(live->handle); /* the rest stays in the ring for the next batch */
}

/* Returns SOURCE_FRAME if the batch holds any, SOURCE_IDLE if not. */
static enum source_result fetch(struct source *source)
{
    struct live *live = source->live;

    live->count = live->next = 0;
    live->used = 0;
    errno = 0;
    int status = pcap_dispatch(live->handle, BATCH_FRAMES, keep, (u_char *)live);
    if (status == PCAP_ERROR && errno == EAGAIN) /* libpcap's NFLOG calls it an error that nothing is there yet */
        return SOURCE_IDLE;
    if (status < 0 && status != PCAP_ERROR_BREAK)
        return source_fail(source, "%s", pcap_geterr(live->handle));
    return live->count > 0 ? SOURCE_FRAME : SOURCE_IDLE;
}

/* An error of poll is left to libpcap, which knows what each means for a capture. */
static void wait_for_frames(const struct source *source)
{
    struct pollfd polled[] = {{.fd = pcap_get_selectable_fd(source->live->handle), .events = POLLIN},
                              {.fd = source->stop_descriptor, .events = POLLIN}};
    (void)poll(polled, 2, source->live->timeout_ms);
}

static void hand_over(struct source *source, struct frame *out)
{
    struct live *live = source->live;
    const struct batched *batched = &live->batch[live->next++];

    source->number++;
    source->frames++;
    source->bytes_read += batched->caplen;
    *out = (struct frame){.data = live->bytes + batched->offset,
                          .caplen = batched->caplen,
                          .len = batched->len,
                          .ts_us = batched->ts_us,
                          .number = source->number,
                          .linktype = source->linktype};
}

bool live_is_at_hand(const struct live *live)
{
    return live->next < live->count;
}

enum source_result live_next(struct source *source, struct frame *out)
{
    struct live *live = source->live;
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

void live_stats(struct live *live, struct source_stats *out)
{
    struct pcap_stat stat;

    if (pcap_stats(live->handle, &stat) < 0)
        return;
    out->kernel_dropped = stat.ps_drop;
    out->interface_dropped = stat.ps_ifdrop;
}

void live_break(struct live *live)
{
    pcap_breakloop(live->handle);
}

int live_descriptor(const struct live *live)
{
    return pcap_get_selectable_fd(live->handle);
}

void live_close(struct live *live)
{
    if (live == NULL)
        return;
    if (live->handle != NULL)
        pcap_close(live->handle);
    free(live->bytes);
    free(live);
}
