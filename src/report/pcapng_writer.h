/* Frames to a pcapng file (draft-ietf-opsawg-pcapng), with comments. Written in little-endian order on any machine, so
 * that the same capture gives the same bytes. */
#ifndef REPORT_PCAPNG_WRITER_H
#define REPORT_PCAPNG_WRITER_H

#include <stdbool.h>
#include <stdio.h>

#include <sshsniff/capture.h>

struct pcapng_writer;

/* The first section. `application`: who writes it; NULL: not told. `comment`: NULL for none. `file` is closed at the
 * end, unless it is standard output. NULL when memory is out; it stays the caller's then. */
struct pcapng_writer *pcapng_writer_new(FILE *file, const char *application, const char *comment);

/* From now on frames come from another source: their interfaces are others, even where they have the same numbers.
 * `name` is valid until the next call: an interface's where it is `live`, else a
 * file's, of whose path the last part is written; NULL: not told. */
void pcapng_writer_source(struct pcapng_writer *writer, const char *name, bool live, uint32_t snaplen);

/* Whether a frame has a place in the file: of frames made from text, those that are not IP have none. */
bool pcapng_writer_takes(const struct frame *frame);

/* Time is written as it is, in microseconds. A frame that it does not take is left out. False where writing failed. */
bool pcapng_writer_frame(struct pcapng_writer *writer, const struct frame *frame, const char *const *comments,
                         size_t count);

int pcapng_writer_descriptor(const struct pcapng_writer *writer);

bool pcapng_writer_flush(struct pcapng_writer *writer);

/* `comment`: what is known at the end alone. It stands in a second section, which holds nothing else: the first one's
 * header was written when nothing was known, and a pipe cannot be written to again. NULL: there is none. False where
 * not all was written. */
bool pcapng_writer_close(struct pcapng_writer *writer, const char *comment);

/* What is said in a section with frames made from text, and of their interface. */
extern const char pcapng_of_text[];

#endif
