/* libFuzzer harness for real frames, live: pieces of captures of every link type, one after the other, with time that
 * goes on and steps back, tables that are too small, cached verdicts, and SSH on other ports.
 *
 * The input: one byte of how, then frames. Each: its link type (an index into the table of those that are read), a
 * pause, its length in two bytes, and its bytes. A length of 0 lets timers run. */
#include <stdlib.h>
#include <string.h>

#include <sshsniff/packet.h>
#include <sshsniff/report.h>
#include <sshsniff/tracker.h>
#include <sshsniff/verdict.h>

#include "judging.h"
#include "output.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Bits of the input's first byte. */
enum {
    IN_JSON = 1,
    LIVE = 2,
    FEW_ATTEMPTS = 4,
    LITTLE_MEMORY = 8,
    CACHED = 16,
    WHOLE = 32,
    OF_COMMAND = 64,
    CUT = 128
};

enum { FEW = 6, SNAPLEN = 90, RECORD_HEADER = 4 };

static enum cache_answer on_key(void *context, const struct evidence_key *key, const struct attempt_summary *summary)
{
    if (!judge_from_cache(context, key, summary))
        return CACHE_UNKNOWN;
    return CACHE_KNOWN;
}

static void on_host(void *context, const struct host *host)
{
    struct judging *room = context;
    report_host(room->report, host, "fuzz");
}

static void on_other_port(void *context, enum other_port_news news, uint16_t port, int64_t ts_us)
{
    struct judging *room = context;
    (void)ts_us;
    if (news != OTHER_PORT_REFUSED)
        tracker_watch_port(room->tracker, port);
}

/* Microseconds: most pauses are short, some are longer than any patience, and the clock may be set back. */
static int64_t pause_of(uint8_t pause)
{
    static const int64_t pauses[] = {10,      300,      20000,     200000,   1000000,
                                     3000000, 16000000, 130000000, -5000000, 3600000000};
    return pauses[pause % (sizeof pauses / sizeof *pauses)];
}

static int linktype_of(uint8_t index)
{
    static size_t count = 1; /* the table is never empty */
    while (decode_linktype_at(count) >= 0)
        count++;
    return decode_linktype_at(index % count);
}

static void take(struct tracker *tracker, const uint8_t *bytes, uint32_t length, unsigned how, struct frame *frame)
{
    const uint32_t kept = how & CUT && length > SNAPLEN ? SNAPLEN : length;
    uint8_t *copy = malloc(kept); /* ends where the frame ends, so that a read too far is seen */
    if (copy == NULL)
        return;
    memcpy(copy, bytes, kept);
    frame->data = copy;
    frame->caplen = kept;
    frame->len = length;
    frame->number++;
    tracker_frames(tracker, frame, 1);
    free(copy);
}

static void take_all(struct tracker *tracker, const uint8_t *data, size_t size)
{
    struct frame frame = {.ts_us = 1700000000000000};
    const unsigned how = *data++;
    size--;
    while (size >= RECORD_HEADER) {
        uint32_t length = (uint32_t)(data[2] << 8 | data[3]);
        length = length < size - RECORD_HEADER ? length : (uint32_t)(size - RECORD_HEADER);
        frame.linktype = linktype_of(data[0]);
        frame.ts_us += pause_of(data[1]);
        if (length == 0)
            tracker_advance(tracker, frame.ts_us);
        else
            take(tracker, data + RECORD_HEADER, length, how, &frame);
        data += RECORD_HEADER + length;
        size -= RECORD_HEADER + length;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct port_set ports;
    static struct judging room;
    struct output output;
    if (size < 1)
        return 0;
    const unsigned how = data[0];
    memset(&room, 0, sizeof room);
    port_set_parse(&ports, "22,2222");
    room.report = report_new(&(struct report_options){.format = report_format_named(how & IN_JSON ? "json" : "text"),
                                                      .out = output_open(&output),
                                                      .numeric = true,
                                                      .verbose = 1});
    const struct tracker_options options = {.ports = &ports,
                                            .live = how & LIVE,
                                            .of_command = how & OF_COMMAND,
                                            .max_attempts = how & FEW_ATTEMPTS ? FEW : 0,
                                            .max_memory = how & LITTLE_MEMORY ? 1 : 0,
                                            .snaplen = how & CUT ? SNAPLEN : 0,
                                            .known = how & CACHED ? on_key : NULL,
                                            .decode_all = how & WHOLE,
                                            .other_port = on_other_port};
    room.tracker = tracker_new(&options, judge_case, &room);
    if (room.report == NULL || room.tracker == NULL)
        exit(2);
    take_all(room.tracker, data, size);
    tracker_finish(room.tracker, false);
    tracker_hosts(room.tracker, on_host, &room);
    report_summary(room.report, &(struct report_totals){.other_lookups = *tracker_other_lookups(room.tracker)});
    tracker_free(room.tracker);
    report_close(room.report);
    output_check(&output, how & IN_JSON);
    return 0;
}
