/* The bytes of a packet that -x, -X and -XX print below its line. */
#ifndef CAPTURE_TEXT_HEX_H
#define CAPTURE_TEXT_HEX_H

#include "text_packet.h"

struct text_hex {
    bool broken; /* a line of it was lost: what follows is not read */
    size_t size;
    uint8_t bytes[TEXT_HEX_SIZE];
};

void text_hex_begin(struct text_hex *hex);

/* Takes a line of a dump; false where it is none. */
bool text_hex_take(struct text_hex *hex, const char *line);

/* NULL where there are none. */
const uint8_t *text_hex_bytes(const struct text_hex *hex);

#endif
