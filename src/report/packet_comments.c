#include "packet_comments.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cause_words.h"
#include "utf8.h"

/* Text that grows up to its size. */
struct comment {
    char text[COMMENT_SIZE];
    size_t length;
};

__attribute__((format(printf, 2, 3))) static void add(struct comment *comment, const char *format, ...)
{
    va_list values;
    const size_t room = sizeof comment->text - comment->length;
    va_start(values, format);
    const int wanted = vsnprintf(comment->text + comment->length, room, format, values);
    va_end(values);
    if (wanted > 0)
        comment->length += (size_t)wanted < room ? (size_t)wanted : room - 1;
}

/* Whoever looks for "cause=" must not find what a peer wrote into its banner. */
static void hide_fields(char *text)
{
    static const char *const fields[] = {"cause=", "where=", "confidence=", "evidence=", "for="};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        for (char *at = text; (at = strstr(at, fields[i])) != NULL; at += strlen(fields[i]))
            at[strlen(fields[i]) - 1] = ':';
}

/* A character that was cut at the end of the room is made safe, too. */
static void add_words(struct comment *comment, const char *words)
{
    const size_t start = comment->length;
    add(comment, "%s", words);
    utf8_make_safe(comment->text + start);
    hide_fields(comment->text + start);
}

static void add_part(struct comment *comment, const char *words)
{
    if (words == NULL || words[0] == '\0')
        return;
    add_words(comment, "; ");
    add_words(comment, words);
}

static void say_verdict(const struct case_file *file, const struct verdict *verdict, struct comment *out)
{
    char words[COMMENT_SIZE];
    const char *where = where_name(verdict->where);
    *out = (struct comment){.length = 0};
    add(out, "sshsniff: cause=%s where=%s confidence=%.2f", cause_name(verdict->cause), where != NULL ? where : "none",
        verdict->confidence);
    for (size_t i = 0; i < verdict->alternatives_count; i++)
        add(out, " or=%s:%.2f", cause_name(verdict->alternatives[i].cause), verdict->alternatives[i].confidence);
    add(out, " ; ");
    cause_headline(file, verdict, words, sizeof words);
    add_words(out, words);
    add_part(out, verdict->detail);
    add_part(out, verdict->reason);
}

static void say_evidence(const struct evidence *evidence, struct comment *out)
{
    char words[EVIDENCE_TEXT_SIZE];
    *out = (struct comment){.length = 0};
    add(out, "sshsniff: evidence=%s", evidence->id);
    for (size_t i = 0; i < evidence->favours_count; i++)
        add(out, "%s%s", i == 0 ? " for=" : ",", cause_name(evidence->favours[i]));
    add(out, " ; ");
    (void)evidence_text(evidence, words, sizeof words);
    add_words(out, words);
}

static void earlier(uint64_t *least, uint64_t number)
{
    if (number != 0 && (*least == 0 || number < *least))
        *least = number;
}

/* The first that is known, of an attempt whose beginning was not captured. */
static uint64_t first_known(const struct attempt *attempt)
{
    uint64_t least = 0;
    const struct answer *answer = attempt->answer;
    if (answer == NULL)
        return 0;
    earlier(&least, answer->synack.number);
    earlier(&least, answer->refusal.number);
    earlier(&least, answer->icmp.number);
    if (answer->connection == NULL)
        return least;
    earlier(&least, answer->connection->handshake_ack.number);
    for (int side = 0; side < 2; side++) {
        const struct flow_side *s = &answer->connection->side[side];
        earlier(&least, s->first_payload.number);
        earlier(&least, s->fin.number);
        earlier(&least, s->rst.number);
        earlier(&least, s->last.number);
    }
    return least;
}

uint64_t packet_of_attempt(const struct attempt *attempt)
{
    const struct answer *answer = attempt->answer;
    if (attempt->lookup != NULL)
        return attempt->lookup->first_number;
    if (answer != NULL && answer->connection == NULL && answer->synack.number == 0) {
        if (answer->refusal.number != 0)
            return answer->refusal.number;
        if (answer->icmp.number != 0)
            return answer->icmp.number;
    }
    return attempt->syn.number != 0 ? attempt->syn.number : first_known(attempt);
}

void packet_comments(const struct case_file *file, const struct verdict *verdict, uint64_t packet,
                     comment_handler handler, void *context)
{
    struct comment comment;
    say_verdict(file, verdict, &comment);
    handler(context, packet, comment.text);
    for (size_t i = 0; i < verdict->evidence_count; i++) {
        const struct evidence *evidence = &verdict->evidence[i];
        say_evidence(evidence, &comment);
        handler(context, evidence->packet != 0 ? evidence->packet : packet, comment.text);
    }
}

/* ---- Numbers ---- */

static bool is_digit(char character)
{
    return character >= '0' && character <= '9';
}

/* "#12" with a blank or a bracket before it is a frame's number, as our own sentences have it. */
static bool is_reference(const char *text, const char *at)
{
    return *at == '#' && is_digit(at[1]) && at > text && (at[-1] == ' ' || at[-1] == '(');
}

/* A number that is not known any more is better left open than wrong. */
static void add_place(struct comment *out, uint64_t place)
{
    if (place != 0)
        add(out, "#%llu", (unsigned long long)place);
    else
        add(out, "#?");
}

size_t comment_renumber(const char *text, frame_place place, const void *context, char *out, size_t size)
{
    struct comment comment = {.length = 0};
    for (const char *at = text; *at != '\0';) {
        const size_t plain = 1 + strcspn(at + 1, "#");
        char *end;
        if (is_reference(text, at)) {
            add_place(&comment, place(context, strtoull(at + 1, &end, 10)));
            at = end;
        } else {
            add(&comment, "%.*s", (int)plain, at);
            at += plain;
        }
    }
    if (size == 0)
        return 0;
    snprintf(out, size, "%s", comment.text);
    return strlen(out) + 1;
}

/* ---- The whole capture ---- */

static int most_frequent(const uint64_t count[CAUSE_COUNT], const bool done[CAUSE_COUNT])
{
    int most = CAUSE_COUNT;
    for (int cause = 0; cause < CAUSE_COUNT; cause++)
        if (!done[cause] && count[cause] != 0 && (most == CAUSE_COUNT || count[cause] > count[most]))
            most = cause;
    return most;
}

void capture_comment(const struct report_counts *counts, char *out, size_t size)
{
    struct comment comment = {.length = 0};
    bool done[CAUSE_COUNT] = {false};
    add(&comment, "sshsniff: attempts=%llu failed=%llu", (unsigned long long)counts->attempts,
        (unsigned long long)counts->failures);
    for (int cause; (cause = most_frequent(counts->causes, done)) != CAUSE_COUNT; done[cause] = true)
        add(&comment, " %s=%llu", cause_name((enum cause)cause), (unsigned long long)counts->causes[cause]);
    snprintf(out, size, "%s", comment.text);
}
