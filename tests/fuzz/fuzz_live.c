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
#include "../test_ssh_handshake.h"
#include "judging.h"
#include "output.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STEP_BYTES = 8, LIMIT = 24, PORTS = 16, LINKTYPE_RAW_IP = 101 };

static enum cache_answer on_key(void *context, const struct evidence_key *key, const struct attempt_summary *summary)
{
    if (!judge_from_cache(context, key, summary))
        return CACHE_UNKNOWN;
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

/* Kinds from OTHERS on are no plain segments: (kind - OTHERS) / 4 is one of these, the two lowest bits are the same.
 * From TIMERS on, timers run. */
enum { OTHERS = 16, TIMERS = 240 };
enum other { SPEECH = 0, COOKED, COOKED_2, DNS, NEIGHBOUR, ERROR, ECHO_REPLY, SUBFLOW, RAW_IP, OTHER_KINDS };

struct talk {
    uint32_t next[2];         /* of client, server */
    struct segment latest[2]; /* without what it points to */
};

/* What an SSH side says, step by step: its line, its KEXINIT, a reply, NEWKEYS, a farewell; then encrypted packets of
 * the sizes that logins have. */
static void say(const struct step *s, struct segment *segment)
{
    static const uint8_t packets[][48] = {
        {0, 0, 0, 44, 6, 30, [9] = 32}, {0, 0, 0, 12, 10, 21}, {0, 0, 0, 28, 6, 1, [9] = 2}};
    static const uint8_t secret[1500] = {0xde, 0xad, 0xbe, 0xef, 0x17, 0x99};
    static const uint16_t sizes[] = {36, 44, 52, 60, 68, 76, 84, 148, 500, 660, 1448, 16, 28, 108, 228, 1100};
    const bool server = s->kind & 1;
    const uint8_t *stream = server ? server_stream : client_stream;
    const size_t length = server ? sizeof server_stream : sizeof client_stream;
    const size_t line = (size_t)((const uint8_t *)memchr(stream, '\n', length) - stream) + 1;
    const unsigned what = s->text & 0x7f;
    if (what == 0)
        segment->payload = stream, segment->payload_len = line;
    else if (what == 1)
        segment->payload = stream + line, segment->payload_len = length - line;
    else if (what < 5)
        segment->payload = packets[what - 2], segment->payload_len = packets[what - 2][3] + 4u;
    else
        segment->payload = secret, segment->payload_len = sizes[what % (sizeof sizes / sizeof *sizes)];
}

/* Multipath TCP: a key, the token of a session that is joined, or where a piece of it belongs. */
static void join(const struct step *s, struct segment *segment)
{
    if (s->more & 8)
        segment->multipath_token = s->text;
    else if (s->flags & TCP_SYN)
        segment->multipath_key = s->text;
    else {
        segment->multipath_data = 1000u + s->text;
        segment->multipath_subflow_seq = s->shift;
        segment->payload = (const uint8_t *)said[s->text % SAID];
        segment->payload_len = strlen(said[s->text % SAID]);
    }
}

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
    if (s->kind >= OTHERS && (s->kind - OTHERS) / 4 % OTHER_KINDS == SPEECH && !(s->flags & (TCP_SYN | TCP_RST)))
        say(s, &segment);
    else if (s->kind >= OTHERS && (s->kind - OTHERS) / 4 % OTHER_KINDS == SUBFLOW)
        join(s, &segment);
    else if (s->text >= 128 && !(s->flags & (TCP_SYN | TCP_RST))) {
        segment.payload = (const uint8_t *)text;
        segment.payload_len = strlen(text);
    }
    build_segment(out, &segment);
    segment.payload = NULL;
    talk->latest[from_server] = segment;
    if (off == 0)
        talk->next[from_server] += (uint32_t)segment.payload_len + (s->flags & (TCP_SYN | TCP_FIN) ? 1 : 0);
}

/* ---- What is no segment of a connection ---- */

static void ask_name(const struct step *s, struct frame_bytes *out)
{
    static const char *const names[] = {"server.example", "server", "a.b.c.d.example.", "2.2.7.10.in-addr.arpa"};
    const bool answer = s->kind & 1;
    const struct segment segment = {.ipv6 = s->kind & 2,
                                    .from = answer ? PERSON_OTHER : PERSON_CLIENT,
                                    .to = answer ? PERSON_CLIENT : PERSON_OTHER,
                                    .ttl = s->ttl};
    build_dns(out, &segment, names[s->text % 4], s->text & 4 ? 28 : 1, answer, answer ? s->flags & 0xf : 0,
              answer ? s->more & 3 : 0);
    if (s->text & 8) {
        const struct frame_bytes asked = *out;
        build_dns_error(out, &segment, &asked);
    }
}

static void ask_neighbour(const struct step *s, struct frame_bytes *out)
{
    const enum person asker = s->flags & 1 ? PERSON_ROUTER : PERSON_CLIENT;
    if (s->kind & 2)
        build_neighbour(out, asker, PERSON_SERVER, s->kind & 1);
    else
        build_arp(out, asker, PERSON_SERVER, s->kind & 1);
    if (!(s->kind & 1) && s->flags & 2)
        ask_everybody(out);
    out->data[out->len - 1] ^= s->text & 128 ? s->text : 0; /* another address, or another machine's */
}

static void complain(const struct step *s, const struct talk *talk, struct frame_bytes *out)
{
    static const uint8_t errors[][2] = {{3, 3}, {3, 1}, {3, 13}, {3, 4}, {11, 0}, {3, 0},
                                        {1, 4}, {2, 0}, {1, 3},  {1, 1}, {3, 10}, {12, 0}};
    const struct segment *about = &talk->latest[s->kind & 1];
    const struct segment outer = {.ipv6 = about->ipv6,
                                  .from = s->flags & 1 ? PERSON_ROUTER : about->to,
                                  .to = about->from,
                                  .ttl = s->ttl,
                                  .tos = s->more & 0xf0};
    const uint8_t *error = errors[s->text % (sizeof errors / sizeof *errors)];
    if (about->from != 0)
        build_icmp_error(out, &outer, error[0], error[1], about);
}

static void reply_to_ping(const struct step *s, struct frame_bytes *out)
{
    const struct segment segment = {
        .ipv6 = s->kind & 2, .from = PERSON_SERVER, .to = PERSON_CLIENT, .ttl = s->ttl, .ip_id = s->text};
    build_echo_reply(out, &segment);
}

/* The same frame behind another header; returns its link type. */
static int under(enum other what, const struct step *s, struct frame_bytes *frame)
{
    enum { ETHERNET = 14 };
    const struct frame_bytes whole = *frame;
    const uint8_t *type = whole.data + 12;
    const uint8_t place = s->kind & 1 ? s->flags >> 6 : 4; /* what the client sends is sent here */
    frame->len = 0;
    if (what == COOKED) {
        frame_put(frame, (uint8_t[]){0, place, 0, 1, 0, 6}, 6);
        frame_put(frame, whole.data + 6, 6);
        frame_put_zeros(frame, 2);
        frame_put(frame, type, 2);
    } else if (what == COOKED_2) {
        frame_put(frame, type, 2);
        frame_put_zeros(frame, 5);
        frame_put(frame, (uint8_t[]){(uint8_t)(1 + (s->more >> 7)), 0, 1, place, 6}, 5);
        frame_put(frame, whole.data + 6, 6);
        frame_put_zeros(frame, 2);
    }
    frame_put(frame, whole.data + ETHERNET, whole.len - ETHERNET);
    return what == COOKED ? LINKTYPE_LINUX_SLL : what == COOKED_2 ? LINKTYPE_LINUX_SLL2 : LINKTYPE_RAW_IP;
}

/* Returns its link type; `out` may stay empty. */
static int frame_of(const struct step *s, struct talk *talk, struct frame_bytes *out)
{
    const enum other what = s->kind < OTHERS ? SPEECH : (enum other)((s->kind - OTHERS) / 4 % OTHER_KINDS);
    out->len = 0;
    if (what == DNS)
        ask_name(s, out);
    else if (what == NEIGHBOUR)
        ask_neighbour(s, out);
    else if (what == ERROR)
        complain(s, talk, out);
    else if (what == ECHO_REPLY)
        reply_to_ping(s, out);
    else
        segment_of(s, talk, out);
    return what == COOKED || what == COOKED_2 || what == RAW_IP ? under(what, s, out) : LINKTYPE_ETHERNET;
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
    if (s->kind >= TIMERS) {
        tracker_advance(tracker, *now_us);
        return;
    }
    const int linktype = frame_of(s, &talks[s->talk % PORTS], &bytes);
    if (bytes.len == 0)
        return;
    uint8_t *copy = malloc(bytes.len); /* ends where the frame ends, so that a read too far is seen */
    if (copy == NULL)
        return;
    memcpy(copy, bytes.data, bytes.len);
    const size_t caplen = s->kind & 8 && bytes.len > 60 ? 60 : bytes.len;
    const struct frame frame = {.data = copy,
                                .caplen = (uint32_t)caplen,
                                .len = (uint32_t)bytes.len,
                                .linktype = linktype,
                                .ts_us = *now_us,
                                .number = ++*number};
    tracker_frames(tracker, &frame, 1);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct port_set ports;
    static struct judging room;
    struct talk talks[PORTS] = {0};
    struct output output;
    int64_t now_us = 1700000000000000;
    uint64_t number = 0;
    if (size < 1)
        return 0;
    port_set_parse(&ports, "22");
    memset(&room, 0, sizeof room);
    room.report = report_new(
        &(struct report_options){.format = report_format_at(data[0] & 1), .out = output_open(&output), .verbose = 1});
    const struct tracker_options options = {.ports = &ports,
                                            .live = data[0] & 2,
                                            .max_attempts = data[0] & 4 ? LIMIT : 0,
                                            .max_memory = data[0] & 8 ? 1 : 0,
                                            .known = data[0] & 16 ? on_key : NULL};
    struct tracker *tracker = tracker_new(&options, judge_case, &room);
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
    output_check(&output, strcmp(report_format_name(report_format_at(data[0] & 1)), "json") == 0);
    return 0;
}
