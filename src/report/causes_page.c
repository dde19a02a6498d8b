#include "causes_page.h"

#include <sshsniff/cause.h>

#include "slots.h"

enum { LINE_SIZE = 1024 };

static const char heading[] =
    "# Causes\n"
    "\n"
    "<!-- Made by `make causes-doc` from the rows in src/diagnose/causes_*.c: change those, not this page. -->\n"
    "\n"
    "Each verdict names one of these causes. `confidence` is the probability that it is the right one, and the "
    "evidence\n"
    "below a verdict says which packets show it. Words in capitals (SERVER, PORT, CLIENT) stand for what the attempt\n"
    "has there. Of several texts that ssh may print, the first that fits is the one.\n";

static void say(struct buffer *out, const char *before, const char *text, const char *after)
{
    buffer_text(out, before);
    buffer_text(out, text);
    buffer_text(out, after);
}

/* " (where the port is not 22)", or nothing. */
static void conditions(struct buffer *out, const struct condition *const when[CAUSE_CONDITIONS])
{
    for (int i = 0; i < CAUSE_CONDITIONS && when[i] != NULL; i++)
        say(out, i == 0 ? " (" : ", and ", when[i]->words, "");
    buffer_text(out, when[0] != NULL ? ")" : "");
}

/* A text with its slots explained, as code; a backtick in it would end the code, and none has one. */
static void code(struct buffer *out, const char *text)
{
    char line[LINE_SIZE];
    slots_explain(text, line, sizeof line);
    say(out, "`", line, "`");
}

static void where(struct buffer *out, const struct cause_row *cause)
{
    static const char *const words[WHERE_COUNT] = {[WHERE_HOST] = "the server itself",
                                                   [WHERE_PATH] = "the path",
                                                   [WHERE_CLIENT] = "the client",
                                                   [WHERE_UNKNOWN] = "not known",
                                                   [WHERE_NULL] = "nowhere: no failure"};
    say(out, "\n**Where:** ", words[cause->place.where],
        cause->places != NULL ? ", unless the packets show another place.\n" : ".\n");
}

static void printed(struct buffer *out, const struct cause_row *cause)
{
    if (cause->errors == NULL) {
        if (cause->silence != NULL)
            say(out, "\n**ssh prints** ", cause->silence, ".\n");
        return;
    }
    say(out, "\n**ssh prints,** ", cause->errors_when, ":\n\n");
    for (const struct cause_text *row = cause->errors; row->text != NULL; row++) {
        bool last = row > cause->errors && row->when[0] == NULL;
        buffer_text(out, "- ");
        if (row->text[0] == '\0')
            buffer_text(out, "what that program prints");
        else
            code(out, row->text);
        buffer_text(out, last ? " (otherwise)" : "");
        conditions(out, row->when);
        buffer_text(out, "\n");
    }
}

static void advice(struct buffer *out, const char *title, const struct cause_advice *row)
{
    static const char *const places[] = {[ADVISE_SERVER] = "server: ",
                                         [ADVISE_CLIENT] = "client: ",
                                         [ADVISE_NETWORK] = "network: ",
                                         [ADVISE_ANYONE] = ""};
    if (row == NULL)
        return;
    say(out, "\n**", title, "**\n\n");
    for (; row->text != NULL; row++) {
        say(out, "- ", places[row->place], "");
        code(out, row->text);
        conditions(out, row->when);
        buffer_text(out, "\n");
    }
}

void causes_page(struct buffer *out)
{
    buffer_text(out, heading);
    for (int i = 0; i < CAUSE_COUNT; i++) {
        const struct cause_row *cause = cause_row((enum cause)i);
        say(out, "\n## ", cause->id, "\n");
        say(out, "\n*", cause->headline, "*\n");
        say(out, "\n", cause->what, "\n");
        say(out, "\n**Recognised:** ", cause->recognised, "\n");
        say(out, "\n**What else looks like it:** ", cause->looks_like, "\n");
        if (cause->signs != NULL)
            say(out, "\n**Without a capture:** ", cause->signs, "\n");
        where(out, cause);
        printed(out, cause);
        advice(out, "To prove it:", cause->proof);
        advice(out, "What to do:", cause->advice);
    }
}
