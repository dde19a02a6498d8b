/* The pcap file format, draft-ietf-opsawg-pcap. */
#ifndef CAPTURE_PCAP_READER_H
#define CAPTURE_PCAP_READER_H

#include <stdbool.h>
#include <stdint.h>

#include <sshsniff/capture.h>

struct bpf_program;

struct pcap_reader {
    bool swapped;
    bool nanoseconds;
    bool lengths_may_be_swapped; /* files of version 2.3 and before */
    uint32_t record_header_size;
    uint32_t frame_limit;
    const struct bpf_program *program; /* NULL: no filter */
};

/* Do these four bytes begin a pcap file? */
bool pcap_reader_recognises(const uint8_t magic[4]);

/* Reads the file header. SOURCE_ERROR, or SOURCE_FRAME for success. */
enum source_result pcap_reader_open(struct source *source);

enum source_result pcap_reader_next(struct source *source, struct frame *out);

/* Up to `max` more, as many as are whole in the window and ordinary: what is not is left to pcap_reader_next. For
 * sources without a filter. */
size_t pcap_reader_next_few(struct source *source, struct frame *out, size_t max);

/* The first place in these bytes where several records seem to begin, one after the other; NULL: none. */
const uint8_t *pcap_reader_guess(const struct source *source, const uint8_t *start, const uint8_t *end);

#endif
