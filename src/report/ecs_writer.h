/* Members of JSON objects of which any may be missing: a comma comes where one is needed. For ECS, which wants fields
 * without a value left out. */
#ifndef REPORT_ECS_WRITER_H
#define REPORT_ECS_WRITER_H

#include "json_writer.h"

/* `"key":`, after a comma unless it is the object's first. */
static inline void ecs_key(struct buffer *line, const char *key)
{
    if (line->length > 0 && line->data[line->length - 1] != '{' && line->data[line->length - 1] != '[')
        buffer_char(line, ',');
    json_word(line, key);
    buffer_char(line, ':');
}

static inline void ecs_open(struct buffer *line, const char *key)
{
    ecs_key(line, key);
    buffer_char(line, '{');
}

static inline void ecs_close(struct buffer *line)
{
    buffer_char(line, '}');
}

/* NULL and "" are left out. */
static inline void ecs_text(struct buffer *line, const char *key, const char *text)
{
    if (text == NULL || text[0] == '\0')
        return;
    ecs_key(line, key);
    json_text(line, text);
}

static inline void ecs_number(struct buffer *line, const char *key, uint64_t value)
{
    ecs_key(line, key);
    buffer_u64(line, value);
}

static inline void ecs_time(struct buffer *line, const char *key, int64_t ts_us)
{
    ecs_key(line, key);
    json_timestamp(line, ts_us);
}

static inline void ecs_probability(struct buffer *line, const char *key, double value)
{
    ecs_key(line, key);
    json_probability(line, value);
}

#endif
