#include "page_store.h"

#include <stdlib.h>

#include <nettle/base64.h>

enum {
    CHUNK_BYTES = 96 << 10,
    LEVEL = 6,
    RAW_DEFLATE = -15, /* no header: what DecompressionStream calls deflate-raw */
    MEMORY_LEVEL = 8,
    ROW_SHARE = 60,  /* per cent of the page that rows may come to */
    LIKELY_RATIO = 6 /* of what waits to be packed; known only afterwards */
};

#define DETAIL_END '\x1e'

static size_t as_text(size_t bytes)
{
    return BASE64_ENCODE_RAW_LENGTH(bytes);
}

bool store_init(struct page_store *store, size_t most)
{
    store->most = most;
    store->ranks_open = PAGE_RANKS;
    store->rows_open =
        deflateInit2(&store->row_stream, LEVEL, Z_DEFLATED, RAW_DEFLATE, MEMORY_LEVEL, Z_DEFAULT_STRATEGY) == Z_OK;
    return store->rows_open;
}

static void free_rank(struct page_rank *rank)
{
    for (size_t i = 0; i < rank->chunks; i++)
        buffer_free(&rank->chunk[i].packed);
    free(rank->chunk);
    buffer_free(&rank->raw);
    *rank = (struct page_rank){.chunk = NULL};
}

void store_free(struct page_store *store)
{
    for (unsigned i = 0; i < PAGE_RANKS; i++)
        free_rank(&store->rank[i]);
    if (store->rows_open)
        (void)deflateEnd(&store->row_stream);
    buffer_free(&store->rows);
    store->rows_open = false;
}

/* ---- Packing ---- */

/* Runs a stream over `size` bytes more, behind what `out` holds. */
static bool deflate_into(z_stream *stream, const char *bytes, size_t size, int flush, struct buffer *out)
{
    enum { STEP = 16 << 10 };
    /* zlib's interface is older than const. */
    stream->next_in = (Bytef *)(uintptr_t)bytes;
    stream->avail_in = (uInt)size;
    do {
        if (!buffer_reserve(out, STEP))
            return false;
        stream->next_out = (Bytef *)out->data + out->length;
        stream->avail_out = STEP;
        if (deflate(stream, flush) == Z_STREAM_ERROR)
            return false;
        out->length += STEP - stream->avail_out;
    } while (stream->avail_out == 0);
    return true;
}

static bool pack(const struct buffer *raw, struct buffer *out)
{
    z_stream stream = {.next_in = NULL};
    if (deflateInit2(&stream, LEVEL, Z_DEFLATED, RAW_DEFLATE, MEMORY_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
        return false;
    const bool packed = deflate_into(&stream, raw->data, raw->length, Z_FINISH, out);
    (void)deflateEnd(&stream);
    return packed;
}

static bool room_for_chunk(struct page_rank *rank)
{
    if (rank->chunks < rank->capacity)
        return true;
    const size_t capacity = rank->capacity ? 2 * rank->capacity : 8;
    struct page_chunk *grown = realloc(rank->chunk, capacity * sizeof *grown);
    if (!grown)
        return false;
    rank->chunk = grown;
    rank->capacity = capacity;
    return true;
}

static void end_chunk(struct page_store *store, struct page_rank *rank)
{
    struct page_chunk chunk = {.details = rank->raw_details};
    if (!rank->raw_details)
        return;
    if (room_for_chunk(rank) && pack(&rank->raw, &chunk.packed)) {
        rank->packed += chunk.packed.length;
        rank->chunk[rank->chunks++] = chunk;
    } else {
        buffer_free(&chunk.packed);
        store->failed = true;
    }
    rank->raw.length = rank->raw_details = 0;
}

/* ---- Room ---- */

static size_t size_of(const struct page_store *store)
{
    size_t text = as_text(store->rows.length);
    for (unsigned i = 0; i < PAGE_RANKS; i++)
        text += as_text(store->rank[i].packed + store->rank[i].raw.length / LIKELY_RATIO);
    return text;
}

/* What came last of those that tell the least. Nothing more of that rank is taken from then on. */
static void leave_out_last(struct page_store *store, unsigned rank)
{
    struct page_rank *r = &store->rank[rank];
    uint64_t details = r->raw_details;
    if (details)
        r->raw.length = r->raw_details = 0;
    else {
        struct page_chunk *last = &r->chunk[--r->chunks];
        details = last->details;
        r->packed -= last->packed.length;
        buffer_free(&last->packed);
    }
    store->details_left_out += details;
    store->ranks_open = rank;
}

static void keep_within(struct page_store *store)
{
    for (unsigned rank = PAGE_RANKS; rank > 0 && size_of(store) > store->most;) {
        const struct page_rank *r = &store->rank[rank - 1];
        if (r->raw_details || r->chunks)
            leave_out_last(store, rank - 1);
        else
            rank--;
    }
}

bool store_wants(struct page_store *store, unsigned rank)
{
    const bool wanted = rank < store->ranks_open;
    store->details_left_out += !wanted;
    return wanted;
}

void store_detail(struct page_store *store, unsigned rank, const struct buffer *detail)
{
    struct page_rank *r = &store->rank[rank];
    buffer_bytes(&r->raw, detail->data, detail->length);
    buffer_char(&r->raw, DETAIL_END);
    store->failed |= r->raw.failed || detail->failed;
    r->raw_details++;
    if (r->raw.length >= CHUNK_BYTES)
        end_chunk(store, r);
    keep_within(store);
}

void store_row(struct page_store *store, const struct buffer *row)
{
    if (as_text(store->rows.length) > store->most / 100 * ROW_SHARE) {
        store->rows_left_out++;
        return;
    }
    store->failed |= row->failed ||
                     !deflate_into(&store->row_stream, row->data, row->length, Z_NO_FLUSH, &store->rows) ||
                     !deflate_into(&store->row_stream, "\n", 1, Z_NO_FLUSH, &store->rows);
    store->row_count++;
    if (store->row_count % 256 == 0)
        keep_within(store);
}

void store_finish(struct page_store *store)
{
    for (unsigned i = 0; i < PAGE_RANKS; i++)
        end_chunk(store, &store->rank[i]);
    store->failed |= !deflate_into(&store->row_stream, "", 0, Z_FINISH, &store->rows);
    keep_within(store);
}

/* ---- Writing ---- */

static void base64(const struct buffer *bytes, struct buffer *out)
{
    const size_t length = as_text(bytes->length);
    if (!buffer_reserve(out, length))
        return;
    base64_encode_raw(out->data + out->length, bytes->length, (const uint8_t *)bytes->data);
    out->length += length;
}

static void block(const char *name, uint64_t rank, uint64_t count, const struct buffer *packed, struct buffer *out)
{
    BUFFER_LITERAL(out, "<script type=\"text/plain\" data-block=\"");
    buffer_text(out, name);
    BUFFER_LITERAL(out, "\" data-rank=\"");
    buffer_u64(out, rank);
    BUFFER_LITERAL(out, "\" data-count=\"");
    buffer_u64(out, count);
    BUFFER_LITERAL(out, "\">");
    base64(packed, out);
    BUFFER_LITERAL(out, "</script>\n");
}

void store_block(const char *name, const struct buffer *raw, struct buffer *out)
{
    struct buffer packed = {0};
    out->failed |= raw->failed || !pack(raw, &packed);
    block(name, 0, 1, &packed, out);
    buffer_free(&packed);
}

void store_write(struct page_store *store, struct buffer *out)
{
    block("rows", 0, store->row_count, &store->rows, out);
    buffer_free(&store->rows);
    for (unsigned i = 0; i < PAGE_RANKS; i++)
        for (size_t k = 0; k < store->rank[i].chunks; k++) {
            struct page_chunk *chunk = &store->rank[i].chunk[k];
            block("details", i, chunk->details, &chunk->packed, out);
            buffer_free(&chunk->packed);
        }
}
