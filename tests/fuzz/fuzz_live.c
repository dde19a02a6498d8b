/* libFuzzer harness for live capture: time that goes on and steps back, several connections at once, tables that are
 * too small for them, verdicts that are kept, repeats that are folded, and SYNs by the thousand.
 *
 * The input is a list of steps of a fixed size; see struct step. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sshsniff/report.h>
#include <sshsniff/tracker.h>
#include <sshsniff/verdict.h>

#include "../packets.h"
#include "run/verdict_cache.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STEP_BYTES = 8, LIMIT = 24, PORTS = 16 };

struct room {
    struct report *report;
    struct verdict verdict;
    struct verdict_cache cache;
    uint64_t judged, begun;
};

static void on_case(void *context, const struct case_file *file)
{
    struct room *room = context;
    room->judged++;
    diagnose(file, &room->verdict);
    if (room->verdict.confidence < 0 || room->verdict.confidence > EVIDENCE_SUREST)
        abort();
    if (room->verdict.not_all_kept && room->verdict.confidence > EVIDENCE_NOT_ALL_KEPT)
        abort();
    if (file->evidence_key)
        verdict_cache_add(&room->cache, file, &room->verdict, room->report, "fuzz");
    report_verdict(room->report, file, &room->verdict, "fuzz");
}

static enum cache_answer on_key(void *context, const struct evidence_key *key, const struct attempt_summary *summary)
{
    struct room *room = context;
    const struct cached_verdict *known = verdict_cache_find(&room->cache, key);
    if (known == NULL || !known->has_template)
        return CACHE_UNKNOWN;
    room->judged++;
    report_from_template(room->report, &known->template, summary, known->cause);
    return summary->syns & 1 ? CACHE_KNOWN_FORGET : CACHE_KNOWN;
}

static const char *const said[] = {"SSH-2.0-OpenSSH_9.2p1\r\n",
                                   "Exceeded MaxStartups\r\n",
                                   "HTTP/1.1 400 Bad\r\n\r\n",
                                   "Not allowed at this time\r\n",
                                   "SSH-1.5-x\n",
                                   "\0\0\1\4\6\24",
                                   "x\r\n"};
enum { SAID = sizeof said / sizeof *said };

/* One step: what is sent, on which connection, and how it differs from what is due. */
struct step {
    uint8_t kind, talk, flags, shift, text, pause, ttl, more;
};

struct talk {
    uint32_t next[2]; /* of client, server */
};

static void segment_of(const struct step *s, struct talk *talk, struct frame_bytes *out)
{
    const bool from_server = s->kind & 1;
    const uint32_t off = s->shift < 200 ? 0 : (s->shift - 200u) * (s->kind & 4 ? 40000000u : 700u);
    const char *text = said[s->text % SAID];
    struct segment segment = {
        .ipv6 = s->kind & 2,
        .from = from_server ? PERSON_SERVER : PERSON_CLIENT,
        .to = from_server ? PERSON_CLIENT : PERSON_SERVER,
        .ttl = s->ttl,
        .tos = s->more & 0xf0,
        .src_port = (uint16_t)(from_server ? 22 : 40000 + s->talk % PORTS),
        .dst_port = (uint16_t)(from_server ? 40000 + s->talk % PORTS : 22),
        .seq = talk->next[from_server] + off,
        .ack = s->flags & TCP_ACK ? talk->next[!from_server] : 0,
        .flags = s->flags & (TCP_FIN | TCP_SYN | TCP_RST | TCP_PSH | TCP_ACK),
        .window = (uint16_t)(s->more << 8),
        .timestamps = s->more & 1,
        .mss = s->more & 2,
        .sum = s->more & 4 ? SUM_PARTIAL : SUM_WHOLE,
    };
    if (s->text >= 128 && !(s->flags & (TCP_SYN | TCP_RST))) {
        segment.payload = (const uint8_t *)text;
        segment.payload_len = strlen(text);
    }
    build_segment(out, &segment);
    if (off == 0)
        talk->next[from_server] += (uint32_t)segment.payload_len + (s->flags & (TCP_SYN | TCP_FIN) ? 1 : 0);
}

/* Microseconds: most pauses are short, some are longer than any patience, and the clock may be set back. */
static int64_t pause_of(uint8_t pause)
{
    static const int64_t pauses[] = {10, 300, 20000, 1000000, 3000000, 16000000, 130000000, -5000000};
    return pauses[pause % (sizeof pauses / sizeof *pauses)];
}

static void take_step(struct tracker *tracker, const struct step *s, struct talk *talks, int64_t *now_us,
                      uint64_t *number)
{
    struct frame_bytes bytes;
    *now_us += pause_of(s->pause);
    if (s->kind >= 240) {
        tracker_advance(tracker, *now_us);
        return;
    }
    segment_of(s, &talks[s->talk % PORTS], &bytes);
    uint8_t *copy = malloc(bytes.len); /* ends where the frame ends, so that a read too far is seen */
    if (copy == NULL)
        return;
    memcpy(copy, bytes.data, bytes.len);
    const size_t caplen = s->kind & 8 && bytes.len > 60 ? 60 : bytes.len;
    const struct frame frame = {.data = copy,
                                .caplen = (uint32_t)caplen,
                                .len = (uint32_t)bytes.len,
                                .linktype = LINKTYPE_ETHERNET,
                                .ts_us = *now_us,
                                .number = ++*number};
    tracker_frames(tracker, &frame, 1);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct port_set ports;
    static struct room room;
    struct talk talks[PORTS] = {0};
    char *text = NULL;
    size_t written = 0;
    int64_t now_us = 1700000000000000;
    uint64_t number = 0;
    if (size < 1)
        return 0;
    FILE *out = open_memstream(&text, &written);
    port_set_parse(&ports, "22");
    memset(&room, 0, sizeof room);
    room.report =
        report_new(&(struct report_options){.format = report_format_at(data[0] & 1), .out = out, .verbose = 1});
    const struct tracker_options options = {.ports = &ports,
                                            .live = data[0] & 2,
                                            .max_attempts = data[0] & 4 ? LIMIT : 0,
                                            .max_memory = data[0] & 8 ? 1 : 0,
                                            .known = data[0] & 16 ? on_key : NULL};
    struct tracker *tracker = tracker_new(&options, on_case, &room);
    for (size_t at = 1; tracker && at + STEP_BYTES <= size; at += STEP_BYTES) {
        struct step step;
        memcpy(&step, data + at, sizeof step);
        take_step(tracker, &step, talks, &now_us, &number);
    }
    if (tracker) {
        tracker_finish(tracker, data[0] & 32);
        tracker_free(tracker);
    }
    report_summary(room.report, &(struct report_totals){.frames = number});
    report_close(room.report);
    if (out)
        fclose(out);
    for (size_t i = 0; i < written; i++)
        if ((uint8_t)text[i] < ' ' && text[i] != '\n')
            abort(); /* no control character of the wire's ever comes out */
    free(text);
    return 0;
}
