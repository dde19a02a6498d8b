/* Captures with comments: their bytes, what is held back for how long, and what hostile words come to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sshsniff/header_fields.h>
#include <sshsniff/protocol_numbers.h>

#include "report/packet_comments.h"
#include "report/pcapng_writer.h"
#include "run/held_frames.h"
#include "run/saving.h"

/* ---- Bytes ---- */

struct written {
    uint8_t *data;
    size_t size;
};

static uint32_t u16(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8;
}

static uint32_t u32(const uint8_t *at)
{
    return u16(at) | u16(at + 2) << 16;
}

/* The block at `*at`, whose two lengths agree and are whole words; `*at` goes on to the next. NULL at the end. */
static const uint8_t *next_block(const struct written *file, size_t *at, uint32_t type)
{
    if (*at == file->size)
        return NULL;
    assert_true(file->size - *at >= 12);
    const uint8_t *block = file->data + *at;
    const uint32_t size = u32(block + 4);
    assert_int_equal(size % 4, 0);
    assert_true(size >= 12 && size <= file->size - *at);
    assert_int_equal(u32(block + size - 4), size);
    assert_int_equal(u32(block), type);
    *at += size;
    return block;
}

/* The options from `at` on, up to their end, which is the block's. Returns how many of `code`; the last one's text. */
static size_t options_of(const uint8_t *block, size_t at, uint32_t code, char *text)
{
    const size_t end = u32(block + 4) - 4;
    size_t found = 0;
    while (at < end && u32(block + at) != 0) {
        const uint32_t length = u16(block + at + 2);
        assert_true(at + 4 + length <= end);
        if (u16(block + at) == code) {
            found++;
            memcpy(text, block + at + 4, length);
            text[length] = '\0';
        }
        for (uint32_t fill = length; fill % 4 != 0; fill++)
            assert_int_equal(block[at + 4 + fill], 0);
        at += 4 + (length + 3) / 4 * 4;
    }
    assert_true(at == end || at + 4 == end);
    return found;
}

static struct frame frame_of(uint64_t number, int linktype, uint32_t interface, const uint8_t *data, uint32_t size)
{
    return (struct frame){.data = data,
                          .caplen = size,
                          .len = size + 100,
                          .ts_us = 1795330126852817 + (int64_t)number,
                          .number = number,
                          .linktype = linktype,
                          .interface = interface};
}

static void blocks(void **state)
{
    static const uint8_t bytes[] = {0x45, 1, 2, 3, 4, 5, 6};
    static const char *const comments[] = {"a", "ab", "abc", "abcd", ""};
    struct written file;
    char text[70000];
    size_t at = 0;
    (void)state;
    FILE *out = open_memstream((char **)&file.data, &file.size);
    struct pcapng_writer *writer = pcapng_writer_new(out, "sshsniff 1", NULL);
    pcapng_writer_source(writer, "/some/folder/a.pcap", false, 96);
    const struct frame first = frame_of(1, 1, 0, bytes, 7), second = frame_of(2, 113, 5, bytes, 4);
    const struct frame third = frame_of(3, 113, 0, bytes, 0);
    assert_true(pcapng_writer_frame(writer, &first, comments, 5));
    assert_true(pcapng_writer_frame(writer, &second, NULL, 0));
    pcapng_writer_source(writer, "eth0", true, 0);
    assert_true(pcapng_writer_frame(writer, &third, comments, 1));
    assert_true(pcapng_writer_close(writer, "all"));

    const uint8_t *block = next_block(&file, &at, 0x0a0d0d0a);
    assert_memory_equal(block + 8, "\x4d\x3c\x2b\x1a\1\0\0\0", 8); /* little-endian on any machine, version 1.0 */
    assert_int_equal(options_of(block, 24, 4, text), 1);
    assert_string_equal(text, "sshsniff 1");
    assert_int_equal(options_of(block, 24, 1, text), 0);
    block = next_block(&file, &at, 1);
    assert_int_equal(u16(block + 8), 1);
    assert_int_equal(u32(block + 12), 96);
    assert_int_equal(options_of(block, 16, 3, text), 1);
    assert_string_equal(text, "a.pcap");
    assert_int_equal(options_of(block, 16, 9, text), 1);
    assert_memory_equal(text, "\6", 2);
    block = next_block(&file, &at, 6);
    assert_int_equal(u32(block + 8), 0);
    assert_int_equal((uint64_t)u32(block + 12) << 32 | u32(block + 16), first.ts_us);
    assert_int_equal(u32(block + 20), 7);
    assert_int_equal(u32(block + 24), 107);
    assert_memory_equal(block + 28, bytes, 7);
    assert_int_equal(options_of(block, 36, 1, text), 5);
    assert_string_equal(text, "");
    block = next_block(&file, &at, 1);
    assert_int_equal(u16(block + 8), 113);
    block = next_block(&file, &at, 6);
    assert_int_equal(u32(block + 8), 1);
    assert_int_equal(u32(block + 4), 36); /* no options, not even their end */
    block = next_block(&file, &at, 1);
    assert_int_equal(options_of(block, 16, 2, text), 1);
    assert_string_equal(text, "eth0");
    block = next_block(&file, &at, 6);
    assert_int_equal(u32(block + 8), 2);
    assert_int_equal(options_of(block, 28, 1, text), 1);
    block = next_block(&file, &at, 0x0a0d0d0a);
    assert_int_equal(options_of(block, 24, 1, text), 1);
    assert_string_equal(text, "all");
    assert_null(next_block(&file, &at, 0));
    free(file.data);
}

/* An option's length has 16 bits. */
static void longest_comment(void **state)
{
    struct written file;
    size_t at = 0;
    char *comment = calloc(1, 80000), *text = calloc(1, 80000);
    (void)state;
    memset(comment, 'x', 79999);
    FILE *out = open_memstream((char **)&file.data, &file.size);
    assert_true(pcapng_writer_close(pcapng_writer_new(out, NULL, comment), NULL));
    const uint8_t *block = next_block(&file, &at, 0x0a0d0d0a);
    assert_int_equal(options_of(block, 24, 1, text), 1);
    assert_int_equal(strlen(text), 65535);
    assert_null(next_block(&file, &at, 0));
    free(file.data);
    free(comment);
    free(text);
}

/* More interfaces than are told apart: each frame has its link type all the same. */
static void many_interfaces(void **state)
{
    static const uint8_t bytes[4];
    char path[] = "/tmp/sshsniff-test-XXXXXX", why[PCAP_ERRBUF_SIZE];
    (void)state;
    struct pcapng_writer *writer = pcapng_writer_new(fdopen(mkstemp(path), "wb"), NULL, NULL);
    for (uint32_t i = 0; i < 1000; i++) {
        const struct frame frame = frame_of(i + 1, 1, i, bytes, 4);
        assert_true(pcapng_writer_frame(writer, &frame, NULL, 0));
    }
    const struct frame other = frame_of(1001, 113, 0, bytes, 4);
    assert_false(pcapng_writer_frame(writer, &other, NULL, 0));
    assert_true(pcapng_writer_close(writer, NULL));
    pcap_t *again = pcap_open_offline(path, why);
    struct pcap_pkthdr *header;
    const u_char *data;
    int frames = 0;
    assert_non_null(again);
    while (pcap_next_ex(again, &header, &data) == 1)
        frames++;
    assert_int_equal(frames, 1000);
    pcap_close(again);
    unlink(path);
}

static void made_from_text(void **state)
{
    struct {
        struct text_link link;
        uint8_t ip[20];
    } bytes = {.link = {.type = 0x0800}, .ip = {0x45}};
    struct written file;
    char text[1000];
    size_t at = 0;
    (void)state;
    FILE *out = open_memstream((char **)&file.data, &file.size);
    struct pcapng_writer *writer = pcapng_writer_new(out, NULL, pcapng_of_text);
    struct frame frame = frame_of(1, LINKTYPE_OF_TEXT, 0, (const uint8_t *)&bytes, sizeof bytes);
    assert_true(pcapng_writer_takes(&frame));
    assert_true(pcapng_writer_frame(writer, &frame, NULL, 0));
    bytes.link.type = ETHERTYPE_ARP;
    assert_false(pcapng_writer_takes(&frame));
    assert_true(pcapng_writer_frame(writer, &frame, NULL, 0));
    frame.caplen = 3;
    assert_false(pcapng_writer_takes(&frame));
    assert_true(pcapng_writer_close(writer, NULL));
    const uint8_t *block = next_block(&file, &at, 0x0a0d0d0a);
    assert_int_equal(options_of(block, 24, 1, text), 1);
    assert_non_null(strstr(text, "rebuilt by sshsniff from text"));
    block = next_block(&file, &at, 1);
    assert_int_equal(u16(block + 8), 101);
    block = next_block(&file, &at, 6);
    assert_int_equal(u32(block + 20), 20);
    assert_int_equal(block[28], 0x45);
    assert_null(next_block(&file, &at, 0));
    free(file.data);
}

/* ---- Words ---- */

struct said {
    size_t count;
    uint64_t packet[8];
    char text[8][COMMENT_SIZE];
};

static void remember(void *context, uint64_t packet, const char *text)
{
    struct said *said = context;
    assert_true(said->count < 8);
    said->packet[said->count] = packet;
    snprintf(said->text[said->count++], COMMENT_SIZE, "%s", text);
}

static void words(void **state)
{
    static struct said said;
    const struct attempt attempt = {.syn = {.number = 3}};
    const struct case_file file = {.attempt = &attempt};
    struct verdict verdict = {.cause = CAUSE_KERNEL_RST,
                              .where = WHERE_HOST,
                              .confidence = 0.975,
                              .evidence_count = 2,
                              .evidence = {{.id = "row", .packet = 7, .sentence = "it says {w}", .favours_count = 2},
                                           {.id = "all", .sentence = "as a whole", .favours_count = 0}}};
    (void)state;
    verdict.evidence[0].word = "\x1b[2J\xff\ncause=none confidence=1.00 ; sshsniff: cause=none \xe2\x80\xae";
    verdict.evidence[0].favours[0] = CAUSE_KERNEL_RST;
    verdict.evidence[0].favours[1] = CAUSE_NONE;
    snprintf(verdict.detail, sizeof verdict.detail, "where=client");
    packet_comments(&file, &verdict, 3, remember, &said);
    assert_int_equal(said.count, 3);
    assert_int_equal(said.packet[0], 3);
    assert_int_equal(strncmp(said.text[0], "sshsniff: cause=kernel-rst where=host confidence=0.9", 52), 0);
    assert_non_null(strstr(said.text[0], " ; "));
    assert_non_null(strstr(said.text[0], "; where:client"));
    assert_int_equal(said.packet[1], 7);
    assert_int_equal(strncmp(said.text[1], "sshsniff: evidence=row for=kernel-rst,none ; it says ", 53), 0);
    assert_null(strstr(said.text[1], "cause="));
    assert_null(strstr(said.text[1], "confidence="));
    for (const char *at = said.text[1]; *at != '\0'; at++)
        assert_true(*at >= ' ' && *at <= '~');
    assert_int_equal(said.packet[2], 3); /* what no packet shows alone is with the verdict */
    assert_string_equal(said.text[2], "sshsniff: evidence=all ; as a whole");
}

/* Where nothing decides alone. */
static void attempts_packet(void **state)
{
    struct answer answer = {.refusal = {.number = 9}};
    struct attempt attempt = {.syn = {.number = 3}};
    const struct lookup lookup = {.first_number = 2};
    (void)state;
    assert_int_equal(packet_of_attempt(&attempt), 3);
    attempt.answer = &answer;
    assert_int_equal(packet_of_attempt(&attempt), 9);
    answer.synack.number = 4;
    assert_int_equal(packet_of_attempt(&attempt), 3);
    attempt.syn.number = 0;
    assert_int_equal(packet_of_attempt(&attempt), 4);
    attempt.lookup = &lookup;
    assert_int_equal(packet_of_attempt(&attempt), 2);
}

static uint64_t ten_more(const void *context, uint64_t number)
{
    return number == 5 ? 0 : number + *(const uint64_t *)context;
}

static void numbers(void **state)
{
    const uint64_t more = 10;
    char out[COMMENT_SIZE];
    (void)state;
    const size_t size =
        comment_renumber("the SYN (#4) and #99, not (#5), x#1, # 2, #", ten_more, &more, out, sizeof out);
    assert_int_equal(size, strlen(out) + 1);
    assert_string_equal(out, "the SYN (#14) and #109, not (#?), x#1, # 2, #");
    comment_renumber("", ten_more, &more, out, sizeof out);
    assert_string_equal(out, "");
    assert_int_equal(comment_renumber("abcdef", ten_more, &more, out, 4), 4);
    assert_string_equal(out, "abc");
}

static void summary(void **state)
{
    struct report_counts counts = {.attempts = 30, .failures = 20};
    char out[COMMENT_SIZE];
    (void)state;
    counts.causes[CAUSE_NONE] = 10;
    counts.causes[CAUSE_SILENT_DROP] = 20;
    capture_comment(&counts, out, sizeof out);
    assert_string_equal(out, "sshsniff: attempts=30 failed=20 silent-drop=20 none=10");
    for (int cause = 0; cause < CAUSE_COUNT; cause++)
        counts.causes[cause] = UINT64_MAX;
    capture_comment(&counts, out, sizeof out);
    assert_true(strlen(out) < sizeof out);
}

static void names(void **state)
{
    (void)state;
    assert_true(saving_is_pcapng("a.pcapng"));
    assert_true(saving_is_pcapng("/x.y/a.PCAPNG"));
    assert_false(saving_is_pcapng(".pcapng"));
    assert_false(saving_is_pcapng("a.pcap"));
    assert_false(saving_is_pcapng("a.pcapng.gz"));
    assert_false(saving_is_pcapng("-"));
}

/* ---- Held back ---- */

enum { OUT_MOST = 400000 };

struct out {
    size_t count;
    struct {
        uint64_t number;
        uint32_t caplen;
        uint8_t byte;
        size_t comments;
        char first[64];
    } frame[OUT_MOST];
};

static void take(void *context, const struct frame *frame, const char *const *comments, size_t count)
{
    struct out *out = context;
    assert_true(out->count < OUT_MOST);
    out->frame[out->count].number = frame->number;
    out->frame[out->count].caplen = frame->caplen;
    out->frame[out->count].byte = frame->caplen > 0 ? frame->data[frame->caplen - 1] : 0;
    out->frame[out->count].comments = count;
    snprintf(out->frame[out->count].first, sizeof out->frame[0].first, "%s", count > 0 ? comments[0] : "");
    out->count++;
}

static struct out *out;

static struct held_frames *hold(bool at_once, size_t bytes)
{
    const struct held_options options = {.bytes = bytes, .at_once = at_once, .write = take, .context = out};
    out->count = 0;
    struct held_frames *held = held_frames_new(&options);
    assert_non_null(held);
    return held;
}

static void put(struct held_frames *held, uint64_t number, int64_t ts_us, uint32_t flow, uint32_t syn, uint32_t size)
{
    static uint8_t bytes[300000];
    const struct held_flow of = {.hash = flow, .is_syn = syn != 0, .seq = syn};
    struct frame frame = {.data = bytes, .caplen = size, .len = size, .ts_us = ts_us, .number = number, .linktype = 1};
    memset(bytes, (int)number, size);
    held_frames_add(held, &frame, &of);
}

static void judge(struct held_frames *held, uint32_t flow, uint32_t syn, bool wanted)
{
    const struct held_flow of = {.hash = flow, .seq = syn};
    held_frames_judged(held, &of, wanted);
}

/* While a frame is written, those before it and behind it have their places. */
static struct held_frames *asked;

static void take_and_ask(void *context, const struct frame *frame, const char *const *comments, size_t count)
{
    take(context, frame, comments, count);
    for (uint64_t number = 1; number <= 6; number++)
        assert_int_equal(held_frames_number(asked, number), number < 4 ? number : number == 4 ? 0 : number - 1);
}

static void places_while_written(void **state)
{
    const struct held_options options = {.write = take_and_ask, .context = out};
    (void)state;
    for (int some_left_out = 0; some_left_out < 2; some_left_out++) {
        out->count = 0;
        asked = held_frames_new(&options);
        for (uint64_t number = 1; number <= 6; number++)
            if (some_left_out || number != 4)
                put(asked, number, 0, number == 4 ? 2 : 1, 0, 60);
        judge(asked, 2, 0, false);
        held_frames_flush(asked);
        assert_int_equal(out->count, 5);
        held_frames_free(asked);
    }
}

static uint64_t lost(const struct held_frames *held)
{
    struct held_stats stats;
    held_frames_stats(held, &stats);
    return stats.comments_lost;
}

static uint64_t given_up(const struct held_frames *held)
{
    struct held_stats stats;
    held_frames_stats(held, &stats);
    return stats.given_up;
}

/* In their order, until the oldest is judged; then one by one. */
static void in_order(void **state)
{
    struct held_frames *held = hold(false, 0);
    (void)state;
    put(held, 4, 1000, 1, 77, 60);
    put(held, 6, 2000, 2, 88, 60);
    put(held, 7, 3000, 1, 0, 60);
    judge(held, 2, 88, true);
    held_frames_comment(held, 6, "x (#4)");
    held_frames_comment(held, 6, "x (#4)"); /* said once */
    held_frames_comment(held, 6, "second");
    assert_true(held_frames_has(held, 6));
    assert_false(held_frames_has(held, 5));
    held_frames_advance(held, 10000000);
    assert_int_equal(out->count, 0);
    assert_int_equal(held_frames_number(held, 4), 1);
    assert_int_equal(held_frames_number(held, 6), 2);
    assert_int_equal(held_frames_number(held, 5), 0);
    judge(held, 1, 77, true);
    held_frames_advance(held, 10000000);
    assert_int_equal(out->count, 3);
    assert_int_equal(out->frame[1].number, 6);
    assert_int_equal(out->frame[1].comments, 2);
    assert_string_equal(out->frame[1].first, "x (#4)");
    assert_int_equal(held_frames_number(held, 6), 2); /* it is known for a while */
    held_frames_comment(held, 6, "too late");
    assert_int_equal(lost(held), 1);
    assert_false(held_frames_has(held, 6));
    /* the same connection goes on, and begins anew */
    put(held, 8, 20000000, 1, 0, 60);
    put(held, 9, 20000000, 1, 77, 60);
    put(held, 10, 20000000, 1, 78, 60);
    held_frames_advance(held, 20400000);
    assert_int_equal(out->count, 3);
    held_frames_advance(held, 20600000);
    assert_int_equal(out->count, 5);
    held_frames_flush(held);
    assert_int_equal(out->count, 6);
    assert_int_equal(given_up(held), 0);
    held_frames_free(held);
}

/* Somebody looks on: nothing waits for another connection. */
static void at_once(void **state)
{
    struct held_frames *held = hold(true, 0);
    (void)state;
    put(held, 1, 1000, 1, 1, 60);
    put(held, 2, 1000, 0, 0, 60);
    put(held, 3, 1000, 2, 1, 60);
    judge(held, 2, 1, true);
    held_frames_advance(held, 1000000);
    assert_int_equal(out->count, 1);
    assert_int_equal(out->frame[0].number, 3);
    assert_int_equal(held_frames_number(held, 3), 1);
    assert_int_equal(held_frames_number(held, 1), 0);
    held_frames_advance(held, 16000000);
    assert_int_equal(out->count, 2);
    held_frames_advance(held, 100000000);
    assert_int_equal(out->count, 2);
    held_frames_advance(held, 151000000);
    assert_int_equal(out->count, 3);
    held_frames_flush(held);
    assert_int_equal(out->count, 3);
    held_frames_free(held);
}

static void left_out(void **state)
{
    struct held_frames *held = hold(false, 0);
    (void)state;
    put(held, 1, 1000, 1, 1, 60);
    put(held, 2, 1000, 2, 1, 60);
    put(held, 3, 1000, 1, 0, 60);
    judge(held, 1, 1, false);
    judge(held, 2, 1, true);
    put(held, 4, 1000, 1, 0, 60);
    held_frames_comment(held, 3, "for nobody");
    assert_int_equal(held_frames_number(held, 2), 1);
    assert_int_equal(held_frames_number(held, 3), 0);
    held_frames_flush(held);
    assert_int_equal(out->count, 1);
    assert_int_equal(out->frame[0].number, 2);
    held_frames_free(held);
}

/* Numbers of the next source begin at 1 again. */
static void two_sources(void **state)
{
    struct held_frames *held = hold(false, 0);
    (void)state;
    for (uint64_t i = 1; i <= 10; i++)
        put(held, i, 0, 1, 0, 60);
    judge(held, 1, 0, true);
    held_frames_flush(held);
    for (uint64_t i = 1; i <= 10; i++)
        put(held, i, 0, 1, 0, 60);
    held_frames_comment(held, 3, "of the second");
    assert_int_equal(held_frames_number(held, 3), 13);
    assert_int_equal(held_frames_flow(held, 3), 1);
    held_frames_flush(held);
    assert_int_equal(out->count, 20);
    assert_int_equal(out->frame[2].comments, 0);
    assert_int_equal(out->frame[12].comments, 1);
    held_frames_free(held);
}

/* Whatever the sizes, within the bound: each frame comes out once, in order, with its bytes. */
static void bounded(void **state)
{
    struct held_frames *held = hold(false, 1 << 20);
    uint32_t random = 1;
    (void)state;
    for (uint64_t i = 1; i <= 100000; i++) {
        random = random * 1664525 + 1013904223;
        const uint32_t size = random >> 28 == 0 ? (random >> 8) % 60000 : random >> 28 == 1 ? 0 : (random >> 8) % 200;
        put(held, i, 0, 1 + (random >> 4) % 5000, 0, size);
        if (random >> 30 == 0)
            held_frames_comment(held, i,
                                "a comment that is neither long nor short, as most of them are in the end; "
                                "and longer than a piece");
    }
    put(held, 100001, 0, 1, 0, 299999); /* fits */
    held_frames_flush(held);
    assert_int_equal(out->count, 100001);
    for (uint64_t i = 1; i <= 100000; i++) {
        assert_int_equal(out->frame[i - 1].number, i);
        if (out->frame[i - 1].caplen > 0)
            assert_int_equal(out->frame[i - 1].byte, i & 255);
    }
    assert_true(given_up(held) > 50000);
    assert_int_equal(lost(held), 0);
    held_frames_free(held);
}

/* Larger than all that may be held: it goes out as it is, behind what came before it. */
static void too_large(void **state)
{
    struct held_frames *held = hold(false, 1 << 18);
    (void)state;
    put(held, 1, 0, 1, 0, 60);
    put(held, 2, 0, 1, 0, 290000);
    put(held, 3, 0, 1, 0, 60);
    assert_int_equal(out->count, 2);
    held_frames_flush(held);
    assert_int_equal(out->count, 3);
    assert_int_equal(out->frame[1].caplen, 290000);
    held_frames_free(held);
}

/* Comments take the room of others: the oldest frames go first, with what was said of them. */
static void many_comments(void **state)
{
    struct held_frames *held = hold(false, 1 << 20);
    char text[400];
    uint64_t kept = 0;
    (void)state;
    for (uint64_t i = 1; i <= 2000; i++)
        put(held, i, 0, 1, 0, 60);
    for (uint64_t i = 1; i <= 2000; i++) {
        memset(text, 'c', sizeof text);
        text[399] = '\0';
        held_frames_comment(held, i, text);
    }
    held_frames_flush(held);
    assert_int_equal(out->count, 2000);
    for (size_t i = 0; i < 2000; i++)
        kept += out->frame[i].comments;
    assert_int_equal(kept + lost(held), 2000);
    assert_true(kept >= 600);
    /* on one frame there is an end, too */
    put(held, 3000, 0, 1, 0, 60);
    for (int i = 0; i < 100; i++) {
        snprintf(text, sizeof text, "%d %0300d", i, i);
        held_frames_comment(held, 3000, text);
    }
    held_frames_flush(held);
    assert_true(out->frame[2000].comments >= 30 && out->frame[2000].comments <= HELD_COMMENTS);
    assert_int_equal(strncmp(out->frame[2000].first, "0 000", 5), 0);
    held_frames_free(held);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks),
        cmocka_unit_test(longest_comment),
        cmocka_unit_test(many_interfaces),
        cmocka_unit_test(made_from_text),
        cmocka_unit_test(words),
        cmocka_unit_test(attempts_packet),
        cmocka_unit_test(numbers),
        cmocka_unit_test(summary),
        cmocka_unit_test(names),
        cmocka_unit_test(in_order),
        cmocka_unit_test(places_while_written),
        cmocka_unit_test(at_once),
        cmocka_unit_test(left_out),
        cmocka_unit_test(two_sources),
        cmocka_unit_test(bounded),
        cmocka_unit_test(too_large),
        cmocka_unit_test(many_comments),
    };
    out = calloc(1, sizeof *out);
    const int failed = out != NULL ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
    free(out);
    return failed;
}
