#include <stdio.h>

#include "advice.h"
#include "explain_words.h"
#include "text_writer.h"

enum { TOLD_IN_FULL = 3, LINE_SIZE = 1024, BEFORE_SIZE = 32, HEADLINE_MARGIN = 4, CAUSE_WIDTH = 22 };

/* clang-format off */
const struct cause_advice explain_next[] = {
    {{NULL}, ADVISE_CLIENT, "sudo sshsniff run -- ssh %o%h  # or what else failed: it says why while it happens"},
    {{NULL}, ADVISE_CLIENT, "sudo tcpdump -ni any -w login.pcap 'tcp port %p or icmp or icmp6 or arp or udp port 53'  # try again meanwhile, then ^C"},
    {{NULL}, ADVISE_ANYONE, "sshsniff -r login.pcap"},
    {{NULL}, ADVISE_SERVER, "sudo sshsniff -i any  # on the server, while the client tries again"},
    {{NULL}, ADVISE_ANYONE, NULL},
};
/* clang-format on */

/* "server: command", one a line; what cannot be said without an attempt is left out. */
static void steps(struct text_writer *writer, const char *label, const struct cause_advice *row,
                  const struct known_server *server)
{
    char words[LINE_SIZE], before[BEFORE_SIZE], line[LINE_SIZE + BEFORE_SIZE];
    for (; row != NULL && row->text != NULL; row++) {
        const char *place = advice_place_name(row->place);
        if (!slots_explain_for(row->text, server, words, sizeof words))
            continue;
        snprintf(before, sizeof before, "%s%s", place != NULL ? place : "", place != NULL ? ": " : "");
        if (row->place == ADVISE_SERVER || row->place == ADVISE_CLIENT)
            text_command(writer, label, before, words, 8);
        else {
            snprintf(line, sizeof line, "%s%s", before, words);
            text_field_hanging(writer, label, line, 8);
        }
        label = "";
    }
}

static void name_and_headline(struct text_writer *writer, const struct cause_row *cause)
{
    text_styled(writer, STYLE_STRONG, cause->id);
    BUFFER_LITERAL(writer->out, ": ");
    text_wrapped(writer, cause->headline, HEADLINE_MARGIN);
}

static void ranked(struct text_writer *writer, const struct explanation *explanation, size_t rank)
{
    const struct cause_row *cause = cause_row(explanation->causes[rank]);
    buffer_u64(writer->out, rank + 1);
    BUFFER_LITERAL(writer->out, ". ");
    name_and_headline(writer, cause);
    if (rank >= TOLD_IN_FULL)
        return;
    if (cause->signs != NULL)
        text_field(writer, "signs", cause->signs);
    steps(writer, "proof", cause->proof, &explanation->server);
}

void explain_text(struct buffer *out, const struct explanation *explanation, bool colour, size_t width)
{
    struct text_writer writer = {out, colour, width};
    if (explanation->line != NULL)
        text_line(&writer, "line", explanation->line);
    if (explanation->program != NULL)
        text_field(&writer, "printed by", explanation->program);
    if (explanation->says != NULL)
        text_field(&writer, "it says", explanation->says);
    buffer_text(out,
                explanation->count > 1 ? "\nThe causes of it, the likeliest first:\n\n" : "\nThe cause of it:\n\n");
    for (size_t i = 0; i < explanation->count; i++) {
        if (i == TOLD_IN_FULL)
            buffer_char(out, '\n');
        ranked(&writer, explanation, i);
    }
    buffer_text(out, explanation->count > 1 ? "\nWhich of them it is, the packets tell:\n\n"
                                            : "\nThe packets tell more:\n\n");
    steps(&writer, "next", explain_next, &explanation->server);
    BUFFER_LITERAL(out, "\nMore of a cause, and what to do about it: sshsniff explain ");
    text_wrapped(&writer, cause_row(explanation->causes[0])->id, HEADLINE_MARGIN);
}

static void prints(struct text_writer *writer, const struct cause_row *cause)
{
    const char *label = "ssh prints";
    char words[LINE_SIZE];
    if (cause->silence != NULL)
        text_field(writer, label, cause->silence);
    for (const struct cause_text *row = cause->errors; row != NULL && row->text != NULL; row++) {
        if (row->text[0] == '\0' || !slots_explain(row->text, words, sizeof words))
            continue;
        text_field(writer, label, words);
        label = "";
    }
    if (cause->errors_when != NULL)
        text_field(writer, "when", cause->errors_when);
}

void explain_cause_text(struct buffer *out, enum cause which, bool colour, size_t width)
{
    static const struct known_server unknown = {NULL, 0};
    const struct cause_row *cause = cause_row(which);
    struct text_writer writer = {out, colour, width};
    name_and_headline(&writer, cause);
    text_field(&writer, "what it is", cause->what);
    text_field(&writer, "recognised", cause->recognised);
    text_field(&writer, "alike", cause->looks_like);
    if (cause->signs != NULL)
        text_field(&writer, "signs", cause->signs);
    prints(&writer, cause);
    steps(&writer, "proof", cause->proof, &unknown);
    steps(&writer, "advice", cause->advice, &unknown);
}

void explain_causes_text(struct buffer *out, bool colour, size_t width)
{
    struct text_writer writer = {out, colour, width};
    for (int cause = 0; cause < CAUSE_COUNT; cause++) {
        const struct cause_row *row = cause_row((enum cause)cause);
        const size_t length = strlen(row->id);
        BUFFER_LITERAL(out, "  ");
        text_styled(&writer, STYLE_STRONG, row->id);
        buffer_padding(out, length < CAUSE_WIDTH ? CAUSE_WIDTH - length : 1);
        text_wrapped(&writer, row->headline, 2 + CAUSE_WIDTH);
    }
}
