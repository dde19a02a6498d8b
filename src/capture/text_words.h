/* Words of a line: numbers, addresses, ports, times. All work on a string with a NUL at its end. */
#ifndef CAPTURE_TEXT_WORDS_H
#define CAPTURE_TEXT_WORDS_H

#include "text_packet.h"

static inline bool text_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Digits at `p`; false where there are none, or the number does not fit. `*end` is behind them. */
bool text_number(const char *p, uint64_t most, uint64_t *out, const char **end);
bool text_hex_number(const char *p, uint64_t most, uint64_t *out, const char **end);

/* The number behind the first `key` in `line`, spaces between them passed over. */
bool text_keyed(const char *line, const char *key, uint64_t most, uint64_t *out);
bool text_keyed_hex(const char *line, const char *key, uint64_t most, uint64_t *out);

/* Of "Seq=" and "Ack=", as Wireshark and snoop write them. */
void text_seq_and_ack(const char *line, struct text_tcp *out);

/* A word that may be a host's address or name; `*named` where it is no literal. `v6`: which kind a name stands for. */
bool text_host_word(const char *word, size_t size, bool v6, struct address *out, bool *named);

/* "ssh", "22" → 22. What nobody knows the number of is given one that no other word has. */
bool text_port(const char *word, size_t size, uint16_t *out);

/* "host.port", "host:port"; without a port where `separator` is 0. */
bool text_endpoint(const char *word, size_t size, char separator, bool v6, struct address *host, bool *named,
                   uint16_t *port);

bool text_mac(const char *word, uint8_t out[6], const char **end);

/* The last time in the first `size` bytes: of day, with a date or without, of the epoch, or since a start. */
bool text_time(const char *line, size_t size, enum text_clock *clock, int64_t *us);

/* "mss 1460,sackOK,TS val 7 ecr 0,nop,wscale 7", up to `end`. */
void text_options(const char *p, const char *end, struct text_tcp *out);

#endif
