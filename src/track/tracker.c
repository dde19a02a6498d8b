/* The tracker's life, and which packet goes where. */
#include "state.h"

#include <stdlib.h>
#include <sys/random.h>

#include "due.h"
#include "mark.h"
#include "track/fast/compact_syn.h"
#include "track/fast/syn_only.h"

/* Bounds of the tables. A million half-open attempts fit in 256 MB; everything else is far smaller. */
enum {
    MAX_ATTEMPTS = 1 << 20,
    MAX_ANSWERS = 1 << 15,
    MAX_CONNECTIONS = 1 << 13,
    MAX_DIALOGUES = 1 << 11,
    MAX_REFUSALS = 1 << 15,
    MAX_HOSTS = 1 << 13,
    MAX_HISTORIES = 1 << 14,
    MAX_HELD = 1 << 12
};

static bool add_local(struct tracker *t, const struct address *local, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!hosts_add_local(&t->hosts, &local[i]))
            return false;
    return true;
}

static bool make_tables(struct tracker *t, size_t max_attempts, size_t local_count)
{
    t->max_attempts = (uint32_t)(max_attempts ? max_attempts : MAX_ATTEMPTS);
    bool made = pool_init(&t->entries, sizeof(struct entry), t->max_attempts) &&
                pool_init(&t->compacts, sizeof(struct compact_syn), t->max_attempts) &&
                pool_init(&t->refusals, sizeof(struct raw_headers), MAX_REFUSALS) &&
                pool_init(&t->tails, TAIL_BYTES, t->max_attempts) &&
                pool_init(&t->answers, sizeof(struct answer), MAX_ANSWERS) &&
                pool_init(&t->connections, sizeof(struct connection_entry), MAX_CONNECTIONS) &&
                pool_init(&t->dialogues, sizeof(struct dialogue_entry), MAX_DIALOGUES) && index_init(&t->index) &&
                hosts_init(&t->hosts, (uint32_t)(MAX_HOSTS + local_count), t->salt, syn_only_as_host, t) &&
                history_table_init(&t->histories, MAX_HISTORIES, t->salt);
    t->compacts.prefault = t->entries.prefault = t->tails.prefault = t->index.prefault = t->hosts.index.prefault =
        &t->prefault;
    t->compacts.cleared = t->refusals.cleared = 0; /* whoever takes one fills it */
    return made;
}

struct tracker *tracker_new(const struct tracker_options *options, case_handler handler, void *context)
{
    struct tracker *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    /* Live, an attacker picks the addresses: a fixed hash would let him pick collisions too. Files must give the same
     * bytes twice, and nothing in the output depends on the order of the table. */
    if (getrandom(&t->salt, sizeof t->salt, GRND_NONBLOCK) != sizeof t->salt)
        t->salt = 0x9e3779b97f4a7c15ULL;
    t->ports = *options->ports;
    t->live = options->live;
    t->knows_itself = options->local_count > 0;
    t->held_limit = MAX_HELD;
    t->handler = handler;
    t->known = options->known;
    t->other_port = options->other_port;
    t->context = context;
    t->capture.live = options->live;
    t->capture.snaplen = options->snaplen;
    if (!make_tables(t, options->max_attempts, options->local_count) ||
        !add_local(t, options->local, options->local_count)) {
        tracker_free(t);
        return NULL;
    }
    return t;
}

void tracker_watch_port(struct tracker *t, uint16_t port)
{
    port_set_add(&t->ports, port);
}

void tracker_free(struct tracker *t)
{
    if (!t)
        return;
    for (int q = 0; q < QUEUE_COUNT; q++)
        while (t->queue[q].head)
            queued_drop(t, queue_head(t, (enum queue_name)q));
    prefault_end(&t->prefault);
    pool_destroy(&t->entries);
    pool_destroy(&t->compacts);
    pool_destroy(&t->refusals);
    pool_destroy(&t->tails);
    pool_destroy(&t->answers);
    pool_destroy(&t->connections);
    pool_destroy(&t->dialogues);
    index_destroy(&t->index);
    hosts_destroy(&t->hosts);
    history_table_destroy(&t->histories);
    free(t);
}

/* What any packet tells of the hosts that are known already; packets of syn_only_servers cost one look-up. */
static void learn(struct tracker *t, const struct packet *packet)
{
    /* A forged RST must not teach us its forger's card. */
    bool reset = packet->kind == PACKET_TCP && packet->tcp.flags & TCP_RST;
    struct host *sender =
        hosts_learn_sender(&t->hosts, &packet->src, t->src_hash, packet->ts_us, reset ? NULL : packet_src_mac(packet));
    if (sender && packet->kind == PACKET_ICMP_ECHO_REPLY)
        host_learn_own(sender, packet);
}

bool tracker_packet(struct tracker *t, const struct packet *packet)
{
    tracker_note_time(t, packet->ts_us);
    if (packet->cut && packet->kind == PACKET_OTHER && packet->ip_version == 6)
        t->capture.cut_ipv6++;
    if (packet_src_mac(packet) && !packet_dst_mac(packet))
        t->capture.cooked = true;
    if (packet->kind == PACKET_NOT_IP)
        return false;
    t->src_hash = hash_address(&packet->src, t->salt);
    t->dst_hash = hash_address(&packet->dst, t->salt);
    bool related = false;
    switch (packet->kind) {
    case PACKET_TCP:
        related = track_segment(t, packet);
        break;
    case PACKET_ICMP_ERROR:
        related = track_icmp_error(t, packet);
        break;
    case PACKET_DNS:
        related = track_dns(t, packet);
        break;
    case PACKET_ARP:
        related = track_neighbour(t, packet);
        break;
    case PACKET_ICMP_ECHO_REPLY:
    case PACKET_OTHER:
    case PACKET_NOT_IP:
        break;
    }
    learn(t, packet);
    if (!related)
        t->stats.ignored++;
    return related;
}

void tracker_advance(struct tracker *t, int64_t now_us)
{
    if (t->live)
        due_advance(t, now_us);
}

void tracker_finish(struct tracker *t, bool file_broken)
{
    t->capture.file_broken = file_broken;
    for (;;) { /* in order of the first packet, whatever queue they wait in */
        struct queued *first = NULL;
        for (int q = 0; q < QUEUE_COUNT; q++) {
            struct queued *head = queue_head(t, (enum queue_name)q);
            if (head && (!first || queued_last_us(t, head) < queued_last_us(t, first)))
                first = head;
        }
        if (!first)
            break;
        hosts_trim(&t->hosts);
        if (is_compact(first) && t->syn_only_servers <= MAX_HOSTS)
            syn_only_promote(t, compact_of(first)); /* its host will be asked for */
        queued_report_and_drop(t, first, t->capture.last_us);
    }
    lookups_finish(t, t->capture.last_us, true);
}

void tracker_hosts(const struct tracker *t, host_handler handler, void *context)
{
    size_t count;
    struct host **all = hosts_list(&t->hosts, &count);
    for (size_t i = 0; i < count; i++) {
        struct host *host = all[i];
        host_open(host);
        if (host->syns_received || host->accepted || host->ack_rtt_us || host->searches_unanswered)
            handler(context, host);
    }
    free(all);
}

/* Bytes of clear streams: what dialogues hold outside their pool. One that was given back holds none. */
static size_t stream_bytes(const struct tracker *t)
{
    size_t sum = 0;
    for (uint32_t id = 0; id < t->dialogues.used; id++) {
        const struct dialogue_entry *dialogue = pool_at(&t->dialogues, id);
        sum += dialogue->capacity[SIDE_CLIENT] + dialogue->capacity[SIDE_SERVER];
    }
    return sum;
}

void tracker_stats(const struct tracker *t, struct tracker_stats *out)
{
    *out = t->stats;
    out->attempts_now = t->entries.in_use + t->compacts.in_use;
    out->hosts_now = t->hosts.pool.in_use - 1;
    out->bytes = stream_bytes(t) + pool_bytes(&t->entries) + pool_bytes(&t->compacts) + pool_bytes(&t->tails) +
                 pool_bytes(&t->refusals) + pool_bytes(&t->answers) + pool_bytes(&t->connections) +
                 pool_bytes(&t->dialogues) + pool_bytes(&t->hosts.pool) + pool_bytes(&t->histories.pool);
}

/* What begins as one line of either side, goes on with lists of algorithms, and then with a client's segment as short
 * as NEWKEYS and with others behind it, is SSH, although the snaplen left none of its words. */
static bool goes_like_ssh(const struct attempt *attempt, const struct connection *c, const struct dialogue *d)
{
    enum { SHORTEST_LINE = 9, LONGEST_LINE = 255, LISTS = 200, ENOUGH = 2 };
    if (!(attempt->facts & FACT_CUT) || !(attempt->facts & FACT_SSH_PORT))
        return false;
    for (int side = 0; side < 2; side++) {
        const uint32_t line = c->side[side].first_payload.payload_len;
        if (line < SHORTEST_LINE || line > LONGEST_LINE || !d->encrypted[side] || d->encrypted_packets[side] < ENOUGH ||
            c->side[side].payload_bytes < d->encrypted_bytes[side] + line + LISTS)
            return false;
    }
    return true;
}

enum stage attempt_stage(const struct attempt *attempt)
{
    if (attempt->lookup)
        return attempt->lookup->name[0] ? STAGE_NAME : STAGE_NO_ANSWER;
    const struct answer *answer = attempt->answer;
    if (!answer)
        return STAGE_NO_ANSWER;
    if (mark_seen(&answer->refusal))
        return STAGE_REFUSED;
    const struct connection *c = answer->connection;
    if (!mark_seen(&answer->synack) && !c)
        return answer->icmp.number ? STAGE_REJECTED : STAGE_NO_ANSWER;
    const struct dialogue *d = c ? c->dialogue : NULL;
    if (d && !d->clock.banner_us[SIDE_SERVER] && goes_like_ssh(attempt, c, d))
        return STAGE_AUTH;
    if (!d || !d->clock.banner_us[SIDE_SERVER])
        return STAGE_ACCEPTED; /* a client may send its banner and KEXINIT to anybody */
    if (d->encrypted_packets[SIDE_CLIENT] || d->encrypted_packets[SIDE_SERVER])
        return STAGE_AUTH;
    if (d->clock.kexinit_us[SIDE_CLIENT] || d->clock.kexinit_us[SIDE_SERVER])
        return STAGE_KEX;
    return STAGE_BANNER;
}
