/* A pcapng interface: its link type, and the clock that its timestamps count. */
#ifndef CAPTURE_PCAPNG_INTERFACE_H
#define CAPTURE_PCAPNG_INTERFACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bpf_program;

enum pcapng_clock { CLOCK_MICROSECONDS, CLOCK_NANOSECONDS, CLOCK_COARSER, CLOCK_FINER, CLOCK_BINARY };

struct pcapng_interface {
    int linktype;
    uint32_t snaplen;     /* as declared: 0 is unlimited */
    uint32_t frame_limit; /* longer is not to be believed */
    enum pcapng_clock clock;
    uint64_t factor;   /* CLOCK_COARSER: microseconds in a tick; CLOCK_FINER: ticks in a microsecond */
    unsigned shift;    /* CLOCK_BINARY: ticks in a second, as a power of two */
    int64_t offset_us; /* added to every timestamp */
    uint64_t dropped;  /* as its last statistics block says */
    const struct bpf_program *program;
};

/* One option of a block. */
struct pcapng_option {
    unsigned code;
    unsigned length;
    const uint8_t *value;
};

/* Takes the option at *options, at most `end`, and moves *options behind it. Returns 1, 0 at the end of the options,
 * -1 if it is cut off. */
int pcapng_option_next(const uint8_t **options, const uint8_t *end, bool swapped, struct pcapng_option *out);

/* Fills `out` from the body of an interface description block. Returns NULL, or what is wrong with it. */
const char *pcapng_interface_parse(const uint8_t *body, size_t size, bool swapped, struct pcapng_interface *out);

/* Microseconds since 1970 for a timestamp of this interface. Saturates at 2^61 either way, so that the difference of
 * any two fits in 64 bits. */
int64_t pcapng_interface_time(const struct pcapng_interface *interface, uint64_t ticks);

#endif
