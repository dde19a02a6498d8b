/* libFuzzer harness for what the probe reads: a plan is sent to nobody, and the input says what comes back. Answers are
 * frames that the decoder reads; then the facts are judged and reported.
 *
 * The input: three bytes of what is known before, then steps of a fixed size; see struct step. */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include <sshsniff/packet.h>
#include <sshsniff/probe.h>
#include <sshsniff/report.h>
#include <sshsniff/ssh.h>

#include "../packets.h"
#include "output.h"
#include "probe/craft.h"
#include "probe/plan.h"
#include "probe/probe_packets.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEAD = 3, STEP_BYTES = 8, STEPS = 400 };

enum act {
    ACT_SEND = 0, /* time goes on, and what is due goes out */
    ACT_OUTWARDS, /* a packet of the probe is captured on its way out */
    ACT_RST,
    ACT_SYNACK,
    ACT_EXPIRED, /* an ICMP error: the TTL has come to its end */
    ACT_ERROR,   /* another one */
    ACT_ECHO,
    ACT_NEIGHBOUR,
    ACT_SERVICE,  /* what a connection was told */
    ACT_PATIENCE, /* the fragments of --patient go out */
    ACT_FRAME,    /* the bytes of the next steps, as a frame */
    ACTS
};

struct step {
    uint8_t act, which, how, ttl, tos, window, id, pause;
};

/* In `how`. */
enum { OF_A_KIND = 0x80, OF_A_ROUTER = 0x40, BARE = 0x20, COPIED_ID = 0x10 };

struct scene {
    struct probe_facts facts;
    struct probe_verdict verdict;
    struct verdict passive;
    struct probe_name name;
    struct decoder *decoder;
    struct crafter *crafter;
    bool ipv6;
    int64_t now_us;
    uint64_t number;
};

static void take(struct scene *s, const uint8_t *bytes, size_t size)
{
    struct packet packet;
    uint8_t *copy = malloc(size ? size : 1); /* ends where the frame ends, so that a read too far is seen */
    if (copy == NULL)
        return;
    if (size)
        memcpy(copy, bytes, size);
    const struct frame frame = {.data = copy,
                                .caplen = (uint32_t)size,
                                .len = (uint32_t)size,
                                .linktype = LINKTYPE_ETHERNET,
                                .ts_us = s->now_us,
                                .number = ++s->number};
    (void)decode_frame(s->decoder, &frame, &packet); /* what was read of a cut one is taken too, as by the tracker */
    (void)match_packet(&s->facts, &packet);
    free(copy);
}

/* ---- What is sent ---- */

static void send_due(struct scene *s, const struct step *step)
{
    static const int64_t pauses[] = {1000, 20000, 200000, 700000, 4000000, 70000000};
    struct probe_packet *probe;
    struct crafted_packet made;
    plan_grow(&s->facts, s->now_us);
    s->now_us += pauses[step->pause % (sizeof pauses / sizeof *pauses)];
    for (int most = step->which; most >= 0 && (probe = plan_next_due(&s->facts, s->now_us)) != NULL; most--) {
        if (craft_probe_packet(s->crafter, probe, (unsigned)(probe - s->facts.packet), 3, &made) &&
            made.size > sizeof made.bytes)
            abort();
        if (probe->sends++ == 0)
            probe->first_us = s->now_us;
        probe->last_us = s->now_us;
        probe->next_us = s->now_us + probe_style(probe->kind)->again_ms * INT64_C(1000);
    }
    (void)plan_done(&s->facts, s->now_us);
    (void)patience_done(&s->facts, s->now_us);
    (void)plan_needs_no_icmp_error(&s->facts, s->now_us);
    (void)plan_shortest_rtt(&s->facts);
}

/* ---- What comes back ---- */

static struct segment from_there(const struct scene *s, const struct step *step)
{
    return (struct segment){
        .ipv6 = s->ipv6,
        .from = step->how & OF_A_ROUTER ? PERSON_ROUTER + (step->how & 3) : PERSON_SERVER,
        .to = PERSON_CLIENT,
        .ttl = step->ttl,
        .tos = step->tos,
        .no_df = step->how & BARE,
        .ip_id = step->id,
        .flow_label = step->id,
        .window = (uint16_t)(step->window << 8),
        .mss = step->how & 4,
    };
}

static void answer_tcp(struct scene *s, const struct step *step, const struct probe_packet *probe)
{
    struct frame_bytes frame;
    struct segment segment = from_there(s, step);
    segment.src_port = probe->port;
    segment.dst_port = probe->source_port;
    segment.seq = step->act == ACT_SYNACK ? 1000 : 0;
    segment.ack = probe->seq + 1;
    segment.flags = step->act == ACT_SYNACK ? TCP_SYN | TCP_ACK : step->how & BARE ? TCP_RST : TCP_RST | TCP_ACK;
    build_segment(&frame, &segment);
    take(s, frame.data, frame.len);
}

/* Quotes the very packet, with the TOS that it had come to have. */
static void answer_error(struct scene *s, const struct step *step, const struct probe_packet *probe, unsigned index)
{
    static const uint8_t errors[2][8][2] = {{{3, 0}, {3, 1}, {3, 3}, {3, 10}, {3, 13}, {12, 0}, {3, 2}, {11, 1}},
                                            {{1, 0}, {1, 1}, {1, 3}, {1, 4}, {1, 5}, {4, 0}, {1, 6}, {3, 1}}};
    struct frame_bytes frame = {.len = 0};
    struct crafted_packet made;
    const struct segment outer = from_there(s, step);
    const uint8_t *error = errors[s->ipv6][step->how & 7];
    if (!craft_probe_packet(s->crafter, probe, index, 3, &made))
        return;
    if (!s->ipv6 && step->window)
        made.bytes[1] = step->window;
    const size_t quoted = step->how & 8 && made.size > 28 ? 28 : made.size;
    put_ethernet(&frame, PERSON_CLIENT, outer.from, s->ipv6 ? 0x86dd : 0x0800);
    put_ip(&frame, &outer, s->ipv6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP, 8 + quoted);
    frame_put8(&frame, step->act != ACT_EXPIRED ? error[0] : s->ipv6 ? 3 : 11);
    frame_put8(&frame, step->act != ACT_EXPIRED ? error[1] : 0);
    frame_put_zeros(&frame, 6);
    frame_put(&frame, made.bytes, quoted);
    take(s, frame.data, frame.len);
}

static void answer_echo(struct scene *s, const struct step *step, unsigned index)
{
    struct frame_bytes frame = {.len = 0};
    struct segment segment = from_there(s, step);
    if (step->how & COPIED_ID)
        segment.ip_id = craft_ip_id(index);
    put_ethernet(&frame, PERSON_CLIENT, segment.from, s->ipv6 ? 0x86dd : 0x0800);
    put_ip(&frame, &segment, s->ipv6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP, 8u + probe_payload_size(index));
    frame_put8(&frame, s->ipv6 ? 129 : 0);
    frame_put_zeros(&frame, 7u + probe_payload_size(index));
    take(s, frame.data, frame.len);
}

static void goes_out(struct scene *s, const struct probe_packet *probe, unsigned index)
{
    struct frame_bytes frame = {.len = 0};
    struct crafted_packet made;
    if (!craft_probe_packet(s->crafter, probe, index, 3, &made))
        return;
    put_ethernet(&frame, PERSON_ROUTER, PERSON_CLIENT, s->ipv6 ? 0x86dd : 0x0800);
    frame_put(&frame, made.bytes, made.size);
    take(s, frame.data, frame.len);
}

static void answer(struct scene *s, const struct step *step, unsigned index)
{
    const struct probe_packet *probe = &s->facts.packet[index];
    if (step->act == ACT_RST || step->act == ACT_SYNACK)
        answer_tcp(s, step, probe);
    else if (step->act == ACT_EXPIRED || step->act == ACT_ERROR)
        answer_error(s, step, probe, index);
    else if (step->act == ACT_ECHO)
        answer_echo(s, step, index);
    else
        goes_out(s, probe, index);
}

/* One packet, or all of a kind that have gone out. */
static void answer_some(struct scene *s, const struct step *step)
{
    for (unsigned i = 0; i < s->facts.packets; i++) {
        const struct probe_packet *probe = &s->facts.packet[i];
        const bool meant =
            step->how & OF_A_KIND ? probe->kind == step->which % ASK_KINDS : i == step->which % s->facts.packets;
        if (meant && (probe->sends > 0 || !(step->how & OF_A_KIND)))
            answer(s, step, i);
    }
}

static void neighbour(struct scene *s, const struct step *step)
{
    struct frame_bytes frame;
    if (s->ipv6)
        build_neighbour(&frame, PERSON_CLIENT, PERSON_SERVER, step->how & 1);
    else
        build_arp(&frame, PERSON_CLIENT, PERSON_SERVER, step->how & 1);
    frame.data[s->ipv6 ? frame.len - 1 : 27] ^= step->id; /* which machine it is */
    take(s, frame.data, frame.len);
}

/* The words of the next steps are what the server said. True where there were some. */
static void service(struct scene *s, const struct step *step, const uint8_t *said, size_t size)
{
    struct probe_facts *facts = &s->facts;
    struct ssh_banner banner;
    struct probe_service *at = &facts->banner_check;
    if (step->how & OF_A_KIND)
        at = facts->services < PROBE_SERVICES ? &facts->service[facts->services++] : &facts->service[0];
    *at = (struct probe_service){.port = step->how & OF_A_KIND ? (uint16_t)(2000 + step->id) : facts->port,
                                 .accepted = step->how & 1,
                                 .closed = step->how & 2,
                                 .refused = step->how & 8,
                                 .banner_us = step->window * INT64_C(30000)};
    size = size < step->which ? size : step->which;
    at->is_ssh = ssh_find_banner(said, size, true, &banner) == SSH_OPENING_BANNER;
    for (size_t n = 0; n < size && n + 1 < sizeof at->banner && said[n] != '\n' && said[n] != '\0'; n++)
        at->banner[n] = at->is_ssh ? banner.text[n] : (char)said[n];
    facts->elsewhere = step->how & 4;
}

static void take_step(struct scene *s, const struct step *step, const uint8_t *rest, size_t left)
{
    switch (step->act % ACTS) {
    case ACT_SEND:
        send_due(s, step);
        break;
    case ACT_NEIGHBOUR:
        neighbour(s, step);
        break;
    case ACT_SERVICE:
        service(s, step, rest, left);
        break;
    case ACT_PATIENCE:
        plan_add_fragments(&s->facts, s->now_us);
        break;
    case ACT_FRAME:
        take(s, rest, left < step->which ? left : step->which);
        break;
    default:
        s->now_us += step->pause * INT64_C(37);
        answer_some(s, step);
        break;
    }
}

/* ---- The judgement ---- */

static void report(struct scene *s, const char *format)
{
    struct output output;
    const struct capture_facts capture = {.first_us = s->facts.started_us, .last_us = s->now_us, .live = true};
    const struct attempt attempt = {
        .key = {s->facts.source, s->facts.target, s->facts.packet[0].source_port, s->facts.port},
        .syn = {.ts_us = s->facts.started_us},
        .last_us = s->now_us,
        .syns = 1,
    };
    const struct case_file file = {.attempt = &attempt, .capture = &capture, .observed_until_us = s->now_us};
    struct report *report = report_new(&(struct report_options){
        .format = report_format_named(format), .out = output_open(&output), .numeric = true, .verbose = 1});
    if (report == NULL)
        exit(2);
    report_probe(report, &(struct probe_outcome){.name = &s->name,
                                                 .facts = &s->facts,
                                                 .file = &file,
                                                 .verdict = &s->verdict,
                                                 .interface = "fuzz",
                                                 .host = s->name.hostname,
                                                 .took_us = s->now_us - s->facts.started_us});
    report_close(report);
    output_check(&output, strcmp(format, "json") == 0);
}

static void judge(struct scene *s, bool after)
{
    probe_hops(&s->facts);
    probe_judge(&s->facts, after ? &s->passive : NULL, &s->verdict);
    const struct verdict *v = &s->verdict.verdict;
    if (!(v->confidence >= 0 && v->confidence <= EVIDENCE_SUREST) || (unsigned)v->cause >= CAUSE_COUNT ||
        s->verdict.hop > 255 || strnlen(s->verdict.note, sizeof s->verdict.note) == sizeof s->verdict.note)
        abort();
}

/* The names that the way there and the configuration were given, from the end of the input. */
static void name_all(struct scene *s, const uint8_t *text, size_t size)
{
    char *const texts[] = {s->name.hostname, s->name.jump, s->name.wanted, s->facts.hop[0].name};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        for (size_t n = 0; n < 40 && i * 40 + n < size && text[i * 40 + n]; n++)
            texts[i][n] = (char)text[i * 40 + n];
}

static void begin(struct scene *s, const uint8_t *head)
{
    s->ipv6 = head[0] & 1;
    s->now_us = 1700000000000000;
    s->facts = (struct probe_facts){.source = person_address(PERSON_CLIENT, s->ipv6),
                                    .target = person_address(PERSON_SERVER, s->ipv6),
                                    .port = head[0] & 128 ? 2222 : 22,
                                    .base_port = 61440,
                                    .near = head[0] & 2,
                                    .local = head[0] & 4,
                                    .sockets_only = head[0] & 8,
                                    .send_error = head[0] & 16 ? 1 : 0,
                                    .started_us = s->now_us};
    s->passive = (struct verdict){.cause = (enum cause)(head[1] % CAUSE_COUNT),
                                  .confidence = head[2] / 260.0,
                                  .alternatives = {{(enum cause)(head[2] % CAUSE_COUNT), 0.2}},
                                  .alternatives_count = 1};
    plan_first(&s->facts, s->now_us);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct crafter *crafters[2];
    static struct scene s;
    if (size < HEAD)
        return 0;
    memset(&s, 0, sizeof s);
    begin(&s, data);
    if (crafters[s.ipv6] == NULL)
        crafters[s.ipv6] = crafter_new(&s.facts.source, &s.facts.target);
    s.crafter = crafters[s.ipv6];
    s.decoder = decoder_new();
    if (s.crafter == NULL || s.decoder == NULL)
        exit(2);
    for (size_t at = HEAD, steps = 0; at + STEP_BYTES <= size && steps < STEPS; at += STEP_BYTES, steps++) {
        struct step step;
        memcpy(&step, data + at, sizeof step);
        take_step(&s, &step, data + at + STEP_BYTES, size - at - STEP_BYTES);
    }
    judge(&s, data[0] & 32);
    name_all(&s, data + HEAD, size - HEAD);
    report(&s, "json");
    report(&s, "text");
    decoder_free(s.decoder);
    return 0;
}
