/* JSON values into a buffer. Always valid UTF-8 and valid JSON, whatever the bytes; the same in every locale. */
#ifndef REPORT_JSON_WRITER_H
#define REPORT_JSON_WRITER_H

#include "buffer.h"

/* How each object begins. A field that is added leaves the schema's number as it is: readers pass over what they do not
 * know. It grows where a field's meaning changes. */
#define JSON_OBJECT(type) "{\"type\":\"" type "\",\"schema\":1"

/* Every key but an object's first: JSON_KEY(b, "where") writes ,"where": */
#define JSON_KEY(buffer, key) BUFFER_LITERAL((buffer), ",\"" key "\":")

/* NULL is written as null. */
void json_text(struct buffer *buffer, const char *text);
/* A word of our own, which needs no escaping. */
void json_word(struct buffer *buffer, const char *word);
/* "" and NULL are written as null: in these structs an empty string means "not seen". */
void json_string_or_null(struct buffer *buffer, const char *text);
void json_bool(struct buffer *buffer, bool value);
void json_address(struct buffer *buffer, const struct address *address);
/* Up to 4 decimals; 1 only where the value is 1, for "certain" must not come from rounding. */
void json_probability(struct buffer *buffer, double value);
/* RFC 3339 in UTC with microseconds. */
void json_timestamp(struct buffer *buffer, int64_t ts_us);
/* Milliseconds with up to 3 decimals. */
void json_ms(struct buffer *buffer, int64_t us);

#endif
