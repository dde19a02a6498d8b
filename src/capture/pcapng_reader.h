/* The pcapng file format, draft-ietf-opsawg-pcapng. */
#ifndef CAPTURE_PCAPNG_READER_H
#define CAPTURE_PCAPNG_READER_H

struct source_kind;

extern const struct source_kind pcapng_kind;

#endif
