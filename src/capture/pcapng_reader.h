/* The pcapng file format, draft-ietf-opsawg-pcapng. */
#ifndef CAPTURE_PCAPNG_READER_H
#define CAPTURE_PCAPNG_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sshsniff/capture.h>

struct pcapng_interface;

#define PCAPNG_ENHANCED_HEADER_SIZE 28 /* of an enhanced packet block, before its frame */

struct pcapng_reader {
    bool swapped; /* of the current section, as are the interfaces */
    struct pcapng_interface *interfaces;
    size_t count;
    size_t capacity;
    bool any_interface; /* in any section so far */
    uint64_t dropped;
    unsigned learned;   /* sections and interfaces, in all */
    int64_t last_ts_us; /* for simple packet blocks, which have no time of their own */
};

/* Do these four bytes begin a pcapng file? */
bool pcapng_reader_recognises(const uint8_t magic[4]);

/* Reads as far as the first interface. SOURCE_ERROR, or SOURCE_FRAME for success. */
enum source_result pcapng_reader_open(struct source *source);

enum source_result pcapng_reader_next(struct source *source, struct frame *out);

/* Can pcapng_reader_next do without fetching more? */
bool pcapng_reader_is_at_hand(const struct source *source);

/* Makes `out`, a reader of the same file, know the section and interfaces that `from` does. False when memory is out.
 */
bool pcapng_reader_copy(struct pcapng_reader *out, const struct pcapng_reader *from);

/* As pcap_reader_guess; `offset` is that of `start` in its file. */
const uint8_t *pcapng_reader_guess(const struct source *source, uint64_t offset, const uint8_t *start,
                                   const uint8_t *end);

void pcapng_reader_close(struct pcapng_reader *pcapng);

#endif
