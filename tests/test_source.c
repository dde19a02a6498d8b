#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <pcap/pcap.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <zlib.h>
#include <zstd.h>

#include <cmocka.h>

#include <sshsniff/capture.h>

#include "test_source_files.h"

#define KEPT      64
#define ETHERNET  1
#define RAW       101
#define SLL2      276
#define MICROS    1000000
#define TOO_LARGE 20000000

static char directory[] = "/tmp/sshsniff-test-source-XXXXXX";
static char file_path[sizeof directory + 8];

/* What came out of a file. */
struct outcome {
    bool opened;
    enum source_result last;
    size_t count;
    struct frame frames[KEPT]; /* the first; `data` is not to be followed */
    uint64_t sums[KEPT];
    struct source_stats stats;
    int linktype;
    char error[SOURCE_ERROR_SIZE];
};

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * MICROS + now.tv_nsec / 1000;
}

static uint64_t sum(const uint8_t *data, size_t size)
{
    uint64_t total = 0;
    for (size_t i = 0; i < size; i++)
        total = total * 31 + data[i];
    return total;
}

static const char *save(const struct bytes *b)
{
    unlink(file_path); /* some filesystems flush a file that is truncated and written again: slow */
    FILE *file = fopen(file_path, "wb");
    assert_non_null(file);
    assert_true(b->size == 0 || fwrite(b->data, b->size, 1, file) == 1);
    assert_int_equal(fclose(file), 0);
    return file_path;
}

static void clear(struct bytes *b)
{
    free(b->data);
    *b = (struct bytes){0};
}

static struct outcome read_path(const char *path, const char *filter)
{
    struct outcome outcome = {.last = SOURCE_ERROR};
    struct frame frame;
    struct source *source = source_open_file(path, filter, outcome.error);

    if (source == NULL) {
        assert_string_not_equal(outcome.error, "");
        return outcome;
    }
    outcome.opened = true;
    while ((outcome.last = source_next(source, &frame)) == SOURCE_FRAME) {
        assert_true(frame.caplen <= frame.len);
        uint64_t data_sum = sum(frame.data, frame.caplen); /* under the sanitizer: all of it can be read */
        if (outcome.count < KEPT) {
            outcome.frames[outcome.count] = frame;
            outcome.sums[outcome.count] = data_sum;
        }
        outcome.count++;
    }
    snprintf(outcome.error, sizeof outcome.error, "%s", source_error(source));
    assert_int_equal(outcome.last, outcome.error[0] == '\0' ? SOURCE_END : SOURCE_ERROR);
    assert_int_equal(source_next(source, &frame), outcome.last); /* and so it stays */
    source_stats(source, &outcome.stats);
    assert_int_equal(outcome.stats.frames, outcome.count);
    outcome.linktype = source_linktype(source);
    source_close(source);
    return outcome;
}

static struct outcome read_bytes(const struct bytes *b)
{
    return read_path(save(b), NULL);
}

static void assert_contains(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("\"%s\" lacks \"%s\"", text, part);
    if (strchr(text, '\n') != NULL)
        fail_msg("\"%s\" is more than a line", text);
}

/* Frame by frame the same as libpcap's own reader. */
static void assert_like_libpcap(const char *path)
{
    char error[SOURCE_ERROR_SIZE];
    struct pcap_pkthdr *header;
    const u_char *data;
    struct frame frame;
    uint64_t number = 0;
    pcap_t *theirs = pcap_open_offline(path, error);

    assert_non_null(theirs);
    struct source *ours = source_open_file(path, NULL, error);
    assert_non_null(ours);
    while (pcap_next_ex(theirs, &header, &data) == 1) {
        assert_int_equal(source_next(ours, &frame), SOURCE_FRAME);
        assert_int_equal(frame.number, ++number);
        assert_int_equal(frame.ts_us, (int64_t)header->ts.tv_sec * MICROS + header->ts.tv_usec);
        assert_int_equal(frame.caplen, header->caplen);
        assert_int_equal(frame.len, header->len);
        assert_memory_equal(frame.data, data, header->caplen);
    }
    assert_int_equal(source_next(ours, &frame), SOURCE_END);
    source_close(ours);
    pcap_close(theirs);
}

static struct bytes small_pcap(uint32_t magic, bool big_endian)
{
    struct bytes b = {.big_endian = big_endian};
    put_pcap_header(&b, magic, 65535, ETHERNET);
    for (uint32_t i = 0; i < 5; i++) {
        put_pcap_record(&b, 1700000000 + i, 123456 * i, 20 + i, 60);
        if (magic == PCAP_MODIFIED)
            put64(&b, 0x1234567890);
        put_pattern(&b, 20 + i, i);
    }
    return b;
}

static struct bytes small_pcapng(bool big_endian)
{
    struct bytes b = {.big_endian = big_endian};
    put_section(&b);
    put_unknown(&b, 0x0bad, 30);
    put_interface(&b, ETHERNET, 0, NO_OPTION, 0);
    put_enhanced(&b, 0, 1700000000000001, 21, 60);
    put_unknown(&b, 4, 8);
    put_enhanced(&b, 0, 1700000000000002, 0, 0);
    put_obsolete(&b, 0, 1700000000000003, 23, 23);
    put_statistics(&b, 0, 7);
    return b;
}

static void test_pcap_variants(void **state)
{
    (void)state;
    static const uint32_t magics[] = {PCAP_MICROSECONDS, PCAP_NANOSECONDS, PCAP_MODIFIED};

    for (int big_endian = 0; big_endian < 2; big_endian++) {
        for (int m = 0; m < 3; m++) {
            struct bytes b = small_pcap(magics[m], big_endian);
            struct outcome o = read_bytes(&b);
            assert_string_equal(o.error, "");
            assert_int_equal(o.count, 5);
            assert_int_equal(o.linktype, ETHERNET);
            assert_int_equal(o.stats.snaplen, 65535);
            assert_int_equal(o.frames[2].number, 3);
            assert_int_equal(o.frames[2].caplen, 22);
            assert_int_equal(o.frames[2].len, 60);
            int64_t fraction = magics[m] == PCAP_NANOSECONDS ? 246 : 246912;
            assert_int_equal(o.frames[2].ts_us, (int64_t)1700000002 * MICROS + fraction);
            assert_like_libpcap(file_path);
            clear(&b);
        }
    }
}

static void test_empty_but_valid(void **state)
{
    (void)state;
    struct bytes b = {0};

    put_pcap_header(&b, PCAP_MICROSECONDS, 0, ETHERNET);
    struct outcome o = read_bytes(&b);
    assert_int_equal(o.last, SOURCE_END);
    assert_int_equal(o.count, 0);
    assert_int_equal(o.stats.snaplen, 0);
    b.size = 0;
    put_section(&b);
    o = read_bytes(&b);
    assert_int_equal(o.last, SOURCE_END);
    assert_int_equal(o.linktype, -1);
    clear(&b);
}

static void test_old_snaplen_zero(void **state)
{
    (void)state;
    struct bytes b = {0};

    put_pcap_header(&b, PCAP_MICROSECONDS, 0, ETHERNET);
    put_pcap_record(&b, 1, 2, 1514, 1514);
    put_pattern(&b, 1514, 1);
    assert_int_equal(read_bytes(&b).count, 1);
    clear(&b);
}

static void test_link_types_are_made_regular(void **state)
{
    (void)state;
    static const struct {
        uint32_t network;
        int linktype;
    } cases[] = {{0xf4000001, ETHERNET}, {12, RAW}, {14, RAW}, {101, RAW}, {113, 113}, {SLL2, SLL2}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bytes b = {0};
        put_pcap_header(&b, PCAP_MICROSECONDS, 65535, cases[i].network);
        assert_int_equal(read_bytes(&b).linktype, cases[i].linktype);
        clear(&b);
    }
    assert_string_equal(source_linktype_name(ETHERNET), "EN10MB");
    assert_string_equal(source_linktype_name(RAW), "RAW");
    assert_string_equal(source_linktype_name(SLL2), "LINUX_SLL2");
    assert_null(source_linktype_name(-1));
    assert_null(source_linktype_name(60000));
}

static void test_captured_more_than_sent(void **state)
{
    (void)state;
    struct bytes b = {0};

    put_pcap_header(&b, PCAP_MICROSECONDS, 65535, ETHERNET);
    put_pcap_record(&b, 1, 2, 40, 30);
    put_pattern(&b, 40, 1);
    struct outcome o = read_bytes(&b);
    assert_int_equal(o.frames[0].caplen, 40);
    assert_int_equal(o.frames[0].len, 40);

    b.data[6] = 3; /* version 2.3 wrote the lengths the other way round */
    put_pattern(&b, 0, 0);
    b.size -= 10;
    o = read_bytes(&b);
    assert_int_equal(o.frames[0].caplen, 30);
    assert_int_equal(o.frames[0].len, 40);
    clear(&b);
}

static void test_pcapng_blocks(void **state)
{
    (void)state;
    for (int big_endian = 0; big_endian < 2; big_endian++) {
        struct bytes b = small_pcapng(big_endian);
        struct outcome o = read_bytes(&b);
        assert_string_equal(o.error, "");
        assert_int_equal(o.count, 3);
        assert_int_equal(o.frames[0].ts_us, 1700000000000001);
        assert_int_equal(o.frames[1].caplen, 0);
        assert_int_equal(o.frames[2].ts_us, 1700000000000003);
        assert_int_equal(o.stats.kernel_dropped, 7);
        assert_like_libpcap(file_path);
        clear(&b);
    }
}

static void test_pcapng_simple_block(void **state)
{
    (void)state;
    struct bytes b = {0};

    put_section(&b);
    put_interface(&b, RAW, 33, NO_OPTION, 0);
    put_enhanced(&b, 0, 5000000, 20, 20);
    put_simple(&b, 33, 1000); /* cut off by the snaplen; three bytes of padding */
    put_simple(&b, 10, 10);
    struct outcome o = read_bytes(&b);
    assert_int_equal(o.count, 3);
    assert_int_equal(o.frames[1].caplen, 33);
    assert_int_equal(o.frames[1].len, 1000);
    assert_int_equal(o.frames[1].ts_us, 5000000); /* it has none of its own */
    assert_int_equal(o.frames[2].caplen, 10);
    assert_int_equal(o.stats.snaplen, 33);
    clear(&b);
}

/* Each section has its own byte order and numbers its own interfaces. */
static void test_pcapng_sections_and_interfaces(void **state)
{
    (void)state;
    struct bytes b = {0};

    put_section(&b);
    put_interface(&b, ETHERNET, 96, NO_OPTION, 0);
    put_interface(&b, SLL2, 0, 9, 0);
    put_enhanced(&b, 1, 1700000000000001999, 30, 30);
    put_enhanced(&b, 0, 1700000000000001, 31, 31);
    put_statistics(&b, 1, 5);
    put_statistics(&b, 1, 9);
    b.big_endian = true;
    put_section(&b);
    put_interface(&b, RAW, 64, NO_OPTION, 0);
    put_enhanced(&b, 0, 1700000000000002, 32, 32);
    put_statistics(&b, 0, 4);
    struct outcome o = read_bytes(&b);
    assert_string_equal(o.error, "");
    assert_int_equal(o.count, 3);
    assert_int_equal(o.linktype, ETHERNET);
    assert_int_equal(o.frames[0].linktype, SLL2);
    assert_int_equal(o.frames[0].interface, 1);
    assert_int_equal(o.frames[0].ts_us, 1700000000000001);
    assert_int_equal(o.frames[1].linktype, ETHERNET);
    assert_int_equal(o.frames[2].linktype, RAW);
    assert_int_equal(o.frames[2].number, 3);
    assert_int_equal(o.stats.kernel_dropped, 9 + 4);
    assert_int_equal(o.stats.snaplen, 64);
    clear(&b);
}

static void test_pcapng_clocks(void **state)
{
    (void)state;
    static const struct {
        int tsresol;
        int64_t tsoffset;
        uint64_t ticks;
        int64_t ts_us;
    } cases[] = {
        {NO_OPTION, 0, 1700000000123456, 1700000000123456},
        {6, 0, 1700000000123456, 1700000000123456},
        {6, 3600, 1700000000123456, 1700003600123456},
        {6, -3600, 1700000000123456, 1699996400123456},
        {9, 0, 1700000000123456789, 1700000000123456},
        {12, 0, 1234567890123, 1234567},
        {19, 1, 12345678901234567890u, 2234567},
        {3, 0, 1700000000123, 1700000000123000},
        {0, 0, 1700000000, 1700000000000000},
        {0x80, 0, 1700000000, 1700000000000000},
        {0x80 | 20, 0, ((uint64_t)1700000000 << 20) | 1 << 19, 1700000000500000},
        {0x80 | 63, 0, UINT64_MAX, 1999999},
        {0, 0, UINT64_MAX, (int64_t)1 << 61}, /* nonsense saturates */
        {6, INT64_MIN, 0, -((int64_t)1 << 61)},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bytes b = {.big_endian = i % 2 != 0};
        put_section(&b);
        put_interface(&b, ETHERNET, 0, cases[i].tsresol, cases[i].tsoffset);
        put_enhanced(&b, 0, cases[i].ticks, 20, 20);
        struct outcome o = read_bytes(&b);
        assert_int_equal(o.count, 1);
        assert_int_equal(o.frames[0].ts_us, cases[i].ts_us);
        clear(&b);
    }
}

/* A pcapng file whose one fault is what `spoil` does after the first, good frame. */
static void assert_spoilt(void (*spoil)(struct bytes *b), const char *reason)
{
    struct bytes b = {0};

    put_section(&b);
    put_interface(&b, ETHERNET, 0, NO_OPTION, 0);
    put_enhanced(&b, 0, 1, 20, 20);
    spoil(&b);
    struct outcome o = read_bytes(&b);
    assert_int_equal(o.count, 1);
    assert_int_equal(o.last, SOURCE_ERROR);
    assert_contains(o.error, "at frame 2, byte offset ");
    assert_contains(o.error, reason);
    clear(&b);
}

static void put_raw_block(struct bytes *b, uint32_t length, uint32_t trailer)
{
    put32(b, 6);
    put32(b, length);
    put_pattern(b, 48, 1);
    put32(b, trailer);
}

static void spoil_odd_length(struct bytes *b)
{
    put_raw_block(b, 58, 58);
}

static void spoil_short_length(struct bytes *b)
{
    put_raw_block(b, 8, 8);
}

static void spoil_huge_length(struct bytes *b)
{
    put_raw_block(b, 0xfffffff0, 60);
}

static void spoil_large_length(struct bytes *b)
{
    put_raw_block(b, 10000000, 60);
}

static void spoil_trailer(struct bytes *b)
{
    put_raw_block(b, 60, 64);
}

static void spoil_no_such_interface(struct bytes *b)
{
    put_enhanced(b, 1, 1, 20, 20);
}

static void spoil_new_section_without_interface(struct bytes *b)
{
    put_section(b);
    put_simple(b, 20, 20);
}

static void spoil_frame_beyond_block(struct bytes *b)
{
    size_t start = b->size;
    put_enhanced(b, 0, 1, 20, 20);
    b->data[start + 20] = 21;
}

static void spoil_empty_packet_block(struct bytes *b)
{
    end_block(b, begin_block(b, 6));
}

static void spoil_magic(struct bytes *b)
{
    size_t start = b->size;
    put_section(b);
    b->data[start + 8] ^= 1;
}

static void spoil_version(struct bytes *b)
{
    size_t start = b->size;
    put_section(b);
    b->data[start + 12] = 9;
}

static void spoil_short_section(struct bytes *b)
{
    size_t start = begin_block(b, 0x0a0d0d0a);
    put32(b, 0x1a2b3c4d);
    end_block(b, start);
}

static void spoil_resolution10(struct bytes *b)
{
    put_interface(b, ETHERNET, 0, 20, 0);
}

static void spoil_resolution2(struct bytes *b)
{
    put_interface(b, ETHERNET, 0, 0xff, 0);
}

static void spoil_options(struct bytes *b)
{
    size_t start = begin_block(b, 1);
    put64(b, ETHERNET);
    put16(b, 2);
    put16(b, 5000);
    end_block(b, start);
}

static void spoil_short_interface(struct bytes *b)
{
    size_t start = begin_block(b, 1);
    put32(b, ETHERNET);
    end_block(b, start);
}

static void spoil_short_statistics(struct bytes *b)
{
    end_block(b, begin_block(b, 5));
}

static void spoil_many_interfaces(struct bytes *b)
{
    for (int i = 0; i < 70000; i++) {
        size_t start = begin_block(b, 1);
        put64(b, ETHERNET);
        end_block(b, start);
    }
}

static void test_pcapng_hostile(void **state)
{
    (void)state;
    assert_spoilt(spoil_odd_length, "claims 58 bytes");
    assert_spoilt(spoil_short_length, "claims 8 bytes");
    assert_spoilt(spoil_huge_length, "claims 4294967280 bytes");
    assert_spoilt(spoil_large_length, "truncated");
    assert_spoilt(spoil_trailer, "two lengths differ");
    assert_spoilt(spoil_no_such_interface, "interface that is not described");
    assert_spoilt(spoil_new_section_without_interface, "interface that is not described");
    assert_spoilt(spoil_frame_beyond_block, "longer than its block");
    assert_spoilt(spoil_empty_packet_block, "too short");
    assert_spoilt(spoil_magic, "byte-order magic");
    assert_spoilt(spoil_version, "version 9.0");
    assert_spoilt(spoil_short_section, "too short");
    assert_spoilt(spoil_resolution10, "resolution");
    assert_spoilt(spoil_resolution2, "resolution");
    assert_spoilt(spoil_options, "options are cut off");
    assert_spoilt(spoil_short_interface, "too short");
    assert_spoilt(spoil_short_statistics, "too short");
    assert_spoilt(spoil_many_interfaces, "too many interfaces");
}

static void test_pcap_frame_too_long(void **state)
{
    (void)state;
    static const uint32_t lengths[] = {262145, 0x7fffffff, 0xffffffff};

    for (int i = 0; i < 3; i++) {
        struct bytes b = small_pcap(PCAP_MICROSECONDS, false);
        size_t offset = b.size;
        char expected[64];
        put_pcap_record(&b, 1, 2, lengths[i], lengths[i]);
        put_pattern(&b, 300000, 1);
        struct outcome o = read_bytes(&b);
        assert_int_equal(o.count, 5);
        snprintf(expected, sizeof expected, "damaged at frame 6, byte offset %zu: ", offset);
        assert_contains(o.error, expected);
        clear(&b);
    }
}

static void test_not_a_capture(void **state)
{
    (void)state;
    static const struct {
        const char *content;
        const char *error;
    } cases[] = {
        {"", "empty"},
        {"\n\r", "neither pcap nor pcapng"},
        {"06:48:46.852817 IP 10.7.1.2.35920 > 10.7.2.2.22: it hangs\n", "neither pcap nor pcapng"},
        {"BZh91AY&SY", "bzip2 -dc"},
        {"\xd4\xc3\xb2\xa1\x02", "truncated in its file header"},
        {"\xd4\xc3\xb2\xa1\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01", "version"},
        {"\n\r\r\n\x1c", "truncated"},
        {"\x1f\x8b\x08\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01", "gzip"},
        {"\x28\xb5\x2f\xfd\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01", "zstd"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bytes b = {0};
        put(&b, cases[i].content, strlen(cases[i].content));
        struct outcome o = read_bytes(&b);
        assert_false(o.opened);
        assert_contains(o.error, cases[i].error);
        assert_contains(o.error, file_path);
        clear(&b);
    }
    assert_contains(read_path("/nonexistent/file", NULL).error, "/nonexistent/file: No such file");
    assert_contains(read_path(directory, NULL).error, "directory");
}

/* Every prefix: what was whole comes out unchanged, and the rest is an error, not a crash. */
static void assert_prefixes(const struct bytes *whole)
{
    struct outcome all = read_bytes(whole);
    struct bytes prefix = *whole;
    size_t before = 0;

    for (prefix.size = 0; prefix.size < whole->size; prefix.size++) {
        struct outcome o = read_bytes(&prefix);
        assert_true(o.count >= before && o.count <= all.count);
        before = o.count;
        for (size_t i = 0; i < o.count; i++) {
            assert_int_equal(o.frames[i].ts_us, all.frames[i].ts_us);
            assert_int_equal(o.frames[i].caplen, all.frames[i].caplen);
            assert_int_equal(o.sums[i], all.sums[i]);
        }
        if (o.opened && o.last == SOURCE_ERROR)
            assert_contains(o.error, "truncated at frame ");
    }
}

static void test_truncated_anywhere(void **state)
{
    (void)state;
    for (int big_endian = 0; big_endian < 2; big_endian++) {
        struct bytes pcap = small_pcap(PCAP_MICROSECONDS, big_endian);
        struct bytes pcapng = small_pcapng(big_endian);
        assert_prefixes(&pcap);
        assert_prefixes(&pcapng);
        clear(&pcap);
        clear(&pcapng);
    }
}

static void test_flipped_bytes(void **state)
{
    (void)state;
    struct bytes originals[] = {small_pcap(PCAP_MICROSECONDS, false), small_pcapng(false), small_pcapng(true)};
    uint32_t seed = 20221122;
    int64_t start = now_us();

    while (now_us() - start < MICROS) {
        const struct bytes *original = &originals[next_random(&seed) % 3];
        struct bytes b = {0};
        put(&b, original->data, original->size);
        for (unsigned flips = 1 + next_random(&seed) % 4; flips > 0; flips--)
            b.data[next_random(&seed) % b.size] = (uint8_t)next_random(&seed);
        (void)read_path(save(&b), next_random(&seed) % 2 == 0 ? NULL : "tcp");
        clear(&b);
    }
    for (int i = 0; i < 3; i++)
        clear(&originals[i]);
}

/* Files of several blocks, so that frames of all sizes straddle the edges. */
static struct bytes random_pcap(uint32_t *seed)
{
    struct bytes b = {.big_endian = next_random(seed) % 2};
    uint32_t snaplen = next_random(seed) % 2 == 0 ? 262144 : 2000;

    put_pcap_header(&b, next_random(seed) % 2 == 0 ? PCAP_MICROSECONDS : PCAP_NANOSECONDS, snaplen, ETHERNET);
    for (uint32_t i = 0; b.size < 3000000; i++) {
        uint32_t len = next_random(seed) % (next_random(seed) % 20 == 0 ? 262144 : 1515);
        uint32_t caplen = len < snaplen ? len : snaplen;
        put_pcap_record(&b, 1700000000 + i, next_random(seed) % MICROS, caplen, len);
        put_pattern(&b, caplen, i);
    }
    return b;
}

static struct bytes random_pcapng(uint32_t *seed)
{
    static const struct {
        int tsresol;
        uint64_t ticks_per_second;
    } clocks[] = {{NO_OPTION, MICROS},
                  {3, 1000},
                  {6, MICROS},
                  {9, 1000000000},
                  {0x80 | 10, 1 << 10},
                  {0x80 | 20, 1 << 20},
                  {0x80 | 32, (uint64_t)1 << 32}};
    struct bytes b = {.big_endian = next_random(seed) % 2};
    unsigned kind = next_random(seed) % 7;
    uint64_t ticks = 1700000000 * clocks[kind].ticks_per_second;

    put_section(&b);
    put_interface(&b, ETHERNET, 0, clocks[kind].tsresol, next_random(seed) % 2 == 0 ? 0 : 86400);
    while (b.size < 3000000) {
        uint32_t caplen = next_random(seed) % (next_random(seed) % 20 == 0 ? 200000 : 1515);
        ticks += next_random(seed) % 100000;
        if (next_random(seed) % 10 == 0)
            put_unknown(&b, 0x4242, next_random(seed) % 3000);
        put_enhanced(&b, 0, ticks, caplen, caplen + next_random(seed) % 3);
    }
    return b;
}

static void test_like_libpcap(void **state)
{
    (void)state;
    uint32_t seed = 4242;

    for (int i = 0; i < 8; i++) {
        struct bytes b = i % 2 == 0 ? random_pcap(&seed) : random_pcapng(&seed);
        assert_like_libpcap(save(&b));
        clear(&b);
    }
}

/* Larger than a block and its headroom, but still within bounds. */
static void test_frames_larger_than_a_block(void **state)
{
    (void)state;
    const uint32_t lengths[] = {100, 1000000, 262200, 1 << 20, 7};
    struct bytes b = {0};

    put_pcap_header(&b, PCAP_MICROSECONDS, 1 << 20, ETHERNET);
    for (unsigned i = 0; i < 5; i++) {
        put_pcap_record(&b, i, 0, lengths[i], lengths[i]);
        put_pattern(&b, lengths[i], i);
    }
    struct outcome o = read_bytes(&b);
    assert_string_equal(o.error, "");
    assert_int_equal(o.count, 5);
    for (unsigned i = 0, at = 24; i < 5; at += 16 + lengths[i++])
        assert_int_equal(o.sums[i], sum(b.data + at + 16, lengths[i]));

    b.size = 0;
    put_section(&b);
    put_unknown(&b, 10, 9000000);
    put_interface(&b, ETHERNET, 0, NO_OPTION, 0);
    put_unknown(&b, 10, 16000000);
    put_enhanced(&b, 0, 1, 20, 20);
    assert_int_equal(read_bytes(&b).count, 1);
    put_unknown(&b, 10, TOO_LARGE);
    assert_contains(read_bytes(&b).error, "damaged at frame 2");
    clear(&b);
}

/* An Ethernet frame that holds an IPv4 TCP segment. */
static void put_tcp(struct bytes *b, unsigned destination_port)
{
    uint8_t frame[54] = {[12] = 8, [14] = 0x45, [17] = 40, [22] = 64, [23] = 6, [46] = 0x50};
    frame[36] = (uint8_t)(destination_port >> 8);
    frame[37] = (uint8_t)destination_port;
    put(b, frame, sizeof frame);
}

static void test_filter(void **state)
{
    (void)state;
    struct bytes b = {0};

    put_pcap_header(&b, PCAP_MICROSECONDS, 65535, ETHERNET);
    for (unsigned port = 20; port < 25; port++) {
        put_pcap_record(&b, 1, 2, 54, 54);
        put_tcp(&b, port);
    }
    struct outcome o = read_path(save(&b), "tcp dst port 22 or tcp dst port 24");
    assert_int_equal(o.count, 2);
    assert_int_equal(o.frames[0].number, 3);
    assert_int_equal(o.frames[1].number, 5);
    assert_int_equal(o.stats.frames_read, 5);
    o = read_path(file_path, "tcp prot 22");
    assert_false(o.opened);
    assert_contains(o.error, "syntax error");
    clear(&b);
}

/* The same expression is another program on each link type. */
static void test_filter_on_several_link_types(void **state)
{
    (void)state;
    struct bytes b = {0};

    put_section(&b);
    put_interface(&b, ETHERNET, 0, NO_OPTION, 0);
    put_interface(&b, RAW, 0, NO_OPTION, 0);
    for (uint32_t interface = 0; interface < 2; interface++) {
        for (unsigned port = 21; port < 24; port++) {
            struct bytes frame = {0};
            put_tcp(&frame, port);
            uint32_t skip = interface == 0 ? 0 : 14; /* raw IP has no Ethernet header */
            size_t start = begin_block(&b, 6);
            put32(&b, interface);
            put64(&b, port);
            put32(&b, 54 - skip);
            put32(&b, 54 - skip);
            put(&b, frame.data + skip, 54 - skip);
            end_block(&b, start);
            clear(&frame);
        }
    }
    struct outcome o = read_path(save(&b), "tcp dst port 22");
    assert_string_equal(o.error, "");
    assert_int_equal(o.count, 2);
    assert_int_equal(o.frames[0].number, 2);
    assert_int_equal(o.frames[1].number, 5);
    assert_int_equal(o.frames[1].linktype, RAW);
    clear(&b);
}

static struct bytes gzipped(const struct bytes *b)
{
    struct bytes out = {0};
    z_stream z = {0};
    size_t bound = b->size + b->size / 100 + 1000;

    out.data = malloc(bound);
    assert_int_equal(deflateInit2(&z, 1, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = b->data;
    z.avail_in = (uInt)b->size;
    z.next_out = out.data;
    z.avail_out = (uInt)bound;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    out.size = out.capacity = z.total_out;
    deflateEnd(&z);
    return out;
}

static struct bytes zstandard(const struct bytes *b)
{
    struct bytes out = {0};

    out.capacity = ZSTD_compressBound(b->size);
    out.data = malloc(out.capacity);
    out.size = ZSTD_compress(out.data, out.capacity, b->data, b->size, 1);
    assert_false(ZSTD_isError(out.size));
    return out;
}

static struct bytes compressed(const struct bytes *b, int way)
{
    return way == 0 ? gzipped(b) : zstandard(b);
}

static void test_compressed(void **state)
{
    (void)state;
    uint32_t seed = 77;

    for (int way = 0; way < 2; way++) {
        struct bytes plain = random_pcap(&seed);
        struct outcome expected = read_bytes(&plain);
        struct bytes packed = compressed(&plain, way);
        struct outcome o = read_bytes(&packed);
        assert_string_equal(o.error, "");
        assert_int_equal(o.count, expected.count);
        assert_int_equal(o.stats.bytes_read, expected.stats.bytes_read);
        assert_memory_equal(o.sums, expected.sums, sizeof o.sums);
        clear(&packed);
        clear(&plain);
    }
}

/* Two members, with a frame across the joint. */
static void test_compressed_in_pieces(void **state)
{
    (void)state;
    for (int way = 0; way < 2; way++) {
        struct bytes plain = small_pcap(PCAP_MICROSECONDS, false);
        struct bytes first = {.data = plain.data, .size = 100};
        struct bytes second = {.data = plain.data + 100, .size = plain.size - 100};
        struct bytes packed = compressed(&first, way);
        struct bytes rest = compressed(&second, way);
        put(&packed, rest.data, rest.size);
        if (way == 0)
            put(&packed, "\0\0\0\0", 4); /* padding */
        struct outcome o = read_bytes(&packed);
        assert_string_equal(o.error, "");
        assert_int_equal(o.count, 5);
        clear(&rest);
        clear(&packed);
        clear(&plain);
    }
}

static void test_compressed_and_damaged(void **state)
{
    (void)state;
    static const char *const names[] = {"gzip data", "zstd data"};
    uint32_t seed = 78;

    for (int way = 0; way < 2; way++) {
        struct bytes plain = random_pcap(&seed);
        struct bytes packed = compressed(&plain, way);
        size_t whole = packed.size;
        packed.size = whole / 2;
        struct outcome o = read_bytes(&packed);
        assert_true(o.count > 0);
        assert_contains(o.error, "truncated at frame ");
        assert_contains(o.error, names[way]);
        assert_contains(o.error, "ends early");
        packed.size = whole;
        memset(packed.data + whole / 2, 0xa5, 200);
        o = read_bytes(&packed);
        assert_int_equal(o.last, SOURCE_ERROR);
        assert_contains(o.error, names[way]);
        clear(&packed);
        clear(&plain);
    }
}

/* Every prefix of a small compressed file ends in an error or at the end, never in a wait. */
static void test_compressed_and_truncated_anywhere(void **state)
{
    (void)state;
    for (int way = 0; way < 2; way++) {
        struct bytes plain = small_pcapng(false);
        struct bytes packed = compressed(&plain, way);
        size_t whole = packed.size;
        for (packed.size = 0; packed.size < whole; packed.size++)
            assert_int_equal(read_bytes(&packed).last, SOURCE_ERROR);
        clear(&packed);
        clear(&plain);
    }
}

/* The decompressing thread is ended while it has blocks ready, or none. */
static void test_closed_in_the_middle(void **state)
{
    (void)state;
    char error[SOURCE_ERROR_SIZE];
    uint32_t seed = 79;
    struct frame frame;

    for (int way = 0; way < 2; way++) {
        struct bytes plain = random_pcap(&seed);
        struct bytes packed = compressed(&plain, way);
        save(&packed);
        for (int frames = 0; frames < 40; frames++) {
            struct source *source = source_open_file(file_path, NULL, error);
            assert_non_null(source);
            for (int i = 0; i < frames; i++)
                assert_int_equal(source_next(source, &frame), SOURCE_FRAME);
            if (frames % 2 == 0) {
                source_stop(source);
                assert_int_equal(source_next(source, &frame), SOURCE_END);
                assert_string_equal(source_error(source), "");
            }
            source_close(source);
        }
        clear(&packed);
        clear(&plain);
    }
}

static void *stop_later(void *source)
{
    const struct timespec pause = {.tv_nsec = 50000000};
    nanosleep(&pause, NULL);
    source_stop(source);
    return NULL;
}

/* Opens the reading end of a pipe by a path, as the shell's <(…) does. */
static struct source *open_pipe(int reading_end)
{
    char path[64];
    char error[SOURCE_ERROR_SIZE];

    snprintf(path, sizeof path, "/dev/fd/%d", reading_end);
    struct source *source = source_open_file(path, NULL, error);
    close(reading_end);
    assert_non_null(source);
    return source;
}

/* A pipe hands over each frame as it comes, and a reader that waits for the next can be stopped. */
static void test_pipe(void **state)
{
    (void)state;
    for (int way = -1; way < 2; way++) {
        int ends[2];
        pthread_t thread;
        struct frame frame;
        struct bytes plain = small_pcap(PCAP_MICROSECONDS, false);
        struct bytes packed = way < 0 ? plain : compressed(&plain, way);
        assert_int_equal(pipe(ends), 0);
        assert_int_equal(write(ends[1], packed.data, packed.size), packed.size);
        struct source *source = open_pipe(ends[0]);
        for (int i = 0; i < 5; i++)
            assert_int_equal(source_next(source, &frame), SOURCE_FRAME);
        assert_int_equal(pthread_create(&thread, NULL, stop_later, source), 0);
        assert_int_equal(source_next(source, &frame), SOURCE_END); /* the writer is still there */
        assert_string_equal(source_error(source), "");
        pthread_join(thread, NULL);
        source_close(source);
        close(ends[1]);
        if (way >= 0)
            clear(&packed);
        clear(&plain);
    }
}

static void *write_slowly(void *argument)
{
    int descriptor = *(int *)argument;
    struct bytes b = small_pcapng(true);

    for (size_t i = 0; i < b.size; i++)
        if (write(descriptor, b.data + i, 1) != 1)
            break;
    close(descriptor);
    clear(&b);
    return NULL;
}

static void test_pipe_byte_by_byte(void **state)
{
    (void)state;
    int ends[2];
    pthread_t thread;
    struct frame frame;

    assert_int_equal(pipe(ends), 0);
    assert_int_equal(pthread_create(&thread, NULL, write_slowly, &ends[1]), 0);
    struct source *source = open_pipe(ends[0]);
    for (int i = 0; i < 3; i++)
        assert_int_equal(source_next(source, &frame), SOURCE_FRAME);
    assert_int_equal(source_next(source, &frame), SOURCE_END);
    assert_string_equal(source_error(source), "");
    source_close(source);
    pthread_join(thread, NULL);
}

static struct source *open_loopback_or_skip(const char *filter)
{
    char error[SOURCE_ERROR_SIZE];
    struct live_options options = {.interface = "lo", .filter = filter, .read_timeout_ms = 20};
    struct source *source = source_open_live(&options, error);

    if (source == NULL) {
        assert_contains(error, "CAP_NET_RAW");
        skip();
    }
    return source;
}

static void send_datagram(unsigned port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int descriptor = socket(AF_INET, SOCK_DGRAM, 0);

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_true(sendto(descriptor, "hello", 5, 0, (struct sockaddr *)&to, sizeof to) == 5);
    close(descriptor);
}

/* Sends one datagram that the filter passes and one that it does not; returns how late the first came out. */
static int64_t live_delay(struct source *source)
{
    const int64_t sent = now_us();
    enum source_result result;
    struct frame frame;

    send_datagram(47124);
    send_datagram(47123);
    while ((result = source_next(source, &frame)) == SOURCE_IDLE && now_us() - sent < 5 * MICROS)
        ;
    assert_int_equal(result, SOURCE_FRAME);
    const int64_t delay = now_us() - frame.ts_us;
    assert_int_equal(frame.len, 14 + 20 + 8 + 5);
    assert_memory_equal(frame.data + frame.caplen - 5, "hello", 5);
    while (source_next(source, &frame) == SOURCE_FRAME) /* loopback shows each packet going out and coming in */
        ;
    return delay;
}

static void test_live(void **state)
{
    (void)state;
    struct frame frame;
    struct source *source = open_loopback_or_skip("udp port 47123");
    int64_t best = INT64_MAX;

    assert_int_equal(source_linktype(source), ETHERNET);
    assert_true(source_descriptor(source) >= 0);
    assert_int_equal(source_next(source, &frame), SOURCE_IDLE);
    for (int i = 0; i < 5; i++) { /* on a busy machine, one may be late for reasons not ours */
        int64_t delay = live_delay(source);
        best = delay < best ? delay : best;
    }
    assert_true(best < 100000);
    source_stop(source);
    assert_int_equal(source_next(source, &frame), SOURCE_END);
    source_close(source);
}

static void test_live_stopped_while_waiting(void **state)
{
    (void)state;
    char error[SOURCE_ERROR_SIZE];
    struct live_options options = {.filter = "udp port 47125", .read_timeout_ms = 60000};
    struct source *source = source_open_live(&options, error);
    struct frame frame;
    pthread_t thread;

    if (source == NULL)
        skip();
    assert_string_equal(source_name(source), "any");
    assert_int_equal(source_linktype(source), SLL2);
    assert_int_equal(pthread_create(&thread, NULL, stop_later, source), 0);
    assert_int_equal(source_next(source, &frame), SOURCE_END);
    pthread_join(thread, NULL);
    source_close(source);
}

static void test_live_errors(void **state)
{
    (void)state;
    char error[SOURCE_ERROR_SIZE];
    struct live_options options = {.interface = "nonesuch0"};

    source_close(open_loopback_or_skip(NULL));
    assert_null(source_open_live(&options, error));
    assert_contains(error, "nonesuch0: ");
    assert_contains(error, "-D");
    options = (struct live_options){.interface = "lo", .filter = "tcp prot 22"};
    assert_null(source_open_live(&options, error));
    assert_contains(error, "syntax error");
}

static void test_addresses(void **state)
{
    (void)state;
    static const uint8_t four[4] = {192, 0, 2, 7};
    static const uint8_t six[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};
    char text[ADDRESS_TEXT_SIZE];
    struct address a = address_from_ipv4(four);

    assert_string_equal(address_text(&a, text), "192.0.2.7");
    a = address_from_ipv6(six);
    assert_string_equal(address_text(&a, text), "2001:db8::1");
    a = (struct address){0};
    assert_string_equal(address_text(&a, text), "::");
    size_t count = 99;
    struct address *local = source_local_addresses(&count);
    assert_true(local != NULL || count == 0);
    free(local);
}

static int make_directory(void **state)
{
    (void)state;
    if (mkdtemp(directory) == NULL)
        return -1;
    snprintf(file_path, sizeof file_path, "%s/file", directory);
    return 0;
}

static int remove_directory(void **state)
{
    (void)state;
    unlink(file_path);
    return rmdir(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pcap_variants),
        cmocka_unit_test(test_empty_but_valid),
        cmocka_unit_test(test_old_snaplen_zero),
        cmocka_unit_test(test_link_types_are_made_regular),
        cmocka_unit_test(test_captured_more_than_sent),
        cmocka_unit_test(test_pcap_frame_too_long),
        cmocka_unit_test(test_pcapng_blocks),
        cmocka_unit_test(test_pcapng_simple_block),
        cmocka_unit_test(test_pcapng_sections_and_interfaces),
        cmocka_unit_test(test_pcapng_clocks),
        cmocka_unit_test(test_pcapng_hostile),
        cmocka_unit_test(test_not_a_capture),
        cmocka_unit_test(test_truncated_anywhere),
        cmocka_unit_test(test_flipped_bytes),
        cmocka_unit_test(test_like_libpcap),
        cmocka_unit_test(test_frames_larger_than_a_block),
        cmocka_unit_test(test_filter),
        cmocka_unit_test(test_filter_on_several_link_types),
        cmocka_unit_test(test_compressed),
        cmocka_unit_test(test_compressed_in_pieces),
        cmocka_unit_test(test_compressed_and_damaged),
        cmocka_unit_test(test_compressed_and_truncated_anywhere),
        cmocka_unit_test(test_closed_in_the_middle),
        cmocka_unit_test(test_pipe),
        cmocka_unit_test(test_pipe_byte_by_byte),
        cmocka_unit_test(test_live),
        cmocka_unit_test(test_live_stopped_while_waiting),
        cmocka_unit_test(test_live_errors),
        cmocka_unit_test(test_addresses),
    };
    return cmocka_run_group_tests_name("source", tests, make_directory, remove_directory);
}
