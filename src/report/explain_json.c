#include "advice.h"
#include "explain_words.h"
#include "json_writer.h"

enum { LINE_SIZE = 1024 };

/* [{"at":"server","do":"…"}], with conditions where `with_conditions`. */
static void steps(struct buffer *out, const struct cause_advice *row, const struct known_server *server,
                  bool with_conditions)
{
    char words[LINE_SIZE];
    bool first = true;
    buffer_char(out, '[');
    for (; row != NULL && row->text != NULL; row++) {
        if (!slots_explain_for(row->text, server, words, sizeof words))
            continue;
        buffer_text(out, first ? "{\"at\":" : ",{\"at\":");
        first = false;
        json_text(out, advice_place_name(row->place));
        JSON_KEY(out, "do");
        json_text(out, words);
        for (int i = 0; with_conditions && i < CAUSE_CONDITIONS && row->when[i] != NULL; i++) {
            buffer_text(out, i == 0 ? ",\"when\":[" : ",");
            json_text(out, row->when[i]->words);
        }
        buffer_text(out, with_conditions && row->when[0] != NULL ? "]}" : "}");
    }
    buffer_char(out, ']');
}

static void one_cause(struct buffer *out, const struct cause_row *cause, const struct known_server *server)
{
    BUFFER_LITERAL(out, "{\"cause\":");
    json_text(out, cause->id);
    JSON_KEY(out, "headline");
    json_text(out, cause->headline);
    JSON_KEY(out, "signs");
    json_text(out, cause->signs);
    JSON_KEY(out, "proof");
    steps(out, cause->proof, server, false);
    buffer_char(out, '}');
}

void explain_json(struct buffer *out, const struct explanation *explanation)
{
    BUFFER_LITERAL(out, JSON_OBJECT("explanation") ",\"line\":");
    json_text(out, explanation->line);
    JSON_KEY(out, "program");
    json_text(out, explanation->program);
    JSON_KEY(out, "says");
    json_text(out, explanation->says);
    JSON_KEY(out, "stage");
    json_text(out, log_stage_name(explanation->stage));
    JSON_KEY(out, "host");
    json_text(out, explanation->server.host);
    JSON_KEY(out, "port");
    if (explanation->server.port != 0)
        buffer_u64(out, explanation->server.port);
    else
        BUFFER_LITERAL(out, "null");
    JSON_KEY(out, "causes");
    for (size_t i = 0; i < explanation->count; i++) {
        buffer_char(out, i == 0 ? '[' : ',');
        one_cause(out, cause_row(explanation->causes[i]), &explanation->server);
    }
    BUFFER_LITERAL(out, "],\"next\":");
    steps(out, explain_next, &explanation->server, false);
    BUFFER_LITERAL(out, "}\n");
}

static void prints(struct buffer *out, const struct cause_row *cause)
{
    char words[LINE_SIZE];
    bool first = true;
    buffer_char(out, '[');
    for (const struct cause_text *row = cause->errors; row != NULL && row->text != NULL; row++) {
        if (row->text[0] == '\0' || !slots_explain(row->text, words, sizeof words))
            continue;
        if (!first)
            buffer_char(out, ',');
        first = false;
        json_text(out, words);
    }
    buffer_char(out, ']');
}

void explain_cause_json(struct buffer *out, enum cause which)
{
    static const struct known_server unknown = {NULL, 0};
    const struct cause_row *cause = cause_row(which);
    BUFFER_LITERAL(out, JSON_OBJECT("cause") ",\"cause\":");
    json_text(out, cause->id);
    JSON_KEY(out, "headline");
    json_text(out, cause->headline);
    JSON_KEY(out, "what");
    json_text(out, cause->what);
    JSON_KEY(out, "recognised");
    json_text(out, cause->recognised);
    JSON_KEY(out, "looks_like");
    json_text(out, cause->looks_like);
    JSON_KEY(out, "signs");
    json_text(out, cause->signs);
    JSON_KEY(out, "prints");
    prints(out, cause);
    JSON_KEY(out, "when");
    json_text(out, cause->errors_when);
    JSON_KEY(out, "proof");
    steps(out, cause->proof, &unknown, true);
    JSON_KEY(out, "steps");
    steps(out, cause->advice, &unknown, true);
    BUFFER_LITERAL(out, "}\n");
}
