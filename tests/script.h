/* Tests are written as one reads a packet list:
 *
 *     "S +20 SA A 'SSH-2.0-x\r\n' ..."  with the direction before each:   >S  +20  <SA  >A  >'SSH-2.0-x\r\n'  <F
 *
 *     >S  <SA  >A  <RA       a segment with these flags (S A F R P), client's (>) or server's (<)
 *     >'text'  >e76          payload: a text; 76 bytes of no meaning
 *     <hostkey <hostkey-other   a reply that shows a host key; another of the same kind
 *     >kexinit >kexother >kextwo >kexecho >kexodd <reply >newkeys   SSH packets; kexother shares no key exchange with
 *                            kexinit, kextwo has two types of host key, kexecho a cookie, kexodd a cipher of no known
 * size
 *     <bye3                  SSH_MSG_DISCONNECT in the clear, for reason 3
 *     2>S                    of connection 2 (1 where none is said; 6 to 9 are the other client's)
 *     @3                     from here on, 3 where none is said
 *     ,ttl=60,tos=0x10 …     fields: ttl tos id win label mac asked seq ack at sum ts nots to from port left df
 *                            sack: a SACK block begins there
 *                            order: options in this order, a digit each: 1 NOP, 2 MSS, 3 scale, 4 SACK, 5 time stamps
 *                            (stamp: their value), 6 end
 *                            at: place in the sender's stream, 0 its SYN; for what is sent again or out of order
 *                            back: so many bytes before what was sent last; skip: so many beyond, lost on the way
 *                            left: so many bytes of the payload, or of what an error quotes, are what the snaplen left
 *     !3/1  !1/3,from=4      an ICMP error (type/code) that quotes the client's last segment; from: 2 server, 4 router
 *     ?name  ?name=3  ?name=0/1   a DNS question; an answer with this response code (and so many addresses)
 *     ??name                 the same for an IPv6 address
 *     ?name;                 a question as resolvers ask each other: no recursion is desired
 *     ?name=!                an ICMP error that answers such a question: nobody takes them there
 *     who  check  is         the client asks all for the server's MAC address; or only the one that it knew; the
 *                            server answers
 *     gateway                a router says that the MAC address is its own which SYNs for the server go to
 *     also  boots            another machine (MAC 99) answers for the server's address too; or announces it to all
 *     announces              the server announces its address to all
 *     far  fake              the server's IPv4 address is 203.0.113.2; or 198.18.0.2 (and fc00::2)
 *     cut                    an IPv6 neighbour solicitation of which the snaplen left only 60 bytes
 *     echo                   an echo reply of the server
 *     tick                   a frame that belongs to nothing: the capture goes on until here
 *     again                  the frame before, once more, 10 us later
 *     +20  +300us  -5        time goes on (ms), or the clock steps back
 *     v6                     what follows is IPv6
 *     wired                  ARP frames that follow came over a wire: they are filled up to 60 bytes
 *     cooked  bridged        what follows is captured with `-i any`: on the client, or on a bridge between the two
 *     routed  served         the same on a router (what has its MAC address leaves it: mac=4), or on the server
 *     pasted  sniffed  logged   what follows was made from text: from lines without TTL, TOS, IP ID, DF, MAC addresses
 * and payload; without payload's lengths, too; from a firewall's log seek                   the router asks all for the
 * server's MAC address sought                 the server asks all for the client's
 */
#ifndef TEST_SCRIPT_H
#define TEST_SCRIPT_H

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <sshsniff/header_fields.h>
#include <sshsniff/packet.h>
#include <sshsniff/tracker.h>
#include <sshsniff/verdict.h>

#include "packets.h"
#include "track/fast/classify.h"
#include "track/fast/steady.h"

enum { CONVERSATIONS = 10, ACTS = 64 };

/* What decode does not set must be read by nobody. With this in it, a flag that was not set is no bool, and a MAC
 * address that was not set is one machine's. */
enum { NOT_SET = 0xa4 };

enum link { LINK_ETHERNET = 0, LINK_COOKED, LINK_BRIDGED, LINK_ROUTED, LINK_SERVED, LINK_PASTED };

/* What was handed over for one attempt: the facts, copied, and the verdict. */
struct act {
    struct attempt attempt;
    struct answer answer;
    struct connection connection;
    struct dialogue dialogue;
    struct lookup lookup;
    struct host client, server, sender;
    struct capture_facts capture;
    struct case_file file;
    struct verdict verdict;
    char text[VERDICT_EVIDENCE][EVIDENCE_TEXT_SIZE];
    int64_t when_us; /* of the play's clock */
};

struct conversation {
    bool begun;
    uint32_t isn[2], next[2]; /* by side */
    struct segment last[2];
};

/* How frames are taken. All that comes of them must be the same. */
enum play_way {
    PLAY_QUICK = 0, /* as the program does */
    PLAY_WHOLE,     /* each is decoded whole */
    PLAY_CLASSIFIED /* as after its read-ahead thread */
};

struct play {
    struct tracker *tracker;
    int64_t now_us;
    uint64_t number;
    bool ipv6, live, wired;
    enum link link;
    uint32_t unknown; /* LINK_PASTED: enum header_field */
    bool logged;
    enum play_way way;
    size_t classified; /* PLAY_CLASSIFIED: frames that were found to need no more */
    unsigned speaker;  /* the connection meant where none is said */
    struct conversation talk[CONVERSATIONS];
    struct frame_bytes last_frame;
    struct act *act;
    size_t acts;
    void (*on_case)(const struct case_file *file, void *context);
    void *context;
};

static inline uint8_t *copy_stream(const struct dialogue *d, int side)
{
    uint8_t *copy = malloc(d->stream_len[side] + 1u);
    assert_non_null(copy);
    if (d->stream_len[side])
        memcpy(copy, d->stream[side], d->stream_len[side]);
    return copy;
}

static inline void keep_act(struct play *play, const struct case_file *file)
{
    assert_true(play->acts < ACTS);
    struct act *act = &play->act[play->acts++];
    const struct attempt *a = file->attempt;
    memset(act, 0, sizeof *act);
    act->attempt = *a;
    act->capture = *file->capture;
    act->when_us = play->now_us;
    act->file = *file;
    act->file.attempt = &act->attempt;
    act->file.capture = &act->capture;
    if (a->answer) {
        act->answer = *a->answer;
        act->attempt.answer = &act->answer;
        if (a->answer->connection) {
            act->connection = *a->answer->connection;
            act->answer.connection = &act->connection;
            if (act->connection.dialogue) {
                act->dialogue = *act->connection.dialogue;
                act->connection.dialogue = &act->dialogue;
                for (int side = 0; side < 2; side++)
                    act->dialogue.stream[side] = copy_stream(&act->dialogue, side);
            }
        }
    }
    if (a->lookup) {
        act->lookup = *a->lookup;
        act->attempt.lookup = &act->lookup;
    }
    if (file->client)
        act->client = *file->client;
    if (file->server)
        act->server = *file->server;
    if (file->icmp_sender)
        act->sender = *file->icmp_sender;
    diagnose(file, &act->verdict);
    for (int i = 0; i < act->verdict.evidence_count; i++)
        evidence_text(&act->verdict.evidence[i], act->text[i], sizeof act->text[i]);
    if (play->on_case)
        play->on_case(file, play->context);
}

static inline void on_play_case(void *context, const struct case_file *file)
{
    keep_act(context, file);
}

/* `options` without ports: those of SSH are meant. */
static inline void play_open_with(struct play *play, struct tracker_options options)
{
    static struct port_set ports;
    memset(play, 0, sizeof *play);
    server_place = PLACE_USUAL;
    assert_true(port_set_parse(&ports, "22,222,2222,8022,22022"));
    options.ports = &ports;
    play->live = options.live;
    play->speaker = 1;
    play->now_us = INT64_C(1764000000000000);
    play->act = calloc(ACTS, sizeof *play->act);
    play->tracker = tracker_new(&options, on_play_case, play);
    assert_non_null(play->act);
    assert_non_null(play->tracker);
}

static inline void play_open_as(struct play *play, bool live, size_t max_attempts, enum play_way way)
{
    play_open_with(
        play, (struct tracker_options){.live = live, .max_attempts = max_attempts, .decode_all = way == PLAY_WHOLE});
    play->way = way;
}

static inline void play_open_sized(struct play *play, bool live, size_t max_attempts)
{
    play_open_as(play, live, max_attempts, PLAY_QUICK);
}

static inline void play_open(struct play *play, bool live)
{
    play_open_sized(play, live, 0);
}

static inline void play_close(struct play *play)
{
    tracker_free(play->tracker);
    for (size_t i = 0; i < play->acts; i++)
        for (int side = 0; side < 2; side++)
            free(play->act[i].dialogue.stream[side]);
    free(play->act);
}

/* As by another thread, ahead: what it found comes in memory of its own. False: it has to be looked at. */
static inline bool take_classified(struct play *play, const struct frame *frame)
{
    struct classifier classifier;
    struct skipped_frame skipped_frame;
    struct steady_frame steady_frame;
    classifier_init(&classifier, play->tracker);
    classify_frame(&classifier, frame, &skipped_frame, &steady_frame);
    classified_prefetch(play->tracker, &skipped_frame, 1);
    play->classified += skipped_frame.frame_class != CLASS_WHOLE;
    if (skipped_frame.frame_class == CLASS_SKIP)
        return classified_skip(play->tracker, &skipped_frame);
    return skipped_frame.frame_class == CLASS_STEADY &&
           steady_take_classified(play->tracker, &skipped_frame, &steady_frame, frame->number);
}

static inline uint64_t play_undecodable(const struct play *play)
{
    struct tracker_stats stats;
    tracker_stats(play->tracker, &stats);
    return stats.undecodable;
}

enum packet_type { TYPE_RECEIVED = 0, TYPE_BROADCAST = 1, TYPE_BETWEEN_OTHERS = 3, TYPE_SENT = 4 };
enum { ETHERNET_SIZE = 14 };

/* The frame with a Linux cooked header (LINKTYPE_LINUX_SLL) in the place of its Ethernet header. */
static inline void make_cooked(struct frame_bytes *f, const struct frame_bytes *ethernet, enum link link)
{
    const uint8_t *h = ethernet->data;
    const enum person capturer = link == LINK_SERVED ? PERSON_SERVER : PERSON_CLIENT;
    f->len = 0;
    if (link == LINK_BRIDGED)
        frame_put16(f, h[0] & 1 ? TYPE_BROADCAST : TYPE_BETWEEN_OTHERS);
    else
        frame_put16(f, h[11] == capturer ? TYPE_SENT : TYPE_RECEIVED);
    frame_put16(f, 1); /* ARPHRD_ETHER */
    frame_put16(f, 6);
    frame_put(f, h + 6, 6);
    frame_put16(f, 0);
    frame_put(f, h + 12, ethernet->len - ETHERNET_SIZE + 2);
}

/* The same of a router (LINKTYPE_LINUX_SLL2), which tells its interfaces apart: the server is behind the second. */
static inline void make_routed(struct frame_bytes *f, const struct frame_bytes *ethernet)
{
    enum { TO_CLIENT = 2, TO_SERVER = 3 };
    const uint8_t *h = ethernet->data;
    const bool sent = h[11] == PERSON_ROUTER, asks = h[0] == 0xff;
    const bool with_server = h[11] == PERSON_SERVER || (sent && (asks || h[5] == PERSON_SERVER));
    f->len = 0;
    frame_put(f, h + 12, 2);
    frame_put16(f, 0);
    frame_put32(f, with_server ? TO_SERVER : TO_CLIENT);
    frame_put16(f, 1); /* ARPHRD_ETHER */
    frame_put8(f, sent ? TYPE_SENT : asks ? TYPE_BROADCAST : TYPE_RECEIVED);
    frame_put8(f, 6);
    frame_put(f, h + 6, 6);
    frame_put16(f, 0);
    frame_put(f, h + ETHERNET_SIZE, ethernet->len - ETHERNET_SIZE);
}

/* The same as a text tells of it: what it does not print is unknown. */
static inline void make_pasted(struct frame_bytes *f, const struct frame_bytes *ethernet, uint32_t unknown, bool logged)
{
    const uint8_t *h = ethernet->data;
    const struct text_link link = {.unknown = unknown | FIELD_OF_TEXT | FIELD_MAC,
                                   .type = (uint16_t)(h[12] << 8 | h[13]),
                                   .hook = logged ? HOOK_INPUT : HOOK_NONE};
    f->len = 0;
    frame_put(f, &link, sizeof link);
    frame_put(f, h + ETHERNET_SIZE, ethernet->len - ETHERNET_SIZE);
}

static inline int linktype_of(enum link link)
{
    if (link == LINK_PASTED)
        return LINKTYPE_OF_TEXT;
    return link == LINK_ETHERNET ? LINKTYPE_ETHERNET : link == LINK_ROUTED ? LINKTYPE_LINUX_SLL2 : LINKTYPE_LINUX_SLL;
}

/* One frame from the wire to the tracker. Each frame lies in memory of its own, so that a read beyond it is seen. */
/* `cut`: bytes at its end that the snaplen left out; a frame that lacks some may be undecodable, and is still taken. */
static inline void play_cut_frame(struct play *play, const struct frame_bytes *bytes, size_t cut)
{
    struct frame_bytes cooked;
    const struct frame_bytes *captured = bytes;
    if (play->link == LINK_ROUTED)
        make_routed(&cooked, bytes);
    else if (play->link == LINK_PASTED)
        make_pasted(&cooked, bytes, play->unknown, play->logged);
    else if (play->link != LINK_ETHERNET)
        make_cooked(&cooked, bytes, play->link);
    if (play->link != LINK_ETHERNET)
        captured = &cooked;
    uint8_t *copy = malloc(captured->len ? captured->len : 1);
    const uint64_t before = play_undecodable(play);
    assert_non_null(copy);
    memcpy(copy, captured->data, captured->len);
    struct frame frame = {.data = copy,
                          .caplen = (uint32_t)(captured->len - cut),
                          .len = (uint32_t)captured->len,
                          .ts_us = play->now_us,
                          .number = ++play->number,
                          .linktype = linktype_of(play->link)};
    if (play->way != PLAY_CLASSIFIED || !take_classified(play, &frame))
        tracker_frames(play->tracker, &frame, 1);
    if (!cut)
        assert_int_equal(play_undecodable(play), before);
    if (bytes != &play->last_frame)
        play->last_frame = *bytes;
    free(copy);
}

static inline void play_frame(struct play *play, const struct frame_bytes *bytes)
{
    play_cut_frame(play, bytes, 0);
}

/* Time goes on; live, timers run every 10 ms as the program's do. */
static inline void play_wait(struct play *play, int64_t us)
{
    int64_t end = play->now_us + us;
    while (play->live && play->now_us + 10000 < end) {
        play->now_us += 10000;
        tracker_advance(play->tracker, play->now_us);
    }
    play->now_us = end;
    if (play->live)
        tracker_advance(play->tracker, play->now_us);
}

static inline void play_end(struct play *play)
{
    tracker_finish(play->tracker, false);
}

/* SSH packets in the clear. */

static inline void put_ssh_packet(struct frame_bytes *f, uint8_t message, const uint8_t *payload, size_t n)
{
    size_t padding = 8 - (n + 6) % 8;
    padding += padding < 4 ? 8 : 0;
    frame_put32(f, (uint32_t)(n + 2 + padding));
    frame_put8(f, (unsigned)padding);
    frame_put8(f, message);
    frame_put(f, payload, n);
    frame_put_zeros(f, padding);
}

static inline void put_kexinit(struct frame_bytes *f, char cookie, const char *kex, const char *host_key,
                               const char *cipher, const char *mac)
{
    struct frame_bytes body = {.len = 0};
    const char *lists[] = {kex, host_key, cipher, cipher, mac, mac, "none", "none", "", ""};
    for (int i = 0; i < SSH_COOKIE_LENGTH; i++)
        frame_put8(&body, (unsigned)cookie);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        frame_put32(&body, (uint32_t)strlen(lists[i]));
        frame_put(&body, lists[i], strlen(lists[i]));
    }
    frame_put_zeros(&body, 5);
    put_ssh_packet(f, SSH_MSG_KEXINIT, body.data, body.len);
}

static inline bool put_named_payload(struct frame_bytes *f, const char *name)
{
    static const uint8_t zeros[200];
    if (strcmp(name, "kexinit") == 0)
        put_kexinit(f, 0, "curve25519-sha256", "ssh-ed25519", "chacha20-poly1305@openssh.com", "hmac-sha2-256");
    else if (strcmp(name, "kexother") == 0)
        put_kexinit(f, 0, "diffie-hellman-group1-sha1", "ssh-ed25519", "chacha20-poly1305@openssh.com",
                    "hmac-sha2-256");
    else if (strcmp(name, "kextwo") == 0)
        put_kexinit(f, 0, "curve25519-sha256", "ssh-ed25519,ssh-rsa", "chacha20-poly1305@openssh.com", "hmac-sha2-256");
    else if (strcmp(name, "kexecho") == 0)
        put_kexinit(f, 'c', "curve25519-sha256", "ssh-ed25519", "chacha20-poly1305@openssh.com", "hmac-sha2-256");
    else if (strcmp(name, "kexodd") == 0)
        put_kexinit(f, 0, "curve25519-sha256", "ssh-ed25519", "secret@example.org", "hmac-sha2-256");
    else if (strcmp(name, "init") == 0)
        put_ssh_packet(f, 30, zeros, 36);
    else if (strcmp(name, "reply") == 0)
        put_ssh_packet(f, 31, zeros, 180);
    else if (strcmp(name, "newkeys") == 0)
        put_ssh_packet(f, SSH_MSG_NEWKEYS, NULL, 0);
    else if (strncmp(name, "bye", 3) == 0 && name[3] >= '0' && name[3] <= '9') { /* a disconnect for this reason */
        const uint8_t reason[] = {0, 0, 0, (uint8_t)atoi(name + 3), 0, 0, 0, 2, 'n', 'o', 0, 0, 0, 0};
        put_ssh_packet(f, SSH_MSG_DISCONNECT, reason, sizeof reason);
    } else if (strcmp(name, "kexinit-guess") == 0) { /* and the beginning of a guessed key exchange, as Dropbear's */
        put_named_payload(f, "kexinit");
        frame_put32(f, 1204);
        frame_put8(f, 10);
        frame_put8(f, 30);
        frame_put_zeros(f, 300);
    } else if (strcmp(name, "hostkey") == 0 || strcmp(name, "hostkey-other") == 0) {
        uint8_t key_reply[180] = {[3] = 51, [7] = 11};
        memcpy(key_reply + 8, "ssh-ed25519", 11);
        key_reply[22] = 32;
        key_reply[23] = name[7] ? 9 : 7;
        put_ssh_packet(f, 31, key_reply, sizeof key_reply);
    } else if (strcmp(name, "reply-newkeys") == 0) { /* in one segment */
        put_ssh_packet(f, 31, zeros, 180);
        put_ssh_packet(f, SSH_MSG_NEWKEYS, NULL, 0);
    } else
        return false;
    return true;
}

/* The interpreter. */

struct act_line {
    unsigned talk, side;
    struct segment segment;
    struct frame_bytes payload;
    long at;
    unsigned long back, skip, left;
    bool has_at, has_seq, has_ack, has_to, has_left;
};

static inline const char *read_quoted(const char *p, struct frame_bytes *out)
{
    for (p++; *p && *p != '\''; p++)
        frame_put8(out, (uint8_t)*p);
    return *p ? p + 1 : p;
}

static inline unsigned long read_value(const char **p)
{
    char *end;
    unsigned long value = strtoul(*p, &end, 0);
    *p = end;
    return value;
}

static inline void take_field(struct act_line *line, const char *name, size_t n, unsigned long v)
{
    struct segment *s = &line->segment;
#define IS(word) (n == strlen(word) && strncmp(name, word, n) == 0)
    if (IS("ttl"))
        s->ttl = (uint8_t)v;
    else if (IS("tos"))
        s->tos = (uint8_t)v;
    else if (IS("id"))
        s->ip_id = (uint16_t)v;
    else if (IS("win"))
        s->window = (uint16_t)v;
    else if (IS("label"))
        s->flow_label = (uint32_t)v;
    else if (IS("mac"))
        s->mac = (uint8_t)v;
    else if (IS("asked"))
        s->asked = (uint8_t)v;
    else if (IS("from"))
        s->from = (enum person)v;
    else if (IS("to"))
        s->to = (enum person)v;
    else if (IS("port"))
        s->dst_port = (uint16_t)v;
    else if (IS("ts"))
        s->timestamps = v != 0;
    else if (IS("sack"))
        s->sack = (uint32_t)v;
    else if (IS("order"))
        s->order = v;
    else if (IS("stamp"))
        s->stamp = (uint32_t)v;
    else if (IS("df"))
        s->no_df = v == 0;
    else if (IS("sum"))
        s->sum = (enum sum)v;
    else if (IS("key"))
        s->multipath_key = (uint8_t)v;
    else if (IS("join"))
        s->multipath_token = (uint32_t)v;
    else if (IS("data"))
        s->multipath_data = (uint32_t)v;
    else if (IS("seq")) {
        s->seq = (uint32_t)v;
        line->has_seq = true;
    } else if (IS("ack")) {
        s->ack = (uint32_t)v;
        line->has_ack = true;
    } else if (IS("back"))
        line->back = v;
    else if (IS("skip"))
        line->skip = v;
    else if (IS("left")) {
        line->left = v;
        line->has_left = true;
    } else if (IS("at")) {
        line->at = (long)v;
        line->has_at = true;
    } else
        fail_msg("script: no such field: %.*s", (int)n, name);
#undef IS
}

static inline const char *read_fields(const char *p, struct act_line *line)
{
    while (*p == ',') {
        const char *name = ++p;
        while (isalpha((unsigned char)*p))
            p++;
        size_t n = (size_t)(p - name);
        unsigned long value = 1;
        if (*p == '=') {
            p++;
            value = read_value(&p);
        }
        take_field(line, name, n, value);
    }
    return p;
}

static inline uint8_t flag_of(char letter)
{
    static const char letters[] = "FSRPA";
    const char *at = strchr(letters, letter);
    return at && letter ? (uint8_t)(1u << (at - letters)) : 0;
}

static inline void begin_talk(struct play *play, unsigned n)
{
    struct conversation *talk = &play->talk[n];
    if (talk->begun)
        return;
    talk->begun = true;
    talk->isn[SIDE_CLIENT] = talk->next[SIDE_CLIENT] = 1000000u * n;
    talk->isn[SIDE_SERVER] = talk->next[SIDE_SERVER] = 3000000000u + 1000000u * n;
}

static inline enum person client_of(unsigned talk)
{
    return talk >= 6 ? PERSON_OTHER : PERSON_CLIENT;
}

/* What a Linux host sends, before the script's own fields. */
static inline void usual_segment(struct play *play, struct act_line *line)
{
    struct conversation *talk = &play->talk[line->talk];
    struct segment *s = &line->segment;
    bool server = line->side == SIDE_SERVER;
    *s = (struct segment){.ipv6 = play->ipv6,
                          .from = server ? PERSON_SERVER : client_of(line->talk),
                          .to = server ? client_of(line->talk) : PERSON_SERVER,
                          .ttl = server ? 63 : 64,
                          .src_port = server ? 22 : (uint16_t)(40000 + line->talk),
                          .dst_port = server ? (uint16_t)(40000 + line->talk) : 22,
                          .window = 501};
    if (talk->last[!line->side].dst_port) /* the port that the other side used */
        s->src_port = talk->last[!line->side].dst_port;
    if (talk->last[line->side].dst_port)
        s->dst_port = talk->last[line->side].dst_port;
}

static inline void shape_by_flags(struct play *play, struct act_line *line, uint8_t flags)
{
    struct segment *s = &line->segment;
    struct conversation *talk = &play->talk[line->talk];
    bool shaken = talk->next[SIDE_SERVER] != talk->isn[SIDE_SERVER];
    s->flags = flags;
    if (flags & TCP_RST) {
        s->window = 0;
        return;
    }
    if (flags & TCP_SYN) {
        s->mss = true;
        s->window = 64240;
        if (line->side == SIDE_CLIENT)
            s->ip_id = 4660;
    } else if (shaken)
        s->ip_id = (uint16_t)(5000 + play->number);
    s->timestamps = true;
}

/* Sequence numbers as the stacks would have them. */
static inline void number_segment(struct play *play, struct act_line *line)
{
    struct conversation *talk = &play->talk[line->talk];
    struct segment *s = &line->segment;
    unsigned side = line->side, other = !side;
    bool answers_syn = s->flags & TCP_RST && talk->next[SIDE_SERVER] == talk->isn[SIDE_SERVER] && side == SIDE_SERVER;
    if (s->flags & TCP_SYN && !line->has_at) {
        line->has_at = true;
        line->at = 0;
    }
    if (line->back) {
        line->has_at = true;
        line->at = (long)(talk->next[side] - talk->isn[side] - (uint32_t)line->back);
    }
    if (line->skip) {
        line->has_at = true;
        line->at = (long)(talk->next[side] - talk->isn[side]) + (long)line->skip;
    }
    if (!line->has_seq)
        s->seq = line->has_at ? talk->isn[side] + (uint32_t)line->at : answers_syn ? 0 : talk->next[side];
    if (!line->has_ack && s->flags & TCP_ACK)
        s->ack = answers_syn ? talk->isn[other] + 1 : talk->next[other];
    s->multipath_subflow_seq = s->seq - talk->isn[side];
    uint32_t end = s->seq + (uint32_t)s->payload_len + !!(s->flags & TCP_SYN) + !!(s->flags & TCP_FIN);
    if (!line->has_seq && !(s->flags & TCP_RST) && (int32_t)(end - talk->next[side]) > 0)
        talk->next[side] = end;
}

static inline const char *play_segment(struct play *play, const char *p)
{
    struct act_line line = {.talk = play->speaker};
    struct frame_bytes frame;
    if (isdigit((unsigned char)*p))
        line.talk = (unsigned)(*p++ - '0');
    line.side = *p++ == '>' ? SIDE_CLIENT : SIDE_SERVER;
    begin_talk(play, line.talk);
    usual_segment(play, &line);
    uint8_t flags = TCP_PSH | TCP_ACK;
    if (*p == '\'')
        p = read_quoted(p, &line.payload);
    else if (*p == 'e') {
        p++;
        for (unsigned long n = read_value(&p); n; n--)
            frame_put8(&line.payload, 0xa5);
    } else if (flag_of(*p)) {
        for (flags = 0; flag_of(*p); p++)
            flags |= flag_of(*p);
    } else {
        char name[32];
        size_t n = strcspn(p, ", ");
        assert_true(n < sizeof name);
        memcpy(name, p, n);
        name[n] = '\0';
        if (!put_named_payload(&line.payload, name))
            fail_msg("script: no such payload: %s", name);
        p += n;
    }
    shape_by_flags(play, &line, flags);
    p = read_fields(p, &line);
    line.segment.payload = line.payload.data;
    line.segment.payload_len = line.payload.len;
    number_segment(play, &line);
    if (play->link != LINK_ROUTED || line.segment.mac != PERSON_ROUTER) /* not what a router made of it */
        play->talk[line.talk].last[line.side] = line.segment;
    build_segment(&frame, &line.segment);
    play_cut_frame(play, &frame, line.has_left ? line.payload.len - line.left : 0);
    return p;
}

static inline const char *play_error(struct play *play, const char *p)
{
    struct act_line line = {.talk = play->speaker};
    struct frame_bytes frame;
    if (isdigit((unsigned char)p[0]) && p[1] == '!')
        line.talk = (unsigned)(*p++ - '0');
    p++;
    unsigned long type = read_value(&p);
    p++;
    unsigned long code = read_value(&p);
    line.segment =
        (struct segment){.ipv6 = play->ipv6, .from = PERSON_SERVER, .to = client_of(line.talk), .ttl = 63, .tos = 0xc0};
    p = read_fields(p, &line);
    begin_talk(play, line.talk);
    struct segment about = play->talk[line.talk].last[SIDE_CLIENT];
    if (!about.from) { /* the SYN is not in this capture */
        struct act_line syn = {.talk = line.talk, .side = SIDE_CLIENT};
        usual_segment(play, &syn);
        syn.segment.flags = TCP_SYN;
        syn.segment.seq = play->talk[line.talk].isn[SIDE_CLIENT];
        about = syn.segment;
    }
    build_icmp_error(&frame, &line.segment, (uint8_t)type, (uint8_t)code, &about);
    const size_t headers = 14 + (play->ipv6 ? 40 : 20) + 8;
    play_cut_frame(play, &frame, line.has_left ? frame.len - headers - line.left : 0);
    return p;
}

static inline const char *play_dns(struct play *play, const char *p)
{
    char name[100];
    unsigned type = *++p == '?' ? 28 : 1; /* AAAA, A */
    size_t n = strcspn(p += type == 28, "=; ");
    struct frame_bytes frame;
    assert_true(n < sizeof name);
    memcpy(name, p, n);
    name[n] = '\0';
    p += n;
    const bool error = p[0] == '=' && p[1] == '!';
    const bool response = *p == '=' && !error;
    unsigned long rcode = 0, answers = 0;
    p += error ? 2 : 0;
    if (response) {
        p++;
        rcode = read_value(&p);
        if (*p == '/') {
            p++;
            answers = read_value(&p);
        }
    }
    struct segment s = {.ipv6 = play->ipv6, .from = PERSON_CLIENT, .to = PERSON_ROUTER, .ttl = 64};
    if (response)
        s.from = PERSON_ROUTER, s.to = PERSON_CLIENT;
    build_dns(&frame, &s, name, type, response, (unsigned)rcode, (unsigned)answers);
    if (*p == ';') {
        p++;
        frame.data[14 + (play->ipv6 ? 40 : 20) + 8 + 2] = 0;
    }
    if (error) {
        const struct frame_bytes asked = frame;
        s.from = PERSON_ROUTER, s.to = PERSON_CLIENT;
        build_dns_error(&frame, &s, &asked);
    }
    play_frame(play, &frame);
    return p;
}

enum { SECOND_MAC = 99 };

/* A machine beside the server that has its address. */
static inline void build_second(struct frame_bytes *f, bool ipv6, uint8_t mac, bool announces)
{
    if (ipv6)
        build_neighbour(f, PERSON_CLIENT, PERSON_SERVER, true);
    else
        build_arp(f, PERSON_CLIENT, PERSON_SERVER, true);
    f->data[11] = mac;
    f->data[ipv6 ? f->len - 1 : 14 + 13] = mac;
    if (!announces)
        return;
    memset(f->data, 0xff, 6);
    if (ipv6)
        memcpy(f->data + 14 + 24, (uint8_t[16]){0xff, 2, [15] = 1}, 16);
    else
        memcpy(f->data + 14 + 24, f->data + 14 + 14, 4);
}

static inline void play_word(struct play *play, const char *word)
{
    struct frame_bytes frame;
    bool is = strcmp(word, "is") == 0;
    if (strcmp(word, "cut") == 0) {
        build_neighbour(&frame, PERSON_CLIENT, PERSON_SERVER, false);
        ask_everybody(&frame);
        play_cut_frame(play, &frame, frame.len - 60);
        return;
    }
    if (is || strcmp(word, "who") == 0 || strcmp(word, "check") == 0) {
        if (play->ipv6)
            build_neighbour(&frame, PERSON_CLIENT, PERSON_SERVER, is);
        else
            build_arp(&frame, PERSON_CLIENT, PERSON_SERVER, is);
        if (strcmp(word, "who") == 0)
            ask_everybody(&frame);
        if (play->wired && frame.len < 60)
            frame_put_zeros(&frame, 60 - frame.len);
    } else if (strcmp(word, "also") == 0 || strcmp(word, "boots") == 0) {
        build_second(&frame, play->ipv6, SECOND_MAC, strcmp(word, "boots") == 0);
    } else if (strcmp(word, "announces") == 0) {
        build_second(&frame, play->ipv6, PERSON_SERVER, true);
    } else if (strcmp(word, "gateway") == 0) {
        build_arp(&frame, PERSON_CLIENT, PERSON_ROUTER, true);
        frame.data[11] = frame.data[14 + 13] = PERSON_SERVER; /* where SYNs for the server go to */
    } else if (strcmp(word, "echo") == 0)
        build_echo_reply(&frame,
                         &(struct segment){.ipv6 = play->ipv6, .from = PERSON_SERVER, .to = PERSON_CLIENT, .ttl = 63});
    else if (strcmp(word, "seek") == 0) {
        if (play->ipv6)
            build_neighbour(&frame, PERSON_ROUTER, PERSON_SERVER, false);
        else
            build_arp(&frame, PERSON_ROUTER, PERSON_SERVER, false);
        ask_everybody(&frame);
    } else if (strcmp(word, "sought") == 0) {
        if (play->ipv6)
            build_neighbour(&frame, PERSON_SERVER, PERSON_CLIENT, false);
        else
            build_arp(&frame, PERSON_SERVER, PERSON_CLIENT, false);
        ask_everybody(&frame);
    } else if (strcmp(word, "tick") == 0)
        build_echo_reply(&frame, &(struct segment){.from = PERSON_NOBODY, .to = PERSON_NOBODY, .ttl = 64});
    else if (strcmp(word, "again") == 0) {
        play->now_us += 10;
        frame = play->last_frame;
    } else {
        fail_msg("script: no such word: %s", word);
        return;
    }
    play_frame(play, &frame);
}

static inline const char *play_clock(struct play *play, const char *p)
{
    int64_t sign = *p++ == '-' ? -1 : 1;
    int64_t amount = (int64_t)read_value(&p);
    if (strncmp(p, "us", 2) == 0)
        p += 2;
    else
        amount *= 1000;
    if (sign < 0)
        play->now_us -= amount;
    else
        play_wait(play, amount);
    return p;
}

/* Words for text; false where it is none of them. */
static inline bool script_pasted(struct play *play, const char *word)
{
    enum { PLAIN = FIELD_TTL | FIELD_TOS | FIELD_IP_ID | FIELD_DF | FIELD_PAYLOAD };
    const bool sniffed = strcmp(word, "sniffed") == 0, logged = strcmp(word, "logged") == 0;
    if (!sniffed && !logged && strcmp(word, "pasted") != 0)
        return false;
    play->link = LINK_PASTED;
    play->unknown = sniffed ? (uint32_t)PLAIN | FIELD_LENGTH : (uint32_t)PLAIN;
    play->logged = logged;
    return true;
}

static inline void play_script(struct play *play, const char *p)
{
    while (*p) {
        if (*p == ' ')
            p++;
        else if (*p == '@') {
            play->speaker = (unsigned)(p[1] - '0');
            p += 2;
        } else if (*p == '+' || *p == '-')
            p = play_clock(play, p);
        else if (*p == '>' || *p == '<' || (isdigit((unsigned char)*p) && p[1] != '!'))
            p = play_segment(play, p);
        else if (*p == '!' || isdigit((unsigned char)*p))
            p = play_error(play, p);
        else if (*p == '?')
            p = play_dns(play, p);
        else {
            char word[16];
            size_t n = strcspn(p, " ");
            assert_true(n < sizeof word);
            memcpy(word, p, n);
            word[n] = '\0';
            p += n;
            if (strcmp(word, "far") == 0)
                server_place = PLACE_FAR;
            else if (strcmp(word, "fake") == 0)
                server_place = PLACE_MADE_UP;
            else if (strcmp(word, "v6") == 0)
                play->ipv6 = true;
            else if (strcmp(word, "cooked") == 0)
                play->link = LINK_COOKED;
            else if (strcmp(word, "wired") == 0)
                play->wired = true;
            else if (strcmp(word, "bridged") == 0)
                play->link = LINK_BRIDGED;
            else if (strcmp(word, "routed") == 0)
                play->link = LINK_ROUTED;
            else if (strcmp(word, "served") == 0)
                play->link = LINK_SERVED;
            else if (script_pasted(play, word))
                ;
            else
                play_word(play, word);
        }
    }
}

/* A whole capture from a file: opened, played, handed over. Close it with play_close. */
static inline void play_file(struct play *play, const char *script)
{
    play_open(play, false);
    play_script(play, script);
    play_end(play);
}

static inline const struct evidence *evidence_of(const struct act *act, const char *id)
{
    for (int i = 0; i < act->verdict.evidence_count; i++)
        if (strcmp(act->verdict.evidence[i].id, id) == 0)
            return &act->verdict.evidence[i];
    return NULL;
}

#define HELLO_C ">'SSH-2.0-OpenSSH_9.2p1\r\n' "
#define HELLO_S "<'SSH-2.0-OpenSSH_9.2p1\r\n' "
#define SHAKE   ">S +20 <SA >A "
#define KEX     HELLO_C "+20 " HELLO_S ">kexinit +20 <kexinit >init +20 <reply <newkeys >newkeys "
/* Service request, method none, and the answers to both. */
#define ASKED ">e44 +20 <e44 >e68 +20 <e52 "
#define TRY   ">e148 +20 <e52 "
#define LOGIN SHAKE KEX ASKED ">e148 +20 <e28 >e60 +20 <e60 "
#define LEAVE ">FA +20 <FA >A "

#endif
