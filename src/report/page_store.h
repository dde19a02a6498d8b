/* What a page's script shows: a row for each attempt, and what there is to say of those that failed. Compressed as it
 * comes, and never more than the page may have: where it would be, that goes first which tells the least. */
#ifndef REPORT_PAGE_STORE_H
#define REPORT_PAGE_STORE_H

#include <zlib.h>

#include "buffer.h"

/* By how many of its kind came before: 1, 2, 4, … of them. The first of a kind tells the most. */
enum { PAGE_RANKS = 24, RANK_NONE = PAGE_RANKS };

struct page_chunk {
    struct buffer packed;
    uint32_t details;
};

struct page_rank {
    struct buffer raw; /* of the chunk that is being filled */
    uint32_t raw_details;
    struct page_chunk *chunk;
    size_t chunks, capacity, packed;
};

struct page_store {
    size_t most; /* bytes in the page, as text */
    z_stream row_stream;
    struct buffer rows;
    bool rows_open, failed;
    uint64_t row_count, rows_left_out;
    struct page_rank rank[PAGE_RANKS];
    unsigned ranks_open; /* of these more is taken */
    uint64_t details_left_out;
};

/* False when memory is out. */
bool store_init(struct page_store *store, size_t most);
void store_free(struct page_store *store);

/* Whether a detail of this rank would be kept: else it need not be made. It is counted as left out then. */
bool store_wants(struct page_store *store, unsigned rank);
/* Takes it; what it holds is no longer than a page may be. */
void store_detail(struct page_store *store, unsigned rank, const struct buffer *detail);
/* One line, without its end. */
void store_row(struct page_store *store, const struct buffer *row);

/* Nothing comes any more. */
void store_finish(struct page_store *store);
/* As data blocks that no browser runs or shows. They are let go of as they are written: no memory holds them twice. */
void store_write(struct page_store *store, struct buffer *out);

/* A further block, of data that is given whole. */
void store_block(const char *name, const struct buffer *raw, struct buffer *out);

#endif
