#include "held_frames.h"

#include <stdlib.h>
#include <string.h>

#include "base/pool.h"

/* Of what it may take, a quarter is for records, a quarter for comments, a sixteenth for tables, the rest for bytes. */
enum { RECORD_PART = 4, COMMENT_PART = 4, BYTES_SIXTEENTHS = 7 };

/* Live, in the frames' time. After its verdict a frame waits for one more moment: a session that breaks is judged a
 * second time, on the packets that broke it. */
#define SETTLE_US INT64_C(500000)
/* Which attempt it belongs to is not known (a DNS question, a neighbour's search): it is judged by then, or never. */
#define LOOSE_US INT64_C(15000000)
/* An attempt waits for its verdict as long as somebody looks for the password: LoginGraceTime is 120 s. */
#define UNJUDGED_US INT64_C(150000000)

enum { CHUNK_TEXT = 122, FLOWS = 16384 };

enum judgement { UNJUDGED = 0, JUDGED, LEFT_OUT };

struct record {
    int64_t ts_us;
    uint64_t number;
    uint64_t place;    /* once it was written, its number there */
    uint64_t previous; /* sequence number + 1 of the one before with the same bucket; 0: none */
    uint32_t flow, data, caplen, len, interface;
    int32_t linktype;
    uint32_t first_chunk, last_chunk; /* id + 1 */
    uint16_t text_bytes;
    uint8_t comments;
    uint8_t judgement;
    bool written;
};

/* A piece of a record's comments, which follow each other with a zero byte after each. */
struct chunk {
    uint32_t next; /* id + 1 */
    uint16_t used;
    char text[CHUNK_TEXT];
};

/* A connection that was judged last at this place of the table. Where another takes it, what is still to come of the
 * first waits as if it had not been judged. */
struct judged_flow {
    uint32_t hash, seq;
    uint8_t judgement;
};

struct held_frames {
    struct held_options options;
    struct record *record;
    uint64_t first, next; /* sequence numbers: the oldest that is held, and the one to come */
    uint64_t source;      /* the first one of this source */
    uint64_t written;     /* frames, of all sources */
    uint64_t left_out;    /* of those that are held */
    uint32_t records;     /* a power of two */
    uint8_t *bytes;
    size_t size, used_to; /* of `bytes`; where the next frame goes */
    struct pool chunks;
    uint64_t *bucket; /* as many as records: sequence number + 1 of the latest */
    struct judged_flow *flow;
    struct held_stats stats;
    char text[HELD_TEXT];
};

/* ---- Memory ---- */

static uint32_t power_of_two_up_to(size_t most)
{
    uint32_t power = 1;
    while (power <= most / 2)
        power *= 2;
    return power;
}

struct held_frames *held_frames_new(const struct held_options *options)
{
    struct held_frames *held = calloc(1, sizeof *held);
    if (held == NULL)
        return NULL;
    const size_t bytes = options->bytes != 0 && options->bytes < HELD_BYTES ? options->bytes : HELD_BYTES;
    held->options = *options;
    held->records = power_of_two_up_to(bytes / RECORD_PART / sizeof *held->record);
    held->size = bytes / 16 * BYTES_SIXTEENTHS;
    held->record = calloc(held->records, sizeof *held->record);
    held->bucket = calloc(held->records, sizeof *held->bucket);
    held->flow = calloc(FLOWS, sizeof *held->flow);
    held->bytes = malloc(held->size);
    const bool chunks =
        pool_init(&held->chunks, sizeof(struct chunk), (uint32_t)(bytes / COMMENT_PART / sizeof(struct chunk)));
    held->chunks.cleared = offsetof(struct chunk, text);
    if (chunks && held->record != NULL && held->bucket != NULL && held->flow != NULL && held->bytes != NULL)
        return held;
    held_frames_free(held);
    return NULL;
}

void held_frames_free(struct held_frames *held)
{
    if (held == NULL)
        return;
    pool_destroy(&held->chunks);
    free(held->record);
    free(held->bucket);
    free(held->flow);
    free(held->bytes);
    free(held);
}

static struct record *record_at(const struct held_frames *held, uint64_t sequence)
{
    return &held->record[sequence & (held->records - 1)];
}

static uint64_t *bucket_of(const struct held_frames *held, uint32_t flow)
{
    return &held->bucket[flow & (held->records - 1)];
}

static struct judged_flow *judged_flow_of(const struct held_frames *held, uint32_t flow)
{
    return &held->flow[flow & (FLOWS - 1)];
}

/* ---- Out ---- */

/* Into held->text; returns how many there are. */
static size_t gather_comments(struct held_frames *held, const struct record *record, const char **comment)
{
    size_t length = 0, count = 0;
    for (uint32_t id = record->first_chunk; id != 0;) {
        const struct chunk *chunk = pool_at(&held->chunks, id - 1);
        memcpy(held->text + length, chunk->text, chunk->used);
        length += chunk->used;
        id = chunk->next;
    }
    for (const char *at = held->text; count < record->comments; at += strlen(at) + 1)
        comment[count++] = at;
    return count;
}

static void give_chunks_back(struct held_frames *held, struct record *record)
{
    for (uint32_t id = record->first_chunk; id != 0;) {
        const uint32_t next = ((const struct chunk *)pool_at(&held->chunks, id - 1))->next;
        pool_give(&held->chunks, id - 1);
        id = next;
    }
    record->first_chunk = record->last_chunk = 0;
}

static void write_out(struct held_frames *held, struct record *record)
{
    const char *comment[HELD_COMMENTS];
    if (record->written || record->judgement == LEFT_OUT)
        return;
    const struct frame frame = {.data = held->bytes + record->data,
                                .caplen = record->caplen,
                                .len = record->len,
                                .ts_us = record->ts_us,
                                .number = record->number,
                                .linktype = record->linktype,
                                .interface = record->interface};
    const size_t count = gather_comments(held, record, comment);
    record->place = ++held->written;
    record->written = true;
    held->options.write(held->options.context, &frame, comment, count);
    give_chunks_back(held, record);
}

static void drop_first(struct held_frames *held)
{
    struct record *record = record_at(held, held->first);
    write_out(held, record);
    give_chunks_back(held, record);
    held->left_out -= record->judgement == LEFT_OUT;
    held->first++;
}

static void give_up_first(struct held_frames *held)
{
    const struct record *record = record_at(held, held->first);
    held->stats.given_up += record->judgement == UNJUDGED && !record->written;
    drop_first(held);
}

/* ---- In ---- */

/* Where `size` bytes fit in one piece, behind the latest frame or at the start. The two ends never meet: equal, they
 * mean that nothing is held. */
static bool has_room(struct held_frames *held, size_t size)
{
    if (held->first == held->next) {
        held->used_to = 0;
        return size < held->size;
    }
    const size_t oldest = record_at(held, held->first)->data;
    if (held->used_to < oldest)
        return oldest - held->used_to > size;
    if (held->size - held->used_to > size)
        return true;
    if (oldest <= size)
        return false;
    held->used_to = 0;
    return true;
}

/* False where the frame is larger than all that may be held. */
static bool make_room(struct held_frames *held, size_t size)
{
    while (held->next - held->first == held->records || !has_room(held, size)) {
        if (held->first == held->next)
            return false;
        give_up_first(held);
    }
    return true;
}

static enum judgement judgement_of(struct held_frames *held, const struct held_flow *flow)
{
    struct judged_flow *judged = judged_flow_of(held, flow->hash);
    if (flow->hash == 0 || judged->hash != flow->hash)
        return UNJUDGED;
    if (flow->is_syn && flow->seq != judged->seq)
        *judged = (struct judged_flow){.hash = 0};
    return (enum judgement)judged->judgement;
}

void held_frames_add(struct held_frames *held, const struct frame *frame, const struct held_flow *flow)
{
    const enum judgement judgement = judgement_of(held, flow);
    if (!make_room(held, frame->caplen)) {
        held->stats.given_up += judgement == UNJUDGED;
        held->written += judgement != LEFT_OUT;
        if (judgement != LEFT_OUT)
            held->options.write(held->options.context, frame, NULL, 0);
        return;
    }
    uint64_t *bucket = bucket_of(held, flow->hash);
    *record_at(held, held->next) = (struct record){.ts_us = frame->ts_us,
                                                   .number = frame->number,
                                                   .previous = flow->hash != 0 ? *bucket : 0,
                                                   .flow = flow->hash,
                                                   .data = (uint32_t)held->used_to,
                                                   .caplen = frame->caplen,
                                                   .len = frame->len,
                                                   .interface = frame->interface,
                                                   .linktype = frame->linktype,
                                                   .judgement = (uint8_t)judgement};
    memcpy(held->bytes + held->used_to, frame->data, frame->caplen);
    held->used_to += frame->caplen;
    held->next++;
    held->left_out += judgement == LEFT_OUT;
    if (flow->hash != 0)
        *bucket = held->next;
}

/* ---- Verdicts ---- */

/* What of a connection was judged before lies before what was not: there the walk ends. */
void held_frames_judged(struct held_frames *held, const struct held_flow *flow, bool wanted)
{
    const enum judgement judgement = wanted ? JUDGED : LEFT_OUT;
    if (flow->hash == 0)
        return;
    *judged_flow_of(held, flow->hash) =
        (struct judged_flow){.hash = flow->hash, .seq = flow->seq, .judgement = (uint8_t)judgement};
    for (uint64_t at = *bucket_of(held, flow->hash); at > held->first;) {
        struct record *record = record_at(held, at - 1);
        at = record->previous;
        if (record->flow != flow->hash)
            continue;
        if (record->judgement != UNJUDGED)
            break;
        record->judgement = (uint8_t)judgement;
        held->left_out += judgement == LEFT_OUT;
    }
}

/* The first with this number or a higher one, of those whose records are there still: some that went out are. */
static uint64_t sequence_of(const struct held_frames *held, uint64_t number)
{
    const uint64_t kept = held->next > held->records ? held->next - held->records : 0;
    uint64_t from = kept > held->source ? kept : held->source, to = held->next;
    while (from < to) {
        const uint64_t middle = from + (to - from) / 2;
        if (record_at(held, middle)->number < number)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

/* NULL: it is not held. */
static struct record *find(const struct held_frames *held, uint64_t number)
{
    const uint64_t at = sequence_of(held, number);
    return at >= held->first && at < held->next && record_at(held, at)->number == number ? record_at(held, at) : NULL;
}

bool held_frames_has(const struct held_frames *held, uint64_t number)
{
    const struct record *record = find(held, number);
    return record != NULL && !record->written;
}

uint32_t held_frames_flow(const struct held_frames *held, uint64_t number)
{
    const struct record *record = find(held, number);
    return record != NULL ? record->flow : 0;
}

/* In their order, those that are still to be written follow each other. */
uint64_t held_frames_number(const struct held_frames *held, uint64_t number)
{
    const uint64_t at = sequence_of(held, number);
    if (at >= held->next || record_at(held, at)->number != number || record_at(held, at)->judgement == LEFT_OUT)
        return 0;
    if (record_at(held, at)->written)
        return record_at(held, at)->place;
    if (held->options.at_once || at < held->first)
        return 0;
    const uint64_t from = held->first + record_at(held, held->first)->written; /* the one that is being written */
    if (held->left_out == 0)
        return held->written + 1 + (at - from);
    uint64_t place = held->written + 1;
    for (uint64_t before = from; before < at; before++)
        place += record_at(held, before)->judgement != LEFT_OUT;
    return place;
}

/* Whether the frame has this comment already: what several attempts rest on is said once. */
static bool has_comment(struct held_frames *held, const struct record *record, const char *text)
{
    const char *comment[HELD_COMMENTS];
    const size_t count = gather_comments(held, record, comment);
    for (size_t i = 0; i < count; i++)
        if (strcmp(comment[i], text) == 0)
            return true;
    return false;
}

/* The oldest frames make room, but not the one that the comment is on. */
static uint32_t take_chunk(struct held_frames *held, const struct record *record)
{
    uint32_t id;
    while ((id = pool_take(&held->chunks)) == POOL_NONE && held->first < held->next &&
           record_at(held, held->first) != record)
        give_up_first(held);
    return id;
}

static bool append(struct held_frames *held, struct record *record, const char *text, size_t length)
{
    while (length > 0) {
        struct chunk *chunk = record->last_chunk != 0 ? pool_at(&held->chunks, record->last_chunk - 1) : NULL;
        if (chunk == NULL || chunk->used == CHUNK_TEXT) {
            const uint32_t id = take_chunk(held, record);
            if (id == POOL_NONE)
                return false;
            if (chunk != NULL)
                chunk->next = id + 1;
            else
                record->first_chunk = id + 1;
            record->last_chunk = id + 1;
            chunk = pool_at(&held->chunks, id);
        }
        const size_t room = CHUNK_TEXT - chunk->used, part = length < room ? length : room;
        memcpy(chunk->text + chunk->used, text, part);
        chunk->used = (uint16_t)(chunk->used + part);
        text += part;
        length -= part;
    }
    return true;
}

/* A comment that does not fit whole is left out: its part that is there already has no end that is counted. No other
 * goes to that frame then. */
void held_frames_comment(struct held_frames *held, uint64_t number, const char *text)
{
    struct record *record = find(held, number);
    const size_t length = strlen(text) + 1;
    if (record != NULL && has_comment(held, record, text))
        return;
    if (record == NULL || record->written || record->comments == HELD_COMMENTS ||
        record->text_bytes + length > HELD_TEXT || !append(held, record, text, length)) {
        held->stats.comments_lost += record == NULL || record->judgement != LEFT_OUT;
        if (record != NULL && !record->written)
            record->text_bytes = HELD_TEXT;
        return;
    }
    record->text_bytes = (uint16_t)(record->text_bytes + length);
    record->comments++;
}

/* ---- Time ---- */

static bool is_ready(const struct record *record, int64_t now_us)
{
    const int64_t waited_us = now_us - record->ts_us;
    if (record->written || record->judgement != UNJUDGED)
        return record->written || waited_us >= SETTLE_US;
    return waited_us >= (record->flow == 0 ? LOOSE_US : UNJUDGED_US);
}

void held_frames_advance(struct held_frames *held, int64_t now_us)
{
    if (held->options.at_once)
        for (uint64_t at = held->first; at < held->next; at++)
            if (is_ready(record_at(held, at), now_us))
                write_out(held, record_at(held, at));
    while (held->first < held->next && is_ready(record_at(held, held->first), now_us))
        drop_first(held);
}

void held_frames_flush(struct held_frames *held)
{
    while (held->first < held->next)
        drop_first(held);
    memset(held->flow, 0, FLOWS * sizeof *held->flow);
    held->source = held->next;
}

void held_frames_stats(const struct held_frames *held, struct held_stats *out)
{
    *out = held->stats;
}
