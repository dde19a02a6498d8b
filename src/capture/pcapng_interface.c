#include "pcapng_interface.h"
#include "base/bytes.h"
#include "linktype.h"
#include "private.h"

#define OPTION_END         0
#define OPTION_IF_TSRESOL  9
#define OPTION_IF_TSOFFSET 14

#define OPTION_HEADER_SIZE  4
#define DESCRIPTION_MINIMUM 8

#define TSRESOL_BINARY    0x80
#define TSRESOL_MAXIMUM10 19 /* 10^19 ticks in a second still fit in 64 bits */
#define TSRESOL_MAXIMUM2  63

#define MICROSECONDS 1000000
#define TIME_LIMIT   ((int64_t)1 << 61)

__extension__ typedef __int128 wide;

int pcapng_option_next(const uint8_t **options, const uint8_t *end, bool swapped, struct pcapng_option *out)
{
    size_t left = (size_t)(end - *options);

    if (left == 0)
        return 0;
    if (left < OPTION_HEADER_SIZE)
        return -1;
    out->code = load16(*options, swapped);
    out->length = load16(*options + 2, swapped);
    out->value = *options + OPTION_HEADER_SIZE;
    if (out->code == OPTION_END)
        return 0;
    size_t padded = OPTION_HEADER_SIZE + ((out->length + 3u) & ~3u);
    if (padded > left)
        return -1;
    *options += padded;
    return 1;
}

static uint64_t power_of_ten(unsigned exponent)
{
    uint64_t power = 1;
    while (exponent-- > 0)
        power *= 10;
    return power;
}

static const char *set_clock(struct pcapng_interface *interface, uint8_t resolution)
{
    if (resolution & TSRESOL_BINARY) {
        interface->clock = CLOCK_BINARY;
        interface->shift = resolution & 0x7f;
        return interface->shift > TSRESOL_MAXIMUM2 ? "its timestamp resolution is finer than 2^-63 s" : NULL;
    }
    if (resolution > TSRESOL_MAXIMUM10)
        return "its timestamp resolution is finer than 10^-19 s";
    if (resolution == 6) {
        interface->clock = CLOCK_MICROSECONDS;
    } else if (resolution == 9) {
        interface->clock = CLOCK_NANOSECONDS;
    } else {
        interface->clock = resolution < 6 ? CLOCK_COARSER : CLOCK_FINER;
        interface->factor = power_of_ten(resolution < 6 ? 6u - resolution : resolution - 6u);
    }
    return NULL;
}

static int64_t saturate(wide microseconds)
{
    if (microseconds > TIME_LIMIT)
        return TIME_LIMIT;
    return microseconds < -TIME_LIMIT ? -TIME_LIMIT : (int64_t)microseconds;
}

static const char *apply_option(struct pcapng_interface *interface, const struct pcapng_option *option, bool swapped)
{
    if (option->code == OPTION_IF_TSRESOL) {
        if (option->length != 1)
            return "its if_tsresol option has a wrong length";
        return set_clock(interface, option->value[0]);
    }
    if (option->code == OPTION_IF_TSOFFSET) {
        if (option->length != 8)
            return "its if_tsoffset option has a wrong length";
        interface->offset_us = saturate((wide)(int64_t)load64(option->value, swapped) * MICROSECONDS);
    }
    return NULL;
}

const char *pcapng_interface_parse(const uint8_t *body, size_t size, bool swapped, struct pcapng_interface *out)
{
    const uint8_t *options = body + DESCRIPTION_MINIMUM;
    struct pcapng_option option;
    int more;

    if (size < DESCRIPTION_MINIMUM)
        return "its block is too short";
    *out = (struct pcapng_interface){.linktype = linktype_from_file(load16(body, swapped)),
                                     .snaplen = load32(body + 4, swapped)};
    out->frame_limit = source_frame_limit(out->snaplen);
    while ((more = pcapng_option_next(&options, body + size, swapped, &option)) > 0) {
        const char *wrong = apply_option(out, &option, swapped);
        if (wrong != NULL)
            return wrong;
    }
    return more < 0 ? "its options are cut off" : NULL;
}

static wide ticks_to_microseconds(const struct pcapng_interface *interface, uint64_t ticks)
{
    switch (interface->clock) {
    case CLOCK_NANOSECONDS:
        return ticks / 1000; /* by a constant: no division at run time */
    case CLOCK_COARSER:
        return (wide)ticks * interface->factor;
    case CLOCK_FINER:
        return ticks / interface->factor;
    case CLOCK_BINARY:
        return ((wide)ticks * MICROSECONDS) >> interface->shift;
    case CLOCK_MICROSECONDS:
        break;
    }
    return ticks;
}

int64_t pcapng_interface_time(const struct pcapng_interface *interface, uint64_t ticks)
{
    return saturate(ticks_to_microseconds(interface, ticks) + interface->offset_us);
}
