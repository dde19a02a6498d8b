#include "heavy_hitters.h"

static struct hitter *row_at(struct heavy_hitters *hitters, uint16_t place)
{
    return &hitters->row[place - 1];
}

static struct hitter_group *group_at(struct heavy_hitters *hitters, uint16_t place)
{
    return &hitters->group[place - 1];
}

/* ---- Rows by their address ---- */

static uint16_t home_of(const struct heavy_hitters *hitters, const struct address *address)
{
    return (uint16_t)(hash_address(address, &hitters->hash_key) % HITTER_HOMES);
}

static uint16_t find(struct heavy_hitters *hitters, const struct address *address, uint16_t home)
{
    uint16_t row = hitters->home[home];
    while (row && !address_equal(&row_at(hitters, row)->address, address))
        row = row_at(hitters, row)->same_home;
    return row;
}

static void forget_address(struct heavy_hitters *hitters, uint16_t row)
{
    uint16_t *link = &hitters->home[row_at(hitters, row)->home];
    while (*link != row)
        link = &row_at(hitters, *link)->same_home;
    *link = row_at(hitters, row)->same_home;
}

static void learn_address(struct heavy_hitters *hitters, uint16_t row, const struct address *address, uint16_t home)
{
    struct hitter *hitter = row_at(hitters, row);
    hitter->address = *address;
    hitter->home = home;
    hitter->same_home = hitters->home[home];
    hitters->home[home] = row;
}

/* ---- Groups by their count ---- */

/* Between these two, of which either may be 0. */
static uint16_t new_group(struct heavy_hitters *hitters, uint16_t less, uint16_t more, uint64_t count)
{
    uint16_t place = hitters->free_group;
    if (place)
        hitters->free_group = group_at(hitters, place)->more;
    else
        place = ++hitters->groups_used;
    *group_at(hitters, place) = (struct hitter_group){.count = count, .less = less, .more = more};
    if (less)
        group_at(hitters, less)->more = place;
    else
        hitters->least = place;
    if (more)
        group_at(hitters, more)->less = place;
    return place;
}

static void free_group(struct heavy_hitters *hitters, uint16_t place)
{
    struct hitter_group *group = group_at(hitters, place);
    if (group->less)
        group_at(hitters, group->less)->more = group->more;
    else
        hitters->least = group->more;
    if (group->more)
        group_at(hitters, group->more)->less = group->less;
    group->more = hitters->free_group;
    hitters->free_group = place;
}

static void join(struct heavy_hitters *hitters, uint16_t row, uint16_t place)
{
    struct hitter_group *group = group_at(hitters, place);
    struct hitter *hitter = row_at(hitters, row);
    hitter->group = place;
    hitter->before = 0;
    hitter->after = group->first;
    if (group->first)
        row_at(hitters, group->first)->before = row;
    group->first = row;
}

static void leave(struct heavy_hitters *hitters, uint16_t row)
{
    const struct hitter *hitter = row_at(hitters, row);
    if (hitter->before)
        row_at(hitters, hitter->before)->after = hitter->after;
    else
        group_at(hitters, hitter->group)->first = hitter->after;
    if (hitter->after)
        row_at(hitters, hitter->after)->before = hitter->before;
}

/* One more for this row. */
static void raise_count(struct heavy_hitters *hitters, uint16_t row)
{
    const uint16_t place = row_at(hitters, row)->group;
    struct hitter_group *group = group_at(hitters, place);
    const uint64_t count = group->count + 1;
    const uint16_t more = group->more;
    const bool there = more && group_at(hitters, more)->count == count;
    const bool alone = group->first == row && !row_at(hitters, row)->after;
    if (alone && !there) {
        group->count = count;
        return;
    }
    leave(hitters, row);
    join(hitters, row, there ? more : new_group(hitters, place, more, count));
    if (alone)
        free_group(hitters, place);
}

/* For a row that was empty: no count is less than 0, and one group at most less than 1. */
static void begin_count(struct heavy_hitters *hitters, uint16_t row, uint64_t count)
{
    uint16_t less = 0, more = hitters->least;
    if (more && group_at(hitters, more)->count < count) {
        less = more;
        more = group_at(hitters, more)->more;
    }
    const bool there = more && group_at(hitters, more)->count == count;
    join(hitters, row, there ? more : new_group(hitters, less, more, count));
}

/* The row of the least count, for an address whose count goes on from `error`. */
static uint16_t take_least(struct heavy_hitters *hitters, uint32_t error)
{
    const uint16_t least = hitters->least;
    const uint16_t row = group_at(hitters, least)->first;
    struct hitter *hitter = row_at(hitters, row);
    struct hitter_filter *filter = &hitters->filter[filter_place(&hitter->address)];
    filter->without_row = (uint32_t)group_at(hitters, least)->count;
    filter->rows--;
    forget_address(hitters, row);
    hitter->error = error;
    raise_count(hitters, row);
    return row;
}

/* The row of an address that had none; 0 where it gets none. */
static uint16_t take_row(struct heavy_hitters *hitters, struct hitter_filter *filter, bool counts)
{
    if (hitters->used < HITTERS) {
        const uint16_t row = (uint16_t)++hitters->used;
        begin_count(hitters, row, counts);
        return row;
    }
    hitters->full = true;
    if (!counts)
        return 0;
    if (filter->without_row >= group_at(hitters, hitters->least)->count)
        return take_least(hitters, filter->without_row);
    filter->without_row++;
    return 0;
}

struct hitter_place hitters_add_whole(struct heavy_hitters *hitters, const struct address *address,
                                      struct hitter_filter *filter, bool counts)
{
    const uint16_t home = home_of(hitters, address);
    uint16_t row = find(hitters, address, home);
    const bool known = row != 0;
    if (!known) {
        row = take_row(hitters, filter, counts);
        if (!row)
            return (struct hitter_place){HITTER_NONE, false};
        filter->rows++;
        learn_address(hitters, row, address, home);
    } else if (counts)
        raise_count(hitters, row);
    hitters->without_row_most = hitters->full ? group_at(hitters, hitters->least)->count : 0;
    return (struct hitter_place){row - 1u, !known};
}
