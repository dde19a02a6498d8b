#include "explain.h"

#include <stdio.h>
#include <string.h>

/* ---- Patterns ---- */

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static const char *find_piece(const char *text, const char *piece, size_t length)
{
    for (; *text != '\0'; text++) {
        size_t same = 0;
        while (same < length && text[same] != '\0' && lower(text[same]) == lower(piece[same]))
            same++;
        if (same == length)
            return text;
    }
    return NULL;
}

/* The end of the piece that begins here: a star, or, in the text of a cause, a slot. */
static size_t piece_length(const char *pattern, bool slots)
{
    size_t length = 0;
    while (pattern[length] != '\0' && pattern[length] != '*' &&
           !(slots && pattern[length] == '%' && pattern[length + 1] != '\0'))
        length++;
    return length;
}

static bool stands_in(const char *pattern, bool slots, const char *line)
{
    while (*pattern != '\0') {
        const size_t length = piece_length(pattern, slots);
        if (length > 0 && (line = find_piece(line, pattern, length)) == NULL)
            return false;
        line += length;
        pattern += length;
        pattern += *pattern == '*' ? 1 : *pattern == '%' ? 2 : 0;
    }
    return true;
}

/* ---- The server's name ---- */

static bool of_host(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           c == ':' || c == '_';
}

/* A host goes into commands that a person pastes: letters, digits and a few signs, and no option. */
static const char *take_host(const char *text, char out[EXPLAIN_HOST])
{
    size_t length = 0;
    const bool bracketed = *text == '[';
    text += bracketed;
    while (of_host(text[length]))
        length++;
    const char *after = text + length + (bracketed && text[length] == ']');
    while (length > 0 && !bracketed && text[length - 1] == ':') { /* punctuation behind it, or a port */
        length--;
        after = text + length;
    }
    if (length == 0 || length >= EXPLAIN_HOST || text[0] == '-')
        return NULL;
    memcpy(out, text, length);
    out[length] = '\0';
    return after;
}

/* "192.0.2.1:22", as Go writes it: one colon parts the port from the host. */
static const char *part_port(const char *after, char host[EXPLAIN_HOST])
{
    char *colon = strchr(host, ':');
    if (colon == NULL || strchr(colon + 1, ':') != NULL)
        return after;
    after -= strlen(colon);
    *colon = '\0';
    return after;
}

static const char *take_port(const char *text, unsigned *out)
{
    unsigned value = 0;
    const char *at = text;
    while (*at >= '0' && *at <= '9' && value < 65536)
        value = value * 10 + (unsigned)(*at++ - '0');
    *out = value;
    return at > text && value >= 1 && value <= 65535 ? at : NULL;
}

/* `line` from where the pattern's first piece ends. */
static bool take_server(const char *pattern, const char *line, char host[EXPLAIN_HOST], unsigned *port)
{
    while (*pattern != '\0' && line != NULL) {
        if (pattern[0] == '%' && pattern[1] == 'h') {
            line = take_host(line, host);
            line = line != NULL && pattern[2] == ':' && pattern[3] == '%' ? part_port(line, host) : line;
            pattern += 2;
        } else if (pattern[0] == '%' && pattern[1] == 'p') {
            line = take_port(line, port);
            pattern += 2;
        } else if (pattern[0] == '*')
            line = strchr(line, *++pattern);
        else if (lower(*line) != lower(*pattern))
            return false;
        else {
            line++;
            pattern++;
        }
    }
    return line != NULL && host[0] != '\0';
}

static void note_server(struct log_reading *log, const char *line)
{
    for (const char *const *pattern = server_patterns; *pattern != NULL; pattern++) {
        const size_t first = strcspn(*pattern, "%");
        char host[EXPLAIN_HOST] = "";
        unsigned port = 0;
        const char *at = find_piece(line, *pattern, first);
        if (at == NULL || !take_server(*pattern + first, at + first, host, &port))
            continue;
        memcpy(log->host, host, sizeof host);
        if (port != 0)
            log->port = port;
        return;
    }
}

/* ---- Lines ---- */

static bool is_of_stage(const struct message *message, enum log_stage stage)
{
    return message->from == LOG_UNKNOWN || (stage >= message->from && stage <= message->to);
}

static size_t count_of(const enum cause *causes)
{
    size_t count = 0;
    while (causes[count] != CAUSE_COUNT)
        count++;
    return count;
}

/* Whether `a` is to be believed rather than `b`: it says more, or names fewer causes. */
static bool is_stronger(const struct message *a, const struct message *b)
{
    if (a->strength != b->strength)
        return a->strength > b->strength;
    if ((a->from != LOG_UNKNOWN) != (b->from != LOG_UNKNOWN))
        return a->from != LOG_UNKNOWN;
    return count_of(a->causes) < count_of(b->causes);
}

/* Of messages that are as strong the last counts: what a client does last is what made it fail. */
static void hear(struct log_reading *log, const struct message *message, const char *line)
{
    size_t at = 0;
    while (at < log->heard_count && log->heard[at].message != message)
        at++;
    if (at == MESSAGES_HEARD) { /* full: the weakest goes, unless this one is */
        at--;
        if (is_stronger(log->heard[at].message, message))
            return;
    } else if (at == log->heard_count)
        log->heard_count++;
    while (at > 0 && !is_stronger(log->heard[at - 1].message, message)) {
        log->heard[at] = log->heard[at - 1];
        at--;
    }
    log->heard[at].message = message;
    memcpy(log->heard[at].line, line, EXPLAIN_LINE);
}

static void note_stage(struct log_reading *log, const char *line)
{
    for (const struct log_mark *mark = log_marks; mark->text != NULL; mark++)
        if (stands_in(mark->text, false, line))
            log->stage = mark->stage;
}

static void note_causes(struct log_reading *log, const char *line)
{
    for (int cause = 0; cause < CAUSE_COUNT; cause++) {
        const struct cause_text *text = cause_row((enum cause)cause)->errors;
        for (; text != NULL && text->text != NULL; text++) {
            const char *words = strcmp(text->text, "%e") == 0 ? "" : text->text; /* a slot alone says nothing */
            if (words[0] == '\0' || !stands_in(words, true, line))
                continue;
            log->printed_by[cause] = true;
            memcpy(log->line, line, EXPLAIN_LINE);
            break;
        }
    }
}

/* What steers a terminal never gets further than here. */
static void copy_safely(char out[EXPLAIN_LINE], const char *bytes, size_t length)
{
    memset(out, 0, EXPLAIN_LINE);
    for (size_t i = 0; i < length && i < EXPLAIN_LINE - 1; i++)
        out[i] = (unsigned char)bytes[i] >= 0x20 && bytes[i] != 0x7f ? bytes[i] : ' ';
    for (size_t end = strlen(out); end > 0 && out[end - 1] == ' '; end--)
        out[end - 1] = '\0';
}

void explain_line(struct log_reading *log, const char *bytes, size_t length)
{
    char line[EXPLAIN_LINE];
    copy_safely(line, bytes, length);
    if (strncmp(line, "OpenSSH_", 8) == 0) /* ssh -v begins so: another try */
        memset(log, 0, sizeof *log);
    note_stage(log, line);
    note_server(log, line);
    const struct message *best = NULL, *message;
    for (size_t i = 0; (message = message_at(i)) != NULL; i++)
        if (is_of_stage(message, log->stage) && stands_in(message->text, false, line) &&
            (best == NULL || is_stronger(message, best)))
            best = message;
    if (best != NULL)
        hear(log, best, line);
    note_causes(log, line);
}

/* ---- The whole ---- */

static void add(struct explanation *out, enum cause cause)
{
    for (size_t i = 0; i < out->count; i++)
        if (out->causes[i] == cause)
            return;
    out->causes[out->count++] = cause;
}

static void add_all(struct explanation *out, const enum cause *causes)
{
    for (; *causes != CAUSE_COUNT; causes++)
        add(out, *causes);
}

static void know_server(const struct log_reading *log, struct explanation *out)
{
    out->server.host = log->host[0] != '\0' ? log->host : NULL;
    out->server.port = log->port;
}

bool explain_log(const struct log_reading *log, struct explanation *out)
{
    memset(out, 0, sizeof *out);
    const struct heard_message *first = log->heard_count > 0 ? &log->heard[0] : NULL;
    const struct log_end *end = &log_ends[log->stage];
    out->stage = log->stage;
    know_server(log, out);
    if (first != NULL && (first->message->strength > SAYS_THAT || end->says == NULL)) {
        out->line = first->line;
        out->program = first->message->program;
        out->says = first->message->says;
    } else if (end->says != NULL) {
        out->says = end->says;
        add_all(out, end->causes);
    } else
        out->line = log->line[0] != '\0' ? log->line : NULL;
    for (size_t i = 0; i < log->heard_count; i++)
        if (i == 0 || log->heard[i].message->strength > SAYS_THAT)
            add_all(out, log->heard[i].message->causes);
    for (int cause = 0; cause < CAUSE_COUNT; cause++)
        if (log->printed_by[cause])
            add(out, (enum cause)cause);
    return out->count > 0;
}

const char *log_stage_name(enum log_stage stage)
{
    static const char *const names[LOG_STAGES] = {
        [LOG_CONNECTING] = "connecting",
        [LOG_CONNECTED] = "connected",
        [LOG_VERSIONS] = "versions",
        [LOG_KEX] = "kex",
        [LOG_LOGIN] = "auth",
        [LOG_SESSION] = "session",
    };
    return names[stage];
}
