/* Text that somebody pasted: the lines in which tcpdump, tshark and others print packets, between whatever else stands
 * there. Frame numbers are line numbers. */
#ifndef CAPTURE_TEXT_READER_H
#define CAPTURE_TEXT_READER_H

#include "private.h"

extern const struct source_kind text_kind;

/* Does a line within the first bytes of the stream tell of a packet? It is asked last of all formats, for any bytes may
 * begin a text. */
bool text_recognises(struct stream *stream);

#endif
