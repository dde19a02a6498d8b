/* The causes' rows: each is whole, and what is written of them elsewhere is what they say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "diagnose/place.h"
#include "report/causes_page.h"
#include "report/slots.h"

#define PAGE "docs/causes.md"

static const struct cause_row *row_of(int cause)
{
    return cause_row((enum cause)cause);
}

static void sentence(const char *id, const char *field, const char *text)
{
    if (text == NULL || strlen(text) < 20 || text[strlen(text) - 1] != '.')
        fail_msg("%s: %s is no sentence: %s", id, field, text ? text : "(none)");
}

/* Full stops and question marks that end a sentence. */
static unsigned sentences(const char *text)
{
    unsigned count = 0;
    for (; *text != '\0'; text++)
        count += *text == '.' && (text[1] == '\0' || (text[1] == ' ' && text[2] >= 'A' && text[2] <= 'Z'));
    return count;
}

static void rows_are_whole(void **state)
{
    (void)state;
    for (int i = 0; i < CAUSE_COUNT; i++) {
        const struct cause_row *row = row_of(i);
        assert_non_null(row->id);
        assert_int_equal(strspn(row->id, "abcdefghijklmnopqrstuvwxyz0123456789-"), strlen(row->id));
        for (int other = 0; other < i; other++)
            assert_string_not_equal(row->id, row_of(other)->id);
        assert_non_null(row->headline);
        assert_null(strchr(row->headline, '%')); /* it speaks of no attempt */
        sentence(row->id, "what", row->what);
        sentence(row->id, "recognised", row->recognised);
        sentence(row->id, "looks_like", row->looks_like);
        if (row->outcome == OUTCOME_FAILED) {
            sentence(row->id, "signs", row->signs);
            assert_non_null(row->proof);
        }
        if (sentences(row->what) != 2)
            fail_msg("%s: `what` has %u sentences, not 2", row->id, sentences(row->what));
        assert_in_range(row->outcome, OUTCOME_FAILED, OUTCOME_UNDETERMINED);
        assert_int_equal(row->errors == NULL, row->errors_when == NULL);
        assert_true(row->errors == NULL || row->silence == NULL);
    }
}

static void place_is_sourced(const char *id, enum where where, double confidence, const char *source)
{
    if (where >= WHERE_COUNT || confidence <= 0 || confidence > 1 || source == NULL || source[0] == '\0')
        fail_msg("%s: a place with no number or no source", id);
}

static void places_have_numbers_and_sources(void **state)
{
    (void)state;
    for (int i = 0; i < CAUSE_COUNT; i++) {
        const struct cause_row *row = row_of(i);
        place_is_sourced(row->id, row->place.where, row->place.confidence, row->place.source);
        assert_int_equal(row->place.where == WHERE_NULL, row->outcome == OUTCOME_LOGGED_IN);
        for (const struct place_row *place = row->places; place && place->test; place++)
            place_is_sourced(row->id, place->where, place->confidence, place->source);
    }
}

/* A list of which nothing fits says nothing: the last text of each that ssh prints fits always, and none before it. */
static void errors_end_with_what_fits_always(void **state)
{
    (void)state;
    for (int i = 0; i < CAUSE_COUNT; i++)
        for (const struct cause_text *text = row_of(i)->errors; text && text->text; text++)
            if ((text->when[0] == NULL) != (text[1].text == NULL))
                fail_msg("%s: \"%s\" %s", row_of(i)->id, text->text,
                         text->when[0] ? "is the last, and may not fit" : "hides those after it");
}

static void explained(const char *id, const char *text)
{
    char out[1024];
    if (!slots_explain(text, out, sizeof out) || strchr(out, '%') != NULL)
        fail_msg("%s: \"%s\" has a slot that nobody fills", id, text);
}

static void slots_are_known(void **state)
{
    (void)state;
    for (int i = 0; i < CAUSE_COUNT; i++) {
        const struct cause_row *row = row_of(i);
        for (const struct cause_text *text = row->headlines; text && text->text; text++)
            explained(row->id, text->text);
        for (const struct cause_text *text = row->errors; text && text->text; text++)
            explained(row->id, text->text);
        for (const struct cause_advice *advice = row->advice; advice && advice->text; advice++)
            explained(row->id, advice->text);
    }
}

static void conditions_all_hold(void **state)
{
    (void)state;
    struct attempt attempt = {.key = {.server_port = 2222}};
    struct case_file file = {.attempt = &attempt};
    struct verdict *verdict = calloc(1, sizeof *verdict);
    const struct judged_attempt judged = {&file, verdict};
    const struct cause_text *ban = cause_row(CAUSE_FAIL2BAN_BAN)->errors;
    assert_non_null(verdict);
    verdict->stage = STAGE_NO_ANSWER;
    assert_string_equal(cause_text(ban, &judged), "Connection timed out");
    struct answer answer = {.refusal = {.number = 2}};
    attempt.answer = &answer;
    assert_string_equal(cause_text(ban, &judged), "Connection refused");
    verdict->stage = STAGE_ACCEPTED; /* now but one of the two conditions of that text holds */
    assert_string_equal(cause_text(ban, &judged), "Connection timed out during banner exchange");
    verdict->stage = STAGE_KEX;
    assert_string_equal(cause_text(ban, &judged), "Connection to %h port %p timed out");
    assert_null(cause_text(NULL, &judged));
    free(verdict);
}

static char *read_file(const char *path, size_t *length)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        fail_msg("%s: not there; make causes-doc", path);
    fseek(file, 0, SEEK_END);
    *length = (size_t)ftell(file);
    rewind(file);
    char *text = malloc(*length + 1);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, *length, file), *length);
    text[*length] = '\0';
    fclose(file);
    return text;
}

static void the_page_is_what_the_rows_say(void **state)
{
    (void)state;
    struct buffer page = {0};
    size_t length;
    char *committed = read_file(PAGE, &length);
    causes_page(&page);
    assert_false(page.failed);
    if (page.length != length || memcmp(page.data, committed, length) != 0)
        fail_msg("%s is not what the causes' rows say: make causes-doc", PAGE);
    free(committed);
    buffer_free(&page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_whole),
        cmocka_unit_test(places_have_numbers_and_sources),
        cmocka_unit_test(errors_end_with_what_fits_always),
        cmocka_unit_test(slots_are_known),
        cmocka_unit_test(conditions_all_hold),
        cmocka_unit_test(the_page_is_what_the_rows_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
