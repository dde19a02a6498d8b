/* A text's bytes to lines: whatever ends a line, in UTF-8 or UTF-16, and packets that stand one after the other on a
 * line become lines of their own. */
#ifndef CAPTURE_TEXT_INPUT_H
#define CAPTURE_TEXT_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TEXT_PHYSICAL = 4096 }; /* of one line; what is longer is cut */

enum text_encoding { ENCODING_NOT_LOOKED = 0, ENCODING_BYTES, ENCODING_UTF16_LE, ENCODING_UTF16_BE };

struct text_input {
    char line[TEXT_PHYSICAL + 8]; /* with a NUL at its end, once it is whole */
    size_t size;
    uint64_t number; /* of the line, as an editor counts */
    enum text_encoding encoding;
    bool ended;        /* by a line feed: the next line has the next number */
    bool after_return; /* a carriage return was read: a line feed belongs to it */
    bool after_tag;    /* so it does to <br> */
    bool goes_on;      /* the line is not whole */
    size_t since;      /* quoted-printable: where the last of its lines begins */
    bool holds_packet; /* an arrow was read: another time begins another packet */
    char carry[64];    /* what begins the next line */
    size_t carry_size;
    char answer[TEXT_PHYSICAL]; /* Scapy: "question ==> answer" are two packets on one line */
    size_t answer_size;
};

/* Takes bytes from `*pos` on, up to `end`; true where `line` is whole. */
bool text_input_feed(struct text_input *in, const uint8_t **pos, const uint8_t *end);
/* At the end of the text: is there a last line, which nothing ended? */
bool text_input_finish(struct text_input *in);

#endif
