#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sshsniff/header_fields.h>

#include "base/steady_clock.h"
#include "report/packet_comments.h"
#include "report/pcapng_writer.h"
#include "report/utf8.h"
#include "saving.h"

/* A number has at most 20 digits, and is written with one at least. */
enum { RENUMBERED_TEXT = 2 * HELD_TEXT };

static bool status_of(const char *path, int standard, struct stat *out)
{
    return (strcmp(path, "-") == 0 ? fstat(standard, out) : stat(path, out)) == 0;
}

/* Links lead to one device and inode. Only a regular file has contents to lose. */
const char *saving_would_destroy(const char *save, const char *const *files, size_t count)
{
    struct stat written, read;
    if (save == NULL || !status_of(save, STDOUT_FILENO, &written) || !S_ISREG(written.st_mode))
        return NULL;
    for (size_t i = 0; i < count; i++)
        if (status_of(files[i], STDIN_FILENO, &read) && read.st_dev == written.st_dev && read.st_ino == written.st_ino)
            return files[i];
    return NULL;
}

bool saving_is_pcapng(const char *path)
{
    static const char ending[] = ".pcapng";
    const size_t length = strlen(path);
    return length >= sizeof ending && strcasecmp(path + length - (sizeof ending - 1), ending) == 0;
}

/* ---- One frame, to the file ---- */

static bool is_open(const struct saving *saving)
{
    return saving->writer != NULL || saving->pcapng != NULL;
}

static bool write_frame(struct saving *saving, const struct frame *frame, const char *const *comments, size_t count)
{
    if (saving->pcapng == NULL)
        return capture_writer_frame(saving->writer, frame);
    struct frame shown = *frame;
    shown.ts_us = steady_to_wall(frame->ts_us);
    return pcapng_writer_frame(saving->pcapng, &shown, comments, count);
}

static uint64_t place_of(const void *context, uint64_t number)
{
    const struct saving *saving = context;
    return held_frames_number(saving->held, number);
}

/* They speak of frames by the numbers with which these were read. */
static void renumber(const struct saving *saving, const char *const *comments, size_t count, const char **out)
{
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        out[i] = saving->text + used;
        used += comment_renumber(comments[i], place_of, saving, saving->text + used, RENUMBERED_TEXT - used);
    }
}

/* A held_writer. */
static void write_held(void *context, const struct frame *frame, const char *const *comments, size_t count)
{
    struct saving *saving = context;
    const char *renumbered[HELD_COMMENTS];
    renumber(saving, comments, count, renumbered);
    errno = 0; /* it stays so where the link type is another */
    if (saving->failed_at != 0 || write_frame(saving, frame, renumbered, count))
        return;
    saving->failed_why = errno;
    saving->failed_at = frame->number;
}

bool saving_has_lost_reader(const struct saving *saving)
{
    struct pollfd out = {.fd = saving->is_all && saving->pcapng != NULL ? pcapng_writer_descriptor(saving->pcapng) : -1,
                         .events = POLLOUT};
    return poll(&out, 1, 0) == 1 && (out.revents & POLLERR) != 0;
}

/* What it was, and what to do. */
static const char *write_failure(int why)
{
    return why == ENOSPC || why == EDQUOT ? "the disk is full: make room, or name a file in another folder"
           : why != 0                     ? strerror(why)
                                          : "writing failed: is the disk full?";
}

/* What went wrong is said once. */
static bool has_not_failed(struct saving *saving, char error[SOURCE_ERROR_SIZE])
{
    if (saving->failed || saving->failed_at == 0)
        return true;
    saving->failed = true;
    if (saving_has_lost_reader(saving))
        return true; /* that is how it ends */
    snprintf(error, SOURCE_ERROR_SIZE, "-w %.200s: frame %llu could not be saved, nor those behind it: %s",
             saving->path, (unsigned long long)saving->failed_at,
             saving->failed_why != 0 ? write_failure(saving->failed_why)
                                     : "its link type is not the file's; read such captures one at a time");
    return false;
}

/* ---- The file ---- */

/* The descriptor that was opened for it, or, where no rights were given up, the file itself. NULL with errno. */
static FILE *open_file(struct saving *saving)
{
    if (strcmp(saving->path, "-") == 0)
        return stdout;
    if (!saving->is_open)
        return fopen(saving->path, "wbe");
    (void)!ftruncate(saving->descriptor, 0); /* a pipe has nothing to lose */
    return fdopen(saving->descriptor, "wb");
}

static bool begin_commented(struct saving *saving, int linktype, char error[SOURCE_ERROR_SIZE])
{
    FILE *file = open_file(saving);
    errno = file != NULL ? ENOMEM : errno;
    if (file != NULL)
        saving->pcapng =
            pcapng_writer_new(file, saving->application, linktype == LINKTYPE_OF_TEXT ? pcapng_of_text : NULL);
    if (saving->pcapng != NULL)
        return true;
    snprintf(error, SOURCE_ERROR_SIZE, "%.300s: cannot write: %s", saving->path, strerror(errno));
    if (file != NULL && file != stdout)
        fclose(file);
    return false;
}

static bool begin_plain(struct saving *saving, int linktype, uint32_t snaplen, char error[SOURCE_ERROR_SIZE])
{
    if (saving->is_open)
        saving->writer = capture_writer_open_descriptor(saving->descriptor, saving->path, linktype, snaplen, error);
    else
        saving->writer = capture_writer_open(saving->path, linktype, snaplen, error);
    return saving->writer != NULL;
}

/* Somebody at the other end of a pipe looks on. */
static bool is_looked_at(const struct saving *saving)
{
    struct stat status;
    const int descriptor = strcmp(saving->path, "-") == 0 ? STDOUT_FILENO : saving->descriptor;
    return saving->as_captured && fstat(descriptor, &status) == 0 && S_ISFIFO(status.st_mode);
}

static bool begin_holding(struct saving *saving, bool at_once, char error[SOURCE_ERROR_SIZE])
{
    const struct held_options options = {
        .bytes = saving->held_bytes, .at_once = at_once, .write = write_held, .context = saving};
    if (saving->held == NULL)
        saving->held = held_frames_new(&options);
    hash_key_draw(&saving->key);
    if (saving->decoder == NULL)
        saving->decoder = decoder_new();
    if (saving->text == NULL)
        saving->text = malloc(RENUMBERED_TEXT);
    if (saving->held != NULL && saving->text != NULL && saving->decoder != NULL)
        return true;
    snprintf(error, SOURCE_ERROR_SIZE, "%.300s: cannot write: out of memory", saving->path);
    return false;
}

static bool flush(struct saving *saving)
{
    return saving->pcapng == NULL || pcapng_writer_flush(saving->pcapng);
}

static void tell_source(struct saving *saving)
{
    if (saving->pcapng != NULL)
        pcapng_writer_source(saving->pcapng, saving->source, saving->live, saving->snaplen);
}

bool saving_begin(struct saving *saving, int linktype, uint32_t snaplen, char error[SOURCE_ERROR_SIZE])
{
    if (saving->path == NULL || is_open(saving) || saving->failed || linktype < 0)
        return true;
    const bool at_once = is_looked_at(saving);
    if (saving->commented)
        saving->failed = !begin_commented(saving, linktype, error);
    else
        saving->failed = !begin_plain(saving, linktype, snaplen, error);
    saving->is_open = false;
    if (!saving->failed && (saving->commented || saving->selects))
        saving->failed = !begin_holding(saving, at_once, error);
    tell_source(saving);
    if (at_once && !saving->failed)
        (void)flush(saving); /* who looks on sees that it has begun */
    return !saving->failed;
}

void saving_source(struct saving *saving, const char *name, bool live, uint32_t snaplen)
{
    saving->source = name;
    saving->live = live;
    saving->snaplen = snaplen;
    tell_source(saving);
}

/* ---- Frames ---- */

/* Who sends the packets chooses the addresses: under a key that he knew, all of them would be in one bucket. */
static uint32_t hash_of(const struct saving *saving, const struct address *a, uint16_t a_port, const struct address *b,
                        uint16_t b_port)
{
    const struct hash_key *key = &saving->key;
    const uint32_t hash = hash_flow(hash_address(a, key), a_port, hash_address(b, key), b_port, key);
    return hash != 0 ? hash : 1;
}

static uint32_t hash_of_key(const struct saving *saving, const struct flow_key *key)
{
    return hash_of(saving, &key->client, key->client_port, &key->server, key->server_port);
}

static struct held_flow flow_of_frame(struct saving *saving, const struct frame *frame)
{
    struct packet packet;
    struct held_flow flow = {.hash = 0};
    const enum decode_result result = decode_frame(saving->decoder, frame, &packet);
    if (result == DECODE_PROTECTED || result == DECODE_UNKNOWN_LINKTYPE)
        return flow;
    if (packet.kind == PACKET_TCP) {
        const struct tcp_view *tcp = &packet.tcp;
        flow.hash = hash_of(saving, &packet.src, tcp->src_port, &packet.dst, tcp->dst_port);
        flow.is_syn = (tcp->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
        flow.seq = tcp->seq;
    } else if (packet.kind == PACKET_ICMP_ERROR && packet.icmp.has_quote && packet.icmp.quote.is_tcp) {
        const struct icmp_quote *quote = &packet.icmp.quote;
        flow.hash = hash_of(saving, &quote->src, quote->src_port, &quote->dst, quote->dst_port);
    }
    return flow;
}

bool saving_frame(struct saving *saving, const struct frame *frame, uint32_t snaplen, char error[SOURCE_ERROR_SIZE])
{
    if (saving->path == NULL || saving->failed)
        return true;
    if (!saving_begin(saving, frame->linktype, snaplen, error))
        return false;
    if (saving->held == NULL)
        write_held(saving, frame, NULL, 0);
    else if (pcapng_writer_takes(frame)) {
        const struct held_flow flow = flow_of_frame(saving, frame);
        held_frames_add(saving->held, frame, &flow);
    }
    return has_not_failed(saving, error);
}

/* ---- Verdicts ---- */

struct commented {
    struct held_frames *held;
    uint64_t packet; /* of the verdict */
};

/* What speaks of a packet that is not saved, or was written before, goes with the verdict. */
static void comment_on(void *context, uint64_t packet, const char *text)
{
    const struct commented *commented = context;
    held_frames_comment(commented->held, held_frames_has(commented->held, packet) ? packet : commented->packet, text);
}

static void judge_flow(const struct saving *saving, const struct flow_key *key, uint32_t seq, bool wanted)
{
    const struct held_flow flow = {
        .hash = hash_of(saving, &key->client, key->client_port, &key->server, key->server_port), .seq = seq};
    held_frames_judged(saving->held, &flow, wanted);
}

static bool is_own(const struct saving *saving, const struct case_file *file, uint64_t packet)
{
    const struct attempt *attempt = file->attempt;
    const uint32_t flow = held_frames_flow(saving->held, packet);
    bool own = flow == 0 || attempt->lookup != NULL || flow == hash_of_key(saving, &attempt->key);
    for (unsigned i = 0; i < file->leg_count; i++)
        own = own || flow == hash_of_key(saving, &file->legs[i]);
    return own || (attempt->answer != NULL && packet == attempt->answer->misaddressed.number);
}

/* Evidence may lie in another connection of the same client, and a verdict in one's own alone: else a filter would find
 * only one of several attempts. Where that packet is gone, the latest will do that is evidence. */
static uint64_t packet_of_verdict(const struct saving *saving, const struct case_file *file,
                                  const struct verdict *verdict)
{
    uint64_t packet = verdict->deciding_packet;
    if (!held_frames_has(saving->held, packet) || !is_own(saving, file, packet))
        packet = packet_of_attempt(file->attempt);
    if (held_frames_has(saving->held, packet))
        return packet;
    for (size_t i = 0; i < verdict->evidence_count; i++) {
        const uint64_t other = verdict->evidence[i].packet;
        if (other > packet && held_frames_has(saving->held, other) && is_own(saving, file, other))
            packet = other;
    }
    return packet;
}

bool saving_verdict(struct saving *saving, const struct case_file *file, const struct verdict *verdict, bool wanted,
                    char error[SOURCE_ERROR_SIZE])
{
    const struct attempt *attempt = file->attempt;
    if (saving->held == NULL || saving->failed)
        return true;
    if (attempt->lookup == NULL)
        judge_flow(saving, &attempt->key, attempt->syn.seq, wanted);
    for (unsigned i = 0; i < file->leg_count; i++)
        judge_flow(saving, &file->legs[i], attempt->syn.seq, wanted);
    if (wanted && saving->commented) {
        struct commented commented = {saving->held, packet_of_verdict(saving, file, verdict)};
        packet_comments(file, verdict, commented.packet, comment_on, &commented);
    }
    return has_not_failed(saving, error);
}

bool saving_advance(struct saving *saving, int64_t now_us, char error[SOURCE_ERROR_SIZE])
{
    if (saving->held == NULL || saving->failed)
        return true;
    held_frames_advance(saving->held, now_us);
    errno = 0;
    if (!flush(saving) && saving->failed_at == 0) {
        saving->failed_why = errno;
        saving->failed_at = 1;
    }
    return has_not_failed(saving, error);
}

bool saving_source_ended(struct saving *saving, char error[SOURCE_ERROR_SIZE])
{
    if (saving->held == NULL || saving->failed)
        return true;
    held_frames_flush(saving->held);
    return has_not_failed(saving, error);
}

/* ---- The end ---- */

/* What the bound cost; "" where that is nothing. */
static void lost_words(const struct saving *saving, char *out, size_t size)
{
    struct held_stats stats = {0};
    if (saving->held != NULL)
        held_frames_stats(saving->held, &stats);
    out[0] = '\0';
    if (stats.comments_lost != 0)
        snprintf(out, size,
                 "%llu comments are missing: of the packets that wait for a verdict no more than %zu MB are held back, "
                 "and %llu went out before it",
                 (unsigned long long)stats.comments_lost,
                 (saving->held_bytes != 0 ? saving->held_bytes : HELD_BYTES) >> 20, (unsigned long long)stats.given_up);
}

static void say_what_is_lost(const struct saving *saving, const char *lost)
{
    char name[SOURCE_ERROR_SIZE];
    if (lost[0] == '\0')
        return;
    snprintf(name, sizeof name, "%.300s", saving->path);
    utf8_make_safe(name);
    fprintf(stderr, "sshsniff: -w %s: %s\n", name, lost);
}

static bool end_commented(struct saving *saving, const struct report_counts *counts)
{
    char whole[COMMENT_SIZE], lost[COMMENT_SIZE / 2], text[2 * COMMENT_SIZE];
    lost_words(saving, lost, sizeof lost);
    capture_comment(counts, whole, sizeof whole);
    snprintf(text, sizeof text, "%s%s%s", whole, lost[0] != '\0' ? " ; " : "", lost);
    const bool good = pcapng_writer_close(saving->pcapng, text);
    saving->pcapng = NULL;
    say_what_is_lost(saving, lost);
    return good;
}

bool saving_end(struct saving *saving, const struct report_counts *counts, char error[SOURCE_ERROR_SIZE])
{
    bool good = true;
    saving->failed = saving->failed || saving_has_lost_reader(saving);
    errno = 0;
    if (saving->pcapng != NULL)
        good = end_commented(saving, counts);
    good = capture_writer_close(saving->writer) && good;
    const int why = errno;
    saving->writer = NULL;
    held_frames_free(saving->held);
    saving->held = NULL;
    decoder_free(saving->decoder);
    saving->decoder = NULL;
    free(saving->text);
    saving->text = NULL;
    if (good || saving->failed)
        return true;
    snprintf(error, SOURCE_ERROR_SIZE, "-w %.200s: not saved whole: %s", saving->path, write_failure(why));
    return false;
}
